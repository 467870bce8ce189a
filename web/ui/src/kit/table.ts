// Plain tables: a head, and rows that are replaced as a whole when something in them has changed.
import { el, type Child } from "./dom";

const long = 40; // letters; a text beyond that may need more lines than a row has room for

export interface Column {
  head: string;
  number?: boolean;
}

export class Table {
  readonly root: HTMLElement;
  private readonly body = el("tbody");
  private readonly rows = new Map<string, { row: HTMLTableRowElement; mark: string }>();

  constructor(
    label: string,
    private readonly columns: Column[],
    kind = "",
  ) {
    const head = columns.map((c) => el("th", { scope: "col", class: c.number ? "number" : null }, c.head));
    this.root = el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": label }, el("table", { class: kind || null, "aria-label": label }, el("thead", {}, el("tr", {}, ...head)), this.body));
  }

  // show brings the table up to date. mark changes as the cells do; rows whose mark is the same stay as they are.
  show<T>(list: readonly T[], key: (item: T) => string, mark: (item: T) => string, cells: (item: T) => Child[][], attrs: (item: T) => Record<string, string | null> = () => ({})): void {
    const wanted = new Set<string>();
    const rows = list.map((item) => {
      const k = key(item);
      wanted.add(k);
      const m = mark(item);
      const known = this.rows.get(k);
      if (known?.mark === m) return known.row;
      const row = el("tr", attrs(item), ...cells(item).map((c, i) => el("td", { class: this.columns[i]?.number ? "number" : null }, ...c.map((x) => (typeof x === "string" && x.length > long ? el("span", {}, x) : x)))));
      if (known?.row.querySelector("details[open]")) row.querySelector("details")?.setAttribute("open", "");
      this.rows.set(k, { row, mark: m });
      return row;
    });
    for (const k of [...this.rows.keys()]) if (!wanted.has(k)) this.rows.delete(k);
    const same = rows.length === this.body.rows.length && rows.every((r, i) => this.body.rows[i] === r);
    if (!same) this.body.replaceChildren(...rows);
  }
}

// sub is a second, quieter line in a cell.
export function sub(text: string): HTMLElement | null {
  return text === "" ? null : el("span", { class: "sub" }, text);
}
