// What the HTTP API answers; the description at /api/v1/openapi.json says the same.
import type { Alarm, Verdict } from "./wire";

export type Bucket = [ms: number, lowest: number | null, highest: number | null];

export interface Trace {
  channel: string;
  unit: string;
  buckets: Bucket[] | null;
}

export interface Feature {
  name: string;
  unit: string;
  low: number | null; // of the band that nearly all good windows lie in
  high: number | null;
  points?: Bucket[] | null;
}

export type Point = [ms: number, value: number | null, limit: number | null, verdict: Verdict, reason: string];

export interface Spectrogram {
  channel: string;
  t_ms: number[];
  f_hz: number[];
  db: (number | null)[][]; // a row of frequencies per time
}

export interface Mark {
  t: string;
  kind: "alarm" | "part" | "model" | "gap";
  id: string;
  text: string;
}

export interface History {
  from: string;
  to: string;
  truncated: boolean;
  raw?: Trace[];
  conditioned?: Trace[];
  features?: Feature[];
  score?: Point[];
  spectrogram?: Spectrogram;
  marks: Mark[] | null;
  oldest?: string;
  newest?: string;
}

export interface Envelope {
  phase: (number | null)[];
  last: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  cycles: number;
  unit: string;
}

export interface JournalLine {
  time: string;
  change: string;
  by?: string;
  comment?: string;
  why?: string;
}

export interface Feedback {
  judgement: "fine" | "bad";
  by: string;
  comment?: string;
  time?: string;
}

export interface AlarmRecord {
  alarm: Alarm;
  journal: JournalLine[] | null;
  evidence: boolean;
  feedback?: Feedback | null;
}

export interface EvidenceWindow {
  t_ms: number;
  end_ms: number;
  value: number | null;
  limit: number | null;
  verdict: Verdict;
  features: (number | null)[] | null;
  expected?: (number | null)[] | null;
}

export interface Evidence {
  onset: string;
  short?: string; // what is missing, and why
  raw: Trace[] | null;
  conditioned: Trace[] | null;
  features: Feature[] | null;
  windows: EvidenceWindow[] | null;
  heat: { features: string[] | null; t_ms: number[] | null; share: (number | null)[][] | null };
  ledger: unknown;
  part: string;
  lot: string;
  model: string;
  config: string;
  kernel: string;
  program: string;
}

export interface Part {
  stream: string;
  title?: string;
  part: string;
  lot: string;
  verdict: Verdict;
  reasons: string[] | null;
  start?: string;
  end?: string;
  expected: number;
  received: number;
  duplicated: number;
  late: number;
  reordered: number;
  missing: number;
  invalid: number;
  saturated: number;
  bridged: number;
  scored: number;
  windows: number;
  windows_scored: number;
  windows_above: number;
  peak: number | null;
  limit: number | null;
  coverage: number | null;
  model?: string;
}

export interface Lot {
  stream: string;
  lot: string;
  parts: number;
  ok: number;
  alarm: number;
  not_assessed: number;
  start?: string;
  end?: string;
}

export interface Job {
  id: string;
  kind: string;
  stream: string;
  by: string;
  state: "running" | "done" | "failed" | "cancelled";
  progress: number;
  text: string;
  result: unknown;
}

export interface Model {
  hash: string;
  created: string;
  by: string;
  rows: number;
  lots: number;
  provisional: string; // why its limit is provisional
  report?: Record<string, unknown>;
  note?: string;
}

export interface Models {
  in_service: string;
  models: Model[] | null;
}

export interface Queue {
  length: number;
  capacity: number;
}

export interface Flow {
  stream: string;
  title?: string;
  samples_per_s: number | null;
  windows_per_s: number | null;
  lag_s: number | null;
  pending: number | null;
  queue: Queue;
  dropped: number;
  missing: number;
  malformed: number;
  rate_deviation: number | null;
}

export interface Sink {
  name: string;
  kind: string;
  queued: number;
  sent: number;
  failed: number;
  dropped: number;
  last_error: string;
  last_sent?: string;
}

export interface System {
  version: string;
  kernel: string;
  started: string;
  now: string;
  machine: { goroutines: number; heap_bytes: number; memory_bytes: number; gc_pause_p99_s: number | null; cpus: number; cpu_share: number | null };
  streams: Flow[] | null;
  latency: { stage: string; count: number; p50_s: number | null; p95_s: number | null; p99_s: number | null; max_s: number | null }[] | null;
  clients: { connected: number; cut: number; backlogs: number };
  sinks: Sink[] | null;
  nats: { connected: boolean; server: string; embedded: boolean; tls: boolean; rtt_s: number | null; reconnects: number; in_bytes: number; out_bytes: number; last_error: string };
  store: { bytes: number | null; max_bytes: number | null; trouble: string };
  alarms: Queue;
  jobs: number;
  problems: string[] | null;
  heartbeat: { last?: string; ok: boolean; note?: string };
}
