/** What people do to their own messages: change the text in a box in its place, or have it deleted once they say so. */

import { h } from "./dom.js";
import { visibleText } from "./text.js";

const QUOTED_CHARS = 300; // of the message, in the question whether it is to go

/** A box in place of a message's text: Enter saves, Shift+Enter begins a line, Escape leaves all as it was. */
export class Editor {
  /** `view` is the message's (see message.js); `onClose` is called once. */
  constructor(view, { onClose }) {
    this.view = view;
    this.onClose = onClose;
    this.box = h("textarea", { rows: "1", "aria-label": "Edit message", onkeydown: (event) => this.#key(event) });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.element = h("form", { class: "composer editor", onsubmit: (event) => this.#submit(event) },
      h("div", { class: "composer-row" }, this.box), this.problem,
      h("div", { class: "editor-actions" },
        h("button", { type: "button", class: "plain", onclick: () => this.#leave() }, "Cancel"),
        h("button", { class: "button primary" }, "Save")));
    this.#open();
  }

  /** Show the message again; the focus is left where it is. */
  close() {
    if (this.isClosed) return;
    this.isClosed = true;
    this.view.element.classList.remove("editing");
    this.element.remove();
    this.onClose();
  }

  async #open() {
    const { app, channel, message } = this.view;
    try {
      this.source = await app.source(channel, message.ts);
    } catch (error) {
      this.view.problem.textContent = `Cannot be edited: ${error.message}`;
      this.close();
      return;
    }
    if (this.isClosed) return;
    this.view.problem.textContent = "";
    this.box.value = this.source;
    this.view.body.after(this.element);
    this.view.element.classList.add("editing");
    this.box.focus();
    this.box.setSelectionRange(this.source.length, this.source.length);
    this.element.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) this.#submit(event);
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.#leave();
  }

  /** Save what was changed; nothing is changed by saving the same, and with no text left the message may go. */
  #submit(event) {
    event.preventDefault();
    const text = this.box.value;
    if (this.box.readOnly) return; // it is being saved
    if (text === this.source) this.#leave();
    else if (text.trim() === "") askToDelete(this.view);
    else this.#save(text);
  }

  async #save(text) {
    const { app, channel, message } = this.view;
    this.box.readOnly = true;
    try {
      await app.edit(channel, message.ts, text);
      this.#leave();
    } catch (error) {
      this.box.readOnly = false;
      this.problem.textContent = `Not saved: ${error.message}`;
    }
  }

  #leave() {
    const hadFocus = this.element.contains(document.activeElement);
    this.close();
    if (hadFocus) this.view.element.focus();
  }
}

/** Ask once whether a message is to be deleted. */
export function askToDelete(view) {
  const dialog = document.getElementById("confirm");
  const text = visibleText(view.message.text ?? "", view.app.store);
  const quoted = text.length > QUOTED_CHARS ? `${text.slice(0, QUOTED_CHARS)} ...` : text;
  dialog.replaceChildren(
    h("h2", {}, "Delete this message?"),
    h("p", { class: "quoted" }, quoted),
    h("form", { method: "dialog", class: "editor-actions" },
      h("button", { class: "plain", value: "" }, "Cancel"),
      h("button", { class: "button danger", value: "delete", autofocus: true }, "Delete")),
  );
  dialog.returnValue = "";
  dialog.onclose = () => dialog.returnValue && remove(view);
  if (!view.editor) view.element.focus(); // where the browser returns when the dialog closes
  dialog.showModal();
}

/** Delete the message; who was on it is then on the one that takes its place, or, if it has replies, still there. */
async function remove(view) {
  const { app, channel, message, element } = view;
  const stays = app.store.replies(channel, message.ts).length > 0;
  const next = stays ? element : element.nextElementSibling ?? element.previousElementSibling
    ?? element.parentElement.closest(".message, .scroller");
  try {
    await app.remove(channel, message.ts);
  } catch (error) {
    view.problem.textContent = `Not deleted: ${error.message}`;
    return;
  }
  if (element.contains(document.activeElement) || document.activeElement === document.body) next.focus();
}
