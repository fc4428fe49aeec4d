"""Where captured records wait: two lanes in memory, bounded by bytes.

`put` runs in the caller's thread and takes no lock: it uses what CPython makes atomic, deques and a `SimpleQueue`.
Everything else is the sender's. An outbox in a file will have the same face.
"""

from __future__ import annotations

import queue
from collections import deque

from slack_logging.passive.messages.packing import ROOM
from slack_logging.passive.records.capture import OVERHEAD, Captured, without_context
from slack_logging.passive.records.stats import Tally

#: Units that a record's line takes beside its text, about.
_FRAME = 60

#: Bytes in the lanes from which on a message is surely full, so that the sender need not wait for more.
_MESSAGEFUL = 2 * ROOM


class MemoryOutbox:
    """The records of one handler that are not in a message yet.

    Args:
        max_bytes: text kept at most, estimated. When it is full, a record of a lower level is dropped at the door and
            an urgent one evicts lower ones.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._room = max_bytes
        self.wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.emitted = Tally()
        self.full = Tally()
        self.evicted = Tally()
        self.broken = Tally()
        self.context = Tally()  # records that are shown only if an error follows
        self._urgent: deque[Captured] = deque()
        self._normal: deque[Captured] = deque()
        # Of the lanes. Added to by callers, corrected by the sender: an update lost between threads that run truly at
        # once makes the bound approximate for a moment, never the counts.
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._urgent) + len(self._normal)

    def put(self, captured: Captured, *, urgent: bool) -> None:
        """Take a record in, or drop one and count it. Never blocks."""
        room = self._room
        if captured[0] > room - self._bytes:
            captured = without_context(captured)
        size = captured[0]
        if self._bytes + size > room and not (urgent and size <= room and self._evict(size)):
            self.full.add()
            self.emitted.add()
            return
        lane = self._urgent if urgent else self._normal
        before = self._bytes
        self._bytes = before + size
        lane.append(captured)
        self.emitted.add()
        news = urgent or len(lane) == 1 or before < _MESSAGEFUL <= before + size
        if news and self.wake.empty():
            self.wake.put(None)

    @property
    def has_urgent(self) -> bool:
        """Tell whether something waits that must go at once."""
        return bool(self._urgent)

    def fills_more_than(self, most: int, room: int) -> bool:
        """Tell whether the lower levels would fill more messages than `most`, of `room` units each, about.

        A record is cut to one message, however long it is, so `most` records are never more.
        """
        if len(self._normal) * _FRAME > most * room:  # whatever is in them: there may be very many
            return True
        waiting = self._normal.copy()  # callers add to it meanwhile
        units: int = sum(min(captured[0] - OVERHEAD + _FRAME, room) for captured in waiting)
        return units > most * room

    @property
    def is_filling(self) -> bool:
        """Tell whether more is lost soon."""
        return self._bytes > self._room // 2

    @property
    def has_messageful(self) -> bool:
        """Tell whether waiting longer would not make the next message fuller."""
        return self._bytes >= _MESSAGEFUL

    def take(self, *, urgent: bool) -> Captured | None:
        """Return the oldest record of a lane, or None. For the sender alone."""
        lane = self._urgent if urgent else self._normal
        try:
            captured = lane.popleft()
        except IndexError:
            return None
        self._bytes = self._bytes - captured[0] if self else 0
        return captured

    def hold(self, size: int) -> None:
        """Have so many bytes count that were taken out and wait elsewhere."""
        self._room = self.max_bytes - size

    def add(self, captured: Captured) -> None:
        """Have the sender itself put a record of a lower level behind the others."""
        self._normal.append(captured)
        self._bytes += captured[0]

    def put_back(self, captured: Captured, *, urgent: bool) -> None:
        """Undo the last `take`."""
        (self._urgent if urgent else self._normal).appendleft(captured)
        self._bytes += captured[0]

    def _evict(self, size: int) -> bool:
        """Make room for `size` bytes by dropping the oldest of the lower levels."""
        while self._bytes + size > self._room:
            if self.take(urgent=False) is None:
                return False
            self.evicted.add()
        return True
