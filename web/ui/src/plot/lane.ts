// One plot among several over the same stretch of time. What it shows is up to its painter; the axis, the pointer and the marks are the same for all.
import uPlot from "uplot";
import { el, setAttr, setText } from "../kit/dom";
import { font, palette } from "../kit/palette";
import { clock } from "../kit/text";
import { axes, unitOf } from "./axis";
import { grasp } from "./hand";
import type { View } from "./view";

const axisWidth = 56; // px at the left of every lane, so that they line up
const describeEvery = 2000; // ms
const rightPadding = 12;
const partsApart = 12; // px, at least, between the marks of parts

// Painter fills a lane.
export interface Painter {
  readonly unit: string; // of the y axis
  series(): uPlot.Series[]; // beyond the time
  bands?(): uPlot.Band[];
  data(): uPlot.AlignedData | null; // null: nothing to show yet
  range(min: number, max: number): [number, number];
  under?(u: uPlot): void; // drawn below the series
  over?(u: uPlot): void; // drawn above them
  read?(t: number): string; // the values at a time
  changed(): number; // grows as there is something new to draw
  key?(): string; // another: the plot has to be built anew
  scale?(): uPlot.Scale; // of the y axis, beside its range
  splits?: ((min: number, max: number) => number[]) | undefined; // where its numbers are
  label?(v: number): string; // how they are written
  rows?(): string[]; // names of rows from the foot up, in place of numbers on the y axis
}

export interface LaneMark {
  t: number;
  kind: string;
  text: string;
}

export interface LaneOptions {
  title: string;
  height: number;
  axis?: boolean; // times along the foot
  marks?: () => readonly LaneMark[];
  legend?: [name: string, trace: number][];
  scale?: [kind: "power" | "cause", from: string, to: string]; // of colours, and what its ends stand for
  empty?: () => string; // what to say where there is nothing to draw
  wide?: number; // px at the left, in place of axisWidth
}

export class Lane {
  readonly root: HTMLElement;
  private readonly host = el("div", { class: "canvas", role: "img" });
  private readonly readout = el("span", { class: "readout" });
  private readonly unit = el("span", { class: "lane-unit" });
  private readonly keys = el("span", { class: "legend" });
  private plot: uPlot | null = null;
  private width = 0;
  private seen = "";
  private built = "";
  private described = 0;
  visible = true;

  constructor(
    private readonly view: View,
    private readonly painter: Painter,
    private readonly options: LaneOptions,
  ) {
    this.host.setAttribute("aria-label", options.title);
    this.host.style.height = `${options.height}px`;
    this.legend(options.legend ?? []);
    const scale = options.scale ? el("span", { class: "ramp-key" }, options.scale[1], el("span", { class: `ramp ramp-${options.scale[0]}` }), options.scale[2]) : null;
    const head = el("div", { class: "lane-head" }, el("h2", {}, options.title), this.unit, this.keys, scale, el("span", { class: "grow" }), this.readout);
    head.style.paddingLeft = `${options.wide ?? axisWidth}px`;
    this.root = el("section", { class: "lane", "aria-label": options.title }, head, this.host);
  }

  legend(list: [name: string, trace: number][]): void {
    this.keys.replaceChildren(...list.map(([name, trace]) => el("span", { class: `key key-${trace + 1}` }, name)));
  }

  resize(): void {
    const width = Math.floor(this.host.clientWidth);
    if (width === this.width) return;
    this.width = width;
    this.seen = "";
    this.plot?.setSize({ width, height: this.options.height });
  }

  // rebuild takes over new colours.
  rebuild(): void {
    this.plot?.destroy();
    this.plot = null;
    this.seen = "";
  }

  // draw paints what has changed since.
  draw(): void {
    if (!this.visible || this.width < 80 || !this.view.known) return;
    const now = `${this.view.version} ${this.painter.changed()} ${this.options.marks?.().length ?? 0} ${this.options.empty?.() ?? ""}`;
    if (now === this.seen) return;
    this.seen = now;
    const data = this.painter.data();
    this.host.dataset["empty"] = data === null ? (this.options.empty?.() ?? "Nothing in this stretch") : "";
    const key = this.painter.key?.() ?? "";
    if (this.plot && key !== this.built) this.rebuild();
    this.seen = now;
    const filled = data ?? this.nothing();
    if (this.plot) this.plot.setData(filled);
    else {
      this.built = key;
      this.plot = new uPlot(this.layout(), filled, this.host);
      grasp(this.plot.over, this.view);
      this.plot.over.addEventListener("pointermove", () => (this.view.pinned = false));
    }
    if (this.view.pinned) this.pin();
  }

