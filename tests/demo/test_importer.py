"""The import that the demo steers."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest

from slack_logging.demo.database import Database
from slack_logging.demo.importer import Importer, Progress, Refused
from slack_logging.demo.orders import order_lines

NEW = "{id},2026-09-01T06:10:26,{customer},Zoë Ito,zoe@example.org,TEA-0101,3,8.90,EUR"
AGAIN = "{id},2026-09-02T06:10:26,{customer},,,TEA-0101,3,8.90,EUR"


def new(order_id: int, customer: str) -> str:
    return NEW.format(id=order_id, customer=customer)


def again(order_id: int, customer: str) -> str:
    return AGAIN.format(id=order_id, customer=customer)


class Gate:
    """A pace that hands out one line for each `pass_one`."""

    def __init__(self) -> None:
        self._passes = threading.Semaphore(0)
        self.asked = threading.Semaphore(0)

    def __call__(self, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Be the importer's pace."""
        for line in lines:
            self.asked.release()
            assert self._passes.acquire(timeout=20)
            yield line
        self.asked.release()

    def pass_one(self) -> None:
        """Let one line through."""
        self._passes.release()

    def wait_until_asked(self) -> None:
        """Block until the import wants a line: all before it are read."""
        assert self.asked.acquire(timeout=20)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database.create(tmp_path / "orders.db")) as opened:
        yield opened


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_good_lines_are_imported_and_bad_ones_left_out(database: Database, tmp_path: Path) -> None:
    """An import reads all lines; what is in the database is what was good."""
    lines = [new(1, "C1001"), "2,torn", again(3, "C1001"), again(1, "C1001"), again(4, "C1002")]

    progress = Importer(lines, database).run()

    assert progress == Progress("done", read=5, total=5, imported=2, failed=3)
    assert rows(tmp_path / "orders.db", "SELECT order_id, quantity, cents FROM orders") == [(1, 3, 890), (3, 3, 890)]


def test_a_blank_line_is_no_line(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """It is neither read nor an error; the lines around it keep their numbers in the file."""
    progress = Importer(["", new(1, "C1001"), "  ", "torn", ""], database).run()

    assert progress == Progress("done", read=2, total=2, imported=1, failed=1)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "line 5: order (no number) not imported"
    ]


@pytest.mark.parametrize("name", ["missing/orders.db", "no database.db"])
def test_a_database_that_cannot_be_made_is_an_oserror_with_its_path(tmp_path: Path, name: str) -> None:
    """Whether the file cannot be opened or not be written; the command line tells it in one line."""
    (tmp_path / "no database.db").write_bytes(b"x" * 4096)

    with pytest.raises(OSError, match=f"{name}: the database cannot be made: "):
        Database.create(tmp_path / name)


def test_a_refused_order_does_not_leave_its_customer_behind(database: Database, tmp_path: Path) -> None:
    """An order and the customer it tells of are stored both or neither."""
    Importer([new(1, "C1001"), new(1, "C1002")], database).run()

    assert rows(tmp_path / "orders.db", "SELECT customer_id FROM customers") == [("C1001",)]


