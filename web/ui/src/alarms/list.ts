// The alarm list: every alarm that is open, and those that are over, as far back as the monitor keeps them.
import { Chips } from "../kit/chips";
import { button, choice, el, setText } from "../kit/dom";
import { get, may, words } from "../live/api";
import type { Alarm } from "../live/wire";
import type { House, Page } from "../shell/page";
import { replace, type Route } from "../shell/route";
import { acknowledgeAll } from "./answer";
import { isHeld, isOpen, kindWord, unanswered } from "./state";
import { AlarmTable } from "./table";

const filters: [key: string, word: string, is: (a: Alarm) => boolean][] = [
  ["", "All", () => true],
  ["waiting", "To acknowledge", unanswered],
  ["open", "Open", isOpen],
  ["held", "Shelved or suppressed", isHeld],
  ["over", "Over", (a) => !isOpen(a)],
];
const pageSize = 200;

export class AlarmListPage implements Page {
  readonly title = "Alarms";
  readonly root: HTMLElement;
  private readonly table: AlarmTable;
  private readonly chips = new Chips(filters, (k) => {
    this.only = k;
    this.show();
  });
  private readonly search = el("input", { type: "search", placeholder: "Search streams, parts, words", "aria-label": "Search alarms", "aria-keyshortcuts": "/", maxlength: "100", spellcheck: "false" });
  private readonly streams: HTMLLabelElement;
  private readonly all: HTMLButtonElement;
  private readonly older: HTMLButtonElement;
  private readonly note = el("p", { class: "empty", role: "status" });
  private readonly past = new Map<string, Alarm>(); // from the journal
  private only: string;
  private of: string; // stream
  private listed = "";

  constructor(
    private readonly house: House,
    route: Route,
  ) {
    this.only = route.query.get("show") ?? "";
    this.of = route.query.get("stream") ?? "";
    this.search.value = route.query.get("q") ?? "";
    this.table = new AlarmTable(house.store);
    this.streams = choice("Stream", [["", "all"]], "", (v) => {
      this.of = v;
      this.show();
    });
    this.all = button("Acknowledge all", () => acknowledgeAll(this.house.store, this.shown().filter(unanswered)), { hidden: "" });
    this.older = button("Show older alarms", () => void this.fetchOlder(), { class: "quiet older" });
    const bar = el("div", { class: "toolbar" }, this.search, this.chips.root, this.streams, el("span", { class: "grow" }), this.all);
    this.root = el("div", { class: "sheet wide alarm-list" }, el("h1", {}, "Alarms"), bar, this.table.root, this.note, this.older);
    this.search.addEventListener("input", () => this.show());
  }

  private streamList(): void {
    const names = [...this.house.store.streams.values()].map(({ status: s }) => [s.name, s.title || s.name] as [string, string]);
    const key = JSON.stringify(names);
    if (key === this.listed) return;
    this.listed = key;
    const select = this.streams.querySelector("select")!;
    select.replaceChildren(...[["", "all"] as [string, string], ...names].map(([v, t]) => el("option", { value: v }, t)));
    select.value = this.of;
  }

  alarms(): void {
    this.streamList();
    this.show();
  }

  key(e: KeyboardEvent): boolean {
    if (e.key !== "/") return false;
    this.search.focus();
    return true;
  }

  private merged(): Alarm[] {
    const live = this.house.store.alarms;
    const past = [...this.past.values()].filter((a) => !live.has(a.id)).sort((a, b) => Date.parse(a.onset_time) - Date.parse(b.onset_time));
    return [...past, ...live.values()];
  }

  private shown(): Alarm[] {
    const is = filters.find(([k]) => k === this.only)?.[2] ?? (() => true);
    const wanted = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return this.merged().filter((a) => {
      if (!is(a) || (this.of && a.stream !== this.of)) return false;
      const text = `${this.house.store.titleOf(a.stream)} ${a.stream} ${a.part ?? ""} ${a.lot ?? ""} ${a.what} ${kindWord(a.kind)} ${a.ack_by ?? ""} ${a.ack_comment ?? ""}`.toLowerCase();
      return wanted.every((w) => text.includes(w));
    });
  }

  private show(): void {
    const all = this.merged().filter((a) => !this.of || a.stream === this.of);
    for (const [k, , is] of filters) this.chips.show(k, all.filter(is).length, this.only === k);
    const list = this.shown();
    this.table.show(list);
    this.table.root.hidden = list.length === 0;
    const waiting = list.filter(unanswered).length;
    this.all.hidden = waiting < 2 || !may("operator");
    setText(this.all, `Acknowledge all ${waiting}`);
    this.note.hidden = list.length > 0;
    setText(this.note, all.length === 0 ? "No alarm is open, and none came since the monitor started. Older ones are in the journal." : "No alarm is like that. Change the words searched for, or choose All.");
    replace({ show: this.only, stream: this.of, q: this.search.value });
  }

  // fetchOlder reads from the journal what this window has not heard of: the newest of it, then what is before that.
  private async fetchOlder(): Promise<void> {
    this.older.disabled = true;
    try {
      const onsets = [...this.past.values()].map((a) => Date.parse(a.onset_time)).filter(Number.isFinite);
      const query = new URLSearchParams({ limit: String(pageSize), open: "false", from: "1970-01-01T00:00:00Z" });
      if (onsets.length > 0) query.set("to", new Date(Math.min(...onsets)).toISOString());
      if (this.of) query.set("stream", this.of);
      const { alarms } = await get<{ alarms: Alarm[] | null }>(`alarms?${query.toString()}`);
      const before = this.merged().length;
      for (const a of alarms ?? []) this.past.set(a.id, a);
      const more = this.merged().length > before;
      setText(this.older, more ? "Show older alarms" : "No older alarms");
      this.older.disabled = !more;
      this.show();
    } catch (e) {
      setText(this.older, words(e));
      this.older.disabled = false;
    }
  }
}
