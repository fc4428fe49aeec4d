/** Slack's text as DOM nodes: mrkdwn with its entities and control sequences, mentions and dates. */

import { h, link } from "./dom.js";

const FENCE = /```\n?([\s\S]*?)```/g;
const QUOTE = /^(?:&gt;|>) ?/;
const QUOTED_TO_THE_END = /^(?:&gt;|>){3} ?/gm;

/** As in Slack, a style opens at a word's start and closes at a word's end; what its links hold is no mark. */
const styled = (name, mark) =>
  `(?<![\\w${mark}])[${mark}](?=\\S)(?<${name}>(?:<[^<>\\n]+>|[^${mark}<\\n])+)(?<=\\S)[${mark}](?![\\w${mark}])`;

// One alternative for each inline form.
const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<control>[^<>\\n]+)>",
    ":(?<emoji>[a-z0-9_+'-]+(?:::skin-tone-[2-6])?):",
    styled("bold", "*"),
    styled("italic", "_"),
    styled("strike", "~"),
  ].join("|"),
  "g",
);
const LEVELS = {
  rotating_light: "critical", red_circle: "error", warning: "warning", large_blue_circle: "info", white_circle: "debug",
};
const LEVEL_LINE = /^:([a-z_]+):/;
const STYLE_TAGS = { bold: "b", italic: "i", strike: "s" };

/** Undo Slack's three entities, `&amp;` last. */
export function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Draw mrkdwn: fenced blocks, quotes and inline forms. `names` resolves ids (see store.js). */
export function mrkdwn(text, names) {
  const unfenced = text.replace(FENCE, (fence) => "x".repeat(fence.length));
  const start = unfenced.search(QUOTED_TO_THE_END);
  if (start < 0) return withFences(text, names, paragraphs);
  const quoted = text.slice(start).replace(QUOTED_TO_THE_END, "");
  return [...withFences(text.slice(0, start).replace(/\n$/, ""), names, paragraphs),
    h("blockquote", {}, withFences(quoted, names, inline))];
}

/** Draw fenced blocks, and what stands between them by `draw(text, names)`. */
function withFences(text, names, draw) {
  const nodes = [];
  let end = 0;
  for (const fence of text.matchAll(FENCE)) {
    nodes.push(...draw(text.slice(end, fence.index).replace(/\n$/, ""), names));
    nodes.push(preformatted(plain(fence[1], names)));
    end = fence.index + fence[0].length;
    if (text[end] === "\n") end += 1;
  }
  return [...nodes, ...draw(text.slice(end), names)];
}

/** Return what a person reads of mrkdwn, as one line of text. */
export function visibleText(text, names) {
  return h("div", {}, mrkdwn(text, names)).textContent;
}

/** Draw text as it is, in a box that scrolls by itself when it is long. */
export function preformatted(...children) {
  return h("pre", { tabindex: "0", role: "group", "aria-label": "Code" }, ...children);
}

/** Draw a mention of a user, user group or channel. */
export function mention(label, isMe = false) {
  return h("span", { class: isMe ? "mention me" : "mention" }, label);
}

/** Draw a time in the reader's own zone; `format` holds Slack's tokens, such as `{date_short} {time}`. */
export function date(unix, format, fallback) {
  const at = new Date(Number(unix) * 1000);
  if (Number.isNaN(at.getTime())) return h("span", {}, fallback);
  const shown = format.replace(/\{(\w+)\}/g, (token, name) =>
    Object.hasOwn(DATE_TOKENS, name) ? DATE_TOKENS[name](at) : token,
  );
  return h("time", { datetime: at.toISOString(), title: at.toLocaleString() }, shown);
}

/** Write a time of day as the reader's locale has it: 9:05 PM, or 09:05, or 21:05. */
export function timeOfDay(at) {
  return at.toLocaleTimeString(undefined, { timeStyle: "short" });
}

/** Write a time of day with its seconds, in the same way. */
export function timeWithSeconds(at) {
  return at.toLocaleTimeString(undefined, { timeStyle: "medium" });
}

/** Name the CSS class of a line that begins with a log level's emoji, which gives it a coloured edge; "" for others. */
export function levelClass(emoji) {
  return Object.hasOwn(LEVELS, emoji) ? `level ${LEVELS[emoji]}` : "";
}

