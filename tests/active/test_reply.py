"""A reply is shown as it is; what is too long for a message is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.active.answering.reply import MAX_MESSAGES, Content, beginning, message, messages, pieces
from slack_logging.slack.limits import MAX_TEXT
from slack_logging.slack.literal import units


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (Content("a *b* <!channel>"), [("section", [("text", "a *b* <!channel>")])]),
        (Content("a\n b"), [("preformatted", [("text", "a\n b")])]),
        (Content(progress="50 %"), [("section", [("text", "50 %")])]),
        (Content("a", "50 %"), [("section", [("text", "a\n50 %")])]),
        (Content("a\nb", "50 %"), [("preformatted", [("text", "a\nb")]), ("section", [("text", "50 %")])]),
        (Content("a", link="https://x/"), [("section", [("text", "a"), ("text", "  "), ("link", "traceback")])]),
        (
            Content("a\nb", link="https://x/"),
            [("preformatted", [("text", "a\nb")]), ("section", [("link", "traceback")])],
        ),
    ],
)
def test_what_a_message_shows(content: Content, expected: list[tuple[str, list[tuple[str, str]]]]) -> None:
    """One line is text, several are a table; progress and a link stand below."""
    elements = message(content)["blocks"][0]["elements"]
    shown = [
        (each["type"].removeprefix("rich_text_"), [(part["type"], part["text"]) for part in each["elements"]])
        for each in elements
    ]
    assert shown == expected


def test_a_message_mentions_nobody_and_unfurls_nothing() -> None:
    """The fallback text is escaped."""
    shown = message(Content("<!channel> & https://x.io"))
    assert shown["text"] == "&lt;!channel&gt; &amp; https://x.io"
    assert (shown["unfurl_links"], shown["unfurl_media"]) == (False, False)


def test_what_is_too_long_is_cut_with_a_count() -> None:
    """Where no file can be shared: a few messages, then how much is missing."""
    text = "\n".join(f"line {number:04d} " + "x" * 90 for number in range(1000))
    parts = messages(text)
    assert len(parts) == MAX_MESSAGES + 1
    kept = "\n".join(parts[:-1]).splitlines()
    assert kept == text.splitlines()[: len(kept)]
    assert parts[-1] == f"... (cut: {sum(map(len, parts[:-1])) + 4:,} of {len(text):,} characters are shown)"


def test_the_beginning_says_where_the_whole_is() -> None:
    """And fits."""
    text = "\n".join(f"<{number}>" for number in range(10_000))
    shown = beginning(text)
    *kept, last = shown.splitlines()
    assert kept == text.splitlines()[: len(kept)]
    assert last == f"... ({len(text):,} characters in all: the file in this thread has them)"
    assert units(shown) <= MAX_TEXT


@given(st.text(alphabet="a&<\n😀 "), st.integers(5, 40))
def test_pieces_fit_and_lose_nothing(text: str, limit: int) -> None:
    """Each is within the limit as sent, and together they are the text."""
    parts = pieces(text, limit)
    assert "".join(parts) == text
    assert all(0 < units(part) <= limit for part in parts)


@given(st.text(min_size=1), st.integers(1, 3))
def test_every_message_is_within_slacks_limit(text: str, times: int) -> None:
    """Whatever is replied."""
    assert all(len(message(Content(part))["text"]) <= MAX_TEXT for part in messages(text * 200 * times))
