"""Socket Mode as a bare WebSocket client sees it: who gets what, how often, and how connections end."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from slack_logging.local import Fault, LocalSlack
from slack_logging.local.events.sockets import Distribution, Reason
from slack_logging.testing import FakeClock
from tests.local.conftest import Ask, ask_sync, exchange
from tests.local.listening import PATIENCE, Client, Open, opened, url_of


@pytest.fixture
def slack(clock: FakeClock) -> Iterator[LocalSlack]:
    """Run a Slack without rate limits, whose time the test owns."""
    with LocalSlack(clock=clock, rate_limit=0) as local:
        yield local


def test_hello_comes_first_and_says_who_else_is_there(slack: LocalSlack) -> None:
    """The first frame counts the app's connections and says how long this one will last."""
    with contextlib.ExitStack() as stack:
        for count, more, life in ((1, "", 18_060), (2, "", 18_060), (3, "&debug_reconnects=true", 360)):
            hello = stack.enter_context(Client(url_of(slack) + more)).next()
            assert ("hello", count, {"app_id": slack.app_id}, life) == (
                hello["type"],
                hello["num_connections"],
                hello["connection_info"],
                hello["debug_info"]["approximate_connection_time"],
            )


def test_a_ticket_is_good_once_and_for_a_while(slack: LocalSlack, clock: FakeClock) -> None:
    """A second use, a made-up ticket and an old one are refused before the handshake."""
    used, old = url_of(slack), url_of(slack)
    with Client(used):
        pass
    clock.advance(31)
    for refused in (used, old, f"{slack.url.replace('http', 'ws')}/link/?ticket=made-up"):
        with pytest.raises(InvalidStatus, match="401"):
            Client(refused)


def test_tickets_that_nobody_used_are_forgotten(slack: LocalSlack, clock: FakeClock) -> None:
    """A client that asks and asks and never connects costs no memory."""
    for _ in range(10):
        url_of(slack)
        clock.advance(16)
    assert 2 == len(slack._dispatcher.sockets._tickets)


