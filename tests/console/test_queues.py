"""`slack-logging check --config`: a QueueHandler before Slack, which takes somebody who reads the queue."""

from __future__ import annotations

import json
import logging.handlers
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slack_logging.local import LocalSlack
from tests.console.conftest import Run
from tests.console.test_check import notes, wrong

REACHES = "ok     logger root: INFO and above reach #ops-log (its own level)"

#: Applies the config it is given, starts what the check says, logs once, and prints what became of that.
APPLY = """
import json, logging.config, sys
try:
    logging.config.dictConfig(json.loads(sys.argv[1]))
except ValueError:
    sys.exit("refused")
exec(sys.argv[2])
logging.getLogger("till").error("queued")
for handler in logging.getLogger().handlers:
    handler.listener.stop()
"""


class Listening(logging.handlers.QueueHandler):
    """What programs had before Python 3.12: a handler that makes its listener itself."""

    def __init__(self, handlers: list[str], queue: Any = None) -> None:  # noqa: ARG002 - they are to be taken
        """Only its signature is of interest."""
        raise AssertionError("a check makes no handler of others")


def config_of(**queue: Any) -> dict[str, Any]:
    """Return a config whose root has nothing but a queue's handler."""
    slack = {"class": "slack_logging.SlackHandler", "channel": "#ops-log"}
    front = {"class": "logging.handlers.QueueHandler", "handlers": ["slack"], **queue}
    return {"version": 1, "handlers": {"slack": slack, "q": front}, "root": {"level": "INFO", "handlers": ["q"]}}


def check(run: Run, path: Path, config: dict[str, Any]) -> tuple[int, list[str]]:
    """Return how a check of a config ends, and what it says."""
    (path / "log.json").write_text(json.dumps(config))
    ended = run("check", "--config", str(path / "log.json"))
    assert ended.err == []
    return ended.status, ended.out


def applied(slack: LocalSlack, config: dict[str, Any], start: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", APPLY, json.dumps(config), start]
    return subprocess.run(command, env=slack.environ, capture_output=True, text=True, timeout=50, check=False)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="dictConfig makes no listener before Python 3.12")
def test_a_listener_that_the_program_must_start_is_noted(slack: LocalSlack, run: Run, tmp_path: Path) -> None:
    """In words that do it: nobody else starts it, and without it nothing is posted."""
    status, out = check(run, tmp_path, config_of())
    start = "logging.getHandlerByName('q').listener.start()"
    said = f"handler q: passes records on to slack once your program has started its listener: {start}"
    assert (status, said in notes(out), REACHES in out) == (0, True, True)
    assert applied(slack, config_of(), start).stderr == ""
    assert "queued" in str(slack.messages("#ops-log"))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="dictConfig makes no listener before Python 3.12")
def test_a_listener_of_a_class_of_its_own_may_start_itself(slack: LocalSlack, run: Run, tmp_path: Path) -> None:
    """So nobody is told to."""
    status, out = check(run, tmp_path, config_of(listener="logging.handlers.QueueListener"))
    assert (status, "handler q: passes records on to slack while its listener runs" in notes(out)) == (0, True)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="dictConfig makes the listener from Python 3.12 on")
def test_before_python_3_12_a_queue_that_names_handlers_is_wrong(slack: LocalSlack, run: Run, tmp_path: Path) -> None:
    """As `dictConfig` refuses it; so nothing is said to reach Slack by it."""
    status, out = check(run, tmp_path, config_of())
    version = ".".join(map(str, sys.version_info[:2]))
    said = f"handler q: handlers: dictConfig makes a queue's listener from Python 3.12 on, and this is {version}: name "
    assert (status, REACHES in out) == (1, False)
    assert wrong(out)[0].startswith(said)
    assert applied(slack, config_of()).stderr == "refused\n"


def test_a_handler_of_the_program_may_take_the_same_names(slack: LocalSlack, run: Run, tmp_path: Path) -> None:
    """What makes a handler decides what it takes; it is asked, and not called."""
    status, out = check(run, tmp_path, config_of(**{"class": f"{__name__}.Listening"}))
    assert (status, REACHES in out) == (0, True)
