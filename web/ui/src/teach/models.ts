// The models of a stream: the newest beside the one in service, and each of them put in service, or back, with one action.
import { ask, type Field } from "../kit/dialog";
import { button, el, facts, setText } from "../kit/dom";
import { sub, Table } from "../kit/table";
import { count, sentence, utc } from "../kit/text";
import type { Comparison, Figures, Model, Models } from "../live/answers";
import { get, may, path, post, superseded, words } from "../live/api";
import { signed, who } from "../alarms/answer";

const every = 5000; // ms

export class ModelsPanel {
  readonly root = el("section", { class: "panel models" }, el("h2", {}, "Models"));
  private readonly table = new Table("Models", [{ head: "State" }, { head: "Model" }, { head: "Taught" }, { head: "From" }, { head: "Windows", number: true }, { head: "Parts", number: true }, { head: "Lots", number: true }, { head: "Limit" }, { head: "Action" }], "model-list");
  private readonly note = el("p", { class: "sub", role: "status" }, "");
  private readonly gone = new AbortController();
  private next = 0;
  private list: Models | null = null;

  constructor(private readonly stream: string) {
    this.root.append(this.note, this.table.root);
    this.table.root.hidden = true;
  }

  tick(now: number): void {
    if (now < this.next) return;
    this.next = Infinity;
    void this.read();
  }

  refresh(): void {
    this.next = 0;
  }

  close(): void {
    this.gone.abort();
  }

  private async read(): Promise<void> {
    try {
      this.show(await get<Models>(`streams/${path(this.stream)}/models`, this.gone.signal));
    } catch (e) {
      if (superseded(e)) return;
      setText(this.note, words(e));
    }
    this.next = performance.now() + every;
  }

  private show(m: Models): void {
    this.list = m;
    const models = m.models ?? [];
    const who = m.by ? ` since ${m.since ? utc(m.since) : "–"}, by ${m.by}${m.comment ? `: ${m.comment}` : ""}` : "";
    setText(this.note, m.in_service ? `In service: ${short(m.in_service)}${who}` : models.length === 0 ? "No model yet." : "No model is in service.");
    this.table.root.hidden = models.length === 0;
    this.table.show(models, (x) => x.hash, (x) => JSON.stringify(x), (x) => this.cells(x), (x) => ({ "data-model": x.hash, "data-serving": x.in_service ? "" : null }));
  }

  private cells(x: Model): (string | Node | null)[][] {
    const serve = button(x.in_service ? "In service" : "Put in service", () => this.serve(x), { class: "serve", disabled: x.in_service ? "" : null, "aria-label": x.in_service ? `${short(x.hash)} is in service` : `Put ${short(x.hash)} in service` });
    const compared = x.comparison ? el("details", {}, el("summary", {}, "Compared"), comparison(x.comparison)) : null;
    return [
      [x.in_service ? el("b", {}, "In service") : "Kept"],
      [el("code", {}, short(x.hash)), sub(x.network)],
      [utc(x.created), sub([x.source, x.by && `by ${x.by}`].filter(Boolean).join(", "))],
      [x.from ? utc(x.from) : "–", sub(x.to ? `to ${utc(x.to)}` : "")],
      [count(x.rows), sub(x.held > 0 ? `${count(x.held)} held out` : "")],
      [count(x.parts)],
      [count(x.lots)],
      [x.provisional ? "provisional" : "calibrated", sub(x.provisional ?? "")],
      [may("engineer") ? serve : null, compared],
    ];
  }

  // serve asks before it exchanges the model.
  serve(x: Model): void {
    const now = this.list?.in_service;
    const comment: Field = { name: "comment", label: "Why (may be left empty)", kind: "text" };
    ask({
      title: `Put ${short(x.hash)} in service`,
      about: `It scores from the next window on${now ? `, in the place of ${short(now)}, which stays on the list and can be put back` : ""}.${x.provisional ? ` Its limit is provisional: ${x.provisional}.` : ""}`,
      fields: [...who(), comment],
      send: "Put in service",
      act: async (v) => this.show(await post<Models>(`streams/${path(this.stream)}/models/${path(x.hash)}/service`, signed(v))),
    });
  }
}

export function short(hash: string): string {
  return hash.slice(0, 12);
}

// comparison sets the new model beside the one that was in service, on signal that neither was taught from.
export function comparison(c: Comparison): HTMLElement {
  const line = (word: string, of: (f: Figures) => string) => ({ word, values: [of(c.new), c.running.model ? of(c.running) : "–"] });
  const percent = (v: number) => `${Number((100 * v).toPrecision(3))}\u202f%`;
  const tested = c.new.backtest_s > 0;
  const lines = [
    line("Model", (f) => short(f.model)),
    line("Windows that were held out", (f) => count(f.windows)),
    line("of them above the limit", (f) => `${count(f.above)}, ${percent(f.share_above)}`),
    line("Highest score, in limits", (f) => f.highest.toFixed(2)),
    line("Error of the forecast", (f) => f.error.toFixed(3)),
    ...(tested ? [line("Alarms in the back-test", (f) => count(f.alarms)), line("Alarms a day", (f) => f.alarms_per_day.toFixed(2))] : []),
  ];
  const table = new Table("New model and running model", [{ head: "Figure" }, { head: "New", number: true }, { head: "Running", number: true }], "comparison");
  table.show(lines, (l) => l.word, (l) => l.word, (l) => [[l.word], [l.values[0]!], [l.values[1]!]]);
  return el(
    "div",
    { class: "compared-models" },
    table.root,
    tested ? facts([["Alarms that only the new one raises", count(c.only_new)], ["that only the running one raises", count(c.gone)]]) : null,
    ...(c.notes ?? []).map((n) => el("p", { class: "sub" }, sentence(n))),
  );
}
