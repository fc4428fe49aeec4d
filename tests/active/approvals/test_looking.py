"""How often the replies are looked at, and that no approval is lost because much is pending, or Slack makes us wait."""

from __future__ import annotations

from typing import Any

import pytest

from slack_logging import CommandRouter, SlackCommandSource
from slack_logging.active.people.approvals import Request
from slack_logging.local import Fault
from tests.active.approvals.conftest import APPROVE, WAITS, approve, asked, ending
from tests.active.conftest import CHANNEL, DONE, ERRORED, EYES, Ops


def start(ops: Ops, router: CommandRouter, people: dict[str, Any], *, pushed: bool) -> SlackCommandSource:
    """Return a source that polls, or one that reads by Socket Mode and has its connection."""
    if not pushed:
        return ops.start(router=router, **people)
    source = ops.start(router=router, app_token=ops.slack.app_token, **people)
    ops.slack.wait_for(lambda: ops.slack.sockets())
    return source


def at(ops: Ops, moment: float) -> None:
    """Let it be so late."""
    ops.clock.run_until(lambda: ops.clock.monotonic() >= moment)


def pending(source: SlackCommandSource) -> list[Request]:
    """Return what is pending, what ends first first."""
    assert source._reader is not None
    return sorted(source._reader.desk.requests.pending(), key=lambda request: request.until)


def all_asked(ops: Ops, source: SlackCommandSource, number: int) -> list[Request]:
    """Have ada type so many commands; return them once all are pending."""
    for count in range(number):
        ops.say(f"!drop t{count}")
    ops.clock.run_until(lambda: len(pending(source)) == number, patience=60)
    return pending(source)


@pytest.mark.parametrize("pushed", [False, True], ids=["polled", "pushed"])
def test_an_approval_shortly_before_the_end_counts_however_many_are_pending(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], pushed: bool
) -> None:
    """Forty, each approved four seconds before its own end, though Slack takes fewer looks a minute than that."""
    for request in all_asked(ops, start(ops, router, people, pushed=pushed), 40):
        at(ops, request.until - 4)
        approve(ops, request.ts, "ben")
    ops.clock.run_until(lambda: len(ran) == 40, limit=120, patience=60)
    assert {call.status for call in ops.slack.calls("reactions.get")} == {200}


@pytest.mark.parametrize(
    ("pushed", "number", "least", "most"),
    [(False, 2, 18, 21), (False, 5, 18, 21), (False, 40, 18, 21), (True, 5, 9, 11)],
    ids=["two", "five", "forty", "pushed"],
)
def test_looks_are_twenty_a_minute_in_all_at_most(
    ops: Ops, router: CommandRouter, people: dict[str, Any], pushed: bool, number: int, least: int, most: int
) -> None:
    """From the first on; while Slack pushes, every 30 s at each reply. Each gets its turn."""
    requests = all_asked(ops, start(ops, router, people, pushed=pushed), number)
    at(ops, began := max(ops.clock.monotonic(), 60.0))
    before = len(ops.slack.calls("reactions.get"))
    assert before <= most
    at(ops, began + 60)
    assert least <= len(ops.slack.calls("reactions.get")) - before <= most
    at(ops, began + 180)
    seen = {call.args["timestamp"] for call in ops.slack.calls("reactions.get")}
    assert seen == {request.ts for request in requests}


@pytest.mark.parametrize("after", [-1, 20])
def test_the_last_look_waits_for_slack(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], after: float
) -> None:
    """Throttled right at the end: what is there once Slack lets us look counts, as reactions have no time."""
    source = start(ops, router, people, pushed=False)
    ts = ops.say("!drop orders")
    asked(ops, ts)
    [request] = pending(source)
    at(ops, request.until - 1)
    ops.slack.fault("reactions.get", Fault.rate_limited(60))
    at(ops, request.until + after)
    approve(ops, request.ts, "ben")
    assert ops.settled(ts)[0] == {WAITS, DONE}
    assert 59 <= ops.clock.monotonic() - request.until < 90


def test_a_look_that_slack_never_answers_is_waited_for_five_minutes(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Then it is too late for good."""
    source = start(ops, router, people, pushed=False)
    ts = ops.say("!drop orders")
    asked(ops, ts)
    [request] = pending(source)
    ops.slack.fault("reactions.get", Fault.server_error(times=None))
    at(ops, request.until + 299)
    assert pending(source) == [request]
    ops.clock.run_until(lambda: ending(ops, ts) == "not approved within 10m", limit=2)
    assert (ops.settled(ts)[0], ran) == ({WAITS, ERRORED}, [])


def test_a_reply_that_cannot_be_judged_holds_up_no_other(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Slack does not tell who approves the first; the end of the second comes all the same."""
    source = start(ops, router, people, pushed=False)
    first, second = all_asked(ops, source, 2)
    ops.slack.fault("users.info", Fault.server_error(times=None))
    approve(ops, first.ts, "ben")
    at(ops, second.until)
    ops.clock.run_until(lambda: ending(ops, second.heard.key.ts) == "not approved within 10m", limit=130)
    assert pending(source) == [first]
    ops.slack.clear_faults()
    assert ops.settled(first.heard.key.ts)[0] == {WAITS, DONE}


@pytest.mark.parametrize("before", [2, 0], ids=["shortly before", "throttled, too"])
def test_an_approval_in_time_survives_a_fault_at_the_last_look_however_many_are_pending(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], before: float
) -> None:
    """A hundred and ten, whose turn comes more than five minutes later each: what is over is not to wait for it."""
    source = start(ops, router, people, pushed=True)
    [first, *_] = all_asked(ops, source, 110)
    at(ops, first.until - 2)
    ops.slack.fault("users.info", Fault.server_error(times=1))
    if not before:
        ops.slack.fault("reactions.get", Fault.rate_limited(3))
    approve(ops, first.ts, "ben")
    ops.clock.run_until(lambda: not first.is_pending, limit=310)
    assert first.ending.startswith("approved by ben")
    assert ops.clock.monotonic() - first.until <= 45


