// A row of filters, one of which is on, each with the number of things that it would show.
import { button, el, setAttr, setText } from "./dom";

export class Chips {
  readonly root = el("div", { class: "chips", role: "group", "aria-label": "Show only" });
  private readonly chips = new Map<string, { button: HTMLButtonElement; number: HTMLElement }>();

  constructor(list: readonly (readonly [key: string, word: string, ...unknown[]])[], picked: (key: string) => void) {
    for (const [key, word] of list) {
      const number = el("b", {}, "0");
      const b = button("", () => picked(key), { class: "chip" });
      b.append(number, " " + word);
      this.chips.set(key, { button: b, number });
      this.root.append(b);
    }
  }

  // show says how many things a filter would show, and whether it is on.
  show(key: string, n: number, on: boolean): void {
    const c = this.chips.get(key);
    if (!c) return;
    setText(c.number, String(n));
    setAttr(c.button, "aria-pressed", String(on));
  }
}
