// Which alarms another model or another limit would have given over a stretch; nothing is sent.
import { button, el, facts } from "../kit/dom";
import { Table } from "../kit/table";
import { count, figure, sentence, span, utc } from "../kit/text";
import type { Backtest, BacktestAlarm, Models } from "../live/answers";
import { short } from "./models";

export class BacktestForm {
  readonly root: HTMLElement;
  private readonly factor = el("input", { id: "limit-factor", type: "number", min: "0.1", max: "10", step: "0.1", value: "1" });
  private readonly model = el("select", { id: "test-model" }, el("option", { value: "" }, "in service"));
  readonly run: HTMLButtonElement;

  constructor(start: (request: { limit_factor: number; model?: string }) => void) {
    this.run = button("Back-test the stretch", () => {
      const model = this.model.value;
      start({ limit_factor: Number(this.factor.value) || 1, ...(model ? { model } : {}) });
    }, { class: "backtest" });
    this.root = el("div", { class: "toolbar" }, el("label", { for: "test-model" }, "Model"), this.model, el("label", { for: "limit-factor" }, "its limit times"), this.factor, this.run);
  }

  // models offers those that are kept.
  models(list: Models): void {
    const others = (list.models ?? []).filter((m) => !m.in_service);
    if (this.model.options.length === others.length + 1 && others.every((m, i) => this.model.options[i + 1]!.value === m.hash)) return;
    const chosen = this.model.value;
    this.model.replaceChildren(el("option", { value: "" }, "in service"), ...others.map((m) => el("option", { value: m.hash }, `${short(m.hash)}, taught ${utc(m.created)}`)));
    if (others.some((m) => m.hash === chosen)) this.model.value = chosen;
  }
}

const words = { same: "As now", new: "New", gone: "No longer" };

export function tested(b: Backtest): HTMLElement {
  const all = [...(b.alarms ?? []), ...(b.gone ?? [])].sort((x, y) => Date.parse(x.onset) - Date.parse(y.onset));
  const table = new Table("Alarms of the back-test", [{ head: "Alarm" }, { head: "Onset (signal time)" }, { head: "Part" }, { head: "Score", number: true }, { head: "Limit", number: true }, { head: "What stood out" }], "backtest");
  table.show(all, (a) => `${a.match} ${a.onset}`, (a) => a.onset, (a: BacktestAlarm) => [[words[a.match] ?? a.match], [utc(a.onset)], [a.part || "–"], [figure(a.score)], [figure(a.limit)], [a.what ?? ""]], (a) => ({ "data-match": a.match }));
  return el(
    "div",
    { class: "tested" },
    facts([
      ["Model", short(b.model)],
      ["Limit times", figure(b.limit_factor)],
      ["Signal", span(b.signal_s)],
      ["Windows scored", `${count(b.scored)} of ${count(b.windows)}`],
      ["Alarms as now", count(b.same)],
      ["New alarms", count(b.new)],
      ["No longer raised", count((b.gone ?? []).length)],
      ["Alarms a day", `${figure(b.alarms_per_day)}; as now ${figure(b.running_alarms_per_day)}`],
    ]),
    b.note ? el("p", { class: "note" }, sentence(b.note)) : null,
    all.length > 0 ? table.root : el("p", { class: "empty" }, "No alarm, then or now."),
  );
}
