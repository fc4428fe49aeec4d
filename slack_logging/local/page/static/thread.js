/** A message's thread, opened in place: a line that counts the replies; when open, the replies and a box to reply. */

import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { MessageList } from "./list.js";
import { face, MessageView, time } from "./message.js";

const FACES = 4;

export class Thread {
  constructor(app, channel, ts) {
    Object.assign(this, { app, channel, ts });
    this.messages = [];
    this.isOpen = false;
    this.summary = h("button", { type: "button", class: "thread-summary", onclick: () => this.show(!this.isOpen) });
    this.element = h("div", { class: "thread" }, this.summary);
  }

  update(messages) {
    this.messages = messages;
    this.#draw();
  }

  /** Open the thread, or close it. */
  show(isOpen) {
    this.isOpen = isOpen;
    this.#draw();
  }

  /** Open the thread if there is one, or close it; return false if there is none. */
  toggle() {
    if (!this.isOpen && this.messages.length === 0) return false;
    this.show(!this.isOpen);
    return true;
  }

  /** Open the thread to write in it. */
  write() {
    this.show(true);
    this.composer.box.focus();
    return true;
  }

  #draw() {
    const [count, last] = [this.messages.length, this.messages.at(-1)];
    this.summary.hidden = count === 0 && !this.isOpen;
    this.summary.setAttribute("aria-expanded", String(this.isOpen));
    const label = this.isOpen ? "Close thread" : count === 1 ? "1 reply" : `${count} replies`;
    this.summary.replaceChildren(...(this.isOpen ? [] : this.#faces()), h("b", {}, label),
      ...(last && !this.isOpen ? [h("span", { class: "note" }, "last at ", time(last.ts))] : []));
    if (this.isOpen && !this.replies) this.#build();
    if (this.replies) this.replies.hidden = !this.isOpen;
    if (!this.isOpen) return;
    this.list.sync(this.messages);
    this.composer.label(`Reply as ${this.app.store.user(this.app.store.me)}`);
  }

  /** Draw who answered, each once. */
  #faces() {
    const authors = this.messages.map((message) => this.app.store.author(message));
    const each = new Map(authors.map((author) => [author.name, author]));
    return [...each.values()].slice(0, FACES).map((author) => face(author, this.app.store));
  }

  /** Make what only an open thread needs: most never are. */
  #build() {
    this.list = new MessageList(() => new MessageView(this.app, this.channel));
    this.composer = new Composer(this.app, (text) => this.app.say(this.channel, text, this.ts));
    this.replies = h("div", { class: "replies" }, this.list.element, this.composer.element);
    this.element.append(this.replies);
  }
}
