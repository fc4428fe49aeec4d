"""The tally: nothing added is lost, whoever adds."""

from __future__ import annotations

import threading

from slack_logging.passive.records.stats import Tally


def test_additions_from_many_threads_are_all_counted() -> None:
    """Eight threads, forty thousand additions, while somebody reads."""
    tally = Tally()

    def work() -> None:
        for _ in range(5_000):
            tally.add()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    read = [tally.total() for _ in range(100)]
    for thread in threads:
        thread.join()
    assert read == sorted(read)
    assert tally.total() == 40_000


def test_additions_do_not_pile_up() -> None:
    """Who adds sums up now and then, so that a counter nobody reads stays small."""
    tally = Tally()
    for _ in range(10 * Tally.FOLD_AT):
        tally.add()
    assert len(tally._added) <= Tally.FOLD_AT


def test_adding_never_waits_for_a_reader() -> None:
    """A signal handler that interrupts a reader may add."""
    tally = Tally()
    with tally._lock:
        for _ in range(2 * Tally.FOLD_AT):
            tally.add()
    assert tally.total() == 2 * Tally.FOLD_AT
