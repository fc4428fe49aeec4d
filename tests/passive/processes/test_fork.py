"""Processes that come of a process: each delivers its own records, once, and nobody else's."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from slack_logging.local import Fault, LocalSlack
from tests.passive.processes.conftest import PATIENT, Run, lines

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

#: Python warns of a fork beside threads; the programs that do it are other people's.
QUIET = ("-W", "ignore:This process:DeprecationWarning")


@pytest.mark.parametrize("first", ["", "log.info('parent before')"], ids=["before", "after"])
def test_a_forked_child_delivers_its_own_records_only(run: Run, slack: LocalSlack, first: str) -> None:
    """Before or after the first record, as a prefork server does, with what waits in the parent; a silent child too."""
    err = run(
        f"""
        {first}
        children = []
        for name in range(3):
            child = os.fork()
            if not child:
                for number in range(name): log.info('child %d %d', name, number)
                sys.exit(0)
            children.append(child)
        log.info('parent after')
        for child in children:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        """,
        before=PATIENT,
        options=QUIET,
    )
    assert err == ""
    own = [f"child {name} {number}" for name in range(3) for number in range(name)]
    assert sorted(lines(slack)) == sorted([*own, *(["parent before"] if first else []), "parent after"])


def test_a_fork_while_all_threads_log_and_send_leaves_no_lock_behind(run: Run, slack: LocalSlack) -> None:
    """The parent's locks may be held by threads that the child does not have."""
    slack.fault("*", Fault.latency(0.05, times=None))
    run(
        """
        ended = threading.Event()
        def work():
            while not ended.is_set():
                log.error('busy'); log.root.handlers[0].stats(); ended.wait(0.0005)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads: thread.start()
        children = []
        for name in range(8):
            child = os.fork()
            if not child:
                log.info('child %d', name)
                os._exit(0 if log.root.handlers[0].flush(30) else 1)
            children.append(child)
            ended.wait(0.02)
        ended.set()
        for thread in threads: thread.join()
        for child in children:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        """,
        options=QUIET,
    )
    assert sorted(line for line in lines(slack) if line.startswith("child")) == [f"child {name}" for name in range(8)]


@pytest.mark.parametrize("busy", [2, 4])
def test_a_child_delivers_that_was_forked_while_the_sender_was_loading(run: Run, slack: LocalSlack, busy: int) -> None:
    """Beside threads that hardly let another run: all that is to be loaded would take longer than a fork may wait."""
    err = run(
        f"""
        sys.setswitchinterval(0.05)
        interval, ended = sys.getswitchinterval(), False
        def work():
            while not ended: pass
        for _ in range({busy}): threading.Thread(target=work).start()
        log.info('parent')
        child = os.fork()
        if not child:
            log.info('child')
            os._exit(0 if log.root.handlers[0].flush(20) else 1)
        status = os.waitpid(child, 0)[1]
        ended = True
        assert os.waitstatus_to_exitcode(status) == 0
        assert log.root.handlers[0].flush(30) and sys.getswitchinterval() == interval
        """,
        options=QUIET,
    )
    assert err == ""
    assert sorted(lines(slack)) == ["child", "parent"]


def test_a_fork_waits_for_no_more_than_the_module_that_is_being_loaded(run: Run, tmp_path: Path) -> None:
    """It finds that one whole, and the next not begun; a switch interval that the program sets meanwhile stays."""
    (tmp_path / "first.py").write_text("import __main__; __main__.began.set(); __main__.forking.wait(); whole = True")
    (tmp_path / "second.py").write_text("")
    run(
        """
        from slack_logging.slack import loading
        loading.load()
        began, forking = threading.Event(), threading.Event()
        os.register_at_fork(before=forking.set)  # what is registered last is called first
        loader = threading.Thread(target=loading.load, args=("first", "second"))
        loader.start()
        began.wait()
        sys.setswitchinterval(0.002)
        interval = sys.getswitchinterval()
        child = os.fork()
        loaded = getattr(sys.modules["first"], "whole", False), "second" in sys.modules
        if not child:
            loading.load("first", "second")
            os._exit(0 if loaded == (True, False) and "second" in sys.modules else 1)
        loader.join()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert "second" in sys.modules and sys.getswitchinterval() == interval
        """,
        options=QUIET,
    )


