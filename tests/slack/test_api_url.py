"""Where the Web API is, as the environment says it; what is configured, `slack_logging.options.url` checks."""

from __future__ import annotations

import re

import pytest

from slack_logging.errors import Rejected
from slack_logging.local import LocalSlack
from slack_logging.slack.client import connect
from slack_logging.testing import FakeClock


def test_an_address_that_is_none_is_told(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong world, because the environment says it: refused, with what was got, but for a password, and expected."""
    monkeypatch.setenv("SLACK_API_URL", "127.0.0.1:8765/api/")
    said = (
        "SLACK_API_URL is no address, '127.0.0.1:8765/api/': one begins with https://, or on this machine with http://"
    )
    with pytest.raises(Rejected, match=re.escape(said)):
        connect("xoxb-test-ops", None, clock)
    monkeypatch.setenv("SLACK_API_URL", "ada:hunter2@slack.com/api/")
    with pytest.raises(Rejected, match="SLACK_API_URL is no address: one begins with https://"):
        connect("xoxb-test-ops", None, clock)


@pytest.mark.parametrize("url", ["https://slack.com/", "https://slack.com", "https://slack.com/api/auth.test"])
def test_an_address_in_the_environment_that_is_no_web_apis_is_told(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """As soon as it is needed, and not by Slack's page for what it does not know."""
    monkeypatch.setenv("SLACK_API_URL", url)
    said = f"SLACK_API_URL is no Web API's address, {url!r}: one begins with https://, or on this machine with http://"
    with pytest.raises(Rejected, match=f"{re.escape(said)}, and ends in /api/"):
        connect("xoxb-test-ops", None, clock)


def test_a_web_apis_address_in_the_environment_needs_no_slash_at_its_end(
    slack: LocalSlack, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack is reached all the same."""
    monkeypatch.setenv("SLACK_API_URL", slack.api_url.removesuffix("/"))
    assert connect(slack.bot_token, None, clock).call("auth.test")["ok"]
