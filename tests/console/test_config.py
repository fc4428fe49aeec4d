"""`slack-logging check --config`: the handlers of somebody's logging config, looked at and not started."""

from __future__ import annotations

import json
import logging
import os
import subprocess
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
    config |= {"formatters": {"short": {"format": "%(message)s"}}, "filters": {"few": {"name": "shop"}}}
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
    assert any(
        line.startswith("logger shop: nothing reaches Slack: it is disabled; dictConfig") for line in notes(ended.out)
    )
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


def test_that_a_channel_is_reached_twice_is_worth_knowing(slack: LocalSlack, run: Run, written: Written) -> None:
    """And no fault, as somebody may want it."""
    config = {**config_of(), "loggers": {"shop": {"handlers": ["slack"]}, "till": {}}}
    ended = run("check", "--config", written(config))
    assert (ended.status, wrong(ended.out)) == (0, [])
    assert [line for line in ended.out if " logger " in line and "audit" not in line] == [
        "ok     logger root: INFO and above reach #ops-log (its own level)",
        "note   logger shop: INFO and above reach #ops-log 2 times, by shop and root (root's level)",
        "ok     logger till: INFO and above reach #ops-log (root's level)",
    ]


def test_with_context_lower_records_are_told_to_stand_beside_an_error(run: Run, written: Written) -> None:
    """Also through another handler; from ERROR on, there is none of that logger's."""
    memory = {"class": "logging.handlers.MemoryHandler", "capacity": 9, "target": "slack", "level": "WARNING"}
    config = {**config_of({"context": 20}, memory=memory), "loggers": {"till": {"level": "ERROR"}}}
    config["loggers"]["shop"] = {"handlers": ["memory"], "propagate": False}
    ended = run("check", "--config", written(config))
    assert [line for line in ended.out if " logger " in line and "audit" not in line] == [
        (
            "ok     logger root: ERROR and above reach #ops-log, the 20 records before, from INFO on, as context "
            "(its own level)"
        ),
        (
            "ok     logger shop: ERROR and above reach #ops-log, the 20 records before, from WARNING on, as context "
            "(handler memory's level)"
        ),
        "ok     logger till: ERROR and above reach #ops-log (its own level)",
    ]


def test_a_handler_that_passes_records_on_leads_to_slack(slack: LocalSlack, run: Run, written: Written) -> None:
    """With the higher of the two levels."""
    memory = {"class": "logging.handlers.MemoryHandler", "capacity": 9, "target": "slack", "level": "ERROR"}
    config = config_of({"level": "WARNING"}, memory=memory)
    config["root"]["handlers"] = ["memory"]
    ended = run("check", "--config", written(config))
    assert ended.status == 0
    assert "ok     logger root: ERROR and above reach #ops-log (handler memory's level)" in ended.out


@pytest.mark.parametrize("name", ["logging.json", "logging.yaml", "logging.yml"])
def test_files_are_read_as_well(slack: LocalSlack, run: Run, tmp_path: Path, name: str) -> None:
    """JSON, and YAML, of which JSON is a part."""
    path = tmp_path / name
    path.write_text(json.dumps(config_of()))
    ended = run("check", "--config", str(path))
    assert (ended.status, ended.out[1]) == (0, "ok     handler slack: a SlackHandler for #ops-log")


@pytest.mark.parametrize(("disables", "is_noted"), [(None, True), (True, True), (False, False)])
@pytest.mark.parametrize("name", ["logging.json", "logging.yaml", "logging.yml"])
def test_what_a_file_silences_is_noted(
    slack: LocalSlack, run: Run, written: Written, tmp_path: Path, name: str, disables: bool | None, is_noted: bool
) -> None:
    """Nothing tells what the program has imported by then; its router's module, for one, is supposed to be in it."""
    written(None, f"import logging\nlogging.getLogger('shop')\n{ROUTER}")
    ada = slack.user_id("ada")
    commands = {"channel": "#ops-commands", "allow": ada, "roles": {"deployers": ada}}
    config = config_of({"commands": {**commands, "router": "program_of_a_test.router"}})
    path = tmp_path / name
    path.write_text(json.dumps(config if disables is None else {**config, "disable_existing_loggers": disables}))
    ended = run("check", "--config", str(path))
    assert (ended.status, ended.err) == (0, [])
    [shop] = [line for line in ended.out if " logger shop: " in line]
    noted = [line for line in notes(ended.out) if line.startswith("disable_existing_loggers: ")]
    if is_noted:
        [note] = noted
        assert note == (
            "disable_existing_loggers: dictConfig silences the loggers that exist before and are not in the file, "
            "which is supposed here: set disable_existing_loggers to false in it"
        )
        assert shop.startswith("note   logger shop: nothing reaches Slack: it is disabled; dictConfig and fileConfig")
    else:
        assert noted == []
        assert shop == "ok     logger shop: INFO and above reach #ops-log (root's level)"


