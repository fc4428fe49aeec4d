"""Who may not is told so, by what Slack says about people and groups; bots that are not named are not heard."""

from __future__ import annotations

from typing import Any

import pytest

from slack_logging import CommandRouter
from slack_logging.active import desk
from slack_logging.local.faults.fault import Fault
from tests.active.conftest import DONE, REFUSED, Ops


def test_who_is_not_allowed_is_told_who_they_are(ops: Ops, router: CommandRouter) -> None:
    """The reply gives the id to put on the list, and nothing away; it is not repeated each time."""
    ops.start(router=router)
    ben = ops.slack.user_id("ben")
    marks, [reply] = ops.type("!echo x", user="ben")
    assert marks == {REFUSED}
    assert reply == (
        f"You are {ben}, not on the list of those who may run commands here. "
        f"Whoever configures this service can add {ben} to allow."
    )
    assert ops.type("!anything", user="ben") == ({REFUSED}, [])


def test_everybody_who_is_refused_is_told_in_the_end(ops: Ops, router: CommandRouter) -> None:
    """A crowd, a throttled channel and a lost call cost time, and hold up nobody's command."""
    ops.start(router=router)
    ops.slack.fault("chat.postMessage", Fault.rate_limited(20))
    ops.slack.fault("chat.postMessage", Fault.cut_before())
    crowd = [ops.slack.add_user(f"stranger-{number}") for number in range(12)]
    asked = {user: ops.say("!echo x", user=user) for user in crowd}
    welcome = ops.say("!echo y")
    ops.clock.run_until(lambda: ops.marks(welcome))
    ops.clock.run_until(lambda: all(ops.replies(ts) for ts in asked.values()))
    assert [len(ops.replies(ts)) for ts in asked.values()] == [1] * 12
    assert all(user in ops.replies(ts)[0] for user, ts in asked.items())


@pytest.mark.parametrize(
    ("kind", "named", "outcome"),
    [
        ({}, False, DONE),
        ({"guest": True}, False, REFUSED),
        ({"guest": "single-channel"}, False, REFUSED),
        ({"external": True}, False, REFUSED),
        ({"guest": True}, True, DONE),
        ({"external": True}, True, DONE),
    ],
)
def test_a_group_admits_members_of_the_workspace_only(
    ops: Ops, router: CommandRouter, kind: dict[str, Any], named: bool, outcome: str
) -> None:
    """Guests and strangers must be named themselves."""
    eve = ops.slack.add_user("eve", **kind)
    group = ops.slack.add_group("oncall", ["eve"])
    ops.start(router=router, allow=[group, eve] if named else [group])
    assert ops.type("!echo x", user="eve")[0] == {outcome}


@pytest.mark.parametrize("named", [False, True])
def test_who_is_deactivated_when_it_is_read_is_refused(ops: Ops, router: CommandRouter, named: bool) -> None:
    """Whatever he was allowed when he typed it."""
    eve = ops.slack.add_user("eve")
    group = ops.slack.add_group("oncall", ["eve"])
    ts = ops.say("!echo x", user="eve")
    ops.slack.deactivate("eve")
    ops.start(router=router, allow=[group, eve] if named else [group])
    assert ops.settled(ts)[0] == {REFUSED}


def test_a_group_is_asked_again_after_a_minute(ops: Ops, router: CommandRouter) -> None:
    """Who left it may no more, who joined it may."""
    group = ops.slack.add_group("oncall", ["ben"])
    ops.start(router=router, allow=group)
    assert ops.type("!echo x", user="ben")[0] == {DONE}
    ops.slack.add_group("oncall", ["ada"])
    ops.clock.advance(61)
    assert ops.type("!echo x", user="ben")[0] == {REFUSED}
    assert ops.type("!echo x", user="ada")[0] == {DONE}


def test_who_cannot_be_looked_up_is_refused(ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]) -> None:
    """Without the scope, Slack tells nothing, and unknown means no; stderr says what to add."""
    token = ops.slack.token("channels:history", "channels:read", "groups:read", "chat:write", "reactions:write")
    ops.start(router=router, token=token)
    told = (
        f"You are {ops.slack.user_id('ada')}, unknown: Slack did not say who that is. Why not is on the stderr of this"
    )
    assert ops.type("!echo x") == ({REFUSED}, [f"{told} service."])
    assert "missing_scope (add the scope to the app and install it again: users:read;" in capfd.readouterr().err


def test_bots_are_ignored_unless_named(ops: Ops, router: CommandRouter) -> None:
    """Not even refused, because two bots that answer each other never end."""
    deployer = ops.slack.add_user("deployer", bot=True)
    ops.slack.add_user("chatter", bot=True)
    ops.start(router=router, allow=[deployer])
    ignored = ops.say("!echo x", user="chatter")
    assert ops.type("!echo y", user="deployer") == ({DONE}, ["y"])
    assert (ops.marks(ignored), ops.replies(ignored)) == (set(), [])


