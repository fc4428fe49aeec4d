"""Slash commands and clicks over Socket Mode: who gets them, what is answered, what the person sees if nobody does."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.webhook import WebhookClient

from slack_logging.local import Fault, LocalSlack
from slack_logging.testing import FakeClock
from tests.local.conftest import ask_sync, buttons
from tests.local.listening import Client, Open, url_of


@pytest.fixture
def slack(clock: FakeClock) -> Iterator[LocalSlack]:
    """Run a Slack without rate limits, whose time the test owns."""
    with LocalSlack(clock=clock, rate_limit=0) as local:
        yield local


@pytest.fixture
def client(slack: LocalSlack, open_socket: Open) -> Client:
    """Listen for `slack.app`, to commands and clicks only."""
    slack.app.events = frozenset()
    return open_socket()


def answer(client: Client, envelope: dict[str, Any], payload: object) -> None:
    """Acknowledge with a payload."""
    client.socket.send(json.dumps({"envelope_id": envelope["envelope_id"], "payload": payload}))


def respond(url: str, **payload: Any) -> None:
    """Answer at a response_url."""
    said = WebhookClient(url, retry_handlers=[]).send_dict(payload)
    assert (200, "ok") == (said.status_code, said.body)


def shown(slack: LocalSlack, user: str = "ada") -> tuple[list[str], list[str]]:
    """Return the texts that all see in ``#ops-log``, and those that one person sees there besides."""
    return (
        [message["text"] for message in slack.messages("#ops-log")],
        [message["text"] for message in slack.ephemerals("#ops-log", user=user)],
    )


def test_a_command_says_who_typed_what_where(slack: LocalSlack, client: Client, log: str) -> None:
    """Its envelope takes an answer and is never a redelivery; the message itself is not posted."""
    slack.command("#ops-log", "/deploy  api to prod ", user="ada")
    envelope = client.envelope()
    payload = envelope["payload"]
    assert ("slash_commands", True) == (envelope["type"], envelope["accepts_response_payload"])
    assert {"envelope_id", "type", "accepts_response_payload", "payload"} == envelope.keys()
    assert {
        "token": payload["token"],
        "team_id": slack.team_id,
        "team_domain": payload["team_domain"],
        "channel_id": log,
        "channel_name": "ops-log",
        "user_id": slack.user_id("ada"),
        "user_name": "ada",
        "command": "/deploy",
        "text": "api to prod",
        "api_app_id": slack.app_id,
        "is_enterprise_install": "false",
        "response_url": payload["response_url"],
        "trigger_id": payload["trigger_id"],
    } == payload
    assert payload["response_url"].startswith(f"{slack.url}/commands/")
    assert ([], []) == shown(slack)


@pytest.mark.parametrize(
    ("payload", "in_channel", "ephemeral"),
    [
        ({"text": "for <you>"}, [], ["for <you>"]),
        ({"text": "for all", "response_type": "in_channel"}, ["for all"], []),
        ({"text": "pick", "blocks": buttons("yes")}, [], ["pick"]),
        ({}, [], []),
        ("no object", [], []),
        ({"blocks": "none"}, [], []),
    ],
)
def test_a_command_may_be_answered_in_the_acknowledgement(
    slack: LocalSlack, client: Client, payload: object, in_channel: list[str], ephemeral: list[str]
) -> None:
    """For the person or for all; what is no message shows nothing."""
    slack.command("#ops-log", "/deploy", user="ada")
    answer(client, client.envelope(ack=False), payload)
    slack.wait_for(lambda: not slack.deliveries())
    assert (in_channel, ephemeral) == shown(slack)
    assert [] == slack.ephemerals("#ops-log", user="ben")


def test_a_command_may_be_answered_later_at_its_response_url(slack: LocalSlack, client: Client) -> None:
    """After the acknowledgement, more than once, by slack_sdk."""
    slack.command("#ops-log", "/deploy", user="ada")
    url = client.envelope()["payload"]["response_url"]
    respond(url, text="started")
    respond(url, text="done", response_type="in_channel")
    assert (["done"], ["started"]) == shown(slack)
    said = slack.messages("#ops-log")[0]
    assert (slack.app_id, slack.bot_id) == (said["app_id"], said["bot_id"])


