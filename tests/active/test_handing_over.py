"""Who is closed lets another process of the host read once what it ran is marked, and not before."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slack_logging import Command, CommandRouter, SlackCommandSource
from slack_logging.local import Fault, LocalSlack
from tests.active.conftest import CHANNEL, DONE, ERRORED, EYES, Ops

#: A process that reads commands until its stdin ends, and writes down which it ran. One of them takes a second more, in
#: which who stands by tries five times to read.
READER = """
import sys, threading, time
from slack_logging import CommandRouter, SlackCommandSource
router, closing = CommandRouter(), threading.Event()

def ran(word):
    with open(sys.argv[1], "a") as file:
        file.write(f"{word} in {sys.argv[2]}\\n")

@router.command
def echo(word: str) -> None:
    ran(word)

@router.command
def work() -> None:
    ran("work")
    closing.wait()
    time.sleep(1)

source = SlackCommandSource("#ops-commands", allow=["U0ADA0000"], router=router, poll_interval=0.2)
source.start()
sys.stdin.read()
closing.set()
source.close(20)
"""

#: A process that tells whether it can have a lock.
PROBE = """
import sys, tempfile
from slack_logging.active.reading.hostlock import HostLock
tempfile.tempdir = sys.argv[1]
print(HostLock(sys.argv[2:]).acquire())
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a temporary directory of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@contextlib.contextmanager
def reading(ran: Path, name: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Have a process that has said on stderr that it reads, or stands by."""
    command = [sys.executable, "-c", READER, str(ran), name]
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        process.stderr.readline()
        yield process
        process.kill()


@pytest.mark.parametrize("shows", [set(), {EYES}], ids=["no mark", "eyes"])
def test_a_command_that_runs_when_its_program_is_closed_is_not_run_by_who_stands_by(
    directory: Path, shows: set[str]
) -> None:
    """It ran once and has one final mark; what is typed next is run by who took over."""
    ran = directory / "ran"
    ran.touch()
    with LocalSlack(rate_limit=0) as slack, contextlib.ExitStack() as processes:
        environ = {**os.environ, **slack.environ, "TMPDIR": str(directory)}
        environ.pop("SLACK_LOGGING_APP_TOKEN", None)
        first, _ = (processes.enter_context(reading(ran, name, environ)) for name in ("first", "second"))
        work = slack.say(CHANNEL, "!work", user="ada")
        slack.wait_for(lambda: ran.read_text() and shows <= set(slack.reactions(CHANNEL, work)), timeout=30)
        first.communicate()
        after = slack.say(CHANNEL, "!echo next", user="ada")
        slack.wait_for(lambda: DONE in slack.reactions(CHANNEL, after), timeout=30)
        marks = set(slack.reactions(CHANNEL, work))
    assert ran.read_text().splitlines() == ["work in first", "next in second"]
    assert marks - {EYES} == {DONE}


def is_free(ops: Ops, directory: Path) -> bool:
    """Tell whether another process could read the channel."""
    place = (ops.slack.api_url, ops.slack.team_id, ops.slack.channel_id(CHANNEL))
    probe = [sys.executable, "-c", PROBE, str(directory), *place]
    return subprocess.run(probe, capture_output=True, text=True, check=True, timeout=60).stdout == "True\n"


def test_a_command_that_closes_its_source_is_not_run_by_who_takes_over(ops: Ops, directory: Path) -> None:
    """Which would end in turn: nobody else reads before it is marked, though reading ended before it did."""
    router = CommandRouter()
    source = ops.source(router=router)
    hold, closed = queue.SimpleQueue[None](), queue.SimpleQueue[None]()

    @router.command
    def stop() -> None:
        source.close()
        closed.put(None)
        ops.clock.wait(hold, None)

    source.start()
    ts = ops.say("!stop")
    ops.clock.run_until(lambda: not closed.empty())
    assert "closed" in repr(source)
    assert not is_free(ops, directory)
    hold.put(None)
    ops.clock.run_until(lambda: not source._reader or not source._reader._thread.is_alive())
    assert (ops.marks(ts), is_free(ops, directory)) == ({DONE}, True)


def closing_itself(ops: Ops, how: str, ended: list[set[str]], ts: list[str]) -> None:
    """Run a program whose command closes its source; take down the marks that it has when nothing keeps the program."""
    source = ops.source()
    if how == "serve":
        router = CommandRouter()
        router.command("stop")(lambda: source.close())
        source.serve(router)
    else:
        for command in source:
            with command:
                source.close()
    ended.append(ops.marks(ts[0]))


@pytest.mark.parametrize("how", ["serve", "loop"])
@pytest.mark.parametrize(
    "fault",
    [Fault.server_error(times=1), Fault.rate_limited(1, times=1), Fault.cut_before(times=1)],
    ids=["error", "throttled", "cut"],
)
def test_a_command_that_closes_its_source_is_marked_where_slack_fails_once(ops: Ops, fault: Fault, how: str) -> None:
    """Before the program goes on, which may be to its end: who starts next would run it again."""
    ops.slack.fault("reactions.add", fault)
    ended: list[set[str]] = []
    ts: list[str] = []
    ops.clock.start(threading.Thread(target=closing_itself, args=(ops, how, ended, ts), daemon=True))
    ts.append(ops.say("!stop"))
    ops.clock.run_until(lambda: ended)
    assert ended == [{DONE}]
    assert len(ops.slack.calls("reactions.add")) == 2


def test_a_command_that_closes_its_source_and_cannot_be_marked_is_counted(
    ops: Ops, directory: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Once its time is over, and another process may read."""
    ops.slack.fault("reactions.add", Fault.rate_limited(60, times=None))
    router = CommandRouter()
    source = ops.source(router=router)
    router.command("stop")(lambda: source.close())
    source.start()
    ops.say("!stop")
    ops.clock.run_until(lambda: "closed" in repr(source))
    ops.clock.run_until(lambda: not source._reader or not source._reader._thread.is_alive())
    _, line = capfd.readouterr().err.splitlines()
    assert line.startswith("slack_logging: 1 command in #ops-commands is over but could not be marked in time: ")
    assert is_free(ops, directory)


def test_marks_that_are_owed_keep_others_from_reading(ops: Ops, directory: Path, router: CommandRouter) -> None:
    """But for no longer than there is time: then stderr counts what may be run again."""
    ops.slack.fault("reactions.add", Fault.rate_limited(600, times=None))
    source = ops.start(router=router)
    ts = ops.say("!echo x")
    ops.clock.run_until(lambda: ops.replies(ts))
    closer = threading.Thread(target=source.close, daemon=True)
    ops.clock.start(closer)
    ops.clock.run_until(lambda: source._reader is not None and not source._reader.reads)
    assert not is_free(ops, directory)
    ops.clock.run_until(lambda: "closed" in repr(source) and not closer.is_alive())
    ops.clock.run_until(lambda: is_free(ops, directory))


def test_a_command_that_hangs_keeps_others_from_reading_for_five_seconds(ops: Ops, directory: Path) -> None:
    """Also where nobody waited for it when closing."""
    router = CommandRouter()

    @router.command
    def hang(*, command: Command) -> None:
        ops.clock.wait(queue.SimpleQueue(), None)

    source = ops.start(router=router)
    ts = ops.say("!hang")
    ops.clock.run_until(lambda: ops.marks(ts))
    source.close(0)
    assert not is_free(ops, directory)
    began = ops.clock.monotonic()
    ops.clock.run_until(lambda: "closed" in repr(source))
    ops.clock.run_until(lambda: is_free(ops, directory))
    assert ops.clock.monotonic() - began <= 6.0


def test_who_reads_next_in_the_same_process_does_not_wait(ops: Ops, directory: Path) -> None:
    """It knows what runs; and who was closed takes nothing from it when that ends."""
    router = CommandRouter()
    hold = queue.SimpleQueue[None]()

    @router.command
    def work(word: str) -> str:
        if word == "long":
            ops.clock.wait(hold, None)
        return word

    former = ops.start(router=router)
    ts = ops.say("!work long")
    ops.clock.run_until(lambda: ops.marks(ts))
    former.close(0)
    former.start()
    former.close(0)
    later = ops.start(router=router)
    assert ops.type("!work short") == ({DONE}, ["short"])
    hold.put(None)
    ops.clock.run_until(lambda: ops.replies(ts) == ["long"] and DONE in ops.marks(ts))
    ops.clock.run_until(lambda: "closed" in repr(former))
    assert not is_free(ops, directory)
    later.close()
    ops.clock.run_until(lambda: is_free(ops, directory))


class ClosesFirst:
    """A lock before which its source is closed, when a worker asks for it the first time."""

    def __init__(self, lock: threading.Lock, source: SlackCommandSource) -> None:
        self._lock = lock
        self._source: SlackCommandSource | None = source

    def __enter__(self) -> None:
        """Close, once, then acquire."""
        source = self._source
        if source is not None and "worker" in threading.current_thread().name:
            self._source = None
            source.close(0)
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Release."""
        self._lock.release()


def test_what_is_about_to_be_taken_when_the_source_is_closed_is_left_to_who_reads_next(ops: Ops) -> None:
    """Else it would run in both: what is taken after closing is waited for by nobody."""
    router = CommandRouter()
    ran: list[int] = []

    @router.command
    def note(*, command: Command) -> None:
        ran.append(command.attempt)

    source = ops.start(router=router, workers=1)
    ops.after_sweeps()
    assert source._reader is not None
    desk = source._reader.desk
    desk._lock = ClosesFirst(desk._lock, source)  # type: ignore[assignment]  # a lock, as far as `with` goes
    ts = ops.say("!note")
    ops.clock.run_until(lambda: "closed" in repr(source))
    ops.clock.run_until(lambda: not source._reader or not source._reader._thread.is_alive())
    assert (ran, ops.marks(ts)) == ([], set())
    source.start()
    ops.settled(ts)
    assert ran == [1]


class CancelsBetween:
    """A lock before which a command is cancelled when this thread, which releases it, takes it the second time."""

    def __init__(self, lock: threading.Lock, cancel: Callable[[], None]) -> None:
        self._lock = lock
        self._cancel = cancel
        self._thread = threading.get_ident()
        self._taken = 0

    def __enter__(self) -> None:
        """Cancel, once, then acquire."""
        if threading.get_ident() == self._thread:
            self._taken += 1
            if self._taken == 2:
                self._cancel()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Release."""
        self._lock.release()


def test_what_is_cancelled_while_it_is_given_back_does_not_begin_again(ops: Ops) -> None:
    """Be it at the last moment: it is errored, as if it had been cancelled before."""
    source = ops.source()
    ts = ops.say("!work")
    reading = iter(source)
    command = next(reading)
    assert source._reader is not None
    desk = source._reader.desk
    lock = desk._lock
    between = CancelsBetween(lock, lambda: desk.cancel(command.heard.key, "cancelled by ada"))
    desk._lock = between  # type: ignore[assignment]  # a lock, as far as `with` goes
    command.nack()
    desk._lock = lock
    assert desk.waiting() == []
    reading.close()
    assert ops.marks(ts) - {EYES} == {ERRORED}
