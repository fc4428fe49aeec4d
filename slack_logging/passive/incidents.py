"""Errors as living messages: what is new, what repeats, when to say so, and when all is quiet again. Pure.

A message shows one incident; while too many begin at once, a storm, one message shows a line for each. Records that
repeat an incident change its counts, and the message is edited at a bounded rate. Counts live here until Slack has
them: what a message told is taken in by `landed`, so that a failed call loses nothing.

    new --post landed--> open --no repeat for a window--> quiet (told, if it was more than one) --> forgotten
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from slack_logging.passive.packing import ROOM
from slack_logging.passive.view import Line

#: Incidents a minute that get a message of their own; more are a storm.
SINGLES = 6

#: Incidents that wait for their turn to be posted singly; with one more they are a storm, for the channel takes one
#: message a second, and a program that ends may have no more than a few.
WAITING = 3

#: Seconds without a new incident after which a storm is over; also the minute in which singles are counted.
CALM = 60.0

#: Seconds from one edit of a message to the next, at least: a counter that runs is noise, and edits are scarce.
EDIT_INTERVAL = 5.0

#: Seconds after which an incident that goes on is announced again.
_DAY = 86_400.0

#: Instances whose names a message shows.
_NAMED = 2

#: Incidents that are known at once at most; what is more comes as ordinary lines.
MOST = 2_000


@dataclass(slots=True)
class Incident:
    """One kind of error, from its first record to the quiet after its last.

    Attributes:
        fingerprint: what its records have in common.
        line: the first record.
        count: records so far.
        told: how many of them the channel's message speaks of.
        last: when the last one was logged, in epoch seconds.
        instances: who logged how many, by name.
        announced: the count at which it was announced again last.
    """

    fingerprint: str
    line: Line
    count: int = 0
    told: int = 0
    last: float = 0.0
    instances: dict[str, int] = field(default_factory=dict)
    announced: int = 1

    def add(self, instance: str, created: float) -> None:
        """Count one more record."""
        self.count += 1
        self.last = max(self.last, created)
        self.instances[instance] = self.instances.get(instance, 0) + 1

    @property
    def where(self) -> str:
        """Return who logged it: the busiest two, and how many more."""
        names = sorted(self.instances, key=lambda name: -self.instances[name])
        more = f" +{len(names) - _NAMED}" if len(names) > _NAMED else ""
        return " ".join(names[:_NAMED]) + more


@dataclass(slots=True, eq=False)
class Board:
    """A message that lives: of one incident, or of a storm.

    Attributes:
        incidents: what it shows.
        is_storm: whether it is a line for each.
        mentions: whether it mentions whom the configuration names.
        ts: the message's; None until it has landed.
        is_taken: whether somebody is about to post it.
        tries: posts and edits that were refused.
    """

    incidents: list[Incident]
    is_storm: bool = False
    mentions: bool = False
    ts: str | None = None
    is_taken: bool = False
    room: int = ROOM
    is_quiet: bool = False
    edited_at: float = 0.0
    active_at: float = 0.0
    begun_at: float = 0.0

    @property
    def unsaid(self) -> int:
        """Return how many records its message does not speak of yet."""
        return sum(incident.count - incident.told for incident in self.incidents)


class Incidents:
    """All incidents of one sender.

    Args:
        window: seconds without a repeat after which an incident is over.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._boards: list[Board] = []
        self._known: dict[str, tuple[Board, Incident]] = {}
        self._muted: dict[str, float] = {}
        self._begun: deque[float] = deque()
        self._storm: Board | None = None

    # -- records ---------------------------------------------------------------------------------------------------

    def take(self, fingerprint: str, line: Line, instance: str, now: float) -> bool:
        """Take in a record; False where there is no room for one more kind of error.

        Args:
            fingerprint: of the record.
            line: how it is shown.
            instance: who logged it.
            now: monotonic seconds.
        """
        board, incident = self._known.get(fingerprint, (None, None))
        if board is None or incident is None:
            if len(self._known) >= MOST:
                return False
            incident = Incident(fingerprint, line)
            board = self._place(incident, now)
            self._known[fingerprint] = (board, incident)
        incident.add(instance, line.created)
        board.active_at = now
        return True

    def _place(self, incident: Incident, now: float) -> Board:
        """Return the message for a new incident: its own, or the storm's."""
        while self._begun and now - self._begun[0] >= CALM:
            self._begun.popleft()
        if self._storm is not None and now - self._storm.begun_at >= CALM:
            self._storm = None
        if self._storm is not None:
            return self._add_to_storm(incident, now)
        waiting = [board for board in self._boards if board.ts is None and not board.is_taken and not board.is_storm]
        if len(waiting) < WAITING:
            if len(self._begun) < SINGLES:
                self._begun.append(now)
                return self._open(Board([incident], mentions=True, begun_at=now))
            return self._add_to_storm(incident, now)
        for board in waiting:
            self._boards.remove(board)
            [waited] = board.incidents
            self._known[waited.fingerprint] = (self._add_to_storm(waited, now), waited)
        return self._add_to_storm(incident, now)

    def _add_to_storm(self, incident: Incident, now: float) -> Board:
        size = incident.line.head_units
        if self._storm is None or size > self._storm.room:
            is_first = self._storm is None
            self._storm = self._open(Board([], is_storm=True, mentions=is_first, begun_at=now))
        self._storm.incidents.append(incident)
        self._storm.room -= size
        self._storm.begun_at = now
        return self._storm

    def _open(self, board: Board) -> Board:
        self._boards.append(board)
        return board

    # -- muting ----------------------------------------------------------------------------------------------------

    def mute(self, fingerprint: str, until: float) -> None:
        """Have the records of an incident left out until then (monotonic seconds)."""
        self._muted[fingerprint] = until

    def unmute(self, fingerprint: str) -> bool:
        """Undo `mute`; False if it was not muted."""
        return self._muted.pop(fingerprint, None) is not None

    def is_muted(self, fingerprint: str, now: float) -> bool:
        """Tell whether the records of an incident are left out."""
        until = self._muted.get(fingerprint)
        if until is None:
            return False
        if now >= until:
            del self._muted[fingerprint]
            return False
        return True

    # -- messages --------------------------------------------------------------------------------------------------

    @property
    def unsaid(self) -> int:
        """Return how many records no message speaks of yet."""
        return sum(board.unsaid for board in self._boards)

    def __iter__(self) -> Iterator[Board]:
        return iter(self._boards)

    def to_post(self) -> Board | None:
        """Return the next message that is to be posted."""
        return next((board for board in self._boards if board.ts is None), None)

    def to_edit(self, now: float, *, at_once: bool) -> tuple[Board | None, float | None]:
        """Return the message that is to be edited now, and else in how many seconds one will be.

        Args:
            now: monotonic seconds.
            at_once: whether the program ends, or somebody waits.
        """
        best: tuple[float, Board] | None = None
        for board in self._boards:
            due = self._due(board, at_once=at_once)
            if due is not None and (best is None or due < best[0]):
                best = due, board
        if best is None:
            return None, None
        return (best[1], 0.0) if best[0] <= now else (None, best[0] - now)

    def _due(self, board: Board, *, at_once: bool) -> float | None:
        """Return when a message is to be edited: soon after a repeat, and once more when all is quiet."""
        if board.ts is None:
            return None
        if board.unsaid:
            return 0.0 if at_once else board.edited_at + EDIT_INTERVAL
        return board.active_at + self._window

    def announcement(self, board: Board) -> Incident | None:
        """Return the incident whose count has come to ten, a hundred ... since it was announced last."""
        for incident in board.incidents:
            if incident.told >= incident.announced * 10:
                return incident
        return None

    def announced(self, incident: Incident) -> None:
        """Take in that an incident was announced again."""
        while incident.told >= incident.announced * 10:
            incident.announced *= 10

    def landed(self, board: Board, told: dict[str, int], ts: str, now: float) -> tuple[int, int]:
        """Take in that a message, or its edit, is in Slack.

        Args:
            board: the message.
            told: the count of each incident that it tells, by fingerprint.
            ts: the message's.
            now: monotonic seconds.

        Returns:
            How many records are shown on a line of their own by it, and how many as part of a count.
        """
        lines = counted = 0
        for incident in board.incidents:
            count = told.get(incident.fingerprint, incident.told)
            lines += incident.told == 0 and count > 0
            counted += count - incident.told
            incident.told = count
        board.ts, board.edited_at = ts, now
        return lines, counted - lines

    def is_over(self, board: Board, now: float) -> bool:
        """Tell whether a message has nothing more to say but that all is quiet."""
        return not board.unsaid and now - board.active_at >= self._window

    def forget(self, board: Board) -> int:
        """Drop a message, and return how many records it did not speak of."""
        self._boards.remove(board)
        for incident in board.incidents:
            self._known.pop(incident.fingerprint, None)
        if self._storm is board:
            self._storm = None
        return board.unsaid
