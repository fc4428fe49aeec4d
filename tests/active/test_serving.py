"""How commands are taken, given back and served, and how reading begins and ends."""

from __future__ import annotations

import queue
import threading
from functools import partial

import pytest
from slack_sdk import WebClient

from slack_logging import AlreadySettled, Command, CommandRouter, ConfigurationError
from slack_logging.active import source as sources
from slack_logging.instance import Instance
from slack_logging.local.faults.fault import Fault
from tests.active.conftest import CHANNEL, DONE, ERRORED, EYES, INTERRUPTED, Ops


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


@pytest.mark.parametrize("message", ["no", "two\nlines"])
def test_an_exceptions_notes_are_not_what_it_says(ops: Ops, message: str) -> None:
    """From Python 3.11 on they are a traceback's last lines."""
    ts = ops.say("!one")
    for command in ops.source():
        with command:
            error = ValueError(message)
            error.__notes__ = ["while importing row 3"]  # type: ignore[attr-defined,unused-ignore]
            raise error
        break
    assert (ops.marks(ts), ops.replies(ts)) == ({ERRORED}, [f"ValueError: {message}"])


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


def endless(ops: Ops) -> tuple[CommandRouter, queue.SimpleQueue[None], list[str]]:
    """Return a router with a command that waits for a token, the token's queue, and what ended."""
    router, hold, ended = CommandRouter(), queue.SimpleQueue[None](), list[str]()

    @router.command
    def endless(*, command: Command) -> str:
        ops.clock.wait(hold, None)
        ended.append(command.ts)
        return "ended after all"

    return router, hold, ended


@pytest.mark.parametrize(("timeout", "unanswered"), [(5.0, 0), (1.0, 1), (0.1, 1)])
def test_what_still_runs_when_closing_is_over_is_interrupted(
    ops: Ops, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], timeout: float, unanswered: int
) -> None:
    """It is marked, answered and audited before the time is up; what it settles later counts no more.

    The channel takes one answer a second: when there is less time, stderr says who got none.
    """
    caplog.set_level("INFO", "slack_logging.audit")
    router, hold, ended = endless(ops)
    source = ops.start(router=router)
    stamps = [ops.say("!endless"), ops.say("!endless")]
    ops.clock.run_until(lambda: all(ops.marks(ts) for ts in stamps))
    before = ops.clock.monotonic()
    source.close(timeout)
    assert ops.clock.monotonic() - before <= timeout + 1e-6
    assert [ops.marks(ts) for ts in stamps] == [{EYES, INTERRUPTED}] * 2
    ops.clock.run_until(lambda: all(ops.replies(ts) for ts in stamps))
    said = f"interrupted: {Instance.current().name} ended while this ran; :repeat: on the command runs it again"
    assert [ops.replies(ts) for ts in stamps] == [[said]] * 2
    interrupted = f"command of {ops.slack.user_id('ada')} interrupted: '!endless'"
    assert [record.getMessage() for record in caplog.records][2:4] == [interrupted] * 2
    ops.clock.run_until(lambda: "closed" in repr(source))  # who ends it drops what is owed then
    for _ in stamps:
        hold.put(None)
    ops.clock.run_until(lambda: all(len(ops.replies(ts)) == 2 for ts in stamps))
    assert sorted(ended) == stamps
    assert [ops.marks(ts) for ts in stamps] == [{EYES, INTERRUPTED}] * 2
    _, *lines = capfd.readouterr().err.splitlines()
    assert lines == ["slack_logging: 1 command in #ops-commands is left unanswered"] * unanswered


def test_what_was_interrupted_is_not_run_again(ops: Ops) -> None:
    """Neither by the same process nor after a restart: how far it came is for a person to find out."""
    router, _, ended = endless(ops)
    source = ops.start(router=router)
    ts = ops.say("!endless")
    ops.clock.run_until(lambda: ops.marks(ts))
    source.close()
    source.start()
    ops.type("!ping")
    source.close()
    sources._ledgers.clear()
    source.start()
    ops.type("!ping")
    assert (ended, ops.marks(ts), len(ops.replies(ts))) == ([], {EYES, INTERRUPTED}, 1)


def test_a_command_that_ends_in_time_is_not_interrupted(ops: Ops) -> None:
    """Closing takes no longer than it runs."""
    router, hold, _ = endless(ops)
    source = ops.start(router=router)
    ts = ops.say("!endless")
    ops.clock.run_until(lambda: ops.marks(ts))
    before = ops.clock.monotonic()
    hold.put(None)
    source.close()
    assert ops.clock.monotonic() - before < 2
    assert (ops.marks(ts), ops.replies(ts)) == ({EYES, DONE}, ["ended after all"])


def test_closing_waits_no_longer_for_a_slack_that_is_down(ops: Ops) -> None:
    """What still runs can then not be marked, and the program ends all the same."""
    router, _, _ = endless(ops)
    source = ops.start(router=router)
    ts = ops.say("!endless")
    ops.clock.run_until(lambda: ops.marks(ts))
    for method in ("reactions.add", "chat.postMessage", "conversations.history"):
        ops.slack.fault(method, Fault.server_error(times=None))
    before = ops.clock.monotonic()
    source.close(5.0)
    assert ops.clock.monotonic() - before <= 5.0
    assert (ops.marks(ts), ops.replies(ts)) == ({EYES}, [])


def test_a_command_read_by_hand_is_interrupted_too(ops: Ops) -> None:
    """The block that settles it ends quietly, and iteration with it."""
    ts = ops.say("!work")
    source, hold = ops.source(), queue.SimpleQueue[None]()
    ended = queue.SimpleQueue[None]()

    def loop() -> None:
        for command in source:
            with command:
                ops.clock.wait(hold, None)
        ended.put(None)

    ops.clock.start(threading.Thread(target=loop))
    ops.clock.run_until(lambda: ops.marks(ts))
    source.close()
    assert (ops.marks(ts), len(ops.replies(ts))) == ({EYES, INTERRUPTED}, 1)
    hold.put(None)
    ops.clock.wait(ended, 30.0)


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
    assert (
        "slack_logging: commands in #ops-commands are not read: router='no_such_module.router' cannot be imported: "
        "ModuleNotFoundError: No module named 'no_such_module'\n"
    ) in capfd.readouterr().err
    assert ops.slack.calls() == []
