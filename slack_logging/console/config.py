"""Somebody's logging config: loading it, and making its Slack handlers without letting them do anything."""

from __future__ import annotations

import importlib
import json
import logging
import logging.config
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from slack_logging import SlackHandler, options
from slack_logging.console.finding import Finding, note, ok, wrong
from slack_logging.console.reach import Node, Outlet, configured, level_number, told
from slack_logging.console.world import Wanted
from slack_logging.errors import ConfigurationError
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


def load(source: str) -> dict[str, Any]:
    """Return a logging config: ``module:NAME`` is imported, ``file.json`` read. The module's code runs.

    Raises:
        ConfigurationError: there is none to be had there; whatever the module raises is said as such.
    """
    config = _read(source) if source.endswith(".json") else _imported(source)
    if not isinstance(config, Mapping) or "handlers" not in config:
        raise ConfigurationError(f"--config {source}: expected a mapping for dictConfig, with 'handlers' in it")
    copy: dict[str, Any] = _copied(config)
    return copy


def _read(path: str) -> object:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"--config {path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"--config {path}: is no JSON: {error}") from None


def _imported(source: str) -> object:
    module, _, name = source.partition(":")
    if not module or not name.isidentifier():
        raise ConfigurationError(
            f"--config {source}: expected MODULE:NAME, such as myapp.settings:LOGGING, or FILE.json"
        )
    sys.path.insert(0, os.getcwd())  # as `python -m` does; an installed script looks beside itself only
    commands = os.environ.get("SLACK_LOGGING_COMMANDS")
    os.environ["SLACK_LOGGING_COMMANDS"] = "off"  # the module may configure logging itself: nothing must be read here
    try:
        return getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:
        said = " ".join(str(error).split())
        raise ConfigurationError(f"--config {source}: {type(error).__name__}: {said}") from error
    finally:
        del os.environ["SLACK_LOGGING_COMMANDS"]
        if commands is not None:
            os.environ["SLACK_LOGGING_COMMANDS"] = commands


def _copied(value: Any) -> Any:
    """Copy what a config is made of, so that the original stays as it is; objects in it are the same."""
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def slack_handlers(config: dict[str, Any]) -> Handlers:
    """Make the config's Slack handlers, look at them, and say which loggers reach them. No I/O, but importing."""
    maker = _Maker(config)
    findings: list[Finding] = []
    try:
        findings += maker.findings()
        if maker.outlets:
            findings += told(configured(config, _existing(), maker.outlets))
        else:
            findings.append(wrong("handlers", "none that works is a SlackHandler"))
    except ConfigurationError as error:
        findings.append(wrong("levels", error))
    return Handlers(findings, maker.wanted, maker.webhooks)


class _Maker:
    """Makes the handlers of one config that are, or lead to, Slack handlers.

    Args:
        config: is not changed.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._entries: dict[str, Any] = config["handlers"]
        self._configurator = logging.config.DictConfigurator(_copied(config))
        self.outlets: dict[str, Outlet] = {}
        self.wanted: list[Wanted] = []
        self.webhooks: list[Address] = []

    def findings(self) -> Iterator[Finding]:
        """Make them, and say what came of it."""
        for name, entry in self._entries.items():
            yield from self._make(name, entry)
        for name, entry in self._entries.items():
            inner = next((inner for inner in _led_to(entry) if inner in self.outlets), None)
            if inner and name not in self.outlets:
                self.outlets[name] = _leading(name, entry, self.outlets[inner])
                yield note(f"handler {name}", f"passes records on to {inner}")

    def _make(self, name: str, entry: dict[str, Any]) -> Iterator[Finding]:
        try:
            if self._is_slack(entry):
                self.outlets[name] = self._made(name)
                yield ok(f"handler {name}", f"a SlackHandler for {self.outlets[name].place}")
        except Exception as error:  # noqa: BLE001 - whatever a class raises, dictConfig would raise it too
            yield wrong(f"handler {name}", error)

    def _is_slack(self, entry: dict[str, Any]) -> bool:
        """Tell whether it is a SlackHandler. Other classes are only looked up; factories are not called."""
        factory = entry.get("()", entry.get("class"))
        if isinstance(factory, str):
            factory = self._configurator.resolve(factory)
        return isinstance(factory, type) and issubclass(factory, SlackHandler)

    def _made(self, name: str) -> Outlet:
        """Make a handler as dictConfig does, but for formatter and filters, and with commands that do not start."""
        entry = self._configurator.config["handlers"][name]
        filtered = bool(entry.pop("filters", None))
        entry.pop("formatter", None)
        token, api_url, commands = entry.get("token"), entry.get("api_url"), entry.get("commands")
        if isinstance(commands, Mapping):
            entry["commands"] = {**commands, "start": "manual"}
        webhook_url = entry.get("webhook_url")
        handler = cast("SlackHandler", self._configurator.configure_handler(entry))
        handler.close()
        place = handler.channel
        if webhook_url is not None:
            self.webhooks.append(Address.of(str(webhook_url).strip()))
            place = self.webhooks[-1].name
        given = commands or {}
        records = (handler.channel,) if handler.channel else ()
        channels = (str(given["channel"]),) if given else ()
        allow = options.texts("allow", given.get("allow", ()))
        if records or channels:
            self.wanted.append(Wanted(token, api_url, records, channels, allow))
        return Outlet(name, place, handler.level, filtered)


def _leading(name: str, entry: Mapping[str, Any], target: Outlet) -> Outlet:
    level = max(level_number(f"handler {name}", entry.get("level", 0)), target.level)
    return Outlet(name, target.place, level, target.filtered or bool(entry.get("filters")))


def _led_to(entry: Mapping[str, Any]) -> list[str]:
    """Return the handlers that a QueueHandler or a MemoryHandler passes records on to."""
    inner = entry.get("handlers") or entry.get("target") or []
    return [inner] if isinstance(inner, str) else [name for name in inner if isinstance(name, str)]


def _existing() -> dict[str, Node]:
    """Return the loggers of this process, which importing the config has left."""
    loggers = {name: made for name, made in logging.root.manager.loggerDict.items() if isinstance(made, logging.Logger)}
    return {name: _node(logger) for name, logger in {"": logging.root, **loggers}.items()}


def _node(logger: logging.Logger) -> Node:
    outlets = [
        Outlet(handler.name or "", handler.channel or "a webhook", handler.level, bool(handler.filters))
        for handler in logger.handlers
        if isinstance(handler, SlackHandler)
    ]
    return Node(logger.level, logger.propagate, logger.disabled, tuple(outlets), bool(logger.filters))
