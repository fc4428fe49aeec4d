"""A command on one line, and carets below the word at fault. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from slack_logging.active.language.parsing import quote
from slack_logging.slack.literal import visible

#: Columns up to the end of the word at fault: about what a phone shows without wrapping twice, and a desktop at once.
_MOST_COLUMNS = 72

#: Characters of one word that are shown.
_MOST_OF_A_WORD = 40


def pointed(start: str, words: Sequence[str], at: int, *, as_typed: bool = False) -> str:
    """Return two lines: the command as it was understood, and carets.

    Long words are cut; where the line would be too long, words in the middle are left out, as an ellipsis says.

    Args:
        start: the prefix and the command's name.
        words: what follows.
        at: the index of the word at fault.
        as_typed: whether that one is what was typed, quotation marks and all, as it could not be read.
    """
    before, after = [_shown(each) for each in words[:at]], words[at + 1 :]
    word = _cut(words[at], words[at]) if as_typed else _shown(words[at])
    room = _MOST_COLUMNS - _columns(start) - _columns(word)
    kept: list[str] = []
    while before and (room := room - _columns(before[-1]) - 1) >= 0:
        kept.insert(0, before.pop())
    head = " ".join([start, *_hinted(before), *kept, ""])
    tail = "".join(f" {each}" for each in [*map(_shown, after[:1]), *_hinted([*map(_shown, after[1:])])])
    return f"{head}{word}{tail}\n{' ' * _columns(head)}{'^' * max(_columns(word), 1)}"


def _hinted(words: Sequence[str]) -> Sequence[str]:
    """Return an ellipsis for words that are left out, or the only one if it takes no more room."""
    return words if not words or (len(words) == 1 and _columns(words[0]) <= 1) else ["\u2026"]


def _shown(word: str) -> str:
    """Return a word on one line, as it can be typed."""
    return _cut(word, quote(word[: _MOST_OF_A_WORD + 1]))


def _cut(word: str, text: str) -> str:
    """Return `text`, which shows a word, on one line, and no more of it than of a word."""
    text = " ".join(text.split("\n")).replace("\t", " ")
    return text if len(word) <= _MOST_OF_A_WORD + 1 else f"{text[:_MOST_OF_A_WORD]}\u2026"


def _columns(text: str) -> int:
    """Return how wide text is in a fixed width, once its hidden characters are shown."""
    return sum(map(_column, visible(text)))


def _column(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
