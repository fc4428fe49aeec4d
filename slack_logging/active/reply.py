"""What a reply looks like. Pure."""

from __future__ import annotations

from typing import Any

from slack_logging.slack.limits import MAX_TEXT
from slack_logging.slack.literal import plain, shorten, units, visible

#: Messages that one reply becomes at most: a channel takes about one a second.
MAX_MESSAGES = 4

#: Units of the text that notifications show; what keeps markup from it can double them.
_MAX_NOTIFICATION = 1_500


def messages(text: str) -> list[dict[str, Any]]:
    """Return the arguments of chat.postMessage that show `text` literally, for one or a few messages.

    One line is shown as text, several in a fixed width, because commands answer with tables. What is more than
    `MAX_MESSAGES` hold is left out, and the last line says how much.

    Args:
        text: not escaped; blank text makes no message.
    """
    text = visible(text.strip("\n"))
    if not text.strip():
        return []
    parts = pieces(text, MAX_TEXT)
    if len(parts) > MAX_MESSAGES:
        shown = sum(map(len, parts[:MAX_MESSAGES]))
        parts = [*parts[:MAX_MESSAGES], f"... (cut: {shown:,} of {len(text):,} characters are shown)"]
    return [_message(part.strip("\n")) for part in parts]


def _message(text: str) -> dict[str, Any]:
    kind = "rich_text_preformatted" if "\n" in text else "rich_text_section"
    block = {"type": "rich_text", "elements": [{"type": kind, "elements": [{"type": "text", "text": text}]}]}
    return {
        "text": plain(shorten(text, _MAX_NOTIFICATION)),
        "parse": "none",
        "blocks": [block],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def pieces(text: str, max_units: int) -> list[str]:
    """Split `text` at line ends, and a longer line anywhere, into pieces of at most `max_units` as sent."""
    found: list[str] = []
    piece, size = "", 0
    for line in text.splitlines(keepends=True):
        for part in _cut(line, max_units):
            length = units(part)
            if size + length > max_units:
                found.append(piece)
                piece, size = "", 0
            piece, size = piece + part, size + length
    return [*found, piece] if piece else found


def _cut(line: str, max_units: int) -> list[str]:
    """Cut one line into parts of at most `max_units`."""
    if units(line) <= max_units:
        return [line]
    parts: list[str] = []
    start = size = 0
    for index, char in enumerate(line):
        length = units(char)
        if size + length > max_units:
            parts.append(line[start:index])
            start, size = index, 0
        size += length
    return [*parts, line[start:]]
