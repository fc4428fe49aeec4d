/** A file that was shared: its card, and its picture or a preview of its text to open. */

import { h } from "./dom.js";

const TEXT_FILES = /^text\/|json|xml|\.(log|txt|csv|md|ya?ml|toml|py)$/;
const IMAGE_FILES = /^image\/(png|jpeg|gif|webp)$/;
const PREVIEW_CHARS = 20_000;

/** Draw a file object. */
export function drawFile({ id, name, title, size, mimetype = "" }) {
  const url = `/page/files/${encodeURIComponent(id)}`;
  const card = h("div", { class: "file" },
    h("span", { class: "file-icon", "aria-hidden": "true" }, IMAGE_FILES.test(mimetype) ? "🖼" : "📄"),
    h("a", { href: url, download: name }, title || name),
    h("span", { class: "note" }, title && title !== name ? `${name}, ` : "", fileSize(size)));
  const picture = IMAGE_FILES.test(mimetype) && h("img", { src: url, alt: title || name, loading: "lazy" });
  return h("div", {}, card, picture || (TEXT_FILES.test(`${mimetype} ${name}`) && preview(url, name)));
}

function preview(url, name) {
  const shown = h("pre", { tabindex: "0", role: "group", "aria-label": `Content of ${name}` }, "Loading ...");
  const load = async () => {
    const response = await fetch(url).catch(() => null);
    const text = response?.ok ? await response.text() : "The file could not be loaded.";
    shown.textContent = text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}\n... (the file has more)` : text;
  };
  const details = h("details", { ontoggle: () => details.open && load() }, h("summary", { "aria-label": `Preview ${name}` }, "Preview"), shown);
  return details;
}

function fileSize(bytes) {
  if (bytes == null) return "";
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1000 ** 2 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1000 ** 2).toFixed(1)} MB`;
}
