"""The README: its code runs as it stands, its commands exist, its manifest is enough."""

from __future__ import annotations

import logging
import logging.config
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from slack_logging import ConfigurationError, SlackHandler
from slack_logging.active.source import OPTIONS
from slack_logging.cli import main
from slack_logging.local import LocalSlack, visible_text
from slack_logging.passive.handler import _OPTIONS
from slack_logging.testing import FakeClock
from tests.scenarios.test_service import SCOPES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def blocks(language: str, page: str = README) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def test_the_first_code_stands_by_line_25_and_works_offline() -> None:
    """Copied into a file, it prints what Slack shows."""
    first = blocks("python")[0]
    assert README[: README.index(first) + len(first)].count("\n") <= 25
    ran = subprocess.run([sys.executable, "-c", first], capture_output=True, text=True, timeout=50, check=True)
    assert "cannot divide" in ran.stdout
    assert "ZeroDivisionError: division by zero" in ran.stdout


@pytest.mark.parametrize("number", range(1, len(blocks("python"))))
def test_every_block_runs(number: int) -> None:
    """As a reader would paste it."""
    exec(compile(blocks("python")[number], f"README block {number}", "exec"), {})  # noqa: S102
    logging.getLogger("shop").handlers.clear()


def test_the_dict_config_configures() -> None:
    """With the built-in commands, because nobody has myapp."""
    names: dict[str, Any] = {}
    exec(blocks("python")[1], names)  # noqa: S102
    config = names["LOGGING"]
    config["handlers"]["slack"]["commands"]["start"] = "manual"
    logging.config.dictConfig(config)
    handler = logging.getLogger().handlers[-1]
    assert isinstance(handler, SlackHandler)
    assert handler.level == logging.WARNING
    logging.getLogger().removeHandler(handler)
    handler.close()


def test_the_dict_config_and_the_router_work_together(
    clock: FakeClock, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the environment's token, somebody whom the config names runs the example's command."""
    for name, value in slack.environ.items():
        monkeypatch.setenv(name, value)
    package, module = ModuleType("myapp"), ModuleType("myapp.ops")
    exec(blocks("python")[2], vars(module))  # noqa: S102
    monkeypatch.setitem(sys.modules, "myapp", package)
    monkeypatch.setitem(sys.modules, "myapp.ops", module)
    names: dict[str, Any] = {}
    exec(blocks("python")[1].replace("U024BE7LH", slack.user_id("ada")), names)  # noqa: S102
    logging.config.dictConfig(names["LOGGING"])
    ts = slack.say("#ops-commands", "!deploy api --version 1.4", user="ada")
    clock.run_until(lambda: "white_check_mark" in slack.reactions("#ops-commands", ts))
    clock.run_until(lambda: len(slack.messages("#ops-commands", thread_ts=ts)) > 1)
    [reply] = slack.messages("#ops-commands", thread_ts=ts)[1:]
    assert visible_text(reply) == "api is at 1.4"
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})


def test_the_yaml_is_the_dict_config() -> None:
    """Every value of it."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install PyYAML")
    names: dict[str, Any] = {}
    exec(blocks("python")[1], names)  # noqa: S102
    assert yaml.safe_load(blocks("yaml", CONFIGURATION)[0]) == names["LOGGING"]


def test_dict_config_wraps_what_is_wrong() -> None:
    """The cause of its ValueError is ours."""
    names: dict[str, Any] = {}
    exec(blocks("python")[1].replace('"allow"', '"alow"'), names)  # noqa: S102
    with pytest.raises(ValueError, match="Unable to configure handler 'slack'") as caught:
        logging.config.dictConfig(names["LOGGING"])
    assert isinstance(caught.value.__cause__, ConfigurationError)


def test_there_are_exactly_two_set_up_commands() -> None:
    """One runs the demo, one the tests; each is one line."""
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert [line.rpartition("/bin/")[2].split(" ")[0:2] for line in commands] == [
        ["slack-logging", "demo"],
        ["python", "-m"],
    ]


def test_the_manifest_is_the_one_that_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Its scopes are those of the table, which the scenario's token has."""
    [shown] = blocks("yaml")
    assert (main(["manifest"]), capsys.readouterr().out) == (0, shown)
    assert re.findall(r"^ +- (\S+)", shown, re.MULTILINE) == list(SCOPES)


@pytest.mark.parametrize(
    ("head", "options"),
    [("option", {*_OPTIONS} - {"level"}), ("option of `commands`", {*OPTIONS, "channel", "start"})],
)
def test_every_option_is_in_its_table(head: str, options: set[str]) -> None:
    """The table has no other."""
    rows = re.search(rf"^\| {head} \|.*?\n\n", CONFIGURATION, re.DOTALL | re.MULTILINE)
    assert rows is not None
    named = set(re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in rows[0].strip().splitlines()[2:])))
    assert named == options
