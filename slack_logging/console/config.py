"""Somebody's logging config: loading it, and making its Slack handlers without letting them do anything."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import inspect
import json
import logging
import logging.config
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from slack_logging import SlackHandler, options, reach
from slack_logging.active.people.codes import VARIABLE, check_secrets, without_secret
from slack_logging.console import ini
from slack_logging.console.called import called, looked_up, makes_listener
from slack_logging.console.finding import Finding, note, ok, wrong
from slack_logging.console.reach import configured, level_number, told
from slack_logging.console.refused import meant, misshapen, refused
from slack_logging.console.refused import told as in_words
from slack_logging.console.world import Wanted
from slack_logging.errors import ConfigurationError, MissingDependencyError
from slack_logging.reach import Node, Outlet
from slack_logging.slack.address import Address


@dataclass(frozen=True, slots=True)
class Handlers:
    """What a config says about Slack.

    Attributes:
        findings: about its handlers and loggers.
        wanted: what each handler needs of Slack.
        webhooks: those that handlers post by.
    """

    findings: list[Finding]
    wanted: list[Wanted]
    webhooks: list[Address]


def is_file(source: str) -> bool:
    """Tell a file from ``module:NAME``."""
    return source.endswith((".json", ".yaml", ".yml", ".ini"))


def load(source: str) -> dict[str, Any]:
    """Return a logging config: ``module:NAME`` is imported, a file of JSON, YAML or INI is read.

    The module's code runs, and what stands in an INI's ``args`` and ``kwargs``.

    Raises:
        ConfigurationError: there is none to be had there; whatever the module raises is said as such.
    """
    config = _read(source) if is_file(source) else _imported(source)
    if not isinstance(config, Mapping) or "handlers" not in config:
        raise ConfigurationError(f"--config {source}: expected a mapping for dictConfig, with 'handlers' in it")
    if problem := misshapen(config):
        raise ConfigurationError(f"--config {source}: {problem}")
    copy: dict[str, Any] = _copied(config)
    return copy


def _read(path: str) -> object:
    if path.endswith(".ini"):
        kind, read = "INI for fileConfig", cast("Callable[[str], object]", ini.parse)
    else:
        kind, read = ("JSON", json.loads) if path.endswith(".json") else ("YAML", partial(_yaml, path))
    try:
        return read(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"--config {path}: cannot be read: {error.strerror}") from None
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - PyYAML's errors have no base that is known without it
        raise ConfigurationError(f"--config {path}: is no {kind}: {_said(error)}") from None


def _said(error: Exception) -> str:
    """Return what a parser says in one line, without a picture of the place, and without its name for a text."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).replace('in "<unicode string>", ', "at ").split())
    parts = [getattr(error, part, None) for part in ("context", "problem")]
    return f"line {mark.line + 1}, column {mark.column + 1}: {', '.join(filter(None, parts))}"


def _yaml(path: str, text: str) -> object:
    try:
        load = cast("Callable[[str], object]", importlib.import_module("yaml").safe_load)
    except ImportError:
        raise ConfigurationError(f"--config {path}: reading YAML needs PyYAML: pip install PyYAML") from None
    return load(text)


def _imported(source: str) -> object:
    module, _, name = source.partition(":")
    is_path = module.endswith(".py") or "/" in module or os.sep in module
    if not module or is_path or not name.isidentifier():
        such = f"{_module_at(module) or 'myapp.settings'}:{name if name.isidentifier() else 'LOGGING'}"
        parent, _, last = source.rpartition(".")
        if parent and not is_path and ":" not in source and _module_at(source):  # the last dot was meant as the colon
            such = f"{parent}:{last}" if last.isupper() else f"{parent}:{last}, {such}"
        raise ConfigurationError(f"--config {source}: expected MODULE:NAME, such as {such}, FILE.json, .yaml or .ini")
    try:
        with _importing():
            return getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        if isinstance(error, ModuleNotFoundError):
            said += ": run it where your program runs, or set PYTHONPATH"
        elif near := difflib.get_close_matches(name, _mappings(module), n=1):
            said += f": did you mean {near[0]}?"
        raise ConfigurationError(f"--config {source}: {said}") from error


