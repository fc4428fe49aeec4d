"""One-time codes: the last word of a command proves that it is who it seems, once."""

from __future__ import annotations

import logging
import queue
import sys
from typing import Any

import pyotp
import pytest

from slack_logging import Command, CommandRouter, MissingDependencyError, SlackCommandSource
from slack_logging.active import source as sources
from slack_logging.active.people import codes
from slack_logging.active.people.codes import LOCKED_FOR, MOST_WRONG, STEP, Codes, Proof, check_secrets
from slack_logging.local import Fault
from slack_logging.testing import FakeClock
from tests.active.conftest import CHANNEL, DONE, ERRORED, EYES, INTERRUPTED, LATE, PUZZLED, REFUSED, Ops

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NO_MORE = "That code does not count. Type the command again with a new one."
BEFORE = (
    "This service has just begun to read, and that code may have been used before. "
    "In a minute, the one that is shown then counts: type the command again with it."
)
SPENT = "a code that was shown counts no more: type the command again with a new one"
WAITS = "hourglass_flowing_sand"
AGAIN = "type it again with a new code"


def code(clock: FakeClock, *, steps: int = 0) -> str:
    """Return what ada's authenticator shows, or showed so many steps ago."""
    return pyotp.TOTP(KEY).generate_otp(int(clock.time()) // STEP + steps)


def next_code(ops: Ops) -> str:
    """Return a code that was not shown before."""
    ops.clock.advance(STEP)
    return code(ops.clock)


def wrong(clock: FakeClock) -> str:
    """Return six digits that are no code of these minutes."""
    right = {code(clock, steps=steps) for steps in range(-3, 20)}
    return next(digits for digits in ("271828", "314159", "161803") if digits not in right)


def both(ops: Ops) -> list[str]:
    """Return the ids of ada, who has a secret, and ben."""
    return [ops.slack.user_id("ada"), ops.slack.user_id("ben")]


def repeated(ops: Ops, ts: str, *, user: str) -> list[str]:
    """Have somebody repeat a command that was answered once; return what is said when it is refused."""
    ops.slack.react(CHANNEL, ts, "repeat", user=user)
    ops.clock.run_until(lambda: REFUSED in ops.marks(ts) and ops.is_all_said)
    return ops.replies(ts)[1:]


def proofs(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the audit says of codes, one after another."""
    decisions = [str(getattr(record, "decision", "")) for record in caplog.records]
    return [decision for decision in decisions if "code" in decision]


@pytest.fixture
def ran() -> list[str]:
    """Return what ran."""
    return []


@pytest.fixture
def router(ran: list[str]) -> CommandRouter:
    """Return a command that takes a code, one that fails, and one that others must approve, too."""
    router = CommandRouter()

    @router.command(totp=True)
    def wipe(disk: str = "all", *, command: Command) -> str:
        ran.append(f"{disk}: {command.text}")
        return f"wiped {disk}"

    @router.command(totp=True)
    def fail() -> None:
        raise RuntimeError("disk on fire")

    @router.command(totp=True, approvals=1)
    def drop(table: str, *, command: Command) -> None:
        ran.append(f"{table}: {command.text}")

    @router.command
    def note(number: int) -> str:
        return f"noted {number}"

    return router


@pytest.fixture
def start(ops: Ops, router: CommandRouter, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start a source that ada may use, who has a secret, and ben, a minute ago."""
    monkeypatch.setenv(f"SLACK_LOGGING_TOTP_{ops.slack.user_id('ada')}", KEY)

    def start(**options: Any) -> SlackCommandSource:
        source = ops.start(router=router, **{"allow": both(ops), **options})
        where = ops.slack.channel_id(options.get("channel", CHANNEL))
        ops.clock.run_until(
            lambda: any(call.args["channel"] == where for call in ops.slack.calls("conversations.history"))
        )
        ops.clock.advance(2 * STEP)
        return source

    return start


def test_the_right_code_lets_a_command_run(ops: Ops, start: Any, ran: list[str]) -> None:
    """It is no argument, and no part of the command's text."""
    start()
    assert ops.type(f"!wipe sda {code(ops.clock)}") == ({DONE}, ["wiped sda"])
    assert ops.type(f"!wipe `{next_code(ops)}` ") == ({DONE}, ["wiped all"])
    assert ran == ["sda: !wipe sda", "all: !wipe"]


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_clock_may_be_a_step_off(ops: Ops, start: Any, steps: int) -> None:
    """Not two."""
    start()
    ops.clock.advance(2 * STEP)
    assert ops.type(f"!wipe {code(ops.clock, steps=2 * steps)}")[0] == {REFUSED}
    assert ops.type(f"!wipe {code(ops.clock, steps=steps)}")[0] == {DONE}


def test_a_code_counts_once(ops: Ops, start: Any, ran: list[str]) -> None:
    """Nor does an older one than was used, though it was not."""
    start()
    ops.clock.advance(STEP)
    older, used = code(ops.clock, steps=-1), code(ops.clock)
    assert ops.type(f"!wipe {used}")[0] == {DONE}
    assert ops.type(f"!wipe {used}") == ({REFUSED}, [NO_MORE])
    assert ops.type(f"!wipe {older}") == ({REFUSED}, [NO_MORE])
    assert len(ran) == 1


def test_a_failed_command_has_used_its_code(ops: Ops, start: Any, ran: list[str]) -> None:
    """Its emoji to repeat it does not make it count again."""
    start()
    used = code(ops.clock)
    ts = ops.say(f"!fail {used}")
    assert ops.settled(ts)[0] == {ERRORED}
    assert ops.type(f"!wipe {used}")[0] == {REFUSED}
    ops.slack.react(CHANNEL, ts, "repeat", user="ada")
    ops.clock.run_until(lambda: REFUSED in ops.marks(ts))
    assert ran == []


@pytest.mark.parametrize("typed", ["!wipe a b", "!wipe --what", "!wipe --help", "!wipee sda", "!drop", "!zzz"])
def test_what_does_not_run_has_used_its_code(ops: Ops, start: Any, ran: list[str], typed: str) -> None:
    """Everybody has seen it, whatever was wrong with the rest."""
    start()
    used = code(ops.clock)
    _, [reply] = ops.type(f"{typed} {used}")
    assert (SPENT in reply) == (typed not in ("!wipe --help", "!zzz"))
    assert ops.type(f"!wipe sda {used}") == ({REFUSED}, [NO_MORE])
    assert ops.type(f"!wipe sda {next_code(ops)}")[0] == {DONE}
    assert len(ran) == 1


@pytest.mark.parametrize("typed", ['!wipe "sdb CODE"', "!wipe CODE sdb", "!wipe `sdb CODE `x", "!wipe sdb (CODE)"])
def test_a_code_that_is_not_the_last_word_is_used_up(ops: Ops, start: Any, ran: list[str], typed: str) -> None:
    """Everybody has seen it; that it stands there is no guess."""
    start()
    for _ in range(MOST_WRONG):
        assert ops.type(typed.replace("CODE", wrong(ops.clock)))[0] == {PUZZLED}
    used = code(ops.clock)
    marks, [reply] = ops.type(typed.replace("CODE", used))
    assert (marks, reply.splitlines()) == (
        {PUZZLED},
        ["the last word must be your one-time code of six digits", "usage: !wipe [DISK] CODE", SPENT],
    )
    assert ops.type(f"!wipe sda {used}") == ({REFUSED}, [NO_MORE])
    assert ops.type(f"!wipe sda {next_code(ops)}")[0] == {DONE}


@pytest.mark.parametrize("then", ["cancel", "talk", "other"])
def test_the_code_of_what_never_begins_is_used_up(
    ops: Ops, start: Any, router: CommandRouter, ran: list[str], then: str
) -> None:
    """Everybody has seen it: who has stolen the account might steer the command, and type another."""
    go_on = queue.SimpleQueue[None]()

    @router.command
    def hold() -> None:
        ran.append("hold")
        ops.clock.wait(go_on, None)

    desk = start(workers=1)._reader.desk
    ops.say("!hold")
    ops.clock.run_until(lambda: ran)
    used = code(ops.clock)
    ts = ops.say(f"!wipe sda {used}")
    ops.clock.run_until(desk.waiting)
    if then == "cancel":
        ops.slack.react(CHANNEL, ts, "octagonal_sign", user="ada")
        ops.clock.run_until(lambda: not desk.waiting())
    else:
        ops.slack.edit(CHANNEL, ts, "oops" if then == "talk" else f"!wipe sdb {used}")
        ops.clock.run_until(lambda: [each.text for each in desk.waiting()] == ([] if then == "talk" else ["!wipe sdb"]))
    again = ops.say(f"!wipe sdc {used}")
    go_on.put(None)
    assert ops.settled(again) == ({REFUSED}, [NO_MORE])
    ops.after_sweeps()
    assert ran == ["hold"]


@pytest.mark.parametrize("what", ["runs", "waits for approval"])
def test_who_is_interrupted_is_told_to_type_a_new_code(ops: Ops, start: Any, router: CommandRouter, what: str) -> None:
    """A code counts for one run: to repeat the command would be refused."""
    go_on = queue.SimpleQueue[None]()

    @router.command(totp=True)
    def hold() -> None:
        ops.clock.wait(go_on, None)

    source = start()
    ts = ops.say(f"{'!hold' if what == 'runs' else '!drop orders'} {code(ops.clock)}")
    ops.clock.run_until(lambda: ops.marks(ts) & {EYES, WAITS})
    source.close(5)
    marks, replies = ops.settled(ts)
    assert INTERRUPTED in marks
    assert replies[-1].endswith(f" ended while this {'ran' if what == 'runs' else 'waited'}; {AGAIN}")


@pytest.mark.parametrize(
    ("mark", "what"),
    [
        (EYES, "what ran this ended before it did"),
        (WAITS, "what waited for approval to run this, or ran it already, has ended"),
    ],
)
def test_who_is_found_interrupted_is_told_to_type_a_new_code(ops: Ops, start: Any, mark: str, what: str) -> None:
    """By the next program, which has the same commands."""
    ts = ops.say("!wipe sda 271828")
    ops.slack.react(CHANNEL, ts, mark, user="ops")
    start()
    assert ops.settled(ts) == ({mark, INTERRUPTED}, [f"interrupted: {what}; {AGAIN}"])


def test_a_code_that_is_typed_twice_is_shown_in_no_reply(ops: Ops, start: Any, ran: list[str]) -> None:
    """It is used up, and what else was typed is not understood."""
    start()
    used = code(ops.clock)
    marks, replies = ops.type(f"!wipe {used} {used}")
    assert marks == {PUZZLED}
    assert used not in "".join(replies)
    assert ran == []


def test_digits_after_what_is_no_command_are_no_guess(ops: Ops, start: Any) -> None:
    """They may be anything: nobody is locked for them."""
    start()
    for _ in range(MOST_WRONG):
        assert ops.type(f"!noot {wrong(ops.clock)}")[0] == {PUZZLED}
    assert ops.type(f"!wipe {code(ops.clock)}")[0] == {DONE}


def test_a_repeated_command_wants_a_new_code(
    ops: Ops, start: Any, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever repeats it; the one that was typed is no guess of theirs."""
    other = pyotp.random_base32()
    monkeypatch.setenv(f"SLACK_LOGGING_TOTP_{ops.slack.user_id('ben')}", other)
    start()
    for _ in range(MOST_WRONG):
        ts = ops.say(f"!fail {next_code(ops)}")
        assert ops.settled(ts)[0] == {ERRORED}
        assert repeated(ops, ts, user="ben") == ["A code counts for one run. Type the command again with a new one."]
    own = pyotp.TOTP(other).generate_otp(int(ops.clock.time()) // STEP)
    assert ops.type(f"!wipe {own}", user="ben")[0] == {DONE}


def test_a_command_that_waits_for_approval_has_used_its_code(ops: Ops, start: Any, ran: list[str]) -> None:
    """It is not asked for again when it runs at last."""
    start()
    used = code(ops.clock)
    ts = ops.say(f"!drop orders {used}")
    ops.clock.run_until(lambda: WAITS in ops.marks(ts))
    assert ops.type(f"!wipe {used}")[0] == {REFUSED}
    assert ops.replies(ts)[0].split("\n")[0] == "!drop orders"
    ops.clock.run_until(lambda: ops.clock.monotonic() > 300)
    ops.slack.react(CHANNEL, ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"], "+1", user="ben")
    assert ops.settled(ts)[0] == {WAITS, DONE}
    assert ran == ["orders: !drop orders"]


def test_a_code_used_in_one_channel_counts_in_no_other(ops: Ops, start: Any, ran: list[str]) -> None:
    """A process remembers it, whoever reads."""
    start()
    ops.slack.add_channel("other")
    start(channel="#other")
    used = code(ops.clock)
    assert ops.type(f"!wipe {used}")[0] == {DONE}
    ts = ops.slack.say("#other", f"!wipe {used}", user="ada")
    ops.clock.run_until(lambda: ops.slack.reactions("#other", ts))
    assert set(ops.slack.reactions("#other", ts)) == {REFUSED}
    assert len(ran) == 1


def test_a_code_from_before_the_start_does_not_count(
    ops: Ops, start: Any, ran: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """It may have been used before a restart: nobody remembers, and it is no replay that we know of."""
    caplog.set_level(logging.INFO, "slack_logging.audit")
    shown = code(ops.clock)
    ts, again = ops.say(f"!wipe {shown}"), ops.say(f"!wipe {shown}")
    start(workers=1)
    assert ops.settled(ts) == ({REFUSED}, [BEFORE])
    assert ops.settled(again) == ({REFUSED}, [NO_MORE])
    assert proofs(caplog) == ["code of before the start", "code used before"]
    assert ops.type(f"!wipe {code(ops.clock, steps=-1)}")[0] == {REFUSED}
    assert ops.type(f"!wipe {code(ops.clock)}")[0] == {DONE}


def test_a_code_of_a_phone_that_is_ahead_counts_once_though_the_process_starts_anew(
    ops: Ops, start: Any, ran: list[str]
) -> None:
    """Such a code is good for longer than the step in which the next process begins to read."""
    source, ahead = start(), code(ops.clock, steps=1)
    assert ops.type(f"!wipe {ahead}")[0] == {DONE}
    source.close()
    codes._codes.clear()  # as a restart does
    sources._ledgers.clear()
    source.start()
    assert ops.type(f"!wipe {ahead}") == ({REFUSED}, [BEFORE])
    assert len(ran) == 1


def test_the_audit_tells_a_code_of_before_the_start_from_one_used_before(clock: FakeClock) -> None:
    """Also one that was used up, and where reading begins once more in the same process."""
    codes = Codes(clock, {"SLACK_LOGGING_TOTP_U1": KEY})
    codes.begin(clock.time())
    first, ahead, counts = (code(clock, steps=steps) for steps in range(3))
    codes.use_up("U1", first, clock.time())
    told = [codes.check("U1", each, clock.time() + STEP) for each in (first, ahead, counts, counts, ahead)]
    assert told == [Proof.USED, Proof.BEFORE, Proof.PROVEN, Proof.USED, Proof.USED]
    clock.advance(3 * STEP)
    codes.begin(clock.time())
    assert codes.check("U1", counts, clock.time() - STEP) is Proof.USED
    assert codes.check("U1", code(clock), clock.time()) is Proof.BEFORE


def test_a_code_is_of_the_time_when_it_was_typed(ops: Ops, start: Any, ran: list[str]) -> None:
    """A command may wait, for a worker or for Slack; Slack's time of the message cannot be put back."""
    start()
    ops.type("!note 1")
    ops.slack.fault("conversations.history", Fault.server_error(times=None))
    ts = ops.say(f"!wipe sda {code(ops.clock)}")
    ops.clock.advance(300)
    ops.slack.clear_faults()
    assert ops.settled(ts)[0] == {DONE}


def test_an_old_code_does_not_count_in_an_edit(ops: Ops, start: Any, ran: list[str]) -> None:
    """What was mistyped shows a code that nobody used; its time is over when somebody mends it."""
    start()
    ts = ops.say(f"!wipee sda {(shown := code(ops.clock))}")
    assert ops.settled(ts)[0] == {PUZZLED}
    ops.clock.advance(120)
    ops.slack.edit(CHANNEL, ts, f"!wipe sda {shown}")
    ops.clock.run_until(lambda: REFUSED in ops.marks(ts))
    assert ran == []


def test_who_types_no_code_is_told_what_to_type(ops: Ops, start: Any, ran: list[str]) -> None:
    """As for every argument; help says it as well."""
    start()
    marks, [reply] = ops.type("!wipe sda")
    assert (marks, reply) == (
        {PUZZLED},
        "the last word must be your one-time code of six digits\nusage: !wipe [DISK] CODE",
    )
    assert "CODE: your one-time code, as the last word" in ops.type("!wipe --help")[1][0]
    assert "!wipe [DISK] CODE" in ops.type("!help")[1][0]
    assert "runs once one other person approved it within 10m" in ops.type("!help drop")[1][0]
    assert ran == []


@pytest.mark.parametrize("secret", [None, "", "not base32!", "JBSWY3DPEHPK3PXP"])
def test_who_has_no_usable_secret_is_refused(
    ops: Ops, start: Any, ran: list[str], secret: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None, an empty one, one that is none, and one that is too short: an empty one would be everybody's."""
    name = f"SLACK_LOGGING_TOTP_{ops.slack.user_id('ada')}"
    if secret is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, secret)
    start()
    marks, [reply] = ops.type(f"!wipe {code(ops.clock)}")
    assert marks == {REFUSED}
    assert reply.startswith(f"You are {ops.slack.user_id('ada')}, and there is no usable secret for your one-time")
    assert ran == []


def test_people_write_secrets_in_groups(ops: Ops, start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And in any case, as authenticators show them."""
    grouped = "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp"
    monkeypatch.setenv(f"SLACK_LOGGING_TOTP_{ops.slack.user_id('ada')}", grouped)
    start()
    assert ops.type(f"!wipe {code(ops.clock)}")[0] == {DONE}


def test_anothers_code_does_not_count(ops: Ops, start: Any, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret is one person's."""
    ben = ops.slack.user_id("ben")
    monkeypatch.setenv(f"SLACK_LOGGING_TOTP_{ben}", pyotp.random_base32())
    start()
    assert ops.type(f"!wipe {code(ops.clock)}", user="ben")[0] == {REFUSED}
    assert ops.type(f"!wipe {code(ops.clock)}", user="ada")[0] == {DONE}


def test_guessing_is_locked(ops: Ops, start: Any, ran: list[str]) -> None:
    """After so many wrong codes not even the right one counts for a while, for this person."""
    start()
    for _ in range(MOST_WRONG):
        assert ops.type(f"!wipe {wrong(ops.clock)}") == ({REFUSED}, [NO_MORE])
    locked = "Too many wrong codes; no code of yours counts for some minutes."
    assert ops.type(f"!wipe {next_code(ops)}") == ({REFUSED}, [locked])
    ops.clock.advance(LOCKED_FOR)
    assert ops.type(f"!wipe {code(ops.clock)}")[0] == {DONE}
    assert len(ran) == 1


def test_a_slip_now_and_then_locks_nobody(clock: FakeClock) -> None:
    """Only wrong codes of the last minutes count, and those of one person."""
    codes = Codes(clock, {"SLACK_LOGGING_TOTP_U1": KEY, "SLACK_LOGGING_TOTP_U2": KEY})
    for _ in range(3 * MOST_WRONG):
        clock.advance(LOCKED_FOR / (MOST_WRONG - 1))
        assert codes.check("U1", wrong(clock), clock.time()) is Proof.WRONG
    assert codes.check("U1", code(clock), clock.time()) is Proof.PROVEN
    for _ in range(MOST_WRONG):
        codes.check("U1", wrong(clock), clock.time())
    assert codes.check("U1", code(clock, steps=1), clock.time()) is Proof.LOCKED
    assert codes.check("U2", code(clock), clock.time()) is Proof.PROVEN


def test_a_code_is_shown_nowhere(
    ops: Ops, start: Any, router: CommandRouter, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in the audit, in no reply, not in `!status`: used, wrong, too old, mistyped, misplaced and in a failure."""

    @router.command(totp=True)
    def slow(*, command: Command) -> None:
        while not command.cancelled:
            command.origin.clock.wait(queue.SimpleQueue(), 1.0)
        raise RuntimeError(f"stopped {command!r} {command.heard!r} {command.args!r}")

    caplog.set_level(logging.DEBUG)
    start(max_age="1m")
    bad = wrong(ops.clock)
    codes = [bad]
    for typed in ("!wipe sda", "!wipe --what", "!fail", "!wpie sda", "!drop"):
        codes.append(next_code(ops))
        ops.type(f"{typed} {codes[-1]}")
    ops.type(f"!wipe sda {bad}")
    codes.append(next_code(ops))
    assert ops.type(f"!wipe {codes[-1]} sda")[0] == {PUZZLED}
    codes.append(next_code(ops))
    running = ops.say(f"!slow {codes[-1]}")
    ops.clock.run_until(lambda: "eyes" in ops.marks(running))
    assert "!slow (" in ops.type("!status")[1][0]
    ops.slack.react(CHANNEL, running, "octagonal_sign", user="ada")
    ops.settled(running)
    ops.slack.fault("conversations.history", Fault.server_error(times=None))
    codes.append(next_code(ops))
    late = ops.say(f"!wipe sda {codes[-1]}")
    ops.clock.advance(90)
    ops.slack.clear_faults()
    assert ops.settled(late)[0] == {LATE}
    ops.after_sweeps()
    posted = [call for method in ("chat.postMessage", "chat.update") for call in ops.slack.calls(method)]
    shown = caplog.text + capfd.readouterr().err + "".join(str(call.args) for call in posted)
    assert "!wipe sda" in shown
    assert [each for each in codes if each in shown] == []


def test_a_loop_of_ones_own_does_not_see_the_code(
    ops: Ops, router: CommandRouter, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the source knows the router; where it does not, once the router has run the command."""
    monkeypatch.setenv(f"SLACK_LOGGING_TOTP_{ops.slack.user_id('ada')}", KEY)
    seen: list[str] = []
    for options in ({"router": router}, {}):
        taken = iter(ops.source(allow=both(ops), **options))
        ops.say("!note 1")
        next(taken).ack()
        ops.clock.advance(STEP)
        shown = next_code(ops)
        ops.say(f"!wipe sda {shown}")
        command = next(taken)
        seen.append(f"{command.text} {command.args} {repr(command).partition(' by')[0]}".replace(shown, "CODE"))
        router.run(command)
        seen.append(command.text)
        taken.close()
    assert seen == [
        "!wipe sda ['sda'] <Command '!wipe sda'",
        "!wipe sda",
        "!wipe sda CODE ['sda', 'CODE'] <Command '!wipe sda CODE'",
        "!wipe sda",
    ]
    assert len(ran) == 2


def test_the_audit_says_what_a_code_proved(ops: Ops, start: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What the person is not told."""
    caplog.set_level(logging.INFO, "slack_logging.audit")
    start()
    used = code(ops.clock)
    for typed in (used, used, wrong(ops.clock)):
        ops.type(f"!wipe {typed}")
    assert proofs(caplog) == ["code accepted", "code used before", "wrong code"]


def test_secrets_are_looked_at_when_it_starts(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one, nobody could ever run such a command; one that is none is not shown."""
    monkeypatch.setenv("SLACK_LOGGING_TOTP_U0OLD", "hunter2")
    ops.start(router=router, allow=both(ops))
    ops.type("!note 1")
    said = capfd.readouterr().err
    assert "commands in #ops-commands: nobody in allow has a secret for one-time codes: set SLACK_LOGGING_TOTP_" in said
    assert "commands in #ops-commands: SLACK_LOGGING_TOTP_U0OLD is no secret: expected at least 112 bits" in said
    assert "hunter2" not in said


def test_a_group_may_hold_somebody_with_a_secret() -> None:
    """Who is in it, only Slack knows."""
    assert check_secrets(["S0OPS"], {}) == []
    assert check_secrets(["U0ADA"], {"SLACK_LOGGING_TOTP_U0ADA": KEY}) == []


def test_a_missing_pyotp_is_told_at_the_start(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands are not read then: nothing is run without the code that was asked for."""
    monkeypatch.setitem(sys.modules, "pyotp", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'slack-logging-ops\[totp\]'"):
        ops.source(router=router, allow=both(ops)).check()
    source = ops.start(router=router, allow=both(ops))
    assert source._reader is not None
    source._reader.wait_until_closed()
    assert "pip install 'slack-logging-ops[totp]'" in capfd.readouterr().err
    SlackCommandSource("#ops", allow="U0ADA").check()
