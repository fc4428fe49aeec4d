"""Signal handlers, finalizers and objects that log: they come in the middle of anything, also of emit."""

from __future__ import annotations

import ast

from slack_logging.local import LocalSlack
from tests.passive.processes.conftest import Run, lines

#: Calls `interrupt` once at each line of the package that `work` runs, as a signal could come there.
AT_EACH_LINE = """
def at_each_line(work, interrupt):
    seen = set()
    def trace(frame, event, arg):
        if '/slack_logging/' not in frame.f_code.co_filename: return None
        place = frame.f_code, frame.f_lineno
        if event == 'line' and place not in seen:
            seen.add(place)
            interrupt()
        return trace
    while True:
        before = len(seen)
        sys.settrace(trace)
        try: work()
        finally: sys.settrace(None)
        if len(seen) == before: return before
"""


def test_signal_handlers_and_finalizers_may_log(run: Run, slack: LocalSlack) -> None:
    """They interrupt a thread anywhere, also inside emit."""
    run(
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
        """
    )
    assert sum(line.startswith("record ") for line in lines(slack)) == 500
    assert "signalled" in {line.split(" x")[0] for line in lines(slack)}


def test_a_record_may_come_at_each_line_of_emit(run: Run, slack: LocalSlack) -> None:
    """Wherever it is interrupted, both records are delivered."""
    run(
        AT_EACH_LINE
        + """
count = 0
def signalled():
    global count
    count += 1
    log.info('signalled %d', count)
def work():
    global count
    count += 1
    log.info('record %d %s', count, ['not plain'], extra={'number': count})
assert at_each_line(work, signalled) > 60
assert log.root.handlers[0].flush(40)
stats = log.root.handlers[0].stats()
assert stats.emitted == stats.delivered == count, (stats, count)
"""
    )
    assert len(lines(slack)) > 60


def test_counts_and_a_flush_may_be_asked_for_at_each_line_of_themselves(run: Run, slack: LocalSlack) -> None:
    """A signal handler that flushes before the end may have interrupted one who did, or who looked at the counts."""
    err = run(
        AT_EACH_LINE
        + """
handler = log.root.handlers[0]
def work():
    log.info('waits')
    assert handler.stats().adds_up
    assert handler.flush(40)
def signalled():
    handler.stats()
    handler.flush(0.0)
lines = at_each_line(work, signalled)
print([lines], file=sys.stderr)
"""
    )
    assert ast.literal_eval(err)[0] > 60


def test_what_logs_for_every_record_is_stopped(run: Run, slack: LocalSlack) -> None:
    """A formatter, or an object shown in a record, that logs by itself: a few records of it, then a count of one."""
    err = run(
        """
        class Talkative:
            def __str__(self):
                log.info('I am shown: %s', self)
                return 'talkative'
        log.info('%s', Talkative())
        handler = log.root.handlers[0]
        assert handler.flush(40)
        stats = handler.stats()
        assert (stats.emitted, dict(stats.dropped)) == (6, {'broken': 1}), stats
        """
    )
    assert err == "slack_logging: a record of logger shop could not be taken in: RecursionError\n"
    assert "talkative" in lines(slack)
