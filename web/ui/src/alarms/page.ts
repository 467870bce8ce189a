// One alarm: what stood out, who did what, the evidence, and what people say of it afterwards.
import { button, el, facts, moment, setText, shape } from "../kit/dom";
import { figure, sentence, utc } from "../kit/text";
import type { AlarmRecord, Evidence } from "../live/answers";
import { get, may, path, superseded, words } from "../live/api";
import type { Alarm } from "../live/wire";
import type { House, Page } from "../shell/page";
import { href, type Route } from "../shell/route";
import { acknowledge, judge, shelve, unshelve } from "./answer";
import { EvidencePanel } from "./evidence";
import { isOpen, kindWord, regimeWords, stateLook, unanswered } from "./state";

const again = 4000; // ms until evidence that was not there is asked for again
const tries = 15;
const gathered = 5 * 60e3; // ms after which evidence that is not there will not come
const around = 30e3; // ms of signal before and after the onset, in the link to the stream

export class AlarmPage implements Page {
  readonly root: HTMLElement;
  private readonly id: string;
  private readonly heading = el("h1", {}, "Alarm");
  private readonly head = el("div", { class: "head" });
  private readonly what = el("p", { class: "what-stood-out" });
  private readonly facts = el("div", { class: "panel" });
  private readonly actions = el("div", { class: "toolbar actions" });
  private readonly judged = el("p", { class: "note judged", hidden: "" });
  private readonly note = el("p", { class: "note", role: "status" }, "Reading the evidence.");
  private readonly evidenceRoot = el("div");
  private readonly journal = el("ol", { class: "journal" });
  private readonly gone = new AbortController();
  private evidence: EvidencePanel | null = null;
  private record: AlarmRecord | null = null;
  private shown = "";
  private next = Infinity;
  private tried = 0;

  constructor(
    private readonly house: House,
    route: Route,
  ) {
    this.id = route.args[0] ?? "";
    this.root = el(
      "div",
      { class: "sheet alarm-page", "data-alarm": this.id },
      this.head,
      this.what,
      this.actions,
      this.judged,
      this.facts,
      this.note,
      this.evidenceRoot,
      el("section", { class: "panel" }, el("h2", {}, "Who did what"), this.journal),
    );
    this.head.append(this.heading);
    this.show();
    void this.read();
  }

  get title(): string {
    const a = this.alarm();
    return a ? `${kindWord(a.kind)}, ${this.house.store.titleOf(a.stream)}` : "Alarm";
  }

  alarms(changed: Alarm[]): void {
    if (changed.some((a) => a.id === this.id)) void this.read();
    this.show();
  }

  frame(): void {
    this.evidence?.frame();
  }

  tick(): void {
    if (performance.now() < this.next) return;
    this.next = Infinity;
    void this.read();
  }

  recolor(): void {
    this.evidence?.recolor();
  }

  close(): void {
    this.gone.abort();
    this.evidence?.close();
  }

  private alarm(): Alarm | null {
    return this.house.store.alarms.get(this.id) ?? this.record?.alarm ?? null;
  }

  private async read(): Promise<void> {
    try {
      this.record = await get<AlarmRecord>("alarms/" + path(this.id), this.gone.signal);
      if (!this.evidence) await this.readEvidence(this.record.evidence);
    } catch (e) {
      if (superseded(e)) return;
      if (!this.alarm()) setText(this.what, words(e));
      setText(this.note, words(e));
    }
    this.show();
  }

  // readEvidence draws what is kept. There may be none yet: it takes in some signal after the onset too.
  private async readEvidence(kept: boolean): Promise<void> {
    if (kept) {
      this.evidence = new EvidencePanel(await get<Evidence>("alarms/" + path(this.id, "evidence"), this.gone.signal));
      this.evidenceRoot.replaceChildren(this.evidence.root);
      this.note.hidden = true;
      this.shown = "";
      return;
    }
    const later = ++this.tried < tries && this.recent();
    setText(this.note, later ? "The evidence is being gathered: it takes in some signal after the onset too." : "No evidence is kept of this alarm: the store keeps that of the newest ones, as many as [evidence] allows. The stream's page may still have the signal.");
    if (later) this.next = performance.now() + again;
  }