def test_only_an_app_level_token_in_the_header_opens_a_connection(slack: LocalSlack) -> None:
    """The other kind of token, none, one in a form, GET, and Socket Mode switched off are each refused by a code."""
    assert "not_allowed_token_type" == opened(slack, slack.bot_token)["error"]
    assert "not_allowed_token_type" == ask_sync(slack, slack.app_token)("auth_test")["error"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = exchange(slack, "POST", "/api/apps.connections.open", f"token={slack.app_token}".encode(), form)[2]
    assert "missing_args" == json.loads(body)["error"]
    assert "invalid_auth" == opened(slack, "xapp-test-of-nobody")["error"]
    bearer = {"Authorization": f"Bearer {slack.app_token}"}
    body = exchange(slack, "GET", "/api/apps.connections.open", None, bearer)[2]
    assert "insecure_request" == json.loads(body)["error"]
    slack.disable_socket_mode()
    assert "socket_mode_disabled" == opened(slack, slack.app_token)["error"]


def test_a_revoked_token_is_called_so(slack: LocalSlack, ask: Ask) -> None:
    """What was good before says `token_revoked` from then on."""
    assert ask("auth_test")["ok"]
    slack.app.revoke(slack.bot_token)
    assert "token_revoked" == ask("auth_test")["error"]
    with pytest.raises(LookupError, match="no such token"):
        slack.app.revoke("xoxb-test-never")


def test_an_event_comes_in_an_envelope(slack: LocalSlack, open_socket: Open) -> None:
    """The envelope holds the callback that HTTP would bring, and in it the inner event."""
    client = open_socket()
    ts = slack.say("#ops-commands", "!restart api", user="ada")
    envelope = client.envelope()
    payload, event = envelope["payload"], envelope["payload"]["event"]
    assert {
        "envelope_id": envelope["envelope_id"],
        "type": "events_api",
        "accepts_response_payload": False,
        "retry_attempt": 0,
        "retry_reason": "",
        "payload": payload,
    } == envelope
    assert ("event_callback", slack.team_id, slack.app_id) == (
        payload["type"],
        payload["team_id"],
        payload["api_app_id"],
    )
    assert [slack.bot_user_id] == [each["user_id"] for each in payload["authorizations"]]
    assert ("message", "channel", slack.user_id("ada"), "!restart api", ts, ts, "rich_text") == (
        *(event[name] for name in ("type", "channel_type", "user", "text", "ts", "event_ts")),
        event["blocks"][0]["type"],
    )


def test_what_an_app_does_itself_comes_back_to_it(slack: LocalSlack, ask: Ask, log: str, open_socket: Open) -> None:
    """Posts, edits, reactions, broadcasts and deletions by the app are events like anybody's."""
    client = open_socket()
    ts = ask("chat_postMessage", channel=log, text="one")["ts"]
    ask("chat_update", channel=log, ts=ts, text="two")
    ask("reactions_add", channel=log, timestamp=ts, name="eyes")
    ask("reactions_remove", channel=log, timestamp=ts, name="eyes")
    ask("chat_postMessage", channel=log, text="loud", thread_ts=ts, reply_broadcast=True)
    ask("chat_delete", channel=log, ts=ts)
    posted, changed, added, removed, loud, deleted = (client.event() for _ in range(6))
    assert [
        "message",
        "message_changed",
        "reaction_added",
        "reaction_removed",
        "thread_broadcast",
        "message_deleted",
    ] == [event.get("subtype", event["type"]) for event in (posted, changed, added, removed, loud, deleted)]
    assert (slack.bot_id, slack.app_id) == (posted["bot_id"], posted["app_id"])
    assert ("two", "one", True) == (changed["message"]["text"], changed["previous_message"]["text"], changed["hidden"])
    assert {"type": "message", "channel": log, "ts": ts} == added["item"] == removed["item"]
    assert ts == loud["root"]["ts"] == deleted["deleted_ts"]


def test_events_come_only_as_membership_scopes_and_subscriptions_allow(slack: LocalSlack, open_socket: Open) -> None:
    """Each of the three keeps an event away; a mention comes as a message and once more as a mention."""
    slack.add_channel("elsewhere", bot_is_member=False)
    slack.add_channel("private", private=True)
    narrow = slack.add_app(
        "narrow",
        channels=["#ops-log", "#private"],
        scopes=["channels:history", "app_mentions:read"],
        events=["message.channels", "message.groups", "app_mention", "reaction_added"],
    )
    client = open_socket(narrow)
    slack.say("#elsewhere", "the bot is not there", user="ada")
    slack.say("#private", "no scope for private channels", user="ada")
    heard = slack.say("#ops-log", "heard", user="ada")
    slack.react("#ops-log", heard, "eyes", user="ada")  # no scope for reactions
    slack.add_user("eve")  # not subscribed
    mention = slack.say("#ops-log", "@narrow hello", user="ada")
    events = [client.event() for _ in range(3)]
    assert [("message", heard), ("message", mention), ("app_mention", mention)] == [
        (event["type"], event["ts"]) for event in events
    ]
    assert "channel_type" not in events[2]
    slack.wait_for(lambda: not slack.deliveries(narrow))


def test_a_bot_that_mentions_itself_is_told_of_the_message_only(slack: LocalSlack, open_socket: Open) -> None:
    """Or an app that answers to its name would answer itself for ever."""
    app = slack.add_app("echo", channels=["#ops-log"])
    client = open_socket(app)
    mine = ask_sync(slack, app.bot_token)("chat_postMessage", channel="#ops-log", text=f"<@{app.bot_user_id}> it is")
    after = slack.say("#ops-log", "that was all", user="ada")
    events = [client.event() for _ in range(2)]
    assert [("message", mine["ts"]), ("message", after)] == [(event["type"], event["ts"]) for event in events]


@pytest.mark.parametrize("distribution", ["round_robin", "random"])
def test_each_event_goes_to_one_connection(distribution: Distribution) -> None:
    """Of three connections each gets some, none the same as another, and nothing is lost."""
    with LocalSlack(distribution=distribution) as slack, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(url_of(slack))) for _ in range(3)]
        assert ["hello"] * 3 == [client.next()["type"] for client in clients]
        said = [slack.say("#ops-log", str(number), user="ada") for number in range(30)]
        slack.wait_for(lambda: sum(socket.sent for socket in slack.sockets()) == 30)
        counts = [socket.sent for socket in slack.sockets()]
        heard = [client.event()["ts"] for client in clients for _ in range(_sent_to(slack, client))]
        assert sorted(said) == sorted(heard)
        assert [10, 10, 10] == counts if distribution == "round_robin" else min(counts) > 0


