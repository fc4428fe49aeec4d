"""The loggers of the process: what reaches Slack, and changing levels."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta

from slack_logging import reach
from slack_logging.active.builtins import levels
from slack_logging.active.command import Command
from slack_logging.active.origin import Operated
from slack_logging.errors import BadArguments, CommandError
from slack_logging.options import format_duration, nearest

_LEVELS = "DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET or a number"

#: Digits of a level's number; levels of one's own lie among the standard ones, which end at 50.
_MOST_DIGITS = 4


def loggers(prefix: str = "", *, command: Command) -> str:
    """Show which loggers reach Slack.

    Args:
        prefix: how their names begin, or root; else all that differ from the one above
        command: who asks
    """
    nodes = reach.current()
    names = sorted(name for name in nodes if not reach.is_own(name))
    if prefix:
        shown = [""] if prefix.lower() == "root" else [name for name in names if name and name.startswith(prefix)]
    else:
        shown = [name for name in names if not name or nodes[name] != reach.Node()]
    if not shown:
        raise BadArguments(f"no logger begins with {prefix!r}: {_hint(prefix, names)}")
    pending = levels.pending(command.origin.clock.monotonic())
    width = max(len(name or "root") for name in shown)
    lines = [f"{name or 'root':{width}}  {_told(name, nodes, pending.get(name))}" for name in shown]
    if not prefix and (left := len(names) - len(shown)):
        lines.append(f"{left:,} more do as the one above them; loggers PREFIX shows them")
    return "\n".join(lines)


def _told(name: str, nodes: dict[str, reach.Node], pending: levels.Pending | None) -> str:
    back = f", in {format_duration(int(pending.left))} {logging.getLevelName(pending.level)}" if pending else ""
    story = reach.told(name, nodes, logging.root.manager.disable)
    return f"{logging.getLevelName(nodes[name].level)}{back}: {story.text}"


def level(logger: str, level: str, *, for_: timedelta | None = None, command: Command) -> str:
    """Change a logger's level.

    Args:
        logger: its name, or root
        level: DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET or a number
        for_: then it goes back by itself, else it stays so
        command: who asks
    """
    name = "" if logger.lower() == "root" else _existing(logger)
    number = _number(level)
    duration = for_.total_seconds() if for_ is not None else None
    if duration is not None and duration <= 0:
        raise BadArguments("--for must be more than nothing, such as 10m")
    try:
        former, lasting = levels.change(name, number, duration, command.origin.clock)
    except RuntimeError as error:
        raise CommandError(f"nothing was changed: no thread to set it back could be started ({error})") from error
    changed = f"{name or 'root'}: {logging.getLevelName(former)} -> {logging.getLevelName(number)}"
    changed += f" in {command.origin.instance.name}"  # and in no other process of the service
    if duration is not None:
        changed += f" for {format_duration(duration)}, then back to {logging.getLevelName(lasting)}"
    if note := _unshown(name, number, command.origin.operated):
        changed += f" ({note})"
    return changed


def _unshown(name: str, number: int, operated: Operated | None) -> str:
    """Return why a level that was set will not show in Slack all the same; nothing if it will."""
    if operated is None:
        return ""
    story = reach.told(name, reach.current(), logging.root.manager.disable)
    if not story.is_some:
        return story.text
    is_lower = logging.NOTSET < number < operated.level
    return f"the Slack handler shows {logging.getLevelName(operated.level)} and above" if is_lower else ""


def _number(level: str) -> int:
    """Return a level's number: by its name, in any case and also one that the program added, or as it was typed."""
    if level.isdecimal() and len(level) <= _MOST_DIGITS:
        return int(level)
    for name in (level, level.upper()):
        number = logging.getLevelName(name)
        if isinstance(number, int):
            return number
    raise BadArguments(f"no level {level!r}: use {_LEVELS}")


def _existing(name: str) -> str:
    """Return a logger's name if there is such a logger: setting one that nobody logs to would do nothing, silently."""
    if name.partition(".")[0] == "slack_logging":
        raise CommandError("the levels of slack_logging itself, of its audit too, are for its configuration alone")
    known = logging.root.manager.loggerDict
    if name in known:
        return name
    raise BadArguments(f"no logger {name!r}: {_hint(name, known)}")


def _hint(name: str, known: Collection[str]) -> str:
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else "nothing logs by that name"
