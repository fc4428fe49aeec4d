"""A program that ends while a command runs in it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slack_logging.local import Fault, LocalSlack, visible_text

PROGRAM = """
import logging.config
import sys
import threading

from slack_logging import CommandRouter

router = CommandRouter()


@router.command
def long():
    yield "begun"
    threading.Event().wait(60)


commands = {"channel": "#ops-commands", "allow": sys.argv[1], "router": router, "start_delay": 0}
handler = {
    "class": "slack_logging.SlackHandler",
    "channel": "#ops-log",
    "close_timeout": "2s",
    "commands": commands | {"poll_interval": "0.2s"},
}
logging.config.dictConfig({"version": 1, "handlers": {"slack": handler}, "root": {"handlers": ["slack"]}})
try:
    threading.Event().wait(60)
except KeyboardInterrupt:
    pass
"""


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")


@contextlib.contextmanager
def running(slack: LocalSlack, *stamps: str) -> Iterator[subprocess.Popen[str]]:
    """Run the program, until it has said that it runs these commands."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, slack.user_id("ada")],
        env={**os.environ, **slack.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            slack.wait_for(lambda: all(replies(slack, ts) == ["begun"] for ts in stamps), timeout=30)
            yield process
        finally:
            process.kill()


def replies(slack: LocalSlack, ts: str) -> list[str]:
    """Return what was said in a command's thread."""
    return [visible_text(message) for message in slack.messages("#ops-commands", thread_ts=ts)[1:]]


def test_a_command_that_runs_when_the_program_ends_is_marked_and_answered() -> None:
    """Within the handler's `close_timeout`, and with nothing more on the terminal than that commands were read."""
    with LocalSlack() as slack:
        ts = slack.say("#ops-commands", "!long", user="ada")
        with running(slack, ts) as process:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        said = replies(slack, ts)
        marks = set(slack.reactions("#ops-commands", ts))

    assert (process.returncode, marks - {"eyes"}) == (0, {"warning"})
    ended = f"{os.uname().nodename}/{process.pid} ended while this ran"
    assert said == [f"begun\ninterrupted: {ended}; :repeat: on the command runs it again"]
    assert err.count("\n") == 1, err


def test_what_runs_when_the_program_ends_is_counted_where_slack_does_not_answer() -> None:
    """Though it takes the connections, and holds the thread that reads for longer than there is time."""
    with LocalSlack() as slack:
        stamps = [slack.say("#ops-commands", "!long", user="ada") for _ in range(2)]
        with running(slack, *stamps) as process:
            slack.fault("*", Fault.latency(9, times=None))
            slack.wait_for(lambda: "conversations.history" in [met.method for met in slack.faults_met()])
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)

    assert process.returncode == 0
    assert "slack_logging: 2 commands in #ops-commands are over but could not be marked in time: " in err
