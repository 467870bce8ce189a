// The trend of a score against its limit, small: what is above in the alarm colour, what was not assessed along the foot.
import { palette } from "../kit/palette";
import type { Scores } from "../live/series";

const tall = 4; // limits: beyond that the scale bends, so that limit and score can both be read

export class Spark {
  private width = 0;
  private height = 0;
  private readonly top: Float64Array[] = [];

  constructor(readonly canvas: HTMLCanvasElement) {}

  // fit takes over the size that the page gives the canvas.
  fit(width: number, height: number): void {
    const px = devicePixelRatio || 1;
    this.width = Math.round(width * px);
    this.height = Math.round(height * px);
    this.canvas.width = this.width;
    this.canvas.height = this.height;
    this.top[0] = new Float64Array(this.width);
    this.top[1] = new Float64Array(this.width);
  }

  draw(s: Scores): void {
    const ctx = this.canvas.getContext("2d");
    const n = s.pos.length;
    if (!ctx || this.width < 8) return;
    ctx.clearRect(0, 0, this.width, this.height);
    if (n < 2) return;
    const p = palette();
    const px = devicePixelRatio || 1;
    const from = s.pos[0]!;
    const scale = (this.width - 1) / (s.pos[n - 1]! - from || 1);
    const [value, limit] = this.columns(s, from, scale);
    let greatest = 0;
    let highest = 0; // limit
    for (let x = 0; x < this.width; x++) {
      greatest = Math.max(greatest, value[x]! || 0);
      highest = Math.max(highest, limit[x]! || 0);
    }
    greatest = Math.max(greatest, highest);
    const foot = this.height - 4 * px;
    const bent = highest > 0 && greatest > tall * highest;
    const up = (v: number) => (bent ? Math.asinh(v / highest) : v);
    const whole = 1.08 * (up(greatest) || 1);
    const y = (v: number) => Math.max(px, foot - (up(v) / whole) * (foot - 2 * px));

    ctx.lineWidth = px;
    ctx.strokeStyle = p.limit;
    ctx.setLineDash([4 * px, 3 * px]);
    line(ctx, limit, y);
    ctx.setLineDash([]);
    ctx.lineWidth = 1.25 * px;
    ctx.strokeStyle = p.traces[0]!;
    line(ctx, value, y);
    above(ctx, value, limit, y, p.alarm, px);
    ctx.fillStyle = p.faint;
    for (let i = 1; i < n; i++) {
      if (s.verdict[i] !== 0) continue;
      const x = (s.pos[i - 1]! - from) * scale;
      ctx.fillRect(x, this.height - 2 * px, Math.max(px, (s.pos[i]! - from) * scale - x), 2 * px);
    }
  }

  // columns keeps the highest score and the limit of each pixel column; NaN where there is none.
  private columns(s: Scores, from: number, scale: number): [Float64Array, Float64Array] {
    const [value, limit] = this.top as [Float64Array, Float64Array];
    value.fill(NaN);
    limit.fill(NaN);
    for (let i = 0; i < s.pos.length; i++) {
      const x = Math.round((s.pos[i]! - from) * scale);
      const [v, l] = [s.value[i], s.limit[i]];
      if (v !== null && v !== undefined && !(value[x]! >= v)) value[x] = v;
      if (l !== null && l !== undefined) limit[x] = l;
    }
    return [value, limit];
  }
}

// line joins neighbouring columns that hold something, over short distances only: one much longer than usual is a gap.
function line(ctx: CanvasRenderingContext2D, at: Float64Array, y: (v: number) => number): void {
  const gap = gapOf(at);
  let last = -Infinity;
  ctx.beginPath();
  for (let x = 0; x < at.length; x++) {
    const v = at[x]!;
    if (Number.isNaN(v)) continue;
    if (x - last > gap) ctx.moveTo(x, y(v));
    else ctx.lineTo(x, y(v));
    last = x;
  }
  ctx.stroke();
}

// gapOf is a distance in columns that is much longer than usual.
function gapOf(at: Float64Array): number {
  let held = 0;
  for (const v of at) if (!Number.isNaN(v)) held++;
  return Math.max(12, at.length / 20, (3 * at.length) / (held || 1));
}

// above draws what lies above the limit in the alarm colour, over a faint area that says by how much.
function above(ctx: CanvasRenderingContext2D, value: Float64Array, limit: Float64Array, y: (v: number) => number, color: string, px: number): void {
  const gap = gapOf(value);
  const run: number[] = []; // columns that follow each other
  const flush = () => {
    if (run.length === 0) return;
    const [first, last] = [run[0]!, run.at(-1)!];
    ctx.beginPath();
    if (first === last) ctx.rect(first - px, y(value[first]!), 2 * px, y(limit[first]!) - y(value[first]!));
    for (const x of run) ctx.lineTo(x, y(value[x]!));
    ctx.lineTo(last, y(limit[last]!));
    ctx.lineTo(first, y(limit[first]!));
    ctx.globalAlpha = 0.22;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.beginPath();
    if (first === last) ctx.moveTo(first, y(limit[first]!));
    for (const x of run) ctx.lineTo(x, y(value[x]!));
    ctx.stroke();
    run.length = 0;
  };
  ctx.fillStyle = ctx.strokeStyle = color;
  ctx.lineWidth = 1.75 * px;
  for (let x = 0; x < value.length; x++) {
    const v = value[x]!;
    if (Number.isNaN(v)) continue;
    if (run.length > 0 && x - run.at(-1)! > gap) flush();
    if (v > limit[x]!) run.push(x);
    else flush();
  }
  flush();
}
