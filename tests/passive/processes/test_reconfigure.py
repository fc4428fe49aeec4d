"""Logging configured anew while the program runs: nothing is lost or doubled, nothing deadlocks."""

from __future__ import annotations

from slack_logging.local import Fault, LocalSlack
from tests.passive.processes.conftest import PATIENT, Run, lines


def test_configuring_twice_loses_and_doubles_nothing(run: Run, slack: LocalSlack) -> None:
    """`dictConfig` closes the old handler while it holds logging's lock; its records go out behind its back.

    Then its thread ends.
    """
    run(
        """
        old = log.root.handlers[0]
        for number in range(3): log.info('first %d', number)
        thread = old._delivery._worker.thread
        logging.config.dictConfig(CONFIG)
        for number in range(3): log.info('second %d', number)
        thread.join(40)
        assert not thread.is_alive()
        assert old.stats().delivered == 3
        """
    )
    assert sorted(lines(slack)) == [f"{name} {number}" for name in ("first", "second") for number in range(3)]


def test_configuring_does_not_wait_for_slack(run: Run, slack: LocalSlack) -> None:
    """What the old handler holds while Slack stalls is still there when `dictConfig` has returned."""
    slack.fault("*", Fault.latency(8, times=None))
    run(
        """
        old = log.root.handlers[0]
        log.error('stalled')
        signal.alarm(20)  # waiting would take as long as close_timeout, 40 s
        logging.config.dictConfig(CONFIG)
        signal.alarm(0)
        assert old.stats().pending == 1
        os._exit(0)
        """
    )


def test_a_logger_that_kept_a_closed_handler_still_delivers(run: Run, slack: LocalSlack) -> None:
    """Frameworks reconfigure logging below others' loggers; `logging.shutdown` knows nothing of such a handler."""
    run(
        """
        old = logging.getLogger().handlers[0]
        log.addHandler(old); log.propagate = False
        logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
        log.info('still here')
        """,
        before=PATIENT,
    )
    assert lines(slack) == ["still here"]


def test_a_closed_handler_opens_again_as_often_as_it_is_closed(run: Run, slack: LocalSlack) -> None:
    """Each time its thread ends, and another delivers."""
    run(
        """
        handler = log.root.handlers[0]
        threads = []
        for number in range(3):
            log.info('record %d', number)
            threads.append(handler._delivery._worker.thread)
            handler.close()
            threads[-1].join(40)
            assert not threads[-1].is_alive()
        assert len(set(threads)) == 3
        """,
        before=PATIENT,
    )
    assert lines(slack) == [f"record {number}" for number in range(3)]


def test_threads_that_log_while_logging_is_configured_do_not_deadlock(run: Run, slack: LocalSlack) -> None:
    """Two reconfigurations under fire."""
    run(
        """
        ended = threading.Event()
        def work():
            while not ended.is_set():
                logging.getLogger('shop.%d' % threading.get_ident()).warning('busy'); ended.wait(0.001)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads: thread.start()
        for number in range(2):
            logging.config.dictConfig(CONFIG); log.error('configured %d', number)
        ended.set()
        for thread in threads: thread.join()
        """
    )
    assert sorted(lines(slack)) == [f"configured {number}" for number in range(2)]
