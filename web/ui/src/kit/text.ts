// Numbers, times and words as people read them.

const thin = "\u202f"; // narrow no-break space: between digits, and between a number and its unit

// figure writes a number with about three significant digits, so that columns of them line up.
export function figure(v: number | null | undefined): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return "–";
  const a = Math.abs(v);
  if (a !== 0 && (a < 0.005 || a >= 1e7)) return minus(scientific(v, 1));
  return minus(group(v.toFixed(a < 10 ? 2 : a < 100 ? 1 : 0)));
}

// count writes a whole number, thousands apart.
export function count(n: number): string {
  return group(String(n));
}

const prefixes: [number, string][] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
  [1e-3, "m"],
  [1e-6, "µ"],
  [1e-9, "n"],
];

const prefixed = new Set(["V", "A", "W", "N", "Hz", "Pa", "J", "Ω", "F", "H", "T", "C", "m", "s", "g", "B"]);

// prefixFor picks the SI prefix for values up to max; units that take none (%, °C, deg) get none.
export function prefixFor(max: number, unit: string): { scale: number; unit: string } {
  if (bare.has(unit)) return { scale: 1, unit: "" };
  const square = unit.endsWith("^2");
  const base = square ? unit.slice(0, -2) : unit;
  const shown = square ? base + "²" : unit;
  if (!prefixed.has(base) || !(max > 0)) return { scale: 1, unit: shown };
  const [scale, p] = prefixes.find(([s]) => max >= (square ? s * s : s)) ?? prefixes.at(-1)!;
  return { scale: square ? scale * scale : scale, unit: p + shown };
}

// scientific writes a number far from 1: 8.3·10⁻⁵.
function scientific(v: number, digits: number): string {
  const [m = "", e = ""] = v.toExponential(digits).split("e");
  return `${Number(m)}·10${[...e.replace("+", "")].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)] ?? "⁻").join("")}`;
}

// logarithmOf takes a unit apart: "ln V" is the logarithm of volts, "ln" that of a bare number; null for what is no logarithm.
export function logarithmOf(unit: string): string | null {
  return unit === "ln" ? "" : unit.startsWith("ln ") ? unit.slice(3) : null;
}

const bare = new Set(["1", "x", "x^2", "x/s", "x^2 s"]); // a pure number, or one of a channel whose unit nobody has said

// withUnit writes a value with its unit; a logarithm as the quantity that it is of.
export function withUnit(v: number, unit: string): string {
  const of = logarithmOf(unit);
  if (of !== null && Math.abs(v) < 300) return withUnit(Math.exp(v), of);
  const p = prefixFor(Math.abs(v), unit);
  const n = v / p.scale;
  const a = Math.abs(n);
  const text = a !== 0 && (a < 1e-4 || a >= 1e7) ? scientific(n, 2) : a >= 1e4 ? count(Math.round(n)) : Number.isInteger(n) ? String(n) : String(Number(n.toPrecision(3)));
  return minus(text) + (p.unit ? thin + p.unit : "");
}

// age writes how long ago something was: 0.3 s, 12 s, 3 min 05 s, 2 h 10 min, 4 d 03 h.
export function age(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${(Math.floor(s * 10) / 10).toFixed(1)}${thin}s`;
  if (s < 60) return `${Math.floor(s)}${thin}s`;
  if (s < 3600) return `${Math.floor(s / 60)}${thin}min ${two(s % 60)}${thin}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}${thin}h ${two((s % 3600) / 60)}${thin}min`;
  return `${Math.floor(s / 86400)}${thin}d ${two((s % 86400) / 3600)}${thin}h`;
}

// utc writes a time with its zone: 2026-03-04 05:06:07 UTC.
export function utc(t: number | string): string {
  const d = new Date(t);
  if (Number.isNaN(d.getTime())) return "–";
  return d.toISOString().slice(0, 19).replace("T", " ") + " UTC";
}

// clock writes the part of a time that matters on an axis whose marks are stepMs apart.
export function clock(ms: number, stepMs: number): string {
  const d = new Date(ms);
  if (Number.isNaN(d.getTime())) return "";
  const iso = d.toISOString();
  if (stepMs >= 20 * 3600e3) return iso.slice(5, 10);
  if (stepMs >= 60e3) return iso.slice(11, 16);
  if (stepMs >= 1e3) return iso.slice(11, 19);
  if (stepMs >= 100) return iso.slice(11, 21);
  if (stepMs >= 1) return iso.slice(14, 23);
  return (ms / 1000 - Math.floor(ms / 60000) * 60).toFixed(6).padStart(9, "0");
}

export function rate(hz: number | null): string {
  return hz === null || !(hz > 0) ? "rate not known" : hz < 0.1 ? `every\u00a0${span(1 / hz)}` : withUnit(hz, "Hz");
}

// span writes a length of time: 4 ms, 0.4 s, 12 s, 5 min, 36 h, 2 d. whole is the length that it is part of, which decides on the unit of
// short ones.
export function span(s: number, whole = s): string {
  if (whole < 2e-4) return `${Number((s * 1e6).toPrecision(3))}${thin}µs`;
  if (whole < 0.2) return `${Number((s * 1e3).toPrecision(3))}${thin}ms`;
  if (s < 120) return `${Number(s.toPrecision(3))}${thin}s`;
  if (s < 7200) return `${Number((s / 60).toPrecision(3))}${thin}min`;
  if (s < 172800) return `${Number((s / 3600).toPrecision(3))}${thin}h`;
  return `${Number((s / 86400).toPrecision(3))}${thin}d`;
}

const accountWords: Record<string, string> = { bridged: "filled in", warmup: "while warming up", saturated: "out of range" };

// accountWord names an item of the account of samples.
export function accountWord(item: string): string {
  return accountWords[item] ?? item.replaceAll("_", " ");
}

// sentence begins a text with a capital letter, unless it begins with a name, as those of features are.
export function sentence(text: string): string {
  if (/^\S*[._()\d]/.test(text)) return text;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function two(n: number): string {
  return String(Math.floor(n)).padStart(2, "0");
}

function group(s: string): string {
  const [whole = "", rest] = s.split(".");
  const g = whole.replace(/\B(?=(\d{3})+$)/g, thin);
  return rest === undefined ? g : `${g}.${rest}`;
}

function minus(s: string): string {
  return s.replace("-", "−");
}
