"""Two-way Slack ops for Python services, by one handler in the logging config.

The public names are bound on first use, so that importing this package costs neither slack_sdk nor a thread.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slack_logging.active.command import Command
    from slack_logging.active.language.values import Channel, Secret, User
    from slack_logging.active.router import CommandRouter
    from slack_logging.active.source import SlackCommandSource
    from slack_logging.errors import (
        AlreadySettled,
        BadArguments,
        CommandError,
        ConfigurationError,
        DeliveryError,
        MissingDependencyError,
        NotAuthorized,
        QueueError,
        RateLimited,
        Rejected,
        SlackLoggingError,
        UnknownCommand,
        Unreachable,
    )
    from slack_logging.passive.handler import SlackHandler, start
    from slack_logging.passive.records.formatter import SlackFormatter
    from slack_logging.passive.records.stats import Stats

_HOMES = {
    "slack_logging.active.command": ("Command",),
    "slack_logging.active.router": ("CommandRouter",),
    "slack_logging.active.source": ("SlackCommandSource",),
    "slack_logging.active.language.values": ("Channel", "Secret", "User"),
    "slack_logging.errors": (
        "AlreadySettled",
        "BadArguments",
        "CommandError",
        "ConfigurationError",
        "DeliveryError",
        "MissingDependencyError",
        "NotAuthorized",
        "QueueError",
        "RateLimited",
        "Rejected",
        "SlackLoggingError",
        "UnknownCommand",
        "Unreachable",
    ),
    "slack_logging.passive.records.formatter": ("SlackFormatter",),
    "slack_logging.passive.handler": ("SlackHandler", "start"),
    "slack_logging.passive.records.stats": ("Stats",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AlreadySettled",
    "BadArguments",
    "Channel",
    "Command",
    "CommandError",
    "CommandRouter",
    "ConfigurationError",
    "DeliveryError",
    "MissingDependencyError",
    "NotAuthorized",
    "QueueError",
    "RateLimited",
    "Rejected",
    "Secret",
    "SlackCommandSource",
    "SlackFormatter",
    "SlackHandler",
    "SlackLoggingError",
    "Stats",
    "UnknownCommand",
    "Unreachable",
    "User",
    "start",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'slack_logging' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
