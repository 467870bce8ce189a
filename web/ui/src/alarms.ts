// The alarm list: what is open first, then what is over; newest first in each.
import { AckDialog } from "./dialog";
import { el, setText, shape, type Shape } from "./dom";
import { figure, utc } from "./text";
import type { Alarm, AlarmState } from "./wire";

interface StateLook {
  word: string;
  answer: string;
  shape: Shape;
  rank: number;
}

const states: Record<AlarmState, StateLook> = {
  active_unacknowledged: { word: "Active", answer: "not acknowledged", shape: "alarm", rank: 0 },
  returned_unacknowledged: { word: "Returned", answer: "not acknowledged", shape: "returned", rank: 1 },
  active_acknowledged: { word: "Active", answer: "acknowledged", shape: "answered", rank: 2 },
  suppressed_by_design: { word: "Listed", answer: "explained by another", shape: "answered", rank: 3 },
  shelved: { word: "Shelved", answer: "put aside for a time", shape: "answered", rank: 3 },
  out_of_service: { word: "Listed", answer: "out of service", shape: "answered", rank: 3 },
  normal: { word: "Over", answer: "acknowledged", shape: "ok", rank: 4 },
};

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
  connection: "Messaging server away",
  sink_failing: "Messages not delivered",
  store_failing: "Store failing",
  heartbeat: "Heartbeat missing",
};

function stateLook(a: Alarm): StateLook {
  const s = states[a.state] ?? states.active_unacknowledged;
  return a.state === "normal" && !a.ack_by ? { ...s, answer: "not acknowledged" } : s;
}

export function unanswered(a: Alarm): boolean {
  return a.state === "active_unacknowledged" || a.state === "returned_unacknowledged";
}

export class AlarmList {
  private readonly body = el("tbody");
  private readonly empty = el("p", { class: "empty" }, "No alarms since the monitor started.");
  private readonly heading = el("span", { class: "tally" });
  private readonly speech = el("p", { class: "unseen", "aria-live": "assertive" });
  private readonly rows = new Map<string, { row: HTMLTableRowElement; key: string }>();
  private readonly dialog: AckDialog;
  private sorted: Alarm[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly alarms: ReadonlyMap<string, Alarm>,
    private readonly titleOf: (stream: string) => string,
    answered: (a: Alarm) => void,
  ) {
    this.dialog = new AckDialog(answered);
    const head = ["State", "Onset (signal time)", "Stream", "Part, lot", "Score", "Limit", "What stood out", "Acknowledgement"];
    root.append(
      el("h2", { id: "alarms-title" }, "Alarms", this.heading),
      el(
        "div",
        { class: "scroller", tabindex: "0", role: "region", "aria-labelledby": "alarms-title" },
        el("table", { "aria-labelledby": "alarms-title" }, el("thead", {}, el("tr", {}, ...head.map((h) => el("th", { scope: "col", class: columnClass(h) }, h)))), this.body),
        this.empty,
      ),
      this.speech,
    );
  }

  // show brings the table up to date, and says aloud what is new.
  show(changed: Alarm[]): void {
    // The list is in the order of raising, newest first: onsets are in signal time, which differs from stream to stream.
    const raised = new Map([...this.alarms.keys()].map((id, i) => [id, i]));
    this.sorted = [...this.alarms.values()].sort((a, b) => stateLook(a).rank - stateLook(b).rank || (raised.get(b.id) ?? 0) - (raised.get(a.id) ?? 0));
    for (const [id, r] of this.rows) {
      if (this.alarms.has(id)) continue;
      r.row.remove();
      this.rows.delete(id);
    }
    this.sorted.forEach((a, i) => {
      const row = this.rowOf(a);
      if (this.body.rows[i] !== row) this.body.insertBefore(row, this.body.rows[i] ?? null);
    });
    this.empty.hidden = this.sorted.length > 0;
    const open = this.sorted.filter(unanswered).length;
    setText(this.heading, open > 0 ? `${open} not acknowledged` : "");
    const news = changed.filter((a) => a.state === "active_unacknowledged");
    if (news.length > 0) setText(this.speech, news.map((a) => `Alarm: ${this.titleOf(a.stream)}, ${kinds[a.kind] ?? a.kind}, ${a.what}`).join(". "));
    this.dialog.refresh(this.alarms);
  }

