// An alarm's evidence, drawn: the signal before and after its onset, its score, what caused it, and what was expected against what was seen.
import { el, facts } from "../kit/dom";
import { accountWord, count, figure, sentence, utc, withUnit } from "../kit/text";
import type { Evidence, EvidenceWindow } from "../live/answers";
import { HeatMap } from "../plot/heat";
import { steer } from "../plot/keys";
import { Lane, type LaneMark, type LaneOptions, type Painter } from "../plot/lane";
import { Waves } from "../plot/painters";
import { ScoreTrace } from "../plot/score";
import { Trace } from "../plot/trace";
import { View } from "../plot/view";

const lefts: [from: number, px: number][] = [[1100, 216], [700, 150], [0, 96]]; // px for the names of features, by the width of the window
const featuresShown = 12;

export class EvidencePanel {
  readonly root = el("div", { class: "evidence" });
  private readonly lanesRoot = el("div", { class: "lanes" });
  private readonly lanes: Lane[] = [];
  private readonly view: View;
  private readonly marks: LaneMark[];
  private readonly sized = new ResizeObserver(() => this.lanes.forEach((l) => l.resize()));

  constructor(private readonly evidence: Evidence) {
    const [from, to] = extent(evidence);
    this.view = new View(to - from, false);
    if (from < to) this.view.set(from, to);
    this.marks = [{ t: Date.parse(evidence.onset), kind: "alarm", text: "onset" }];
    this.root.append(el("h2", {}, "Evidence"));
    if (evidence.short) this.root.append(el("p", { class: "note", "data-tone": "caution" }, sentence(evidence.short)));
    this.build();
    this.root.append(this.lanesRoot, this.compared(), this.about());
    steer(this.lanesRoot, this.view, () => this.lanes);
    this.sized.observe(this.lanesRoot);
  }

  frame(): void {
    for (const l of this.lanes) {
      l.draw();
      l.read();
    }
  }

  recolor(): void {
    for (const l of this.lanes) l.rebuild();
  }

  close(): void {
    this.sized.disconnect();
    for (const l of this.lanes) l.destroy();
  }

  private build(): void {
    const e = this.evidence;
    const windows = e.windows ?? [];
    const score = new ScoreTrace();
    score.splice(windows.map((w) => [w.end_ms, w.value, w.limit, w.verdict, ""]), -Infinity, Infinity);
    this.add(score, { title: "Score against limit; the line marks the onset", height: 120, axis: true });
    for (const [title, traces] of [["Signal", e.raw], ["Conditioned", e.conditioned]] as const) {
      const list = (traces ?? []).map((t) => {
        const trace = new Trace(t.channel, t.unit);
        trace.splice(t.buckets ?? [], -Infinity, Infinity);
        return trace;
      });
      const legend = list.length > 1 ? list.slice(0, 4).map((t, i) => [t.name, i] as [string, number]) : [];
      if (list.length > 0) this.add(new Waves(() => list), { title, height: 120, legend });
    }
    // Those that raised the score where it was above its limit come first.
    const share = e.heat.share ?? [];
    const over = windows.map((w) => w.value !== null && w.limit !== null && w.value > w.limit);
    const weight = (i: number) => (share[i] ?? []).reduce<number>((sum, s, k) => sum + (s ?? 0) * (over[k] ? 1 : 1e-6), 0);
    const order = (e.heat.features ?? []).map((_, i) => i).sort((a, b) => weight(b) - weight(a));
    const names = order.map((i) => e.heat.features![i]!);
    const heat = new HeatMap({ features: names, from: windows.map((w) => w.t_ms), to: windows.map((w) => w.end_ms), share: order.map((i) => share[i] ?? []) });
    if (names.length > 0) this.add(heat, { title: "What raised the score: the share of each feature, window by window", height: 26 + 22 * names.length, scale: ["cause", "none", "all of it"] });
  }

  private add(painter: Painter, options: LaneOptions): void {
    const lane = new Lane(this.view, painter, { ...options, wide: lefts.find(([from]) => innerWidth >= from)![1], marks: () => this.marks });
    this.lanes.push(lane);
    this.lanesRoot.append(lane.root);
  }

