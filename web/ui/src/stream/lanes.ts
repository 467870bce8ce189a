// The plots of a stream page, one above the other over the same time.
import { el } from "../kit/dom";
import type { StreamData } from "../live/store";
import { Lane, type LaneMark } from "../plot/lane";
import { steer } from "../plot/keys";
import { Measure, Waves } from "../plot/painters";
import { depth } from "../plot/spectra";
import type { Trace } from "../plot/trace";
import type { View } from "../plot/view";
import type { Signal } from "./signal";

const featuresAtFirst = 4;
const turns = 3; // frames over which the plots are drawn, a share of them in each, so that no frame takes long

export class Lanes {
  readonly root = el("div", { class: "lanes" });
  allFeatures = false;
  private lanes: Lane[] = [];
  private key = "";
  private left = 0; // plots that are still to be drawn in this round
  private width = 0;
  private readonly sized = new ResizeObserver(() => {
    this.width = this.root.clientWidth;
    this.lanes.forEach((l) => l.resize());
  });
  private readonly inSight = new IntersectionObserver((list) => {
    for (const e of list) {
      const lane = this.lanes.find((l) => l.root === e.target);
      if (lane) lane.visible = e.isIntersecting;
    }
  });

  constructor(
    private readonly view: View,
    private readonly signal: Signal,
    private readonly data: () => StreamData | undefined,
    private readonly marks: () => readonly LaneMark[],
    private readonly reading: () => boolean,
  ) {
    this.sized.observe(this.root);
  }

  // steerable lets the plots be read and moved by keyboard, once they stand on the page.
  steerable(): void {
    steer(this.root, this.view, () => this.lanes);
  }

  // pixels is the width of a plot, in pixels of the screen.
  get pixels(): number {
    this.width ||= this.root.clientWidth || 868;
    return Math.max(64, Math.round((this.width - 68) * (devicePixelRatio || 1)));
  }

  get hidden(): number {
    return this.allFeatures ? 0 : Math.max(0, this.signal.features.length - featuresAtFirst);
  }

  // begin starts a round in which every plot is drawn once.
  begin(): void {
    const s = this.signal;
    const key = [s.raw, s.conditioned, s.features].map((l) => l.map((t) => t.name).join("\n")).join("\n\n") + this.allFeatures + (s.spectra.count > 0);
    if (key !== this.key) this.build(key);
    this.left = this.lanes.length;
  }

  // draw paints a share of the plots, until the round is over.
  draw(): void {
    for (let n = Math.ceil(this.lanes.length / turns); n > 0 && this.left > 0; n--) {
      const lane = this.lanes[this.lanes.length - this.left--]!;
      lane.draw();
      lane.read();
    }
  }

  recolor(): void {
    this.signal.spectra.recolor();
    for (const l of this.lanes) l.rebuild();
  }

  close(): void {
    this.sized.disconnect();
    this.inSight.disconnect();
    for (const l of this.lanes) l.destroy();
  }

  private build(key: string): void {
    this.key = key;
    this.close();
    const s = this.signal;
    const d = this.data();
    const marks = this.marks;
    const none = (what: string) => () => (this.reading() ? "Reading the past" : `No ${what} in this stretch`);
    const keys = (list: readonly { name: string }[]) => (list.length > 1 ? list.slice(0, 4).map((t, i) => [t.name, i] as [string, number]) : []);
    const lanes = [
      new Lane(this.view, s.score, { title: d?.status.limit_provisional ? "Score, limit provisional" : "Score", height: 132, axis: true, marks, empty: none("scores") }),
      new Lane(this.view, new Waves(() => s.raw), { title: "Signal", height: 150, marks, legend: keys(s.raw), empty: none("signal") }),
    ];
    if (s.conditioned.length > 0) lanes.push(new Lane(this.view, new Waves(() => s.conditioned), { title: "Conditioned", height: 110, marks, legend: keys(s.conditioned), empty: none("conditioned signal") }));
    if (s.spectra.count > 0) lanes.push(new Lane(this.view, s.spectra, { title: "Spectrogram", height: 120, marks, scale: ["power", `${depth}\u202fdB weaker`, "strongest"] }));
    for (const f of this.allFeatures ? s.features : worst(s.features)) lanes.push(new Lane(this.view, new Measure(f), { title: f.name, height: 76, marks }));
    this.lanes = lanes;
    this.root.replaceChildren(...lanes.map((l) => l.root));
    this.sized.observe(this.root);
    for (const l of lanes) {
      l.resize();
      this.inSight.observe(l.root);
    }
  }
}

// worst are the features that lie furthest out of their band, in the order in which the stream has them.
function worst(list: readonly Trace[]): Trace[] {
  const ranked = list.map((f, i) => {
    const width = (f.high ?? 0) - (f.low ?? 0) || 1;
    let out = 0;
    for (let k = 0; k < f.hi.length; k++) out = Math.max(out, ((f.hi[k] ?? -Infinity) - (f.high ?? Infinity)) / width, ((f.low ?? -Infinity) - (f.lo[k] ?? Infinity)) / width);
    return { i, out };
  });
  const chosen = ranked
    .sort((a, b) => b.out - a.out || a.i - b.i)
    .slice(0, featuresAtFirst)
    .map((r) => r.i)
    .sort((a, b) => a - b);
  return chosen.map((i) => list[i]!);
}
