"""More records than the pace can carry: a message that counts them, and a file in its thread that holds them. Pure."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from slack_logging.passive.messages.shipments import Landing, Shipment, counted, records_file
from slack_logging.passive.messages.view import emoji_of, inline, message, section_of, small_print, time_of
from slack_logging.passive.records.fingerprint import normalised
from slack_logging.slack.literal import one_line, shorten

#: Characters of one file at most: it is held in memory a few times while it is sent.
MAX_FILE = 4 * 2**20

#: Kinds of records that the message shows, and that are told apart at most.
_TOP, _MOST_KINDS = 5, 1_000

#: Units of a kind's text.
_MAX_KIND = 150


class Digest(Shipment):
    """The records of lower levels that are too many to be shown one by one.

    Args:
        footer: shown below.
        has_file: whether a file can be shared; else the records are lost, and counted as that.
    """

    def __init__(self, footer: str, *, has_file: bool) -> None:
        super().__init__()
        self._footer = footer
        self._has_file = has_file
        self._lines: list[str] = []
        self._size = 0
        self._count = 0
        self._levels: Counter[tuple[int, str]] = Counter()
        self._kinds: Counter[tuple[int, str, str]] = Counter()
        self._span: tuple[datetime, datetime] | None = None

    @property
    def records(self) -> int:
        """See `Shipment`."""
        return self._count

    @property
    def is_full(self) -> bool:
        """Tell whether the file is as large as it should be."""
        return self._size >= MAX_FILE

    def add(self, entry: str) -> None:
        """Take a canonical entry in."""
        fields: dict[str, Any] = json.loads(entry)
        moment = datetime.fromisoformat(fields["time"])
        self._span = (self._span[0] if self._span else moment, moment)
        if self._has_file:
            self._lines.append(entry)
            self._size += len(entry) + 1
        level = fields["level_number"]
        kind = (level, fields["logger"], normalised(fields["message"].partition("\n")[0]))
        if kind in self._kinds or len(self._kinds) < _MOST_KINDS:
            self._kinds[kind] += 1
        self._levels[level, fields["level"]] += 1
        self._count += 1

    def arguments(self) -> dict[str, Any]:
        """See `Shipment`."""
        by_level = sorted(self._levels.items(), key=lambda item: item[0][0], reverse=True)
        levels = ", ".join(f"{count:,} {name}" for (_, name), count in by_level)
        worst = emoji_of(max(level for level, _ in self._levels))
        were = "was" if self._count == 1 else "were"
        text = f"{counted(self._count)} {were} too many to show one by one: {levels}"
        parts: list[dict[str, Any]] = [{"type": "emoji", "name": worst}, inline(f" {one_line(text)}\n", bold=True)]
        where = "; all of them are in the thread" if self._has_file else ""
        for moment, after in zip(self._span or (), (" to ", f"{where}\n"), strict=False):
            parts += [time_of(moment.timestamp(), moment.strftime("%H:%M:%S UTC")), inline(after)]
        for (level, logger, kind), count in self._kinds.most_common(_TOP):
            said = shorten(one_line(kind), _MAX_KIND)
            parts += [{"type": "emoji", "name": emoji_of(level)}, inline(f" x{count:,} ", bold=True)]
            parts.append(inline(f"{one_line(logger)} {said}\n"))
        more = self._count - sum(count for _, count in self._kinds.most_common(_TOP))
        if more:
            parts.append(inline(f"and {more:,} of other kinds\n"))
        shown = [{"type": "rich_text", "elements": [section_of(parts)]}, small_print(self._footer)]
        return message(f":{worst}: {one_line(text)}", shown) | self.metadata(self._count)

    def landed(self, ts: str, now: float) -> Landing:  # noqa: ARG002 - see `Shipment`
        """See `Shipment`."""
        if not self._has_file:
            return Landing(lost=self._count)
        return Landing(file=records_file("\n".join(self._lines) + "\n", self._count))

    def divided(self) -> list[Shipment]:
        """See `Shipment`. Without a file the records are not here any more."""
        if len(self._lines) < 2:
            return []
        middle = len(self._lines) // 2
        halves: list[Shipment] = []
        for lines in (self._lines[:middle], self._lines[middle:]):
            half = Digest(self._footer, has_file=True)
            for entry in lines:
                half.add(entry)
            halves.append(half)
        return halves
