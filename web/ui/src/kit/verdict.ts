// A verdict as a word with its shape.
import type { Verdict } from "../live/wire";
import { el, shape } from "./dom";

const looks = {
  ok: ["OK", "ok", "calm"],
  alarm: ["Alarm", "alarm", "alarm"],
  "not assessed": ["Not assessed", "unknown", "caution"],
} as const;

export function verdict(v: Verdict): HTMLElement {
  const [word, kind, tone] = looks[v] ?? looks["not assessed"];
  return el("span", { class: "verdict", "data-tone": tone }, shape(kind), el("span", {}, word));
}