  // read shows the values at the cursor, and tells those who do not see the plot of the newest, now and then.
  read(): void {
    const t = this.view.cursor;
    setText(this.readout, t === null || !this.painter.read ? "" : this.painter.read(t));
    const now = performance.now();
    if (now < this.described) return;
    this.described = now + describeEvery;
    const newest = this.painter.read?.(this.view.chosen?.[1] ?? this.view.to) ?? "";
    setAttr(this.host, "aria-label", newest ? `${this.options.title}, at its end: ${newest}` : this.options.title);
  }

  // pin draws the cursor where the keyboard has put it, or takes it away.
  pin(): void {
    const t = this.view.cursor;
    this.plot?.setCursor(t === null ? { left: -10, top: -10 } : { left: this.plot.valToPos(t / 1000, "x"), top: 1 });
  }

  // says gives the values at a time in words, "" where there are none.
  says(t: number): string {
    const text = this.painter.read?.(t) ?? "";
    return text === "" ? "" : `${this.options.title} ${text}`;
  }

  destroy(): void {
    this.plot?.destroy();
    this.plot = null;
  }

  private nothing(): uPlot.AlignedData {
    return [[this.view.from / 1000, this.view.to / 1000], ...this.painter.series().map(() => [null, null])] as uPlot.AlignedData;
  }

  private layout(): uPlot.Options {
    const [x, y] = axes(
      (step) => Math.floor(this.view.from / 1000 / step) * step,
      (split, step) => clock(Math.round(split * 1e6) / 1e3, 1000 * step),
      () => this.painter.unit,
    );
    const left = this.options.wide ?? axisWidth;
    const rows = this.painter.rows?.();
    const named: uPlot.Axis = rows ? { splits: () => rows.map((_, i) => i + 0.5), values: () => rows.map((r) => short(r, left / 7)), grid: { show: false } } : this.painter.splits ? { splits: (_u, _axis, min, max) => this.painter.splits!(min, max), filter: (_u, list) => list, values: (_u, list) => list.map((v) => this.painter.label?.(v) ?? String(v)) } : {};
    const bare: uPlot.Axis = { ...x!, size: 0, values: (_u, list) => list.map(() => "") };
    return {
      width: this.width,
      height: this.options.height,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false }, sync: { key: "time", scales: ["x", null] } },
      padding: [5, rightPadding, this.options.axis ? 0 : 5, 0],
      scales: { x: { time: false, range: () => [this.view.from / 1000, this.view.to / 1000] }, y: { ...this.painter.scale?.(), range: (_u, min, max) => this.painter.range(min, max) } },
      axes: [this.options.axis ? x! : bare, { ...y!, ...named, size: left }],
      series: [{}, ...this.painter.series()],
      bands: this.painter.bands?.() ?? [],
      hooks: {
        drawClear: [(u) => clipped(u, () => this.below(u))],
        draw: [(u) => clipped(u, () => this.above(u)), (u) => setText(this.unit, unitOf(u, this.painter.unit))],
        setCursor: [(u) => this.pointed(u)],
      },
    };
  }

  private below(u: uPlot): void {
    const [from, to] = this.view.chosen ?? [0, 0];
    if (from < to) {
      const x = u.valToPos(from / 1000, "x", true);
      u.ctx.fillStyle = palette().chosen;
      u.ctx.fillRect(x, u.bbox.top, u.valToPos(to / 1000, "x", true) - x, u.bbox.height);
    }
    this.painter.under?.(u);
  }

  private above(u: uPlot): void {
    this.painter.over?.(u);
    const p = palette();
    const px = devicePixelRatio || 1;
    let last = -Infinity;
    for (const m of this.options.marks?.() ?? []) {
      if (m.t < this.view.from || m.t > this.view.to) continue;
      const x = Math.round(u.valToPos(m.t / 1000, "x", true));
      if (m.kind === "part" && x - last < partsApart * px) continue; // closer ones would hide the signal
      last = x;
      u.ctx.fillStyle = m.kind === "alarm" ? p.alarm : m.kind === "gap" ? p.caution : p.faint;
      u.ctx.globalAlpha = m.kind === "part" ? 0.45 : 0.9;
      u.ctx.fillRect(x, u.bbox.top, m.kind === "alarm" ? 1.5 * px : px, u.bbox.height);
      u.ctx.globalAlpha = 1;
    }
  }

  private pointed(u: uPlot): void {
    if (this.view.pinned) return;
    const left = u.cursor.left ?? -1;
    this.view.cursor = left < 0 ? null : 1000 * u.posToVal(left, "x");
  }
}

// short cuts a name to about n letters, in its middle, for the ends tell features apart.
function short(name: string, n: number): string {
  const keep = Math.max(5, Math.floor(n) - 1);
  return name.length <= keep + 1 ? name : `${name.slice(0, Math.ceil(keep / 2))}…${name.slice(-Math.floor(keep / 2))}`;
}

function clipped(u: uPlot, draw: () => void): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = font.replace("11px", `${10 * (devicePixelRatio || 1)}px`);
  draw();
  ctx.restore();
}
