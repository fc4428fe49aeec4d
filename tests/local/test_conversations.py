"""Channels, members, users and user groups as the Web API shows them."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import base64
from typing import Any

import pytest

from slack_logging.local import LocalSlack, limits
from slack_logging.local.api.cursors import encode_cursor
from slack_logging.local.state.teams import OTHER_TEAM_ID, TEAM_ID
from slack_logging.testing import FakeClock
from tests.local.conftest import Ask, ask_sync


def names(answer: dict[str, Any]) -> list[str]:
    return [channel["name"] for channel in answer["channels"]]


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("conversations_list", {}, ["general", "ops-log", "ops-commands", "old", "elsewhere"]),
        ("conversations_list", {"exclude_archived": True}, ["general", "ops-log", "ops-commands", "elsewhere"]),
        ("conversations_list", {"types": ["private_channel"]}, ["mine"]),
        ("conversations_list", {"types": "public_channel,private_channel", "limit": 2}, ["general", "ops-log"]),
        ("users_conversations", {}, ["general", "ops-log", "ops-commands", "old"]),
        ("users_conversations", {"types": "public_channel,private_channel", "exclude_archived": "true"},
         ["general", "ops-log", "ops-commands", "mine"]),
    ],
)  # fmt: skip
def test_channels_by_type_and_membership(
    slack: LocalSlack, ask: Ask, method: str, arguments: dict[str, Any], expected: list[str]
) -> None:
    """conversations.list shows what the bot can see, users.conversations what it is in."""
    slack.add_channel("old", archived=True)
    slack.add_channel("elsewhere", bot_is_member=False)
    slack.add_channel("mine", private=True)
    slack.add_channel("hidden", private=True, bot_is_member=False)
    assert expected == names(ask(method, **arguments))


def test_lists_follow_cursors(slack: LocalSlack, ask: Ask) -> None:
    """A page ends with a cursor, the last one with an empty one."""
    first = ask("users_conversations", limit=2)
    second = ask("users_conversations", limit=2, cursor=first["response_metadata"]["next_cursor"])
    assert ["general", "ops-log", "ops-commands"] == names(first) + names(second)
    assert "" == second["response_metadata"]["next_cursor"]


def forged(position: str) -> str:
    """Return a cursor of a kind that was never given out, of the time at which a `FakeClock` begins."""
    return encode_cursor("conversations.list", position, FakeClock().time())


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"limit": limits.LIST_PAGE}, None),
        ({"limit": limits.LIST_PAGE + 1}, "invalid_limit"),
        ({"limit": -1}, "invalid_limit"),
        ({"limit": "many"}, "invalid_arguments"),
        ({"cursor": "bm9uc2Vuc2U="}, "invalid_cursor"),
        ({"cursor": forged("9" * 5000)}, "invalid_cursor"),
        ({"cursor": base64.b64encode(b"conversations.list|" + b"9" * 400 + b"|1|").decode()}, "invalid_cursor"),
        ({"cursor": forged("1" * 30)}, "invalid_cursor"),
        ({"cursor": forged("\N{ARABIC-INDIC DIGIT ONE}")}, "invalid_cursor"),
        ({"cursor": forged("1")}, None),
        ({"types": "public"}, "invalid_types"),
    ],
)
def test_list_refusals(ask: Ask, arguments: dict[str, Any], error: str | None) -> None:
    """Lists refuse a limit out of range, strange cursors and unknown types."""
    assert error == ask("conversations_list", **arguments).get("error")


@pytest.mark.parametrize("method", ["users_list", "users_conversations"])
def test_other_lists_adjust_a_limit_out_of_range(ask: Ask, method: str) -> None:
    """Without a word: too many are as many as there may be, too few one."""
    field = {"users_list": "members", "users_conversations": "channels"}[method]
    assert [3, 1] == [len(ask(method, limit=limit)[field]) for limit in (limits.LIST_PAGE + 1, -1)]
    assert ["invalid_limit"] * 2 == [
        ask("conversations_members", channel="C0OPSLOG0", limit=limit).get("error") for limit in (5000, -1)
    ]


@pytest.mark.parametrize(
    "method", ["conversations_list", "conversations_members", "users_list", "conversations_history"]
)
def test_a_limit_of_zero_is_as_if_none_were_given(slack: LocalSlack, ask: Ask, method: str) -> None:
    """Everything comes, up to the default, and no cursor."""
    for _ in range(3):
        slack.say("#ops-log", "x", user="ada")
    channel = {} if method.endswith("list") else {"channel": "C0OPSLOG0"}
    answer = ask(method, limit=0, **channel)
    everything = ask(method, **channel)
    field = next(name for name, value in everything.items() if isinstance(value, list))
    assert everything[field] == answer[field]
    assert len(everything[field]) >= 3
    assert not answer.get("response_metadata", {"next_cursor": ""})["next_cursor"]


def test_types_need_their_scopes(slack: LocalSlack) -> None:
    """Asking for private channels without groups:read says which scope is missing."""
    ask = ask_sync(slack, slack.token("channels:read"))
    assert ask("users_conversations")["ok"]
    answer = ask("users_conversations", types="public_channel,private_channel")
    assert ("missing_scope", "groups:read", "channels:read") == (answer["error"], answer["needed"], answer["provided"])


def test_direct_channel_is_listed_and_read_with_scopes_of_its_own(slack: LocalSlack) -> None:
    """A DM names the other person, has no name of its own, and is read with im:read and im:history."""
    ada = slack.user_id("ada")
    dm = ask_sync(slack)("chat_postMessage", channel=ada, text="x")["channel"]
    ask = ask_sync(slack, slack.token("im:read", "im:history"))
    listed = ask("users_conversations", types="im")["channels"]
    assert [(dm, ada, True)] == [(channel["id"], channel["user"], channel["is_im"]) for channel in listed]
    assert "name" not in listed[0]
    assert ["x"] == [message["text"] for message in ask("conversations_history", channel=dm)["messages"]]
    assert (
        "im:history" == ask_sync(slack, slack.token("channels:history"))("conversations_history", channel=dm)["needed"]
    )


def test_info_of_a_channel(slack: LocalSlack, ask: Ask, log: str) -> None:
    """A channel object says what kind it is, whether the bot is in it and, if asked, how many are."""
    channel = ask("conversations_info", channel=log)["channel"]
    assert ("ops-log", True, False, True) == tuple(
        channel[name] for name in ("name", "is_channel", "is_private", "is_member")
    )
    assert "num_members" not in channel
    assert 3 == ask("conversations_info", channel=log, include_num_members=True)["channel"]["num_members"]
    hidden = slack.add_channel("hidden", private=True, bot_is_member=False)
    assert "channel_not_found" == ask("conversations_info", channel=hidden)["error"]


def test_scope_follows_the_kind_of_conversation(slack: LocalSlack) -> None:
    """A private channel is read with groups:read and groups:history, not with those of public ones."""
    private, public = slack.add_channel("mine", private=True), slack.channel_id("ops-log")
    ask = ask_sync(slack, slack.token("channels:read", "channels:history"))
    for method, scope in (("conversations_info", "groups:read"), ("conversations_history", "groups:history")):
        assert ask(method, channel=public)["ok"]
        assert scope == ask(method, channel=private)["needed"]


def test_members_come_and_go(slack: LocalSlack, ask: Ask, log: str) -> None:
    """conversations.members lists the ids; joining and leaving leave a message each."""
    eve = slack.add_user("eve")
    slack.invite(log, "eve")
    assert eve in ask("conversations_members", channel=log)["members"]
    slack.kick(log, "eve")
    assert eve not in ask("conversations_members", channel=log)["members"]
    assert ["channel_join", "channel_leave"] == [message["subtype"] for message in slack.messages(log)]


def test_join_needs_a_scope_of_its_own_and_warns_when_in(slack: LocalSlack) -> None:
    """The bot joins public channels with channels:join; a second time is a warning."""
    elsewhere = slack.add_channel("elsewhere", bot_is_member=False)
    assert (
        "missing_scope"
        == ask_sync(slack, slack.token("channels:read"))("conversations_join", channel=elsewhere)["error"]
    )
    ask = ask_sync(slack, slack.token("channels:join"))
    assert ask("conversations_join", channel=elsewhere)["channel"]["is_member"]
    again = ask("conversations_join", channel=elsewhere)
    assert ("already_in_channel", ["already_in_channel"]) == (again["warning"], again["response_metadata"]["warnings"])


def test_what_cannot_be_joined(slack: LocalSlack) -> None:
    """Private channels are for invitation, archived ones for nobody."""
    ask = ask_sync(slack, slack.token("channels:join"))
    private, old = slack.add_channel("mine", private=True), slack.add_channel("old", archived=True)
    assert "method_not_supported_for_channel_type" == ask("conversations_join", channel=private)["error"]
    assert "is_archived" == ask("conversations_join", channel=old)["error"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("deploys-2", None),
        ("x" * limits.CHANNEL_NAME, None),
        ("x" * (limits.CHANNEL_NAME + 1), "invalid_name_maxlength"),
        ("", "invalid_name_required"),
        ("--", "invalid_name_punctuation"),
        ("Deploys", "invalid_name_specials"),
        ("with space", "invalid_name_specials"),
        ("#ops", "invalid_name_specials"),
        ("general", "name_taken"),
    ],
)
def test_create_checks_the_name(slack: LocalSlack, name: str, error: str | None) -> None:
    """A channel's name is lower case, without specials, bounded and free."""
    ask = ask_sync(slack, slack.token("channels:manage"))
    assert error == ask("conversations_create", name=name).get("error")
    assert "missing_scope" == ask("conversations_create", name=name, is_private=True)["error"]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ({}, {}),
        ({"admin": True}, {"is_admin": True}),
        ({"guest": True}, {"is_restricted": True}),
        ({"guest": "single-channel"}, {"is_restricted": True, "is_ultra_restricted": True}),
        ({"external": True}, {"team_id": OTHER_TEAM_ID}),
        ({"deactivated": True}, {"deleted": True}),
        ({"bot": True}, {"is_bot": True}),
    ],
)
def test_user_object_tells_who_may_be_trusted(
    slack: LocalSlack, ask: Ask, who: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Admins, guests, strangers, deactivated people and bots differ from a member in one field or two."""
    member = {
        "team_id": TEAM_ID,
        "is_admin": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "deleted": False,
        "is_bot": False,
    }
    user = ask("users_info", user=slack.add_user("eve", **who))["user"]
    assert member | expected == {name: user[name] for name in member}


def test_deactivation_shows(slack: LocalSlack, ask: Ask) -> None:
    """Somebody deactivated stays known, as deleted."""
    slack.deactivate("ben")
    assert ask("users_info", user=slack.user_id("ben"))["user"]["deleted"]
    assert "user_not_found" == ask("users_info", user="U0NOBODY0")["error"]


def test_users_list_pages(slack: LocalSlack, ask: Ask) -> None:
    """users.list pages by cursor through everybody, bots included."""
    first = ask("users_list", limit=2)
    second = ask("users_list", limit=2, cursor=first["response_metadata"]["next_cursor"])
    assert ["ops", "ada", "ben"] == [user["name"] for page in (first, second) for user in page["members"]]


def test_user_groups_and_their_members(slack: LocalSlack, ask: Ask) -> None:
    """Groups list handle, and users and count if asked; the count is a string."""
    group = slack.add_group("oncall", ["ada", "ben"])
    listed = ask("usergroups_list", include_users=True, include_count=True)["usergroups"][0]
    ids = [slack.user_id("ada"), slack.user_id("ben")]
    assert (group, "oncall", 0, ids, "2") == tuple(
        listed[name] for name in ("id", "handle", "date_delete", "users", "user_count")
    )
    assert not {"users", "user_count"} & set(ask("usergroups_list")["usergroups"][0])
    assert ids == ask("usergroups_users_list", usergroup=group)["users"]
    assert "no_such_subteam" == ask("usergroups_users_list", usergroup="S0NOTHING")["error"]


def test_disabled_group_shows_only_when_asked_for(slack: LocalSlack, ask: Ask) -> None:
    """A disabled group keeps its id and has a date_delete."""
    group = slack.add_group("oncall", ["ada"])
    assert group == slack.add_group("oncall", ["ben"], disabled=True)
    assert [] == ask("usergroups_list")["usergroups"]
    assert ask("usergroups_list", include_disabled=True)["usergroups"][0]["date_delete"] > 0
    assert "no_such_subteam" == ask("usergroups_users_list", usergroup=group)["error"]
    assert [slack.user_id("ben")] == ask("usergroups_users_list", usergroup=group, include_disabled=True)["users"]


def test_bots_are_known_by_their_bot_id(slack: LocalSlack, ask: Ask) -> None:
    """bots.info leads from a message's bot_id to the bot user."""
    assert slack.bot_user_id == ask("bots_info", bot=slack.bot_id)["bot"]["user_id"]
    assert "bot_not_found" == ask("bots_info", bot="B0NOTHING")["error"]
