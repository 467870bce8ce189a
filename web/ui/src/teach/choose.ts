// Choosing what to learn from: a stretch of history, marked on the plots or written down, or the signal that comes next.
import { button, el, setAttr, setText } from "../kit/dom";
import type { StreamData } from "../live/store";
import { View } from "../plot/view";
import { Lanes } from "../stream/lanes";
import { Past } from "../stream/past";
import { Signal } from "../stream/signal";

const widest = 3600e3; // ms shown at first

export type Chosen = { from: string; to: string } | { parts: number } | { seconds: number };

export class Chooser {
  readonly root: HTMLElement;
  private readonly view: View;
  private readonly signal: Signal;
  private readonly past: Past;
  private readonly lanes: Lanes;
  private readonly ways = new Map<string, HTMLInputElement>();
  private readonly stretch = el("div", { class: "way" });
  private readonly ahead = el("div", { class: "way" });
  private readonly from = el("input", { id: "teach-from", maxlength: "40", spellcheck: "false", placeholder: "2026-01-31T08:00:00Z" });
  private readonly to = el("input", { id: "teach-to", maxlength: "40", spellcheck: "false", placeholder: "2026-01-31T09:00:00Z" });
  private readonly number = el("input", { id: "teach-number", type: "number", min: "1", value: "20" });
  private readonly numberLabel = el("label", { for: "teach-number" }, "");
  private readonly note = el("p", { class: "note", role: "status", hidden: "" });
  private readonly mode: HTMLButtonElement;
  private placed = false;
  private drawn = 0;

  constructor(stream: string, data: () => StreamData | undefined, asked: { from: string; to: string }) {
    this.view = new View(600e3, true, () => this.viewed());
    this.view.choosing = true;
    this.signal = new Signal(data);
    this.lanes = new Lanes(this.view, this.signal, data, () => this.marks(), () => this.past.busy);
    this.past = new Past(
      stream,
      this.view,
      this.signal,
      () => this.lanes.pixels,
      () => "raw,score",
      () => this.heard(),
    );
    this.mode = button("Drag marks", () => this.turn(), { "aria-pressed": "true", class: "drag" });
    const step = (label: string, text: string, act: () => void) => button(text, act, { "aria-label": label, title: label, class: "square" });
    const bar = el(
      "div",
      { class: "toolbar" },
      this.mode,
      step("Earlier", "◀", () => this.view.pan(-0.5 * this.view.length)),
      step("Later", "▶", () => this.view.pan(0.5 * this.view.length)),
      step("Zoom in", "+", () => this.view.zoom(0.5)),
      step("Zoom out", "−", () => this.view.zoom(2)),
      button("Mark all that is shown", () => this.view.known && this.view.choose(this.view.from, this.view.to), { class: "choose-all" }),
    );
    const written = el("div", { class: "toolbar written" }, el("label", { for: "teach-from" }, "From"), this.from, el("label", { for: "teach-to" }, "to"), this.to);
    this.stretch.append(el("p", { class: "sub" }, "Drag over the plots to mark a stretch in which everything was good; the more parts and lots it holds, the better. Red lines are alarms: what lies near one that nobody judged fine is left out by itself."), bar, this.lanes.root, this.note, written);
    this.lanes.steerable();
    this.ahead.append(el("p", { class: "sub" }, "The signal that comes from now on is learnt from. See to it that it is good production."), el("div", { class: "toolbar" }, this.numberLabel, this.number));
    this.root = el("fieldset", { class: "chooser" }, el("legend", {}, "1. Choose good production"), el("div", { class: "toolbar" }, this.way("stretch", "A stretch of history"), this.way("parts", "The next parts"), this.way("seconds", "The next seconds")), this.stretch, this.ahead);
    for (const i of [this.from, this.to]) i.addEventListener("change", () => this.typed());
    this.ways.get("stretch")!.checked = true;
    if (asked.from && asked.to) {
      this.view.set(Date.parse(asked.from), Date.parse(asked.to));
      this.view.choose(Date.parse(asked.from), Date.parse(asked.to));
      this.placed = true;
    }
    this.turned();
  }

  // chosen is what to learn from, or what is missing, in words.
  chosen(): Chosen | string {
    const way = [...this.ways].find(([, i]) => i.checked)?.[0];
    if (way === "stretch") {
      const c = this.view.chosen;
      if (!c || c[1] - c[0] < 1) return "Choose a stretch first: drag over the plots, press Mark all that is shown, or write its ends down.";
      return { from: new Date(c[0]).toISOString(), to: new Date(c[1]).toISOString() };
    }
    const n = Number(this.number.value);
    if (!(n > 0)) return "Say how many.";
    return way === "parts" ? { parts: Math.round(n) } : { seconds: n };
  }

  frame(): void {
    const t = performance.now();
    if (t - this.drawn >= 45) {
      this.drawn = t;
      this.lanes.begin();
    }
    this.lanes.draw();
  }

  tick(now: number): void {
    this.past.tick(now);
  }

  recolor(): void {
    this.lanes.recolor();
  }

  close(): void {
    this.past.close();
    this.lanes.close();
  }

  private way(key: string, word: string): HTMLElement {
    const input = el("input", { type: "radio", name: "way", id: `way-${key}`, value: key });
    input.addEventListener("change", () => this.turned());
    this.ways.set(key, input);
    return el("span", { class: "field tick" }, input, el("label", { for: `way-${key}` }, word));
  }

  private turned(): void {
    const way = [...this.ways].find(([, i]) => i.checked)?.[0];
    this.stretch.hidden = way !== "stretch";
    this.ahead.hidden = way === "stretch";
    setText(this.numberLabel, way === "parts" ? "Parts" : "Seconds");
    if (way !== "stretch") this.number.value = way === "parts" ? "20" : "600";
  }

  private turn(): void {
    this.view.choosing = !this.view.choosing;
    setText(this.mode, this.view.choosing ? "Drag marks" : "Drag moves");
    setAttr(this.mode, "aria-pressed", String(this.view.choosing));
  }

  // heard shows, once it is known what the store holds, its newest part.
  private heard(): void {
    this.note.hidden = this.past.note === "";
    setText(this.note, this.past.note);
    const { oldest, newest } = this.past;
    if (this.placed || !(oldest < newest)) return;
    this.placed = true;
    for (const [input, t] of [[this.from, oldest], [this.to, newest]] as const) input.placeholder = new Date(t).toISOString();
    this.view.set(Math.max(oldest, newest - widest), newest);
  }

  private typed(): void {
    const [from, to] = [Date.parse(this.from.value), Date.parse(this.to.value)];
    if (!(from < to)) return;
    this.view.choose(from, to);
    if (from < this.view.from || to > this.view.to) this.view.set(from - (to - from) / 4, to + (to - from) / 4);
  }

  private viewed(): void {
    const c = this.view.chosen;
    if (!c) return;
    this.from.value = new Date(c[0]).toISOString();
    this.to.value = new Date(c[1]).toISOString();
  }

  private cached: { of: unknown; list: { t: number; kind: string; text: string }[] } = { of: null, list: [] };
  private marks(): { t: number; kind: string; text: string }[] {
    if (this.cached.of !== this.signal.marks) this.cached = { of: this.signal.marks, list: this.signal.marks.map((m) => ({ t: Date.parse(m.t), kind: m.kind, text: m.text })) };
    return this.cached.list;
  }
}
