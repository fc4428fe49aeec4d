"""This machine's clock may be wrong: commands get old by Slack's, and it is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from slack_logging import CommandRouter
from slack_logging.local import Fault, LocalSlack
from slack_logging.testing import FakeClock
from tests.active.conftest import DONE, LATE, Ops


@dataclass
class Theirs:
    """Slack's clock, which ours is ahead of by so many seconds."""

    ours: FakeClock
    ahead: float = 0.0

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self.ours.time() - self.ahead


@pytest.fixture
def theirs(clock: FakeClock) -> Theirs:
    """Return a clock that agrees with ours until somebody sets it."""
    return Theirs(clock)


@pytest.fixture
def ops(clock: FakeClock, theirs: Theirs) -> Iterator[Ops]:
    """Open the channel of a Slack with a clock of its own."""
    with LocalSlack(clock=theirs) as slack:
        channel = Ops(slack, clock)
        yield channel
        for source in channel.sources:
            source.close()


def said(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """Return what was said about the clock."""
    return [line for line in capfd.readouterr().err.splitlines() if "clock" in line]


@pytest.mark.parametrize(("ahead", "says"), [(900.0, "ahead of"), (-1500.0, "behind")])
def test_a_command_gets_old_by_slacks_clock(
    ops: Ops, router: CommandRouter, theirs: Theirs, ahead: float, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before a start, while it waits to be found, and from when somebody wants it again."""
    theirs.ahead = ahead
    old = ops.say("!echo old")
    ops.clock.advance(700)
    recent = ops.say("!echo recent")
    ops.start(router=router)
    assert ops.settled(recent)[0] == {DONE}
    assert ops.type("!echo new")[0] == {DONE}
    ops.slack.fault("conversations.history", Fault.server_error(times=None))
    late = ops.say("!echo late")
    ops.clock.advance(601)
    ops.slack.clear_faults()
    assert ops.settled(late)[0] == {LATE}
    ops.slack.react("#ops-commands", late, "repeat", user="ada")
    ops.clock.run_until(lambda: DONE in ops.marks(late))
    assert ops.marks(old) == set()
    [line] = said(capfd)
    told = re.search(rf"this machine's clock is ([0-9,]+) s {says} Slack's: set it, or have NTP set it", line)
    assert told is not None
    assert abs(float(told[1].replace(",", "")) - abs(ahead)) <= 1  # an answer's date has whole seconds


def test_a_clock_that_is_set_while_it_reads_is_said_once_each_way(
    ops: Ops, router: CommandRouter, theirs: Theirs, capfd: pytest.CaptureFixture[str]
) -> None:
    """Less than a minute is nothing, nor is a second more or less of what was said."""
    ops.start(router=router)
    ops.type("!echo x")
    for theirs.ahead in (50.0, 0.0, -50.0):
        ops.after_sweeps()
    assert said(capfd) == []
    for theirs.ahead in (-700.0, -703.0, -690.0):
        ops.after_sweeps()
        assert ops.type("!echo x")[0] == {DONE}
    theirs.ahead = 0.0
    ops.after_sweeps()
    assert ["behind" in line for line in said(capfd)] == [True, False]
