"""Slack and the network at their worst, on a clock of our own: nothing is lost, nothing doubled, no window broken."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from slack_logging import SlackHandler
from slack_logging.local import Fault, LocalSlack
from slack_logging.slack.limits import DEFAULT_RETRY_AFTER
from slack_logging.testing import FakeClock
from tests.passive.conftest import POST, posts, shown, wait_for_posts

EDIT, HISTORY = "chat.update", "conversations.history"


def records(slack: LocalSlack) -> list[str]:
    """Return the messages of all records that people read."""
    return sorted(line.split(" shop ")[1] for line in shown(slack).splitlines() if " shop " in line)


def names() -> Iterator[str]:
    """Return names that are no numbers: each makes another kind of error."""
    for first in "abcdefghij":
        for second in "klmnopqrst":
            yield f"{first}{second}" * 3


def let_pass(clock: FakeClock, seconds: float) -> None:
    """Let time pass, and everything happen that is due meanwhile."""
    end = clock.monotonic() + seconds
    clock.run_until(lambda: clock.monotonic() >= end, limit=seconds)


def calls_within(slack: LocalSlack, window: float) -> list[float]:
    """Return how long after a 429 a call of the same method came that came within `window` seconds."""
    throttled: dict[str, float] = {}
    early = []
    for call in slack.calls():
        if call.time < throttled.get(call.method, 0.0) + window:
            early.append(call.time - throttled[call.method])
        if call.status == 429:
            throttled[call.method] = call.time
    return early


@pytest.mark.parametrize(
    ("says", "window"),
    [
        (0, 0.0),
        (7, 7.0),
        ("1.5", 1.5),
        (None, DEFAULT_RETRY_AFTER),
        ("Wed, 21 Oct 2037 07:28:00 GMT", DEFAULT_RETRY_AFTER),
        ("soon", DEFAULT_RETRY_AFTER),
        ("-5", DEFAULT_RETRY_AFTER),
        ("nan", DEFAULT_RETRY_AFTER),
        (10**8, 3600.0),
    ],
)
def test_whatever_retry_after_says_its_window_is_kept(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler, says: int | str, window: float
) -> None:
    """A number of seconds to the letter, up to an hour; what is none stands for half a minute."""
    slack.fault(POST, Fault.rate_limited(says))
    logger.error("disk full")
    logger.info("step")
    clock.run_until(lambda: not handler.stats().pending, limit=8_000)
    assert calls_within(slack, window) == []
    assert [call.status for call in slack.calls(POST)] == [429, 200, 200]
    assert slack.calls(POST)[1].time - slack.calls(POST)[0].time <= max(window, 1.0) * 1.1 + 1.0
    assert records(slack) == ["disk full", "step"]


def test_a_storm_of_429_is_waited_out(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """A third of all posts and edits is refused for ten minutes: no call in a window, every record once."""
    for method in (POST, EDIT):
        slack.fault(method, Fault.rate_limited(20, times=None, probability=0.34))
    kinds = names()
    for number in range(60):
        logger.error(f"failed: {next(kinds)}")
        logger.info("step %d", number)
        let_pass(clock, 10)
        assert handler.stats().adds_up
    slack.clear_faults()
    clock.run_until(lambda: not handler.stats().pending)
    assert calls_within(slack, 20) == []
    assert sum(call.status == 429 for call in slack.calls()) >= 3
    assert Counter(records(slack)).most_common(1)[0][1] == 1
    assert sum(text.startswith("step") for text in records(slack)) == 60
    assert sum(text.startswith("failed: ") for text in records(slack)) == 60
    assert handler.stats().dropped == {}


@pytest.mark.parametrize(
    "fault",
    [Fault.server_error(times=None), Fault.cut_before(times=None), Fault.error("service_unavailable", times=None)],
    ids=["html", "cut", "code"],
)
def test_ten_minutes_down_lose_nothing(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler, fault: Fault
) -> None:
    """Slack is asked ever less often, and has everything within two minutes of its return, each record once."""
    slack.fault("*", fault)
    logger.error("went down")
    clock.run_until(lambda: slack.calls(POST))
    for number in range(120):
        logger.info("step %d", number)
        let_pass(clock, 5)
    assert 10 <= len(slack.calls()) <= 30
    assert handler.stats().pending == 121
    slack.clear_faults()
    clock.run_until(lambda: not handler.stats().pending, limit=120)
    assert records(slack) == sorted(["went down", *(f"step {number}" for number in range(120))])
    assert (handler.stats().emitted, handler.stats().delivered) == (121, 121)


@pytest.mark.parametrize(
    "fault",
    [Fault.truncated(), Fault.cut_after(), Fault.slow_answer(0.05), Fault.error("internal_error", after=True)],
    ids=["truncated", "cut", "slow", "error after the effect"],
)
def test_a_post_that_took_effect_unseen_is_not_doubled(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler, fault: Fault
) -> None:
    """Whatever became of the answer, the channel's history shows that the message is there."""
    slack.fault(POST, fault)
    logger.error("disk full")
    logger.info("step")
    clock.run_until(lambda: not handler.stats().pending, limit=60)
    assert records(slack) == ["disk full", "step"]
    assert len(slack.messages("#ops-log")) == 2


