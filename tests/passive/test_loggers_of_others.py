"""What structlog and loguru hand to logging is shown as it was meant."""

from __future__ import annotations

import builtins
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from logging.handlers import QueueHandler
from queue import SimpleQueue
from typing import Any

import pytest
import structlog
from loguru import logger as loguru_logger
from pythonjsonlogger.json import JsonFormatter

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.local.state.text import visible_text


@pytest.fixture
def handler(slack: LocalSlack) -> Iterator[SlackHandler]:
    """Put a handler on the root logger; both libraries are as they were after the test."""
    made = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, flush_interval=1)
    root = logging.getLogger()
    root.addHandler(made)
    root.setLevel(logging.DEBUG)
    yield made
    made.close()
    structlog.reset_defaults()
    loguru_logger.remove()


def shown(slack: LocalSlack, handler: SlackHandler) -> str:
    assert handler.flush(timeout=30)
    return "\n".join(visible_text(message) for message in slack.messages("#ops-log"))


def raised(error: Exception) -> Exception:
    """Return an error with a traceback."""
    try:
        raise error
    except Exception as caught:  # noqa: BLE001 - as it was given
        return caught


@pytest.mark.parametrize("last", ["wrap_for_formatter", "render_to_log_kwargs"])
def test_structlog(slack: LocalSlack, handler: SlackHandler, last: str) -> None:
    """The event is the message, its keys are extra values, its exception a traceback."""
    processors: dict[str, Any] = {
        "wrap_for_formatter": structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        "render_to_log_kwargs": structlog.stdlib.render_to_log_kwargs,
    }
    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="iso"), processors[last]]
        if last == "wrap_for_formatter"
        else [processors[last]],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logger = structlog.get_logger("stocks")
    logger.warning("low stock", sku="TEA-1", left=3)
    try:
        raise ValueError("no such order")
    except ValueError:
        logger.exception("failed", order=7)
    text = shown(slack, handler)
    assert "stocks low stock  sku=TEA-1  left=3" in text
    assert "stocks failed  order=7\nValueError: no such order\ntest_loggers_of_others.py:" in text
    assert text.count("Traceback (most recent call last):") == 1


def test_loguru(slack: LocalSlack, handler: SlackHandler) -> None:
    """What was bound is shown as extra values; the traceback stands once."""
    loguru_logger.remove()
    loguru_logger.add(handler, format="{message}")
    loguru_logger.bind(order=7).warning("hi {}", "ada")
    try:
        raise ValueError("no such order")
    except ValueError:
        loguru_logger.bind(order=8).exception("failed")
    text = shown(slack, handler)
    assert "hi ada  order=7" in text
    assert "failed  order=8\nValueError: no such order\ntest_loggers_of_others.py:" in text
    assert text.count("Traceback (most recent call last):") == 1


def root_cause(card: str) -> None:
    raise KeyError("stock")


def explicit(card: str) -> None:
    try:
        root_cause(card)
    except KeyError as error:
        raise RuntimeError("cannot ship") from error


def implicit(card: str) -> None:
    try:
        root_cause(card)
    except KeyError:
        raise RuntimeError("cannot ship")  # noqa: B904 - it is what is tested


def never_raised(card: str) -> None:
    raise RuntimeError("cannot ship") from KeyError("stock")


def grouped(card: str) -> None:
    group = getattr(builtins, "ExceptionGroup", None)
    if group is None:
        pytest.skip("groups are from Python 3.11")
    raise group("cannot ship", [raised(KeyError("stock"))])


@pytest.mark.parametrize("formatter", [None, logging.Formatter("%(message)s")], ids=["", "formatter"])
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("fail", [root_cause, explicit, implicit, never_raised, grouped])
def test_an_error_of_loguru_is_one_whatever_it_came_of(
    fail: Callable[[str], None],
    *,
    plain: bool,
    formatter: logging.Formatter | None,
    slack: LocalSlack,
    handler: SlackHandler,
) -> None:
    """It is shown once, without variables' values, where no formatter of the program's says otherwise."""
    handler.setFormatter(formatter)
    loguru_logger.remove()
    loguru_logger.add(handler, format="{message}", diagnose=not plain, backtrace=not plain)
    cards = ["visa of ada", "visa of ben", "visa of cid"]
    for card in cards:
        with suppress(Exception), loguru_logger.catch(reraise=True, message="shipping failed"):
            fail(card)
    text = shown(slack, handler)
    assert [living.records for living in handler.incidents()] == [3]
    if formatter is None:
        assert "shipping failed\n" in text
        assert [card for card in cards if card in text] == []
        assert text.count("KeyError: 'stock'") <= 2  # one is what happened, one the traceback's
        assert text.count("RuntimeError: cannot ship") == (2 if "RuntimeError" in text else 0)


