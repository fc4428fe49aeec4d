"""Every option given wrong in turn, as a dict, as INI and as YAML: who configures is told which, what and what else."""

from __future__ import annotations

import inspect
import logging
import logging.config
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slack_logging import ConfigurationError, SlackCommandSource, SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.testing import FakeClock
from tests.passive.conftest import shown

#: A wrong value for each option of the handler: how it is shown, and what is said to be expected.
WRONG: list[tuple[str, object, str, str]] = [
    ("channel", "ops log", "'ops log'", "expected a channel's name such as '#ops-log', or its id"),
    (
        "channel",
        "https://x.slack.com/archives/C0123ABCD",
        "the link to a channel",
        "give the id that is in it, 'C0123ABCD'",
    ),
    ("channel", "xoxb-1-2-3-realsecretABCDEF", "got a token", "it belongs into token=, here expected a name"),
    ("channel", None, "needs a channel or a webhook_url, got neither", "such as channel='#ops-log'"),
    ("webhook_url", "https://discord.com/api/webhooks/1/x/slack", "got both", "give one"),
    ("context", "many", "'many'", "expected a whole number, 0 to 1,000"),
    ("context", 10**19, "10000000000000000000", "expected a whole number, 0 to 1,000"),
    ("token", 7, "got int", "expected text"),
    ("api_url", "slack.com", "'slack.com'", "expected an address such as 'https://slack.com/api/'"),
    ("level", "LOUD", "'LOUD'", "expected a level's name, such as WARNING, or its number"),
    ("service", " ", "' '", "expected text"),
    ("service", "x" * 1000, "xxx...: got 1,000 characters", "expected at most 100: give a shorter one"),
    (
        "flush_interval",
        "soon",
        "'soon'",
        "expected seconds (0 or more), a timedelta, or a string such as '10s' or '5m'",
    ),
    ("group_window", -1, "-1", "expected seconds (0 or more)"),
    ("flush_interval", 10**400, "1000", "expected seconds (0 or more)"),
    ("mention", "ada", "'ada'", "expected 'here', 'channel', or the id of a user or user group, such as 'U024BE7LH'"),
    ("mention", "xoxb-1-2-3-realsecretABCDEF", "'...'", "expected 'here', 'channel', or the id"),
    ("mention", "everyone", "'everyone'", "expected 'here', 'channel', or the id of a user or user group"),
    ("max_bytes", "lots", "'lots'", "expected 65,536 bytes or more, as a number or a string such as '32 MiB'"),
    (
        "redact",
        "sometimes",
        "got a text",
        "expected True or False, also as a text, or a mapping of what to hide besides",
    ),
    ("redact", {"value": []}, "no option 'value'", "did you mean values?"),
    ("redact", {"keys": ["pin", ""]}, "keys=['pin', '']", "none of them blank: leave it out"),
    ("commands", "#ops", "'#ops'", "expected a mapping with names as keys, such as {'channel': '#ops-commands'"),
    ("close_timeout", [5], "[5]", "expected seconds (0 or more)"),
    ("chanel", "#ops-log", "no option 'chanel'", "did you mean channel?"),
]

