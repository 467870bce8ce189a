// The live feed: one WebSocket that comes back by itself, and goes on from where it was.
import { decodeWaves, type Frame, type WaveRecord } from "./wire";

export interface Listener {
  frame(f: Frame): void;
  waves(w: WaveRecord[]): void;
  state(s: LinkState): void;
}

export interface LinkState {
  live: boolean; // connected, and heard within silentAfter
  lostAt: number; // ms since 1970 by this machine's clock; 0 while live
  retryAt: number; // when the next attempt begins; 0 while one is under way
  reason: string; // what the monitor said when it closed
}

const silentAfter = 4000; // ms; the monitor speaks at least every second
const firstDelay = 500; // ms
const longestDelay = 10000; // ms

export class Link {
  private socket: WebSocket | null = null;
  private epoch = "";
  private seq = 0;
  private waves = ""; // the stream whose signal is wanted
  private delay = firstDelay;
  private timer = 0;
  private stopped = true;
  private heard = 0; // performance.now() of the last frame
  private state: LinkState = { live: false, lostAt: Date.now(), retryAt: 0, reason: "" };

  constructor(private readonly listener: Listener) {
    setInterval(() => this.watch(), 500);
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.retryNow());
  }

  // connect opens the socket, naming what was seen last.
  connect(): void {
    if (this.socket !== null) return;
    clearTimeout(this.timer);
    this.stopped = false;
    const url = new URL("api/v1/live", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.search = new URLSearchParams({ waves: this.waves, ...(this.epoch ? { epoch: this.epoch, since: String(this.seq) } : {}) }).toString();
    url.hash = "";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heard = performance.now();
    this.change({ ...this.state, retryAt: 0 });
    socket.onmessage = (e) => this.socket === socket && this.receive(e.data as string | ArrayBuffer);
    socket.onclose = (e) => this.socket === socket && this.lost(e.reason);
  }

  // stop closes the feed and does not come back by itself.
  stop(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    this.stopped = true;
    socket?.close();
  }

  // want asks for the signal of one stream, or of none, from now on.
  want(stream: string): void {
    if (stream === this.waves) return;
    this.waves = stream;
    if (this.socket === null) return;
    const socket = this.socket;
    this.socket = null; // what it still says does not count
    socket.close();
    this.connect();
  }

  // retryNow skips what is left of the waiting time.
  retryNow(): void {
    if (this.socket === null && !this.stopped) this.connect();
  }

  private receive(data: string | ArrayBuffer): void {
    this.heard = performance.now();
    this.delay = firstDelay;
    if (!this.state.live) this.change({ live: true, lostAt: 0, retryAt: 0, reason: "" });
    if (typeof data !== "string") {
      this.listener.waves(decodeWaves(data));
      return;
    }
    const frame = JSON.parse(data) as Frame;
    this.epoch = frame.epoch ?? this.epoch;
    this.seq = frame.seq;
    this.listener.frame(frame);
  }

  // watch gives up a socket on which nothing has come for too long: a cable that was pulled does not close it.
  private watch(): void {
    if (this.socket === null || performance.now() - this.heard < silentAfter) return;
    const socket = this.socket;
    this.lost("nothing was heard from the monitor");
    socket.close();
  }

  private lost(reason: string): void {
    this.socket = null;
    const wait = this.delay * (0.75 + 0.5 * Math.random());
    this.delay = Math.min(2 * this.delay, longestDelay);
    this.timer = setTimeout(() => this.connect(), wait) as unknown as number;
    const lostAt = this.state.live ? Date.now() : this.state.lostAt;
    this.change({ live: false, lostAt, retryAt: Date.now() + wait, reason: reason || this.state.reason });
  }

  private change(s: LinkState): void {
    this.state = s;
    this.listener.state(s);
  }
}
