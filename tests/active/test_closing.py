"""What is left undone when reading ends, and who is told."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from slack_logging import Command, CommandRouter, SlackCommandSource, SlackHandler
from slack_logging.local import Fault
from slack_logging.local.state.text import visible_text
from tests.active.conftest import CHANNEL, DONE, EYES, INTERRUPTED, Ops

UNMARKED = (
    "slack_logging: {} over but could not be marked in time: "
    "a program that starts, or takes over, within 10m may run {} again"
)


@pytest.fixture
def ran() -> list[str]:
    """Return what ran, as it does."""
    return []


@pytest.fixture
def router(ops: Ops, ran: list[str]) -> CommandRouter:
    """Return a router with a command that is over at once, and one that is never."""
    router = CommandRouter()

    @router.command
    def note(word: str, *, command: Command) -> None:
        ran.append(word)

    @router.command
    def endless(*, command: Command) -> None:
        ran.append("endless")
        if command.attempt > 1 or not command.args:
            ops.clock.wait(queue.SimpleQueue(), None)

    return router


def close(source: SlackCommandSource, ops: Ops, timeout: float) -> None:
    """Close a source, and wait until its thread has ended."""
    source.close(timeout)
    ops.clock.run_until(lambda: "closed" in repr(source))


@pytest.mark.parametrize("timeout", [5.0, 0.0])
@pytest.mark.parametrize(
    ("number", "line"),
    [
        (6, UNMARKED.format("6 commands in #ops-commands are", "them")),
        (1, UNMARKED.format("1 command in #ops-commands is", "it")),
    ],
)
def test_what_could_not_be_marked_in_time_is_counted(
    ops: Ops,
    router: CommandRouter,
    ran: list[str],
    capfd: pytest.CaptureFixture[str],
    timeout: float,
    number: int,
    line: str,
) -> None:
    """In one line, as the next who starts takes them for new; also where nobody waits, as in `dictConfig`."""
    ops.slack.fault("reactions.add", Fault.rate_limited(60, times=None))
    source = ops.start(router=router)
    for each in range(number):
        ops.say(f"!note {each}")
    ops.clock.run_until(lambda: len(ran) == number)
    close(source, ops, timeout)
    _, *lines = capfd.readouterr().err.splitlines()
    assert lines == [line]


def test_what_was_refused_or_marked_is_not_counted(
    ops: Ops, router: CommandRouter, ran: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """It is refused once more, and what has a mark is not run again."""
    source = ops.start(router=router)
    running = ops.say("!endless")
    ops.clock.run_until(lambda: ops.marks(running) == {EYES})
    ops.slack.fault("reactions.add", Fault.rate_limited(60, times=None))
    ts = ops.say("!note x", user="ben")
    ops.clock.run_until(lambda: ops.replies(ts))
    close(source, ops, 5.0)
    assert (ops.marks(running), ops.marks(ts)) == ({EYES}, set())
    _, *lines = capfd.readouterr().err.splitlines()
    assert lines == []


def test_no_mark_is_taken_away_when_closing(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """A command that runs anew would have none until it is over, and be run once more if its program is killed."""
    source = ops.start(router=router)
    ts = ops.say("!endless")
    ops.clock.run_until(lambda: ops.marks(ts))
    ops.slack.react(CHANNEL, ts, "octagonal_sign", user="ada")
    ops.after_sweeps()
    source.close(1.0)
    before = ops.marks(ts) - {"octagonal_sign"}
    assert before == {EYES, INTERRUPTED}
    ops.slack.unreact(CHANNEL, ts, "octagonal_sign", user="ada")
    ops.slack.fault("reactions.remove", Fault.server_error(times=None))
    source.start()
    ops.slack.react(CHANNEL, ts, "repeat", user="ada")
    ops.clock.run_until(lambda: len(ran) == 2 and ops.slack.calls("reactions.remove"))
    ops.slack.clear_faults()
    close(source, ops, 0.0)
    assert ops.marks(ts) == {EYES, INTERRUPTED, "repeat"}


@pytest.fixture
def handler(ops: Ops, router: CommandRouter, caplog: pytest.LogCaptureFixture) -> Iterator[SlackHandler]:
    """Have a program that posts the audit and reads commands."""
    caplog.set_level("INFO", "slack_logging.audit")
    commands: dict[str, Any] = {"channel": CHANNEL, "allow": [ops.slack.user_id("ada")], "router": router}
    handler = SlackHandler(
        "#ops-log",
        token=ops.slack.bot_token,
        api_url=ops.slack.api_url,
        commands={**commands, "start_delay": 0},
        close_timeout=4,  # before what is not said in the background is given up, which counts as records
    )
    logging.getLogger().addHandler(handler)
    handler.start_commands()
    yield handler
    handler.close()


def test_who_was_left_unanswered_is_counted(
    ops: Ops,
    handler: SlackHandler,
    ran: list[str],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In one line. The audit names them everywhere but in Slack, where it would be lost and count as a record."""
    ops.slack.fault("chat.postMessage", Fault.rate_limited(600, times=None))
    for _ in range(2):
        ops.say("!help")
    ops.clock.run_until(lambda: caplog.text.count(" done: '!help'") == 2)
    before = handler.stats().emitted
    handler.close()
    assert handler.stats().emitted == before
    assert caplog.text.count("unanswered when closing: '!help'") == 2
    _, *lines = capfd.readouterr().err.splitlines()
    assert lines == [
        "slack_logging: 2 commands in #ops-commands are left unanswered",
        f"slack_logging: {before} records for #ops-log not delivered yet: sent while the process lasts",
    ]


