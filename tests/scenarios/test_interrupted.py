"""A program that ends while a command runs in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slack_logging.local import LocalSlack, visible_text

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


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_a_command_that_runs_when_the_program_ends_is_marked_and_answered() -> None:
    """Within the handler's `close_timeout`, and with nothing more on the terminal than that commands were read."""
    with LocalSlack() as slack:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, slack.user_id("ada")],
            env={**os.environ, **slack.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stderr=subprocess.PIPE,
            text=True,
        )
        ts = slack.say("#ops-commands", "!long", user="ada")
        slack.wait_for(lambda: len(slack.messages("#ops-commands", thread_ts=ts)) == 2, timeout=30)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        replies = [visible_text(message) for message in slack.messages("#ops-commands", thread_ts=ts)[1:]]
        marks = set(slack.reactions("#ops-commands", ts))

    assert (process.returncode, marks - {"eyes"}) == (0, {"warning"})
    ended = f"{os.uname().nodename}/{process.pid} ended while this ran"
    assert replies == ["begun", f"interrupted: {ended}; :repeat: on the command runs it again"]
    assert err.count("\n") == 1, err
