"""What a record says of itself: `extra={"slack": {"thread": ts, "mention": True, "skip": True}}`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from slack_logging import SlackHandler
from slack_logging.local import Fault, LocalSlack
from slack_logging.local.state.text import visible_text
from slack_logging.testing import FakeClock
from tests.passive.conftest import POST, shown


@pytest.fixture
def handler(slack: LocalSlack) -> Iterator[SlackHandler]:
    """Make a handler that may mention somebody."""
    made = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, mention=slack.user_id("ada"))
    yield made
    slack.clear_faults()
    made.close()


def told(**instructions: object) -> dict[str, Any]:
    """Return the keyword arguments of a logging call."""
    return {"extra": {"slack": instructions}}


def settle(clock: FakeClock, handler: SlackHandler) -> None:
    clock.run_until(lambda: handler._delivery.sender.idle)


def thread(slack: LocalSlack, ts: str) -> list[str]:
    """Return the first line of each answer in a thread."""
    return [visible_text(message).splitlines()[0] for message in slack.messages("#ops-log", thread_ts=ts)[1:]]


def test_records_go_into_the_thread_they_name(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Those of one thread share a message; others go into the channel, and none is lost."""
    ts = slack.say("#ops-log", "the nightly import", user="ada")
    logger.info("first", **told(thread=ts))
    logger.info("second", **told(thread=ts))
    logger.info("elsewhere")
    settle(clock, handler)
    [answer] = slack.messages("#ops-log", thread_ts=ts)[1:]
    assert [line.split()[-1] for line in visible_text(answer).splitlines()[:2]] == ["first", "second"]
    assert "elsewhere" in shown(slack)
    assert handler.stats().delivered == 3


def test_an_error_lives_in_its_thread(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Its repeats are counted there, apart from the same error elsewhere; so is what it announces, and its file."""
    ts = slack.say("#ops-log", "the nightly import", user="ada")
    for _ in range(10):
        logger.error("boom %s", "x" * 20_000, **told(thread=ts))
    logger.error("boom %s", "y")
    clock.run_until(lambda: len(slack.messages("#ops-log", thread_ts=ts)) == 4)
    answers = slack.messages("#ops-log", thread_ts=ts)[1:]
    assert "x 10, last" in visible_text(answers[0])
    assert {answer.get("subtype") for answer in answers} == {None, "thread_broadcast", "file_share"}
    settle(clock, handler)
    assert [bool(answer.get("files")) for answer in answers].count(True) == 1
    assert len([message for message in slack.messages("#ops-log") if "boom y" in visible_text(message)]) == 1


@pytest.mark.parametrize("level", [logging.INFO, logging.ERROR])
def test_a_thread_that_takes_no_answer_loses_nothing(
    level: int, clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """The record goes into the channel instead."""
    ts = slack.say("#ops-log", "the nightly import", user="ada")
    slack.fault(POST, Fault.error("restricted_action_thread_locked"))
    logger.log(level, "first", **told(thread=ts))
    settle(clock, handler)
    assert thread(slack, ts) == []
    assert "first" in shown(slack)


@pytest.mark.parametrize(
    ("level", "mention", "mentions"),
    [
        (logging.INFO, True, True),
        (logging.INFO, None, False),
        (logging.INFO, False, False),
        (logging.ERROR, None, True),
        (logging.ERROR, True, True),
        (logging.ERROR, False, False),
    ],
)
def test_a_record_may_mention_or_not(
    level: int,
    mention: bool | None,
    mentions: bool,
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
) -> None:
    """Whom the configuration names, and nobody else: a record's own text mentions nobody."""
    logger.log(level, "deployed <!channel>", **({} if mention is None else told(mention=mention)))
    settle(clock, handler)
    [message] = slack.messages("#ops-log")
    assert (f"<@{slack.user_id('ada')}>" in message["text"]) is mentions
    assert ("'type': 'user'" in str(message["blocks"])) is mentions
    assert "<!channel>" not in message["text"]


def test_a_skipped_record_is_not_taken_in(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """It is for the other handlers."""
    logger.error("elsewhere", **told(skip=True))
    assert handler.stats().emitted == 0


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("skip", "'skip': expected a mapping such as {'skip': True}"),
        ({"thraed": "1700000000.000100"}, "'thraed': expected one of thread, mention, skip"),
        ({"mention": "no"}, "'mention': 'no': expected True or False"),
        ({"skip": "false"}, "'skip': 'false': expected True or False"),
        ({"skip": 1}, "'skip': 1: expected True or False"),
        ({"thread": 17.1}, "'thread': 17.1: expected a message's ts, such as '1700000000.000100'"),
    ],
)
def test_what_is_not_understood_is_said_once_and_the_record_shown(
    given: object,
    complaint: str,
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It is only a hint."""
    for name in ("first", "second"):
        logger.info(name, extra={"slack": given})
    settle(clock, handler)
    assert handler.stats().delivered == 2
    said = f"slack_logging: extra={{'slack': ...}} of a record is not understood: {complaint}\n"
    assert capfd.readouterr().err == said


def test_an_answer_in_a_thread_whose_own_answer_was_lost_is_not_doubled(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """The thread is read, not the channel, which does not show it."""
    ts = slack.say("#ops-log", "the nightly import", user="ada")
    slack.fault(POST, Fault.cut_after())
    logger.info("first", **told(thread=ts))
    settle(clock, handler)
    assert [line.split()[-1] for line in thread(slack, ts)] == ["first"]
    assert len(slack.calls(POST)) == 1
