"""Addresses of webhooks: what is behind them, what is wrong with them, and that they stay secret."""

from __future__ import annotations

import copy
import pickle

import pytest

from slack_logging import ConfigurationError
from slack_logging.slack.address import DISCORD, MATTERMOST, SLACK, Address, Service

KEY = "s3cr3tkeyofsomebody"
SLACKS = f"https://hooks.slack.com/services/T0000/B0000/{KEY}"


@pytest.mark.parametrize(
    ("url", "service"),
    [
        (SLACKS, SLACK),
        (f"https://hooks.slack-gov.com/services/T0000/B0000/{KEY}", SLACK),
        (f"http://127.0.0.1:3838/services/T0000/B0000/{KEY}", SLACK),
        (f"https://discord.com/api/webhooks/123/{KEY}/slack", DISCORD),
        (f"https://canary.discord.com/api/v10/webhooks/123/{KEY}/slack?wait=true", DISCORD),
        (f"https://discordapp.com/api/webhooks/123/{KEY}/slack/", DISCORD),
        (f"http://[::1]:8080/api/webhooks/123/{KEY}/slack", DISCORD),
        (f"https://chat.example.com/hooks/{KEY}", MATTERMOST),
        (f"https://example.com:8065/chat/hooks/{KEY}", MATTERMOST),
    ],
)
def test_the_address_tells_the_service(url: str, service: Service) -> None:
    """By its host and path."""
    assert Address.of(url).service is service


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (KEY, "expected an address that begins with https:// and has no blanks"),
        (f"hooks.slack.com/services/T/B/{KEY}", "expected an address that begins with https://"),
        (f"ftp://chat.example.com/hooks/{KEY}", "expected an address that begins with https://"),
        (f"https://chat.example.com/hooks/{KEY} x", "expected an address that begins with https:// and has no blanks"),
        (f"https://chat.example.com/hooks/{KEY}\u00e9", "expected an address that begins with https://"),
        (f"https:///hooks/{KEY}", "expected https://, a host and a path"),
        (f"https://chat.example.com:{KEY}/hooks/", "expected https://, a host and a path"),
        (f"https://[{KEY}/hooks/", "expected https://, a host and a path"),
        (f"https://ada:{KEY}@chat.example.com/hooks/x", "expected https://, a host and a path"),
        (
            f"https://hooks.slack.com/triggers/T0000/{KEY}",
            "an incoming webhook of Slack's has three parts behind /services/",
        ),
        (
            f"https://hooks.slack.com/services/T0000/{KEY}",
            "an incoming webhook of Slack's has three parts behind /services/",
        ),
        (f"https://slack.com/api/{KEY}", "an incoming webhook of Slack's has three parts behind /services/"),
        (f"https://discord.com/api/webhooks/123/{KEY}", "Discord takes Slack's messages at 'https://discord.com/api/"),
        (f"https://discord.com/api/webhooks/123/{KEY}/github", "Discord takes Slack's messages at"),
        ("https://chat.example.com/", "the address has no path: expected all of it"),
    ],
)
def test_a_wrong_address_is_told_and_not_shown(url: str, says: str) -> None:
    """What is expected is said, what was given is not."""
    with pytest.raises(ConfigurationError) as caught:
        Address.of(url)
    assert str(caught.value).startswith(f"webhook_url: {says}")
    assert KEY not in repr(caught.value)
    assert caught.value.__context__ is None


def test_the_address_stays_secret() -> None:
    """It is not in names and representations, and goes into no pickle and no copy."""
    address = Address.of(SLACKS)
    assert address.name.endswith(" at hooks.slack.com")
    assert all(part not in f"{address!r} {address.name}" for part in (KEY, "T0000", "B0000"))
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="it is not pickled"):
            copied(address)


def test_two_of_one_host_are_told_apart() -> None:
    """By a checksum, which is always the same."""
    assert Address.of(SLACKS).name == Address.of(SLACKS).name != Address.of(f"{SLACKS}x").name


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (SLACKS, {KEY, f"/services/T0000/B0000/{KEY}"}),
        (f"https://discord.com/api/webhooks/123/{KEY}/slack", {KEY, f"/api/webhooks/123/{KEY}/slack"}),
    ],
)
def test_what_gives_it_away_is_secret_too(url: str, parts: set[str]) -> None:
    """The path, as servers' logs have it, and the part that is the key."""
    assert set(Address.of(url).secrets) == {url, *parts}
