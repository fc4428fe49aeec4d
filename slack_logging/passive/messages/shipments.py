"""The messages that a sender posts, each with what to do when Slack has it, or never will. Pure.

One is in the sender's hand at a time, and stays there until it is settled.
"""

from __future__ import annotations

import abc
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_logging.passive.messages import boards
from slack_logging.passive.messages.medium import SLACK, Medium
from slack_logging.passive.messages.packing import Packing
from slack_logging.passive.messages.view import (
    blocks,
    inline,
    mention_text,
    message,
    notification,
    section_of,
    small_print,
)
from slack_logging.passive.records.capture import Captured
from slack_logging.passive.sending.incident import Board, Incident
from slack_logging.passive.sending.incidents import Incidents

#: Codes that refuse this very message: it would be refused for ever. All others say that the world is not right yet.
UNPOSTABLE = frozenset(
    "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long msg_too_large no_text invalid_arguments "
    "invalid_json json_not_object invalid_attachments invalid_metadata_format metadata_too_large "
    "invalid_payload too_many_attachments".split()  # by webhook
)

#: Codes that refuse the thread: the message goes into the channel instead.
UNTHREADABLE = frozenset(
    "cannot_reply_to_message thread_not_found invalid_thread_ts restricted_action_non_threadable_channel "
    "restricted_action_thread_locked".split()
)


@dataclass(frozen=True, slots=True)
class File:
    """A text that a message promises in its thread.

    Attributes:
        name: with its ending; no other file has it, so that it is found again.
        title: what people see above it.
        content: the text.
        records: how many are shown by it and by nothing else.
    """

    name: str
    title: str
    content: str
    records: int = 0


def full_text(text: str) -> File | None:
    """Return the file of what a message has no room for; None if that is nothing."""
    return File(_own_name("record", "txt"), "Full text", text) if text else None


def records_file(content: str, records: int) -> File:
    """Return the file of many records, a line of JSON each."""
    return File(_own_name("records", "jsonl"), f"{counted(records)}, each a line of JSON", content, records)


def counted(records: int) -> str:
    """Return how many records these are, in words."""
    return "1 record" if records == 1 else f"{records:,} records"


def _own_name(stem: str, ending: str) -> str:
    return f"{stem}-{os.urandom(4).hex()}.{ending}"


@dataclass(frozen=True, slots=True)
class Landing:
    """What a message that is in Slack shows.

    Attributes:
        delivered: records on a line of their own.
        merged: records that are part of another's count.
        file: what it promises in its thread.
        context: records to be shown in its thread.
        lost: records that it only counts.
    """

    delivered: int = 0
    merged: int = 0
    file: File | None = None
    context: tuple[Captured, ...] = ()
    lost: int = 0


class Shipment(abc.ABC):
    """A message on its way.

    Attributes:
        id: what its metadata holds, by which it is found again.
        thread: the `ts` of the message that it answers; empty for the channel.
        may_be_twice: whether it was sent again, and nobody could look whether Slack had it already; it says so.
    """

    def __init__(self, thread: str = "") -> None:
        self.id = os.urandom(16).hex()
        self.may_be_twice = False
        self.thread = thread

    @property
    def records(self) -> int:
        """How many records it holds that are nowhere else."""
        return 0

    @abc.abstractmethod
    def arguments(self) -> dict[str, Any]:
        """Return what chat.postMessage is given; the same message each time it is tried."""

    @abc.abstractmethod
    def landed(self, ts: str, now: float) -> Landing:
        """Take in that Slack has it."""

    def divided(self) -> list[Shipment]:
        """Return smaller messages that say the same; none if there are none."""
        return []

    def given_up(self) -> int:
        """Take in that Slack will never have it; return how many records nothing else will tell."""
        return self.records

    def metadata(self, records: int) -> dict[str, Any]:
        """Return the message metadata by which a post whose answer was lost can be found again."""
        event = {"v": 1, "id": self.id, "records": records}
        return {"metadata": {"event_type": "slack_logging_records", "event_payload": event}}


