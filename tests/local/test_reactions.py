"""reactions.*: unique for (user, item, name), bounded, one's own to take away."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import asyncio

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from slack_logging.local import LocalSlack, limits
from slack_logging.local.errors import ApiError
from slack_logging.local.state import emoji
from tests.local.conftest import Ask

NAMES = list(emoji.CODE_POINTS)


def add(ask: Ask, channel: str, ts: str, name: str) -> str | None:
    error = ask("reactions_add", channel=channel, timestamp=ts, name=name).get("error")
    return None if error is None else str(error)


def test_reaction_is_added_once(slack: LocalSlack, ask: Ask, log: str) -> None:
    """The second of two equal reactions is `already_reacted`; both answers hold nothing else."""
    ts = slack.say(log, "x", user="ada")
    assert {"ok": True} == ask("reactions_add", channel=log, timestamp=ts, name="eyes")
    assert "already_reacted" == add(ask, log, ts, "eyes")
    assert {"eyes": [slack.bot_user_id]} == slack.reactions(log, ts)


@pytest.mark.parametrize(
    ("name", "stored"), [("thumbsup", "+1"), ("collision", "boom"), ("+1::skin-tone-6", "+1::skin-tone-6")]
)
def test_names_are_stored_in_slacks_form(slack: LocalSlack, ask: Ask, log: str, name: str, stored: str) -> None:
    """An alias is the same emoji as its canonical name; a skin tone makes another."""
    ts = slack.say(log, "x", user="ada")
    assert add(ask, log, ts, name) is None
    assert [stored] == list(slack.reactions(log, ts))
    assert "already_reacted" == add(ask, log, ts, stored)


@pytest.mark.parametrize("name", ["party-parrot", ":eyes:", "eyes::skin-tone-3", "+1::skin-tone-9", "\N{EYES}"])
def test_unknown_emoji_is_an_invalid_name(slack: LocalSlack, ask: Ask, log: str, name: str) -> None:
    """Another workspace's emoji, colons, tones on what has none, and characters are refused."""
    ts = slack.say(log, "x", user="ada")
    assert "invalid_name" == add(ask, log, ts, name)
    assert "invalid_name" == ask("reactions_remove", channel=log, timestamp=ts, name=name)["error"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"timestamp": "1800000000.999999"}, "message_not_found"),
        ({"timestamp": "yesterday"}, "bad_timestamp"),
        ({"timestamp": "1800000000.1"}, "bad_timestamp"),
        ({"timestamp": ""}, "no_item_specified"),
        ({"channel": ""}, "no_item_specified"),
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"channel": "C0OLD0000"}, "is_archived"),
        ({"channel": "C0ELSEWHER"}, "not_in_channel"),
    ],
)
def test_targets_that_cannot_be_reacted_to(
    slack: LocalSlack, ask: Ask, log: str, changes: dict[str, str], error: str
) -> None:
    """What is no message, no `ts` or no place for the bot is refused with its code."""
    old = slack.add_channel("old")
    elsewhere = slack.add_channel("elsewhere", bot_is_member=False)
    ts = {slack.say(channel, "x", user="ada") for channel in (log, old, elsewhere)}.pop()
    slack.archive(old)
    arguments = {"channel": log, "timestamp": ts, "name": "eyes"} | changes
    if changes.get("channel", "").startswith("C0ELS"):
        arguments["channel"] = elsewhere
    assert error == ask("reactions_add", **arguments)["error"]


