/** The keyboard: what each key does, and the dialog that says so. */

import { h } from "./dom.js";

const KEYS = [
  ["j, ↓", "next message"], ["k, ↑", "previous message"], ["r", "reply in the message's thread"],
  ["t", "open or close its thread"], ["+", "react to it: arrows choose"],
  ["e", "edit your message; ↑ in an empty box edits your last one"], ["Delete", "delete your message"], ["1, 2", "write in the first, second channel"],
  ["/", "write in this channel"], ["u", "speak as the next person"], ["w", "rate limits and faults"],
  ["Esc", "back: from writing to the message, from a thread to its parent; closes what is open"], ["?", "this list"],
];

/**
 * Listen to the keys of the whole page.
 * `page` has `panes`, `pane()` (the one in use), `nextPerson()`, `toggleWire()`, `closeWire()` (true if it was open) and
 * `showPane(index)`.
 */
export function listenToKeys(page) {
  const dialog = document.getElementById("keys");
  dialog.replaceChildren(
    h("h2", {}, "Keyboard shortcuts"),
    h("dl", {}, KEYS.map(([keys, what]) => [h("dt", {}, keys.split(", ").map((key) => h("kbd", {}, key))), h("dd", {}, what)])),
    h("form", { method: "dialog" }, h("button", { class: "plain" }, "Close")),
  );
  const help = () => dialog.showModal();
  document.getElementById("keys-button").addEventListener("click", help);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const menu = document.querySelector("[popover]:popover-open");
    if (menu) walk(menu, event);
    if (menu || document.querySelector("dialog[open]")) return;
    const isWriting = event.target.matches("textarea, input, select");
    if (event.target.matches("pre, .wide") && event.key.startsWith("Arrow")) return; // these scroll
    const act = isWriting ? whileWriting(event) : actions(page, help)[event.key];
    if (!act || act() === false) return;
    event.preventDefault();
  });
}

function actions(page, help) {
  const message = document.activeElement?.closest(".message");
  const threaded = message?.closest(".thread")?.closest(".message") ?? message; // a reply's thread is its parent's
  const move = (step) => () => page.pane().move(step);
  const remove = () => message?.view.remove() ?? false;
  const write = (index) => () => {
    page.showPane(index);
    page.panes[index].composer.box.focus();
  };
  return {
    j: move(1), ArrowDown: move(1), k: move(-1), ArrowUp: move(-1),
    r: () => (!threaded?.matches(".system") && threaded?.thread?.write()) || false,
    t: () => threaded?.thread?.toggle() ?? false,
    "+": () => message?.view.react() ?? false, e: () => message?.view.edit() ?? false,
    Delete: remove, Backspace: remove, // a Mac's key that says delete is the latter
    1: write(0), 2: write(1), "/": () => page.pane().composer.box.focus(),
    u: page.nextPerson, w: page.toggleWire, "?": help,
    Escape: () => page.closeWire() || back(message, page),
  };
}

/** In a menu the arrows go from one button to the next. */
function walk(menu, event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...menu.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement); // -1 while none is chosen
  buttons.at(at < 0 && step < 0 ? -1 : (at + step) % buttons.length).focus();
  event.preventDefault();
}

/** In a box only two keys are ours: Esc goes back, and, while it is empty, ↑ edits one's last message there. */
function whileWriting({ key, target }) {
  if (key === "ArrowUp" && target.matches(".composer:not(.editor) textarea") && target.value === "") return () => editLast(target);
  return key === "Escape" && backFrom(target);
}

/** Edit one's last message where the box writes to, the thread or the channel; without one go to the messages. */
function editLast(box) {
  const place = box.closest(".replies, .pane");
  const mine = [...place.querySelectorAll(".message.mine")]
    .findLast((one) => one.parentElement.closest(".replies, .pane") === place);
  if (mine) mine.view.edit();
  else backFrom(box)();
}

function backFrom(box) {
  const message = box.closest(".message");
  const last = () => [...box.closest(".pane")?.querySelectorAll(".message") ?? []].findLast((one) => one.offsetParent);
  return () => {
    box.blur();
    (message ?? last())?.focus();
  };
}

/** From a reply to its parent, whose thread closes; from a message with an open thread to it closed; else settle. */
function back(message, page) {
  const parent = message?.closest(".thread")?.closest(".message");
  if (parent) parent.focus();
  const open = parent ?? message;
  if (open?.thread?.isOpen) open.thread.show(false);
  else page.pane().settle();
}
