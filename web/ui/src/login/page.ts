// The page before all others, where somebody has to log in.
import { el, setText } from "../kit/dom";
import { post, words } from "../live/api";
import type { House, Page } from "../shell/page";

export class LoginPage implements Page {
  readonly title = "Log in";
  readonly root: HTMLElement;
  private readonly user = el("input", { id: "user", name: "user", autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: "64", required: "" });
  private readonly password = el("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", maxlength: "1000", required: "" });
  private readonly error = el("p", { class: "error", role: "alert" });
  private readonly send = el("button", { type: "submit", class: "primary" }, "Log in");

  constructor(private readonly house: House) {
    const form = el(
      "form",
      { class: "panel login", novalidate: "" },
      el("h1", {}, "Log in to Crackle"),
      el("div", { class: "field" }, el("label", { for: "user" }, "User"), this.user),
      el("div", { class: "field" }, el("label", { for: "password" }, "Password"), this.password),
      this.error,
      this.send,
      el("p", { class: "sub" }, "No login, or the password forgotten? Whoever runs the monitor makes one with ", el("code", {}, "crackle user"), "."),
    );
    this.root = el("div", { class: "login-page" }, form);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      void this.submit();
    });
    queueMicrotask(() => this.user.focus());
  }

  private async submit(): Promise<void> {
    const missing = [this.user, this.password].find((i) => i.value === "");
    if (missing) {
      setText(this.error, missing === this.user ? "Please say who you are." : "Please give the password.");
      missing.focus();
      return;
    }
    this.send.disabled = true;
    setText(this.error, "");
    try {
      await post("login", { user: this.user.value, password: this.password.value });
      this.password.value = "";
      await this.house.entered();
    } catch (e) {
      setText(this.error, words(e));
      this.password.select();
    }
    this.send.disabled = false;
  }
}
