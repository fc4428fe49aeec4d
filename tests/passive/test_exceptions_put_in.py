"""Exceptions among a message's arguments: they tell errors apart, as those of `exc_info` do, and break nothing."""

from __future__ import annotations

import logging
from collections import ChainMap
from typing import Any

import pytest

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.testing import FakeClock
from tests.passive.conftest import shown


class Unshowable(Exception):
    """Its text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


class Nameless(Exception):
    """Its class says nowhere that it can be found."""

    __module__ = ["nowhere"]  # type: ignore[assignment]  # noqa: RUF012 - nobody changes it


class Odd(str):
    """A text that is not to be looked into."""

    def partition(self, sep: str) -> Any:  # noqa: ARG002 - as that of a text
        """Raise."""
        raise RuntimeError("no")

    startswith = partition  # type: ignore[assignment]


class Oddly(Exception):
    """Says what it is in such a text."""

    def __str__(self) -> str:
        return Odd("oddly")


class Unbound:
    """Stands for something that is not there now, as Flask's `current_user` outside of a request."""

    @property  # type: ignore[misc] # as werkzeug.local.LocalProxy has it
    def __class__(self) -> type:
        raise RuntimeError("working outside of request context")

    def __str__(self) -> str:
        return "nobody"


class Torn(dict[str, Any]):
    """A mapping that can be looked into, and not gone through."""

    def values(self) -> Any:
        """Raise."""
        raise RuntimeError("no")


def told(clock: FakeClock, slack: LocalSlack, handler: SlackHandler) -> list[int]:
    """Return how many records each kind of error had, all of them being delivered, and none broken."""
    clock.run_until(lambda: handler.stats().pending == 0)
    assert handler.stats().dropped == {}
    return [incident.records for incident in handler.incidents()]


@pytest.mark.parametrize(
    ("template", "named"), [("sync failed: %s", False), ("sync failed: %r", False), ("sync failed: %(err)s", True)]
)
def test_errors_put_into_one_message_are_as_many_kinds_as_they_are(
    template: str, named: bool, clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """By type, and by text; each is to be read in the channel."""
    errors = [ConnectionError("db down"), KeyError("user"), MemoryError(), ConnectionError("disk full")]
    for error in errors:
        logger.error(template, {"err": error} if named else error)
    assert told(clock, slack, handler) == [1, 1, 1, 1]
    assert all(text in shown(slack) for text in ("db down", "'user'", "disk full"))


def test_a_mapping_of_any_kind_and_the_message_itself_count(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    for error in (ConnectionError("no row"), KeyError("no row")):
        logger.error("sync failed: %(err)s", ChainMap({"err": error}))
        logger.error(error)
    assert told(clock, slack, handler) == [1, 1, 1, 1]


def test_one_error_with_a_thousand_ids_in_its_text_is_one_kind(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """The rest of what is put in makes no difference; nor do further lines of the text."""
    for number in range(1_000):
        logger.error("%s: order %s not synced", ValueError(f"no order {number}\nat {number}x"), "abcdefgh"[number % 8])
    assert told(clock, slack, handler) == [1_000]


def test_arguments_that_cannot_be_asked_break_nothing(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """An exception without a text is told by its type; what cannot even be asked for its class is no exception."""
    for _ in range(2):
        logger.error("sync failed: %s", Unshowable())
        logger.error("sync failed: %s", KeyError("user"))
        logger.error("%s for %s", "nothing", Unbound())
        logger.error("torn: %(err)s", Torn(err=KeyError("user")))
        logger.error("nameless: %s", Nameless())
        logger.error("oddly: %s", Oddly())
    assert told(clock, slack, handler) == [2, 2, 2, 2, 2, 2]
    assert "<Unshowable whose str() raises RuntimeError>" in shown(slack)
    assert "nothing for nobody" in shown(slack)


@pytest.mark.parametrize(("level", "times"), [(logging.WARNING, 1), (logging.ERROR, 2)])
def test_only_an_error_asks_its_exceptions_for_more_than_the_text_that_is_shown(
    level: int, times: int, clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Whoever logs waits for it."""
    asked: list[Exception] = []

    class Counting(Exception):
        def __str__(self) -> str:
            asked.append(self)
            return "counted"

    logger.log(level, "sync failed: %s", Counting())
    assert len(asked) == times


def test_what_is_put_into_placeholders_alone_makes_no_kind_where_an_exception_does(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Django logs each failed request's path by "%s: %s"; exceptions of one helper stay as many as they are."""
    failed: list[Exception] = [ValueError("no stock")] * 3
    for path, error in zip(("ada", "ben", "cid"), failed, strict=True):
        logger.error("%s: %s", "Internal Server Error", f"/shops/{path}/orders", exc_info=error)
    for other in (KeyError("stock"), ValueError("no such user")):
        logger.error("%s: %s", "Internal Server Error", "/shops/ada/orders", exc_info=other)
    for said in ("disk full", "no such user"):
        logger.error("%s", said, exc_info=RuntimeError(said))
    assert sorted(told(clock, slack, handler)) == [1, 1, 1, 1, 3]
