"""Progress is a bar, a percentage, the count and a note; nonsense is shown as sensibly as it can be."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.active.answering.progress import progress_line
from slack_logging.slack.literal import units


class Broken:
    """No number, and no text either."""

    def __float__(self) -> float:
        raise RuntimeError("no")

    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("done", "total", "note", "expected"),
    [
        (0, 10, "", f"{'░' * 20} 0 %  0 of 10"),
        (1200, 2000, "rows", f"{'█' * 12}{'░' * 8} 60 %  1,200 of 2,000  rows"),
        (1999, 2000, "", f"{'█' * 19}░ 99 %  1,999 of 2,000"),
        (10, 10, "  ", f"{'█' * 20} 100 %  10 of 10"),
        (0.5, 2.25, "GB", f"{'█' * 4}{'░' * 16} 22 %  0.5 of 2.2  GB"),
        (Fraction(1, 2), 1, "", f"{'█' * 10}{'░' * 10} 50 %  0.5 of 1"),
        (12, 10, "", f"{'█' * 20} 100 %  12 of 10"),
        (-3, 10, "", f"{'░' * 20} 0 %  -3 of 10"),
        (7, None, "files", "7  files"),
        (7, 0, "", "7"),
        (7, -1, "", "7"),
        (7, math.inf, "", "7"),
        (math.nan, 10, "", "nan"),
        ("seven", 10, "", "seven"),
        (10**400, 10, "", f"{'█' * 20} 100 %  inf of 10"),
        (3e20, 6e20, "", f"{'█' * 10}{'░' * 10} 50 %  3e+20 of 6e+20"),
        (Broken(), Broken(), "", "?"),
        (1, 2, "a\nb\u202e", f"{'█' * 10}{'░' * 10} 50 %  1 of 2  a␊b⟦U+202E⟧"),
    ],
)
def test_progress_on_a_line(done: object, total: object, note: str, expected: str) -> None:
    """Complete is only what is."""
    assert progress_line(done, total, note) == expected


@given(st.integers() | st.floats() | st.text(), st.none() | st.integers() | st.floats(), st.text())
def test_any_progress_is_one_short_line(done: object, total: object, note: str) -> None:
    """Whatever a program reports."""
    line = progress_line(done, total, note)
    assert "\n" not in line
    assert units(line) < 300
