// The overview: a tile for every stream, those that need a person first.
import { acknowledgeAll } from "../alarms/answer";
import { isOpen, unanswered } from "../alarms/state";
import { AlarmTable } from "../alarms/table";
import { arrange, button, el, setAttr, setText, shape, type Shape } from "../kit/dom";
import { may } from "../live/api";
import type { StreamData } from "../live/store";
import type { Alarm } from "../live/wire";
import type { House, Page } from "../shell/page";
import { href, replace, type Route } from "../shell/route";
import { groups, Tile, type Group } from "./tile";
import { Wall } from "./wall";

const words: Record<Group, string> = {
  "alarm-open": "To acknowledge",
  alarm: "In alarm",
  caution: "Not assessed",
  waiting: "Not ready yet",
  ok: "OK",
};

const shapes: Record<Group, Shape> = { "alarm-open": "alarm", alarm: "answered", caution: "unknown", waiting: "quiet", ok: "ok" };
const nothingYet = "Waiting for the monitor to name its streams. They are the [stream.NAME] tables of its configuration.";
const manyTiles = 40; // from here on those that are OK are drawn small
const fewTiles = 8; // up to here all are drawn large
const alarmsBelow = 10; // the newest that are open, below few tiles
const wallTiles = 120; // from here on a wall shows no more than verdict and title of those that raise no alarm

interface Section {
  root: HTMLElement;
  heading: HTMLElement;
  list: HTMLUListElement;
}

export class Overview implements Page {
  readonly root: HTMLElement;
  readonly title = "Overview";
  private readonly tiles = new Map<number, Tile>();
  private readonly byRoot = new Map<Element, Tile>();
  private readonly sections = new Map<Group, Section>();
  private readonly filters = new Map<Group | "", { button: HTMLButtonElement; number: HTMLElement }>();
  private readonly search = el("input", { type: "search", placeholder: "Search streams, parts, lots", "aria-label": "Search streams, parts, lots", "aria-keyshortcuts": "/", maxlength: "100", spellcheck: "false" });
  private readonly all = button("Acknowledge all", () => acknowledgeAll(this.house.store, [...this.house.store.alarms.values()]), { hidden: "" });
  private readonly empty = el("p", { class: "empty" }, nothingYet);
  private readonly groupsRoot = el("div", { class: "groups" });
  private readonly wall: Wall;
  private readonly table: AlarmTable;
  private readonly below: HTMLElement;
  private few = false;
  private only: Group | "";
  private dirty = true;
  private arrangedAt = 0;
  private readonly inSight: IntersectionObserver;
  private readonly sized: ResizeObserver;

  constructor(
    private readonly house: House,
    route: Route,
  ) {
    const asked = route.query.get("state") as Group | null;
    this.only = asked && groups.includes(asked) ? asked : "";
    this.search.value = route.query.get("q") ?? "";
    this.inSight = new IntersectionObserver((list) => this.seen(list), { rootMargin: "200px" });
    this.sized = new ResizeObserver((list) => {
      for (const e of list) this.byRoot.get(e.target)?.resize();
    });
    for (const g of groups) this.addSection(g);
    this.wall = new Wall(this.groupsRoot, () => this.filtered());
    const bar = el("div", { class: "toolbar" }, this.search, el("div", { class: "chips", role: "group", "aria-label": "Show only" }, this.filter("", "All"), ...groups.map((g) => this.filter(g, words[g], shapes[g]))), el("span", { class: "grow" }), this.all, this.wall.button);
    this.table = new AlarmTable(house.store);
    this.below = el("section", { class: "below", hidden: "" }, el("h2", {}, "Newest open alarms"), this.table.root, el("p", {}, el("a", { href: href("alarms") }, "All alarms")));
    this.root = el("div", { class: "overview" }, el("h1", { class: "unseen" }, "Overview"), bar, this.empty, this.groupsRoot, this.below);
    this.search.addEventListener("input", () => this.filtered());
    this.wall.set(route.query.has("wall"));
  }

