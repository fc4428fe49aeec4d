"""What a Web API method is, and what its handler is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from slack_logging.local.api import cursors
from slack_logging.local.api.arguments import Arguments
from slack_logging.local.api.ratelimits import Budget
from slack_logging.local.errors import ApiError
from slack_logging.local.limits import LIST_DEFAULT, LIST_PAGE
from slack_logging.local.state.apps import App
from slack_logging.local.state.conversation import Channel, Message
from slack_logging.local.state.model import User
from slack_logging.local.state.workspace import Workspace

T = TypeVar("T")

#: Everybody's language, where a call asks for it.
LOCALE = "en-US"

_POSITION = re.compile("[0-9]{1,12}")

#: The scope family of each kind of conversation: ``channels:history``, ``groups:history``, ``im:history``.
_FAMILIES = {"channel": "channels", "group": "groups", "im": "im"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How histories are read: faults change it.

    Attributes:
        behind: how many seconds of messages the reader does not see yet.
        from_oldest: at which end a page of a history begins when only `oldest` is given.
    """

    behind: float = 0.0
    from_oldest: bool = False


#: What a reader sees where nothing goes wrong.
AS_IT_IS = Reading()


@dataclass(slots=True)
class Request:
    """One authenticated call: who asks for what. Handlers run under the workspace's lock.

    Attributes:
        method: the method's name.
        app: the app whose token it is.
        caller: the bot user whose token it is.
        scopes: the token's.
        arguments: the call's.
        url: the server's own address, for links in answers.
        connect: gives out the address of a new Socket Mode connection, given the app and the server's address.
        reading: how histories are read.
        afterwards: what to do once the answer is under way; for what Slack does asynchronously.
    """

    method: str
    workspace: Workspace
    app: App
    caller: User
    scopes: frozenset[str]
    arguments: Arguments
    url: str
    connect: Callable[[App, str], str]
    reading: Reading = AS_IT_IS
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def need(self, *any_of: str) -> None:
        """Make sure that the token has one of these scopes.

        Raises:
            ApiError: ``missing_scope`` with `needed` and `provided`.
        """
        if any_of and not self.scopes.intersection(any_of):
            raise ApiError("missing_scope", needed=",".join(any_of), provided=",".join(sorted(self.scopes)))

    def need_for(self, channel: Channel, right: str) -> None:
        """Make sure that the token may ``read`` or see the ``history`` of this kind of conversation."""
        self.need(f"{_FAMILIES[channel.kind]}:{right}")

    def channel(self, *, argument: str = "channel", missing: str | None = None) -> Channel:
        """Return the conversation with the given id, if the caller can see it.

        Args:
            argument: where its id is.
            missing: the code when the argument is not there, where it is not ``invalid_arguments``.

        Raises:
            ApiError: ``channel_not_found``; private channels and DMs without the caller do not exist for him.
        """
        if missing and not self.arguments.text(argument):
            raise ApiError(missing)
        channel = self.workspace.channels.get(self.arguments.required(argument))
        if channel is None or not self.can_see(channel):
            raise ApiError("channel_not_found")
        return channel

    def can_see(self, channel: Channel) -> bool:
        """Tell whether the caller may know of a conversation."""
        return not channel.is_private or self.is_member(channel)

    def is_member(self, channel: Channel) -> bool:
        """Tell whether the caller is in a conversation."""
        return self.caller.id in channel.members

    def message(self, channel: Channel, argument: str) -> Message:
        """Return the message with the given `ts`.

        Raises:
            ApiError: ``message_not_found``.
        """
        message = channel.get(self.arguments.required(argument))
        if message is None or message.is_hidden:
            raise ApiError("message_not_found")
        return message

    def item(self, channel: Channel) -> Message:
        """Return the message that ``timestamp`` names: what a reaction or a pin is put on.

        Raises:
            ApiError: ``no_item_specified``, ``bad_timestamp``, ``message_not_found``.
        """
        ts = self.arguments.text("timestamp")
        if not ts:
            raise ApiError("no_item_specified")
        if not cursors.is_ts(ts):
            raise ApiError("bad_timestamp")
        return self.message(channel, "timestamp")

    def authored(self, message: Message) -> bool:
        """Tell whether the caller wrote a message; customised ones carry his bot id only."""
        return message.fields.get("bot_id") == self.caller.bot_id

    def page(self, items: Sequence[T], *, is_strict: bool = False) -> tuple[list[T], dict[str, str]]:
        """Return one page of a list by `limit` and `cursor`, and the answer's ``response_metadata``.

        Args:
            items: all of the list.
            is_strict: refuse a limit out of range, which most methods adjust. Source: Pagination.

        Raises:
            ApiError: ``invalid_limit`` or ``invalid_cursor``.
        """
        limit = self.arguments.number("limit", LIST_DEFAULT) or LIST_DEFAULT
        if is_strict and not 1 <= limit <= LIST_PAGE:
            raise ApiError("invalid_limit")
        limit = max(1, min(limit, LIST_PAGE))
        cursor, now = self.arguments.text("cursor"), self.workspace.clock.time()
        start = 0
        if cursor:
            position = cursors.decode_cursor(self.method, cursor, now)
            if not _POSITION.fullmatch(position):
                raise ApiError("invalid_cursor")
            start = int(position)
        end = start + limit
        following = cursors.encode_cursor(self.method, str(end), now) if end < len(items) else ""
        return list(items[start:end]), {"next_cursor": following}

    def choices(self, name: str, default: str, allowed: Sequence[str]) -> list[str]:
        """Return a list of which every member is allowed.

        Raises:
            ApiError: ``invalid_types``.
        """
        chosen = self.arguments.names(name) or [default]
        if not set(chosen) <= set(allowed):
            raise ApiError("invalid_types")
        return chosen

    def user(self, argument: str = "user") -> User:
        """Return the user with the given id.

        Raises:
            ApiError: ``user_not_found``.
        """
        user = self.workspace.users.get(self.arguments.required(argument))
        if user is None:
            raise ApiError("user_not_found")
        return user


Handler = Callable[[Request], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """One Web API method: a row of the table that the server dispatches by.

    Attributes:
        name: Slack's.
        handler: returns the answer without ``ok``; raises ApiError to refuse.
        budget: how often it may be called; None for posting, which is limited by channel and workspace instead.
        scopes: any one of these is needed before the handler looks at the arguments.
        needs_token: False for api.test.
        is_app_level: True where the token must be an app-level one.
    """

    name: str
    handler: Handler
    budget: Budget | None
    scopes: tuple[str, ...] = ()
    needs_token: bool = True
    is_app_level: bool = False