#: The same for the options in `commands`.
WRONG_COMMANDS: list[tuple[str, object, str, str]] = [
    ("channel", "ops commands", "'ops commands'", "expected a channel's name such as '#ops-log', or its id"),
    ("channel", "#xapp-1-A1-2-realsecretABCDEF", "got a token", "it belongs into token=, here expected a name"),
    ("channel", "ops-log", "'ops-log'", "is where the records go: use another"),
    ("allow", [], "empty", "nobody could run a command"),
    ("allow", "@ada", "'@ada'", "is no id of a user"),
    ("allow", ["U024BE7LH", " "], "['U024BE7LH', ' ']", "expected a list of strings, none of them blank: leave it out"),
    (
        "roles",
        "deployers",
        "'deployers'",
        "expected a mapping with names as keys, such as {'deployers': ['U024BE7LH']}",
    ),
    (
        "router",
        "router",
        "'router'",
        "expected a CommandRouter, or where to import one from, such as 'myapp.ops.router'",
    ),
    ("token", "", "got ''", "expected text"),
    ("app_token", "xoxb-1", "a bot's token", "it must be an app-level token (xapp-...)"),
    ("api_url", 5, "5", "expected an address such as 'https://slack.com/api/'"),
    ("api_url", "http://127.0.0.1:99999/api/", "99999", "expected an address such as 'https://slack.com/api/'"),
    ("api_url", "http://127.0.0.1:port/api/", "port", "expected an address such as 'https://slack.com/api/'"),
    ("service", 7, "7", "expected text"),
    ("service", "x" * 101, "xxx': got 101 characters", "expected at most 100: give a shorter one"),
    ("prefix", "/", "'/'", "expected one or a few signs"),
    ("poll_interval", "often", "'often'", "expected seconds (0.1 or more)"),
    ("max_age", "-1", "'-1'", "expected seconds (1 or more)"),
    ("start_delay", None, "None", "expected seconds (0 or more)"),
    ("workers", 0, "0", "expected a whole number, 1 to 1,000"),
    ("workers", "1001", "1001", "expected a whole number, 1 to 1,000"),
    ("shared", "yes", "'yes'", "expected True or False"),
    ("timeout", "soon", "'soon'", "expected seconds"),
    ("emoji", {"dnoe": "tada"}, "no option 'dnoe'", "did you mean done?"),
    ("start", "later", "'later'", "expected 'auto' or 'manual'"),
    ("alow", "U024BE7LH", "no option 'alow'", "did you mean allow?"),
]

IN_COMMANDS: dict[str, Any] = {"channel": "#ops-commands", "allow": ["U024BE7LH"], "start": "manual"}

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    *((name, {name: value}, got, expected) for name, value, got, expected in WRONG),
    *(
        (name, {"commands": {**IN_COMMANDS, name: value}}, got, expected)
        for name, value, got, expected in WRONG_COMMANDS
    ),
]


def dict_config(options: dict[str, Any]) -> dict[str, Any]:
    handler = {"class": "slack_logging.SlackHandler", "channel": "#ops-log", **options}
    return {"version": 1, "handlers": {"slack": handler}, "root": {"handlers": ["slack"]}}


def from_dict(options: dict[str, Any], folder: Path) -> None:
    """Configure logging as Python does."""
    logging.config.dictConfig(dict_config(options))


def from_yaml(options: dict[str, Any], folder: Path) -> None:
    """Configure logging as many programs do: from a file that PyYAML reads."""
    yaml = pytest.importorskip("yaml")
    path = folder / "logging.yaml"
    path.write_text(yaml.safe_dump(dict_config(options)), encoding="utf-8")
    with path.open(encoding="utf-8") as file:
        logging.config.dictConfig(yaml.safe_load(file))


def from_ini(options: dict[str, Any], folder: Path) -> None:
    """Configure logging from a file as `logging.config.fileConfig` reads it."""
    path = folder / "logging.ini"
    path.write_text(
        "[loggers]\nkeys=root\n[handlers]\nkeys=slack\n[formatters]\nkeys=\n"
        "[logger_root]\nlevel=INFO\nhandlers=slack\n"
        f"[handler_slack]\nclass=slack_logging.SlackHandler\nkwargs={ {'channel': '#ops-log', **options}!r}\n",
        encoding="utf-8",
    )
    logging.config.fileConfig(path, disable_existing_loggers=False)


Read = Callable[[dict[str, Any], Path], None]
every_way = pytest.mark.parametrize("read", [from_dict, from_yaml, from_ini], ids=["dict", "YAML", "INI"])


