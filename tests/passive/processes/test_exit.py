"""How a program ends: what was logged arrives or is said to be lost, and the program ends as it would without us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slack_logging.local import Fault, LocalSlack
from slack_logging.local.state.text import visible_text
from tests.passive.processes.conftest import CONFIGURE, PATIENT, PROLOGUE, Run, lines


@pytest.mark.parametrize(
    ("ending", "status"),
    [("", 0), ("sys.exit()", 0), ("sys.exit(3)", 3)],
    ids=["end", "sys.exit", "status"],
)
def test_what_was_logged_before_the_end_is_delivered(run: Run, slack: LocalSlack, ending: str, status: int) -> None:
    """However the program ends by itself; its status is its own."""
    err = run(f"for number in range(20): log.info('record %d', number)\n{ending}", status=status, before=PATIENT)
    assert lines(slack) == [f"record {number}" for number in range(20)]
    assert err == ""


def test_an_uncaught_exception_ends_the_program_as_ever(run: Run, slack: LocalSlack) -> None:
    """What was logged arrives; status and traceback are Python's."""
    err = run("log.info('before'); raise SystemError('boom')", status=1, before=PATIENT)
    assert lines(slack) == ["before"]
    assert err.endswith("SystemError: boom\n")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_record_of_an_exit_function_is_delivered(run: Run, slack: LocalSlack, when: str) -> None:
    """Whether it is registered before or after logging is configured; no thread may be started any more by then."""
    register = "atexit.register(lambda: log.error('last words'))\n"
    assert run(register if when == "after" else "", before=register if when == "before" else "") == ""
    assert lines(slack) == ["last words"]


def test_a_thread_that_outlives_the_main_one_is_heard(run: Run, slack: LocalSlack) -> None:
    """Python waits for threads that are no daemons; the first record of all may come from there."""
    run(
        """
        def work():
            threading.main_thread().join()
            log.info('the main thread is gone')
        threading.Thread(target=work).start()
        """
    )
    assert lines(slack) == ["the main thread is gone"]


def test_a_daemon_thread_that_never_stops_logging_does_not_hold_the_program(run: Run, slack: LocalSlack) -> None:
    """What was logged before the end arrives; a program that did not end would fail here."""
    run(
        """
        CONFIG["handlers"]["slack"]["close_timeout"] = 3
        logging.config.dictConfig(CONFIG)
        begun = threading.Event()
        def work():
            while True:
                log.info('busy'); begun.set(); threading.Event().wait(0.001)
        log.info('first')
        threading.Thread(target=work, daemon=True).start()
        begun.wait(20)
        """
    )
    assert lines(slack)[0] == "first"


@pytest.mark.parametrize("first", ["", "log.info('first'); log.root.handlers[0].flush()"], ids=["idle", "awake"])
def test_a_finalizer_may_log_while_the_interpreter_ends(run: Run, slack: LocalSlack, first: str) -> None:
    """It is too late for its record, which is said. Nothing hangs: Python 3.11 would wait for a new thread for ever."""
    err = run(
        f"""
        class Finalized:
            def __init__(self): self.log, self.me = log, self
            def __del__(self): self.log.error('too late'); self.log.error('too late')
        {first}
        sys.modules['kept'] = Finalized()
        """
    )
    assert lines(slack) == (["first"] if first else [])
    assert err == "slack_logging: a record for #ops-log came after the program's end: it may be lost\n"


def test_a_buffer_in_front_is_emptied_in_time(run: Run, slack: LocalSlack) -> None:
    """`logging.shutdown` closes what was made last first: that may be us, before the buffer whose records we get."""
    run(
        """
        import logging.handlers
        from slack_logging import SlackHandler
        buffer = logging.handlers.MemoryHandler(100, flushLevel=logging.CRITICAL)
        buffer.setTarget(SlackHandler('#ops-log'))
        log.addHandler(buffer); log.propagate = False
        log.error('buffered')
        """
    )
    assert lines(slack) == ["buffered"]


@pytest.mark.parametrize(
    "fault",
    [Fault.server_error(times=None), Fault.latency(30, times=None), Fault.rate_limited(60, times=None)],
    ids=["500", "stalled", "throttled"],
)
def test_a_dead_slack_does_not_hold_the_program(run: Run, slack: LocalSlack, fault: Fault) -> None:
    """It ends, and says what is lost."""
    slack.fault("*", fault)
    err = run(
        """
        CONFIG["handlers"]["slack"]["close_timeout"] = 1
        logging.config.dictConfig(CONFIG)
        for number in range(20): log.info('record %d', number)
        """
    )
    assert "slack_logging: 20 records for #ops-log not delivered before exit" in err
    assert lines(slack) == []


