"""The page that says what is honoured: each of its rows has a section of the contract, and tests that are there."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slack_logging.local import LocalSlack
from slack_logging.local.api.methods import METHODS
from slack_logging.local.events.selection import EVENTS, NEVER
from tests.local.conftest import ask_sync

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "conformance.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| § ", "|---"))]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_a_section_and_its_tests(row: str) -> None:
    """Nothing is claimed without: what is not there either."""
    section, what, kept, tests = (cell.strip() for cell in row.strip("|").split(" | "))
    assert re.fullmatch(r"\d+(\.\d+)?(, \d+(\.\d+)?)*", section)
    assert what
    assert kept
    named = re.findall(r"`([^`]+)`", tests)
    assert named
    assert [] == [each for each in named if not _exists(each)]
    assert "" == re.sub(r"`[^`]+`|, | in ", "", tests).strip()  # no words in place of a test


def test_the_page_lists_every_method_and_event() -> None:
    """Neither more nor fewer than there are; of subscriptions, those to which something can belong."""
    assert set(METHODS) == _named("the methods that are there:")
    assert set(EVENTS) - set(NEVER) == _named("the events that are there:")
    assert set(NEVER) == _named("those that a manifest may name and nothing here makes:")


def test_what_the_page_says_is_not_there_is_not() -> None:
    """A family, named by its beginning, neither."""
    methods = _named("all others: `bookmarks")
    families = tuple(name.removesuffix("*") for name in methods if name.endswith("*"))
    assert len(methods) > 20
    assert [] == [name for name in METHODS if name in methods or name.startswith(families)]
    assert set() == _named("all others: `channel") & set(EVENTS)


def test_a_direct_message_is_with_one() -> None:
    with LocalSlack() as slack:
        users = [slack.user_id("ada"), slack.user_id("ben")]
        assert "too_many_users" == ask_sync(slack)("conversations_open", users=users)["error"]


def _named(beginning: str) -> set[str]:
    """Return what one row names, by how it begins."""
    [what] = [cells[1] for row in ROWS if (cells := row.split(" | "))[1].startswith(beginning)]
    return set(re.findall(r"`([^`]+)`", what))


def _exists(named: str) -> bool:
    """Tell whether a test stands where it is said to; what is not below tests/local is named by its own path."""
    file, _, test = named.partition("::")
    path = ROOT / file if "/" in file else ROOT / "tests" / "local" / file
    return path.exists() and (not test or f"def {test}(" in path.read_text("utf-8"))


def test_the_page_has_rows() -> None:
    """What is read above is the tables."""
    assert len(ROWS) > 90
    assert {str(number) for number in range(1, 11)} <= {re.split(r"[ .,]", row[2:])[0] for row in ROWS}
