"""The handler's configuration: strings are as good as values, and what is wrong is named at once."""

from __future__ import annotations

import logging
import logging.config
import re
from datetime import timedelta
from typing import Any

import pytest

from slack_logging import ConfigurationError, SlackHandler
from slack_logging.local import LocalSlack, visible_text
from slack_logging.testing import FakeClock

ALLOW = {"channel": "#ops-commands", "allow": ["U024BE7LH"], "start": "manual"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            {"channel": None},
            "SlackHandler needs a channel or a webhook_url, got neither: give one, such as channel='#ops-log'",
        ),
        ({"channel": "ops log"}, "channel='ops log': expected a channel's name such as '#ops-log', or its id"),
        ({"channel": 7}, "channel=7: expected a channel's name such as '#ops-log', or its id"),
        ({"channel": "#"}, "channel='#': expected a channel's name such as '#ops-log', or its id"),
        ({"token": ""}, "token: expected text, got ''"),
        (
            {"token": "nope-secret"},
            "token= holds no token of Slack's: it must be the app's Bot User OAuth Token (xoxb-...)",
        ),
        ({"token": "'xoxb-1-secret'"}, "token= is in quotation marks, which docker --env"),
        ({"token": "xoxb-1-secret xoxb-2"}, "token= holds a line break, a blank or another sign that no token has"),
        ({"token": "xapp-1-secret"}, "token= holds an app-level token, xapp-...: it must be the app's Bot User OAuth"),
        (
            {"token": "xoxe-1-secret"},
            "token= holds a refresh token, xoxe-...: it must be the app's Bot User OAuth Token",
        ),
        ({"token": b"xoxb-1-secret"}, "token: expected text, got bytes"),
        ({"api_url": "xoxb-1-secret"}, "api_url='...': expected an address such as 'https://slack.com/api/'"),
        ({"api_url": "ftp://user:secret@h/"}, "api_url='ftp://...@h/': expected an address"),
        ({"commands": {"token": "xoxb-1-secret", 5: 1}}, "commands={'token': '...', 5: 1}: expected a mapping"),
        ({"close_timeout": 1e12}, "close_timeout=1000000000000.0: expected seconds"),
        ({"api_url": 5}, "api_url=5: expected an address such as 'https://slack.com/api/'"),
        ({"api_url": "ftp://slack.com/api/"}, "api_url='ftp://slack.com/api/': expected an address"),
        ({"api_url": "https://slack.com/"}, "api_url='https://slack.com/': expected an address that ends in /api/"),
        ({"api_url": "https://slack.com/apis/"}, "api_url='https://slack.com/apis/': expected an address that ends in"),
        ({"api_url": "http://ada:x@h/a"}, "api_url='http://...@h/a': expected an address"),
        ({"service": " "}, "service=' ': expected text"),
        ({"level": "LOUD"}, "level='LOUD': expected a level's name, such as WARNING, or its number"),
        ({"level": None}, "level=None: expected a level's name, such as WARNING, or its number"),
        ({"level": 3.5}, "level=3.5: expected a level's name, such as WARNING, or its number"),
        ({"flush_interval": -1}, "flush_interval=-1: expected seconds (0 or more), a timedelta, or a string such as"),
        ({"flush_interval": "soon"}, "flush_interval='soon': expected seconds (0 or more), a timedelta"),
        ({"close_timeout": float("nan")}, "close_timeout=nan: expected seconds (0 or more), a timedelta"),
        ({"close_timeout": True}, "close_timeout=True: expected seconds (0 or more), a timedelta"),
        ({"max_bytes": 10}, "max_bytes=10: expected 65,536 bytes or more"),
        (
            {"max_bytes": "lots"},
            "max_bytes='lots': expected 65,536 bytes or more, as a number or a string such as '32 MiB'",
        ),
        ({"flush_intervall": 5}, "SlackHandler has no option 'flush_intervall': did you mean flush_interval?"),
        (
            {"xyz": 5},
            "SlackHandler has no option 'xyz': known: api_url, channel, close_timeout, commands, context",
        ),
        ({"allow": ["U024BE7LH"]}, "SlackHandler has no option 'allow': it belongs into commands={...}"),
        ({"start": "manual"}, "SlackHandler has no option 'start': it belongs into commands={...}"),
        (
            {"commands": "#ops"},
            "commands='#ops': expected a mapping with names as keys, such as {'channel': '#ops-commands', 'allow': [",
        ),
        (
            {"commands": {"allow": ["U024BE7LH"]}},
            "commands: channel is missing: add one, such as 'channel': '#ops-commands'",
        ),
        (
            {"commands": {"channel": "#ops-commands"}},
            "commands: allow is missing: add one, such as 'allow': ['U024BE7LH']",
        ),
        (
            {"commands": {"channel": "#ops-commands", "alow": ["U024BE7LH"]}},
            "commands has no option 'alow': did you mean allow?",
        ),
        ({"commands": {**ALLOW, "start": "later"}}, "commands: start='later': expected 'auto' or 'manual'"),
        ({"commands": {**ALLOW, "channel": "ops-log"}}, "commands: channel='ops-log' is where the records go"),
    ],
)
def test_a_wrong_option_is_named(given: dict[str, Any], says: str) -> None:
    """What was got, what is expected, and where it helps, what to do."""
    arguments = {"channel": "#ops-log", **given}
    with pytest.raises(ConfigurationError) as caught:
        SlackHandler(**arguments)
    assert str(caught.value).startswith(says)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("token", ["xoxb-1-2", "xoxp-1-2", "xoxe.xoxb-1-2", "xoxa-1-2", " xoxb-1-2\n"])
