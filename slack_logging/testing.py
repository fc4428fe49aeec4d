"""What you need to test your own code: a clock of your own, to go with `slack_logging.local.LocalSlack`.

    with FakeClock() as clock, LocalSlack(clock=clock) as slack:
        ...                                     # configure logging, log, type commands
        clock.run_until(lambda: slack.messages("#ops-log"))

Time stands still until you move it, so a test of ten minutes of outage takes milliseconds and never flickers.
"""

from __future__ import annotations

import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable
from types import TracebackType

from slack_logging import clock as _clock

#: Real seconds between two looks at a queue that somebody else fills.
_GLANCE = 0.001


class FakeClock:
    """A clock that only `advance` and `run_until` move.

    As a context manager it becomes the clock of every handler and source constructed inside the block.
    All methods may be called from any thread.

    Args:
        epoch: what `time()` says at the start, in seconds since 1970.
    """

    def __init__(self, epoch: float = 1_800_000_000.0) -> None:
        self._epoch = epoch
        self._now = 0.0
        self._owner = threading.current_thread()
        self._changed = threading.Condition()
        self._parked: dict[threading.Thread, tuple[queue.SimpleQueue[None], float]] = {}
        self._seen: set[threading.Thread] = set()
        self._former: _clock.Clock | None = None

    def __enter__(self) -> FakeClock:
        self._former = _clock.install(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._former is not None:
            _clock.install(self._former)

    def monotonic(self) -> float:
        """Return the seconds moved since construction."""
        return self._now

    def time(self) -> float:
        """Return `epoch` plus the seconds moved since construction."""
        return self._epoch + self._now

    def wait(self, wake: queue.SimpleQueue[None], timeout: float | None) -> None:
        """Block until a token comes or this clock passes the deadline. See `slack_logging.clock.Clock`.

        In the thread that made the clock, time jumps meanwhile as in `run_until`: nobody else could move it.
        """
        deadline = math.inf if timeout is None else self._now + timeout
        if threading.current_thread() is self._owner:
            self._run(lambda: not wake.empty(), deadline, patience=20.0)
            with contextlib.suppress(queue.Empty):
                wake.get_nowait()
            return
        thread = threading.current_thread()
        with self._changed:
            self._seen.add(thread)
            self._parked[thread] = (wake, deadline)
            # The token is taken under the lock, so that this thread is never both unparked and idle.
            while wake.empty() and self._now < deadline:
                self._changed.wait(_GLANCE)
            with contextlib.suppress(queue.Empty):
                wake.get_nowait()
            del self._parked[thread]

    def start(self, thread: threading.Thread) -> None:
        """Start a thread, and let no time pass while it is at work."""
        thread.start()
        with self._changed:
            self._seen.add(thread)

    def advance(self, seconds: float) -> None:
        """Move time forward at once and wake who waits for a moment that has come."""
        with self._changed:
            self._now += seconds
            for thread, (wake, deadline) in self._parked.items():
                if deadline <= self._now:
                    self._parked[thread] = (wake, -math.inf)
            self._changed.notify_all()

    def run_until(self, done: Callable[[], object], *, limit: float = 3600.0, patience: float = 20.0) -> None:
        """Let time jump from one awaited moment to the next until `done()` is true.

        Time moves only while every thread that uses this clock waits on it, so a request under way never
        sees time run away.

        Args:
            done: looked at before each jump.
            limit: the most seconds of this clock that may pass.
            patience: the most real seconds to spend.

        Raises:
            TimeoutError: `limit` or `patience` ran out; it says which, and who waited for what.
        """
        if not self._run(done, self._now + limit, patience):
            raise TimeoutError(f"{limit:g} s of the clock passed and it did not happen; {self!r}")

    def _run(self, done: Callable[[], object], end: float, patience: float) -> bool:
        give_up = time.monotonic() + patience
        while not done():
            if self._now >= end:
                return False
            if time.monotonic() > give_up:
                raise TimeoutError(
                    f"{patience:g} real seconds passed and it did not happen; {self!r}. What is at work and sleeps "
                    "by itself, as with time.sleep, holds this clock up: test that on the real one"
                )
            with self._changed:
                moment = min(self._next_moment(), end)
                if moment in (math.inf, -math.inf):
                    self._changed.wait(_GLANCE)
                    continue
            # Somebody may have done it, and come to rest, since we looked: time is not to run past that.
            if not done():
                self.advance(max(moment - self._now, 0.0))
        return True

    def _next_moment(self) -> float:
        """Return the next deadline; minus infinity while some thread is at work."""
        if any(thread.is_alive() and thread not in self._parked for thread in self._seen):
            return -math.inf
        if any(not wake.empty() for wake, _ in self._parked.values()):
            return -math.inf
        return min((deadline for _, deadline in self._parked.values()), default=math.inf)

    def __repr__(self) -> str:
        waiting = ", ".join(f"{t.name} until {d:g}" for t, (_, d) in self._parked.copy().items())
        busy = ", ".join(t.name for t in self._seen.copy() if t.is_alive() and t not in self._parked)
        return f"<FakeClock at {self._now:g} s; waiting: {waiting or 'nobody'}; at work: {busy or 'nobody'}>"
