"""`slack-logging manifest`."""

from __future__ import annotations

import json
import re

import pytest

from slack_logging.cli import main
from tests.console.conftest import Run


@pytest.mark.parametrize(
    ("options", "scopes", "events"),
    [
        (["--log-only"], {"chat:write", "files:write"}, []),
        (["--groups"], {"chat:write", "usergroups:read", "groups:history"}, []),
        (
            ["--socket-mode"],
            {"chat:write"},
            ["message.channels", "message.groups", "reaction_added", "reaction_removed"],
        ),
    ],
)
def test_options_choose_the_scopes(run: Run, options: list[str], scopes: set[str], events: list[str]) -> None:
    """YAML and JSON tell the same."""
    yaml, as_json = run("manifest", *options), run("manifest", *options, "--json")
    document = json.loads("\n".join(as_json.out))
    asked = document["oauth_config"]["scopes"]["bot"]
    assert (yaml.status, as_json.status, yaml.err, as_json.err) == (0, 0, [], [])
    assert scopes <= set(asked)
    assert ("usergroups:read" in asked, "reactions:read" in asked) == (
        "--groups" in options,
        "--log-only" not in options,
    )
    assert document["settings"].get("event_subscriptions", {}).get("bot_events", []) == events
    assert re.findall(r"^ +- (\S+)", "\n".join(yaml.out), re.MULTILINE) == [*asked, *events]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--groups"], "--groups is about commands"),
        (["--socket-mode"], "--socket-mode is about commands"),
        (["--groups", "--socket-mode"], "--groups and --socket-mode are about commands"),
    ],
)
def test_what_does_not_go_together_is_told(options: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By the names of what was given, as wrong usage."""
    with pytest.raises(SystemExit) as caught:
        main(["manifest", "--log-only", *options])
    [line] = capsys.readouterr().err.splitlines()
    assert caught.value.code == 2
    assert line == f"slack-logging manifest: {says}: leave --log-only out; slack-logging manifest --help says more"


def test_a_name_that_no_app_can_have_is_told(run: Run) -> None:
    """In one line."""
    ended = run("manifest", "--name", "x" * 36)
    [line] = ended.err
    assert (ended.status, ended.out, "is no name for an app" in line) == (1, [], True)