def test_what_commands_log_when_they_end_is_posted(ops: Ops, handler: SlackHandler, ran: list[str]) -> None:
    """Though their marks take all the time that they have."""
    ops.say("!endless")
    ops.clock.run_until(lambda: ran)
    ops.slack.fault("reactions.add", Fault.rate_limited(600, times=None))
    handler.close()
    assert "interrupted: '!endless'" in "".join(visible_text(message) for message in ops.slack.messages("#ops-log"))


def test_commands_are_interrupted_also_where_records_took_all_the_time(
    ops: Ops, handler: SlackHandler, ran: list[str]
) -> None:
    """At a program's end records and commands share it, and records come first."""
    ts = ops.say("!endless")
    ops.clock.run_until(lambda: ran)
    handler._delivery.begin_exit()
    ops.clock.advance(5.0)
    handler.close()
    assert INTERRUPTED in ops.marks(ts)


@pytest.mark.parametrize(("cleans_up_for", "has_cleaned_up"), [(1.5, True), (60.0, False)])
def test_what_is_interrupted_is_heard_out_for_what_is_left_of_the_time(
    ops: Ops, cleans_up_for: float, has_cleaned_up: bool
) -> None:
    """Because the program ends then: it may have something to roll back."""
    router = CommandRouter()
    cleaned_up: list[str] = []

    @router.command
    def move(*, command: Command) -> None:
        while not command.cancelled:
            ops.clock.wait(queue.SimpleQueue(), 0.5)
        ops.clock.wait(queue.SimpleQueue(), cleans_up_for)
        cleaned_up.append("rolled back")

    source = ops.start(router=router)
    ts = ops.say("!move")
    ops.clock.run_until(lambda: ops.marks(ts))
    began = ops.clock.monotonic()
    close(source, ops, 5.0)
    assert (bool(cleaned_up), INTERRUPTED in ops.marks(ts)) == (has_cleaned_up, True)
    assert 3.0 <= ops.clock.monotonic() - began <= 5.0


def test_a_command_that_closes_the_source_is_settled_before_serving_ends(ops: Ops) -> None:
    """Else a program that ends then would run it again when it is started the next time, and end again."""
    router = CommandRouter()
    source = ops.source()

    @router.command
    def stop() -> str:
        source.close()
        ops.clock.wait(queue.SimpleQueue(), 1.0)
        return "stopped"

    ended: list[tuple[set[str], list[str]]] = []
    ts = ops.say("!stop")

    def serve() -> None:
        source.serve(router)
        ended.append((ops.marks(ts), ops.replies(ts)))

    ops.clock.start(threading.Thread(target=serve, daemon=True))
    ops.clock.run_until(lambda: ended)
    assert ended == [({DONE}, ["stopped"])]


