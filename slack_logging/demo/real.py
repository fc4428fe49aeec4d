"""The same import on a workspace of yours: people steer it there, the terminal only says where."""

from __future__ import annotations

import os
import threading

from slack_logging import clock, options
from slack_logging.active.people.access import Access
from slack_logging.console.world import Wanted, examine
from slack_logging.demo.logging_config import Place, configured, logging_config
from slack_logging.demo.ops import commands_to_try
from slack_logging.demo.pace import WATCHED, Pace
from slack_logging.demo.summary import table
from slack_logging.demo.terminal import Terminal
from slack_logging.demo.work import running_import
from slack_logging.errors import ConfigurationError, DeliveryError


def run(lines: list[str], terminal: Terminal, *, channel: str, commands_channel: str, allow: str) -> None:
    """Run until Ctrl-C. Call it from the main thread.

    Args:
        lines: the orders.
        terminal: where to say what to do.
        channel: where the records go.
        commands_channel: where people type.
        allow: the ids of those who may, split at commas.

    Raises:
        DeliveryError: Slack cannot be reached, or something that the import needs there is wrong; none has begun.
        ConfigurationError: an id is none, a channel cannot be one, or the environment has commands switched off.
    """
    if not options.switch("SLACK_LOGGING_COMMANDS", os.environ):
        raise ConfigurationError("SLACK_LOGGING_COMMANDS=off: nobody would read what you type: unset it")
    place = Place(
        channel=options.channel("--channel", channel),
        commands_channel=options.channel("--commands-channel", commands_channel),
        allow=sorted(Access.configured(allow).allow),
    )
    _refuse_what_is_wrong(place)
    config = logging_config(place, poll_interval=2.0)
    try:
        with configured(config) as handler, running_import(lines, Pace(WATCHED)):
            terminal.say(f"An import of orders logs to {channel}. In {commands_channel} type:\n")
            terminal.say(f"{commands_to_try(lines)}\n\nCtrl-C ends it.")
            threading.Event().wait()
    except KeyboardInterrupt:
        terminal.say(f"\n{table(handler.stats())}")


def _refuse_what_is_wrong(place: Place) -> None:
    """Look at the workspace as `slack-logging check` does: a program would wait for what is wrong to be mended."""
    wanted = Wanted(channels=(place.channel,), commands_channels=(place.commands_channel,), allow=tuple(place.allow))
    for finding in examine(wanted, clock=clock.current(), post=False):
        if finding.state == "WRONG":
            raise DeliveryError(f"{finding.subject}: {finding.text}")
