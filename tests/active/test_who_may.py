"""Everybody who can put a message into a channel, by everything that a command can ask for: default deny."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import pyotp
import pytest
from slack_sdk import WebClient, WebhookClient

from slack_logging import CommandRouter
from slack_logging.active.people.codes import STEP
from slack_logging.local import Fault, LocalSlack
from slack_logging.testing import FakeClock
from tests.active.conftest import CHANNEL, DONE, LATE, REFUSED, Ops

KEY = pyotp.random_base32()
WAITS, APPROVE = "hourglass_flowing_sand", "+1"
#: By no mark at all.
IGNORED = ""


@dataclass(frozen=True)
class Kind:
    """A kind of author, and what becomes of what they type.

    Attributes:
        name: of the kind, and of the person.
        outcome: the mark of each of their commands, whether or not it takes a role or a code; `DONE` where they may.
        options: of `LocalSlack.add_user`.
        is_named: `allow` and the role name them by id.
        is_member: they are in the user group that `allow` and the role name.
    """

    name: str
    outcome: str
    options: dict[str, object]
    is_named: bool = False
    is_member: bool = False

    def __str__(self) -> str:
        return self.name


KINDS = [
    Kind("member", DONE, {}, is_named=True),
    Kind("admin", REFUSED, {"admin": True}),
    Kind("guest", REFUSED, {"guest": True}, is_member=True),
    Kind("external", REFUSED, {"external": True}, is_member=True),
    Kind("deactivated", REFUSED, {}, is_named=True, is_member=True),
    Kind("bot", IGNORED, {"bot": True}, is_member=True),
    Kind("workflow", IGNORED, {"bot": "workflow"}, is_member=True),
    Kind("webhook", IGNORED, {}),
    Kind("app with a person's token", IGNORED, {}, is_named=True, is_member=True),
    Kind("self", IGNORED, {}),
    Kind("group member", DONE, {}, is_member=True),
    Kind("former group member", REFUSED, {}, is_member=True),
]


@pytest.fixture
def router() -> CommandRouter:
    """Return a command of each kind."""
    router = CommandRouter()
    router.command("allowed")(lambda: "ran")
    router.command("role", roles=["admins"])(lambda: "ran")
    router.command("approval", roles=["admins"], approvals=1)(lambda: "ran")
    router.command("totp", roles=["admins"], totp=True)(lambda: "ran")
    return router


def open_to(ops: Ops, router: CommandRouter, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have a source read that lets in ada, and this kind as far as it goes; return the person's name."""
    name = {"self": "ops"}.get(kind.name, kind.name.replace(" ", "-").replace("'", ""))
    if kind.name not in ("self", "webhook"):
        ops.slack.add_user(name, **kind.options)  # type: ignore[arg-type]  # the kinds are typed apart
        monkeypatch.setenv(f"SLACK_LOGGING_TOTP_{ops.slack.user_id(name)}", KEY)
    group = ops.slack.add_group("oncall", [name] if kind.is_member else [])
    named = [ops.slack.user_id(name)] if kind.is_named else []
    allow = [ops.slack.user_id("ada"), group, *named]
    ops.start(router=router, allow=allow, roles={"admins": allow})
    assert ops.type("!allowed")[0] == {DONE}
    ops.clock.advance(61)  # what was known of people and codes is past
    if kind.name == "former group member":
        ops.slack.add_group("oncall", [])
    return name


def typed(ops: Ops, kind: Kind, name: str, text: str) -> str:
    """Have them type it; return its `ts`."""
    if kind.name == "webhook":
        WebhookClient(ops.slack.webhook_url(CHANNEL)).send(text=text)
        return str(ops.slack.messages(CHANNEL)[-1]["ts"])
    if kind.name == "self":
        client = WebClient(ops.slack.bot_token, base_url=ops.slack.api_url)
        return str(client.chat_postMessage(channel=ops.slack.channel_id(CHANNEL), text=text)["ts"])
    by = {"bot_id": "B0APP", "app_id": "A0APP"} if kind.name.startswith("app") else {}
    ts = ops.say(text, user=name, **by)
    if kind.name == "deactivated":
        ops.slack.deactivate(name)
    return ts


