"""A source's configuration: strings are as good as values, and what is wrong is named at once."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from slack_logging import CommandRouter, ConfigurationError, SlackCommandSource


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"channel": "ops commands"}, "channel='ops commands': expected a channel's name such as '#ops-log'"),
        (
            {"channel": "https://app.slack.com/client/T024BE7LH/C0123ABCD"},
            "channel: got the link to a channel: give the id that is in it, 'C0123ABCD'",
        ),
        ({"allow": []}, "allow is empty, so nobody could run a command"),
        ({"allow": ""}, "allow is empty, so nobody could run a command"),
        ({"roles": {"deployers": []}}, "roles['deployers'] is empty, so nobody could run a command"),
        ({"allow": ["@ada"]}, "allow: '@ada' is no id of a user"),
        ({"roles": ["U1"]}, "roles=['U1']: expected a mapping"),
        ({"router": 7}, "router=7: expected a CommandRouter, or where to import one from, such as 'myapp.ops.router'"),
        ({"router": "router"}, "router='router': expected a CommandRouter"),
        ({"router": "myapp/ops.py"}, "router='myapp/ops.py': expected a CommandRouter, or where to import one from"),
        ({"router": ".ops.router"}, "router='.ops.router': expected a CommandRouter, or where to import one from"),
        ({"prefix": "/"}, "prefix='/': expected one or a few signs"),
        ({"poll_interval": "often"}, "poll_interval='often': expected seconds"),
        ({"poll_interval": 0}, "poll_interval=0: expected seconds (0.1 or more)"),
        ({"max_age": 0}, "max_age=0: expected seconds (1 or more)"),
        (
            {"timeout": 0},
            "timeout=0: expected seconds (0.001 or more), a timedelta, or a string such as '10s' or '5m'; ",
        ),
        ({"start_delay": None}, "start_delay=None: expected seconds"),
        ({"workers": 0}, "workers=0: expected a whole number, 1 to 1,000"),
        ({"workers": "many"}, "workers='many': expected a whole number"),
        ({"emoji": {"dnoe": "tada"}}, "emoji has no option 'dnoe': did you mean done?"),
        ({"emoji": {"done": ":x y:"}}, "emoji['done']=':x y:': expected an emoji's name, such as 'white_check_mark'"),
        ({"token": ""}, "token: expected text, got ''"),
        ({"token": "nope"}, "token= holds no token of Slack's: it must be the app's Bot User OAuth Token (xoxb-...)"),
        ({"app_token": ""}, "app_token: expected text, got ''"),
        (
            {"app_token": "xoxb-1-a"},
            "app_token= holds a bot's token, xoxb-...: it must be an app-level token (xapp-...)",
        ),
        ({"app_token": "nope"}, "app_token= holds no token of Slack's: it must be an app-level token (xapp-...)"),
        ({"token": "xapp-1-a"}, "token= holds an app-level token, xapp-...: it must be the app's Bot User OAuth Token"),
        ({"api_url": "slack.com"}, "api_url='slack.com': expected an address such as 'https://slack.com/api/'"),
        (
            {"api_url": "https://slack.com"},
            "api_url='https://slack.com': expected an address that ends in /api/, such as",
        ),
        ({"alow": ["U024BE7LH"]}, "SlackCommandSource has no option 'alow': did you mean allow?"),
        ({"xyz": 1}, "SlackCommandSource has no option 'xyz': known: allow, api_url, app_token, emoji"),
    ],
)
def test_a_wrong_option_is_named(given: dict[str, Any], says: str) -> None:
    """What was got, what is expected, and where it helps, what to do."""
    arguments: dict[str, Any] = {"channel": "#ops-commands", "allow": ["U024BE7LH"], **given}
    with pytest.raises(ConfigurationError) as caught:
        SlackCommandSource(**arguments)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    "given",
    [
        {"allow": "U024BE7LH,S0614TZR7", "poll_interval": "5s", "max_age": "10m", "workers": "2"},
        {"allow": ("U024BE7LH",), "poll_interval": timedelta(seconds=5), "roles": {"deployers": "S0614TZR7"}},
        {"allow": {"W024BE7LH"}, "router": "myapp.ops:router", "emoji": {"done": ":shipit:"}, "start_delay": 0},
        {"allow": ["U024BE7LH"], "router": CommandRouter(), "channel": "C024BE7LH"},
    ],
)
def test_values_are_accepted_as_configuration_files_have_them(given: dict[str, Any]) -> None:
    """From INI, JSON, YAML and Python alike."""
    arguments: dict[str, Any] = {"channel": "#ops-commands", **given}
    assert "closed" in repr(SlackCommandSource(**arguments))


def test_who_wants_no_time_limit_is_told_to_give_none() -> None:
    """A limit of 0 would let no command end."""
    with pytest.raises(ConfigurationError, match=r"; leave it out for no limit$"):
        SlackCommandSource("#ops-commands", allow=["U024BE7LH"], timeout="0s")


def test_nobody_may_run_commands_by_default() -> None:
    """Who leaves `allow` out is told what to give."""
    says = "allow is empty, so nobody could run a command: give ids such as 'U024BE7LH'; in Slack, a person's id: open"
    with pytest.raises(ConfigurationError, match=re.escape(says)):
        SlackCommandSource("#ops-commands")


def test_constructing_loads_no_slack_sdk() -> None:
    """It is loaded in the thread that reads."""
    code = (
        "from slack_logging import CommandRouter, SlackCommandSource\n"
        "SlackCommandSource('#ops', allow='U024BE7LH', router=CommandRouter())\n"
        "import sys, threading\n"
        "print(sorted({'slack_sdk', 'aiohttp', 'asyncio'} & set(sys.modules)), threading.active_count())"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[] 1"