def _sent_to(slack: LocalSlack, client: Client) -> int:
    """Return how much the server sent to one client, whom it knows by its port."""
    port = client.socket.local_address[1]
    return next(socket.sent for socket in slack.sockets() if socket.port == port)


def test_what_is_not_acknowledged_comes_at_once_after_a_minute_and_after_five(
    slack: LocalSlack, clock: FakeClock, open_socket: Open
) -> None:
    """Three redeliveries of one event id, each in a new envelope that says its number and why; then no more."""
    client = open_socket()
    slack.say("#ops-log", "x", user="ada")
    envelopes = [client.envelope(ack=False)]
    for wait in (0, 60, 300):
        clock.advance(3 + wait)  # in one leap: what counts is when it was sent
        envelopes.append(client.envelope(ack=False))
    clock.advance(3)
    slack.wait_for(lambda: not slack.deliveries())
    assert [(0, ""), (1, "timeout"), (2, "timeout"), (3, "timeout")] == [
        (envelope["retry_attempt"], envelope["retry_reason"]) for envelope in envelopes
    ]
    assert (1, 4) == (
        len({envelope["payload"]["event_id"] for envelope in envelopes}),
        len({envelope["envelope_id"] for envelope in envelopes}),
    )


def test_an_acknowledgement_counts_over_any_connection_and_only_once(slack: LocalSlack, open_socket: Open) -> None:
    """Whichever of the app's connections it comes over; what was never sent, or is no JSON, does no harm."""
    clients = [open_socket(), open_socket()]
    slack.say("#ops-log", "x", user="ada")
    slack.wait_for(lambda: sum(socket.sent for socket in slack.sockets()) == 1)
    getter = next(client for client in clients if _sent_to(slack, client))
    other = next(client for client in clients if client is not getter)
    envelope = getter.envelope(ack=False)
    for nonsense in ("{", "[]", '"x"', '{"envelope_id": 7}', '{"envelope_id": "never-sent"}', "[" * 100_000):
        other.socket.send(nonsense)
    assert 1 == len(slack.deliveries())
    other.ack(envelope)
    slack.wait_for(lambda: not slack.deliveries())
    other.ack(envelope)
    assert [1] == [socket.acked for socket in slack.sockets() if socket.acked]


def test_what_happens_while_nobody_is_connected_comes_as_a_retry(
    slack: LocalSlack, clock: FakeClock, open_socket: Open
) -> None:
    """Nothing is kept before the first connection; after it, an outage costs the first two tries."""
    slack.say("#ops-log", "before anybody listened", user="ada")
    open_socket().close()
    slack.wait_for(lambda: not slack.sockets())
    missed = slack.say("#ops-log", "missed", user="ada")
    slack.wait_for(lambda: [2] == [each.attempt for each in slack.deliveries()])
    client = open_socket()
    clock.advance(60)
    envelope = client.envelope()
    assert (missed, 2, "connection_failed") == (
        envelope["payload"]["event"]["ts"],
        envelope["retry_attempt"],
        envelope["retry_reason"],
    )


def test_the_eleventh_connection_is_turned_away(slack: LocalSlack, open_socket: Open) -> None:
    """Ten are open; the next hears why and is cut off. A place that is given up can be taken."""
    clients = [open_socket() for _ in range(10)]
    with Client(url_of(slack)) as eleventh:
        assert ("disconnect", "too_many_websockets") == _reason(eleventh.next())
        assert 1006 == eleventh.end()
    assert 10 == len(slack.sockets())
    clients[0].close()
    slack.wait_for(lambda: len(slack.sockets()) == 9)
    open_socket()


def _reason(said: dict[str, Any]) -> tuple[str, str]:
    return said["type"], said["reason"]


@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled"])
def test_a_connection_hears_why_it_ends(slack: LocalSlack, open_socket: Open, reason: Reason) -> None:
    """The `disconnect` message comes before the close."""
    client = open_socket()
    slack.sockets()[0].disconnect(reason)
    assert ("disconnect", reason) == _reason(client.next())
    assert 1000 == client.end()


