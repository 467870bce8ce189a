// For a stream whose windows follow an excitation cycle: the envelope of its last cycle over the band of normal ones.
import { el } from "../kit/dom";
import { fade, font, palette } from "../kit/palette";
import { withUnit } from "../kit/text";
import type { Envelope } from "../live/answers";
import { get, path } from "../live/api";
import { Range } from "../plot/axis";
import uPlot from "uplot";

const every = 2000; // ms

export class EnvelopePanel {
  readonly root = el("section", { class: "panel envelope", hidden: "" }, el("h2", {}, "Envelope of the last cycle, over the band of normal ones"));
  private readonly host = el("div", { class: "canvas", role: "img", "aria-label": "Envelope of the last cycle" });
  private readonly fit = new Range();
  private plot: uPlot | null = null;
  private next = 0;
  private last: Envelope | null = null;

  constructor(private readonly stream: string) {
    this.host.style.height = "196px";
    this.root.append(el("p", { class: "legend" }, el("span", { class: "key" }, "last cycle"), el("span", { class: "key key-band" }, "where nearly all good cycles lie")), this.host);
  }

  tick(now: number): void {
    if (now < this.next) return;
    this.next = Infinity;
    void this.read(now);
  }

  recolor(): void {
    this.close();
    if (this.last) this.draw(this.last);
  }

  close(): void {
    this.plot?.destroy();
    this.plot = null;
  }

  private async read(now: number): Promise<void> {
    try {
      this.last = await get<Envelope>(`streams/${path(this.stream)}/envelope`);
      this.root.hidden = false;
      this.draw(this.last);
      this.next = now + every;
    } catch {
      this.next = now + 5 * every; // no whole cycle has come yet; a lost connection is said elsewhere
    }
  }

  private draw(e: Envelope): void {
    const width = this.host.clientWidth;
    if (width < 80) return;
    this.host.setAttribute("aria-label", `Envelope of the last cycle, ${e.channel}`);
    const data = [e.phase, e.low, e.high, e.last] as uPlot.AlignedData;
    if (this.plot) {
      this.plot.setData(data);
      return;
    }
    const p = palette();
    const plain = { points: { show: false }, spanGaps: false };
    const axis = { font, stroke: p.faint, grid: { stroke: p.line, width: 1 }, ticks: { show: false } };
    this.plot = new uPlot(
      {
        width,
        height: 196,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { range: (_u, min, max) => this.fit.fit(min, max) } },
        axes: [
          { ...axis, size: 40, label: "phase of the excitation", labelSize: 16, labelGap: 0, labelFont: font, space: 60, incrs: [1 / 24, 1 / 12, 1 / 8, 1 / 4], values: (_u, list) => list.map((v) => `${Math.round(360 * v)}°`) },
          { ...axis, size: 64, values: (_u, list) => list.map((v) => withUnit(v, this.last?.unit ?? "")) },
        ],
        series: [{}, { ...plain, stroke: p.band }, { ...plain, stroke: p.band }, { ...plain, stroke: p.traces[0]!, width: 1.5 }],
        bands: [{ series: [2, 1], fill: fade(p.band, 0.9) }],
      },
      data,
      this.host,
    );
  }
}