def test_a_channel_that_yaml_takes_for_a_comment_is_explained(run: Run, tmp_path: Path) -> None:
    """Its sign begins one."""
    path = tmp_path / "logging.yaml"
    entry = "class: slack_logging.SlackHandler, channel:"
    path.write_text(f"version: 1\nhandlers: {{slack: {{{entry} #ops-log\n}}}}\nroot: {{handlers: [slack]}}\n")
    [says] = wrong(run("check", "--config", str(path)).out)[:1]
    assert says.endswith("such as channel='#ops-log' (in YAML, write it in quotes: # begins a comment)")


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
        (
            "import nowhere_to_be_found",
            (
                "ModuleNotFoundError: No module named 'nowhere_to_be_found': "
                "run it where your program runs, or set PYTHONPATH"
            ),
        ),
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
        (
            "program_of_a_test",
            "expected MODULE:NAME, such as program_of_a_test:LOGGING, FILE.json, .yaml or .ini",
        ),
        (
            "program_of_a_test.LOGGING",
            "expected MODULE:NAME, such as program_of_a_test:LOGGING, FILE.json, .yaml or .ini",
        ),
        ("web.shop.LOG_2", "expected MODULE:NAME, such as web.shop:LOG_2, FILE.json, .yaml or .ini"),
        ("web.shop", "expected MODULE:NAME, such as web:shop, web.shop:LOGGING, FILE.json, .yaml or .ini"),
        ("program_of_a_test.py:CFG", "expected MODULE:NAME, such as program_of_a_test:CFG, FILE.json, .yaml or .ini"),
        ("web/shop.py:CFG", "expected MODULE:NAME, such as web.shop:CFG, FILE.json, .yaml or .ini"),
        ("./web/shop.py", "expected MODULE:NAME, such as web.shop:LOGGING, FILE.json, .yaml or .ini"),
        ("web/shop:CFG", "expected MODULE:NAME, such as web.shop:CFG, FILE.json, .yaml or .ini"),
        ("../shop.py:CFG", "expected MODULE:NAME, such as myapp.settings:CFG, FILE.json, .yaml or .ini"),
        (":", "expected MODULE:NAME, such as myapp.settings:LOGGING, FILE.json, .yaml or .ini"),
        (
            "nowhere.to.be.found:LOGGING",
            "ModuleNotFoundError: No module named 'nowhere': run it where your program runs",
        ),
        ("program_of_a_test:NAME", "AttributeError: module 'program_of_a_test' has no attribute 'NAME'"),
        (
            "program_of_a_test:LOG",
            "AttributeError: module 'program_of_a_test' has no attribute 'LOG': did you mean LOGGING?",
        ),
        ("program_of_a_test:__doc__", "expected a mapping for dictConfig, with 'handlers' in it"),
        *((f"nowhere.{kind}", "cannot be read: No such file or directory") for kind in ("json", "yaml", "ini")),
        ("broken.json", "is no JSON: "),
        (
            "broken.yaml",
            "is no YAML: line 1, column 5: while parsing a flow node, expected the node content",
        ),
        ("indented.yaml", "is no YAML: line 2, column 3: mapping values are not allowed here"),
        ("binary.yaml", "is no YAML: unacceptable character #x0001: special characters are not allowed at position 3"),
        ("empty.yml", "expected a mapping for dictConfig, with 'handlers' in it"),
    ],
)
def test_what_is_no_config_is_one_line(run: Run, written: Written, tmp_path: Path, source: str, says: str) -> None:
    """With what was expected."""
    written(config_of())
    texts = {"broken.json": "{", "broken.yaml": "a: [", "indented.yaml": "a: b\n c: d", "binary.yaml": "a: \1"}
    for name, text in {**texts, "empty.yml": ""}.items():
        (tmp_path / name).write_text(text)
    ended = run("check", "--config", source)
    [line] = ended.err
    assert (ended.status, ended.out) == (1, [])
    assert line.startswith(f"slack-logging check: --config {source}: {says}")


