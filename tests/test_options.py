"""Values as people write them, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.errors import ConfigurationError
from slack_logging.options import format_duration, nearest, parse_duration, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.25, "250ms"), (90, "1m30s"), (600, "10m"), (5400.0, "1h30m"), (86_400, "1d"), (0.0001, "0s")],
)
def test_a_duration_is_written_as_people_do(seconds: float, text: str) -> None:
    """The largest units first, none of them empty."""
    assert format_duration(seconds) == text


@given(st.integers(min_value=0, max_value=10**12))
def test_what_is_written_is_read_as_the_same(milliseconds: int) -> None:
    """To the millisecond, over thirty years."""
    assert round(parse_duration(format_duration(milliseconds / 1000)) * 1000) == milliseconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10 s", 10),
        ("300 s", 300),
        ("10 min", 600),
        ("10min", 600),
        ("1 h 30 min", 5400),
        ("2 Hours", 7200),
        ("1.5 sec", 1.5),
        ("250 ms", 0.25),
        ("1 day", 86_400),
        (" 90 ", 90),
    ],
)
def test_a_duration_is_read_as_people_write_it(text: str, seconds: float) -> None:
    """As the README prints it, too: with a blank before the unit, and with the unit's usual names."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "10 x", "10 mon", "min 10", "1h 30", "-1s", "1,5 s", "10 s!", "1e3", "10 mss"]
)
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    """Whatever it looks like."""
    with pytest.raises(ValueError, match="is no duration: write seconds, or such as 90s, 10m, 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("32 MiB", 33_554_432),
        ("32MiB", 33_554_432),
        (" 100kib ", 102_400),
        ("1 GiB", 1_073_741_824),
        ("32 MB", 32_000_000),
        ("64kB", 64_000),
        ("4096", 4096),
        (4096, 4096),
    ],
)
def test_a_size_is_read_as_people_write_it(value: object, expected: int) -> None:
    """Bytes, or a binary or decimal unit in any letters."""
    assert size("max_bytes", value, least=4096) == expected


@pytest.mark.parametrize("value", ["32 M", "1.5 MiB", "MiB", "3 KiB", 4095, True, None, "-4096"])
def test_what_is_no_size_is_refused_with_an_example(value: object) -> None:
    """What is too small, too."""
    with pytest.raises(ConfigurationError) as caught:
        size("max_bytes", value, least=4096)
    says = f"max_bytes={value!r}: expected 4,096 bytes or more, as a number or a string such as '32 MiB'"
    assert str(caught.value) == says


@pytest.mark.parametrize(
    ("word", "name", "is_near"),
    [
        ("deplyo", "deploy", True),
        ("drian", "drain", True),
        ("pin", "ping", True),
        ("rin", "run", True),
        ("muet", "mute", True),
        ("incident", "incidents", True),
        ("drain", "paint", False),
        ("coats", "wait", False),
        ("stop", "drop", False),
        ("ls", "help", False),
    ],
)
def test_the_nearest_name_is_one_that_somebody_may_have_meant(word: str, name: str, is_near: bool) -> None:
    """A slip or two of the fingers; a word that is merely alike is another word."""
    assert nearest(word, ["xyz", name]) == (name if is_near else None)
