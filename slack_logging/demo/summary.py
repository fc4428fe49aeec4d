"""Whether every record is accounted for: the handler's counters against what the channels show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from slack_logging import Stats
from slack_logging.local import LocalSlack

#: How often a record came: in a row, behind its line; and as an error, in all, below its text. Both are bold, which
#: nothing is that a record says.
_COUNT = re.compile(r" x([\d,]+)|(?:x|quiet;) ([\d,]+)(?: in all)?, last ")
#: How many records a message stands for that were too many to show; they are in its file.
_TOO_MANY = re.compile(r" ([\d,]+) records? (?:was|were) too many to show one by one: .*\n")
_SETTLED = {"white_check_mark", "x"}


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run.

    Attributes:
        stats: what the handler counted.
        shown: lines of records, and of those in files, counted in the channel.
        merged: further records that those lines stand for, counted in the channel.
        posted: messages that the local Slack took.
        calls: requests that it answered.
        commands: messages marked as run.
    """

    stats: Stats
    shown: int
    merged: int
    posted: int
    calls: int
    commands: int

    @classmethod
    def of(cls, slack: LocalSlack, stats: Stats, *, channel: str, commands_channel: str) -> Summary:
        """Count."""
        shown = merged = 0
        for message in slack.messages(channel):
            parts = list(_parts(message))
            bold = [part["text"] for part in parts if part.get("style", {}).get("bold")]
            # A line begins with its time, a blank and its logger; other times are followed by words.
            shown += sum(part["type"] == "date" and after.get("text") == " " for part, after in pairwise(parts))
            shown += sum(_number(found[1]) for text in bold if (found := _TOO_MANY.fullmatch(text)))
            merged += sum(_number(found[1] or found[2]) - 1 for text in bold if (found := _COUNT.fullmatch(text)))
        return cls(
            stats=stats,
            shown=shown,
            merged=merged,
            posted=sum(call.error is None for call in slack.calls("chat.postMessage")),
            calls=len(slack.calls()),
            commands=sum(
                not _SETTLED.isdisjoint(slack.reactions(commands_channel, message["ts"]))
                for message in slack.messages(commands_channel)
            ),
        )

    @property
    def adds_up(self) -> bool:
        """Whether each record that was logged is shown, merged, counted as dropped, or still on its way."""
        lost_or_waiting = sum(self.stats.dropped.values()) + self.stats.pending
        return self.stats.emitted == self.shown + self.merged + lost_or_waiting

    def __str__(self) -> str:
        others = {"messages posted": self.posted, "API calls": self.calls, "commands run": self.commands}
        return _table(self.stats, self.shown, self.merged, others, adds_up=self.adds_up)


def table(stats: Stats) -> str:
    """Return a summary for where nobody but the handler can count."""
    return _table(stats, stats.delivered, stats.merged, {"pending": stats.pending}, adds_up=stats.adds_up)


def _table(stats: Stats, shown: int, merged: int, others: Mapping[str, int], *, adds_up: bool) -> str:
    dropped = sum(stats.dropped.values())
    rows = {"records logged": stats.emitted, "shown": shown, "merged": merged, "dropped": dropped, **others}
    lines = "".join(f"  {name:16}{count:8,}\n" for name, count in rows.items())
    return (
        f"{lines}\n  {stats.emitted:,} logged = {shown:,} shown + {merged:,} merged"
        f" + {dropped:,} dropped + {stats.pending:,} pending: {'it adds up' if adds_up else 'IT DOES NOT ADD UP'}"
    )


def _parts(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the inline elements of a message's text; tracebacks are none."""
    for block in message.get("blocks", ()):
        for element in block.get("elements", ()):
            if element["type"] == "rich_text_section":
                yield from element["elements"]


def _number(text: str) -> int:
    return int(text.replace(",", ""))
