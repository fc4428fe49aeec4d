"""What `dictConfig` refuses in a config besides its Slack handlers, found without configuring anything.

It follows logging.config.DictConfigurator. Formatters of the standard library are made, as that does nothing; classes
and factories of others are looked up only, and of handlers' it is asked whether they can be called so.
"""

from __future__ import annotations

import difflib
import inspect
import logging.config
import logging.handlers
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from slack_logging.console import ini
from slack_logging.console.finding import Finding, wrong
from slack_logging.console.reach import level_number
from slack_logging.errors import ConfigurationError

Entry = Mapping[str, Any]

#: Keys of a handler's entry that are not passed on to its class.
_TAKEN_OFF = ("formatter", "level", "filters", ".")


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
    for name, entry in config["handlers"].items():
        yield from _handler(f"handler {name}", entry, config)
    loggers = {**config.get("loggers", {}), **({"root": config["root"]} if config.get("root") else {})}
    for name, entry in loggers.items():
        yield from _level(f"logger {name}", entry)
        yield from _unknown(f"logger {name}", "handler", entry.get("handlers"), config)
        yield from _unknown(f"logger {name}", "filter", entry.get("filters"), config)


def _handler(subject: str, entry: Entry, config: Entry) -> Iterator[Finding]:
    if "class" not in entry and "()" not in entry:
        yield wrong(subject, "has no class: add one, such as 'class': 'slack_logging.SlackHandler'")
    yield from _level(subject, entry)
    formatter = entry.get("formatter")
    yield from _unknown(subject, "formatter", [formatter] if formatter else [], config)
    yield from _unknown(subject, "filter", entry.get("filters"), config)
    if str(entry.get("class")).endswith(("MemoryHandler", "QueueHandler")):
        yield from _unknown(subject, "handler", [entry.get("target")], config)
        yield from _unknown(subject, "handler", entry.get("handlers"), config)


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


def called(entry: Entry, factory: Any, configurator: logging.config.DictConfigurator) -> None:
    """Look whether what makes a handler takes what an entry gives, without calling it.

    Raises:
        ConfigurationError: that needs a later Python.
        TypeError: an argument is unknown, or missing.
        ValueError: a name is none.
    """
    if makes_listener(entry, factory):
        return
    try:
        signature = inspect.signature(factory, follow_wrapped=False)  # a wrapper may take more
    except (TypeError, ValueError):
        return  # what is made in C may have none
    if ini.CALL in entry:
        args, kwargs = entry[ini.CALL]
        signature.bind(*args, **kwargs)
        return
    taken_off = (*_TAKEN_OFF, "()" if "()" in entry else "class")
    given = dict.fromkeys(name for name in entry if name not in taken_off)
    try:
        configurator.configure_handler({**given, "()": signature.bind})
    except TypeError:
        if _is_for_queue(entry, factory) and "handlers" in given:
            version = ".".join(map(str, sys.version_info[:2]))
            raise ConfigurationError(
                f"handlers: dictConfig makes a queue's listener from Python 3.12 on, and this is {version}: name them "
                "on the logger instead, as a SlackHandler needs no queue before it"
            ) from None
        raise


def makes_listener(entry: Entry, factory: object) -> bool:
    """Tell whether `dictConfig` makes a queue's handler, and its listener, otherwise than by calling the class.

    Source: Python, logging.config, "Configuring QueueHandler and QueueListener".
    """
    return sys.version_info >= (3, 12) and ini.CALL not in entry and _is_for_queue(entry, factory)


def _is_for_queue(entry: Entry, factory: object) -> bool:
    is_class = "()" not in entry and isinstance(factory, type)
    return is_class and issubclass(cast("type", factory), logging.handlers.QueueHandler)


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
