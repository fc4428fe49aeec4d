"""One process of a host reads a channel, the others stand by; nobody else's file stands in the way or is written to."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slack_logging import Command, CommandRouter, notices
from slack_logging.active.reading.hostlock import HostLock, OneReader
from slack_logging.local import LocalSlack
from tests.active.conftest import CHANNEL, DONE, ERRORED, Ops

PLACE = ("https://slack.com/api/", "T1", "C1")

#: A process that holds a lock until its stdin ends.
HOLDER = f"""
import sys, tempfile
from slack_logging.active.reading.hostlock import HostLock
tempfile.tempdir = sys.argv[1]
lock = HostLock({PLACE!r}, "orders")
print(lock.acquire(), lock.holder, flush=True)
sys.stdin.read()
"""

#: A process that takes a lock and gives it back a thousand times, and fails where another has it at the same time.
RACER = f"""
import os, sys, tempfile
from slack_logging.active.reading.hostlock import HostLock
tempfile.tempdir = sys.argv[1]
lock, count = HostLock({PLACE!r}), 0
while count < 1_000:
    if lock.acquire():
        os.close(os.open(sys.argv[1] + "/inside", os.O_CREAT | os.O_EXCL))
        os.unlink(sys.argv[1] + "/inside")
        lock.release()
        count += 1
    assert not lock.flaw, lock.flaw
"""

#: A process that reads commands, and writes down which it ran.
READER = """
import os, sys
from slack_logging import CommandRouter, SlackCommandSource
router = CommandRouter()

@router.command
def echo(word: str) -> str:
    with open(sys.argv[1], "a") as ran:
        ran.write(f"{word} {os.getpid()}\\n")
    return word

