"""Right before it runs, who asked and who approved must still be allowed; and what was approved is what runs."""

from __future__ import annotations

from typing import Any

import pytest

from slack_logging import Command, CommandRouter
from slack_logging.local import Fault
from tests.active.approvals.conftest import (
    APPROVE,
    STOP,
    WAITS,
    approve,
    approved_while_busy,
    asked,
    busy,
    ending,
)
from tests.active.conftest import CHANNEL, DONE, ERRORED, LATE, REFUSED, Ops


def test_an_approval_is_void_when_the_approver_may_no_more(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], audit: pytest.LogCaptureFixture
) -> None:
    """Removed from the group between approval and run: it goes on waiting, and another can approve it."""
    ts, request, other = approved_while_busy(ops, router=router, **people)
    [source] = ops.sources
    ops.slack.add_group("oncall", [])
    ops.clock.advance(61)
    ops.slack.react(CHANNEL, other, STOP, user="ada")
    ops.clock.run_until(lambda: "1 more must approve it" in ending(ops, ts))
    ops.after_sweeps(3)
    assert ran == []
    assert f"approval by {ops.slack.user_id('dan')} void: '!drop orders'" in audit.text
    assert source._reader is not None
    assert len(source._reader.desk.requests.all()) == 1
    approve(ops, request, "ben")
    ops.settled(ts)
    assert len(ran) == 1
    ops.clock.run_until(lambda: ending(ops, ts) == f"approved by ben ({ops.slack.user_id('ben')})")


def test_an_approval_is_void_when_the_approver_loses_the_role(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Though they may still run other commands; in the end nobody approved it in time."""

    @router.command(approvals=1, roles=["dbas"])
    def vacuum() -> None:
        ran.append("vacuum")

    dbas = ops.slack.add_group("dbas", ["ada", "ben"])
    people["roles"]["dbas"] = [dbas]
    ops.start(router=router, workers=1, **people)
    ts = ops.say("!vacuum")
    request = asked(ops, ts)
    other = busy(ops)
    approve(ops, request, "ben")
    ops.clock.run_until(lambda: "approved by" in ending(ops, ts))
    ops.slack.add_group("dbas", ["ada"])
    ops.clock.advance(61)
    ops.slack.react(CHANNEL, other, STOP, user="ada")
    assert ops.settled(ts)[0] == {WAITS, ERRORED}
    ops.clock.run_until(lambda: ending(ops, ts) == "not approved within 10m")
    assert ran == []


def test_who_asked_must_still_be_allowed_when_it_runs(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Removed from the group between approval and run: it is refused."""
    ops.slack.add_user("dan")
    ops.slack.add_group("oncall", ["dan"])
    ops.start(router=router, workers=1, **people)
    ts = ops.say("!drop orders", user="dan")
    request = asked(ops, ts)
    other = busy(ops)
    approve(ops, request, "ben")
    ops.clock.run_until(lambda: "approved by" in ending(ops, ts))
    ops.slack.add_group("oncall", [])
    ops.clock.advance(61)
    ops.slack.react(CHANNEL, other, STOP, user="ada")
    assert ops.settled(ts)[0] == {WAITS, REFUSED}
    assert ran == []


def test_what_was_approved_is_what_runs(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """An edit changes nothing: neither while it waits, nor between approval and run."""
    ts, _, other = approved_while_busy(ops, router=router, **people)
    ops.slack.edit(CHANNEL, ts, "!drop everything")
    ops.after_sweeps(3)
    ops.slack.react(CHANNEL, other, STOP, user="ada")
    assert ops.settled(ts)[1][-1] == "dropped orders"
    assert ran == [f"orders for {ops.slack.user_id('ada')}, attempt 1"]
    waiting = ops.say("!drop orders")
    request = asked(ops, waiting)
    ops.slack.edit(CHANNEL, waiting, "!drop everything")
    ops.after_sweeps(3)
    approve(ops, request, "ben")
    assert ops.settled(waiting)[1][-1] == "dropped orders"


@pytest.mark.parametrize("what", ["the emoji is taken away", "the reply is deleted"])
def test_an_approval_is_final_once_the_reply_tells_it(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], what: str
) -> None:
    """Though the command still waits for a worker."""
    ts, request, other = approved_while_busy(ops, router=router, **people)
    if "deleted" in what:
        ops.slack.delete(CHANNEL, request, user="ops")
    else:
        ops.slack.unreact(CHANNEL, request, APPROVE, user="dan")
    ops.after_sweeps(3)
    ops.slack.react(CHANNEL, other, STOP, user="ada")
    assert ops.settled(ts)[0] == {WAITS, DONE}
    assert len(ran) == 1


@pytest.mark.parametrize("what", [STOP, "deleted"])
def test_what_is_approved_can_be_cancelled_while_it_waits_for_a_worker(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], what: str
) -> None:
    """On the command itself."""
    ts, _, other = approved_while_busy(ops, router=router, **people)
    if what == STOP:
        ops.slack.react(CHANNEL, ts, STOP, user="ada")
    else:
        ops.slack.delete(CHANNEL, ts)
    ops.after_sweeps(3)
    ops.slack.react(CHANNEL, other, STOP, user="ada")
    ops.settled(other)
    ops.after_sweeps(3)
    assert ran == []


def test_its_age_counts_from_its_approval(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """`max_age` is for what nobody looks after; what somebody approved just now is wanted now."""
    ops.start(router=router, workers=1, max_age="1m", **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    other = busy(ops)
    began = ops.clock.monotonic()
    ops.clock.run_until(lambda: ops.clock.monotonic() - began > 300)
    approve(ops, request, "ben")
    ops.clock.run_until(lambda: "approved by" in ending(ops, ts))
    ops.after_sweeps(3)
    ops.slack.react(CHANNEL, other, STOP, user="ada")
    assert ops.settled(ts)[0] == {WAITS, DONE}
    assert len(ran) == 1


@pytest.mark.parametrize("found", ["by a look", "when it is taken"])
def test_what_is_approved_and_gets_too_old_says_that_it_did_not_run(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], found: str
) -> None:
    """Else its thread would end with its approval."""
    ts, _, other = approved_while_busy(ops, router=router, max_age="1m", **people)
    if found == "when it is taken":
        ops.slack.fault("conversations.history", Fault.server_error(times=None))
        [source] = ops.sources
        assert source._reader is not None
        [work] = source._reader.desk.running()
        ops.clock.advance(61)
        work.cancel("enough")
    else:
        ops.clock.advance(61)
    ops.clock.run_until(lambda: LATE in ops.marks(ts) and len(ops.replies(ts)) == 2)
    assert (ran, ops.replies(ts)[1]) == ([], "too old: it did not run")
    ops.slack.clear_faults()
    ops.slack.react(CHANNEL, other, STOP, user="ada")


def test_what_is_given_back_stays_approved(ops: Ops, people: dict[str, Any]) -> None:
    """Its next attempt asks nobody."""
    router = CommandRouter()
    attempts = []

    @router.command(approvals=1)
    def flaky(*, command: Command) -> None:
        attempts.append(command.attempt)
        if command.attempt == 1:
            command.nack()

    ops.start(router=router, **people)
    ts = ops.say("!flaky")
    approve(ops, asked(ops, ts), "ben")
    ops.settled(ts)
    assert (attempts, len(ops.replies(ts))) == ([1, 2], 1)
