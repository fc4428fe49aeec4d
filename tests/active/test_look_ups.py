"""Who has to be looked up waits for Slack, and nobody else does."""

from __future__ import annotations

import queue
import threading

import pytest

from slack_logging import BadArguments, Command, CommandRouter
from slack_logging.local import Fault
from tests.active.conftest import CHANNEL, DONE, EYES, LATE, PUZZLED, REFUSED, Ops
from tests.active.test_push import connect, marked

LOOK_UPS = ["users.info", "usergroups.list"]


@pytest.fixture
def groups(ops: Ops) -> list[str]:
    """Return more user groups than Slack could be asked about one by one in a minute; zoe is in one of them."""
    ops.slack.add_user("zoe")
    return [ops.slack.add_group(f"team-{number}", ["ben"]) for number in range(30)] + [
        ops.slack.add_group("zoes", ["zoe"])
    ]


@pytest.mark.parametrize("pushed", [True, False])
def test_many_groups_cost_one_call_a_minute(ops: Ops, router: CommandRouter, groups: list[str], pushed: bool) -> None:
    """Their members' commands run at once, and so do others'; also when it is asked anew."""
    if pushed:
        connect(ops, router, allow=[ops.slack.user_id("ada"), *groups])
    else:
        ops.start(router=router, allow=[ops.slack.user_id("ada"), *groups])
        ops.type("!echo x")
    wait = ops.slack.wait_for if pushed else ops.clock.run_until  # what is pushed needs no time at all
    for number in range(3):
        began, theirs, own = ops.clock.monotonic(), ops.say("!echo x", user="zoe"), ops.say("!echo x")
        wait(lambda: ops.marks(theirs) == ops.marks(own) == {DONE})  # noqa: B023 - called at once
        assert ops.clock.monotonic() - began <= 5
        assert len(ops.slack.calls("usergroups.list")) <= 2 * (number + 1)  # two threads may ask at the same time
        ops.clock.advance(61)
    assert ops.slack.calls("usergroups.users.list") == []


def test_who_is_in_no_group_is_refused_at_once(ops: Ops, router: CommandRouter, groups: list[str]) -> None:
    """However many there are; and not as somebody who might be in one."""
    connect(ops, router, allow=[ops.slack.user_id("ada"), *groups])
    ts = ops.say("!echo x", user=ops.slack.add_user("eve"))
    assert marked(ops, ts) == {REFUSED}
    ops.slack.wait_for(lambda: ops.replies(ts))
    assert "not on the list" in ops.replies(ts)[0]


@pytest.mark.parametrize("pushed", [True, False])
def test_a_crowd_of_strangers_holds_up_nobody(ops: Ops, pushed: bool) -> None:
    """They are more than Slack can be asked about at once: the last of them are refused later."""
    router, ran = CommandRouter(), []
    router.command("note")(lambda: ran.append(ops.clock.monotonic()))
    if pushed:
        connect(ops, router)
    else:
        ops.start(router=router)
    ops.type("!note")
    asked = [ops.say("!note", user=ops.slack.add_user(f"stranger-{number}")) for number in range(40)]
    began = ops.clock.monotonic()
    ops.say("!note")
    if pushed:
        ops.slack.wait_for(lambda: len(ran) == 2)  # while time stands still
    ops.clock.run_until(lambda: len(ran) == 2)
    assert ran[1] - began <= 5
    ops.clock.run_until(lambda: all(ops.marks(ts) == {REFUSED} for ts in asked))


