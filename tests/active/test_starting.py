"""However many start a source at once, it is read once, and can be closed."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

import pytest

from slack_logging import CommandRouter, ConfigurationError
from tests.active.conftest import DONE, Ops


@pytest.fixture
def reading() -> Callable[[], list[threading.Thread]]:
    """Return what tells the threads that read, but for those that other tests left."""
    before = set(threading.enumerate())
    return lambda: [
        thread
        for thread in threading.enumerate()
        if thread.name.startswith("slack_logging-reader") and thread not in before
    ]


def in_a_thread(act: Callable[[], None]) -> None:
    """Do something in another thread, and wait until it is done."""
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(timeout=30)


def at_once(act: Callable[[], None]) -> None:
    """Do something here, as a signal handler does."""
    act()


@pytest.mark.parametrize("elsewhere", [in_a_thread, at_once])
def test_who_starts_while_another_one_is_about_to_read_does_nothing(
    ops: Ops,
    router: CommandRouter,
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: Callable[[Callable[[], None]], None],
    reading: Callable[[], list[threading.Thread]],
) -> None:
    """Be it in a signal handler in the midst of it: nobody waits. A reader that nobody knows would never end."""
    source = ops.source(router=router)
    begin = ops.clock.start
    refused: list[str] = []

    def start_once_more() -> None:
        source.start()
        try:
            source.serve(router)
        except ConfigurationError as error:
            refused.append(str(error))

    def start(thread: threading.Thread) -> None:
        monkeypatch.setattr(ops.clock, "start", begin)
        elsewhere(start_once_more)
        begin(thread)

    monkeypatch.setattr(ops.clock, "start", start)
    source.start()
    assert ["is being read already" in text for text in refused] == [True]
    assert ops.type("!echo x") == ({DONE}, ["x"])
    assert len(reading()) == 1
    source.close()
    ops.clock.run_until(lambda: not reading())
    source.start()
    assert ops.type("!echo y") == ({DONE}, ["y"])


def test_of_many_threads_that_start_a_source_one_does(
    ops: Ops, router: CommandRouter, reading: Callable[[], list[threading.Thread]]
) -> None:
    """All of them return, and it is closed as a whole."""
    source = ops.source(router=router)
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait(timeout=30)
        source.start()

    threads = [threading.Thread(target=start) for _ in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
    finally:
        sys.setswitchinterval(interval)
    assert len(reading()) == 1
    source.close()
    ops.clock.run_until(lambda: not reading())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_that_is_forked_while_a_thread_is_about_to_read_can_start(
    ops: Ops, router: CommandRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the parent was about to do is not done there."""
    source = ops.source(router=router)
    begin = ops.clock.start
    statuses: list[int] = []

    def start(thread: threading.Thread) -> None:
        monkeypatch.setattr(ops.clock, "start", begin)
        child = os.fork()
        if not child:  # pragma: no cover - coverage does not follow
            started: list[threading.Thread] = []
            monkeypatch.setattr(ops.clock, "start", started.append)
            source.start()
            os._exit(0 if len(started) == 1 else 1)
        statuses.append(os.waitpid(child, 0)[1])
        begin(thread)

    monkeypatch.setattr(ops.clock, "start", start)
    source.start()
    assert statuses == [0]