def test_a_bad_line_is_logged_with_its_traceback(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Each bad line is one ERROR with the exception that it raised; a good one is a DEBUG record."""
    caplog.set_level(logging.DEBUG)

    Importer([new(1, "C1001"), again(1042, "C1417")], database).run()

    told = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [
        ("orders", "INFO", "import begins: 2 lines"),
        ("orders.import", "DEBUG", "line 2: order 1, 3 x TEA-0101"),
        ("orders.import", "ERROR", "line 3: order 1042 not imported"),
        ("orders.db", "INFO", "committed 1 order"),
        ("orders", "INFO", "import done: 2 of 2 lines read, 1 order imported, 1 line failed"),
    ]
    assert "customer C1417 is not known yet" in caplog.text
    assert "sqlite3.IntegrityError: FOREIGN KEY constraint failed" in caplog.text


def test_an_order_is_retried_once_its_customer_is_known(database: Database, tmp_path: Path) -> None:
    """A retry fails while the reason lasts, works when it is gone, and is refused after that."""
    gate = Gate()
    importer = Importer([again(1042, "C1417"), new(1043, "C1417")], database, pace=gate)
    thread = threading.Thread(target=importer.run)
    thread.start()
    gate.wait_until_asked()
    gate.pass_one()
    gate.wait_until_asked()

    with pytest.raises(Refused, match=r"order 1042 \(line 2\) fails again: customer C1417 is not known yet; .* later"):
        importer.retry(1042)
    gate.pass_one()
    thread.join(20)
    assert importer.retry(1042).order_id == 1042
    with pytest.raises(Refused, match="order 1042 is imported already"):
        importer.retry(1042)

    assert importer.progress() == Progress("done", read=2, total=2, imported=2, failed=0)
    assert rows(tmp_path / "orders.db", "SELECT order_id FROM orders") == [(1042,), (1043,)]


def test_a_retry_that_no_further_line_can_help_raises_no_hopes(database: Database) -> None:
    """At the end of the file, or when it is the order's own line that is bad."""
    importer = Importer([again(1, "C1001"), "2,torn"], database)
    importer.run()

    for number in (1, 2):
        with pytest.raises(Refused) as refused:
            importer.retry(number)
        assert "fails again" in str(refused.value)
        assert "later" not in str(refused.value)


@pytest.mark.parametrize("number", [9999, 0, -1, 10**30])
def test_an_order_that_never_failed_is_not_retried(database: Database, number: int) -> None:
    """A retry of an order that no line held says so."""
    importer = Importer([new(1, "C1001")], database)
    importer.run()

    with pytest.raises(Refused, match=f"order {number} has not failed: it is not in the 1 line read so far"):
        importer.retry(number)


def test_a_paused_import_reads_nothing_until_it_is_resumed(database: Database) -> None:
    """No line is read between `pause` and `resume`, and none is lost."""
    gate = Gate()
    importer = Importer([new(1, "C1001"), again(2, "C1001")], database, pace=gate)
    thread = threading.Thread(target=importer.run)
    thread.start()
    gate.wait_until_asked()
    gate.pass_one()
    gate.wait_until_asked()

    assert str(importer.pause()) == "paused: 1 of 2 lines read, 1 order imported, 0 lines failed"
    gate.pass_one()
    assert not gate.asked.acquire(timeout=0.05), "a line was read while the import was paused"
    assert importer.progress() == Progress("paused", read=1, total=2, imported=1, failed=0)

    assert importer.resume().state == "running"
    thread.join(20)
    assert importer.progress() == Progress("done", read=2, total=2, imported=2, failed=0)


def test_what_makes_no_sense_now_is_refused(database: Database) -> None:
    """Pausing twice, resuming what runs and pausing what is done are refused with the state."""
    importer = Importer([new(1, "C1001")], database)

    with pytest.raises(Refused, match="nothing to resume, the import is waiting: 0 of 1"):
        importer.resume()
    importer.pause()
    with pytest.raises(Refused, match="nothing to pause, the import is paused: 0 of 1"):
        importer.pause()
    importer.resume()
    importer.run()
    with pytest.raises(Refused, match="nothing to pause, the import is done: 1 of 1"):
        importer.pause()


def test_a_stopped_import_keeps_what_it_read(database: Database, tmp_path: Path) -> None:
    """Stopping wakes even a paused import, and what was read is committed."""
    gate = Gate()
    importer = Importer([new(1, "C1001"), again(2, "C1001")], database, pace=gate)
    thread = threading.Thread(target=importer.run)
    thread.start()
    gate.wait_until_asked()
    gate.pass_one()
    gate.wait_until_asked()
    importer.pause()
    gate.pass_one()

    importer.stop()
    thread.join(20)

    assert importer.progress() == Progress("stopped", read=1, total=2, imported=1, failed=0)
    assert rows(tmp_path / "orders.db", "SELECT order_id FROM orders") == [(1,)]


def test_a_broken_database_ends_the_import_with_one_error(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """What is not one line's fault ends the import: it is logged, not raised."""
    database.close()

    progress = Importer([new(1, "C1001")], database).run()

    assert progress == Progress("failed", read=0, total=1, imported=0, failed=0)
    assert "the import cannot go on after 0 lines" in caplog.text


def test_the_demos_own_file_leaves_40_lines_out_and_1042_can_be_retried(database: Database) -> None:
    """Order 1042 comes before its customer does, so that a person can retry it."""
    content = resources.files("slack_logging.demo").joinpath("orders.csv").read_bytes()
    importer = Importer(order_lines(content, "orders.csv"), database)

    assert importer.run() == Progress("done", read=3000, total=3000, imported=2960, failed=40)
    assert importer.retry(1042).customer_id == "C1417"
