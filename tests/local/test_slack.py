"""`LocalSlack` in process: people, events, inspection, waiting, life."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import contextlib
import errno
import gc
import http.client
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient

from slack_logging.local import Fault, LocalSlack, visible_text
from slack_logging.local.calls import without_tokens
from slack_logging.local.state.composer import Names
from slack_logging.local.state.workspace import ClockLike
from slack_logging.testing import FakeClock
from tests.local.conftest import Ask, ask_sync
from tests.ports import lasting_port


@pytest.fixture
def events(slack: LocalSlack) -> list[dict[str, Any]]:
    """Return the list that fills with the events of the workspace."""
    seen: list[dict[str, Any]] = []
    slack.workspace.subscribe(seen.append)
    return seen


def test_fresh_workspace_is_ready_for_use(slack: LocalSlack) -> None:
    """A new Slack holds two people, the bot and three channels with all of them in it."""
    channels = slack.workspace.channels.values()
    assert ["general", "ops-log", "ops-commands"] == [channel.name for channel in channels]
    everybody = [slack.bot_user_id, slack.user_id("ada"), slack.user_id("ben")]
    assert [everybody] * 3 == [channel.members for channel in channels]
    assert {"SLACK_BOT_TOKEN": "xoxb-test-ops", "SLACK_API_URL": f"{slack.url}/api/"} == slack.environ


def test_what_people_say_is_what_clients_read(slack: LocalSlack, ask: Ask, log: str) -> None:
    """A typed message arrives with text, block, client_msg_id and its author's team."""
    ts = slack.say("#ops-log", "look at `x` @ada", user="ben")
    message = ask("conversations_history", channel=log)["messages"][0]
    assert (ts, slack.user_id("ben"), slack.team_id) == (message["ts"], message["user"], message["team"])
    assert f"look at x @{slack.user_id('ada')}" == visible_text(message)
    assert {"client_msg_id", "blocks", "text", "type"} <= set(message)
    assert "bot_id" not in message


def test_raw_text_and_extra_fields_are_stored_as_given(slack: LocalSlack) -> None:
    """`raw` keeps the text as it is and makes no blocks; other fields are taken along."""
    slack.say("#ops-log", "<@U1|bob> \N{PARTY POPPER}", user="ada", raw=True, subtype="me_message")
    message = slack.messages("#ops-log")[0]
    assert ("<@U1|bob> \N{PARTY POPPER}", "me_message") == (message["text"], message["subtype"])
    assert "blocks" not in message


def test_strangers_and_bots_leave_their_traces(slack: LocalSlack) -> None:
    """A message from another workspace says so; another app's carries its bot and app id."""
    slack.add_user("eve", external=True)
    slack.add_user("robot", bot=True)
    slack.say("#ops-log", "x", user="eve")
    slack.say("#ops-log", "y", user="robot")
    stranger, robot = slack.messages("#ops-log")
    assert stranger["user_team"] == stranger["source_team"] == stranger["team"] != slack.team_id
    assert robot["bot_id"] != slack.bot_id
    assert robot["bot_profile"]["app_id"] == robot["app_id"] != slack.app_id


def test_post_event(slack: LocalSlack, events: list[dict[str, Any]], log: str) -> None:
    """A person's message is an event with its channel and the kind of it."""
    ts = slack.say(log, "!restart api", user="ada")
    event = events[-1]
    assert ("message", log, "channel", ts, ts, slack.user_id("ada")) == tuple(
        event[name] for name in ("type", "channel", "channel_type", "ts", "event_ts", "user")
    )


def test_own_posts_are_events_too(slack: LocalSlack, events: list[dict[str, Any]], log: str) -> None:
    """The app hears itself, with bot id, app id and full metadata."""
    metadata = {"event_type": "record", "event_payload": {"id": "7"}}
    ask_sync(slack)("chat_postMessage", channel=log, text="x", metadata=metadata)
    event = events[-1]
    assert (slack.bot_id, slack.app_id, metadata) == (event["bot_id"], event["app_id"], event["metadata"])


def test_private_and_direct_messages_say_so(slack: LocalSlack, events: list[dict[str, Any]]) -> None:
    """The event's channel_type is group for private channels and im for DMs."""
    slack.say(slack.add_channel("secret", private=True), "x", user="ada")
    ask_sync(slack)("chat_postMessage", channel=slack.user_id("ada"), text="x")
    assert ["group", "im"] == [event["channel_type"] for event in events if event["type"] == "message"]


