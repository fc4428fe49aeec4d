"""An exception whose text is longer than what is kept of it still says what happened, and where."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from tests.passive.conftest import shown


class Refused(Exception):
    """What the application raises."""


def there(depth: int = 0) -> None:
    """Call back, without end: Python leaves out repeated frames of one function only."""
    back(depth + 1)


def back(depth: int) -> None:
    """Call there, without end."""
    there(depth + 1)


def layers(number: int) -> None:
    """Raise so many exceptions, each from the one before."""
    try:
        layers(number - 1) if number else there()
    except Exception as error:
        raise Refused(f"layer {number} {'x' * 400}") from error


def after_a_long_one() -> None:
    """Raise one that says little from one that says much."""
    try:
        raise ValueError("inner " + "w " * 40_000)
    except ValueError as error:
        raise Refused("outer: what happened") from error


def deep_after_a_long_one() -> None:
    """Raise two, both too long, so that what stands between them is left out."""
    try:
        raise ValueError("inner " + "w " * 40_000)
    except ValueError:
        there()


def said_at_length() -> None:
    """Raise one whose own line is too long."""
    raise Refused("cannot insert: " + "v, " * 25_000 + "duplicate key")


@pytest.mark.parametrize(
    ("fail", "said", "where", "end"),
    [
        (there, "RecursionError: maximum recursion depth exceeded", "test_long_exceptions.py:", "depth exceeded"),
        (lambda: layers(90), "Refused: layer 90 xxx", "in layers: raise Refused(", "x" * 400),
        (after_a_long_one, "Refused: outer: what happened", "in after_a_long_one: raise Refused(", "what happened"),
        (deep_after_a_long_one, "RecursionError: maximum rec", "test_long_exceptions.py:", "depth exceeded"),
        (said_at_length, "Refused: cannot insert: v, v,", "in said_at_length: raise Refused(", "v, duplicate key"),
    ],
    ids=["recursion", "chain", "after a long one", "two long ones", "a long line"],
)
def test_what_happened_and_where_come_first_and_the_end_is_kept(
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
    fail: Callable[[], None],
    said: str,
    where: str,
    end: str,
) -> None:
    """In the message and in the file, which says that it is cut; nothing calls it the whole."""
    try:
        fail()
    except Exception:
        logger.exception("import failed")
    assert handler.flush(timeout=30)
    text = shown(slack)
    head, what, place, *_ = text.split("\n")
    assert head.endswith("import failed")
    assert said in what
    assert where in place
    assert text.rpartition("\n")[0].endswith(end)  # the last line says who speaks
    assert "the whole" not in text
    [file] = slack.wait_for(lambda: slack.files("#ops-log"))
    content = file.content.decode()
    assert len(content) < 66_000
    assert content.count(" characters in all)") == 1
    assert "Traceback (most recent call last):" in content[:200]
    assert content.endswith(f"{end}\n")
