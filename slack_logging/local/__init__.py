"""A Slack on your machine: Web API, webhooks, file upload, faults on demand and a web page, on loopback only.

    with LocalSlack() as slack:
        client = slack_sdk.WebClient(slack.bot_token, base_url=slack.api_url)
        client.chat_postMessage(channel="#ops-log", text="hello")
        slack.say("#ops-log", "good morning", user="ada")

It keeps Slack's limits, rate limits and error codes, so what passes here is not surprised there; where Slack
publishes no figure, `limits` and `api.ratelimits` say so. It knows nothing of the rest of this package and
serves any Slack client. State is in memory and gone with the process.

What is honoured, approximated and not there stands in ``docs/conformance.md``. Not there are: unfurling of links,
``mrkdwn=false``, direct messages of several people, custom emoji, modals, and what `api.methods.METHODS` does not list,
which is `unknown_method`. Of an enterprise only this workspace is there, though people of others can be.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slack_logging.local.calls import Call
    from slack_logging.local.events.sockets import Socket
    from slack_logging.local.faults.fault import Fault
    from slack_logging.local.people import File
    from slack_logging.local.slack import LocalSlack
    from slack_logging.local.state.apps import App
    from slack_logging.local.state.text import visible_text

_HOME_OF = {
    "App": "slack_logging.local.state.apps",
    "Call": "slack_logging.local.calls",
    "Fault": "slack_logging.local.faults.fault",
    "File": "slack_logging.local.people",
    "LocalSlack": "slack_logging.local.slack",
    "Socket": "slack_logging.local.events.sockets",
    "visible_text": "slack_logging.local.state.text",
}

__all__ = ["App", "Call", "Fault", "File", "LocalSlack", "Socket", "visible_text"]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'slack_logging.local' has no attribute {name!r}")
    try:
        value = getattr(importlib.import_module(home), name)
    except ModuleNotFoundError as error:
        if error.name != "aiohttp":
            raise
        raise ImportError(
            'slack_logging.local needs aiohttp: pip install "slack-logging-ops[local]"', name="aiohttp"
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
