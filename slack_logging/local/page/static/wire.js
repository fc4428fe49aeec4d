/** The panel that shows what the rate limits and faults are doing now, and plans faults. Polled only while it is open. */

import { h } from "./dom.js";
import { ask } from "./server.js";
import { timeWithSeconds } from "./text.js";

const POLL_MS = 1000;

export class Wire {
  /** `element` is filled; `button` opens and closes it. `post(path, body)` rejects with the server's reason. */
  constructor(element, button, { post, store }) {
    Object.assign(this, { element, button, post, store });
    this.buckets = h("ul", { class: "buckets" });
    this.failed = h("ul", { class: "plain-list" });
    this.met = h("ul", { class: "plain-list met" });
    this.links = h("ul", { class: "plain-list" });
    this.planned = h("ul", { class: "plain-list specs" });
    this.counts = h("p", { class: "note" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.clear = h("button", { type: "button", class: "plain", onclick: () => this.#post("/page/clear-faults", {}) },
      "Clear all faults");
    button.addEventListener("click", () => this.toggle());
  }

  toggle() {
    const isOpen = this.element.hidden;
    this.element.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    clearInterval(this.timer);
    if (!isOpen) return;
    this.timer = setInterval(() => document.hidden || this.#poll(), POLL_MS);
    this.#poll();
  }

  /** Close the panel; tell whether it was open. */
  close() {
    const wasOpen = !this.element.hidden;
    if (wasOpen) this.toggle();
    return wasOpen;
  }

  /** Fill the panel, once the store knows what can be planned; when it is built, what is being typed there stays. */
  build() {
    if (this.form) return;
    this.form = this.#form();
    this.element.replaceChildren(
      h("section", { class: "limits", "aria-label": "Rate limits" }, h("h2", {}, "Rate limits"), this.buckets),
      h("div", {},
        h("section", { "aria-label": "Failed" }, h("h2", {}, "Last failed"), this.failed, this.counts),
        h("section", { "aria-label": "Connections" }, h("h2", {}, "Connections and deliveries"), this.links)),
      h("section", { "aria-label": "Faults" }, h("h2", {}, "Planned faults"), this.planned, this.form, this.problem,
        h("h2", {}, "Last faults"), this.met),
    );
  }

  #form() {
    const value = h("input", { name: "value", size: "16", "aria-label": "Value", autocomplete: "off" });
    const choose = () => {
      const shape = this.store.faults[kind.value];
      value.placeholder = shape;
      value.disabled = !shape;
      value.value = "";
    };
    const kind = h("select", { name: "kind", "aria-label": "Kind of fault", onchange: choose },
      Object.keys(this.store.faults).map((name) => h("option", {}, name)));
    choose();
    const form = h("form", { onsubmit: (event) => this.#add(event) },
      h("input", { name: "method", list: "methods", required: true, "aria-label": "Method", size: "18",
        placeholder: "chat.postMessage", autocomplete: "off", spellcheck: "false", pattern: "[^=]*",
        title: "Only the method: what happens to it goes into the next fields" }),
      h("datalist", { id: "methods" }, this.store.methods.map((name) => h("option", { value: name }))),
      kind, value,
      h("label", {}, "times ", h("input", { name: "times", type: "number", min: "1", size: "4", value: "1",
        placeholder: "∞", title: "Empty: until cleared" })),
      h("label", {}, "probability ", h("input", { name: "probability", type: "number", min: "0", max: "1", step: "any",
        value: "1", title: "Of hitting a call, from 0 to 1" })),
      h("button", { class: "plain" }, "Add"), this.clear);
    // What the browser itself refuses is not submitted: what was told of the try before would stay. It does not bubble.
    form.addEventListener("invalid", () => { this.problem.textContent = ""; }, true);
    return form;
  }

  #add(event) {
    event.preventDefault();
    const { method, kind, value, times, probability } = Object.fromEntries(new FormData(this.form));
    const parts = [`${method.trim()}=${kind}${value ? `:${value.trim()}` : ""}`];
    if (times !== "1") parts.push(`times=${times || "forever"}`);
    if (probability && probability !== "1") parts.push(`probability=${probability}`);
    this.#post("/page/fault", { spec: parts.join() });
  }

  async #post(path, body) {
    this.problem.textContent = await this.post(path, body).then(() => "", (error) => error.message);
    this.#poll();
  }

  async #poll() {
    const shown = await ask("/page/wire").then((response) => response.json()).catch(() => null);
    if (shown) this.#draw(shown);
  }

  #draw({ buckets, failed, faults, met, sockets, deliveries, more, calls }) {
    const none = (text) => h("li", { class: "note" }, text);
    const rows = buckets.map(drawBucket);
    this.buckets.replaceChildren(...(rows.length ? rows : [none("None was called upon yet, or they are off.")]));
    const times = failed.map(({ method, error, time }) => h("li", {}, at(time), ` ${method} `, h("code", {}, error)));
    this.failed.replaceChildren(...(times.length ? times : [none("None.")]));
    const specs = faults.map((spec) => h("li", {}, h("code", {}, spec)));
    this.planned.replaceChildren(...(specs.length ? specs : [none("None.")]));
    this.clear.hidden = specs.length === 0;
    const happened = met.map(({ fault, time, lasts }) => h("li", {}, at(time), " ", h("code", {}, fault), lasts && " under way"));
    this.met.replaceChildren(...(happened.length ? happened : [none("None.")]));
    const links = [...sockets.map(drawSocket), ...deliveries.map(drawDelivery)];
    if (more) links.push(none(`and ${more} more that are not acknowledged`));
    this.links.replaceChildren(...(links.length ? links : [none("No socket is open.")]));
    this.counts.textContent = `${calls} ${calls === 1 ? "call" : "calls"} so far`;
  }
}

function at(time) {
  return h("span", { class: "note" }, timeWithSeconds(new Date(time * 1000)));
}

function drawSocket({ app, port, sent, acked, deaf, mute }) {
  return h("li", {}, `@${app} `, h("span", { class: "note" }, `port ${port}, ${sent} sent, ${acked} acknowledged`),
    deaf && h("b", {}, " deaf: swallows every event"), mute && h("b", {}, " mute: no pings"));
}

function drawDelivery({ app, what, attempt, reason, due }) {
  const state = due ? `redelivery ${attempt} in ${Math.ceil(due)} s (${reason})` : "not acknowledged yet";
  return h("li", {}, `@${app} ${what} `, h("span", { class: "note" }, state));
}

function drawBucket({ name, left, capacity, per_minute: perMinute }) {
  const label = `${Math.floor(left)} of ${Math.floor(capacity)}`;
  const parts = name.split(/(?<=\.)/).flatMap((part, index) => (index ? [h("wbr"), part] : part));
  return h("li", {}, h("span", { class: "bucket-name" }, parts),
    h("meter", { min: "0", max: capacity, value: left, low: Math.max(1, capacity / 5), high: capacity / 2, optimum: capacity,
      "aria-label": `${name}: ${label} left` }),
    h("span", { class: "note" }, `${label}, +${Math.round(perMinute)}/min`));
}
