// The numbers behind the plots. Both series are bounded, and neither ever hides a spike: what is merged keeps its extremes.
import type { ScoreRow, WaveRecord } from "./wire";

const historySize = 1024;
const widest = 32; // most scores to a point

// Scores keeps the newest scores: one to a point while they fit, then two, four, up to widest; then the oldest quarter goes.
export class Scores {
  readonly pos: number[] = [];
  readonly time: number[] = []; // ms
  readonly value: (number | null)[] = []; // highest of those merged
  readonly limit: (number | null)[] = [];
  readonly verdict: number[] = []; // worst of those merged
  private readonly count: number[] = [];
  private width = 1;

  clear(): void {
    for (const a of this.columns()) a.length = 0;
    this.width = 1;
  }

  add(row: ScoreRow): void {
    const [pos, time, value, limit, verdict] = row;
    const k = this.pos.length - 1;
    if (k >= 0 && this.count[k]! < this.width) {
      this.merge(k, Math.max(pos, this.pos[k]!), time, value, limit, verdict, 1);
      return;
    }
    if (this.pos.length >= historySize) this.makeRoom();
    const last = this.pos.at(-1);
    this.pos.push(last === undefined ? pos : Math.max(pos, last));
    this.time.push(time);
    this.value.push(value);
    this.limit.push(limit);
    this.verdict.push(verdict);
    this.count.push(1);
  }

  // timeAt is the signal time nearest to a place on the axis.
  timeAt(pos: number): number | null {
    const i = nearest(this.pos, pos);
    return i < 0 ? null : this.time[i]! + (pos - this.pos[i]!) * 1000;
  }

  private columns(): unknown[][] {
    return [this.pos, this.time, this.value, this.limit, this.verdict, this.count];
  }

  private merge(k: number, pos: number, time: number, value: number | null, limit: number | null, verdict: number, n: number): void {
    this.pos[k] = pos;
    this.time[k] = time;
    const old = this.value[k]!;
    this.value[k] = old === null ? value : value === null ? old : Math.max(old, value);
    this.limit[k] = limit;
    this.verdict[k] = worse(this.verdict[k]!, verdict);
    this.count[k]! += n;
  }

  private makeRoom(): void {
    if (this.width >= widest) {
      for (const a of this.columns()) a.splice(0, historySize / 4);
      return;
    }
    const n = this.pos.length;
    let k = 0;
    for (let i = 0; i < n; i += 2, k++) {
      for (const a of this.columns()) a[k] = a[i];
      const j = i + 1;
      if (j < n) this.merge(k, this.pos[j]!, this.time[j]!, this.value[j]!, this.limit[j]!, this.verdict[j]!, this.count[j]!);
    }
    for (const a of this.columns()) a.length = k;
    this.width *= 2;
  }
}

// worse orders alarm (2) before not assessed (0) before ok (1).
function worse(a: number, b: number): number {
  return a === 2 || b === 2 ? 2 : Math.min(a, b);
}

export const waveSize = 600; // buckets on the live plot

// Wave is the live envelope of one channel.
export class Wave {
  readonly pos: number[] = [];
  readonly low: (number | null)[] = [];
  readonly high: (number | null)[] = [];
  step = 0; // s per bucket
  timeMs = 0; // signal time at the end
  end = 0; // pos at the end

  constructor(readonly channel: number) {}

  clear(): void {
    this.pos.length = this.low.length = this.high.length = 0;
  }

  add(r: WaveRecord): void {
    const step = r.perBucket / r.rateHz;
    const n = r.minMax.length / 2;
    if (this.pos.length > 0 && (step !== this.step || r.pos < this.end - step / 2)) this.clear(); // another resolution, or the axis began anew
    if (this.pos.length > 0 && r.pos > this.end + step / 2) this.push(this.end, null, null); // a gap, seen as one
    for (let i = 0; i < n; i++) {
      const low = r.minMax[2 * i]!;
      const high = r.minMax[2 * i + 1]!;
      this.push(r.pos + i * step, Number.isFinite(low) ? low : null, Number.isFinite(high) ? high : null);
    }
    this.step = step;
    this.end = r.pos + n * step;
    this.timeMs = r.timeMs + n * step * 1000;
    if (this.pos.length > 2 * waveSize) {
      const over = this.pos.length - waveSize;
      for (const a of [this.pos, this.low, this.high]) a.splice(0, over);
    }
  }

  private push(pos: number, low: number | null, high: number | null): void {
    this.pos.push(pos);
    this.low.push(low);
    this.high.push(high);
  }
}

// nearest is the index of the value in an ascending list that is closest to x, -1 when the list is empty.
export function nearest(list: readonly number[], x: number): number {
  let lo = 0;
  let hi = list.length - 1;
  if (hi < 0) return -1;
  while (hi - lo > 1) {
    const mid = (lo + hi) >> 1;
    if (list[mid]! <= x) lo = mid;
    else hi = mid;
  }
  return x - list[lo]! <= list[hi]! - x ? lo : hi;
}
