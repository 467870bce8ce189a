// Building the page. Text is only ever set as text, so that no name or comment can become markup.

type Child = Node | string | null;

// el makes an element; attributes whose value is null are left out.
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attrs: Record<string, string | null> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) if (v !== null) node.setAttribute(k, v);
  node.append(...children.filter((c) => c !== null));
  return node;
}

// setText changes a text only when it differs, which spares the browser a layout.
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttr(node: Element, name: string, value: string | null): void {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

// The shapes tell the states apart without colour.
const shapes = {
  alarm: ["M8 1.2 15.4 14.4H.6Z", "M8 5.6v4.4M8 11.6v1.3"],
  answered: ["M8 1.2 15.4 14.4H.6Z", "M8 5.6v4.4M8 11.6v1.3"],
  returned: ["M.6 1.6h14.8L8 14.8Z", ""],
  unknown: ["M8 .8 15.2 8 8 15.2.8 8Z", "M6.2 6.4a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.3M8 10.9v1"],
  quiet: ["M8 .8 15.2 8 8 15.2.8 8Z", "M5 8h.6M7.7 8h.6M10.4 8h.6"],
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
