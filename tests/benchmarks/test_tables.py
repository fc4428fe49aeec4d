"""The benchmark's own arithmetic, and the places for its tables. What it measures, it measures in CI."""

from __future__ import annotations

import math

import pytest

from tests.benchmarks import commands
from tests.benchmarks.__main__ import MARKED, ROOT
from tests.benchmarks.peers import FLOOR, OURS, YARDSTICK
from tests.benchmarks.rows import cost_key
from tests.benchmarks.tables import Results, Table, shown, spread


def test_a_ratio_is_taken_within_a_round() -> None:
    """What a call costs more than the floor's, by what the yardstick's does; the medians of each would differ."""
    results = Results([FLOOR, YARDSTICK, OURS])
    for number, (floor, yardstick, ours) in enumerate(((4.0, 8.0, 6.0), (8.0, 16.0, 10.0))):
        for peer, p50 in ((FLOOR, floor), (YARDSTICK, yardstick), (OURS, ours)):
            results.add(cost_key("healthy", 1), peer, number, {"p50": p50})
    assert results.ratios("healthy", 1, OURS, "p50") == [0.5, 0.25]


def test_a_ratio_by_nothing_is_none() -> None:
    """A yardstick no dearer than the floor, as noise may have it, says nothing."""
    results = Results([FLOOR, YARDSTICK])
    for peer in (FLOOR, YARDSTICK):
        results.add(cost_key("healthy", 1), peer, 0, {"p50": 4.0})
    assert math.isnan(results.ratios("healthy", 1, YARDSTICK, "p50")[0])


@pytest.mark.parametrize(
    ("value", "text"),
    [(math.nan, "-"), (math.inf, "> 20"), (0.567, "0.57"), (6.04, "6"), (19.96, "20"), (1234.5, "1,234")],
)
def test_figures_have_the_digits_that_say_something(value: float, text: str) -> None:
    """Nothing measured is a dash; what was ended after 20 s says so."""
    assert shown(value) == text


def test_of_several_rounds_the_least_and_the_most_are_shown() -> None:
    """Behind the median."""
    assert (spread([3.0, 1.0, 2.0]), spread([2.0]), spread([])) == ("2 (1-3)", "2", "-")


def test_a_table_is_aligned_in_the_terminal_and_ruled_on_a_page() -> None:
    """The first column is words, the others are figures."""
    table = Table("Costs:", ["handler", "µs"], [["ours", "6.1"]])
    assert table.plain() == "Costs:\nhandler   µs\nours     6.1\n"
    assert table.markdown() == "Costs:\n\n| handler | µs |\n| --- | ---: |\n| ours | 6.1 |\n"


@pytest.mark.parametrize("page", ["README.md", "docs/performance.md"])
def test_the_pages_have_a_place_for_the_tables(page: str) -> None:
    """``--markdown`` writes there."""
    assert len(MARKED.findall((ROOT / page).read_text("utf-8"))) == 1


def test_listeners_are_compared_within_a_round() -> None:
    """Ours, by Bolt's of the same round; memory is what was more at the end."""
    results = {
        commands.OURS: [commands.Round(0.5, 2.0, 1.0), commands.Round(1.0, 2.0, 1.0)],
        commands.BOLT: [commands.Round(1.0, 3.0, 0.0), commands.Round(1.0, 3.0, 0.0)],
    }
    ours, bolt = commands.table(results).rows
    assert ours == ["slack_logging", "0.75 (0.50-1)", "2 (2-2)", "0.75 (0.50-1)", "1 (1-1)"]
    assert bolt[1:] == ["1 (1-1)", "3 (3-3)", "1 (1-1)", "0 (0-0)"]
