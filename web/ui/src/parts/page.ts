// Parts and lots: the verdict of each with its reasons and the account of its samples, to look through, export and print.
import { Chips } from "../kit/chips";
import { button, choice, el, facts, moment, setText } from "../kit/dom";
import { sub, Table } from "../kit/table";
import { accountWord, count, figure, sentence } from "../kit/text";
import { verdict } from "../kit/verdict";
import type { Estimate, Lot, Part } from "../live/answers";
import { get, superseded, words } from "../live/api";
import type { Verdict } from "../live/wire";
import type { House, Page } from "../shell/page";
import { href, replace, type Route } from "../shell/route";

const every = 5000; // ms from one reading to the next
const pageSize = 200;

const filters: [key: string, word: string, is: (v: Verdict) => boolean][] = [
  ["", "All", () => true],
  ["alarm", "Alarm", (v) => v === "alarm"],
  ["not-assessed", "Not assessed", (v) => v === "not assessed"],
  ["ok", "OK", (v) => v === "ok"],
];

export class PartsPage implements Page {
  readonly title = "Parts";
  readonly root: HTMLElement;
  private readonly search = el("input", { type: "search", placeholder: "Search parts, lots, reasons", "aria-label": "Search parts", "aria-keyshortcuts": "/", maxlength: "100", spellcheck: "false" });
  private readonly streams: HTMLSelectElement;
  private readonly chips = new Chips(filters, (k) => {
    this.only = k;
    this.show();
  });
  private readonly csv = el("a", { class: "button csv", download: "parts.csv" }, "Export CSV");
  private readonly lots = new Table("Lots", [{ head: "Verdict" }, { head: "Lot" }, { head: "Stream" }, { head: "Time" }, { head: "Parts", number: true }, { head: "OK", number: true }, { head: "Alarm", number: true }, { head: "Not assessed", number: true }, { head: "Report" }], "lots");
  private readonly parts = new Table("Parts", [{ head: "Verdict" }, { head: "Part, lot" }, { head: "Stream" }, { head: "Over at" }, { head: "Peak", number: true }, { head: "Scored", number: true }, { head: "Reasons" }], "parts");
  private readonly note = el("p", { class: "empty", role: "status" }, "Reading the parts.");
  private readonly older: HTMLButtonElement;
  private readonly chosen = el("p", { class: "only", hidden: "" });
  private of: string;
  private lot: string;
  private only: string;
  private newest: Part[] = [];
  private past: Part[] = [];
  private lotList: Lot[] = [];
  private next = 0;
  private under = new AbortController();

  constructor(
    private readonly house: House,
    route: Route,
  ) {
    this.of = route.query.get("stream") ?? "";
    this.lot = route.query.get("lot") ?? "";
    this.only = route.query.get("verdict") ?? "";
    this.search.value = route.query.get("q") ?? "";
    const pick = choice("Stream", [["", "all"]], "", (v) => this.pick(v, ""));
    this.streams = pick.querySelector("select")!;
    this.older = button("Show older parts", () => void this.fetchOlder(), { class: "quiet older", hidden: "" });
    this.root = el(
      "div",
      { class: "sheet parts-page" },
      el("h1", {}, "Parts and lots"),
      el("div", { class: "toolbar" }, this.search, this.chips.root, pick, el("span", { class: "grow" }), this.csv),
      this.chosen,
      el("h2", {}, "Lots"),
      this.lots.root,
      el("h2", {}, "Parts"),
      this.parts.root,
      this.note,
      this.older,
    );
    this.search.addEventListener("input", () => this.show());
    this.streamList();
    this.show();
  }

  stream(): void {
    this.streamList();
  }

  tick(): void {
    const now = performance.now();
    if (now < this.next) return;
    this.next = Infinity;
    void this.read();
  }

  key(e: KeyboardEvent): boolean {
    if (e.key !== "/") return false;
    this.search.focus();
    return true;
  }

