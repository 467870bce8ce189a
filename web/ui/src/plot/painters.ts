// The painters of lanes that show values over time: signals as envelopes, a feature against its normal band.
import type uPlot from "uplot";
import { fade, palette } from "../kit/palette";
import { logarithmOf, withUnit } from "../kit/text";
import { Range } from "./axis";
import type { Painter } from "./lane";
import { fitted, type Trace } from "./trace";

export const plain = { points: { show: false }, spanGaps: false };

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
      const line = { ...plain, stroke: this.shown().length > 1 ? fade(p.traces[i]!, 0.8) : p.traces[i]!, width: 1 };
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

// Measure shows one feature over the band that nearly all good windows lie in; what is outside in the alarm colour.
export class Measure implements Painter {
  private readonly fit = new Range();
  private outside: (number | null)[] = [];
  private outsideOf = -1;

  constructor(private readonly trace: Trace) {}

  // unit is that of the numbers at the axis; those of a logarithm carry their own.
  get unit(): string {
    return logarithmOf(this.trace.unit) === null ? this.trace.unit : "";
  }

  // splits are, for a logarithm, where the quantity that it is of is a round number.
  get splits(): ((min: number, max: number) => number[]) | undefined {
    return logarithmOf(this.trace.unit) === null ? undefined : logarithmic;
  }

  label(v: number): string {
    return withUnit(v, this.trace.unit);
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
    const { low, high, unit } = this.trace;
    const value = hi === lo ? withUnit(hi, unit) : `${withUnit(lo, unit)} to ${withUnit(hi, unit)}`;
    return low === null || high === null ? value : `${value}   normal ${withUnit(low, unit)} to ${withUnit(high, unit)}`;
  }

  // beyond says whether bucket i reaches out of the band.
  private beyond(i: number): boolean {
    const { low, high, lo, hi } = this.trace;
    const [l, h] = [lo[i], hi[i]];
    return l !== undefined && l !== null && h !== undefined && h !== null && ((high !== null && h > high) || (low !== null && l < low));
  }
}

const mantissas = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 7], Array.from({ length: 18 }, (_, i) => 1 + i / 2), Array.from({ length: 90 }, (_, i) => 1 + i / 10)];

// logarithmic gives the natural logarithms of the roundest numbers of which at least two lie between min and max.
function logarithmic(min: number, max: number): number[] {
  let out: number[] = [];
  for (const m of mantissas) {
    out = [];
    for (let e = Math.floor(min / Math.LN10); e <= max / Math.LN10; e++) out.push(...m.map((v) => Math.log(v) + e * Math.LN10).filter((v) => v >= min && v <= max));
    if (out.length >= 2) break;
  }
  const every = Math.ceil(out.length / 4);
  return out.length < 2 ? [min, max] : out.filter((_, i) => i % every === 0);
}
