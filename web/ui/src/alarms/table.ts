// The table of alarms: what is open first, then what is over; newest first in each.
import { arrange, button, el, moment, shape } from "../kit/dom";
import { figure, utc } from "../kit/text";
import { may } from "../live/api";
import type { Store } from "../live/store";
import type { Alarm } from "../live/wire";
import { href } from "../shell/route";
import { acknowledge, shelve, unshelve } from "./answer";
import { isHeld, kindWord, stateLook, unanswered } from "./state";

const columns = ["State", "Onset (signal time)", "Stream, part, lot", "Score", "What stood out", "Answer"];

export class AlarmTable {
  readonly root: HTMLElement;
  private readonly body = el("tbody");
  private readonly rows = new Map<string, { row: HTMLTableRowElement; key: string }>();

  constructor(private readonly store: Store) {
    const head = columns.map((h) => el("th", { scope: "col", class: h === "Score" || h === "Limit" ? "number" : null }, h));
    this.root = el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": "Table of alarms" }, el("table", { class: "alarms", "aria-label": "Alarms" }, el("thead", {}, el("tr", {}, ...head)), this.body));
  }

  // show brings the table up to date; list is in the order of raising, oldest first: onsets are in signal time, which differs from stream to stream.
  show(list: Alarm[]): void {
    const raised = new Map(list.map((a, i) => [a.id, i]));
    const sorted = [...list].sort((a, b) => stateLook(a).rank - stateLook(b).rank || (raised.get(b.id) ?? 0) - (raised.get(a.id) ?? 0));
    for (const [id, r] of this.rows) {
      if (raised.has(id)) continue;
      r.row.remove();
      this.rows.delete(id);
    }
    arrange(this.body, sorted.map((a) => this.rowOf(a)));
  }

  private rowOf(a: Alarm): HTMLTableRowElement {
    const title = this.store.titleOf(a.stream);
    const key = JSON.stringify([a, title]);
    const known = this.rows.get(a.id);
    if (known?.key === key) return known.row;
    const fresh = this.build(a, title);
    if (known) {
      const focused = known.row.contains(document.activeElement);
      known.row.replaceWith(fresh);
      if (focused) fresh.querySelector<HTMLElement>("button, a")?.focus();
    }
    this.rows.set(a.id, { row: fresh, key });
    return fresh;
  }

  private build(a: Alarm, title: string): HTMLTableRowElement {
    const s = stateLook(a);
    const score = a.kind === "score";
    const unit = a.unit ? `\u202f${a.unit}` : "";
    const until = a.shelved_until ? `until ${utc(a.shelved_until)}` : "";
    const more = until && isHeld(a) ? until : a.suppressed_by ? "by another alarm" : s.answer;
    return el(
      "tr",
      { "data-alarm": a.id, "data-state": a.state },
      el("td", { class: "c-state" }, el("div", {}, shape(s.shape), el("span", {}, el("b", {}, s.word), el("span", { class: "sub" }, more), until && !isHeld(a) ? el("span", { class: "sub" }, `Shelved ${until}`) : null))),
      el("td", { class: "c-onset" }, moment(a.onset_time), a.clear_time ? el("span", { class: "sub" }, "until ", moment(a.clear_time)) : null),
      el("td", { class: "c-stream" }, el("span", {}, title), el("span", { class: "sub c-part" }, [a.part, a.lot && `lot ${a.lot}`].filter(Boolean).join(", ")), a.simulated ? el("span", { class: "sub" }, "simulated signal") : null),
      el("td", { class: "c-score number" }, el("span", {}, score ? figure(a.score) + unit : "–"), score ? el("span", { class: "sub c-limit" }, `limit ${figure(a.limit)}${unit}`) : null, score && a.provisional ? el("span", { class: "sub" }, "provisional") : null),
      el("td", { class: "c-what" }, el("a", { href: href("alarms", [a.id]) }, kindWord(a.kind)), el("span", { class: "sub" }, a.what + (a.dependents ? ` Explains ${a.dependents} more.` : ""))),
      el("td", { class: "c-answer" }, ...this.answer(a, title)),
    );
  }

  private answer(a: Alarm, title: string): Node[] {
    const out: Node[] = [];
    if (a.ack_by) {
      out.push(el("b", { class: "by" }, a.ack_by), el("span", { class: "sub" }, a.ack_time ? utc(a.ack_time) : ""));
      if (a.ack_comment) out.push(el("span", { class: "comment" }, a.ack_comment));
    }
    if (may("operator")) {
      if (unanswered(a)) out.push(button("Acknowledge", () => acknowledge(this.store, a), { class: "ack", "aria-label": `Acknowledge the alarm of ${title}` }));
      if (a.state === "shelved" || a.shelved_until) out.push(button("Take from the shelf", () => unshelve(this.store, a), { class: "shelf quiet", "aria-label": `Take the alarm of ${title} from the shelf` }));
      else if (unanswered(a) || a.state === "active_acknowledged") out.push(button("Shelve", () => shelve(this.store, a), { class: "shelf quiet", "aria-label": `Shelve the alarm of ${title}` }));
    }
    const buttons = out.filter((n) => n instanceof HTMLButtonElement);
    if (buttons.length > 0) out.push(el("div", { class: "answers" }, ...buttons));
    return out.length > 0 ? out : [el("span", { class: "sub" }, "–")];
  }
}
