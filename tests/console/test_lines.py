"""Lines of JSON as records: what a program wrote is what Slack is told."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging import SlackFormatter
from slack_logging.console.lines import json_record


def read(line: str) -> logging.LogRecord:
    """Return the record of a line, with the defaults that tests look for."""
    return json_record(line, level=logging.INFO, logger="stdin", amiss=lambda _: None)


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
    assert vars(back)["slack"] == {"fingerprint": "out of stock"}
    written, again = json.loads(line), json.loads(SlackFormatter("shop").format(back))
    assert again["extra"] == {"customer": 4711, "vip": True, "service": "shop", "instance": written["instance"]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"level": "warning"}, {"levelno": 30}),
        ({"level": 45}, {"levelno": 45}),
        ({"level": "NOTICE", "level_number": 25}, {"levelno": 25}),
        ({"level": "NOTICE"}, {"levelno": 20}),
        ({"level": True}, {"levelno": 20}),
        ({"logger": 7}, {"name": "stdin"}),
        ({"time": "2023-11-14T22:13:20Z"}, {"created": 1_700_000_000.0}),
        ({"time": 1_700_000_000.5}, {"created": 1_700_000_000.5}),
        ({"request": "r-1", "extra": {"user": 7}}, {"request": "r-1", "user": 7}),
        ({"extra": {"msg": "no", "levelno": 50, "slack": {"skip": True}}}, {"msg": "said", "levelno": 20}),
    ],
)
def test_a_field_counts_if_it_is_what_it_should_be(fields: dict[str, object], expected: dict[str, object]) -> None:
    """Anything else leaves the default; what no entry has is an extra, and none overwrites what a record is."""
    record = read(json.dumps({"message": "said", **fields}))
    assert {name: vars(record).get(name) for name in expected} == expected
    assert not hasattr(record, "slack")


def test_the_names_that_others_give_will_do() -> None:
    """Those of a record's attributes; where the entry's own name is there as well, that counts."""
    record = read('{"msg": "disk full", "levelname": "ERROR", "free": 0}')
    assert (record.getMessage(), record.levelname, vars(record)["free"]) == ("disk full", "ERROR", 0)
    record = read('{"message": "own", "level": "INFO", "msg": "other", "levelname": "ERROR"}')
    assert (record.getMessage(), record.levelname) == ("own", "INFO")


@pytest.mark.parametrize(
    "line", ["plain", "7", "[]", "null", '{"level": "ERROR"}', '{"message": 7}', '{"message": "cut', "[" * 100_000]
)
def test_what_is_no_entry_is_text(line: str) -> None:
    """As it stands."""
    record = read(line)
    assert (record.getMessage(), record.levelno, record.name) == (line, 20, "stdin")


FIELDS = "fingerprint message level level_number logger time source exception stack thread task extra x".split()
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


@given(st.dictionaries(st.sampled_from(FIELDS), PLAIN | st.dictionaries(st.text(max_size=5), PLAIN, max_size=3)))
def test_any_object_becomes_a_record_that_can_be_formatted(entry: dict[str, object]) -> None:
    """Whatever stands in its fields."""
    json.loads(SlackFormatter().format(read(json.dumps(entry))))