def test_a_command_ends_at_any_white_space(slack: LocalSlack, open_socket: Open) -> None:
    """As people paste them."""
    client = open_socket()
    slack.command("#ops-log", "/deploy\napi now", user="ada")
    payload = client.envelope()["payload"]
    assert ("/deploy", "api now") == (payload["command"], payload["text"])


def test_a_command_that_no_app_takes_is_a_mistake(slack: LocalSlack) -> None:
    """As people are told at once that there is no such command."""
    slack.app.commands = frozenset(["/deploy"])
    with pytest.raises(LookupError, match="/delpoy is not a valid command"):
        slack.command("#ops-log", "/delpoy api", user="ada")


@pytest.mark.parametrize("typed", ["hello", "", "/", "/ deploy", " /deploy"])
def test_what_is_no_slash_command_is_a_mistake(slack: LocalSlack, typed: str) -> None:
    """It says what one looks like, and what to call for a message."""
    with pytest.raises(ValueError, match=r"is no slash command: begin with one such as '/deploy', or say\(\) it"):
        slack.command("#ops-log", typed, user="ada")


def test_of_apps_with_one_command_the_newest_gets_it(slack: LocalSlack, open_socket: Open) -> None:
    """As in Slack; to the older one it is as good as not there."""
    apps = [slack.add_app(name, commands=["/deploy"], events=[]) for name in ("older", "newer")]
    _, newer = map(open_socket, apps)
    slack.command("#ops-log", "/deploy", user="ada")
    assert apps[1].id == newer.envelope()["payload"]["api_app_id"]
    assert [] == slack.deliveries(apps[0])
    assert [0] == [socket.sent for socket in slack.sockets(apps[0])]


@pytest.mark.parametrize("acts", ["command", "click"])
def test_what_nobody_answers_within_three_seconds_timed_out(
    slack: LocalSlack, client: Client, clock: FakeClock, acts: str
) -> None:
    """The person is told, and it is not sent again; an acknowledgement that comes too late changes nothing."""
    act(slack, acts)
    late = client.envelope(ack=False)
    clock.advance(2.9)
    assert 1 == len(slack.deliveries())
    clock.advance(0.1)
    slack.wait_for(lambda: slack.ephemerals("#ops-log", user="ada"))
    answer(client, late, {"text": "too late"})
    slack.command("#ops-log", "/next", user="ben")
    assert "/next" == client.envelope()["payload"]["command"]
    assert [f'{_WHAT[acts]} failed with the error "operation_timeout"'] == shown(slack)[1]


@pytest.mark.parametrize("acts", ["command", "click"])
def test_what_nobody_is_there_to_take_failed(slack: LocalSlack, acts: str) -> None:
    """The person is told at once, and nobody else."""
    act(slack, acts)
    slack.wait_for(lambda: slack.ephemerals("#ops-log", user="ada"))
    assert [f'{_WHAT[acts]} failed with the error "dispatch_failed"'] == shown(slack)[1]
    assert [] == shown(slack, "ben")[1]


_WHAT = {"command": "/deploy", "click": "that click"}


def act(slack: LocalSlack, acts: str) -> None:
    """Have ada type a command, or click a button of the app."""
    if acts == "command":
        slack.command("#ops-log", "/deploy", user="ada")
    else:
        slack.click("#ops-log", posted(slack, slack.bot_token), "yes", user="ada")


def posted(slack: LocalSlack, token: str, **more: Any) -> str:
    """Post a message with two buttons as an app, and return its `ts`."""
    message = {"text": "sure?", "blocks": buttons("yes", "no")} | more
    return str(ask_sync(slack, token)("chat_postMessage", channel="#ops-log", **message)["ts"])


