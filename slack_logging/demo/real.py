"""The same import on a workspace of yours: people steer it there, the terminal only says where."""

from __future__ import annotations

import threading

from slack_logging.demo.logging_config import Place, configured, logging_config
from slack_logging.demo.ops import commands_to_try
from slack_logging.demo.pace import WATCHED, Pace
from slack_logging.demo.terminal import Terminal
from slack_logging.demo.work import running_import
from slack_logging.options import texts
from slack_logging.slack.credentials import bot_token


def run(lines: list[str], terminal: Terminal, *, channel: str, commands_channel: str, allow: str) -> None:
    """Run until Ctrl-C. Call it from the main thread.

    Args:
        lines: the orders.
        terminal: where to say what to do.
        channel: where the records go.
        commands_channel: where people type.
        allow: the ids of those who may, split at commas.

    Raises:
        Rejected: there is no token in the environment.
        ConfigurationError: an id is none, a channel cannot be one, or the channels are the same.
    """
    bot_token()
    place = Place(channel=channel, commands_channel=commands_channel, allow=texts("--allow", allow))
    config = logging_config(place, poll_interval=2.0)
    try:
        with configured(config) as handler, running_import(lines, Pace(WATCHED)):
            terminal.say(f"An import of orders logs to {channel}. In {commands_channel} type:\n")
            terminal.say(f"{commands_to_try(lines)}\n\nCtrl-C ends it.")
            threading.Event().wait()
    except KeyboardInterrupt:
        terminal.say(f"\n{handler.stats()}")