  stream(d: StreamData): void {
    const known = this.tiles.get(d.status.id);
    if (!known) {
      this.add(d);
      this.dirty = true;
      return;
    }
    const before = `${known.group} ${known.alarming}`;
    known.status();
    if (`${known.group} ${known.alarming}` !== before || this.search.value !== "") this.dirty = true;
  }

  alarms(_changed: Alarm[]): void {
    const open = new Map<string, [open: number, waiting: number]>();
    let waiting = 0;
    for (const a of this.house.store.alarms.values()) {
      if (!isOpen(a)) continue;
      const n = open.get(a.stream) ?? [0, 0];
      n[0]++;
      if (unanswered(a)) {
        n[1]++;
        waiting++;
      }
      open.set(a.stream, n);
    }
    for (const t of this.tiles.values()) t.setAlarms(...(open.get(t.data.status.name) ?? [0, 0]));
    this.all.hidden = waiting < 2 || !may("operator");
    setText(this.all, `Acknowledge all ${waiting}`);
    this.showBelow();
    this.dirty = true;
    this.arrangedAt = 0;
  }

  reset(): void {
    for (const t of this.tiles.values()) {
      this.inSight.unobserve(t.root);
      this.sized.unobserve(t.root);
    }
    this.tiles.clear();
    this.byRoot.clear();
    this.dirty = true;
    this.arrangedAt = 0;
  }

  frame(): void {
    const t = performance.now();
    if (this.dirty && t - this.arrangedAt > 500) this.arrange(t);
    for (const tile of this.tiles.values()) tile.draw(t); // what is read of the page before what is written to it
    for (const tile of this.tiles.values()) tile.refresh(t);
  }

  tick(now: number): void {
    const live = this.house.link().live;
    for (const t of this.tiles.values()) if (t.tick(now, live)) this.dirty = true;
  }

  recolor(): void {
    for (const t of this.tiles.values()) t.resize();
  }

  key(e: KeyboardEvent): boolean {
    if (e.key === "/") {
      this.search.focus();
      return true;
    }
    if (e.key === "w") {
      this.wall.toggle();
      return true;
    }
    if (e.key === "Escape" && this.wall.on) {
      this.wall.set(false);
      return true;
    }
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[e.key];
    return step !== undefined && this.walk(step[0]!, step[1]!);
  }

  moved(to: Route): boolean {
    return to.page === "";
  }

  close(): void {
    this.wall.set(false, true);
    this.inSight.disconnect();
    this.sized.disconnect();
  }

  private add(d: StreamData): void {
    const t = new Tile(d);
    this.tiles.set(d.status.id, t);
    this.byRoot.set(t.root, t);
    this.inSight.observe(t.root);
    this.sized.observe(t.root);
    d.scoresChanged = true;
  }

  private seen(list: IntersectionObserverEntry[]): void {
    for (const e of list) {
      const t = this.byRoot.get(e.target);
      if (t) t.visible = e.isIntersecting;
    }
  }

