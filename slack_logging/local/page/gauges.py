"""What the rate limits and the planned faults are doing now, as the page shows it."""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from slack_logging.local.api.ratelimits import Level
from slack_logging.local.state.workspace import Workspace

if TYPE_CHECKING:
    from slack_logging.local.slack import LocalSlack

#: Calls that failed that are shown, the newest first. Ours.
FAILURES_SHOWN = 5

#: Calls in which they are looked for: enough to hold any storm, few enough to look through every second. Ours.
_CALLS_SEARCHED = 2000


def readings(slack: LocalSlack) -> dict[str, Any]:
    """Return what the page's panel shows.

    Returns:
        `buckets`: lists of `name`, `left`, `capacity` and `per_minute`; `failed`: the newest calls that were refused or
        met a fault, as `method`, `error` (see `Call`) and `time` (epoch seconds of the server's clock); `faults`: those
        to come, in the notation in which they are planned; `calls`: how many came so far.
    """
    calls = slack.calls()
    failed = (call for call in reversed(calls[-_CALLS_SEARCHED:]) if call.error is not None)
    return {
        "buckets": [_bucket(level, slack.workspace) for level in slack.rate_levels()],
        "failed": [
            {"method": call.method, "error": call.error, "time": call.time}
            for call in itertools.islice(failed, FAILURES_SHOWN)
        ],
        "faults": [f"{method}={fault}" for method, fault in slack.faults()],
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
    """Return a bucket's key as people read it: the app first, and names in place of ids."""
    apps = {user.app_id: user.name for user in workspace.users.values() if user.app_id}
    parts = [str(part) for part in key] if isinstance(key, tuple) else [str(key)]
    if parts[0] == "post" and len(parts) == 2:
        parts.append("(all channels)")
    named = [f"@{apps[part]}" for part in parts if part in apps]
    return " ".join(named + [_spoken(part, workspace) for part in parts if part not in apps])


def _spoken(part: str, workspace: Workspace) -> str:
    return f"#{workspace.channels[part].name}" if part in workspace.channels else part
