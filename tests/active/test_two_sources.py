"""Of two sources on one channel in a process, who reads on places all marks, and who ends last counts what has none."""

from __future__ import annotations

import queue
import tempfile
import threading
from pathlib import Path

import pytest

from slack_logging import CommandRouter, SlackCommandSource
from slack_logging.active.reading import hostlock
from slack_logging.local import Fault
from slack_logging.local.state.apps import DEFAULT_SCOPES
from tests.active.conftest import DONE, EYES, Ops


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a temporary directory of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def ran() -> list[str]:
    """Return what ran, as it does."""
    return []


@pytest.fixture
def hold() -> queue.SimpleQueue[None]:
    """Return what `work` waits for."""
    return queue.SimpleQueue()


@pytest.fixture
def router(ops: Ops, ran: list[str], hold: queue.SimpleQueue[None]) -> CommandRouter:
    """Return a router with a command that is over at once, and one that goes on until it is let go."""
    router = CommandRouter()

    @router.command
    def note(word: str) -> None:
        ran.append(word)

    @router.command
    def work() -> None:
        ran.append("work")
        ops.clock.wait(hold, None)

    return router


@pytest.fixture
def sources(ops: Ops, router: CommandRouter) -> tuple[SlackCommandSource, SlackCommandSource]:
    """Return one that reads, and one that stands by and tries every second to read."""
    first = ops.start(router=router)
    ops.after_sweeps()
    second = ops.start(router=router, poll_interval=1.0)
    later(ops, 3.0)
    return first, second


def later(ops: Ops, seconds: float) -> None:
    """Let so much time go by, with all that happens in it."""
    end = ops.clock.monotonic() + seconds
    ops.clock.run_until(lambda: ops.clock.monotonic() >= end)


def unmarked(ops: Ops, ran: list[str], number: int = 3) -> list[str]:
    """Have so many commands run that Slack lets nobody mark; return the `ts` of each."""
    ops.slack.fault("reactions.add", Fault.rate_limited(60, times=None))
    already = len(ran)
    stamps = [ops.say(f"!note {each}") for each in range(number)]
    ops.clock.run_until(lambda: len(ran) == already + number)
    later(ops, 1.0)
    return stamps


def duration(ops: Ops, source: SlackCommandSource, timeout: float) -> float:
    """Close a source; return how many seconds that took."""
    began = ops.clock.monotonic()
    source.close(timeout)
    return ops.clock.monotonic() - began


def counted(ops: Ops, capfd: pytest.CaptureFixture[str]) -> list[str]:
    """Return of how many commands stderr says that they could not be marked, one for each line that does.

    Whoever was closed has ended then: one thread may be about to write what another one has said just now.
    """
    readers = [source._reader for source in ops.sources if source._reader is not None and not source._reader.reads]
    ops.clock.run_until(lambda: not any(reader._thread.is_alive() for reader in readers))
    lines = capfd.readouterr().err.splitlines()
    return [line.split()[1] for line in lines if "could not be marked in time" in line]


