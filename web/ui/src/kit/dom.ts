// Building the page. Text is only ever set as text, so that no name or comment can become markup.
import { utc } from "./text";

export type Child = Node | string | null;

// el makes an element; attributes whose value is null are left out.
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attrs: Record<string, string | null> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) if (v !== null) node.setAttribute(k, v);
  node.append(...children.filter((c) => c !== null).map((c) => (typeof c === "string" ? cut(c) : c)));
  return node;
}

const longest = 1500; // letters; a name longer than any that people read would keep the browser busy with nothing else

// cut leaves the rest of a text that is longer than anybody reads out.
export function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

export function button(label: string, press: () => void, attrs: Record<string, string | null> = {}): HTMLButtonElement {
  const b = el("button", { type: "button", ...attrs }, label);
  b.addEventListener("click", press);
  return b;
}

// setText changes a text only when it differs, which spares the browser a layout.
export function setText(node: Element, text: string): void {
  const shown = cut(text);
  if (node.textContent !== shown) node.textContent = shown;
}

export function setAttr(node: Element, name: string, value: string | null): void {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

// arrange makes list the children of root, moving no more than it must, and gives the focus back to what had it.
export function arrange(root: Element, list: Element[]): void {
  const focused = document.activeElement;
  const keep = new Set(list);
  for (const c of [...root.children]) if (!keep.has(c)) c.remove();
  list.forEach((c, i) => {
    if (root.children[i] !== c) root.insertBefore(c, root.children[i] ?? null);
  });
  if (focused instanceof HTMLElement && focused !== document.activeElement && root.contains(focused)) focused.focus({ preventScroll: true });
}

// typing says that a key belongs to a field or a dialog, not to the page.
export function typing(e: KeyboardEvent): boolean {
  return e.ctrlKey || e.metaKey || e.altKey || (e.target instanceof HTMLElement && e.target.closest("input, textarea, select, dialog") !== null);
}

const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");

// still says that whoever looks has asked for less motion.
export function still(): boolean {
  return lessMotion.matches;
}

// choice is a labelled list to choose from.
export function choice(label: string, options: [value: string, text: string][], value: string, changed: (value: string) => void): HTMLLabelElement {
  const select = el("select", {}, ...options.map(([v, t]) => el("option", { value: v }, t)));
  select.value = value;
  select.addEventListener("change", () => changed(select.value));
  return el("label", { class: "choice" }, el("span", {}, label), select);
}

// facts is a list of terms and what they are; a term whose text is empty is left out.
export function facts(list: [term: string, text: string | Node | null | undefined][], kind = "facts"): HTMLDListElement {
  return el("dl", { class: kind }, ...list.filter(([, t]) => t !== "" && t !== null && t !== undefined).map(([term, t]) => el("div", {}, el("dt", {}, term), el("dd", {}, t as Child))));
}

// moment shows a time; where there is no room for all of it, it breaks between the date and the hour.
export function moment(t: number | string): HTMLElement {
  const text = utc(t);
  const at = text.indexOf(" ");
  return at < 0 ? el("span", {}, text) : el("time", { class: "moment", datetime: new Date(t).toISOString() }, el("span", {}, text.slice(0, at)), " ", el("span", {}, text.slice(at + 1)));
}

// The shapes tell the states apart without colour.
const triangle = "M8 1.2 15.4 14.4H.6Z";
const diamond = "M8 .8 15.2 8 8 15.2.8 8Z";
const shapes = {
  alarm: [triangle, "M8 5.6v4.4M8 11.6v1.3"],
  answered: [triangle, "M8 5.6v4.4M8 11.6v1.3"],
  returned: ["M.6 1.6h14.8L8 14.8Z", ""],
  held: ["M1.2 2.6h13.6v10.8H1.2Z", "M5.8 5.6v4.8M10.2 5.6v4.8"],
  unknown: [diamond, "M6.2 6.4a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.3M8 10.9v1"],
  quiet: [diamond, "M5 8h.6M7.7 8h.6M10.4 8h.6"],
  ok: ["M8 1.3a6.7 6.7 0 1 0 0 13.4A6.7 6.7 0 1 0 8 1.3Z", "M4.9 8.2 7.2 10.5 11.2 5.8"],
} as const;

export type Shape = keyof typeof shapes;

// shape draws one of them; the word stands beside it, so it is hidden from screen readers.
export function shape(kind: Shape): SVGSVGElement {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `shape shape-${kind}`);
  for (const [i, d] of shapes[kind].entries()) {
    if (!d) continue;
    const path = document.createElementNS(ns, "path");
    path.setAttribute("d", d);
    path.setAttribute("class", i === 0 ? "outline" : "sign");
    svg.append(path);
  }
  return svg;
}
