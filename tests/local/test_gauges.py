"""What the page shows of rate limits and faults, and how it plans faults, over HTTP."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from http.client import RemoteDisconnected

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from slack_logging.local import Fault, LocalSlack
from slack_logging.local.faults.fault import KINDS, Kind
from slack_logging.local.faults.plan import Met
from slack_logging.testing import FakeClock
from tests.local.browser import post, request
from tests.local.listening import Client, Open, url_of


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rate_limit=0) as running:
        yield running


def test_the_wire_tells_of_limits_failures_and_calls() -> None:
    """Each limit in use has a name that people read and what is left; the last failures are told, the newest first."""
    clock = FakeClock()
    with LocalSlack(clock=clock) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        for _ in range(5):
            client.chat_postMessage(channel="#ops-log", text="one too many")
        with pytest.raises(SlackApiError):
            client.chat_postMessage(channel="#ops-log", text="one too many")
        client.users_list()
        slack.fault("api.test", Fault.cut_after())
        with pytest.raises(RemoteDisconnected):
            client.api_test()
        clock.advance(2.0)

        shown = request(slack, "/page/wire").json

        assert shown["buckets"] == [
            {"name": "@ops post #ops-log", "left": 2.0, "capacity": 5, "per_minute": 60},
            {"name": "@ops post (all channels)", "left": 300.0, "capacity": 300, "per_minute": 300},
            {"name": "@ops users.list", "left": 39.7, "capacity": 40, "per_minute": 20},
            {"name": "@ops api.test", "left": 200.0, "capacity": 200, "per_minute": 100},
        ]
        assert shown["failed"] == [
            {"method": "api.test", "error": "cut_after", "time": slack.calls()[7].time},
            {"method": "chat.postMessage", "error": "ratelimited", "time": slack.calls()[5].time},
        ]
        assert (shown["calls"], shown["sockets"]) == (8, [])


#: Every kind of fault that a call can meet.
OF_CALLS = [kind for kind, row in KINDS.items() if not set(row.only) & {"socket", "push"}]


@pytest.mark.parametrize("kind", OF_CALLS)
def test_every_fault_that_happens_to_a_call_is_told(slack: LocalSlack, kind: Kind) -> None:
    """Also those after which all seems well; without how often and by what chance it was planned."""
    value = {"SECONDS": ":0", "CODE[:after]": ":fatal_error"}.get(KINDS[kind].value, "")
    fault = Fault.parse(f"{kind}{value},times=3")
    slack.fault("conversations.history", fault)
    client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    with contextlib.suppress(SlackApiError, OSError):
        client.conversations_history(channel=slack.channel_id("ops-log"))

    written = f"conversations.history={replace(fault, times=1)}"

    assert [(written, False)] == [(met["fault"], met["lasts"]) for met in request(slack, "/page/wire").json["met"]]
    assert [("conversations.history", kind)] == [(met.method, met.fault.kind) for met in slack.faults_met()]
    slack.reset_calls()
    assert [] == slack.faults_met()


@pytest.mark.parametrize("kind", [kind for kind, row in KINDS.items() if "socket" in row.only])
def test_every_fault_that_happens_to_an_event_is_told(slack: LocalSlack, open_socket: Open, kind: Kind) -> None:
    """That nothing is planned any more does not mean that all is well."""
    open_socket()
    slack.fault("socket", Fault.parse(kind))
    slack.say("#ops-log", "x", user="ada")
    slack.wait_for(slack.faults_met)
    shown = request(slack, "/page/wire").json
    assert ([], [f"socket={kind}"]) == (shown["faults"], [met["fault"] for met in shown["met"]])


def test_a_pushed_event_that_meets_a_fault_is_told(slack: LocalSlack) -> None:
    """By the name that it is planned under."""
    slack.add_app("pushed", channels=["#ops-log"], request_url="http://127.0.0.1:9/events")
    slack.fault("push", Fault.lose())
    slack.say("#ops-log", "x", user="ada")
    slack.wait_for(slack.faults_met)
    assert ["push=lose"] == [met["fault"] for met in request(slack, "/page/wire").json["met"]]


@pytest.mark.parametrize("fault", [Fault.latency(60), Fault.slow_answer(60), Fault.cut_late(60)])
def test_what_a_fault_does_lasts_so_long(fault: Fault) -> None:
    """By the machine's clock or, for what is done much later, by the server's."""
    met = Met("api.test", fault, time=1000.0, real=5.0)
    is_late = fault.kind == "cut_late"
    assert [True, is_late, not is_late, False] == [
        met.lasts(now, real) for now, real in ((1059.0, 64.0), (1059.0, 65.0), (1060.0, 64.0), (1060.0, 65.0))
    ]


def test_faults_under_way_are_told_before_those_that_are_over() -> None:
    """However many came since; of these only the newest."""
    clock = FakeClock()
    with LocalSlack(clock=clock, rate_limit=0) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        slack.fault("api.test", Fault.cut_late(60))
        slack.fault("api.test", Fault.truncated(times=9))
        for _ in range(10):
            with contextlib.suppress(SlackApiError, OSError):
                client.api_test()
        over = [("api.test=truncated", False)] * 5
        assert [("api.test=cut_late:60", True), *over] == told(slack)
        clock.advance(60)
        assert over == told(slack)


def told(slack: LocalSlack) -> list[tuple[str, bool]]:
    return [(met["fault"], met["lasts"]) for met in request(slack, "/page/wire").json["met"]]


def test_connections_and_deliveries_are_told() -> None:
    """A deaf or mute one says so, here and in Python; what it swallowed waits for its redelivery."""
    clock = FakeClock()
    with LocalSlack(clock=clock, rate_limit=0) as slack, Client(url_of(slack)) as client:
        client.next()
        [socket] = slack.sockets()
        slack.fault("socket", Fault.mute())
        slack.fault("socket", Fault.deaf())
        for number in range(7):
            slack.say("#ops-log", f"{number}", user="ada")
        client.envelope()
        slack.wait_for(lambda: (socket.sent, socket.acked) == (7, 1))
        shown = request(slack, "/page/wire").json
        place = {"app": "ops", "port": socket.port}
        assert [place | {"deaf": True, "mute": True, "sent": 7, "acked": 1}] == shown["sockets"]
        assert f"<Socket of ops at port {socket.port}: 7 sent, 1 acknowledged, deaf, mute>" == repr(socket)
        waiting = {"app": "ops", "what": "message", "attempt": 0, "reason": "", "due": 0.0}
        assert ([waiting] * 5, 1) == (shown["deliveries"], shown["more"])
        socket.drop()
        slack.wait_for(lambda: not slack.sockets())
        clock.advance(3)
        slack.wait_for(lambda: [2] * 6 == [delivery.attempt for delivery in slack.deliveries()])
        again = {"attempt": 2, "reason": "connection_failed", "due": 60.0}
        assert [waiting | again] * 5 == request(slack, "/page/wire").json["deliveries"]


def test_faults_are_planned_and_cleared_from_the_page(slack: LocalSlack) -> None:
    """A fault given in the notation happens as if planned from Python; clearing forgets what has not happened."""
    client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])

    planned = post(slack, "/page/fault", {"spec": "users.list=rate_limited"})
    with pytest.raises(SlackApiError, match="ratelimited"):
        client.users_list()
    post(slack, "/page/fault", {"spec": "users.list=rate_limited"})
    cleared = post(slack, "/page/clear-faults", {})

    assert (planned.status, cleared.status) == (200, 200)
    assert client.users_list()["ok"]


@pytest.mark.parametrize("spec", ["", "users.list", "users.list=no_such_fault", 7])
def test_a_fault_that_is_none_is_refused_with_the_reason(slack: LocalSlack, spec: object) -> None:
    """What is not in the notation plans nothing and says what was expected."""
    answer = post(slack, "/page/fault", {"spec": spec})

    assert answer.status == 400
    assert "expected" in answer.json["error"] or "wrong type: spec" in answer.json["error"]
    assert request(slack, "/page/wire").json["faults"] == []
