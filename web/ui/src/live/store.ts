// What this window knows, and who is to be told when it changes.
import { Ring, Scores } from "./series";
import type { Alarm, Frame, MarkRow, Stream, WaveRecord } from "./wire";

const marksKept = 64;
const overKept = 200; // alarms that are over

// StreamData is one stream with the series behind its plots.
export class StreamData {
  readonly scores = new Scores();
  readonly rings: Ring[] = []; // one per channel heard, raw and conditioned
  marks: MarkRow[] = [];
  newestAt = 0; // ms since 1970 by the monitor's clock; 0 when never heard
  scoresChanged = true;
  wavesChanged = true;

  constructor(public status: Stream) {
    this.setStatus(status);
  }

  setStatus(s: Stream): void {
    this.status = s;
    if (s.newest_at) this.newestAt = Math.max(this.newestAt, Date.parse(s.newest_at));
  }

  ring(channel: number, kind: number): Ring {
    let r = this.rings.find((r) => r.channel === channel && r.kind === kind);
    if (!r) {
      r = new Ring(channel, kind);
      this.rings.push(r);
      this.rings.sort((a, b) => a.kind - b.kind || a.channel - b.channel);
    }
    return r;
  }
}

export interface View {
  stream(d: StreamData): void; // its status changed, or it is new
  alarms(changed: Alarm[]): void;
  reset(): void; // forget every stream
}

export class Store {
  readonly streams = new Map<number, StreamData>();
  readonly alarms = new Map<string, Alarm>();
  private readonly titles = new Map<string, string>(); // of streams that alarms name
  private clockOffset = 0; // monitor's clock minus this machine's, ms
  private offsetKnown = false;

  constructor(private readonly view: View) {}

  // now is the monitor's clock, estimated.
  now(): number {
    return Date.now() + this.clockOffset;
  }

  titleOf(stream: string): string {
    const d = this.byName(stream);
    return d ? d.status.title || d.status.name : this.titles.get(stream) || stream;
  }

  byName(stream: string): StreamData | undefined {
    for (const d of this.streams.values()) if (d.status.name === stream) return d;
    return undefined;
  }

  frame(f: Frame): void {
    // A frame is never early, so the greatest difference seen is the closest to the truth; it may relax slowly, should a clock be set.
    const offset = f.now - Date.now();
    this.clockOffset = this.offsetKnown ? Math.max(offset, this.clockOffset - 5) : offset;
    this.offsetKnown = true;
    if (f.type === "snapshot" && !this.fits(f.streams ?? [])) {
      this.streams.clear(); // the monitor was started anew with other streams
      this.view.reset();
    }
    if (f.type !== "update") this.forget(f.type === "snapshot");
    for (const s of f.streams ?? []) this.setStream(s);
    for (const [id, rows] of Object.entries(f.scores ?? {})) {
      const d = this.streams.get(Number(id));
      if (!d) continue;
      for (const row of rows) d.scores.add(row);
      d.scoresChanged = true;
    }
    for (const [id, marks] of Object.entries(f.marks ?? {})) {
      const d = this.streams.get(Number(id));
      if (d) d.marks = [...d.marks, ...marks].slice(-marksKept);
    }
    this.setAlarms(f.alarms ?? [], f.type !== "update");
  }

  waves(records: WaveRecord[]): void {
    for (const r of records) {
      const d = this.streams.get(r.stream);
      if (!d) continue;
      d.ring(r.channel, r.kind).add(r);
      d.wavesChanged = true;
    }
  }

  // fits says whether the streams known here are those of a snapshot.
  private fits(list: Stream[]): boolean {
    for (const d of this.streams.values()) if (!list.some((s) => s.id === d.status.id && s.name === d.status.name)) return false;
    return true;
  }

  private forget(scoresToo: boolean): void {
    for (const d of this.streams.values()) {
      d.marks = [];
      for (const r of d.rings) r.clear();
      d.wavesChanged = d.scoresChanged = true;
      if (scoresToo) d.scores.clear();
    }
    this.alarms.clear();
  }

  private setStream(s: Stream): void {
    const d = this.streams.get(s.id);
    if (d) d.setStatus(s);
    else this.streams.set(s.id, new StreamData(s));
    this.view.stream(this.streams.get(s.id)!);
  }

  // setAlarms takes alarms as they are now; an older revision is ignored, so that an answer and an update may cross.
  setAlarms(list: Alarm[], all = false): void {
    const changed = list.filter((a) => (this.alarms.get(a.id)?.revision ?? -1) <= a.revision);
    for (const a of changed) {
      this.alarms.set(a.id, a);
      if (a.title) this.titles.set(a.stream, a.title);
    }
    let over = 0;
    for (const a of this.alarms.values()) if (a.state === "normal") over++;
    for (const a of this.alarms.values()) if (a.state === "normal" && over-- > overKept) this.alarms.delete(a.id); // oldest first
    if (changed.length > 0 || all) this.view.alarms(all ? [] : changed);
  }
}
