"""A secret that is typed shows nowhere but in the message it was typed in."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from slack_logging import AlreadySettled, Command, CommandRouter, Secret
from slack_logging.active.language.parsing import quote
from slack_logging.local.faults.fault import Fault
from tests.active.conftest import DONE, ERRORED, LATE, PUZZLED, REFUSED, Ops

HUNTER = "hunter2'\\x"
TYPED = quote(HUNTER)


@pytest.fixture
def vault() -> CommandRouter:
    """Return a router with commands that take a secret, and one that does not."""
    router = CommandRouter()

    @router.command
    def login(user: str, password: Secret, *, times: int = 1, command: Command) -> Iterator[str]:
        yield f"{user} {password} {password!r} {password:>5} %s {[password]}" % password
        yield f"leaked {password.reveal()} in {[password.reveal()]}"
        yield repr(command)
        if times > 1:
            raise ValueError(f"bad {password.reveal()!r}")

    @router.command
    def rotate(*, keys: list[Secret]) -> str:
        return " ".join(key.reveal() for key in keys)

    router.command("note", roles=["admins"])(lambda text: text)
    return router


def shown(ops: Ops, ts: str, caplog: pytest.LogCaptureFixture) -> str:
    """Return all that came of a command: its replies, the audit with its tracebacks."""
    formatter = logging.Formatter("%(message)s")
    return "\n".join([*ops.replies(ts), *map(formatter.format, caplog.records)])


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (f"!login ada {TYPED}", DONE),
        (f"!login ada {TYPED} --times 2", ERRORED),
        (f"!login ada {TYPED} --times {TYPED}", PUZZLED),
        (f"!login ada {TYPED} {TYPED}", PUZZLED),
        (f"!login --{HUNTER}", PUZZLED),
        (f"!login --user --{HUNTER}", PUZZLED),
        (f"!login --times -{HUNTER}", PUZZLED),
        (f'!login ada "{HUNTER}', PUZZLED),
        (f"!login ada {TYPED} --help", DONE),
        (f"!rotate --keys {TYPED} --keys {TYPED}", DONE),
        (f"!lgoin ada {TYPED}", PUZZLED),
        (f"!login={HUNTER} ada", PUZZLED),
    ],
)
def test_a_secret_shows_nowhere(
    ops: Ops, vault: CommandRouter, caplog: pytest.LogCaptureFixture, text: str, outcome: str
) -> None:
    """Not in replies, whatever the function does, not in the audit, and not when it is mistyped."""
    caplog.set_level("INFO", "slack_logging.audit")
    ops.start(router=vault, roles={"admins": [ops.slack.user_id("ada")]})
    ts = ops.say(text)
    marks, replies = ops.settled(ts)
    assert (marks - {"eyes"}, bool(replies)) == ({outcome}, True)
    ops.clock.run_until(lambda: [each for each in caplog.records if "allowed" not in each.getMessage()])
    assert "hunter2" not in shown(ops, ts, caplog)


def test_what_a_secret_is_replied_as(ops: Ops, vault: CommandRouter, caplog: pytest.LogCaptureFixture) -> None:
    """Dots; the audit has the command's name."""
    caplog.set_level("INFO", "slack_logging.audit")
    ops.start(router=vault, roles={"admins": [ops.slack.user_id("ada")]})
    ts = ops.say(f"!login ada {TYPED} --times 2")
    _, replies = ops.settled(ts)
    assert "\n".join(replies).split("\n") == [
        "ada ... Secret('...')   ... ... [Secret('...')]",
        'leaked ... in ["..."]',
        f"<Command '!login ...' by U0ADA0000 at {ts}>",
        'ValueError: bad "..."',
    ]
    ops.clock.run_until(lambda: len(caplog.records) == 3)
    audited = caplog.records[1].getMessage()
    assert audited.startswith("command of U0ADA0000 raised an exception: '!login ...'\nTraceback (most recent call")
    assert audited.endswith('ValueError: bad "..."')
    assert caplog.records[-1].getMessage() == "command of U0ADA0000 errored: '!login ...'"


@pytest.mark.parametrize("is_ascii", [True, False])
def test_a_secret_is_not_shown_as_json_either(ops: Ops, is_ascii: bool) -> None:
    """With letters beyond ASCII, and what JSON escapes."""
    router = CommandRouter()

    @router.command
    def post(token: Secret) -> str:
        return json.dumps({"token": token.reveal()}, ensure_ascii=is_ascii)

    ops.start(router=router)
    assert ops.type("!post 'pässwörd\\\"9'")[1] == ['{"token": "..."}']


def test_errors_tell_what_is_expected_and_not_what_was_typed(ops: Ops, vault: CommandRouter) -> None:
    """Any word may have been meant as the secret."""
    ops.start(router=vault, roles={"admins": [ops.slack.user_id("ada")]})
    usage = "usage: !login USER PASSWORD [--times TIMES]"
    assert ops.type("!login a b --times c")[1] == [f"--times: expected a whole number\n{usage}"]
    assert ops.type("!login a b c")[1] == [f"too many arguments\n{usage}"]
    assert ops.type("!login a b --tmies 3")[1] == [f"no such option\n{usage}"]
    assert ops.type('!login a "b')[1] == [f'the quotation mark " is never closed\n{usage}']
    assert ops.type("!login a")[1] == [f"PASSWORD is missing\n{usage}"]
    meant = f"did you mean: {usage.removeprefix('usage: ')}"
    assert ops.type("!login; a b")[1] == [f"no command 'login;'; {meant}"]  # without the sign it would be untrue
    assert ops.type("!login=hunter2 a")[1] == ["no command 'login='; !help lists what you can do"]


