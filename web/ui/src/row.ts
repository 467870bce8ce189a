// One stream, as a row: who it is, what is thought of it, its signal, its score, its figures.
import { el, setAttr, setText, shape, type Shape } from "./dom";
import { palette } from "./palette";
import { ScorePlot } from "./scoreplot";
import type { StreamData } from "./store";
import { age, count, figure, rate } from "./text";
import { WavePlot } from "./waveplot";
import type { Stream } from "./wire";

const reasonWarmingUp = 1;
const reasonLearning = 2;
const staleDefault = 5; // s

// Look is how a verdict is shown: the word, the shape, and how much attention it asks for. Nothing is called OK on the strength of old data.
export interface Look {
  word: string;
  shape: Shape;
  tone: "alarm" | "caution" | "calm";
}

export function look(s: Stream, stale: boolean): Look {
  if (s.verdict === "alarm") return { word: "Alarm", shape: "alarm", tone: "alarm" };
  if (s.verdict === "ok" && stale) return { word: "Was OK", shape: "unknown", tone: "caution" };
  if (s.verdict === "ok") return { word: "OK", shape: "ok", tone: "calm" };
  const expected = s.reason !== 0 && (s.reason & ~(reasonWarmingUp | reasonLearning)) === 0;
  const quiet = expected || s.phase === "waiting" || s.phase === "learning" || s.phase === "ended";
  return { word: "Not assessed", shape: quiet ? "quiet" : "unknown", tone: quiet ? "calm" : "caution" };
}

export class Row {
  readonly root: HTMLElement;
  visible = true;
  stale = false;
  private readonly badge = el("div", { class: "verdict" });
  private readonly title = el("h2", { class: "title" });
  private readonly name = el("span", { class: "name" });
  private readonly source = el("span", { class: "source" });
  private readonly reasons = el("p", { class: "reasons" });
  private readonly part = el("span", { class: "part" });
  private readonly note = el("span", { class: "note" });
  private readonly counts = el("p", { class: "counts" });
  private readonly waveUnit = el("span", { class: "caption" });
  private readonly legend = el("span", { class: "legend" });
  private readonly readout = el("span", { class: "readout" });
  private readonly waveHost = el("div", { class: "canvas", role: "img" });
  private readonly scoreHost = el("div", { class: "canvas", role: "img" });
  private readonly scoreFigure = el("b", { class: "big" });
  private readonly limitFigure = el("b");
  private readonly limitTag = el("span", { class: "provisional" }, "provisional");
  private readonly ageFigure = el("b");
  private readonly ageWord = el("span", { class: "old" });
  private readonly wave: WavePlot;
  private readonly score: ScorePlot;
  private legendOf = "";
  private drawn = false;

  constructor(readonly data: StreamData) {
    const titleId = `stream-${data.status.id}`;
    this.title.id = titleId;
    this.wave = new WavePlot(this.waveHost, data);
    this.score = new ScorePlot(this.scoreHost, data, (t) => setText(this.readout, t));
    this.root = el(
      "article",
      { class: "row", "aria-labelledby": titleId, "data-stream": data.status.name },
      el("div", { class: "who" }, this.badge, this.title, el("p", { class: "origin" }, this.source, this.name), el("p", { class: "made" }, this.part, this.note), this.reasons, this.counts),
      el("div", { class: "plot plot-wave" }, el("div", { class: "head" }, this.waveUnit, this.legend), this.waveHost),
      el("div", { class: "plot plot-score" }, el("div", { class: "head" }, el("span", { class: "caption" }, "Score against limit"), this.readout), this.scoreHost),
      el(
        "dl",
        { class: "figures" },
        el("div", { class: "figure-score" }, el("dt", {}, "Score"), el("dd", {}, this.scoreFigure)),
        el("div", {}, el("dt", {}, "Limit"), el("dd", {}, this.limitFigure, this.limitTag)),
        el("div", { class: "figure-age" }, el("dt", {}, "Newest data"), el("dd", {}, this.ageFigure, this.ageWord)),
      ),
    );
    this.status();
  }

  // status shows what the monitor says of the stream.
  status(): void {
    const s = this.data.status;
    const l = look(s, this.stale);
    setAttr(this.root, "data-tone", l.tone);
    setAttr(this.root, "data-phase", s.phase || "watching");
    if (this.badge.dataset["shape"] !== l.shape || this.badge.textContent !== l.word) {
      this.badge.dataset["shape"] = l.shape;
      this.badge.replaceChildren(shape(l.shape), el("span", {}, l.word));
    }
    setText(this.title, s.title || s.name);
    setText(this.name, `${s.name} · ${rate(s.rate_hz)}`);
    setText(this.source, sourceWords(s));
    setAttr(this.source, "data-source", s.source);
    setText(this.reasons, sentence([...s.reasons, ...phaseWords(s)].join("; ")));
    setText(this.part, [s.part && `Part ${s.part}`, s.lot && `Lot ${s.lot}`].filter(Boolean).join(" · "));
    setText(this.note, s.note ?? "");
    setText(this.counts, losses(s));
    const unit = s.score_unit ? `\u202f${s.score_unit}` : "";
    setText(this.scoreFigure, figure(s.score) + (s.score === null ? "" : unit));
    setText(this.limitFigure, figure(s.limit) + (s.limit === null ? "" : unit));
    this.limitTag.hidden = !s.limit_provisional;
    setAttr(this.limitTag, "title", s.limit_note || null);
    setAttr(this.root, "data-over", s.score !== null && s.limit !== null && s.score > s.limit ? "" : null);
  }

