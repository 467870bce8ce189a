// What is shown for an address that names no page.
import { el } from "../kit/dom";
import type { Page } from "./page";
import { href } from "./route";

export class Missing implements Page {
  readonly title = "Not found";
  readonly root = el("div", { class: "sheet" }, el("h1", {}, "There is no such page"), el("p", {}, "The address names nothing that this dashboard has. ", el("a", { href: href("") }, "To the overview")));
}
