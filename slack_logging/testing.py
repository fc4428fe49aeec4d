"""What you need to test your own code: a clock of your own, to go with `slack_logging.local.LocalSlack`.

    with FakeClock() as clock, LocalSlack(clock=clock) as slack:
        ...                                     # configure logging, log, type commands
        clock.run_until(lambda: slack.messages("#ops-log"))

Time stands still until you move it, so a test of ten minutes of outage takes milliseconds and never flickers.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from types import TracebackType

from slack_logging import clock as _clock


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
        self._changed = threading.Condition()
        self._parked: dict[threading.Thread, tuple[queue.SimpleQueue[None], float | None]] = {}
        self._seen: set[threading.Thread] = set()
        self._former: _clock.Clock | None = None
        self._owner = threading.current_thread()

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

        In the thread that made the clock, time jumps meanwhile as in `run_until`: otherwise nobody could move it.
        """
        thread = threading.current_thread()
        if thread is self._owner:
            self._jump_until_token(wake, timeout)
            return
        with self._changed:
            deadline = None if timeout is None else self._now + timeout
            if deadline is not None and deadline <= self._now:
                wake.put(None)
            self._seen.add(thread)
            self._parked[thread] = (wake, deadline)
            self._changed.notify_all()
        wake.get()
        with self._changed:
            del self._parked[thread]

    def _jump_until_token(self, wake: queue.SimpleQueue[None], timeout: float | None) -> None:
        limit = 86_400.0 if timeout is None else max(timeout, 0.0)
        end = self._now + limit
        self.run_until(lambda: not wake.empty() or self._now >= end, limit=limit, until=end)
        if not wake.empty():
            wake.get()

    def advance(self, seconds: float) -> None:
        """Move time forward at once and wake who waits for a moment that has come."""
        with self._changed:
            self._now += seconds
            for wake, deadline in self._parked.values():
                if deadline is not None and deadline <= self._now:
                    wake.put(None)

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
        end, give_up = self._now + limit, time.monotonic() + patience
        while not done():
            with self._changed:
                moments = self._moments_when_idle()
                if not moments:
                    self._changed.wait(0.01)
                    moment = None
                else:
                    moment = min(moments)
            if time.monotonic() > give_up:
                raise TimeoutError(f"{patience:g} real seconds passed and it did not happen; {self!r}")
            if moment is not None:
                if moment > end:
                    raise TimeoutError(f"{limit:g} s of the clock passed and it did not happen; {self!r}")
                self.advance(max(moment - self._now, 0.0))

    def _moments_when_idle(self) -> list[float]:
        """Return the deadlines waited for, or nothing while some thread is at work."""
        busy = [t for t in self._seen if t.is_alive() and t not in self._parked]
        if busy or any(not wake.empty() for wake, _ in self._parked.values()):
            return []
        return [deadline for _, deadline in self._parked.values() if deadline is not None]

    def __repr__(self) -> str:
        waiting = ", ".join(f"{t.name} until {d}" for t, (_, d) in self._parked.copy().items())
        return f"<FakeClock at {self._now:g} s; waiting: {waiting or 'nobody'}>"