  moved(to: Route): boolean {
    return to.page === "parts" && (to.query.get("stream") ?? "") === this.of && (to.query.get("lot") ?? "") === this.lot;
  }

  close(): void {
    this.under.abort();
  }

  private pick(stream: string, lot: string): void {
    this.of = stream;
    this.lot = lot;
    this.newest = this.past = [];
    this.under.abort();
    this.under = new AbortController();
    this.next = 0;
    this.show();
  }

  private query(more: Record<string, string> = {}): string {
    return new URLSearchParams(Object.entries({ stream: this.of, lot: this.lot, ...more }).filter(([, v]) => v !== "")).toString();
  }

  private async read(): Promise<void> {
    const { signal } = this.under;
    try {
      const [parts, lots] = await Promise.all([
        get<{ parts: Part[] | null }>(`parts?${this.query({ limit: String(pageSize) })}`, signal),
        get<{ lots: Lot[] | null }>(`lots?${new URLSearchParams(this.of ? { stream: this.of } : {}).toString()}`, signal),
      ]);
      this.newest = parts.parts ?? [];
      this.lotList = lots.lots ?? [];
      setText(this.note, this.newest.length === 0 ? "No part is over yet. A part is listed when the signal marks its end, or the next one begins." : "");
      this.show();
    } catch (e) {
      if (superseded(e)) return;
      setText(this.note, words(e));
    }
    this.next = performance.now() + every;
  }

  private async fetchOlder(): Promise<void> {
    const oldest = [...this.newest, ...this.past].at(-1);
    if (!oldest) return;
    this.older.disabled = true;
    try {
      const { parts } = await get<{ parts: Part[] | null }>(`parts?${this.query({ limit: String(pageSize), to: oldest.to })}`, this.under.signal);
      const known = new Set([...this.newest, ...this.past].map(id));
      const fresh = (parts ?? []).filter((p) => !known.has(id(p)));
      this.past = [...this.past, ...fresh];
      setText(this.older, fresh.length === 0 ? "No older parts" : "Show older parts");
      this.older.disabled = fresh.length === 0;
      this.show();
    } catch (e) {
      if (!superseded(e)) setText(this.older, words(e));
    }
  }

  private show(): void {
    const known = new Set(this.newest.map(id));
    const all = [...this.newest, ...this.past.filter((p) => !known.has(id(p)))];
    const wanted = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter((p) => {
      const text = `${p.part} ${p.lot} ${p.stream} ${this.house.store.titleOf(p.stream)} ${(p.reasons ?? []).join(" ")}`.toLowerCase();
      return wanted.every((w) => text.includes(w));
    });
    for (const [k, , is] of filters) this.chips.show(k, found.filter((p) => is(p.verdict)).length, this.only === k);
    const is = filters.find(([k]) => k === this.only)?.[2] ?? (() => true);
    const list = found.filter((p) => is(p.verdict));
    const titled = (s: string) => this.house.store.titleOf(s);
    this.parts.show(list, id, (p) => JSON.stringify([p, titled(p.stream)]), (p) => this.partCells(p), (p) => ({ "data-verdict": p.verdict, "data-part": p.part }));
    this.lots.show(
      this.lotList.filter((l) => (!this.lot || l.lot === this.lot) && l.lot !== "").sort((a, b) => b.to.localeCompare(a.to)),
      (l) => `${l.stream}\n${l.lot}`,
      (l) => JSON.stringify([l, titled(l.stream)]),
      (l) => this.lotCells(l),
    );
    this.parts.root.hidden = list.length === 0;
    this.note.hidden = list.length > 0;
    if (all.length > 0 && list.length === 0) setText(this.note, "No part is like that. Change the words searched for, or choose All.");
    this.older.hidden = this.newest.length < pageSize;
    this.csv.href = `api/v1/parts?${this.query({ limit: "1000", format: "csv" })}`;
    this.chosen.hidden = this.lot === "";
    this.chosen.replaceChildren(`Only lot ${this.lot}. `, el("a", { href: href("parts", [], { stream: this.of }) }, "All lots"));
    replace({ stream: this.of, lot: this.lot, verdict: this.only, q: this.search.value });
  }

