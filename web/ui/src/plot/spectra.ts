// The painter of a spectrogram: power over time and frequency, from faint to strong.
import type uPlot from "uplot";
import { palette, ramp, type Ink } from "../kit/palette";
import { withUnit } from "../kit/text";
import type { Spectrogram } from "../live/answers";
import type { Painter } from "./lane";

export const depth = 70; // dB shown below the strongest

interface Piece {
  from: number; // ms
  to: number;
  columns: number;
  db: Float32Array; // rows of frequencies, one after the other in time; NaN where nothing is known
  image: HTMLCanvasElement | null;
}

export class Spectra implements Painter {
  readonly unit = "Hz";
  private pieces: Piece[] = [];
  private f: number[] = [];
  private top = -Infinity; // dB of the strongest
  private version = 0;

  // splice puts a stretch in the place of what was from its begin on.
  splice(s: Spectrogram, from: number, to: number): void {
    if (s.f_hz.length !== this.f.length || s.f_hz.at(-1) !== this.f.at(-1)) this.clear();
    this.f = s.f_hz;
    this.pieces = this.pieces.filter((p) => p.from < from);
    const steps = s.t_ms.slice(1).map((t, i) => t - s.t_ms[i]!).sort((a, b) => a - b);
    const step = steps[steps.length >> 1] ?? to - from;
    for (let i = 0; i < s.t_ms.length; ) {
      let k = i + 1;
      while (k < s.t_ms.length && s.t_ms[k]! - s.t_ms[k - 1]! < 1.5 * step) k++;
      const fresh = this.piece(s, i, k, step);
      const last = this.pieces.at(-1);
      if (last && fresh.from - last.to < 2 * step) last.to = fresh.from; // readings that follow each other join without a seam
      this.pieces.push(fresh);
      i = k;
    }
    let top = -Infinity;
    for (const p of this.pieces) for (const v of p.db) if (v > top) top = v;
    if (Math.abs(top - this.top) > 1 || !Number.isFinite(this.top)) {
      this.top = top;
      this.recolor();
    }
    this.version++;
  }

  // piece takes the columns from i to k, which follow each other.
  private piece(s: Spectrogram, i: number, k: number, step: number): Piece {
    const rows = this.f.length;
    const db = new Float32Array((k - i) * rows).fill(NaN);
    for (let c = i; c < k; c++) s.db[c]!.forEach((v, r) => v !== null && (db[(c - i) * rows + r] = v));
    return { from: s.t_ms[i]!, to: s.t_ms[k - 1]! + step, columns: k - i, db, image: null };
  }

  get count(): number {
    return this.pieces.length;
  }

  trim(ms: number): void {
    this.pieces = this.pieces.filter((p) => p.to > ms);
  }

  clear(): void {
    this.pieces = [];
    this.top = -Infinity;
    this.version++;
  }

  recolor(): void {
    for (const p of this.pieces) p.image = null;
    this.version++;
  }

  changed(): number {
    return this.version;
  }

  series(): uPlot.Series[] {
    return [{ points: { show: false } }];
  }

  data(): uPlot.AlignedData | null {
    const [first, last] = [this.pieces[0], this.pieces.at(-1)];
    return first && last ? [[first.from / 1000, last.to / 1000], [null, null]] : null;
  }

  range(): [number, number] {
    return [0, this.f.at(-1) || 1];
  }

  under(u: uPlot): void {
    const scale = ramp(palette().power);
    u.ctx.imageSmoothingEnabled = false;
    for (const p of this.pieces) {
      p.image ??= this.paint(p, scale);
      const x = u.valToPos(p.from / 1000, "x", true);
      u.ctx.drawImage(p.image, x, u.bbox.top, u.valToPos(p.to / 1000, "x", true) - x, u.bbox.height);
    }
  }

  read(t: number): string {
    const p = this.pieces.find((p) => t >= p.from && t < p.to);
    if (!p) return "";
    const i = Math.min(p.columns - 1, Math.floor(((t - p.from) / (p.to - p.from)) * p.columns));
    let best = -1;
    for (let k = 0; k < this.f.length; k++) if (!Number.isNaN(p.db[i * this.f.length + k]!) && (best < 0 || p.db[i * this.f.length + k]! > p.db[i * this.f.length + best]!)) best = k;
    return best < 0 ? "–" : `strongest at ${withUnit(this.f[best]!, "Hz")}`;
  }

  private paint(p: Piece, scale: Ink[]): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    const rows = this.f.length;
    canvas.width = p.columns;
    canvas.height = rows;
    const ctx = canvas.getContext("2d")!;
    const image = ctx.createImageData(p.columns, rows);
    for (let i = 0; i < p.columns; i++) {
      for (let k = 0; k < rows; k++) {
        const v = p.db[i * rows + k]!;
        if (Number.isNaN(v)) continue;
        const [r, g, b] = scale[Math.max(0, Math.min(255, Math.round(255 * (1 + (v - this.top) / depth))))]!;
        image.data.set([r, g, b, 255], 4 * ((rows - 1 - k) * p.columns + i));
      }
    }
    ctx.putImageData(image, 0, 0);
    return canvas;
  }
}