def test_edit_event(slack: LocalSlack, clock: FakeClock, events: list[dict[str, Any]], log: str) -> None:
    """An edit is a hidden event with a `ts` of its own, the message now and before."""
    ts = slack.say(log, "old", user="ada")
    clock.advance(5)
    slack.edit(log, ts, "new")
    event = events[-1]
    assert ("message_changed", True) == (event["subtype"], event["hidden"])
    assert event["ts"] == event["event_ts"] > ts
    assert (ts, "new", slack.user_id("ada")) == (
        event["message"]["ts"],
        event["message"]["text"],
        event["message"]["edited"]["user"],
    )
    assert (ts, "old") == (event["previous_message"]["ts"], event["previous_message"]["text"])
    assert "edited" not in event["previous_message"]
    assert "new" == visible_text(slack.messages(log)[0])


def test_delete_event(slack: LocalSlack, events: list[dict[str, Any]], log: str) -> None:
    """A deletion names the message that is gone."""
    ts = slack.say(log, "old", user="ada")
    slack.delete(log, ts)
    event = events[-1]
    assert ("message_deleted", True, ts, "old") == (
        event["subtype"],
        event["hidden"],
        event["deleted_ts"],
        event["previous_message"]["text"],
    )


def test_thread_events(slack: LocalSlack, events: list[dict[str, Any]], log: str) -> None:
    """A reply is an event with thread_ts; a broadcast also carries its root."""
    parent = slack.say(log, "parent", user="ada")
    slack.say(log, "reply", user="ben", thread_ts=parent)
    assert (parent, slack.user_id("ada")) == (events[-1]["thread_ts"], events[-1]["parent_user_id"])
    assert "subtype" not in events[-1]
    slack.say(log, "shown", user="ben", thread_ts=parent, broadcast=True)
    root = events[-1]["root"]
    assert ("thread_broadcast", parent, 2) == (events[-1]["subtype"], root["ts"], root["reply_count"])


def test_reaction_events(slack: LocalSlack, events: list[dict[str, Any]], log: str) -> None:
    """Adding and removing say who, what, on which message and whose it is."""
    ts = slack.say(log, "x", user="ada")
    slack.react(log, ts, "thumbsup", user="ben")
    slack.unreact(log, ts, "+1", user="ben")
    item = {"type": "message", "channel": log, "ts": ts}
    common = {"user": slack.user_id("ben"), "reaction": "+1", "item": item, "item_user": slack.user_id("ada")}
    for kind, event in zip(("reaction_added", "reaction_removed"), events[-2:], strict=True):
        assert {"type": kind} | common == {name: value for name, value in event.items() if name != "event_ts"}


def test_refused_change_is_no_event(slack: LocalSlack, events: list[dict[str, Any]], log: str) -> None:
    """What Slack refuses has not happened."""
    ask = ask_sync(slack)
    ts = slack.say(log, "x", user="ada")
    count = len(events)
    ask("reactions_remove", channel=log, timestamp=ts, name="eyes")
    ask("chat_update", channel=log, ts=ts, text="y")
    ask("chat_postMessage", channel=log, text="x", thread_ts="1.2")
    assert count == len(events)


def test_subscription_ends(slack: LocalSlack) -> None:
    """After unsubscribing, twice even, nothing more comes."""
    seen: list[dict[str, Any]] = []
    unsubscribe = slack.workspace.subscribe(seen.append)
    slack.say("#ops-log", "x", user="ada")
    unsubscribe()
    unsubscribe()
    slack.say("#ops-log", "y", user="ada")
    assert 1 == len(seen)


def test_messages_are_copies(slack: LocalSlack) -> None:
    """Changing what `messages` returned changes nothing in Slack."""
    slack.say("#ops-log", "x", user="ada")
    slack.messages("#ops-log")[0]["blocks"].clear()
    assert 1 == len(slack.messages("#ops-log")[0]["blocks"])


def test_a_new_slack_knows_nothing_of_the_one_before() -> None:
    """What was said, asked and planned in one is not in the next; its people and channels are the same again."""
    with LocalSlack() as first:
        first.add_user("eve")
        first.say("#ops-log", "x", user="eve")
        first.fault("*", Fault.cut_before())
        ids = (first.user_id("ada"), first.channel_id("#ops-log"))
    with LocalSlack() as second:
        assert ([], [], []) == (second.messages("#ops-log"), second.faults(), second.calls())
        assert ids == (second.user_id("ada"), second.channel_id("#ops-log"))
        with pytest.raises(LookupError, match="eve"):
            second.user_id("eve")


