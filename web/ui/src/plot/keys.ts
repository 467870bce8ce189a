// Plots by keyboard: arrows move the read-out through what is shown, with Shift they move through time; plus and minus zoom.
import { el, setText } from "../kit/dom";
import { clock } from "../kit/text";
import type { Lane } from "./lane";
import type { View } from "./view";

const steps = 100; // of the read-out over the width of a plot
const spoken = 3; // plots whose values are said

// steer makes root, which holds lanes over view, one thing to tab to.
export function steer(root: HTMLElement, view: View, lanes: () => readonly Lane[]): void {
  const speech = el("p", { class: "unseen", "aria-live": "polite" });
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Plots. Arrow keys move the read-out, Shift and arrow keys move through time, plus and minus zoom.");
  root.after(speech); // not inside: what is in there is replaced

  const point = (t: number | null) => {
    view.cursor = t;
    view.pinned = true; // the plots do not take it for the pointer's
    for (const l of lanes()) l.pin();
    view.pinned = t !== null;
    const said = t === null ? [] : lanes().map((l) => l.says(t)).filter(Boolean);
    setText(speech, t === null ? "" : `${clock(t, (view.to - view.from) / steps)}: ${said.slice(0, spoken).join("; ")}`);
  };
  const step = (by: number) => {
    const from = view.cursor ?? (by < 0 ? view.to : view.from);
    point(Math.min(view.to, Math.max(view.from, from + (by * (view.to - view.from)) / steps)));
  };
  root.addEventListener("keydown", (e) => {
    if (e.target !== root || !view.known || e.ctrlKey || e.metaKey || e.altKey) return;
    const act: Record<string, () => void> = {
      ArrowLeft: () => (e.shiftKey ? view.pan(-0.25 * view.length) : step(-1)),
      ArrowRight: () => (e.shiftKey ? view.pan(0.25 * view.length) : step(1)),
      PageUp: () => step(-10),
      PageDown: () => step(10),
      Home: () => point(view.from),
      End: () => point(view.to),
      "+": () => view.zoom(0.5, view.cursor ?? undefined),
      "=": () => view.zoom(0.5, view.cursor ?? undefined),
      "-": () => view.zoom(2, view.cursor ?? undefined),
      Escape: () => point(null),
    };
    const chosen = act[e.key];
    if (!chosen) return;
    chosen();
    e.preventDefault();
    e.stopPropagation(); // the page has a use of its own for some of them
  });
  root.addEventListener("blur", () => point(null));
}
