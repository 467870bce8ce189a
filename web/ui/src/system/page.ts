// How the monitor itself is doing: what comes in and how late, what waits, what was lost, where it is kept, who is told.
import { button, el, facts, moment, setText } from "../kit/dom";
import { sub, Table } from "../kit/table";
import { age, count, span, withUnit } from "../kit/text";
import type { Flow, Sink, System } from "../live/answers";
import { get, may, path, post, superseded, words } from "../live/api";
import type { House, Page } from "../shell/page";
import { href } from "../shell/route";

const every = 2000; // ms
const nearlyFull = 0.8;

export class SystemPage implements Page {
  readonly title = "System";
  readonly root: HTMLElement;
  private readonly note = el("p", { class: "note", role: "status" }, "Asking the monitor.");
  private readonly machine = el("section", { class: "panel" }, el("h2", {}, "Monitor"));
  private readonly nats = el("section", { class: "panel" }, el("h2", {}, "Messaging and store"));
  private readonly flows = new Table("Streams", [{ head: "Stream" }, { head: "Samples", number: true }, { head: "Windows", number: true }, { head: "Age of data", number: true }, { head: "Queue", number: true }, { head: "Waiting in store", number: true }, { head: "Transport", number: true }, { head: "Queueing", number: true }, { head: "Scoring", number: true }, { head: "Samples lost" }], "flows");
  private readonly sinks = new Table("Sinks", [{ head: "To" }, { head: "Waiting", number: true }, { head: "Sent", number: true }, { head: "Failed", number: true }, { head: "Dropped", number: true }, { head: "Last sent" }, { head: "State" }, { head: "Test" }], "sinks");
  private readonly kept = new Table("What the store keeps", [{ head: "What the store keeps" }, { head: "Messages", number: true }, { head: "Size", number: true }, { head: "At most", number: true }, { head: "From" }, { head: "To" }], "kept");
  private readonly noSinks = el("p", { class: "empty" }, "Nowhere: alarms are shown on this dashboard only. A table [sink.NAME] in the configuration sends them by Slack, e-mail or webhook.");
  private readonly tests = new Map<string, string>(); // what became of a sink's test
  private readonly gone = new AbortController();
  private next = 0;
  private last: System | null = null;

  constructor(private readonly house: House) {
    this.root = el(
      "div",
      { class: "sheet system-page" },
      el("h1", {}, "System"),
      this.note,
      this.machine,
      el("h2", {}, "Streams"),
      this.flows.root,
      el("h2", {}, "Where alarms are sent"),
      this.sinks.root,
      this.noSinks,
      this.nats,
      this.kept.root,
    );
  }

  tick(): void {
    if (performance.now() < this.next) return;
    this.next = Infinity;
    void this.read();
  }

  close(): void {
    this.gone.abort();
  }

  private async read(): Promise<void> {
    try {
      this.last = await get<System>("system", this.gone.signal);
      this.show(this.last);
    } catch (e) {
      if (superseded(e)) return;
      this.note.hidden = false;
      setText(this.note, words(e));
    }
    this.next = performance.now() + every;
  }