def test_a_connection_grows_old(slack: LocalSlack, clock: FakeClock, open_socket: Open) -> None:
    """Ten seconds before its time it is warned, then it is asked to refresh and closed; events come until then."""
    client = open_socket(more="&debug_reconnects=true")
    clock.advance(350)
    assert ("disconnect", "warning") == _reason(client.next())
    ts = slack.say("#ops-log", "still here", user="ada")
    assert ts == client.event()["ts"]
    clock.advance(10)
    assert ("disconnect", "refresh_requested") == _reason(client.next())
    assert 1000 == client.end()


def test_a_warning_is_kept(slack: LocalSlack, clock: FakeClock, open_socket: Open) -> None:
    """A connection that is warned on demand is there for ten seconds more, and then asked to refresh and closed."""
    client = open_socket()
    slack.sockets()[0].disconnect("warning")
    clock.advance(9.9)
    assert ("disconnect", "warning") == _reason(client.next())
    ts = slack.say("#ops-log", "still here", user="ada")
    assert ts == client.event()["ts"]
    clock.advance(0.1)
    assert ("disconnect", "refresh_requested") == _reason(client.next())
    assert 1000 == client.end()


def test_switching_socket_mode_off_ends_every_connection(slack: LocalSlack, open_socket: Open) -> None:
    """Each hears `link_disabled`."""
    clients = [open_socket(), open_socket()]
    slack.disable_socket_mode()
    assert [("disconnect", "link_disabled")] * 2 == [_reason(client.next()) for client in clients]


def test_a_ticket_opens_nothing_once_socket_mode_is_off(slack: LocalSlack) -> None:
    """Though it was given out before: the connection hears why, instead of `hello`, and is closed."""
    url = url_of(slack)
    slack.disable_socket_mode()
    with Client(url) as client:
        assert ("disconnect", "link_disabled") == _reason(client.next())
        assert 1000 == client.end()
    assert [] == slack.sockets()


@pytest.mark.parametrize(("way", "code"), [("close", 1000), ("drop", 1006)])
def test_a_connection_may_end_without_a_word(slack: LocalSlack, open_socket: Open, way: str, code: int) -> None:
    """Closed without a message before, or cut off."""
    client = open_socket()
    getattr(slack.sockets()[0], way)()
    assert code == client.end()


def test_pings_are_answered_with_their_own_payload_until_muted(slack: LocalSlack, open_socket: Open) -> None:
    """A mute connection is up, and carries events, but no pong comes."""
    client = open_socket()
    assert client.socket.ping("sdk-ping-pong:1.5").wait(PATIENCE)
    slack.sockets()[0].mute()
    unanswered = client.socket.ping("sdk-ping-pong:2.5")
    ts = slack.say("#ops-log", "x", user="ada")
    assert ts == client.event()["ts"]
    assert not unanswered.is_set()


def test_a_deaf_connection_swallows_events_until_they_are_sent_again(
    slack: LocalSlack, clock: FakeClock, open_socket: Open
) -> None:
    """Slack believes them sent; another connection gets the redelivery."""
    open_socket()
    [deaf] = slack.sockets()
    deaf.deafen()
    ts = slack.say("#ops-log", "x", user="ada")
    slack.wait_for(lambda: deaf.sent)
    hearing = open_socket()
    deaf.close()
    slack.wait_for(lambda: deaf not in slack.sockets())
    clock.advance(3)
    envelope = hearing.envelope()
    assert (ts, 1) == (envelope["payload"]["event"]["ts"], envelope["retry_attempt"])


def test_events_can_be_doubled_swapped_lost_and_huge(slack: LocalSlack, open_socket: Open) -> None:
    """Each fault concerns one event; doubled ones share the event id, not the envelope's."""
    client = open_socket()
    for fault in (Fault.duplicate(), Fault.reorder(), Fault.lose(), Fault.oversize()):
        slack.fault("socket", fault)
    said = [slack.say("#ops-log", str(number), user="ada") for number in range(5)]
    # The first twice; the second waits for the third, which is lost, and for the fourth, which is huge.
    envelopes = [client.envelope() for _ in range(5)]
    assert [said[0], said[0], said[3], said[1], said[4]] == [each["payload"]["event"]["ts"] for each in envelopes]
    assert envelopes[0]["payload"]["event_id"] == envelopes[1]["payload"]["event_id"]
    assert envelopes[0]["envelope_id"] != envelopes[1]["envelope_id"]
    assert [False, False, True, False, False] == [len(json.dumps(each)) > 1_200_000 for each in envelopes]
    assert [6] == [socket.sent for socket in slack.sockets()]  # what is lost counts as sent
    slack.wait_for(lambda: not slack.deliveries())


