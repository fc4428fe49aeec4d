"""Errors of which only the text is left are told apart as those that are at hand."""

from __future__ import annotations

import builtins
import copy
import json
import logging
import logging.handlers
import queue
import sys
import time
import traceback
from collections.abc import Callable

import pytest
import structlog

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.passive.records.fingerprint import fault_of
from slack_logging.passive.records.tracebacks import fault_of_text
from tests.passive.conftest import shown

Job = Callable[[], object]


def lose_customer() -> None:
    raise KeyError(f"customer {time.monotonic_ns()}")


def lose_mail() -> None:
    raise ConnectionRefusedError("smtp:25")


def say_at_length() -> None:
    raise ValueError("2 errors for Order\nprice\n  + Exception Group Traceback (most recent call last):\n  | missing")


def fail_silently() -> None:
    raise Unsaid


class Unsaid(Exception):
    """Says nothing."""


JOBS = (lose_customer, lose_mail, say_at_length, fail_silently, lambda: int("x"))


def caught(act: Job) -> Exception:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - any will do
        return error
    raise AssertionError("nothing was raised")


def plain(job: Job) -> None:
    job()


def chained(job: Job) -> None:
    try:
        job()
    except Exception as error:
        raise RuntimeError("job failed\nfor good") from error


def in_handler(job: Job) -> None:
    try:
        job()
    except Exception:  # noqa: BLE001 - any will do
        raise RuntimeError("job failed")  # noqa: B904 - the context is meant


def never_raised(job: Job) -> None:
    raise RuntimeError("job failed") from ValueError(str(caught(job)).split("\n")[0])


def grouped(*jobs: Job) -> None:
    group = getattr(builtins, "ExceptionGroup")  # noqa: B009 - since 3.11
    raise group("jobs failed", [caught(job) for job in jobs])


def grouped_chains(job: Job) -> None:
    grouped(lambda: chained(job), lose_mail)


def nested(job: Job) -> None:
    grouped(lambda: grouped(lambda: in_handler(job)), lose_mail)


def group_of_a_cause(job: Job) -> None:
    try:
        job()
    except Exception as error:
        group = getattr(builtins, "ExceptionGroup")  # noqa: B009 - since 3.11
        raise group("jobs failed", [ValueError("a member")]) from error


def cause_of_a_group(job: Job) -> None:
    chained(lambda: grouped(job, lose_mail))


HAS_GROUPS = sys.version_info >= (3, 11)
GROUPS: list[Callable[[Job], None]] = (
    [grouped, grouped_chains, nested, group_of_a_cause, cause_of_a_group] if HAS_GROUPS else []
)
WRAPPERS: list[Callable[[Job], None]] = [plain, chained, in_handler, never_raised, *GROUPS]


def text_of(error: Exception) -> str:
    return "".join(traceback.format_exception(error)).rstrip()


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_a_text_says_what_the_exception_does(wrap: Callable[[Job], None]) -> None:
    """Whichever of the two is there, the error is the same one: its causes and members count, ids do not."""
    found = []
    for job in JOBS:
        errors = [caught(lambda job=job: wrap(job)) for _ in range(3)]  # type: ignore[misc] # each its own
        [fault] = {fault_of(error) for error in errors} | {fault_of_text(text_of(error)) for error in errors}
        found.append(fault)
    assert len(set(found)) == len(JOBS)


@pytest.mark.skipif(not HAS_GROUPS, reason="Python has groups since 3.11")
@pytest.mark.parametrize("count", [1, 2, 15, 16, 40])
def test_how_many_members_a_group_has_makes_no_other_error(count: int) -> None:
    """Nor in what order they came; a traceback shows fifteen, and counts the others."""
    faults = {fault_of_text(text_of(caught(lambda: grouped(*[lose_mail] * count))))}
    assert faults == {fault_of(caught(lambda: grouped(lose_mail)))}
    one, other = caught(lambda: grouped(*JOBS)), caught(lambda: grouped(*JOBS[::-1]))
    assert fault_of_text(text_of(one)) == fault_of_text(text_of(other))


