"""A handler on the local Slack, and what the channel shows of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.local.state.text import visible_text
from slack_logging.testing import FakeClock

POST = "chat.postMessage"


@pytest.fixture
def handler(slack: LocalSlack) -> Iterator[SlackHandler]:
    """Make a handler on the local Slack."""
    made = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
    yield made
    slack.clear_faults()
    made.close()


@pytest.fixture
def logger(handler: SlackHandler) -> logging.Logger:
    """Make a logger of its own, with the handler alone."""
    made = logging.Logger("shop", logging.DEBUG)
    made.addHandler(handler)
    return made


def shown(slack: LocalSlack, channel: str = "#ops-log") -> str:
    """Return all that people read in a channel."""
    return "\n".join(visible_text(message) for message in slack.messages(channel))


def posts(slack: LocalSlack) -> list[tuple[float, int]]:
    """Return when posts were tried, in seconds of the clock, and how they ended."""
    return [(round(call.time - 1_800_000_000, 3), call.status) for call in slack.calls(POST)]


def wait_for_posts(clock: FakeClock, slack: LocalSlack, number: int, **limits: float) -> None:
    clock.run_until(lambda: len(slack.calls(POST)) >= number, **limits)
