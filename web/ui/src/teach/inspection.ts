// What a stretch of signal holds, as it was found before anything is learnt from it.
import { el, facts, moment, shape, type Shape } from "../kit/dom";
import { Table } from "../kit/table";
import { count, utc, withUnit } from "../kit/text";
import type { Inspection } from "../live/answers";
import { href } from "../shell/route";

const levels: Record<string, [word: string, shape: Shape, tone: string]> = {
  good: ["Good", "ok", "calm"],
  notice: ["Notice", "quiet", "calm"],
  warning: ["Warning", "unknown", "caution"],
  refusal: ["Not possible", "alarm", "alarm"],
};

export function inspected(i: Inspection): HTMLElement {
  const findings = (i.findings ?? []).map((f) => {
    const [word, kind, tone] = levels[f.level] ?? levels["notice"]!;
    return el("li", { "data-level": f.level }, el("span", { class: "verdict", "data-tone": tone }, shape(kind), el("span", {}, word)), el("b", {}, f.about), el("span", {}, f.text));
  });
  const features = new Table("Features of the stretch", [{ head: "Feature" }, { head: "Median", number: true }, { head: "Spread", number: true }, { head: "Lowest", number: true }, { head: "Highest", number: true }, { head: "Outliers", number: true }, { head: "Drift, spreads", number: true }]);
  const rows = i.features ?? [];
  features.show(rows, (f) => f.name, (f) => f.name, (f) => {
    const unit = f.unit ?? "";
    return [[f.name], [withUnit(f.median, unit)], [f.constant ? "constant" : withUnit(f.spread, unit)], [withUnit(f.low, unit)], [withUnit(f.high, unit)], [count(f.outliers)], [f.drift.toFixed(1).replace("-", "−")]];
  });
  const left = (i.exclusions ?? []).map((x) => el("li", {}, el("time", {}, utc(x.from)), el("span", {}, x.text), x.alarm ? el("a", { href: href("alarms", [x.alarm]) }, "the alarm") : null));
  return el(
    "div",
    { class: "inspection", "data-teachable": String(i.teachable) },
    facts([
      ["From", moment(i.from)],
      ["To", moment(i.to)],
      ["Windows", count(i.rows)],
      ["Usable", count(i.usable)],
      ["Parts", count(i.part_count)],
      ["Lots", count(i.lot_count)],
      ["Outliers", count(i.outliers)],
      ["Above today's limit", count(i.above)],
      ["Samples missing", count(i.missing)],
      ["Invalid", count(i.invalid)],
      ["Out of range", count(i.saturated)],
    ]),
    el("ul", { class: "findings" }, ...findings),
    left.length > 0 ? el("h3", {}, "Never learnt") : null,
    left.length > 0 ? el("ul", { class: "events" }, ...left) : null,
    rows.length > 0 ? el("details", {}, el("summary", {}, `Features, ${rows.length}`), features.root) : null,
  );
}
