"""What nobody expected ends neither the thread that reads nor those that run commands; stderr says it."""

from __future__ import annotations

import logging
import queue
from collections.abc import Iterator

import pytest

from slack_logging import Command, CommandRouter, SlackHandler
from tests.active.conftest import DONE, ERRORED, REFUSED, Ops

WAITS = "hourglass_flowing_sand"


class Picky(logging.Filter):
    """A filter that wants of each record what not every record has."""

    is_on = True

    def filter(self, record: logging.LogRecord) -> bool:
        """Raise a `KeyError`."""
        return not self.is_on or bool(record.__dict__["request_id of !echo"])


class Forgetful(SlackHandler):
    """A program's own handler, which cannot redact for a while."""

    fails = False

    def redact(self, text: str) -> str:
        """See `SlackHandler`."""
        return {False: super().redact}[self.fails](text)


@pytest.fixture
def picky() -> Iterator[Picky]:
    """Have the audit filtered so."""
    logger, found = logging.getLogger("slack_logging.audit"), Picky()
    level = logger.level
    logger.setLevel("INFO")
    logger.addFilter(found)
    yield found
    logger.removeFilter(found)
    logger.setLevel(level)


def test_commands_go_on_where_a_filter_of_the_audit_raises(
    ops: Ops, router: CommandRouter, picky: Picky, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever is audited: refused, run, failed, or never approved. One line says so, and nothing of what was typed."""

    @router.command
    def fail() -> None:
        raise ValueError("bad row")

    @router.command(approvals=1, approve_within=30)
    def drop() -> str:
        return "dropped"

    ops.start(router=router, allow=[ops.slack.user_id(name) for name in ("ada", "ben")], workers=1)
    marks, [reply] = ops.type("!drop")
    assert (marks, reply.split("\n")[-1]) == ({WAITS, ERRORED}, "not approved within 30s")
    assert ops.type("!fail") == ({ERRORED}, ["ValueError: bad row"])
    assert ops.type("!echo x", user=ops.slack.add_user("dan"))[0] == {REFUSED}
    for _ in range(2):
        assert ops.type("!echo x") == ({DONE}, ["x"])
    lines = [line for line in capfd.readouterr().err.splitlines() if "reading commands" not in line]
    assert lines == [
        "slack_logging: the audit is not complete: a filter or handler of slack_logging.audit raised KeyError"
    ]


def test_a_worker_outlives_what_a_command_leaves_behind(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]
) -> None:
    """It raises what is no `Exception`, and what was to stop it raises, too."""

    @router.command
    def leave(*, command: Command) -> None:
        command.stop_by(lambda: [][0])
        raise SystemExit

    ops.start(router=router, workers=1)
    assert ops.type("!leave") == ({ERRORED}, ["SystemExit"])
    assert ops.type("!echo x") == ({DONE}, ["x"])
    assert "unexpected IndexError when a command ended" in capfd.readouterr().err


def test_what_cannot_be_stopped_stops_no_reading(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]
) -> None:
    """The thread that reads tells a command that its time is over, and what was to stop it raises."""
    hold = queue.SimpleQueue[None]()

    @router.command(timeout=20)
    def work(*, command: Command) -> None:
        command.stop_by(lambda: [][0])
        ops.clock.wait(hold, None)

    ops.start(router=router)
    assert ops.type("!work") == ({"eyes", ERRORED}, ["timed out after 20s"])
    assert ops.type("!echo x") == ({DONE}, ["x"])
    assert "commands in #ops-commands: unexpected IndexError" in capfd.readouterr().err
    hold.put(None)


def pending_without_redaction(ops: Ops, router: CommandRouter) -> tuple[Forgetful, str]:
    """Return a handler that cannot redact by now, and the `ts` of a command whose reply is to say how it ended."""
    router.command("drop", approvals=1, approve_within=30)(lambda: "dropped")
    handler = Forgetful("#ops-log", token=ops.slack.bot_token, api_url=ops.slack.api_url)
    allow = [ops.slack.user_id(name) for name in ("ada", "ben")]
    ops.source(router=router, allow=allow).start(handler)
    ts = ops.say("!drop")
    ops.clock.run_until(lambda: WAITS in ops.marks(ts))
    handler.fails = True
    ops.clock.run_until(lambda: ERRORED in ops.marks(ts))
    return handler, ts


def test_what_goes_on_being_unexpected_is_said_once(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is tried ever slower, the channel is read meanwhile, and all is made up for in the end."""
    handler, ts = pending_without_redaction(ops, router)
    began, seen = ops.clock.monotonic(), len(ops.slack.calls("conversations.history"))
    ops.clock.run_until(lambda: ops.clock.monotonic() > began + 300)
    assert 5 < len(ops.slack.calls("conversations.history")) - seen < 30
    handler.fails = False
    assert ops.type("!echo x") == ({DONE}, ["x"])
    assert ops.settled(ts)[1][0].endswith("not approved within 30s")
    said = capfd.readouterr().err
    assert said.count("unexpected") == said.count("commands in #ops-commands: unexpected KeyError: True; trying") == 1
    handler.close()


def test_closing_waits_no_longer_for_what_is_unexpected(ops: Ops, router: CommandRouter) -> None:
    """However slowly it is tried again by now."""
    handler, _ = pending_without_redaction(ops, router)
    began = ops.clock.monotonic()
    ops.clock.run_until(lambda: ops.clock.monotonic() > began + 300)
    [source] = ops.sources
    source.close(1)
    ended = ops.clock.monotonic()
    ops.clock.run_until(lambda: "closed" in repr(source))
    assert ops.clock.monotonic() - ended <= 5
    handler.close()
