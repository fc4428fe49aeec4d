"""Capture: a record means later what it meant when it was logged."""

from __future__ import annotations

import gc
import json
import logging
import sys
import weakref
from types import SimpleNamespace
from typing import Any

import pytest

from slack_logging.passive.records.capture import MAX_CHARS, capture, restore
from slack_logging.passive.records.formatter import SlackFormatter, redacted
from slack_logging.redaction.redactor import Redactor
from slack_logging.redaction.shapes import MARKER


def record(msg: object, *args: Any, level: int = logging.INFO, exc_info: Any = None, **extra: Any) -> logging.LogRecord:
    """Make a record as a logger does."""
    return logging.getLogger("app.orders").makeRecord(
        "app.orders", level, "/srv/app.py", 7, msg, args, exc_info, "work", extra
    )


def entry(of: logging.LogRecord, formatter: logging.Formatter | None = None) -> dict[str, Any]:
    """Return the canonical entry of a captured record."""
    fields: dict[str, Any] = json.loads(SlackFormatter("shop").format(restore(capture(of, formatter))))
    return fields


class Raising:
    """An object that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


@pytest.mark.parametrize(
    ("msg", "args", "message"),
    [
        ("plain 100 %", (), "plain 100 %"),
        ("%s has %d", ("ada", 3), "ada has 3"),
        ("%(name)s", ({"name": "ada"},), "ada"),
        ("%s", ([1, 2],), "[1, 2]"),
        ("%s", ({},), "{}"),
        ({"event": "x"}, (), "x"),
        ({}, (), "{}"),
        ("%d", ("ada",), "%d [its arguments do not fit: ('ada',): TypeError]"),
        ("%s %s", ("one",), "%s %s [its arguments do not fit: ('one',): TypeError]"),
        ("%d %s", ("ada", Raising()), "ada <Raising whose str() raises RuntimeError>"),
        (
            "%s",
            (7, Raising()),
            "%s [its arguments do not fit: (7, <Raising whose repr() raises RuntimeError>): TypeError]",
        ),
        (Raising(), (), "<Raising whose str() raises RuntimeError>"),
        (Raising(), (7,), "<Raising whose str() raises RuntimeError> [its arguments do not fit: (7,): TypeError]"),
    ],
)
def test_the_message_is_what_logging_would_show(msg: object, args: tuple[Any, ...], message: str) -> None:
    """Plain, formatted, or, where it cannot be formatted, said so and kept."""
    assert entry(record(msg, *args))["message"] == message


def test_a_message_that_is_a_dict_but_not_structlogs_keeps_all_it_says() -> None:
    """Its level and its time are values as others are, because it may mean anything by them."""
    said = {"level": "gold", "logger": "till", "timestamp": "noon", "user": 3}
    assert entry(record(said))["extra"] == said
    assert entry(record({"event": "paid", **said}))["extra"] == {"user": 3}


@pytest.mark.parametrize("said", ["event", "message", "msg"])
def test_a_traceback_as_text_in_a_dict_is_its_exception(said: str) -> None:
    """Under either name, and unless the record has one of its own; it tells errors apart."""
    lost, refused = (f'Traceback (most recent call last):\n  File "a.py", line 3, in f\n{e}: no' for e in ("A", "B"))
    records = [record({said: "job failed", "exc_info": trace}, level=40) for trace in (lost, refused, lost)]
    entries = [entry(each) for each in records]
    assert [each["exception"] for each in entries] == [lost, refused, lost]
    assert [each["fingerprint"] == entries[0]["fingerprint"] for each in entries] == [True, False, True]
    assert entries[0]["message"] == "job failed"
    error = OSError("its own")
    own = record({said: "job failed", "exc_info": lost}, exc_info=(OSError, error, None))
    assert entry(own)["exception"] == "OSError: its own"


def test_a_message_that_stands_coloured_beside_itself_is_shown_once() -> None:
    """Uvicorn gives it so, for its own formatter to show instead."""
    started = "Started server process [%d]"
    said = entry(record(started, 7, color_message="Started server process [\x1b[36m%d\x1b[0m]", port=80))
    assert (said["message"], said["extra"]) == ("Started server process [7]", {"port": 80})


def nested() -> list[Any]:
    """Return a list within a list, deeper than Python can show."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


class OfOneText:
    """An object of which only `str` is to be had."""

    def __str__(self) -> str:
        return "fine"

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize("conversion", ["s", "r", "a", "d", "5.2f", "-40s", "(odd)s", "(odd)d", "(odd)-5.2f"])
@pytest.mark.parametrize(
    ("odd", "instead"),
    [
        pytest.param(Raising(), "<Raising whose str() raises RuntimeError>", id="raising"),
        pytest.param(nested(), "<list whose str() raises RecursionError>", id="nested"),
        pytest.param([Raising()], "<list whose str() raises RuntimeError>", id="within"),
        pytest.param(10**10_000, "<int whose str() raises ValueError>", id="digits"),
    ],
)
def test_an_argument_that_cannot_be_shown_takes_no_other_away(conversion: str, odd: object, instead: str) -> None:
    """What it is stands in its place, and its neighbours in theirs."""
    if conversion.startswith("("):
        made = record(f"%(a)s 100%%d %{conversion} %(b)r", {"a": "good", "odd": odd, "b": 7})
    else:
        made = record(f"%s 100%%d %{conversion} %r", "good", odd, 7)
    asked = instead.replace("str()", "repr()") if conversion in ("r", "a") else instead
    assert entry(made)["message"].split() == ["good", "100%d", *asked.split(), "7"]


