"""`slack-logging check --config FILE.ini`: what `logging.config.fileConfig` would make of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slack_logging.local import LocalSlack
from tests.console.conftest import Run
from tests.console.test_check import wrong

#: Two handlers of Slack's, by position and by name, one before the first, one of Python's own, and a formatter.
INI = """
[loggers]
keys = root, shop, till
[handlers]
keys = slack, orders, memory, console
[formatters]
keys = short
[logger_root]
level = INFO
handlers = slack
[logger_shop]
qualname = shop
level = DEBUG
handlers = memory, console
propagate = 0
[logger_till]
qualname = shop.till
handlers = orders
[handler_slack]
class = slack_logging.SlackHandler
level = WARNING
formatter = short
args = ("#ops-log",)
kwargs = {"service": "shop", "context": 20}
[handler_orders]
class = slack_logging.SlackHandler
kwargs = {"channel": "#orders", "level": "error"}
[handler_memory]
class = handlers.MemoryHandler
args = (1,)
target = slack
[handler_console]
class = StreamHandler
args = (sys.stdout,)
[formatter_short]
format = %(levelname)s %(message)s
"""

#: Says which levels each logger's records are foretold to reach Slack from, and from which on they then do.
COMPARE = """
import json, logging, logging.config, re
from slack_logging import SlackHandler
from slack_logging.console.config import load, slack_handlers

logging.getLogger("old"), logging.getLogger("shop.old").setLevel("CRITICAL")
foretold = {}
for finding in slack_handlers(load("log.ini")).findings:
    if finding.subject.startswith("logger "):
        reach = r"(?:^|; )([A-Z]+) and above reach (#[\\w-]+)(?:, the 20 records before, from ([A-Z]+) on)?"
        told = re.findall(reach, finding.text)
        foretold[finding.subject[7:]] = sorted((kept or shown, channel) for shown, channel, kept in told)
logging.config.fileConfig("log.ini")
took = []
SlackHandler.emit = lambda self, record: took.append((record.name, record.levelname, self.channel))
done = {}
for name in foretold:
    logger = logging.getLogger(None if name == "root" else name)
    for level in (50, 40, 30, 20, 10):
        logger.log(level, "x")
    least = {channel: level for taken, level, channel in took if taken == name}
    done[name] = sorted((level, channel) for channel, level in least.items())
print(json.dumps([foretold, done]))
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file, where the command looks."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "log.ini"
    path.write_text(INI, encoding="utf-8")
    return path


def test_its_handlers_channels_and_loggers_are_checked(slack: LocalSlack, run: Run, config: Path) -> None:
    """As those of any config are; what the file cannot say is noted."""
    slack.add_channel("orders")
    ended = run("check", "--config", config.name)
    assert (ended.status, ended.err, wrong(ended.out)) == (0, [], [])
    assert ended.out[0] == (
        "note   disable_existing_loggers: fileConfig silences the loggers that exist before and are not in the file, "
        "which is supposed here: pass disable_existing_loggers=False to it, which a file cannot say"
    )
    assert ended.out[1:3] == [
        "ok     handler slack: a SlackHandler for #ops-log",
        "ok     handler orders: a SlackHandler for #orders",
    ]
    root = "ERROR and above reach #ops-log, the 20 records before, from WARNING on, as context (handler slack's level)"
    assert f"ok     logger root: {root}" in ended.out


def test_what_is_foretold_comes_true(config: Path) -> None:
    """Logging does it, for loggers that are named and for those that exist before."""
    environment = {"PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    command = [sys.executable, "-c", COMPARE]
    ran = subprocess.run(command, cwd=config.parent, env=environment, capture_output=True, text=True, timeout=50)
    assert (ran.returncode, ran.stderr) == (0, "")
    foretold, done = json.loads(ran.stdout.splitlines()[-1])
    assert foretold == done
    assert foretold["shop"] == [["DEBUG", "#ops-log"]]
    assert foretold["shop.till"] == [["DEBUG", "#ops-log"], ["ERROR", "#orders"]]
    assert {"root", "old", "shop.old"} <= foretold.keys()


@pytest.mark.parametrize(
    ("line", "instead", "says"),
    [
        ("[handlers]", "[handler]", "is no INI for fileConfig: No section: 'handlers'"),
        ("keys = root, shop, till", "keys = shop", "is no INI for fileConfig: [loggers]: keys: root is not among them"),
        ("qualname = shop\n", "\n", "is no INI for fileConfig: No option 'qualname' in section: 'logger_shop'"),
        (
            "(sys.stdout,)",
            "(stdout,)",
            "is no INI for fileConfig: [handler_console]: args: name 'stdout' is not defined",
        ),
        ("[loggers]\n", "loggers\n", "is no INI for fileConfig: File contains no section headers. file: line: 2"),
        *(
            (
                '"service": "shop"',
                f'"service": "{service}"',
                "is no INI for fileConfig: [handler_slack]: kwargs: write %% for a %: one alone begins the name of",
            )
            for service in ("5%", "%(shop)s")
        ),
        ("[formatter_short]", "[formatter_shrot]", "is no INI for fileConfig: No section: 'formatter_short'"),
    ],
)
def test_what_is_no_config_is_one_line(run: Run, config: Path, line: str, instead: str, says: str) -> None:
    """With the place."""
    config.write_text(INI.replace(line, instead, 1), encoding="utf-8")
    ended = run("check", "--config", config.name)
    assert (ended.status, ended.out, len(ended.err)) == (1, [], 1)
    assert ended.err[0].startswith(f"slack-logging check: --config log.ini: {says}")


@pytest.mark.parametrize(
    ("line", "instead", "says"),
    [
        ('("#ops-log",)', '("#ops-log")', "handler slack: TypeError: too many positional arguments"),
        ('"context"', '"contxt"', "handler slack: SlackHandler has no option 'contxt': did you mean context?"),
        (
            "handlers = slack",
            "handlers = slak",
            "logger root: names handler 'slak', which does not exist: did you mean",
        ),
        ("formatter = short", "formatter = shrot", "handler slack: names formatter 'shrot', which does not exist: did"),
        ("target = slack", "target = slak", "handler memory: names handler 'slak', which does not exist: did you mean"),
        ("(sys.stdout,)", "(sys.stdout, 1)", "handler console: TypeError: too many positional arguments"),
        ("class = StreamHandler", "class = StreamHndler", "handler console: Cannot resolve 'StreamHndler'"),
        ("level = INFO", "level = LOUD", "levels: logger root: level='LOUD': expected a level's name"),
    ],
)
def test_what_fileconfig_refuses_is_told(
    slack: LocalSlack, run: Run, config: Path, line: str, instead: str, says: str
) -> None:
    """By the name of what it is wrong with."""
    config.write_text(INI.replace(line, instead, 1), encoding="utf-8")
    ended = run("check", "--config", config.name)
    assert (ended.status, ended.err) == (1, [])
    assert wrong(ended.out)[0][: len(says)] == says
    command = [sys.executable, "-c", "import logging.config; logging.config.fileConfig('log.ini')"]
    ran = subprocess.run(command, cwd=config.parent, capture_output=True, text=True, timeout=50)
    assert ran.returncode == 1
