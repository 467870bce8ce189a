// A piece of work that takes longer than a request: its progress, what became of it, and a way to call it off.
import { button, el, setText } from "../kit/dom";
import type { Job } from "../live/answers";
import { CallError, get, may, path, post, remove, superseded, words } from "../live/api";

const every = 400; // ms

export class JobPanel {
  readonly root: HTMLElement;
  private readonly bar = el("progress", { max: "1", "aria-label": "Progress" });
  private readonly text = el("span", { class: "job-text", role: "status" });
  private readonly cancel: HTMLButtonElement;
  private job: Job | null = null;
  private next = Infinity;
  private readonly gone = new AbortController();

  constructor(
    private readonly stream: string,
    private readonly done: (job: Job) => void,
    private readonly changed: () => void, // whether something is under way
  ) {
    this.cancel = button("Call it off", () => void this.stop(), { class: "quiet" });
    this.root = el("div", { class: "job", hidden: "" }, this.bar, this.text, this.cancel);
  }

  get running(): boolean {
    return this.job?.state === "running";
  }

  // resume takes up work that is under way already, begun in this window or in another.
  async resume(): Promise<void> {
    try {
      const { jobs } = await get<{ jobs: Job[] | null }>(`jobs?${new URLSearchParams({ stream: this.stream }).toString()}`, this.gone.signal);
      const all = jobs ?? [];
      const found = all.find((j) => j.state === "running") ?? all.find((j) => j.id.startsWith("lost-")); // a restart broke it off
      if (found && !this.job) this.take(found);
    } catch {
      // Nothing to take up; a failure shows when something is begun.
    }
  }

  async start(kind: "inspect" | "teach" | "backtest", body: unknown): Promise<void> {
    if (this.running) return;
    try {
      this.take(await post<Job>(`streams/${path(this.stream)}/${kind}`, body));
    } catch (e) {
      this.say(words(e), true);
    }
  }

  tick(now: number): void {
    if (now < this.next) return;
    this.next = Infinity;
    void this.poll();
  }

  close(): void {
    this.gone.abort();
  }

  private async poll(): Promise<void> {
    if (!this.job) return;
    try {
      this.take(await get<Job>("jobs/" + path(this.job.id), this.gone.signal));
    } catch (e) {
      if (superseded(e)) return;
      if (e instanceof CallError && e.status === 404) this.job = null; // the monitor was started anew
      else this.next = performance.now() + 4 * every;
      this.say(words(e), true);
      this.changed();
    }
  }

  private take(job: Job): void {
    this.job = job;
    this.root.hidden = false;
    this.root.dataset["state"] = job.state;
    this.bar.hidden = this.cancel.hidden = job.state !== "running";
    if (job.progress > 0) this.bar.value = job.progress;
    else this.bar.removeAttribute("value");
    this.cancel.disabled = !may("engineer");
    const word = { inspect: "Looking into the stretch", teach: "Teaching", backtest: "Back-test" }[job.kind] ?? job.kind;
    const end = { running: job.text ? `: ${job.text}` : "", done: ": done", failed: ` failed: ${job.text}`, cancelled: " was called off" }[job.state];
    this.say(word + end, job.state === "failed");
    if (job.state === "running") this.next = performance.now() + every;
    else this.done(job);
    this.changed();
  }

  private say(text: string, bad: boolean): void {
    this.root.hidden = false;
    this.text.classList.toggle("error", bad);
    setText(this.text, text);
  }

  private async stop(): Promise<void> {
    if (!this.job) return;
    try {
      await remove("jobs/" + path(this.job.id));
    } catch (e) {
      this.say(words(e), true);
    }
  }
}