  // tick counts the age up, and says when it is too high. It returns whether that changed what is thought of the stream.
  tick(now: number, live: boolean): boolean {
    const s = this.data.status;
    const heard = this.data.newestAt > 0;
    const ended = s.phase === "ended";
    const ms = now - this.data.newestAt;
    const stale = heard && !ended && (!live || ms > 1000 * (s.stale_after_s || staleDefault));
    setText(this.ageFigure, heard ? age(ms) : "never heard");
    setText(this.ageWord, !heard ? "" : stale ? "old" : "ago");
    setAttr(this.root, "data-stale", stale ? "" : null);
    if (stale === this.stale) return false;
    this.stale = stale;
    this.status();
    return true;
  }

  resize(): void {
    for (const [plot, host] of [[this.wave, this.waveHost], [this.score, this.scoreHost]] as const) {
      plot.resize(host.clientWidth, host.clientHeight);
    }
    this.redraw();
  }

  // redraw marks both plots as out of date.
  redraw(): void {
    this.data.scoresChanged = this.data.wavesChanged = true;
  }

  // recolor builds the plots anew, for another theme.
  recolor(): void {
    this.wave.destroy();
    this.score.destroy();
    this.legendOf = "";
    this.redraw();
  }

  draw(): void {
    if (!this.visible) return;
    if (!this.drawn) {
      this.drawn = true;
      this.resize();
    }
    if (this.data.wavesChanged) {
      this.data.wavesChanged = false;
      this.wave.draw();
      queueMicrotask(() => this.describe()); // the plot scales itself in a microtask of its own
    }
    if (this.data.scoresChanged) {
      this.data.scoresChanged = false;
      this.score.draw();
    }
  }

  destroy(): void {
    this.wave.destroy();
    this.score.destroy();
    this.root.remove();
  }

  // describe captions the live plot, and puts both plots in words for those who do not see them.
  private describe(): void {
    const s = this.data.status;
    const unit = this.wave.unit();
    setText(this.waveUnit, "Signal" + (unit ? `, ${unit}` : ""));
    const names = this.data.waves.map((w) => s.channels[w.channel]?.name ?? `channel ${w.channel + 1}`);
    const key = names.join("\n");
    if (key !== this.legendOf) {
      this.legendOf = key;
      this.legend.replaceChildren(...(names.length < 2 ? [] : names.slice(0, palette().traces.length).map((n, i) => el("span", { class: `key key-${i + 1}` }, n))));
    }
    setAttr(this.waveHost, "aria-label", `Live signal of ${s.title || s.name}, lowest and highest value of each step`);
    setAttr(this.scoreHost, "aria-label", `Score over time: now ${figure(s.score)}, limit ${figure(s.limit)}`);
  }
}

// phaseWords says what the reasons leave out: that nothing has come yet, or that nothing more will.
function phaseWords(s: Stream): string[] {
  if (s.phase === "waiting" && s.reasons.length === 0) return ["waiting for its first data"];
  if (s.phase === "learning" && s.reasons.length === 0) return ["learning what is normal"];
  return s.phase === "ended" ? ["the recording has ended"] : [];
}

function sourceWords(s: Stream): string {
  const kind = { live: "Live", recording: "Recording", simulated: "Simulated" }[s.source] ?? "Source not known";
  if (!s.time_lapsed) return kind;
  return kind + (s.speed ? ` · time-lapsed ×${count(Math.round(s.speed))}` : " · time-lapsed");
}

// losses names what did not reach the score; nothing when nothing was lost.
function losses(s: Stream): string {
  const c = s.counts;
  const list: [number, string][] = [
    [c.missing, "missing"],
    [c.dropped, "dropped"],
    [c.invalid, "invalid"],
    [c.late, "late"],
    [c.duplicated, "duplicated"],
  ];
  const parts = list.filter(([n]) => n > 0).map(([n, word]) => `${count(n)} ${word}`);
  if (parts.length > 0) parts[parts.length - 1] += " samples";
  if (c.malformed > 0) parts.push(`${count(c.malformed)} unreadable messages`);
  return parts.join(", ");
}

function sentence(s: string): string {
  return s.charAt(0).toUpperCase() + s.slice(1);
}
