// The strip at the top: where to go, how many alarms wait, whether the page is live, the time, the theme, who is logged in.
import { button, el, setAttr, setText, shape } from "../kit/dom";
import { age, utc } from "../kit/text";
import type { Session } from "../live/api";
import type { LinkState } from "../live/link";
import { href } from "./route";

const themes = ["auto", "light", "dark"] as const;
type Theme = (typeof themes)[number];

export const places: [page: string, word: string, key: string][] = [
  ["", "Overview", "1"],
  ["alarms", "Alarms", "2"],
  ["parts", "Parts", "3"],
  ["teach", "Teach", "4"],
  ["system", "System", "5"],
];

export class Header {
  private readonly links = new Map<string, HTMLAnchorElement>();
  private readonly pending = el("span", { class: "pending", hidden: "" });
  private readonly pendingCount = el("span");
  private readonly link = el("span", { class: "link", role: "status" }, "Connecting");
  private readonly clock = el("time", { class: "clock" });
  private readonly theme: HTMLButtonElement;
  private readonly user = el("span", { class: "user", hidden: "" });
  private readonly userName = el("span", { class: "user-name" });
  private readonly bannerText = el("span");
  private readonly bannerAge = el("span", { "aria-live": "off" });

  constructor(
    root: HTMLElement,
    private readonly banner: HTMLElement,
    retry: () => void,
    themed: () => void,
    leave: () => void,
  ) {
    this.pending.append(shape("alarm"), this.pendingCount);
    for (const [page, word, key] of places) {
      const a = el("a", { href: href(page), "aria-keyshortcuts": key }, word);
      if (page === "alarms") a.append(" ", this.pending);
      this.links.set(page, a);
    }
    this.theme = button("", () => {
      setTheme(themes[(themes.indexOf(currentTheme()) + 1) % themes.length]!);
      this.showTheme();
      themed();
    });
    this.theme.className = "theme quiet";
    this.user.append(this.userName, button("Log out", leave, { class: "quiet" }));
    root.append(
      el("a", { class: "brand", href: href(""), "aria-label": "Crackle, overview" }, "Crackle"),
      el("nav", { "aria-label": "Pages" }, ...this.links.values()),
      el("span", { class: "grow" }),
      this.link,
      this.clock,
      this.theme,
      this.user,
    );
    banner.append(el("p", {}, this.bannerText, " ", this.bannerAge), button("Try now", retry));
    this.showTheme();
  }

  // at marks the page that is shown.
  at(page: string): void {
    const main = page === "streams" ? "" : page;
    for (const [p, a] of this.links) setAttr(a, "aria-current", p === main ? (page === "streams" ? "true" : "page") : null);
  }

  // alarms says how many alarms wait for an answer.
  alarms(n: number): void {
    this.pending.hidden = n === 0;
    setText(this.pendingCount, String(n));
    const a = this.links.get("alarms")!;
    setAttr(a, "aria-label", n === 0 ? null : `Alarms, ${n} to acknowledge`);
  }

  session(s: Session | null): void {
    this.user.hidden = !s?.logins || !s.user;
    setText(this.userName, s ? `${s.user}, ${s.role}` : "");
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
    setText(this.theme, `Theme: ${currentTheme()}`);
    setAttr(this.theme, "title", "As the system, light, or dark");
  }
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
