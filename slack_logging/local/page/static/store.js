/**
 * What the page knows of the workspace, kept current by events. No DOM and no network here.
 *
 * Every event may come twice or describe what the loaded state already holds: applying one again changes nothing.
 */

const FIRST_TONE = 0x1f3fb - 2; // Slack counts skin tones from 2
const TOMBSTONE = { type: "message", subtype: "tombstone", user: "USLACKBOT", text: "This message was deleted." };
const MEMBERSHIP = /_(join|leave)$/;
const TOLD_TWICE = /^member_(joined|left)_channel$/; // by a message too, which is what is applied
// Subtypes of what a person wrote, which is his to edit and to delete; as in routes.py.
const WRITTEN = [undefined, "thread_broadcast", "file_share", "me_message"];
const APPLIED = ["message", "reaction_added", "reaction_removed"];

export class Store {
  constructor() {
    this.me = null;
    this.lastRead = new Map();
    this.load({ team: { name: "" }, users: [], channels: [], groups: [], emoji: {}, messages: {}, methods: [], faults: {}, limit: 0 });
  }

  /** Replace everything by what `/page/state` answered. */
  load(state) {
    this.team = state.team;
    this.limit = state.limit;
    this.methods = state.methods;
    this.faults = state.faults;
    this.users = new Map(state.users.map((user) => [user.id, user]));
    this.channels = new Map(state.channels.map((channel) =>
      [channel.id, { ...channel, members: new Set(channel.members) }]));
    this.groups = new Map(state.groups.map((group) => [group.id, group.handle]));
    this.glyphs = new Map(Object.entries(state.emoji));
    this.messages = new Map(Object.entries(state.messages).map(([channel, messages]) =>
      [channel, new Map(messages.map((message) => [message.ts, message]))]));
    for (const channel of this.channels.keys()) {
      // The page opens on what is there, whoever may see it: nobody has been chosen yet.
      if (this.me === null) this.lastRead.set(channel, [...this.messages.get(channel).keys()].sort().at(-1) ?? "");
      else if (!this.lastRead.has(channel)) this.lastRead.set(channel, "");
    }
  }

  /** List the messages of a channel that came since it was last read, from others than who is at the page. */
  unread(channel) {
    const since = this.lastRead.get(channel);
    return this.topLevel(channel)
      .filter((message) => message.ts > since && (message.is_ephemeral || !this.isMe(message.user)));
  }

  /** Take all of a channel for read, if it can be. */
  markRead(channel) {
    if (this.canSee(channel)) this.lastRead.set(channel, this.topLevel(channel).at(-1)?.ts ?? "");
  }

  /** Tell whether an event needs more than it brings: other people or channels, or too many messages kept by now. */
  isStale(event) {
    if (TOLD_TWICE.test(event.type)) return false;
    const messages = this.messages.get(channelOf(event));
    const isStranger = typeof event.user === "string" && !this.users.has(event.user);
    const opens = MEMBERSHIP.test(event.subtype) && this.isMe(event.user); // or closes a whole channel
    return !APPLIED.includes(event.type) || !messages || messages.size > 2 * this.limit || isStranger || opens;
  }

  /** Apply one event; return what changed as `{channel, ts, root, isNew}`, or null when nothing of it is shown. */
  apply(event) {
    const channel = channelOf(event);
    const messages = this.messages.get(channel);
    if (!messages || !APPLIED.includes(event.type)) return null;
    if (event.type !== "message") return this.#react(event, channel, messages);
    if (event.subtype === "message_deleted") return this.#remove(event.deleted_ts, channel, messages);
    const message = event.subtype === "message_changed" ? event.message : event;
    const [, change] = MEMBERSHIP.exec(event.subtype) ?? [];
    if (change) this.channels.get(channel).members[change === "join" ? "add" : "delete"](event.user);
    const known = messages.get(message.ts);
    if (!known && message !== event) return null; // an edit of what is older than all that is kept
    messages.set(message.ts, known ? { ...message, reactions: known.reactions } : message);
    return { channel, ts: message.ts, root: message.thread_ts, isNew: !known };
  }

  /** Find a message that the person at the page sees, in the channel or in a thread. */
  seen(channel, ts) {
    const message = this.messages.get(channel)?.get(ts);
    return message && this.#isForMe(channel, message) ? message : undefined;
  }

  /** Find a message that the channel itself shows, not only a thread. */
  shown(channel, ts) {
    const message = this.seen(channel, ts);
    return message && isTopLevel(message) ? message : undefined;
  }

  /** List a channel's own messages (threads' replies are not), oldest first. */
  topLevel(channel) {
    return this.#sorted(channel, isTopLevel);
  }

