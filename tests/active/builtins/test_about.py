"""What people ask first: help, ping and status; and who may run which of the built-in commands."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from slack_logging import CommandRouter, Secret, instance
from slack_logging.active.builtins.table import COMMANDS
from slack_logging.active.people.directory import TTL
from slack_logging.local import Fault
from slack_logging.options import parse_duration
from tests.active.builtins.conftest import Error, Side
from tests.active.conftest import DONE, ERRORED, REFUSED, Ops


def test_help_lists_what_may_be_run(ops: Ops) -> None:
    """What to type, and below it what it does; a phone is wide enough."""
    router = CommandRouter()

    @router.command
    def pause(*, hard: bool = False) -> None:
        """Pause the import."""

    router.command("undocumented")(lambda: None)
    ops.start(router=router, prefix="$")
    marks, [reply] = ops.type("$help")
    assert marks == {DONE}
    assert reply.splitlines() == [
        "$flush",
        "    Post what waits, at once.",
        "$help [TOPIC]",
        "    List your commands, or explain one.",
        "$incidents",
        "    List the errors that still count.",
        "$level LOGGER LEVEL [--for TIME]",
        "    Change a logger's level.",
        "$loggers [PREFIX]",
        "    Show which loggers reach Slack.",
        "$mute FINGERPRINT [--for TIME]",
        "    Leave an error's records out.",
        "$pause [--hard]",
        "    Pause the import.",
        "$ping",
        "    Answer, and say after what time.",
        "$stacks",
        "    Show what threads and tasks do.",
        "$status",
        "    Show what runs and what was logged.",
        "$undocumented",
        "$unmute FINGERPRINT",
        "    Show a muted error again.",
        ":octagonal_sign: cancels what you typed,",
        ":repeat: runs it again.",
    ]
    assert max(len(line) for line in reply.splitlines()) <= 40  # what a phone shows of a line


def test_help_shows_the_options_that_take_secrets(ops: Ops) -> None:
    """What stands for a value is none, though it is named like one."""
    router = CommandRouter()

    @router.command
    def grant(who: str, *, token: Secret | None = None, api_key: Secret | None = None) -> None:
        """Grant a role.

        Args:
            who: somebody
            token: the token: at least eight letters
            api_key: theirs
        """

    ops.start(router=router)
    [reply] = ops.type("!help grant")[1]
    assert reply.splitlines() == [
        "!grant WHO [--token TOKEN] [--api-key API-KEY]",
        "Grant a role.",
        "WHO                  somebody",
        "[--token TOKEN]      the token: at least eight letters; text",
        "[--api-key API-KEY]  theirs; text",
    ]
    assert "[--token TOKEN] [--api-key API-KEY]" in ops.type("!help")[1][0]


@pytest.mark.parametrize("text", ["!help level", "!help !level", "!help Level", "!level --help", "!level x -h"])
def test_help_explains_a_command(ops: Ops, text: str) -> None:
    """Its usage, what it does, and its arguments; also when the command itself is asked."""
    ops.start()
    marks, [reply] = ops.type(text)
    assert marks == {DONE}
    assert reply.splitlines() == [
        "!level LOGGER LEVEL [--for TIME]",
        "Change a logger's level.",
        "LOGGER        its name, or root",
        "LEVEL         DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET or a number",
        "[--for TIME]  then it goes back by itself, else it stays so; a duration such as 90s, 10m or 1h30m",
    ]


def test_ping_tells_who_answers_and_the_delay(ops: Ops) -> None:
    """From Slack's time of the message to the answer."""
    ops.start(poll_interval=3)
    ops.after_sweeps(0)
    _, [reply] = ops.type("!ping")
    assert reply.startswith("pong from ")
    assert reply.endswith(", 3.0 s after you typed")


def rows_of(ops: Ops) -> dict[str, str]:
    """Return what status says, by what stands at the beginning of a line."""
    [reply] = ops.type("!status")[1]
    return {line[:11].strip(): line[13:] for line in reply.splitlines()}


def test_status_tells_who_listens_and_what_became_of_the_records(ops: Ops) -> None:
    """The counters are the logging side's own, and its sum is shown."""
    muted = Error("3f2a00000000", muted_until=1_800_000_060.0)
    ops.source(poll_interval=2).start(Side((muted, muted, Error("77b000000000"))))
    rows = rows_of(ops)
    assert rows["service"] == "orders"
    assert rows["instance"].startswith(f"{instance.Instance.current().name}, up ")
    assert rows["commands"].startswith("#ops-commands, polled every 2s, for ")
    assert rows["running"] == "nothing else"
    assert rows["records to"] == "#ops-log"
    assert rows["records"] == "1,500 emitted = 1,000 delivered + 400 merged + 90 dropped + 10 pending"
    assert rows["dropped"] == "60 full, 30 evicted"
    assert rows["muted"] == "1 of the errors that the command incidents lists"
    assert "waiting" not in rows


