/** The page: who is writing, which channels are shown, what is new, and the server's events. */

import { h } from "./dom.js";
import { listenToKeys } from "./keys.js";
import { face } from "./message.js";
import { Pane } from "./pane.js";
import { ask, PATIENCE_MS } from "./server.js";
import { Store } from "./store.js";
import { visibleText } from "./text.js";
import { Wire } from "./wire.js";

const FIRST_CHANNELS = ["ops-log", "ops-commands"];
const RETRY_MS = 2000;
const DRAW_MS = 30;
const BUSY = "The local Slack does not answer. A browser shows it in five windows at once: close others that do.";
const PERSON_KEY = "slack-local-person";

const narrow = matchMedia("(max-width: 760px)"); // as in page.css

const store = new Store();
const app = {
  store,
  say: (channel, text, thread_ts) => post("/page/say", { channel, user: store.me, text, thread_ts }),
  source: (channel, ts) => answer(`/page/source/${channel}/${ts}`).then(({ text }) => text),
  edit: (channel, ts, text) => post("/page/edit", { channel, ts, text, user: store.me }),
  remove: (channel, ts) => post("/page/delete", { channel, ts, user: store.me }),
  react: (channel, ts, name, add) =>
    post("/page/react", { channel, ts, name, user: store.me, remove: !add })
      .then(() => announce(""), (error) => announce(`The reaction was refused: ${error.message}`)),
  click: (channel, ts, block_id, action_id) =>
    post("/page/click", { channel, ts, block_id, action_id, user: store.me }),
  nextPerson,
};
const panes = FIRST_CHANNELS.map(() => new Pane(app, { onRead: read }));
const tabs = panes.map((pane, index) => h("button", { type: "button", onclick: () => showTab(index) }));
const live = document.getElementById("live");
const wire = new Wire(document.getElementById("wire"), document.getElementById("wire-button"), { post, store });
const person = document.getElementById("person");
const status = document.getElementById("status");
const notice = document.getElementById("notice");

let source = null; // of the server's events; none while the page is hidden
let retry = null;
let wasHidden = false;
let waiting = null; // events that came while the state was being fetched
let undrawn = [];
let fetches = 0;
let isDown = false;
let shownTab = 0;

