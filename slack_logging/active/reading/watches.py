"""When to look at which error's message, and what was decided there. Pure.

A message is looked at soon after there is news of its errors, then ever more rarely: some nine looks in the hour
after the last news, and none later. What comes again is news, also where it has a message of its own by then: so an
emoji counts at the latest when the error that it mutes comes once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from slack_logging.active.origin import Living

#: Seconds from news to a look, and between two looks at a message, at least: nobody reacts much faster.
SOON = 10.0

#: Seconds between two looks whether the emoji that muted an error is still there.
MUTED_PAUSE = 60.0

#: Seconds after the last news for which a message is watched.
WATCHED_FOR = 3600.0


@dataclass(slots=True, eq=False)
class Watch:
    """A message that shows errors.

    Attributes:
        channel: its channel's id.
        ts: its own.
        due: when to look at it, in monotonic seconds.
        errors: what it shows: the summaries, by fingerprint.
        decided: the ids of those who have the emoji on it, and were granted or refused their wish.
        by: the id of who muted it; empty while nobody did.
        until: when that ends, in monotonic seconds.
        is_over: whether it is never looked at again.
    """

    channel: str
    ts: str
    due: float
    errors: dict[str, str] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)
    by: str = ""
    until: float = 0.0
    is_over: bool = False
    _pause: float = SOON
    _next: float = 0.0
    _news_at: float = 0.0
    _records: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """Return what it shows, in words."""
        first, *more = self.errors.values()
        return f"{first} (+{len(more):,} more)" if more else first

    def looked(self, now: float) -> None:
        """Take in that it was looked at."""
        self._next = now + SOON
        self.due = now + (MUTED_PAUSE if self.by else self._pause)
        self._pause *= 2.0

    def mute(self, by: str, until: float) -> None:
        """Take in that somebody has muted it."""
        self.by, self.until = by, until

    def unmute(self) -> None:
        """Take in that nobody mutes it any more."""
        self.by, self._pause = "", SOON

    def is_stale(self, now: float) -> bool:
        """Tell whether there was no news for so long that nobody expects an answer."""
        return not self.by and now - self._news_at >= WATCHED_FOR

    def take_in(self, errors: Iterable[Living], now: float) -> None:
        """Take in what became of its errors, in whichever message; a record more of one is news."""
        records = {(error.ts, error.fingerprint): error.records for error in errors}
        if any(count > self._records.get(key, 0) for key, count in records.items()):
            self._news_at, self._pause = now, SOON
            self.due = min(self.due, max(self._next, now))
        self._records = records
        if self.by and now >= self.until:
            self.by, self.is_over = "", True  # an emoji counts once


class Watches:
    """All messages that are watched."""

    def __init__(self) -> None:
        self._watches: dict[tuple[str, str], Watch] = {}

    def __len__(self) -> int:
        return len(self._watches)

    def take_in(self, living: Collection[Living], now: float) -> None:
        """Take in the errors of now.

        Args:
            living: those whose messages still change.
            now: monotonic seconds.
        """
        shown: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        alike: defaultdict[str, list[Living]] = defaultdict(list)
        for error in living:
            if not error.ts:  # by webhook, which does not tell where it is
                continue
            shown[error.channel, error.ts][error.fingerprint] = error.summary
            alike[error.fingerprint].append(error)
        for key, errors in shown.items():
            if key not in self._watches:
                self._watches[key] = Watch(*key, due=now + SOON, _next=now + SOON)
            self._watches[key].errors = errors
        for watch in self._watches.values():
            watch.take_in((error for fingerprint in watch.errors for error in alike[fingerprint]), now)
        self._watches = {key: watch for key, watch in self._watches.items() if key in shown or not watch.is_stale(now)}

    def hint(self, channel: str, ts: str) -> None:
        """Have a message looked at now, if it is watched: its emoji changed."""
        if watch := self._watches.get((channel, ts)):
            watch.due = 0.0

    def due(self, now: float) -> Sequence[Watch]:
        """Return those to look at now, the one that waited longest first."""
        due = [watch for watch in self._watches.values() if watch.due <= now and not watch.is_over]
        return sorted(due, key=lambda watch: watch.due)