def test_status_without_a_logging_side_tells_the_rest(ops: Ops) -> None:
    """A source on its own has no counters."""
    ops.start()
    rows = rows_of(ops)
    assert {"service", "instance", "python", "commands", "running"} == set(rows)


def test_status_tells_how_long_the_process_is_up(ops: Ops) -> None:
    """From its own start, as the system has it, not from that of reading."""
    ops.start()
    up = parse_duration(rows_of(ops)["instance"].partition(", up ")[2])
    ps = shutil.which("ps") or pytest.skip("there is no ps here")
    told = subprocess.run([ps, "-o", "etimes=", "-p", str(os.getpid())], capture_output=True, text=True, check=True)
    assert up == pytest.approx(int(told.stdout), abs=5)


def test_status_tells_waiting_from_running(ops: Ops) -> None:
    """With who typed it, by name, and how long ago; what asks is in neither, and many are counted."""
    source = ops.source(allow=[ops.slack.user_id(name) for name in ("ada", "ben")])
    ops.say("!deploy api", user="ben")
    ops.clock.advance(1)
    ops.say("!status")
    for number in range(12):
        ops.say(f"!undo {number}\n" + "x" * 100)
    taken = iter(source)
    next(taken)
    asking = next(taken)
    ops.clock.run_until(lambda: len(asking.origin.waiting()) == 12)
    ops.clock.advance(60)
    rows = {line[:11].strip(): line[13:] for line in str(COMMANDS["status"](command=asking)).splitlines()}
    assert rows["running"] == "!deploy api (ben, 1m1s ago)"
    assert rows["waiting"].startswith("!undo 0␊xxx")
    assert rows["waiting"].endswith("xxx… (ada, 59s ago), 2 more")
    assert rows["waiting"].count("!undo") == 10
    taken.close()


def test_status_shows_an_id_where_slack_does_not_tell_the_name(ops: Ops) -> None:
    """What is cached has to be asked for again after a minute, and may fail."""
    source = ops.source()
    ops.say("!deploy api")
    ops.say("!status")
    taken = iter(source)
    next(taken)
    asking = next(taken)
    ops.slack.fault("users.info", Fault.error("user_not_found"))
    ops.clock.advance(TTL)
    assert f"!deploy api ({ops.slack.user_id('ada')}, 1m" in str(COMMANDS["status"](command=asking))
    taken.close()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_built_in_command_is_for_those_who_are_allowed(ops: Ops, name: str) -> None:
    """Nobody else; and with its own help for those."""
    ops.start()
    assert ops.settled(ops.say(f"!{name}", user="ben"))[0] == {REFUSED}
    marks, [reply] = ops.type(f"!{name} --help")
    assert marks == {DONE}
    assert reply.startswith(f"!{name}")


def test_a_built_in_command_can_be_given_a_role(ops: Ops) -> None:
    """Registered anew, it is refused to those without the role, and not in their help."""
    router = CommandRouter()
    router.command("ping", roles=["admins"])(router.builtins["ping"])
    ada, ben = (ops.slack.user_id(name) for name in ("ada", "ben"))
    ops.start(router=router, allow=[ada, ben], roles={"admins": [ben]})
    assert ops.type("!ping")[0] == {REFUSED}
    assert ops.settled(ops.say("!ping", user="ben"))[0] == {DONE}
    assert ["!ping" in ops.settled(ops.say("!help", user=user))[1][0] for user in ("ada", "ben")] == [False, True]


@pytest.mark.parametrize("text", ["!incidents", "!mute 3f2a", "!unmute 3f2a", "!flush"])
def test_what_acts_on_the_handler_says_that_there_is_none(ops: Ops, text: str) -> None:
    """A source that was started by itself has no logging side."""
    ops.start()
    reply = "there is no SlackHandler here: this source was started without one"
    assert ops.type(text) == ({ERRORED}, [reply])


def test_status_tells_what_is_read_before_the_first_look_has_ended(ops: Ops) -> None:
    """It was typed before the start, and what was typed after it holds the look up."""
    ts = ops.say("!status")
    ops.say("!status", user="ben")
    ops.slack.fault("users.info", Fault.latency(0.0))  # whoever asks first is known
    ops.slack.fault("users.info", Fault.server_error(times=None))
    ops.start(poll_interval=2)
    [reply] = ops.settled(ts)[1]
    assert "\ncommands     #ops-commands, polled every 2s, for " in reply
