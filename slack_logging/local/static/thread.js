/** A message's thread, opened in place: a line that counts the replies, and when open the replies and a box to reply. */

import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { MessageList } from "./list.js";
import { MessageView, time } from "./message.js";

export class Thread {
  constructor(app, channel, ts) {
    this.app = app;
    this.summary = h("button", { type: "button", class: "thread-summary", "aria-expanded": "false",
      onclick: () => this.toggle(this.replies.hidden) });
    this.list = new MessageList(() => new MessageView(app, channel));
    this.composer = new Composer((text) => app.say(channel, text, ts));
    this.replies = h("div", { class: "replies", hidden: true }, this.list.element, this.composer.element);
    this.element = h("div", { class: "thread" }, this.summary, this.replies);
    this.count = 0;
  }

  update(replies) {
    this.count = replies.length;
    this.#summarise(replies.at(-1));
    this.messages = replies;
    if (!this.replies.hidden) this.list.sync(replies);
  }

  toggle(open) {
    this.replies.hidden = !open;
    this.#summarise(this.messages.at(-1));
    if (!open) return;
    this.list.sync(this.messages);
    this.composer.label(`Reply as ${this.app.store.user(this.app.store.me)}`);
    this.composer.box.focus();
  }

  #summarise(last) {
    const open = !this.replies.hidden;
    this.summary.hidden = this.count === 0 && !open;
    this.summary.setAttribute("aria-expanded", String(open));
    const count = this.count === 1 ? "1 reply" : `${this.count} replies`;
    this.summary.replaceChildren(h("b", {}, open ? "Close thread" : count),
      ...(last && !open ? [h("span", { class: "note" }, "last at ", time(last.ts))] : []));
  }
}
