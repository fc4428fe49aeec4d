/** One message: who, when, what, its files and reactions. Its thread, if any, is thread.js's. */

import { content } from "./blocks.js";
import { h, sync } from "./dom.js";
import { askToDelete, Editor } from "./editor.js";
import { drawFile } from "./files.js";
import { timeOfDay } from "./text.js";

const TONES = 8;
const SPOKEN_CHARS = 300; // of a message, when it gets the focus

// What Slack says of a channel's members and settings: a small line.
const SYSTEM = /^(channel|group)_(join|leave|name|topic|purpose|archive|unarchive|convert_.*|posting_.*)$|^pinned_item$/;

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
    this.problem = h("p", { class: "problem", role: "alert" });
    this.tools = this.#tools();
    this.main = h("div", { class: "main" },
      this.head, this.body, this.files, this.reactions, this.problem, this.tools);
    this.element = h("li", { class: "message", tabindex: "-1" }, this.avatar, this.main);
    this.element.view = this;
    this.body.addEventListener("click", (event) => this.#click(event.target.closest("[data-action]")));
  }

  /** Draw the message; one that cannot be drawn says so, and those after it are drawn all the same. */
  update(message) {
    this.message = message;
    this.element.dataset.ts = message.ts;
    const focused = this.body.contains(document.activeElement) || this.reactions.contains(document.activeElement)
      ? document.activeElement : null;
    try {
      this.#draw(message);
    } catch (error) {
      console.error("a message cannot be drawn", message, error);
      this.body.replaceChildren(h("div", { class: "note" }, "this message cannot be drawn"));
    }
    if (focused && !focused.isConnected) this.#refocus(focused.dataset);
  }

  #draw(message) {
    const { subtype = "" } = message;
    const author = this.app.store.author(message);
    const classes = {
      system: SYSTEM.test(subtype), gone: subtype === "tombstone", me: subtype === "me_message",
      ephemeral: message.is_ephemeral, mine: this.canChange(),
    };
    for (const [name, holds] of Object.entries(classes)) this.element.classList.toggle(name, Boolean(holds));
    this.avatar.className = `avatar ${author.isApp ? "app" : toneClass(author.id)}`;
    this.avatar.textContent = classes.gone ? "🗑" : avatarText(author, this.app.store);
    this.head.replaceChildren(
      message.is_ephemeral ? h("span", { class: "note only-you" }, "👁 Only visible to you") : "",
      h("span", { class: "author" }, author.name),
      author.isApp ? h("span", { class: "badge" }, "APP") : "",
      time(message.ts),
      message.subtype === "thread_broadcast" ? h("span", { class: "note" }, "replied to a thread") : "",
    );
    const body = h("div", { class: "body" }, h("div", {}, content(message, this.app.store)));
    if (!classes.mine) this.editor?.close();
    if (message.edited) markEdited(body, message.edited.ts);
    if (!this.body.isEqualNode(body)) this.body.replaceChildren(...body.childNodes);
    const spoken = this.body.textContent.slice(0, SPOKEN_CHARS);
    this.element.setAttribute("aria-label", `${author.name}, ${timeOf(message.ts)}: ${spoken}`);
    this.#updateFiles(message.files ?? []);
    sync(this.reactions, (message.reactions ?? []).map((reaction) => this.#chip(reaction)));
  }

  /** Open the page's one reaction menu; return false where nobody can react. */
  react() {
    if (this.element.matches(".ephemeral, .gone")) return false;
    this.#openMenu(this.addReaction);
    return true;
  }

  canChange() {
    return this.app.store.canChange(this.channel, this.message);
  }

  /** Open the message's text in a box in its place; return false where it is not one's own. */
  edit() {
    if (!this.canChange()) return false;
    if (this.editor) this.editor.box.focus();
    else this.editor = new Editor(this, { onClose: () => { this.editor = null; } });
    return true;
  }

  /** Ask whether the message is to be deleted; return false where it is not one's own. */
  remove() {
    if (!this.canChange()) return false;
    askToDelete(this);
    return true;
  }

  /** Tell the app whose button was clicked; what it answers shows by itself, what went wrong below the message. */
  async #click(button) {
    if (!button || button.getAttribute("aria-disabled")) return;
    const { action, block, url } = button.dataset;
    if (url) window.open(url, "_blank", "noopener,noreferrer");
    button.setAttribute("aria-disabled", "true"); // not `disabled`, which would take the focus away
    const problem = await this.app.click(this.channel, this.message.ts, block ?? null, action).then(() => "", String);
    button.removeAttribute("aria-disabled");
    this.problem.textContent = problem.replace(/^Error: /, "");
  }

  /** Give the focus to the button that took the place of the one that had it, or else to the message. */
  #refocus({ action, block }) {
    const twin = [...this.body.querySelectorAll("[data-action]")]
      .find(({ dataset }) => dataset.action === action && dataset.block === block);
    (twin ?? this.element).focus();
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
      type: "button", class: "chip", "data-key": name, "aria-pressed": String(mine), title: `:${name}: by ${who}`,
      "aria-label": `${name}, ${count}, by ${who}; ${mine ? "remove" : "add"} yours`,
      onclick: ({ currentTarget: chip }) =>
        this.app.react(this.channel, this.message.ts, name, chip.getAttribute("aria-pressed") === "false"),
    }, h("span", { class: "emoji" }, this.app.store.emoji(name)), h("span", {}, count));
  }

  #tools() {
    const tool = (label, icon, onclick, properties = {}) =>
      h("button", { type: "button", title: label, "aria-label": label, onclick, ...properties }, icon);
    this.addReaction = tool("Add reaction", "☺︎", () => this.react());
    const reply = this.onReply && tool("Reply in thread", "↩︎", this.onReply);
    const own = { class: "own" }; // shown on one's own messages only
    return h("div", { class: "tools" }, this.addReaction, reply,
      tool("Edit message", "✎", () => this.edit(), own), tool("Delete message", "✕", () => this.remove(), { class: "own away" }));
  }

  /** Open the page's one reaction menu beside the button that asked for it. */
  #openMenu(anchor) {
    const menu = document.getElementById("reaction-menu");
    const choose = (name) => () => {
      menu.hidePopover();
      this.app.react(this.channel, this.message.ts, name, true);
    };
    menu.replaceChildren(...MENU.map((name) => h("button", {
      type: "button", title: `:${name}:`, "aria-label": name, onclick: choose(name),
    }, this.app.store.emoji(name))));
    menu.showPopover();
    const [box, at] = [menu.getBoundingClientRect(), anchor.getBoundingClientRect()];
    menu.style.left = `${Math.max(8, Math.min(at.right - box.width, innerWidth - box.width - 8))}px`;
    menu.style.top = `${at.top > box.height + 8 ? at.top - box.height - 4 : at.bottom + 4}px`;
    menu.focus(); // and no button: whoever types a name and Enter would have chosen the first, which approves
  }
}

