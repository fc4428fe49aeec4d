"""Objects have every field that Slack lists, of the right type, wherever they come from: strict clients read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.metadata import Metadata

from slack_logging.local import LocalSlack
from tests.local import shapes
from tests.local.conftest import Ask, ask_sync, exchange
from tests.local.shapes import Shape, faults

#: A bot's scopes that let it see and do all that is asked for here.
SCOPES = (
    "channels:history channels:manage channels:read chat:write chat:write.customize files:read files:write groups:read "
    "im:read im:write pins:read pins:write reactions:read team:read usergroups:read users.profile:read users:read "
    "users:read.email".split()
)


@pytest.fixture
def ask(slack: LocalSlack) -> Ask:
    """Ask with a token that may see everything."""
    return ask_sync(slack, slack.token(*SCOPES))


@pytest.mark.parametrize(
    ("shape", "value", "expected"),
    [
        ({"a": int}, {"a": 1, "b": 2}, []),
        ({"a": int}, {"a": True}, [".a: True is no int"]),
        ({"a": int}, {}, [".a is missing"]),
        ({"a": [{"b": str}]}, {"a": [{"b": "x"}, {}]}, [".a[1].b is missing"]),
        ({"a": [str]}, {"a": "x"}, [".a: 'x' is no array"]),
        ({"a": {"b": str}}, {"a": "x"}, [".a: 'x' is no object"]),
    ],
)
def test_judge_is_strict(shape: Shape, value: object, expected: list[str]) -> None:
    """A missing field and a bool for an int are told with their place."""
    assert faults(shape, value) == expected


def post(ask: Ask, log: str, **arguments: Any) -> str:
    return str(ask("chat_postMessage", channel=log, **{"text": "posted"} | arguments)["ts"])


def typed(slack: LocalSlack, ask: Ask, log: str) -> str:
    return slack.say(log, "typed", user="ada")


def posted(slack: LocalSlack, ask: Ask, log: str) -> str:
    return post(ask, log)


def of_a_stranger(slack: LocalSlack, ask: Ask, log: str) -> str:
    slack.add_user("eve", external="enterprise")
    return slack.say(log, "typed", user="eve")


def of_a_classic_bot(slack: LocalSlack, ask: Ask, log: str) -> str:
    return slack.say(log, "build 7 failed", integration="jenkins")


def customised(slack: LocalSlack, ask: Ask, log: str) -> str:
    return post(ask, log, username="web-1", icon_emoji=":robot_face:")


def by_webhook(slack: LocalSlack, ask: Ask, log: str) -> str:
    exchange(slack, "POST", slack.webhook_url(log), json.dumps({"text": "posted"}).encode())
    return str(slack.messages(log)[-1]["ts"])


def parent(slack: LocalSlack, ask: Ask, log: str) -> str:
    ts = slack.say(log, "typed", user="ada")
    post(ask, log, thread_ts=ts)
    return ts


def reply(slack: LocalSlack, ask: Ask, log: str) -> str:
    return post(ask, log, thread_ts=slack.say(log, "typed", user="ada"))


def broadcast(slack: LocalSlack, ask: Ask, log: str) -> str:
    return post(ask, log, thread_ts=slack.say(log, "typed", user="ada"), reply_broadcast=True)


def edited(slack: LocalSlack, ask: Ask, log: str) -> str:
    ts = post(ask, log)
    ask("chat_update", channel=log, ts=ts, text="another")
    return ts


def reacted_to(slack: LocalSlack, ask: Ask, log: str) -> str:
    ts = slack.say(log, "typed", user="ada")
    slack.react(log, ts, "eyes", user="ben")
    return ts


def pinned(slack: LocalSlack, ask: Ask, log: str) -> str:
    ts = slack.say(log, "typed", user="ada")
    ask("pins_add", channel=log, timestamp=ts)
    return ts


def with_blocks(slack: LocalSlack, ask: Ask, log: str) -> str:
    return post(ask, log, blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "x"}}, {"type": "divider"}])


def with_attachments(slack: LocalSlack, ask: Ask, log: str) -> str:
    return post(ask, log, attachments=[{"text": "x"}])


def with_metadata(slack: LocalSlack, ask: Ask, log: str) -> str:
    return post(ask, log, metadata={"event_type": "record", "event_payload": {"id": "7"}})


def with_a_file(slack: LocalSlack, ask: Ask, log: str) -> str:
    ask("files_upload_v2", channel=log, filename="a.txt", content="x", initial_comment="see")
    return slack.wait_for(lambda: slack.files(log))[0].ts


def join(slack: LocalSlack, ask: Ask, log: str) -> str:
    ask("conversations_invite", channel=log, users=[slack.add_user("eve")])
    return str(slack.messages(log)[-1]["ts"])


def rename(slack: LocalSlack, ask: Ask, log: str) -> str:
    slack.rename_channel(log, "ops-records")
    return str(slack.messages(log)[-1]["ts"])


#: What makes a message, and the fields that it then has everywhere.
MESSAGES: list[tuple[Callable[[LocalSlack, Ask, str], str], Shape]] = [
    (typed, shapes.TYPED),
    (posted, shapes.POSTED),
    (of_a_stranger, shapes.FROM_ELSEWHERE),
    (of_a_classic_bot, shapes.BOT_MESSAGE),
    (customised, shapes.CUSTOMISED),
    (by_webhook, shapes.HOOKED),
    (parent, shapes.PARENT),
    (reply, shapes.REPLY),
    (broadcast, shapes.BROADCAST),
    (edited, shapes.EDITED),
    (reacted_to, shapes.REACTED_TO),
    (pinned, shapes.PINNED),
    (with_blocks, shapes.WITH_BLOCKS),
    (with_attachments, shapes.WITH_ATTACHMENTS),
    (with_metadata, shapes.WITH_METADATA),
    (with_a_file, shapes.WITH_FILE),
    (join, shapes.JOIN),
    (rename, shapes.RENAME),
]


@pytest.mark.parametrize(("make", "shape"), MESSAGES, ids=[make.__name__ for make, _ in MESSAGES])
def test_message_has_all_fields_in_every_place(
    slack: LocalSlack, ask: Ask, log: str, make: Callable[[LocalSlack, Ask, str], str], shape: Shape
) -> None:
    """A message reads the same in the history, in its thread and in reactions.get, and slack_sdk parses its parts."""
    ts = make(slack, ask, log)
    everything = {"channel": log, "include_all_metadata": True}
    found = {
        "history": ask("conversations_history", **everything)["messages"],
        "reactions": [ask("reactions_get", channel=log, timestamp=ts).get("message")],
    }
    if make is not join:  # whose thread is not found
        found["replies"] = ask("conversations_replies", ts=ts, **everything)["messages"]
    if make is reply:  # which no history shows
        del found["history"]
    for place, messages in found.items():
        [message] = [message for message in messages if message["ts"] == ts]
        assert faults(shape, message) == [], place
        assert "channel" not in message, place
        assert all(Block.parse_all(message.get("blocks", [])))
        assert "metadata" not in message or Metadata(**message["metadata"]).event_payload == {"id": "7"}


@pytest.mark.parametrize(
    ("make", "shape"), [pair for pair in MESSAGES if pair[0] not in (parent, edited, reacted_to, pinned)]
)
def test_event_has_all_fields_and_its_channel(
    slack: LocalSlack, ask: Ask, log: str, make: Callable[[LocalSlack, Ask, str], str], shape: Shape
) -> None:
    """What the event of a new message tells is the message and where it stands."""
    events: list[dict[str, Any]] = []
    slack.workspace.subscribe(events.append)
    ts = make(slack, ask, log)
    [event] = [event for event in events if event["type"] == "message" and event["ts"] == ts]
    assert faults(shape | shapes.IN_EVENT, event) == []


@pytest.mark.parametrize("arguments", [{}, {"thread_ts": "1800000000.000000"}, {"username": "web-1", "icon_url": "x"}])
def test_answers_hold_the_message_as_stored(slack: LocalSlack, ask: Ask, log: str, arguments: dict[str, str]) -> None:
    """chat.postMessage answers with what the history then shows."""
    slack.say(log, "typed", user="ada")
    answer = ask("chat_postMessage", channel=log, text="posted", **arguments)
    message = ask("conversations_replies", channel=log, ts=answer["ts"])["messages"][-1]
    assert answer["message"] == message


@pytest.mark.parametrize(
    ("method", "arguments", "shape"),
    [
        ("conversations_list", {"types": "public_channel,private_channel"}, {"channels": [shapes.COUNTED_CHANNEL]}),
        ("conversations_list", {"types": "im"}, {"channels": [shapes.DIRECT]}),
        ("users_conversations", {"types": "public_channel,private_channel"}, {"channels": [shapes.CHANNEL]}),
        ("users_conversations", {"types": "im"}, {"channels": [shapes.DIRECT]}),
        ("conversations_info", {"channel": "C0OPSLOG0"}, {"channel": shapes.CHANNEL}),
        ("conversations_info", {"channel": "C0OPSLOG0", "include_locale": True}, {"channel": {"locale": str}}),
        ("conversations_info", {"channel": "C0SECRET0", "include_num_members": True},
         {"channel": shapes.COUNTED_CHANNEL}),
        ("conversations_open", {"users": "U0ADA0000", "return_im": True}, {"channel": shapes.DIRECT}),
        ("conversations_create", {"name": "new"}, {"channel": shapes.CHANNEL}),
        ("users_info", {"user": "U0ADA0000"}, {"user": shapes.PERSON}),
        ("users_info", {"user": "U0ADA0000", "include_locale": True}, {"user": {"locale": str}}),
        ("users_info", {"user": "U0OPS0000"}, {"user": shapes.BOT_USER}),
        ("users_list", {}, {"members": [shapes.USER], "cache_ts": int, "response_metadata": {"next_cursor": str}}),
        ("users_profile_get", {"user": "U0ADA0000"}, {"profile": shapes.PERSON["profile"]}),
        ("users_getPresence", {"user": "U0ADA0000"}, {"presence": str}),
        ("usergroups_list", {"include_users": True, "include_count": True}, {"usergroups": [shapes.GROUP]}),
        ("bots_info", {"bot": "B0OPS0000"}, {"bot": shapes.BOT}),
        ("team_info", {}, {"team": shapes.TEAM}),
    ],
)  # fmt: skip
def test_answer_has_all_fields(
    slack: LocalSlack, ask: Ask, method: str, arguments: dict[str, Any], shape: Shape
) -> None:
    """Channels, people, groups and bots are told in full, and in a list there is at least one."""
    slack.add_channel("secret", private=True)
    slack.add_group("oncall", ["ada"])
    post(ask, slack.user_id("ben"))
    answer = ask(method, **arguments)
    assert faults(shape, answer) == []
    assert all(answer[name] for name in shape if isinstance(answer[name], list))


def test_a_direct_message_is_of_no_other_kind_and_has_no_name(slack: LocalSlack, ask: Ask) -> None:
    """What a channel alone has is left out, and each of the flags says what is true."""
    post(ask, slack.user_id("ben"))
    [direct] = ask("conversations_list", types="im")["channels"]
    kinds = ("is_channel", "is_group", "is_im", "is_mpim", "is_private", "is_member")
    assert [direct[name] for name in kinds] == [False, False, True, False, True, True]
    assert direct.keys() & shapes.ONLY_OF_NAMED == set()


def test_file_has_all_fields_and_later_its_shares(slack: LocalSlack, ask: Ask, log: str) -> None:
    """files.completeUploadExternal tells the file; files.info tells where it shows as well."""
    file = ask("files_upload_v2", channel=log, filename="a.txt", content="x")["file"]
    assert faults(shapes.FILE, file) == []
    slack.wait_for(lambda: slack.files(log))
    told = ask("files_info", file=file["id"])["file"]
    assert faults(shapes.FILE | {"shares": {"public": {log: [{"ts": str}]}}}, told) == []


def test_email_is_for_those_with_its_scope(slack: LocalSlack) -> None:
    """Without users:read.email nobody's address is told."""
    plain = ask_sync(slack, slack.token("users:read", "users.profile:read"))
    assert "email" not in plain("users_info", user=slack.user_id("ada"))["user"]["profile"]
    assert "email" not in plain("users_profile_get", user=slack.user_id("ada"))["profile"]
