"""Other names of emoji are told from their own as Slack does, here as in the local Slack."""

from __future__ import annotations

from slack_logging.local.state import emoji
from slack_logging.slack.emoji import ALIASES


def test_the_local_slack_knows_the_same_aliases() -> None:
    """Which has all emoji, and must not lean on what it tests."""
    assert ALIASES == emoji.ALIASES
