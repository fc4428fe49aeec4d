"""What Slack pushes is heard at once and once; what it does not push is found all the same."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from slack_logging import CommandRouter, SlackCommandSource
from slack_logging.active import source as source_module
from slack_logging.errors import ConfigurationError
from slack_logging.local import Fault, LocalSlack
from slack_logging.local.events.deliveries import Delivery
from slack_logging.local.events.selection import rate_limited
from slack_logging.local.state import views
from slack_logging.local.state.apps import DEFAULT_SCOPES
from slack_logging.testing import FakeClock
from tests.active.conftest import CHANNEL, DONE, EYES, REFUSED, Ops
from tests.local.listening import Client, url_of


@pytest.fixture
def runs() -> list[str]:
    """Return what ran, as it does."""
    return []


@pytest.fixture
def router(runs: list[str]) -> CommandRouter:
    """Return a router with a command that keeps count."""
    router = CommandRouter()

    @router.command
    def echo(word: str) -> str:
        runs.append(word)
        return word

    return router


def connect(ops: Ops, router: CommandRouter, **options: Any) -> SlackCommandSource:
    """Return a source that reads by Socket Mode, once it has looked at the channel after the hello."""
    source = ops.start(**{"router": router, "app_token": ops.slack.app_token, **options})
    connected(ops)
    return source


def connected(ops: Ops) -> None:
    """Wait for a connection, and for the look at the channel that goes with it."""
    ops.slack.wait_for(lambda: ops.slack.sockets())
    run_for(ops, 3)
    settle(ops)


def settle(ops: Ops) -> None:
    """Wait, without letting time pass, until nothing is on its way and nobody at work."""

    def is_settled() -> bool:
        now = ops.clock.time()
        return "at work: nobody" in repr(ops.clock) and all(each.due > now for each in ops.slack.deliveries())

    ops.slack.wait_for(is_settled)


def sweeps(ops: Ops) -> int:
    """Return how often the channel was looked at."""
    return len(ops.slack.calls("conversations.history"))


def run_for(ops: Ops, seconds: float) -> None:
    """Let so much time pass."""
    end = ops.clock.monotonic() + seconds
    ops.clock.run_until(lambda: ops.clock.monotonic() >= end, limit=seconds + 1)


def marked(ops: Ops, ts: str) -> set[str]:
    """Wait for a mark while time stands still: no look at the channel comes, so it was pushed."""
    ops.slack.wait_for(lambda: ops.marks(ts))
    return ops.marks(ts)


def said(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines on stderr so far that are about Socket Mode."""
    return [line for line in capfd.readouterr().err.splitlines() if "Socket Mode" in line]


def test_a_command_is_run_when_it_is_pushed(ops: Ops, router: CommandRouter, runs: list[str]) -> None:
    """Without a look at the channel, and acknowledged."""
    connect(ops, router)
    before = sweeps(ops)
    assert marked(ops, ops.say("!echo hello")) == {DONE}
    settle(ops)
    assert (runs, sweeps(ops), ops.slack.deliveries()) == (["hello"], before, [])


def test_the_channel_is_looked_at_every_30_s_besides(ops: Ops, router: CommandRouter, runs: list[str]) -> None:
    """`poll_interval` is for when Slack does not push; what was lost on its way is found by the looks."""
    connect(ops, router, poll_interval=1)
    before, began = sweeps(ops), ops.clock.monotonic()
    ops.slack.fault("socket", Fault.lose())
    ts = ops.say("!echo lost")
    ops.settled(ts)
    assert 20 < ops.clock.monotonic() - began <= 31
    run_for(ops, 90)
    assert 4 <= sweeps(ops) - before <= 6
    assert runs == ["lost"]


@pytest.mark.parametrize("fault", [Fault.duplicate(times=None), Fault.reorder(times=2), Fault.oversize(times=None)])
def test_a_command_is_run_once_however_it_is_pushed(
    ops: Ops, router: CommandRouter, runs: list[str], fault: Fault
) -> None:
    """Twice, in another order, or with a megabyte around it; and then a look finds all of it again."""
    connect(ops, router)
    ops.slack.fault("socket", fault)
    every = [ops.say(f"!echo {number}") for number in range(5)]
    settle(ops)
    for ts in every:
        assert DONE in ops.settled(ts)[0]
    run_for(ops, 90)
    assert sorted(runs) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("end", ["warning", "refresh_requested", "close", "drop"])
