// The states and kinds of alarms in words, and the shape that goes with each.
import type { Shape } from "../kit/dom";
import type { Alarm, AlarmState } from "../live/wire";

export interface StateLook {
  word: string;
  answer: string;
  shape: Shape;
  rank: number;
}

const states: Record<AlarmState, StateLook> = {
  active_unacknowledged: { word: "Active", answer: "not acknowledged", shape: "alarm", rank: 0 },
  returned_unacknowledged: { word: "Returned", answer: "not acknowledged", shape: "returned", rank: 1 },
  active_acknowledged: { word: "Active", answer: "acknowledged", shape: "answered", rank: 2 },
  suppressed_by_design: { word: "Suppressed", answer: "explained by another", shape: "held", rank: 3 },
  shelved: { word: "Shelved", answer: "put aside for a time", shape: "held", rank: 3 },
  out_of_service: { word: "Out of service", answer: "nobody is told", shape: "held", rank: 3 },
  normal: { word: "Over", answer: "acknowledged", shape: "ok", rank: 4 },
};

export function stateLook(a: Alarm): StateLook {
  const s = states[a.state] ?? states.active_unacknowledged;
  return a.state === "normal" && !a.ack_by ? { ...s, answer: "not acknowledged" } : s;
}

// unanswered says that the alarm waits for a person.
export function unanswered(a: Alarm): boolean {
  return a.state === "active_unacknowledged" || a.state === "returned_unacknowledged";
}

export function isOpen(a: Alarm): boolean {
  return a.state !== "normal";
}

export function isHeld(a: Alarm): boolean {
  return stateLook(a).rank === 3;
}

// regimeWords says where the process stands after the fault, and what is to be done.
export function regimeWords(a: Alarm): string {
  switch (a.regime) {
    case "recovering":
      return "recovering: on its way back, not settled yet";
    case "new regime":
      return unanswered(a)
        ? "a new regime: settled at a level that was not taught, and judged from there. Acknowledge the alarm to accept it, and teach anew to have it learnt"
        : "a new regime, accepted: settled at a level that was not taught, and judged from there";
  }
  return "";
}

const kinds: Record<string, string> = {
  score: "Score above limit",
  no_data: "No data",
  gap: "Samples missing",
  decode_errors: "Unreadable messages",
  dropped: "Samples dropped",
  flat_line: "Flat line",
  saturation: "Out of range",
  rate_drift: "Sample rate off",
  clock_jump: "Clock jumped",
  behind: "Scoring behind real time",
  model_age: "Model past its warranty",
  model_drift: "Model drifting",
  sink_failing: "Messages not delivered",
  store_failing: "Store failing",
  master: "Reference part changed",
  heartbeat: "Heartbeat missing",
  connection: "Messaging server away",
};

export function kindWord(kind: string): string {
  const known = kinds[kind];
  if (known) return known;
  return kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll("_", " ");
}
