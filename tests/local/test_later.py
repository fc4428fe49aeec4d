"""What the server does later, on a clock that is moved by hand."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import asyncio

import pytest

from slack_logging.local.http.later import Later
from slack_logging.testing import FakeClock


class Diary:
    """Notes what ran, and lets a test wait for it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.later = Later(clock)
        self.ran: list[str] = []
        self._changed = asyncio.Event()

    def plan(self, name: str, seconds: float) -> None:
        """Note `name` so many seconds from now."""

        def note() -> None:
            self.ran.append(name)
            self._changed.set()

        self.later.call_at(self.clock.time() + seconds, note)

    async def until(self, name: str) -> None:
        """Wait until `name` is noted."""
        while name not in self.ran:
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 10)


def test_actions_run_when_the_clock_says_so_in_the_order_of_their_moments(clock: FakeClock) -> None:
    """None runs before its moment, those of one moment in the order in which they were planned."""

    async def story() -> None:
        diary = Diary(clock)
        diary.plan("last", 20)
        diary.plan("first", 10)
        diary.plan("second", 10)
        diary.plan("now", 0)
        await diary.until("now")
        assert ["now"] == diary.ran
        clock.advance(10)
        await diary.until("second")
        assert ["now", "first", "second"] == diary.ran
        clock.advance(10)
        await diary.until("last")
        diary.plan("past", -1)
        await diary.until("past")
        await diary.later.close()

    asyncio.run(story())


def test_an_action_that_fails_keeps_no_other_from_running(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """What an action raises is logged, and the next runs."""

    async def story() -> None:
        diary = Diary(clock)
        diary.later.call_at(clock.time(), lambda: 1 // 0)
        diary.plan("next", 0)
        await diary.until("next")
        await diary.later.close()

    asyncio.run(story())
    assert [ZeroDivisionError] == [record.exc_info[0] for record in caplog.records if record.exc_info]


def test_an_action_can_plan_the_next(clock: FakeClock) -> None:
    """What an action plans runs at its own moment."""

    async def story() -> None:
        diary = Diary(clock)
        diary.later.call_at(clock.time(), lambda: diary.plan("again", 5))
        diary.plan("once", 0)
        await diary.until("once")
        assert ["once"] == diary.ran
        clock.advance(5)
        await diary.until("again")
        await diary.later.close()

    asyncio.run(story())


def test_closing_forgets_what_waits_and_leaves_no_task(clock: FakeClock) -> None:
    """After close nothing waits or watches; it can be closed again, and used again."""

    async def story() -> None:
        diary = Diary(clock)
        diary.plan("now", 0)
        await diary.until("now")
        diary.plan("forgotten", 10)
        await diary.later.close()
        await diary.later.close()
        assert {asyncio.current_task()} == asyncio.all_tasks()
        clock.advance(20)
        diary.plan("again", 0)
        await diary.until("again")
        assert ["now", "again"] == diary.ran
        await diary.later.close()

    asyncio.run(story())
