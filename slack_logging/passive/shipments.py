"""The messages that a sender posts, each with what to do when Slack has it, or never will. Pure.

One is in the sender's hand at a time, and stays there until it is settled.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from slack_logging.passive import boards
from slack_logging.passive.incidents import Board, Incident, Incidents
from slack_logging.passive.packing import Packing
from slack_logging.passive.view import blocks, inline, notification, section_of, small_print

#: Codes that refuse this very message: it would be refused for ever. All others say that the world is not right yet.
UNPOSTABLE = frozenset(
    "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long msg_too_large no_text invalid_arguments "
    "invalid_json json_not_object invalid_attachments invalid_metadata_format metadata_too_large".split()
)


@dataclass(frozen=True, slots=True)
class Landing:
    """What a message that is in Slack shows.

    Attributes:
        delivered: records on a line of their own.
        merged: records that are part of another's count.
        file: a text that the message promises in its thread; may be empty.
    """

    delivered: int = 0
    merged: int = 0
    file: str = ""


class Shipment(Protocol):
    """A message on its way."""

    @property
    def id(self) -> str:
        """What its metadata holds, by which it is found again."""

    @property
    def records(self) -> int:
        """How many records it holds that are nowhere else."""

    def arguments(self) -> dict[str, Any]:
        """Return what chat.postMessage is given; the same message each time it is tried."""

    def landed(self, ts: str, now: float) -> Landing:
        """Take in that Slack has it."""

    def divided(self) -> list[Shipment]:
        """Return smaller messages that say the same; none if there are none."""

    def given_up(self) -> int:
        """Take in that Slack will never have it; return how many records nothing else will tell."""


@dataclass(slots=True)
class Batch:
    """Records of lower levels, many to a message."""

    packing: Packing
    footer: str
    id: str = field(default_factory=lambda: os.urandom(16).hex())

    @property
    def records(self) -> int:
        """See `Shipment`."""
        return self.packing.records

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`."""
        lines = self.packing.lines
        return {
            "text": notification(lines),
            "parse": "none",
            "blocks": blocks(lines, self.footer),
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": metadata(self.id, self.records),
        }

    def landed(self, ts: str, now: float) -> Landing:  # noqa: ARG002 - see `Shipment`
        """See `Shipment`."""
        oversize = self.packing.oversize
        return Landing(self.packing.shown, self.packing.merged, oversize.text() if oversize else "")

    def divided(self) -> list[Shipment]:
        """See `Shipment`."""
        return [Batch(half, self.footer) for half in self.packing.halves()]

    def given_up(self) -> int:
        """See `Shipment`."""
        return self.records


@dataclass(slots=True)
class NewBoard:
    """The first message of an incident or a storm. Its records are counted in the incidents."""

    board: Board
    incidents: Incidents
    service: str
    mention: str
    id: str = field(default_factory=lambda: os.urandom(16).hex())
    told: dict[str, int] = field(default_factory=dict)
    records: int = 0

    def __post_init__(self) -> None:
        self.board.is_taken = True

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`. What repeats meanwhile is told: nobody has seen it yet."""
        self.told = dict(boards.told(self.board))
        given = boards.arguments(self.board, service=self.service, mention=self.mention)
        return given | {"metadata": metadata(self.id, sum(self.told.values()))}

    def landed(self, ts: str, now: float) -> Landing:
        """See `Shipment`."""
        delivered, merged = self.incidents.landed(self.board, self.told, ts, now)
        return Landing(delivered, merged, boards.full_texts(self.board))

    def divided(self) -> list[Shipment]:
        """See `Shipment`."""
        return []

    def given_up(self) -> int:
        """See `Shipment`."""
        return self.incidents.forget(self.board)


@dataclass(slots=True)
class Announcement:
    """A reply, shown in the channel too, that an incident goes on. It holds no record."""

    board: Board
    incident: Incident
    settle: Callable[[Incident], None]
    records: int = 0
    id: str = field(default_factory=lambda: os.urandom(16).hex())

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`."""
        return boards.announcement(self.board, self.incident) | {"metadata": metadata(self.id, self.records)}

    def landed(self, ts: str, now: float) -> Landing:  # noqa: ARG002 - see `Shipment`
        """See `Shipment`."""
        self.settle(self.incident)
        return Landing()

    def divided(self) -> list[Shipment]:
        """See `Shipment`."""
        return []

    def given_up(self) -> int:
        """See `Shipment`."""
        self.settle(self.incident)
        return 0


#: How each reason for a loss is told.
_REASONS = {
    "full": "while the buffer was full",
    "evicted": "to make room for errors",
    "broken": "unreadable",
    "rejected": "refused by Slack",
}


@dataclass(slots=True)
class Losses:
    """A message that says what was not shown, and why. It holds no record."""

    lost: Mapping[str, int]
    footer: str
    settle: Callable[[Mapping[str, int]], None]
    records: int = 0
    id: str = field(default_factory=lambda: os.urandom(16).hex())

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`."""
        total = sum(self.lost.values())
        reasons = "; ".join(f"{count:,} {_REASONS[reason]}" for reason, count in self.lost.items())
        text = f"{total:,} {'record is' if total == 1 else 'records are'} not shown here: {reasons}"
        parts = [{"type": "emoji", "name": "warning"}, inline(f" {text}\n", bold=True)]
        return {
            "text": f":warning: {text}",
            "parse": "none",
            "blocks": [{"type": "rich_text", "elements": [section_of(parts)]}, small_print(self.footer)],
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": metadata(self.id, self.records),
        }

    def landed(self, ts: str, now: float) -> Landing:  # noqa: ARG002 - see `Shipment`
        """See `Shipment`."""
        self.settle(self.lost)
        return Landing()

    def divided(self) -> list[Shipment]:
        """See `Shipment`."""
        return []

    def given_up(self) -> int:
        """See `Shipment`."""
        self.settle(self.lost)
        return 0


def metadata(id_: str, records: int) -> dict[str, Any]:
    """Return the message metadata by which a post whose answer was lost can be found again."""
    return {"event_type": "slack_logging_records", "event_payload": {"v": 1, "id": id_, "records": records}}
