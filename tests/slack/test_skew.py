"""How far our clock is from Slack's, as far as a date with whole seconds and a call that takes time can tell."""

from __future__ import annotations

import pytest

from slack_logging.slack.skew import remark, skew

DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
THEN = 1_800_000_000.0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0.0, 0.2, 0.0),
        (0.9, 1.4, 0.0),  # the second has not ended
        (-8.0, 0.5, 0.0),  # it answered late
        (0.5, 9.0, 0.0),  # or its answer took long
        (901.0, 901.2, 900.0),
        (-1500.2, -1500.0, -1500.0),
    ],
)
def test_a_clock_is_off_by_what_no_delay_explains(before: float, after: float, expected: float) -> None:
    """Ahead is more than 0, behind less."""
    assert skew(THEN + before, THEN + after, DATE) == pytest.approx(expected)


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 45 Jan 2027 08:00:00 GMT"])
def test_without_a_date_nothing_is_known(date: str) -> None:
    """A proxy may leave it out, or garble it."""
    assert skew(THEN, THEN, date) is None


def test_which_way_it_is_off_is_told() -> None:
    """With what to do."""
    assert remark(900.0) == "is 900 s ahead of Slack's: set it, or have NTP set it"
    assert remark(-1500.4) == "is 1,500 s behind Slack's: set it, or have NTP set it"
