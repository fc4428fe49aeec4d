"""The demo's logging configuration: one handler, in both directions."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from slack_logging import ConfigurationError, SlackHandler


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo logs and listens.

    Attributes:
        channel: gets the records.
        commands_channel: is where people type.
        allow: ids of those who may.
        token: a bot token; None takes it from the environment, as `api_url`.
        api_url: the Slack.
    """

    channel: str
    commands_channel: str
    allow: Sequence[str]
    token: str | None = None
    api_url: str | None = None


def logging_config(place: Place, *, poll_interval: float) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig`.

    Args:
        place: which Slack.
        poll_interval: seconds between two looks for commands.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {
            "slack": {
                "class": "slack_logging.SlackHandler",
                "channel": place.channel,
                "token": place.token,
                "api_url": place.api_url,
                "service": "order-import",
                "flush_interval": 3,  # the default's 10 s are kinder to a channel; here somebody watches
                "commands": {
                    "channel": place.commands_channel,
                    "allow": list(place.allow),
                    "router": "slack_logging.demo.ops.router",
                    "poll_interval": poll_interval,
                    "start_delay": 0,
                },
            },
        },
        "loggers": {"orders": {"level": "INFO"}},
        "root": {"level": "INFO", "handlers": ["slack"]},
    }


@contextmanager
def configured(config: dict[str, Any]) -> Iterator[SlackHandler]:
    """Configure logging, give its Slack handler, and close that in the end: while the Slack still runs.

    Raises:
        ConfigurationError: what the handler says about its options; dictConfig hides it in a ValueError.
    """
    try:
        logging.config.dictConfig(config)
    except ValueError as error:
        raise error.__cause__ if isinstance(error.__cause__, ConfigurationError) else error from None
    handler = next(handler for handler in logging.getLogger().handlers if isinstance(handler, SlackHandler))
    try:
        yield handler
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
