"""What the rate limits and the planned faults are doing now, as the page shows it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slack_logging.local.api.ratelimits import Level
from slack_logging.local.events.deliveries import Delivery
from slack_logging.local.events.sockets import Socket
from slack_logging.local.state.apps import App
from slack_logging.local.state.workspace import Workspace

if TYPE_CHECKING:
    from slack_logging.local.slack import LocalSlack

#: Calls that failed, faults that happened, and deliveries that are shown of each kind. Ours.
ROWS_SHOWN = 5

#: Calls in which they are looked for: enough to hold any storm, few enough to look through every second. Ours.
_CALLS_SEARCHED = 2000


def readings(slack: LocalSlack, apps: list[App]) -> dict[str, Any]:
    """Return what the page's panel shows.

    Args:
        slack: what is looked at.
        apps: all of them.

    Returns:
        `buckets`: lists of `name`, `left`, `capacity` and `per_minute`; `failed`: the newest calls that were refused or
        not answered, as `method`, `error` (see `Call`) and `time` (epoch seconds of the server's clock); `faults`:
        those to come, in the notation in which they are planned; `met`: those that are under way, and the newest that
        are over, as `fault` (so written), `time` and `lasts`; `calls`: how many came so far; `sockets`: the open
        connections with their `app`, `port`, `sent`, `acked`, `deaf` and `mute`; `deliveries`: what is not
        acknowledged, as `app`, `what`, `attempt`, `reason` and `due` (seconds until it is sent again); `more`: how many
        of these are left out.
    """
    calls = slack.calls()
    failed = (call for call in reversed(calls[-_CALLS_SEARCHED:]) if call.error is not None)
    now = slack.workspace.clock.time()
    deliveries = [_delivery(app, each, now) for app in apps for each in slack.deliveries(app)]
    return {
        "buckets": [_bucket(level, slack.workspace) for level in slack.rate_levels()],
        "failed": [
            {"method": call.method, "error": call.error, "time": call.time}
            for call in itertools.islice(failed, ROWS_SHOWN)
        ],
        "faults": [f"{method}={fault}" for method, fault in slack.faults()],
        "met": _met(slack, now),
        "calls": len(calls),
        "sockets": [_socket(socket) for app in apps for socket in slack.sockets(app)],
        "deliveries": deliveries[:ROWS_SHOWN],
        "more": len(deliveries[ROWS_SHOWN:]),
    }


def _met(slack: LocalSlack, now: float) -> list[dict[str, Any]]:
    """Return the faults whose calls still wait, and then the newest others."""
    real = time.monotonic()
    newest = [(met, met.lasts(now, real)) for met in reversed(slack.faults_met())]
    over = [pair for pair in newest if not pair[1]]
    return [
        {"fault": f"{met.method}={replace(met.fault, times=1, probability=1.0)}", "time": met.time, "lasts": lasts}
        for met, lasts in [pair for pair in newest if pair[1]] + over[:ROWS_SHOWN]
    ]


def _socket(socket: Socket) -> dict[str, Any]:
    counts = {"sent": socket.sent, "acked": socket.acked}
    return {"app": socket.app.name, "port": socket.port, "deaf": socket.is_deaf, "mute": socket.is_mute} | counts


def _delivery(app: App, delivery: Delivery, now: float) -> dict[str, Any]:
    payload = delivery.payload
    return {
        "app": app.name,
        "what": payload.get("command") or payload.get("event", payload)["type"],
        "attempt": delivery.attempt,
        "reason": delivery.reason,
        "due": max(0.0, round(delivery.due - now, 1)),
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
