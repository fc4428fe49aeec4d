"""A channel or DM: its members, its messages in order, its threads.

Invariants: a `ts` is unique within one channel, only grows and is never given out twice, also not after a deletion;
two channels may well give out the same. What `Message.fields` holds is replaced as a whole, never changed in place,
so that a view taken earlier stays what it was.
"""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from slack_logging.local.errors import ApiError
from slack_logging.local.limits import EPHEMERALS_KEPT

Kind = Literal["channel", "group", "im"]


@dataclass(slots=True)
class Message:
    """One stored message. `fields` are Slack's own, without `ts`, thread and reactions, which are kept here."""

    ts: str
    fields: dict[str, Any]
    parent_ts: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    reply_ts: list[str] = field(default_factory=list)
    was_threaded: bool = False

    @property
    def is_hidden(self) -> bool:
        """True for what the history leaves out."""
        return bool(self.fields.get("hidden"))

    @property
    def is_threadable(self) -> bool:
        """False for replies and for joins and leaves. Source: conversations.replies."""
        return self.parent_ts is None and self.fields.get("subtype") not in ("channel_join", "channel_leave")


@dataclass(frozen=True, slots=True)
class Pin:
    """Who pinned a message, and when in epoch seconds."""

    user: str
    created: int


class Channel:
    """One conversation.

    Attributes:
        pins: by the `ts` of the message.
        bookmarks: Slack's objects, in order.
        ephemerals: what was shown to single people, as it was told to the page; no history shows it.
        updated: when it was last changed itself, in epoch seconds.

    Args:
        id: starts with C, or with D for a DM.
        name: without ``#``; for a DM the other person's user id.
        kind: public channel, private channel (Slack's word is group) or DM.
        creator: a user id.
        created: epoch seconds.
        members: user ids.
    """

    def __init__(self, id: str, name: str, *, kind: Kind, creator: str, created: int, members: list[str]) -> None:  # noqa: A002
        self.id = id
        self.name = name
        self.kind = kind
        self.creator = creator
        self.created = created
        self.members = members
        self.is_archived = False
        self.is_general = name == "general"
        self.previous_names: list[str] = []
        self.updated: float = created
        self.pins: dict[str, Pin] = {}
        self.bookmarks: list[dict[str, Any]] = []
        self.ephemerals: deque[dict[str, Any]] = deque(maxlen=EPHEMERALS_KEPT)
        self._messages: dict[str, Message] = {}
        self._timeline: list[str] = []
        self._last_ts = 0

    @property
    def is_private(self) -> bool:
        """True for all but public channels."""
        return self.kind != "channel"

    def next_ts(self, now: float) -> str:
        """Give out the `ts` of what happens at `now` (epoch seconds): later than every one before it."""
        self._last_ts = max(int(now * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000:010d}.{self._last_ts % 1_000_000:06d}"

    def take_ts(self, ts: str) -> str:
        """Give out just this `ts`, for what happened in the past.

        Raises:
            ValueError: it is not later than every one before it.
        """
        given = int(ts.replace(".", ""))
        if given <= self._last_ts:
            raise ValueError(f"ts {ts} in #{self.name} is not later than the one before it: give messages oldest first")
        self._last_ts = given
        return ts

    def get(self, ts: str) -> Message | None:
        """Return the message of that `ts`."""
        return self._messages.get(ts)

    def parent(self, ts: str) -> Message:
        """Return the message that a reply to `ts` belongs to.

        Raises:
            ApiError: ``thread_not_found``, or ``cannot_reply_to_message`` for a reply, a join or a leave.
        """
        parent = self._messages.get(ts)
        if parent is None:
            raise ApiError("thread_not_found")
        if not parent.is_threadable:
            raise ApiError("cannot_reply_to_message")
        return parent

    def add(self, message: Message) -> None:
        """Take in a message whose `ts` is the newest given out; a reply's parent must be here."""
        self._messages[message.ts] = message
        if message.parent_ts is not None:
            parent = self._messages[message.parent_ts]
            parent.reply_ts.append(message.ts)
            parent.was_threaded = True
        if message.parent_ts is None or message.fields.get("subtype") == "thread_broadcast":
            self._timeline.append(message.ts)

    def broadcast(self, message: Message) -> None:
        """Have the channel itself show a reply that is here already, in its place."""
        if message.ts not in self._timeline:
            bisect.insort(self._timeline, message.ts)

    def remove(self, message: Message) -> None:
        """Delete a message. A parent with replies leaves a placeholder in its thread."""
        place = bisect.bisect_left(self._timeline, message.ts)
        if self._timeline[place : place + 1] == [message.ts]:
            del self._timeline[place]
        self.pins.pop(message.ts, None)
        if message.reply_ts:
            message.fields = {
                "type": "message",
                "subtype": "tombstone",
                "hidden": True,
                "user": "USLACKBOT",
                "text": "This message was deleted.",
            }
            message.reactions = {}
            return
        del self._messages[message.ts]
        parent = self._messages.get(message.parent_ts or "")
        if parent is not None:
            parent.reply_ts.remove(message.ts)

    def messages(self) -> Iterator[Message]:
        """Yield all messages, replies among them, oldest first."""
        yield from self._messages.values()

    def timeline(self) -> list[Message]:
        """Return what the channel itself shows, oldest first: parents and broadcast replies."""
        return [self._messages[ts] for ts in self._timeline]

    @property
    def timeline_ts(self) -> Sequence[str]:
        """The `ts` of what the channel itself shows, oldest first; not a copy."""
        return self._timeline

    def thread(self, parent: Message) -> Iterator[Message]:
        """Yield a thread, oldest first, the parent at the head."""
        yield parent
        for ts in parent.reply_ts:
            yield self._messages[ts]


def between(timestamps: Sequence[str], oldest: str, latest: str, *, inclusive: bool) -> range:
    """Return the places in a sorted list of `ts` that lie between two bounds, in no more time than looking them up.

    Args:
        timestamps: ten digits, a dot, six digits each.
        oldest: likewise.
        latest: likewise.
        inclusive: whether what is exactly on a bound belongs to it.
    """
    if inclusive:
        return range(bisect.bisect_left(timestamps, oldest), bisect.bisect_right(timestamps, latest))
    return range(bisect.bisect_right(timestamps, oldest), bisect.bisect_left(timestamps, latest))
