"""Where a sender's records went: counted where it happens, under one lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from slack_logging.passive.records.outbox import MemoryOutbox
from slack_logging.passive.records.stats import Stats

#: Reasons for which somebody wanted records left out.
_WISHED = frozenset({"muted", "context"})

#: Times that the counts are taken until they fit each other.
_COUNTINGS = 100


class Books:
    """The counts of one sender. Hold `lock` while a record goes from one place to another.

    Args:
        outbox: counts what comes in and what is lost at its door.
        pending: returns how many records are waiting; called under the lock.

    Attributes:
        delivered: records shown on a line of their own.
        merged: records shown as part of another's count.
        rejected: records that Slack refused.
        muted: records of muted incidents.
        overflow: records that were too many to show, where no file can be shared.
    """

    def __init__(self, outbox: MemoryOutbox, pending: Callable[[], int]) -> None:
        self.lock = threading.RLock()  # a signal handler that asks may interrupt one who does
        self.delivered = self.merged = self.rejected = self.muted = self.overflow = 0
        self._outbox = outbox
        self._pending = pending
        self._told: dict[str, int] = {}

    def stats(self) -> Stats:
        """Return the counts, consistent between any two steps of the sender.

        Other threads may log meanwhile, and nobody stops them: counts that do not fit are taken again, a few times.
        """
        with self.lock:
            for attempt in range(_COUNTINGS):
                counted = self._count()
                if counted.adds_up:
                    break
                time.sleep(attempt * 1e-5)  # let go on who is just between two of the counts; 50 ms in all
            return counted

    def untold(self) -> dict[str, int]:
        """Return how many records were lost since the channel was told, by reason; not what is as was wished."""
        dropped = self.stats().dropped
        lost = {reason: count - self._told.get(reason, 0) for reason, count in dropped.items() if reason not in _WISHED}
        return {reason: count for reason, count in lost.items() if count}

    def told(self, lost: Mapping[str, int]) -> None:
        """Take in that the channel was told of so many more."""
        for reason, count in lost.items():
            self._told[reason] = self._told.get(reason, 0) + count

    def _count(self) -> Stats:
        outbox = self._outbox
        tallies = (outbox.emitted, outbox.full, outbox.evicted, outbox.broken, outbox.context)
        for tally in tallies:
            tally.total()  # what takes time comes first: then all are read within microseconds
        emitted, full, evicted, broken, context = (tally.total() for tally in tallies)
        dropped = {
            "full": full,
            "evicted": evicted,
            "broken": broken,
            "rejected": self.rejected,
            "muted": self.muted,
            "overflow": self.overflow,
            "context": context,
        }
        return Stats(
            emitted=emitted,
            delivered=self.delivered,
            merged=self.merged,
            dropped={reason: count for reason, count in dropped.items() if count},
            pending=self._pending(),
        )
