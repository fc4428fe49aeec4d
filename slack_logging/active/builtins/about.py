"""What people ask first: what can be typed, who answers, and how it is."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Protocol

from slack_logging import instance
from slack_logging.active.command import Command
from slack_logging.active.origin import Operated, Origin
from slack_logging.options import format_duration
from slack_logging.slack.literal import one_line, shorten

#: Commands that a line of `status` names at most, and units of each.
_MOST_NAMED, _MAX_NAMED = 10, 80


class Catalogue(Protocol):
    """The commands of the router that runs this one."""

    def overview(self, command: Command) -> str:
        """Return the usage and the summary of each command that the person who typed `command` may run."""

    def manual(self, name: str, command: Command) -> str:
        """Return one command's usage and description. Raises `UnknownCommand`."""


def help_(topic: str | None = None, *, command: Command, catalogue: Catalogue) -> str:
    """List your commands, or explain one.

    Args:
        topic: a command
        command: who asks
        catalogue: what there is
    """
    return catalogue.manual(topic, command) if topic else catalogue.overview(command)


def ping(*, command: Command) -> str:
    """Answer, and say after what time."""
    took = max(command.origin.clock.time() - float(command.ts), 0.0)
    return f"pong from {command.origin.instance.name}, {took:.1f} s after you typed"


def status(*, command: Command) -> str:
    """Show what runs and what was logged."""
    origin = command.origin
    running = [(each.heard.shown, each.user, each.ts) for each in origin.running() if each.ts != command.ts]
    waiting = [(each.shown, each.user, each.key.ts) for each in origin.waiting()]
    pending = [(each.shown, each.user, each.key.ts) for each in origin.pending()]
    rows = {
        "service": origin.instance.service,
        "instance": f"{origin.instance.name}, up {_rounded(instance.uptime())}",
        "python": platform.python_version(),
        "commands": f"{origin.reading}, for {_rounded(origin.clock.monotonic() - origin.since)}",
        "running": _named(running, origin) or "nothing else",
        "waiting": _named(waiting, origin),
        "pending": _named(pending, origin),
        **(_of_records(origin.operated) if origin.operated else {}),
    }
    return "\n".join(f"{name:11}  {value}" for name, value in rows.items() if value)


def _named(typed: Sequence[tuple[str, str, str]], origin: Origin) -> str:
    """Return commands with who typed them and how long ago.

    Args:
        typed: of each its text, its user's id and its `ts`.
        origin: where they come from.
    """
    now = origin.clock.time()
    parts = [
        f"{shorten(one_line(text), _MAX_NAMED)} ({origin.name_of(user)}, {_rounded(now - float(ts))} ago)"
        for text, user, ts in typed[:_MOST_NAMED]
    ]
    return ", ".join([*parts, *([f"{len(typed) - _MOST_NAMED:,} more"] if len(typed) > _MOST_NAMED else [])])


def _of_records(operated: Operated) -> dict[str, str]:
    """Return the rows about the logging side."""
    stats = operated.stats()
    muted = {each.fingerprint: each.muted_until for each in operated.incidents() if each.muted_until is not None}
    return {
        "records to": operated.slack_place,
        "records": f"{stats.emitted:,} emitted = {stats.delivered:,} delivered + {stats.merged:,} merged"
        f" + {sum(stats.dropped.values()):,} dropped + {stats.pending:,} pending",
        "dropped": ", ".join(f"{count:,} {reason}" for reason, count in stats.dropped.items()),
        "muted": f"{len(muted):,} of the errors that the command incidents lists" if muted else "",
    }


def _rounded(seconds: float) -> str:
    return format_duration(max(int(seconds), 0))