  // compared lists what the worst window measured beside what is normal and what the model expected.
  private compared(): HTMLElement {
    const e = this.evidence;
    const worst = (e.windows ?? []).reduce<EvidenceWindow | null>((a, w) => ((w.value ?? -Infinity) > (a?.value ?? -Infinity) ? w : a), null);
    const features = e.features ?? [];
    if (!worst || features.length === 0) return el("p", { class: "empty" }, "No window of this evidence was scored, so there is nothing to compare.");
    const k = (e.heat.t_ms ?? []).indexOf(worst.end_ms);
    const share = (name: string) => e.heat.share?.[(e.heat.features ?? []).indexOf(name)]?.[k] ?? 0;
    const rows = features
      .map((f, i) => ({ f, seen: worst.features?.[i] ?? null, expected: worst.expected?.[i] ?? null, share: share(f.name) }))
      .sort((a, b) => b.share - a.share)
      .slice(0, featuresShown);
    const value = (v: number | null, unit: string) => (v === null ? "–" : withUnit(v, unit));
    const forecast = rows.some((r) => r.expected !== null);
    const head = ["Feature", "Seen", ...(forecast ? ["Expected"] : []), "Normal", "Share of the score"];
    return el(
      "section",
      { class: "panel" },
      el("h2", {}, `Expected against seen, in the window of the highest score (${figure(worst.value)}, ${utc(worst.end_ms)})`),
      el(
        "div",
        { class: "scroller", tabindex: "0", role: "region", "aria-label": "Expected against seen" },
        el(
          "table",
          { class: "compared" },
          el("thead", {}, el("tr", {}, ...head.map((h, i) => el("th", { scope: "col", class: i > 0 ? "number" : null }, h)))),
          el(
            "tbody",
            {},
            ...rows.map(({ f, seen, expected, share: s }) => {
              const out = seen !== null && ((f.high !== null && seen > f.high) || (f.low !== null && seen < f.low));
              return el(
                "tr",
                { "data-out": out ? "" : null },
                el("th", { scope: "row" }, f.name),
                el("td", { class: "number seen" }, value(seen, f.unit), out ? el("span", { class: "sub" }, seen > (f.high ?? Infinity) ? "above normal" : "below normal") : null),
                forecast ? el("td", { class: "number" }, value(expected, f.unit)) : null,
                el("td", { class: "number" }, f.low === null || f.high === null ? "–" : `${withUnit(f.low, f.unit)} to ${withUnit(f.high, f.unit)}`),
                el("td", { class: "number share" }, s > 0 ? `${Math.round(100 * s)}\u202f%` : "–"),
              );
            }),
          ),
        ),
      ),
    );
  }

  private about(): HTMLElement {
    const e = this.evidence;
    const account = Object.entries((e.ledger as { samples?: object } | null)?.samples ?? {})
      .filter((pair): pair is [string, number] => typeof pair[1] === "number" && pair[1] > 0)
      .map(([k, v]) => [accountWord(k), count(v)] as [string, string]);
    return el(
      "section",
      { class: "panel" },
      el("h2", {}, "What it was measured with"),
      facts([
        ["Part", e.part],
        ["Lot", e.lot],
        ["Model", e.model.slice(0, 12)],
        ["Settings", e.config.slice(0, 12)],
        ["Kernel", e.kernel],
        ["Program", e.program],
      ]),
      account.length > 0 ? el("h3", {}, "The part's account, in samples a channel") : null,
      account.length > 0 ? facts(account) : null,
    );
  }
}

// extent is the stretch that the evidence covers.
function extent(e: Evidence): [number, number] {
  let from = Infinity;
  let to = -Infinity;
  for (const t of e.raw ?? []) {
    const b = t.buckets ?? [];
    if (b.length === 0) continue;
    from = Math.min(from, b[0]![0]);
    to = Math.max(to, b.at(-1)![0]);
  }
  for (const w of e.windows ?? []) {
    from = Math.min(from, w.t_ms);
    to = Math.max(to, w.end_ms);
  }
  return [from, to];
}
