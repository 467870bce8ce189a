// What a page is to the shell.
import type { StreamData, Store } from "../live/store";
import type { LinkState } from "../live/link";
import type { Alarm } from "../live/wire";
import type { Route } from "./route";

// House is what a page may use.
export interface House {
  store: Store;
  link(): LinkState;
  go(address: string): void;
  entered(): Promise<void>; // somebody has logged in
}

export interface Page {
  readonly root: HTMLElement; // begins with an h1
  readonly title: string;
  readonly signalOf?: string; // the stream whose live signal it shows
  stream?(d: StreamData): void; // its status changed, or it is new
  alarms?(changed: Alarm[]): void;
  reset?(): void; // the streams are others now
  frame?(): void; // once per painted frame
  tick?(now: number): void; // ten times a second, by the monitor's clock
  recolor?(): void; // another theme
  key?(e: KeyboardEvent): boolean; // true when it was taken
  moved?(to: Route): boolean; // the address changed within the page; false: build it anew
  close?(): void;
}
