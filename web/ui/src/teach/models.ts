// The models of a stream: the newest beside the one in service, and each of them put in service, or back, with one action.
import { ask, type Field } from "../kit/dialog";
import { button, el, moment, setText } from "../kit/dom";
import { sub, Table } from "../kit/table";
import { count, figure, sentence, utc } from "../kit/text";
import type { Comparison, Figures, Model, Models } from "../live/answers";
import { get, may, path, post, superseded, words } from "../live/api";
import { signed, who } from "../alarms/answer";

const every = 5000; // ms

export class ModelsPanel {
  readonly root = el("section", { class: "panel models" }, el("h2", {}, "Models"));
  private readonly table = new Table("Models", [{ head: "State" }, { head: "Model" }, { head: "Taught" }, { head: "Taught from" }, { head: "Limit" }, { head: "Action" }], "model-list");
  private readonly note = el("p", { class: "sub", role: "status" }, "");
  private readonly training = el("p", { class: "sub training", hidden: "" }, "A model is being trained on in the background, on a quarter of a core. Should it forecast better for it, the better one appears here.");
  private readonly gone = new AbortController();
  private next = 0;
  private list: Models | null = null;

  constructor(
    private readonly stream: string,
    private readonly heard: (list: Models) => void,
  ) {
    this.root.append(this.note, this.training, this.table.root);
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
    this.heard(m);
    const models = m.models ?? [];
    const who = m.by ? ` since ${m.since ? utc(m.since) : "–"}, by ${m.by}${m.comment ? `: ${m.comment}` : ""}` : "";
    setText(this.note, m.in_service ? `In service: ${short(m.in_service)}${who}` : models.length === 0 ? "No model yet: choose good production above and teach one." : "No model is in service: nothing is assessed until one is put in service.");
    this.training.hidden = (m.refining ?? []).length === 0;
    this.table.root.hidden = models.length === 0;
    this.table.show(models, (x) => x.hash, (x) => JSON.stringify([x, this.refining(x), this.older(x)]), (x) => this.cells(x), (x) => ({ "data-model": x.hash, "data-serving": x.in_service ? "" : null }));
  }

  private cells(x: Model): (string | Node | null)[][] {
    const back = this.older(x) ? "Put back in service" : "Put in service";
    const serve = button(back, () => this.serve(x), { class: "serve", "aria-label": `${back}: ${short(x.hash)}` });
    const compared = x.comparison ? el("details", {}, el("summary", {}, "Compared"), comparison(x.comparison)) : null;
    const what = [plural(x.rows + x.held, "window"), plural(x.parts, "part"), plural(x.lots, "lot")].join(", ");
    return [
      [x.in_service ? el("b", {}, "In service") : "Kept", sub(this.refining(x) ? "being trained on" : "")],
      [el("code", {}, short(x.hash)), sub(x.refines ? `${x.network}, of ${short(x.refines)}` : x.network)],
      [moment(x.created), sub([sources[x.source] ?? x.source, x.by && `by ${x.by}`].filter(Boolean).join(", "))],
      [x.from && x.to ? el("span", {}, moment(x.from), " to ", moment(x.to)) : null, sub(`${what}${x.held > 0 ? `; ${count(x.held)} windows held out to test it` : ""}`)],
      [x.provisional ? "provisional" : "calibrated", sub(x.provisional ?? "")],
      [may("engineer") && !x.in_service ? serve : null, compared],
    ];
  }

  // refining says that a model is being trained on in the background.
  private refining(x: Model): boolean {
    return (this.list?.refining ?? []).includes(x.hash);
  }

  // older says that a model was there before the one in service.
  private older(x: Model): boolean {
    const serving = this.list?.models?.find((m) => m.in_service);
    return serving !== undefined && Date.parse(x.created) < Date.parse(serving.created);
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

const sources: Record<string, string> = { learnt: "learnt at the start", refined: "trained on from another", stretch: "from a stretch", parts: "from the parts that came next", seconds: "from the signal that came next", file: "from a file" };

function plural(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
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
    line("Highest score, as a multiple of the limit", (f) => figure(f.highest)),
    line("Error of the forecast, in squared spreads", (f) => figure(f.error)),
    ...(tested ? [line("Alarms in the back-test", (f) => count(f.alarms)), line("that is, a day", (f) => figure(f.alarms_per_day))] : []),
  ];
  const table = new Table("New model and running model", [{ head: "Figure" }, { head: "New", number: true }, { head: "Running", number: true }], "comparison");
  table.show(lines, (l) => l.word, (l) => l.word, (l) => [[l.word], [l.values[0]!], [l.values[1]!]]);
  return el(
    "div",
    { class: "compared-models" },
    table.root,
    ...(c.notes ?? []).map((n) => el("p", { class: "sub" }, sentence(n))),
  );
}
