// One stream: what is thought of it now, and all that is measured of it over one stretch of time, live or as far back as the store goes.
import { isOpen, kindWord, stateLook } from "../alarms/state";
import { button, choice, el, facts, setAttr, setText, shape, still } from "../kit/dom";
import { age, count, figure, rate, sentence, span, utc } from "../kit/text";
import { isStale, look, origin, why } from "../live/look";
import type { StreamData } from "../live/store";
import type { Alarm } from "../live/wire";
import { View } from "../plot/view";
import type { House, Page } from "../shell/page";
import { href, replace, type Route } from "../shell/route";
import { EnvelopePanel } from "./envelope";
import { Lanes } from "./lanes";
import { Past } from "./past";
import { Signal } from "./signal";

const lengths = [1e3, 5e3, 10e3, 60e3, 600e3, 3600e3, 6 * 3600e3, 86400e3, 7 * 86400e3];
const alarmsShown = 3; // of those that are open
const meanings: [string, string][] = [
  ["Score", "How unusual a window of signal is: 3 means that one good window in a thousand scores as high, 4 one in ten thousand."],
  ["Limit", "The score above which an alarm is raised. Provisional: too little good production was learnt from to promise how many false alarms come."],
  ["Not assessed", "Nothing is known: the signal was missing, damaged, too old, or no model is in service. It is never counted as OK."],
  ["Conditioned", "The signal after the filter of this stream: what the features are measured from."],
  ["Feature", "One number measured from each window. The band behind it holds nearly all windows of good production; what lies outside is red."],
];
const drawEvery = 45; // ms; the live feed brings news twenty times a second
const stillEvery = 1000; // ms, for people who asked for less motion

export class StreamPage implements Page {
  readonly root: HTMLElement;
  private readonly name: string;
  private readonly heading = el("h1");
  private readonly verdict = el("span", { class: "verdict" });
  private readonly reasons = el("p", { class: "reasons" });
  private readonly facts = el("div", { class: "stream-facts" });
  private readonly openAlarms = el("ul", { class: "open-alarms", "aria-label": "Open alarms of this stream" });
  private readonly live: HTMLButtonElement;
  private readonly stretch = el("span", { class: "stretch" });
  private readonly note = el("p", { class: "note", role: "status", hidden: "" });
  private readonly more: HTMLButtonElement;
  private readonly events = el("ul", { class: "events", "aria-label": "Events in this stretch" });
  private readonly length: HTMLSelectElement;
  private readonly view: View;
  private readonly signal: Signal;
  private readonly past: Past;
  private readonly lanes: Lanes;
  private readonly envelope: EnvelopePanel;
  private drawn = 0;
  private listed = ""; // the facts shown
  private told = "-"; // the events listed
  private shown = ""; // the alarms listed

  constructor(
    private readonly house: House,
    route: Route,
  ) {
    this.name = route.args[0] ?? "";
    const data = () => house.store.byName(this.name);
    this.view = new View(defaultLength(data()), true, () => this.shows());
    this.signal = new Signal(data);
    this.lanes = new Lanes(this.view, this.signal, data, () => this.marks(), () => this.past.busy);
    this.past = new Past(
      this.name,
      this.view,
      this.signal,
      () => this.lanes.pixels,
      () => "raw,conditioned,features,score,spectrogram",
      () => this.say(),
    );
    this.envelope = new EnvelopePanel(this.name);
    this.live = button("Pause", () => this.toggle(), { "aria-keyshortcuts": "Space" });
    const long = choice("Length", lengths.map((ms) => [String(ms), span(ms / 1000)]), "", (v) => this.view.resize(Number(v)));
    this.length = long.querySelector("select")!;
    this.more = button("", () => {
      this.lanes.allFeatures = true;
    }, { class: "quiet", hidden: "" });
    const step = (label: string, text: string, key: string, act: () => void) => button(text, act, { "aria-label": label, title: label, "aria-keyshortcuts": key, class: "square" });
    const bar = el(
      "div",
      { class: "toolbar time-bar", role: "group", "aria-label": "Time shown" },
      this.live,
      step("Earlier", "◀", "ArrowLeft", () => this.view.pan(-0.5 * this.view.length)),
      step("Later", "▶", "ArrowRight", () => this.later()),
      step("Zoom in", "+", "+", () => this.view.zoom(0.5)),
      step("Zoom out", "−", "-", () => this.view.zoom(2)),
      long,
      this.stretch,
    );
    this.root = el(
      "div",
      { class: "sheet stream-page" },
      el("div", { class: "head" }, this.verdict, this.heading, el("span", { class: "sub" }, this.name), el("span", { class: "grow" }), el("nav", { class: "toolbar", "aria-label": "More of this stream" }, el("a", { class: "button quiet", href: href("alarms", [], { stream: this.name }) }, "Alarms"), el("a", { class: "button quiet", href: href("parts", [], { stream: this.name }) }, "Parts"), el("a", { class: "button quiet", href: href("teach", [this.name]) }, "Teach"))),
      this.reasons,
      this.facts,
      this.openAlarms,
      bar,
      this.note,
      this.lanes.root,
      this.more,
      this.envelope.root,
      el("section", { class: "panel" }, el("h2", {}, "Events in this stretch"), this.events),
      el("details", { class: "words" }, el("summary", {}, "What the words mean"), facts(meanings, "meanings")),
    );
    this.lanes.steerable();
    this.address(route);
    this.shows();
    this.status(data());
  }

