"""What a sender posts next: records become incidents, and messages of many lines. Pure but for the notices.

One message is in hand at a time, and stays there until it is settled. What is loaded first: what is left of a message
that Slack refused as a whole, new incidents, announcements, losses, then the lower levels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from slack_logging import notices
from slack_logging.passive.books import Books
from slack_logging.passive.capture import Captured
from slack_logging.passive.incidents import Incidents
from slack_logging.passive.outbox import MemoryOutbox
from slack_logging.passive.packing import Packing
from slack_logging.passive.shipments import Announcement, Batch, Losses, NewBoard, Shipment
from slack_logging.passive.view import Line

#: Errors that are told apart in one step: more would keep others from the books for long.
_SORTED_AT_ONCE = 500


class Loader:
    """Takes records out of an outbox. For the sender's thread; `pending` under the books' lock.

    Args:
        outbox: filled by others.
        incidents: what errors become.
        line_of: makes a line of a captured record.
        footer: shown under each message.
        flush_interval: seconds that lower levels wait for company.
        mention: who is notified of an incident; see `slack_logging.passive.boards.arguments`.

    Attributes:
        hand: the message that is on its way.
        books: where its records are counted; set by the sender.
    """

    books: Books

    def __init__(
        self,
        outbox: MemoryOutbox,
        incidents: Incidents,
        *,
        line_of: Callable[[Captured], Line],
        footer: str,
        flush_interval: float,
        mention: str,
    ) -> None:
        self.hand: Shipment | None = None
        self._outbox = outbox
        self._incidents = incidents
        self._line_of = line_of
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
        for _ in range(_SORTED_AT_ONCE):
            captured = self._take(urgent=True)
            if captured is None:
                return
            line = self._shown(captured)
            with self.books.lock:
                self._between = 0
                if line is None:
                    self._outbox.broken.add()
                elif self._incidents.leave_out(line.fingerprint, now):
                    self.books.muted += 1
                elif not self._incidents.take(line.fingerprint, line, line.instance, now):
                    self._outbox.put_back(captured, urgent=False)

    def wait(self, now: float, *, at_once: bool) -> float | None:
        """Return the seconds until there is a message to post; None while nothing waits.

        Args:
            now: monotonic seconds.
            at_once: whether somebody waits: then lower levels do not wait for company.
        """
        if self.hand or self._parts or self._outbox.has_urgent or self._incidents.to_post() or self._to_announce():
            return 0.0
        if not len(self._outbox):
            self._normal_since = None
            return 0.0 if self.losses() else None
        if self._normal_since is None:
            self._normal_since = now
        if at_once or self._outbox.has_messageful:
            return 0.0
        return max(self._normal_since + self._flush_interval - now, 0.0)

    def load(self) -> Shipment | None:
        """Take the next message into the hand, unless there is one; return what is there."""
        if self.hand is None:
            self.hand = self._next() or self._pack()
        return self.hand

    def losses(self) -> Losses | None:
        """Return what is to be said of losses, once the buffer has drained: one message for a whole episode."""
        lost = {} if self._outbox.is_filling else self.books.untold()
        return Losses(lost, self._footer, self.books.told) if lost else None

    def divide(self, hand: Shipment) -> bool:
        """Have the halves of a message tried; False for one record that is refused alone: it is dropped."""
        with self.books.lock:
            parts = hand.divided()
            self.hand = None
            self._parts.extendleft(reversed(parts))
            self.books.rejected += 0 if parts else hand.given_up()
        return bool(parts)

    def _next(self) -> Shipment | None:
        with self.books.lock:
            if self._parts:
                self.hand = self._parts.popleft()
                return self.hand
            board = self._incidents.to_post()
        if board is not None:
            return NewBoard(board, self._incidents, self._footer, self._mention)
        return self._to_announce() or self.losses()

    def _to_announce(self) -> Announcement | None:
        for board in self._incidents:
            incident = self._incidents.announcement(board)
            if incident is not None:
                return Announcement(board, incident, self._incidents.announced)
        return None

    def _pack(self) -> Shipment | None:
        """Fill a message with the lower levels; it is in hand meanwhile, so that its records count."""
        batch = Batch(Packing(), self._footer)
        self.hand = batch
        self._normal_since = None
        while captured := self._take(urgent=False):
            line = self._shown(captured)
            with self.books.lock:
                self._between = 0
                if line is None:
                    self._outbox.broken.add()
                elif not batch.packing.add(line):
                    self._outbox.put_back(captured, urgent=False)
                    break
        return batch if batch.packing.lines else None

    def _take(self, *, urgent: bool) -> Captured | None:
        """Take a record out of a lane; it counts as pending until `_between` is 0 again."""
        with self.books.lock:
            captured = self._outbox.take(urgent=urgent)
            self._between = 0 if captured is None else 1
            return captured

    def _shown(self, captured: Captured) -> Line | None:
        """Return a record's line, without secrets, or None for one that cannot be shown: that stops no other.

        It may take long, so nothing is locked.
        """
        try:
            return self._line_of(captured)
        except Exception as error:  # noqa: BLE001 - whatever is in a record, the others go on
            notices.say("broken record", f"a record could not be shown: {type(error).__name__}: {error}")
            return None
