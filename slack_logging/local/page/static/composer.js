/**
 * A box to write in: Enter sends, Shift+Enter begins a line. The box is free at once, and what was sent arrives in order.
 * What could not be sent is put back, with all that waited behind it, and the reason is shown.
 */

import { h } from "./dom.js";
import { face } from "./message.js";

export class Composer {
  /** `app` knows who writes (see page.js). `send(text)` is awaited; the error it throws is shown. */
  constructor(app, send) {
    this.app = app;
    this.send = send;
    this.waiting = []; // what to send, oldest first: a text, and the label it was written under; the first is on its way
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
    this.place = text;
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

  #submit(event) {
    event.preventDefault();
    const text = this.box.value;
    if (text.trim() === "") return;
    this.box.value = "";
    if (this.waiting.push({ text, place: this.place }) === 1) this.#sendAll();
  }

  async #sendAll() {
    try {
      while (this.waiting.length) {
        const [{ text, place }] = this.waiting;
        if (place !== this.place) throw new Error(`it was written under "${place}"`); // nor in another's name or channel
        await this.send(text);
        this.waiting.shift();
        this.problem.textContent = "";
      }
    } catch (error) {
      const typed = this.box.value ? [this.box.value] : [];
      this.box.value = [...this.waiting.map(({ text }) => text), ...typed].join("\n");
      this.waiting = [];
      this.problem.textContent = `Not sent: ${error.message}`;
    }
  }
}
