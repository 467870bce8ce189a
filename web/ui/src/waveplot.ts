// The live signal of a stream: the lowest and highest value of each bucket, filled between, drawn by uPlot on canvas.
import uPlot from "uplot";
import { axes, Range, unitOf } from "./axis";
import { fade, palette } from "./palette";
import { waveSize, type Wave } from "./series";
import type { StreamData } from "./store";
import { span } from "./text";

export class WavePlot {
  private plot: uPlot | null = null;
  private readonly range = new Range();
  private width = 0;
  private height = 0;
  private waves: Wave[] = [];

  constructor(
    private readonly host: HTMLElement,
    private readonly data: StreamData,
  ) {}

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.plot?.setSize({ width, height });
  }

  destroy(): void {
    this.plot?.destroy();
    this.plot = null;
  }

  // unit is what the ticks are in.
  unit(): string {
    return unitOf(this.plot, this.data.status.channels[0]?.unit ?? "");
  }

  draw(): void {
    if (this.width < 60) return;
    const waves = this.data.waves.slice(0, palette().traces.length);
    this.host.dataset["empty"] = waves.length === 0 ? "No signal yet" : "";
    if (waves.length === 0) {
      this.destroy();
      return;
    }
    if (this.plot === null || waves.length !== this.waves.length) {
      this.destroy();
      this.waves = waves;
      this.plot = new uPlot(this.options(), this.columns(), this.host);
      return;
    }
    this.waves = waves;
    this.plot.setData(this.columns());
  }

  // columns lays all channels on the places of the first; channels of one stream are sampled together.
  private columns(): uPlot.AlignedData {
    const first = this.waves[0];
    if (!first) return [[], []];
    const out: (number | null)[][] = [first.pos];
    for (const w of this.waves) {
      const late = w === first ? 0 : first.pos.length - w.pos.length;
      out.push(align(w.low, late), align(w.high, late));
    }
    return out as uPlot.AlignedData;
  }

  private options(): uPlot.Options {
    const p = palette();
    const series: uPlot.Series[] = [{}];
    const bands: uPlot.Band[] = [];
    this.waves.forEach((_, i) => {
      const color = p.traces[i]!;
      const line: uPlot.Series = { stroke: color, width: 1, points: { show: false }, spanGaps: false };
      series.push(line, { ...line });
      bands.push({ series: [2 * i + 2, 2 * i + 1], fill: fade(color, this.waves.length > 1 ? 0.22 : 0.42) });
    });
    return {
      width: this.width,
      height: this.height,
      legend: { show: false },
      cursor: { show: false },
      padding: [6, 14, 0, 0],
      scales: { x: { time: false, range: () => this.span() }, y: { range: (_u, min, max) => this.range.fit(min, max) } },
      axes: axes(
        () => this.waves[0]?.end ?? 0,
        (split, step) => this.before(split, step),
        () => this.data.status.channels[0]?.unit ?? "",
      ),
      series,
      bands,
    };
  }

  // span is the stretch of signal shown: the whole window, or while it is not half full a half, a quarter, an eighth of it.
  private span(): [number, number] {
    const w = this.waves[0];
    if (!w || w.pos.length === 0) return [0, 1];
    return [w.end - this.length(), w.end];
  }

  private length(): number {
    const w = this.waves[0];
    if (!w || w.pos.length === 0) return 1;
    let s = waveSize * w.step;
    const have = w.end - w.pos[0]!;
    while (s / 2 >= have && s > 4 * w.step) s /= 2;
    return s;
  }

  private before(split: number, step: number): string {
    const back = Math.round(((this.waves[0]?.end ?? 0) - split) / step) * step;
    return back <= 0 ? "now" : "−" + span(back, this.length());
  }
}

function align(list: (number | null)[], late: number): (number | null)[] {
  if (late === 0) return list;
  return late > 0 ? [...new Array<null>(late).fill(null), ...list] : list.slice(-late);
}