def test_an_argument_of_which_only_the_repr_raises_is_told_by_that() -> None:
    """Where it was asked for."""
    assert entry(record("%s", OfOneText()))["message"] == "fine"
    assert entry(record("%s %r", 7, OfOneText()))["message"] == "7 <OfOneText whose repr() raises RuntimeError>"
    assert entry(record("%s %s", Raising(), OfOneText()))["message"].endswith("> fine")


def test_arguments_are_shown_as_they_were() -> None:
    """What changes after the call does not change the record."""
    basket = ["apple"]
    captured = capture(record("%s", basket), None)
    basket.append("pear")
    assert restore(captured).getMessage() == "['apple']"


class Connection:
    """Something that must not live longer than the program wants it to."""


def test_nothing_of_the_program_is_kept_alive() -> None:
    """Neither an argument, an extra value nor an exception's frames are referenced."""

    def fail() -> Any:
        thing = Connection()
        try:
            raise ValueError("boom")
        except ValueError:
            return capture(record("%s", thing, exc_info=sys.exc_info(), thing=thing), None), weakref.ref(thing)

    captured, thing = fail()
    gc.collect()
    assert thing() is None
    assert "ValueError: boom" in entry_of(captured)["exception"]


def entry_of(captured: Any) -> dict[str, Any]:
    """Return the canonical entry of what was captured."""
    fields: dict[str, Any] = json.loads(SlackFormatter("shop").format(restore(captured)))
    return fields


def test_the_exceptions_text_is_our_own() -> None:
    """Another formatter's cached text is neither trusted nor overwritten."""
    try:
        raise ValueError("boom")
    except ValueError:
        failed = record("failed", exc_info=sys.exc_info())
    failed.exc_text = "somebody else's"
    assert entry(failed)["exception"].endswith("ValueError: boom")
    assert failed.exc_text == "somebody else's"


def test_a_flattened_record_keeps_its_exception_text() -> None:
    """A record that came through a queue has only the text."""
    flat = record("failed")
    flat.exc_text = "Traceback ...\nValueError: boom"
    assert entry(flat)["exception"] == "Traceback ...\nValueError: boom"


def test_long_texts_are_cut_and_say_so() -> None:
    """One record holds at most 256 KiB of a text."""
    message = entry(record("x" * (MAX_CHARS + 5)))["message"]
    assert message == "x" * (MAX_CHARS - 1024) + " ... (cut: 262,149 characters in all)"


def test_a_cut_divides_no_word() -> None:
    """Half a secret would not be known for what it is."""
    text = "x " * (MAX_CHARS // 2 - 8) + "correct-horse-battery-staple"
    message = entry(record(text))["message"]
    assert message.endswith("x x ... (cut: 262,156 characters in all)")


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf")])
def test_an_entry_is_json_for_every_reader(odd: float) -> None:
    """What is no number to JSON is a text; all else is as it was."""

    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    line = SlackFormatter("shop").format(record("x é", ratio=odd, share=0.5))
    fields = json.loads(line, parse_constant=refuse)
    assert fields["extra"] == {"ratio": json.dumps(odd), "share": 0.5}
    assert fields["message"] == "x é"


@pytest.mark.parametrize(
    ("template", "args"), [("%s", ("x" * 300_000,)), ("%*s", (300_000, "x")), ("%s", ([0] * 99_999,))]
)
def test_what_arguments_make_long_is_cut_too(template: str, args: tuple[Any, ...]) -> None:
    """However the text came to be that long."""
    message = entry(record(template, *args))["message"]
    assert len(message) < MAX_CHARS + 100
    assert message.endswith(f" ... (cut: {len(template % args):,} characters in all)")


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), -1e300])
def test_a_record_of_no_moment_is_shown_with_todays(moment: float) -> None:
    """Somebody may have set `created` to anything."""
    odd = record("x")
    odd.created = moment
    assert entry(odd)["time"].startswith("20")


def test_a_template_without_end_keeps_its_arguments_until_it_is_formatted() -> None:
    """The text says how long the whole would have been."""
    message = entry(record("x" * 300_000 + "%s", "y"))["message"]
    assert message.endswith(" ... (cut: 300,001 characters in all)")


def test_every_part_of_a_record_is_bounded() -> None:
    """Stack, exception and extra values have less room than the message, and say that they are cut."""
    fat = record("x")
    fat.stack_info, fat.exc_text, fat.big = "s" * 99_999, "e" * 99_999, "b" * 99_999
    shown = entry(fat)
    for text in (shown["stack"], shown["exception"], shown["extra"]["big"]):
        assert len(text) < 70_000
        assert " ... (cut: 99,999 characters in all)" in text


