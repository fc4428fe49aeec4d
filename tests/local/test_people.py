"""Who there can be: strangers of every kind, guests, workflows, and bots without a user."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from slack_logging.local import LocalSlack
from slack_logging.local.errors import ApiError
from slack_logging.local.state.teams import FOREIGN_TEAM_ID, OTHER_TEAM_ID, SIBLING_TEAM_ID, TEAM_ID
from slack_logging.testing import FakeClock
from tests.local import shapes
from tests.local.conftest import Ask, ask_sync, buttons
from tests.local.listening import opened
from tests.local.shapes import faults


@pytest.fixture
def grid(clock: FakeClock) -> Iterator[LocalSlack]:
    """Run a Slack that belongs to an enterprise."""
    with LocalSlack(clock=clock, enterprise=True) as slack:
        yield slack


@pytest.mark.parametrize(
    ("external", "team", "enterprise", "shared"),
    [
        (False, TEAM_ID, "E0LOCAL00", (False, False, False)),
        (True, OTHER_TEAM_ID, None, (True, True, False)),
        ("workspace", OTHER_TEAM_ID, None, (True, True, False)),
        ("enterprise", FOREIGN_TEAM_ID, "E0OTHER00", (True, True, False)),
        ("sibling", SIBLING_TEAM_ID, "E0LOCAL00", (True, False, True)),
    ],
)
def test_where_somebody_comes_from_shows_everywhere(
    grid: LocalSlack, external: Any, team: str, enterprise: str | None, shared: tuple[bool, ...]
) -> None:
    """The user object names workspace and enterprise, messages name the workspace, and the channel is a shared one."""
    ask = ask_sync(grid)
    eve = grid.add_user("eve", external=external)
    user = ask("users_info", user=eve)["user"]
    assert (team, team, enterprise) == (
        user["team_id"],
        user["profile"]["team"],
        user.get("enterprise_user", {}).get("enterprise_id"),
    )
    assert [] == (faults(shapes.MEMBER, user) if enterprise else faults(shapes.USER, user))
    grid.invite("#ops-log", eve)
    grid.say("#ops-log", "x", user=eve)
    message = grid.messages("#ops-log")[-1]
    assert {team} == {message[name] for name in ("team", "user_team", "source_team") if name in message}
    assert (external is not False) == ("user_team" in message)
    channel = ask("conversations_info", channel=grid.channel_id("ops-log"))["channel"]
    assert shared == tuple(channel[name] for name in ("is_shared", "is_ext_shared", "is_org_shared"))
    assert list(dict.fromkeys([TEAM_ID, team])) == channel["shared_team_ids"]


def test_enterprise_is_told_by_auth_test_and_team_info(grid: LocalSlack, slack: LocalSlack) -> None:
    """A workspace of an enterprise says which; one of none does not speak of it."""
    for local, expected in ((grid, "E0LOCAL00"), (slack, None)):
        ask = ask_sync(local, local.token("team:read", "users:read"))
        assert expected == ask("auth_test").get("enterprise_id") == ask("team_info")["team"].get("enterprise_id")
        assert ("enterprise_user" in ask("users_info", user=local.user_id("ada"))["user"]) == bool(expected)


@pytest.mark.parametrize(("external", "match"), [("sibling", "enterprise=True"), ("moon", "'workspace', 'enterprise'")])
def test_places_that_do_not_exist_are_told(slack: LocalSlack, external: Any, match: str) -> None:
    """Without an enterprise there is no sibling; a misspelt place is an error that lists the right ones."""
    with pytest.raises(ValueError, match=match):
        slack.add_user("eve", external=external)


def acts(slack: LocalSlack, channel: str, ts: str) -> list[Callable[..., object]]:
    """Return all that people do in a channel with a message that has a button."""
    return [
        lambda **who: slack.say(channel, "x", **who),
        lambda **who: slack.react(channel, ts, "eyes", **who),
        lambda **who: slack.unreact(channel, ts, "eyes", **who),
        lambda **who: slack.click(channel, ts, "yes", **who),
        lambda **who: slack.command(channel, "/deploy", **who),
        lambda **who: slack.edit(channel, ts, "y", **who),
    ]


def test_a_private_channel_is_its_members_only(slack: LocalSlack) -> None:
    """Who is not in it can do nothing there, and is told what to do; in a public one anybody may act."""
    slack.add_channel("war-room", private=True)
    slack.kick("#war-room", "ben")
    slack.kick("#general", "ben")
    for channel in ("#war-room", "#general"):
        ts = ask_sync(slack)("chat_postMessage", channel=slack.channel_id(channel), text="x", blocks=buttons("yes"))[
            "ts"
        ]
        for act in acts(slack, channel, ts):
            if channel == "#general":
                act(user="ben")
                continue
            with pytest.raises(PermissionError, match="ben is not in #war-room, which is private: invite"):
                act(user="ben")
            act(user="ada")


def test_a_direct_message_is_between_two(slack: LocalSlack) -> None:
    """A third person is not in it, and cannot be invited."""
    direct = ask_sync(slack)("chat_postMessage", channel=slack.user_id("ada"), text="x")["channel"]
    slack.say(direct, "hello", user="ada")
    with pytest.raises(PermissionError, match=r"^ben is not in that direct message$"):
        slack.say(direct, "hello", user="ben")


def test_who_is_deactivated_does_nothing_any_more(slack: LocalSlack) -> None:
    """Neither anew nor to what he wrote before."""
    mine = slack.say("#general", "mine", user="ben")
    ts = ask_sync(slack)("chat_postMessage", channel="#general", text="x", blocks=buttons("yes"))["ts"]
    slack.deactivate("ben")
    for act in acts(slack, "#general", ts):
        with pytest.raises(PermissionError, match="ben is deactivated"):
            act(user="ben")
    with pytest.raises(PermissionError, match="ben is deactivated"):
        slack.edit("#general", mine, "other")


def test_who_is_deactivated_is_invited_nowhere(slack: LocalSlack) -> None:
    """But he can still be taken out."""
    slack.kick("#general", "ben")
    slack.deactivate("ben")
    with pytest.raises(PermissionError, match="ben is deactivated"):
        slack.invite("#general", "ben")
    assert slack.user_id("ben") not in slack.workspace.channel("#general").members
    slack.kick("#ops-log", "ben")
    assert slack.user_id("ben") not in slack.workspace.channel("#ops-log").members


def test_an_archived_channel_keeps_its_members(slack: LocalSlack) -> None:
    """Nobody comes or goes until it is taken out of the archive."""
    eve = slack.add_user("eve")
    slack.archive("#general")
    before = list(slack.workspace.channel("#general").members)
    for move in (slack.invite, slack.kick):
        with pytest.raises(ApiError, match="is_archived"):
            move("#general", eve if move == slack.invite else "ben")
    assert before == slack.workspace.channel("#general").members
    slack.unarchive("#general")
    slack.invite("#general", eve)
    slack.kick("#general", "ben")


def test_nobody_acts_in_an_archived_channel(slack: LocalSlack) -> None:
    """It can be read, nothing more."""
    ts = ask_sync(slack)("chat_postMessage", channel="#general", text="x", blocks=buttons("yes"))["ts"]
    slack.archive("#general")
    with pytest.raises(ApiError, match="is_archived"):
        slack.delete("#general", ts)
    for act in acts(slack, "#general", ts):
        with pytest.raises(ApiError, match="is_archived"):
            act(user="ada")


def test_new_channel_holds_members_only(slack: LocalSlack, ask: Ask) -> None:
    """Guests, strangers, bots and those who left are in no channel that they were not invited to."""
    for name, kind in {
        "gus": {"guest": True},
        "sue": {"guest": "single-channel"},
        "eve": {"external": True},
        "dan": {"deactivated": True},
        "robot": {"bot": True},
        "amy": {},
    }.items():
        slack.add_user(name, **kind)  # type: ignore[arg-type]  # each of its own type
    members = ask("conversations_members", channel=slack.add_channel("new"))["members"]
    assert [slack.user_id(name) for name in ("ada", "ben", "amy", "ops")] == members


def test_single_channel_guest_is_in_one_channel(slack: LocalSlack) -> None:
    """A second invitation is refused until he has left the first; to a DM he is always admitted."""
    sue = slack.add_user("sue", guest="single-channel")
    slack.invite("#ops-log", sue)
    slack.invite("#ops-log", sue)
    ask = ask_sync(slack, slack.token("channels:manage", "im:write"))
    general = slack.channel_id("general")
    with pytest.raises(ApiError, match="ura_max_channels"):
        slack.invite(general, sue)
    assert "ura_max_channels" == ask("conversations_invite", channel=general, users=[sue])["error"]
    assert ask("conversations_open", users=[sue])["ok"]
    slack.kick("#ops-log", sue)
    slack.invite(general, sue)


def test_workflow_is_a_bot_that_says_so(slack: LocalSlack, ask: Ask) -> None:
    """What Workflow Builder made has user, bot and app, and is marked in the user object and in its messages."""
    flow = slack.add_user("deploys", bot="workflow")
    slack.say("#ops-log", "go", user=flow)
    user, message = ask("users_info", user=flow)["user"], slack.messages("#ops-log")[0]
    assert (True, True, True) == (
        user["is_bot"],
        user["is_workflow_bot"],
        message["bot_profile"]["is_workflow_bot"],
    )
    assert [] == faults(shapes.POSTED, message)
    assert "is_workflow_bot" not in ask("users_info", user=slack.bot_user_id)["user"]


def test_bot_without_a_user_posts_and_is_known(slack: LocalSlack, ask: Ask) -> None:
    """A classic integration has one bot id, a name and neither user, app nor workspace."""
    for text in ("see http://ci.test & go", "again"):
        slack.say("#ops-log", text, integration="jenkins")
    first, second = slack.messages("#ops-log")
    assert ("bot_message", "jenkins", "see <http://ci.test> &amp; go") == (
        first["subtype"],
        first["username"],
        first["text"],
    )
    assert first["bot_id"] == second["bot_id"] != slack.bot_id
    assert not {"user", "app_id", "team", "blocks"} & set(first)
    bot = ask("bots_info", bot=first["bot_id"])["bot"]
    assert ("jenkins", False) == (bot["name"], "user_id" in bot)


def test_webhook_is_a_bot_of_its_app(slack: LocalSlack, ask: Ask) -> None:
    """The bot id in a webhook's messages is known, and leads to the app."""
    bot_id = slack.webhook_url("#ops-log").split("/")[5]
    bot = ask("bots_info", bot=bot_id)["bot"]
    assert (slack.app_id, False) == (bot["app_id"], "user_id" in bot)


