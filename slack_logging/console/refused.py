"""What `dictConfig` refuses in a config besides its Slack handlers, found without configuring anything.

It follows logging.config.DictConfigurator. Formatters of the standard library are made, as that does nothing; classes
and factories of others are looked up only.
"""

from __future__ import annotations

import difflib
import logging.config
import logging.handlers
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from slack_logging.console.called import Entry, looked_up, makes_listener
from slack_logging.console.finding import Finding, wrong
from slack_logging.console.reach import level_number
from slack_logging.errors import ConfigurationError


def misshapen(config: Entry) -> str:
    """Return which part is not built as `dictConfig` wants it; empty where all are."""
    for section in ("formatters", "filters", "handlers", "loggers"):
        entries = config.get(section, {})
        if not isinstance(entries, Mapping):
            return f"{section}: expected a mapping from names, got {type(entries).__name__}"
        for name, entry in entries.items():
            if not isinstance(entry, Mapping):
                return f"{section}: {name}: expected a mapping, got {type(entry).__name__}"
    root = config.get("root") or {}
    return "" if isinstance(root, Mapping) else f"root: expected a mapping, got {type(root).__name__}"


def refused(config: Entry, configurator: logging.config.DictConfigurator) -> Iterator[Finding]:
    """Say what is wrong with a config that is not misshapen.

    Args:
        config: as it was given.
        configurator: of the same; looks up and makes.
    """
    if "version" not in config:
        yield wrong("version", "is missing: add 'version': 1")
    elif config["version"] != 1:
        yield wrong("version", f"is {config['version']!r}: it must be 1")
    if config.get("incremental"):
        yield wrong("incremental", "is on, so that no handler is made: take it out")
    for name, entry in configurator.config.get("formatters", {}).items():
        yield from _looked_up(f"formatter {name}", entry, configurator, configurator.configure_formatter)
    for name, entry in configurator.config.get("filters", {}).items():
        yield from _looked_up(f"filter {name}", entry, configurator, configurator.configure_filter)
    for name in config["handlers"]:
        yield from _handler(name, config, configurator)
    loggers = {**config.get("loggers", {}), **({"root": config["root"]} if config.get("root") else {})}
    for name, entry in loggers.items():
        yield from _level(f"logger {name}", entry)
        yield from _unknown(f"logger {name}", "handler", entry.get("handlers"), config)
        yield from _unknown(f"logger {name}", "filter", entry.get("filters"), config)


def _handler(name: str, config: Entry, configurator: logging.config.DictConfigurator) -> Iterator[Finding]:
    subject, entry = f"handler {name}", config["handlers"][name]
    if "class" not in entry and "()" not in entry:
        yield wrong(subject, "has no class: add one, such as 'class': 'slack_logging.SlackHandler'")
    yield from _level(subject, entry)
    formatter = entry.get("formatter")
    yield from _unknown(subject, "formatter", [formatter] if formatter else [], config)
    yield from _unknown(subject, "filter", entry.get("filters"), config)
    yield from _unknown(subject, "handler", _named(configurator.config["handlers"][name], configurator), config)


def _named(entry: Entry, configurator: logging.config.DictConfigurator) -> object:
    """Return the handlers for which `dictConfig` looks by what an entry names."""
    try:
        factory = looked_up(entry, configurator)
    except (Exception, SystemExit):  # noqa: BLE001 - said when it is looked up to be called
        return None
    if makes_listener(entry, factory):
        return entry.get("handlers")
    is_class = "()" not in entry and isinstance(factory, type)
    return [entry.get("target")] if is_class and issubclass(factory, logging.handlers.MemoryHandler) else None


def _level(subject: str, entry: Entry) -> Iterator[Finding]:
    if entry.get("level") is not None:
        try:
            level_number(subject, entry["level"])
        except ConfigurationError as error:
            yield wrong("levels", error)


def _looked_up(
    subject: str, entry: Any, configurator: logging.config.DictConfigurator, configure: Callable[[Any], object]
) -> Iterator[Finding]:
    """Look up what makes a formatter or a filter; make it where that is the standard library."""
    try:
        factory = entry.get("()", entry.get("class"))
        if factory is None:
            configure(entry)
        elif isinstance(factory, str):
            configurator.resolve(factory)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever importing raises, dictConfig would raise it too
        yield wrong(subject, f"{told(error)}{meant(entry)}")


def told(error: BaseException) -> str:
    """Return an error in words; what only its class says is said, too."""
    return str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"


def meant(entry: Entry) -> str:
    """Return a question after the class that was perhaps meant, where an entry's module has no such one."""
    module, _, name = str(entry.get("()", entry.get("class"))).rpartition(".")
    known = dir(sys.modules[module]) if module in sys.modules else []
    near = [] if name in known else difflib.get_close_matches(name, known, n=1)
    return f": did you mean {module}.{near[0]}?" if near else ""


def _unknown(subject: str, kind: str, given: object, config: Entry) -> Iterator[Finding]:
    """Say which names lead nowhere. Filters may be objects as well."""
    if isinstance(given, str):
        yield wrong(subject, f"{kind}s={given!r}: expected a list, such as [{given!r}]")
        return
    known = config.get(f"{kind}s", {})
    for name in given if isinstance(given, (list, tuple)) else ():
        if isinstance(name, str) and name not in known:
            near = difflib.get_close_matches(name, map(str, known), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(map(str, known)) or 'none'}"
            yield wrong(subject, f"names {kind} {name!r}, which does not exist: {hint}")