def test_whom_slack_refuses_lets_the_other_read(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """Another one may have a better token. Sources that are over are forgotten, however often they are closed."""
    token = ops.slack.token(*DEFAULT_SCOPES)
    first = ops.start(router=router, token=token)
    ops.after_sweeps()
    second = ops.start(router=router, poll_interval=1.0)
    later(ops, 3.0)
    ops.slack.app.revoke(token)
    assert DONE in ops.type("!note again")[0]
    assert ran == ["again"]
    readers = {source._reader.sweeper._one_reader for source in (first, second) if source._reader is not None}
    for source in (first, second):
        source.close()
    ops.clock.run_until(lambda: readers.isdisjoint(hostlock._held.leaving))
    second.close()
    assert readers.isdisjoint([*hostlock._held.leaving, *hostlock._held.readers.values()])


@pytest.mark.parametrize("runs", [False, True], ids=["idle", "running"])
def test_who_stands_by_owes_nothing(
    ops: Ops,
    sources: tuple[SlackCommandSource, SlackCommandSource],
    ran: list[str],
    hold: queue.SimpleQueue[None],
    capfd: pytest.CaptureFixture[str],
    runs: bool,
) -> None:
    """It ends at once and counts nothing, whatever the other runs and has not marked; that one marks it all."""
    reads, stands_by = sources
    work = [ops.say("!work")] if runs else []
    ops.clock.run_until(lambda: not runs or EYES in ops.marks(work[0]))
    stamps = unmarked(ops, ran)
    assert duration(ops, stands_by, 5.0) < 0.5
    ops.slack.clear_faults()
    hold.put(None)
    ops.clock.run_until(lambda: all(DONE in ops.marks(ts) for ts in stamps + work))
    assert duration(ops, reads, 5.0) < 0.5
    assert counted(ops, capfd) == []


def test_who_is_closed_is_relieved_by_who_takes_over(
    ops: Ops,
    sources: tuple[SlackCommandSource, SlackCommandSource],
    ran: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It ends then, and counts nothing, though it has time; all is marked by the other, who waits for it at its end."""
    first, second = sources
    stamps = unmarked(ops, ran)
    reader = second._reader
    ops.clock.run_until(lambda: reader is not None and reader.sweeper.due_at > ops.clock.monotonic())  # tries later
    assert 0.0 < duration(ops, first, 20.0) < 3.0
    stamps.append(ops.say("!note next"))
    ops.clock.run_until(lambda: "next" in ran)
    ops.slack.clear_faults()
    assert duration(ops, second, 90.0) > 10.0
    assert [ops.marks(ts) for ts in stamps] == [{DONE}] * 4
    assert counted(ops, capfd) == []


def test_who_ends_last_counts_what_both_ran(
    ops: Ops,
    sources: tuple[SlackCommandSource, SlackCommandSource],
    ran: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Nobody else of the process places those marks any more; who was relieved before stays so."""
    first, second = sources
    unmarked(ops, ran)
    first.close(20.0)
    unmarked(ops, ran)
    assert counted(ops, capfd) == []
    closes = threading.Thread(target=second.close, args=(5.0,), daemon=True)
    ops.clock.start(closes)
    ops.clock.run_until(lambda: second._reader is not None and not second._reader.reads)
    assert duration(ops, first, 1.0) < 0.5
    assert capfd.readouterr().err == ""
    ops.clock.run_until(lambda: not closes.is_alive())
    assert counted(ops, capfd) == ["6"]


def test_who_is_closed_hears_out_what_it_runs_itself(
    ops: Ops,
    sources: tuple[SlackCommandSource, SlackCommandSource],
    ran: list[str],
    hold: queue.SimpleQueue[None],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """But not the marks of all that the other runs meanwhile."""
    first, second = sources
    work = ops.say("!work")
    ops.clock.run_until(lambda: EYES in ops.marks(work))
    took: list[float] = []
    ops.clock.start(threading.Thread(target=lambda: took.append(duration(ops, first, 30.0)), daemon=True))
    later(ops, 3.0)
    stamps = unmarked(ops, ran)
    assert took == []
    hold.put(None)
    ops.clock.run_until(lambda: took)
    assert took[0] < 10.0
    ops.slack.clear_faults()
    ops.clock.run_until(lambda: all(DONE in ops.marks(ts) for ts in [work, *stamps]))
    second.close()
    assert counted(ops, capfd) == []


@pytest.mark.parametrize("timeout", [0.0, 5.0])
@pytest.mark.parametrize("recovers", [True, False])
def test_who_stood_by_and_is_closed_before_it_takes_over_waits_for_the_marks(
    ops: Ops,
    sources: tuple[SlackCommandSource, SlackCommandSource],
    ran: list[str],
    capfd: pytest.CaptureFixture[str],
    timeout: float,
    recovers: bool,
) -> None:
    """Nobody reads on: neither ends before all is marked, or time is over and the commands are counted."""
    first, second = sources
    ops.slack.fault("reactions.add", Fault.server_error(times=2 if recovers else None))
    stamps = [ops.say(f"!note {each}") for each in range(3)]
    ops.clock.run_until(lambda: len(ran) == 3)
    closes = threading.Thread(target=first.close, args=(timeout,), daemon=True)
    ops.clock.start(closes)
    second.close(5.0)
    assert all(ops.marks(ts) == {DONE} for ts in stamps) == recovers
    ops.clock.run_until(lambda: not closes.is_alive() and "closed" in repr(first))
    assert counted(ops, capfd) == ([] if recovers else ["3"])


def test_both_closed_at_once_wait_for_all_marks(
    ops: Ops,
    sources: tuple[SlackCommandSource, SlackCommandSource],
    ran: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Whichever ends last has seen all marked."""
    ops.slack.fault("reactions.add", Fault.server_error(times=2))
    stamps = [ops.say(f"!note {each}") for each in range(3)]
    ops.clock.run_until(lambda: len(ran) == 3)
    barrier = threading.Barrier(2)
    ended: list[list[set[str]]] = []

    def close(source: SlackCommandSource) -> None:
        barrier.wait(timeout=30)
        source.close(10.0)
        ended.append([ops.marks(ts) for ts in stamps])

    threads = [threading.Thread(target=close, args=(source,), daemon=True) for source in sources]
    for thread in threads:
        ops.clock.start(thread)
    ops.clock.run_until(lambda: len(ended) == 2)
    assert ended[-1] == [{DONE}] * 3
    assert counted(ops, capfd) == []