  // arrange puts each tile into its group; within a group the order is the monitor's, so that tiles do not wander.
  private arrange(t: number): void {
    this.dirty = false;
    this.arrangedAt = t;
    const wanted = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const count = new Map<Group, number>();
    const lists = new Map<Group, Element[]>(groups.map((g) => [g, []]));
    for (const tile of this.tiles.values()) {
      count.set(tile.group, (count.get(tile.group) ?? 0) + 1);
      if ((this.only === "" || this.only === tile.group) && tile.matches(wanted)) lists.get(tile.group)!.push(tile.root);
    }
    // What is in alarm now comes before what is over and only waits for an answer.
    lists.get("alarm-open")!.sort((a, b) => Number(this.byRoot.get(b)!.alarming) - Number(this.byRoot.get(a)!.alarming));
    let shown = 0;
    const all = [...lists.values()].reduce((n, l) => n + l.length, 0);
    for (const [g, s] of this.sections) {
      const list = lists.get(g)!;
      shown += list.length;
      s.root.hidden = list.length === 0;
      setText(s.heading, `${words[g]}, ${list.length}`);
      setAttr(s.root, "data-small", all > manyTiles && g === "ok" ? "" : null);
      setAttr(s.root, "data-tiny", this.wall.on && all > wallTiles && g !== "alarm" && g !== "alarm-open" ? "" : null);
    }
    this.few = all <= fewTiles && !this.wall.on;
    setAttr(this.groupsRoot, "data-few", this.few ? "" : null);
    this.showBelow();
    moveAll([...this.sections.values()].map((s) => s.list), [...this.sections.keys()].map((g) => lists.get(g)!));
    this.counted(count);
    this.empty.hidden = shown > 0;
    setText(this.empty, this.tiles.size === 0 ? nothingYet : "No stream is like that. Change the words searched for, or choose All.");
    this.wall.fit(shown);
  }

  // showBelow lists, where there is room, the newest alarms.
  private showBelow(): void {
    const open = this.few ? [...this.house.store.alarms.values()].filter(isOpen).slice(-alarmsBelow) : [];
    this.below.hidden = open.length === 0;
    this.table.show(open);
  }

  private counted(count: Map<Group, number>): void {
    for (const [g, f] of this.filters) {
      const n = g === "" ? this.tiles.size : (count.get(g) ?? 0);
      setText(f.number, String(n));
      f.button.hidden = g !== "" && n === 0 && this.only !== g;
      setAttr(f.button, "aria-pressed", String(this.only === g));
    }
  }

  private addSection(g: Group): void {
    const id = `group-${g}`;
    const heading = el("h2", { id });
    const list = el("ul", { class: "tiles", "aria-labelledby": id });
    const root = el("section", { class: "group", "data-group": g, hidden: "" }, heading, list);
    this.sections.set(g, { root, heading, list });
    this.groupsRoot.append(root);
  }

  private filter(g: Group | "", word: string, kind?: Shape): HTMLButtonElement {
    const number = el("b", {}, "0");
    const b = button("", () => {
      this.only = g;
      this.filtered();
    });
    b.className = "chip";
    if (g) b.dataset["group"] = g;
    b.append(...(kind ? [shape(kind)] : []), number, " " + word);
    this.filters.set(g, { button: b, number });
    return b;
  }

  private filtered(): void {
    this.dirty = true;
    this.arrangedAt = 0;
    this.address();
  }

  private address(): void {
    replace({ state: this.only, q: this.search.value, wall: this.wall.on ? "1" : "" });
  }

  // walk moves the focus to the next tile in a direction, as it looks on the screen.
  private walk(dx: number, dy: number): boolean {
    const all = [...this.root.querySelectorAll<HTMLElement>(".tile > a")];
    const from = all.find((a) => a === document.activeElement);
    if (!from) {
      all[0]?.focus();
      return all.length > 0;
    }
    const at = from.getBoundingClientRect();
    let best: HTMLElement | null = null;
    let least = Infinity;
    for (const a of all) {
      const r = a.getBoundingClientRect();
      const [along, across] = dx !== 0 ? [dx * (r.left - at.left), Math.abs(r.top - at.top)] : [dy * (r.top - at.top), Math.abs(r.left - at.left)];
      const cost = along + 3 * across;
      if (a !== from && along > 4 && (dx === 0 || across < 4) && cost < least) [best, least] = [a, cost];
    }
    best?.focus();
    return true;
  }
}

// moveAll arranges several lists at once, and gives the focus back to a tile that went from one to another.
function moveAll(roots: Element[], lists: Element[][]): void {
  const focused = document.activeElement;
  roots.forEach((root, i) => arrange(root, lists[i]!));
  if (focused instanceof HTMLElement && focused.isConnected && focused !== document.activeElement && focused.closest(".tile")) focused.focus({ preventScroll: true });
}
