// Reads the past of a stream as the view needs it: the whole stretch after a move, and while the view is live no more than what is new.
import type { History } from "../live/answers";
import { utc } from "../kit/text";
import { CallError, get, path, superseded, words } from "../live/api";
import type { View } from "../plot/view";
import type { Signal } from "./signal";

const settle = 150; // ms that the view has to hold still before a stretch is read
const soonest = 1500; // ms from one reading of a live view to the next
const share = 5; // a reading that takes a second is followed by so many seconds of rest
const manyReadings = 40; // of what is new, before all is read in one

export class Past {
  note = ""; // what a person should know of what is shown
  available = true;
  oldest = NaN; // ms, that the store holds
  newest = NaN;
  private under: AbortController | null = null;
  private version = -1; // of the view that was read
  private moved = 0; // when the view was last seen to have moved
  private asked = "";
  private readings = 0; // since all was read
  private next = performance.now() + 1000; // the live feed, if there is one, is quicker

  constructor(
    private readonly stream: string,
    private readonly view: View,
    private readonly signal: Signal,
    private readonly pixels: () => number,
    private readonly want: () => string,
    private readonly changed: () => void,
  ) {}

  // busy says that more may come.
  get busy(): boolean {
    return this.available && (this.under !== null || (!this.view.live && this.view.version !== this.version));
  }

  // tick starts a reading when one is due.
  tick(now: number): void {
    if (!this.available) return;
    if (!this.view.known) {
      if (this.under === null && now >= this.next) void this.read(NaN, NaN, true, now);
    } else if (this.view.live) this.live(now);
    else this.still(now);
  }

  close(): void {
    this.under?.abort();
  }

  private live(now: number): void {
    const first = Number.isNaN(this.signal.held[1]);
    if (this.under !== null || (now < this.next && !first)) return;
    const key = `live ${Math.round(this.view.length)} ${this.want()}`;
    const [, to] = this.signal.held;
    const whole = key !== this.asked || !(to > this.view.from) || this.readings > manyReadings;
    this.asked = key;
    if (!whole && this.view.to - to < this.view.length / 200) return;
    void this.read(whole ? this.view.from : to, this.view.to, whole, now);
  }

  private still(now: number): void {
    if (this.view.version !== this.version) {
      this.version = this.view.version;
      this.moved = now;
    }
    const key = `${this.view.from} ${this.view.to} ${this.want()}`;
    if (key === this.asked || now - this.moved < settle) return;
    this.asked = key;
    this.under?.abort();
    const pad = (this.view.to - this.view.from) / 2; // so that a short pan has something to show
    void this.read(this.view.from - pad, this.view.to + pad, true, now);
  }

  private async read(from: number, to: number, whole: boolean, now: number): Promise<void> {
    const under = new AbortController();
    this.under = under;
    try {
      const known = from < to;
      const span = known ? to - from : 0;
      const width = known ? Math.max(16, Math.min(4096, Math.round((this.pixels() * span) / this.view.length))) : 16;
      const query = new URLSearchParams({ width: String(width), want: known ? this.want() : "raw" });
      if (known) {
        query.set("from", iso(from));
        query.set("to", iso(to));
      }
      const h = await get<History>(`streams/${path(this.stream)}/history?${query.toString()}`, under.signal);
      this.oldest = h.oldest ? Date.parse(h.oldest) : NaN;
      this.newest = h.newest ? Date.parse(h.newest) : NaN;
      this.readings = whole ? 0 : this.readings + 1;
      // What the live feed has brought and the store does not hold yet stays.
      const until = this.view.live && this.newest < to ? Math.max(from, this.newest) : to;
      if (known) this.signal.take(h, from, until, whole);
      else this.view.follow(this.newest); // nothing was heard live: the newest that is kept
      const begins = this.oldest > from + span / 100;
      this.note = known && h.truncated ? (begins ? `The store holds nothing of this stream from before ${utc(this.oldest)}.` : "The stretch is too long to be read in full; its newest part is shown. Zoom in to see more.") : "";
    } catch (e) {
      if (superseded(e)) return;
      if (e instanceof CallError && (e.absent || e.status === 400 || e.status === 404)) this.available = false;
      this.note = words(e);
    } finally {
      if (this.under === under) this.under = null;
      this.next = performance.now() + Math.max(soonest, share * (performance.now() - now));
      this.changed();
    }
  }
}

function iso(ms: number): string {
  return new Date(Math.max(0, ms)).toISOString();
}
