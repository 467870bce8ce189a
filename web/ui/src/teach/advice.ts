// What a comparison of two models comes to, in words that somebody can act on.
import { count, span } from "../kit/text";
import type { Comparison, Model } from "../live/answers";

export interface Advice {
  tone: "calm" | "caution";
  lines: string[];
}

const percent = (v: number) => `${Number((100 * v).toPrecision(2))}\u202f%`;
const alarms = (n: number) => `${count(n)} alarm${n === 1 ? "" : "s"}`;

// advise says how the new model did beside the running one, and what to look at before it goes into service. The windows held out are production that
// was chosen as good, so that what is above the limit there is a false alarm.
export function advise(m: Model): Advice {
  const c = m.comparison;
  const lines: string[] = [];
  let caution = false;
  if (!c) lines.push("No model was in service to compare it with: put it in service when the stretch was good production.");
  else {
    lines.push(held(c));
    if (c.new.share_above > c.running.share_above && c.new.above > c.running.above + 1) {
      caution = true;
      lines.push("It would raise more false alarms than the running one: teach it from more, or more varied, good production.");
    }
    if (c.new.backtest_s > 0) lines.push(...past(c));
  }
  if (m.provisional) {
    caution = true;
    lines.push(`How many false alarms it will raise cannot be promised yet: ${m.provisional}.`);
  }
  return { tone: caution ? "caution" : "calm", lines };
}

function held(c: Comparison): string {
  const of = `Of ${count(c.new.windows)} windows of good production that it was not taught from, it calls ${count(c.new.above)} (${percent(c.new.share_above)}) too high`;
  if (!c.running.model || c.running.windows === 0) return of + ".";
  const as = c.new.above === c.running.above ? "as many as the running one" : `the running one ${count(c.running.above)} (${percent(c.running.share_above)})`;
  return `${of}; ${as}.`;
}

function past(c: Comparison): string[] {
  if (c.new.alarms === 0 && c.running.alarms === 0) return [`Over ${span(c.new.backtest_s)} of this signal neither of them raises an alarm.`];
  const list = [`Over ${span(c.new.backtest_s)} of this signal it raises ${alarms(c.new.alarms)}, the running one ${count(c.running.alarms)}.`];
  if (c.only_new > 0) list.push(`${alarms(c.only_new)} only the new one raises. Look at them: a true one speaks for the new model, a false one against it.`);
  if (c.gone > 0) list.push(`${alarms(c.gone)} only the running one raises. Look at them: were those parts bad, the new model would miss them.`);
  if (c.only_new === 0 && c.gone === 0) list.push("Both raise the same alarms.");
  return list;
}

