// Moving through time by hand: drag to pan, pinch or wheel with Ctrl to zoom, double click to zoom in; where choosing is on, drag to choose a stretch.
import type { View } from "./view";

const slack = 4; // px that a press may slip without being a drag

// grasp lets the element, which shows the view over its whole width, be moved.
export function grasp(over: HTMLElement, view: View): void {
  const held = new Map<number, { x: number; t: number; began: number }>(); // pointers that are down: where, at which time they took hold, and where they came down
  const width = () => over.clientWidth || 1;
  const time = (x: number) => view.from + (x / width()) * (view.to - view.from);
  const at = (e: PointerEvent | WheelEvent | MouseEvent) => e.clientX - over.getBoundingClientRect().left;

  over.addEventListener("pointerdown", (e) => {
    if (e.button !== 0 || !view.known) return;
    over.setPointerCapture(e.pointerId);
    held.set(e.pointerId, { x: at(e), t: time(at(e)), began: at(e) });
  });
  over.addEventListener("pointermove", (e) => {
    const mine = held.get(e.pointerId);
    if (!mine) return;
    const moved = Math.abs(at(e) - mine.x) > 2;
    mine.x = at(e);
    const [one, two] = [...held.values()];
    if (one && two) pinch(one, two);
    else if (view.choosing) {
      if (Math.abs(mine.x - mine.began) > slack) {
        mine.began = NaN; // from here on it follows
        view.choose(mine.t, time(mine.x));
      } else if (Number.isNaN(mine.began)) view.choose(mine.t, time(mine.x));
    }
    else if (moved || !view.live) view.pan(mine.t - time(mine.x));
  });
  const release = (e: PointerEvent) => held.delete(e.pointerId);
  over.addEventListener("pointerup", release);
  over.addEventListener("pointercancel", release);
  over.addEventListener(
    "wheel",
    (e) => {
      if (!view.known) return;
      if (e.ctrlKey || e.metaKey) view.zoom(Math.exp(Math.max(-60, Math.min(60, e.deltaY)) * 0.01), time(at(e)));
      else if (Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey) view.pan(((e.deltaX || e.deltaY) / width()) * (view.to - view.from));
      else return; // the page scrolls
      e.preventDefault();
    },
    { passive: false },
  );
  over.addEventListener("dblclick", (e) => view.choosing || view.zoom(0.5, time(at(e))));

  // pinch keeps the times that two fingers took hold of under them.
  function pinch(one: { x: number; t: number }, two: { x: number; t: number }): void {
    const across = two.x - one.x;
    if (Math.abs(across) < 8 || one.t === two.t) return;
    const perPixel = Math.abs((two.t - one.t) / across);
    const from = (one.t + two.t) / 2 - perPixel * ((one.x + two.x) / 2);
    view.set(from, from + perPixel * width());
  }
}