def _mappings(module: str) -> list[str]:
    """Return the names of the mappings in a module; none where it could not be imported."""
    found = vars(sys.modules[module]) if module in sys.modules else {}
    return [name for name, value in found.items() if isinstance(value, Mapping)]


def _module_at(path: str) -> str:
    """Return the name under which the module of a file, or of such a name, is imported from here; empty for none."""
    name = os.path.relpath(path or ".").removesuffix(".py").replace(os.sep, ".")
    return name if all(part.isidentifier() for part in name.split(".")) else ""


@contextlib.contextmanager
def _importing() -> Iterator[None]:
    """Find modules where the program does; what they do must not read commands here, if they configure logging."""
    if sys.path[0] != os.getcwd():
        sys.path.insert(0, os.getcwd())  # as `python -m` does; an installed script looks beside itself only
    commands = os.environ.get("SLACK_LOGGING_COMMANDS")
    os.environ["SLACK_LOGGING_COMMANDS"] = "off"
    try:
        yield
    finally:
        del os.environ["SLACK_LOGGING_COMMANDS"]
        if commands is not None:
            os.environ["SLACK_LOGGING_COMMANDS"] = commands


def _copied(value: Any) -> Any:
    """Copy what a config is made of, so that the original stays as it is; objects in it are the same."""
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def slack_handlers(config: dict[str, Any], *, from_file: bool = False) -> Handlers:
    """Make the config's Slack handlers, look at them, and say which loggers reach them. No I/O, but importing.

    Args:
        config: the whole.
        from_file: nothing was imported for it, so that what the program imports before is unknown; the router may be
            among that, and is supposed to be, as its loggers are lost then. Otherwise it comes when reading starts.
    """
    maker = _Maker(config)
    findings: list[Finding] = []
    with _importing(), contextlib.suppress(ConfigurationError):  # of a level that is none, which is said by then
        findings += maker.findings()
        before = _existing(config.get("loggers", ()))
        findings += maker.commands_findings()
        if maker.outlets:
            later = _existing(config.get("loggers", ()))
            findings += told({**later, **configured(config, later if from_file else before, maker.outlets)})
        else:
            findings.append(wrong("handlers", "none that works is a SlackHandler"))
    return Handlers(findings, maker.wanted, maker.webhooks)


