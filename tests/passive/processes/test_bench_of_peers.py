"""The bench on which other Slack handlers lose, double or hang, continued: what needs a program of its own."""

from __future__ import annotations

import os

import pytest

from slack_logging.local import Fault, LocalSlack
from tests.passive.conftest import POST
from tests.passive.processes.conftest import Run, lines

WORDS = "ant bee cat dog elk fox gnu hen ibis jay kid lark mole newt owl pug quail ram seal tern".split()


@pytest.mark.parametrize("level", ["error", "info"])
def test_twenty_records_before_exit_arrive_in_time(run: Run, slack: LocalSlack, level: str) -> None:
    """Different ones, where Slack takes 0.2 s and one message a second: so few messages that five seconds suffice."""
    slack.fault("*", Fault.latency(0.2, times=None))
    assert run(f"for word in {WORDS!r}: log.{level}('there is no ' + word)") == ""
    assert lines(slack) == [f"there is no {word}" for word in WORDS]
    assert len(slack.calls(POST)) <= 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_three_records_of_a_child_arrive_after_a_fork_behind_the_first(run: Run, slack: LocalSlack) -> None:
    """As with gunicorn's preloading."""
    run(
        """
        log.error('of the parent')
        if not os.fork():
            for number in range(3): log.info('of the child %d', number)
            sys.exit()
        assert os.wait()[1] == 0
        """
    )
    assert sorted(lines(slack)) == [*(f"of the child {number}" for number in range(3)), "of the parent"]
