"""A router finds the function, fills in its arguments and replies with what it returns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import partial
from typing import Any

import pytest

from slack_logging import Command, CommandError, CommandRouter, ConfigurationError
from slack_logging.active.people.access import Verdict, refusal
from slack_logging.local.faults.fault import Fault
from tests.active.conftest import Ops

DONE, ERRORED, REFUSED, PUZZLED = "white_check_mark x no_entry grey_question".split()


async def coroutine(word: str = "x") -> str:
    return f"awaited {word}"


def generator() -> Iterator[object]:
    yield "one"
    yield 2


def returning_generator() -> Generator[str, None, object]:
    yield "one"
    return 2


async def asynchronous_generator() -> AsyncIterator[str]:
    yield "one"
    yield "two"


def broken_generator() -> Iterator[str]:
    yield "one"
    raise RuntimeError("half-way")


def leaving() -> None:
    raise SystemExit("bye")


def refusing() -> None:
    raise CommandError("not on a Friday")


def overflowing() -> None:
    raise ValueError("x" * 5000)


def fitted(*, command: Command) -> str:
    return f"{command.name} by {command.user}"


@pytest.mark.parametrize(
    ("function", "outcome"),
    [
        (lambda: None, ({DONE}, [])),
        (lambda: "", ({DONE}, [])),
        (lambda: 42, ({DONE}, ["42"])),
        (lambda: ["a"], ({DONE}, ["['a']"])),
        (coroutine, ({DONE}, ["awaited x"])),
        (generator, ({DONE}, ["one\n2"])),
        (returning_generator, ({DONE}, ["one\n2"])),
        (lambda: map(str, [1, 2]), ({DONE}, ["1\n2"])),
        (asynchronous_generator, ({DONE}, ["one\ntwo"])),
        (broken_generator, ({ERRORED}, ["one\nRuntimeError: half-way"])),
        (refusing, ({ERRORED}, ["not on a Friday"])),
        (fitted, ({DONE}, ["do by U0ADA0000"])),
        (overflowing, ({ERRORED}, ["ValueError: " + "x" * 987 + "…"])),
    ],
)
def test_what_a_function_returns_is_the_reply(
    ops: Ops, function: Callable[..., object], outcome: tuple[set[str], list[str]]
) -> None:
    """Each item of a generator adds to it, and what that returns. None and nothing are none; an error says its text."""
    router = CommandRouter()
    router.command("do")(function)
    ops.start(router=router)
    assert ops.type("!do") == outcome


async def cancelling() -> None:
    raise asyncio.CancelledError  # Python 3.10 forgets its text


def interrupting() -> None:
    raise KeyboardInterrupt


class Speechless(CommandError):
    """An error that cannot say what it is."""

    def __str__(self) -> str:
        raise AttributeError("missing")


def speechless() -> None:
    raise Speechless


@pytest.mark.parametrize(
    ("function", "reply"),
    [
        (leaving, "SystemExit: bye"),
        (cancelling, "CancelledError"),
        (interrupting, "KeyboardInterrupt"),
        (speechless, "tests.active.test_router.Speechless: <exception str() failed>"),
    ],
)
def test_whatever_a_function_raises_does_not_end_the_worker(
    ops: Ops, function: Callable[[], object], reply: str
) -> None:
    """It is an error of that command."""
    router = CommandRouter()
    router.command("leave")(function)
    ops.start(router=router, workers=1)
    [mark], [said] = ops.type("!leave")
    assert (mark, said.removeprefix("asyncio.exceptions.")) == (ERRORED, reply)
    assert ops.type("!ping")[0] == {DONE}


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("!deplyo api", "no command 'deplyo'; did you mean: !deploy-it SERVICE [--force]"),
        ("!xyz", "no command 'xyz'; !help lists what you can do"),
        ("!" + "x" * 3000, f"no command '{'x' * 40}'; !help lists what you can do"),
        (
            "!deploy_it",
            "SERVICE is missing\nusage: !deploy-it SERVICE [--force]",
        ),
        (
            "!deploy-it --froce api",
            (
                "no option --froce; did you mean --force?\n"
                "!deploy-it --froce api\n"
                "           ^^^^^^^\n"
                "usage: !deploy-it SERVICE [--force]"
            ),
        ),
        (
            '!Deploy-It "api',
            (
                'the quotation mark " is never closed: "api\n'
                '!deploy-it "api\n'
                "           ^^^^\n"
                "usage: !deploy-it SERVICE [--force]"
            ),
        ),
        (
            "!deploy-it --force 'a b' --x=\"c\n  d e",
            (
                'the quotation mark " is never closed: "c\n  d e\n'
                '!deploy-it --force "a b" --x="c   d e\n'
                "                         ^^^^^^^^^^^^\n"
                "usage: !deploy-it SERVICE [--force]"
            ),
        ),
        ("!@orders", "no command after the name; !help lists what you can do"),
        ("!@orders 1042", "no command '1042'; !help lists what you can do"),
        ("!secre", "no command 'secre'; !help lists what you can do"),
        ("!help scret", "no command 'scret'; !help lists what you can do"),
    ],
)
def test_what_is_not_understood_is_answered_with_what_to_type(ops: Ops, text: str, reply: str) -> None:
    """The nearest command is named, if the person may run it."""
    router = CommandRouter()

    @router.command
    def deploy_it(service: str, *, force: bool = False) -> None:
        raise AssertionError("must not run")

    @router.command(roles="admins")
    def secret() -> None:
        raise AssertionError("must not run")

    ada, ben = ops.slack.user_id("ada"), ops.slack.user_id("ben")
    ops.start(router=router, allow=[ada, ben], roles={"admins": [ben]})
    assert ops.type(text) == ({PUZZLED}, [reply])


def test_a_role_is_asked_for_beyond_being_allowed(ops: Ops) -> None:
    """Who lacks it is refused, and is not shown the command."""
    ada, ben = ops.slack.user_id("ada"), ops.slack.user_id("ben")
    router = CommandRouter()
    router.command(name="deploy", roles=["deployers"])(lambda: "deployed")
    ops.start(router=router, allow=[ada, ben], roles={"deployers": [ben]})
    assert ops.type("!deploy") == ({REFUSED}, [refusal(ada, Verdict.LACKS_ROLE, ["deployers"])])
    assert ops.type("!deploy", user="ben") == ({DONE}, ["deployed"])
    assert "deploy" not in ops.type("!help")[1][0]
    assert "deploy" in ops.type("!help", user="ben")[1][0]


def test_help_of_a_command_shows_no_more_than_help(ops: Ops) -> None:
    """Who may not run a command is refused what it takes, as the command itself; nothing runs."""
    router = CommandRouter()

    @router.command(roles=["deployers"])
    def deploy(*, force: bool = False) -> None:
        raise AssertionError("must not run")

    ada, ben = ops.slack.user_id("ada"), ops.slack.user_id("ben")
    ops.start(router=router, allow=[ada, ben], roles={"deployers": [ben]})
    assert ops.type("!deploy --help", user="ben") == ({DONE}, ["!deploy [--force]\n[--force]"])
    assert ops.type("!deploy --help") == ({REFUSED}, [refusal(ada, Verdict.LACKS_ROLE, ["deployers"])])
    ops.clock.advance(600)  # the same is said again only after a while
    assert ops.type("!help deploy") == ({REFUSED}, [refusal(ada, Verdict.LACKS_ROLE, ["deployers"])])


def test_what_a_command_takes_is_told_to_those_who_may_run_it(ops: Ops) -> None:
    """Others are refused, whether or not their arguments fit."""
    ada, ben = ops.slack.user_id("ada"), ops.slack.user_id("ben")
    router = CommandRouter()

    @router.command(roles=["deployers"])
    def deploy(service: str) -> None:
        raise AssertionError("must not run")

    ops.start(router=router, allow=[ada, ben], roles={"deployers": [ben]})
    assert ops.type("!deploy --nonsense") == ({REFUSED}, [refusal(ada, Verdict.LACKS_ROLE, ["deployers"])])
    assert ops.type("!deploy --nonsense", user="ben")[0] == {PUZZLED}


def test_an_error_points_at_the_argument(ops: Ops) -> None:
    """With carets below the word, in the command as it was understood, however it was typed."""
    router = CommandRouter()

    @router.command
    def deploy(service: str, *, replicas: int = 1) -> None:
        raise AssertionError("must not run")

    ops.start(router=router)
    expected = (
        "--replicas: expected a whole number, got 'many'\n"
        '!deploy "my api" --replicas many\n'
        "                            ^^^^\n"
        "usage: !deploy SERVICE [--replicas REPLICAS]"
    )
    assert ops.type('!Deploy  "my api"   --replicas many') == ({PUZZLED}, [expected])
    assert ops.type("!deploy `my api` \u2014replicas many") == ({PUZZLED}, [expected])


def test_options_of_a_command_hold_with_and_without_a_name() -> None:
    """A function given at once, too, is for its roles only."""
    router = CommandRouter()
    router.command(coroutine, roles=["admins"])
    assert router.routes["coroutine"].roles == ("admins",)


def test_who_may_is_checked_again_when_it_runs(ops: Ops) -> None:
    """Groups change while commands wait; what cannot be known is refused."""
    ran: list[str] = []
    router = CommandRouter()
    router.command("note")(lambda word: ran.append(word))
    group = ops.slack.add_group("oncall", ["ada"])
    ops.say("!note one")
    ops.say("!note two")
    stamps = []
    for command in ops.source(allow=[group]):
        stamps.append(command.ts)
        ops.clock.advance(61)
        if len(stamps) == 1:
            ops.slack.add_group("oncall", [])
        else:
            ops.slack.fault("users.info", Fault.server_error(times=None))
        router.run(command)
        if len(stamps) == 2:
            break
    assert ran == []
    assert [ops.marks(ts) - {"eyes"} for ts in stamps] == [{REFUSED}, {REFUSED}]
    assert ops.replies(stamps[0]) == [refusal(ops.slack.user_id("ada"), Verdict.NOT_ALLOWED)]
    assert ops.replies(stamps[1])[0].startswith("Slack did not tell who may do that just now; try again")


def test_a_lost_reply_does_not_undo_a_command(ops: Ops, caplog: pytest.LogCaptureFixture) -> None:
    """It is done, and the audit says that the person does not know."""
    caplog.set_level("INFO", "slack_logging.audit")
    ts = ops.say("!ping")
    ops.slack.fault("chat.postMessage", Fault.server_error(times=None))
    ops.start(poll_interval=600)
    ops.clock.run_until(lambda: ops.marks(ts))
    assert ops.marks(ts) == {DONE}
    assert ops.clock.monotonic() < 2
    ops.clock.run_until(lambda: "lost a reply (chat.postMessage: HTTP 500" in caplog.text, limit=5000)
    assert 3600 < ops.clock.monotonic() < 3700
    assert 60 <= len(ops.slack.calls("chat.postMessage")) <= 150


def test_a_reason_that_is_lost_leaves_the_mark(ops: Ops) -> None:
    """It says how it ended."""
    ops.start()
    ops.slack.fault("chat.postMessage", Fault.server_error(times=None))
    ts = ops.say("!nonsense")
    ops.clock.run_until(lambda: ops.marks(ts))
    assert ops.marks(ts) == {PUZZLED}


def test_every_decision_is_audited(ops: Ops, caplog: pytest.LogCaptureFixture) -> None:
    """Who, what and how it went, a line each."""
    caplog.set_level("INFO", "slack_logging.audit")
    ops.start()
    for text, user in [("!ping", "ada"), ("!ping", "ben"), ("!pong 'a  b'", "ada")]:
        ops.type(text, user=user)
    ada, ben = ops.slack.user_id("ada"), ops.slack.user_id("ben")
    assert [record.getMessage() for record in caplog.records] == [
        f"command of {ada} allowed: '!ping'",
        f"command of {ada} done: '!ping'",
        f"command of {ben} refused: '!ping'",
        f"command of {ada} not understood: \"!pong 'a  b'\"",
    ]


def test_serving_blocks_until_the_source_is_closed(ops: Ops) -> None:
    """In the calling thread nothing runs but the wait."""
    router = CommandRouter()
    source = ops.source()
    router.command("stop")(lambda: source.close())
    ts = ops.say("!stop")
    router.serve(source)
    ops.clock.run_until(lambda: ops.marks(ts))
    assert ops.marks(ts) == {DONE}


def test_a_command_of_ones_own_takes_the_place_of_a_built_in(ops: Ops) -> None:
    """Under the same name."""
    router = CommandRouter()
    router.command("ping")(lambda: "mine")
    ops.start(router=router)
    assert ops.type("!ping") == ({DONE}, ["mine"])


def test_a_decorated_function_stays_itself() -> None:
    """With and without parentheses."""
    router = CommandRouter()
    assert router.command(coroutine) is coroutine
    assert router.command("other")(coroutine) is coroutine


def wrong_annotation(when: complex) -> None: ...


@pytest.mark.parametrize(
    ("register", "says"),
    [
        (lambda router: router.command("echo")(fitted), "command 'echo' exists already: give one of the two another"),
        (lambda router: router.command("Echo")(fitted), "command 'echo' exists already"),
        (lambda router: router.command(partial(fitted)), "command name '': expected one word that starts with"),
        (lambda router: router.command("two words")(fitted), "command name 'two words': expected one word that starts"),
        (lambda router: router.command("1st")(fitted), "command name '1st': expected one word that starts"),
        (lambda router: router.command("")(fitted), "name='': expected text"),
        (lambda router: router.command(lambda: None), "command name '<lambda>': expected one word"),
        (lambda router: router.command("x", roles=7)(fitted), "roles=7: expected a list of strings"),
        (
            lambda router: router.command("x", roles=[])(fitted),
            "roles=[] names none, so nobody could run the command: l",
        ),
        (
            lambda router: router.command("x", roles=" ,")(fitted),
            "roles=' ,' names none, so nobody could run the comma",
        ),
        (lambda router: router.command("x", timeout=0)(fitted), "timeout=0: expected seconds (0.001 or more)"),
        (
            lambda router: router.command("x", approve_within=0)(fitted),
            "approve_within=0: expected seconds (1 or more)",
        ),
        (
            lambda router: router.command(approve_within="5m")(fitted),
            "approve_within='5m' without approvals, so nobody would be asked: add approvals=1",
        ),
        (
            lambda router: router.command("x", approvals=0, approve_within=600)(fitted),
            "approve_within=600 without approvals, so nobody would be asked: add approvals=1",
        ),
        (lambda router: router.command(role=["x"]), "router.command() has no option 'role': did you mean roles?"),
        (lambda router: router.command("x", ["y"]), "router.command() takes all but the name by name: name, roles"),
        (lambda router: router.command(["x"])(fitted), "name=['x']: expected text"),
        (lambda router: router.command(wrong_annotation), "command function wrong_annotation(), parameter 'when'"),
    ],
)
def test_what_cannot_be_a_command_is_refused_at_once(register: Callable[[Any], object], says: str) -> None:
    """When it is decorated, not when somebody types it."""
    router = CommandRouter()
    router.command("echo")(coroutine)
    with pytest.raises(ConfigurationError) as caught:
        register(router)
    assert str(caught.value).startswith(says)


def test_a_role_that_the_source_does_not_have_is_refused(ops: Ops, capfd: pytest.CaptureFixture[str]) -> None:
    """Serving raises; starting in the background says so on stderr and reads nothing."""
    router = CommandRouter()
    router.command("deploy", roles=["deployers"])(fitted)
    with pytest.raises(ConfigurationError, match="command 'deploy' wants the role 'deployers', which is not in roles"):
        router.serve(ops.source())
    source = ops.source(router=router)
    source.start()
    ops.clock.run_until(lambda: "closed" in repr(source))
    assert "are not read: command 'deploy' wants the role 'deployers'" in capfd.readouterr().err


def test_an_error_without_words_says_so(ops: Ops) -> None:
    """Nobody is shown where its class is defined."""
    router = CommandRouter()

    @router.command
    def silent() -> None:
        raise CommandError(" ")

    ops.start(router=router)
    assert ops.type("!silent") == ({ERRORED}, ["no reason was given"])
