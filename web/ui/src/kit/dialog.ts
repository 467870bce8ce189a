// The one dialog of the page: a question with a few fields, sent by a button, and what became of it.
import { words } from "../live/api";
import { el, setText } from "./dom";

export interface Field {
  name: string;
  label: string;
  kind?: "line" | "text" | "number" | "tick" | "choice";
  value?: string;
  required?: string; // what to say when it is empty
  options?: [value: string, text: string][];
  attrs?: Record<string, string>;
}

export interface Question {
  title: string;
  about: string;
  fields: Field[];
  send: string; // the word on the button
  act: (values: Record<string, string>) => Promise<void>;
  overtaken?: () => string; // what has made the question pointless meanwhile; "" when nothing has
}

type Input = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

class Asker {
  private readonly title = el("h2", { id: "dialog-title" });
  private readonly about = el("p", { class: "about" });
  private readonly fields = el("div", { class: "fields" });
  private readonly error = el("p", { class: "error", role: "alert" });
  private readonly send = el("button", { type: "submit", class: "primary" });
  private readonly root: HTMLDialogElement;
  private inputs = new Map<Field, Input>();
  private question: Question | null = null;

  constructor() {
    const cancel = el("button", { type: "button" }, "Cancel");
    const form = el("form", { method: "dialog", novalidate: "" }, this.title, this.about, this.fields, this.error, el("div", { class: "buttons" }, cancel, this.send));
    this.root = el("dialog", { "aria-labelledby": "dialog-title" }, form);
    document.body.append(this.root);
    cancel.addEventListener("click", () => this.root.close());
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      void this.submit();
    });
    form.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) form.requestSubmit();
    });
  }

  ask(q: Question): void {
    if (this.root.open) return;
    this.question = q;
    setText(this.title, q.title);
    setText(this.about, q.about);
    setText(this.send, q.send);
    setText(this.error, "");
    this.send.disabled = false;
    this.inputs = new Map(q.fields.map((f) => [f, input(f)]));
    this.fields.replaceChildren(...[...this.inputs].map(([f, i]) => row(f, i)));
    this.root.showModal();
    const list = [...this.inputs.values()];
    (list.find((i) => i.value === "") ?? list[0] ?? this.send).focus();
  }

  // refresh closes the question when it has become pointless.
  refresh(): void {
    const why = this.root.open && !this.send.disabled ? this.question?.overtaken?.() : "";
    if (!why) return;
    setText(this.error, why);
    this.send.disabled = true;
  }

  private async submit(): Promise<void> {
    const q = this.question;
    if (!q || this.send.disabled) return;
    const values: Record<string, string> = {};
    for (const [f, i] of this.inputs) {
      const tick = i instanceof HTMLInputElement && i.type === "checkbox";
      values[f.name] = tick ? String(i.checked) : f.kind === "text" ? i.value : i.value.trim();
      if (f.required && !values[f.name]) {
        setText(this.error, f.required);
        i.focus();
        return;
      }
    }
    this.send.disabled = true;
    try {
      await q.act(values);
      this.root.close();
    } catch (e) {
      setText(this.error, words(e));
      this.send.disabled = false;
    }
  }
}

function input(f: Field): Input {
  const attrs = { id: `ask-${f.name}`, name: f.name, ...f.attrs };
  let made: Input;
  if (f.kind === "text") made = el("textarea", { rows: "3", maxlength: "1000", ...attrs });
  else if (f.kind === "choice") made = el("select", attrs, ...(f.options ?? []).map(([v, t]) => el("option", { value: v }, t)));
  else if (f.kind === "tick") made = el("input", { type: "checkbox", ...attrs });
  else if (f.kind === "number") made = el("input", { type: "number", inputmode: "numeric", ...attrs });
  else made = el("input", { maxlength: "64", spellcheck: "false", ...attrs });
  if (f.kind !== "tick") made.value = f.value ?? made.value;
  return made;
}

function row(f: Field, i: Input): HTMLElement {
  const label = el("label", { for: i.id }, f.label);
  return el("div", { class: f.kind === "tick" ? "field tick" : "field" }, ...(f.kind === "tick" ? [i, label] : [label, i]));
}

let asker: Asker | null = null;

// ask opens the dialog, unless it is open already.
export function ask(q: Question): void {
  asker ??= new Asker();
  asker.ask(q);
}

// refreshQuestion lets an open dialog say that somebody else was faster.
export function refreshQuestion(): void {
  asker?.refresh();
}
