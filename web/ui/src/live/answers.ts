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
  channel: string;
  unit: string;
  phase: (number | null)[];
  last: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  cycles: number;
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
  at?: string;
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

// Samples is the account of a part: every sample has a place in it.
export interface Samples {
  expected: number;
  received: number;
  missing: number;
  invalid: number;
  saturated: number;
  scored: number;
  bridged: number;
  warmup: number;
  duplicated: number;
  late: number;
  reordered: number;
  dropped: number;
}

export interface Part {
  stream: string;
  part: string;
  lot: string;
  first: number;
  end: number;
  from: string;
  to: string;
  model?: string;
  samples: Samples;
  windows: { total?: number; scored: number; above: number };
  peak: number | null;
  limit: number | null;
  coverage: number;
  needed: number;
  verdict: Verdict;
  reasons: string[] | null;
  alarmed: boolean;
  estimates?: Estimate[];
}

// Estimate is what labels have taught to answer for a part: a number with a range, or a class with those that may be.
export interface Estimate {
  target: string;
  unit?: string;
  value: number | null;
  low: number | null;
  high: number | null;
  class?: string;
  set?: string[];
  coverage: number;
  beyond?: boolean;
  reason?: string;
}

export interface Lot {
  stream: string;
  lot: string;
  from: string;
  to: string;
  parts: number;
  ok: number;
  alarm: number;
  not_assessed: number;
  verdict: Verdict;
  reasons: { reason: string; parts: number }[] | null;
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

// Inspection is what a stretch of signal holds, before anything is learnt from it.
export interface Inspection {
  from: string;
  to: string;
  missing: number;
  invalid: number;
  saturated: number;
  above: number;
  exclusions: { why: string; alarm?: string; part?: string; from: string; to: string; windows: number; text: string }[] | null;
  rows: number;
  usable: number;
  outliers: number;
  duplicates: number;
  part_count: number;
  lot_count: number;
  features: { name: string; unit?: string; median: number; spread: number; low: number; high: number; outliers: number; drift: number; constant: boolean }[] | null;
  findings: { about: string; level: "good" | "notice" | "warning" | "refusal"; text: string }[] | null;
  teachable: boolean;
}

export interface BacktestAlarm {
  match: "same" | "new" | "gone";
  onset: string;
  part?: string;
  score: number;
  limit: number;
  what?: string;
}

export interface Backtest {
  running_model: string;
  model: string;
  limit_factor: number;
  windows: number;
  scored: number;
  signal_s: number;
  alarms: BacktestAlarm[] | null;
  gone: BacktestAlarm[] | null;
  new: number;
  same: number;
  alarms_per_day: number;
  running_alarms_per_day: number;
  note?: string;
}

export interface Figures {
  model: string; // hash
  windows: number;
  above: number;
  share_above: number;
  highest: number; // in limits
  error: number;
  alarms: number;
  alarms_per_day: number;
  backtest_s: number; // 0: there was no back-test
}

export interface Comparison {
  new: Figures;
  running: Figures;
  only_new: number; // alarms that the running one does not raise
  gone: number; // and those that only it raises
  notes: string[] | null;
}

export interface Model {
  hash: string;
  created: string;
  by: string;
  source: string;
  network: string;
  from?: string;
  to?: string;
  rows: number;
  held: number;
  left_out: number;
  lots: number;
  parts: number;
  provisional?: string; // why its limit is provisional
  refines?: string;
  in_service: boolean;
  comparison?: Comparison | null;
  report: string[] | null; // in words
}

export interface Models {
  stream: string;
  in_service: string;
  by?: string;
  since?: string;
  comment?: string;
  models: Model[] | null;
  refining?: string[] | null; // hashes of those that are being trained on in the background, or wait for it
}

export interface Flow {
  name: string;
  samples_per_s: number | null;
  windows_per_s: number | null;
  data_age_s: number | null;
  queued: number;
  queue_size: number;
  pending: number | null;
  received: number;
  dropped: number;
  late: number;
  missing: number;
  malformed: number;
  latency: { transport_s: number | null; queue_s: number | null; scoring_s: number | null };
}

export interface Sink {
  name: string;
  kind: string;
  queued: number;
  sent: number;
  failed: number;
  dropped: number;
  held: number;
  untold: number;
  last_sent?: string;
  last_error: string;
}

export interface System {
  version: string;
  kernel: string;
  started: string;
  now: string;
  streams: Flow[] | null;
  dropped: number;
  cpus: number;
  goroutines: number;
  memory: { heap: number; total: number };
  clients: number;
  sinks: Sink[] | null;
  nats: { connected: boolean; embedded: boolean; server: string; version: string; rtt_s: number | null; reconnects: number; in_bytes: number; out_bytes: number; last_error: string };
  store: { bytes: number | null; max_bytes: number | null; streams: { name: string; bytes: number; max_bytes: number; messages: number; oldest?: string; newest?: string }[] | null; trouble: string };
  heartbeat: { last?: string; ok: boolean; text: string };
}