  private partCells(p: Part): (string | Node | null)[][] {
    const s = p.samples;
    const account = facts(
      (["expected", "received", "missing", "invalid", "saturated", "bridged", "scored", "warmup", "duplicated", "late", "reordered", "dropped"] as const).map((k) => [accountWord(k), s[k] > 0 || k === "expected" || k === "received" ? count(s[k]) : ""]),
    );
    const above = p.windows.above > 0 ? `${count(p.windows.above)} of ${count(p.windows.scored)} windows above the limit` : "";
    const reasons = [p.verdict === "alarm" ? above : "", ...(p.reasons ?? [])].filter(Boolean).join("; ");
    return [
      [verdict(p.verdict)],
      [p.part || "between parts", sub(p.lot)],
      [el("a", { href: href("streams", [p.stream], { from: p.from, to: p.to }) }, this.house.store.titleOf(p.stream))],
      [moment(p.to)],
      [figure(p.peak), sub(p.limit === null ? "" : `limit ${figure(p.limit)}`)],
      [share(p.coverage), sub(`${count(p.windows.scored)} windows`)],
      [reasons ? el("span", {}, sentence(reasons)) : null, ...(p.estimates ?? []).map((e) => sub(estimate(e))), el("div", { class: "beside" }, el("details", {}, el("summary", {}, "Samples"), account), p.part ? report("part", p.stream, p.part) : null)],
    ];
  }

  private lotCells(l: Lot): (string | Node | null)[][] {
    return [
      [verdict(l.verdict)],
      [el("a", { href: href("parts", [], { stream: l.stream, lot: l.lot }) }, l.lot), sub((l.reasons ?? []).slice(0, 2).map((r) => `${r.reason} (${r.parts})`).join("; "))],
      [this.house.store.titleOf(l.stream)],
      [moment(l.from), el("span", { class: "sub" }, "to ", moment(l.to))],
      [count(l.parts)],
      [count(l.ok)],
      [count(l.alarm)],
      [count(l.not_assessed)],
      [report("lot", l.stream, l.lot)],
    ];
  }

  private streamList(): void {
    const names = [...this.house.store.streams.values()].map(({ status: s }) => [s.name, s.title || s.name] as const);
    if (this.streams.options.length === names.length + 1) return;
    if (this.newest.length > 0) this.show(); // their titles are known now
    this.streams.replaceChildren(...[["", "all"] as const, ...names].map(([v, t]) => el("option", { value: v }, t)));
    this.streams.value = this.of;
  }
}

function id(p: Part): string {
  return `${p.stream}\n${p.part}\n${p.first}\n${p.to}`;
}

// share is a coverage: never rounded up to all of it.
function share(v: number): string {
  return `${v < 1 ? Math.floor(1000 * v) / 10 : 100}\u202f%`;
}

function report(kind: "lot" | "part", stream: string, name: string): Node | string {
  if (!name) return "–";
  return el("a", { href: `api/v1/reports/${kind}?${new URLSearchParams({ stream, [kind]: name }).toString()}`, target: "_blank", rel: "noopener", "aria-label": `Report of ${kind} ${name}, to print` }, "Print");
}

// estimate says in words what a head answers for a part.
function estimate(e: Estimate): string {
  if (e.reason) return `${e.target} not assessed: ${e.reason}`;
  const sure = `with ${(100 * e.coverage).toFixed(0)} % certainty`;
  const beyond = e.beyond ? "; farther out than any part learnt from" : "";
  if (e.class) return `${e.target} ${e.class}, ${sure} one of ${(e.set ?? []).join(", ")}${beyond}`;
  return `${e.target} ${figure(e.value)} ${e.unit ?? ""}, ${sure} ${figure(e.low)} to ${figure(e.high)}${beyond}`;
}
