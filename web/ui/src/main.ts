// Wires the page: link → store → rows, alarms, header. Data arrive when they like; drawing happens once a frame, for what is in sight.
import { AlarmList, unanswered } from "./alarms";
import { Header } from "./header";
import { Link, type LinkState } from "./link";
import { font, forgetPalette } from "./palette";
import { Row } from "./row";
import { Store, type StreamData } from "./store";
import type { Alarm } from "./wire";

const byId = (id: string) => document.getElementById(id)!;
const list = byId("streams");
const rows = new Map<number, Row>();
let followed = false; // what the address names has been found
let link: LinkState = { live: false, lostAt: Date.now(), retryAt: 0, reason: "" };

const store: Store = new Store({
  stream: (d) => {
    const known = rows.get(d.status.id);
    if (known) known.status();
    else addRow(d);
    byId("waiting").hidden = true;
    header.count(rows.values());
  },
  alarms: (changed: Alarm[]) => {
    alarms.show(changed);
    pending();
  },
  reset: () => {
    for (const r of rows.values()) r.destroy();
    rows.clear();
    byId("waiting").hidden = false;
    header.count([]);
  },
});

const alarms: AlarmList = new AlarmList(byId("alarms"), store.alarms, titleOf, (a) => store.setAlarms([a]));
const feed = new Link({
  frame: (f) => {
    store.frame(f);
    followed ||= follow();
  },
  waves: (w) => store.waves(w),
  state: (s) => {
    link = s;
  },
});
const header = new Header(byId("header"), byId("banner"), () => feed.retryNow(), recolor);

function titleOf(stream: string): string {
  for (const { status: s } of store.streams.values()) if (s.name === stream) return s.title || s.name;
  return stream;
}

function addRow(d: StreamData): void {
  const row = new Row(d);
  rows.set(d.status.id, row);
  list.append(row.root);
  inSight.observe(row.root);
  sized.observe(row.root);
}

function rowOf(node: Element): Row | undefined {
  for (const r of rows.values()) if (r.root === node) return r;
  return undefined;
}

const inSight = new IntersectionObserver(
  (entries) => {
    for (const e of entries) {
      const row = rowOf(e.target);
      if (row) row.visible = e.isIntersecting;
    }
  },
  { rootMargin: "200px" },
);
const sized = new ResizeObserver((entries) => {
  for (const e of entries) rowOf(e.target)?.resize();
});

// pending tells the number of alarms that wait for an answer, in the title too for whoever has the page in another tab.
function pending(): void {
  let n = 0;
  for (const a of store.alarms.values()) if (unanswered(a)) n++;
  header.alarms(n);
  document.title = n > 0 ? `(${n}) Crackle` : "Crackle";
}

function recolor(): void {
  forgetPalette();
  for (const r of rows.values()) r.recolor();
}

// follow goes to what the address names: #alarm-ID or #stream-NAME. It returns false while that is not there.
function follow(): boolean {
  const [, kind, name = ""] = /^#(alarm|stream)-([\w.-]+)$/.exec(location.hash) ?? [];
  if (kind === "alarm") return alarms.point(name);
  if (kind !== "stream") return true;
  for (const r of rows.values()) {
    if (r.data.status.name !== name) continue;
    r.root.scrollIntoView({ block: "center" });
    return true;
  }
  return false;
}

let ticked = 0;
function frame(t: number): void {
  requestAnimationFrame(frame);
  for (const r of rows.values()) r.draw();
  if (t - ticked < 100) return;
  ticked = t;
  const now = store.now();
  header.tick(now, link);
  let turned = false;
  for (const r of rows.values()) turned = r.tick(now, link.live) || turned;
  if (turned) header.count(rows.values());
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolor);
addEventListener("hashchange", () => (followed = follow()));
addEventListener("keydown", (e) => {
  const typing = e.target instanceof HTMLElement && e.target.closest("input, textarea, dialog");
  if (e.key === "a" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
    e.preventDefault();
    alarms.answerFirst();
  }
});
document.fonts.load(font).then(recolor, () => undefined); // the plots measure text, so they wait for its face
feed.connect();
requestAnimationFrame(frame);
