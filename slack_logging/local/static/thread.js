/** A message's thread, opened in place: a line that counts the replies; when open, the replies and a box to reply. */

import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { MessageList } from "./list.js";
import { MessageView, time } from "./message.js";

export class Thread {
  constructor(app, channel, ts) {
    this.app = app;
    this.summary = h("button", { type: "button", class: "thread-summary", "aria-expanded": "false",
      onclick: () => this.show(this.replies.hidden) });
    this.list = new MessageList(() => new MessageView(app, channel));
    this.composer = new Composer((text) => app.say(channel, text, ts));
    this.replies = h("div", { class: "replies", hidden: true }, this.list.element, this.composer.element);
    this.element = h("div", { class: "thread" }, this.summary, this.replies);
    this.messages = [];
  }

  update(messages) {
    this.messages = messages;
    this.#draw();
  }

  /** Open the thread, or close it. */
  show(open) {
    this.replies.hidden = !open;
    this.#draw();
  }

  /** Open the thread to write in it. */
  write() {
    this.show(true);
    this.composer.box.focus();
  }

  #draw() {
    const open = !this.replies.hidden;
    const [count, last] = [this.messages.length, this.messages.at(-1)];
    this.summary.hidden = count === 0 && !open;
    this.summary.setAttribute("aria-expanded", String(open));
    this.summary.replaceChildren(h("b", {}, open ? "Close thread" : count === 1 ? "1 reply" : `${count} replies`),
      ...(last && !open ? [h("span", { class: "note" }, "last at ", time(last.ts))] : []));
    if (!open) return;
    this.list.sync(this.messages);
    this.composer.label(`Reply as ${this.app.store.user(this.app.store.me)}`);
  }
}
