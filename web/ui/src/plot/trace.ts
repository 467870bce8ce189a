// What a plot of values over time is made of, kept as it comes: from the past in one piece, or bit by bit from the live feed.
import type { Bucket } from "../live/answers";

// Trace is a list of buckets in the order of time: when each ends or begins, and its lowest and highest value, null where nothing is known.
export class Trace {
  readonly t: number[] = []; // s since 1970, which plots use
  readonly lo: (number | null)[] = [];
  readonly hi: (number | null)[] = [];
  low: number | null = null; // of the band that nearly all good windows lie in
  high: number | null = null;
  version = 0;
  step = NaN; // ms from one bucket to the next, as a rule

  constructor(
    readonly name: string,
    readonly unit: string,
  ) {}

  // splice puts buckets of the past in the place of all from a time on, up to a later one.
  splice(list: readonly Bucket[], fromMs: number, toMs: number): void {
    const a = this.index(fromMs);
    const b = this.index(Math.max(toMs, (list.at(-1)?.[0] ?? -Infinity) + 1e-3)); // a bucket that reaches beyond is taken as it is
    const tail = [this.t.slice(b), this.lo.slice(b), this.hi.slice(b)] as const;
    this.t.length = this.lo.length = this.hi.length = a;
    this.step = usual(list) || this.step;
    for (const [ms, lo, hi] of list) {
      this.hole(ms, holeSteps * this.step);
      this.push(ms, lo, hi);
    }
    if (tail[0][0] !== undefined) this.hole(tail[0][0] * 1000, holeSteps * this.step);
    for (let i = 0; i < tail[0].length; i++) {
      this.t.push(tail[0][i]!);
      this.lo.push(tail[1][i]!);
      this.hi.push(tail[2][i]!);
    }
    this.version++;
  }

  // add appends a live bucket; those closer than apart ms are merged, which hides no spike. A jump over more than gap ms leaves a hole.
  add(ms: number, lo: number | null, hi: number | null, apart: number, gap: number): void {
    const k = this.t.length - 1;
    const last = k >= 0 ? this.t[k]! * 1000 : -Infinity;
    if (ms <= last) return;
    this.version++;
    if (ms - last < apart) {
      this.lo[k] = least(this.lo[k]!, lo);
      this.hi[k] = most(this.hi[k]!, hi);
      return;
    }
    this.hole(ms, gap);
    this.push(ms, lo, hi);
  }

  // hole breaks the line before a bucket that comes later than gap ms after the last: what was not measured is not drawn.
  private hole(ms: number, gap: number): void {
    const k = this.t.length - 1;
    if (k >= 0 && this.hi[k] !== null && ms - this.t[k]! * 1000 > gap) this.push(this.t[k]! * 1000 + 0.01, null, null);
  }

  // trim forgets what is before a time, now and then.
  trim(ms: number): void {
    const n = this.index(ms) - 1;
    if (n < 256 || n < this.t.length / 4) return;
    this.t.splice(0, n);
    this.lo.splice(0, n);
    this.hi.splice(0, n);
    this.version++;
  }

  clear(): void {
    this.t.length = this.lo.length = this.hi.length = 0;
    this.version++;
  }

  // at is the index of the newest bucket not after a time, -1 when there is none.
  at(ms: number): number {
    return this.index(ms + 1e-6) - 1;
  }

  private push(ms: number, lo: number | null, hi: number | null): void {
    this.t.push(ms / 1000);
    this.lo.push(lo);
    this.hi.push(hi);
  }

  // index is that of the first bucket at a time or after it.
  private index(ms: number): number {
    let lo = 0;
    let hi = this.t.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.t[mid]! * 1000 < ms) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }
}

const holeSteps = 4; // a longer silence is one in which nothing was measured

// usual is the distance from one bucket to the next in the middle of all; 0 where there are too few to say.
function usual(list: readonly Bucket[]): number {
  if (list.length < 5) return 0;
  const steps = list.slice(1).map(([ms], i) => ms - list[i]![0]);
  return steps.sort((a, b) => a - b)[steps.length >> 1]!;
}

// fitted gives a list the length n, by nulls in front or by leaving out what is oldest.
export function fitted(list: (number | null)[], n: number): (number | null)[] {
  if (list.length === n) return list;
  return list.length > n ? list.slice(-n) : [...new Array<null>(n - list.length).fill(null), ...list];
}

function least(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function most(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
