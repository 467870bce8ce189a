// The stretch of signal time that all plots of a page show, and what moves it.

const shortest = 0.2; // ms
const longest = 366 * 86400e3; // ms

export class View {
  from: number; // ms since 1970, signal time
  to: number;
  cursor: number | null = null; // where the pointer is
  pinned = false; // the cursor was put there by keyboard, and stays until the pointer moves
  chosen: [from: number, to: number] | null = null; // a stretch that was chosen by dragging, where choosing is on
  choosing = false;
  version = 0; // grows with every change but that of the cursor

  constructor(
    public length: number,
    public live = true,
    private readonly changed: () => void = () => undefined,
  ) {
    this.to = NaN;
    this.from = NaN;
  }

  get known(): boolean {
    return this.from < this.to;
  }

  // follow moves a live view on to the newest signal.
  follow(newest: number): void {
    if (!this.live || !(newest > 0) || newest === this.to) return;
    this.to = newest;
    this.from = newest - this.length;
    this.version++;
  }

  // set shows a stretch and stays there.
  set(from: number, to: number): void {
    const length = Math.min(Math.max(to - from, shortest), longest);
    const middle = (from + to) / 2;
    this.live = false;
    this.from = middle - length / 2;
    this.to = middle + length / 2;
    this.length = length;
    this.tell();
  }

  pan(ms: number): void {
    if (this.known) this.set(this.from + ms, this.to + ms);
  }

  // zoom changes the length by a factor round a time; a live view stays live and keeps its newest end.
  zoom(factor: number, at = (this.from + this.to) / 2): void {
    if (!this.known) return;
    if (!this.live) {
      this.set(at - factor * (at - this.from), at + factor * (this.to - at));
      return;
    }
    this.resize(this.length * factor);
  }

  // resize gives the view another length, about its newest end while it is live, else about its middle.
  resize(length: number): void {
    this.length = Math.min(Math.max(length, shortest), longest);
    if (this.live) this.from = this.to - this.length;
    else if (this.known) {
      const middle = (this.from + this.to) / 2;
      this.from = middle - this.length / 2;
      this.to = middle + this.length / 2;
    }
    this.tell();
  }

  pause(): void {
    this.live = false;
    this.tell();
  }

  resume(): void {
    this.live = true;
    this.tell();
  }

  choose(from: number, to: number): void {
    this.chosen = from < to ? [from, to] : [to, from];
    this.tell();
  }

  private tell(): void {
    this.version++;
    this.changed();
  }
}
