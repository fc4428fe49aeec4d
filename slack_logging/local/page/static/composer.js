/** A box to write in: Enter sends, Shift+Enter begins a line. What could not be sent stays, and the reason is shown. */

import { h } from "./dom.js";
import { face } from "./message.js";

export class Composer {
  /** `app` knows who writes (see page.js). `send(text)` is awaited; the error it throws is shown. */
  constructor(app, send) {
    this.app = app;
    this.send = send;
    this.speaker = h("button", { type: "button", class: "speaker", onclick: () => app.nextPerson() });
    this.box = h("textarea", { rows: "1", onkeydown: (event) => this.#key(event) });
    this.button = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send (Enter)" }, "➤");
    this.problem = h("p", { class: "problem", role: "alert" });
    this.element = h("form", { class: "composer", onsubmit: (event) => this.#submit(event) },
      h("div", { class: "composer-row" }, this.speaker, this.box, this.button), this.problem);
  }

  /** Say what writing here does, for example `Message #ops-commands as ada`, or why it is not possible. */
  label(text, { isOpen = true } = {}) {
    this.box.disabled = !isOpen;
    this.box.setAttribute("placeholder", text);
    this.box.setAttribute("aria-label", text);
    const { store } = this.app;
    const label = `Speaking as ${store.user(store.me)}; switch person`;
    this.speaker.setAttribute("aria-label", label);
    this.speaker.setAttribute("title", `${label} (u)`);
    this.speaker.replaceChildren(face(store.author({ user: store.me }), store));
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    this.#submit(event);
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.box.value;
    if (text.trim() === "" || this.button.disabled) return;
    this.button.disabled = true;
    try {
      await this.send(text);
      if (this.box.value === text) this.box.value = ""; // else more was typed meanwhile
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = `Not sent: ${error.message}`;
    } finally {
      this.button.disabled = false;
    }
  }
}
