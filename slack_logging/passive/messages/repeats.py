"""Further posts on incidents, where a message cannot be edited: few, and none lost. Pure.

A post tells the count when it has come to 10, 100, 1,000 ... in all, when all is quiet after a window, and when
somebody waits for it: at `flush` and at the end of the program. What is new in a storm is told soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_logging.passive.messages import boards
from slack_logging.passive.messages.medium import SLACK
from slack_logging.passive.messages.shipments import Landing, Shipment
from slack_logging.passive.messages.view import (
    MAX_HEAD,
    emoji_of,
    inline,
    message,
    notification,
    section_of,
    small_print,
)
from slack_logging.passive.sending.incident import Board, Incident
from slack_logging.passive.sending.incidents import Incidents
from slack_logging.slack.literal import shorten

#: Seconds from one post of a storm to the next that tells what is new in it: as often as incidents come singly.
STORM_INTERVAL = 10.0


def next_due(incidents: Incidents, now: float, *, at_once: bool) -> tuple[Board | None, float | None]:
    """Return the incident or storm that is to be told of further, and else in how many seconds one will be.

    Args:
        incidents: all.
        now: monotonic seconds.
        at_once: whether the program ends, or somebody waits.
    """
    dues = [
        (_due(board, incidents.over_at(board), at_once=at_once), board) for board in incidents if board.ts is not None
    ]
    if not dues:
        return None, None
    due, board = min(dues, key=lambda item: item[0])
    return (board, 0.0) if due <= now else (None, due - now)


def has_last_word(board: Board) -> bool:
    """Tell whether there is more to say of what is over than its posts said."""
    return any(
        incident.left_out or incident.count > incident.told or incident.count > 1 for incident in board.incidents
    )


def _due(board: Board, over_at: float, *, at_once: bool) -> float:
    if board.unsaid and (at_once or any(incident.count >= _milestone(incident.told) for incident in board.incidents)):
        return 0.0
    is_news = any(not incident.told for incident in board.incidents)
    return min(board.edited_at + STORM_INTERVAL, over_at) if is_news else over_at


def _milestone(told: int) -> int:
    """Return the count at which an incident is told of again: the next power of ten. What is new waits its turn."""
    return int("1" + "0" * len(str(told)))


class Repeats(Shipment):
    """One such post. Its records are counted in the incidents.

    Args:
        board: what it speaks of.
        incidents: all.
        footer: shown below it.
        quiet_since: when the last record came, if all is quiet after it.
    """

    def __init__(self, board: Board, incidents: Incidents, footer: str, quiet_since: float | None) -> None:
        super().__init__(board.thread)
        self._board = board
        self._incidents = incidents
        self._footer = footer
        self._quiet_since = quiet_since
        self._told: dict[str, int] = {}

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`. What repeats meanwhile is told, too, and then it is not quiet."""
        board = self._board
        board.is_quiet = board.active_at == self._quiet_since
        self._told = dict(boards.told(board))
        news = [incident for incident in board.incidents if incident.count > incident.told]
        parts = _storm(board, news) if board.is_storm else _single(board, board.incidents[0])
        text = notification([(incident.line, incident.count) for incident in news or board.incidents])
        shown = [{"type": "rich_text", "elements": [section_of(parts)]}, small_print(self._footer)]
        return message(text, shown, thread=self.thread) | self.metadata(board.unsaid)

    def landed(self, ts: str, now: float) -> Landing:
        """See `Shipment`."""
        news, merged = self._incidents.landed(self._board, self._told, ts, now)
        boards.shorten_lines(self._board, news, SLACK)  # all of a storm, of which nothing but a line is shown
        if self._board.is_quiet:
            self._incidents.forget(self._board)
        return Landing(len(news), merged)

    def given_up(self) -> int:
        """See `Shipment`."""
        return self._incidents.forget(self._board)


def _single(board: Board, incident: Incident) -> list[dict[str, Any]]:
    return [*_name(incident), inline("\n"), *boards.counter(board, incident), *boards.muting(board)]


def _storm(board: Board, news: Sequence[Incident]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if news:
        told = "1 kind of error" if len(news) == 1 else f"{len(news):,} kinds of errors"
        parts += [inline(f"{told} began or went on\n", bold=True)]
    for incident in news:
        parts += [*_name(incident), *([inline(f" x{incident.count:,}", bold=True)] if incident.count > 1 else [])]
        parts.append(inline("\n"))
    if board.is_quiet and board.falls_quiet:
        total = sum(incident.count for incident in board.incidents)
        parts += [inline(f"quiet; {total:,} in all, of {len(board.incidents):,} kinds"), inline("\n")]
    return parts + boards.muting(board)


def _name(incident: Incident) -> list[dict[str, Any]]:
    """Return what an incident is known by: level, logger and message, without the time of its first record."""
    line = incident.line
    parts: list[dict[str, Any]] = [{"type": "emoji", "name": emoji_of(line.levelno)}]
    if line.logger:
        parts += [inline(" "), inline(line.logger, bold=True)]
    return [*parts, inline(f" {shorten(line.summary, MAX_HEAD)}")]
