"""A channel or DM: its members, its messages in order, its threads.

Invariants: a `ts` is unique within one channel, only grows and is never given out twice, also not after a deletion;
two channels may well give out the same. What `Message.fields` holds is replaced as a whole, never changed in place,
so that a view taken earlier stays what it was.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

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


class Channel:
    """One conversation.

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

    def get(self, ts: str) -> Message | None:
        """Return the message of that `ts`."""
        return self._messages.get(ts)

    def add(self, message: Message) -> None:
        """Take in a message whose `ts` is the newest given out; a reply's parent must be here."""
        self._messages[message.ts] = message
        if message.parent_ts is not None:
            parent = self._messages[message.parent_ts]
            parent.reply_ts.append(message.ts)
            parent.was_threaded = True
        if message.parent_ts is None or message.fields.get("subtype") == "thread_broadcast":
            self._timeline.append(message.ts)

    def remove(self, message: Message) -> None:
        """Delete a message. A parent with replies leaves a placeholder in its thread."""
        place = bisect.bisect_left(self._timeline, message.ts)
        if self._timeline[place : place + 1] == [message.ts]:
            del self._timeline[place]
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

    def timeline(self) -> list[Message]:
        """Return what the channel itself shows, oldest first: parents and broadcast replies."""
        return [self._messages[ts] for ts in self._timeline]

    def tombstones(self) -> list[Message]:
        """Return the placeholders of deleted parents, which no history lists but people see."""
        return [message for message in self._messages.values() if message.fields.get("subtype") == "tombstone"]

    def timeline_between(self, oldest: str, latest: str, *, inclusive: bool) -> list[str]:
        """Return the `ts` of what the channel shows between two bounds, oldest first.

        Args:
            oldest: ten digits, a dot, six digits.
            latest: likewise.
            inclusive: whether a message exactly on a bound belongs to it.
        """
        return between(self._timeline, oldest, latest, inclusive=inclusive)

    def thread(self, parent: Message) -> Iterator[Message]:
        """Yield a thread, oldest first, the parent at the head."""
        yield parent
        for ts in parent.reply_ts:
            yield self._messages[ts]


def between(timestamps: list[str], oldest: str, latest: str, *, inclusive: bool) -> list[str]:
    """Return the part of a sorted list of `ts` that lies between two bounds."""
    if inclusive:
        return timestamps[bisect.bisect_left(timestamps, oldest) : bisect.bisect_right(timestamps, latest)]
    return timestamps[bisect.bisect_right(timestamps, oldest) : bisect.bisect_left(timestamps, latest)]
