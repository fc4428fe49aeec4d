"""The work that the demo steers: an import that can be watched, paused and corrected while it runs.

One thread runs it, any other may steer it. A line is read under the lock, so when `pause` has returned no line is
half done.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from slack_logging.demo.counting import counted
from slack_logging.demo.database import Database, UnknownCustomer
from slack_logging.demo.orders import BAD_LINE, Order, numbered, order_id_of, parse_order

logger = logging.getLogger("orders")
row_logger = logging.getLogger("orders.import")

#: Lines between two commits; each is told as a milestone.
COMMIT_EVERY = 500

#: What makes one line fail; anything else ends the import.
_FAILURES = (*BAD_LINE, sqlite3.IntegrityError)

State: TypeAlias = Literal["waiting", "running", "paused", "done", "stopped", "failed"]
#: Hands numbered lines on, in order, at the speed that it sees fit.
Pace: TypeAlias = Callable[[Iterable[tuple[int, str]]], Iterator[tuple[int, str]]]


class Refused(Exception):
    """What the import was told to do cannot be done; the message says why."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: `read = imported + failed`; a retry that works moves an order from one to the other."""

    state: State
    read: int
    total: int
    imported: int
    failed: int

    def __str__(self) -> str:
        read, imported = f"{self.read:,} of {counted(self.total, 'line')} read", counted(self.imported, "order")
        return f"{self.state}: {read}, {imported} imported, {counted(self.failed, 'line')} failed"


class Importer:
    """Reads lines of orders into a database.

    `run` blocks; the other methods may be called from any thread, before, during and after it.

    Args:
        lines: those below the header; blank ones are none.
        database: stays open, so that orders can be retried after the end.
        pace: decides when the next line is read; by default at once.

    Attributes:
        trouble: why it has failed as a whole, if it has.
    """

    def __init__(self, lines: list[str], database: Database, *, pace: Pace = iter) -> None:
        self._lines = numbered(lines)
        self._database = database
        self._pace = pace
        self._turn = threading.Condition()
        self.trouble = ""
        self._state: State = "waiting"
        self._paused = False
        self._stopped = False
        self._read = 0
        self._failures = 0
        #: Order -> the number and text of its first line that failed.
        self._failed: dict[int, tuple[int, str]] = {}

    def run(self) -> Progress:
        """Read all lines; a bad one is logged and left out. Ends early after `stop`."""
        logger.info("import begins: %s", counted(len(self._lines), "line"))
        self._state = "running"
        try:
            for number, line in self._pace(self._lines):
                with self._turn:
                    self._turn.wait_for(lambda: self._stopped or not self._paused)
                    if self._stopped:
                        break
                    self._read_line(number, line)
            with self._turn:
                self._database.commit()
                self._state = "stopped" if self._stopped else "done"
        except sqlite3.Error as error:
            self._state, self.trouble = "failed", f"the import's database, in the temporary directory: {error}"
            logger.exception("the import cannot go on after %s", counted(self._read, "line"))
        progress = self.progress()
        logger.info("import %s", progress)
        return progress

    def pause(self) -> Progress:
        """Stop reading after the line at hand.

        Raises:
            Refused: it is paused, or at its end.
        """
        with self._turn:
            if self.progress().state not in ("waiting", "running"):
                raise Refused(f"there is nothing to pause, the import is {self.progress()}")
            self._paused = True
            return self.progress()

    def resume(self) -> Progress:
        """Read on.

        Raises:
            Refused: it was not paused.
        """
        with self._turn:
            if self.progress().state != "paused":
                raise Refused(f"there is nothing to resume, the import is {self.progress()}")
            self._paused = False
            row_logger.debug("reading on after %s", counted(self._read, "line"))
            self._turn.notify_all()
            return self.progress()

    def stop(self) -> None:
        """Make `run` return; what was read is kept."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()

    def retry(self, order_id: int) -> Order:
        """Read the line of an order that failed once more, and return the order.

        Raises:
            Refused: it failed again, it had not failed, or it is imported.
        """
        with self._turn:
            if self._database.holds(order_id):
                raise Refused(f"order {order_id} is imported already")
            if order_id not in self._failed:
                raise Refused(
                    f"order {order_id} has not failed: it is not in the {counted(self._read, 'line')} read so far"
                )
            number, line = self._failed[order_id]
            try:
                order = parse_order(line)
                self._database.add(order)
            except _FAILURES as error:
                is_early = isinstance(error, UnknownCustomer) and self._read < len(self._lines)
                hint = "; a line further down may tell, so try again later" if is_early else ""
                raise Refused(f"order {order_id} (line {number}) fails again: {error}{hint}") from error
            self._database.commit()
            del self._failed[order_id]
            self._failures -= 1
        row_logger.info("line %d: order %d imported by a retry", number, order_id)
        return order

    def progress(self) -> Progress:
        """Return how far it is."""
        with self._turn:
            state: State = "paused" if self._paused and self._state in ("waiting", "running") else self._state
            return Progress(state, self._read, len(self._lines), self._read - self._failures, self._failures)

    def _read_line(self, number: int, line: str) -> None:
        order_id = order_id_of(line)
        try:
            order = parse_order(line)
            self._database.add(order)
        except _FAILURES:
            self._failures += 1
            if order_id is not None:
                self._failed.setdefault(order_id, (number, line))
            row_logger.exception("line %d: order %s not imported", number, order_id or "(no number)")
        else:
            row_logger.debug("line %d: order %d, %d x %s", number, order.order_id, order.quantity, order.sku)
            for oddity in order.oddities:
                row_logger.warning("%s", oddity)
        self._read += 1
        if self._read % COMMIT_EVERY == 0:
            self._database.commit()
            logger.info("%s", self.progress())