def test_without_a_token_the_program_runs_and_ends(run: Run) -> None:
    """One line that says what to do, one that says what is lost."""
    err = run("log.error('x'); log.info('y')", SLACK_BOT_TOKEN="")
    assert [line.split(":")[1].strip() for line in err.splitlines()] == [
        "nothing is posted to #ops-log, records are kept",
        "2 records for #ops-log not delivered before exit",
    ]


def test_a_flush_is_enough_before_the_hard_end(run: Run, slack: LocalSlack) -> None:
    """`os._exit` runs nothing; who calls `flush()` before has all."""
    run("log.info('done'); assert log.root.handlers[0].flush(); log.info('lost'); os._exit(0)", before=PATIENT)
    assert lines(slack) == ["done"]


def test_a_signal_that_kills_takes_what_waits(run: Run, slack: LocalSlack) -> None:
    """We install no signal handler behind the program's back: SIGTERM ends it at once, and what was posted stays."""
    run(
        """
        log.error('posted'); assert log.root.handlers[0].flush()
        assert {signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)} == {signal.SIG_DFL}
        log.info('waits'); os.kill(os.getpid(), signal.SIGTERM); signal.pause()
        """,
        status=-signal.SIGTERM,
        before=PATIENT,
    )
    assert lines(slack) == ["posted"]


@pytest.mark.parametrize("third", [False, True], ids=["twice", "thrice"])
def test_ctrl_c_once_more_ends_the_waiting(slack: LocalSlack, tmp_path: Path, third: bool) -> None:
    """While the program waits for Slack at its end: at once, with the line that counts and no traceback."""
    slack.fault("*", Fault.rate_limited(600, times=None))
    program = """
for number in range(3): log.info('record %d', number)
try:
    print('ready', flush=True)
    signal.pause()
except KeyboardInterrupt: sys.exit(130)
"""
    path = tmp_path / "program.py"
    path.write_text(PROLOGUE + PATIENT + CONFIGURE + program, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(path)],
        env={**os.environ, **slack.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        slack.wait_for(slack.calls)  # the end has begun: nothing else sends these records within a minute
        process.send_signal(signal.SIGINT)
        line = process.stderr.readline()
        if third:
            process.send_signal(signal.SIGINT)
        status = process.wait(timeout=20)
        said = line + process.stderr.read()
    assert said == "slack_logging: 3 records for #ops-log not delivered before exit\n"
    assert status in ((130, -signal.SIGINT) if third else (130,))


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        ("sys.exit(0)", []),
        ("(log.warning('terminated'), sys.exit(0))", ["terminated"]),
        ("(log.warning('terminated'), log.root.handlers[0].flush(), os._exit(0))", ["terminated"]),
        ("(log.warning('terminated'), logging.shutdown(), os._exit(0))", ["terminated"]),
    ],
    ids=["sys.exit", "log and sys.exit", "flush and os._exit", "shutdown and os._exit"],
)
def test_a_signal_handler_may_end_the_program(run: Run, slack: LocalSlack, handler: str, said: list[str]) -> None:
    """One that raises SystemExit, or that flushes itself, loses nothing."""
    run(
        f"""
        signal.signal(signal.SIGTERM, lambda *_: {handler})
        log.info('waits'); os.kill(os.getpid(), signal.SIGTERM); signal.pause()
        """,
        before=PATIENT,
    )
    assert lines(slack) == ["waits", *said]


def test_nothing_is_warned_of(run: Run, slack: LocalSlack) -> None:
    """Python's development mode with every warning an error finds no socket, file or thread that we forgot."""
    assert run("log.info('x'); log.root.handlers[0].flush()", options=("-X", "dev", "-W", "error")) == ""
    assert lines(slack) == ["x"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_what_repeats_is_told_by_webhook_before_the_end(slack: LocalSlack, run: Run) -> None:
    """In the parent, in a child that it forks, and in a program that is configured twice; each for its own records."""
    err = run(
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
        options=("-W", "ignore:This process:DeprecationWarning"),  # of fork beside threads, from 3.12 on
        HOOK=slack.webhook_url("#ops-log"),
    )
    assert err == ""
    told = "\n".join(visible_text(message) for message in slack.messages("#ops-log"))
    counts = {kind: told.count(f"shop {kind}") for kind in ("failed once more", "in the child", "in the parent")}
    assert min(counts.values()) >= 1
    assert told.count("x 2, last ") >= 2
    assert told.count("x 3, last ") == 2