@pytest.mark.parametrize("who", [{}, {"user": "ada", "integration": "jenkins"}])
def test_message_has_one_author(slack: LocalSlack, who: dict[str, Any]) -> None:
    """To say something takes a user or an integration, not both."""
    with pytest.raises(TypeError, match="either user= or integration="):
        slack.say("#ops-log", "x", **who)


def test_direct_channel_is_opened_once(slack: LocalSlack) -> None:
    """conversations.open finds the DM that there is, by person or by id."""
    ask, ada = ask_sync(slack, slack.token("im:write", "chat:write")), slack.user_id("ada")
    first = ask("conversations_open", users=ada)
    again = ask("conversations_open", users=[ada], return_im=True)
    assert (False, True) == ("already_open" in first, again["already_open"])
    assert first["channel"]["id"] == again["channel"]["id"] == ask("chat_postMessage", channel=ada, text="x")["channel"]
    assert ada == again["channel"]["user"]
    assert {"id": first["channel"]["id"]} == ask("conversations_open", channel=first["channel"]["id"])["channel"]
    slack.deactivate("ada")
    assert ask("conversations_open", channel=first["channel"]["id"], return_im=True)["channel"]["is_user_deleted"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, "users_list_not_supplied"),
        ({"users": "U0NOBODY0"}, "user_not_found"),
        ({"users": "U0BEN0000"}, "user_disabled"),
        ({"users": "U0OPS0000"}, "cannot_dm_bot"),
        ({"users": "U0ADA0000,U0BEN0000"}, "too_many_users"),
        ({"channel": "C0OPSLOG0"}, "method_not_supported_for_channel_type"),
        ({"channel": "D0NOBODY0"}, "channel_not_found"),
    ],
)
def test_what_cannot_be_opened(slack: LocalSlack, arguments: dict[str, str], error: str) -> None:
    """A DM is with one person who is there."""
    slack.deactivate("ben")
    assert (
        error
        == ask_sync(slack, slack.token("im:write"))("api_call", api_method="conversations.open", params=arguments)[
            "error"
        ]
    )


