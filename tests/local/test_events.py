"""Which events reach an app that may hear all, and what Slack does with deliveries that is not done here."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from slack_logging.local import App, LocalSlack
from slack_logging.local.events.selection import SCOPES
from slack_logging.testing import FakeClock
from tests.local.conftest import ask_sync
from tests.local.listening import Client, Open


@pytest.fixture
def slack(clock: FakeClock) -> Iterator[LocalSlack]:
    """Run a Slack without rate limits, whose time the test owns."""
    with LocalSlack(clock=clock, rate_limit=0) as local:
        yield local


@pytest.fixture
def app(slack: LocalSlack) -> App:
    """Install an app that may hear everything, in ``#ops-log``."""
    return slack.add_app("all", channels=["#ops-log"], scopes=[*SCOPES, "chat:write", "pins:write"])


@pytest.fixture
def client(app: App, open_socket: Open) -> Client:
    """Listen for that app."""
    return open_socket(app)


def test_people_groups_channels_and_pins_are_events(slack: LocalSlack, app: App, client: Client, log: str) -> None:
    """Each over the socket, by its own name; what concerns a message says which."""
    ask = ask_sync(slack, app.bot_token)
    eve = slack.add_user("eve")
    slack.deactivate("eve")
    slack.add_group("oncall", ["ben"])
    slack.add_group("oncall", ["ada"])
    made = slack.add_channel("new", bot_is_member=False)
    slack.rename_channel(made, "newer")
    slack.archive(made)
    slack.unarchive(made)
    slack.remove_channel(made)
    ts = slack.say(log, "runbook", user="ada")
    ask("pins_add", channel=log, timestamp=ts)
    ask("pins_remove", channel=log, timestamp=ts)
    told: list[dict[str, Any]] = []
    while not told or told[-1]["type"] != "pin_removed":
        told.append(client.event())
    changes = [event for event in told if event["type"] != "message"]
    kinds = "team_join user_change subteam_created subteam_updated channel_created channel_rename channel_archive"
    kinds += " channel_unarchive channel_deleted pin_added pin_removed"
    assert kinds.split() == [event["type"] for event in changes]
    joined, left, _, group, *rest = changes
    assert [(eve, False), (eve, True)] == [(event["user"]["id"], event["user"]["deleted"]) for event in (joined, left)]
    assert ("oncall", [slack.user_id("ada")]) == (group["subteam"]["handle"], group["subteam"]["users"])
    assert [(log, ts)] * 2 == [(event["item"]["channel"], event["item"]["message"]["ts"]) for event in rest[-2:]]


@pytest.mark.parametrize(("private", "kind"), [(False, "C"), (True, "G")])
def test_members_who_come_and_go_are_events(
    slack: LocalSlack, app: App, client: Client, private: bool, kind: str
) -> None:
    """To the apps in the channel, itself among them when it comes; besides the message about it. Not elsewhere."""
    room, elsewhere = (slack.add_channel(name, private=private) for name in ("room", "elsewhere"))
    eve = slack.add_user("eve")
    slack.invite(elsewhere, "eve")
    assert ask_sync(slack)("conversations_invite", channel=room, users=app.bot_user_id)["ok"]
    slack.invite(room, "eve")
    slack.kick(room, "eve")
    told: list[dict[str, Any]] = []
    while len(told) < 3:
        event = client.event()
        if event["type"].startswith("member_"):
            told.append({name: value for name, value in event.items() if name != "event_ts"})
    place = {"channel": room, "channel_type": kind, "team": slack.team_id}
    assert [
        place | {"type": "member_joined_channel", "user": app.bot_user_id, "inviter": slack.bot_user_id},
        place | {"type": "member_joined_channel", "user": eve},
        place | {"type": "member_left_channel", "user": eve},
    ] == told