router.serve(SlackCommandSource("#ops-commands", allow=["U0ADA0000"], poll_interval=0.2))
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a temporary directory of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def holder(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True \n"
        yield process
        process.kill()


def test_one_process_has_the_lock(holder: subprocess.Popen[str]) -> None:
    """Others learn which; whoever kills it, it can be had at once."""
    lock = HostLock(PLACE)
    assert (lock.acquire(), lock.holder, lock.holder_service, lock.flaw) == (False, str(holder.pid), "orders", "")
    assert HostLock((*PLACE, "another service")).acquire()
    holder.kill()
    holder.wait()
    assert (lock.acquire(), lock.holder, lock.holder_service) == (True, "", "")
    lock.release()


def test_a_process_shares_its_lock(directory: Path) -> None:
    """Whoever of it lets go last lets others have it; letting go twice, or of nothing, does nothing."""
    first, second = HostLock(PLACE), HostLock(PLACE)
    second.release()
    assert [lock.acquire() for lock in (first, first, second)] == [True, True, True]
    first.release()
    first.release()
    assert held_elsewhere(directory)
    second.release()
    assert not held_elsewhere(directory)


def held_elsewhere(directory: Path) -> bool:
    """Tell whether another process finds the lock taken."""
    shown = subprocess.run(
        [sys.executable, "-c", HOLDER, str(directory)], input="", capture_output=True, text=True, check=True, timeout=60
    )
    return shown.stdout.startswith("False")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_has_no_part_in_the_lock(directory: Path) -> None:
    """It may take it when the parent has let go, not before; and does not keep it from others."""
    lock = HostLock(PLACE)
    assert lock.acquire()
    reader, writer = os.pipe()
    go, gone = os.pipe()
    pid = os.fork()
    if not pid:  # pragma: no cover - coverage does not follow
        try:
            lock.release()
            os.write(writer, b"1" if HostLock(PLACE).acquire() else b"0")
            os.close(gone)
            os.read(go, 1)
        finally:
            os._exit(0)
    try:
        os.close(go)
        assert os.read(reader, 1) == b"0"
        assert held_elsewhere(directory)
        lock.release()
        assert not held_elsewhere(directory)
    finally:
        os.close(gone)
        os.waitpid(pid, 0)
        os.close(reader)
        os.close(writer)


def test_the_file_is_its_user_s_alone(directory: Path) -> None:
    """It says which process has the lock, of which service, and nothing of what is read."""
    lock = HostLock(PLACE, "orders\udcff")  # as of a program whose name is no text
    assert lock.acquire()
    [file] = directory.iterdir()
    assert (file.stat().st_mode & 0o777, file.read_text()) == (0o600, f"{os.getpid()}\norders?")
    assert not any(word in file.name for word in ("T1", "C1"))
    os.utime(file, (0, 0))
    lock.keep()
    assert file.stat().st_mtime > 0
    lock.release()


@pytest.mark.parametrize("kind", ["symlink", "hard link", "directory", "pipe", "another's", "no directory"])
def test_what_lies_in_the_way_is_not_touched(directory: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what it is; the lock is not had, and nobody waits for anything."""
    probe = HostLock(PLACE)
    assert probe.acquire()
    [path] = directory.iterdir()
    probe.release()
    assert list(directory.iterdir()) == []
    precious = directory / "precious"
    precious.write_text("data")
    if kind == "symlink":
        path.symlink_to(precious)
    elif kind == "hard link":
        path.hardlink_to(precious)
    elif kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "another's":
        path.touch(0o000)
        if os.getuid() == 0:  # who else cannot even read it
            os.chown(path, 12345, 12345)
    else:
        monkeypatch.setattr(tempfile, "tempdir", str(directory / "missing"))
    lock = HostLock(PLACE)
    monkeypatch.setattr(tempfile, "tempdir", str(directory))  # pytest needs one, too
    assert not lock.acquire()
    assert lock.flaw.partition(": ")[2]
    assert precious.read_text() == "data"


def test_a_file_that_was_tidied_away_is_no_lock(directory: Path) -> None:
    """Nobody relies on one that nobody else can find: it is taken anew, if another process was not faster."""
    lock = HostLock(PLACE)
    assert lock.acquire()
    [path] = directory.iterdir()
    path.unlink()
    assert lock.acquire()
    assert path.exists()
    path.unlink()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True \n"
        assert (lock.acquire(), lock.holder) == (False, str(other.pid))
        other.kill()
    assert lock.acquire()
    lock.release()


def test_a_lock_that_is_given_back_leaves_no_file(directory: Path) -> None:
    """Only the last user of the process gives it back, and nobody deletes a file that is another's meanwhile."""
    first, second = HostLock(PLACE), HostLock(PLACE)
    assert first.acquire()
    assert second.acquire()
    first.release()
    [path] = directory.iterdir()
    path.unlink()
    path.write_text("another's")
    second.release()
    assert path.read_text() == "another's"


def test_two_never_have_a_lock_that_is_taken_and_given_back_all_the_time(directory: Path) -> None:
    """Whatever comes between opening, locking and deleting the file; nobody is told that it cannot be had."""
    processes = [subprocess.Popen([sys.executable, "-c", RACER, str(directory)]) for _ in range(4)]
    try:
        assert [process.wait(timeout=50) for process in processes] == [0] * 4
    finally:
        for process in processes:
            process.kill()
    assert list(directory.iterdir()) == []


def test_without_a_lock_the_channel_is_read_all_the_same(
    ops: Ops, router: CommandRouter, directory: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what that risks."""
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(directory / "missing"))
        ops.start(router=router)
        assert ops.type("!echo x") == ({DONE}, ["x"])
    ops.after_sweeps(3)
    lines = [line for line in capfd.readouterr().err.splitlines() if "without knowing" in line]
    assert len(lines) == 1
    assert "Two of them may run a command twice" in lines[0]


@contextlib.contextmanager
def holding(ops: Ops, directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Have another process hold the lock of what we would read."""
    place = (ops.slack.api_url, ops.slack.team_id, ops.slack.channel_id(CHANNEL))
    code = HOLDER.replace(repr(PLACE), repr(place))
    with subprocess.Popen(
        [sys.executable, "-c", code, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process


def test_who_stands_by_calls_nobody(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str], directory: Path
) -> None:
    """It says once who reads, opens no connection, and takes over soon after that one has ended."""
    with holding(ops, directory) as process:
        ops.start(router=router, app_token=ops.slack.app_token, poll_interval=60)
        ops.clock.run_until(lambda: ops.clock.monotonic() > 100)
        methods = [call.method for call in ops.slack.calls()]
        assert methods == ["auth.test", "users.conversations", "bots.info"]
        assert capfd.readouterr().err == (
            f"slack_logging: commands in #ops-commands are read by process {process.pid} of this host; "
            f"process {os.getpid()} stands by\n"
        )
        ts = ops.say("!echo x")
        process.kill()
    began = ops.clock.monotonic()
    assert ops.settled(ts) == ({DONE}, ["x"])
    assert ops.clock.monotonic() - began <= 6
    assert "reading commands in #ops-commands as" in capfd.readouterr().err


def test_another_service_that_stands_by_says_what_to_set(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str], directory: Path
) -> None:
    """Nobody would answer its commands, not even those addressed to it; with `shared` it reads beside the other."""
    with holding(ops, directory) as process:
        first = ops.start(router=router, service="billing")
        ops.clock.run_until(lambda: notices._said)
        first.close()
        assert capfd.readouterr().err == (
            f"slack_logging: commands in #ops-commands are read by process {process.pid} of this host; "
            f"process {os.getpid()} stands by. That one is orders, this one is billing: "
            "if these are two services, set shared: true in both\n"
        )
        ops.start(router=router, service="billing", shared=True)
        assert ops.type("!@billing echo x") == ({DONE}, ["x"])
        process.kill()


def works(ops: Ops) -> CommandRouter:
    """Return a router with a command that goes on until it is cancelled."""
    router = CommandRouter()

    @router.command
    def work(*, command: Command) -> None:
        while not command.cancelled:
            ops.clock.wait(queue.SimpleQueue(), 1.0)

    return router


def begun(ops: Ops) -> str:
    """Have the one begin that goes on; return its `ts`."""
    ts = ops.say("!work")
    ops.clock.run_until(lambda: ops.marks(ts))
    return ts


def test_of_two_sources_in_a_process_one_reads_and_the_other_takes_over(
    ops: Ops, capfd: pytest.CaptureFixture[str]
) -> None:
    """Else one would take the orders for what the other runs. It says so once, in a line that does not take turns."""
    router = works(ops)
    first = ops.start(router=router)
    begun(ops)
    ops.start(router=router)
    for _ in range(6):
        ops.slack.react(CHANNEL, begun(ops), "octagonal_sign", user="ada")
        ops.after_sweeps(3)
    assert [ERRORED in ops.marks(message["ts"]) for message in ops.slack.messages(CHANNEL)] == [False] + [True] * 6
    said = capfd.readouterr().err
    assert said.count("are read by another source of this process; this one stands by. If") == 1
    assert said.count("reading commands") == 1
    first.close()
    began = ops.clock.monotonic()
    assert ops.type("!ping")[0] == {DONE}
    assert ops.clock.monotonic() - began <= 6


def test_who_looks_a_last_time_while_it_is_closed_keeps_nobody_from_reading(directory: Path) -> None:
    """It may end that look, and does not take the place again by it."""
    leaves, follows = (OneReader("commands in #ops-commands", "orders") for _ in range(2))
    assert leaves.is_us(PLACE)
    leaves.leave()
    assert leaves.is_us(PLACE)
    assert follows.is_us(PLACE)
    assert leaves.is_relieved()
    follows.release()
    leaves.release()


def test_a_source_that_is_started_again_reads_at_once(ops: Ops, capfd: pytest.CaptureFixture[str]) -> None:
    """Though what it ran before goes on, and is marked by who was closed."""
    source = ops.start(router=works(ops))
    ts = begun(ops)
    source.close(0)
    ping, began = ops.say("!ping"), ops.clock.monotonic()
    source.start()
    assert ops.settled(ping)[0] == {DONE}
    assert ops.clock.monotonic() - began < 1
    assert "stands by" not in capfd.readouterr().err
    ops.slack.react(CHANNEL, ts, "octagonal_sign", user="ada")


def test_services_that_share_a_channel_in_one_process_both_read(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]
) -> None:
    """As they do in two."""
    ops.start(router=router, shared=True)
    ops.start(router=router, shared=True, service="billing")
    for service in ("orders", "billing"):
        assert ops.type(f"!@{service} echo {service}") == ({DONE}, [service])
    assert "stands by" not in capfd.readouterr().err


def test_of_three_processes_one_reads_and_another_takes_over(directory: Path) -> None:
    """Killed in the midst, it is replaced within seconds; each command ran once."""
    ran = directory / "ran"
    with LocalSlack(rate_limit=0) as slack:
        environ = {**os.environ, **slack.environ, "TMPDIR": str(directory)}
        processes = [
            subprocess.Popen([sys.executable, "-c", READER, str(ran)], env=environ, stderr=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        try:
            firsts = [process.stderr.readline() for process in processes if process.stderr]  # all have begun
            pids = [run(slack, ran, f"first{number}") for number in range(3)]
            assert len(set(pids)) == 1
            os.kill(pids[0], signal.SIGKILL)
            pids += [run(slack, ran, f"second{number}") for number in range(3)]
            assert len(set(pids)) == 2
        finally:
            for process in processes:
                process.kill()
            lines = [first + process.communicate()[1] for first, process in zip(firsts, processes, strict=True)]
    words = [line.split()[0] for line in ran.read_text().splitlines()]
    assert words == ["first0", "first1", "first2", "second0", "second1", "second2"]
    assert sum("reading commands" in text for text in lines) == 2
    assert sum(f"read by process {pids[0]} of this host" in text for text in lines) == 2


def run(slack: LocalSlack, ran: Path, word: str) -> int:
    """Type a command and return which process ran it, once it is marked."""
    ts = slack.say(CHANNEL, f"!echo {word}", user="ada")
    slack.wait_for(lambda: DONE in slack.reactions(CHANNEL, ts), timeout=30)
    return int(ran.read_text().splitlines()[-1].split()[1])
