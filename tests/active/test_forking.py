"""What a command forks is no second reader: it runs no other command, settles nothing and says nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from slack_logging.local import LocalSlack
from tests.active.conftest import CHANNEL, DONE, EYES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

#: A program with one worker and a command that forks once others wait. The parent waits until the child has ended.
PROGRAM = """
import os, sys, time
from collections.abc import AsyncIterator, Iterator
from slack_logging import Command, CommandRouter, SlackCommandSource
router = CommandRouter()

def fork(leaves: str, command: Command) -> str | None:
    while not command.origin.waiting():
        time.sleep(0.01)
    if pid := os.fork():
        os.waitpid(pid, 0)
        return None
    command.progress(1, 2)
    command.reply("said by the child")
    if leaves == "by-exit":
        sys.exit(3)
    if leaves == "by-exception":
        raise ValueError(leaves)
    if leaves == "by-ack":
        command.ack()
    if leaves == "by-fail":
        command.fail("said by the child")
    if leaves == "by-nack":
        command.nack()
    return "returned by the child"

@router.command
def plain(leaves: str, *, command: Command) -> str | None:
    return fork(leaves, command)

@router.command
def generator(leaves: str, *, command: Command) -> Iterator[str | None]:
    yield fork(leaves, command)

@router.command
async def coroutine(leaves: str, *, command: Command) -> str | None:
    return fork(leaves, command)

@router.command
async def stream(leaves: str, *, command: Command) -> AsyncIterator[str | None]:
    yield fork(leaves, command)

@router.command
def note(word: str) -> None:
    with open(sys.argv[1], "a") as ran:
        ran.write(f"{word} {os.getpid()}\\n")

source = SlackCommandSource("#ops-commands", allow=["U0ADA0000"], router=router, poll_interval=0.2, workers=1)
"""

SERVES = f"{PROGRAM}\nsource.serve(router)\n"
#: As whoever has no router writes it.
LOOPS = f"""{PROGRAM}
for command in source:
    with command:
        if command.name == "note":
            note(command.args[0])
        else:
            command.reply(fork(command.args[0], command))
"""

WAYS = ["by-return", "by-exit", "by-exception", "by-ack", "by-fail", "by-nack"]


@pytest.mark.parametrize(
    ("program", "names", "ways"),
    [
        pytest.param(SERVES, ["plain"], WAYS, id="function"),
        pytest.param(SERVES, ["generator", "coroutine", "stream"], WAYS[:2], id="generator, coroutine"),
        pytest.param(LOOPS, ["plain"], WAYS, id="loop"),
    ],
)
def test_a_child_that_a_command_forked_ends_with_it(
    tmp_path: Path, program: str, names: list[str], ways: list[str]
) -> None:
    """However it leaves the function, and whatever it says before; the parent runs what waits, each once."""
    ran = tmp_path / "ran"
    stamps: list[str] = []
    pairs = [(name, way) for name in names for way in ways]
    with LocalSlack(rate_limit=0) as slack:
        environ = {**os.environ, **slack.environ, "TMPDIR": str(tmp_path)}
        environ.pop("SLACK_LOGGING_APP_TOKEN", None)
        command = [sys.executable, "-c", program, str(ran)]
        with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL, start_new_session=True) as process:
            try:
                for name, way in pairs:
                    forks = slack.say(CHANNEL, f"!{name} {way}", user="ada")
                    waits = slack.say(CHANNEL, f"!note {name}-{way}", user="ada")
                    stamps += [forks, waits]
                    slack.wait_for(partial(are_done, slack, [forks, waits]), timeout=30)
            finally:
                os.killpg(process.pid, signal.SIGKILL)  # and what it forked
        assert [set(slack.reactions(CHANNEL, ts)) - {EYES} for ts in stamps] == [{DONE}] * len(stamps)
        assert [slack.messages(CHANNEL, thread_ts=ts)[1:] for ts in stamps] == [[]] * len(stamps)
    assert ran.read_text().splitlines() == [f"{name}-{way} {process.pid}" for name, way in pairs]


def are_done(slack: LocalSlack, stamps: list[str]) -> bool:
    """Tell whether all of these commands are marked so."""
    return all(DONE in slack.reactions(CHANNEL, ts) for ts in stamps)
