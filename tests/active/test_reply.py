"""A reply is shown as it is, in as many messages as it takes, up to a few."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.active.reply import MAX_MESSAGES, messages, pieces
from slack_logging.slack.limits import MAX_TEXT
from slack_logging.slack.literal import units


def shown(message: dict[str, Any]) -> tuple[str, str]:
    """Return how a message is shown, and its text."""
    [element] = message["blocks"][0]["elements"]
    return element["type"].removeprefix("rich_text_"), element["elements"][0]["text"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n", []),
        ("a *b* <!channel>", [("section", "a *b* <!channel>")]),
        ("\na\n b\n", [("preformatted", "a\n b")]),
        ("\x1b[2J\u202e", [("section", "␛[2J⟦U+202E⟧")]),
    ],
)
def test_text_is_literal(text: str, expected: list[tuple[str, str]]) -> None:
    """One line is text, several are a table; hidden characters show."""
    assert [shown(message) for message in messages(text)] == expected


def test_a_message_mentions_nobody_and_unfurls_nothing() -> None:
    """The fallback text is escaped."""
    [message] = messages("<!channel> & https://x.io")
    assert message["text"] == "&lt;!channel&gt; &amp; https://x.io"
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)


def test_what_is_too_long_is_cut_with_a_count() -> None:
    """A few messages, then how much is missing."""
    text = "\n".join(f"line {number:04d} " + "x" * 90 for number in range(1000))
    parts = [shown(message)[1] for message in messages(text)]
    assert len(parts) == MAX_MESSAGES + 1
    kept = "\n".join(parts[:-1]).splitlines()
    assert kept == text.splitlines()[: len(kept)]
    assert parts[-1] == f"... (cut: {sum(map(len, parts[:-1])) + 4:,} of {len(text):,} characters are shown)"


@given(st.text(alphabet="a&<\n😀 "), st.integers(5, 40))
def test_pieces_fit_and_lose_nothing(text: str, limit: int) -> None:
    """Each is within the limit as sent, and together they are the text."""
    parts = pieces(text, limit)
    assert "".join(parts) == text
    assert all(0 < units(part) <= limit for part in parts)


@given(st.text(), st.integers(1, 3))
def test_every_message_is_within_slacks_limit(text: str, times: int) -> None:
    """Whatever is replied."""
    assert all(len(message["text"]) <= MAX_TEXT for message in messages(text * 200 * times))
