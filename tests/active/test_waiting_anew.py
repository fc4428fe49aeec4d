"""What people wanted anew, or approved, and what becomes of it when reading ends before it ran."""

from __future__ import annotations

import queue
import threading

import pytest

from slack_logging import Command, CommandRouter, SlackCommandSource
from slack_logging.active import source as source_module
from tests.active.conftest import CHANNEL, DONE, EYES, INTERRUPTED, Ops

APPROVE, REPEAT, WAITS = "+1", "repeat", "hourglass_flowing_sand"

ENDED = " ended while this waited; :repeat: on the command runs it again"


@pytest.fixture
def ran() -> list[str]:
    """Return for whom something ran."""
    return []


@pytest.fixture
def router(ops: Ops, ran: list[str]) -> CommandRouter:
    """Return commands that are over at once, once somebody approved them or not, and one that is never."""
    router = CommandRouter()

    @router.command
    def note(*, command: Command) -> None:
        ran.append(command.user)

    @router.command(approvals=1)
    def drop(*, command: Command) -> None:
        ran.append(command.user)

    @router.command
    def endless() -> None:
        ops.clock.wait(queue.SimpleQueue(), None)

    return router


def start(ops: Ops, router: CommandRouter) -> SlackCommandSource:
    """Read and run one command at a time, for ada and ben."""
    allow = [ops.slack.user_id(name) for name in ("ada", "ben")]
    return ops.start(router=router, workers=1, allow=allow)


def waiting(source: SlackCommandSource) -> list[str]:
    """Return whose commands wait."""
    assert source._reader is not None
    return [heard.user for heard in source._reader.desk.waiting()]


def restarted(ops: Ops, source: SlackCommandSource, router: CommandRouter) -> None:
    """End a program that reads, and start another."""
    source.close()
    source_module._ledgers.clear()
    start(ops, router)
    ops.after_sweeps(3)


def repeated_while_busy(ops: Ops, source: SlackCommandSource, *, age: float = 0.0) -> str:
    """Return the `ts` of a command of ada's, as old as that, that ben wants again while the only worker is busy."""
    ts = ops.say("!note")
    ops.settled(ts)
    ops.clock.advance(age)
    busy = ops.say("!endless")
    ops.clock.run_until(lambda: EYES in ops.marks(busy))
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.clock.run_until(lambda: waiting(source) == [ops.slack.user_id("ben")])
    ops.after_sweeps(3)
    return ts


@pytest.mark.parametrize("age", [0.0, 650.0], ids=["new", "older than max_age"])
def test_what_waits_to_run_again_keeps_its_mark_and_is_interrupted(
    ops: Ops, router: CommandRouter, ran: list[str], age: float
) -> None:
    """The next program knows neither that somebody wanted it nor who: it would run as its author's, or never."""
    source = start(ops, router)
    ts = repeated_while_busy(ops, source, age=age)
    assert ops.marks(ts) == {DONE, REPEAT}
    restarted(ops, source, router)
    assert ops.marks(ts) == {DONE, REPEAT, INTERRUPTED}
    [reply] = ops.replies(ts)
    assert (reply.startswith("interrupted: "), reply.endswith(ENDED)) == (True, True)
    assert ran == [ops.slack.user_id("ada")]


def test_what_waited_to_run_again_can_be_wanted_once_more(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """As its reply says."""
    source = start(ops, router)
    ts = repeated_while_busy(ops, source)
    restarted(ops, source, router)
    ops.slack.unreact(CHANNEL, ts, REPEAT, user="ben")
    ops.after_sweeps()
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.clock.run_until(lambda: DONE in ops.settled(ts)[0] and INTERRUPTED not in ops.marks(ts))
    assert ran == [ops.slack.user_id(name) for name in ("ada", "ben")]


def test_what_was_approved_and_waits_is_interrupted(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """By who approved it is not known to the next program either."""
    source = start(ops, router)
    ts = ops.say("!drop")
    ops.clock.run_until(lambda: WAITS in ops.marks(ts))
    busy = ops.say("!endless")
    ops.clock.run_until(lambda: EYES in ops.marks(busy))
    ops.slack.react(CHANNEL, str(ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"]), APPROVE, user="ben")
    ops.clock.run_until(lambda: waiting(source))
    restarted(ops, source, router)
    assert ops.marks(ts) == {WAITS, INTERRUPTED}
    asked, ended = ops.replies(ts)
    assert ("approved by ben" in asked, ended.endswith(ENDED)) == (True, True)
    assert ran == []


def test_what_is_wanted_anew_and_given_back_after_closing_is_interrupted(ops: Ops) -> None:
    """Because nobody takes it any more."""
    source = ops.source()
    given_back: list[int] = []

    def loop() -> None:
        for command in source:
            with command:
                if command.attempt == 2:
                    source.close(0)
                    command.nack()
                    given_back.append(command.attempt)

    ops.clock.start(threading.Thread(target=loop, daemon=True))
    ts = ops.say("!note")
    ops.settled(ts)
    ops.slack.react(CHANNEL, ts, REPEAT, user="ada")
    ops.clock.run_until(lambda: given_back and INTERRUPTED in ops.marks(ts))
    assert given_back == [2]
