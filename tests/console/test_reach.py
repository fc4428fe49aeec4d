"""Which loggers reach Slack: what is said before is what logging then does."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from slack_logging.console.reach import configured, told
from slack_logging.errors import ConfigurationError
from slack_logging.reach import Node, Outlet

SLACK = Outlet("slack", "#ops-log", 30)

#: Loggers that exist before logging is configured, as importing a program leaves them, and a handler that only notes.
BEFORE = """
import logging
from slack_logging import SlackHandler

taken = []

class Recorder(SlackHandler):
    def emit(self, record):
        taken.append((record.name, record.levelno))

logging.getLogger("library").setLevel("DEBUG")
logging.getLogger("shop.old.deep").setLevel("CRITICAL")
logging.getLogger("shop.quiet").propagate = False
logging.getLogger("shop.kept").setLevel("ERROR")
logging.getLogger("away").disabled = True
logging.getLogger("own").addHandler(Recorder("#own", level="ERROR"))
logging.getLogger("own").setLevel("INFO")
LOGGING = {config}
"""

#: A router's module with a logger of its own.
ROUTER = """
import logging
from slack_logging import CommandRouter

logging.getLogger("ops.made").setLevel("ERROR")
router = CommandRouter()
"""

#: Says what is foretold for each logger, then configures, logs at every level, and says what was taken.
COMPARE = """
import json, logging, logging.config, re, sys
from slack_logging.console.config import load, slack_handlers
import program

LEVELS = {logging.getLevelName(number): number for number in range(100)}
foretold, often, told_often = {}, {}, {}
names = set()
for finding in slack_handlers(load("program:LOGGING")).findings:
    kind, _, name = finding.subject.partition(" ")
    if kind != "logger":
        continue
    first = re.findall(r"(?:^|; )([^;]+?) and above reach", finding.text)
    level = min([LEVELS[name] for name in first], default=1000)
    names.add(name)
    times = re.findall(r"and above reach #\\S+(?: (\\d+) times)?", finding.text)
    told_often[name] = sum(int(number or 1) for number in times)
    foretold[name] = [number for number in (10, 20, 30, 40, 50) if number >= level]

for name in ("ops", "ops.made"):  # a program has them only once it reads commands
    sys.modules.pop(name, None)
    logging.root.manager.loggerDict.pop(name, None)
logging.config.dictConfig(program.LOGGING)
import ops
logging.getLogger("slack_logging.audit").disabled = False  # as it does itself
program.taken.clear()
done = {}
for name in names:
    for number in (10, 20, 30, 40, 50):
        logging.getLogger(None if name == "root" else name).log(number, "x")
    done[name] = sorted(set(took := [number for taken, number in program.taken if taken == name]))
    often[name] = max(map(took.count, took), default=0)
print(json.dumps([[foretold, told_often], [done, often]]))
"""

COMMANDS = {"channel": "#ops-commands", "allow": "U0ADA0000", "router": "ops.router", "start": "manual"}

ROOT = {"level": "INFO", "handlers": ["slack"]}


def with_handlers(*, commands: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a config with a handler for Slack from WARNING on, one that is for no Slack, and one before the first."""
    handlers = {
        "slack": {"class": "program.Recorder", "channel": "#ops-log", "level": "WARNING", "commands": commands},
        "null": {"class": "logging.NullHandler"},
        "memory": {"class": "logging.handlers.MemoryHandler", "capacity": 1, "target": "slack", "level": "INFO"},
    }
    return {"version": 1, "handlers": handlers, **more}