  private show(s: System): void {
    const problems: string[] = [];
    if (!s.nats.connected) problems.push("The messaging server is away.");
    if (s.store.trouble) problems.push(s.store.trouble);
    if (!s.heartbeat.ok) problems.push(s.heartbeat.text || "The heartbeat is missing.");
    for (const k of s.sinks ?? []) if (k.last_error) problems.push(`${k.name}: ${k.last_error}`);
    this.note.hidden = problems.length === 0;
    this.note.dataset["tone"] = "caution";
    setText(this.note, problems.join(" "));
    const now = Date.parse(s.now);
    this.machine.replaceChildren(
      el("h2", {}, "Monitor"),
      facts([
        ["Version", s.version],
        ["Kernel", s.kernel],
        ["Running for", age(now - Date.parse(s.started))],
        ["CPUs", String(s.cpus)],
        ["Memory", bytes(s.memory.heap)],
        ["From the system", bytes(s.memory.total)],
        ["Goroutines", count(s.goroutines)],
        ["Dashboards open", count(s.clients)],
        ["Samples dropped", count(s.dropped)],
        ["Heartbeat", s.heartbeat.last ? `${s.heartbeat.ok ? "well" : "missing"}, ${age(now - Date.parse(s.heartbeat.last))} ago` : s.heartbeat.ok ? "well" : "none yet"],
      ]),
    );
    this.nats.replaceChildren(
      el("h2", {}, "Messaging and store"),
      facts([
        ["NATS", s.nats.connected ? "connected" : "away"],
        ["Server", s.nats.embedded ? "in this program" : s.nats.server],
        ["Server version", s.nats.version],
        ["Round trip", seconds(s.nats.rtt_s)],
        ["Reconnected", `${count(s.nats.reconnects)} times`],
        ["Received", bytes(s.nats.in_bytes)],
        ["Sent", bytes(s.nats.out_bytes)],
        ["Last error", s.nats.last_error],
        ["Store", s.store.bytes === null ? "not known" : fill(s.store.bytes, s.store.max_bytes ?? 0, bytes)],
      ]),
    );
    const flows = s.streams ?? [];
    this.flows.show(flows, (f) => f.name, (f) => JSON.stringify([f, this.house.store.titleOf(f.name)]), (f) => this.flowCells(f), (f) => ({ "data-stream": f.name }));
    const sinks = s.sinks ?? [];
    this.sinks.show(sinks, (k) => k.name, (k) => JSON.stringify([k, this.tests.get(k.name)]), (k) => this.sinkCells(k), (k) => ({ "data-sink": k.name }));
    this.sinks.root.hidden = sinks.length === 0;
    this.noSinks.hidden = sinks.length > 0;
    const kept = s.store.streams ?? [];
    this.kept.root.hidden = kept.length === 0;
    this.kept.show(kept, (k) => k.name, (k) => JSON.stringify(k), (k) => [[k.name], [count(k.messages)], [bytes(k.bytes)], [k.max_bytes > 0 ? bytes(k.max_bytes) : "–"], [k.oldest ? moment(k.oldest) : "–"], [k.newest ? moment(k.newest) : "–"]]);
  }

  private flowCells(f: Flow): (string | Node | null)[][] {
    const lost = ([[f.dropped, "dropped"], [f.missing, "missing"], [f.late, "late"], [f.malformed, "messages unreadable"]] as const).filter(([n]) => n > 0).map(([n, word]) => `${count(n)} ${word}`);
    const { transport_s: t, queue_s: q, scoring_s: s } = f.latency;
    return [
      [el("a", { href: href("streams", [f.name]) }, this.house.store.titleOf(f.name))],
      [f.samples_per_s === null ? "–" : withUnit(f.samples_per_s, "Hz")],
      [f.windows_per_s === null ? "–" : `${Number(f.windows_per_s.toPrecision(3))}/s`],
      [f.data_age_s === null ? "–" : age(1000 * f.data_age_s)],
      [fill(f.queued, f.queue_size, count)],
      [f.pending === null ? "–" : count(f.pending)],
      [seconds(t)],
      [seconds(q)],
      [seconds(s)],
      [lost.length === 0 ? "none" : el("b", { class: "lost" }, lost.join(", "))],
    ];
  }

  private sinkCells(k: Sink): (string | Node | null)[][] {
    const said = this.tests.get(k.name) ?? "";
    const test = button("Send a test", () => void this.test(k.name), { "aria-label": `Send a test to ${k.name}`, disabled: said === "sending" ? "" : null });
    return [
      [k.name, sub(k.kind)],
      k.held > 0 ? [count(k.queued + k.held), sub(`${count(k.held)} for its hours`)] : [count(k.queued)],
      [count(k.sent)],
      [count(k.failed)],
      [count(k.dropped)],
      [k.last_sent ? moment(k.last_sent) : "–"],
      [k.last_error ? el("span", { class: "lost" }, k.last_error) : k.sent > 0 ? "working" : "not used yet"],
      [may("engineer") ? test : null, sub(said)],
    ];
  }

  private async test(name: string): Promise<void> {
    const say = (text: string) => {
      this.tests.set(name, text);
      if (this.last) this.show(this.last);
    };
    say("sending");
    try {
      await post(`sinks/${path(name)}/test`);
      say("delivered");
    } catch (e) {
      say(words(e));
    }
  }
}

// fill says how full something is, as a bar and in figures.
function fill(used: number, of: number, write: (n: number) => string): HTMLElement {
  if (!(of > 0)) return el("span", {}, write(used));
  const share = Math.min(1, used / of);
  const level = el("span", { class: "level" });
  level.style.width = `${100 * share}%`;
  return el("span", { class: "fill", "data-full": share >= nearlyFull ? "" : null }, el("span", { class: "bar", "aria-hidden": "true" }, level), el("span", {}, `${write(used)} of ${write(of)}${share >= nearlyFull ? ", nearly full" : ""}`));
}

function bytes(n: number): string {
  return withUnit(Number(n.toPrecision(3)), "B");
}

function seconds(s: number | null): string {
  return s === null ? "–" : span(s);
}
