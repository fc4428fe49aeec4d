/** One channel on the page: a picker, the channel's messages with their threads, and a box to write in. */

import { Composer } from "./composer.js";
import { h, sync } from "./dom.js";
import { MessageList } from "./list.js";
import { MessageView } from "./message.js";
import { Thread } from "./thread.js";

const NEAR_END = 80; // pixels from the end within which new messages pull the view along

export class Pane {
  /** `onRead` is called after the channel was read, or another one chosen. */
  constructor(app, { onRead }) {
    this.app = app;
    this.onRead = onRead;
    this.channel = null;
    this.isShown = true;
    this.picker = h("select", { class: "picker", "aria-label": "Channel", onchange: () => this.show(this.picker.value) });
    this.elsewhere = h("div", { class: "elsewhere" });
    this.empty = h("div", { class: "empty" });
    this.scroller = h("div", {
      class: "scroller", tabindex: "0", role: "group", "aria-label": "Messages", onscroll: () => this.#scrolled(),
      onclick: ({ target }) => this.#tapped(target),
    }, this.empty);
    this.jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.#toEnd() },
      "New messages ↓");
    this.composer = new Composer(app, (text) => this.#say(text));
    this.element = h("section", { class: "pane" },
      h("header", {}, this.picker, this.elsewhere), this.scroller, this.jump, this.composer.element);
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
    const [firstNew] = this.app.store.unread(channel);
    this.redraw();
    this.#mark(firstNew?.ts ?? null);
    this.#toEnd();
    this.onRead();
  }

  /** Take what the reader sees for read; above what came while nobody looked a line says so. */
  read() {
    const { store } = this.app;
    const [first] = store.unread(this.channel);
    const isRead = this.following && this.isShown && document.hasFocus();
    if (first && first.ts > (this.newSince ?? "")) this.#mark(isRead ? null : first.ts);
    if (isRead) store.markRead(this.channel);
  }

  /** Draw the line above what came while the page was away, though the reader looks now. */
  catchUp() {
    const [first] = this.app.store.unread(this.channel);
    if (first) this.#mark(first.ts);
  }

  /** Take the line above the new messages away: they were seen. */
  settle() {
    this.#mark(null);
  }

  /** Show how much is new in the channels, and offer those that no pane shows. */
  offer(channels) {
    const { store } = this.app;
    this.#updatePicker();
    sync(this.elsewhere, channels.map((channel) => {
      const count = store.unread(channel).length;
      return h("button", {
        type: "button", "data-key": channel, "aria-label": `Show ${store.title(channel)} ${count} new`,
        onclick: () => this.show(channel),
      }, store.title(channel), " ", h("span", { class: "count" }, count));
    }));
  }

  /** Focus the message `step` further down from the focused one, or the last one. */
  move(step) {
    const all = [...this.scroller.querySelectorAll(".message")].filter((element) => element.offsetParent);
    const at = all.indexOf(document.activeElement?.closest(".message"));
    const next = at < 0 ? all.at(-1) : all[Math.max(0, Math.min(at + step, all.length - 1))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  /** Draw again all that depends on the store: after a reload, or when another person writes. */
  redraw() {
    const { store } = this.app;
    this.#updatePicker();
    const title = store.title(this.channel);
    this.element.setAttribute("aria-label", title);
    const me = store.user(store.me);
    const closed = !store.canSee(this.channel) ? `${me} is not in ${title}: it is private`
      : store.isArchived(this.channel) ? `${title} is archived: it can only be read` : "";
    this.composer.label(closed || `Message ${title} as ${me}`, { isOpen: !closed });
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
    const isNew = changes.some((change) => change.isNew && store.shown(this.channel, change.ts));
    if (isNew && !this.following) this.jump.hidden = false;
    this.#updateEmpty();
  }

  async #say(text) {
    await this.app.say(this.channel, text);
    this.settle();
    this.#toEnd();
  }

  #mark(ts) {
    this.newSince = ts;
    this.list.mark(ts);
  }

  #item(ts) {
    const { app, channel } = this;
    const thread = new Thread(app, channel, ts);
    const view = new MessageView(app, channel, { onReply: () => thread.write() });
    view.main.append(thread.element);
    const item = { element: view.element, thread };
    view.element.thread = thread;
    item.update = (message) => {
      item.message = message;
      view.update(message);
      thread.update(app.store.replies(channel, message.ts));
    };
    return item;
  }

  /** Make the options anew only if they read otherwise: somebody may be choosing. */
  #updatePicker() {
    const { store } = this.app;
    const options = [...store.channels.values()].map((channel) =>
      h("option", { value: channel.id, selected: channel.id === this.channel }, optionText(channel, store)));
    const shown = options.map(({ value, text }) => value + text).join("\n") + this.channel;
    if (shown === this.options) return;
    this.options = shown;
    this.picker.replaceChildren(...options);
  }

  #updateEmpty() {
    const { store } = this.app;
    const title = store.title(this.channel);
    const hint = title.includes("command") ? "Type !help below and press Enter." : "What programs post appears here.";
    this.empty.replaceChildren(...(store.canSee(this.channel)
      ? [h("b", {}, `Nothing in ${title} yet`), h("p", {}, hint)]
      : [h("b", {}, `Only members see ${title}`), h("p", {}, "Be another person, or have this one invited.")]));
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
    if (!this.following || this.jump.hidden) return;
    this.jump.hidden = true;
    this.onRead();
  }

  /**
   * Let the tapped message, and no other, have its buttons below it (see message.css), in view if its end is. That
   * waits for the click: what moved at a touch's beginning, as with `:hover` and `:focus`, would not get the click.
   */
  #tapped(target) {
    if (target.closest("button, a, summary, textarea")) return;
    for (const other of this.scroller.querySelectorAll(".tapped")) other.classList.remove("tapped");
    const message = target.closest(".message");
    if (!message) return;
    message.classList.add("tapped");
    const { tools } = message.view;
    const isBelow = getComputedStyle(tools).position === "static";
    const isNear = tools.getBoundingClientRect().top <= this.scroller.getBoundingClientRect().bottom;
    if (isBelow && isNear) tools.scrollIntoView({ block: "nearest" });
  }

  #toEnd() {
    this.following = true;
    if (!this.jump.hidden) this.onRead();
    this.jump.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

function optionText({ id, is_private: isPrivate, is_direct: isDirect, is_archived: isArchived }, store) {
  const count = store.unread(id).length;
  const notes = `${isArchived ? " (archived)" : ""}${store.canSee(id) ? "" : " (not a member)"}${count ? ` (${count} new)` : ""}`;
  return `${isPrivate && !isDirect ? "🔒 " : ""}${store.title(id)}${notes}`;
}
