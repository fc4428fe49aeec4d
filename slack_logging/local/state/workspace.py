"""The state of one Slack workspace, and what happens in it.

No thread, socket or web framework here: whoever shares a workspace between threads holds its `lock`. Every change
is emitted to the subscribers as the inner event that Slack would send (Source: Events API), the app's own messages
and reactions included; that is what the web page and `wait_for` live on.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal, Protocol

from slack_logging.local.errors import ApiError
from slack_logging.local.limits import EMOJI_PER_MESSAGE, REACTIONS_PER_USER
from slack_logging.local.state import emoji, views
from slack_logging.local.state.conversation import Channel, Kind, Message
from slack_logging.local.state.model import Group, Integration, Share, StoredFile, User
from slack_logging.local.state.teams import ENTERPRISE, TEAM_ID, TEAM_URL, External, home
from slack_logging.local.state.text import whole

Event = dict[str, Any]
Guest = Literal["multi-channel", "single-channel"]


class ClockLike(Protocol):
    """What the local Slack needs of a clock."""

    def time(self) -> float:
        """Return seconds since the epoch."""


class Workspace:
    """Users, channels, messages, reactions, files and user groups of one workspace.

    Args:
        clock: the time that `ts` and dates are made of.
        enterprise: whether it belongs to one.
    """

    def __init__(self, clock: ClockLike, *, enterprise: bool = False) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.enterprise = ENTERPRISE if enterprise else None
        self.users: dict[str, User] = {}
        self.integrations: dict[str, Integration] = {}
        self.channels: dict[str, Channel] = {}
        self.former_channel_ids: set[str] = set()
        self.groups: dict[str, Group] = {}
        self.files: dict[str, StoredFile] = {}
        self._subscribers: list[Callable[[Event], None]] = []

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Have `callback` called with every event, in the thread that made the change and under the lock.

        The callback must be quick, must not raise and must not change the event.

        Returns:
            A function that ends the subscription; calling it twice does no harm.
        """
        with self.lock:
            self._subscribers.append(callback)

        def unsubscribe() -> None:
            with self.lock:
                if callback in self._subscribers:
                    self._subscribers.remove(callback)

        return unsubscribe

    def _emit(self, event: Event) -> None:
        for callback in tuple(self._subscribers):
            callback(event)

    def _emit_message(self, channel: Channel, event: Event, event_ts: str) -> None:
        place = {"channel": channel.id, "channel_type": channel.kind, "event_ts": event_ts}
        self._emit({"type": "message"} | event | place)

    def announce(self, event: Event) -> None:
        """Emit an event that is about no stored message, with the present as its `event_ts`."""
        self._emit(event | {"event_ts": self._now_ts()})

    def _now_ts(self) -> str:
        return f"{self.clock.time():.6f}"

    # People and channels

    def add_user(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002
        admin: bool = False,
        guest: Guest | None = None,
        external: External = False,
        deactivated: bool = False,
        bot: bool | Literal["workflow"] = False,
    ) -> User:
        """Add somebody; the parameters are those of `LocalSlack.add_user`."""
        name = whole(name)
        if not name.strip():
            raise ValueError(f"name is {name!r}: give one, as in @ada")
        team_id, enterprise = home(external, self.enterprise)
        user_id = id or _new_id("U", name, self.users)
        if user_id in self.users:
            raise ValueError(f"user id {user_id} is taken; leave id= out or give another")
        user = User(
            id=user_id,
            name=name,
            team_id=team_id,
            enterprise=enterprise,
            is_admin=admin,
            is_restricted=guest is not None,
            is_ultra_restricted=guest == "single-channel",
            is_deactivated=deactivated,
            bot_id=_new_id("B", name, {user.bot_id: user for user in self.users.values()}) if bot else None,
            app_id=_new_id("A", name, {user.app_id: user for user in self.users.values()}) if bot else None,
            is_workflow=bot == "workflow",
            updated=int(self.clock.time()),
        )
        self.users[user.id] = user
        self.announce({"type": "team_join", "user": views.user(user)})
        return user

    def integration(self, name: str, *, bot_id: str | None = None, app_id: str | None = None) -> Integration:
        """Return a bot without a user by its bot id or, without one, by its name; it is added on first use."""
        name = whole(name)
        for known in self.integrations.values():
            if known.bot_id == bot_id or (bot_id is None and known.name == name and known.app_id == app_id):
                return known
        taken = [*self.integrations, *(user.bot_id for user in self.users.values())]
        added = Integration(bot_id or _new_id("B", name, taken), name, app_id, updated=int(self.clock.time()))
        self.integrations[added.bot_id] = added
        return added

    def change_user(self, user: User, **changes: Any) -> User:
        """Replace some of a user's fields, `is_deactivated` for instance."""
        changed = self.users[user.id] = replace(user, **changes, updated=int(self.clock.time()))
        self.announce({"type": "user_change", "user": views.user(changed)})
        return changed

    def user(self, id_or_name: str) -> User:
        """Return somebody by id or name.

        Raises:
            LookupError: there is nobody of that id or name.
        """
        if id_or_name in self.users:
            return self.users[id_or_name]
        for user in self.users.values():
            if user.name == id_or_name:
                return user
        known = ", ".join(f"{user.name} ({user.id})" for user in self.users.values())
        raise LookupError(f"no user {id_or_name!r} here; add_user it, or use one of: {known}")

    def add_channel(self, name: str, *, kind: Kind, creator: str, members: Iterable[str]) -> Channel:
        """Add a channel; a DM has the other person's id as its name."""
        name = whole(name)
        prefix = "D" if kind == "im" else "C"
        channel_id = _new_id(prefix, name, [*self.channels, *self.former_channel_ids])
        created = int(self.clock.time())
        channel = Channel(channel_id, name, kind=kind, creator=creator, created=created, members=list(members))
        self.channels[channel_id] = channel
        about = {"id": channel_id, "name": name, "created": created, "creator": creator}
        # Slack tells of public channels and of DMs; the event of a private one is for this workspace's own page.
        self.announce({"type": f"{kind}_created", "channel": about})
        return channel

    def channel_named(self, name: str) -> Channel | None:
        """Return the channel of that name, which has no ``#``; DMs have none."""
        for channel in self.channels.values():
            if channel.kind != "im" and channel.name == name:
                return channel
        return None

    def channel(self, id_or_name: str) -> Channel:
        """Return a channel by id or name, with or without ``#``.

        Raises:
            LookupError: there is none.
        """
        channel = self.channels.get(id_or_name) or self.channel_named(id_or_name.removeprefix("#"))
        if channel is None:
            known = ", ".join(f"#{channel.name} ({channel.id})" for channel in self.channels.values())
            raise LookupError(f"no channel {id_or_name!r} here; add_channel it, or use one of: {known}")
        return channel

    def direct_channel(self, one: User, other: User) -> Channel:
        """Return the DM of two users; it is opened on first use."""
        for channel in self.channels.values():
            if channel.kind == "im" and set(channel.members) == {one.id, other.id}:
                return channel
        return self.add_channel(other.id, kind="im", creator=one.id, members=[one.id, other.id])

    def join(self, channel: Channel, user: User, *, inviter: User | None = None) -> bool:
        """Make somebody a member, with Slack's message about it; False if he was one."""
        if user.id in channel.members:
            return False
        channel.members.append(user.id)
        text = f"<@{user.id}> has joined the channel"
        by = {"inviter": inviter.id} if inviter else {}
        self.post(channel, {"subtype": "channel_join", "user": user.id, "text": text} | by)
        self._announce_member("joined", channel, user, by)
        return True

    def leave(self, channel: Channel, user: User) -> None:
        """End a membership, with Slack's message about it."""
        if user.id in channel.members:
            channel.members.remove(user.id)
            text = f"<@{user.id}> has left the channel"
            self.post(channel, {"subtype": "channel_leave", "user": user.id, "text": text})
            self._announce_member("left", channel, user, {})

    def _announce_member(self, change: str, channel: Channel, user: User, by: dict[str, str]) -> None:
        """Source: member_joined_channel, member_left_channel."""
        place = {"channel": channel.id, "channel_type": "G" if channel.is_private else "C", "team": user.team_id}
        self.announce({"type": f"member_{change}_channel", "user": user.id} | place | by)

    def set_group(self, handle: str, users: Iterable[str], *, disabled: bool = False) -> Group:
        """Add a user group, or replace the members and state of the one of that handle."""
        handle, now = whole(handle), int(self.clock.time())
        former = next((group for group in self.groups.values() if group.handle == handle), None)
        group = Group(
            id=former.id if former else _new_id("S", handle, self.groups),
            handle=handle,
            users=tuple(users),
            created=former.created if former else now,
            updated=now,
            disabled_at=now if disabled else 0,
        )
        self.groups[group.id] = group
        view = views.group(group, team_id=TEAM_ID, with_users=True, with_count=True)
        self.announce({"type": "subteam_updated" if former else "subteam_created", "subteam": view})
        return group

    # Names, as the message box looks them up (`composer.Names`)

    def user_id(self, name: str) -> str | None:
        """Return the id of ``@name``."""
        return next((user.id for user in self.users.values() if user.name == name), None)

    def group_id(self, handle: str) -> str | None:
        """Return the id of the enabled user group ``@handle``."""
        groups = self.groups.values()
        return next((group.id for group in groups if group.handle == handle and not group.disabled_at), None)

    def channel_id(self, name: str) -> str | None:
        """Return the id of ``#name``."""
        channel = self.channel_named(name)
        return channel.id if channel else None

    def spelled(self, id_: str) -> str | None:
        """Return what is typed to mean it now: ``@ada``, ``@oncall`` or ``#general``."""
        if id_ in self.channels:
            return f"#{self.channels[id_].name}"
        named = self.users[id_].name if id_ in self.users else self.groups[id_].handle if id_ in self.groups else None
        return named and f"@{named}"

    # Messages

    def post(
        self, channel: Channel, fields: dict[str, Any], *, thread_ts: str | None = None, broadcast: bool = False
    ) -> Message:
        """Store a message.

        Args:
            channel: where.
            fields: the message's, without `ts` and thread.
            thread_ts: the parent's `ts`.
            broadcast: show a reply in the channel too.

        Raises:
            ApiError: ``thread_not_found``, or ``cannot_reply_to_message`` where the parent is itself a reply, a join or
                a leave.
        """
        parent = channel.parent(thread_ts) if thread_ts is not None else None
        fields = {"type": "message"} | fields
        if parent and broadcast:
            fields["subtype"] = "thread_broadcast"
        message = Message(channel.next_ts(self.clock.time()), fields, parent_ts=thread_ts)
        channel.add(message)
        self._emit_message(channel, views.message(channel, message), message.ts)
        return message

    def edit(self, channel: Channel, message: Message, fields: dict[str, Any], *, editor: str) -> None:
        """Replace a message's fields and mark it as edited by the user with the id `editor`.

        The mark's `ts` is a whole second, as Slack's is.
        """
        previous = views.message(channel, message)
        now = self.clock.time()
        message.fields = fields | {"edited": {"user": editor, "ts": f"{int(now)}.000000"}}
        ts = channel.next_ts(now)
        changed = {"subtype": "message_changed", "hidden": True, "ts": ts, "previous_message": previous}
        self._emit_message(channel, changed | {"message": views.message(channel, message)}, ts)

    def delete(self, channel: Channel, message: Message) -> None:
        """Delete a message; its `ts` is never used again."""
        previous = views.message(channel, message)
        channel.remove(message)
        ts = channel.next_ts(self.clock.time())
        deleted = {"subtype": "message_deleted", "hidden": True, "ts": ts, "deleted_ts": message.ts}
        self._emit_message(channel, deleted | {"previous_message": previous}, ts)

    def react(self, channel: Channel, message: Message, name: str, user: User) -> None:
        """Put a user's reaction on a message. Source: reactions.add.

        Raises:
            ApiError: ``invalid_name``, ``already_reacted``, ``too_many_emoji`` or ``too_many_reactions``.
        """
        known = emoji.canonical_name(name)
        if known is None:
            raise ApiError("invalid_name")
        users = message.reactions.get(known, [])
        if user.id in users:
            raise ApiError("already_reacted")
        if not users and len(message.reactions) >= EMOJI_PER_MESSAGE:
            raise ApiError("too_many_emoji")
        if sum(user.id in others for others in message.reactions.values()) >= REACTIONS_PER_USER:
            raise ApiError("too_many_reactions")
        message.reactions[known] = [*users, user.id]
        self._emit_reaction("reaction_added", channel, message, known, user)

    def unreact(self, channel: Channel, message: Message, name: str, user: User) -> None:
        """Take a user's own reaction away. Source: reactions.remove.

        Raises:
            ApiError: ``invalid_name``, or ``no_reaction`` where this user has not reacted so.
        """
        known = emoji.canonical_name(name)
        if known is None:
            raise ApiError("invalid_name")
        users = message.reactions.get(known, [])
        if user.id not in users:
            raise ApiError("no_reaction")
        message.reactions[known] = [other for other in users if other != user.id]
        if not message.reactions[known]:
            del message.reactions[known]
        self._emit_reaction("reaction_removed", channel, message, known, user)

    def _emit_reaction(self, kind: str, channel: Channel, message: Message, name: str, user: User) -> None:
        event: Event = {"type": kind, "user": user.id, "reaction": name, "event_ts": self._now_ts()}
        event["item"] = {"type": "message", "channel": channel.id, "ts": message.ts}
        if "user" in message.fields:
            event["item_user"] = message.fields["user"]
        self._emit(event)

    # Files

    def new_file(self, *, name: str, length: int, user: str, snippet_type: str = "") -> StoredFile:
        """Reserve a file for which the bytes are still to come."""
        file_id = f"F{len(self.files) + 1:08d}"
        file = StoredFile(file_id, name, length, user, created=int(self.clock.time()), snippet_type=snippet_type)
        self.files[file_id] = file
        return file

    def share(
        self, file_ids: list[str], channel: Channel, fields: dict[str, Any], *, url: str, thread_ts: str | None
    ) -> None:
        """Show files in a channel or thread with one message.

        Args:
            file_ids: complete files.
            channel: where.
            fields: the message's.
            url: the server's own address, for the links.
            thread_ts: the thread, if any.
        """
        files = [self.files[file_id] for file_id in file_ids]
        shown = [views.file(file, url=url, permalink=TEAM_URL, with_shares=False) for file in files]
        message = self.post(
            channel, {"subtype": "file_share", "upload": False, "files": shown} | fields, thread_ts=thread_ts
        )
        share = Share(channel.id, message.ts, thread_ts, channel.is_private)
        for file in files:
            self.files[file.id] = replace(self.files[file.id], shares=(*file.shares, share))


def authorship(user: User) -> dict[str, Any]:
    """Return the fields that say who wrote a message. Source: message event."""
    fields: dict[str, Any] = {"user": user.id, "team": user.team_id}
    if user.bot_id:
        return fields | {"bot_id": user.bot_id, "app_id": user.app_id, "bot_profile": views.bot_profile(user)}
    fields["client_msg_id"] = str(uuid.uuid4())
    if user.team_id != TEAM_ID:
        fields |= {"user_team": user.team_id, "source_team": user.team_id}
    return fields


def _new_id(prefix: str, name: str, taken: Iterable[str | None]) -> str:
    """Make an id of Slack's shape that a reader can tell apart: ada's is U0ADA0000."""
    readable = "".join(character for character in name.upper() if character.isascii() and character.isalnum())
    first = f"{prefix}0{readable[:9]}".ljust(9, "0")
    number, candidate, used = 1, first, set(taken)
    while candidate in used:
        number += 1
        candidate = f"{first}{number}"
    return candidate
