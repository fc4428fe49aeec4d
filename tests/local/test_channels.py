"""What becomes of channels: renamed, archived and back, deleted; who is invited; what is pinned and bookmarked."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

from typing import Any

import pytest

from slack_logging.local import LocalSlack, limits
from slack_logging.local.errors import ApiError
from slack_logging.testing import FakeClock
from tests.local.conftest import Ask, ask_sync, exchange


@pytest.fixture
def keeper(slack: LocalSlack) -> Ask:
    """Ask with the scopes for invitations, pins and bookmarks."""
    scopes = "channels:manage channels:read channels:history pins:read pins:write bookmarks:read bookmarks:write"
    return ask_sync(slack, slack.token("chat:write", "groups:write", "reactions:read", *scopes.split()))


def test_renamed_channel_keeps_its_id(slack: LocalSlack, clock: FakeClock, ask: Ask, log: str) -> None:
    """The name before is told, a message says so, and the old name is free."""
    before = ask("conversations_info", channel=log)["channel"]["updated"]
    clock.advance(1.5)
    slack.rename_channel("#ops-log", "#ops-records")
    channel = ask("conversations_info", channel=log)["channel"]
    assert ("ops-records", ["ops-log"], before + 1500) == tuple(
        channel[name] for name in ("name", "previous_names", "updated")
    )
    note = slack.messages(log)[0]
    assert ("channel_name", "ops-log", "ops-records") == tuple(note[name] for name in ("subtype", "old_name", "name"))
    assert log != slack.add_channel("ops-log")
    with pytest.raises(ValueError, match="ops-log"):
        slack.rename_channel(log, "ops-log")


@pytest.mark.parametrize(("private", "kind"), [(False, "channel"), (True, "group")])
def test_each_change_is_an_event(slack: LocalSlack, private: bool, kind: str) -> None:
    """Renaming, archiving, its contrary and deletion are told with the channel's id, after the kind of channel."""
    channel = slack.add_channel("team", private=private)
    events: list[dict[str, Any]] = []
    slack.workspace.subscribe(events.append)
    slack.rename_channel(channel, "crew")
    slack.archive(channel)
    slack.unarchive(channel)
    slack.remove_channel(channel)
    changes = [event for event in events if event["type"] != "message"]
    assert [f"{kind}_{change}" for change in ("rename", "archive", "unarchive", "deleted")] == [
        change["type"] for change in changes
    ]
    assert [{"id": channel, "name": "crew"}, channel, channel, channel] == [
        {name: change["channel"][name] for name in ("id", "name")}
        if isinstance(change["channel"], dict)
        else change["channel"]
        for change in changes
    ]
    notes = [event["subtype"] for event in events if event["type"] == "message"]
    assert [f"{kind}_name", f"{kind}_archive", f"{kind}_unarchive"] == notes


def test_only_public_channels_are_told_as_created(slack: LocalSlack, keeper: Ask) -> None:
    """A private channel and a DM come into being under other names, which no app hears as a channel's."""
    events: list[dict[str, Any]] = []
    slack.workspace.subscribe(events.append)
    slack.add_channel("open")
    slack.add_channel("secret", private=True)
    keeper("chat_postMessage", channel=slack.user_id("ada"), text="x")
    assert ["channel_created", "group_created", "im_created"] == [
        event["type"] for event in events if event["type"] != "message"
    ]


def test_archive_is_for_reading_until_it_is_undone(slack: LocalSlack, ask: Ask, log: str) -> None:
    """An archived channel takes no post; one that was taken out again does."""
    slack.archive(log)
    assert "is_archived" == ask("chat_postMessage", channel=log, text="x")["error"]
    with pytest.raises(ApiError, match="is_archived"):
        slack.say(log, "x", user="ada")
    assert ask("conversations_history", channel=log)["ok"]
    slack.unarchive(log)
    assert ask("chat_postMessage", channel=log, text="x")["ok"]


