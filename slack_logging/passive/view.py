"""What Slack shows of an entry: one line with an emoji for its level, the reader's own time, logger and message.

All of it goes into `rich_text` elements, whose text Slack takes as data. Source: Block Kit, "Rich text block".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_logging.slack.literal import last_part, plain, shorten, units, visible

_EMOJI = (
    (logging.CRITICAL, "rotating_light"),
    (logging.ERROR, "red_circle"),
    (logging.WARNING, "warning"),
    (logging.INFO, "large_blue_circle"),
)

#: Units that a line takes beside its text: an emoji, a count, a line break.
_FRAME = 16

#: Units of one `extra=` value on a line; the whole is in the canonical entry.
_MAX_EXTRA = 120

#: Units of the notification.
_MAX_NOTIFICATION = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, ready to be shown.

    Attributes:
        levelno: the level's number.
        logger: its name; empty where the user's own formatter made the text.
        timestamp: epoch seconds, whole.
        clock: the time in UTC, for clients that cannot show the reader's own.
        summary: the message's first line, and what `extra=` gave.
        detail: further lines, traceback and stack; may be empty.
    """

    levelno: int
    logger: str
    timestamp: int
    clock: str
    summary: str
    detail: str

    @property
    def units(self) -> int:
        """Return how much of a message's limit the line takes."""
        return _FRAME + len(self.clock) + units(self.logger) + units(self.summary) + units(self.detail)

    def repeats(self, other: Line) -> bool:
        """Tell whether the two say the same, but for the time."""
        return (self.summary, self.detail, self.logger, self.levelno) == (
            other.summary,
            other.detail,
            other.logger,
            other.levelno,
        )

    def text(self) -> str:
        """Return the whole as plain text, for a file."""
        head = " ".join(part for part in (self.clock, logging.getLevelName(self.levelno), self.logger) if part)
        return f"{head}\n{self.summary}\n{self.detail}".rstrip() + "\n"

    def excerpt(self, limit: int) -> Line:
        """Return a line of at most `limit` units: the message's beginning and the end of the detail.

        The end of a traceback holds what happened.
        """
        summary = shorten(self.summary, limit // 4)
        rest = self.detail if summary == self.summary else f"{self.summary}\n{self.detail}".rstrip()
        note = f"... ({len(rest):,} characters in all: the file in the thread has them)\n"
        detail = note + last_part(rest, limit // 2)
        return Line(self.levelno, self.logger, self.timestamp, self.clock, summary, detail)


def line_of(entry: str, *, own_format: bool = False) -> Line:
    """Read a canonical entry.

    Args:
        entry: JSON, as `SlackFormatter` makes it.
        own_format: the message was made by a formatter of the user's, so nothing is put before or behind it.
    """
    fields: dict[str, Any] = json.loads(entry)
    moment = datetime.fromisoformat(fields["time"])
    summary, _, rest = visible(fields["message"]).partition("\n")
    if not own_format:
        extra = fields.get("extra", {})
        summary += "".join(f"  {name}={shorten(visible(str(value)), _MAX_EXTRA)}" for name, value in extra.items())
    parts = (rest, visible(fields.get("exception", "")), visible(fields.get("stack", "")))
    return Line(
        levelno=fields["level_number"],
        logger="" if own_format else visible(fields["logger"]),
        timestamp=int(moment.timestamp()),
        clock=moment.strftime("%H:%M:%S UTC"),
        summary=summary,
        detail="\n".join(part for part in parts if part),
    )


def blocks(lines: Iterable[tuple[Line, int]], footer: str) -> list[dict[str, Any]]:
    """Return the blocks of a message.

    Args:
        lines: each with how often it came in a row.
        footer: who speaks; shown small below.
    """
    elements: list[dict[str, Any]] = []
    section: list[dict[str, Any]] = []
    for line, count in lines:
        section += _head(line, count)
        if line.detail:
            elements += [_section(section), _preformatted(line.detail)]
            section = []
    if section:
        elements.append(_section(section))
    return [
        {"type": "rich_text", "elements": elements},
        {
            "type": "context",
            "elements": [{"type": "plain_text", "text": shorten(visible(footer), 200), "emoji": False}],
        },
    ]


def notification(lines: Sequence[tuple[Line, int]]) -> str:
    """Return one line of mrkdwn: the worst entry, and how many more there are."""
    worst, _ = max(lines, key=lambda item: item[0].levelno)
    more = sum(count for _, count in lines) - 1
    tail = f" (+{more:,} more)" if more else ""
    head = f"{worst.logger}: " if worst.logger else ""
    return f":{_emoji(worst.levelno)}: {plain(shorten(head + worst.summary, _MAX_NOTIFICATION))}{tail}"


def _emoji(levelno: int) -> str:
    return next((name for least, name in _EMOJI if levelno >= least), "white_circle")


def _head(line: Line, count: int) -> list[dict[str, Any]]:
    date = {"type": "date", "timestamp": line.timestamp, "format": "{time_secs}", "fallback": line.clock}
    parts: list[dict[str, Any]] = [{"type": "emoji", "name": _emoji(line.levelno)}]
    if line.logger:
        parts += [_text(" "), date, _text(" "), _text(line.logger, bold=True)]
    parts.append(_text(f" {line.summary}"))
    if count > 1:
        parts.append(_text(f" x{count:,}", bold=True))
    parts.append(_text("\n"))
    return parts


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def _section(parts: list[dict[str, Any]]) -> dict[str, Any]:
    if parts[-1]["text"] == "\n":
        parts = parts[:-1]  # the section ends here anyway
    return {"type": "rich_text_section", "elements": parts}


def _preformatted(text: str) -> dict[str, Any]:
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
