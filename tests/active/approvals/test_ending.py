"""What becomes of a command that nobody approves, or that Slack keeps people from approving."""

from __future__ import annotations

import queue
from typing import Any

import pytest

from slack_logging import CommandRouter
from slack_logging.instance import Instance
from slack_logging.local import Fault
from tests.active.approvals.conftest import (
    REPEAT,
    STOP,
    WAITS,
    approve,
    asked,
    ending,
)
from tests.active.conftest import CHANNEL, DONE, ERRORED, EYES, INTERRUPTED, PUZZLED, Ops


def test_who_may_cancels_what_waits(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], audit: pytest.LogCaptureFixture
) -> None:
    """The reply says who; a thumb comes too late."""
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ops.slack.react(CHANNEL, ts, STOP, user="ben")
    assert ops.settled(ts)[0] == {WAITS, STOP, ERRORED}
    ops.clock.run_until(lambda: ending(ops, ts) == "cancelled by ben")
    [cancelled] = [record for record in audit.records if "command of" in record.msg and "ben" in record.msg]
    assert vars(cancelled)["decision"] == "cancelled"
    approve(ops, request, "ben")
    ops.after_sweeps(3)
    assert ran == []


def test_what_is_cancelled_while_it_is_stated_does_not_wait(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Slack takes its time with the reply, and the order is seen first."""
    ops.slack.fault("chat.postMessage", Fault.rate_limited(20))
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    ops.clock.run_until(lambda: EYES in ops.marks(ts))
    ops.slack.react(CHANNEL, ts, STOP, user="ben")
    ops.clock.run_until(lambda: ERRORED in ops.marks(ts) and ops.is_all_said, limit=60)
    assert (len(ops.replies(ts)), ending(ops, ts)) == (1, "cancelled by ben")
    approve(ops, str(ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"]), "ben")
    ops.after_sweeps(3)
    assert ran == []


def test_deleting_its_message_ends_what_waits(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], audit: pytest.LogCaptureFixture
) -> None:
    """Nothing more is posted, and a thumb on the reply that is left does nothing."""
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ops.slack.delete(CHANNEL, ts)
    ops.clock.run_until(lambda: "its message was deleted: '!drop orders'" in audit.text)
    posted = len(ops.slack.calls("chat.postMessage"))
    approve(ops, request, "ben")
    ops.after_sweeps(4)
    assert ran == []
    assert len(ops.slack.calls("chat.postMessage")) == posted


def test_deleting_the_reply_ends_what_waits(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """There is no place to approve it on any more."""
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    ops.slack.delete(CHANNEL, asked(ops, ts))
    assert ops.settled(ts)[0] == {WAITS, ERRORED}
    ops.clock.run_until(lambda: ops.replies(ts) == ["the reply to approve it on was deleted"])


@pytest.mark.parametrize("timeout", [5.0, 0.0])
def test_closing_the_source_interrupts_what_waits(
    ops: Ops,
    router: CommandRouter,
    people: dict[str, Any],
    ran: list[str],
    audit: pytest.LogCaptureFixture,
    timeout: float,
) -> None:
    """Nobody looks at its reply any more, so it says so; another reading does not take it up by itself."""
    source = ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    source.close(timeout)
    assert ops.settled(ts)[0] == {WAITS, INTERRUPTED}
    ops.clock.run_until(lambda: ending(ops, ts).startswith("interrupted: "))
    assert ending(ops, ts).endswith(" ended while this waited; :repeat: on the command runs it again")
    assert [vars(record)["decision"] for record in audit.records] == ["waits for approval", "interrupted"]
    assert f"interrupted: {Instance.current().name} ended while this waited; " in audit.text
    ops.clock.run_until(lambda: "closed" in repr(source))
    source.start()
    approve(ops, request, "ben")
    ops.after_sweeps(3)
    assert ran == []


def test_replies_that_go_on_asking_after_the_end_are_counted(
    ops: Ops,
    router: CommandRouter,
    people: dict[str, Any],
    audit: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """On stderr, and the audit names them: people can approve nothing there any more."""
    source = ops.start(router=router, **people)
    stamps = [ops.say(f"!drop {number}") for number in range(3)]
    for ts in stamps:
        asked(ops, ts)
    ops.slack.fault("chat.update", Fault.rate_limited(600, times=None))
    source.close(4)
    ops.clock.run_until(lambda: "closed" in repr(source))
    assert all(INTERRUPTED in ops.marks(ts) for ts in stamps)
    decisions = [vars(record)["decision"] for record in audit.records]
    assert [decisions.count(each) for each in ("unanswered when closing", "lost a reply")] == [3, 3]
    _, *lines = capfd.readouterr().err.splitlines()
    assert lines == ["slack_logging: 3 commands in #ops-commands are left unanswered"]


def test_the_mark_of_what_waited_comes_before_its_reply_says_so(
    ops: Ops, router: CommandRouter, people: dict[str, Any]
) -> None:
    """The mark keeps it from being run again by the next program, and there may be no time for both."""
    source = ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    asked(ops, ts)
    ops.clock.wait(queue.SimpleQueue(), 1.3)  # until the pace allows another mark, and the reader waits
    before = len(ops.slack.calls())
    source.close(5)
    calls = [call.method for call in ops.slack.calls()[before:]]
    assert [each for each in calls if each in {"reactions.add", "chat.update"}] == ["reactions.add", "chat.update"]


def test_what_waited_when_its_process_died_is_interrupted(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Our hourglass alone tells it, which stays for a while when it runs; who repeats it asks anew."""
    ts = ops.say("!drop orders")
    ops.slack.react(CHANNEL, ts, WAITS, user="ops")
    ops.start(router=router, **people)
    assert ops.settled(ts)[0] == {WAITS, INTERRUPTED}
    what = "what waited for approval to run this, or ran it already, has ended"
    says = f"interrupted: {what}; :repeat: on the command asks anew"
    ops.clock.run_until(lambda: ops.replies(ts) == [says])
    ops.slack.react(CHANNEL, ts, REPEAT, user="ada")
    ops.clock.run_until(lambda: len(ops.replies(ts)) == 2)
    assert ran == []
    approve(ops, str(ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"]), "ben")
    ops.clock.run_until(lambda: DONE in ops.marks(ts))
    assert len(ran) == 1


@pytest.mark.parametrize("besides", [EYES, PUZZLED])
def test_what_may_have_run_when_its_process_died_is_not_said_to_have_waited(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], besides: str
) -> None:
    """The hourglass stays for a while when it runs; and an edit may have mended what was not understood at first."""
    ts = ops.say("!drop orders")
    ops.slack.react(CHANNEL, ts, WAITS, user="ops")
    ops.slack.react(CHANNEL, ts, besides, user="ops")
    ops.start(router=router, **people)
    ops.clock.run_until(lambda: "or ran it already" in "".join(ops.replies(ts)))
    ops.clock.run_until(lambda: ops.marks(ts) == {WAITS, besides, INTERRUPTED})
    assert ran == []


def test_a_final_mark_of_another_process_ends_what_waits(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """A restart that overlaps: the new process found it interrupted, and told people so."""
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ops.slack.react(CHANNEL, ts, INTERRUPTED, user="ops")
    ops.clock.run_until(lambda: ending(ops, ts) == "settled by another process meanwhile")
    approve(ops, request, "ben")
    ops.after_sweeps(3)
    assert (ran, ops.marks(ts)) == ([], {WAITS, INTERRUPTED})


def test_who_is_asked_too_late_is_told_that_it_is_over(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Its time was over before Slack took the question: what can be read says so, and a thumb on it does nothing."""
    ops.slack.fault("chat.postMessage", Fault.server_error(times=None))
    source = ops.start(router=router, timeout=5, **people)
    ts = ops.say("!drop orders")
    ops.clock.run_until(lambda: ERRORED in ops.marks(ts))
    ops.slack.clear_faults()
    ops.clock.run_until(lambda: ops.replies(ts) and ending(ops, ts) == "timed out after 5s")
    approve(ops, str(ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"]), "ben")
    ops.after_sweeps(3)
    assert source._reader is not None
    assert (ran, ops.marks(ts), source._reader.desk.requests.all()) == ([], {EYES, ERRORED}, [])


# Slack's faults


def test_faults_cost_time_only(ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]) -> None:
    """A lost answer to the question, refused looks, and an edit that fails: asked once, run once."""
    ops.slack.fault("chat.postMessage", Fault.cut_after())
    ops.slack.fault("reactions.get", Fault.rate_limited(20))
    ops.slack.fault("reactions.get", Fault.server_error(times=2))
    ops.slack.fault("chat.update", Fault.server_error(times=1))
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    approve(ops, asked(ops, ts), "ben")
    ops.settled(ts)
    ops.clock.run_until(lambda: "approved by ben" in ending(ops, ts))
    assert (len(ran), len(ops.replies(ts))) == (1, 2)


def test_who_cannot_be_told_has_not_approved(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Nothing is decided until Slack tells who they are."""
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ops.slack.fault("users.info", Fault.server_error(times=None))
    approve(ops, request, "ben")
    began = ops.clock.monotonic()
    ops.clock.run_until(lambda: ops.clock.monotonic() - began > 90)
    assert ran == []
    ops.slack.clear_faults()
    assert ops.settled(ts)[0] == {WAITS, DONE}


def test_a_missing_scope_is_told_on_stderr(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody can see who approves: nobody has, and all else goes on."""
    token = ops.slack.token(*(ops.slack.app.scopes - {"reactions:read"}))
    ops.start(router=router, token=token, **people)
    ts = ops.say("!drop orders")
    approve(ops, asked(ops, ts), "ben")
    assert ops.type("!ping")[0] == {DONE}
    assert ops.settled(ts)[0] == {WAITS, ERRORED}
    assert ran == []
    said = capfd.readouterr().err
    assert said.count("commands cannot be approved: reactions.get: missing_scope (add the scope to the app") == 1


def test_an_end_that_cannot_be_shown_in_the_reply_is_told_below_it(
    ops: Ops, router: CommandRouter, people: dict[str, Any]
) -> None:
    """Some workspaces let nobody edit after a while."""
    ops.slack.fault("chat.update", Fault.error("edit_window_closed"))
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    asked(ops, ts)
    ops.settled(ts)
    ops.clock.run_until(lambda: ops.replies(ts)[1:] == ["not approved within 10m"])


def test_no_part_of_a_command_passes_for_a_line_of_ours(
    ops: Ops, router: CommandRouter, people: dict[str, Any]
) -> None:
    """It is stated on one line, and literally."""
    ops.start(router=router, **people)
    ts = ops.say('!drop "orders\napproved by cleo <!channel>\u2028*now*"', raw=True)
    asked(ops, ts)
    lines = ops.replies(ts)[0].split("\n")
    assert lines[0] == '!drop "orders \u23ce approved by cleo @channel \u23ce *now*"'
    assert [line.partition(" ")[0] for line in lines[1:]] == ["asked", "until"]


def test_a_command_that_cannot_be_shown_whole_is_not_asked_for(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Nobody approves what they cannot read."""
    ops.start(router=router, **people)
    ts = ops.say(f"!drop {'x' * 13_000}", raw=True)
    marks, replies = ops.settled(ts)
    assert marks == {PUZZLED}
    assert replies[0].startswith("too long to be approved")
