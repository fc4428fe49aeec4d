/** One channel on the page: a picker, the channel's messages with their threads, and a box to write in. */

import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { MessageList } from "./list.js";
import { MessageView } from "./message.js";
import { Thread } from "./thread.js";

const NEAR_END = 80; // pixels from the end within which new messages pull the view along

export class Pane {
  constructor(app, { onPick }) {
    this.app = app;
    this.channel = null;
    const pick = () => { this.show(this.picker.value); onPick(); };
    this.picker = h("select", { class: "picker", "aria-label": "Channel", onchange: pick });
    this.empty = h("div", { class: "empty" });
    this.scroller = h("div", { class: "scroller", tabindex: "0", onscroll: () => this.#scrolled() }, this.empty);
    this.jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.#toEnd() },
      "New messages ↓");
    this.composer = new Composer(async (text) => { await app.say(this.channel, text); this.#toEnd(); });
    this.element = h("section", { class: "pane" },
      h("header", {}, this.picker), this.scroller, this.jump, this.composer.element);
    this.lastTop = 0;
    this.sizes = new ResizeObserver(() => this.following && this.#toEnd()); // pictures load late, boxes grow
    this.sizes.observe(this.scroller);
  }

  /** Show another channel from its newest message. */
  show(channel) {
    this.channel = channel;
    if (this.list) {
      this.sizes.unobserve(this.list.element);
      this.list.element.remove();
    }
    this.list = new MessageList((ts) => this.#item(ts), { showDays: true });
    this.scroller.append(this.list.element);
    this.sizes.observe(this.list.element);
    this.redraw();
    this.#toEnd();
  }

  /** Draw again all that depends on the store: after a reload, or when another person writes. */
  redraw() {
    const { store } = this.app;
    this.picker.replaceChildren(...[...store.channels.values()].map((channel) =>
      h("option", { value: channel.id, selected: channel.id === this.channel }, optionText(channel, store))));
    const title = store.title(this.channel);
    this.element.setAttribute("aria-label", title);
    if (!store.isArchived(this.channel)) this.composer.label(`Message ${title} as ${store.user(store.me)}`);
    else this.composer.label(`${title} is archived: it can only be read`, { isOpen: false });
    this.#keepPlace(() => this.list.sync(store.topLevel(this.channel)));
    this.#updateEmpty();
  }

  /** Draw what some changes touched: top-level messages, and those whose threads are another. */
  apply(changes) {
    const { store } = this.app;
    this.#keepPlace(() => {
      for (const ts of new Set(changes.flatMap((change) => [change.ts, change.root ?? change.ts]))) {
        const message = store.shown(this.channel, ts);
        if (message) this.list.set(message);
        else this.list.remove(ts);
      }
      const answers = changes.filter((change) => change.isNew && store.isAnswer(this.channel, change.ts));
      for (const { root } of answers) this.list.items.get(root)?.thread.show(true);
    });
    if (!this.following && changes.some((change) => change.isNew)) this.jump.hidden = false;
    this.#updateEmpty();
  }

  #item(ts) {
    const { app, channel } = this;
    const thread = new Thread(app, channel, ts);
    const view = new MessageView(app, channel, { onReply: () => thread.write() });
    view.main.append(thread.element);
    const item = { element: view.element, thread };
    item.update = (message) => {
      item.message = message;
      view.update(message);
      thread.update(app.store.replies(channel, message.ts));
    };
    return item;
  }

  #updateEmpty() {
    const title = this.app.store.title(this.channel);
    const hint = title.includes("command") ? "Type !help below and press Enter." : "What programs post appears here.";
    this.empty.replaceChildren(h("b", {}, `Nothing in ${title} yet`), h("p", {}, hint));
    this.empty.hidden = this.list.items.size > 0;
  }

  /** Stay at the end if the reader is there, and else where the reader is. */
  #keepPlace(draw) {
    const { following } = this;
    draw();
    if (following) this.#toEnd();
  }

  /** Only who scrolls up stops following: content that grows under the reader scrolls nothing, yet moves the end away. */
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END) this.following = true;
    else if (scrollTop < this.lastTop) this.following = false;
    this.lastTop = scrollTop;
    if (this.following) this.jump.hidden = true;
  }

  #toEnd() {
    this.following = true;
    this.jump.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

function optionText({ id, is_private: isPrivate, is_direct: isDirect, is_archived: isArchived }, store) {
  return `${isPrivate && !isDirect ? "🔒 " : ""}${store.title(id)}${isArchived ? " (archived)" : ""}`;
}