class Batch(Shipment):
    """Records of lower levels, many to a message.

    Args:
        packing: its lines; filled further until it is posted.
        footer: shown below.
        mention: who is notified if a record asks for it.
        thread: see `Shipment`.
    """

    def __init__(self, packing: Packing, footer: str, mention: str, thread: str = "") -> None:
        super().__init__(thread)
        self.packing = packing
        self._footer = footer
        self._mention = mention

    @property
    def records(self) -> int:
        """See `Shipment`."""
        return self.packing.records

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`."""
        lines = self.packing.lines
        text = notification(lines)
        mention = self._mention if any(line.mention for line, _ in lines) else ""
        if mention:
            text = f"{mention_text(mention)} {text}"
        shown = blocks(lines, self._footer, mention=mention)
        return message(text, shown, thread=self.thread) | self.metadata(self.records)

    def landed(self, ts: str, now: float) -> Landing:  # noqa: ARG002 - see `Shipment`
        """See `Shipment`."""
        return Landing(self.packing.shown, self.packing.merged, full_text(self.packing.cut))

    def divided(self) -> list[Shipment]:
        """See `Shipment`."""
        return [Batch(half, self._footer, self._mention, self.thread) for half in self.packing.halves()]


class NewBoard(Shipment):
    """The first message of an incident or a storm. Its records are counted in the incidents.

    Args:
        board: what it shows.
        incidents: where the board is.
        footer: shown below.
        mention: who is notified.
        medium: where it goes.
    """

    def __init__(self, board: Board, incidents: Incidents, footer: str, mention: str, medium: Medium = SLACK) -> None:
        super().__init__(board.thread)
        self._board = board
        self._incidents = incidents
        self._footer = footer
        self._mention = mention
        self._medium = medium
        self._told: dict[str, int] = {}
        board.is_taken = True

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`. What repeats meanwhile is told: nobody has seen it yet."""
        self._told = dict(boards.told(self._board))
        given = boards.arguments(
            self._board, service=self._footer, mention=self._mention, thread=self.thread, medium=self._medium
        )
        return given | self.metadata(sum(self._told.values()))

    def landed(self, ts: str, now: float) -> Landing:
        """See `Shipment`."""
        news, merged = self._incidents.landed(self._board, self._told, ts, now)
        self._board.may_be_twice = self.may_be_twice
        first = self._board.incidents[0]
        context, first.context = first.context, ()
        file = full_text(boards.full_texts(self._board, news)) if self._medium.has_files else None
        boards.shorten_lines(self._board, news, self._medium)
        return Landing(len(news), merged, file, context)

    def divided(self) -> list[Shipment]:
        """See `Shipment`."""
        halves = self._incidents.split(self._board)
        return [NewBoard(half, self._incidents, self._footer, self._mention, self._medium) for half in halves]

    def given_up(self) -> int:
        """See `Shipment`."""
        return self._incidents.forget(self._board)


class Announcement(Shipment):
    """A reply, shown in the channel too, that an incident goes on. It holds no record.

    Args:
        board: the message that it answers.
        incident: what goes on.
        settle: told when it is in Slack, or never will be.
    """

    def __init__(self, board: Board, incident: Incident, settle: Callable[[Incident], None]) -> None:
        super().__init__(board.thread or str(board.ts))
        self._incident = incident
        self._settle = settle

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`."""
        return boards.announcement(self._incident, thread=self.thread) | self.metadata(0)

    def landed(self, ts: str, now: float) -> Landing:  # noqa: ARG002 - see `Shipment`
        """See `Shipment`."""
        self._settle(self._incident)
        return Landing()

    def given_up(self) -> int:
        """See `Shipment`."""
        self._settle(self._incident)
        return 0


#: How each reason for a loss is told.
_REASONS = {
    "full": "while the buffer was full",
    "evicted": "to make room for errors",
    "broken": "unreadable",
    "rejected": "refused by Slack",
    "overflow": "too many, and no file could be shared",
}


class Losses(Shipment):
    """A message that says what was not shown, and why. It holds no record.

    Args:
        lost: how many records, by reason.
        footer: shown below.
        settle: told when it is in Slack, or never will be.
    """

    def __init__(self, lost: Mapping[str, int], footer: str, settle: Callable[[Mapping[str, int]], None]) -> None:
        super().__init__()
        self._lost = lost
        self._footer = footer
        self._settle = settle

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`."""
        total = sum(self._lost.values())
        reasons = "; ".join(f"{count:,} {_REASONS[reason]}" for reason, count in self._lost.items())
        text = f"{total:,} {'record is' if total == 1 else 'records are'} not shown here: {reasons}"
        parts = [{"type": "emoji", "name": "warning"}, inline(f" {text}\n", bold=True)]
        shown = [{"type": "rich_text", "elements": [section_of(parts)]}, small_print(self._footer)]
        return message(f":warning: {text}", shown) | self.metadata(0)

    def landed(self, ts: str, now: float) -> Landing:  # noqa: ARG002 - see `Shipment`
        """See `Shipment`."""
        self._settle(self._lost)
        return Landing()

    def given_up(self) -> int:
        """See `Shipment`."""
        self._settle(self._lost)
        return 0
