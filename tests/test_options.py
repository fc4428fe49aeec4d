"""Values as people write them, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.options import format_duration, parse_duration


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
