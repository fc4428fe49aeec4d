/** One message: who, when, what, its files and reactions. Its thread, if any, is thread.js's. */

import { content } from "./blocks.js";
import { h } from "./dom.js";

const TONES = 8;
const TEXT_FILES = /^text\/|json|xml|\.(log|txt|csv|md|ya?ml|toml|py)$/;
const IMAGE_FILES = /^image\/(png|jpeg|gif|webp)$/;
const PREVIEW_CHARS = 20_000;

/** What the reaction menu offers: the orders that people give by emoji, then the marks that a bot sets. */
const MENU = [
  "+1", "repeat", "octagonal_sign", "mute", "eyes", "white_check_mark", "x", "no_entry",
  "grey_question", "hourglass_flowing_sand", "zzz", "warning", "skull", "tada",
];

export class MessageView {
  /**
   * `app` acts for the person at the page (see page.js). `onReply`, where the message may have a thread, opens it.
   */
  constructor(app, channel, { onReply } = {}) {
    this.app = app;
    this.channel = channel;
    this.onReply = onReply;
    this.avatar = h("div", { class: "avatar", "aria-hidden": "true" });
    this.head = h("div", { class: "head" });
    this.body = h("div", { class: "body" });
    this.files = h("div", { class: "files" });
    this.reactions = h("div", { class: "reactions" });
    this.main = h("div", { class: "main" }, this.head, this.body, this.files, this.reactions, this.#tools());
    this.element = h("li", { class: "message", tabindex: "-1" }, this.avatar, this.main);
  }

  update(message) {
    this.message = message;
    const author = this.app.store.author(message);
    this.avatar.className = author.isApp ? "avatar app" : `avatar tone-${tone(author.id)}`;
    this.avatar.textContent = avatarText(author, this.app.store);
    this.head.replaceChildren(
      h("span", { class: "author" }, author.name),
      author.isApp ? h("span", { class: "badge" }, "APP") : "",
      time(message.ts),
      message.subtype === "thread_broadcast" ? h("span", { class: "note" }, "replied to a thread") : "",
    );
    this.body.replaceChildren(h("div", {}, content(message, this.app.store)));
    if (message.edited) this.#markEdited(message.edited.ts);
    this.#updateFiles(message.files ?? []);
    this.reactions.replaceChildren(...(message.reactions ?? []).map((reaction) => this.#chip(reaction)));
  }

  /** Say so at the end of the last line where there is one, else below. */
  #markEdited(ts) {
    const last = this.body.firstElementChild.lastElementChild;
    const place = last?.matches(".text, .section") ? last : this.body;
    place.append(h("span", { class: "note", title: fullTime(ts) }, " (edited)"));
  }

  /** Redraw only when other files came: an open preview stays open while reactions change. */
  #updateFiles(files) {
    const ids = files.map((file) => file.id).join();
    if (ids === this.fileIds) return;
    this.fileIds = ids;
    this.files.replaceChildren(...files.map(drawFile));
  }

  #chip({ name, users, count }) {
    const mine = users.includes(this.app.store.me);
    const who = users.map((id) => this.app.store.user(id)).join(", ");
    return h("button", {
      type: "button", class: "chip", "aria-pressed": String(mine), title: `:${name}: by ${who}`,
      "aria-label": `${name}, ${count}, by ${who}; ${mine ? "remove" : "add"} yours`,
      onclick: () => this.app.react(this.channel, this.message.ts, name, !mine),
    }, h("span", { class: "emoji" }, this.app.store.emoji(name)), h("span", {}, count));
  }

  #tools() {
    const tool = (label, icon, onclick) =>
      h("button", { type: "button", title: label, "aria-label": label, onclick }, icon);
    const add = tool("Add reaction", "☺︎", () => this.#openMenu(add));
    const reply = this.onReply && tool("Reply in thread", "↩︎", this.onReply);
    return h("div", { class: "tools" }, add, reply);
  }

  /** Open the page's one reaction menu beside the button that asked for it. */
  #openMenu(anchor) {
    const menu = document.getElementById("reaction-menu");
    const choose = (name) => () => {
      menu.hidePopover();
      anchor.focus();
      this.app.react(this.channel, this.message.ts, name, true);
    };
    menu.replaceChildren(...MENU.map((name) => h("button", {
      type: "button", title: `:${name}:`, "aria-label": name, onclick: choose(name),
    }, this.app.store.emoji(name))));
    menu.showPopover();
    const [box, at] = [menu.getBoundingClientRect(), anchor.getBoundingClientRect()];
    menu.style.left = `${Math.max(8, Math.min(at.right - box.width, innerWidth - box.width - 8))}px`;
    menu.style.top = `${at.top > box.height + 8 ? at.top - box.height - 4 : at.bottom + 4}px`;
    menu.firstElementChild.focus();
  }
}

/** Draw a message's time of day; its full date is the tooltip. */
export function time(ts) {
  const at = new Date(Number(ts) * 1000);
  const shown = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  return h("time", { datetime: at.toISOString(), title: fullTime(ts) }, shown);
}

function fullTime(ts) {
  return new Date(Number(ts) * 1000).toLocaleString(undefined, { dateStyle: "full", timeStyle: "medium" });
}

function avatarText({ name, isApp, icon }, names) {
  if (icon) return names.emoji(icon);
  return isApp ? "🤖" : [...name][0].toUpperCase();
}

function tone(id) {
  return [...id].reduce((sum, char) => sum * 31 + char.codePointAt(0), 7) % TONES;
}

function drawFile({ id, name, title, size, mimetype = "" }) {
  const url = `/page/files/${encodeURIComponent(id)}`;
  const card = h("div", { class: "file" },
    h("span", { class: "file-icon", "aria-hidden": "true" }, IMAGE_FILES.test(mimetype) ? "🖼" : "📄"),
    h("a", { href: url, download: name }, title || name),
    h("span", { class: "note" }, title && title !== name ? `${name}, ` : "", fileSize(size)));
  const picture = IMAGE_FILES.test(mimetype) && h("img", { src: url, alt: title || name, loading: "lazy" });
  return h("div", {}, card, picture || (TEXT_FILES.test(`${mimetype} ${name}`) && preview(url)));
}

function preview(url) {
  const shown = h("pre", { tabindex: "0" }, "Loading ...");
  const load = async () => {
    const response = await fetch(url).catch(() => null);
    const text = response?.ok ? await response.text() : "The file could not be loaded.";
    shown.textContent = text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}\n... (the file has more)` : text;
  };
  const details = h("details", { ontoggle: () => details.open && load() }, h("summary", {}, "Preview"), shown);
  return details;
}

function fileSize(bytes) {
  if (bytes == null) return "";
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1000 ** 2 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1000 ** 2).toFixed(1)} MB`;
}
