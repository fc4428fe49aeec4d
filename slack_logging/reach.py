"""Which loggers' records reach Slack, from which level on, and why others' do not. Pure but for `current`.

It follows what `logging` does with a record: what is switched off for all, the logger's own switch and level, then
every handler on the way up to root until `propagate` is off, each with a level of its own. Source: logging.Logger.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

_AUDIT = "slack_logging.audit"


@runtime_checkable
class Posting(Protocol):
    """A handler whose records end in Slack: `SlackHandler`, and any that says so."""

    @property
    def slack_place(self) -> str:
        """The channel, or what the webhook is called."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """A handler whose records end in Slack, by itself or through another handler.

    Attributes:
        handler: its name in the config; empty where code made it.
        place: the channel.
        level: from which on it takes records.
        filtered: it has filters, which may refuse more.
        context: how many records below ERROR it keeps for the error that follows; 0 where it shows them by themselves.
    """

    handler: str
    place: str
    level: int
    filtered: bool = False
    context: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A logger as it is once logging is configured.

    Attributes:
        level: its own; 0 means that the next above decides.
        propagate: its records go on to the handlers above.
        disabled: it drops everything.
        outlets: those of its handlers that end in Slack.
        filtered: it has filters, which concern what is logged to it directly.
        queued: one of its handlers is for a queue, and who reads that cannot be known from here.
    """

    level: int = logging.NOTSET
    propagate: bool = True
    disabled: bool = False
    outlets: tuple[Outlet, ...] = ()
    filtered: bool = False
    queued: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """What becomes of a logger's records.

    Attributes:
        is_some: some reach Slack.
        text: from which level on and by whose, or why none do.
        is_repeated: some reach one channel more than once.
    """

    is_some: bool
    text: str
    is_repeated: bool = False


def told(name: str, nodes: Mapping[str, Node], barred: int = logging.NOTSET) -> Reach:
    """Return whether a logger's records reach Slack.

    Args:
        name: the logger's; root's is empty.
        nodes: all loggers.
        barred: the level up to which everything is dropped, as `logging.disable` has it.
    """
    node = nodes[name]
    if node.disabled and name != _AUDIT:  # which switches itself on again
        why = "dictConfig and fileConfig disable what exists before: set disable_existing_loggers to False"
        return Reach(False, f"nothing reaches Slack: it is disabled; {why}")
    if barred >= logging.CRITICAL:
        return Reach(False, f"nothing reaches Slack: logging.disable({logging.getLevelName(barred)}) drops all")
    way = list(_way_up(name, nodes))
    level, decided_by = _effective_level(name, nodes)
    if barred >= level:
        level, decided_by = barred + 1, "logging.disable's"
    found: dict[tuple[str, str], list[str]] = {}  # what is said of an outlet, and who has it: a record comes from each
    for step in way:
        for outlet in nodes[step].outlets:
            found.setdefault(_through(outlet, level, decided_by), []).append(step or "root")
    if not found:
        return Reach(False, _without_outlet(way, nodes))
    parts = [f"{what}{_often(owners)} ({why})" for (what, why), owners in found.items()]
    filters = " (its filters may refuse some)" if node.filtered else ""
    places = [outlet.place for step in way for outlet in nodes[step].outlets]
    return Reach(True, f"{'; '.join(parts)}{filters}", is_repeated=len(places) > len(set(places)))


def is_own(name: str) -> bool:
    """Tell the loggers whose records the handler leaves out: they would never end."""
    return name.partition(".")[0] in ("slack_logging", "slack_sdk") and name != _AUDIT


def current() -> dict[str, Node]:
    """Return the loggers of this process as they are now; root's name is empty."""
    made = list(logging.root.manager.loggerDict.items())  # copied at once: others may make some meanwhile
    loggers = {name: logger for name, logger in made if isinstance(logger, logging.Logger)}
    return {name: _node(logger) for name, logger in {"": logging.root, **loggers}.items()}


def _node(logger: logging.Logger) -> Node:
    handlers = list(logger.handlers)
    outlets = [outlet for handler in handlers for outlet in _outlets(handler)]
    queued = any(_is_for_queue(handler) and _listener(handler) is None for handler in handlers)
    return Node(logger.level, logger.propagate, logger.disabled, tuple(outlets), bool(logger.filters), queued)


def _outlets(handler: logging.Handler) -> Iterator[Outlet]:
    """Yield where a handler's records come to Slack. What is behind another is asked for no level of its own."""
    name, filtered = handler.name or "", bool(handler.filters)
    if isinstance(handler, Posting):
        yield Outlet(name, handler.slack_place, handler.level, filtered, getattr(handler, "context", 0))
        return
    listener = _listener(handler)
    behind = [getattr(handler, "target", None), *getattr(listener, "handlers", ())]
    for inner in behind:
        if not isinstance(inner, logging.Handler) or inner is handler:
            continue
        for outlet in _outlets(inner):
            asked = outlet.level if getattr(listener, "respect_handler_level", False) else logging.NOTSET
            level = max(handler.level, asked)
            yield replace(outlet, handler=name, level=level, filtered=filtered or outlet.filtered)


def _is_for_queue(handler: logging.Handler) -> bool:
    handlers = sys.modules.get("logging.handlers")  # whoever has such a handler has loaded it
    return handlers is not None and isinstance(handler, handlers.QueueHandler)


def _listener(handler: logging.Handler) -> object:
    """Return who reads a handler's queue, where it knows: from Python 3.12 on, if `dictConfig` made both."""
    return getattr(handler, "listener", None)


def _without_outlet(way: list[str], nodes: Mapping[str, Node]) -> str:
    last = way[-1]
    queued = [step or "root" for step in way if nodes[step].queued]
    if queued:
        why = f"there is only a queue's handler on {queued[0]}, and who reads the queue is not known here"
        return f"nothing known reaches Slack: {why}"
    if last and any(nodes[above].outlets for above in _ancestors(last, nodes)):
        return f"nothing reaches Slack: propagate is off on {last}, and it has no Slack handler"
    return "nothing reaches Slack: there is no Slack handler on it or above"


def _through(outlet: Outlet, level: int, decided_by: str) -> tuple[str, str]:
    """Return what comes through an outlet, and why no more does."""
    handler = f"handler {outlet.handler}" if outlet.handler else "a handler without a name"
    first, why = (outlet.level, f"{handler}'s") if outlet.level > level else (level, decided_by)
    filters = f"; filters on {handler} may refuse some" if outlet.filtered else ""
    return _shown(outlet, first), f"{why} level{filters}"


def _shown(outlet: Outlet, first: int) -> str:
    """Return what an outlet shows of what it is given from a level on."""
    name = logging.getLevelName(first)
    if not outlet.context or first >= logging.ERROR:
        return f"{name} and above reach {outlet.place}"
    kept = "the record" if outlet.context == 1 else f"the {outlet.context:,} records"
    return f"ERROR and above reach {outlet.place}, {kept} before, from {name} on, as context"


def _often(owners: list[str]) -> str:
    return f" {len(owners)} times, by {' and '.join(dict.fromkeys(owners))}" if len(owners) > 1 else ""


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
