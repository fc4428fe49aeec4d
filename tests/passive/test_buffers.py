"""What other people put in front of the handler: queues and buffers, whose records are not quite as they were."""

from __future__ import annotations

import logging
import logging.config
import logging.handlers
import queue
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.testing import FakeClock
from tests.passive.conftest import shown


def fail(logger: logging.Logger) -> None:
    try:
        raise ValueError("no such order")
    except ValueError:
        logger.exception("failed: %d", 7)


def test_a_queue_in_front(clock: FakeClock, slack: LocalSlack, handler: SlackHandler) -> None:
    """The standard queue handler makes one text of message and traceback: shown once, and repeats are counted."""
    records: queue.SimpleQueue[Any] = queue.SimpleQueue()
    logger = logging.Logger("shop")
    logger.addHandler(logging.handlers.QueueHandler(records))
    listener = logging.handlers.QueueListener(records, handler, respect_handler_level=True)
    listener.start()
    for _ in range(3):
        fail(logger)
    listener.stop()
    assert handler.flush(60)
    text = shown(slack)
    assert "failed: 7" in text
    assert text.count("Traceback (most recent call last):") == 1
    assert "ValueError: no such order" in text
    assert "x 3, last" in text
    assert handler.stats().emitted == 3


def call(what: Callable[[], object], depth: int = 9) -> None:
    call(what, depth - 1) if depth else what()


def broken(way: str) -> str:
    """Fail in one of three ways, at one place; return the traceback."""
    nothing: dict[str, int] = {}
    ways: dict[str, Callable[[], object]] = {"a": lambda: 1 / 0, "b": lambda: nothing[way], "c": lambda: int("x")}
    try:
        call(ways[way])
    except (ArithmeticError, LookupError, ValueError):
        return traceback.format_exc()
    return ""


@pytest.mark.parametrize("kind", ["queue", "formatted", "alone", "argument"])
def test_different_errors_stay_apart_where_their_tracebacks_are_text(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, kind: str
) -> None:
    """They begin alike: what happened stands at the end, and comes first in what is shown."""
    records: queue.SimpleQueue[Any] = queue.SimpleQueue()
    logger = logging.Logger("shop")
    logger.addHandler(logging.handlers.QueueHandler(records) if kind == "queue" else handler)
    for way in "abcabc":
        told = broken(way)
        given = {"formatted": (f"job failed: {told}",), "alone": (told,), "argument": ("%s", told)}
        logger.error(*given.get(kind, (f"job failed\n{told}",)))  # as a queue's handler joins them
    while not records.empty():
        handler.handle(records.get())
    assert handler.flush(60)
    assert (handler.stats().delivered, handler.stats().merged) == (3, 3)
    for said in ("ZeroDivisionError: division by zero", "KeyError: 'b'", "ValueError: invalid literal for int()"):
        assert said in shown(slack)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="dictConfig makes no listener before Python 3.12")
def test_a_queue_that_the_config_makes(clock: FakeClock, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program starts and stops the listener; what it stopped with is delivered."""
    for name, value in slack.environ.items():
        monkeypatch.setenv(name, value)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {
                "slack": {"class": "slack_logging.SlackHandler", "channel": "#ops-log"},
                "queue": {
                    "class": "logging.handlers.QueueHandler",
                    "handlers": ["slack"],
                    "respect_handler_level": True,
                },
            },
            "root": {"level": "INFO", "handlers": ["queue"]},
        }
    )
    front: Any = logging.getLogger().handlers[-1]
    front.listener.start()
    logging.getLogger("till").warning("queued")
    front.listener.stop()
    [handler] = front.listener.handlers
    assert handler.flush(60)
    assert "queued" in shown(slack)
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})


def test_a_buffer_in_front(clock: FakeClock, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hands over what led to an error, in order, all at once."""
    for name, value in slack.environ.items():
        monkeypatch.setenv(name, value)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {
                "slack": {"class": "slack_logging.SlackHandler", "channel": "#ops-log"},
                "buffer": {
                    "class": "logging.handlers.MemoryHandler",
                    "capacity": 100,
                    "flushLevel": logging.ERROR,
                    "target": "slack",
                },
            },
            "root": {"level": "DEBUG", "handlers": ["buffer"]},
        }
    )
    [buffer] = logging.getLogger().handlers[-1:]
    assert isinstance(buffer, logging.handlers.MemoryHandler)
    assert isinstance(buffer.target, SlackHandler)
    logger = logging.getLogger("till")
    for number in range(3):
        logger.debug("step %d", number)
    assert buffer.target.stats().emitted == 0
    fail(logger)
    assert buffer.target.flush(60)
    text = shown(slack)
    assert [line.split(" till ")[1] for line in text.splitlines() if " step " in line] == ["step 0", "step 1", "step 2"]
    assert text.count("Traceback (most recent call last):") == 1
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})


def test_a_production_setting_hides_no_loss(
    handler: SlackHandler, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """`logging.raiseExceptions = False` silences the standard handlers; here what breaks is counted and said."""
    monkeypatch.setattr(logging, "raiseExceptions", False)
    for _ in range(3):
        handler.handle(logging.makeLogRecord({"name": None, "msg": "password=hunter2"}))
    assert handler.stats().dropped == {"broken": 3}
    assert capfd.readouterr().err == "slack_logging: a record of logger None could not be taken in: TypeError\n"
