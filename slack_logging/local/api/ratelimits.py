"""Token buckets: how often each method may be called. Pure: every call brings its own `now`.

Slack publishes what its tiers sustain, not what they tolerate in a burst; the capacities are ours.
Source: Rate limits.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls that a bucket refills in a minute, and calls that it holds."""

    per_minute: float
    capacity: float


def _tier(per_minute: float) -> Budget:
    return Budget(per_minute, capacity=2 * per_minute)


TIER_1: Final = _tier(1)
TIER_2: Final = _tier(20)
TIER_3: Final = _tier(50)
TIER_4: Final = _tier(100)

#: For auth.test and chat.getPermalink: "hundreds of requests per minute".
SPECIAL: Final = _tier(600)

#: Posts by any means to one channel: one a second, short bursts tolerated.
CHANNEL_POSTS: Final = Budget(60, capacity=5)

#: Posts by any means to the workspace. Ours: Slack says "several hundred" a minute.
WORKSPACE_POSTS: Final = Budget(300, capacity=300)

#: Events to one app: 30,000 in 60 minutes. Source: Rate limits, "Events API".
EVENTS: Final = Budget(500, capacity=30_000)

#: The least and the greatest factor that means something: beyond them waits and levels are no numbers any more.
FACTORS: Final = (1e-6, 1e6)

Bucket = tuple[Hashable, Budget]


@dataclass(frozen=True, slots=True)
class Level:
    """How full a bucket is.

    Attributes:
        key: as it was taken from.
        left: calls that may go now, whole ones and a part of the next.
        budget: what it holds and refills, the limiter's factor included.
    """

    key: Hashable
    left: float
    budget: Budget


def is_factor(value: float) -> bool:
    """Tell whether budgets may be multiplied by a number; 0 switches limiting off."""
    return value == 0 or FACTORS[0] <= value <= FACTORS[1]


class RateLimiter:
    """All buckets of one server. Not thread-safe.

    Args:
        factor: multiplies every budget, 2.0 allows twice as much; 0 switches limiting off.
    """

    def __init__(self, factor: float = 1.0) -> None:
        if not is_factor(factor):
            raise ValueError(
                f"rate_limit is {factor!r}: give a factor such as 1.0 (Slack's own limits), from {FACTORS[0]:g} to "
                f"{FACTORS[1]:,.0f}, or 0 for no limits"
            )
        self._factor = factor
        self._levels: dict[Hashable, tuple[float, float, Budget]] = {}

    def take(self, buckets: Sequence[Bucket], now: float) -> int:
        """Take one call out of every bucket, or out of none.

        Args:
            buckets: key and budget of each limit that the call comes under.
            now: seconds; must not go back.

        Returns:
            0 if the call may go, else whole seconds, at least 1, after which it can: Slack's ``Retry-After``.
        """
        if not self._factor:
            return 0
        wait, levels = 0.0, {}
        for key, budget in buckets:
            real = Budget(budget.per_minute * self._factor, max(budget.capacity * self._factor, 1.0))
            level, then, _ = self._levels.get(key, (real.capacity, now, real))
            level = _refilled(level, now - then, real)
            wait = max(wait, (1 - level) / (real.per_minute / 60))
            levels[key] = (level - 1, now, real)
        # A hair of a call is rounding error, and no reason to send somebody away for a second.
        if wait > 1e-6:
            return max(1, math.ceil(wait - 1e-6))
        self._levels.update(levels)
        return 0

    def levels(self, now: float) -> list[Level]:
        """Return all buckets that were ever taken from, in the order in which they first were.

        Args:
            now: seconds, as in `take`.
        """
        return [
            Level(key, _refilled(level, now - then, budget), budget)
            for key, (level, then, budget) in self._levels.items()
        ]


def _refilled(level: float, seconds: float, budget: Budget) -> float:
    return min(budget.capacity, level + seconds * budget.per_minute / 60)
