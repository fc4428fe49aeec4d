"""What people do in a workspace and see of it: the half of `LocalSlack` that needs no server."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from slack_logging.local.state import channels, views
from slack_logging.local.state.composer import compose
from slack_logging.local.state.content import check_stored
from slack_logging.local.state.conversation import Channel, Message
from slack_logging.local.state.model import User
from slack_logging.local.state.past import preload
from slack_logging.local.state.teams import External
from slack_logging.local.state.text import stored, whole
from slack_logging.local.state.workspace import ClockLike, Workspace, authorship


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was shared in a channel or thread."""

    name: str
    title: str
    content: bytes
    ts: str
    thread_ts: str | None


class People:
    """A workspace with people in it at your command.

    A fresh one holds ``ada`` (an admin) and ``ben``, the bot ``ops`` and the channels ``#general``, ``#ops-log`` and
    ``#ops-commands`` with the three in them. Methods may be called from any thread; channels are given by id or name,
    people by id or name; one that does not exist is a LookupError that lists those that do.

    Args:
        clock: what `ts` are made of.
        enterprise: whether the workspace belongs to one.
    """

    def __init__(self, clock: ClockLike, *, enterprise: bool = False) -> None:
        self.workspace = Workspace(clock, enterprise=enterprise)
        self._bot = self.workspace.add_user("ops", bot=True)
        ada, ben = self.workspace.add_user("ada", admin=True), self.workspace.add_user("ben")
        for name in ("general", "ops-log", "ops-commands"):
            members = [self._bot.id, ada.id, ben.id]
            self.workspace.add_channel(name, kind="channel", creator=ada.id, members=members)

    # People and channels

    def add_user(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002
        admin: bool = False,
        guest: bool | Literal["single-channel"] = False,
        external: External = False,
        deactivated: bool = False,
        bot: bool | Literal["workflow"] = False,
    ) -> str:
        """Add somebody to the workspace, to no channel yet.

        Args:
            name: as in ``@name``.
            id: the user id; made from the name if not given.
            admin: of the workspace.
            guest: True for a guest, ``"single-channel"`` for one who may be in one channel only.
            external: from elsewhere: True or ``"workspace"`` for a workspace without an enterprise,
                ``"enterprise"`` for one of another enterprise, both by Slack Connect; ``"sibling"`` for another
                workspace of our own enterprise.
            deactivated: no longer there.
            bot: the bot user of another app; ``"workflow"`` for one that Workflow Builder made. For a bot without a
                user see `say`.

        Returns:
            The user id.

        Raises:
            ValueError: there is no name, the id is taken, or there is no such place to be from.
        """
        with self.workspace.lock:
            return self.workspace.add_user(
                name,
                id=id,
                admin=admin,
                guest="multi-channel" if guest is True else guest or None,
                external=external,
                deactivated=deactivated,
                bot=bot,
            ).id

    def user_id(self, name: str) -> str:
        """Return the id of somebody, ada's for instance."""
        with self.workspace.lock:
            return self.workspace.user(name).id

    def deactivate(self, user: str) -> None:
        """Deactivate somebody's account."""
        with self.workspace.lock:
            self.workspace.change_user(self.workspace.user(user), is_deactivated=True)

    def add_channel(
        self, name: str, *, private: bool = False, archived: bool = False, bot_is_member: bool = True
    ) -> str:
        """Add a channel with all members of the workspace in it, and the bot unless told otherwise.

        Guests and people from elsewhere are in a channel only once they were invited.

        Returns:
            The channel id.
        """
        with self.workspace.lock:
            workspace = self.workspace
            if workspace.channel_named(name.removeprefix("#")):
                raise ValueError(f"there is a channel #{name.removeprefix('#')} already; take another name")
            members = [user.id for user in workspace.users.values() if self._is_full_member(user)]
            creator = members[0] if members else self._bot.id
            if bot_is_member:
                members.append(self._bot.id)
            channel = workspace.add_channel(
                name.removeprefix("#"), kind="group" if private else "channel", creator=creator, members=members
            )
            if archived:
                channels.archive(workspace, channel, workspace.users[creator])
            return channel.id

    def _is_full_member(self, user: User) -> bool:
        """Tell whether somebody is a person of this workspace, no guest and still there."""
        return not (user.bot_id or user.is_restricted or user.is_deactivated) and user.team_id == self._bot.team_id

    def channel_id(self, name: str) -> str:
        """Return the id of a channel."""
        with self.workspace.lock:
            return self.workspace.channel(name).id

    def archive(self, channel: str) -> None:
        """Archive a channel: it can be read, nothing more. Messages say that its creator did it."""
        with self.workspace.lock:
            channels.archive(self.workspace, *self._created(channel))

    def unarchive(self, channel: str) -> None:
        """Take a channel out of the archive."""
        with self.workspace.lock:
            channels.unarchive(self.workspace, *self._created(channel))

    def rename_channel(self, channel: str, name: str) -> None:
        """Give a channel another name; it keeps its id.

        Raises:
            ValueError: the name is taken.
        """
        with self.workspace.lock:
            place, creator = self._created(channel)
            channels.rename(self.workspace, place, whole(name).removeprefix("#"), creator)

    def remove_channel(self, channel: str) -> None:
        """Delete a channel with all that is in it; one made anew under its name has another id."""
        with self.workspace.lock:
            channels.delete(self.workspace, self.workspace.channel(channel))

    def _created(self, channel: str) -> tuple[Channel, User]:
        place = self.workspace.channel(channel)
        return place, self.workspace.users[place.creator]

    def invite(self, channel: str, user: str) -> None:
        """Add somebody to a channel, the bot for instance; Slack's own message says so there.

        Raises:
            ApiError: ``is_archived``; ``ura_max_channels``: a single-channel guest is in another channel.
            PermissionError: `user` is deactivated.
        """
        with self.workspace.lock:
            place, person = self.workspace.channel(channel), self.workspace.user(user)
            channels.check_open(place, person)
            channels.admit(self.workspace, place, person)

    def kick(self, channel: str, user: str) -> None:
        """Take somebody out of a channel; Slack's own message says so there.

        Raises:
            ApiError: ``is_archived``.
        """
        with self.workspace.lock:
            place, person = self.workspace.channel(channel), self.workspace.user(user)
            channels.check_open(place)
            self.workspace.leave(place, person)

    def add_group(self, handle: str, users: Iterable[str], *, disabled: bool = False) -> str:
        """Add a user group, or replace the members and the state of the one of that handle.

        Returns:
            The group's id.
        """
        with self.workspace.lock:
            members = [self.workspace.user(user).id for user in users]
            return self.workspace.set_group(handle, members, disabled=disabled).id

    # Messages

    def say(
        self,
        channel: str,
        text: str,
        *,
        user: str | None = None,
        integration: str | None = None,
        thread_ts: str | None = None,
        broadcast: bool = False,
        raw: bool = False,
        **message_fields: Any,
    ) -> str:
        """Have somebody type a message, or a bot without a user post one.

        Args:
            channel: where.
            text: as typed; mentions, links and emoji in it are recognised as Slack's message box does; a lone surrogate
                becomes U+FFFD, here and in all text.
            user: who; or else
            integration: the name of a bot without a user, such as a classic one: its message is a ``bot_message``
                with a `bot_id` and a `username` only.
            thread_ts: the parent, for a reply.
            broadcast: show the reply in the channel too.
            raw: store `text` exactly as given and without blocks, as old clients did.
            **message_fields: put into the message as they are, such as ``subtype``, ``blocks`` or ``metadata``.

        Returns:
            The message's `ts`.

        Raises:
            ApiError: ``is_archived``, ``thread_not_found`` or ``cannot_reply_to_message``.
            PermissionError: `user` is deactivated, or is not in this private channel.
            TypeError: neither or both of `user` and `integration` were given.
            ValueError: `blocks` or `attachments` are no lists of dicts.
        """
        with self.workspace.lock:
            place = self.workspace.channel(channel)
            author = self._author(place, user, integration)
            if integration:
                author["text"] = text if raw else stored(text)
            else:
                author |= self._typed(text, raw=raw)
            fields = whole(author | message_fields)
            check_stored(fields)
            return self.workspace.post(place, fields, thread_ts=thread_ts, broadcast=broadcast).ts

    def _author(self, place: Channel, user: str | None, integration: str | None) -> dict[str, Any]:
        """Return the fields that say who posts."""
        if (user is None) == (integration is None):
            raise TypeError("give either user= or integration=: who says it")
        if user is not None:
            return authorship(self._acting(place, user))
        channels.check_open(place)
        bot = self.workspace.integration(str(integration))
        return {"subtype": "bot_message", "bot_id": bot.bot_id, "username": bot.name}

    def _acting(self, place: Channel, user: str) -> User:
        """Return who does something in a channel, by id or name, if he can.

        A private channel is its members' only. In a public one anybody may act, as if he had joined it for that.

        Raises:
            ApiError: ``is_archived``.
            PermissionError: he is deactivated, or not in this private channel.
        """
        person = self.workspace.user(user)
        channels.check_acting(place, person)
        return person

    def _typed(self, text: str, *, raw: bool) -> dict[str, Any]:
        if raw:
            return {"text": text}
        composed = compose(text, self.workspace)
        return {"text": composed.text, "blocks": [composed.block]}

    def preload(self, channel: str, messages: Iterable[str | Mapping[str, Any]], *, user: str = "ada") -> list[str]:
        """Fill a channel with a past: many messages at once, of which no event tells. An open page must be reloaded.

        Args:
            channel: where.
            messages: oldest first. A text was typed by `user` and is plain: no mention, link or emoji is recognised in
                it. A mapping has such a `text`, or the message's own fields with `blocks` among them, and may have
                `user` (id or name), `thread_ts` and `ts`. What has no `ts` is a second before the next, the last now.
            user: who said what says nothing else.

        Returns:
            The messages' `ts`.

        Raises:
            ValueError: a `ts` is not later than the one before it, or no `ts` at all; what is given are no messages.
            ApiError: what a reply would be refused with.
        """
        with self.workspace.lock:
            return preload(self.workspace, self.workspace.channel(channel), messages, user)

    def edit(self, channel: str, ts: str, text: str, *, user: str | None = None) -> None:
        """Have somebody, the author unless told otherwise, change a message to what he types now.

        Raises:
            ApiError: ``is_archived``.
            PermissionError: as for `say`.
        """
        with self.workspace.lock:
            place, message = self._find(channel, ts)
            editor = self._acting(place, user or str(message.fields.get("user", self._bot.id))).id
            fields = message.fields | self._typed(whole(text), raw="blocks" not in message.fields)
            self.workspace.edit(place, message, fields, editor=editor)

    def delete(self, channel: str, ts: str, *, user: str | None = None) -> None:
        """Have somebody, the author unless told otherwise, delete a message.

        Raises:
            ApiError: ``is_archived``.
            PermissionError: as for `say`; or it is another's, and `user` no admin.
        """
        with self.workspace.lock:
            place, message = self._find(channel, ts)
            channels.check_open(place)
            if user is not None:
                channels.check_deleting(message, self._acting(place, user))
            self.workspace.delete(place, message)

    def react(self, channel: str, ts: str, name: str, *, user: str) -> None:
        """Have somebody add a reaction; `name` is without colons.

        Raises:
            ApiError: ``already_reacted``, ``invalid_name`` and what else reactions.add refuses.
            PermissionError: as for `say`.
        """
        with self.workspace.lock:
            place, message = self._find(channel, ts)
            self.workspace.react(place, message, name, self._acting(place, user))

    def unreact(self, channel: str, ts: str, name: str, *, user: str) -> None:
        """Have somebody take his reaction away.

        Raises:
            ApiError: ``no_reaction``, if he has not reacted so, or ``is_archived``.
            PermissionError: as for `say`.
        """
        with self.workspace.lock:
            place, message = self._find(channel, ts)
            self.workspace.unreact(place, message, name, self._acting(place, user))

    def _find(self, channel: str, ts: str) -> tuple[Channel, Message]:
        place = self.workspace.channel(channel)
        message = place.get(ts)
        if message is None:
            raise LookupError(
                f"no message {ts!r} in #{place.name}; its messages are: {[m.ts for m in place.timeline()]}"
            )
        return place, message

    # What there is to see

    def messages(self, channel: str, *, thread_ts: str | None = None) -> list[dict[str, Any]]:
        """Return what a channel shows, oldest first: copies of full message objects with all metadata.

        Args:
            channel: which.
            thread_ts: show this thread instead, the parent first.
        """
        with self.workspace.lock:
            place = self.workspace.channel(channel)
            shown = place.timeline() if thread_ts is None else list(place.thread(self._find(channel, thread_ts)[1]))
            return [copy.deepcopy(views.message(place, message, full=True)) for message in shown]

    def ephemerals(self, channel: str, *, user: str | None = None) -> list[dict[str, Any]]:
        """Return the last 1,000 ephemeral messages of a channel, oldest first; no client can find them.

        Args:
            channel: where they were shown.
            user: only what this person saw. A message's own `user` is who saw it.
        """
        with self.workspace.lock:
            seen_by = self.workspace.user(user).id if user else None
            shown = self.workspace.channel(channel).ephemerals
            return [copy.deepcopy(message) for message in shown if seen_by in (None, message["user"])]

    def reactions(self, channel: str, ts: str) -> dict[str, list[str]]:
        """Return the reactions to a message: the user ids by the name that Slack stores, ``+1`` not ``thumbsup``."""
        with self.workspace.lock:
            return {name: list(users) for name, users in self._find(channel, ts)[1].reactions.items()}

    def files(self, channel: str) -> list[File]:
        """Return the files shared in a channel and its threads, in the order in which they were shared."""
        with self.workspace.lock:
            place = self.workspace.channel(channel)
            found = [
                File(file.name, file.title, file.content or b"", share.ts, share.thread_ts)
                for file in self.workspace.files.values()
                for share in file.shares
                if share.channel == place.id
            ]
        return sorted(found, key=lambda file: file.ts)