def test_a_connection_that_ends_is_replaced(
    ops: Ops, router: CommandRouter, runs: list[str], capfd: pytest.CaptureFixture[str], end: Any
) -> None:
    """What was typed meanwhile is found, and run once; it is not worth a word."""
    connect(ops, router)
    [first] = ops.slack.sockets()
    getattr(first, end)() if end in ("close", "drop") else first.disconnect(end)
    between = ops.say("!echo between")
    if end in ("warning", "refresh_requested"):  # else it may be lost
        settle(ops)
    ops.clock.run_until(
        lambda: [each for each in ops.slack.sockets() if each is not first and len(ops.slack.sockets()) == 1]
    )
    assert ops.settled(between)[0] == {DONE}
    run_for(ops, 35)
    settle(ops)
    assert marked(ops, ops.say("!echo after")) == {DONE}
    run_for(ops, 65)
    assert (runs, said(capfd)) == (["between", "after"], [])


def test_an_event_that_comes_again_after_a_restart_is_left_to_the_history(
    ops: Ops, router: CommandRouter, runs: list[str]
) -> None:
    """Only there stand the marks of the process that ran the command."""
    connect(ops, router).close()
    ops.slack.wait_for(lambda: not ops.slack.sockets())
    ts = ops.say("!echo x")  # it has no way to go, and is sent again in a minute
    polling = ops.start(router=router)
    ops.settled(ts)
    polling.close()
    source_module._ledgers.clear()
    connect(ops, router)
    assert ops.slack.deliveries() != []
    ops.clock.run_until(lambda: not ops.slack.deliveries())
    run_for(ops, 35)
    assert (runs, ops.marks(ts)) == (["x"], {DONE})


def test_a_late_event_of_what_a_look_has_passed_is_left_to_the_history(
    ops: Ops, router: CommandRouter, runs: list[str]
) -> None:
    """What was typed and deleted while nobody read does not run when its event comes after all."""
    connect(ops, router).close()
    ops.slack.wait_for(lambda: not ops.slack.sockets())
    deleted = ops.say("!echo deleted")
    ops.say("!echo there")
    ops.slack.delete(CHANNEL, deleted)
    connect(ops, router)
    ops.clock.run_until(lambda: runs)
    assert "!echo deleted" in [each.payload["event"].get("text") for each in ops.slack.deliveries()]
    ops.clock.run_until(lambda: not ops.slack.deliveries())
    run_for(ops, 35)
    assert runs == ["there"]


def test_edits_deletions_and_reactions_are_hints(ops: Ops, router: CommandRouter) -> None:
    """Each brings the next look forward, many at once bring one; our own marks bring none."""
    connect(ops, router)
    run_for(ops, 5)
    ts, other = ops.say("hello"), ops.say("there")
    settle(ops)
    acts: list[Callable[[], None]] = [
        lambda: ops.slack.react(CHANNEL, ts, "eyes", user="ada"),
        lambda: ops.slack.unreact(CHANNEL, ts, "eyes", user="ada"),
        lambda: ops.slack.edit(CHANNEL, ts, "goodbye"),
        lambda: ops.slack.delete(CHANNEL, other),
    ]
    for act in acts:
        before = sweeps(ops)
        act()
        settle(ops)
        run_for(ops, 2)
        settle(ops)
        assert sweeps(ops) == before + 1
    before = sweeps(ops)
    for name in ("eyes", "tada", "heart", "wave", "fire", "+1"):
        ops.slack.react(CHANNEL, ts, name, user="ada")
    settle(ops)
    run_for(ops, 5)
    assert 1 <= sweeps(ops) - before <= 2
    before = sweeps(ops)
    assert marked(ops, ops.say("!echo x")) == {DONE}
    settle(ops)
    run_for(ops, 5)
    assert sweeps(ops) == before


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message", "ts": "never"},
        {"type": "message"},
        {"type": "message", "ts": "1800000100.000100", "blocks": [7], "text": "hello", "user": "U0ADA0000"},
        {"type": "message", "subtype": "message_changed", "message": "no"},
        {"type": "reaction_added", "item": 7},
        {"type": 7},
        7,
    ],
)
def test_an_event_that_makes_no_sense_stops_nothing(ops: Ops, router: CommandRouter, event: Any) -> None:
    """What comes after it is heard as before."""
    connect(ops, router)
    if isinstance(event, dict):
        event = {"channel": ops.slack.channel_id(CHANNEL), **event}
    [wire] = ops.slack.sockets()
    for payload in ({"event": event}, event):
        text = json.dumps({"type": "events_api", "envelope_id": "e1", "payload": payload})
        asyncio.run_coroutine_threadsafe(wire.response.send_str(text), wire._loop).result(10)
    assert marked(ops, ops.say("!echo y")) == {DONE}


