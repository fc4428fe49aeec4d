/** Markdown, as `markdown` blocks and language models write it, as DOM nodes: the common forms, nothing exotic. */

import { h, link } from "./dom.js";
import { preformatted } from "./text.js";

const FENCE = /^```/;
const ITEM = /^(\s*)(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const INLINE = new RegExp(
  [
    "`(?<code>[^`]+)`",
    "\\[(?<label>[^\\]]+)\\]\\((?<url>[^()\\s]+)\\)",
    "(?<bare>https?://[^\\s<>)]+)",
    ":(?<emoji>[a-z0-9_+'-]+):",
    "\\*\\*(?=\\S)(?<b>.+?)(?<=\\S)\\*\\*(?!\\*)|(?<!\\w)__(?=\\S)(?<strong>.+?)(?<=\\S)__(?!\\w)",
    "(?<![\\w*])\\*(?<i>[^\\s*](?:[^*]*[^\\s*])?)\\*|(?<!\\w)_(?<em>[^\\s_](?:[^_]*[^\\s_])?)_(?!\\w)",
    "~~(?<s>.+?)~~",
  ].join("|"),
  "g",
);

// How a block begins, and how many of the lines it takes; the first that fits counts.
const BLOCKS = [
  [(line) => FENCE.test(line), (lines) => {
    const end = lines.findIndex((line, index) => index > 0 && FENCE.test(line));
    const last = end < 0 ? lines.length : end;
    return [last + 1, preformatted(lines.slice(1, last).join("\n"))];
  }],
  [(line) => /^#{1,6}\s/.test(line), ([line], names) => [1, h("h3", {}, inline(line.replace(/^#+\s+/, ""), names))]],
  [(line) => /^\s*([-*_])(\s*\1){2,}\s*$/.test(line), () => [1, h("hr")]],
  [(line) => line.startsWith(">"), (lines, names) => {
    const quoted = span(lines, (line) => line.startsWith(">"));
    const text = quoted.map((line) => line.replace(/^> ?/, "")).join("\n");
    return [quoted.length, h("blockquote", {}, markdown(text, names))];
  }],
  [(line) => ITEM.test(line), (lines, names) => {
    const items = span(lines, (line) => ITEM.test(line));
    return [items.length, items.map((line) => item(line, names))];
  }],
  [(line, next) => line.includes("|") && /^[\s|:-]*-[\s|:-]*$/.test(next ?? "") && next.includes("|"), (lines, names) => {
    const rows = span(lines, (line) => line.includes("|"));
    return [rows.length, table(rows.filter((_, index) => index !== 1), names)];
  }],
  [(line) => line.trim() === "", () => [1, null]],
];

/** Draw Markdown. `names` shows emoji (see store.js). */
export function markdown(text, names) {
  const nodes = [];
  let lines = text.split("\n");
  let paragraph = [];
  const close = () => {
    if (paragraph.length) nodes.push(h("p", { class: "text" }, inline(paragraph.join("\n"), names)));
    paragraph = [];
  };
  while (lines.length) {
    const block = BLOCKS.find(([begins]) => begins(lines[0], lines[1]));
    if (!block) paragraph.push(lines.shift());
    else {
      close();
      const [taken, node] = block[1](lines, names);
      nodes.push(node);
      lines = lines.slice(taken);
    }
  }
  close();
  return h("div", { class: "markdown" }, nodes);
}

function span(lines, belongs) {
  const end = lines.findIndex((line) => !belongs(line));
  return end < 0 ? lines : lines.slice(0, end);
}

/** Draw one item as a list of its own: so that any nesting and numbering is as it was written. */
function item(line, names) {
  const [, indent, number, text] = ITEM.exec(line);
  const depth = `indent-${Math.min(Math.floor(indent.length / 2), 8)}`;
  const shown = h("li", {}, inline(text, names));
  return number ? h("ol", { class: depth, start: number }, shown) : h("ul", { class: depth }, shown);
}

function table(rows, names) {
  const cells = (row) => row.trim().replace(/^\||\|$/g, "").split("|");
  return h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "Table" }, h("table", {},
    rows.map((row, index) => h("tr", {}, cells(row).map((cell) =>
      h(index ? "td" : "th", {}, inline(cell.trim(), names)))))));
}

function inline(text, names) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(end, match.index), form(match.groups, names));
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}

function form({ code, label, url, bare, emoji, ...styles }, names) {
  if (code !== undefined) return h("code", {}, code);
  if (url !== undefined) return link(url, label);
  if (bare !== undefined) return link(bare);
  if (emoji !== undefined) return names.emoji(emoji);
  const [tag, text] = Object.entries(styles).find(([, value]) => value !== undefined);
  return h(tag, {}, inline(text, names));
}
