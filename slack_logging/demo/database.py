"""The shop's database: SQLite, whose own constraints refuse what must not be in it. Not thread-safe."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path

from slack_logging.demo.counting import counted
from slack_logging.demo.orders import Order

logger = logging.getLogger("orders.db")

_SCHEMA = """
CREATE TABLE customers (
    customer_id TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    email       TEXT NOT NULL
);
CREATE TABLE orders (
    order_id    INTEGER PRIMARY KEY,
    ordered_at  TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers,
    sku         TEXT NOT NULL,
    quantity    INTEGER NOT NULL CHECK (quantity > 0),
    cents       INTEGER NOT NULL CHECK (cents >= 0),
    currency    TEXT NOT NULL CHECK (currency IN ('CHF', 'EUR', 'GBP', 'SEK', 'USD'))
);
"""


class UnknownCustomer(ValueError):
    """An order names a customer who has not been told of yet."""


class Database:
    """Customers and orders in a SQLite file.

    Args:
        connection: in autocommit mode, with the tables in place; see `create`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._uncommitted = 0

    @classmethod
    def create(cls, path: Path) -> Database:
        """Make a new file at `path`, where there must be none.

        Raises:
            OSError: it cannot be made, for want of room, say.
        """
        with contextlib.ExitStack() as if_it_fails:
            try:
                connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
                if_it_fails.callback(connection.close)
                connection.execute("PRAGMA foreign_keys = ON")
                connection.executescript(_SCHEMA)
                connection.execute("BEGIN")
            except sqlite3.Error as error:
                raise OSError(f"{path}: the database cannot be made: {error}") from error
            if_it_fails.pop_all()
        logger.info("created %s", path)
        return cls(connection)

    def add(self, order: Order) -> None:
        """Store an order and the customer it tells of: both or neither.

        Raises:
            UnknownCustomer: the customer is not there yet.
            sqlite3.IntegrityError: the order is there already, or a value is not allowed.
            OverflowError: a number has more than 64 bits.
        """
        customer = order.customer
        sold = (order.sku, order.quantity, order.cents, order.currency)
        row = (order.order_id, order.ordered_at.isoformat(), order.customer_id, *sold)
        self._connection.execute("SAVEPOINT one_order")
        try:
            if customer:
                known = (customer.customer_id, customer.name, customer.email)
                self._connection.execute("INSERT INTO customers VALUES (?, ?, ?) ON CONFLICT DO NOTHING", known)
            self._connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        except (sqlite3.Error, OverflowError) as error:
            self._connection.execute("ROLLBACK TO one_order")
            if "FOREIGN KEY" in str(error):
                raise UnknownCustomer(f"customer {order.customer_id} is not known yet") from error
            raise
        finally:
            self._connection.execute("RELEASE one_order")
        self._uncommitted += 1

    def holds(self, order_id: int) -> bool:
        """Tell whether the order is there."""
        # As text, because a number may have more than SQLite's 64 bits.
        found = self._connection.execute("SELECT 1 FROM orders WHERE order_id = ?", (str(order_id),))
        return found.fetchone() is not None

    def commit(self) -> None:
        """Make what was added last."""
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")
        if self._uncommitted:
            logger.info("committed %s", counted(self._uncommitted, "order"))
        self._uncommitted = 0

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        self._connection.close()
