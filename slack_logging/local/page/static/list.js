/** An ordered list of messages that redraws only what changed; a line begins each day, runs of one author are close. */

import { h } from "./dom.js";

const CLOSE_SECONDS = 300;

// What stands for itself even beside the same author's other messages.
const STANDING = /^(thread_broadcast|tombstone|(channel|group)_.*)$/;

export class MessageList {
  /** `makeItem(ts)` makes what draws one message: an `element`, its `message`, and `update(message)`. */
  constructor(makeItem, { showDays = false } = {}) {
    this.makeItem = makeItem;
    this.showDays = showDays;
    this.items = new Map();
    this.element = h("ol", { class: "messages" });
  }

  /** Show exactly these messages, given oldest first. */
  sync(messages) {
    const wanted = new Set(messages.map((message) => message.ts));
    for (const ts of this.items.keys()) if (!wanted.has(ts)) this.remove(ts);
    for (const message of messages) this.set(message);
  }

  /** Draw a message, or draw it again, in its place by `ts`. */
  set(message) {
    let item = this.items.get(message.ts);
    if (!item) {
      item = this.makeItem(message.ts);
      item.element.item = item;
      this.items.set(message.ts, item);
      this.#insert(item.element, message.ts);
    }
    item.update(message);
    this.#join(item.element);
    this.#join(item.element.nextElementSibling);
  }

  /** Draw the line above the first new message; null takes it away. */
  mark(ts) {
    this.marked?.removeAttribute("data-new");
    this.marked = this.items.get(ts)?.element;
    this.marked?.setAttribute("data-new", "New");
  }

  remove(ts) {
    const item = this.items.get(ts);
    if (!item) return;
    const next = item.element.nextElementSibling;
    item.element.remove();
    this.items.delete(ts);
    this.#join(next);
  }

  #insert(element, ts) {
    let before = this.element.lastElementChild;
    while (before && before.item.message.ts > ts) before = before.previousElementSibling;
    if (before) before.after(element);
    else this.element.prepend(element);
  }

  /** Mark a message that follows closely on one of the same author, or that begins a day. */
  #join(element) {
    if (!element) return;
    const [message, previous] = [element.item.message, element.previousElementSibling?.item.message];
    const day = dayOf(message);
    const startsDay = this.showDays && (!previous || dayOf(previous) !== day);
    element.classList.toggle("close", Boolean(previous) && !startsDay && isClose(previous, message));
    if (startsDay) element.dataset.day = day;
    else delete element.dataset.day;
  }
}

function dayOf({ ts }) {
  return new Date(Number(ts) * 1000).toLocaleDateString(undefined, { weekday: "long", month: "long", day: "numeric" });
}

function isClose(previous, message) {
  const sameAuthor = ["user", "bot_id", "username"].every((field) => previous[field] === message[field]);
  const sameKind = message.subtype === previous.subtype || ![message, previous].some((one) => STANDING.test(one.subtype));
  return sameAuthor && sameKind && Boolean(message.is_ephemeral) === Boolean(previous.is_ephemeral) && Number(message.ts) - Number(previous.ts) < CLOSE_SECONDS;
}
