"""Life and death of a process: exit, fork, reconfiguration, signals; each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from slack_logging.local import Fault, LocalSlack
from slack_logging.local.state.text import visible_text

PROLOGUE = """
import atexit, logging, logging.config, multiprocessing, os, signal, sys, threading
CONFIG = {
    "version": 1, "disable_existing_loggers": False,
    "handlers": {"slack": {"class": "slack_logging.SlackHandler", "channel": "#ops-log", "flush_interval": "0.2"}},
    "root": {"level": "DEBUG", "handlers": ["slack"]},
}
logging.config.dictConfig(CONFIG)
log = logging.getLogger("shop")
"""


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    """Run a Slack on the machine's clock, without rate limits."""
    with LocalSlack(rate_limit=0) as local:
        yield local


def run(slack: LocalSlack, program: str, *, status: int = 0, **environ: str) -> str:
    """Run a program with a dictConfig and return its stderr; it must end by itself."""
    ended = subprocess.run(
        [sys.executable, "-c", PROLOGUE + textwrap.dedent(program)],
        env={**os.environ, **slack.environ, **environ},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ended.returncode == status, ended.stderr
    return ended.stderr


def lines(slack: LocalSlack) -> list[str]:
    """Return the messages of all records shown, in order."""
    shown = "\n".join(visible_text(message) for message in slack.messages("#ops-log"))
    return [line.split(" shop ")[1] for line in shown.splitlines() if " shop " in line]


def test_what_was_logged_before_exit_is_delivered(slack: LocalSlack) -> None:
    """Twenty records and the end of the program."""
    err = run(slack, "for number in range(20): log.info('record %d', number)")
    assert lines(slack) == [f"record {number}" for number in range(20)]
    assert err == ""


def test_a_record_of_an_exit_function_is_delivered(slack: LocalSlack) -> None:
    """The first record of all may come when no thread can be started any more."""
    run(slack, "atexit.register(lambda: log.error('last words'))")
    assert lines(slack) == ["last words"]


def test_an_uncaught_exception_ends_the_program_as_ever(slack: LocalSlack) -> None:
    """What was logged arrives; status and traceback are Python's."""
    err = run(slack, "log.info('before'); raise SystemError('boom')", status=1)
    assert lines(slack) == ["before"]
    assert "SystemError: boom" in err


@pytest.mark.parametrize(
    "fault",
    [Fault.server_error(times=None), Fault.latency(30, times=None), Fault.rate_limited(60, times=None)],
    ids=["500", "stalled", "throttled"],
)
def test_a_dead_slack_does_not_hold_the_program(slack: LocalSlack, fault: Fault) -> None:
    """It ends, and says what is lost."""
    slack.fault("*", fault)
    err = run(
        slack,
        """
        CONFIG["handlers"]["slack"]["close_timeout"] = 1
        logging.config.dictConfig(CONFIG)
        for number in range(20): log.info('record %d', number)
        """,
    )
    assert "slack_logging: 20 records for #ops-log not delivered before exit" in err
    assert lines(slack) == []


def test_without_a_token_the_program_runs_and_ends(slack: LocalSlack) -> None:
    """One line that says what to do, one that says what is lost."""
    err = run(slack, "log.error('x'); log.info('y')", SLACK_BOT_TOKEN="")
    assert [line.split(":")[1].strip() for line in err.splitlines()] == [
        "nothing is posted to #ops-log, records are kept",
        "2 records for #ops-log not delivered before exit",
    ]


def test_configuring_twice_loses_nothing_and_does_not_hang(slack: LocalSlack) -> None:
    """`dictConfig` closes the old handler while it holds logging's lock; its records go out behind its back."""
    run(
        slack,
        """
        for number in range(3): log.info('first %d', number)
        logging.config.dictConfig(CONFIG)
        for number in range(3): log.info('second %d', number)
        """,
    )
    assert sorted(lines(slack)) == [f"{name} {number}" for name in ("first", "second") for number in range(3)]


def test_a_logger_that_kept_a_closed_handler_still_delivers(slack: LocalSlack) -> None:
    """Frameworks reconfigure logging below others' loggers."""
    run(
        slack,
        """
        old = logging.getLogger().handlers[0]
        log.addHandler(old); log.propagate = False
        logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
        log.info('still here')
        """,
    )
    assert lines(slack) == ["still here"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process")
def test_a_forked_child_delivers_its_own_records_only(slack: LocalSlack) -> None:
    """A prefork server: the parent logged before, parent and children log after; each record comes once."""
    run(
        slack,
        """
        log.info('parent before')
        children = []
        for name in range(3):
            child = os.fork()
            if not child:
                for number in range(3): log.info('child %d %d', name, number)
                sys.exit(0)
            children.append(child)
        log.info('parent after')
        for child in children:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        """,
    )
    own = [f"child {name} {number}" for name in range(3) for number in range(3)]
    assert sorted(lines(slack)) == sorted([*own, "parent before", "parent after"])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_multiprocessing_child_delivers(slack: LocalSlack, method: str, tmp_path: os.PathLike[str]) -> None:
    """Such children end without `atexit`."""
    program = os.path.join(tmp_path, "program.py")
    with open(program, "w", encoding="utf-8") as file:
        file.write(
            PROLOGUE
            + textwrap.dedent("""
            def work(name):
                log.info('child %d', name)

            if __name__ == "__main__":
                log.info('parent')
                context = multiprocessing.get_context(sys.argv[1])
                children = [context.Process(target=work, args=(name,)) for name in range(2)]
                for child in children: child.start()
                for child in children: child.join()
            """)
        )
    environ = {**os.environ, **slack.environ}
    subprocess.run([sys.executable, program, method], env=environ, timeout=50, check=True)
    assert sorted(lines(slack)) == ["child 0", "child 1", "parent"]


def test_a_flush_is_enough_before_the_hard_end(slack: LocalSlack) -> None:
    """`os._exit` runs nothing; who calls `flush()` before has all."""
    run(slack, "log.info('done'); assert log.root.handlers[0].flush(); os._exit(0)")
    assert lines(slack) == ["done"]


def test_signal_handlers_and_finalizers_may_log(slack: LocalSlack) -> None:
    """They interrupt a thread anywhere, also inside emit."""
    run(
        slack,
        """
        import gc
        class Finalized:
            def __init__(self): self.me = self
            def __del__(self): log.info('finalized')
        signal.signal(signal.SIGALRM, lambda *_: log.info('signalled'))
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        for number in range(500):
            Finalized(); log.info('record %d', number)
        signal.setitimer(signal.ITIMER_REAL, 0)
        gc.collect()
        handler = log.root.handlers[0]
        assert handler.flush(40)
        stats = handler.stats()
        assert stats.emitted == stats.delivered + stats.merged, stats
        """,
    )
    assert sum(line.startswith("record ") for line in lines(slack)) == 500
    assert "signalled" in {line.split(" x")[0] for line in lines(slack)}


def test_threads_that_log_while_logging_is_configured_do_not_deadlock(slack: LocalSlack) -> None:
    """Four reconfigurations under fire."""
    run(
        slack,
        """
        CONFIG["handlers"]["slack"]["close_timeout"] = 40
        ended = threading.Event()
        def work():
            while not ended.is_set():
                logging.getLogger('shop.%d' % threading.get_ident()).warning('busy'); ended.wait(0.001)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads: thread.start()
        for number in range(4):
            logging.config.dictConfig(CONFIG); log.error('configured %d', number)
        ended.set()
        for thread in threads: thread.join()
        """,
    )
    assert sorted(lines(slack)) == [f"configured {number}" for number in range(4)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process")
def test_what_repeats_is_told_by_webhook_before_the_end(slack: LocalSlack) -> None:
    """In the parent, in a child that it forks, and in a program that is configured twice; each for its own records."""
    err = run(
        slack,
        """
        webhook = {"class": "slack_logging.SlackHandler", "webhook_url": os.environ["HOOK"], "service": "shop"}
        for _ in range(2):
            logging.config.dictConfig({**CONFIG, "handlers": {"slack": webhook}})
            log.error("failed once more")
            log.error("failed once more")
            logging.getLogger().handlers[0].flush()
        child = os.fork()
        for _ in range(3):
            log.error("in the child" if not child else "in the parent")
        if not child:
            sys.exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        """,
        HOOK=slack.webhook_url("#ops-log"),
    )
    assert err == ""
    told = "\n".join(visible_text(message) for message in slack.messages("#ops-log"))
    counts = {kind: told.count(f"shop {kind}") for kind in ("failed once more", "in the child", "in the parent")}
    assert min(counts.values()) >= 1
    assert told.count("x 2, last ") >= 2
    assert told.count("x 3, last ") == 2