  get signalOf(): string {
    return this.name;
  }

  get title(): string {
    return this.house.store.titleOf(this.name);
  }

  stream(d: StreamData): void {
    if (d.status.name !== this.name) return;
    if (this.view.live && !this.view.known && this.view.length !== defaultLength(d)) this.view.resize(defaultLength(d));
    this.status(d);
  }

  alarms(_changed: Alarm[]): void {
    this.showAlarms();
  }

  reset(): void {
    this.signal.clear();
    this.status(undefined);
  }

  frame(): void {
    const t = performance.now();
    if (t - this.drawn >= (still() ? stillEvery : drawEvery)) {
      this.drawn = t;
      if (this.view.live) {
        this.signal.follow(this.view, this.lanes.pixels);
        this.view.follow(this.signal.newest());
        this.signal.trim(this.view.from - this.view.length / 2);
      }
      this.lanes.begin();
    }
    this.lanes.draw();
  }

  tick(now: number): void {
    this.past.tick(performance.now());
    const d = this.house.store.byName(this.name);
    if (d?.status.cycle && d.status.counts.scored > 0) this.envelope.tick(performance.now());
    if (d) this.aged(d, now);
    setText(this.stretch, this.view.known ? `${utc(this.view.from)} to ${utc(this.view.to)}` : "");
    this.more.hidden = this.lanes.hidden === 0;
    setText(this.more, `Show ${this.lanes.hidden} more features`);
    this.showEvents();
  }

  recolor(): void {
    this.lanes.recolor();
    this.envelope.recolor();
  }