  // recent says that evidence may still come: the alarm was raised a short while ago, by the monitor's clock.
  private recent(): boolean {
    const raised = Date.parse(this.record?.journal?.[0]?.time ?? "");
    return !Number.isFinite(raised) || this.house.store.now() - raised < gathered;
  }

  private show(): void {
    const a = this.alarm();
    if (!a) return;
    const key = JSON.stringify([a, this.record, this.house.store.titleOf(a.stream)]);
    if (key === this.shown) return;
    this.shown = key;
    const look = stateLook(a);
    const title = this.house.store.titleOf(a.stream);
    setText(this.heading, `${kindWord(a.kind)}: ${title}`);
    this.root.dataset["state"] = a.state;
    const tone = a.state === "active_unacknowledged" ? "alarm" : a.state === "returned_unacknowledged" ? "caution" : "calm";
    this.head.replaceChildren(el("span", { class: "verdict", "data-tone": tone }, shape(look.shape), el("span", {}, `${look.word}, ${look.answer}`)), this.heading);
    setText(this.what, sentence(a.what));
    this.facts.replaceChildren(this.factList(a, title));
    this.showActions(a);
    this.showJournal();
  }

  private factList(a: Alarm, title: string): HTMLElement {
    const onset = Date.parse(a.onset_time);
    const stretch = Number.isFinite(onset) ? { from: new Date(onset - around).toISOString(), to: new Date(onset + around).toISOString() } : {};
    const unit = a.unit ? `\u202f${a.unit}` : "";
    const score = a.kind === "score";
    return facts([
      ["Score", score ? el("span", { class: "big" }, figure(a.score) + unit) : ""],
      ["Limit", score ? figure(a.limit) + unit + (a.provisional ? ", provisional" : "") : ""],
      ["Onset, signal time", moment(a.onset_time)],
      ["Over", a.clear_time ? moment(a.clear_time) : ""],
      ["Process", regimeWords(a)],
      ["Stream", el("a", { href: href("streams", [a.stream], stretch) }, title)],
      ["Part", a.part],
      ["Lot", a.lot],
      ["Signal", a.simulated ? "simulated" : ""],
      ["Shelved until", a.shelved_until ? moment(a.shelved_until) : ""],
      ["Acknowledged by", a.ack_by],
      ["Comment", a.ack_comment ? el("span", { class: "comment" }, a.ack_comment) : ""],
    ]);
  }

  private showActions(a: Alarm): void {
    const store = this.house.store;
    const list: HTMLElement[] = [];
    if (may("operator")) {
      if (unanswered(a)) list.push(button("Acknowledge", () => acknowledge(store, a), { class: "ack" }));
      if (a.state === "shelved" || a.shelved_until) list.push(button("Take from the shelf", () => unshelve(store, a)));
      else if (isOpen(a)) list.push(button("Shelve", () => shelve(store, a)));
      const done = () => void this.read();
      list.push(button("This was fine", () => judge(store, a, "fine", done), { class: "fine" }), button("This was bad", () => judge(store, a, "bad", done), { class: "bad" }));
    }
    if (this.evidence) list.push(el("a", { class: "button pack", href: `api/v1/alarms/${path(this.id)}/evidence/pack`, download: "" }, "Download evidence"));
    this.actions.replaceChildren(...list);
    const f = this.record?.feedback;
    this.judged.hidden = !f;
    if (f) setText(this.judged, `Judged ${f.judgement === "fine" ? "fine: a false alarm" : "bad: a true alarm, kept out of what is learnt"}${f.by ? `; ${f.by}` : ""}${f.at ? `, ${utc(f.at)}` : ""}.${f.comment ? ` ${f.comment}` : ""}`);
  }

  private showJournal(): void {
    const list = this.record?.journal ?? [];
    this.journal.replaceChildren(
      ...(list.length === 0
        ? [el("li", { class: "sub" }, "Nothing is noted.")]
        : list.map((j) => el("li", {}, el("time", {}, utc(j.time)), el("b", {}, j.change.replaceAll("_", " ")), el("span", {}, j.by || "the monitor"), el("span", { class: "comment" }, [j.comment, j.why].filter(Boolean).join(". "))))),
    );
  }
}