def test_without_pyyaml_a_file_that_is_missing_is_told_as_such(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to install is told where there is something to read."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.chdir(tmp_path)
    said = "slack-logging check: --config there.yaml: reading YAML needs PyYAML: pip install PyYAML"
    missing = "slack-logging check: --config there.yaml: cannot be read: No such file or directory"
    assert run("check", "--config", "there.yaml").err == [missing]
    (tmp_path / "there.yaml").write_text("version: 1")
    assert run("check", "--config", "there.yaml").err == [said]


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


def without_version() -> dict[str, Any]:
    config = config_of()
    del config["version"]
    return config


#: Configs, and what is said about each.
REFUSED: list[tuple[dict[str, Any], str]] = [
    (without_version(), "version: is missing: add 'version': 1"),
    ({**config_of(), "version": 2}, "version: is 2: it must be 1"),
    ({**config_of(), "incremental": True}, "incremental: is on, so that no handler is made: take it out"),
    (
        {**config_of(), "root": {"handlers": ["slack", "slak"]}},
        "logger root: names handler 'slak', which does not exist: did you mean slack?",
    ),
    (
        {**config_of(), "root": {"handlers": "slack"}},
        "logger root: handlers='slack': expected a list, such as ['sl",
    ),
    (
        {**config_of(), "loggers": {"shop": {"handlers": ["console"]}}},
        "logger shop: names handler 'console', which does not exist: there are: slack",
    ),
    (
        {**config_of(), "loggers": {"shop": {"filters": ["few"]}}},
        "logger shop: names filter 'few', which does not exist: there are: none",
    ),
    (
        {**config_of(), "loggers": {"shop": {"level": "LOUD"}}},
        "levels: logger shop: level='LOUD': expected a level",
    ),
    ({**config_of({"level": "LOUD"})}, "levels: handler slack: level='LOUD': expected a level's name"),
    (
        {**config_of({"formatter": "shrot"}), "formatters": {"short": {}}},
        "handler slack: names formatter 'shrot', which does not exist: did you mean short?",
    ),
    (config_of({"filters": ["few"]}), "handler slack: names filter 'few', which does not exist: there are: none"),
    (
        config_of(memory={"class": "logging.handlers.MemoryHandler", "capacity": 9, "target": "slak"}),
        "handler memory: names handler 'slak', which does not exist: did you mean slack?",
    ),
    (config_of(other={"level": "INFO"}), "handler other: has no class: add one, such as"),
    (
        config_of(other={"class": "logging.StreamHandler", "level": "INFO", "strem": "ext://sys.stdout"}),
        "handler other: TypeError: got an unexpected keyword argument 'strem'",
    ),
    (
        config_of(other={"class": "logging.FileHandler", "mode": "w"}),
        "handler other: TypeError: missing a required argument: 'filename'",
    ),
    (
        config_of(other={"()": "logging.handlers.QueueHandler", "handlers": ["slack"]}),
        "handler other: TypeError: ",
    ),
    (
        config_of(other={"class": "logging.NulHandler"}),
        (
            "handler other: Cannot resolve 'logging.NulHandler': No module named 'logging.NulHandler': did you mean "
            "logging.NullHandler?"
        ),
    ),
    (
        config_of(other={"class": "slack_logging.SlakHandler"}),
        (
            "handler other: Cannot resolve 'slack_logging.SlakHandler': No module named 'slack_logging.SlakHandler': "
            "did you mean slack_logging.SlackHandler?"
        ),
    ),
    (
        {**config_of(), "formatters": {"json": {"()": "slack_logging.SlackFormatte"}}},
        (
            "formatter json: Cannot resolve 'slack_logging.SlackFormatte': No module named "
            "'slack_logging.SlackFormatte': did you mean slack_logging.SlackFormatter?"
        ),
    ),
    (
        {**config_of(), "formatters": {"short": {"format": "{message}", "style": "?"}}},
        "formatter short: Style must be one of: %,{,$",
    ),
    (
        {**config_of(), "formatters": {"short": {"()": "nowhere.Formatter"}}},
        "formatter short: Cannot resolve 'nowhere.Formatter'",
    ),
    ({**config_of(), "filters": {"few": {"()": "nowhere.few"}}}, "filter few: Cannot resolve 'nowhere.few'"),
]


@pytest.mark.parametrize(("config", "says"), REFUSED)
def test_what_dictconfig_refuses_is_told(
    slack: LocalSlack, run: Run, written: Written, config: dict[str, Any], says: str
) -> None:
    """As one line, by the name of what it is wrong with; logging would be configured with nothing, or not at all."""
    ended = run("check", "--config", written(config))
    assert (ended.status, ended.err) == (1, [])
    assert wrong(ended.out)[0][: len(says)] == says


def test_what_is_told_is_what_dictconfig_refuses() -> None:
    """Each of them raises ValueError there."""
    code = """
import json, logging.config, sys
for number, config in enumerate(json.load(sys.stdin)):
    try:
        logging.config.dictConfig(config)
    except ValueError:
        continue
    print("taken:", number)
"""
    configs = json.dumps([config for config, _ in REFUSED])
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, input=configs, capture_output=True, text=True, timeout=50, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({"handlers": ["slack"]}, "handlers: expected a mapping from names, got list"),
        ({"loggers": None}, "loggers: expected a mapping from names, got NoneType"),
        ({"formatters": {"short": "%(message)s"}}, "formatters: short: expected a mapping, got str"),
        ({"root": ["slack"]}, "root: expected a mapping, got list"),
    ],
)
def test_a_config_of_another_shape_is_one_line(run: Run, written: Written, part: dict[str, Any], says: str) -> None:
    """With what was expected."""
    ended = run("check", "--config", written({**config_of(), **part}))
    assert (ended.status, ended.out) == (1, [])
    assert ended.err == [f"slack-logging check: --config program_of_a_test:LOGGING: {says}"]


