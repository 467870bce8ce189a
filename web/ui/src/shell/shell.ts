// The shell round the pages: it holds what is known, shows one page at a time, and draws once a frame.
import { acknowledge } from "../alarms/answer";
import { kindWord, unanswered } from "../alarms/state";
import { refreshQuestion } from "../kit/dialog";
import { el, setAttr, setText, typing } from "../kit/dom";
import { font, forgetPalette } from "../kit/palette";
import { post, present, refresh, words } from "../live/api";
import { Link, type LinkState } from "../live/link";
import { Store } from "../live/store";
import type { Alarm } from "../live/wire";
import { Header, places } from "./header";
import type { House, Page } from "./page";
import { href, parse, type Route } from "./route";

export type Maker = (house: House, route: Route) => Page;

export class Shell implements House {
  readonly store: Store;
  private readonly header: Header;
  private readonly feed: Link;
  private readonly speech = el("p", { class: "unseen", "aria-live": "assertive" });
  private readonly scrolled = new Map<string, number>();
  private page: Page | null = null;
  private route: Route | null = null;
  private address: string | null = null; // of the page that is shown
  private state: LinkState = { live: false, lostAt: Date.now(), retryAt: 0, reason: "" };
  private ticked = 0;
  private locked = false; // somebody has to log in first

  constructor(
    private readonly main: HTMLElement,
    private readonly makers: Record<string, Maker>,
  ) {
    this.store = new Store({
      stream: (d) => this.page?.stream?.(d),
      alarms: (changed) => this.alarms(changed),
      reset: () => this.page?.reset?.(),
    });
    this.feed = new Link({
      frame: (f) => this.store.frame(f),
      waves: (w) => this.store.waves(w),
      state: (s) => this.linkChanged(s),
    });
    const byId = (id: string) => document.getElementById(id)!;
    this.header = new Header(
      byId("header"),
      byId("banner"),
      () => this.feed.retryNow(),
      () => this.recolor(),
      () => void this.leave(),
    );
    document.body.append(this.speech);
    document.querySelector(".skip")!.addEventListener("click", (e) => {
      e.preventDefault(); // the address names the page
      this.heading()?.focus();
    });
    addEventListener("hashchange", () => this.show());
    addEventListener("keydown", (e) => this.key(e));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolor());
    document.fonts.load(font).then(
      () => this.recolor(), // the plots measure text, so they wait for its face
      () => undefined,
    );
  }

  link(): LinkState {
    return this.state;
  }

  go(address: string): void {
    if (location.hash === address) this.show();
    else location.hash = address;
  }

  entered(): Promise<void> {
    return this.start();
  }

  // start finds out who is here, and opens the page that the address names. It is called again after a login.
  async start(): Promise<void> {
    try {
      this.locked = (await refresh()) === null;
    } catch {
      this.locked = false; // the monitor is away; the banner says so
    }
    this.header.session(present());
    this.again(); // before the feed, which asks for the signal that the page shows
    if (!this.locked) this.feed.connect();
    if (this.ticked === 0) requestAnimationFrame((t) => this.frame(t));
  }

  private show(): void {
    if (location.hash === this.address) return;
    const to = parse(location.hash);
    const first = this.address === null;
    if (!first && !this.locked && this.route && this.route.page === to.page && this.page?.moved?.(to)) {
      this.route = to;
      this.address = location.hash;
      return;
    }
    if (this.address !== null) this.scrolled.set(this.address, scrollY);
    this.page?.close?.();
    this.route = to;
    this.address = location.hash;
    setAttr(document.documentElement, "data-locked", this.locked ? "" : null);
    const maker = this.locked ? this.makers["login"]! : (this.makers[to.page] ?? this.makers["missing"]!);
    this.page = maker(this, to);
    this.feed.want(this.page.signalOf ?? "");
    this.main.replaceChildren(this.page.root);
    this.main.dataset["page"] = this.locked ? "login" : to.page || "overview";
    for (const d of this.store.streams.values()) this.page.stream?.(d);
    this.page.alarms?.([]);
    this.header.at(to.page);
    this.name();
    if (!first) this.heading()?.focus({ preventScroll: true });
    scrollTo(0, this.scrolled.get(this.address) ?? 0);
  }

  // again builds the present page anew.
  private again(): void {
    this.address = null;
    this.show();
  }

  private heading(): HTMLElement | null {
    const h = this.main.querySelector<HTMLElement>("h1");
    h?.setAttribute("tabindex", "-1");
    return h;
  }

  // alarms passes on what changed, says aloud what is new, and counts what waits.
  private alarms(changed: Alarm[]): void {
    this.page?.alarms?.(changed);
    const news = changed.filter((a) => a.state === "active_unacknowledged");
    if (news.length > 0) setText(this.speech, news.map((a) => `Alarm: ${this.store.titleOf(a.stream)}, ${kindWord(a.kind)}, ${a.what}`).join(". "));
    this.name();
    refreshQuestion();
  }

  // name sets the title, with the number of alarms that wait for whoever has the page in another tab.
  private name(): void {
    let n = 0;
    for (const a of this.store.alarms.values()) if (unanswered(a)) n++;
    this.header.alarms(n);
    const title = this.page?.title ? `${this.page.title} – Crackle` : "Crackle";
    document.title = n > 0 ? `(${n}) ${title}` : title;
  }

  private linkChanged(s: LinkState): void {
    const turned = this.state.live !== s.live;
    this.state = s;
    if (turned) void this.stillWelcome();
  }

  // stillWelcome asks, once the feed is lost or back, whether a login has run out, or whoever is here may do something else now.
  private async stillWelcome(): Promise<void> {
    const before = present()?.role;
    try {
      const now = await refresh();
      if (this.locked) return;
      if (now !== null) {
        this.header.session(now);
        if (now.role !== before) this.again();
        return;
      }
      this.locked = true;
      this.feed.stop();
      this.header.session(null);
      this.again();
    } catch {
      // The monitor is away; the feed tries again by itself.
    }
  }

  private async leave(): Promise<void> {
    try {
      await post("logout");
      location.reload(); // nothing that was seen stays in the window
    } catch (e) {
      setText(this.speech, words(e));
    }
  }

  private key(e: KeyboardEvent): void {
    if (typing(e) || this.locked) return;
    if (this.page?.key?.(e)) {
      e.preventDefault();
      return;
    }
    const place = places.find(([, , key]) => key === e.key);
    if (place) this.go(href(place[0]));
    else if (e.key === "a") this.answerNewest();
    else return;
    e.preventDefault();
  }

  // answerNewest opens the dialog for the newest alarm that waits for an answer.
  private answerNewest(): void {
    let newest: Alarm | null = null;
    for (const a of this.store.alarms.values()) if (unanswered(a) && (newest === null || a.state === "active_unacknowledged" || newest.state !== "active_unacknowledged")) newest = a;
    if (newest) acknowledge(this.store, newest);
  }

  private recolor(): void {
    forgetPalette();
    this.page?.recolor?.();
  }

  private frame(t: number): void {
    requestAnimationFrame((t) => this.frame(t));
    this.page?.frame?.();
    if (t - this.ticked < 100 && this.ticked > 0) return;
    this.ticked = t;
    const now = this.store.now();
    if (!this.locked) this.header.tick(now, this.state);
    this.page?.tick?.(now);
  }
}
