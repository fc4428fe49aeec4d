"""A service as its users run it: one dictConfig, a burst of records, a command from the other channel."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Iterator

import pytest

from slack_logging import SlackHandler, Stats
from slack_logging.local import LocalSlack
from slack_logging.local.text import visible_text
from slack_logging.testing import FakeClock

#: What the README's manifest asks for; a test compares the two.
SCOPES = (
    "channels:history channels:read chat:write files:write groups:history groups:read reactions:write "
    "usergroups:read users:read"
).split()


@pytest.fixture
def handler(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackHandler]:
    """Configure logging by one dictConfig entry, with the environment that the README names."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token(*SCOPES))
    monkeypatch.setenv("SLACK_API_URL", slack.api_url)
    ada = slack.add_user("grace")
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {
            "slack": {
                "class": "slack_logging.SlackHandler",
                "channel": "#ops-log",
                "level": "DEBUG",
                "commands": {"channel": "#ops-commands", "allow": [ada], "start_delay": 0},
            }
        },
        "loggers": {"shop": {"level": "INFO", "handlers": ["slack"]}},
    }
    logging.config.dictConfig(config)
    [made] = logging.getLogger("shop").handlers
    assert isinstance(made, SlackHandler)
    yield made
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    logging.getLogger("shop").handlers.clear()
    made.close()


def shown(slack: LocalSlack) -> list[str]:
    """Return the lines that people read in the passive channel."""
    return [line for message in slack.messages("#ops-log") for line in visible_text(message).splitlines()]


def test_a_burst_arrives_whole_while_a_command_is_obeyed(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler
) -> None:
    """500 records at one message a second, a command with its effect, mark and reply; nothing lost, no 429 earned."""
    logger = logging.getLogger("shop")
    for number in range(500):
        logger.info("order %d: %s", number, "x" * 100)
    logger.debug("nobody sees this")
    typed = slack.say("#ops-commands", "!level shop DEBUG", user="grace")
    clock.run_until(lambda: "white_check_mark" in slack.reactions("#ops-commands", typed))
    logger.debug("now it is seen")
    assert handler.flush(timeout=60)

    text = shown(slack)
    assert [line.split(" shop order ")[1].split(":")[0] for line in text if " shop order " in line] == [
        str(number) for number in range(500)
    ]
    assert [line.split(" shop ")[1] for line in text if "seen" in line] == ["now it is seen"]
    [reply] = slack.messages("#ops-commands", thread_ts=typed)[1:]
    assert "shop" in visible_text(reply)
    assert "DEBUG" in visible_text(reply)
    assert slack.reactions("#ops-commands", typed) == {"white_check_mark": [slack.bot_user_id]}
    stats = handler.stats()
    assert (stats.pending, stats.dropped) == (0, {})
    assert stats.emitted == stats.delivered + stats.merged
    assert {call.status for call in slack.calls()} == {200}
    posts = [call.time for call in slack.calls("chat.postMessage") if call.args["channel"] != reply.get("channel")]
    assert len(posts) <= 10


def test_the_other_channel_is_left_alone_without_commands(clock: FakeClock, slack: LocalSlack) -> None:
    """A handler without `commands` reads nothing."""
    handler = SlackHandler("#ops-log", token=slack.token("chat:write"), api_url=slack.api_url)
    slack.say("#ops-commands", "!ping", user="ada")
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "boom", None, None))
    assert handler.flush(timeout=30)
    assert handler.stats() == Stats(emitted=1, delivered=1)
    assert {call.method for call in slack.calls()} == {"chat.postMessage"}
    handler.close()
