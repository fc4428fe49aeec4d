"""The manifest: what each feature needs of Slack, and no more."""

from __future__ import annotations

import re

import pytest

from slack_logging import ConfigurationError
from slack_logging.local.api.methods import METHODS
from slack_logging.slack.limits import METHOD_BUDGETS
from slack_logging.slack.manifest import SCOPES, Feature, manifest, needed, to_yaml


@pytest.mark.parametrize(
    ("features", "scopes"),
    [
        (["log"], "chat:write files:write"),
        (
            ["log", "commands"],
            (
                "channels:history channels:read chat:write files:write groups:history groups:read "
                "reactions:read reactions:write users:read"
            ),
        ),
        (["groups"], "usergroups:read"),
    ],
)
def test_each_feature_has_its_scopes(features: list[Feature], scopes: str) -> None:
    """By name, so that a manifest is the same each time."""
    assert [scope.name for scope in needed(*features)] == scopes.split()


def test_each_scope_is_one_that_a_method_in_use_asks_for() -> None:
    """Nothing is asked for that no call needs."""
    used = {scope for name in METHOD_BUDGETS for scope in METHODS[name].scopes}
    assert {scope.name for scope in SCOPES} - used == set()


def test_socket_mode_subscribes_to_what_the_scopes_allow() -> None:
    """Each event comes with the scope that allows it, and none without Socket Mode."""
    pushed = manifest(needed("log", "commands"), name="ops", socket_mode=True)["settings"]
    assert pushed["event_subscriptions"]["bot_events"] == [
        "message.channels",
        "message.groups",
        "reaction_added",
        "reaction_removed",
    ]
    assert pushed["socket_mode_enabled"] is True
    polled = manifest(needed("log", "commands"), name="ops")["settings"]
    assert (polled["socket_mode_enabled"], "event_subscriptions" in polled) == (False, False)


@pytest.mark.parametrize(
    ("name", "bot"), [("ops", "ops"), ("Ops Bot: EU", "ops-bot-eu"), (" spaced ", "spaced"), ("a" * 35, "a" * 35)]
)
def test_the_bot_is_called_like_the_app_in_the_letters_it_may_have(name: str, bot: str) -> None:
    """Slack takes small letters, digits and a few signs for a bot, more for an app."""
    document = manifest(needed("log"), name=name)
    assert document["display_information"]["name"] == name.strip()
    assert document["features"]["bot_user"]["display_name"] == bot


@pytest.mark.parametrize("name", ["", "  ", "a" * 36, "two\nlines"])
def test_what_no_app_can_be_called_is_refused(name: str) -> None:
    """With the name and how many characters it may have."""
    with pytest.raises(ConfigurationError, match=r"is no name for an app: give 1 to 35 characters"):
        manifest(needed("log"), name=name)


def test_yaml_quotes_what_a_reader_could_take_for_something_else() -> None:
    """A name with quotes or a colon, or one that is a word of YAML, stays a text."""
    lines = to_yaml(manifest(needed("log"), name='say "no": yes')).splitlines()
    assert lines[:2] == ["display_information:", r'  name: "say \"no\": yes"']
    assert '    display_name: "say-no-yes"' in lines


def test_yaml_tells_what_each_scope_is_for() -> None:
    """Beside it, as a comment."""
    document = to_yaml(manifest(needed("log"), name="ops"))
    assert re.findall(r"- (\S+) +# (.*)", document) == [(scope.name, scope.why) for scope in needed("log")]
