// The numbers behind the plots. Both series are bounded, and neither ever hides a spike: what is merged keeps its extremes.
import type { ScoreRow, WaveRecord } from "./wire";

const historySize = 1024;
const widest = 32; // most scores to a point
const newestSize = 256; // rows kept as they came

// Scores keeps the newest scores: one to a point while they fit, then two, four, up to widest; then the oldest quarter goes.
export class Scores {
  readonly pos: number[] = [];
  readonly time: number[] = []; // ms
  readonly value: (number | null)[] = []; // highest of those merged
  readonly limit: (number | null)[] = [];
  readonly verdict: number[] = []; // worst of those merged
  private readonly count: number[] = [];
  private width = 1;
  private readonly newest: ScoreRow[] = []; // as they came
  total = 0; // rows ever added

  clear(): void {
    for (const a of this.columns()) a.length = 0;
    this.width = 1;
  }

  add(row: ScoreRow): void {
    const [pos, time, value, limit, verdict] = row;
    this.newest[this.total++ % newestSize] = row;
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

  // since hands out the rows after the first seen of all, oldest first, as far as they are still here, and returns total.
  since(seen: number, take: (row: ScoreRow) => void): number {
    for (let k = Math.max(seen, this.total - newestSize); k < this.total; k++) take(this.newest[k % newestSize]!);
    return this.total;
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

const widestJitter = 2000; // ms; more than that is a clock that was set, or another recording
const share = 0.02; // of a difference, that a record corrects
const ringSize = 1024; // buckets of a live signal kept, 5 s of them

// Ring keeps the newest buckets of one channel: when each begins, and its lowest and highest value; NaN where nothing is known. It never allocates
// again, and whoever draws it remembers total and reads on from there.
export class Ring {
  private readonly t = new Float64Array(ringSize); // ms since 1970, signal time
  private readonly lo = new Float32Array(ringSize);
  private readonly hi = new Float32Array(ringSize);
  total = 0; // buckets ever added
  private first = 0; // oldest that is still here
  offset = NaN; // ms of signal time at pos 0, smoothed
  widthMs = 0; // of a bucket
  end = NaN; // ms, where the newest bucket ends

  constructor(
    readonly channel: number,
    readonly kind: number, // 0 raw, 1 conditioned
  ) {}

  clear(): void {
    this.first = this.total;
  }

  // add takes a record. The sample counter is the clock: the times that messages bear say when it began, and their jitter is smoothed away.
  add(r: WaveRecord): void {
    this.widthMs = (1000 * r.perBucket) / r.rateHz;
    const n = r.minMax.length / 2;
    const apart = r.timeMs - 1000 * r.pos - this.offset;
    this.offset = Math.abs(apart) < Math.max(widestJitter, n * this.widthMs) ? this.offset + share * apart : r.timeMs - 1000 * r.pos;
    const begin = 1000 * r.pos + this.offset;
    for (let i = 0; i < n; i++) {
      const at = this.total % ringSize;
      this.t[at] = begin + i * this.widthMs;
      this.lo[at] = r.minMax[2 * i]!;
      this.hi[at] = r.minMax[2 * i + 1]!;
      this.total++;
    }
    this.first = Math.max(this.first, this.total - ringSize);
    this.end = begin + n * this.widthMs;
  }

  // since hands out the buckets after the first seen of all, oldest first, as far as they are still here, and returns total.
  since(seen: number, take: (t: number, lo: number, hi: number) => void): number {
    for (let k = Math.max(seen, this.first); k < this.total; k++) {
      const at = k % ringSize;
      take(this.t[at]!, this.lo[at]!, this.hi[at]!);
    }
    return this.total;
  }
}