def test_other_commands_are_audited_in_full(ops: Ops, vault: CommandRouter, caplog: pytest.LogCaptureFixture) -> None:
    """Withholding is for those that take a secret, and for names that nobody has."""
    caplog.set_level("INFO", "slack_logging.audit")
    ops.start(router=vault, roles={"admins": [ops.slack.user_id("ada")]})
    ops.type("!note hello")
    ops.type("!nope hello")
    ops.clock.run_until(lambda: len(caplog.records) == 3)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "'!note hello'",
        "'!note hello'",
        "'!nope ...'",
    ]


def test_a_secret_of_somebody_who_may_not_is_kept_too(
    ops: Ops, vault: CommandRouter, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused at once, or found too late: before anything was parsed."""
    caplog.set_level("INFO", "slack_logging.audit")
    ops.start(router=vault, roles={"admins": [ops.slack.user_id("ada")]}, max_age="5m")
    ops.after_sweeps()
    ops.slack.fault("conversations.history", Fault.server_error(times=None))
    late = ops.say(f"!login ada {TYPED}")
    ops.clock.advance(301)
    ops.slack.clear_faults()
    assert ops.settled(late)[0] == {LATE}
    assert ops.type(f"!login ada {TYPED}", user="ben")[0] == {REFUSED}
    assert [record.getMessage() for record in caplog.records] == [
        "command of U0ADA0000 too old: '!login ...'",
        f"command of {ops.slack.user_id('ben')} refused: '!login ...'",
    ]


def test_a_router_run_by_hand_keeps_secrets(ops: Ops, vault: CommandRouter, caplog: pytest.LogCaptureFixture) -> None:
    """From when it runs on; when the source knows it, from the beginning."""
    caplog.set_level("INFO", "slack_logging.audit")
    ops.say(f"!login ada {TYPED}")
    for command in ops.source(roles={"admins": [ops.slack.user_id("ada")]}):
        assert TYPED in command.text
        vault.run(command)
        with pytest.raises(AlreadySettled, match=r"the command '!login ...' is settled already"):
            command.ack()
        break
    assert "hunter2" not in shown(ops, command.ts, caplog)
    mistyped = ops.say(f"!login ada {TYPED} --times {TYPED}")
    for command in ops.source():
        vault.run(command)
        break
    assert "hunter2" not in shown(ops, mistyped, caplog)
    ops.say(f"!login ada {TYPED}")
    for again in ops.source(router=vault):
        assert "hunter2" not in repr(again)
        assert "hunter2" not in repr(again.heard)
        break


def test_status_shows_no_secret_of_what_runs(ops: Ops, vault: CommandRouter) -> None:
    """Only which command it is."""
    ops.say(f"!login ada {TYPED}")
    commands = iter(ops.source(router=vault))
    login = next(commands)
    ops.say("!status")
    status = next(commands)
    with login:
        vault.run(status)
    ops.clock.run_until(lambda: ops.replies(status.ts))
    assert "running      !login ... (ada, " in ops.replies(status.ts)[0]


def test_a_secret_is_kept_as_it_was_typed_too(ops: Ops) -> None:
    """A phone makes one sign of three full stops, which are the value."""
    router = CommandRouter()

    @router.command
    def say(key: Secret, *, command: Command) -> str:
        return f"{command.text} {key.reveal()}"

    ops.start(router=router)
    assert ops.type("!say pa…ss...word") == ({DONE}, ["!say ... ..."])


def test_progress_of_a_command_with_a_secret_takes_any_note(ops: Ops) -> None:
    """As that of others does."""
    router = CommandRouter()

    @router.command
    def load(key: Secret, *, command: Command) -> str:
        command.progress(1, 2, 7)  # type: ignore[arg-type] # as a program may
        return "done"

    ops.start(router=router)
    assert ops.type(f"!load {TYPED}") == ({DONE}, ["done"])


def test_a_short_secret_leaves_replies_readable(ops: Ops, vault: CommandRouter) -> None:
    """What stands in every other word is not searched for."""
    ops.start(router=vault, roles={"admins": [ops.slack.user_id("ada")]})
    assert ops.type("!rotate --keys a --keys banana")[1] == ["a ..."]


def test_a_secret_is_text_that_does_not_show() -> None:
    """Printed, formatted, in a traceback or as JSON; it is one again when pickled, and equal to the same text's."""
    secret = Secret("hunter2")
    ways: list[Any] = [str(secret), repr(secret), f"{secret}", f"{secret!s:>9}", f"{[secret]}", "%s" % secret]  # noqa: UP031 - one of the ways
    assert not any("hunter2" in way for way in ways)
    with pytest.raises(TypeError) as caught:
        json.dumps({"key": secret})
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert secret.reveal() == "hunter2"
    assert pickle.loads(pickle.dumps(secret)) == secret  # noqa: S301 - our own
    assert {secret, Secret("hunter2"), Secret("x")} == {secret, Secret("x")}
    assert secret != str(secret)
