"""Where every record went: counted where it happens, so that a term that does not fit shows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of records since the handler was made: ``emitted = delivered + merged + dropped + pending``.

    Attributes:
        emitted: taken in by `emit`.
        delivered: shown in Slack, each on a line of its own.
        merged: shown as part of another line's count, such as ``x3``.
        dropped: not shown, by reason: ``full`` (the buffer was), ``evicted`` (made room for an ERROR),
            ``rejected`` (Slack refuses the message itself), ``broken`` (could not be captured), ``muted``,
            ``overflow`` (too many to show, where no file can be shared), ``context`` (no error followed yet).
        pending: waiting, or in a message whose answer is not in yet.
    """

    emitted: int = 0
    delivered: int = 0
    merged: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    pending: int = 0

    @property
    def adds_up(self) -> bool:
        """Tell whether each record is in exactly one place; while others log, a count may be a moment behind."""
        return self.emitted == self.delivered + self.merged + sum(self.dropped.values()) + self.pending


class Tally:
    """A counter that any thread, signal handler or finalizer may add to without ever waiting.

    Additions are appended to a deque, which is atomic; they are summed up by whoever finds the lock free.
    """

    __slots__ = ("_added", "_lock", "_total")

    #: Additions kept before one of the adders tries to sum them up.
    FOLD_AT = 1024

    def __init__(self) -> None:
        self._added: deque[int] = deque()
        self._lock = threading.RLock()  # a signal handler that reads may interrupt a reader
        self._total = 0

    def add(self, number: int = 1) -> None:
        """Add `number`. Never blocks."""
        self._added.append(number)
        if len(self._added) >= self.FOLD_AT and self._lock.acquire(blocking=False):
            try:
                self._fold()
            finally:
                self._lock.release()

    def total(self) -> int:
        """Return the sum of all additions that are complete. May wait for another reader."""
        with self._lock:
            self._fold()
            return self._total

    def _fold(self) -> None:
        for _ in range(len(self._added)):
            try:
                number = self._added.popleft()
            except IndexError:  # a signal handler came between, and was faster
                return
            self._total += number
