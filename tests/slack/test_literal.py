"""Other people's text: shown, counted and cut without changing what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.slack.literal import escape, last_part, plain, shorten, units, visible

ANY = st.text(st.characters(codec=None, exclude_categories=[]))


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("snake_case 2*3 12:30:45 a~b", "snake_case 2*3 12:30:45 a~b"),
        ("*bold* _it_ ~s~ `code` :tada:", "*\u200bbold* _\u200bit_ ~\u200bs~ `\u200bcode` :\u200btada:"),
        ("```x``` <!here> &", "`\u200b`\u200b`\u200bx``\u200b` &lt;!here&gt; &amp;"),
    ],
)
def test_no_markup_begins_in_plain_text(text: str, sent: str) -> None:
    """A sign before a word is kept from it; within words and between spaces nothing is touched."""
    assert plain(text) == sent


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcödé, 日本 \N{PARTY POPPER}\n\ttabbed", "plain, ünïcödé, 日本 \N{PARTY POPPER}\n\ttabbed"),
        ("\x1b[31mred\x00", "␛[31mred␀"),
        ("a\u202egnp.exe", "a⟦U+202E⟧gnp.exe"),
        ("\ud800", "⟦U+D800⟧"),
        ("␛", "⟦U+241B⟧"),
        ("\x7f\x85", "␡⟦U+0085⟧"),
        (
            "pay\u00adpal\u180e\u2060\u206a\u206f\ufeff\ufff9",
            "pay⟦U+00AD⟧pal⟦U+180E⟧⟦U+2060⟧⟦U+206A⟧⟦U+206F⟧⟦U+FEFF⟧⟦U+FFF9⟧",
        ),
        (
            "\u034f\u115f\u1160\u2800\u3164\uffa0\U0001d159\U000e0001",
            "⟦U+034F⟧⟦U+115F⟧⟦U+1160⟧⟦U+2800⟧⟦U+3164⟧⟦U+FFA0⟧⟦U+1D159⟧⟦U+E0001⟧",
        ),
        ("safe\U000e0068\U000e0069 葛\U000e0100\ufe00", "safe⟦U+E0068⟧⟦U+E0069⟧ 葛⟦U+E0100⟧⟦U+FE00⟧"),
        ("\u2764\ufe0f \u2764\ufe0e\u3000\xa0", "\u2764\ufe0f \u2764\ufe0e\u3000\xa0"),
        ("\u0645\u06cc\u200c\u062e \U0001f469\u200d\U0001f52c", "\u0645\u06cc\u200c\u062e \U0001f469\u200d\U0001f52c"),
    ],
)
def test_hidden_characters_are_shown(text: str, shown: str) -> None:
    """Controls, bidirectional and other invisible marks and lone surrogates can be seen; all else stays."""
    assert visible(text) == shown


@given(ANY, ANY)
def test_different_texts_stay_different(one: str, other: str) -> None:
    """Showing loses nothing."""
    assert (visible(one) == visible(other)) == (one == other)


@given(ANY)
def test_shown_text_can_be_sent(text: str) -> None:
    """What is shown encodes as UTF-8 and holds no control character but tab and line feed."""
    shown = visible(text)
    shown.encode("utf-8")
    assert [character for character in shown if character < " " and character not in "\t\n"] == []


@given(ANY)
def test_units_are_the_utf16_length_of_the_escaped_text(text: str) -> None:
    """The most that Slack may count."""
    assert units(text) == len(escape(text).encode("utf-16-le", "surrogatepass")) // 2


@given(ANY, st.integers(1, 40))
def test_shortening_keeps_the_limit_and_the_beginning(text: str, limit: int) -> None:
    """A cut text says so, and never takes more than it may."""
    short = shorten(text, limit)
    assert units(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@given(ANY, st.integers(1, 40))
def test_the_last_part_is_an_end_of_the_text(text: str, limit: int) -> None:
    """It never takes more than it may."""
    part = last_part(text, limit)
    assert text.endswith(part)
    assert units(part) <= limit


def test_the_last_part_begins_with_a_line() -> None:
    """A line is not cut where a whole one fits."""
    assert last_part("first line\nsecond\nthird", 14) == "second\nthird"
