"""A wrong world: said once, never raised, and tried again until somebody has mended it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from slack_logging import SlackHandler, Stats
from slack_logging.local import LocalSlack
from slack_logging.testing import FakeClock
from tests.passive.conftest import shown, wait_for_posts


def test_an_unknown_channel_is_said_once_and_waited_for(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str]
) -> None:
    """One line that says what to do; when the channel is there, everything comes."""
    handler = SlackHandler("#nowhere", token=slack.bot_token, api_url=slack.api_url)
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "first", None, None))
    wait_for_posts(clock, slack, 3)
    assert not handler.flush()
    assert handler.stats() == Stats(emitted=1, pending=1)
    slack.add_channel("nowhere")
    clock.run_until(lambda: handler.stats().delivered)
    assert slack.messages("#nowhere")
    assert capfd.readouterr().err.splitlines() == [
        (
            "slack_logging: nothing is posted to #nowhere, records are kept: chat.postMessage: channel_not_found "
            "(the bot is in no channel named #nowhere: create it, or /invite the bot)"
        ),
        "slack_logging: posting to #nowhere again",
    ]
    handler.close()


@pytest.mark.parametrize(
    ("word", "says"),
    [
        (" off", []),
        ("OFF", []),
        ("0", ["slack_logging: SLACK_LOGGING_COMMANDS='0': expected off, or on. Until then no commands are read"]),
        ("On ", None),
        ("", None),
    ],
)
def test_commands_are_read_unless_the_environment_says_otherwise(
    clock: FakeClock,
    slack: LocalSlack,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    word: str,
    says: list[str] | None,
) -> None:
    """What it says without sense is told, and taken for off: somebody wanted this process to be kept out."""
    monkeypatch.setenv("SLACK_LOGGING_COMMANDS", word)
    commands = {"channel": "#ops-commands", "allow": slack.user_id("ada"), "start_delay": 0}
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, commands=commands)
    if says is None:
        clock.run_until(lambda: slack.calls("conversations.history"))
    else:
        assert "closed" in repr(handler._source)
        assert capfd.readouterr().err.splitlines() == says
    handler.close()


def test_a_private_channel_is_found_by_its_name(clock: FakeClock, slack: LocalSlack) -> None:
    """Slack posts to private channels by id only; the id is looked up."""
    slack.add_channel("secret-log", private=True)
    handler = SlackHandler("#secret-log", token=slack.bot_token, api_url=slack.api_url)
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "first", None, None))
    assert handler.flush(timeout=30)
    assert "first" in shown(slack, "#secret-log")
    handler.close()


def test_a_private_channel_that_is_made_anew_is_found_again(clock: FakeClock, slack: LocalSlack) -> None:
    """An id that Slack no longer knows is looked up by the configured name once more."""
    former = slack.add_channel("secret-log", private=True)
    handler = SlackHandler("#secret-log", token=slack.bot_token, api_url=slack.api_url)
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "first", None, None))
    assert handler.flush(timeout=30)
    del slack.workspace.channels[former]
    slack.add_channel("secret-log", private=True)
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "second", None, None))
    clock.run_until(lambda: handler.stats().delivered == 2)
    assert "second" in shown(slack, "#secret-log")
    handler.close()


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (None, "auth.test: not_authed (no token: set token= or SLACK_BOT_TOKEN to the app's"),
        (
            "xoxb-of-another-slack",
            "chat.postMessage: invalid_auth (Slack does not know the token from token=: is it",
        ),
    ],
)
def test_a_bad_token_is_said_once_and_never_shown(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str], token: str | None, says: str
) -> None:
    """One line that says what to do, without the token; flushing does not wait in vain, closing says what is left."""
    handler = SlackHandler("#ops-log", token=token, api_url=slack.api_url)
    for number in range(3):
        handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, f"record {number}", None, None))
    assert not handler.flush()
    clock.advance(400)
    assert not handler.flush()
    handler.close()
    line, left = capfd.readouterr().err.splitlines()
    assert f"nothing is posted to #ops-log, records are kept: {says}" in line
    assert left == "slack_logging: 3 records for #ops-log not delivered yet: sent while the process lasts"
    assert "another-slack" not in line


def test_a_token_that_comes_later_is_found(
    clock: FakeClock, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """The environment and the token's file are read again, so a rotated token needs no restart."""
    path = tmp_path / "token"
    path.write_text("xoxb-expired", encoding="utf-8")
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(path))
    handler = SlackHandler("#ops-log", api_url=slack.api_url)
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "first", None, None))
    wait_for_posts(clock, slack, 1)
    path.write_text(f"{slack.bot_token}\n", encoding="utf-8")
    clock.run_until(lambda: slack.messages("#ops-log"))
    handler.close()