def test_two_commands_that_close_do_not_wait_for_each_other(ops: Ops) -> None:
    """Nor for a third that does, whoever does so last: all are done once what else runs is over."""
    router = CommandRouter()
    source = ops.source()
    closing = queue.SimpleQueue[None]()

    @router.command
    def work() -> None:
        ops.clock.wait(queue.SimpleQueue(), 1.5)

    @router.command
    def stop() -> str:
        ops.clock.wait(queue.SimpleQueue(), 0.5)  # until all three run
        closing.put(None)
        source.close()
        return "stopped"

    served = threading.Thread(target=lambda: source.serve(router), daemon=True)
    ops.clock.start(served)
    stamps = [ops.say("!work"), ops.say("!stop"), ops.say("!stop")]
    ops.clock.run_until(lambda: closing.qsize() == 2)
    began = ops.clock.monotonic()
    source.close()
    assert ops.clock.monotonic() - began < 3.0
    ops.clock.run_until(lambda: not served.is_alive())
    assert [ops.marks(ts) for ts in stamps] == [{DONE}] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_closes_nothing_of_its_parents(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """What runs there goes on, and nobody is told otherwise."""
    source = ops.start(router=router)
    ts = ops.say("!endless")
    ops.clock.run_until(lambda: ran)
    child = os.fork()
    if not child:
        source.close()
        os._exit(0 if ops.clock.monotonic() < 5 else 1)
    assert os.waitpid(child, 0)[1] == 0
    ops.after_sweeps()
    assert (ops.marks(ts) - {EYES}, ops.replies(ts)) == (set(), [])


@pytest.mark.parametrize("timeout", [0.0, 5.0])
def test_a_source_can_be_started_again_while_it_still_ends(
    ops: Ops, router: CommandRouter, ran: list[str], timeout: float
) -> None:
    """What still runs is heard out by who was closed; the next reads meanwhile."""
    source = ops.start(router=router)
    ts = ops.say("!endless")
    ops.clock.run_until(lambda: ran)
    source.close(timeout)
    source.start()
    assert ops.type("!note x")[0] == {DONE}
    assert ran == ["endless", "x"]
    assert (INTERRUPTED in ops.marks(ts)) == bool(timeout)


def test_serving_hears_out_no_longer_than_who_closed(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """One deadline for all: else a signal handler's time would be spent twice."""
    source = ops.source()
    ended: list[float] = []

    def serve() -> None:
        source.serve(router)
        ended.append(ops.clock.monotonic())

    ops.clock.start(threading.Thread(target=serve, daemon=True))
    ops.say("!endless")
    ops.clock.run_until(lambda: ran)
    began = ops.clock.monotonic()
    source.close(5.0)
    ops.clock.run_until(lambda: ended)
    assert ended[0] - began <= 5.0


@pytest.mark.parametrize("leaves", ["by break", "by an exception"])
def test_who_leaves_the_loop_after_an_interruption_is_not_waited_for(ops: Ops, leaves: str) -> None:
    """Neither by itself nor by who closed."""
    source = ops.source()
    took: list[float] = []

    def loop() -> None:
        with contextlib.suppress(ValueError):
            for command in source:
                with command:
                    while not command.cancelled:
                        ops.clock.wait(queue.SimpleQueue(), 0.1)
                if leaves == "by break":
                    break
                raise ValueError
        took.append(ops.clock.monotonic())

    ops.clock.start(threading.Thread(target=loop, daemon=True))
    ts = ops.say("!work")
    ops.clock.run_until(lambda: ops.marks(ts))
    began = ops.clock.monotonic()
    source.close(5.0)
    assert ops.clock.monotonic() - began < 4.0
    ops.clock.run_until(lambda: took)
    assert took[0] - began < 4.0
    assert INTERRUPTED in ops.marks(ts)


@pytest.mark.parametrize("behaves", ["stops", "reports on", "hangs"])
def test_who_watched_progress_reads_there_that_it_was_interrupted(
    ops: Ops, behaves: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """In the one reply, in the bar's place, whatever the function does; and nobody is left unanswered."""
    router = CommandRouter()
    hold = queue.SimpleQueue[None]()

    @router.command
    def load(*, command: Command) -> None:
        for row in range(1000):
            command.progress(row, 1000)
            ops.clock.wait(hold, None if behaves == "hangs" and row == 3 else 1.0)
            if behaves == "stops":
                command.check()

    source = ops.start(router=router)
    ts = ops.say("!load")
    ops.clock.run_until(lambda: "% " in "".join(ops.replies(ts)))
    close(source, ops, 5.0)
    hold.put(None)
    [reply] = ops.replies(ts)
    assert reply.startswith("interrupted: ")
    assert "\n" not in reply
    assert "unanswered" not in capfd.readouterr().err
    assert {call.error for call in ops.slack.calls("chat.update")} == {None}


@pytest.mark.parametrize("shorter", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("comes", ["first", "last"])
def test_who_closes_for_a_shorter_time_takes_none_from_who_waits_longer(ops: Ops, shorter: float, comes: str) -> None:
    """It returns in its own time, and what runs has the longer one."""
    router = CommandRouter()

    @router.command
    def work() -> str:
        ops.clock.wait(queue.SimpleQueue(), 9.0)
        return "worked"

    source = ops.start(router=router)
    ts = ops.say("!work")
    ops.clock.run_until(lambda: ops.marks(ts))
    took: dict[float, float] = {}

    def close_for(timeout: float) -> None:
        began = ops.clock.monotonic()
        source.close(timeout)
        took[timeout] = ops.clock.monotonic() - began

    for timeout in (shorter, 20.0) if comes == "first" else (20.0, shorter):
        ops.clock.start(threading.Thread(target=close_for, args=(timeout,), daemon=True))
        ops.clock.advance(0.2)  # before anything is interrupted
    ops.clock.run_until(lambda: len(took) == 2)
    assert took[shorter] <= shorter
    assert 5.0 < took[20.0] < 10.0
    assert (ops.marks(ts), ops.replies(ts)) == ({EYES, DONE}, ["worked"])