def test_deleted_channel_is_unknown_for_good(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Every call about it is channel_not_found, its webhook too; one made anew under its name has another id."""
    ts, hook = slack.say(log, "x", user="ada"), slack.webhook_url(log)
    slack.remove_channel(log)
    target = {"channel": log}
    for method, arguments in {
        "chat_postMessage": {"text": "x"},
        "chat_update": {"ts": ts, "text": "x"},
        "chat_delete": {"ts": ts},
        "chat_getPermalink": {"message_ts": ts},
        "chat_postEphemeral": {"user": slack.user_id("ada"), "text": "x"},
        "conversations_history": {},
        "conversations_info": {},
        "conversations_members": {},
        "conversations_replies": {"ts": ts},
        "reactions_add": {"timestamp": ts, "name": "eyes"},
        "reactions_get": {"timestamp": ts},
    }.items():
        assert "channel_not_found" == ask(method, **target, **arguments)["error"], method
    assert (404, b"channel_not_found") == exchange(slack, "POST", hook, b'{"text": "x"}')[::2]
    assert log not in [channel["id"] for channel in ask("conversations_list")["channels"]]
    assert log != slack.add_channel("ops-log")


def test_general_stays_general_under_any_name(slack: LocalSlack, ask: Ask) -> None:
    """The channel that everybody is in is no other for being renamed, and no other becomes it."""
    general = slack.channel_id("general")
    slack.rename_channel(general, "everybody")
    assert ask("conversations_info", channel=general)["channel"]["is_general"]


def test_invitation_says_who_invited(slack: LocalSlack, keeper: Ask, log: str) -> None:
    """conversations.invite takes several people, and leaves a message for each."""
    people = [slack.add_user("eve"), slack.add_user("dan")]
    assert log == keeper("conversations_invite", channel=log, users=people)["channel"]["id"]
    assert [("channel_join", user, slack.bot_user_id) for user in people] == [
        (message["subtype"], message["user"], message["inviter"]) for message in slack.messages(log)
    ]


@pytest.mark.parametrize(
    ("channel", "users", "error"),
    [
        ("ops-log", "", "no_user"),
        ("ops-log", "U0NOBODY0", "user_not_found"),
        ("ops-log", "U0ADA0000", "already_in_channel"),
        ("ops-log", "U0OPS0000", "cant_invite_self"),
        ("old", "U0EVE0000", "is_archived"),
        ("elsewhere", "U0EVE0000", "not_in_channel"),
    ],
)
def test_invitation_refusals(slack: LocalSlack, keeper: Ask, channel: str, users: str, error: str) -> None:
    """Who cannot be invited is told, and then nobody is."""
    eve = slack.add_user("eve")
    slack.add_channel("old")
    slack.add_channel("elsewhere", bot_is_member=False)
    slack.kick("#old", eve)
    slack.archive("#old")
    slack.kick("#elsewhere", eve)
    where = slack.channel_id(channel)
    both = f"{eve},{users}" if channel == "ops-log" and users else users
    answer = keeper("conversations_invite", channel=where, users=both)
    assert error == answer["error"]
    assert [users] == [problem["user"] for problem in answer.get("errors", [{"user": users}])]
    assert eve not in slack.workspace.channels[where].members


def test_private_channel_needs_its_own_scope_to_invite(slack: LocalSlack) -> None:
    """channels:manage does not invite to a private channel, and nobody is invited to a DM."""
    private, eve = slack.add_channel("mine", private=True), slack.add_user("eve")
    ask = ask_sync(slack, slack.token("channels:manage", "chat:write"))
    assert "missing_scope" == ask("conversations_invite", channel=private, users=eve)["error"]
    direct = ask("chat_postMessage", channel=eve, text="x")["channel"]
    answer = ask("conversations_invite", channel=direct, users=eve)
    assert "method_not_supported_for_channel_type" == answer["error"]


def test_mark_is_taken_note_of(slack: LocalSlack, keeper: Ask, log: str) -> None:
    """conversations.mark wants a `ts` and a member."""
    elsewhere = slack.add_channel("elsewhere", bot_is_member=False)
    assert {"ok": True} == keeper("conversations_mark", channel=log, ts="1800000000.000000")
    assert "invalid_timestamp" == keeper("conversations_mark", channel=log, ts="now")["error"]
    assert "not_in_channel" == keeper("conversations_mark", channel=elsewhere, ts="1800000000.000000")["error"]


def test_pins_come_and_go(slack: LocalSlack, keeper: Ask, log: str) -> None:
    """A pin is counted, listed and told in the channel; removing it, or its message, ends it."""
    ts, other = slack.say(log, "runbook", user="ada"), slack.say(log, "other", user="ada")
    events: list[dict[str, Any]] = []
    slack.workspace.subscribe(events.append)
    for stamp in (ts, other):
        assert {"ok": True} == keeper("pins_add", channel=log, timestamp=stamp)
    history = keeper("conversations_history", channel=log)
    assert (2, ["pinned_item", "pinned_item", None, None]) == (
        history["pin_count"],
        [message.get("subtype") for message in history["messages"]],
    )
    items = keeper("pins_list", channel=log)["items"]
    assert [(other, slack.bot_user_id), (ts, slack.bot_user_id)] == [
        (item["message"]["ts"], item["created_by"]) for item in items
    ]
    assert {"ok": True} == keeper("pins_remove", channel=log, timestamp=ts)
    slack.delete(log, other)
    assert [] == keeper("pins_list", channel=log)["items"]
    assert [("pin_added", ts), ("pin_added", other), ("pin_removed", ts)] == [
        (event["type"], event["item"]["message"]["ts"]) for event in events if event["type"].startswith("pin_")
    ]


@pytest.mark.parametrize(
    ("method", "timestamp", "error"),
    [
        ("pins_add", "pinned", "already_pinned"),
        ("pins_add", "join", "not_pinnable"),
        ("pins_add", "1.2", "bad_timestamp"),
        ("pins_add", "", "no_item_specified"),
        ("pins_add", "1800000000.999999", "message_not_found"),
        ("pins_remove", "join", "no_pin"),
    ],
)
def test_pin_refusals(slack: LocalSlack, keeper: Ask, log: str, method: str, timestamp: str, error: str) -> None:
    """What is pinned, is Slack's own or is no message is refused."""
    slack.add_user("eve")
    slack.invite(log, "eve")
    stamps = {"join": slack.messages(log)[0]["ts"], "pinned": slack.say(log, "x", user="ada")}
    keeper("pins_add", channel=log, timestamp=stamps["pinned"])
    assert error == keeper(method, channel=log, timestamp=stamps.get(timestamp, timestamp))["error"]


def test_pins_are_for_members_and_bounded(slack: LocalSlack, keeper: Ask, log: str) -> None:
    """Outside, in an archive and beyond the limit nothing is pinned."""
    elsewhere = slack.add_channel("elsewhere", bot_is_member=False)
    ts = slack.say(elsewhere, "x", user="ada")
    assert "not_in_channel" == keeper("pins_add", channel=elsewhere, timestamp=ts)["error"]
    slack.invite(elsewhere, "ops")
    slack.archive(elsewhere)
    assert "is_archived" == keeper("pins_add", channel=elsewhere, timestamp=ts)["error"]
    with LocalSlack(rate_limit=0) as busy:
        stamps = busy.preload(log, ["x"] * (limits.PINS + 1))
        ask = ask_sync(busy, busy.token("pins:write"))
        answers = [ask("pins_add", channel=log, timestamp=stamp).get("error") for stamp in stamps]
    assert [None] * limits.PINS + ["too_many_pins"] == answers


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, None),
        ({"emoji": ":eyes:"}, None),
        ({"title": "x" * limits.BOOKMARK_TITLE}, None),
        ({"title": "x" * (limits.BOOKMARK_TITLE + 1)}, "invalid_arguments"),
        ({"title": ""}, "invalid_arguments"),
        ({"type": "folder"}, "invalid_arguments"),
        ({"link": "runbook"}, "invalid_link"),
        ({"link": "http://["}, "invalid_link"),
        ({"link": "https://x.test/" + "x" * limits.BOOKMARK_LINK}, "invalid_link"),
        ({"emoji": ":no-such:"}, "invalid_emoji"),
        ({"channel_id": "C0NOWHERE"}, "channel_not_found"),
    ],
)
def test_bookmarks(slack: LocalSlack, keeper: Ask, log: str, arguments: dict[str, str], error: str | None) -> None:
    """A bookmark is a titled link; what is none is refused, and what was added is listed."""
    default = {"channel_id": log, "title": "Runbook", "type": "link", "link": "https://runbook.test/"}
    answer = keeper("bookmarks_add", **default | arguments)
    assert error == answer.get("error")
    listed = keeper("bookmarks_list", channel_id=log)["bookmarks"]
    assert ([answer["bookmark"]] if answer["ok"] else []) == listed