def test_calls_are_recorded_without_tokens(slack: LocalSlack, clock: FakeClock) -> None:
    """A call has method, arguments, time, status and error, and no token in any place."""
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    client.api_call("chat.postMessage", data={"token": slack.bot_token, "channel": "ops-log", "text": "xoxb-test-ops"})
    call = slack.calls("chat.postMessage")[0]
    assert (clock.time(), 200, None) == (call.time, call.status, call.error)
    assert {"channel": "ops-log", "text": "(token)"} == call.args
    assert slack.bot_token not in repr(call)
    nested = {
        "event_type": "a",
        "event_payload": {"t": slack.bot_token, "l": [{slack.app_token: slack.app_token}], "n": 1},
    }
    client.chat_postMessage(channel="ops-log", text="x", metadata=nested, blocks=[])
    [_, call] = slack.calls("chat.postMessage")
    expected = {"t": "(token)", "l": [{"(token)": "(token)"}], "n": 1}
    assert expected == call.args["metadata"]["event_payload"]
    assert nested == slack.messages("#ops-log")[-1]["metadata"]
    slack.reset_calls()
    assert "slackclient" in call.headers["user-agent"]
    ask_sync(slack)("chat_postMessage", channel="nowhere", text="x")
    assert ["channel_not_found"] == [call.error for call in slack.calls()]
    slack.reset_calls()
    assert [] == slack.calls()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"xoxb-test-ops": "x", "Token": "y", "AUTHORIZATION": "z"}, {"(token)": "x"}),
        ({"cookie": "b=1; d=xoxd-abc%2Bdef%2Fghi%3d; x=1"}, {"cookie": "b=1; d=(token); x=1"}),
        ({"a": "xoxb%2Dtest%2dops, xapp-1-A.b, foxox-b"}, {"a": "(token), (token).b, foxox-b"}),
    ],
)
def test_tokens_are_masked_in_names_and_in_escapes(given: dict[str, str], kept: dict[str, str]) -> None:
    """A token in a name, or written in percent-escapes as in a cookie, leaves nothing of itself."""
    assert kept == without_tokens(given)


@pytest.mark.parametrize("asked", ["user", "channel", "message", "group member"])
def test_unknown_names_are_told_with_the_known_ones(slack: LocalSlack, asked: str) -> None:
    """A name that does not exist is an error that lists those that do."""
    actions: dict[str, Callable[[], object]] = {
        "user": lambda: slack.say("#ops-log", "x", user="nobody"),
        "channel": lambda: slack.messages("#nowhere"),
        "message": lambda: slack.reactions("#ops-log", "1.2"),
        "group member": lambda: slack.add_group("g", ["nobody"]),
    }
    with pytest.raises(LookupError, match="ada" if asked in ("user", "group member") else "ops-log"):
        actions[asked]()


def test_a_tokens_scopes_are_given_one_by_one(slack: LocalSlack) -> None:
    """A set of them is told how."""
    scopes: Any = {"chat:write"}

    with pytest.raises(TypeError, match=r"give scopes one by one, such as token\(\"chat:write\", .*'chat:write'"):
        slack.token(scopes)


def test_names_are_taken_once(slack: LocalSlack) -> None:
    """A second channel of a name, or user of an id, is refused; a second user of a name is somebody else."""
    with pytest.raises(ValueError, match="ops-log"):
        slack.add_channel("#ops-log")
    with pytest.raises(ValueError, match="U024BE7LH"):
        slack.add_user("x", id=slack.add_user("eve", id="U024BE7LH"))
    assert slack.add_user("ada") != slack.user_id("ada")


def test_wait_for_returns_what_it_waited_for(slack: LocalSlack) -> None:
    """A change made in another thread ends the wait; its value is returned."""
    speaker = threading.Thread(target=lambda: slack.say("#ops-log", "x", user="ada"))
    speaker.start()
    assert ["x"] == [message["text"] for message in slack.wait_for(lambda: slack.messages("#ops-log"))]
    speaker.join()


def test_wait_for_gives_up_with_a_picture(slack: LocalSlack) -> None:
    """A wait in vain tells what there was instead."""
    ts = slack.say("#ops-log", "something else", user="ada")
    slack.react("#ops-log", ts, "eyes", user="ben")
    ask_sync(slack)("auth_test")
    with pytest.raises(TimeoutError, match=r"(?s)#ops-log: 1 messages\n.*something else :eyes:.*auth.test 200 ok"):
        slack.wait_for(lambda: False, timeout=0.01)


