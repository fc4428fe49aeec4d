"""A command that others must approve runs once they did, on the reply that states it, and only while they may."""

from __future__ import annotations

import logging
import queue
from collections.abc import Iterator
from typing import Any

import pytest

from slack_logging import Command, CommandRouter, ConfigurationError, SlackCommandSource
from slack_logging.local import Fault
from tests.active.conftest import CHANNEL, DONE, ERRORED, EYES, INTERRUPTED, PUZZLED, REFUSED, Ops

WAITS, APPROVE, REPEAT, STOP = "hourglass_flowing_sand", "+1", "repeat", "octagonal_sign"


@pytest.fixture
def ran() -> list[str]:
    """Return what ran, and for whom."""
    return []


@pytest.fixture
def router(ran: list[str]) -> CommandRouter:
    """Return a command that one other must approve, one that two others of a role must, and one that takes its time."""
    router = CommandRouter()

    @router.command(approvals=1)
    def drop(table: str, *, command: Command) -> str:
        ran.append(f"{table} for {command.user}, attempt {command.attempt}")
        return f"dropped {table}"

    @router.command(approvals=2, roles=["admins"], approve_within="1h")
    def purge() -> None:
        ran.append("purge")

    @router.command
    def work(*, command: Command) -> None:
        while not command.cancelled:
            command.origin.clock.wait(queue.SimpleQueue(), 1.0)

    return router


@pytest.fixture
def people(ops: Ops) -> dict[str, Any]:
    """Return the options by which ada, ben, cleo and those in a group may, and all but those are admins."""
    ops.slack.add_user("cleo")
    ids = [ops.slack.user_id(name) for name in ("ada", "ben", "cleo")]
    return {"allow": [*ids, ops.slack.add_group("oncall", [])], "roles": {"admins": ids}}


