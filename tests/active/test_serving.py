"""How commands are taken, given back and served, and how reading begins and ends."""

from __future__ import annotations

import queue
import threading
from functools import partial

import pytest
from slack_sdk import WebClient

from slack_logging import AlreadySettled, Command, CommandRouter, ConfigurationError
from slack_logging.local.faults.fault import Fault
from tests.active.conftest import CHANNEL, DONE, ERRORED, EYES, Ops


def test_iterating_yields_claimed_commands_in_order(ops: Ops) -> None:
    """Each is settled on leaving its block."""
    stamps = [ops.say("!first `a b`"), ops.say("!second")]
    seen = []
    for command in ops.source():
        with command:
            seen.append((command.name, command.args, command.user, command.ts, command.attempt))
            command.reply(f"you said {command.text}")
        if len(seen) == 2:
            break
    ada = ops.slack.user_id("ada")
    assert seen == [("first", ["a b"], ada, stamps[0], 1), ("second", [], ada, stamps[1], 1)]
    assert [(ops.marks(ts), ops.replies(ts)) for ts in stamps] == [
        ({DONE}, ["you said !first a b"]),
        ({DONE}, ["you said !second"]),
    ]


def test_leaving_the_loop_gives_back_what_is_unsettled(ops: Ops) -> None:
    """It is claimed again by the next reading, as a further attempt, whatever mark it got."""
    ts = ops.say("!work")
    source = ops.source()
    command = next(reading := iter(source))
    ops.clock.run_until(lambda: ops.marks(ts) == {EYES})
    reading.close()
    with pytest.raises(AlreadySettled, match="was released"):
        command.ack()
    for command in source:
        assert (command.ts, command.attempt) == (ts, 2)
        command.ack()
        break
    assert ops.marks(ts) == {EYES, DONE}


def test_a_command_can_be_given_back(ops: Ops) -> None:
    """It is yielded again, and can be settled only once."""
    ops.say("!work")
    attempts = []
    for command in ops.source():
        attempts.append(command.attempt)
        if len(attempts) < 3:
            command.nack()
            continue
        command.fail("enough")
        break
    for again in (command.ack, command.nack, partial(command.fail, "x")):
        with pytest.raises(AlreadySettled):
            again()
    assert attempts == [1, 2, 3]
    assert (ops.marks(command.ts), ops.replies(command.ts)) == ({ERRORED}, ["enough"])


def test_an_exception_settles_a_command_and_the_loop_goes_on(ops: Ops) -> None:
    """Ctrl-C settles it too, and leaves the loop."""
    stamps = [ops.say("!one"), ops.say("!two")]

    def loop() -> None:
        for command in ops.source():
            with command:
                raise ValueError("bad") if command.name == "one" else KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop()
    assert [(ops.marks(ts), ops.replies(ts)) for ts in stamps] == [
        ({ERRORED}, ["ValueError: bad"]),
        ({ERRORED}, ["KeyboardInterrupt"]),
    ]


def test_closing_ends_iteration_from_any_thread(ops: Ops) -> None:
    """Nothing is left running, and closing again does nothing."""
    source = ops.source()
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.extend(command.name for command in source))
    thread.start()
    ops.slack.wait_for(lambda: ops.slack.calls("conversations.history"))
    source.close()
    source.close()
    thread.join(10)
    assert (seen, thread.is_alive(), repr(source)) == ([], False, "<SlackCommandSource #ops-commands closed>")


def test_a_command_may_close_its_own_source(ops: Ops) -> None:
    """It is marked all the same, and its own end is not waited for."""
    router = CommandRouter()
    ts = ops.say("!stop")
    source = ops.source(router=router)
    router.command("stop")(lambda: source.close())
    before = ops.clock.monotonic()
    source.start()
    assert ops.settled(ts)[0] == {DONE}
    assert ops.clock.monotonic() - before < 5.0


