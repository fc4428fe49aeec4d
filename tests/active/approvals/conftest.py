"""Commands that others must approve, people who may, and what they do in Slack."""

from __future__ import annotations

import logging
import queue
from typing import Any

import pytest

from slack_logging import Command, CommandRouter
from tests.active.conftest import CHANNEL, EYES, Ops

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