def test_what_may_be_a_token_is_taken(token: str) -> None:
    """Only Slack knows whether it is one; those that are rotated begin in a way of their own."""
    SlackHandler("#ops-log", token=token).close()


@pytest.mark.parametrize(
    "given",
    [
        {"flush_interval": "2.5", "close_timeout": "10s", "max_bytes": "102400", "level": "warning"},
        {"flush_interval": timedelta(seconds=2.5), "close_timeout": 10, "max_bytes": 102_400, "level": 30},
        {"flush_interval": 2.5, "close_timeout": "10", "max_bytes": "100 kiB", "level": "30"},
    ],
)
def test_strings_are_as_good_as_values(given: dict[str, Any]) -> None:
    """INI, JSON and YAML give strings."""
    handler = SlackHandler("#ops-log", **given)
    assert (handler._flush_interval, handler._close_timeout, handler._max_bytes) == (2.5, 10.0, 102_400)
    assert handler.level == logging.WARNING


@pytest.mark.parametrize("channel", ["xoxo-fans-2024", "xapp-dev", "foxoxb-1"])
def test_a_channel_may_be_called_almost_like_a_token(channel: str) -> None:
    """What begins otherwise is none."""
    assert SlackHandler(channel).channel == channel


def test_construction_touches_nothing(slack: LocalSlack) -> None:
    """No request, no thread, no look for a token before the first record."""
    SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url).close()
    SlackHandler("#ops-log").close()
    assert slack.calls() == []


def test_a_web_apis_address_needs_no_slash_at_its_end(slack: LocalSlack) -> None:
    """As it is often written."""
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url.removesuffix("/"))
    handler.handle(logging.LogRecord("shop", logging.ERROR, __file__, 1, "no stock", None, None))
    handler.close()
    assert "no stock" in visible_text(slack.messages("#ops-log")[0])


def test_a_dict_config_is_all_it_takes(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class, a channel and the environment."""
    for name, value in slack.environ.items():
        monkeypatch.setenv(name, value)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"own": {"format": "%(levelname)s|%(message)s"}},
            "handlers": {
                "slack": {
                    "class": "slack_logging.SlackHandler",
                    "channel": "#ops-log",
                    "level": "WARNING",
                    "formatter": "own",
                }
            },
            "loggers": {"shop": {"level": "INFO", "handlers": ["slack"], "propagate": False}},
        }
    )
    logger = logging.getLogger("shop")
    logger.info("not this")
    logger.warning("but %s", "this")
    [handler] = logger.handlers
    assert isinstance(handler, SlackHandler)
    assert handler.flush(timeout=30)
    [message] = slack.messages("#ops-log")
    assert message["text"] == ":warning: WARNING|but this"
    logger.removeHandler(handler)
    handler.close()


def test_a_services_name_is_one_line_below_a_message(slack: LocalSlack) -> None:
    """Whatever it holds; the canonical entry has it as it is."""
    handler = SlackHandler("#ops-log", service="shop\nfloor", token=slack.bot_token, api_url=slack.api_url)
    handler.handle(logging.LogRecord("shop", logging.ERROR, __file__, 1, "disk full", None, None))
    assert handler.flush(timeout=30)
    [message] = slack.messages("#ops-log")
    assert visible_text(message).splitlines()[-1].startswith("shop\u240afloor · ")
    handler.close()


def test_filters_decide_first(slack: LocalSlack) -> None:
    """A filter that says no, and one that gives another record back, are honoured."""
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
    handler.addFilter(lambda record: "secret" not in record.getMessage())
    record = logging.LogRecord("shop", logging.ERROR, __file__, 1, "a secret", None, None)
    assert not handler.handle(record)
    assert handler.handle(logging.LogRecord("shop", logging.ERROR, __file__, 1, "no s.", None, None))
    assert handler.stats().emitted == 1
    handler.close()


def test_a_record_may_ask_to_be_left_out(slack: LocalSlack) -> None:
    """`extra={"slack": {"skip": True}}` keeps a record out of Slack alone."""
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    logger.error("for the file only", extra={"slack": {"skip": True}})
    logger.error("for all", extra={"slack": {"skip": False}})
    assert handler.stats().emitted == 1
    handler.close()


def test_no_token_shows_in_the_representation(clock: FakeClock) -> None:
    """A handler may be printed."""
    handler = SlackHandler("#ops-log", token="xoxb-test-very-secret")
    assert "very-secret" not in repr(handler)
    handler.close()


def test_its_repr_says_where_records_go() -> None:
    """As that of a FileHandler does; of a webhook, never the address."""
    assert repr(SlackHandler("#ops-log", level="WARNING")) == "<SlackHandler #ops-log (WARNING)>"
    by_webhook = SlackHandler(webhook_url="https://hooks.slack.com/services/T024BE7LD/B024BE7LE/very-secret-key")
    assert re.fullmatch(r"<SlackHandler webhook [0-9a-f]{4} at hooks\.slack\.com \(NOTSET\)>", repr(by_webhook))