def test_a_reply_to_a_message_is_no_news_of_it(ops: Ops, router: CommandRouter) -> None:
    """Slack calls a message changed, too, when it gets a reply or a preview."""
    connect(ops, router)
    run_for(ops, 5)
    before = sweeps(ops)
    message = {"type": "message", "user": ops.slack.user_id("ada"), "text": "hi", "ts": "1800000001.000100"}
    event = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": ops.slack.channel_id(CHANNEL),
        "ts": "1800000002.000100",
        "message": {**message, "reply_count": 1},
        "previous_message": message,
    }
    [wire] = ops.slack.sockets()
    text = json.dumps({"type": "events_api", "envelope_id": "e1", "payload": {"event": event}})
    asyncio.run_coroutine_threadsafe(wire.response.send_str(text), wire._loop).result(10)
    assert marked(ops, ops.say("!echo y")) == {DONE}
    settle(ops)
    run_for(ops, 5)
    assert sweeps(ops) == before


def test_kinds_of_events_that_nobody_knows_are_left_to_others(ops: Ops, router: CommandRouter) -> None:
    """They are not acknowledged; a message in another channel is, because it is a kind that is known."""
    connect(ops, router)
    ops.slack.command(CHANNEL, "/deploy api", user="ada")
    ops.slack.say("#ops-log", "hello", user="ada")
    ops.slack.wait_for(lambda: [each.kind for each in ops.slack.deliveries()] == ["slash_commands"])
    assert marked(ops, ops.say("!echo x")) == {DONE}
    ops.slack.wait_for(lambda: [each.kind for each in ops.slack.deliveries()] == ["slash_commands"])


def test_an_event_that_nobody_here_takes_is_not_acknowledged(ops: Ops, router: CommandRouter) -> None:
    """A mention is left to another program of the app; the messages before and after it are acknowledged."""
    app = ops.slack.add_app("mentioned", channels=[CHANNEL], scopes=DEFAULT_SCOPES | {"app_mentions:read"})
    ops.start(router=router, token=app.bot_token, app_token=app.app_token)
    ops.slack.wait_for(lambda: ops.slack.sockets(app))
    run_for(ops, 3)
    settle(ops)

    def left() -> list[str]:
        return [each.payload["event"]["type"] for each in ops.slack.deliveries(app)]

    ops.say("hello @mentioned")  # a message, and an app_mention
    assert marked(ops, ops.say("!echo x")) == {DONE}
    ops.slack.wait_for(lambda: "message" not in left() and "reaction_added" not in left())
    assert left() == ["app_mention"]


def test_what_cannot_be_decided_is_for_a_look(ops: Ops, router: CommandRouter, runs: list[str]) -> None:
    """Who wrote it is not known yet: it is acknowledged all the same, as the history has it, and runs once."""
    connect(ops, router)
    ops.slack.fault("users.info", Fault.cut_before(times=3))
    ts = ops.say("!echo x")
    ops.slack.wait_for(lambda: [each for each in ops.slack.calls("users.info") if each.status != 200])
    ops.slack.wait_for(lambda: not ops.slack.deliveries())
    assert ops.marks(ts) == set()
    assert ops.settled(ts)[0] == {DONE}
    run_for(ops, 90)
    settle(ops)
    assert (runs, ops.slack.deliveries()) == (["x"], [])


def test_who_may_not_is_refused_at_once(ops: Ops, router: CommandRouter) -> None:
    """With the mark and with the reply that says who they are."""
    connect(ops, router)
    ts = ops.say("!echo x", user="ben")
    assert marked(ops, ts) == {REFUSED}
    ops.slack.wait_for(lambda: ops.replies(ts))
    assert ops.slack.user_id("ben") in ops.replies(ts)[0]