@pytest.mark.parametrize("part", ["stack_info", "exc_text"])
def test_of_tracebacks_the_middle_is_left_out(part: str) -> None:
    """Beginning and end are cut between lines; both are at hand, in the entry, however another formatter made them."""
    lines = [f"frame {number:05}" for number in range(10_000)]
    deep = record("x")
    setattr(deep, part, "\n".join(lines))
    fields = entry(deep)
    shown = fields["stack" if part == "stack_info" else "exception"].split("\n")
    [cut] = [number for number, line in enumerate(shown) if line.endswith(" ... (cut: 119,999 characters in all)")]
    assert shown[:cut] == lines[:cut]
    assert shown[cut + 1 :] == lines[cut + 1 - len(shown) :]
    assert 62_000 < len("\n".join(shown)) < 66_000


def test_what_a_formatter_of_the_users_makes_keeps_its_end() -> None:
    """There it puts what happened."""
    try:
        raise ValueError("disk full")
    except ValueError:
        failed = record("x " * 150_000, exc_info=sys.exc_info())
    message = entry(failed, logging.Formatter("%(name)s: %(message)s"))["message"]
    assert message.startswith("app.orders: x x")
    assert message.endswith("\nValueError: disk full")
    assert len(message) < MAX_CHARS + 100


def test_numbers_of_many_digits_are_no_trouble() -> None:
    """Python refuses to print some; they are told by what they are."""
    big = record("x")
    big.n, big.m = 10**5000, 2**70
    assert entry(big)["extra"] == {"n": "<int whose str() raises ValueError>", "m": str(2**70)}


@pytest.mark.parametrize(("text", "least"), [("x" * 1000, 1000), ("\N{PARTY POPPER}" * 1000, 4000)])
def test_a_record_counts_for_what_it_takes_in_memory(text: str, least: int) -> None:
    """Characters beyond ASCII take up to four bytes each."""
    assert capture(record("%s", text), None)[0] >= least
    assert capture(record(text), None)[0] >= least


def test_a_formatter_of_the_users_makes_the_text() -> None:
    """What `setFormatter` was given is honoured."""
    formatter = logging.Formatter("%(levelname)s/%(name)s/%(message)s")
    assert entry(record("hi %s", "ada"), formatter)["message"] == "INFO/app.orders/hi ada"


def test_the_canonical_entry_has_all_fields() -> None:
    """One JSON object with the fields that the docs promise."""
    made = record("paid", order=1042, who=SimpleNamespace(a=1), level=logging.WARNING)
    made.created = 1_800_000_000.25
    made.process = 4711
    made.threadName = "worker-1"
    found = entry(made)
    assert found.pop("instance").endswith("/4711")
    assert found == {
        "time": "2027-01-15T08:00:00.250000+00:00",
        "level": "WARNING",
        "level_number": 30,
        "logger": "app.orders",
        "message": "paid",
        "service": "shop",
        "source": "/srv/app.py:7 work",
        "thread": "worker-1",
        "extra": {"order": 1042, "who": "namespace(a=1)"},
    }


def test_the_formatter_serves_other_handlers_too() -> None:
    """A file handler with it writes the same entry."""
    made = record("paid %s", "ada", order=1042)
    assert json.loads(SlackFormatter("shop").format(made)) == entry(made)


def test_names_are_redacted_too() -> None:
    """What a logger, a thread and a task are called, and only where they have a name."""
    record = logging.makeLogRecord({"name": "tenant.token=hunter2", "threadName": None, "taskName": "pwd=hunter2"})
    redacted(record, Redactor())
    shown = (record.name, record.threadName, vars(record)["taskName"])
    assert shown == (f"tenant.token={MARKER}", None, f"pwd={MARKER}")


def test_what_extra_names_its_values_is_redacted_too() -> None:
    """Also where the value is none, and two keys look the same then; the order is kept."""
    secrets = [f"ghp_{'aZ3kQ9vB7mX2' * 3}{end}" for end in ("x", "y")]
    made = record("x", first="token=abc", **dict.fromkeys(secrets, 1), pwd="x", last=2)
    shown = json.loads(SlackFormatter("shop").format(redacted(restore(capture(made, None)), Redactor())))["extra"]
    assert list(shown.items()) == [
        ("first", f"token={MARKER}"),
        (f"ghp_{MARKER}", 1),
        (f"ghp_{MARKER}_", 1),
        ("pwd", MARKER),
        ("last", 2),
    ]


def test_the_size_grows_with_the_text() -> None:
    """What counts against the bound is the text, wherever it stands."""
    small = capture(record("x"), None)[0]
    big = [
        record("y" * 5_000),
        record("%s", "y" * 5_000),
        record("%s", ["y" * 5_000]),
        record("x", extra="y" * 5_000),
    ]
    assert [capture(one, None)[0] - small >= 4_999 for one in big] == [True] * 4
