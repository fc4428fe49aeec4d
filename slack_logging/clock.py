"""The clock that the edges run on, so that tests and users' tests can own time.

Pure objects take `now` as an argument and never look here. `slack_logging.testing.FakeClock` installs itself
as the current clock; whatever is constructed meanwhile keeps it.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

#: Seconds of work before other threads get their turn; ours: that takes up to a tenth of it, even if nobody waits.
_TURN = 0.001


class Clock(Protocol):
    """Two times, one way to wait, and one way to start a thread that waits like this."""

    def monotonic(self) -> float:
        """Return seconds that only grow: for intervals."""

    def time(self) -> float:
        """Return seconds since the epoch: for display, and to compare with Slack's `ts`."""

    def wait(self, wake: queue.SimpleQueue[None], timeout: float | None) -> None:
        """Block until `wake` holds a token (taken) or `timeout` seconds passed.

        It may return early; callers look at their own state again. None waits for a token alone.
        """

    def start(self, thread: threading.Thread) -> None:
        """Start a thread that waits on this clock and on nothing else."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """See `Clock`."""
        return time.monotonic()

    def time(self) -> float:
        """See `Clock`."""
        return time.time()

    def wait(self, wake: queue.SimpleQueue[None], timeout: float | None) -> None:
        """See `Clock`. A negative timeout is none at all; one of centuries is some years."""
        with contextlib.suppress(queue.Empty):
            wake.get(timeout=None if timeout is None else min(max(timeout, 0.0), threading.TIMEOUT_MAX))

    def start(self, thread: threading.Thread) -> None:
        """See `Clock`."""
        thread.start()


class Bell:
    """Wakes all who wait for it, on whatever clock. Safe to use from any thread."""

    def __init__(self) -> None:
        self._ears: list[queue.SimpleQueue[None]] = []

    def __bool__(self) -> bool:
        """Tell whether somebody waits."""
        return bool(self._ears)

    def ring(self) -> None:
        """Wake them."""
        for ear in self._ears.copy():
            ear.put(None)

    @contextlib.contextmanager
    def heard(self) -> Iterator[queue.SimpleQueue[None]]:
        """Yield what to wait on: each ring from now on is in it."""
        ear: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._ears.append(ear)
        try:
            yield ear
        finally:
            self._ears.remove(ear)


def taking_turns(now: Callable[[], float] = time.perf_counter) -> Callable[[], bool]:
    """Return what to call again and again in long work: once a millisecond it lets other threads run, and says so.

    Args:
        now: tells the seconds; the machine's own, as the work is, whatever the current clock.
    """
    last = now()

    def pause() -> bool:
        nonlocal last
        if now() - last < _TURN:
            return False
        time.sleep(0)
        last = now()
        return True

    return pause


_current: Clock = SystemClock()


def current() -> Clock:
    """Return the clock that what is constructed now shall use."""
    return _current


def install(clock: Clock) -> Clock:
    """Make `clock` the current one and return the former. For `slack_logging.testing`."""
    global _current
    former, _current = _current, clock
    return former