def test_predicate_runs_unlocked(slack: LocalSlack) -> None:
    """A predicate may wait for another thread that needs Slack."""

    def predicate() -> bool:
        thread = threading.Thread(target=lambda: slack.say("#ops-log", "x", user="ada"))
        thread.start()
        thread.join(timeout=5)
        return not thread.is_alive()

    assert slack.wait_for(predicate)


def test_many_threads_at_once(clock: FakeClock) -> None:
    """Concurrent posts all arrive, each with a `ts` of its own."""
    with LocalSlack(clock=clock, rate_limit=0) as slack:
        log = slack.channel_id("ops-log")

        def post() -> None:
            ask = ask_sync(slack)
            for _ in range(10):
                slack.say(log, "said", user="ada", raw=True)
                ask("chat_postMessage", channel=log, text="posted")

        threads = [threading.Thread(target=post) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stamps = [message["ts"] for message in slack.messages(log)]
        assert 80 == len(set(stamps))
        assert sorted(stamps) == stamps


def test_closing_is_idempotent_and_leaves_the_state() -> None:
    """After close the messages can be looked at, and the server can start again on its port."""
    with pytest.raises(RuntimeError, match="start"):
        _ = LocalSlack().url
    slack = LocalSlack(port=lasting_port())
    with slack:
        url = slack.url
        with pytest.raises(RuntimeError, match="running already"):
            slack.start()
        slack.say("#ops-log", "x", user="ada")
    slack.close()
    assert 1 == len(slack.messages("#ops-log"))
    assert "not running" in repr(slack)
    with slack:
        assert url == slack.url
        assert ask_sync(slack)("auth_test")["ok"]
    assert "local-slack" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("latency", [0.0, 0.01])
def test_closing_in_the_midst_of_requests_leaves_nothing_open(latency: float) -> None:
    """Whoever is just connecting, asking or being answered is let go: no socket waits for the garbage collector."""
    for _ in range(10):
        _close_while_others_ask(latency)
    gc.collect()


def _close_while_others_ask(latency: float) -> None:
    slack = LocalSlack(rate_limit=0).start()
    slack.fault("*", Fault.latency(latency, times=None))
    url = f"{slack.api_url}api.test"

    def ask() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):  # the end of it
            while True:
                urllib.request.urlopen(url, b"a=b", timeout=10).close()  # noqa: S310 - our own

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    slack.wait_for(lambda: len(slack.calls()) >= 10)
    slack.close()
    for thread in threads:
        thread.join()


def test_port_in_use_leaves_nothing_behind(slack: LocalSlack) -> None:
    """A second server on one port is an OSError, and no thread stays."""
    before = threading.active_count()
    with pytest.raises(OSError, match=r"^cannot listen on 127\.0\.0\.1:\d+ \(address already in use\)$") as caught:
        LocalSlack(port=int(slack.url.rpartition(":")[2])).start()
    assert caught.value.errno == errno.EADDRINUSE
    assert before == threading.active_count()


def test_impossible_port_is_told_at_once() -> None:
    """A number that is no port is an error that says which are."""
    with pytest.raises(ValueError, match="port is 70000: give a number from 0 to 65535"):
        LocalSlack(port=70_000)


def test_a_distribution_that_is_none_is_told_at_once() -> None:
    """A word that is neither is an error that says which there are."""
    with pytest.raises(ValueError, match="distribution is 'x': give 'round_robin' or 'random'"):
        LocalSlack(distribution="x")  # type: ignore[arg-type]  # what a caller without a type checker may write


def test_missing_aiohttp_is_told_with_the_command() -> None:
    """Without aiohttp the first use says what to install."""
    code = (
        "import sys; sys.modules['aiohttp'] = None\n"
        "import slack_logging.local\n"
        "try: slack_logging.local.LocalSlack\n"
        "except ImportError as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert 'slack_logging.local needs aiohttp: pip install "slack-logging-ops[local]"\n' == told.stdout


def test_seams_hold() -> None:
    """The project's clock serves as Slack's, and the workspace knows names for the message box."""
    clock: ClockLike = FakeClock()
    names: Names = LocalSlack(clock=clock).workspace
    assert "C0GENERAL" == names.channel_id("general")