@pytest.fixture
def audit(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Return the audit."""
    caplog.set_level(logging.INFO, "slack_logging.audit")
    return caplog


def asked(ops: Ops, ts: str) -> str:
    """Wait until a command is stated for approval; return the `ts` of the reply."""
    ops.clock.run_until(lambda: WAITS in ops.marks(ts))
    return str(ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"])


def approve(ops: Ops, request: str, user: str, emoji: str = APPROVE) -> None:
    """Have somebody approve."""
    ops.slack.react(CHANNEL, request, emoji, user=user)


def ending(ops: Ops, ts: str) -> str:
    """Return the last line of the first reply."""
    return ops.replies(ts)[0].split("\n")[-1]


def test_a_command_waits_for_another_to_approve_it(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """The reply states it, and in the end who approved it; the answer follows it."""
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ada, ben = (ops.slack.user_id(name) for name in ("ada", "ben"))
    [stated] = ops.replies(ts)
    assert stated.split("\n")[:2] == [
        "!drop orders",
        f"asked by ada ({ada}); one other person who may run it can approve it with :+1: on this reply,",
    ]
    assert stated.endswith(" UTC (10m from now)")
    ops.after_sweeps(3)
    assert (ran, ops.marks(ts)) == ([], {WAITS})
    approve(ops, request, "ben")
    marks, _ = ops.settled(ts)
    ops.clock.run_until(lambda: ending(ops, ts) == f"approved by ben ({ben})")
    assert marks == {WAITS, DONE}
    assert ops.replies(ts)[1:] == ["dropped orders"]
    assert ran == [f"orders for {ada}, attempt 1"]


@pytest.mark.parametrize("emoji", ["+1", "thumbsup", "+1::skin-tone-3"])
def test_every_thumb_is_one(ops: Ops, router: CommandRouter, people: dict[str, Any], emoji: str) -> None:
    """Whatever its skin and name."""
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    approve(ops, asked(ops, ts), "ben", emoji)
    assert ops.settled(ts)[0] == {WAITS, DONE}


def test_the_emoji_can_have_other_names(ops: Ops, router: CommandRouter, people: dict[str, Any]) -> None:
    """The reply says which."""
    ops.start(router=router, emoji={"approve": "heavy_check_mark", "pending": "hourglass"}, **people)
    ts = ops.say("!drop orders")
    ops.clock.run_until(lambda: "hourglass" in ops.marks(ts))
    request = ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"]
    assert "with :heavy_check_mark: on this reply" in ops.replies(ts)[0]
    approve(ops, request, "ben")
    ops.after_sweeps(3)
    assert ops.marks(ts) == {"hourglass"}
    approve(ops, request, "ben", "heavy_check_mark")
    assert DONE in ops.settled(ts)[0]


def test_two_others_of_a_role_are_two(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], audit: pytest.LogCaptureFixture
) -> None:
    """Two thumbs of one person are one; who lacks the role does not count."""
    ops.slack.add_user("dan")
    ops.slack.add_group("oncall", ["dan"])
    ops.start(router=router, **people)
    ts = ops.say("!purge")
    request = asked(ops, ts)
    assert "2 other people with the role admins" in ops.replies(ts)[0]
    approve(ops, request, "ben")
    approve(ops, request, "ben", "+1::skin-tone-5")
    approve(ops, request, "dan")
    approve(ops, request, "ada")
    ops.after_sweeps(4)
    assert ran == []
    approve(ops, request, "cleo")
    assert ops.settled(ts)[0] == {WAITS, DONE}
    ada, ben, cleo, dan = (ops.slack.user_id(name) for name in ("ada", "ben", "cleo", "dan"))
    decisions = [record.getMessage() for record in audit.records if "approval by" in record.getMessage()]
    assert sorted(decisions) == sorted(
        [
            f"approval by {ben} allowed: '!purge'",
            f"approval by {dan} refused: '!purge'",
            f"approval by {ada} refused, as it is theirs: '!purge'",
            f"approval by {cleo} allowed: '!purge'",
        ]
    )


def uncounted(ops: Ops) -> dict[str, str]:
    """Add people whose thumbs count for nothing; return them."""
    for name, kind in {"guest": {"guest": True}, "stranger": {"external": True}, "helper": {"bot": True}}.items():
        ops.slack.add_user(name, **kind)  # type: ignore[arg-type]  # the kinds are typed apart
    for name in ("eve", "gone", "former"):
        ops.slack.add_user(name)
    return {"group": ops.slack.add_group("others", ["guest", "stranger", "helper", "gone"])}


@pytest.mark.parametrize("who", ["ada", "eve", "guest", "stranger", "helper", "gone", "former", "ops"])
def test_other_peoples_thumbs_do_not_count(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], who: str
) -> None:
    """Not the author's, a bot's that is named itself, ours, a guest's by a group, a removed or a deactivated one's."""
    group = uncounted(ops)["group"]
    allow = [*people["allow"], group, ops.slack.user_id("helper")]
    ops.start(router=router, **{**people, "allow": allow})
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    approve(ops, request, who)
    if who == "gone":
        ops.slack.deactivate(who)  # the clock stands still: nobody has looked yet
    ops.after_sweeps(4)
    assert (ran, ops.marks(ts)) == ([], {WAITS})


def test_a_thumb_on_the_command_itself_is_none(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """It was put there before people could read what is to run."""
    ts = ops.say("!drop orders")
    approve(ops, ts, "ben")
    ops.start(router=router, **people)
    asked(ops, ts)
    ops.after_sweeps(4)
    assert (ran, ops.marks(ts)) == ([], {APPROVE, WAITS})


def test_a_thumb_that_is_taken_away_does_not_count(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """As long as not enough are there."""
    ops.start(router=router, **people)
    ts = ops.say("!purge")
    request = asked(ops, ts)
    approve(ops, request, "ben")
    ops.after_sweeps()
    ops.slack.unreact(CHANNEL, request, APPROVE, user="ben")
    approve(ops, request, "cleo")
    ops.after_sweeps(4)
    assert ran == []


def test_what_nobody_approves_in_time_is_errored(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """The reply says so, and a later thumb changes nothing; who repeats it asks anew."""
    ops.start(router=router, **people)
    before = ops.clock.monotonic()
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    assert ops.settled(ts)[0] == {WAITS, ERRORED}
    assert 600 <= ops.clock.monotonic() - before < 620
    ops.clock.run_until(lambda: ending(ops, ts) == "not approved within 10m")
    approve(ops, request, "ben")
    ops.after_sweeps(3)
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.clock.run_until(lambda: len(ops.replies(ts)) == 2)
    again = ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"]
    approve(ops, again, "ben")  # it is his now
    ops.after_sweeps(3)
    assert ran == []
    approve(ops, again, "ada")
    ops.clock.run_until(lambda: ran)
    assert ran == [f"orders for {ops.slack.user_id('ben')}, attempt 1"]


def test_a_thumb_in_the_last_moment_counts(ops: Ops, router: CommandRouter, people: dict[str, Any]) -> None:
    """The last look is at the very end."""
    ops.start(router=router, poll_interval="1m", **people)
    ts = ops.say("!drop orders")
    began = ops.clock.monotonic()
    request = asked(ops, ts)
    ops.clock.run_until(lambda: ops.clock.monotonic() - began >= 590)
    approve(ops, request, "ben")
    assert ops.settled(ts)[0] == {WAITS, DONE}


def test_a_worker_is_free_while_a_command_waits(ops: Ops, router: CommandRouter, people: dict[str, Any]) -> None:
    """Ten wait, and the only worker does others' commands."""
    ops.start(router=router, workers=1, **people)
    waiting = [ops.say(f"!drop t{number}") for number in range(10)]
    for ts in waiting:
        asked(ops, ts)
    assert ops.type("!ping")[0] == {DONE}


def test_slack_is_asked_only_while_something_waits(ops: Ops, router: CommandRouter, people: dict[str, Any]) -> None:
    """And no more often than at each poll."""
    ops.start(router=router, **people)
    ops.type("!ping")
    ops.after_sweeps(5)
    assert ops.slack.calls("reactions.get") == []
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ops.clock.advance(0)
    seen = len(ops.slack.calls("reactions.get"))
    began = ops.clock.monotonic()
    ops.clock.run_until(lambda: ops.clock.monotonic() - began >= 60)
    assert 11 <= len(ops.slack.calls("reactions.get")) - seen <= 13
    approve(ops, request, "ben")
    ops.settled(ts)
    ops.after_sweeps()
    seen = len(ops.slack.calls("reactions.get"))
    ops.after_sweeps(5)
    assert len(ops.slack.calls("reactions.get")) == seen


def test_news_of_an_emoji_brings_the_look_forward(ops: Ops, router: CommandRouter, people: dict[str, Any]) -> None:
    """Who brings it decides nothing."""
    source = ops.start(router=router, poll_interval="5m", **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ops.clock.run_until(lambda: ops.slack.calls("reactions.get"))
    began = ops.clock.monotonic()
    approve(ops, request, "ben")
    assert source._reader is not None
    source._reader.look_for_approval("1.0")
    source._reader.look_for_approval(request)
    ops.settled(ts)
    assert ops.clock.monotonic() - began < 10


# Before it runs


def busy(ops: Ops) -> str:
    """Have the only worker be busy; return the `ts` of the command that keeps it so."""
    ts = ops.say("!work")
    ops.clock.run_until(lambda: EYES in ops.marks(ts))
    return ts


def approved_while_busy(ops: Ops, **options: Any) -> tuple[str, str, str]:
    """Return the `ts` of a command that dan approved while the worker is busy, of its request, and of what is busy."""
    ops.slack.add_user("dan")
    ops.slack.add_group("oncall", ["dan"])
    ops.start(workers=1, **options)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    other = busy(ops)
    approve(ops, request, "dan")
    ops.clock.run_until(lambda: "approved by" in ending(ops, ts))
    return ts, request, other


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
    assert len(source._reader.desk.requests()) == 1
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


# How else it ends


def test_who_may_cancels_what_waits(ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]) -> None:
    """The reply says who; a thumb comes too late."""
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ops.slack.react(CHANNEL, ts, STOP, user="ben")
    assert ops.settled(ts)[0] == {WAITS, STOP, ERRORED}
    ops.clock.run_until(lambda: ending(ops, ts) == "cancelled by ben")
    approve(ops, request, "ben")
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
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], timeout: float
) -> None:
    """Nobody looks at its reply any more, so it says so; another reading does not take it up by itself."""
    source = ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    source.close(timeout)
    assert ops.settled(ts)[0] == {WAITS, INTERRUPTED}
    ops.clock.run_until(lambda: ending(ops, ts).startswith("interrupted: "))
    assert ending(ops, ts).endswith(" ended while this waited")
    ops.clock.run_until(lambda: "closed" in repr(source))
    source.start()
    approve(ops, request, "ben")
    ops.after_sweeps(3)
    assert ran == []