async function post(path, body) {
  await answer(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
}

/** Return what the server answers; a refusal is an error that says why. */
async function answer(path, options) {
  const response = await ask(path, options);
  if (response.ok) return response.json();
  throw new Error((await response.json().catch(() => ({}))).error ?? `HTTP ${response.status}`);
}

/**
 * Fetch the whole state; what happens meanwhile is applied after it, as far as it can be: in a flood once more. Of
 * fetches that overlap the last one counts.
 */
async function reload() {
  fetches += 1;
  const mine = fetches;
  waiting = [];
  const state = await ask("/page/state").then((response) => response.json()).catch(() => null);
  if (mine !== fetches) return;
  const events = waiting;
  waiting = null;
  if (state === null) {
    if (!isDown) announce(BUSY); // else the event stream is failing as well, and will say when it is back
    setTimeout(() => mine === fetches && !isDown && source && reload(), RETRY_MS);
    return;
  }
  if (notice.textContent === BUSY) announce("");
  store.load(state);
  const isBehind = events.some((event) => store.isStale(event) || (store.apply(event), false));
  wire.build();
  updatePeople();
  panes.forEach((pane, index) => {
    if (store.channels.has(pane.channel)) pane.redraw();
    else if (store.channels.size) pane.show(firstChannel(index, panes.map((other) => other.channel)));
    if (wasHidden) pane.catchUp();
  });
  wasHidden = false;
  read();
  if (isBehind) reload();
}

function receive(event) {
  if (waiting) waiting.push(event);
  else if (store.isStale(event)) reload();
  else {
    const change = store.apply(event);
    if (change && undrawn.push(change) === 1) setTimeout(draw, DRAW_MS);
  }
}

/** Draw what has changed since the last time: in a burst of events many at once, for the browser's layout costs most. */
function draw() {
  const changes = undrawn;
  undrawn = [];
  for (const pane of panes) {
    const mine = changes.filter((change) => change.channel === pane.channel);
    if (mine.length) pane.apply(mine);
  }
  tell(changes.filter((change) => change.isNew));
  read();
}

/** Tell a screen reader what came: one message by its words, more by their number. */
function tell(changes) {
  const messages = changes.map(({ channel, ts }) => [channel, store.seen(channel, ts)])
    .filter(([, message]) => message && !store.isMe(message.user));
  if (messages.length === 0) return;
  const [[channel, message]] = messages;
  live.textContent = messages.length > 1 ? `${messages.length} new messages`
    : `${store.author(message).name} in ${store.title(channel)}: ${visibleText(message.text ?? "", store)}`;
}

/** Take what is seen for read, and show what is not: in the pickers, the tabs and the title. */
function read() {
  if (panes.some((pane) => pane.channel === null)) return;
  panes.forEach((pane) => pane.read());
  remember();
  const isSeen = (channel) => panes.some((pane) => pane.channel === channel);
  const elsewhere = [...store.channels.keys()].filter((channel) => !isSeen(channel) && store.unread(channel).length);
  panes.forEach((pane, index) => {
    pane.offer(elsewhere);
    const count = store.unread(pane.channel).length;
    tabs[index].replaceChildren(store.title(pane.channel), ...(count ? [h("span", { class: "count" }, count)] : []));
  });
  const all = [...store.channels.keys()].reduce((sum, channel) => sum + store.unread(channel).length, 0);
  document.title = `${all ? `(${all}) ` : ""}${store.team.name}`;
}

/** Keep in the address which channels are shown: for a reload, and to be bookmarked. */
function remember() {
  const shown = `#${panes.map((pane) => pane.channel).join()}`;
  if (shown !== location.hash) history.replaceState(null, "", shown);
}

/**
 * Listen to the server for as long as the page is shown.
 * A browser has six connections to a server, and one that listens never ends: seven hidden tabs would leave none.
 */
function listen() {
  source?.close();
  source = null;
  clearTimeout(retry);
  wasHidden ||= document.hidden;
  if (document.hidden) return;
  source = new EventSource("/page/events");
  retry = setTimeout(() => announce(BUSY), PATIENCE_MS);
  source.onopen = () => {
    clearTimeout(retry);
    setDown(false);
  };
  source.onmessage = (message) => receive(JSON.parse(message.data));
  source.addEventListener("reload", reload);
  source.onerror = () => {
    setDown(true);
    clearTimeout(retry);
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(listen, RETRY_MS); // else the browser retries by itself
  };
}

function setDown(down) {
  isDown = down;
  document.body.classList.toggle("down", down);
  status.textContent = down ? "Reconnecting ..." : "Live";
  announce(down ? "The local Slack has gone away. This page reconnects by itself." : "");
}

/** Show one line over the page; an empty text takes it away. While the server is away only that is said. */
function announce(text) {
  if (isDown && !text.includes("gone away")) return;
  notice.textContent = text;
  notice.hidden = text === "";
}

/** Choose what a pane shows at first: what the address says, or else what is of most interest and not `shown` yet. */
function firstChannel(index, shown) {
  const remembered = location.hash.slice(1).split(",")[index];
  if (store.channels.has(remembered)) return remembered;
  const channels = [...store.channels.values()];
  const unseen = channels.filter((channel) => !shown.includes(channel.id));
  return (unseen.find((channel) => channel.name === FIRST_CHANNELS[index]) ?? unseen[0] ?? channels[0]).id;
}

function updatePeople() {
  const people = [...store.users.values()].filter((user) => !user.is_bot && !user.deleted);
  const wanted = store.me ?? localStorage.getItem(PERSON_KEY);
  store.me = (people.find((user) => user.id === wanted) ?? people[0])?.id ?? null;
  person.replaceChildren(...people.map(({ id, name, note }) =>
    h("option", { value: id, selected: id === store.me }, note ? `${name} (${note})` : name)));
  document.getElementById("team").textContent = store.team.name;
  showFace();
}

function showFace() {
  document.getElementById("face").replaceChildren(face(store.author({ user: store.me }), store));
}

function speakAs(id) {
  store.me = id;
  person.value = id;
  localStorage.setItem(PERSON_KEY, id);
  showFace();
  panes.forEach((pane) => pane.redraw());
  read();
}

function nextPerson() {
  const ids = [...person.options].map((option) => option.value);
  speakAs(ids[(ids.indexOf(store.me) + 1) % ids.length]);
  live.textContent = `You are ${store.user(store.me)}`;
}

/** On a narrow screen one channel is shown at a time; on a wide one this is the channel that keys act on. */
function showTab(shown) {
  shownTab = shown;
  tabs.forEach((tab, index) => tab.setAttribute("aria-current", String(index === shown)));
  panes.forEach((pane, index) => pane.element.classList.toggle("active", index === shown));
  updateShown();
}

function updateShown() {
  panes.forEach((pane, index) => { pane.isShown = index === shownTab || !narrow.matches; });
  read();
}

person.addEventListener("change", () => speakAs(person.value));
document.getElementById("tabs").append(...tabs);
document.getElementById("panes").append(...panes.map((pane) => pane.element));
document.addEventListener("focusin", ({ target }) => {
  const index = panes.findIndex((pane) => pane.element.contains(target));
  if (index >= 0 && index !== shownTab) showTab(index);
});
window.addEventListener("focus", read);
document.addEventListener("visibilitychange", listen);
narrow.addEventListener("change", updateShown);
listenToKeys({
  panes, nextPerson, pane: () => panes[shownTab], toggleWire: () => wire.toggle(), closeWire: () => wire.close(), showPane: showTab,
});
showTab(0);
listen();