def test_a_deaf_connection_is_replaced(
    ops: Ops, router: CommandRouter, runs: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """The history is ahead of what was pushed. It is said once, and once more that it works again."""
    connect(ops, router)
    [first] = ops.slack.sockets()
    first.deafen()
    ts = ops.say("!echo unheard")
    assert ops.settled(ts)[0] == {DONE}
    ops.clock.run_until(lambda: ops.slack.sockets() and first not in ops.slack.sockets(), limit=40)
    connected(ops)
    assert marked(ops, ops.say("!echo heard")) == {DONE}
    run_for(ops, 65)
    assert len(ops.slack.sockets()) == 1
    assert runs == ["unheard", "heard"]
    deaf, again = said(capfd)
    assert "messages are found in the channel that were not pushed" in deaf
    assert again.endswith("works again")


def test_an_app_without_events_is_polled(
    ops: Ops, router: CommandRouter, runs: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """It is connected anew ever more rarely, and what to do is said once."""
    app = ops.slack.add_app("mute", channels=[CHANNEL], events=["app_mention"])
    ops.start(router=router, token=app.bot_token, app_token=app.app_token)
    ops.slack.wait_for(lambda: ops.slack.sockets(app))
    run_for(ops, 40)
    for number in range(60):
        ts = ops.say(f"!echo {number}")
        run_for(ops, 30)
        assert ops.marks(ts) == {DONE}
    assert len(ops.slack.calls("apps.connections.open")) <= 8
    assert len(runs) == 60
    [line] = said(capfd)
    assert "does the app subscribe to message.channels and message.groups" in line


def test_other_programs_on_the_app_are_said(
    ops: Ops, router: CommandRouter, runs: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """They get some of the events; what they got is found within 30 s."""
    with Client(url_of(ops.slack)) as thief:
        thief.next()
        ops.start(router=router, app_token=ops.slack.app_token)
        ops.slack.wait_for(lambda: len(ops.slack.sockets()) == 2)
        settle(ops)
        run_for(ops, 5)
        every = [ops.say(f"!echo {number}") for number in range(4)]
        taken = [thief.event()["text"] for _ in range(2)]
        run_for(ops, 31)
        assert [ops.marks(ts) for ts in every] == [{DONE}] * 4
    assert (len(taken), sorted(runs)) == (2, ["0", "1", "2", "3"])
    [line] = said(capfd)
    assert "other programs use the same app (1 more connections)" in line
    assert "found within 30 s. Give this program an app of its own" in line


def test_other_programs_on_the_app_are_no_deafness(ops: Ops, router: CommandRouter, runs: list[str]) -> None:
    """That a message was not pushed shows nothing as long as they are there: the connection stays."""
    taken: list[str] = []

    def take(thief: Client) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                taken.append(thief.event().get("ts", ""))

    with Client(url_of(ops.slack)) as thief:
        thief.next()
        ops.start(router=router, app_token=ops.slack.app_token)
        ops.slack.wait_for(lambda: len(ops.slack.sockets()) == 2)
        settle(ops)
        before = ops.slack.sockets()
        taking = threading.Thread(target=take, args=(thief,))
        taking.start()
        every = []
        for number in range(8):
            every.append(ops.say(f"!echo {number}"))
            run_for(ops, 40)
        after = ops.slack.sockets()
        thief.close()
        taking.join(10)
    assert len(set(every) & set(taken)) >= 2
    assert sorted(runs) == [str(number) for number in range(8)]
    assert {each.port for each in after} == {each.port for each in before}


@pytest.mark.parametrize("end", ["warning", "close"])
def test_other_programs_that_left_are_not_counted_for_ever(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str], end: Any
) -> None:
    """Our own connection, which is still open while the next one opens, is none of theirs: deafness is noticed."""
    with Client(url_of(ops.slack)) as thief:
        thief.next()
        ops.start(router=router, app_token=ops.slack.app_token)
        ops.slack.wait_for(lambda: len(ops.slack.sockets()) == 2)
        run_for(ops, 5)
    ops.slack.wait_for(lambda: len(ops.slack.sockets()) == 1)
    [first] = ops.slack.sockets()
    first.close() if end == "close" else first.disconnect(end)
    ops.clock.run_until(lambda: first not in ops.slack.sockets() and len(ops.slack.sockets()) == 1)
    connected(ops)
    others, again = said(capfd)
    assert "(1 more connections)" in others
    assert again.endswith("works again")
    [second] = ops.slack.sockets()
    second.deafen()
    ops.settled(ops.say("!echo unheard"))
    ops.clock.run_until(lambda: ops.slack.sockets() and second not in ops.slack.sockets(), limit=40)
    assert "messages are found in the channel that were not pushed" in said(capfd)[0]


def test_too_many_connections_are_said(
    ops: Ops, router: CommandRouter, runs: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Without one of its own, the channel is polled; once there is room, that is said too."""
    with contextlib.ExitStack() as others:
        for _ in range(10):
            others.enter_context(Client(url_of(ops.slack)))
        ops.slack.wait_for(lambda: len(ops.slack.sockets()) == 10)
        ops.start(router=router, app_token=ops.slack.app_token)
        assert ops.type("!echo x")[0] == {DONE}
        run_for(ops, 20)
        [line] = said(capfd)
        assert "the app has ten connections already" in line
        assert line.endswith("Until it works, the channel is looked at every 5 s")
    ops.clock.run_until(lambda: len(ops.slack.sockets()) == 1, limit=120)
    connected(ops)
    assert marked(ops, ops.say("!echo y")) == {DONE}
    assert [line.rpartition("commands ")[2] for line in said(capfd)] == ["works again"]


def test_socket_mode_that_is_switched_off_is_said(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]
) -> None:
    """The channel is polled; Slack is not asked again but rarely, and once it is on again, it pushes again."""
    connect(ops, router)
    ops.slack.disable_socket_mode()
    ops.slack.wait_for(lambda: not ops.slack.sockets())
    began, asked = ops.clock.monotonic(), len(ops.slack.calls("apps.connections.open"))
    assert ops.type("!echo x")[0] == {DONE}
    assert ops.clock.monotonic() - began <= 6
    run_for(ops, 200)
    assert len(ops.slack.calls("apps.connections.open")) == asked
    [line] = said(capfd)
    assert "Socket Mode was switched off" in line
    ops.slack.app.socket_mode = True
    ops.clock.run_until(lambda: ops.slack.sockets(), limit=301)
    connected(ops)
    assert marked(ops, ops.say("!echo y")) == {DONE}
    assert [line.rpartition("commands ")[2] for line in said(capfd)] == ["works again"]


@pytest.mark.parametrize("where", ["option", "environment"])
@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("xapp-1-NOBODY-s3cret", "invalid_auth (Slack does not know the token from {}"),
        ("xoxb-1-s3cret", "{} holds a bot's token, xoxb-...: it must be an app-level token (xapp-...)"),
        ("'xapp-1-s3cret'", "{} is in quotation marks"),
    ],
)
def test_a_wrong_app_token_is_said_and_the_channel_polled(
    ops: Ops,
    router: CommandRouter,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    token: str,
    says: str,
) -> None:
    """In one line, without the token. In the environment any wrong one is a wrong world."""
    if where == "option" and not token.startswith("xapp-"):
        with pytest.raises(ConfigurationError, match=r"^app_token= ") as caught:
            ops.source(app_token=token)
        assert "s3cret" not in str(caught.value)
        return
    monkeypatch.setenv("SLACK_LOGGING_APP_TOKEN", token if where == "environment" else "")
    source = ops.start(router=router, **({"app_token": token} if where == "option" else {}))
    assert ops.type("!echo x")[0] == {DONE}
    run_for(ops, 60)
    [line] = said(capfd)
    assert says.format("app_token=" if where == "option" else "SLACK_LOGGING_APP_TOKEN") in line
    assert "s3cret" not in line + repr(source) + repr(vars(source))


def test_only_a_variable_of_our_own_turns_socket_mode_on(
    ops: Ops, router: CommandRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`SLACK_APP_TOKEN` is somebody's Bolt app's."""
    monkeypatch.setenv("SLACK_APP_TOKEN", ops.slack.app_token)
    first = ops.start(router=router)
    assert ops.type("!echo x")[0] == {DONE}
    assert ops.slack.calls("apps.connections.open") == []
    first.close()
    monkeypatch.setenv("SLACK_LOGGING_APP_TOKEN", ops.slack.app_token)
    ops.start(router=router)
    connected(ops)
    assert marked(ops, ops.say("!echo y")) == {DONE}


def test_a_closed_source_keeps_no_connection(ops: Ops, router: CommandRouter) -> None:
    """Another of the process, for another channel, shares it and keeps it."""
    ops.slack.add_channel("#ops-more")
    ops.slack.invite("#ops-more", ops.slack.bot_user_id)
    first = connect(ops, router)
    second = ops.start(router=router, app_token=ops.slack.app_token, channel="#ops-more")
    run_for(ops, 10)
    settle(ops)
    ts = ops.slack.say("#ops-more", "!echo more", user="ada")
    ops.slack.wait_for(lambda: ops.slack.reactions("#ops-more", ts))
    assert marked(ops, ops.say("!echo here")) == {DONE}
    assert len(ops.slack.calls("apps.connections.open")) == 1
    first.close()
    run_for(ops, 10)
    assert len(ops.slack.sockets()) == 1
    second.close()
    ops.slack.wait_for(lambda: not ops.slack.sockets())
    ops.slack.wait_for(lambda: not [each.name for each in threading.enumerate() if "wire" in each.name])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_keeps_no_connection(ops: Ops, router: CommandRouter) -> None:
    """It neither reads from it nor keeps it open when its parent has let go of it."""
    source = connect(ops, router)
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:  # pragma: no cover - coverage does not follow
        try:
            os.close(go[1])
            os.write(ready[1], b"1")
            os.read(go[0], 1)
        finally:
            os._exit(0)
    try:
        os.close(go[0])
        assert os.read(ready[0], 1) == b"1"
        assert marked(ops, ops.say("!echo x")) == {DONE}
        source.close()
        ops.slack.wait_for(lambda: not ops.slack.sockets())
    finally:
        os.close(go[1])
        os.waitpid(pid, 0)
        os.close(ready[0])
        os.close(ready[1])


@pytest.mark.parametrize(
    ("seed", "number"), [(1, 150), *(pytest.param(seed, 500, marks=pytest.mark.slow) for seed in (2, 3))]
)
def test_in_bad_weather_each_command_runs_once(clock: FakeClock, seed: int, number: int) -> None:
    """Events doubled, swapped, lost, on connections that go deaf and end; answers lost, late and refused."""
    with LocalSlack(clock=clock, rate_limit=0, seed=seed) as slack:
        ops = Ops(slack, clock)
        runs: list[str] = []
        router = CommandRouter()

        @router.command
        def note(word: str) -> None:
            runs.append(word)

        for kind, chance in (("duplicate", 0.2), ("reorder", 0.1), ("lose", 0.1), ("deaf", 0.02), ("drop", 0.03)):
            slack.fault("socket", getattr(Fault, kind)(times=None, probability=chance))
        for method in ("conversations.history", "reactions.add", "users.info", "apps.connections.open"):
            for fault in (Fault.cut_before, Fault.cut_after, Fault.server_error):
                slack.fault(method, fault(times=None, probability=0.05))
            slack.fault(method, Fault.rate_limited(3, times=None, probability=0.05))
        source = ops.start(router=router, app_token=slack.app_token, max_age="1h")
        words = [f"w{count}" for count in range(number)]
        for count, word in enumerate(words):
            ops.say(f"!note {word}")
            if not count % 10:
                run_for(ops, 7)
        typed = [str(message["ts"]) for message in slack.messages(CHANNEL)]
        slack.clear_faults()
        clock.run_until(lambda: all(DONE in ops.marks(ts) for ts in typed), limit=3600, patience=60)
        run_for(ops, 400)
        source.close()
        assert sorted(runs) == sorted(words)
        assert [ops.marks(ts) - {EYES} for ts in typed] == [{DONE}] * len(words)


def test_events_that_slack_left_out_are_looked_for(ops: Ops, router: CommandRouter, runs: list[str]) -> None:
    """Soon, and not at the next look that would come anyway."""
    connect(ops, router)
    began = ops.clock.monotonic()
    ops.slack.fault("socket", Fault.lose())
    ts = ops.say("!echo x")
    ops.slack.wait_for(lambda: not ops.slack.faults())
    app = ops.slack.app
    ops.slack._dispatcher.add(app, Delivery("events_api", rate_limited(app, ops.clock.time())))
    settle(ops)
    assert DONE in ops.settled(ts)[0]
    assert ops.clock.monotonic() - began < 10
    ops.slack.wait_for(lambda: ops.slack.deliveries() == [])


def test_a_link_that_is_unfurled_is_no_edit(ops: Ops, router: CommandRouter) -> None:
    """Slack calls the message changed, and its text is what it was: it is neither looked at nor read anew."""
    connect(ops, router)
    ts = ops.say("!echo https://example.org too much")
    answered = ops.settled(ts)
    run_for(ops, 3)
    before = sweeps(ops)
    place, message = ops.slack._find(CHANNEL, ts)
    workspace = ops.slack.workspace
    with workspace.lock:
        previous = views.message(place, message)
        message.fields = {**message.fields, "attachments": [{"title": "Example", "from_url": "https://example.org"}]}
        at = place.next_ts(ops.clock.time())
        changed = {"subtype": "message_changed", "hidden": True, "ts": at, "previous_message": previous}
        workspace._emit_message(place, changed | {"message": views.message(place, message)}, at)
    settle(ops)
    run_for(ops, 5)
    assert sweeps(ops) == before
    run_for(ops, 60)
    assert (ops.marks(ts), ops.replies(ts)) == answered