  // answerFirst opens the dialog for the alarm at the top, if it waits for an answer.
  answerFirst(): void {
    const a = this.sorted[0];
    if (a && unanswered(a)) this.dialog.open(a, this.titleOf(a.stream));
  }

  // point scrolls to an alarm and marks it, the target of a link in a message. It returns false when there is no such alarm.
  point(id: string): boolean {
    for (const [key, r] of this.rows) r.row.toggleAttribute("data-target", key === id);
    this.rows.get(id)?.row.scrollIntoView({ block: "center" });
    return this.rows.has(id);
  }

  private rowOf(a: Alarm): HTMLTableRowElement {
    const title = this.titleOf(a.stream) || a.title || a.stream;
    const key = JSON.stringify([a, title]);
    const known = this.rows.get(a.id);
    if (known?.key === key) return known.row;
    const fresh = this.build(a, title);
    if (known) {
      const focused = known.row.contains(document.activeElement);
      fresh.toggleAttribute("data-target", known.row.hasAttribute("data-target"));
      known.row.replaceWith(fresh);
      if (focused) (fresh.querySelector("button") ?? this.root.querySelector<HTMLElement>(".scroller"))?.focus();
    }
    this.rows.set(a.id, { row: fresh, key });
    return fresh;
  }

  private build(a: Alarm, title: string): HTMLTableRowElement {
    const s = stateLook(a);
    const score = a.kind === "score";
    const unit = a.unit ? `\u202f${a.unit}` : "";
    return el(
      "tr",
      { "data-alarm": a.id, "data-state": a.state },
      el("td", { class: "c-state" }, el("div", {}, shape(s.shape), el("span", {}, el("b", {}, s.word), el("span", { class: "sub" }, s.answer)))),
      el("td", { class: "c-onset" }, el("time", { datetime: a.onset_time }, utc(a.onset_time)), a.clear_time ? el("span", { class: "sub" }, `until ${utc(a.clear_time)}`) : null),
      el("td", { class: "c-stream" }, el("span", {}, title), a.simulated ? el("span", { class: "sub" }, "simulated signal") : null),
      el("td", { class: "c-part" }, el("span", {}, a.part || "–"), a.lot ? el("span", { class: "sub" }, a.lot) : null),
      el("td", { class: "c-score number" }, score ? figure(a.score) + unit : "–"),
      el("td", { class: "c-limit number" }, score ? figure(a.limit) + unit : "–", score && a.provisional ? el("span", { class: "sub" }, "provisional") : null),
      el("td", { class: "c-what" }, el("b", {}, kinds[a.kind] ?? a.kind), el("span", { class: "sub" }, a.what)),
      el("td", { class: "c-answer" }, ...this.answer(a, title)),
    );
  }

  private answer(a: Alarm, title: string): Node[] {
    if (a.ack_by) {
      const said = [el("b", { class: "by" }, a.ack_by), el("span", { class: "sub" }, a.ack_time ? utc(a.ack_time) : "")];
      return a.ack_comment ? [...said, el("span", { class: "comment" }, a.ack_comment)] : said;
    }
    if (!unanswered(a)) return [el("span", { class: "sub" }, "–")];
    const button = el("button", { type: "button", class: "ack", "aria-label": `Acknowledge the alarm of ${title}` }, "Acknowledge");
    button.addEventListener("click", () => this.dialog.open(a, title));
    return [button];
  }
}

function columnClass(head: string): string {
  return head === "Score" || head === "Limit" ? "number" : "";
}
