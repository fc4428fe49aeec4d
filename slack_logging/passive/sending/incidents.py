"""Errors as living messages: what is new, what repeats, when to say so, and when all is quiet again. Pure.

A message shows one incident; while too many begin at once, a storm, one message shows a line for each. Records that
repeat an incident change its counts, and the message is edited at a bounded rate. Counts live here until Slack has
them: what a message told is taken in by `landed`, so that a failed call loses nothing.

    new --post landed--> open --no repeat for a window--> quiet (told, if it was more than one) --> forgotten

Records of a muted error are left out, and its message stays open: where the muting is undone, it goes on counting;
where its time is over, it says how many were left out, or that all is quiet, and is forgotten, so that what comes then
is new.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from slack_logging.passive.messages.packing import ROOM
from slack_logging.passive.messages.view import Line
from slack_logging.passive.records.capture import Captured
from slack_logging.passive.sending.incident import Board, Incident, Mute

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

#: Incidents that are known at once at most; what is more comes as ordinary lines.
MOST = 2_000


class Incidents:
    """All incidents of one sender.

    Args:
        window: seconds without a repeat after which an incident is over.
        room: units that the lines of a storm may take.

    Attributes:
        held: bytes of the records that no message shows yet, one for each kind of error.
    """

    def __init__(self, window: float, room: int = ROOM) -> None:
        self.held = 0
        self._window = window
        self._room = room
        self._boards: list[Board] = []
        self._known: dict[tuple[str, str], tuple[Board, Incident]] = {}
        self._muted: dict[str, Mute] = {}
        self._begun: deque[float] = deque()
        self._storm: Board | None = None

    # -- records ---------------------------------------------------------------------------------------------------

    def take(self, line: Line, now: float, context: tuple[Captured, ...] = (), size: int = 0) -> bool:
        """Take in a record; False where there is no room for one kind of error.

        Args:
            line: how it is shown.
            now: monotonic seconds.
            context: what was logged before it; kept for the first of its kind.
            size: bytes of the two.
        """
        board, incident = self._known.get((line.fingerprint, line.thread), (None, None))
        if board is None or incident is None:
            if len(self._known) >= MOST:
                return False
            incident = Incident(line.fingerprint, line, context=context, size=size)
            board = self._place(incident, now)
            if board is None:
                return False
            self._known[incident.key] = (board, incident)
            self.held += size
        incident.add(line.instance, line.created)
        board.active_at = now
        return True

    def _place(self, incident: Incident, now: float) -> Board | None:
        """Return the message for a new incident: its own, or the storm's; None in a thread, which has no storms."""
        while self._begun and now - self._begun[0] >= CALM:
            self._begun.popleft()
        if self._storm is not None and now - self._storm.begun_at >= CALM:
            self._storm = None
        if incident.line.thread:  # which has no storms
            return self._single(incident, now) if len(self._begun) < SINGLES else None
        waiting = [board for board in self._boards if board.is_waiting]
        if self._storm is None and len(waiting) < WAITING and len(self._begun) < SINGLES:
            return self._single(incident, now)
        if len(waiting) == WAITING:
            self._gather(waiting, now)
        return self._add_to_storm(incident, now)

    def gather(self, now: float) -> None:
        """Have those that wait for a message of their own share one, but for who has records that led to it."""
        waiting = [board for board in self._boards if board.is_waiting and not board.incidents[0].context]
        if len(waiting) > 1:
            self._gather(waiting, now)

    def _gather(self, waiting: list[Board], now: float) -> None:
        for board in waiting:
            self._boards.remove(board)
            [waited] = board.incidents
            self._known[waited.key] = (self._add_to_storm(waited, now), waited)

    def _single(self, incident: Incident, now: float) -> Board:
        self._begun.append(now)
        return self._open(Board([incident], mentions=incident.line.mention is not False, begun_at=now))

    def _add_to_storm(self, incident: Incident, now: float) -> Board:
        size = incident.line.head_units
        if self._storm is None or size > self._storm.room:
            is_first = self._storm is None
            self._storm = self._open(Board([], is_storm=True, mentions=is_first, room=self._room, begun_at=now))
        incident.context = ()  # the storm's thread would mix them
        self._storm.incidents.append(incident)
        self._storm.room -= size
        self._storm.begun_at = self._storm.active_at = now
        return self._storm

    def _open(self, board: Board) -> Board:
        self._boards.append(board)
        return board

    # -- muting ----------------------------------------------------------------------------------------------------

    def mute(self, fingerprint: str, mute: Mute, now: float) -> None:
        """Have the records of an error left out; muted already, it is from now on as `mute` says."""
        for muted in [muted for muted, former in self._muted.items() if now >= former.until]:
            self._end_mute(muted)
        self._muted[fingerprint] = mute
        for board, incident in self._alike(fingerprint):
            incident.mute = mute
            board.changes += 1
            if board is self._storm:
                self._storm = None  # what is new from here on is no part of what somebody muted

    def unmute(self, fingerprint: str, now: float) -> bool:
        """Undo `mute`: its message goes on counting. False if it was not muted."""
        mute = self._muted.pop(fingerprint, None)
        if mute is None or now >= mute.until:
            return False
        for board, incident in self._alike(fingerprint):
            incident.mute = None
            board.changes += 1
            board.active_at = now
        return True

    def leave_out(self, line: Line, now: float) -> bool:
        """Leave a record out if its error is muted; tell whether it is."""
        mute = self._muted.get(line.fingerprint)
        if mute is None:
            return False
        if now >= mute.until:
            self._end_mute(line.fingerprint)
            return False
        _, incident = self._known.get((line.fingerprint, line.thread), (None, None))
        if incident is not None:
            incident.left_out += 1
        return True

    def _end_mute(self, fingerprint: str) -> None:
        """Have what comes from here on be news: the message that says how long it was muted is over."""
        del self._muted[fingerprint]
        for _, incident in self._alike(fingerprint):
            del self._known[incident.key]

    def _alike(self, fingerprint: str) -> list[tuple[Board, Incident]]:
        """Return where an error is shown: in the channel, and in threads."""
        return [found for (known, _), found in self._known.items() if known == fingerprint]

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
        """Return when a message is to be edited: soon after a repeat or a mute, and once more when it is over."""
        if board.ts is None:
            return None
        if board.unsaid or board.is_stale:
            return 0.0 if at_once else board.edited_at + EDIT_INTERVAL
        return self.over_at(board)

    def over_at(self, board: Board) -> float:
        """Return when a message has been quiet for a window or, where all that it shows is muted, no longer is."""
        mutes = [incident.mute for incident in board.incidents if incident.mute]
        if len(mutes) < len(board.incidents):
            return board.active_at + self._window
        return max(mute.until for mute in mutes)

    def split(self, board: Board) -> list[Board]:
        """Have the halves of a storm that is not in Slack yet be a message each; none where it has a single line."""
        middle = len(board.incidents) // 2
        if not middle:
            return []
        self._boards.remove(board)
        if self._storm is board:
            self._storm = None
        first, second = board.incidents[:middle], board.incidents[middle:]
        halves = [replace(board, incidents=first), replace(board, incidents=second, mentions=False)]
        for half in halves:
            self._open(half)
            for incident in half.incidents:
                if self._known.get(incident.key, (None, None))[1] is incident:
                    self._known[incident.key] = half, incident
        return halves

    def announcement(self, board: Board) -> Incident | None:
        """Return the incident that came to ten, a hundred ... since it was announced last, or went on for a day."""
        for incident in board.incidents:
            if (incident.told >= incident.announced * 10 or incident.is_daily) and incident.mute is None:
                return incident
        return None

    def announced(self, incident: Incident) -> None:
        """Take in that an incident was announced again."""
        incident.is_daily, incident.announced_at = False, incident.told_at
        while incident.told >= incident.announced * 10:
            incident.announced *= 10

    def landed(self, board: Board, told: dict[str, int], ts: str, now: float) -> tuple[list[Incident], int]:
        """Take in that a message, or its edit, is in Slack.

        Args:
            board: the message.
            told: the count of each incident that it tells, by fingerprint.
            ts: the message's.
            now: monotonic seconds.

        Returns:
            The incidents that it is the first to show, each a record on a line of its own, and how many records are
            shown as part of a count.
        """
        news: list[Incident] = []
        counted = 0
        for incident in board.incidents:
            count = told.get(incident.fingerprint, incident.told)
            if incident.told == 0 and count > 0:
                news.append(incident)
                self._let_go(incident)
            counted += count - incident.told
            if count > incident.told:
                incident.told_at = now
                incident.announced_at = now if incident.told == 0 else incident.announced_at
                incident.is_daily = now - incident.announced_at >= _DAY
            incident.told = count
        board.ts, board.edited_at = ts, now
        return news, counted - len(news)

    def is_over(self, board: Board, now: float) -> bool:
        """Tell whether a message has nothing more to say but that all is quiet."""
        return not board.unsaid and now >= self.over_at(board)

    def has_last_word(self, board: Board) -> bool:
        """Tell whether a message that is over has more to say than it shows."""
        counted = any(each.left_out or each.count > 1 for each in board.incidents)
        return counted or board.is_storm or board.is_stale

    def forget(self, board: Board) -> int:
        """Drop a message, and return how many records it did not speak of."""
        self._boards.remove(board)
        for incident in board.incidents:
            self._let_go(incident)
            if self._known.get(incident.key, (None, None))[0] is board:
                del self._known[incident.key]
        if self._storm is board:
            self._storm = None
        return board.unsaid

    def _let_go(self, incident: Incident) -> None:
        self.held -= incident.size
        incident.size = 0