def test_profile_and_presence_are_the_callers_own_unless_told_otherwise(slack: LocalSlack) -> None:
    """Who left is away."""
    ask = ask_sync(slack, slack.token("users:read", "users.profile:read"))
    slack.deactivate("ben")
    assert ["ops", "ben"] == [
        ask("users_profile_get", **who)["profile"]["display_name"] for who in ({}, {"user": slack.user_id("ben")})
    ]
    assert ["active", "away"] == [
        ask("api_call", api_method="users.getPresence", params=who)["presence"]
        for who in ({}, {"user": slack.user_id("ben")})
    ]
    assert "user_not_found" == ask("users_profile_get", user="U0NOBODY0")["error"]


def test_workspace_knows_only_itself(slack: LocalSlack) -> None:
    """team.info of another team is refused; there are no custom emoji."""
    ask = ask_sync(slack, slack.token("team:read", "emoji:read"))
    assert (TEAM_ID, "local") == (ask("team_info")["team"]["id"], ask("team_info", team=TEAM_ID)["team"]["domain"])
    assert "team_not_found" == ask("team_info", team=OTHER_TEAM_ID)["error"]
    assert {} == ask("emoji_list")["emoji"]


@pytest.mark.parametrize("name", ["ops", "deploy", "ada"])
def test_an_app_has_a_name_of_its_own(slack: LocalSlack, name: str) -> None:
    """One that is taken, by an app or a person, is a mistake that names it; nothing is installed."""
    first = slack.add_app("deploy")
    with pytest.raises(ValueError, match=f"there is somebody called '{name}' already"):
        slack.add_app(name)
    assert "deploy" == ask_sync(slack, first.bot_token)("auth_test")["user"]


