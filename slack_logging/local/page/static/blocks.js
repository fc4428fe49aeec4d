/** A message's content as DOM nodes: its blocks, or else its text, then its attachments. */

import { h, link } from "./dom.js";
import { markdown } from "./markdown.js";
import { date, levelClass, mention, mrkdwn, preformatted, unescape } from "./text.js";

const COLOURS = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };

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
  section: (block, names) => h("div", { class: "with-accessory" },
    h("div", {},
      block.text && h("div", { class: "section" }, textObject(block.text, names)),
      block.fields && h("div", { class: "fields" },
        block.fields.map((field) => h("div", {}, textObject(field, names))))),
    block.accessory && control(block.accessory, block, names)),
  header: (block, names) => h("h3", {}, textObject(block.text, names)),
  context: (block, names) =>
    h("div", { class: "context" }, (block.elements ?? []).map((element) => contextElement(element, names))),
  divider: () => h("hr"),
  markdown: (block, names) => markdown(block.text ?? "", names),
  image: (block) => image(block),
  table: (block, names) => h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "Table" },
    h("table", {}, (block.rows ?? []).map((row, index) =>
      h("tr", {}, row.map((cell) => h(index ? "td" : "th", {}, drawCell(cell, names))))))),
  actions: (block, names) =>
    h("div", { class: "actions" }, (block.elements ?? []).map((element) => control(element, block, names))),
  alert: (block, names) => h("div", { class: `alert ${block.level ?? "default"}` }, textObject(block.text, names)),
};

function drawBlock(block, names) {
  if (Object.hasOwn(BLOCKS, block.type)) return BLOCKS[block.type](block, names);
  return h("div", { class: "context" }, `(a "${block.type}" block, which this page does not draw)`);
}

/** Draw a button, which message.js hears of when it is clicked, or name what else a program may offer. */
function control(element, block, names) {
  if (element.type === "image") return image(element);
  const label = element.text ? textObject(element.text, names) : element.placeholder?.text ?? element.type;
  if (element.type !== "button") return h("span", { class: "button", title: "Only buttons work here" }, label);
  return h("button", {
    type: "button", class: `button ${element.style === "danger" || element.style === "primary" ? element.style : ""}`,
    "aria-label": element.accessibility_label, "data-action": element.action_id, "data-block": block.block_id,
    "data-url": element.url,
  }, label);
}

function drawAttachment(attachment, names) {
  const { pretext, title, title_link: titleLink, text, fallback, fields, footer, blocks } = attachment;
  const { author_name: author, color = "", thumb_url: thumb, image_url: picture } = attachment;
  const shown = pretext || title || text || fields || blocks ? null : unescape(fallback ?? "");
  const box = h("div", { class: "attachment" },
    author && h("div", { class: "context" }, unescape(author)),
    title && h("b", {}, titleLink ? link(titleLink, unescape(title)) : unescape(title)),
    text && mrkdwn(text, names),
    fields && h("div", { class: "fields" }, fields.map((field) =>
      h("div", { class: field.short ? "" : "long" },
        h("b", {}, unescape(field.title ?? "")), mrkdwn(field.value ?? "", names)))),
    blocks?.map((block) => drawBlock(block, names)),
    shown,
    (picture || thumb) && image({ image_url: picture || thumb, alt_text: fallback }),
    footer && h("div", { class: "context" }, unescape(footer)));
  const edge = COLOURS[color] ?? (/^#?[0-9a-f]{6}$/i.test(color) && `#${color.replace("#", "")}`);
  if (edge) box.style.borderLeftColor = edge; // by script: the page allows no style attributes
  return [pretext && mrkdwn(pretext, names), box];
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

/** Draw a picture that is a file of this workspace; name any other and link to it: the page loads nothing foreign. */
function image({ image_url: url = "", alt_text: label = "image", slack_file: file, title }) {
  if (file?.id) return h("img", { src: `/page/files/${encodeURIComponent(file.id)}`, alt: label, class: "picture" });
  return h("div", { class: "image" }, h("span", { "aria-hidden": "true" }, "🖼 "),
    title?.text && h("b", {}, title.text, " "), link(url, label || "image"));
}

/** Draw rich text; below a line that begins with a log level's emoji, its traceback has the same edge. */
function richText(elements, names) {
  let level = "";
  return (elements ?? []).map((element) => {
    const children = element.elements ?? [];
    const drawn = () => children.map((child) => richInline(child, names));
    if (element.type === "rich_text_list") return list(element, names);
    if (element.type === "rich_text_quote") return h("blockquote", {}, drawn());
    if (element.type === "rich_text_preformatted") {
      const box = preformatted(drawn());
      return level ? h("div", { class: level }, box) : box;
    }
    return logLines(children).map((line) => {
      level = levelClass(line[0]?.type === "emoji" ? line[0].name : "");
      return h("div", { class: `text ${level}` }, line.map((child) => richInline(child, names)));
    });
  });
}

/** Divide a section before each line that begins with a log level's emoji; the line ends that divide are dropped. */
function logLines(children) {
  const lines = [[]];
  for (const child of children) {
    const last = lines.at(-1);
    if (child.type === "emoji" && levelClass(child.name) && last.at(-1)?.text === "\n") {
      last.pop();
      lines.push([child]);
    } else last.push(child);
  }
  return lines;
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
  emoji: ({ name, skin_tone: tone }, names) =>
    names.emoji(tone && !name.includes("::") ? `${name}::skin-tone-${tone}` : name),
  date: (element) => date(element.timestamp, element.format ?? "", element.fallback ?? ""),
  color: (element) => colour(element.value ?? ""),
};
const STYLE_TAGS = { code: "code", strike: "s", italic: "i", bold: "b", underline: "u" };

function colour(value) {
  const sample = h("span", { class: "colour", "aria-hidden": "true" });
  if (/^#[0-9a-f]{3,8}$/i.test(value)) sample.style.backgroundColor = value;
  return h("span", {}, sample, value);
}

function richInline(element, names) {
  if (!Object.hasOwn(RICH_INLINE, element.type)) return "";
  let node = RICH_INLINE[element.type](element, names) ?? "";
  for (const [style, tag] of Object.entries(STYLE_TAGS)) {
    if (element.style?.[style]) node = h(tag, {}, node);
  }
  return node;
}