def test_only_ones_own_reaction_is_removed(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Somebody else's reaction is `no_reaction` to the bot, and stays."""
    ts = slack.say(log, "x", user="ada")
    slack.react(log, ts, "eyes", user="ben")
    assert "no_reaction" == ask("reactions_remove", channel=log, timestamp=ts, name="eyes")["error"]
    add(ask, log, ts, "eyes")
    assert {"ok": True} == ask("reactions_remove", channel=log, timestamp=ts, name="eyes")
    assert {"eyes": [slack.user_id("ben")]} == slack.reactions(log, ts)


def test_one_user_may_put_so_many_reactions(slack: LocalSlack, ask: Ask, log: str) -> None:
    """The cap for one user holds exactly; somebody else may go on."""
    ts = slack.say(log, "x", user="ada")
    for name in NAMES[: limits.REACTIONS_PER_USER - 1]:
        slack.react(log, ts, name, user="ops")
    assert add(ask, log, ts, NAMES[-1]) is None
    assert "too_many_reactions" == add(ask, log, ts, NAMES[-2])
    slack.react(log, ts, NAMES[-2], user="ben")


def test_a_message_bears_so_many_distinct_emoji(slack: LocalSlack, ask: Ask, log: str) -> None:
    """The cap on distinct emoji holds exactly; one that is there already may be joined."""
    ts = slack.say(log, "x", user="ada")
    for index, name in enumerate(NAMES[: limits.EMOJI_PER_MESSAGE - 1]):
        slack.react(log, ts, name, user=["ada", "ben", slack.add_user(f"u{index}")][index % 3])
    assert add(ask, log, ts, NAMES[-1]) is None
    assert "too_many_emoji" == add(ask, log, ts, NAMES[-2])
    assert add(ask, log, ts, NAMES[0]) is None


def test_get_shows_reactions_and_permalink(slack: LocalSlack, ask: Ask, log: str) -> None:
    """reactions.get returns the message with its permalink, and no `reactions` where there are none."""
    token = slack.token("reactions:read")
    ts = slack.say(log, "x", user="ada")
    bare = ask("reactions_get", channel=log, timestamp=ts, token=token)
    assert ("message", log, ts) == (bare["type"], bare["channel"], bare["message"]["ts"])
    assert "reactions" not in bare["message"]
    assert bare["message"]["permalink"].endswith(ts.replace(".", ""))
    slack.react(log, ts, "eyes", user="ben")
    shown = ask("reactions_get", channel=log, timestamp=ts)["message"]["reactions"]
    assert [{"name": "eyes", "users": [slack.user_id("ben")], "count": 1}] == shown


def test_user_list_may_be_incomplete_but_holds_the_caller(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Of many users only some are listed, the caller always; the count is exact, and `full` lists all."""
    ts = slack.say(log, "x", user="ada")
    crowd = [slack.add_user(f"u{index}") for index in range(limits.REACTION_USERS_SHOWN)]
    for user in [*crowd, slack.user_id("ben"), slack.bot_user_id]:
        slack.react(log, ts, "eyes", user=user)
    some = ask("conversations_history", channel=log)["messages"][0]["reactions"][0]
    assert [*crowd, slack.bot_user_id] == some["users"]
    full = ask("reactions_get", channel=log, timestamp=ts, full=True)["message"]["reactions"][0]
    assert [*crowd, slack.user_id("ben"), slack.bot_user_id] == full["users"]
    assert (len(crowd) + 2,) * 2 == (some["count"], full["count"])


def test_of_racing_adds_exactly_one_wins(slack: LocalSlack, log: str) -> None:
    """Twenty workers with one token race for a reaction: one gets ok, all others `already_reacted`."""
    ts = slack.say(log, "x", user="ada")

    async def race() -> list[str]:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])

        async def one() -> str:
            try:
                await client.reactions_add(channel=log, timestamp=ts, name="eyes")
            except SlackApiError as error:
                return str(error.response["error"])
            return "ok"

        return list(await asyncio.gather(*(one() for _ in range(20))))

    assert ["already_reacted"] * 19 + ["ok"] == sorted(asyncio.run(race()))


def test_people_are_refused_like_the_bot(slack: LocalSlack, log: str) -> None:
    """`react` and `unreact` raise Slack's code for what Slack would refuse."""
    ts = slack.say(log, "x", user="ada")
    with pytest.raises(ApiError, match="no_reaction"):
        slack.unreact(log, ts, "eyes", user="ada")
    with pytest.raises(ApiError, match="invalid_name"):
        slack.react(log, ts, "no-such", user="ada")