def test_what_waited_when_its_process_died_is_interrupted(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """Our hourglass alone tells it; who repeats it asks anew."""
    ts = ops.say("!drop orders")
    ops.slack.react(CHANNEL, ts, WAITS, user="ops")
    ops.start(router=router, **people)
    assert ops.settled(ts)[0] == {WAITS, INTERRUPTED}
    says = "interrupted: what was to run this once it is approved has ended; :repeat: on the command asks for it again"
    ops.clock.run_until(lambda: ops.replies(ts) == [says])
    ops.slack.react(CHANNEL, ts, REPEAT, user="ada")
    ops.clock.run_until(lambda: len(ops.replies(ts)) == 2)
    assert ran == []
    approve(ops, str(ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"]), "ben")
    ops.clock.run_until(lambda: DONE in ops.marks(ts))
    assert len(ran) == 1


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


# Without worker threads, and what cannot be configured


def test_a_router_beside_ones_own_loop_works_too(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """It gives the command back, and the source yields it again once it is approved."""
    source = ops.source(**people)
    ts = ops.say("!drop orders")
    seen: list[int] = []

    def commands() -> Iterator[Command]:
        yield from source

    for command in commands():
        seen.append(command.attempt)
        router.run(command)
        if not ran:
            approve(ops, asked(ops, ts), "ben")
        else:
            break
    assert (seen, len(ran)) == ([1, 1], 1)
    assert ops.settled(ts)[0] == {WAITS, DONE}


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({"allow": ["U0ADA"]}, {"approvals": 1}),
        ({"allow": ["U0ADA", "U0BEN", "B0BOT"]}, {"approvals": 2}),
        ({"allow": ["U0ADA", "S0OPS"], "roles": {"admins": ["U0ADA"]}}, {"approvals": 1, "roles": ["admins"]}),
        ({"allow": ["U0ADA", "U0BEN"], "roles": {"admins": ["S0OPS"]}}, {"approvals": 2, "roles": ["admins"]}),
    ],
)
def test_what_nobody_could_ever_get_approved_is_a_mistake(options: dict[str, Any], command: dict[str, Any]) -> None:
    """Where the ids alone tell."""
    router = CommandRouter()
    router.command("drop", **command)(lambda: None)
    with pytest.raises(ConfigurationError, match=r"command 'drop' wants \d others to approve it, but \d may run it"):
        SlackCommandSource("#ops", router=router, **options).check()


@pytest.mark.parametrize(
    "options",
    [
        {"allow": ["U0ADA", "U0BEN"]},
        {"allow": ["S0OPS"]},
        {"allow": ["U0ADA", "U0BEN"], "roles": {"admins": ["S0OPS"]}},
    ],
)
def test_where_others_may_exist_it_is_none(options: dict[str, Any]) -> None:
    """Who is in a user group, only Slack knows."""
    router = CommandRouter()
    router.command("drop", approvals=1, roles=[*options.get("roles", [])])(lambda: None)
    SlackCommandSource("#ops", router=router, **options).check()


@pytest.mark.parametrize("options", [{"approvals": -1}, {"approvals": "one"}, {"approve_within": -1}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    """At once."""
    with pytest.raises(ConfigurationError):
        CommandRouter().command("drop", **options)