@pytest.mark.parametrize("name", ["", " "])
def test_nobody_is_without_a_name(slack: LocalSlack, name: str) -> None:
    """No app and no person; nothing is installed."""
    before = dict(slack.workspace.users)
    for add in (slack.add_app, slack.add_user):
        with pytest.raises(ValueError, match=f"name is '{name}': give one"):
            add(name)
    assert before == slack.workspace.users


@pytest.mark.parametrize("name", ["\xdcn\xef c\xf6d\xe9 bot", "Ops", "A0OPS0000", "7", "--", "a b", "\N{SNOWMAN}"])
def test_every_app_has_secrets_of_its_own_that_fit_a_header(slack: LocalSlack, name: str) -> None:
    """Whatever it is called, its tokens are taken for it alone, and its secrets are nobody else's."""
    others = [slack.app, slack.add_app("n c d b"), slack.add_app("A0NCDB000")]
    tokens = [slack.token() for _ in range(9)]
    app = slack.add_app(name)
    assert app.bot_user_id == ask_sync(slack, app.bot_token)("auth_test")["user_id"]
    assert opened(slack, app.app_token)["ok"]
    secrets = [(each.bot_token, each.app_token, each.signing_secret, each.verification_token) for each in others]
    mine = (app.bot_token, app.app_token, app.signing_secret, app.verification_token)
    assert "".join(mine).isascii()
    assert not set(mine) & {secret for other in secrets for secret in other}
    assert app.bot_token not in tokens


def test_people_delete_their_own_messages_and_admins_all(slack: LocalSlack) -> None:
    """A bot's, too, which is nobody's own; in a private channel only who is in it."""
    of_ada, of_ben = (slack.say("#general", "x", user=name) for name in ("ada", "ben"))
    of_bot = slack.say("#general", "x", integration="alerts")
    for ts in (of_ada, of_bot):
        with pytest.raises(PermissionError, match="ben may delete his own messages only: he is no admin"):
            slack.delete("#general", ts, user="ben")
    assert [message["ts"] for message in slack.messages("#general")] == [of_ada, of_ben, of_bot]
    slack.delete("#general", of_ben, user="ben")
    slack.delete("#general", of_bot, user="ada")
    slack.delete("#general", of_ada)
    assert slack.messages("#general") == []
    slack.add_channel("secret", private=True)
    slack.kick("#secret", "ada")
    with pytest.raises(PermissionError, match="ada is not in #secret"):
        slack.delete("#secret", slack.say("#secret", "x", user="ben"), user="ada")
