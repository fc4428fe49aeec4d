"""What has run, or waited, for too long. Not thread-safe: whose it is holds a lock."""

from __future__ import annotations

import math

from slack_logging.active.ledger import Key
from slack_logging.options import format_duration

#: Seconds for which what was cancelled may go on before it is given up, so that its place is free again; ours.
_HEARD_OUT = 30.0

#: Seconds in which nothing was begun though commands wait, after which that is said; ours.
_STALL = 30.0


class Watchdog:
    """Knows by when what runs must have ended, and since when nothing has begun."""

    def __init__(self) -> None:
        self._deadlines: dict[Key, tuple[float, str]] = {}
        self._moved_at = -math.inf
        self._is_told = False

    def limit(self, key: Key, now: float, seconds: float) -> None:
        """Have a command end within so many seconds from now, a monotonic time."""
        self._deadlines[key] = (now + seconds, f"timed out after {format_duration(seconds)}")

    def cancelled(self, key: Key, now: float, reason: str) -> None:
        """Have one that was told to stop end within the time in which it is heard out."""
        said = f"{reason}; it has not stopped within {format_duration(_HEARD_OUT)}, and may go on"
        self._deadlines[key] = min(self._deadlines.get(key, (math.inf, "")), (now + _HEARD_OUT, said))

    def ended(self, key: Key) -> None:
        """Forget a command."""
        self._deadlines.pop(key, None)

    def take_over(self, now: float) -> list[tuple[Key, str]]:
        """Return which have run for too long, each once, and what is told."""
        over = [(key, reason) for key, (at, reason) in self._deadlines.items() if at <= now]
        for key, _ in over:
            del self._deadlines[key]
        return over

    def began(self, key: Key, now: float, seconds: float | None) -> None:
        """Take in that a command was begun, which may have a limit."""
        self.moved(now)
        if seconds is not None:
            self.limit(key, now, seconds)

    def moved(self, now: float) -> None:
        """Take in that a command was begun, or is the first to wait."""
        self._moved_at, self._is_told = now, False

    def stalls(self, now: float) -> bool:
        """Tell, once until something is begun, whether those who wait have done so for too long."""
        if self._is_told or now < self._moved_at + _STALL:
            return False
        self._is_told = True
        return True

    def next(self, *, waits: bool) -> float:
        """Return when to look again, in monotonic seconds; `waits` tells whether a command does."""
        stall = self._moved_at + _STALL if waits and not self._is_told else math.inf
        return min(stall, *(at for at, _ in self._deadlines.values()), math.inf)


def stalled(waiting: int, running: int, stop: str) -> str:
    """Return what the command that runs longest is told when it holds up others; `stop` is the emoji's name."""
    wait = "1 command waits" if waiting == 1 else f"{waiting:,} commands wait"
    run = "this one runs" if running == 1 else f"this and {running - 1} more run"
    return f"{wait} for a place: {run}, and no more do at a time; :{stop}: here makes room"