def test_a_command_goes_to_the_app_that_names_it_and_a_click_to_the_message_s(
    slack: LocalSlack, client: Client, open_socket: Open
) -> None:
    """Of two apps, both connected; a command that neither names goes to the one that takes all."""
    other = slack.add_app("deployer", channels=["#ops-log"], commands=["/deploy"], events=[])
    others = open_socket(other)
    slack.command("#ops-log", "/deploy", user="ada")
    slack.command("#ops-log", "/status", user="ada")
    slack.click("#ops-log", posted(slack, other.bot_token), "yes", user="ada")
    slack.click("#ops-log", posted(slack, slack.bot_token), "no", user="ada")
    got = [[each.envelope()["payload"] for _ in range(2)] for each in (others, client)]
    assert [["/deploy", "yes"], ["/status", "no"]] == [
        [payload.get("command") or payload["actions"][0]["action_id"] for payload in each] for each in got
    ]
    assert [[other.id] * 2, [slack.app_id] * 2] == [[payload["api_app_id"] for payload in each] for each in got]
    slack.wait_for(lambda: not slack.deliveries() and not slack.deliveries(other))


def test_a_click_says_who_clicked_what_in_which_message(slack: LocalSlack, client: Client, log: str) -> None:
    """With the message as it stands, the button's value and an address to answer."""
    ts = posted(slack, slack.bot_token)
    slack.click("#ops-log", ts, "no", user="ben")
    envelope = client.envelope()
    payload = envelope["payload"]
    assert ("interactive", "block_actions") == (envelope["type"], payload["type"])
    assert {"id": slack.user_id("ben"), "username": "ben", "name": "ben", "team_id": slack.team_id} == payload["user"]
    assert {"id": log, "name": "ops-log"} == payload["channel"]
    assert {"type": "message", "message_ts": ts, "channel_id": log, "is_ephemeral": False} == payload["container"]
    [action] = payload["actions"]
    assert {
        "type": "button",
        "action_id": "no",
        "block_id": "choice",
        "value": "no!",
        "text": {"type": "plain_text", "text": "no"},
        "action_ts": action["action_ts"],
    } == action
    assert slack.messages("#ops-log") == [payload["message"]]
    assert payload["response_url"].startswith(f"{slack.url}/actions/")


def test_what_acknowledges_a_click_shows_nothing(slack: LocalSlack, client: Client) -> None:
    """Its envelope takes no answer, and one that comes all the same is ignored."""
    slack.click("#ops-log", posted(slack, slack.bot_token), "yes", user="ada")
    envelope = client.envelope(ack=False)
    assert envelope["accepts_response_payload"] is False
    answer(client, envelope, {"text": "not to be seen", "response_type": "in_channel"})
    slack.wait_for(lambda: not slack.deliveries())
    assert (["sure?"], []) == shown(slack)


@pytest.mark.parametrize("enterprise", [True, False])
def test_commands_and_clicks_name_the_enterprise(clock: FakeClock, enterprise: bool) -> None:
    """Where there is one: a command by id and name, a click in its team and on its own."""
    flat = {"enterprise_id": "E0LOCAL00", "enterprise_name": "Local Enterprise"}
    with LocalSlack(clock=clock, enterprise=enterprise) as slack, Client(url_of(slack)) as client:
        client.next()
        slack.command("#ops-log", "/deploy", user="ada")
        command = client.envelope()["payload"]
        slack.app.events = frozenset()
        slack.click("#ops-log", posted(slack, slack.bot_token), "yes", user="ada")
        click = client.envelope()["payload"]
    for told in (command, click["team"]):
        assert (flat if enterprise else {}) == {name: told[name] for name in flat if name in told}
    assert ({"id": "E0LOCAL00", "name": "Local Enterprise"} if enterprise else None) == click["enterprise"]


