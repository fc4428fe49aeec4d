"""Which loggers' records reach Slack, from which level on, and why others' do not. Pure.

It follows what `logging` does with a record: the logger's own switch and level, then every handler on the way up to
root until `propagate` is off, each with a level of its own. Source: logging.Logger, logging.config.dictConfig.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_logging.console.finding import Finding, note, ok, wrong
from slack_logging.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Outlet:
    """A handler whose records end in Slack, by itself or through another handler.

    Attributes:
        handler: its name in the config; empty where code made it.
        place: the channel.
        level: from which on it takes records.
        filtered: it has filters, which may refuse more.
    """

    handler: str
    place: str
    level: int
    filtered: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A logger as it is once logging is configured.

    Attributes:
        level: its own; 0 means that the next above decides.
        propagate: its records go on to the handlers above.
        disabled: it drops everything.
        outlets: those of its handlers that end in Slack.
        filtered: it has filters, which concern what is logged to it directly.
    """

    level: int = logging.NOTSET
    propagate: bool = True
    disabled: bool = False
    outlets: tuple[Outlet, ...] = ()
    filtered: bool = False


def configured(
    config: Mapping[str, Any], existing: Mapping[str, Node], outlets: Mapping[str, Outlet]
) -> dict[str, Node]:
    """Return all loggers as `dictConfig` would leave them; root's name is empty.

    Args:
        config: the whole.
        existing: the loggers that there are before, root among them.
        outlets: by handler's name.

    Raises:
        ConfigurationError: a level is none.
    """
    named: Mapping[str, Mapping[str, Any]] = config.get("loggers") or {}
    disables = bool(config.get("disable_existing_loggers", True))
    nodes: dict[str, Node] = {}
    for name, node in existing.items():
        if not name:
            nodes[name] = node
        elif any(name.startswith(f"{parent}.") for parent in named):
            nodes[name] = Node(disabled=node.disabled)
        else:
            nodes[name] = replace(node, disabled=disables)
    entries = {**named, **({"": config["root"]} if config.get("root") else {})}
    for name, entry in entries.items():
        before = existing.get(name, Node())
        level, propagate = entry.get("level"), entry.get("propagate")
        nodes[name] = Node(
            level=before.level if level is None else level_number(f"logger {name or 'root'}", level),
            propagate=before.propagate if propagate is None or not name else bool(propagate),
            outlets=tuple(outlets[handler] for handler in entry.get("handlers") or () if handler in outlets),
            filtered=bool(entry.get("filters")) or before.filtered,
        )
    return nodes


def level_number(where: str, level: object) -> int:
    """Return the number of a level as a config gives it.

    Raises:
        ConfigurationError: there is no such level.
    """
    number = logging.getLevelName(level) if isinstance(level, str) else level
    if not isinstance(number, int):
        raise ConfigurationError(f"{where}: level={level!r}: expected a level's name, such as WARNING, or its number")
    return number


def told(nodes: Mapping[str, Node]) -> Iterator[Finding]:
    """Say for each logger whether its records reach Slack; the last line is about all, if none does."""
    reaching = False
    for name in sorted(nodes):
        if _is_own(name):
            continue
        finding = _told(name, nodes)
        reaching = reaching or finding.state == "ok"
        yield finding
    if not reaching:
        yield wrong("loggers", "no record reaches Slack: put the handler on root, or on a logger of yours")


def _told(name: str, nodes: Mapping[str, Node]) -> Finding:
    node, subject = nodes[name], f"logger {name or 'root'}"
    if node.disabled:
        why = "the config disables loggers that exist before it: set disable_existing_loggers to False"
        return note(subject, f"nothing reaches Slack: {why}")
    way = list(_way_up(name, nodes))
    found = {outlet: None for step in way for outlet in nodes[step].outlets}
    if not found:
        last = way[-1]
        if last and any(nodes[above].outlets for above in _ancestors(last, nodes)):
            return note(subject, f"nothing reaches Slack: propagate is off on {last}, and it has no Slack handler")
        return note(subject, "nothing reaches Slack: there is no Slack handler on it or above")
    level, decided_by = _effective_level(name, nodes)
    parts = [_through(outlet, level, decided_by) for outlet in found]
    filters = " (its filters may refuse some)" if node.filtered else ""
    return ok(subject, f"{'; '.join(parts)}{filters}")


def _through(outlet: Outlet, level: int, decided_by: str) -> str:
    handler = f"handler {outlet.handler}" if outlet.handler else "a handler without a name"
    first, why = (outlet.level, f"{handler}'s") if outlet.level > level else (level, decided_by)
    filters = f"; filters on {handler} may refuse some" if outlet.filtered else ""
    return f"{logging.getLevelName(first)} and above reach {outlet.place} ({why} level{filters})"


def _effective_level(name: str, nodes: Mapping[str, Node]) -> tuple[int, str]:
    """Return the level from which on a logger takes records, and whose it is."""
    for step in (name, *_ancestors(name, nodes)):
        if nodes[step].level:
            return nodes[step].level, "its own" if step == name else f"{step or 'root'}'s"
    return logging.NOTSET, "no"


def _way_up(name: str, nodes: Mapping[str, Node]) -> Iterator[str]:
    """Return the loggers whose handlers are asked, the logger itself first."""
    for step in (name, *_ancestors(name, nodes)):
        yield step
        if not nodes[step].propagate:
            return


def _ancestors(name: str, nodes: Mapping[str, Node]) -> list[str]:
    """Return the loggers above, the nearest first."""
    parts = name.split(".")
    above = [".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]
    return [step for step in [*above, *([""] if name else [])] if step in nodes]


def _is_own(name: str) -> bool:
    """Tell the loggers whose records the handler leaves out: they would never end."""
    return name.partition(".")[0] in ("slack_logging", "slack_sdk") and name != "slack_logging.audit"
