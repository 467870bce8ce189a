// The score of a stream over signal time: its limit as a line, what is above the limit in the alarm colour, and along the foot where
// nothing could be assessed.
import uPlot from "uplot";
import { axes, Range } from "./axis";
import { font, palette } from "./palette";
import { nearest } from "./series";
import type { StreamData } from "./store";
import { clock, figure } from "./text";

export class ScorePlot {
  private plot: uPlot | null = null;
  private readonly range = new Range();
  private width = 0;
  private height = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly data: StreamData,
    private readonly hover: (text: string) => void,
  ) {}

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.plot?.setSize({ width, height });
  }

  destroy(): void {
    this.plot?.destroy();
    this.plot = null;
  }

  draw(): void {
    if (this.width < 60) return;
    const s = this.data.scores;
    this.host.dataset["empty"] = s.pos.length === 0 ? "No scores yet" : "";
    if (s.pos.length === 0) {
      this.destroy();
      return;
    }
    const above = s.value.map((v, i) => this.over(v, s.limit[i] ?? null, i));
    const columns = [s.pos, s.value, above, s.limit] as uPlot.AlignedData;
    if (this.plot) this.plot.setData(columns);
    else this.plot = new uPlot(this.options(), columns, this.host);
  }

  // over keeps a value above its limit, with both neighbours so that the rising and falling edge are drawn too.
  private over(v: number | null, limit: number | null, i: number): number | null {
    const s = this.data.scores;
    const high = (k: number) => {
      const a = s.value[k];
      const l = s.limit[k];
      return a !== null && a !== undefined && l !== null && l !== undefined && a > l;
    };
    return v !== null && limit !== null && (v > limit || high(i - 1) || high(i + 1)) ? v : null;
  }

  private options(): uPlot.Options {
    const p = palette();
    const plain = { points: { show: false }, spanGaps: false };
    return {
      width: this.width,
      height: this.height,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6, width: 1 } },
      padding: [6, 14, 0, 0],
      scales: { x: { time: false, range: (_u, min, max) => (max > min ? [min, max] : [(min ?? 0) - 1, (min ?? 0) + 1]) }, y: { range: () => this.fit() } },
      axes: axes(
        (step) => this.anchor(step),
        (split, step) => this.timeLabel(split, step),
        () => "",
      ),
      series: [
        {},
        { ...plain, stroke: p.traces[0]!, width: 1.25 },
        { ...plain, stroke: p.alarm, width: 1.75 },
        { ...plain, stroke: p.limit, width: 1.25, dash: [5, 3] },
      ],
      hooks: { draw: [(u) => this.decorate(u)], setCursor: [(u) => this.hover(this.readout(u))] },
    };
  }

  // anchor is a place on the axis where the clock shows a whole step, so that ticks come at round times.
  private anchor(step: number): number {
    const end = this.data.scores.pos.at(-1) ?? 0;
    const ms = this.data.scores.timeAt(end) ?? 0;
    return end - (ms % (1000 * step)) / 1000;
  }

  private timeLabel(split: number, step: number): string {
    const ms = this.data.scores.timeAt(split);
    const grain = 50 * step; // a twentieth of a step
    return ms === null ? "" : clock(Math.round(ms / grain) * grain, 1000 * step);
  }

  private fit(): [number, number] {
    const s = this.data.scores;
    let min = 0;
    let max = 0;
    for (const list of [s.value, s.limit]) {
      for (const v of list) {
        if (v === null) continue;
        min = Math.min(min, v);
        max = Math.max(max, v);
      }
    }
    return this.range.fit(min, max || 1).map((v, i) => (i === 0 && min === 0 ? 0 : v)) as [number, number];
  }

  private readout(u: uPlot): string {
    const left = u.cursor.left ?? -1;
    if (left < 0) return "";
    const s = this.data.scores;
    const i = nearest(s.pos, u.posToVal(left, "x"));
    if (i < 0) return "";
    const value = s.value[i] ?? null;
    const at = new Date(s.time[i]!).toISOString().slice(0, 19).replace("T", " ") + " UTC";
    return `${at}   ${value === null ? "not assessed" : "score " + figure(value)}`;
  }

  // decorate draws where parts begin, names the limit, and marks along the foot where windows were not assessed.
  private decorate(u: uPlot): void {
    const { ctx, bbox } = u;
    const px = devicePixelRatio || 1;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = font.replace("11px", `${10 * px}px`);
    ctx.textAlign = "left";
    this.parts(u, px);
    this.limitName(u, px);
    this.foot(u, px);
    ctx.restore();
  }

  private parts(u: uPlot, px: number): void {
    const p = palette();
    const { ctx, bbox } = u;
    const marks = this.data.marks.map(([pos, part]) => ({ x: Math.round(u.valToPos(pos, "x", true)), part }));
    const before = marks.filter((m) => m.x <= bbox.left).at(-1); // the part that the plot begins in
    ctx.textBaseline = "top";
    let free = -Infinity; // right end of the last label
    for (const m of [...(before ? [{ x: bbox.left, part: before.part }] : []), ...marks.filter((m) => m.x > bbox.left)]) {
      ctx.fillStyle = p.line;
      if (m.x > bbox.left) ctx.fillRect(m.x, bbox.top, px, bbox.height);
      if (!m.part || m.x <= free) continue;
      const text = m.part.length > 18 ? m.part.slice(0, 17) + "…" : m.part;
      ctx.fillStyle = p.faint;
      ctx.fillText(text, m.x + 4 * px, bbox.top + 2 * px);
      free = m.x + ctx.measureText(text).width + 10 * px;
    }
  }

  private limitName(u: uPlot, px: number): void {
    const limit = this.data.scores.limit.at(-1);
    if (limit === null || limit === undefined) return;
    const { ctx, bbox } = u;
    const text = this.data.status.limit_provisional ? "provisional limit" : "limit";
    ctx.textBaseline = "bottom";
    ctx.textAlign = "right";
    ctx.fillStyle = palette().faint;
    ctx.fillText(text, bbox.left + bbox.width - 2 * px, u.valToPos(limit, "y", true) - 2 * px);
    ctx.textAlign = "left";
  }

  private foot(u: uPlot, px: number): void {
    const { ctx, bbox } = u;
    const s = this.data.scores;
    ctx.fillStyle = palette().faint;
    for (let i = 0; i < s.pos.length; i++) {
      if (s.verdict[i] !== 0) continue;
      const to = u.valToPos(s.pos[i]!, "x", true);
      const from = i > 0 ? u.valToPos(s.pos[i - 1]!, "x", true) : to - px;
      ctx.fillRect(from, bbox.top + bbox.height - 3 * px, Math.max(px, to - from), 3 * px);
    }
  }
}