# Groups that Slack does not tell


def untold(ops: Ops, user: str) -> str:
    """Return what somebody is told whose groups could not be told."""
    return (
        f"You are {user}, perhaps in a user group that may, which could not be told: Slack did not say who is in it. "
        "Why not is on the stderr of this service."
    )


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.error("plan_upgrade_required"), "usergroups.list: plan_upgrade_required"),
        (Fault.error("missing_scope"), "missing_scope (add the scope to the app and install it again"),
    ],
)
def test_a_member_of_a_group_that_slack_does_not_tell_is_told_that(
    ops: Ops, router: CommandRouter, fault: Fault, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Refused, but not as one who is on no list; who is named by id is asked about no group."""
    ben = ops.slack.user_id("ben")
    group = ops.slack.add_group("oncall", ["ben"])
    ops.slack.fault("usergroups.list", fault)
    ops.start(router=router, allow=[ops.slack.user_id("ada"), group])
    assert ops.type("!echo x")[0] == {DONE}
    assert ops.slack.calls("usergroups.list") == []
    assert ops.type("!echo x", user="ben") == ({REFUSED}, [untold(ops, ben)])
    assert reason in capfd.readouterr().err


def test_a_role_by_a_group_that_slack_does_not_tell_is_told_so(ops: Ops) -> None:
    """Who may run others is not said to lack it."""
    router = CommandRouter()
    router.command("deploy", roles=["deployers"])(lambda: "deployed")
    group = ops.slack.add_group("deployers", ["ada"])
    ops.slack.fault("usergroups.list", Fault.error("plan_upgrade_required", times=None))
    ops.start(router=router, roles={"deployers": [group]})
    assert ops.type("!deploy") == ({REFUSED}, [untold(ops, ops.slack.user_id("ada"))])


def test_a_crowd_does_not_hold_up_others_while_groups_time_out(ops: Ops, router: CommandRouter) -> None:
    """What was not answered is asked again after ten seconds, not for everybody; then all are refused."""
    group = ops.slack.add_group("oncall", ["ben"])
    ops.slack.fault("usergroups.list", Fault.server_error(times=None))
    crowd = [ops.slack.add_user(f"stranger-{number}") for number in range(10)]
    ops.start(router=router, allow=[ops.slack.user_id("ada"), group])
    asked = [ops.say("!echo x", user=user) for user in crowd]
    welcome = ops.say("!echo y")
    began = ops.clock.monotonic()
    ops.clock.run_until(lambda: ops.marks(welcome))
    assert ops.clock.monotonic() - began <= 5
    ops.clock.run_until(lambda: ops.clock.monotonic() - began > 30)
    assert len(ops.slack.calls("usergroups.list")) <= 4
    ops.slack.clear_faults()
    ops.clock.run_until(lambda: all(ops.marks(ts) == {REFUSED} for ts in asked))


# A flood


def test_nobody_has_more_than_so_many_commands_at_once(
    ops: Ops, router: CommandRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More are refused, with a reply once in ten minutes; others' are not, nor are hers when some are done."""
    monkeypatch.setattr(desk, "MOST_PER_USER", 3)
    ada, ben = ops.slack.user_id("ada"), ops.slack.user_id("ben")
    stamps = [ops.say(f"!echo {number}") for number in range(5)]
    source = ops.source(allow=[ada, ben])
    commands = iter(source)
    first = next(commands)
    ops.clock.run_until(lambda: [ops.marks(ts) for ts in stamps[3:]] == [{REFUSED}, {REFUSED}])
    ops.clock.run_until(lambda: ops.replies(stamps[3]))
    told = f"You are {ada}, asking for too much at once: as many commands of yours as anybody may have wait or run. "
    assert ops.replies(stamps[3]) == [told + "Type this again when some of them are done."]
    assert source._reader is not None
    waiting, *_ = source._reader.desk.waiting()
    assert not source._reader.desk.is_full(waiting)  # two threads may read one message at the same time
    theirs = ops.say("!echo z", user="ben")
    ops.after_sweeps()
    assert (ops.marks(theirs), ops.replies(stamps[4])) == (set(), [])
    first.ack()
    more = ops.say("!echo 6")
    ops.after_sweeps()
    assert ops.marks(more) == set()
    commands.close()


def test_who_asks_for_little_does_not_wait_for_who_asks_for_much(ops: Ops, router: CommandRouter) -> None:
    """The next to run is of whoever has the fewest running; each one's are taken in their order."""
    ada, ben = ops.slack.user_id("ada"), ops.slack.user_id("ben")
    flood = [ops.say(f"!echo {number}") for number in range(4)]
    theirs = ops.say("!echo z", user="ben")
    commands = iter(ops.source(allow=[ada, ben]))
    first = next(commands)
    ops.after_sweeps()
    taken = [first, *(next(commands) for _ in range(4))]
    assert [command.ts for command in taken] == [flood[0], theirs, *flood[1:]]
    commands.close()