def test_buttons_of_one_name_are_told_apart_by_their_block(slack: LocalSlack, client: Client) -> None:
    """Without a block the first one is clicked; a section's accessory is a button too."""
    accessory = {"type": "section", "block_id": "last", "text": {"type": "mrkdwn", "text": "or"}}
    accessory["accessory"] = buttons("yes")[0]["elements"][0]
    blocks = [*buttons("yes", block_id="first"), *buttons("yes", block_id="second"), accessory]
    ts = posted(slack, slack.bot_token, blocks=blocks)
    for block_id in (None, "first", "second", "last"):
        slack.click("#ops-log", ts, "yes", user="ada", block_id=block_id)
    clicked = [client.envelope()["payload"]["actions"][0]["block_id"] for _ in range(4)]
    assert ["first", "first", "second", "last"] == clicked


@pytest.mark.parametrize("target", ["socket", "push"])
def test_what_is_lost_timed_out(slack: LocalSlack, clock: FakeClock, client: Client, target: str) -> None:
    """Who typed or clicked is told after three seconds; it counts as sent, and nobody gets it."""
    if target == "push":
        slack.app.request_url = "http://127.0.0.1:9/events"
    slack.fault(target, Fault.lose(times=2))
    slack.command("#ops-log", "/deploy", user="ada")
    slack.click("#ops-log", posted(slack, slack.bot_token), "yes", user="ada")
    slack.wait_for(lambda: not slack.faults())
    assert (["sure?"], []) == shown(slack)

    def told() -> bool:
        clock.advance(3)
        return [f'{what} failed with the error "operation_timeout"' for what in ("/deploy", "that click")] == shown(
            slack
        )[1]

    slack.wait_for(told)
    assert [] == slack.deliveries()
    assert [2 if target == "socket" else 0] == [socket.sent for socket in slack.sockets()]


def test_the_answer_to_a_click_replaces_or_deletes_the_message(slack: LocalSlack, client: Client) -> None:
    """By its response_url; what does neither is new, for the one who clicked."""
    ts = posted(slack, slack.bot_token)
    slack.click("#ops-log", ts, "yes", user="ada")
    url = client.envelope()["payload"]["response_url"]
    respond(url, text="as you wish", replace_original=True)
    assert [("as you wish", ts)] == [(each["text"], each["ts"]) for each in slack.messages("#ops-log")]
    assert "blocks" not in slack.messages("#ops-log")[0]
    respond(url, text="only you see this", replace_original=False)
    assert (["as you wish"], ["only you see this"]) == shown(slack)
    respond(url, delete_original=True)
    assert ([], ["only you see this"]) == shown(slack)


def test_a_click_on_what_one_person_sees(slack: LocalSlack, client: Client, log: str) -> None:
    """The payload has no message; the answer replaces and deletes it all the same; nobody else can click there."""
    ask = ask_sync(slack)
    content = {"text": "sure?", "blocks": buttons("yes")}
    ts = ask("chat_postEphemeral", channel=log, user=slack.user_id("ada"), **content)["message_ts"]
    with pytest.raises(LookupError, match="that ben sees"):
        slack.click("#ops-log", ts, "yes", user="ben")
    slack.click("#ops-log", ts, "yes", user="ada")
    payload = client.envelope()["payload"]
    assert "message" not in payload
    assert {"type": "message", "message_ts": ts, "channel_id": log, "is_ephemeral": True} == payload["container"]
    respond(payload["response_url"], text="done", replace_original=True)
    assert ([], ["done"]) == shown(slack)
    respond(payload["response_url"], delete_original=True)
    assert ([], []) == shown(slack)


def test_there_is_nothing_to_click_where_no_app_put_a_button(slack: LocalSlack) -> None:
    """A message, a button or an app that is not there is a mistake that says so."""
    ts = posted(slack, slack.bot_token)
    mine = slack.say("#ops-log", "sure?", user="ada", blocks=buttons("yes"))
    for wanted, action_id, block_id, says in (
        ("1.000001", "yes", None, "no message '1.000001'"),
        (ts, "maybe", None, "no button 'maybe'"),
        (ts, "yes", "elsewhere", "no button 'yes'"),
        (mine, "yes", None, "is no app's"),
    ):
        with pytest.raises(LookupError, match=says):
            slack.click("#ops-log", wanted, action_id, user="ada", block_id=block_id)
