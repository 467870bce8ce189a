// The design tokens, as the canvas needs them.

export interface Palette {
  text: string;
  faint: string;
  line: string;
  limit: string;
  alarm: string;
  caution: string;
  traces: string[];
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
    traces: ["trace-1", "trace-2", "trace-3", "trace-4"].map(read),
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