def test_what_loguru_says_of_an_error_without_a_traceback_stands_once(slack: LocalSlack, handler: SlackHandler) -> None:
    """Its text is behind the message, as a traceback would be; what the message says of it stays."""
    loguru_logger.remove()
    loguru_logger.add(handler, format="{message}")
    loguru_logger.opt(exception=ValueError("no order")).error("ValueError: no order, tried again")
    assert "ValueError: no order, tried again\nValueError: no order\n" in shown(slack, handler)


def test_colours_of_loguru_hide_no_traceback(slack: LocalSlack, handler: SlackHandler) -> None:
    """They stand between the message and what it begins with."""
    loguru_logger.remove()
    loguru_logger.add(handler, format="{message}", colorize=True)
    with suppress(RuntimeError), loguru_logger.catch(reraise=True, message="shipping failed"):
        explicit("visa of ada")
    text = shown(slack, handler)
    assert "shipping failed\nRuntimeError: cannot ship\n" in text
    assert "visa of ada" not in text.replace('explicit("visa of ada")', "")


def test_json_of_loguru_stays_json(slack: LocalSlack, handler: SlackHandler) -> None:
    """A traceback within it is no traceback behind a message."""
    loguru_logger.remove()
    loguru_logger.add(handler, format="{message}", serialize=True, diagnose=False)
    with suppress(RuntimeError), loguru_logger.catch(reraise=True, message="shipping failed"):
        explicit("visa")
    assert '"message": "shipping failed"' in shown(slack, handler)


def test_errors_that_loguru_writes_as_json_are_told_by_their_message(slack: LocalSlack, handler: SlackHandler) -> None:
    """It stands within the record that the line holds."""
    loguru_logger.remove()
    loguru_logger.add(handler, format="{message}", serialize=True)
    for order in (7, 800, 31):
        loguru_logger.bind(order=order).error("disk full, order {} is lost", order)
    loguru_logger.error("mail server refused")
    assert handler.flush(timeout=30)
    assert sorted(living.records for living in handler.incidents()) == [1, 3]


def test_a_traceback_in_a_message_stays_where_it_is_not_logurus(slack: LocalSlack, handler: SlackHandler) -> None:
    """The exception that was logged may be another one."""
    said = "the worker said:\nTraceback (most recent call last):\nOSError: disk full"
    logging.getLogger("stocks").error(said, exc_info=raised(ValueError("no answer")))
    assert "OSError: disk full" in shown(slack, handler)


