"""What Slack shows of an entry: one line with an emoji for its level, the reader's own time, logger and message.

All of it goes into `rich_text` elements, whose text Slack takes as data. Source: Block Kit, "Rich text block".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from slack_logging.passive.records.capture import AUDIT
from slack_logging.passive.records.tracebacks import folded, gist
from slack_logging.slack.literal import last_part, one_line, plain, shorten, units, visible

_EMOJI = (
    (logging.CRITICAL, "rotating_light"),
    (logging.ERROR, "red_circle"),
    (logging.WARNING, "warning"),
    (logging.INFO, "large_blue_circle"),
)

#: Units that a line takes beside its text: an emoji, spaces, a line break.
_FRAME = 8

#: Units of a count behind a line.
COUNT = 10

#: Units of one `extra=` value on a line; the whole is in the canonical entry.
_MAX_EXTRA = 120

#: Units of a summary where many stand in one message, one below the other.
MAX_HEAD = 300

#: Units of the notification.
_MAX_NOTIFICATION = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, ready to be shown.

    Attributes:
        levelno: the level's number.
        logger: its name; empty where the user's own formatter made the text.
        created: when it was logged, in epoch seconds.
        clock: the time in UTC, for clients that cannot show the reader's own.
        summary: the message's first line, and what `extra=` gave.
        detail: further lines, traceback and stack; may be empty.
        gist: what an exception says and where in the application it came from; empty without one.
        fingerprint: what errors of one kind share; empty below ERROR.
        instance: who logged it, ``host/pid``.
        thread: the `ts` of a message in whose thread it goes; empty for the channel.
        mention: whether somebody is notified; None for what is usual at its level.
    """

    levelno: int
    logger: str
    created: float
    clock: str
    summary: str
    detail: str
    gist: str = ""
    fingerprint: str = ""
    instance: str = ""
    thread: str = ""
    mention: bool | None = None

    @property
    def headline(self) -> str:
        """Return the summary and what the exception says, short."""
        said = self.gist.partition("\n")[0]
        return shorten(": ".join(filter(None, (self.summary, said))), MAX_HEAD)

    @property
    def is_headline(self) -> bool:
        """Tell whether the headline says all that there is."""
        return not self.detail and self.headline == self.summary

    @property
    def head_units(self) -> int:
        """Return how much of a message's limit the line takes without its detail, with a count."""
        return _FRAME + COUNT + len(self.clock) + units(self.logger) + units(self.headline)

    @property
    def units(self) -> int:
        """Return how much of a message's limit the line takes."""
        return _FRAME + len(self.clock) + units(self.logger) + units(self.summary) + units(self.detail)

    def repeats(self, other: Line) -> bool:
        """Tell whether the two say the same, but for the time."""
        return (self.summary, self.detail, self.logger, self.levelno, self.mention) == (
            other.summary,
            other.detail,
            other.logger,
            other.levelno,
            other.mention,
        )

    def text(self) -> str:
        """Return the whole as plain text, for a file."""
        head = " ".join(part for part in (self.clock, logging.getLevelName(self.levelno), self.logger) if part)
        return f"{head}\n{self.summary}\n{self.detail}".rstrip() + "\n"

    def excerpt(self, limit: int, *, has_file: bool = True) -> Line:
        """Return a line of at most `limit` units: the message's beginning and the end of the detail.

        The end of a traceback holds what happened.

        Args:
            limit: units.
            has_file: whether the thread has all of it; the line says so.
        """
        summary = shorten(self.summary, limit // 4)
        rest = self.detail if summary == self.summary else f"{self.summary}\n{self.detail}".rstrip()
        where = "the file in the thread has them" if has_file else "the rest is not shown here"
        note = f"... ({len(rest):,} characters: {where})\n"
        detail = note + last_part(rest, limit // 2)
        return replace(self, summary=summary, detail=detail)


def line_of(entry: str, *, own_format: bool = False) -> Line:
    """Read a canonical entry.

    Args:
        entry: JSON, as `SlackFormatter` makes it.
        own_format: the message was made by a formatter of the user's, so nothing is put before or behind it.
    """
    fields: dict[str, Any] = json.loads(entry)
    moment = datetime.fromisoformat(fields["time"])
    summary, _, rest = visible(fields["message"]).partition("\n")
    if not own_format and fields["logger"] != AUDIT:  # whose text says what its fields do
        extra = fields.get("extra", {})
        summary += "".join(
            f"  {one_line(name)}={shorten(one_line(str(value)), _MAX_EXTRA)}" for name, value in extra.items()
        )
    exception = visible(fields.get("exception", ""))
    told = fields.get("slack", {})
    logged_in = fields.get("source", "").rpartition(":")[0]
    parts = (rest, folded(exception, logged_in), visible(fields.get("stack", "")))
    return Line(
        levelno=fields["level_number"],
        logger="" if own_format else one_line(fields["logger"]),
        created=moment.timestamp(),
        clock=moment.strftime("%H:%M:%S UTC"),
        summary=summary,
        detail="\n".join(part for part in parts if part),
        gist=gist(exception, logged_in),
        fingerprint=fields.get("fingerprint", ""),
        instance=fields.get("instance", ""),
        thread=told.get("thread", ""),
        mention=told.get("mention"),
    )


def message(text: str, blocks: list[dict[str, Any]], *, thread: str = "") -> dict[str, Any]:
    """Return what chat.postMessage and chat.update are given: text that is literal, and links that show no preview.

    Args:
        text: the notification, as mrkdwn.
        blocks: what the message shows.
        thread: the `ts` of the message that it answers; may be empty.
    """
    return {
        "text": text,
        "parse": "none",
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
        **({"thread_ts": thread} if thread else {}),
    }


def blocks(lines: Iterable[tuple[Line, int]], footer: str, *, mention: str = "") -> list[dict[str, Any]]:
    """Return the blocks of a message.

    Args:
        lines: each with how often it came in a row.
        footer: who speaks; shown small below.
        mention: who is notified; see `mention_element`.
    """
    elements: list[dict[str, Any]] = []
    section: list[dict[str, Any]] = []
    for line, count in lines:
        section += head(line, count)
        if line.detail:
            elements += [section_of(section), preformatted(line.detail)]
            section = []
    if mention:
        section += [mention_element(mention), inline("\n")]
    if section:
        elements.append(section_of(section))
    return [{"type": "rich_text", "elements": elements}, small_print(footer)]


def small_print(text: str) -> dict[str, Any]:
    """Return the block that stands below a message, in small letters."""
    return {
        "type": "context",
        "elements": [{"type": "plain_text", "text": shorten(one_line(text), 200), "emoji": False}],
    }


def notification(lines: Sequence[tuple[Line, int]]) -> str:
    """Return one line of mrkdwn: the worst entry, and how many more there are."""
    worst, _ = max(lines, key=lambda item: item[0].levelno)
    more = sum(count for _, count in lines) - 1
    tail = f" (+{more:,} more)" if more else ""
    head = f"{worst.logger}: " if worst.logger else ""
    return f":{emoji_of(worst.levelno)}: {plain(shorten(head + worst.summary, _MAX_NOTIFICATION))}{tail}"


def emoji_of(levelno: int) -> str:
    """Return the name of a level's emoji."""
    return next((name for least, name in _EMOJI if levelno >= least), "white_circle")


def head(line: Line, count: int, *, is_short: bool = False) -> list[dict[str, Any]]:
    """Return the inline elements of a line's first row, a line break at the end.

    Args:
        line: what to show.
        count: how often it came.
        is_short: whether nothing but this row tells of it.
    """
    parts: list[dict[str, Any]] = [{"type": "emoji", "name": emoji_of(line.levelno)}]
    if line.logger:
        parts += [inline(" "), time_of(line.created, line.clock), inline(" "), inline(line.logger, bold=True)]
    parts.append(inline(f" {line.headline if is_short else line.summary}"))
    if count > 1:
        parts.append(inline(f" x{count:,}", bold=True))
    parts.append(inline("\n"))
    return parts


def time_of(moment: float, fallback: str, *, form: str = "{time_secs}") -> dict[str, Any]:
    """Return the inline element that shows a moment (epoch seconds) in the reader's own time."""
    return {"type": "date", "timestamp": int(moment), "format": form, "fallback": fallback}


def inline(text: str, *, bold: bool = False) -> dict[str, Any]:
    """Return the inline element of a text."""
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def mention_element(mention: str) -> dict[str, Any]:
    """Return the inline element that notifies a user or user group, given by id, or ``here`` or ``channel``."""
    if mention in ("here", "channel"):
        return {"type": "broadcast", "range": mention}
    if mention.startswith("S"):
        return {"type": "usergroup", "usergroup_id": mention}
    return {"type": "user", "user_id": mention}


def mention_text(mention: str) -> str:
    """Return the same as mrkdwn."""
    if mention in ("here", "channel"):
        return f"<!{mention}>"
    return f"<!subteam^{mention}>" if mention.startswith("S") else f"<@{mention}>"


def section_of(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the section of inline elements."""
    if parts[-1].get("text") == "\n":
        parts = parts[:-1]  # the section ends here anyway
    return {"type": "rich_text_section", "elements": parts}


def preformatted(text: str) -> dict[str, Any]:
    """Return the block element that shows a text in a fixed width."""
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
