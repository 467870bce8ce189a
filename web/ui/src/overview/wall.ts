// The wall mode: nothing but tiles, as large as lets all of them be seen without scrolling.
import { button, setAttr } from "../kit/dom";

const scales = [2.2, 1.8, 1.5, 1.25, 1, 0.85, 0.7, 0.6];

export class Wall {
  on = false;
  readonly button: HTMLButtonElement;
  private tiles = 0;

  constructor(
    private readonly groups: HTMLElement,
    private readonly turned: () => void,
  ) {
    this.button = button("Wall", () => this.toggle(), { class: "quiet", title: "Nothing but tiles, for a wall screen; W turns it on and off", "aria-keyshortcuts": "w", "aria-pressed": "false" });
    this.onResize = this.onResize.bind(this);
  }

  toggle(): void {
    this.set(!this.on);
    this.turned();
    if (this.on) document.documentElement.requestFullscreen?.().catch(() => undefined); // a browser may refuse
    else if (document.fullscreenElement) void document.exitFullscreen();
  }

  // set turns the mode on or off; leaving says that the page goes, and the address stays.
  set(on: boolean, leaving = false): void {
    if (on === this.on) return;
    this.on = on;
    const root = document.documentElement;
    setAttr(root, "data-wall", on ? "" : null);
    setAttr(this.button, "aria-pressed", String(on));
    if (on) addEventListener("resize", this.onResize);
    else removeEventListener("resize", this.onResize);
    if (!on) root.style.removeProperty("--scale");
    if (!leaving) this.onResize();
  }

  // fit picks the greatest scale at which everything is in sight.
  fit(tiles: number): void {
    if (!this.on) {
      this.tiles = -1;
      return;
    }
    if (tiles === this.tiles) return;
    this.tiles = tiles;
    const root = document.documentElement;
    for (const s of scales) {
      root.style.setProperty("--scale", String(s));
      if (this.groups.getBoundingClientRect().bottom + scrollY <= innerHeight) return;
    }
  }

  private onResize(): void {
    const n = this.tiles;
    this.tiles = -1;
    this.fit(n);
  }
}
