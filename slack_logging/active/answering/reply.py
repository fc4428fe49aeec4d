"""What a reply looks like. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from slack_logging.slack.limits import MAX_TEXT
from slack_logging.slack.literal import plain, shorten, units

#: Messages that a long text becomes at most where no file can be shared: a channel takes about one a second.
MAX_MESSAGES = 4

#: Units of the text that notifications show; what keeps markup from it can double them.
_MAX_NOTIFICATION = 1_500

#: Units of a long text's beginning, with room for the words about the rest.
_BEGINNING = MAX_TEXT - 100

#: Units that one character takes at most: an ampersand is sent as five.
_MOST_UNITS = 5

#: What a link to an error's message is called.
_LINK = "traceback"


class Content(NamedTuple):
    """What one message shows.

    Attributes:
        text: literally; may be empty.
        progress: a line below it; may be empty.
        link: an address; may be empty.
    """

    text: str = ""
    progress: str = ""
    link: str = ""


def message(content: Content) -> dict[str, Any]:
    """Return the arguments of chat.postMessage and chat.update that show `content`.

    One line is shown as text, several in a fixed width, because commands answer with tables.
    """
    elements: list[dict[str, Any]] = []
    if "\n" in content.text:
        elements.append({"type": "rich_text_preformatted", "elements": [_text(content.text)]})
    inline = [content.text] if content.text and not elements else []
    inline += [content.progress] if content.progress else []
    section = [_text("\n".join(inline))] if inline else []
    if content.link:
        section += [_text("  ")] if section else []
        section.append({"type": "link", "url": content.link, "text": _LINK})
    if section:
        elements.append({"type": "rich_text_section", "elements": section})
    return {
        "text": plain(shorten(content.text or content.progress, _MAX_NOTIFICATION)),
        "parse": "none",
        "blocks": [{"type": "rich_text", "elements": elements}],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def beginning(text: str) -> str:
    """Return what a message shows of a text that is too long for one: its beginning, and where the whole is."""
    first = pieces(text[: 2 * _BEGINNING], _BEGINNING)[0].rstrip("\n")  # the rest has no say in where that ends
    return f"{first}\n... ({len(text):,} characters in all: the file in this thread has them)"


def messages(text: str) -> list[str]:
    """Return the texts of a few messages that show a long text where no file can.

    What is more than `MAX_MESSAGES` hold is left out, and the last line says how much.
    """
    parts = pieces(text[: (MAX_MESSAGES + 2) * MAX_TEXT], MAX_TEXT)  # what is behind is not shown anyway
    if len(parts) > MAX_MESSAGES:
        shown = sum(map(len, parts[:MAX_MESSAGES]))
        parts = [*parts[:MAX_MESSAGES], f"... (cut: {shown:,} of {len(text):,} characters are shown)"]
    return [part.strip("\n") for part in parts if part.strip("\n")]


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
    parts: list[str] = []
    start = 0
    while start < len(line):
        part = line[start : start + max_units]
        while (excess := units(part) - max_units) > 0:
            part = part[: -max(excess // _MOST_UNITS, 1)]
        parts.append(part)
        start += len(part)
    return parts


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
