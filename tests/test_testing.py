"""The clock that users test with: it moves when everybody waits, and not before."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable

import pytest

from slack_logging.testing import FakeClock


class Sleeper:
    """A thread that does something once it is let, and then waits on the clock for a minute."""

    def __init__(self, clock: FakeClock) -> None:
        self.has_done = threading.Event()
        self._let: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._clock = clock
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sleeper", daemon=True)
        clock.start(self._thread)

    def _run(self) -> None:
        self._let.get()
        self.has_done.set()
        self._clock.wait(self._wake, 60.0)

    def let(self) -> None:
        """Have it do its thing; return once it waits on the clock."""
        self._let.put(None)
        while "waiting: sleeper" not in repr(self._clock):
            time.sleep(0.001)

    def end(self) -> None:
        """Let it stop waiting."""
        self._wake.put(None)
        self._thread.join()


def once_before(first: Callable[[], None], look: Callable[[], bool]) -> Callable[[], bool]:
    """Return `look`, but what it finds the first time is from before `first()` was called."""
    steps = [first]

    def done() -> bool:
        found = look()
        while steps:
            steps.pop()()
        return found

    return done


def test_time_does_not_run_past_what_happens_between_a_look_and_a_jump() -> None:
    clock = FakeClock()
    sleeper = Sleeper(clock)
    clock.run_until(once_before(sleeper.let, sleeper.has_done.is_set))
    assert clock.monotonic() == 0.0
    sleeper.end()


def test_time_jumps_to_the_next_moment_that_somebody_waits_for() -> None:
    clock = FakeClock(epoch=1000.0)
    sleeper = Sleeper(clock)
    sleeper.let()
    clock.run_until(lambda: clock.monotonic() > 0.0)
    assert (clock.monotonic(), clock.time()) == (60.0, 1060.0)
    sleeper.end()


def test_what_does_not_happen_is_an_error_that_says_who_waits_for_what() -> None:
    clock = FakeClock()
    sleeper = Sleeper(clock)
    sleeper.let()
    message = "30 s of the clock passed and it did not happen; <FakeClock at 30 s; waiting: sleeper until 60; "
    with pytest.raises(TimeoutError, match=re.escape(message)):
        clock.run_until(lambda: False, limit=30.0)
    sleeper.end()


def test_who_works_for_long_holds_time_up_and_is_named() -> None:
    clock = FakeClock()
    sleeper = Sleeper(clock)
    with pytest.raises(TimeoutError, match=r"0\.1 real seconds passed .* at work: sleeper"):
        clock.run_until(lambda: False, patience=0.1)
    assert clock.monotonic() == 0.0
    sleeper.let()
    sleeper.end()
