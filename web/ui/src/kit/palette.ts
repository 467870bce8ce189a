// The design tokens, as the canvas needs them.

export interface Palette {
  text: string;
  faint: string;
  line: string;
  limit: string;
  alarm: string;
  caution: string;
  panel: string;
  band: string;
  chosen: string;
  traces: string[];
  power: string[]; // of a spectrogram, from faint to strong
  cause: string[]; // of a heat map, from no share to all of it
}

let cached: Palette | null = null;

// palette reads the design tokens as the canvas needs them.
export function palette(): Palette {
  if (cached) return cached;
  const probe = document.createElement("i");
  document.body.append(probe);
  const read = (token: string) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  cached = {
    text: read("ink"),
    faint: read("ink-2"),
    line: read("rule"),
    limit: read("limit"),
    alarm: read("alarm"),
    caution: read("caution"),
    panel: read("panel"),
    band: read("band"),
    chosen: read("chosen"),
    traces: ["trace-1", "trace-2", "trace-3", "trace-4"].map(read),
    power: ["power-1", "power-2", "power-3"].map(read),
    cause: ["cause-1", "cause-2", "cause-3"].map(read),
  };
  probe.remove();
  return cached;
}

export function forgetPalette(): void {
  cached = null;
}

export const font = "11px 'Inter Variable', system-ui, sans-serif";

// fade makes a colour translucent.
export function fade(color: string, alpha: number): string {
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}

export type Ink = [red: number, green: number, blue: number];

// ink takes a colour of the palette apart.
function ink(color: string): Ink {
  const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return [r, g, b];
}

// ramp is a scale of 256 colours through those given, as pixels have them.
export function ramp(colors: string[]): Ink[] {
  const stops = colors.map(ink);
  return Array.from({ length: 256 }, (_, i) => {
    const x = (i / 255) * (stops.length - 1);
    const k = Math.min(Math.floor(x), stops.length - 2);
    const [a, b] = [stops[k]!, stops[k + 1]!];
    return a.map((v, c) => Math.round(v + (x - k) * (b[c]! - v))) as Ink;
  });
}
