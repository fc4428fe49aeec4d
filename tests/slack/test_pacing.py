"""The pace: what is allowed, what a 429 teaches, and how it is forgotten."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.slack.limits import METHOD_BUDGETS
from slack_logging.slack.pacing import MAX_INTERVAL, Backoff, Pace

POST = "chat.postMessage"


def pace() -> Pace:
    return Pace(jitter=lambda: 0.0)


def sent(of: Pace, method: str, channel: str, *, until: float, step: float = 0.05, since: float = 0.0) -> list[float]:
    """Return when calls may go, asked for eagerly."""
    moments, now = [], since
    while now < until:
        if of.acquire(method, channel, now) == 0.0:
            moments.append(now)
        else:
            now += step
    return moments


def test_a_channel_gets_one_post_a_second() -> None:
    """Ten seconds hold ten posts, a second apart."""
    moments = sent(pace(), POST, "#a", until=9.99)
    assert [round(moment) for moment in moments] == list(range(10))


def test_two_channels_do_not_wait_for_each_other() -> None:
    """The interval is the channel's."""
    one = pace()
    assert [one.acquire(POST, channel, 0.0) for channel in ("#a", "#b")] == [0.0, 0.0]


def test_a_refusal_takes_no_place() -> None:
    """Who is told to wait has not used up anything."""
    one = pace()
    assert one.acquire(POST, "#a", 0.0) == 0.0
    assert [one.acquire(POST, "#a", 0.25), one.acquire(POST, "#a", 0.5)] == [0.75, 0.5]
    assert one.acquire(POST, "#a", 1.0) == 0.0


@pytest.mark.parametrize("method", sorted(METHOD_BUDGETS))
def test_no_minute_holds_more_than_the_documented_figure(method: str) -> None:
    """However eagerly we ask, any window of 60 s stays at or below Slack's tier."""
    documented = {"chat.postMessage": 200, "chat.update": 50, "users.conversations": 20, "reactions.remove": 20}
    tier = documented.get(method, 100 if METHOD_BUDGETS[method].per_minute == 80 else 50)
    tier = 20 if METHOD_BUDGETS[method].per_minute == 16 else tier
    one = pace()
    moments: list[float] = []
    now = 0.0
    while now < 200:
        channel = f"#{len(moments)}"  # another channel each, so that only the workspace's budget counts
        if one.acquire(method, channel, now) == 0.0:
            moments.append(now)
        else:
            now += 0.05
    most = max(sum(start <= moment < start + 60 for moment in moments) for start in moments)
    assert 0 < most <= tier


def test_nobody_calls_inside_retry_after() -> None:
    """After a 429 the method rests for as long as Slack said, in every channel."""
    one = pace()
    one.throttled(POST, "#a", 30, 0.0)
    assert one.acquire(POST, "#b", 29.9) == pytest.approx(0.1)
    assert one.acquire(POST, "#b", 30.0) == 0.0


def test_a_pause_is_never_shortened() -> None:
    """A later 429 with less to wait does not open the window again."""
    one = pace()
    one.throttled(POST, "#a", 30, 0.0)
    one.throttled(POST, "#a", 1, 1.0)
    assert one.acquire(POST, "#a", 2.0) == pytest.approx(28.0)


def test_each_429_doubles_the_interval_up_to_a_minute() -> None:
    """Who is throttled again and again slows down to one post a minute, and no further."""
    one, now, intervals = pace(), 0.0, []
    for _ in range(8):
        one.throttled(POST, "#a", 0, now)
        intervals.append(one.acquire(POST, "#a", now))
        now += 10.0
    assert intervals == [2, 4, 8, 16, 32, 60, 60, 60]
    assert max(intervals) == MAX_INTERVAL


def test_quiet_minutes_give_the_speed_back() -> None:
    """A tenth of the slowness goes with each minute without a 429."""
    one = pace()
    one.throttled(POST, "#a", 0, 0.0)
    moments = sent(one, POST, "#a", until=1000, step=0.01)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps[0] == pytest.approx(2.0, abs=0.02)
    assert gaps[-1] == pytest.approx(1.0, abs=0.02)


@given(st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=60))
def test_waiting_as_told_always_suffices(steps: list[tuple[float, bool]]) -> None:
    """Whatever came before, who waits the seconds that were named gets the place."""
    one, now = pace(), 0.0
    for pause, throttled in steps:
        now += pause
        if throttled:
            one.throttled(POST, "#a", 1.0, now)
        wait = one.acquire(POST, "#a", now)
        if wait:
            now += wait
            assert one.acquire(POST, "#a", now) == 0.0


def test_backoff_doubles_to_its_most_and_starts_again_after_success() -> None:
    """1, 2, 4 ... 60 seconds without jitter; at least half of that with it."""
    steady, shaken = Backoff(jitter=lambda: 0.0), Backoff(jitter=lambda: 1.0)
    assert [steady.failed() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert [shaken.failed() for _ in range(3)] == [0.5, 1, 2]
    steady.succeeded()
    assert steady.failed() == 1
