"""Lines of JSON as records: what a program wrote is what Slack is told."""

from __future__ import annotations

import io
import json
import logging
from datetime import datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pythonjsonlogger.json import JsonFormatter

from slack_logging import SlackFormatter
from slack_logging.console.lines import NO_LEVEL, json_record


def read(line: str) -> logging.LogRecord:
    """Return the record of a line, with the defaults that tests look for."""
    return json_record(line, level=logging.INFO, logger="stdin", amiss=lambda _: None)


def extras(record: logging.LogRecord) -> set[str]:
    """Return the names of what a record has besides its own attributes."""
    return set(vars(record).keys() - vars(logging.makeLogRecord({})).keys() - {"taskName"})


def test_what_the_formatter_writes_is_read_back() -> None:
    """Every field of the canonical entry but those that say who wrote it, which become extras."""
    try:
        raise LookupError("no such order")
    except LookupError as error:
        record = logging.getLogger("shop.orders").makeRecord(
            "shop.orders",
            logging.ERROR,
            "/srv/shop/orders.py",
            17,
            "order %d",
            (7,),
            (LookupError, error, error.__traceback__),
            "place",
            {"customer": 4711, "vip": True},
        )
    record.slack = {"fingerprint": "out of stock"}
    record.created = 1_700_000_000.25
    record.threadName = "worker-3"
    record.stack_info = "Stack (most recent call last): ..."
    line = SlackFormatter("shop").format(record)
    back = read(line)
    assert (back.getMessage(), back.levelno, back.levelname, back.name) == ("order 7", 40, "ERROR", "shop.orders")
    assert (back.created, back.threadName, back.stack_info) == (1_700_000_000.25, "worker-3", record.stack_info)
    assert (back.pathname, back.lineno, back.funcName) == ("/srv/shop/orders.py", 17, "place")
    assert back.exc_text is not None
    assert back.exc_text.endswith("LookupError: no such order")
    assert not hasattr(back, "slack")  # which the one who shows it makes anew
    written, again = json.loads(line), json.loads(SlackFormatter("shop").format(back))
    assert again["extra"] == {"customer": 4711, "vip": True, "service": "shop", "instance": written["instance"]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"level": "warning"}, {"levelno": 30}),
        ({"level": 45}, {"levelno": 45}),
        ({"level": "FINE", "level_number": 25}, {"levelno": 25, "level": "FINE"}),
        ({"level": "FINE"}, {"levelno": 20, "level": "FINE"}),
        ({"level": True}, {"levelno": 20, "level": True}),
        ({"severity": "ERROR"}, {"levelno": 40, "levelname": "ERROR"}),
        ({"severity": "high", "level": "INFO"}, {"levelno": 20, "severity": "high"}),
        ({"severity": "FINE"}, {"levelno": 20, "severity": "FINE"}),
        ({"logger": 7}, {"name": "stdin", "logger": 7}),
        ({"logger": ""}, {"name": "stdin"}),
        ({"time": "2023-11-14T22:13:20Z"}, {"created": 1_700_000_000.0}),
        ({"time": 1_700_000_000.5}, {"created": 1_700_000_000.5}),
        ({"request": "r-1", "extra": {"user": 7}}, {"request": "r-1", "user": 7}),
        ({"time": "noon", "asctime": "noon"}, {"time": "noon", "asctime_": "noon"}),
        ({"_user": 7, "__": 8, "_name": 9}, {"user_": 7, "field_": 8, "name_": 9}),
        ({"extra": 7, "exc_info": True, "lineno": 3}, {"extra": 7, "exc_info": None, "exc_info_": True, "lineno_": 3}),
        ({"logger": "shop", "name": "Ada", "taskName": None}, {"name": "shop", "name_": "Ada"}),
        (
            {"slack": {"skip": True}, "extra": {"msg": "no", "levelno": 50, "slack": {"skip": True}}},
            {"msg": "said", "levelno": 20, "msg_": "no", "levelno_": 50, "slack_": {"skip": True}},
        ),
    ],
)
def test_a_field_counts_if_it_is_what_it_should_be(fields: dict[str, object], expected: dict[str, object]) -> None:
    """Anything else leaves the default; it and what no entry has are extras, and none overwrites what a record is."""
    record = read(json.dumps({"message": "said", **fields}))
    assert {name: vars(record).get(name) for name in expected} == expected
    assert extras(record) == expected.keys() - vars(logging.makeLogRecord({})).keys()


def test_the_names_that_others_give_will_do() -> None:
    """Those of a record's attributes; where the entry's own name is there as well, that counts."""
    record = read('{"msg": "disk full", "levelname": "ERROR", "free": 0}')
    assert (record.getMessage(), record.levelname, vars(record)["free"]) == ("disk full", "ERROR", 0)
    record = read('{"message": "own", "level": "INFO", "msg": "other", "levelname": "ERROR"}')
    assert (record.getMessage(), record.levelname) == ("own", "INFO")


