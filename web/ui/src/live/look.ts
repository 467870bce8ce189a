// How a verdict is shown: the word, the shape, and how much attention it asks for. Nothing is called OK on the strength of old data.
import type { Shape } from "../kit/dom";
import { count, sentence } from "../kit/text";
import type { StreamData } from "./store";
import type { Stream } from "./wire";

const reasonWarmingUp = 1;
const reasonLearning = 2;
const staleDefault = 5; // s
const ended = "the recording has ended"; // as the monitor says it, too

export type Tone = "alarm" | "caution" | "calm";

export interface Look {
  word: string;
  shape: Shape;
  tone: Tone;
}

export function look(s: Stream, stale: boolean): Look {
  if (s.verdict === "alarm") return { word: "Alarm", shape: "alarm", tone: "alarm" };
  if (s.verdict === "ok" && stale) return { word: "Was OK", shape: "unknown", tone: "caution" };
  if (s.verdict === "ok") return { word: "OK", shape: "ok", tone: "calm" };
  const expected = s.reason !== 0 && (s.reason & ~(reasonWarmingUp | reasonLearning)) === 0;
  const quiet = expected || s.phase === "waiting" || s.phase === "learning" || s.phase === "ended";
  return { word: "Not assessed", shape: quiet ? "quiet" : "unknown", tone: quiet ? "calm" : "caution" };
}

// isStale says that what is known of a stream is too old to be relied on.
export function isStale(d: StreamData, now: number, live: boolean): boolean {
  const s = d.status;
  return d.newestAt > 0 && s.phase !== "ended" && (!live || now - d.newestAt > 1000 * (s.stale_after_s || staleDefault));
}

// origin says where the samples come from, "" for a sensor that is heard now.
export function origin(s: Stream): string {
  const words = s.source === "live" ? "" : s.source === "simulated" ? "Simulated" : "Recording";
  if (!s.time_lapsed) return words;
  const lapsed = s.speed ? `time-lapsed ×${count(s.speed)}` : "time-lapsed";
  return words ? `${words}, ${lapsed}` : lapsed;
}

// why says in words what the verdict alone leaves out.
export function why(s: Stream): string {
  const list = [...s.reasons];
  if (s.phase === "waiting" && list.length === 0) list.push("waiting for its first data");
  if (s.phase === "learning" && list.length === 0) list.push("learning what is normal");
  if (s.phase === "ended" && !list.includes(ended)) list.push(ended);
  if (s.regime === "recovering") list.push("recovering: the score falls back towards normal");
  if (s.regime === "new regime") list.push("a new steady state, not the one that was learnt");
  return sentence(list.join("; "));
}