@every_way
@pytest.mark.parametrize(
    ("name", "options", "got", "expected"), CASES, ids=[f"{next(iter(case[1]))}-{case[0]}" for case in CASES]
)
def test_a_wrong_option_is_named(
    tmp_path: Path, read: Read, name: str, options: dict[str, Any], got: str, expected: str
) -> None:
    """The error, or the one that logging wraps, says all; so does what a person sees when nobody catches it."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - which one depends on logging; its cause is looked at
        read(options, tmp_path)
    error = caught.value if isinstance(caught.value, ConfigurationError) else caught.value.__cause__
    if name == "level" and read is not from_ini:  # dictConfig keeps it to itself, and sets it later
        assert str(error) == f"Unknown level: {got}"
        return
    assert isinstance(error, ConfigurationError)
    assert [text for text in (name, got, expected) if text not in str(error)] == []
    assert str(error).startswith("commands") or "commands" not in options
    seen = "".join(traceback.format_exception(caught.value))
    assert f"slack_logging.errors.ConfigurationError: {error}\n" in seen
    assert "realsecret" not in seen
    last = seen.splitlines()[-1]
    assert last in (
        f"slack_logging.errors.ConfigurationError: {error}",
        "ValueError: Unable to configure handler 'slack'",
    )


def test_no_option_is_left_out() -> None:
    """The tables above have a row for each parameter; whoever adds an option adds a row."""

    def parameters(of: type) -> set[str]:
        return {name for name in inspect.signature(of).parameters if name != "unknown"}

    assert parameters(SlackHandler) - {name for name, *_ in WRONG} == set()
    assert (parameters(SlackCommandSource) | {"start"}) - {name for name, *_ in WRONG_COMMANDS} == set()


@every_way
def test_what_is_right_may_be_a_string(tmp_path: Path, read: Read) -> None:
    """Every value but a mapping, in each way to configure."""
    commands = {
        "channel": "ops-commands",
        "allow": "U024BE7LH, S0614TZR7",
        "roles": {"deployers": "S0614TZR7"},
        "router": "myapp.ops.router",
        "token": "xoxb-2",
        "api_url": "http://127.0.0.1:1/api/",
        "service": "shop-ops",
        "prefix": "?",
        "poll_interval": "2s",
        "max_age": "1h30m",
        "start_delay": "0",
        "workers": "2",
        "shared": "true",
        "timeout": "1h",
        "emoji": {"done": ":shipit:"},
        "start": "manual",
    }
    options = {
        "token": "xoxb-1",
        "api_url": "http://127.0.0.1:1/api/",
        "level": "WARNING",
        "service": "shop",
        "flush_interval": "2.5",
        "group_window": "10m",
        "context": "20",
        "mention": "@here",
        "max_bytes": "100000",
        "redact": "true",
        "commands": commands,
        "close_timeout": "500ms",
    }
    assert set(options) | {"channel", "webhook_url"} == set(inspect.signature(SlackHandler).parameters) - {"unknown"}
    read(options, tmp_path)
    [handler] = logging.getLogger().handlers[-1:]
    assert isinstance(handler, SlackHandler)
    assert handler.level == logging.WARNING
    assert {name: handler._configured()[name] for name in sorted(options.keys() - {"commands", "level"})} == {
        "api_url": "http://127.0.0.1:1/api/",
        "close_timeout": 0.5,
        "context": 20,
        "flush_interval": 2.5,
        "group_window": 600.0,
        "max_bytes": 100_000,
        "mention": "here",
        "redact": "true",
        "service": "shop",
        "token": "xoxb-1",
    }
    assert handler._source is not None
    settings = handler._source._settings
    assert settings.access.allow == {"U024BE7LH", "S0614TZR7"}
    assert (settings.poll_interval, settings.max_age, settings.start_delay, settings.workers) == (2.0, 5400.0, 0.0, 2)
    assert (settings.shared, settings.timeout) == (True, 3600.0)
    assert (settings.channel, settings.token, settings.service, settings.prefix) == (
        "ops-commands",
        "xoxb-2",
        "shop-ops",
        "?",
    )


@pytest.mark.parametrize("style", ["%", "{", "$"])
def test_the_formatter_that_nobody_chose_is_none(style: Any, clock: FakeClock, slack: LocalSlack) -> None:
    """`basicConfig` gives one to every handler; records are shown as without it, but for a format that it is given."""
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
    logging.basicConfig(handlers=[handler], style=style, force=True)
    logging.getLogger("shop").error("paid", extra={"order": "x-7"})
    clock.run_until(lambda: slack.messages("#ops-log"))
    assert re.match(r":red_circle: .*\d\d:\d\d:\d\d UTC shop paid +order=x-7", shown(slack).replace("\n", " "))
    logging.basicConfig(handlers=[handler], format="%(levelname)s: %(message)s", force=True)
    logging.getLogger("shop").error("chosen")
    clock.run_until(lambda: len(slack.messages("#ops-log")) == 2)
    assert "ERROR: chosen" in shown(slack)
    assert "shop chosen" not in shown(slack)
