"""When the next call may go: token buckets that learn from 429. Pure: no clock, no thread.

One `Pace` serves all handlers and sources of a process that share a token, so that together they stay below
Slack's limits. Processes that cannot see each other settle below them too: every 429 doubles the interval of the
bucket that earned it (to `MAX_INTERVAL`), every quiet minute takes a tenth of what was added away.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from slack_logging.slack.limits import CHANNEL_POSTS, DEFAULT_BUDGET, METHOD_BUDGETS, Budget

#: Seconds between two calls that a bucket slows down to at most.
MAX_INTERVAL = 60.0

#: Shorter waits are none: they are what floating point leaves over.
_EPSILON = 1e-6

#: Not the `random` module's own generator: a program that seeds that one finds it as it left it.
_unseeded = random.SystemRandom()


@dataclass(slots=True)
class _Bucket:
    budget: Budget
    level: float
    filled_at: float
    slowness: float = 1.0
    calm_since: float = 0.0

    @property
    def interval(self) -> float:
        return min(60.0 / self.budget.per_minute * self.slowness, MAX_INTERVAL)

    def wait(self, now: float) -> float:
        """Refill, and return the seconds until a call may go; none where it is 0 or less."""
        while self.slowness > 1.0 and now - self.calm_since >= 60.0:
            self.slowness = max(self.slowness * 0.9, 1.0)
            self.calm_since += 60.0
        self.level = min(self.level + max(now - self.filled_at, 0.0) / self.interval, float(self.budget.burst))
        self.filled_at = now
        return (1.0 - self.level) * self.interval

    def slow_down(self, now: float) -> None:
        """A 429: empty, and twice as slow from here."""
        self.wait(now)
        self.level = 0.0
        if self.interval < MAX_INTERVAL:
            self.slowness *= 2.0
        self.calm_since = now


class Pace:
    """The budget of one app in one workspace.

    Args:
        jitter: returns numbers from 0 to 1; spreads what waits for the same moment.
    """

    def __init__(self, jitter: Callable[[], float] = _unseeded.random) -> None:
        self._jitter = jitter
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._paused_until: dict[str, float] = {}

    def acquire(self, method: str, channel: str, now: float) -> float:
        """Take a place for a call and return 0.0, or take nothing and return the seconds to wait.

        Args:
            method: the Web API method, such as ``"chat.postMessage"``.
            channel: where it posts; other methods are counted for the whole workspace.
            now: monotonic seconds.
        """
        buckets = self._buckets_of(method, channel, now)
        pause = self._paused_until.get(method, now) - now
        wait = max(pause, *(bucket.wait(now) for bucket in buckets))
        if wait > _EPSILON:
            return wait
        for bucket in buckets:
            bucket.level -= 1.0
        return 0.0

    def throttled(self, method: str, channel: str, retry_after: float, now: float) -> None:
        """Take in a 429: nobody calls `method` for `retry_after` seconds, and slower from then on.

        The pause is for the whole workspace: Slack counts by method, and whether a refused post concerns only its
        channel is not documented. Source: Rate limits.
        """
        self._paused_until[method] = max(
            self._paused_until.get(method, now), now + retry_after * (1.0 + 0.1 * self._jitter())
        )
        self._buckets_of(method, channel, now)[-1].slow_down(now)

    def _buckets_of(self, method: str, channel: str, now: float) -> list[_Bucket]:
        """Return the workspace's bucket and, for a post, the channel's: the narrowest last."""
        buckets = [self._bucket((method, ""), METHOD_BUDGETS.get(method, DEFAULT_BUDGET), now)]
        if method == "chat.postMessage":
            buckets.append(self._bucket((method, channel), CHANNEL_POSTS, now))
        return buckets

    def _bucket(self, key: tuple[str, str], budget: Budget, now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(budget, float(budget.burst), now)
        return bucket


class Backoff:
    """How long to wait after a failure: 1, 2, 4 ... 60 seconds, each shortened by up to a half at random.

    Args:
        first: seconds after the first failure.
        most: seconds that it grows to.
        jitter: returns numbers from 0 to 1.
    """

    def __init__(self, first: float = 1.0, most: float = 60.0, jitter: Callable[[], float] = _unseeded.random) -> None:
        self._first = first
        self._most = most
        self._jitter = jitter
        self._failures = 0

    @property
    def has_failed(self) -> bool:
        """Tell whether the last attempt failed."""
        return self._failures > 0

    def failed(self) -> float:
        """Count a failure and return the seconds to wait."""
        delay = min(self._first * 2.0**self._failures, self._most)
        self._failures = min(self._failures + 1, 32)
        return delay * (1.0 - 0.5 * self._jitter())

    def succeeded(self) -> None:
        """Start again from `first`."""
        self._failures = 0