ROUTER = """
from slack_logging import CommandRouter

router = CommandRouter()
router.command("deploy", roles=["deployers"])(lambda: None)
"""


@pytest.mark.parametrize(
    ("router", "roles", "says"),
    [
        ("program_of_a_test.router", {"deployers": "U0ADA0000"}, None),
        (
            "program_of_a_test.router",
            {"admins": "U0ADA0000"},
            "command 'deploy' wants the role 'deployers', which is not in roles (configured: admins): add roles=",
        ),
        (
            "nowhere.to.be.found",
            {},
            "router='nowhere.to.be.found' cannot be imported: ModuleNotFoundError: No module named 'nowhere'",
        ),
        (
            "program_of_a_test.rooter",
            {},
            (
                "router='program_of_a_test.rooter' cannot be imported: AttributeError: module 'program_of_a_test' has "
                "no attribute 'rooter': did you mean router?"
            ),
        ),
        (
            "program_of_a_test.LOGGING",
            {},
            "router='program_of_a_test.LOGGING' is of type dict: expected a CommandRouter",
        ),
        ("leaving.router", {}, "router='leaving.router' cannot be imported: SystemExit: set DJANGO_SETTINGS first"),
        ("broken.router", {}, "router='broken.router' cannot be imported: ZeroDivisionError: division by zero"),
    ],
)
def test_a_router_with_which_nothing_would_be_read_is_told(
    slack: LocalSlack, run: Run, written: Written, tmp_path: Path, router: str, roles: dict[str, str], says: str | None
) -> None:
    """Whatever importing it raises; records would reach Slack all the same."""
    (tmp_path / "leaving.py").write_text("raise SystemExit('set DJANGO_SETTINGS\\nfirst')")
    (tmp_path / "broken.py").write_text("1 / 0")
    commands = {"channel": "#ops-commands", "allow": [slack.user_id("ada")], "roles": roles, "router": router}
    ended = run("check", "--config", written(config_of({"commands": commands}), ROUTER))
    assert ended.err == []
    assert "ok     handler slack: a SlackHandler for #ops-log" in ended.out
    start = f"handler slack: no commands will be read: {says}"
    assert [line[: len(start)] for line in wrong(ended.out)] == ([start] if says else [])
    assert ended.status == (1 if says else 0)


def test_a_router_is_found_from_a_file_as_well(slack: LocalSlack, run: Run, written: Written, tmp_path: Path) -> None:
    """Where the program would find it, and with commands off while it is imported."""
    written(None, f"import os\nenvironment = os.environ.get('SLACK_LOGGING_COMMANDS')\n{ROUTER}")
    commands = {
        "channel": "#ops-commands",
        "allow": slack.user_id("ada"),
        "roles": {"deployers": slack.user_id("ada")},
        "router": "program_of_a_test.router",
    }
    (tmp_path / "logging.json").write_text(json.dumps(config_of({"commands": commands})))
    ended = run("check", "--config", "logging.json")
    assert (ended.status, wrong(ended.out), ended.err) == (0, [], [])
    assert sys.modules["program_of_a_test"].environment == "off"
    assert "SLACK_LOGGING_COMMANDS" not in os.environ


def test_loggers_of_the_standard_library_are_told_where_they_are_named(
    slack: LocalSlack, run: Run, written: Written
) -> None:
    """Every program has them, and this one too."""
    code = "import logging\nfor name in ('asyncio', 'concurrent.futures', 'shop'): logging.getLogger(name)"
    ended = run("check", "--config", written({**config_of(), "disable_existing_loggers": False}, code))
    assert [line.split(": ")[0] for line in ended.out if "  logger " in line] == [
        "ok     logger root",
        "ok     logger shop",
    ]
    named = {**config_of(), "disable_existing_loggers": False, "loggers": {"asyncio": {"level": "ERROR"}}}
    ended = run("check", "--config", written(named, code))
    assert any(line.startswith("ok     logger asyncio: ERROR and above reach #ops-log") for line in ended.out)
    assert not any("concurrent" in line for line in ended.out)