def outcome(ops: Ops, ts: str, wanted: str) -> set[str]:
    """Return the marks of a message, once they are as wanted or, for none, some sweeps later."""
    if wanted:
        ops.clock.run_until(lambda: wanted in ops.marks(ts))
    ops.after_sweeps(3)
    return ops.marks(ts)


@pytest.mark.parametrize("command", ["allowed", "role", "totp"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_who_may_run_what(
    ops: Ops, router: CommandRouter, kind: Kind, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role and a code open nothing to those who may not."""
    name = open_to(ops, router, kind, monkeypatch)
    code = f" {pyotp.TOTP(KEY).generate_otp(int(ops.clock.time()) // STEP)}" if command == "totp" else ""
    ts = typed(ops, kind, name, f"!{command}{code}")
    assert outcome(ops, ts, kind.outcome) == ({kind.outcome} - {IGNORED})
    assert ("ran" in ops.replies(ts)) is (kind.outcome == DONE)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_who_may_ask_for_approval_and_give_it(
    ops: Ops, router: CommandRouter, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same people; nobody to themselves."""
    name = open_to(ops, router, kind, monkeypatch)
    theirs = ops.say("!approval", user="ada")
    ops.clock.run_until(lambda: WAITS in ops.marks(theirs))
    if kind.outcome != IGNORED or kind.name in (
        "bot",
        "workflow",
        "self",
    ):  # others cannot react, or not as what they are
        ops.slack.react(CHANNEL, ops.slack.messages(CHANNEL, thread_ts=theirs)[-1]["ts"], APPROVE, user=name)
    own = typed(ops, kind, name, "!approval")
    asks = WAITS if kind.outcome == DONE else kind.outcome
    assert outcome(ops, own, asks) == ({asks} - {IGNORED})
    assert outcome(ops, theirs, DONE if kind.outcome == DONE else WAITS) == (
        {WAITS, DONE} if kind.outcome == DONE else {WAITS}
    )
    if asks == WAITS:
        request = ops.slack.messages(CHANNEL, thread_ts=own)[-1]["ts"]
        ops.slack.react(CHANNEL, request, APPROVE, user=name)
        assert outcome(ops, own, WAITS) == {WAITS}
        ops.slack.react(CHANNEL, request, APPROVE, user="ada")
        assert outcome(ops, own, DONE) == {WAITS, DONE}


def guest(ops: Ops) -> str:
    return ops.slack.add_user("eve", guest=True)


def external(ops: Ops) -> str:
    return ops.slack.add_user("eve", external=True)


def bot(ops: Ops) -> str:
    return ops.slack.add_user("eve", bot=True)


@pytest.mark.parametrize(
    ("add", "unusual"),
    [
        (guest, "a guest of this workspace"),
        (external, "of another workspace, which decides about that account"),
        (bot, "a bot: whoever can make it post there runs commands as it"),
    ],
)
def test_who_is_let_in_by_name_only_is_told_of(
    ops: Ops, router: CommandRouter, add: Callable[[Ops], str], unusual: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Once, on stderr, when they first type: before, nobody asked Slack who they are."""
    eve = add(ops)
    allow = [ops.slack.user_id("ada"), ops.slack.user_id("ben"), eve]
    ops.start(router=router, allow=allow, roles={"admins": allow})
    assert ops.type("!allowed", user="eve")[0] == {DONE}
    assert ops.type("!allowed", user="eve")[0] == {DONE}
    assert capfd.readouterr().err.count(f"commands: {eve} may run them, named in allow, and is {unusual}") == 1


def test_a_bot_that_is_named_never_approves(ops: Ops, router: CommandRouter) -> None:
    """It may run commands: that is what it is named for. An approval is a person's."""
    eve = bot(ops)
    allow = [ops.slack.user_id("ada"), ops.slack.user_id("ben"), eve]
    ops.start(router=router, allow=allow, roles={"admins": allow})
    ts = ops.say("!approval", user="eve")
    ops.clock.run_until(lambda: WAITS in ops.marks(ts))
    other = ops.say("!approval")
    ops.clock.run_until(lambda: WAITS in ops.marks(other))
    for each, user in ((ts, "ada"), (other, "eve")):
        ops.slack.react(CHANNEL, ops.slack.messages(CHANNEL, thread_ts=each)[-1]["ts"], APPROVE, user=user)
    assert outcome(ops, ts, DONE) == {WAITS, DONE}
    assert outcome(ops, other, WAITS) == {WAITS}


def test_a_bot_in_the_configuration_is_told_of_at_the_start(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its id tells it."""
    allow = [ops.slack.user_id("ada"), ops.slack.user_id("ben"), "B0123"]
    ops.start(router=router, allow=allow, roles={"admins": allow})
    ops.type("!allowed")
    says = "commands in #ops-commands: allow names the bot B0123: whoever can make it post there runs commands as it"
    assert capfd.readouterr().err.count(says) == 1


@pytest.mark.parametrize(("external", "wanted"), [("sibling", DONE), ("enterprise", REFUSED), ("workspace", REFUSED)])
def test_an_enterprise_is_one(clock: FakeClock, router: CommandRouter, external: str, wanted: str) -> None:
    """A group admits people of its other workspaces, and of no other enterprise."""
    with LocalSlack(clock=clock, enterprise=True) as slack:
        ops = Ops(slack, clock)
        eve = slack.add_user("eve", external=external)  # type: ignore[arg-type]  # a Literal
        allow = [slack.add_group("oncall", [eve]), slack.user_id("ada")]
        source = ops.start(router=router, allow=allow, roles={"admins": allow})
        assert ops.type("!allowed", user="eve")[0] == {wanted}
        source.close()


@pytest.mark.parametrize(("away", "wanted"), [(60, {DONE}), (86_400, {LATE})])
def test_what_was_typed_while_slack_was_out_of_reach(
    ops: Ops, router: CommandRouter, away: float, wanted: set[str]
) -> None:
    """For a minute it runs; for a day it would surprise: it is marked."""
    allow = [ops.slack.user_id("ada"), ops.slack.user_id("ben")]
    ops.start(router=router, allow=allow, roles={"admins": allow})
    assert ops.type("!allowed")[0] == {DONE}
    ops.slack.fault("conversations.history", Fault.server_error(times=None))
    ts = ops.say("!allowed")
    ops.clock.advance(away)
    ops.slack.clear_faults()
    assert ops.settled(ts)[0] == wanted


@pytest.mark.parametrize(("away", "wanted"), [(60, {DONE}), (86_400, set())])
def test_what_was_typed_while_no_service_ran(ops: Ops, router: CommandRouter, away: float, wanted: set[str]) -> None:
    """For a minute it runs; what is a day old is history, which nobody marks at a start."""
    allow = [ops.slack.user_id("ada"), ops.slack.user_id("ben")]
    ts = ops.say("!allowed")
    ops.clock.advance(away)
    ops.start(router=router, allow=allow, roles={"admins": allow})
    assert ops.type("!allowed")[0] == {DONE}
    ops.after_sweeps()
    assert ops.marks(ts) == wanted


def test_the_audit_can_be_searched(ops: Ops, router: CommandRouter, caplog: pytest.LogCaptureFixture) -> None:
    """Its records have who, what, where and the decision as attributes."""
    caplog.set_level(logging.INFO, "slack_logging.audit")
    allow = [ops.slack.user_id("ada"), ops.slack.user_id("ben")]
    ops.start(router=router, allow=allow, roles={"admins": allow})
    ts = ops.say("!allowed")
    ops.clock.run_until(lambda: len(caplog.records) >= 2)
    fields = [
        {name: vars(record)[name] for name in ("user", "command", "decision", "channel", "ts")}
        for record in caplog.records
    ]
    same = {"user": allow[0], "command": "allowed", "channel": ops.slack.channel_id(CHANNEL), "ts": ts}
    assert fields == [{**same, "decision": decision} for decision in ("allowed", "done")]