@pytest.mark.parametrize(
    "config",
    [
        with_handlers(root=ROOT),
        with_handlers(root=ROOT, commands=COMMANDS),
        with_handlers(root={"level": "DEBUG", "handlers": ["memory"]}, disable_existing_loggers=False),
        with_handlers(root=ROOT, disable_existing_loggers=False),
        with_handlers(root={"level": "ERROR", "handlers": ["null"]}),
        with_handlers(loggers={"shop": {"handlers": ["slack"], "level": "DEBUG"}}),
        with_handlers(loggers={"shop": {"handlers": ["slack", "slack"]}}, root=ROOT),
        with_handlers(loggers={"shop.old": {"propagate": False}, "shop.quiet": {}, "shop.kept": {}}, root=ROOT),
        with_handlers(loggers={"own": {}, "away": {"level": "CRITICAL"}}, root=ROOT, disable_existing_loggers=False),
        with_handlers(
            loggers={"a": {"level": "ERROR"}, "a.b": {}, "a.b.c": {"level": 35, "propagate": False}, "a.d.e": {}},
            root=ROOT,
            disable_existing_loggers=False,
        ),
    ],
)
def test_what_is_foretold_comes_true(config: dict[str, Any], tmp_path: Path) -> None:
    """For every logger, named or not, and every level, and how often: dictConfig and logging agree."""
    program = BEFORE.replace("{config}", repr(config))
    (tmp_path / "program.py").write_text(program)
    (tmp_path / "ops.py").write_text(ROUTER)
    (tmp_path / "compare.py").write_text(textwrap.dedent(COMPARE))
    ran = subprocess.run(
        [sys.executable, "compare.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parent.parent.parent)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    foretold, done = json.loads(ran.stdout)
    assert foretold == done
    assert {"root", "library", "shop.old.deep", "shop.quiet", "away", "own"} <= foretold[0].keys()
    assert ("ops.made" in foretold[0]) is (config["handlers"]["slack"]["commands"] is not None)


@pytest.mark.parametrize(
    ("nodes", "line"),
    [
        (
            {"": Node(20, outlets=(SLACK,)), "shop": Node()},
            "ok     logger shop: WARNING and above reach #ops-log (handler slack's level)",
        ),
        (
            {"": Node(40, outlets=(SLACK,)), "shop": Node()},
            "ok     logger shop: ERROR and above reach #ops-log (root's level)",
        ),
        (
            {"": Node(20, outlets=(SLACK,)), "shop": Node(50, filtered=True)},
            "ok     logger shop: CRITICAL and above reach #ops-log (its own level) (its filters may refuse some)",
        ),
        (
            {"": Node(20, outlets=(Outlet("slack", "#ops-log", 30, filtered=True),)), "shop": Node()},
            (
                "ok     logger shop: WARNING and above reach #ops-log (handler slack's level; filters on "
                "handler slack may refuse some)"
            ),
        ),
        (
            {"": Node(20, outlets=(SLACK,)), "shop": Node(10, outlets=(Outlet("all", "#shop", 0),))},
            (
                "ok     logger shop: DEBUG and above reach #shop (its own level); "
                "WARNING and above reach #ops-log (handler slack's level)"
            ),
        ),
        (
            {"": Node(20, outlets=(SLACK,)), "shop": Node(outlets=(SLACK,))},
            "note   logger shop: WARNING and above reach #ops-log 2 times, by shop and root (handler slack's level)",
        ),
        (
            {"": Node(40, outlets=(Outlet("one", "#ops-log", 0), Outlet("other", "#ops-log", 0))), "shop": Node()},
            "note   logger shop: ERROR and above reach #ops-log 2 times, by root (root's level)",
        ),
        (
            {"": Node(20, outlets=(SLACK,)), "shop": Node(propagate=False)},
            "note   logger shop: nothing reaches Slack: propagate is off on shop, and it has no Slack handler",
        ),
        (
            {"": Node(20), "shop": Node()},
            "note   logger shop: nothing reaches Slack: there is no Slack handler on it or above",
        ),
        (
            {"": Node(20, outlets=(SLACK,)), "shop": Node(disabled=True)},
            (
                "note   logger shop: nothing reaches Slack: it is disabled; dictConfig and fileConfig disable what "
                "exists before: set disable_existing_loggers to False"
            ),
        ),
        (
            {"": Node(20, outlets=(SLACK,)), "slack_logging.audit": Node(disabled=True)},
            "ok     logger slack_logging.audit: WARNING and above reach #ops-log (handler slack's level)",
        ),
    ],
)
def test_a_logger_is_told_with_its_reason(nodes: dict[str, Node], line: str) -> None:
    """What decides the level, or what is in the way."""
    assert line in [str(finding) for finding in told(nodes)]


def test_a_handler_that_a_logger_is_given_twice_is_told_once() -> None:
    """As logging takes it; beside another handler for the same channel, which posts what it takes once more."""
    config = {"root": {"level": "INFO", "handlers": ["slack", "slack", "errors"]}}
    outlets = {"slack": SLACK, "errors": Outlet("errors", "#ops-log", 40)}
    [line] = map(str, told(configured(config, {"": Node()}, outlets)))
    assert line == (
        "note   logger root: WARNING and above reach #ops-log (handler slack's level); "
        "ERROR and above reach #ops-log (handler errors's level)"
    )


def test_the_packages_own_loggers_are_left_out_but_for_the_audit() -> None:
    """The handler takes no record of theirs, whatever the config says."""
    nodes = {name: Node() for name in ("slack_sdk.web", "slack_logging", "slack_logging.audit")}
    subjects = [finding.subject for finding in told({"": Node(20, outlets=(SLACK,)), **nodes})]
    assert subjects == ["logger root", "logger slack_logging.audit"]


def test_that_no_record_reaches_slack_is_wrong() -> None:
    """A handler that nobody uses is what the check is for."""
    *_, last = told({"": Node(20), "shop": Node()})
    assert str(last).startswith("WRONG  loggers: no record reaches Slack: put the handler on root")


def test_a_level_that_is_none_is_told() -> None:
    """With the logger whose it is."""
    with pytest.raises(ConfigurationError, match=r"logger shop: level='LOUD': expected a level's name"):
        configured({"loggers": {"shop": {"level": "LOUD"}}}, {"": Node()}, {})
