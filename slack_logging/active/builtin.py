"""The commands that every router has. A command of your own with the same name takes their place."""

from __future__ import annotations

import difflib
import logging
import platform
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol

from slack_logging.active import levels
from slack_logging.active.command import Command
from slack_logging.errors import BadArguments
from slack_logging.options import format_duration

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "NOTSET")


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
    rows = {
        "service": origin.instance.service,
        "instance": origin.instance.name,
        "python": platform.python_version(),
        "reading for": format_duration(int(origin.clock.monotonic() - origin.since)),
        "running": ", ".join(f"{each.heard.shown} ({each.user})" for each in origin.running() if each.ts != command.ts)
        or "nothing else",
    }
    if origin.operated is not None:
        stats = origin.operated.stats()
        rows["records"] = (
            f"{stats.emitted:,} emitted = {stats.delivered:,} delivered + {stats.merged:,} merged"
            f" + {sum(stats.dropped.values()):,} dropped + {stats.pending:,} pending"
        )
        if stats.dropped:
            rows["dropped"] = ", ".join(f"{count:,} {reason}" for reason, count in stats.dropped.items())
    return "\n".join(f"{name:11}  {value}" for name, value in rows.items())


def level(logger: str, level: str, *, for_: timedelta | None = None, command: Command) -> str:
    """Change a logger's level.

    Args:
        logger: its name, or root
        level: DEBUG, INFO, WARNING, ERROR, CRITICAL or NOTSET
        for_: then it goes back by itself, else it stays so
        command: who asks
    """
    name = "" if logger.lower() == "root" else _existing(logger)
    if level.upper() not in _LEVELS:
        raise BadArguments(f"no level {level!r}: use one of {', '.join(_LEVELS)}")
    number: int = getattr(logging, level.upper())
    duration = for_.total_seconds() if for_ is not None else None
    if duration is not None and duration <= 0:
        raise BadArguments("--for must be more than nothing, such as 10m")
    former, lasting = levels.change(name, number, duration, command.origin.clock)
    changed = f"{name or 'root'}: {logging.getLevelName(former)} -> {logging.getLevelName(number)}"
    if duration is not None:
        changed += f" for {format_duration(duration)}, then back to {logging.getLevelName(lasting)}"
    operated = command.origin.operated
    if operated is not None and logging.NOTSET < number < operated.level:
        changed += f" (the Slack handler shows {logging.getLevelName(operated.level)} and above)"
    return changed


def _existing(name: str) -> str:
    """Return a logger's name if there is such a logger: setting one that nobody logs to would do nothing, silently."""
    known = logging.root.manager.loggerDict
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "nothing logs by that name"
    raise BadArguments(f"no logger {name!r}: {hint}")


COMMANDS: Mapping[str, Callable[..., object]] = {"help": help_, "ping": ping, "status": status, "level": level}