def test_a_severity_that_is_no_level_is_said() -> None:
    """Google Cloud's are read as the nearest of logging's; it is nothing amiss where a level is there as well."""
    said: list[object] = []
    for fields in ({"severity": "HIGH"}, {"severity": "high", "level": "INFO"}, {"severity": "CRITICAL"}):
        json_record(json.dumps({"message": "x", **fields}), level=logging.INFO, logger="stdin", amiss=said.append)
    assert said == [NO_LEVEL]
    names = ("Notice", "ALERT", "EMERGENCY", "WARNING")
    made = [
        json_record(f'{{"msg": "x", "severity": "{each}"}}', level=10, logger="", amiss=said.append) for each in names
    ]
    assert [record.levelname for record in made] == ["INFO", "CRITICAL", "CRITICAL", "WARNING"]


def told(record: logging.LogRecord) -> tuple[object, ...]:
    """Return what a line says, but for the time: it is the same, whoever wrote it."""
    assert record.exc_text is not None
    assert record.stack_info is not None
    exception, stack = record.exc_text.split("\n"), record.stack_info.split("\n")
    said = (exception[0], exception[-1], stack[0], vars(record)["order"])
    return (record.name, record.levelname, record.getMessage(), *said)


TOLD = (
    "svc.web",
    "ERROR",
    "payment failed",
    "Traceback (most recent call last):",
    "KeyError: 1",
    "Stack (most recent call last):",
    7,
)


@pytest.mark.parametrize("timestamp", [False, True])
def test_lines_of_python_json_logger_tell_all_that_they_say(*, timestamp: bool) -> None:
    """Logger, level, time, traceback and stack, by the names of a record's attributes; others are extras."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    fields = "%(levelname)s %(name)s %(message)s %(process)d %(taskName)s"
    handler.setFormatter(JsonFormatter(fields if timestamp else f"%(asctime)s {fields}", timestamp=timestamp))
    logger = logging.Logger("svc.web")
    logger.addHandler(handler)
    try:
        raise KeyError(1)
    except KeyError:
        logger.exception("payment failed", extra={"order": 7}, stack_info=True)
    record, written = read(stream.getvalue()), json.loads(stream.getvalue())
    assert told(record) == TOLD
    moment = written["timestamp"] if timestamp else written["asctime"].replace(",", ".")
    assert record.created == datetime.fromisoformat(moment).timestamp()
    assert extras(record) == {"order", "process_"}


def test_tracebacks_of_structlog_and_of_python_json_logger_are_read() -> None:
    """As dicts, of an error and its cause, and as a list of lines."""
    stream = io.StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()],
    )
    try:
        try:
            raise KeyError("price")
        except KeyError as error:
            raise ValueError("disk full") from error
    except ValueError:
        logger.error("order failed", exc_info=True)
    text = str(read(stream.getvalue()).exc_text)
    assert text.index("KeyError: 'price'") < text.index("Traceback (most recent call last):\n", 1)
    assert text.endswith("ValueError: disk full")
    assert "in test_tracebacks_of_structlog_and_of_python_json_logger_are_read" in text
    lines = ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "KeyError: 1"]
    assert read(json.dumps({"message": "x", "exc_info": lines})).exc_text == "\n".join(lines)


@pytest.mark.parametrize("source", [f"a.py:{'9' * 5_000} f", 7, "", "a.py"])
def test_a_source_that_is_none_is_shown_as_it_is(source: object) -> None:
    """And ends nothing."""
    record = read(json.dumps({"message": "x", "source": source}))
    assert (record.lineno, vars(record)["source"]) == (0, source)


def test_lines_of_structlog_tell_all_that_they_say() -> None:
    """The same, by its names and those that a program gives."""
    stream = io.StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
    try:
        raise KeyError(1)
    except KeyError:
        logger.exception("payment failed", order=7, stack_info=True, logger="svc.web")
    record, written = read(stream.getvalue()), json.loads(stream.getvalue())
    assert told(record) == TOLD
    assert record.created == datetime.fromisoformat(written["timestamp"].replace("Z", "+00:00")).timestamp()
    assert extras(record) == {"order"}


@pytest.mark.parametrize(
    "line", ["plain", "7", "[]", "null", '{"level": "ERROR"}', '{"message": 7}', '{"message": "cut', "[" * 100_000]
)
def test_what_is_no_entry_is_text(line: str) -> None:
    """As it stands."""
    record = read(line)
    assert (record.getMessage(), record.levelno, record.name) == (line, 20, "stdin")


FIELDS = (
    "fingerprint message level level_number logger time source exception stack thread task extra x _x __ slack msg "
    "event levelname levelno severity name timestamp asctime created exc_info exc_text stack_info threadName taskName "
    "process"
).split()
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


@given(st.dictionaries(st.sampled_from(FIELDS), PLAIN | st.dictionaries(st.text(max_size=5), PLAIN, max_size=3)))
def test_any_object_becomes_a_record_that_can_be_formatted(entry: dict[str, object]) -> None:
    """Whatever stands in its fields."""
    json.loads(SlackFormatter().format(read(json.dumps(entry))))
