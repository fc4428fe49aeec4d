/** The one way this page makes elements: a string child becomes a text node, never markup. */

/**
 * Build an element.
 * Properties that start with "on" are event listeners, all others attributes. `false`, `null` and `undefined` set none.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/**
 * Make the children of `parent` read as `wanted`, elements that each have a `data-key` of their own.
 * A child of the same key stays and takes over what the wanted one says: the focus, and a click under way, stay with it.
 * What it does when it is clicked stays too.
 */
export function sync(parent, wanted) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const children = wanted.map((fresh) => {
    const kept = known.get(fresh.dataset.key);
    known.delete(fresh.dataset.key);
    if (!kept) return fresh;
    if (!kept.isEqualNode(fresh)) {
      for (const { name, value } of fresh.attributes) kept.setAttribute(name, value);
      kept.replaceChildren(...fresh.childNodes);
    }
    return kept;
  });
  for (const gone of known.values()) gone.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

/** Link to `url` when its scheme is harmless; anything else (javascript:, data: ...) stays text. */
export function link(url, label) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return h("span", {}, label || url);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label || url);
}