@pytest.mark.parametrize("seed", range(3))
def test_all_at_once(clock: FakeClock, seed: int) -> None:
    """Throttled, broken and cut at random for ten minutes, with a history that answers: each record once, exactly."""
    with LocalSlack(clock=clock, seed=seed) as slack:
        handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
        logger = logging.Logger("shop")
        logger.addHandler(handler)
        for fault in (
            Fault.rate_limited(5, times=None, probability=0.1),
            Fault.server_error(times=None, probability=0.1),
            Fault.cut_before(times=None, probability=0.1),
            Fault.cut_after(times=None, probability=0.1),
            Fault.truncated(times=None, probability=0.1),
        ):
            slack.fault(POST, fault)
        slack.fault(EDIT, Fault.cut_after(times=None, probability=0.3))
        slack.fault(HISTORY, Fault.stale(5, times=None, probability=0.5))
        kinds = names()
        for number in range(40):
            logger.error(f"failed: {next(kinds)}")
            logger.info("step %d", number)
            let_pass(clock, 15)
            assert handler.stats().adds_up
        slack.clear_faults()
        clock.run_until(lambda: not handler.stats().pending)
        assert handler.flush(timeout=600)
        assert calls_within(slack, 5) == []
        text = records(slack)
        assert [text.count(f"step {number}") for number in range(40)] == [1] * 40
        kinds = names()
        assert [text.count(f"failed: {next(kinds)}") for _ in range(40)] == [1] * 40
        assert (handler.stats().delivered, handler.stats().dropped) == (80, {})
        handler.close()


def test_a_machine_that_slept_wakes_as_after_a_moment(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """Eight hours in one step: what waited goes once, and no pace has been saved up for a burst."""
    logger.error("before")
    clock.run_until(lambda: not handler.stats().pending)
    logger.info("overnight")
    clock.advance(8 * 3600)
    clock.run_until(lambda: not handler.stats().pending)
    for name in ("one", "two", "three"):
        logger.error(name)
    assert handler.flush(timeout=60)
    assert records(slack) == ["before", "one", "overnight", "three", "two"]
    assert {call.status for call in slack.calls()} == {200}
    times = [call.time for call in slack.calls(POST)]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.99


def test_two_handlers_keep_their_targets_apart(clock: FakeClock, slack: LocalSlack) -> None:
    """Nothing but the pace is shared between handlers of one process."""
    slack.add_channel("ops-two")
    one, two = (SlackHandler(name, token=slack.bot_token, api_url=slack.api_url) for name in ("#ops-log", "#ops-two"))
    for handler, text in ((one, "for one"), (two, "for two")):
        handler.handle(logging.makeLogRecord({"name": "shop", "msg": text, "levelno": logging.ERROR}))
    assert [one.flush(timeout=60), two.flush(timeout=60)] == [True, True]
    assert ["for one" in shown(slack, name) for name in ("#ops-log", "#ops-two")] == [True, False]
    assert ["for two" in shown(slack, name) for name in ("#ops-log", "#ops-two")] == [False, True]
    one.close()
    two.close()


def test_two_handlers_on_one_channel_share_its_pace(clock: FakeClock, slack: LocalSlack) -> None:
    """Routing by level is logging's own: two handlers, one channel, no 429."""
    made = [SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url) for _ in range(2)]
    for number in range(6):
        for handler in made:
            handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "abcdef"[number], None, None))
            wait_for_posts(clock, slack, number + 1)
    assert [handler.flush(timeout=60) for handler in made] == [True, True]
    moments = [moment for moment, _ in posts(slack)]
    assert min(later - earlier for earlier, later in pairwise(moments)) >= 0.99
    assert {status for _, status in posts(slack)} == {200}
    for handler in made:
        handler.close()


def test_a_seeded_program_finds_its_random_numbers_as_it_left_them(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """What is waited after a fault differs by chance, but by a chance of our own."""
    random.seed(7)
    before = random.getstate()
    for fault in (Fault.server_error(), Fault.rate_limited(3)):
        slack.fault(POST, fault)
    logger.error("disk full")
    clock.run_until(lambda: not handler.stats().pending, limit=100)
    assert [call.status for call in slack.calls(POST)] == [500, 429, 200]
    assert random.getstate() == before