def test_a_fork_that_python_is_not_told_of_is_found_out(run: Run, slack: LocalSlack) -> None:
    """Servers written in C may fork without Python's hooks; what waits in the parent is not the child's.

    The parent has no other thread here, as Python itself does not survive such a fork beside one.
    """
    run(
        """
        import ctypes
        threading.stack_size(2**46)
        log.info('parent waits')
        child = ctypes.PyDLL(None).fork()
        if not child:
            threading.stack_size(0)
            log.info('child')
            os._exit(0 if log.root.handlers[0].flush(30) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        """,
        before=PATIENT,
    )
    assert sorted(lines(slack)) == ["child", "parent waits"]


def test_a_daemon_delivers(run: Run, slack: LocalSlack) -> None:
    """It has left its parent, its terminal and every open file."""
    run(
        """
        log.info('starting')
        read, write = os.pipe()
        if os.fork():
            os.close(write)
            os.read(read, 1)  # until the daemon is gone, and with it the pipe's other end
            sys.exit(0)
        os.setsid()
        if os.fork():
            os._exit(0)
        for number in range(256):
            if number != write:
                try: os.close(number)
                except OSError: pass
        log.info('daemon')
        """,
        before=PATIENT,
        options=QUIET,
    )
    assert sorted(lines(slack)) == ["daemon", "starting"]


def test_a_first_process_delivers(run: Run, slack: LocalSlack) -> None:
    """In a container a program has no parent, and signals do nothing by default."""
    run(
        """
        import ctypes, shutil, subprocess
        if os.getpid() != 1:
            inside = ["unshare", "--pid", "--fork", sys.executable, *sys.argv]
            allowed = shutil.which("unshare") and not subprocess.call([*inside[:3], "true"], stderr=subprocess.DEVNULL)
            os.execvp(inside[0], inside) if allowed else None
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        log.info('process %d', os.getpid())
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
        """,
        before=PATIENT,
    )
    if lines(slack) != ["process 1"]:
        pytest.skip("no process of number 1 can be made here")


WORKERS = """
def work(name):
    log.info('child %d', name)

if __name__ == "__main__":
    log.info('parent')
    context = multiprocessing.get_context("{method}")
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_multiprocessing_child_delivers(run: Run, slack: LocalSlack, method: str) -> None:
    """Such children end without `atexit`."""
    run(
        WORKERS.format(method=method)
        + """
    children = [context.Process(target=work, args=(name,)) for name in range(2)]
    for child in children: child.start()
    for child in children: child.join()
    assert [child.exitcode for child in children] == [0, 0]
""",
        before=PATIENT,
        options=QUIET,
    )
    assert sorted(lines(slack)) == ["child 0", "child 1", "parent"]


def test_the_workers_of_a_pool_deliver(run: Run, slack: LocalSlack) -> None:
    """They live on from task to task, and end with the pool."""
    run(
        WORKERS.format(method="fork")
        + """
    import concurrent.futures
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        list(pool.map(work, range(6)))
""",
        before=PATIENT,
        options=QUIET,
    )
    assert sorted(lines(slack)) == [*(f"child {name}" for name in range(6)), "parent"]


@pytest.mark.parametrize(
    ("job", "end"),
    [("work", "pool.close(); pool.join()"), ("work_and_flush", "")],
    ids=["closed and joined", "flushed in the job"],
)
def test_the_workers_of_a_pool_that_kills_them_deliver_before(run: Run, slack: LocalSlack, job: str, end: str) -> None:
    """Leaving its block is SIGTERM to them: by then the pool is closed and joined, or each job has flushed."""
    run(
        f"""
        def work(name):
            log.info('child %d', name)

        def work_and_flush(name):
            work(name)
            assert log.root.handlers[0].flush()

        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map({job}, range(6))
            {end}
        """,
        before=PATIENT,
        options=QUIET,
    )
    assert sorted(lines(slack)) == [f"child {name}" for name in range(6)]


def test_a_handler_that_is_sent_to_a_spawned_child_delivers_there(run: Run, slack: LocalSlack) -> None:
    """Its token is not sent along: the child looks into its own environment."""
    run(
        """
        def work(handler):
            logging.root.handlers = [handler]
            log.info('child')

        if __name__ == "__main__":
            log.info('parent')
            child = multiprocessing.get_context("spawn").Process(target=work, args=(log.root.handlers[0],))
            child.start(); child.join()
            assert child.exitcode == 0
        """,
        before=PATIENT,
    )
    assert sorted(lines(slack)) == ["child", "parent"]