@pytest.mark.parametrize(("fault", "code"), [(Fault.refresh(), 1000), (Fault.close(), 1000), (Fault.drop(), 1006)])
def test_a_planned_fault_ends_the_connection_after_the_event(
    slack: LocalSlack, open_socket: Open, fault: Fault, code: int
) -> None:
    """As `Socket.disconnect`, `close` and `drop` do, but at the next event, and from the command line too."""
    client = open_socket()
    slack.fault("socket", fault)
    slack.say("#ops-log", "x", user="ada")
    if fault.kind != "drop":
        client.envelope(ack=False)
    if fault.kind == "refresh":
        assert ("disconnect", "refresh_requested") == _reason(client.next())
    with contextlib.suppress(ConnectionClosed):
        while fault.kind == "drop":  # whether the event was still sent is chance
            client.next()
    assert code == client.end()
    slack.wait_for(lambda: not slack.sockets())


@pytest.mark.parametrize("fault", [Fault.refresh(), Fault.close()])
def test_what_is_acknowledged_promptly_counts_at_the_end_of_a_connection_too(
    slack: LocalSlack, open_socket: Open, fault: Fault
) -> None:
    """The server waits a moment before it closes; the next event goes elsewhere."""
    client, other = open_socket(), open_socket()
    slack.fault("socket", fault)
    slack.say("#ops-log", "x", user="ada")
    envelope = client.envelope(ack=False)
    slack.say("#ops-log", "y", user="ada")
    slack.say("#ops-log", "z", user="ada")
    client.ack(envelope)
    assert ["y", "z"] == [other.envelope()["payload"]["event"]["text"] for _ in range(2)]
    slack.wait_for(lambda: not slack.deliveries())
    with contextlib.suppress(ConnectionClosed):
        while True:
            client.next()
    assert 1000 == client.end()


@pytest.mark.parametrize(("fault", "attribute"), [(Fault.deaf(), "is_deaf"), (Fault.mute(), "is_mute")])
def test_a_planned_fault_lasts_from_the_event_on(
    slack: LocalSlack, open_socket: Open, fault: Fault, attribute: str
) -> None:
    """As `Socket.deafen` and `mute` do."""
    open_socket()
    slack.fault("socket", fault)
    slack.say("#ops-log", "x", user="ada")
    slack.wait_for(lambda: [True] == [getattr(socket, attribute) for socket in slack.sockets()])


def test_a_swapped_event_without_a_next_one_comes_a_second_later(
    slack: LocalSlack, clock: FakeClock, open_socket: Open
) -> None:
    """It is not held back for ever."""
    client = open_socket()
    slack.fault("socket", Fault.reorder())
    ts = slack.say("#ops-log", "x", user="ada")
    slack.wait_for(lambda: not slack.faults())
    assert [ts] == [delivery.payload["event"]["ts"] for delivery in slack.deliveries()]
    clock.advance(1)
    assert ts == client.event()["ts"]
    slack.wait_for(lambda: not slack.deliveries())


def test_too_many_events_are_left_out_and_told(clock: FakeClock) -> None:
    """Beyond 30,000 in an hour (scaled down here) an app hears once a minute that it misses some."""
    with LocalSlack(clock=clock, rate_limit=1e-3) as slack, Client(url_of(slack)) as client:
        client.next()
        for number in range(40):
            slack.say("#ops-log", str(number), user="ada")
        payloads = [client.envelope()["payload"] for _ in range(31)]
        assert Counter({"event_callback": 30, "app_rate_limited": 1}) == Counter(each["type"] for each in payloads)
        assert "event" not in payloads[-1]
        slack.wait_for(lambda: not slack.deliveries())


def test_the_server_closes_while_a_connection_ends() -> None:
    """At the very same moment: nothing keeps it, however often it is tried."""
    for _ in range(60):
        with LocalSlack(rate_limit=0) as slack, Client(url_of(slack)) as client:
            client.next()
            slack.sockets()[0].drop()
            slack.close()
