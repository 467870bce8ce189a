// What the monitor sends over the live feed; the Go package web/hub documents both frames.

export type Verdict = "ok" | "alarm" | "not assessed";
export type Source = "live" | "recording" | "simulated";
export type Phase = "waiting" | "learning" | "watching" | "ended" | "";

export interface Channel {
  name: string;
  unit: string;
}

export interface Counts {
  received: number;
  missing: number;
  duplicated: number;
  late: number;
  invalid: number;
  dropped: number;
  malformed: number;
  scored: number;
}

export interface Stream {
  id: number;
  name: string;
  title: string;
  source: Source;
  time_lapsed: boolean;
  speed?: number | null;
  note?: string;
  channels: Channel[];
  rate_hz: number | null;
  phase: Phase;
  verdict: Verdict;
  reason: number;
  reasons: string[];
  part?: string;
  lot?: string;
  newest_time?: string;
  newest_at?: string;
  stale_after_s: number | null;
  score: number | null;
  limit: number | null;
  score_unit?: string;
  limit_provisional: boolean;
  limit_note?: string;
  model?: string;
  counts: Counts;
  regime?: string; // "steady", "recovering" or "new regime"
  cycle?: boolean; // its windows follow an excitation cycle
}

export type AlarmState = "active_unacknowledged" | "active_acknowledged" | "returned_unacknowledged" | "shelved" | "suppressed_by_design" | "out_of_service" | "normal";

export interface Alarm {
  id: string;
  stream: string;
  title?: string;
  kind: string;
  state: AlarmState;
  revision: number;
  onset_time: string;
  clear_time?: string;
  part?: string;
  lot?: string;
  score: number | null;
  limit: number | null;
  unit?: string;
  what: string;
  chatter?: number;
  priority?: string;
  severity?: number;
  stale?: boolean;
  shelved_until?: string;
  one_shot?: boolean;
  suppressed_by?: string;
  dependents?: number;
  regime?: string; // "recovering" or "new regime"
  latched?: boolean;
  simulated?: boolean;
  provisional?: boolean;
  ack_by?: string;
  ack_comment?: string;
  ack_time?: string;
}

// pos, time_ms, value, limit, verdict (0 not assessed, 1 ok, 2 alarm), reason bits
export type ScoreRow = [number, number, number | null, number | null, number, number];
// pos, part, lot
export type MarkRow = [number, string, string];

export interface Frame {
  type: "snapshot" | "resume" | "update";
  seq: number;
  now: number;
  epoch?: string;
  streams?: Stream[];
  scores?: Record<string, ScoreRow[]>;
  marks?: Record<string, MarkRow[]>;
  alarms?: Alarm[];
}

export interface WaveRecord {
  stream: number;
  channel: number;
  kind: number; // 0 raw, 1 conditioned
  perBucket: number;
  rateHz: number;
  pos: number; // s, of the first sample
  timeMs: number; // signal time of the first sample
  minMax: Float32Array; // min, max, min, max, …
}

// decodeWaves reads a binary frame and throws when it does not keep to the format.
export function decodeWaves(data: ArrayBuffer): WaveRecord[] {
  const view = new DataView(data);
  if (data.byteLength < 8 || view.getUint32(0, false) !== 0x43575631) throw new Error("the wave frame does not begin with CWV1");
  const out: WaveRecord[] = [];
  let at = 8;
  for (let left = view.getUint32(4, true); left > 0; left--) {
    const n = view.getUint32(at + 8, true);
    out.push({
      stream: view.getUint32(at, true),
      channel: view.getUint16(at + 4, true),
      kind: view.getUint8(at + 6),
      perBucket: view.getUint32(at + 12, true),
      rateHz: view.getFloat64(at + 16, true),
      pos: view.getFloat64(at + 40, true),
      timeMs: Number(view.getBigInt64(at + 48, true)) / 1e6,
      minMax: new Float32Array(data, at + 56, 2 * n),
    });
    at += 56 + 8 * n;
  }
  return out;
}
