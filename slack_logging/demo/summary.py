"""Whether every record is accounted for: the handler's counters against what the channels show."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slack_logging import Stats
from slack_logging.local import LocalSlack, visible_text

#: A record's line: an emoji for its level, its time and logger, what it says, and how often it came in a row.
_RECORD = re.compile(r"^:\w+: \d\d:\d\d:\d\d UTC [\w.]+ .*?(?: x([\d,]+))?$", re.MULTILINE)
#: What an error's message says when it came again: how often in all.
_COUNTED = re.compile(r"^(?:x|quiet;) ([\d,]+)(?: in all)?, last ", re.MULTILINE)
_SETTLED = {"white_check_mark", "x"}


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run.

    Attributes:
        stats: what the handler counted.
        shown: lines of records, counted in the channel.
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
            text = visible_text(message)
            counts = [found[1] for found in (*_RECORD.finditer(text), *_COUNTED.finditer(text)) if found[1]]
            shown += len(_RECORD.findall(text))
            merged += sum(int(count.replace(",", "")) - 1 for count in counts)
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
        dropped = sum(self.stats.dropped.values())
        rows = {
            "records logged": self.stats.emitted,
            "shown": self.shown,
            "merged": self.merged,
            "dropped": dropped,
            "messages posted": self.posted,
            "API calls": self.calls,
            "commands run": self.commands,
        }
        verdict = "it adds up" if self.adds_up else "IT DOES NOT ADD UP"
        table = "".join(f"  {name:16}{count:8,}\n" for name, count in rows.items())
        return (
            f"{table}\n  {self.stats.emitted:,} logged = {self.shown:,} shown + {self.merged:,} merged"
            f" + {dropped:,} dropped + {self.stats.pending:,} pending: {verdict}"
        )
