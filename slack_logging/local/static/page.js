/** The page: who is writing, which channels are shown, and the server's events. */

import { h } from "./dom.js";
import { Pane } from "./pane.js";
import { Store } from "./store.js";

const FIRST_CHANNELS = ["ops-log", "ops-commands"];
const RETRY_MS = 2000;
const DRAW_MS = 30;
const PERSON_KEY = "slack-local-person";

const store = new Store();
const app = {
  store,
  say: (channel, text, thread_ts) => post("/page/say", { channel, user: store.me, text, thread_ts }),
  react: (channel, ts, name, add) =>
    post("/page/react", { channel, ts, name, user: store.me, remove: !add })
      .then(() => announce(""), (error) => announce(`The reaction was refused: ${error.message}`)),
};
const panes = FIRST_CHANNELS.map(() => new Pane(app, { onPick: updateTabs }));
const tabs = panes.map((pane, index) => h("button", { type: "button", onclick: () => showTab(index) }));
const person = document.getElementById("person");
const status = document.getElementById("status");
const notice = document.getElementById("notice");

let waiting = null; // events that came while the state was being fetched
let undrawn = [];
let fetches = 0;
let isDown = false;

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }).catch(() => { throw new Error("the local Slack does not answer"); });
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).error ?? `HTTP ${response.status}`);
}

/** Fetch the whole state; what happens meanwhile is applied after it. Of fetches that overlap the last one counts. */
async function reload() {
  fetches += 1;
  const mine = fetches;
  waiting = [];
  const state = await fetch("/page/state").then((response) => response.json()).catch(() => null);
  if (mine !== fetches) return;
  const events = waiting;
  waiting = null;
  if (state === null) return; // the event stream is failing as well, and will say when it is back
  store.load(state);
  events.forEach((event) => store.apply(event));
  updatePeople();
  panes.forEach((pane, index) => {
    if (store.channels.has(pane.channel)) pane.redraw();
    else if (store.channels.size) pane.show(firstChannel(index));
  });
  updateTabs();
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
  panes.forEach((pane, index) => {
    const mine = changes.filter((change) => change.channel === pane.channel);
    if (mine.length === 0) return;
    pane.apply(mine);
    const isHidden = tabs[index].getAttribute("aria-current") === "false";
    if (isHidden && mine.some((change) => change.isNew)) tabs[index].classList.add("unread");
  });
}

function listen() {
  const source = new EventSource("/page/events");
  source.onopen = () => setDown(false);
  source.onmessage = (message) => receive(JSON.parse(message.data));
  source.addEventListener("reload", reload);
  source.onerror = () => {
    setDown(true);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS); // else the browser retries by itself
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

function firstChannel(index) {
  const channels = [...store.channels.values()];
  const wanted = channels.find((channel) => channel.name === FIRST_CHANNELS[index]);
  return (wanted ?? channels[index] ?? channels[0]).id;
}

function updatePeople() {
  const people = [...store.users.values()].filter((user) => !user.is_bot && !user.deleted);
  const wanted = store.me ?? localStorage.getItem(PERSON_KEY);
  store.me = (people.find((user) => user.id === wanted) ?? people[0])?.id ?? null;
  person.replaceChildren(...people.map(({ id, name, note }) =>
    h("option", { value: id, selected: id === store.me }, note ? `${name} (${note})` : name)));
  document.getElementById("team").textContent = store.team.name;
  document.title = store.team.name;
}

function updateTabs() {
  panes.forEach((pane, index) => { tabs[index].textContent = store.title(pane.channel); });
}

function showTab(shown) {
  tabs.forEach((tab, index) => {
    tab.setAttribute("aria-current", String(index === shown));
    if (index === shown) tab.classList.remove("unread");
  });
  panes.forEach((pane, index) => pane.element.classList.toggle("active", index === shown));
}

person.addEventListener("change", () => {
  store.me = person.value;
  localStorage.setItem(PERSON_KEY, store.me);
  panes.forEach((pane) => pane.redraw());
});
document.getElementById("tabs").append(...tabs);
document.getElementById("panes").append(...panes.map((pane) => pane.element));
showTab(0);
listen();
