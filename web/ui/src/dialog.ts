// The dialog in which somebody acknowledges an alarm.
import { acknowledge } from "./api";
import { el, setText } from "./dom";
import { figure, utc } from "./text";
import type { Alarm } from "./wire";

const nameKey = "crackle.name";

export class AckDialog {
  private readonly about = el("p", { class: "about" });
  private readonly name = el("input", { id: "ack-name", name: "by", required: "", maxlength: "64", autocomplete: "name", spellcheck: "false" });
  private readonly comment = el("textarea", { id: "ack-comment", name: "comment", maxlength: "1000", rows: "3" });
  private readonly error = el("p", { class: "error", role: "alert" });
  private readonly send = el("button", { type: "submit", class: "primary" }, "Acknowledge");
  private readonly root: HTMLDialogElement;
  private alarm: Alarm | null = null;

  constructor(private readonly done: (a: Alarm) => void) {
    const cancel = el("button", { type: "button" }, "Cancel");
    const form = el(
      "form",
      { method: "dialog" },
      el("h2", { id: "ack-title" }, "Acknowledge alarm"),
      this.about,
      el("label", { for: "ack-name" }, "Your name"),
      this.name,
      el("label", { for: "ack-comment" }, "Comment (may be left empty)"),
      this.comment,
      this.error,
      el("div", { class: "buttons" }, cancel, this.send),
    );
    this.root = el("dialog", { "aria-labelledby": "ack-title" }, form);
    document.body.append(this.root);
    cancel.addEventListener("click", () => this.root.close());
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      void this.submit();
    });
    this.comment.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) form.requestSubmit();
    });
  }

  open(a: Alarm, title: string): void {
    if (this.root.open) return;
    this.alarm = a;
    const against = a.kind === "score" ? ` Score ${figure(a.score)} against limit ${figure(a.limit)}.` : "";
    setText(this.about, `${title}, since ${utc(a.onset_time)}${a.part ? `, part ${a.part}` : ""}.${against} ${a.what}`);
    this.name.value = remembered();
    this.comment.value = "";
    setText(this.error, "");
    this.send.disabled = false;
    this.root.showModal();
    (this.name.value ? this.comment : this.name).focus();
  }

  // refresh closes the dialog's question when somebody else has answered it.
  refresh(alarms: ReadonlyMap<string, Alarm>): void {
    const now = this.alarm && alarms.get(this.alarm.id);
    if (!this.root.open || !now?.ack_by || this.send.disabled) return;
    setText(this.error, `${now.ack_by} has acknowledged this alarm meanwhile.`);
    this.send.disabled = true;
  }

  private async submit(): Promise<void> {
    const by = this.name.value.trim();
    if (!this.alarm || !by) {
      setText(this.error, "Please say who acknowledges.");
      this.name.focus();
      return;
    }
    this.send.disabled = true;
    try {
      const a = await acknowledge(this.alarm.id, by, this.comment.value);
      remember(by);
      this.root.close();
      this.done(a);
    } catch (e) {
      setText(this.error, e instanceof Error ? e.message : String(e));
      this.send.disabled = false;
    }
  }
}

function remembered(): string {
  try {
    return localStorage.getItem(nameKey) ?? "";
  } catch {
    return "";
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem(nameKey, name);
  } catch {
    // A browser that keeps nothing asks again.
  }
}
