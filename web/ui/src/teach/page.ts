// Teaching: choose signal, see what it holds, teach a model, set it beside the running one, put it in service or back.
import { button, choice, el, setText } from "../kit/dom";
import { sub, Table } from "../kit/table";
import { sentence } from "../kit/text";
import type { Backtest, Inspection, Job, Model } from "../live/answers";
import { may } from "../live/api";
import type { House, Page } from "../shell/page";
import { href, type Route } from "../shell/route";
import { advise } from "./advice";
import { BacktestForm, tested } from "./backtest";
import { Chooser } from "./choose";
import { inspected } from "./inspection";
import { JobPanel } from "./job";
import { comparison, ModelsPanel, short } from "./models";

export class TeachPage implements Page {
  readonly root: HTMLElement;
  private readonly name: string;
  private readonly heading = el("h1");
  private readonly streams: HTMLSelectElement;
  private readonly chooser: Chooser | null;
  private readonly job: JobPanel | null;
  private readonly models: ModelsPanel | null;
  private readonly missing = el("p", { class: "error", role: "alert" });
  private readonly outcome = el("section", { class: "panel outcome", hidden: "" });
  private readonly buttons: HTMLButtonElement[] = [];
  private readonly list = new Table("Streams", [{ head: "Stream" }, { head: "Model in service" }, { head: "Its limit" }], "teachable");

  constructor(
    private readonly house: House,
    route: Route,
  ) {
    this.name = route.args[0] ?? "";
    const pick = choice("Stream", [["", "choose one"]], "", (v) => house.go(href("teach", v ? [v] : [])));
    this.streams = pick.querySelector("select")!;
    this.root = el("div", { class: "sheet teach-page" }, el("div", { class: "head" }, this.heading, el("span", { class: "grow" }), pick));
    this.streamList();
    if (this.name === "") {
      this.chooser = this.job = this.models = null;
      this.root.append(el("p", { class: "empty" }, "A model is what is known of good production of one stream: it decides what is an alarm. Choose the stream that one is to be taught for."), this.list.root);
      return;
    }
    this.chooser = new Chooser(this.name, () => house.store.byName(this.name), { from: route.query.get("from") ?? "", to: route.query.get("to") ?? "" });
    this.job = new JobPanel(this.name, (j) => this.over(j), () => this.enable());
    const test = new BacktestForm((request) => this.start("backtest", request));
    this.models = new ModelsPanel(this.name, (list) => test.models(list));
    const look = button("Look into it", () => this.start("inspect"), { class: "inspect" });
    const teach = button("Teach a model", () => this.start("teach"), { class: "primary teach" });
    this.buttons.push(look, teach, test.run);
    const engineer = may("engineer");
    this.root.append(
      el(
        "section",
        { class: "panel" },
        this.chooser.root,
        engineer ? el("h2", { class: "step" }, "2. See what it holds, and teach a model from it") : el("p", { class: "sub" }, "Teaching takes an engineer; what is here may be looked at."),
        engineer ? el("div", { class: "toolbar" }, look, teach, el("span", { class: "sub" }, "Neither changes anything: a model is put in service by a further step.")) : null,
        engineer ? el("details", { class: "try" }, el("summary", {}, "Or try another limit or model on the stretch: which alarms would have come (back-test)"), test.root) : null,
        this.missing,
        this.job.root,
      ),
      this.outcome,
      this.models.root,
    );
    void this.job.resume();
  }

  get title(): string {
    return this.name ? `Teach: ${this.house.store.titleOf(this.name)}` : "Teach";
  }

  stream(): void {
    this.streamList();
  }

  frame(): void {
    this.chooser?.frame();
  }

  tick(): void {
    const now = performance.now();
    this.chooser?.tick(now);
    this.job?.tick(now);
    this.models?.tick(now);
  }

  recolor(): void {
    this.chooser?.recolor();
  }

  close(): void {
    this.chooser?.close();
    this.job?.close();
    this.models?.close();
  }

  private streamList(): void {
    setText(this.heading, this.title);
    if (this.name === "") {
      this.list.show(
        [...this.house.store.streams.values()].map((d) => d.status),
        (s) => s.name,
        (s) => JSON.stringify([s.title, s.phase, s.model, s.limit_provisional, s.limit_note]),
        (s) => [[el("a", { href: href("teach", [s.name]) }, s.title || s.name), sub(s.title ? s.name : "")], [s.model ? el("code", {}, short(s.model)) : s.phase === "learning" ? "is being learnt" : "none"], [s.model ? (s.limit_provisional ? "provisional" : "calibrated") : "–", sub(s.limit_note ?? "")]],
      );
    }
    const names = [...this.house.store.streams.values()].map(({ status: s }) => [s.name, s.title || s.name] as const);
    if (this.streams.options.length === names.length + 1) return;
    this.streams.replaceChildren(...[["", "choose one"] as const, ...names].map(([v, t]) => el("option", { value: v }, t)));
    this.streams.value = this.name;
  }

  private enable(): void {
    for (const b of this.buttons) b.disabled = this.job?.running ?? false;
  }

  private start(kind: "inspect" | "teach" | "backtest", more: object = {}): void {
    const chosen = this.chooser!.chosen();
    const ahead = typeof chosen !== "string" && !("from" in chosen);
    const wrong = typeof chosen === "string" ? chosen : ahead && kind !== "teach" ? "Only a stretch of history can be looked into: what comes next is not known yet." : "";
    setText(this.missing, wrong);
    if (wrong || typeof chosen === "string") return;
    this.outcome.hidden = true;
    void this.job!.start(kind, { ...chosen, ...more });
  }

  // tryOut back-tests a new model over what it was taught from.
  private tryOut(m: Model): void {
    if (this.job!.running) return;
    void this.job!.start("backtest", { from: m.from, to: m.to, model: m.hash, limit_factor: 1 });
  }

  // over shows what has come of a job.
  private over(j: Job): void {
    if (j.state !== "done" || !j.result) return;
    const show = (title: string, ...content: (Node | null)[]) => {
      this.outcome.hidden = false;
      this.outcome.dataset["kind"] = j.kind;
      this.outcome.replaceChildren(el("h2", {}, title), ...content.filter((c) => c !== null));
      this.outcome.scrollIntoView({ block: "nearest" });
    };
    if (j.kind === "inspect") show("What the stretch holds", inspected(j.result as Inspection));
    else if (j.kind === "backtest") show("Back-test: what would have come; nothing was sent", tested(j.result as Backtest));
    else if (j.kind === "teach") {
      const m = j.result as Model;
      const a = advise(m);
      const serve = m.in_service ? el("p", { class: "sub" }, "It is in service.") : may("engineer") ? button("Put in service", () => this.models!.serve(m), { class: "primary serve-new" }) : null;
      const look = may("engineer") && m.from && m.to ? button("See its alarms over the stretch", () => this.tryOut(m), { class: "try-new" }) : null;
      show(
        `3. A new model, ${short(m.hash)}: compare it, and put it in service`,
        el("div", { class: "note advice", "data-tone": a.tone === "caution" ? "caution" : null }, ...a.lines.map((l) => el("p", {}, l))),
        el("div", { class: "toolbar" }, serve, look),
        m.comparison ? comparison(m.comparison) : null,
        el("details", {}, el("summary", {}, "All that is known of it"), el("ul", { class: "report" }, ...(m.report ?? []).map((line) => el("li", {}, sentence(line))))),
      );
      this.models!.refresh();
    }
  }
}
