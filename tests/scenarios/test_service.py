"""A service as its users run it: one dictConfig, a burst of records, a command from the other channel."""

from __future__ import annotations

import logging
import logging.config
import threading
from collections.abc import Iterator

import pytest

import slack_logging
from slack_logging import CommandRouter, SlackHandler, Stats
from slack_logging.local import LocalSlack
from slack_logging.local.state.text import visible_text
from slack_logging.slack.manifest import needed
from slack_logging.testing import FakeClock

#: What the manifest asks for, and the token has.
SCOPES = tuple(scope.name for scope in needed("log", "commands"))


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


def test_configuring_anew_while_a_command_runs(clock: FakeClock, slack: LocalSlack) -> None:
    """`dictConfig` waits for no command; what runs ends once, is marked and audited; what is typed next is obeyed."""
    go_on, runs = threading.Event(), []

    def slow() -> str:
        runs.append("slow")
        assert go_on.wait(20)
        return "done at last"

    router = CommandRouter()
    router.command(slow)
    commands = {"channel": "#ops-commands", "allow": slack.user_id("ada"), "router": router, "start_delay": 0}
    handler = {"class": "slack_logging.SlackHandler", "channel": "#ops-log", "commands": commands}
    handler |= {"token": slack.bot_token, "api_url": slack.api_url}
    config = {"version": 1, "handlers": {"slack": handler}, "root": {"level": "INFO", "handlers": ["slack"]}}
    logging.config.dictConfig(config)
    first = slack.say("#ops-commands", "!slow", user="ada")
    clock.run_until(lambda: runs)
    before = clock.monotonic()
    logging.config.dictConfig(config)
    assert clock.monotonic() == before
    second = slack.say("#ops-commands", "!ping", user="ada")
    clock.run_until(lambda: slack.reactions("#ops-commands", second))
    go_on.set()
    clock.run_until(lambda: "white_check_mark" in slack.reactions("#ops-commands", first))
    audited = [f"of {slack.user_id('ada')} done: '{typed}'" for typed in ("!slow", "!ping")]
    clock.run_until(lambda: all(text in "\n".join(shown(slack)) for text in audited))
    assert runs == ["slow"]
    assert "done at last" in visible_text(slack.messages("#ops-commands", thread_ts=first)[-1])
    logging.config.dictConfig({"version": 1})


@pytest.mark.parametrize("by_id", ["channel", "commands"])
def test_one_channel_for_both_is_found_out_also_by_name_and_id(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str], by_id: str
) -> None:
    """Once the ids are known: one line on stderr, and nothing is read."""
    names = dict.fromkeys(("channel", "commands"), "#ops-log") | {by_id: slack.channel_id("#ops-log")}
    typed = slack.say("#ops-log", "!ping", user="ada")
    handler = SlackHandler(
        names["channel"],
        token=slack.bot_token,
        api_url=slack.api_url,
        commands={"channel": names["commands"], "allow": slack.user_id("ada"), "start_delay": 0},
    )
    clock.run_until(lambda: slack.calls("bots.info"))
    handler.close()
    assert capfd.readouterr().err == (
        f"slack_logging: commands in {names['commands']} are not read: "
        f"that is where the records go, to {names['channel']}: use another channel\n"
    )
    assert slack.calls("conversations.history") == []
    assert slack.reactions("#ops-log", typed) == {}


def reads_beside(clock: FakeClock, slack: LocalSlack, channel: str, posting: str, **options: object) -> SlackHandler:
    """Return a handler of records for `channel`, once its commands are read and all is said of that."""
    commands = {"channel": "#ops-commands", "allow": slack.user_id("ada"), "start_delay": 0}
    handler = SlackHandler(channel, token=posting, api_url=slack.api_url, commands={**commands, **options})
    clock.run_until(lambda: len(slack.calls("conversations.history")) > 1)
    return handler


