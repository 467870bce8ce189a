// The strip at the top: how many streams are in which state, whether the page is live, the time, the theme.
import { el, setAttr, setText, shape } from "./dom";
import type { LinkState } from "./link";
import { look, type Row } from "./row";
import { age, utc } from "./text";

const themes = ["auto", "light", "dark"] as const;
type Theme = (typeof themes)[number];

export class Header {
  private readonly tallies = {
    alarm: tally("alarm", "in alarm"),
    caution: tally("unknown", "not assessed"),
    waiting: tally("quiet", "not ready yet"),
    ok: tally("ok", "OK"),
  };
  private readonly pending = el("a", { href: "#alarms", class: "pending" });
  private readonly link = el("span", { class: "link", role: "status" }, "Connecting");
  private readonly clock = el("time", { class: "clock" });
  private readonly theme = el("button", { type: "button", class: "theme" });
  private readonly banner: HTMLElement;
  private readonly bannerText = el("span");
  private readonly bannerAge = el("span", { "aria-live": "off" });

  constructor(root: HTMLElement, banner: HTMLElement, retry: () => void, themed: () => void) {
    this.banner = banner;
    root.append(
      el("h1", {}, "Crackle"),
      el("p", { class: "tallies", "aria-label": "Streams by state" }, ...Object.values(this.tallies).map((t) => t.root)),
      this.pending,
      el("span", { class: "grow" }),
      this.link,
      this.clock,
      this.theme,
    );
    const again = el("button", { type: "button" }, "Try now");
    again.addEventListener("click", retry);
    banner.append(el("p", {}, this.bannerText, " ", this.bannerAge), again);
    this.theme.addEventListener("click", () => {
      setTheme(themes[(themes.indexOf(currentTheme()) + 1) % themes.length]!);
      this.showTheme();
      themed();
    });
    this.showTheme();
    this.alarms(0);
  }

  count(rows: Iterable<Row>): void {
    const n = { alarm: 0, caution: 0, waiting: 0, ok: 0 };
    for (const r of rows) {
      const { tone, shape } = look(r.data.status, r.stale);
      n[tone !== "calm" ? tone : shape === "ok" ? "ok" : "waiting"]++;
    }
    for (const key of Object.keys(n) as (keyof typeof n)[]) {
      const t = this.tallies[key];
      setText(t.number, String(n[key]));
      t.root.hidden = n[key] === 0;
    }
  }

  // alarms says how many alarms wait for an answer, and leads to them.
  alarms(n: number): void {
    this.pending.hidden = n === 0;
    setText(this.pending, `${n} ${n === 1 ? "alarm" : "alarms"} to acknowledge`);
  }

  tick(now: number, link: LinkState): void {
    setText(this.clock, utc(now));
    setText(this.link, link.live ? "Live" : "Not connected");
    setAttr(this.link, "data-live", link.live ? "" : null);
    const lost = !link.live && link.lostAt > 0 && Date.now() - link.lostAt > 1200;
    this.banner.hidden = !lost;
    setAttr(document.documentElement, "data-lost", lost ? "" : null);
    if (!lost) return;
    const wait = Math.ceil((link.retryAt - Date.now()) / 1000);
    setText(this.bannerText, `No connection to the monitor. What you see is old.${link.reason ? ` Last word: ${link.reason}.` : ""}`);
    setText(this.bannerAge, `Lost ${age(Date.now() - link.lostAt)} ago; ${wait > 0 ? `trying again in ${wait}\u202fs` : "trying now"}.`);
  }

  private showTheme(): void {
    const t = currentTheme();
    setText(this.theme, `Theme: ${t}`);
    setAttr(this.theme, "title", "As the system, light, or dark");
  }
}

function tally(kind: "alarm" | "unknown" | "quiet" | "ok", word: string): { root: HTMLElement; number: HTMLElement } {
  const number = el("b", {}, "0");
  return { root: el("span", { class: `tally tally-${kind}` }, shape(kind), number, " " + word), number };
}

function currentTheme(): Theme {
  const t = document.documentElement.dataset["theme"];
  return t === "light" || t === "dark" ? t : "auto";
}

function setTheme(t: Theme): void {
  const root = document.documentElement;
  if (t === "auto") delete root.dataset["theme"];
  else root.dataset["theme"] = t;
  try {
    localStorage.setItem("crackle.theme", t);
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
}