/** Say so at the end of the last line where there is one, else below. */
function markEdited(body, ts) {
  const last = body.firstElementChild.lastElementChild;
  const place = last?.matches(".text, .section") ? last : body;
  place.append(h("span", { class: "note", title: fullTime(ts) }, " (edited)"));
}

/** Draw a message's time of day; its full date is the tooltip. */
export function time(ts) {
  const at = new Date(Number(ts) * 1000);
  return h("time", { datetime: at.toISOString(), title: fullTime(ts) }, timeOf(ts));
}

/** Draw somebody small and square, in the colour that is his everywhere. */
export function face(author, names) {
  return h("span", { class: `face ${author.isApp ? "app" : toneClass(author.id)}`, title: author.name,
    "aria-hidden": "true" }, avatarText(author, names));
}

/** Name the CSS class that has a person's colour. */
export function toneClass(id) {
  return `tone-${[...id].reduce((sum, char) => sum * 31 + char.codePointAt(0), 7) % TONES}`;
}

function timeOf(ts) {
  return timeOfDay(new Date(Number(ts) * 1000));
}

function fullTime(ts) {
  return new Date(Number(ts) * 1000).toLocaleString(undefined, { dateStyle: "full", timeStyle: "medium" });
}

function avatarText({ name, isApp, icon }, names) {
  if (icon) return names.emoji(icon);
  return isApp ? "🤖" : [...name][0].toUpperCase();
}

