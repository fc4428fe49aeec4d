"""Which loggers' records will reach Slack once a config is applied, and why others' will not. Pure.

Source: logging.config.dictConfig.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from slack_logging import reach
from slack_logging.console.finding import Finding, note, ok, wrong
from slack_logging.errors import ConfigurationError
from slack_logging.reach import Node, Outlet


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
        handlers = dict.fromkeys(entry.get("handlers") or ())  # a logger takes each once
        level, propagate = entry.get("level"), entry.get("propagate")
        nodes[name] = Node(
            level=before.level if level is None else level_number(f"logger {name or 'root'}", level),
            propagate=before.propagate if propagate is None or not name else bool(propagate),
            outlets=tuple(outlets[handler] for handler in handlers if handler in outlets),
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
    """Say for each logger whether its records reach Slack, and no channel twice; at last, if no logger's do."""
    reaching = False
    for name in sorted(nodes):
        if reach.is_own(name):
            continue
        found = reach.told(name, nodes)
        reaching = reaching or found.is_some
        is_well = found.is_some and not found.is_repeated
        yield (ok if is_well else note)(f"logger {name or 'root'}", found.text)
    if not reaching:
        yield wrong("loggers", "no record reaches Slack: put the handler on root, or on a logger of yours")