def test_what_structlogs_processors_made_of_exceptions_is_shown(slack: LocalSlack, handler: SlackHandler) -> None:
    """A traceback and a stack; errors of two kinds stay two."""
    structlog.configure(
        processors=[
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logger = structlog.get_logger("stocks")
    try:
        raise ValueError("no such order")
    except ValueError:
        logger.exception("failed")
    try:
        raise OSError("disk full")
    except OSError:
        logger.exception("failed")
    logger.warning("odd", stack_info=True)
    text = shown(slack, handler)
    assert text.count("Traceback (most recent call last):") == 2
    assert [said in text for said in ("\nValueError: no such order", "\nOSError: disk full")] == [True, True]
    assert "exception=" not in text
    assert "Stack (most recent call last):" in text


@pytest.mark.parametrize("name", ["KeyValueRenderer", "LogfmtRenderer"])
def test_errors_that_structlog_rendered_are_told_by_their_event(
    name: str, slack: LocalSlack, handler: SlackHandler
) -> None:
    """Two events are two messages, however alike their values are, and one with other values is one."""
    structlog.configure(
        processors=[getattr(structlog.processors, name)()],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logger = structlog.get_logger("stocks")
    for user in ("ann lee", "bob ray", "cid moe"):
        logger.error("payment failed", user=user)
    logger.error("disk full", user="ann lee")
    assert handler.flush(timeout=30)
    counts = sorted((living.records, "payment failed" in living.summary) for living in handler.incidents())
    assert counts == [(1, False), (3, True)]
    assert len(slack.messages("#ops-log")) == 2


@pytest.mark.parametrize("tracebacks", ["format_exc_info", "dict_tracebacks"])
def test_errors_that_structlog_rendered_as_json_are_told_by_event_and_exception(
    tracebacks: str, slack: LocalSlack, handler: SlackHandler
) -> None:
    """One event of two exceptions is two errors; one exception with other values is one."""
    structlog.configure(
        processors=[getattr(structlog.processors, tracebacks), structlog.processors.JSONRenderer()],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logger = structlog.get_logger("stocks")
    for user, error in (("ann", OSError), ("bob", OSError), ("cid", ValueError), ("dan", OSError)):
        logger.error("payment failed", user=user, exc_info=raised(error(f"no order {len(user)} of '{user}'")))
    for user in ("ann", "bob"):
        logger.error("disk full", user=user)
    assert handler.flush(timeout=30)
    assert sorted(living.records for living in handler.incidents()) == [1, 2, 3]


def test_errors_that_were_formatted_as_json_upstream_are_told_by_message_and_exception(
    slack: LocalSlack, handler: SlackHandler
) -> None:
    """As a `QueueHandler` with python-json-logger hands them on."""
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    upstream = QueueHandler(queue)
    upstream.setFormatter(JsonFormatter())
    logger = logging.Logger("stocks")
    logger.addHandler(upstream)
    for user, error in (("ann", OSError), ("bob", OSError), ("cid", ValueError)):
        logger.error("payment %d failed", len(user), extra={"user": user}, exc_info=raised(error("no order")))
    while not queue.empty():
        handler.handle(queue.get())
    assert handler.flush(timeout=30)
    assert sorted(living.records for living in handler.incidents()) == [1, 2]
    assert len(slack.messages("#ops-log")) == 2


@contextmanager
def logged_by(logger: Any, user: str) -> Iterator[None]:
    """Log what is raised, as it is usual with structlog: the event has `exc_info=True`."""
    try:
        yield
    except Exception:
        logger.exception("charge failed", user=user, retry=None)
        raise


RENDERERS: dict[str, Any] = {
    "console": structlog.dev.ConsoleRenderer(colors=False),
    "keyvalue": structlog.processors.KeyValueRenderer(),
    "logfmt": structlog.processors.LogfmtRenderer(),
    "json": structlog.processors.JSONRenderer(),
}


@pytest.mark.parametrize("renders_exceptions", ["upstream", "upstream, as dicts", "formatter", "nobody"])
@pytest.mark.parametrize("renderer", RENDERERS)
def test_errors_that_structlogs_formatter_renders_are_told_by_event_and_exception(
    renderer: str, renders_exceptions: str, slack: LocalSlack, handler: SlackHandler
) -> None:
    """Whatever values they have, and whoever makes a text of the exception; one with other values is one."""
    as_dicts = renders_exceptions == "upstream, as dicts"
    rendered = [structlog.processors.dict_tracebacks if as_dicts else structlog.processors.format_exc_info]
    made = structlog.stdlib.ProcessorFormatter
    structlog.configure(
        processors=[*(rendered if "upstream" in renders_exceptions else []), made.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    rendered = rendered if renders_exceptions == "formatter" and renderer != "console" else []
    handler.setFormatter(made(processors=[made.remove_processors_meta, *rendered, RENDERERS[renderer]]))
    logger = structlog.get_logger("stocks")
    for user in ("ann lee", "bob ray", "cid moe"):
        logger.error("disk full", user=user, retry=None)
    logger.error("payment failed", user="ann lee", retry=None)
    for user, error in (("ann", OSError), ("bob", OSError), ("cid", KeyError), ("dan", OSError)):
        with suppress(OSError, KeyError), logged_by(logger, user):
            raise error("no answer")
    logger.error("charge failed", user="eva", retry=None, exc_info=raised(ValueError("no card")))
    text = shown(slack, handler)
    assert sorted(living.records for living in handler.incidents()) == [1, 1, 1, 3, 3]
    assert [said in text for said in ("disk full", "payment failed", "ann lee")] == [True, True, True]


@pytest.mark.parametrize("formatter", [None, logging.Formatter("%(levelname)s %(message)s")], ids=["", "formatter"])
@pytest.mark.parametrize("name", ["event", "message", "msg", "action"])
def test_dicts_are_told_by_what_they_say_happened(
    name: str, formatter: logging.Formatter | None, slack: LocalSlack, handler: SlackHandler
) -> None:
    """By its value where the key says so, by all they hold where none does, but for ids; and by the exception."""
    handler.setFormatter(formatter)
    logger = logging.getLogger("stocks")
    for order in (7, 800, 31):
        logger.error({name: "disk full", "order": order, "retry": None})
    logger.error({name: "payment failed", "order": 7, "retry": None})
    logger.error({name: "payment failed", "order": 7, "retry": None, "exc_info": raised(OSError("no card"))})
    text = shown(slack, handler)
    assert sorted(living.records for living in handler.incidents()) == [1, 1, 3]
    if formatter is None and name != "action":
        assert "stocks disk full  order=7  retry=None" in text


def test_a_dict_that_a_formatter_cannot_format_is_shown_as_it_is(slack: LocalSlack, handler: SlackHandler) -> None:
    """All it holds, though nothing is put behind what a formatter makes."""
    handler.setFormatter(logging.Formatter("%(nothing)s"))
    logging.getLogger("stocks").error({"event": "disk full", "order": 7})
    assert "{'event': 'disk full', 'order': 7}" in shown(slack, handler)
