"""One record that cannot be shown stops no other: it is dropped, counted and told of."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.passive.messages.shipments import Landing, Shipment
from slack_logging.passive.records.capture import Captured
from slack_logging.testing import FakeClock
from tests.passive.conftest import POST, shown
from tests.passive.test_faults import let_pass, names
from tests.passive.test_overflow import entries, log_many, settle

Errs = pytest.CaptureFixture[str]

NOTICE = "a record could not be shown: TypeError"


class OddLevels(SlackHandler):
    """A handler that reads the levels of some records wrongly, so that nothing can be made of them."""

    def _entry_of(self, captured: Captured) -> str:
        fields = json.loads(super()._entry_of(captured))
        if "odd" in fields["message"]:
            fields["level_number"] = "high"
        return json.dumps(fields)


@pytest.fixture
def handler(slack: LocalSlack) -> Iterator[SlackHandler]:
    """Make a handler that cannot show records that say they are odd."""
    made = OddLevels("#ops-log", token=slack.bot_token, api_url=slack.api_url)
    yield made
    made.close()


@pytest.mark.parametrize("levelname", [None, 7])
def test_a_level_without_a_name_is_shown_as_what_it_has_instead(
    levelname: object, clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Also among others of its level, too many to show one by one."""
    given = {"name": "x", "msg": "m", "levelno": 20, "levelname": levelname, "lineno": f"{levelname}"}
    handler.handle(logging.makeLogRecord(given))
    log_many(logger)
    handler.handle(logging.makeLogRecord(given))
    logger.error("disk full")
    settle(clock, handler)
    assert "disk full" in shown(slack)
    assert str(levelname) in {entry["level"] for entry in entries(slack)}
    stats = handler.stats()
    assert (stats.delivered, stats.pending, stats.dropped) == (stats.emitted, 0, {})


@pytest.mark.parametrize("levelno", [logging.INFO, logging.ERROR])
@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"name": None}, "None m"),
        ({"exc_info": (1, 2, 3)}, "shop m"),
        ({"exc_info": ("text",)}, "shop m"),
        ({"exc_info": ValueError("no tuple")}, "shop m\nValueError: no tuple"),
        ({"exc_text": ["KeyError: 1"]}, "shop m\n['KeyError: 1']"),
        ({"stack_info": 7}, "shop m\n7"),
        ({"created": None}, "shop m"),
    ],
)
def test_a_record_whose_parts_are_not_what_they_should_be_shows_what_can_be_shown(
    odd: dict[str, object], said: str, levelno: int, clock: FakeClock, slack: LocalSlack, handler: SlackHandler
) -> None:
    """As `logging.makeLogRecord` makes one of what came from elsewhere; nothing is lost."""
    given = {"name": "shop", "msg": "m", "levelno": levelno, "levelname": "X"}
    handler.handle(logging.makeLogRecord({**given, **odd}))
    settle(clock, handler)
    stats = handler.stats()
    assert (stats.delivered, stats.dropped) == (1, {})
    assert f" UTC {said}\n" in shown(slack)


class Returning(logging.Formatter):
    """One that makes something else than a text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return what the record says."""
        made: str = vars(record)["made"]
        return made


@pytest.mark.parametrize("made", [None, b"bytes", [], 7])
def test_a_formatter_that_makes_no_text_fails_like_one_that_raises(
    made: object, clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger, capfd: Errs
) -> None:
    """The record is shown without it, and stderr says so."""
    handler.setFormatter(Returning())
    logger.error("disk %s", "full", extra={"made": made})
    settle(clock, handler)
    assert "disk full" in shown(slack)
    stats = handler.stats()
    assert (stats.delivered, stats.dropped) == (1, {})
    assert "without the handler's formatter, which cannot format it: Returning: TypeError" in capfd.readouterr().err


def test_a_message_that_cannot_be_made_is_divided_down_to_the_record(
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
    capfd: Errs,
) -> None:
    """All others are shown, errors included."""
    for number in range(20):
        logger.info("odd" if number == 13 else f"step {number}")
    logger.error("disk full")
    settle(clock, handler)
    text = shown(slack)
    assert all(f"step {number}" in text for number in range(20) if number != 13)
    assert "disk full" in text
    stats = handler.stats()
    assert (stats.delivered, stats.pending, stats.dropped) == (20, 0, {"broken": 1})
    assert "1 record is not shown here: 1 unreadable" in text
    assert capfd.readouterr().err.count(NOTICE) == 1


def test_a_digest_that_cannot_be_made_is_divided_down_to_the_record(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """All others are in files."""
    log_many(logger)
    logger.info("odd")
    log_many(logger)
    settle(clock, handler)
    stats = handler.stats()
    assert (stats.delivered, stats.pending, stats.dropped) == (stats.emitted - 1, 0, {"broken": 1})


def test_a_storm_that_cannot_be_made_is_divided_down_to_the_error(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """All others are shown."""
    kinds = list(zip(range(20), names(), strict=False))
    for number, name in kinds:
        logger.error("odd" if number == 13 else f"{name} failed")
    settle(clock, handler)
    text = shown(slack)
    assert [name for number, name in kinds if f"{name} failed" not in text] == [kinds[13][1]]
    stats = handler.stats()
    assert (stats.delivered, stats.pending, stats.dropped) == (19, 0, {"broken": 1})


class Unsettled(Shipment):
    """A message of three records that Slack takes, and that fails afterwards."""

    @property
    def records(self) -> int:
        """See `Shipment`."""
        return 3

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`."""
        return {"text": "three"}

    def landed(self, ts: str, now: float) -> Landing:
        """See `Shipment`."""
        raise TypeError(ts, now)


def test_a_message_that_slack_has_is_not_sent_again_whatever_fails_then(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Its records count as broken, and the next one goes out."""
    handler._delivery.outbox.emitted.add(3)
    handler._delivery.sender._loader.hand = Unsettled()
    logger.error("disk full")
    let_pass(clock, 60.0)
    assert shown(slack).count("three") == 1
    assert "disk full" in shown(slack)
    assert handler.stats().dropped == {"broken": 3}
    assert len(slack.calls(POST)) == 3  # and what is not shown is told
