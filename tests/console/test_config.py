"""`slack-logging check --config`: the handlers of somebody's logging config, looked at and not started."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slack_logging.local import LocalSlack
from tests.console.conftest import Run
from tests.console.test_check import notes, wrong

Written = Callable[..., str]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Return a function that makes a module of code or of a config, where the command looks, and says its NAME."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(logging.root.manager, "loggerDict", {})

    def write(config: dict[str, Any] | None = None, code: str = "") -> str:
        (tmp_path / "program_of_a_test.py").write_text(f"{code}\nLOGGING = {config!r}\n")
        monkeypatch.delitem(sys.modules, "program_of_a_test", raising=False)
        return "program_of_a_test:LOGGING"

    return write


def config_of(slack_handler: dict[str, Any] | None = None, **handlers: Any) -> dict[str, Any]:
    """Return a config whose root has a SlackHandler with these options."""
    slack = {"class": "slack_logging.SlackHandler", "channel": "#ops-log", **(slack_handler or {})}
    return {"version": 1, "handlers": {"slack": slack, **handlers}, "root": {"level": "INFO", "handlers": ["slack"]}}


def test_its_handlers_channels_and_loggers_are_checked(slack: LocalSlack, run: Run, written: Written) -> None:
    """Nothing is posted, and no command read, though the config says so."""
    commands = {"channel": "#ops-commands", "allow": [slack.user_id("ada")], "start_delay": 0}
    config = config_of({"level": "ERROR", "commands": commands, "formatter": "short", "filters": ["few"]})
    ended = run("check", "--config", written(config, "import logging; logging.getLogger('shop')"))
    assert (ended.status, ended.err) == (0, [])
    assert ended.out[:2] == [
        "ok     handler slack: a SlackHandler for #ops-log",
        (
            "ok     logger root: ERROR and above reach #ops-log (handler slack's level; filters on handler slack "
            "may refuse some)"
        ),
    ]
    assert f"ok     #ops-commands: {slack.channel_id('ops-commands')}, public, the bot is a member" in ended.out
    assert ended.out[-1] == f"ok     {slack.user_id('ada')}: @ada may run commands"
    assert any(line.startswith("logger shop: nothing reaches Slack: the config disables") for line in notes(ended.out))
    assert {call.method for call in slack.calls()} == {"auth.test", "users.conversations", "users.info"}


def test_each_slack_is_looked_at_once(slack: LocalSlack, run: Run, written: Written) -> None:
    """Two handlers with one token are one look; another token is another."""
    other = slack.token("chat:write", "files:write", "channels:read")
    more = {"class": "slack_logging.SlackHandler", "channel": "#ops-commands"}
    config = config_of(None, second=more, third={**more, "token": other, "api_url": slack.api_url})
    ended = run("check", "--config", written(config))
    assert (ended.status, wrong(ended.out)) == (0, [])
    assert [line for line in ended.out if " token: " in line] == [
        "ok     token: a bot's, from SLACK_BOT_TOKEN",
        "ok     token: a bot's, from token=",
    ]
    assert other not in "".join(ended.out)
    assert len(slack.calls("auth.test")) == 2


def test_a_handler_that_passes_records_on_leads_to_slack(slack: LocalSlack, run: Run, written: Written) -> None:
    """With the higher of the two levels."""
    memory = {"class": "logging.handlers.MemoryHandler", "capacity": 9, "target": "slack", "level": "ERROR"}
    config = config_of({"level": "WARNING"}, memory=memory)
    config["root"]["handlers"] = ["memory"]
    ended = run("check", "--config", written(config))
    assert ended.status == 0
    assert "ok     logger root: ERROR and above reach #ops-log (handler memory's level)" in ended.out


def test_json_is_read_as_well(slack: LocalSlack, run: Run, tmp_path: Path) -> None:
    """From a file."""
    path = tmp_path / "logging.json"
    path.write_text(json.dumps(config_of()))
    ended = run("check", "--config", str(path))
    assert (ended.status, ended.out[0]) == (0, "ok     handler slack: a SlackHandler for #ops-log")


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (config_of({"lvel": "ERROR"}), "handler slack: SlackHandler has no option 'lvel': did you mean level?"),
        (config_of({"commands": {"channel": "#c"}}), "handler slack: commands: allow is missing: add one, such as"),
        (
            config_of({"class": "slack_logging.SlakHandler"}),
            "handler slack: Cannot resolve 'slack_logging.SlakHandler'",
        ),
        (config_of({"channel": "#nope"}), "#nope: the bot sees no channel of that name: check it"),
        ({"version": 1, "handlers": {}}, "handlers: none that works is a SlackHandler"),
        ({**config_of(), "root": {"level": "INFO"}}, "loggers: no record reaches Slack: put the handler on root"),
        ({**config_of(), "root": {"level": "LOUD"}}, "levels: logger root: level='LOUD': expected a level's name"),
    ],
)
def test_what_is_wrong_in_it_is_told(
    slack: LocalSlack, run: Run, written: Written, config: dict[str, Any], says: str
) -> None:
    """By the name of what it is wrong with."""
    ended = run("check", "--config", written(config))
    assert (ended.status, ended.err) == (1, [])
    assert [line for line in wrong(ended.out) if line.startswith(says)] != []


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("raise SystemExit('set DJANGO_SETTINGS\\nfirst')", "SystemExit: set DJANGO_SETTINGS first"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_module_that_cannot_be_imported_is_one_line(run: Run, written: Written, code: str, says: str) -> None:
    """Whatever it raises, and however many lines that has."""
    ended = run("check", "--config", written(config_of(), code))
    assert (ended.status, ended.out) == (1, [])
    assert ended.err == [f"slack-logging check: --config program_of_a_test:LOGGING: {says}"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("program_of_a_test", "expected MODULE:NAME, such as myapp.settings:LOGGING, or FILE.json"),
        ("nowhere.to.be.found:LOGGING", "ModuleNotFoundError: No module named 'nowhere'"),
        ("program_of_a_test:NAME", "AttributeError: module 'program_of_a_test' has no attribute 'NAME'"),
        ("program_of_a_test:__doc__", "expected a mapping for dictConfig, with 'handlers' in it"),
        ("nowhere.json", "cannot be read: No such file or directory"),
        ("broken.json", "is no JSON: "),
    ],
)
def test_what_is_no_config_is_one_line(run: Run, written: Written, tmp_path: Path, source: str, says: str) -> None:
    """With what was expected."""
    written(config_of())
    (tmp_path / "broken.json").write_text("{")
    ended = run("check", "--config", source)
    [line] = ended.err
    assert (ended.status, ended.out) == (1, [])
    assert line.startswith(f"slack-logging check: --config {source}: {says}")


def test_no_commands_are_started(slack: LocalSlack, run: Run, written: Written) -> None:
    """Neither by the handlers that are made for a look, nor by a module that configures logging itself."""
    commands = {"channel": "#ops-commands", "allow": [slack.user_id("ada")], "start_delay": 0}
    config = config_of({"commands": commands, "class": "program_of_a_test.Watched"})
    code = """
import os
from slack_logging import SlackHandler

started = []
environment = os.environ.get("SLACK_LOGGING_COMMANDS")

class Watched(SlackHandler):
    def start_commands(self):
        started.append(self.channel)
"""
    ended = run("check", "--config", written(config, code))
    assert (ended.status, ended.err) == (0, [])
    module = sys.modules["program_of_a_test"]
    assert (module.started, module.environment) == ([], "off")
    assert "SLACK_LOGGING_COMMANDS" not in os.environ