def by_queue(record: logging.LogRecord) -> logging.LogRecord:
    prepared: logging.LogRecord = logging.handlers.QueueHandler(queue.Queue()).prepare(record)
    return prepared


def by_text(record: logging.LogRecord) -> logging.LogRecord:
    record = copy.copy(record)
    logging.Formatter().format(record)
    record.exc_info = None
    return record


def by_json(record: logging.LogRecord) -> logging.LogRecord:
    assert record.exc_info
    line = {"event": record.msg, "exception": logging.Formatter().formatException(record.exc_info)}
    return logging.makeLogRecord({**vars(record), "msg": json.dumps(line), "exc_info": None})


def by_dicts(record: logging.LogRecord) -> logging.LogRecord:
    transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    line = {"event": record.msg, "exception": transform(record.exc_info)}  # type: ignore[arg-type] # it is there
    return logging.makeLogRecord({**vars(record), "msg": json.dumps(line), "exc_info": None})


@pytest.mark.parametrize("carry", [by_queue, by_text, by_json, by_dicts])
@pytest.mark.parametrize("wrap", WRAPPERS)
def test_however_a_traceback_comes_what_led_to_an_error_counts(
    handler: SlackHandler,
    carry: Callable[[logging.LogRecord], logging.LogRecord],
    wrap: Callable[[Job], None],
) -> None:
    """As part of the message, of the record, of a line of JSON, or as structlog's dicts in it."""
    if (wrap, carry) == (never_raised, by_dicts):
        pytest.skip("structlog leaves it out")

    def kind(job: Job) -> str:
        error = caught(lambda: wrap(job))
        fields = {"name": "shop", "levelno": 40, "levelname": "ERROR", "msg": "a job failed", "pathname": __file__}
        record = logging.makeLogRecord({**fields, "exc_info": (type(error), error, error.__traceback__)})
        return handler.fingerprint(carry(record))

    kinds = [kind(job) for job in JOBS * 2]
    assert kinds[: len(JOBS)] == kinds[len(JOBS) :]
    assert len(set(kinds)) == len(JOBS)


def test_errors_that_come_by_a_queue_are_messages_of_their_own(
    slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """One wrapper, two causes: each is told, and a repeat is counted where it belongs."""
    waiting: queue.Queue[logging.LogRecord] = queue.Queue()
    logger.handlers = [logging.handlers.QueueHandler(waiting)]
    listener = logging.handlers.QueueListener(waiting, handler)
    listener.start()
    for job in (lose_customer, lose_mail, lose_customer):
        logger.error("a job failed", exc_info=caught(lambda job=job: chained(job)))  # type: ignore[misc] # each its own
    listener.stop()
    assert handler.flush(timeout=30)
    texts = shown(slack)
    assert len(slack.messages("#ops-log")) == 2
    assert "smtp:25" in texts
    assert texts.count("\nx 2, last ") == 1


def test_whatever_a_text_holds_it_is_read_in_bounded_time() -> None:
    """Few of its exceptions count, however many there are."""
    link = "\n\nDuring handling of the above exception, another exception occurred:\n\n"
    pieces = [
        *(
            "\n",
            "  ",
            "  | ",
            "  +-+---------------- 1 ----------------\n",
            "    | ValueError: a\n",
            f"KeyError: 1{link}",
        ),
        *(" ... (cut: 1 characters in all)\n", "  + Exception Group Traceback (most recent call last):\n"),
        *("Traceback (most recent call last):\n", '  File "', '  File "a.py", line 1, in b\n', "    +-+", " | and 1 "),
    ]
    start = time.thread_time()
    for piece in pieces:
        fault_of_text(piece * (256 * 1024 // len(piece)))
        fault_of_text(f"KeyError: 1\n  + {piece * (64 * 1024 // len(piece))}")
    assert time.thread_time() - start < 5
