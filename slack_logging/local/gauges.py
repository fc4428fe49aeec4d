"""What the rate limits and the planned faults are doing now, as the page shows it."""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from typing import Any, Protocol

from slack_logging.local.calls import Call
from slack_logging.local.faults import Fault
from slack_logging.local.ratelimits import Level
from slack_logging.local.workspace import Workspace

#: Refusals for coming too soon that are shown, the newest first. Ours.
REFUSALS_SHOWN = 5

#: Calls in which they are looked for: enough to hold any storm, few enough to look through every second. Ours.
_CALLS_SEARCHED = 2000


class Wire(Protocol):
    """What is asked of the server's HTTP side; `LocalSlack` is one."""

    def calls(self, method: str | None = None) -> list[Call]:
        """Return the last calls, the newest last."""

    def rate_levels(self) -> list[Level]:
        """Return how full each rate limit is."""

    def fault(self, method: str, fault: Fault) -> None:
        """Plan a fault."""

    def clear_faults(self) -> None:
        """Forget the planned faults."""


def readings(wire: Wire, workspace: Workspace) -> dict[str, Any]:
    """Return what the page's panel shows.

    Returns:
        `buckets`: lists of `name`, `left`, `capacity` and `per_minute`; `refused`: the newest calls that were answered
        429, as `method` and `time` (epoch seconds of the server's clock); `faults`: in the notation in which they are
        planned; `calls`: how many came so far.
    """
    calls = wire.calls()
    refused = (call for call in reversed(calls[-_CALLS_SEARCHED:]) if call.status == 429)
    return {
        "buckets": [_bucket(level, workspace) for level in wire.rate_levels()],
        "refused": [{"method": call.method, "time": call.time} for call in itertools.islice(refused, REFUSALS_SHOWN)],
        "faults": [f"{method}={fault}" for method, fault in getattr(wire, "faults", list)()],
        "calls": len(calls),
    }


def _bucket(level: Level, workspace: Workspace) -> dict[str, Any]:
    return {
        "name": _name(level.key, workspace),
        "left": max(0.0, round(level.left, 1)),
        "capacity": level.budget.capacity,
        "per_minute": level.budget.per_minute,
    }


def _name(key: Hashable, workspace: Workspace) -> str:
    """Return a bucket's key as people read it: names in place of ids."""
    if key == "post":
        return "post (all channels)"
    parts = key if isinstance(key, tuple) else (key,)
    return " ".join(_spoken(str(part), workspace) for part in parts)


def _spoken(part: str, workspace: Workspace) -> str:
    if part in workspace.channels:
        return f"#{workspace.channels[part].name}"
    return f"@{workspace.users[part].name}" if part in workspace.users else part


def parse_fault(spec: str) -> tuple[str, Fault]:
    """Stand in for the notation's own parser."""
    method, _, kind = spec.partition("=")
    if kind not in ("cut_before", "cut_after", "rate_limited"):
        raise ValueError(f"{kind!r} is no fault; expected cut_before, cut_after or rate_limited")
    return method, getattr(Fault, kind)()