def test_closing_waits_for_running_commands(ops: Ops) -> None:
    """Within its timeout they end and are marked."""
    router = CommandRouter()

    @router.command
    def wait(*, command: Command) -> str:
        command.origin.clock.wait(queue.SimpleQueue(), 3.0)
        return "waited"

    source = ops.start(router=router)
    ts = ops.say("!wait")
    ops.clock.run_until(lambda: ops.marks(ts))
    source.close(timeout=30.0)
    assert (ops.marks(ts), ops.replies(ts)) == ({EYES, DONE}, ["waited"])


def test_closing_between_two_pages_leaves_the_rest_alone(ops: Ops, router: CommandRouter) -> None:
    """Nothing is asked for and nothing is run any more."""
    source = ops.start(router=router)
    ops.type("!echo first")
    ops.slack.fault("conversations.history", Fault.latency(0.0, times=1))
    ops.slack.fault("conversations.history", Fault.rate_limited(30, times=1))
    ts = ops.say("!echo x")
    for number in range(450):
        ops.say(f"talk {number}")
    ops.clock.run_until(lambda: any(call.status == 429 for call in ops.slack.calls("conversations.history")))
    source.close(timeout=1.0)
    before = len(ops.slack.calls())
    ops.clock.run_until(lambda: "closed" in repr(source))
    assert [call.method for call in ops.slack.calls()[before:]] == ["conversations.history"]
    assert ops.marks(ts) == set()


def test_a_source_is_read_once_at_a_time(ops: Ops) -> None:
    """A second loop would share its ledger but not its commands."""
    source = ops.start()
    with pytest.raises(ConfigurationError, match="is being read already"):
        next(iter(source))


def test_nothing_is_read_before_the_delay(ops: Ops, router: CommandRouter) -> None:
    """Constructing and starting do no I/O."""
    source = ops.source(router=router, start_delay=5)
    assert ops.slack.calls() == []
    source.start()
    ts = ops.say("!echo x")
    ops.settled(ts)
    assert ops.slack.calls()[0].time >= 1_800_000_005.0


@pytest.mark.parametrize("spelling", ["ops-commands", "C0OPSCOMMA"])
def test_a_channel_is_one_however_it_is_spelled(ops: Ops, spelling: str) -> None:
    """Who reads it under another spelling knows what was claimed before, and runs nothing twice."""
    runs, hold = [], queue.SimpleQueue[None]()
    router = CommandRouter()

    @router.command
    def slow() -> str:
        runs.append("slow")
        ops.clock.wait(hold, None)
        return "done"

    first = ops.start(router=router)
    ts = ops.say("!slow")
    ops.clock.run_until(lambda: runs)
    first.close(0)
    ops.start(router=router, channel=ops.slack.channel_id(CHANNEL) if spelling.isupper() else spelling)
    ops.after_sweeps()
    hold.put(None)
    assert ops.settled(ts) == ({"eyes", DONE}, ["done"])
    assert runs == ["slow"]


def test_a_final_mark_by_another_process_is_heeded(ops: Ops) -> None:
    """What waits here was settled elsewhere meanwhile: it is left alone."""
    source = ops.source()
    commands = iter(source)
    held = ops.say("!first")
    other = ops.say("!second")
    command = next(commands)
    client = WebClient(ops.slack.bot_token, base_url=ops.slack.api_url)
    client.reactions_add(channel=ops.slack.channel_id(CHANNEL), timestamp=other, name=DONE)
    ops.after_sweeps()
    command.ack()
    last = ops.say("!third")
    assert next(commands).ts == last
    assert held == command.ts


def test_a_router_is_imported_when_reading_starts(ops: Ops, capfd: pytest.CaptureFixture[str]) -> None:
    """One that cannot be is a line on stderr, and nothing is read."""
    source = ops.source(router="no_such_module.router")
    source.start()
    ops.clock.run_until(lambda: "closed" in repr(source))
    assert capfd.readouterr().err == (
        "slack_logging: commands in #ops-commands are not read: router='no_such_module.router' cannot be imported: "
        "ModuleNotFoundError: No module named 'no_such_module'\n"
    )
    assert ops.slack.calls() == []
