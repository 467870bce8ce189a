// What is known of a stream over the stretch that its page shows: the past as the monitor reads it from its store, and behind it what the live feed brings.
import type { History, Mark } from "../live/answers";
import type { StreamData } from "../live/store";
import { ScoreTrace } from "../plot/score";
import { Spectra } from "../plot/spectra";
import { Trace } from "../plot/trace";
import type { View } from "../plot/view";

export class Signal {
  readonly raw: Trace[] = [];
  readonly conditioned: Trace[] = [];
  readonly features: Trace[] = [];
  readonly score = new ScoreTrace();
  readonly spectra = new Spectra();
  marks: Mark[] = [];
  held: [from: number, to: number] = [NaN, NaN]; // ms, of the past that was read
  private readonly seen = new Map<object, number>(); // of each ring, what was taken
  private rows = 0;

  constructor(private readonly data: () => StreamData | undefined) {}

  clear(): void {
    for (const t of [...this.raw, ...this.conditioned, ...this.features]) t.clear();
    this.score.clear();
    this.spectra.clear();
    this.marks = [];
    this.held = [NaN, NaN];
    this.seen.clear();
    this.rows = 0;
  }

  // take puts a stretch of the past in its place. whole: it is all that is to be kept, but for what the live feed brought later.
  take(h: History, from: number, to: number, whole: boolean): void {
    const begin = whole ? -Infinity : from;
    const fill = (list: Trace[], found: { channel?: string; name?: string; unit: string; buckets?: unknown; points?: unknown }[] | undefined) =>
      found?.forEach((f, i) => {
        const name = f.channel ?? f.name ?? "";
        if (list[i]?.name !== name) list[i] = new Trace(name, f.unit);
        list[i]!.splice(((f.buckets ?? f.points) as [number, number | null, number | null][] | null) ?? [], begin, to);
      });
    fill(this.raw, h.raw);
    fill(this.conditioned, h.conditioned);
    fill(this.features, h.features);
    h.features?.forEach((f, i) => {
      this.features[i]!.low = f.low;
      this.features[i]!.high = f.high;
    });
    if (h.score) this.score.splice(h.score, begin, to);
    if (h.spectrogram) this.spectra.splice(h.spectrogram, begin, to);
    const fresh = h.marks ?? [];
    this.marks = [...(whole ? [] : this.marks.filter((m) => Date.parse(m.t) < from)), ...fresh];
    this.held = whole || Number.isNaN(this.held[0]) ? [from, to] : [this.held[0], to];
  }

  // newest is the signal time up to which the live feed has come.
  newest(): number {
    const d = this.data();
    let t = NaN;
    for (const r of d?.rings ?? []) if (r.end > (t || -Infinity)) t = r.end;
    const score = d?.scores.time.at(-1);
    return Number.isNaN(t) ? (score ?? NaN) : t;
  }

  // follow takes what the live feed has brought, a bucket a pixel.
  follow(view: View, pixels: number): void {
    const d = this.data();
    if (!d) return;
    const apart = view.length / Math.max(64, pixels);
    for (const ring of d.rings) {
      const list = ring.kind === 0 ? this.raw : this.conditioned;
      const channel = d.status.channels[ring.channel];
      const trace = (list[ring.channel] ??= new Trace(channel?.name ?? `channel ${ring.channel + 1}`, channel?.unit ?? ""));
      const gap = Math.max(3 * ring.widthMs, 3 * apart);
      this.seen.set(
        ring,
        ring.since(this.seen.get(ring) ?? 0, (t, lo, hi) => trace.add(t, Number.isNaN(lo) ? null : lo, Number.isNaN(hi) ? null : hi, apart, gap)),
      );
    }
    const offset = d.rings[0]?.offset ?? NaN;
    this.rows = d.scores.since(this.rows, ([pos, t, value, limit, verdict]) => this.score.add(Number.isNaN(offset) ? t : 1000 * pos + offset, value, limit, verdict, apart));
  }

  // trim forgets what a live view will not show again.
  trim(ms: number): void {
    for (const t of [...this.raw, ...this.conditioned, ...this.features]) t.trim(ms);
    this.score.trim(ms);
    this.spectra.trim(ms);
    if (this.marks.length > 64) this.marks = this.marks.filter((m) => Date.parse(m.t) >= ms);
  }
}
