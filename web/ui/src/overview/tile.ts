// One stream, as a tile: what is thought of it, the trend of its score, its figures, how old they are, what is being made.
import { el, setAttr, setText, shape, still } from "../kit/dom";
import { age, figure, span } from "../kit/text";
import { isStale, look, origin, why } from "../live/look";
import type { StreamData } from "../live/store";
import { href } from "../shell/route";
import { Spark } from "./spark";

// Groups in the order of how much they need a person.
export const groups = ["alarm-open", "alarm", "caution", "waiting", "ok"] as const;
export type Group = (typeof groups)[number];

export class Tile {
  readonly root: HTMLLIElement;
  readonly anchor: HTMLAnchorElement;
  group: Group = "waiting";
  visible = false;
  alarming = false; // its verdict is alarm
  waiting = 0; // alarms of this stream that wait for an answer
  open = 0; // alarms of this stream that are open
  private stale = false;
  private told = 0; // when the texts were last brought up to date
  private news = false; // since then
  private tone = "";
  private sized = false;
  private drawnAt = 0;
  private readonly badge = el("span", { class: "verdict" });
  private readonly alarms = el("span", { class: "open" });
  private readonly title = el("b", { class: "title" });
  private readonly made = el("span", { class: "made" });
  private readonly stretch = el("span", { class: "stretch" }); // that the trend shows
  private readonly reasons = el("span", { class: "reasons" });
  private readonly score = el("b");
  private readonly limit = el("span", { class: "limit" });
  private readonly age = el("b");
  private readonly ageWord = el("span", { class: "age-word" });
  private readonly spark: Spark;

  constructor(readonly data: StreamData) {
    const canvas = el("canvas", { class: "spark", "aria-hidden": "true" });
    this.spark = new Spark(canvas);
    this.anchor = el(
      "a",
      { href: href("streams", [data.status.name]) },
      el("span", { class: "tile-head" }, this.badge, this.alarms),
      this.title,
      this.reasons,
      canvas,
      el("span", { class: "tile-figures" }, el("span", { class: "tile-score" }, el("span", { class: "unseen" }, "Score "), this.score, this.limit), el("span", { class: "tile-age" }, this.age, this.ageWord)),
      el("span", { class: "tile-foot" }, this.made, this.stretch),
    );
    this.root = el("li", { class: "tile", "data-stream": data.status.name }, this.anchor);
    this.status();
  }

  // matches says whether the tile is one that was looked for.
  matches(words: string[]): boolean {
    const s = this.data.status;
    const text = `${s.title} ${s.name} ${s.part ?? ""} ${s.lot ?? ""} ${s.source} ${s.model ?? ""}`.toLowerCase();
    return words.every((w) => text.includes(w));
  }

  setAlarms(open: number, waiting: number): void {
    if (open === this.open && waiting === this.waiting) return;
    this.open = open;
    this.waiting = waiting;
    this.status();
  }

  // status takes in what the monitor says of the stream. Another verdict shows at once; figures may wait for the next turn of refresh.
  status(): void {
    const s = this.data.status;
    const l = look(s, this.stale);
    this.alarming = l.tone === "alarm";
    this.group = this.waiting > 0 ? "alarm-open" : l.tone === "alarm" ? "alarm" : l.tone === "caution" ? "caution" : l.shape === "ok" ? "ok" : "waiting";
    const tone = `${l.word} ${l.tone} ${this.waiting} ${this.open}`;
    this.news = true;
    if (tone !== this.tone) this.tell();
    this.tone = tone;
  }

  // refresh shows what is new: a few times a second where it is in sight, so that hundreds of tiles leave the page quick.
  refresh(t: number): void {
    if (!this.news || t - this.told < (this.visible ? 250 : 2000)) return;
    this.told = t;
    this.tell();
  }

  private tell(): void {
    const s = this.data.status;
    const l = look(s, this.stale);
    this.news = false;
    setAttr(this.root, "data-tone", l.tone);
    setAttr(this.root, "data-phase", s.phase || "watching");
    if (this.badge.dataset["shape"] !== l.shape || this.badge.textContent !== l.word) {
      this.badge.dataset["shape"] = l.shape;
      this.badge.replaceChildren(shape(l.shape), el("span", {}, l.word));
    }
    setText(this.alarms, this.waiting > 0 ? `${this.waiting} to acknowledge` : this.open > 0 ? `${this.open} open` : "");
    setAttr(this.alarms, "data-waiting", this.waiting > 0 ? "" : null);
    setText(this.title, s.title || s.name);
    setAttr(this.title, "title", s.title || s.name);
    setText(this.reasons, why(s));
    setText(this.score, figure(s.score));
    setText(this.limit, s.limit === null ? "" : ` of ${figure(s.limit)}${s.score_unit ? `\u202f${s.score_unit}` : ""}${s.limit_provisional ? ", provisional" : ""}`);
    setAttr(this.root, "data-over", s.score !== null && s.limit !== null && s.score > s.limit ? "" : null);
    setText(this.made, [origin(s), s.part && `Part ${s.part}`, s.lot && `Lot ${s.lot}`].filter(Boolean).join(" · "));
  }

  // tick counts the age up, and says when it is too high. It returns whether that changed what is thought of the stream.
  tick(now: number, live: boolean): boolean {
    const stale = isStale(this.data, now, live);
    if (this.visible || stale !== this.stale) {
      const heard = this.data.newestAt > 0;
      setText(this.age, heard ? age(now - this.data.newestAt) : "never heard");
      setText(this.ageWord, !heard ? "" : stale ? " old" : " ago");
      setAttr(this.root, "data-stale", stale ? "" : null);
    }
    if (stale === this.stale) return false;
    this.stale = stale;
    this.status();
    return true;
  }

  resize(): void {
    this.sized = false;
    this.data.scoresChanged = true;
  }

  // draw paints the trend: a few times a second is enough for one.
  draw(t: number): void {
    if (!this.visible || !this.data.scoresChanged || (this.sized && t - this.drawnAt < (still() ? 1000 : 250))) return;
    if (!this.sized) {
      const { clientWidth: w, clientHeight: h } = this.spark.canvas; // asked for only when it has changed: each question lays the page out
      if (w === 0) return;
      this.spark.fit(w, h);
      this.sized = true;
    }
    this.drawnAt = t;
    this.data.scoresChanged = false;
    this.spark.draw(this.data.scores);
    const { pos } = this.data.scores;
    const s = pos.length > 1 ? pos.at(-1)! - pos[0]! : 0;
    setText(this.stretch, s > 0 ? `trend over ${span(Number(s.toPrecision(2)))}` : "");
  }
}