  /** Tell whether a message is the first answer, by somebody else, to what the person at the page wrote. */
  isAnswer(channel, ts) {
    const messages = this.messages.get(channel);
    const answer = messages.get(ts); // it may be deleted again by now
    const asked = answer?.thread_ts !== ts && messages.get(answer?.thread_ts);
    if (!asked || !this.isMe(asked.user) || this.isMe(answer.user)) return false;
    return this.replies(channel, asked.ts)[0] === answer;
  }

  /** List a thread's replies, oldest first. */
  replies(channel, ts) {
    return this.#sorted(channel, (message) => message.thread_ts === ts && message.ts !== ts);
  }

  /** Describe who wrote a message: a person, a bot user, or an app that gave itself a name. */
  author(message) {
    // The `user` of an ephemeral message is who sees it.
    const wrote = message.is_ephemeral ? message.bot_profile?.user_id ?? this.#bot(message.bot_id) : message.user;
    const user = this.users.get(wrote);
    const isApp = Boolean(message.bot_id || message.is_ephemeral || user?.is_bot);
    const id = wrote ?? message.bot_id ?? "unknown";
    const name = message.username || user?.name || message.bot_profile?.name || (id === "USLACKBOT" ? "Slackbot" : id);
    return { id, name, isApp, icon: message.icons?.emoji?.replaceAll(":", "") };
  }

  #bot(botId) {
    return [...this.users.values()].find((user) => user.bot_id === botId)?.id;
  }

  user(id) {
    return this.users.get(id)?.name ?? id;
  }

  channel(id) {
    return this.channels.get(id)?.name ?? id;
  }

  /** Name a channel as people write it: `#ops-log`, or `@ada` for the direct messages with her. */
  title(id) {
    return `${this.channels.get(id)?.is_direct ? "@" : "#"}${this.channel(id)}`;
  }

  isArchived(channel) {
    return this.channels.get(channel)?.is_archived ?? false;
  }

  /** Tell whether the person at the page may read a channel: a private one is its members' only. */
  canSee(id) {
    const channel = this.channels.get(id);
    return this.me === null || !channel?.is_private || channel.members.has(this.me);
  }

  group(id) {
    return this.groups.get(id) ?? id;
  }

  /** Show a shortcode (without colons, such as `wave::skin-tone-3`) as Unicode, or as `:name:` when it is unknown. */
  emoji(name) {
    const [base, tone] = name.split("::skin-tone-");
    const glyph = this.glyphs.get(base);
    if (!glyph) return `:${name}:`;
    if (!tone) return glyph;
    const [first, ...rest] = glyph; // of several joined characters the first one has the skin
    return first + String.fromCodePoint(FIRST_TONE + Number(tone)) + rest.join("").replace(/^\ufe0f/, "");
  }

  /** Tell whether the person at the page may edit and delete a message: what he wrote himself, where he may write. */
  canChange(channel, message) {
    const isOpen = this.canSee(channel) && !this.isArchived(channel);
    return isOpen && this.isMe(message.user) && !message.is_ephemeral && WRITTEN.includes(message.subtype);
  }

  isMe(id) {
    return id === this.me;
  }

  #react(event, channel, messages) {
    const message = messages.get(event.item.ts);
    if (!message) return null;
    const reactions = new Map((message.reactions ?? []).map(({ name, users }) => [name, new Set(users)]));
    const users = reactions.get(event.reaction) ?? new Set();
    if (event.type === "reaction_added") users.add(event.user);
    else users.delete(event.user);
    reactions.set(event.reaction, users);
    message.reactions = [...reactions].filter(([, all]) => all.size)
      .map(([name, all]) => ({ name, users: [...all], count: all.size }));
    return { channel, ts: message.ts, root: message.thread_ts };
  }

  #remove(ts, channel, messages) {
    const root = messages.get(ts)?.thread_ts;
    if (this.replies(channel, ts).length) messages.set(ts, { ...TOMBSTONE, ts, thread_ts: ts });
    else messages.delete(ts);
    return { channel, ts, root };
  }

  /** An ephemeral message is shown to one person only, and a private channel's to its members. */
  #isForMe(channel, message) {
    return this.canSee(channel) && (!message.is_ephemeral || this.isMe(message.user));
  }

  #sorted(channel, wanted) {
    const messages = [...(this.messages.get(channel)?.values() ?? [])]
      .filter((message) => wanted(message) && this.#isForMe(channel, message));
    return messages.sort((one, other) => (one.ts < other.ts ? -1 : 1));
  }
}

function channelOf(event) {
  return event.channel ?? event.item?.channel;
}

/** Tell what a channel shows from what only a thread shows. */
function isTopLevel(message) {
  return !message.thread_ts || message.thread_ts === message.ts || message.subtype === "thread_broadcast";
}
