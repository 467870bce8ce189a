// What both plots share: ranges that hold still, round ticks, labels.
import type uPlot from "uplot";
import { font, palette } from "../kit/palette";
import { prefixFor } from "../kit/text";

// Range is a y range that widens at once, narrows late, and has round ends, so that the picture holds still.
export class Range {
  private lo = NaN;
  private hi = NaN;

  fit(min: number, max: number): [number, number] {
    if (!(min <= max)) return Number.isFinite(this.lo) ? [this.lo, this.hi] : [0, 1];
    const size = max - min || Math.abs(max) || 1;
    const inside = min >= this.lo && max <= this.hi;
    if (!inside || size < 0.45 * (this.hi - this.lo)) {
      const step = roundStep(size / 4);
      this.lo = Math.floor((min - 0.04 * size) / step) * step;
      this.hi = Math.ceil((max + 0.04 * size) / step) * step;
    }
    return [this.lo, this.hi];
  }
}

function roundStep(x: number): number {
  const p = 10 ** Math.floor(Math.log10(x));
  const m = x / p;
  return (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10) * p;
}

const decimal: number[] = [];
for (let e = -12; e <= 12; e++) for (const m of [1, 2, 5]) decimal.push(Number(`${m}e${e}`));

// Steps of a time axis in s: decimal below a second, then as clocks and calendars go.
const clockSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000, 1728000, 4320000, 8640000];
const timeSteps = [...decimal.filter((s) => s < 1), ...clockSteps];

// axes lays out a time axis in s, whose ticks are at whole steps from anchor(step), and a value axis.
export function axes(anchor: (step: number) => number, xLabel: (split: number, step: number) => string, unit: () => string): uPlot.Axis[] {
  const p = palette();
  const common = { stroke: p.faint, font, ticks: { show: false }, grid: { stroke: p.line, width: 1 } };
  const splits: uPlot.Axis.Splits = (_u, _axis, min, max, step) => {
    const from = anchor(step);
    const out: number[] = [];
    for (let k = Math.ceil((min - from) / step - 1e-9); from + k * step <= max + 1e-9 * step; k++) out.push(from + k * step);
    return out;
  };
  return [
    { ...common, size: 22, gap: 3, space: 78, incrs: timeSteps, splits, values: (u, list, _axis, _space, step) => list.map((s) => whole(u, s, xLabel(s, step))), grid: { show: false } },
    { ...common, size: 46, gap: 6, space: 26, incrs: decimal, values: (u, list, _axis, _space, step) => ticks(list, step, top(u), unit()) },
  ];
}

// whole drops a label that the right edge would cut.
function whole(u: uPlot, split: number, label: string): string {
  const right = u.bbox.width / (devicePixelRatio || 1) - u.valToPos(split, "x") + 12;
  return 3.2 * label.length > right ? "" : label;
}

// top is the greatest magnitude on the y axis: it decides on the prefix of the unit.
function top(u: uPlot): number {
  return Math.max(Math.abs(u.scales["y"]?.min ?? 0), Math.abs(u.scales["y"]?.max ?? 0));
}

// unitOf is the unit that the ticks of a plot are in.
export function unitOf(u: uPlot | null, unit: string): string {
  return u ? prefixFor(top(u), unit).unit : unit;
}

function ticks(list: number[], step: number, greatest: number, unit: string): string[] {
  const { scale } = prefixFor(greatest, unit);
  const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step / scale) + 1e-9)));
  return list.map((s) => (s / scale).toFixed(digits).replace("-", "−"));
}
