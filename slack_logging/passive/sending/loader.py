"""What a sender posts next: records become incidents, messages of many lines, and digests. Pure but for the notices.

One message is in hand at a time, and stays there until it is settled. What is loaded first: what is left of a message
that Slack refused as a whole, new incidents, announcements, losses, then the lower levels: packed, or as a digest where
they are more than the pace can carry.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from slack_logging import notices
from slack_logging.passive.messages.digest import Digest
from slack_logging.passive.messages.medium import Medium
from slack_logging.passive.messages.packing import Packing
from slack_logging.passive.messages.shipments import Announcement, Batch, Landing, Losses, NewBoard, Shipment
from slack_logging.passive.messages.view import Line, line_of
from slack_logging.passive.records.books import Books
from slack_logging.passive.records.capture import Captured, context_of, in_thread
from slack_logging.passive.records.outbox import MemoryOutbox
from slack_logging.passive.sending.incident import Board
from slack_logging.passive.sending.incidents import Incidents

Made = TypeVar("Made")

#: Messages that may wait in a channel that takes one a second, and when the program ends; more become a digest.
_MOST_WAITING, _MOST_AT_EXIT = 20, 3

#: Errors that are told apart in one step: more would keep others from the books for long.
_SORTED_AT_ONCE = 500


class Loader:
    """Takes records out of an outbox. For the sender's thread; `pending` under the books' lock.

    Args:
        outbox: filled by others.
        incidents: what errors become.
        entry_of: makes a canonical entry of a captured record, without secrets.
        own_format: tells whether entries hold a text that the user's own formatter made.
        footer: shown under each message.
        flush_interval: seconds that lower levels wait for company.
        mention: who is notified of an incident; see `slack_logging.passive.messages.boards.arguments`.
        medium: where it all goes.

    Attributes:
        hand: the message that is on its way.
        files_held: bytes of the files that wait, which count as what waits here does; set by the sender.
        digests_from: when there may be another digest, in monotonic seconds; set by the sender.
        further: what is to be told of an incident where nothing but posting can be done; after new incidents.
        is_last: whether the program ends: then there is no time for many messages.
        books: where its records are counted; set by the sender.
    """

    books: Books

    def __init__(
        self,
        outbox: MemoryOutbox,
        incidents: Incidents,
        *,
        entry_of: Callable[[Captured], str],
        own_format: Callable[[], bool],
        footer: str,
        flush_interval: float,
        mention: str,
        medium: Medium,
    ) -> None:
        self.hand: Shipment | None = None
        self.further: Shipment | None = None
        #: Where messages go; it has no files while there is no room for one, or after Slack has refused one.
        self.medium = medium
        self.files_held = 0
        self.digests_from = -math.inf
        self.is_last = False
        self._outbox = outbox
        self._incidents = incidents
        self._entry_of = entry_of
        self._own_format = own_format
        self._footer = footer
        self._flush_interval = flush_interval
        self._mention = mention
        self._parts: deque[Shipment] = deque()  # of a message that Slack refused as a whole
        self._between = 0  # records between a lane and the message or incident that they belong to
        self._normal_since: float | None = None

    def pending(self) -> int:
        """Return how many records are nowhere but here and in the outbox."""
        held = self.hand.records if self.hand else 0
        parts = sum(part.records for part in self._parts)
        return len(self._outbox) + self._between + held + parts + self._incidents.unsaid

    def sort_errors(self, now: float) -> None:
        """Move urgent records into their incidents; what finds no room there goes with the lower levels."""
        self._hold()
        for _ in range(_SORTED_AT_ONCE):
            captured = self._take(urgent=True)
            if captured is None:
                break
            line = self._shown(captured)
            with self.books.lock:
                self._between = 0
                if line is None:
                    self._outbox.broken.add()
                elif self._incidents.leave_out(line, now):
                    self.books.muted += 1
                elif not self._incidents.take(line, now, context_of(captured), captured[0]):
                    self._outbox.put_back(captured, urgent=False)
                self._hold()
        if self.is_last and self.medium.has_files:  # which is where a storm has its tracebacks
            with self.books.lock:
                self._incidents.gather(now)

    def _hold(self) -> None:
        self._outbox.hold(self._incidents.held + self.files_held)

    def wait(self, now: float, *, at_once: bool) -> float | None:
        """Return the seconds until there is a message to post; None while nothing waits.

        Args:
            now: monotonic seconds.
            at_once: whether somebody waits: then lower levels do not wait for company.
        """
        if self.hand or self._parts or self._outbox.has_urgent or self._incidents.to_post() or self._told_further():
            return 0.0
        if not len(self._outbox):
            self._normal_since = None
            return 0.0 if self.losses() else None
        if self.digests_from > now and not (at_once or self.is_last) and self._is_too_much():
            return self.digests_from - now
        if self._normal_since is None:
            self._normal_since = now
        if at_once or self._outbox.has_messageful:
            return 0.0
        return max(self._normal_since + self._flush_interval - now, 0.0)

    def load(self) -> Shipment | None:
        """Take the next message into the hand, unless there is one; return what is there."""
        if self.hand is None:
            self.hand = self._next() or self._load_lower_levels()
        return self.hand

    def follow_up(self, thread: str, context: tuple[Captured, ...]) -> None:
        """Have records that led to an error shown in its thread next; until now they were left out. Under the lock."""
        self._outbox.context.add(-len(context))
        for captured in context:
            self._outbox.add(in_thread(captured, thread))
        self._normal_since = -math.inf  # who looks at the error wants them now

    def unthread(self, hand: Shipment) -> bool:
        """Have a message go into the channel, because its thread takes none; False if it was in none."""
        had_thread, hand.thread = hand.thread, ""
        return bool(had_thread)

    def losses(self) -> Losses | None:
        """Return what is to be said of losses, once the buffer has drained: one message for a whole episode."""
        lost = {} if self._outbox.is_filling else self.books.untold()
        return Losses(lost, self._footer, self.books.told) if lost else None

    def divide(self, hand: Shipment) -> bool:
        """Have the halves of a message tried; False for one record that is refused alone: it is dropped."""
        with self.books.lock:
            is_divided = self._halve(hand)
            self.books.rejected += 0 if is_divided else hand.given_up()
        return is_divided

    def break_up(self, hand: Shipment, error: Exception) -> None:
        """Have the halves of a message tried that cannot be made; one record that cannot be shown alone is dropped."""
        with self.books.lock:
            if not self._halve(hand):
                self._outbox.broken.add(hand.given_up())
                _say_broken(error)

    def abandon(self, board: Board, error: Exception) -> None:
        """Have an incident go on without its message, whose edit cannot be made; what it did not tell is dropped."""
        with self.books.lock:
            self._outbox.broken.add(self._incidents.forget(board))
            _say_broken(error)

    def _halve(self, hand: Shipment) -> bool:
        parts = hand.divided()
        self.hand = None
        self._parts.extendleft(reversed(parts))
        return bool(parts)

    def landed(self, hand: Shipment, ts: str, now: float) -> Landing:
        """Take in that Slack has the message in hand; it is not sent again, even if that fails. Under the lock."""
        before = hand.records + self._incidents.unsaid
        try:
            landing = hand.landed(ts, now)
        except Exception as error:  # noqa: BLE001 - whatever is in a record, the others go on
            hand.given_up()
            self._outbox.broken.add(before - self._incidents.unsaid)
            landing = Landing()
            _say_broken(error)
        self.hand = None
        return landing

    def _next(self) -> Shipment | None:
        with self.books.lock:
            if self._parts:
                self.hand = self._parts.popleft()
                return self.hand
            board = self._incidents.to_post()
        if board is not None:
            return NewBoard(board, self._incidents, self._footer, self._mention, self.medium)
        told, self.further = self._told_further(), None
        return told or self.losses()

    def _told_further(self) -> Shipment | None:
        if self.medium.posts_only:
            return self.further
        for board in self._incidents:
            incident = self._incidents.announcement(board)
            if incident is not None:
                return Announcement(board, incident, self._incidents.announced)
        return None

    def _load_lower_levels(self) -> Shipment | None:
        """Fill a message or a digest; it is in hand meanwhile, so that its records count."""
        self._normal_since = None
        return self._digest() if self._is_too_much() else self._pack()

    def _is_too_much(self) -> bool:
        """Tell whether there is more than the pace can carry."""
        return self._outbox.fills_more_than(_MOST_AT_EXIT if self.is_last else _MOST_WAITING, self.medium.room)

    def _pack(self) -> Shipment | None:
        """Fill a message with lines that go to the same thread, or to none."""
        batch: Batch | None = None
        while captured := self._take(urgent=False):
            line = self._shown(captured)
            with self.books.lock:
                self._between = 0
                if line is None:
                    self._outbox.broken.add()
                    continue
                if batch is None:
                    batch = self.hand = self._batch(line.thread)
                if line.thread != batch.thread or not batch.packing.add(line):
                    self._outbox.put_back(captured, urgent=False)
                    break
        return batch

    def _batch(self, thread: str) -> Batch:
        packing = Packing(self.medium.room, has_files=self.medium.has_files)
        return Batch(packing, self._footer, self._mention, thread)

    def _digest(self) -> Shipment | None:
        """Fill a digest, until the file is full or an error comes in."""
        digest = self.hand = Digest(self._footer, has_file=self.medium.has_files)
        while not (digest.is_full or self._outbox.has_urgent) and (captured := self._take(urgent=False)):
            entry = self._entry(captured)
            with self.books.lock:
                self._between = 0
                if entry is None:
                    self._outbox.broken.add()
                else:
                    digest.add(entry)
        return digest if digest.records else None

    def _take(self, *, urgent: bool) -> Captured | None:
        """Take a record out of a lane; it counts as pending until `_between` is 0 again."""
        with self.books.lock:
            captured = self._outbox.take(urgent=urgent)
            self._between = 0 if captured is None else 1
            return captured

    def _shown(self, captured: Captured) -> Line | None:
        """Return a record's line, or None for one that cannot be shown."""
        return self._safely(lambda: self.medium.shown(line_of(self._entry_of(captured), own_format=self._own_format())))

    def _entry(self, captured: Captured) -> str | None:
        """Return a record's canonical entry, or None for one that cannot be shown."""
        return self._safely(lambda: self._entry_of(captured))

    def _safely(self, make: Callable[[], Made]) -> Made | None:
        """Return what is made of a record, or None where that fails: it stops no other.

        It may take long, so nothing is locked.
        """
        try:
            return make()
        except Exception as error:  # noqa: BLE001 - whatever is in a record, the others go on
            _say_broken(error)
            return None


def _say_broken(error: Exception) -> None:
    notices.say("broken record", f"a record could not be shown: {type(error).__name__}: {error}")