def test_bookmarks_are_bounded(slack: LocalSlack, keeper: Ask, log: str) -> None:
    """Beyond the limit none is added."""
    full = [{"id": f"Bk{number}"} for number in range(limits.BOOKMARKS)]
    slack.workspace.channels[log].bookmarks += full
    answer = keeper("bookmarks_add", channel_id=log, title="x", type="link", link="https://x.test/")
    assert "too_many_bookmarks" == answer["error"]


def test_reactions_of_somebody_are_listed_newest_first(slack: LocalSlack, clock: FakeClock, keeper: Ask) -> None:
    """reactions.list tells what the caller can see of it, in all channels and threads, page by page."""
    hidden = slack.add_channel("hidden", private=True, bot_is_member=False)
    stamps: list[str] = []
    for channel, is_reply in (("#ops-log", False), ("#general", False), ("#ops-log", True), (hidden, False)):
        clock.advance(1)
        stamps.append(slack.say(channel, "x", user="ada", thread_ts=stamps[0] if is_reply else None))
        slack.react(channel, stamps[-1], "eyes", user="ben")
    ben = slack.user_id("ben")
    first = keeper("reactions_list", user=ben, limit=2)
    second = keeper("reactions_list", user=ben, limit=2, cursor=first["response_metadata"]["next_cursor"])
    assert [stamps[2], stamps[1], stamps[0]] == [
        item["message"]["ts"] for page in (first, second) for item in page["items"]
    ]
    assert [] == keeper("reactions_list")["items"]