class _Maker:
    """Makes the handlers of one config that are, or lead to, Slack handlers.

    Args:
        config: is not changed.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._entries: dict[str, Any] = config["handlers"]
        self._configurator = logging.config.DictConfigurator(_copied(config))
        self._handlers: dict[str, SlackHandler] = {}
        self._refused: set[str] = set()
        self.outlets: dict[str, Outlet] = {}
        self.wanted: list[Wanted] = []
        self.webhooks: list[Address] = []

    def findings(self) -> Iterator[Finding]:
        """Make them, and say what came of it.

        Raises:
            ConfigurationError: a level is none; there is a finding of that.
        """
        yield from refused(self._config, self._configurator)
        for name in self._entries:
            yield from self._make(name)
        for name, entry in self._entries.items():
            inner = next((inner for inner in _led_to(entry) if inner in self.outlets), None)
            if inner and name not in self.outlets and name not in self._refused:
                self.outlets[name] = _leading(name, entry, self.outlets[inner])
                yield note(f"handler {name}", f"passes records on to {inner}{self._condition(name)}")

    def commands_findings(self) -> Iterator[Finding]:
        """Say what shows only when reading starts. Imports routers, and so whatever makes loggers there."""
        for name in self._handlers:
            yield from self._check_commands(name)

    def _make(self, name: str) -> Iterator[Finding]:
        subject = f"handler {name}"
        try:
            factory = self._factory(name)
            if not (isinstance(factory, type) and issubclass(factory, SlackHandler)):
                called(self._configurator.config["handlers"][name], factory, self._configurator)
                return
            outlet = self._made(name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a class raises, dictConfig would raise it too
            self._refused.add(name)
            yield wrong(subject, f"{in_words(error)}{meant(self._entries[name])}")
            return
        yield ok(subject, f"a SlackHandler for {outlet.place}")
        level = self._entries[name].get("level")
        self.outlets[name] = outlet if level is None else replace(outlet, level=level_number(subject, level))

    def _check_commands(self, name: str) -> Iterator[Finding]:
        subject = f"handler {name}"
        try:
            asked = self._handlers[name].check_commands()
        except (ConfigurationError, MissingDependencyError) as error:
            yield wrong(subject, f"no commands will be read: {error}")
            return
        if asked:
            yield from _secrets_of(subject, asked)

    def _condition(self, name: str) -> str:
        """Return what a handler needs to pass records on; nothing where it does by itself."""
        entry = self._entries[name]
        if not makes_listener(entry, self._factory(name)):
            return ""
        if "listener" in entry:  # whose own class may start it
            return " while its listener runs"
        return f" once your program has started its listener: logging.getHandlerByName({name!r}).listener.start()"

    def _factory(self, name: str) -> Any:
        return looked_up(self._configurator.config["handlers"][name], self._configurator)

    def _made(self, name: str) -> Outlet:
        """Make a handler as dictConfig does, but for level, formatter and filters; commands do not start."""
        entry = self._configurator.config["handlers"][name]
        filtered = bool(entry.pop("filters", None))
        entry.pop("formatter", None)
        entry.pop("level", None)
        args, kwargs = entry.pop(ini.CALL, ((), {}))
        own_level = kwargs.pop("level", None)
        entry.update(inspect.signature(self._factory(name)).bind_partial(*args).arguments, **kwargs)
        token, api_url, commands = entry.get("token"), entry.get("api_url"), entry.get("commands")
        if isinstance(commands, Mapping):
            entry["commands"] = {**commands, "start": "manual"}
        webhook_url = entry.get("webhook_url")
        handler = cast("SlackHandler", self._configurator.configure_handler(entry))
        handler.close()
        if own_level is not None:
            handler.setLevel(own_level)
        self._handlers[name] = handler
        if webhook_url is not None:
            self.webhooks.append(Address.of(str(webhook_url).strip()))
        given = commands or {}
        records = (handler.channel,) if handler.channel else ()
        channels = (str(given["channel"]),) if given else ()
        allow = options.texts("allow", given.get("allow", ()))
        if records or channels:
            self.wanted.append(Wanted(token, api_url, records, channels, allow, given.get("app_token")))
        return Outlet(name, handler.slack_place, handler.level, filtered, handler.context)


def _secrets_of(subject: str, asked: Collection[str]) -> Iterator[Finding]:
    """Say what is wrong with the secrets of those whom a command asks for a one-time code; the service does, too."""
    problems = check_secrets(asked)
    yield from (wrong(subject, problem) for problem in problems)
    lacking = without_secret(asked)
    if lacking and len(lacking) < len(asked):
        who = ", ".join(lacking)
        yield note(subject, f"no secret for one-time codes for {who}: set {VARIABLE}<USER ID> for each who should")


def _leading(name: str, entry: Mapping[str, Any], target: Outlet) -> Outlet:
    """Return a handler before another one, whose own level is asked only where the config says so."""
    level = level_number(f"handler {name}", entry.get("level", 0))
    if entry.get("respect_handler_level"):
        level = max(level, target.level)
    return replace(target, handler=name, level=level, filtered=target.filtered or bool(entry.get("filters")))


def _led_to(entry: Mapping[str, Any]) -> list[str]:
    """Return the handlers that a QueueHandler or a MemoryHandler passes records on to."""
    inner = entry.get("handlers") or entry.get("target") or []
    return [inner] if isinstance(inner, str) else [name for name in inner if isinstance(name, str)]


def _existing(named: Collection[str]) -> dict[str, Node]:
    """Return the loggers of this process, which importing the config has left.

    Those of the standard library, which this program imports, too, are of interest only where they are named.
    """
    return {
        name: node
        for name, node in reach.current().items()
        if name in named or node.outlets or name.partition(".")[0] not in sys.stdlib_module_names
    }