@pytest.mark.parametrize("scopes", [[], ["chat:write.public"]])
def test_where_commands_are_read_a_misspelt_channel_of_records_is_told_before_the_first(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str], scopes: list[str]
) -> None:
    """And not again at the first record, whoever finds it out; commands are read all the same."""
    token = slack.token(*[scope.name for scope in needed("log", "commands")], *scopes)
    handler = reads_beside(clock, slack, "#ops-lgo", token)
    told, reading = capfd.readouterr().err.splitlines()
    assert told == (
        "slack_logging: nothing is posted to #ops-lgo, records are kept: chat.postMessage: channel_not_found "
        "(the bot is in no channel named #ops-lgo (did you mean #ops-log?): create it, or /invite the bot)"
    )
    assert reading.startswith("slack_logging: reading commands in #ops-commands as ")
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "first", None, None))
    clock.run_until(lambda: len(slack.calls("chat.postMessage")) > 1)
    assert capfd.readouterr().err == ""
    slack.add_channel("ops-lgo")
    clock.run_until(lambda: handler.stats().delivered)
    handler.close()
    assert "slack_logging: posting to #ops-lgo again\n" in capfd.readouterr().err


def test_an_archived_channel_of_records_is_told_before_the_first(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str]
) -> None:
    """As the first record would tell it."""
    slack.archive("#ops-log")
    handler = reads_beside(clock, slack, "#ops-log", slack.bot_token)
    assert "nothing is posted to #ops-log, records are kept: chat.postMessage: is_archived" in capfd.readouterr().err
    handler.close()


def test_a_channel_of_records_that_posts_reach_from_outside_is_well(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str]
) -> None:
    """With chat:write.public the bot need not be in it."""
    slack.add_channel("elsewhere", bot_is_member=False)
    handler = reads_beside(clock, slack, "#elsewhere", slack.bot_token)
    assert "nothing is posted" not in capfd.readouterr().err
    handler.close()


def test_whose_bot_sees_no_channel_says_nothing_of_anothers(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str]
) -> None:
    """Commands may have a token of their own: its bot need not be where the records go."""
    slack.add_channel("theirs", bot_is_member=False)
    theirs, ours = slack.bot_token, slack.token(*[scope.name for scope in needed("log", "commands")])
    handler = reads_beside(clock, slack, "#theirs", theirs, token=ours)
    assert "nothing is posted" not in capfd.readouterr().err
    handler.close()


def test_start_is_for_those_who_wait_for_it(
    clock: FakeClock, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`start` begins what says "manual" and is not closed; an old configuration never comes back with its `allow`."""

    def configured(start: str, user: str) -> SlackHandler:
        commands = {"channel": "#ops-commands", "allow": slack.user_id(user), "start": start, "start_delay": 0}
        return SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, commands=commands)

    old, new = configured("manual", "ada"), configured("manual", "ben")
    old.close()
    slack_logging.start()
    refused, done = (slack.say("#ops-commands", "!ping", user=user) for user in ("ada", "ben"))
    clock.run_until(lambda: slack.reactions("#ops-commands", done) and slack.reactions("#ops-commands", refused))
    assert [list(slack.reactions("#ops-commands", ts)) for ts in (refused, done)] == [
        ["no_entry"],
        ["white_check_mark"],
    ]
    new.close()
    automatic = configured("auto", "ada")
    automatic.close()
    slack_logging.start()
    unread = slack.say("#ops-commands", "!ping", user="ada")
    clock.advance(30)
    assert slack.reactions("#ops-commands", unread) == {}


def test_the_other_channel_is_left_alone_without_commands(clock: FakeClock, slack: LocalSlack) -> None:
    """A handler without `commands` reads nothing."""
    handler = SlackHandler("#ops-log", token=slack.token("chat:write"), api_url=slack.api_url)
    slack.say("#ops-commands", "!ping", user="ada")
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "boom", None, None))
    assert handler.flush(timeout=30)
    assert handler.stats() == Stats(emitted=1, delivered=1)
    assert {call.method for call in slack.calls()} == {"chat.postMessage"}
    handler.close()
