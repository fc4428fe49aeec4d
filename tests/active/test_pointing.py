"""An error shows the command and points at the word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.active.language.pointing import pointed
from slack_logging.slack.literal import visible


@pytest.mark.parametrize(
    ("words", "at", "lines"),
    [
        (["api", "--replicas", "many"], 2, ["!x api --replicas many", "                  ^^^^"]),
        (["a b", "c"], 0, ['!x "a b" c', "   ^^^^^"]),
        (["", "c"], 0, ['!x "" c', "   ^^"]),
        (["日本", "c"], 1, ["!x 日本 c", "        ^"]),
        (["e\u0301", "c"], 1, ["!x e\u0301 c", "     ^"]),
        (["a\nb\tc", "d"], 1, ['!x "a b c" d', "           ^"]),
        (["bad", "b", "cd"], 0, ["!x bad b \u2026", "   ^^^"]),
        (["bad", "b", "c"], 0, ["!x bad b c", "   ^^^"]),
        (["bad", "b", "c", "d"], 0, ["!x bad b \u2026", "   ^^^"]),
        (["\u2014", "\u201ca\u201d", "bad"], 2, ['!x "\u2014" "\u201ca\u201d" bad', " " * 13 + "^^^"]),
        (["a", "x" * 40, "y" * 23, "bad"], 3, ["!x a " + "x" * 40 + " " + "y" * 23 + " bad", " " * 70 + "^^^"]),
        (["x" * 30] * 5 + ["bad"], 5, ["!x \u2026 " + "x" * 30 + " " + "x" * 30 + " bad", " " * 67 + "^^^"]),
        (["x" * 42], 0, ["!x " + "x" * 40 + "\u2026", "   " + "^" * 41]),
        (["x" * 41], 0, ["!x " + "x" * 41, "   " + "^" * 41]),
    ],
)
def test_carets_stand_below_the_word(words: list[str], at: int, lines: list[str]) -> None:
    """Wide characters take two columns, accents none; what is long is cut, and no letter for an ellipsis."""
    assert pointed("!x", words, at).split("\n") == lines


def test_what_could_not_be_read_is_shown_as_it_was_typed() -> None:
    """With marks of ours around it, nobody would see what is wrong."""
    assert pointed("!x", ["a b", "'c d"], 1, as_typed=True).split("\n") == ['!x "a b" \'c d', "         ^^^^"]
    assert pointed("!x", ["'" + "c" * 99], 0, as_typed=True).split("\n")[0] == "!x '" + "c" * 39 + "\u2026"


@given(st.lists(st.text(), min_size=1, max_size=8), st.integers(0, 7))
def test_no_words_are_too_odd_to_be_pointed_at(words: list[str], at: int) -> None:
    """There are always two lines, the second one of carets, however they are shown."""
    shown = visible(pointed("!x", words, at % len(words)))
    line, carets = shown.split("\n")
    assert line.startswith("!x ")
    assert set(carets.lstrip(" ")) == {"^"}
