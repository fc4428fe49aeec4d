"""Entries of a transcript as lines of a terminal.

They have a readable width, colours where there are any, and no control character of anybody's making.
"""

from __future__ import annotations

import os
import re
import shutil
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from slack_logging.local.state.emoji import CODE_POINTS
from slack_logging.slack.literal import visible

#: Lines of one entry above which its middle is left out.
MOST_LINES = 24
_FIRST, _LAST = 14, 6

#: Columns: a narrower terminal wraps by itself, and in a wider one the eye loses the line.
_LEAST_WIDTH, _MOST_WIDTH = 40, 140

#: Lines after the first begin below the channel.
_INDENT = " " * 10

#: SGR parameters by the emoji that a line begins with. Source: ECMA-48.
_COLOURS = {"rotating_light": "1;31", "red_circle": "31", "warning": "33", "white_circle": "2"}
_FAINT, _BOLD = "2", "1"
_EMOJI = re.compile(r"^((?:no longer |\(edited(?:, new lines only)?\) )?):([a-z0-9_+-]+):(?= )")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened in a channel."""

    moment: str
    channel: str
    author: str
    by_person: bool
    text: str


class Terminal:
    """Where lines are shown.

    Args:
        stream: written to and flushed line by line; what its encoding cannot say becomes a question mark.
        width: columns; by default the terminal's.
    """

    def __init__(self, stream: TextIO, *, width: int | None = None) -> None:
        self._stream = stream
        self._encoding = stream.encoding or "utf-8"  # a stream in memory has none, and takes everything
        self._width = width or min(max(shutil.get_terminal_size((100, 24)).columns, _LEAST_WIDTH), _MOST_WIDTH)
        self._coloured = stream.isatty() and not os.environ.get("NO_COLOR")

    def say(self, text: str) -> None:
        """Show lines of the program's own."""
        lines = [visible(line) for line in text.split("\n")]
        self._write(part for line in lines for part in self._indented(line))

    def show(self, entry: Entry) -> None:
        """Show what happened."""
        self._write(self._lines(entry))

    def _lines(self, entry: Entry) -> Iterator[str]:
        head = f"{entry.moment}  {entry.channel:<13} {entry.author:<4}"
        lines = [visible(line).expandtabs(4) for line in entry.text.split("\n")]
        for index, line in enumerate(_folded(_without_outer_frames(lines))):
            emoji = _EMOJI.match(line)
            style = _BOLD if entry.by_person else _FAINT if line.startswith("  ") else ""
            style = _COLOURS.get(emoji[2], style) if emoji else style
            first = f"{head} " if index == 0 else _INDENT
            room = self._width - max(len(first), len(_INDENT) + 4)
            for number, part in enumerate(_wrapped(pictured(line), room)):
                lead = first if number == 0 else _INDENT + "    "
                yield self._styled(lead, _FAINT) + self._styled(part, style)

    def _indented(self, line: str) -> list[str]:
        """Wrap a line of ours; what follows its first part stands a little further in than that."""
        indent = line[: len(line) - len(line.lstrip())] + "    "
        return textwrap.wrap(line, self._width, subsequent_indent=indent, break_on_hyphens=False) or [""]

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._coloured and style and text.strip() else text

    def _write(self, lines: Iterator[str] | list[str]) -> None:
        text = "".join(f"{line.rstrip()}\n" for line in lines)
        try:
            self._stream.write(text.encode(self._encoding, "replace").decode(self._encoding))
            self._stream.flush()
        except OSError as error:
            error.filename = "standard output"  # or "no space left on device" would leave open which
            raise


def _wrapped(line: str, width: int) -> list[str]:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in line)  # pictures too take two columns
    width = max(width - wide, width // 2)
    # Hyphens stand in options, dates and ids more often than in words.
    lines = textwrap.wrap(line, width, drop_whitespace=False, replace_whitespace=False, break_on_hyphens=False)
    return lines or [""]


def _without_outer_frames(lines: list[str]) -> list[str]:
    """Leave of each traceback the frame in which it happened: the page has the others."""
    kept: list[str] = []
    start = 0  # of the frames at hand, in `kept`
    for line in lines:
        if not line.startswith("  "):
            start = len(kept) + 1
        elif line.startswith('  File "') and len(kept) > start:
            kept[start:] = ["  ..."]
        kept.append(line)
    return kept


def _folded(lines: list[str]) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    left_out = f"... {len(lines) - _FIRST - _LAST} more lines, on the page ..."
    return [*lines[:_FIRST], left_out, *lines[-_LAST:]]


def pictured(line: str) -> str:
    """Show the emoji that a line begins with as a picture."""

    def picture(match: re.Match[str]) -> str:
        points = CODE_POINTS.get(match[2])
        if points is None:
            return match[0]
        return match[1] + "".join(chr(int(point, 16)) for point in points.split("-"))

    return _EMOJI.sub(picture, line)
