"""Where threads are refused, are not what they seem, or must not be held up."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from slack_logging.local import Fault, LocalSlack
from tests.passive.processes.conftest import PATIENT, Run, lines

REFUSED = (
    "slack_logging: slack_logging #ops-log: cannot start a thread (can't start new thread): "
    "records go out at flush and exit\n"
)


def test_without_threads_records_go_out_at_flush_and_exit(run: Run, slack: LocalSlack) -> None:
    """The system refuses a thread, which is said once; who flushes does the work."""
    err = run(
        """
        threading.stack_size(2**46)
        log.error('flushed'); log.info('too')
        assert log.root.handlers[0].flush(20)
        assert threading.active_count() == 1
        log.info('at exit')
        """,
        before=PATIENT,
    )
    assert lines(slack) == ["flushed", "too", "at exit"]
    assert err == REFUSED


def test_a_thread_is_asked_for_again_with_each_record(run: Run, slack: LocalSlack) -> None:
    """What was refused before goes out with what comes when there are threads again."""
    err = run(
        """
        threading.stack_size(2**46)
        log.info('refused')
        threading.stack_size(0)
        log.error('granted')
        handler = log.root.handlers[0]
        assert handler._delivery._worker.thread is not None
        handler.flush(20)
        """,
        before=PATIENT,
    )
    assert sorted(lines(slack)) == ["granted", "refused"]
    assert err == REFUSED


@pytest.mark.skipif(
    not importlib.util.find_spec("_interpreters") and not importlib.util.find_spec("_xxsubinterpreters"),
    reason="this Python has no subinterpreters",
)
@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="Python 3.12 crashes where one that loaded ssl ends")
def test_a_subinterpreter_delivers(run: Run, slack: LocalSlack) -> None:
    """There may be no threads in it; its exit functions are its own."""
    module = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    run(
        f"""
        import {module} as interpreters
        program = '''import logging, logging.config
        logging.config.dictConfig(%r)
        logging.getLogger("shop").info("from within")
        ''' % CONFIG
        one = interpreters.create()
        failure = interpreters.run_string(one, program.replace('        ', ''))
        assert failure is None, failure
        interpreters.destroy(one)
        """,
        before=PATIENT,
    )
    assert lines(slack) == ["from within"]


@pytest.mark.skipif(importlib.util.find_spec("gevent") is None, reason="gevent is not installed on this Python")
def test_greenlets_and_native_threads_deliver(run: Run, slack: LocalSlack) -> None:
    """Where gevent has replaced threads, locks and sockets; a native thread of its pool wakes the sender as well."""
    run(
        """
        import gevent
        def work(name):
            for number in range(3):
                log.info('greenlet %d %d', name, number); gevent.sleep(0)
        gevent.joinall([gevent.spawn(work, name) for name in range(3)], raise_error=True)
        handler = log.root.handlers[0]
        assert handler.flush(20)
        gevent.get_hub().threadpool.apply(log.error, ('native',))
        with gevent.Timeout(20):
            while handler.stats().pending: gevent.sleep(0.01)
        log.info('at exit')
        """,
        before="from gevent import monkey; monkey.patch_all()\n" + PATIENT,
    )
    own = [f"greenlet {name} {number}" for name in range(3) for number in range(3)]
    assert sorted(lines(slack)) == sorted([*own, "native", "at exit"])


def test_who_logs_never_talks_to_slack(run: Run, slack: LocalSlack) -> None:
    """Neither an event loop nor any other thread that logs opens a socket or a file, or looks up a name."""
    slack.fault("*", Fault.latency(0.2, times=None))
    run(
        """
        import asyncio
        main, events = threading.get_ident(), []
        def hook(event, args):
            if event.partition('.')[0] in ('socket', 'open', 'os', 'subprocess'):
                events.append((threading.get_ident() == main, event))
        async def serve():
            ticks = 0
            for number in range(200):
                log.error('record %d', number); log.info('%s', [number])
                await asyncio.sleep(0); ticks += 1
            return ticks
        async def begin():
            sys.addaudithook(hook)
            return await serve()
        assert asyncio.run(begin()) == 200
        heard = events[:]
        assert log.root.handlers[0].flush(40)
        assert [event for here, event in heard if here] == [], heard
        assert (False, 'socket.connect') in events
        """
    )
    assert len(slack.messages("#ops-log")) >= 2
