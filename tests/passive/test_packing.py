"""Packing: full messages inside Slack's limits, in order, with nothing left out."""

from __future__ import annotations

import json
from operator import mul
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slack_logging.passive.messages.packing import MAX_LINES, ROOM, Packing
from slack_logging.passive.messages.view import Line, blocks, line_of, notification
from slack_logging.slack.limits import MAX_BLOCK_TEXT
from slack_logging.slack.literal import units


def line(summary: str, *, levelno: int = 20, detail: str = "", logger: str = "app", created: float = 0) -> Line:
    return Line(levelno, logger, created, "12:00:00 UTC", summary, detail)


def pack(lines: list[Line]) -> list[Packing]:
    """Pack as the sender does: what does not fit begins the next message."""
    messages = [Packing()]
    for one in lines:
        if not messages[-1].add(one):
            messages.append(Packing())
            assert messages[-1].add(one)
    return messages


def texts(value: Any) -> list[str]:
    """Return every text that a message's blocks show."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if isinstance(value, dict):
        own = [value[key] for key in ("text", "fallback") if isinstance(value.get(key), str)]
        return own + [text for item in value.values() if not isinstance(item, str) for text in texts(item)]
    return []


ANY_LINE = st.builds(
    line,
    st.builds(mul, st.text(max_size=12), st.sampled_from([1, 3, 700])),
    detail=st.builds(mul, st.text("xy\n<😀é", max_size=12), st.sampled_from([0, 1, 700, 2_000])),
    levelno=st.sampled_from([10, 20, 30, 40]),
)


@given(st.lists(ANY_LINE, max_size=40))
def test_every_line_is_in_exactly_one_message_in_order(lines: list[Line]) -> None:
    """The messages, unpacked, are the lines."""
    unpacked = [
        message.oversize or shown for message in pack(lines) for shown, count in message.lines for _ in range(count)
    ]
    assert [(one.summary, one.detail, one.levelno) for one in unpacked] == [
        (one.summary, one.detail, one.levelno) for one in lines
    ]


@given(st.lists(ANY_LINE, min_size=1, max_size=40))
def test_no_message_is_over_the_limit(lines: list[Line]) -> None:
    """All text of a message's blocks stays within 12,000 units, and its body below 100 kB."""
    for message in pack(lines):
        shown = blocks(message.lines, "shop · web-1/4711")
        assert sum(units(text) for text in texts(shown)) <= MAX_BLOCK_TEXT
        assert len(message.lines) <= MAX_LINES


def test_messages_under_load_are_full() -> None:
    """Nine tenths of 12,000 units and more, with lines of 120 characters."""
    messages = pack([line(f"{number:04} " + "x" * 110) for number in range(1_000)])
    fullness = [sum(one.units for one, _ in message.lines) / MAX_BLOCK_TEXT for message in messages[:-1]]
    assert min(fullness) >= 0.9


def test_identical_neighbours_are_counted() -> None:
    """Three times the same, with other times, is one line."""
    packing = Packing()
    assert [packing.add(line("again", created=second)) for second in range(3)] == [True] * 3
    assert packing.add(line("other"))
    assert (packing.records, packing.shown, packing.merged) == (4, 2, 2)
    assert " x3" in texts(blocks(packing.lines, "shop"))


def test_what_is_not_the_same_is_not_merged() -> None:
    """Level, logger, text and detail all count; so does what stands between."""
    packing = Packing()
    for one in (line("a"), line("a", levelno=30), line("a", logger="b"), line("a", detail="d"), line("a"), line("b")):
        packing.add(one)
    assert packing.merged == 0


def test_a_line_too_long_for_any_message_is_shown_by_its_ends() -> None:
    """It has a message of its own, with the beginning, the end, and a word on the file."""
    trace = "Traceback\n" + "\n".join(f"  File number {number}" for number in range(2_000)) + "\nValueError: the end"
    messages = pack([line("before"), line("failed", detail=trace), line("after")])
    assert [len(message.lines) for message in messages] == [1, 1, 1]
    shown = messages[1].lines[0][0]
    assert messages[1].oversize == line("failed", detail=trace)
    assert shown.summary == "failed"
    assert shown.detail.startswith(f"... ({len(trace):,} characters: the file in the thread has them)\n")
    assert shown.detail.endswith("ValueError: the end")
    assert shown.units <= ROOM


def test_a_long_first_line_is_shortened_and_kept_whole_in_the_file() -> None:
    """A megabyte on one line is no different."""
    [message] = pack([line("word " * 10_000)])
    assert message.oversize is not None
    assert message.oversize.text().count("word") == 10_000
    assert message.lines[0][0].summary.endswith("…")


def test_the_notification_names_the_worst_and_counts_the_rest() -> None:
    """One line, escaped, at most some two hundred units."""
    lines = [(line("read <b>", levelno=20), 5), (line("failed & gone", levelno=40), 1), (line("odd", levelno=30), 1)]
    assert notification(lines) == ":red_circle: app: failed &amp; gone (+6 more)"
    assert notification([(line("x" * 5_000), 1)]).count("x") < 200


def test_a_line_reads_the_canonical_entry() -> None:
    """The first line is the summary with the extras; the rest, the exception and the stack are the detail."""
    entry = {
        "time": "2027-01-15T08:00:00.250000+00:00",
        "level_number": 40,
        "logger": "app",
        "message": "failed\nbadly",
        "extra": {"order": 1042, "note": "n" * 500},
        "exception": "Traceback\nValueError: \x1b[0m",
        "stack": "Stack (most recent call last):",
    }
    made = line_of(json.dumps(entry))
    assert made.summary == f"failed  order=1042  note={'n' * 119}…"
    assert made.detail == "badly\nTraceback\nValueError: ␛[0m\nStack (most recent call last):"
    assert (made.created, made.clock, made.logger) == (1_800_000_000.25, "08:00:00 UTC", "app")
    plain = line_of(json.dumps(entry), own_format=True)
    assert (plain.summary, plain.logger) == ("failed", "")
    assert line_of(json.dumps({**entry, "logger": "slack_logging.audit"})).summary == "failed"
