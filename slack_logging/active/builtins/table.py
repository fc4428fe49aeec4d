"""The built-in commands by name. A command of your own with the same name takes one's place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from slack_logging.active.builtins.about import help_, ping, status
from slack_logging.active.builtins.loggers import level, loggers
from slack_logging.active.builtins.records import flush, incidents, mute, unmute
from slack_logging.active.builtins.stacks import stacks

COMMANDS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "help": help_,
        "ping": ping,
        "status": status,
        "loggers": loggers,
        "level": level,
        "incidents": incidents,
        "mute": mute,
        "unmute": unmute,
        "flush": flush,
        "stacks": stacks,
    }
)
