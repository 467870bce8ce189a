// The painter of a lane that shows a score against its limit.
import type uPlot from "uplot";
import { palette } from "../kit/palette";
import { figure } from "../kit/text";
import type { Point } from "../live/answers";
import { Range } from "./axis";
import { plain } from "./painters";
import { fitted, Trace } from "./trace";

const tall = 6; // limits: above that the scale bends, so that both limit and score can be read

// ScoreTrace shows a score against its limit, and along the foot where nothing was assessed.
export class ScoreTrace {
  readonly value = new Trace("score", "");
  readonly limit = new Trace("limit", "");
  readonly verdict: [ms: number, verdict: number][] = [];
  private readonly fit = new Range();
  private above: (number | null)[] = [];
  private aboveOf = -1;
  private highest = 0;
  private topOf = -1;
  readonly unit = "";

  splice(list: readonly Point[], from: number, to: number): void {
    this.value.splice(
      list.map(([t, v]) => [t, v, v]),
      from,
      to,
    );
    this.limit.splice(
      list.map(([t, , l]) => [t, l, l]),
      from,
      to,
    );
    const later = this.verdict.filter(([t]) => t >= to);
    const kept = this.verdict.filter(([t]) => t < from);
    const words = { "not assessed": 0, ok: 1, alarm: 2 } as const;
    this.verdict.length = 0;
    this.verdict.push(...kept, ...list.map(([t, , , v]) => [t, words[v]] as [number, number]), ...later);
  }

  add(t: number, value: number | null, limit: number | null, verdict: number, apart: number): void {
    const n = this.value.t.length;
    const before = this.value.version;
    const gap = Math.max(8 * this.value.step, 8 * apart) || Infinity;
    this.value.add(t, value, value, apart, gap);
    if (this.value.version === before) return;
    if (this.value.t.length > n) {
      this.limit.add(t, limit, limit, 0, gap);
      this.verdict.push([t, verdict]);
    } else if (this.verdict.length > 0) {
      const last = this.verdict.at(-1)!;
      last[1] = last[1] === 2 || verdict === 2 ? 2 : Math.min(last[1], verdict);
    }
  }

  trim(ms: number): void {
    const n = this.value.t.length;
    this.value.trim(ms);
    const gone = n - this.value.t.length;
    if (gone === 0) return;
    this.limit.t.splice(0, gone);
    this.limit.lo.splice(0, gone);
    this.limit.hi.splice(0, gone);
    this.verdict.splice(0, gone);
  }

  clear(): void {
    this.value.clear();
    this.limit.clear();
    this.verdict.length = 0;
  }

  changed(): number {
    return this.value.version;
  }

  key(): string {
    return this.bent() ? `bent ${this.newestLimit()}` : "";
  }

  // scale is linear up to about the limit, and where scores go far beyond it logarithmic above.
  scale(): uPlot.Scale {
    return this.bent() ? { distr: 4, asinh: this.newestLimit() } : {};
  }

  // splits are 0 and decades, or thirds of them where there are few; the limit says its number itself.
  get splits(): (() => number[]) | undefined {
    if (!this.bent()) return undefined;
    return () => {
      const out = [0];
      const few = this.top < 60 * this.newestLimit();
      for (let v = 10 ** Math.floor(Math.log10(2 * this.newestLimit())); v <= 1.5 * this.top; v *= 10) out.push(...(few ? [v, 3 * v] : [v]).filter((s) => s >= 2 * this.newestLimit() && s <= 1.5 * this.top));
      return out;
    };
  }

  label(v: number): string {
    return figure(v).replace(/\.0+$/, "");
  }

  private bent(): boolean {
    const limit = this.newestLimit();
    return limit > 0 && this.top > tall * limit;
  }

  private newestLimit(): number {
    return this.limit.hi.findLast((l) => l !== null) ?? 0;
  }

  // top is the highest score that is held.
  private get top(): number {
    if (this.topOf !== this.value.version) {
      this.topOf = this.value.version;
      this.highest = 0;
      for (const v of this.value.hi) if (v !== null && v > this.highest) this.highest = v;
    }
    return this.highest;
  }

  series(): uPlot.Series[] {
    const p = palette();
    return [
      { ...plain, stroke: p.traces[0]!, width: 1.25 },
      { ...plain, stroke: p.alarm, width: 1.75 },
      { ...plain, stroke: p.limit, width: 1.25, dash: [5, 3] },
    ];
  }

  data(): uPlot.AlignedData | null {
    const { value, limit } = this;
    if (value.t.length === 0) return null;
    if (this.aboveOf !== value.version) {
      this.aboveOf = value.version;
      const over = (i: number) => (value.hi[i] ?? -Infinity) > (limit.hi[i] ?? Infinity);
      this.above = value.hi.map((v, i) => (over(i) || over(i - 1) || over(i + 1) ? v : null));
    }
    return [value.t, value.hi, this.above, fitted(limit.hi, value.t.length)] as uPlot.AlignedData;
  }

  range(min: number, max: number): [number, number] {
    if (this.bent()) return [0, 1.5 * this.top];
    const [lo, hi] = this.fit.fit(Math.min(0, min ?? 0), max || 1);
    return [min < 0 ? lo : 0, hi];
  }

  over(u: uPlot): void {
    const px = devicePixelRatio || 1;
    const p = palette();
    const limit = this.newestLimit();
    if (limit > 0) {
      const y = u.valToPos(limit, "y", true);
      const below = y - u.bbox.top < 14 * px; // above the line there is no room
      u.ctx.textBaseline = below ? "top" : "bottom";
      u.ctx.textAlign = "right";
      const text = `limit ${figure(limit)}`;
      const wide = u.ctx.measureText(text).width + 6 * px;
      u.ctx.globalAlpha = 0.8; // lines that cross it do not make it unreadable
      u.ctx.fillStyle = p.panel;
      u.ctx.fillRect(u.bbox.left + u.bbox.width - wide, below ? y + 2 * px : y - 14 * px, wide, 12 * px);
      u.ctx.globalAlpha = 1;
      u.ctx.fillStyle = p.text;
      u.ctx.fillText(text, u.bbox.left + u.bbox.width - 2 * px, y + (below ? 3 : -2) * px);
    }
    u.ctx.fillStyle = p.faint;
    for (let i = 0; i < this.verdict.length; i++) {
      const [t, v] = this.verdict[i]!;
      if (v !== 0) continue;
      const to = u.valToPos(t / 1000, "x", true);
      const from = i > 0 ? u.valToPos(this.verdict[i - 1]![0] / 1000, "x", true) : to - px;
      u.ctx.fillRect(from, u.bbox.top + u.bbox.height - 3 * px, Math.max(px, to - from), 3 * px);
    }
  }

  read(t: number): string {
    const i = this.value.at(t);
    const v = this.value.hi[i] ?? null;
    const l = this.limit.hi[i] ?? null;
    if (i < 0) return "";
    return `${v === null ? "not assessed" : figure(v)}${l === null ? "" : `   limit ${figure(l)}`}`;
  }
}