def test_an_app_cannot_ask_for_what_is_not_there(slack: LocalSlack) -> None:
    """What is mistyped is told with what was meant; nothing is installed."""
    cases: list[tuple[dict[str, Any], str]] = [
        ({"events": ["message.channel"]}, "there is no event 'message.channel' (did you mean 'message.channels'?)"),
        ({"commands": ["deploy"]}, "commands: expected slash commands such as ['/deploy'], got ['deploy']"),
        ({"channels": "#ops-log"}, "channels: expected a list such as ['#ops-log'], got '#ops-log'"),
        ({"events": "app_mention"}, "events: expected a list such as ['app_mention'], got 'app_mention'"),
        ({"scopes": "chat:write"}, "scopes: expected a list such as ['chat:write'], got 'chat:write'"),
        ({"commands": "/deploy"}, "commands: expected slash commands such as ['/deploy'], got '/deploy'"),
        ({"events": ["app_mention", "file_shared"]}, "there is no event 'file_shared': expected app_home_opened, "),
        ({"scopes": ["chat:wrte"]}, "there is no scope 'chat:wrte' (did you mean 'chat:write'?)"),
        ({"request_url": "http://a.test/"}, "request_url is 'http://a.test/': give one on this machine"),
        ({"channels": ["#ops-log", "#nowhere"]}, "no channel '#nowhere' here"),
    ]
    for asked, says in cases:
        with pytest.raises((ValueError, LookupError), match=re.escape(says)):
            slack.add_app("welcome", **asked)
    with pytest.raises(ValueError, match="there is no scope 'chat:wrte'"):
        LocalSlack(scopes=["chat:wrte"])
    narrow = slack.add_app("welcome", events=iter(["member_joined_channel", "message.mpim"]), scopes=iter(["commands"]))
    assert frozenset({"member_joined_channel", "message.mpim"}) == narrow.events
    assert frozenset({"commands"}) == narrow.scopes


def test_after_the_third_redelivery_nothing_comes_any_more(
    slack: LocalSlack, app: App, client: Client, clock: FakeClock, open_socket: Open
) -> None:
    """Neither after an hour nor after a day; and however many fail, the next event still comes."""
    for number in range(50):
        slack.say("#ops-log", f"{number}", user="ada")

    def hears_each_four_times() -> bool:
        clock.advance(20)
        return [200] == [socket.sent for socket in slack.sockets(app)]

    slack.wait_for(hears_each_four_times)
    for seconds in (3, 3600, 86_400):
        clock.advance(seconds)
        slack.wait_for(lambda: not slack.deliveries(app))
    heard = [client.envelope() for _ in range(200)]
    assert {0, 1, 2, 3} == {each["retry_attempt"] for each in heard}
    slack.wait_for(lambda: not slack.sockets(app))  # it has grown old meanwhile
    again = open_socket(app)
    ts = slack.say("#ops-log", "still subscribed", user="ada")
    assert ts == again.event()["ts"]


def test_links_are_not_unfurled_and_markup_is_always_read(slack: LocalSlack, app: App, client: Client) -> None:
    """The flags are taken and have no effect: the message is stored as without them, and no edit follows."""
    ask = ask_sync(slack, app.bot_token)
    flags = {"unfurl_links": True, "unfurl_media": True, "mrkdwn": False}
    text = "*see* https://a.test"
    plain = ask("chat_postMessage", channel="#ops-log", text=text)["message"]
    flagged = ask("chat_postMessage", channel="#ops-log", text=text, **flags)["message"]
    assert plain | {"ts": flagged["ts"]} == flagged
    end = slack.say("#ops-log", "the end", user="ada")
    assert [plain["ts"], flagged["ts"], end] == [client.event()["ts"] for _ in range(3)]


def test_no_app_is_held_to_one_history_a_minute(log: str) -> None:
    """Nor to 15 messages: as Slack holds an app that is sold outside its marketplace."""
    with LocalSlack(clock=FakeClock()) as limited:
        limited.preload("#ops-log", ["x"] * 100)
        ask = ask_sync(limited)
        answers = [ask("conversations_history", channel=log) for _ in range(20)]
        assert [100] * 20 == [len(answer["messages"]) for answer in answers]
