// The painters of lanes that show values over time: signals as envelopes, a feature against its normal band, a score against its limit.
import type uPlot from "uplot";
import { fade, palette } from "../kit/palette";
import { figure, withUnit } from "../kit/text";
import type { Point } from "../live/answers";
import { Range } from "./axis";
import type { Painter } from "./lane";
import { Trace } from "./trace";

const plain = { points: { show: false }, spanGaps: false };

// Waves shows the channels of a signal, each filled between lowest and highest.
export class Waves implements Painter {
  private readonly fit = new Range();

  constructor(private readonly traces: () => readonly Trace[]) {}

  get unit(): string {
    return this.traces()[0]?.unit ?? "";
  }

  changed(): number {
    let n = 0;
    for (const t of this.traces()) n += t.version;
    return n;
  }

  key(): string {
    return String(this.shown().length);
  }

  series(): uPlot.Series[] {
    const p = palette();
    return this.shown().flatMap((_, i) => {
      const line = { ...plain, stroke: p.traces[i]!, width: 1 };
      return [line, { ...line }];
    });
  }

  bands(): uPlot.Band[] {
    const list = this.shown();
    return list.map((_, i) => ({ series: [2 * i + 2, 2 * i + 1] as [number, number], fill: fade(palette().traces[i]!, list.length > 1 ? 0.22 : 0.42) }));
  }

  // data lays all channels on the times of the first; channels of one stream are sampled together.
  data(): uPlot.AlignedData | null {
    const list = this.shown();
    const first = list[0];
    if (!first || first.t.length === 0) return null;
    const out: (number | null)[][] = [first.t];
    for (const t of list) out.push(fitted(t.lo, first.t.length), fitted(t.hi, first.t.length));
    return out as uPlot.AlignedData;
  }

  range(min: number, max: number): [number, number] {
    return this.fit.fit(min, max);
  }

  read(t: number): string {
    return this.shown()
      .map((tr) => {
        const i = tr.at(t);
        const [lo, hi] = [tr.lo[i] ?? null, tr.hi[i] ?? null];
        if (lo === null || hi === null) return `${tr.name} –`;
        return lo === hi ? `${tr.name} ${withUnit(lo, tr.unit)}` : `${tr.name} ${withUnit(lo, tr.unit)} to ${withUnit(hi, tr.unit)}`;
      })
      .join("   ");
  }

  private shown(): readonly Trace[] {
    return this.traces().slice(0, palette().traces.length);
  }
}

function fitted(list: (number | null)[], n: number): (number | null)[] {
  if (list.length === n) return list;
  return list.length > n ? list.slice(-n) : [...new Array<null>(n - list.length).fill(null), ...list];
}

// Measure shows one feature over the band that nearly all good windows lie in; what is outside in the alarm colour.
export class Measure implements Painter {
  private readonly fit = new Range();
  private outside: (number | null)[] = [];
  private outsideOf = -1;

  constructor(private readonly trace: Trace) {}

  get unit(): string {
    return this.trace.unit;
  }

  changed(): number {
    return this.trace.version;
  }

  series(): uPlot.Series[] {
    const p = palette();
    return [
      { ...plain, stroke: p.traces[0]!, width: 1 },
      { ...plain, stroke: p.traces[0]!, width: 1 },
      { ...plain, stroke: p.alarm, width: 1.75 },
    ];
  }

  bands(): uPlot.Band[] {
    return [{ series: [2, 1], fill: fade(palette().traces[0]!, 0.35) }];
  }

  data(): uPlot.AlignedData | null {
    const t = this.trace;
    if (t.t.length === 0) return null;
    if (this.outsideOf !== t.version) {
      this.outsideOf = t.version;
      this.outside = t.hi.map((v, i) => (this.beyond(i) || this.beyond(i - 1) || this.beyond(i + 1) ? (v !== null && t.high !== null && v > t.high ? v : (t.lo[i] ?? null)) : null));
    }
    return [t.t, t.lo, t.hi, this.outside] as uPlot.AlignedData;
  }

  range(min: number, max: number): [number, number] {
    const { low, high } = this.trace;
    return this.fit.fit(Math.min(min ?? Infinity, low ?? Infinity), Math.max(max ?? -Infinity, high ?? -Infinity));
  }

  under(u: uPlot): void {
    const { low, high } = this.trace;
    if (low === null || high === null) return;
    const top = u.valToPos(high, "y", true);
    u.ctx.fillStyle = palette().band;
    u.ctx.fillRect(u.bbox.left, top, u.bbox.width, Math.max(1, u.valToPos(low, "y", true) - top));
  }

  read(t: number): string {
    const i = this.trace.at(t);
    const [lo, hi] = [this.trace.lo[i] ?? null, this.trace.hi[i] ?? null];
    if (lo === null || hi === null) return "–";
    const value = hi === lo ? withUnit(hi, this.unit) : `${withUnit(lo, this.unit)} to ${withUnit(hi, this.unit)}`;
    const { low, high } = this.trace;
    return low === null || high === null ? value : `${value}   normal ${withUnit(low, this.unit)} to ${withUnit(high, this.unit)}`;
  }

  // beyond says whether bucket i reaches out of the band.
  private beyond(i: number): boolean {
    const { low, high, lo, hi } = this.trace;
    const [l, h] = [lo[i], hi[i]];
    return l !== undefined && l !== null && h !== undefined && h !== null && ((high !== null && h > high) || (low !== null && l < low));
  }
}

// Score shows a score against its limit, and along the foot where nothing was assessed.
export class ScoreTrace {
  readonly value = new Trace("score", "");
  readonly limit = new Trace("limit", "");
  readonly verdict: [ms: number, verdict: number][] = [];
  private readonly fit = new Range();
  private above: (number | null)[] = [];
  private aboveOf = -1;
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
    this.value.add(t, value, value, apart, Infinity);
    if (this.value.version === before) return;
    if (this.value.t.length > n) {
      this.limit.add(t, limit, limit, 0, Infinity);
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
    const [lo, hi] = this.fit.fit(Math.min(0, min ?? 0), max || 1);
    return [min < 0 ? lo : 0, hi];
  }

  over(u: uPlot): void {
    const px = devicePixelRatio || 1;
    const p = palette();
    const limit = this.limit.hi.findLast((l) => l !== null);
    if (limit !== undefined && limit !== null) {
      u.ctx.textBaseline = "bottom";
      u.ctx.textAlign = "right";
      u.ctx.fillStyle = p.faint;
      u.ctx.fillText("limit", u.bbox.left + u.bbox.width - 2 * px, u.valToPos(limit, "y", true) - 2 * px);
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
