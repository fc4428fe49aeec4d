"""Which messages are commands for us."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slack_logging.active.emoji import Emoji, Mark
from slack_logging.active.ledger import Key
from slack_logging.active.reading.intake import Intake, by_age
from slack_logging.errors import ConfigurationError
from slack_logging.instance import Instance

INTAKE = Intake(
    team="T1",
    channel="C1",
    bot_user="U0BOT",
    bot_id="B0BOT",
    app_id="A0APP",
    prefix="!",
    emoji=Emoji(),
    instance=Instance("orders", "web-1", 4711),
    named=frozenset({"U0ADA", "B0FLOW", "U0DEPLOYER"}),
)
MESSAGE = {"type": "message", "ts": "1.000100", "user": "U0BEN", "text": "!status"}


@pytest.mark.parametrize(
    ("fields", "user"),
    [
        ({}, "U0BEN"),
        ({"subtype": "file_share"}, "U0BEN"),
        ({"thread_ts": "1.000100", "reply_count": 2}, "U0BEN"),
        ({"edited": {"user": "U0BEN", "ts": "2.000000"}}, "U0BEN"),
        ({"bot_id": "B0FLOW", "user": None}, "B0FLOW"),
        ({"bot_id": "B0DEPLOYER", "user": "U0DEPLOYER"}, "U0DEPLOYER"),
    ],
)
def test_a_persons_message_is_heard(fields: dict[str, Any], user: str) -> None:
    """And a bot's or a workflow's that is named by its user or bot id."""
    heard = INTAKE.hear({**MESSAGE, **fields})
    assert heard is not None
    assert (heard.key, heard.user, heard.text, heard.marks) == (
        Key("T1", "C1", "1.000100"),
        user,
        "!status",
        frozenset(),
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("!scael hunter2", "!scael ..."),
        (" <@U0BOT>, Scael=hunter2", "<@U0BOT>, scael ..."),
        ("<@U0BOT> !scael hunter2", "<@U0BOT> !scael ..."),
        ("!@orders, scael `hunter2`", "!@orders, scael ..."),
        ("!@web-1", "!@web-1 ..."),
    ],
)
def test_what_is_secret_is_shown_as_it_was_typed_up_to_its_name(text: str, shown: str) -> None:
    """So that a command looks like one beside others, which are shown whole."""
    heard = replace(INTAKE, is_secret=lambda _: True).hear({**MESSAGE, "text": text})
    assert heard is not None
    assert heard.shown == shown


@pytest.mark.parametrize(
    ("fields", "by_app", "is_answered"),
    [
        ({}, False, False),
        ({"bot_id": "B0FLOW", "user": "U0DEPLOYER"}, True, False),
        ({"app_id": "A0OTHER", "user": "U0DEPLOYER"}, True, False),
        ({"bot_profile": {"app_id": "A0OTHER"}, "user": "U0DEPLOYER"}, True, False),
        ({"reply_users": ["U0BEN"]}, False, False),
        ({"reply_users": ["U0BEN", "U0BOT"]}, False, True),
        ({"reply_users": ["B0BOT"]}, False, True),
    ],
)
def test_it_tells_who_posted_it_and_whether_we_have_replied(
    fields: dict[str, Any], by_app: bool, is_answered: bool
) -> None:
    """An app's message may name a person: whose token it has."""
    heard = INTAKE.hear({**MESSAGE, **fields})
    assert heard is not None
    assert (heard.by_app, heard.is_answered) == (by_app, is_answered)


@pytest.mark.parametrize(
    "fields",
    [
        {"user": "U0BOT"},
        {"bot_id": "B0BOT"},
        {"app_id": "A0APP", "bot_id": "B0FLOW"},
        {"bot_profile": {"app_id": "A0APP"}, "bot_id": "B0FLOW"},
        {"bot_id": "B0OTHER"},
        {"bot_id": "B0OTHER", "user": "U0OTHER"},
        {"app_id": "A0OTHER", "user": "U0OTHER"},
        {"bot_profile": {"app_id": "A0OTHER"}, "user": "U0OTHER"},
        {"user": "USLACKBOT"},
        {"user": None},
        {"subtype": "bot_message", "bot_id": "B0FLOW"},
        {"subtype": "channel_topic"},
        {"subtype": "thread_broadcast", "thread_ts": "0.000001"},
        {"thread_ts": "0.000001"},
        {"text": "status"},
        {"text": "!@web-2 status"},
    ],
)
def test_everything_else_is_not(fields: dict[str, Any]) -> None:
    """Our own, unnamed bots', other kinds, threads, talk, and what is for somebody else."""
    assert INTAKE.hear({**MESSAGE, **fields}) is None


def test_only_our_own_marks_count() -> None:
    """Anybody can add an emoji."""
    reactions = [
        {"name": "eyes", "users": ["U0BEN", "U0BOT"], "count": 2},
        {"name": "white_check_mark", "users": ["U0BEN"], "count": 1},
        {"name": "tada", "users": ["U0BOT"], "count": 1},
    ]
    heard = INTAKE.hear({**MESSAGE, "reactions": reactions})
    assert heard is not None
    assert heard.marks == {Mark.RUNNING}


def test_messages_are_sorted_by_their_ts_and_counted_once() -> None:
    """Pages come newest first, and overlap when messages come in between."""
    pages = [{"ts": "2.000010"}, {"ts": "2.000002"}, {"ts": "2.000002"}, {"ts": "1.999999"}]
    assert by_age(pages) == [{"ts": "1.999999"}, {"ts": "2.000002"}, {"ts": "2.000010"}]


@pytest.mark.parametrize(
    ("configured", "says"),
    [
        ({"finished": "tada"}, "emoji has no option 'finished'"),
        ({"done": "x"}, "emoji={'done': 'x'}: two meanings share an emoji"),
        ({"done": "thumbsup"}, "emoji={'done': 'thumbsup'}: two meanings share an emoji"),
        ({"done": "x", "errored": "boom"}, "emoji={'done': 'x', 'errored': 'boom'}: :x: stands for 'errored' where a"),
        ({"cancel": "eyes", "running": "gear"}, "emoji={'cancel': 'eyes', 'running': 'gear'}: :eyes: stands for 'runn"),
        ({"done": ""}, "emoji['done']='': expected text"),
        ("tada", "emoji='tada': expected a mapping"),
    ],
)
def test_emoji_that_would_say_nothing_are_refused(configured: object, says: str) -> None:
    """Each state has a name of its own."""
    with pytest.raises(ConfigurationError) as caught:
        Emoji(configured)
    assert str(caught.value).startswith(says)