function levelOf(line) {
  return levelClass(LEVEL_LINE.exec(line)?.[1] ?? "");
}

function paragraphs(text, names) {
  const nodes = [];
  let quoted = [];
  let plainLines = [];
  const close = () => {
    if (plainLines.length) nodes.push(h("div", { class: `text ${levelOf(plainLines[0])}` }, inline(plainLines.join("\n"), names)));
    if (quoted.length) nodes.push(h("blockquote", {}, inline(quoted.join("\n"), names)));
    [plainLines, quoted] = [[], []];
  };
  for (const line of text === "" ? [] : text.split("\n")) {
    const isQuote = QUOTE.test(line);
    if (isQuote ? plainLines.length : quoted.length || levelOf(line)) close();
    if (isQuote) quoted.push(line.replace(QUOTE, ""));
    else plainLines.push(line);
  }
  close();
  return nodes;
}

function inline(text, names) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(unescape(text.slice(end, match.index)), inlineForm(match.groups, names));
    end = match.index + match[0].length;
  }
  return [...nodes, unescape(text.slice(end))];
}

function inlineForm(found, names) {
  if (found.code !== undefined) return h("code", {}, plain(found.code, names));
  if (found.control !== undefined) return control(found.control, names);
  if (found.emoji !== undefined) return names.emoji(found.emoji);
  const [style, text] = Object.entries(found).find(([, value]) => value !== undefined);
  return h(STYLE_TAGS[style], {}, inline(text, names));
}

/** Draw what stands between `<` and `>`: by its first characters a user, channel, group, date, broadcast or link. */
function control(source, names) {
  const bar = source.indexOf("|");
  const target = unescape(bar < 0 ? source : source.slice(0, bar));
  const label = bar < 0 ? "" : unescape(source.slice(bar + 1));
  if (/^@[UW]/.test(target)) return mention(`@${names.user(target.slice(1))}`, names.isMe(target.slice(1)));
  if (target.startsWith("#C")) return mention(`#${names.channel(target.slice(1))}`);
  if (target.startsWith("!subteam^")) return mention(`@${names.group(target.slice(9))}`);
  if (target.startsWith("!date^")) {
    const [, unix, format = "", url] = target.split("^");
    const shown = date(unix, format, label);
    return url ? link(url, shown) : shown;
  }
  if (target.startsWith("!")) return mention(label || `@${target.slice(1)}`);
  return /^[a-z][a-z0-9+.-]*:/i.test(target) ? link(target, label) : `<${unescape(source)}>`;
}

/** Undo control sequences and entities without drawing them: for code, where only the words count. */
function plain(text, names) {
  return unescape(text.replace(/<([^<>\n]+)>/g, (_, source) => {
    const shown = control(source, names);
    return shown.textContent ?? shown;
  }));
}

function days(at) {
  return Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
}

function localDate(options) {
  return (at) => at.toLocaleDateString(undefined, options);
}

function pretty(format) {
  return (at) => ({ "-1": "tomorrow", 0: "today", 1: "yesterday" })[days(at)] ?? format(at);
}

function ago(at) {
  const seconds = (at - Date.now()) / 1000;
  const [unit, size] = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]].find(
    ([, span]) => Math.abs(seconds) >= span || span === 1,
  );
  return new Intl.RelativeTimeFormat().format(Math.round(seconds / size), unit);
}

const DATE = localDate({ year: "numeric", month: "long", day: "numeric" });
const DATE_SHORT = localDate({ year: "numeric", month: "short", day: "numeric" });
const DATE_LONG = localDate({ weekday: "long", year: "numeric", month: "long", day: "numeric" });

const DATE_TOKENS = {
  date_num: (at) => at.toLocaleDateString("sv"), // the Swedish form is the ISO one, in local time
  date: DATE,
  date_short: DATE_SHORT,
  date_long: DATE_LONG,
  date_pretty: pretty(DATE),
  date_short_pretty: pretty(DATE_SHORT),
  date_long_pretty: pretty(DATE_LONG),
  time: timeOfDay,
  time_secs: timeWithSeconds,
  ago,
};
