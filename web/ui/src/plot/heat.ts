// The painter of a heat map: time by feature, the share that each had in the score of each window.
import type uPlot from "uplot";
import { palette, ramp, type Ink } from "../kit/palette";
import type { Painter } from "./lane";

export interface Heat {
  features: string[];
  from: number[]; // ms, where each window begins
  to: number[]; // ms, where it ends
  share: (number | null)[][]; // share[feature][window], 0 to 1
}

export class HeatMap implements Painter {
  readonly unit = "";

  constructor(private readonly heat: Heat) {}

  changed(): number {
    return 0;
  }

  rows(): string[] {
    return [...this.heat.features].reverse(); // the first on top
  }

  series(): uPlot.Series[] {
    return [{ points: { show: false } }];
  }

  data(): uPlot.AlignedData | null {
    const { from, to } = this.heat;
    const [first, last] = [from[0], to.at(-1)];
    return first === undefined || last === undefined || this.heat.features.length === 0 ? null : [[first / 1000, last / 1000], [null, null]];
  }

  range(): [number, number] {
    return [0, Math.max(1, this.heat.features.length)];
  }

  // under paints the windows in the order of time, so that of windows that overlap the later shows its end.
  under(u: uPlot): void {
    const scale: Ink[] = ramp(palette().cause);
    const n = this.heat.features.length;
    for (let i = 0; i < n; i++) {
      const top = u.valToPos(n - i, "y", true);
      const height = u.valToPos(n - i - 1, "y", true) - top;
      for (let k = 0; k < this.heat.to.length; k++) {
        const share = this.heat.share[i]?.[k] ?? 0;
        if (share <= 0) continue;
        const [r, g, b] = scale[Math.min(255, Math.round(255 * share))]!;
        u.ctx.fillStyle = `rgb(${r} ${g} ${b})`;
        const begin = k > 0 ? Math.max(this.heat.from[k]!, this.heat.to[k - 1]!) : this.heat.from[k]!;
        const x = u.valToPos(begin / 1000, "x", true);
        u.ctx.fillRect(x, top + 1, Math.max(1, u.valToPos(this.heat.to[k]! / 1000, "x", true) - x), height - 2);
      }
    }
  }

  read(t: number): string {
    const k = this.heat.to.findIndex((end, i) => t <= end && t >= this.heat.from[i]!);
    if (k < 0) return "";
    const ranked = this.heat.features.map((name, i) => ({ name, share: this.heat.share[i]?.[k] ?? 0 })).filter((r) => r.share >= 0.005);
    ranked.sort((a, b) => b.share - a.share);
    return ranked.slice(0, 3).map((r) => `${r.name} ${Math.round(100 * r.share)}\u202f%`).join("   ");
  }
}
