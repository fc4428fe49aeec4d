/** A message's content as DOM nodes: its blocks, or else its text, then its attachments. */

import { h, link } from "./dom.js";
import { date, mention, mrkdwn, preformatted, unescape } from "./text.js";

/** Draw what a person reads of a message. `names` resolves ids (see store.js). */
export function content(message, names) {
  const blocks = message.blocks?.length
    ? message.blocks.map((block) => drawBlock(block, names))
    : mrkdwn(message.text ?? "", names);
  const attachments = (message.attachments ?? []).map((attachment) => drawAttachment(attachment, names));
  return [blocks, attachments];
}

const BLOCKS = {
  rich_text: (block, names) => richText(block.elements, names),
  section: (block, names) => [
    block.text && h("div", { class: "section" }, textObject(block.text, names)),
    block.fields && h("div", { class: "fields" },
      block.fields.map((field) => h("div", {}, textObject(field, names)))),
  ],
  header: (block, names) => h("h3", {}, textObject(block.text, names)),
  context: (block, names) =>
    h("div", { class: "context" }, (block.elements ?? []).map((element) => contextElement(element, names))),
  divider: () => h("hr"),
  markdown: (block) => h("div", { class: "text" }, block.text ?? ""),
  image: (block) => image(block),
  table: (block, names) => h("table", {}, (block.rows ?? []).map((row) =>
    h("tr", {}, row.map((cell) => h("td", {}, drawCell(cell, names)))))),
  actions: (block, names) =>
    h("div", { class: "context" }, (block.elements ?? []).map((element) =>
      h("span", { class: "button" }, element.text ? textObject(element.text, names) : element.type))),
};

function drawBlock(block, names) {
  if (Object.hasOwn(BLOCKS, block.type)) return BLOCKS[block.type](block, names);
  return h("div", { class: "context" }, `(a "${block.type}" block, which this page does not draw)`);
}

function drawAttachment(attachment, names) {
  const { pretext, title, title_link: titleLink, text, fallback, fields, footer, blocks } = attachment;
  const shown = pretext || title || text || fields || blocks ? null : unescape(fallback ?? "");
  return [
    pretext && mrkdwn(pretext, names),
    h("div", { class: "attachment" },
      title && h("b", {}, titleLink ? link(titleLink, unescape(title)) : unescape(title)),
      text && mrkdwn(text, names),
      fields?.map((field) =>
        h("div", {}, h("b", {}, unescape(field.title ?? "")), mrkdwn(field.value ?? "", names))),
      blocks?.map((block) => drawBlock(block, names)),
      shown,
      footer && h("div", { class: "context" }, unescape(footer))),
  ];
}

function drawCell(cell, names) {
  return cell.elements ? richText(cell.elements, names) : String(cell.text ?? cell.value ?? "");
}

function textObject(object, names) {
  if (object.type === "mrkdwn") return mrkdwn(object.text ?? "", names);
  const shown = unescape(object.text ?? "");
  return object.emoji === false ? shown : shown.replace(/:([a-z0-9_+'-]+):/g, (_, name) => names.emoji(name));
}

function contextElement(element, names) {
  return h("span", {}, element.type === "image" ? image(element) : textObject(element, names));
}

/** Name a foreign picture and link to it: the page itself loads nothing from elsewhere. */
function image({ image_url: url = "", alt_text: label = "image", title }) {
  return h("div", { class: "image" }, "🖼 ", link(url, title?.text || label));
}

function richText(elements, names) {
  return (elements ?? []).map((element) => {
    const children = (element.elements ?? []).map((child) => richInline(child, names));
    if (element.type === "rich_text_preformatted") return preformatted(children);
    if (element.type === "rich_text_quote") return h("blockquote", {}, children);
    if (element.type === "rich_text_list") return list(element, names);
    return h("div", { class: "text" }, children);
  });
}

function list(element, names) {
  const items = (element.elements ?? []).map((item) =>
    h("li", {}, (item.elements ?? []).map((child) => richInline(child, names))));
  const indent = `indent-${Math.min(element.indent ?? 0, 8)}`;
  if (element.style !== "ordered") return h("ul", { class: indent }, items);
  return h("ol", { class: indent, start: (element.offset ?? 0) + 1 }, items);
}

const RICH_INLINE = {
  text: (element) => element.text,
  link: (element) => link(element.url, element.text),
  user: (element, names) => mention(`@${names.user(element.user_id)}`, names.isMe(element.user_id)),
  usergroup: (element, names) => mention(`@${names.group(element.usergroup_id)}`),
  channel: (element, names) => mention(`#${names.channel(element.channel_id)}`),
  broadcast: (element) => mention(`@${element.range}`),
  emoji: (element, names) => names.emoji(element.name),
  date: (element) => date(element.timestamp, element.format ?? "", element.fallback ?? ""),
  color: (element) => element.value,
};
const STYLE_TAGS = { code: "code", strike: "s", italic: "i", bold: "b", underline: "u" };

function richInline(element, names) {
  if (!Object.hasOwn(RICH_INLINE, element.type)) return "";
  let node = RICH_INLINE[element.type](element, names) ?? "";
  for (const [style, tag] of Object.entries(STYLE_TAGS)) {
    if (element.style?.[style]) node = h(tag, {}, node);
  }
  return node;
}