  key(e: KeyboardEvent): boolean {
    if (e.target instanceof HTMLElement && e.target.closest("button, a") && e.key === " ") return false;
    const act: Record<string, () => void> = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.view.pan(-0.25 * this.view.length),
      ArrowRight: () => this.later(),
      "+": () => this.view.zoom(0.5),
      "=": () => this.view.zoom(0.5),
      "-": () => this.view.zoom(2),
      l: () => this.resume(),
    };
    act[e.key]?.();
    return act[e.key] !== undefined;
  }

  moved(to: Route): boolean {
    if (to.args[0] !== this.name) return false;
    this.address(to);
    return true;
  }

  close(): void {
    this.past.close();
    this.lanes.close();
    this.envelope.close();
  }

  // address takes over the stretch that an address names.
  private address(route: Route): void {
    const [from, to] = [Date.parse(route.query.get("from") ?? ""), Date.parse(route.query.get("to") ?? "")];
    if (from < to) this.view.set(from, to);
  }

  private toggle(): void {
    if (this.view.live) this.view.pause();
    else this.resume();
  }

  private resume(): void {
    this.signal.clear();
    this.view.resume();
  }

  // later goes on in time, and into the present where that begins.
  private later(): void {
    const newest = Math.max(this.signal.newest() || 0, this.past.newest || 0);
    if (!this.view.live && newest > 0 && this.view.to + 0.5 * this.view.length >= newest) this.resume();
    else if (!this.view.live) this.view.pan(0.5 * this.view.length);
  }

  private shows(): void {
    setText(this.live, this.view.live ? "Pause" : "Live");
    setAttr(this.root, "data-live", this.view.live ? "" : null);
    const iso = (ms: number) => new Date(ms).toISOString();
    if (!this.view.live && this.view.known) replace({ from: iso(this.view.from), to: iso(this.view.to) });
    else if (this.view.live) replace({});
    const key = String(this.view.length);
    let option = [...this.length.options].find((o) => o.value === key);
    const other = this.length.querySelector<HTMLOptionElement>("option[data-other]");
    if (!option) {
      option = other ?? el("option", { "data-other": "" });
      option.value = key;
      option.textContent = span(Number((this.view.length / 1000).toPrecision(3)));
      this.length.append(option);
    } else if (other && option !== other) other.remove();
    this.length.value = key;
  }

  private status(d: StreamData | undefined): void {
    if (!d) {
      setText(this.heading, this.name);
      setText(this.reasons, this.house.link().live ? "No stream has this name." : "");
      return;
    }
    const s = d.status;
    const l = look(s, isStale(d, this.house.store.now(), this.house.link().live));
    setText(this.heading, s.title || s.name);
    if (this.verdict.textContent !== l.word || this.verdict.dataset["shape"] !== l.shape) {
      this.verdict.replaceChildren(shape(l.shape), el("span", {}, l.word));
      this.verdict.dataset["shape"] = l.shape;
    }
    setAttr(this.verdict, "data-tone", l.tone);
    setText(this.reasons, [why(s), s.note && `Note: ${s.note}`, s.limit_provisional && `The limit is provisional${s.limit_note ? `: ${s.limit_note}` : ""}`].filter(Boolean).join(". "));
    const c = s.counts;
    const lost = [[c.missing, "missing"], [c.dropped, "dropped"], [c.late, "late"], [c.duplicated, "duplicated"], [c.invalid, "invalid samples"], [c.malformed, "unreadable messages"]] as const;
    const key = JSON.stringify([s.score, s.limit, s.part, s.lot, s.model, s.source, lost.map(([n]) => n), c.received]);
    if (key === this.listed) return;
    this.listed = key;
    const losses = lost.filter(([n]) => n > 0).map(([n, w]) => `${count(n)} ${w}`).join(", ");
    this.facts.replaceChildren(
      facts([
        ["Score", el("span", { class: "big" }, figure(s.score) + (s.score_unit ? `\u202f${s.score_unit}` : ""))],
        ["Limit", `${figure(s.limit)}${s.limit_provisional ? ", provisional" : ""}`],
        ["Age of data", el("span", { class: "age" })],
        ["Part", s.part],
        ["Lot", s.lot],
        ["Rate", rate(s.rate_hz)],
        ["Source", origin(s) || "Live sensor"],
        ["Samples received", count(c.received)],
        ["Lost", losses],
        ["Model", s.model?.slice(0, 12)],
      ]),
    );
    this.aged(d, this.house.store.now());
  }

  private aged(d: StreamData, now: number): void {
    const stale = isStale(d, now, this.house.link().live);
    if (stale !== this.root.hasAttribute("data-stale")) {
      setAttr(this.root, "data-stale", stale ? "" : null);
      this.status(d);
    }
    const node = this.facts.querySelector(".age");
    if (node) setText(node, d.newestAt === 0 ? "never heard" : `${age(now - d.newestAt)}${stale ? " old" : ""}`);
  }

  private showAlarms(): void {
    const list = [...this.house.store.alarms.values()].filter((a) => a.stream === this.name && isOpen(a)).reverse();
    const key = JSON.stringify(list.map((a) => [a.id, a.revision]));
    if (key === this.shown) return;
    this.shown = key;
    const more = list.length - alarmsShown;
    this.openAlarms.replaceChildren(
      ...list.slice(0, alarmsShown).map((a) => el("li", { "data-state": a.state }, shape(stateLook(a).shape), el("a", { href: href("alarms", [a.id]) }, kindWord(a.kind)), el("span", { class: "sub" }, `${stateLook(a).word}, ${stateLook(a).answer}`), el("span", { class: "what" }, sentence(a.what)))),
      ...(more > 0 ? [el("li", {}, el("a", { href: href("alarms", [], { stream: this.name, show: "open" }) }, `${more} more open alarms`))] : []),
    );
  }

  // marks are the events of the past, and the alarms that came since.
  private marksCache: { key: string; list: { t: number; kind: string; text: string; id: string }[] } = { key: "", list: [] };
  private marks(): { t: number; kind: string; text: string; id: string }[] {
    const alarms = [...this.house.store.alarms.values()].filter((a) => a.stream === this.name);
    const key = `${this.signal.marks.length} ${this.signal.held[1]} ${alarms.length}`;
    if (key !== this.marksCache.key) {
      const known = new Set(this.signal.marks.filter((m) => m.kind === "alarm").map((m) => m.id));
      const list = this.signal.marks.map((m) => ({ t: Date.parse(m.t), kind: m.kind, text: m.text, id: m.id }));
      for (const a of alarms) if (!known.has(a.id)) list.push({ t: Date.parse(a.onset_time), kind: "alarm", text: a.what, id: a.id });
      this.marksCache = { key, list: list.sort((a, b) => a.t - b.t) };
    }
    return this.marksCache.list;
  }

  private showEvents(): void {
    const words: Record<string, string> = { alarm: "Alarm", part: "Part", model: "Model", gap: "Gap" };
    const list = this.marks().filter((m) => m.t >= this.view.from && m.t <= this.view.to).slice(-40);
    const key = list.map((m) => `${m.t}${m.id}`).join("\n");
    if (key === this.told) return;
    this.told = key;
    this.events.replaceChildren(
      ...(list.length === 0 ? [el("li", { class: "sub" }, "None")] : list.reverse().map((m) => el("li", { "data-kind": m.kind }, el("time", {}, utc(m.t)), el("b", {}, words[m.kind] ?? m.kind), m.kind === "alarm" ? el("a", { href: href("alarms", [m.id]) }, m.text || m.id) : el("span", {}, m.text)))),
    );
  }

  private say(): void {
    this.note.hidden = this.past.note === "";
    setText(this.note, this.past.note);
  }
}

// defaultLength is a stretch in which there is something to see at the stream's rate.
function defaultLength(d: StreamData | undefined): number {
  const hz = d?.status.rate_hz ?? 0;
  const wanted = Math.max(10e3, hz > 0 ? 600e3 / hz : 0);
  return lengths.find((l) => l >= wanted) ?? lengths.at(-1)!;
}