def test_a_look_that_fails_is_made_up_for_before_its_next_turn(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Which would come after half a minute while Slack pushes."""
    request = all_asked(ops, start(ops, router, people, pushed=True), 5)[-1]
    at(ops, ops.clock.monotonic() + 40)
    ops.slack.fault("reactions.get", Fault.server_error())
    approve(ops, request.ts, "ben")
    ops.slack.wait_for(lambda: ops.slack.calls("reactions.get")[-1].status == 500)
    assert ops.slack.calls("reactions.get")[-1].args["timestamp"] == request.ts
    ops.clock.run_until(lambda: ran, limit=15)


def test_what_nobody_approves_ends_when_its_reply_says(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Not only when it would be looked at anyway, every 70 seconds here."""
    source = ops.start(router=router, poll_interval=70, **people)
    asked(ops, ops.say("!drop orders"))
    [request] = pending(source)
    ops.clock.run_until(lambda: not request.is_pending, limit=700)
    assert 0 <= ops.clock.monotonic() - request.until < 1


@pytest.mark.parametrize(
    "fault", [Fault.server_error(times=None), Fault.rate_limited(250, times=None)], ids=["500", "429"]
)
def test_a_reply_that_is_over_and_cannot_be_judged_holds_up_none_that_is_not(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], fault: Fault
) -> None:
    """Though what is over goes first: Slack knows who approves the other."""
    source = start(ops, router, people, pushed=False)
    asked(ops, ops.say("!drop orders", user="ben"))
    asked(ops, ops.say("!purge"))
    over, other = pending(source)
    at(ops, over.until - 10)
    approve(ops, other.ts, "ben")
    ops.clock.run_until(lambda: other.allowed())
    ops.slack.fault("users.info", fault)
    approve(ops, over.ts, "cleo")
    at(ops, over.until + 1)
    ops.slack.unreact(CHANNEL, other.ts, APPROVE, user="ben")
    ops.clock.run_until(lambda: not other.judged, limit=20)
    assert over.is_pending


def test_edits_that_slack_refuses_for_now_hold_up_no_look(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Who may not yet write how one ended still hears who approves another."""
    source = start(ops, router, people, pushed=False)
    first, second = all_asked(ops, source, 2)
    ops.slack.fault("chat.update", Fault.rate_limited(300))
    approve(ops, first.ts, "ben")
    ops.clock.run_until(lambda: len(ran) == 1 and ops.slack.calls("chat.update"))
    approve(ops, second.ts, "ben")
    ops.clock.run_until(lambda: len(ran) == 2, limit=30)


def test_what_is_over_is_looked_at_before_what_there_is_news_of(
    ops: Ops, router: CommandRouter, people: dict[str, Any]
) -> None:
    """Once Slack lets us look again."""
    source = start(ops, router, people, pushed=True)
    asked(ops, ops.say("!purge"))
    asked(ops, ops.say("!drop orders"))
    over, other = pending(source)
    at(ops, over.until - 1)
    ops.slack.fault("reactions.get", Fault.rate_limited(60))
    approve(ops, other.ts, "ben", "eyes")
    ops.slack.wait_for(lambda: ops.slack.calls("reactions.get")[-1].status == 429)
    seen = len(ops.slack.calls("reactions.get"))
    at(ops, over.until + 1)
    approve(ops, other.ts, "ben", "tada")
    ops.clock.run_until(lambda: len(ops.slack.calls("reactions.get")) >= seen + 2)
    looks = [call.args["timestamp"] for call in ops.slack.calls("reactions.get")[seen:]]
    assert looks[:2] == [over.ts, other.ts]


def test_each_mark_goes_before_how_the_next_approval_ended(
    ops: Ops, router: CommandRouter, people: dict[str, Any]
) -> None:
    """Three are over once Slack lets us look again: a reply's change may take its time, and marks are what counts."""
    source = start(ops, router, people, pushed=False)
    first, *_, last = all_asked(ops, source, 3)
    at(ops, first.until - 1)
    ops.slack.fault("reactions.get", Fault.rate_limited(60))
    at(ops, last.until + 1)
    before = len(ops.slack.calls())
    ops.clock.run_until(lambda: not pending(source) and ops.is_all_said)
    calls = [call.method for call in ops.slack.calls()[before:] if call.method in ("chat.update", "reactions.add")]
    assert calls[:5] == ["chat.update", "reactions.add"] * 2 + ["chat.update"]


def test_marks_do_not_wait_for_how_approvals_ended(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """When reading ends: of what ran, the next process knows by its mark alone."""
    source = start(ops, router, people, pushed=False)
    all_asked(ops, source, 3)
    busy = ops.say("!work")
    ops.clock.run_until(lambda: EYES in ops.marks(busy))
    before = len(ops.slack.calls())
    source.close(5.0)
    calls = [call.method for call in ops.slack.calls()[before:]]
    assert calls.count("chat.update") == 3
    assert calls.index("reactions.add") <= calls.index("chat.update") + 1