@pytest.mark.parametrize("pushed", [True, False])
@pytest.mark.parametrize("method", LOOK_UPS)
@pytest.mark.parametrize("fault", [Fault.rate_limited(30), Fault.server_error(times=2), Fault.cut_before(times=2)])
def test_who_cannot_be_told_just_now_waits_and_others_do_not(
    ops: Ops, router: CommandRouter, method: str, fault: Fault, pushed: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """A command is decided once Slack tells whose it is; one line on stderr says that it waits."""
    allow = [ops.slack.user_id("ada"), ops.slack.add_group("oncall", ["ben"])]
    if pushed:
        connect(ops, router, allow=allow)
    else:
        ops.start(router=router, allow=allow)
    ops.type("!echo x")  # who ada is counts for a minute
    ops.slack.fault(method, fault)
    theirs = ops.say("!echo x", user="ben")
    wait = ops.slack.wait_for if pushed else ops.clock.run_until
    wait(lambda: [call for call in ops.slack.calls(method) if call.status != 200])
    own = ops.say("!echo y")
    wait(lambda: ops.marks(own) == {DONE})
    assert ops.marks(theirs) == set()
    assert ops.settled(theirs) == ({DONE}, ["x"])
    ops.after_sweeps()
    lines = [line for line in capfd.readouterr().err.splitlines() if "#ops-commands" in line]
    assert ["some wait" in line for line in lines] == [False, True, False]
    assert method in lines[1]


def test_who_is_known_does_not_wait_while_slack_takes_long_about_others(ops: Ops) -> None:
    """What is pushed is taken in all the same, and acknowledged in time."""
    router, ran = CommandRouter(), []
    router.command("note")(lambda: ran.append(1))
    stranger = ops.slack.add_user("eve")
    connect(ops, router)
    ops.say("!note")
    ops.slack.wait_for(lambda: ran)
    ops.slack.fault("users.info", Fault.latency(3600, times=None))  # time stands still
    ops.say("!note", user=stranger)
    ops.slack.wait_for(lambda: ops.slack.faults_met)
    ops.say("!note")
    ops.slack.wait_for(lambda: len(ran) == 2)
    ops.slack.wait_for(lambda: not ops.slack.deliveries())
    ops.slack.clear_faults()
    ops.clock.advance(3601)  # and the answer comes


def test_what_waits_is_not_forgotten_while_others_type(ops: Ops, router: CommandRouter) -> None:
    """Also for longer than each look goes back: it runs once Slack tells, or is too old."""
    allow = [ops.slack.user_id("ada"), ops.slack.add_group("oncall", ["ben"])]
    ops.start(router=router, allow=allow, max_age="1h")
    ops.slack.fault("usergroups.list", Fault.server_error(times=None))
    theirs = ops.say("!echo x", user="ben")
    for _ in range(3):
        ops.type("!echo y")
        ops.clock.advance(900)
    ops.slack.clear_faults()
    assert ops.settled(theirs) == ({DONE}, ["x"])
    ops.clock.advance(61)
    ops.slack.fault("usergroups.list", Fault.server_error(times=None))
    ts = ops.say("!echo x", user="ben")
    ops.type("!echo y")
    ops.clock.advance(3601)
    assert ops.settled(ts) == ({LATE}, [])


def test_while_slack_does_not_answer_few_calls_are_made(ops: Ops, router: CommandRouter) -> None:
    """One a look, as each may take long; the commands of those who are known come first."""
    ops.start(router=router)
    ops.type("!echo x")
    ops.slack.fault("users.info", Fault.server_error(times=None))
    for number in range(10):
        ops.say("!echo x", user=ops.slack.add_user(f"stranger-{number}"))
    before = len(ops.slack.calls("users.info")), len(ops.slack.calls("conversations.history"))
    assert ops.type("!echo y") == ({DONE}, ["y"])
    ops.after_sweeps(3)
    asked = len(ops.slack.calls("users.info")) - before[0]
    assert 1 <= asked <= len(ops.slack.calls("conversations.history")) - before[1]


def test_a_group_that_is_disabled_is_told_of(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]
) -> None:
    """Slack tells of the others all the same."""
    gone = ops.slack.add_group("gone", ["ben"], disabled=True)
    ops.slack.add_user("zoe")
    ops.start(router=router, allow=[gone, ops.slack.add_group("zoes", ["zoe"])])
    assert ops.type("!echo x", user="ben")[0] == {REFUSED}
    assert ops.type("!echo x", user="zoe")[0] == {DONE}
    assert capfd.readouterr().err.count(f"Slack tells of no user group {gone}, so it lets nobody in") == 1


def test_who_is_named_steers_also_while_slack_tells_of_no_group(ops: Ops) -> None:
    """It does not depend on one."""
    router = CommandRouter()

    @router.command
    def work(*, command: Command) -> None:
        while not command.cancelled:
            command.origin.clock.wait(queue.SimpleQueue(), 1.0)

    ops.start(router=router, allow=[ops.slack.user_id("ada"), ops.slack.add_group("oncall", ["ben"])])
    ts = ops.say("!work")
    ops.clock.run_until(lambda: EYES in ops.marks(ts))
    ops.slack.fault("usergroups.list", Fault.server_error(times=None))
    ops.slack.react(CHANNEL, ts, "octagonal_sign", user="ada")
    assert ops.settled(ts)[1] == ["cancelled by ada"]


def test_an_edit_is_admitted_anew_also_where_slack_did_not_tell_at_first(ops: Ops) -> None:
    """Who may no longer, and edits what was not understood, is refused once Slack tells."""
    ops.slack.add_user("zoe")
    source, seen = ops.source(allow=[ops.slack.add_group("zoes", ["zoe"])]), []

    def loop() -> None:
        for command in source:
            with command:
                seen.append(command.text)
                raise BadArguments("what?")

    ops.clock.start(threading.Thread(target=loop))
    ts = ops.say("!one", user="zoe")
    ops.clock.run_until(lambda: PUZZLED in ops.marks(ts))
    ops.slack.add_group("zoes", [])
    ops.slack.fault("usergroups.list", Fault.rate_limited(5))
    ops.clock.advance(61)
    ops.slack.edit(CHANNEL, ts, "!two")
    ops.clock.run_until(lambda: REFUSED in ops.marks(ts))
    source.close()
    assert seen == ["!one"]


def test_help_and_what_is_mistyped_are_answered_while_slack_tells_of_no_group(ops: Ops, router: CommandRouter) -> None:
    """Help leaves out what takes a role that cannot be looked up; a wrong name is not understood, as ever."""
    router.command("secure", roles=["admins"])(lambda: None)
    ada = ops.slack.user_id("ada")
    ops.start(router=router, allow=[ada], roles={"admins": [ops.slack.add_group("admins", ["ada"])]})
    ops.slack.fault("usergroups.list", Fault.rate_limited(60, times=None))
    marks, [reply] = ops.type("!help")
    assert (marks - {EYES}, "!echo" in reply, "!secure" in reply) == ({DONE}, True, False)
    assert ops.type("!ehco x")[0] - {EYES} == {PUZZLED}
