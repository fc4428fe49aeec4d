"""Orders as they come in a CSV file: one line, one order. Pure; what is wrong with a line is told by an exception.

Whatever Python itself raises for a bad value is left as it is: those are the tracebacks that a service logs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

#: The header that a file must have. `name` and `email` are given with a customer's first order and empty afterwards.
COLUMNS = ("order_id", "ordered_at", "customer_id", "name", "email", "sku", "quantity", "unit_price", "currency")

#: The largest file that is read, in MiB and in bytes; an import of a larger one is not a demo any more.
MAX_MIB = 64
MAX_BYTES = MAX_MIB * 2**20

#: Characters of a wrong header that are shown.
_SHOWN_HEADER = 80

#: Lines in which `order_to_retry` looks: some milliseconds; an import that is watched takes a minute over them.
_LINES_LOOKED_AT = 1_000

#: A larger quantity is imported, but somebody should look at it.
LARGE_QUANTITY = 200

#: The largest price's power of ten, in hundredths: SQLite's whole numbers end at 9.2e18.
_MAX_POWER = 18

#: Characters of an e-mail address. Source: RFC 5321, 4.5.3.1.3.
_MAX_EMAIL = 254

#: What a line can raise: by csv, int, Decimal, datetime, and a number too large for SQLite.
BAD_LINE = (csv.Error, ValueError, ArithmeticError)

#: What `order_id_of` reads, as a cell with or without quotes; SQLite's numbers have 18 digits and some more.
_ORDER_ID = re.compile(r'(")?\s*(\d{1,18})\s*(?(1)")(?:,|$)', re.ASCII)

_CUSTOMER = re.compile(r"C\d{4,}")
_SKU = re.compile(r"[A-Z]{3}-\d{4}")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")


class UnusableFile(Exception):
    """The file as a whole is no list of orders; the message says what was found and what is expected."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who orders; told once, with the first order."""

    customer_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Order:
    """One line of the file.

    Attributes:
        customer: who it is, if the line tells.
        cents: price of one piece in hundredths of `currency`.
        oddities: what is unusual about the line, although it is good.
    """

    order_id: int
    ordered_at: datetime
    customer_id: str
    customer: Customer | None
    sku: str
    quantity: int
    cents: int
    currency: str
    oddities: tuple[str, ...]


def order_lines(content: bytes, name: str) -> list[str]:
    """Return the lines below the header of a CSV file with orders.

    Args:
        content: the file's; UTF-8, with or without a byte order mark.
        name: what to call it in errors.

    Raises:
        UnusableFile: it is empty, too large, no text, or has other columns.
    """
    if len(content) > MAX_BYTES:
        raise UnusableFile(f"{name}: larger than {MAX_MIB} MiB; give the demo a smaller file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(
            f"{name}: not UTF-8: byte {content[error.start]:#04x} at offset {error.start:,}; save it as UTF-8"
        ) from None
    if "\0" in text:
        raise UnusableFile(f"{name}: holds NUL characters, so it is no CSV file; expected UTF-8 text")
    lines = text.replace("\r\n", "\n").split("\n")
    if not text.strip():
        raise UnusableFile(f"{name}: empty; expected a header and orders: {','.join(COLUMNS)}")
    if _header(lines[0]) != COLUMNS:
        shown = lines[0] if len(lines[0]) <= _SHOWN_HEADER else f"{lines[0][:_SHOWN_HEADER]}..."
        raise UnusableFile(f"{name}: its header is {shown!r}; expected {','.join(COLUMNS)}")
    orders = lines[1:-1] if lines[-1] == "" else lines[1:]
    if not numbered(orders):
        raise UnusableFile(f"{name}: a header, but no orders below it")
    return orders


def numbered(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Return the lines that hold something, each with its number in the file, whose header is line 1."""
    return [(number, line) for number, line in enumerate(lines, start=2) if line.strip()]


def _header(line: str) -> tuple[str, ...]:
    """Return the columns' names, which many programs put into quotes; nothing where they are no CSV."""
    try:
        return tuple(column.strip() for column in next(csv.reader([line], strict=True), ()))
    except csv.Error:
        return ()


def order_id_of(line: str) -> int | None:
    """Return the number that a line begins with, however bad the rest of it is; None if it has none."""
    found = _ORDER_ID.match(line.strip())
    return int(found[2]) if found else None


def order_to_retry(lines: Sequence[str]) -> int | None:
    """Return the number of an order that fails when it is first read, if the first 1,000 lines hold one.

    Best one whose customer is told of further down, so that a later retry works.
    """
    known: set[str] = set()
    waiting: dict[str, int] = {}
    bad: list[int] = []
    for line in lines[:_LINES_LOOKED_AT]:
        number = order_id_of(line)
        if number is None:
            continue
        try:
            order = parse_order(line)
        except BAD_LINE:
            bad.append(number)
            continue
        if order.customer is None and order.customer_id not in known:
            waiting.setdefault(order.customer_id, number)
        elif order.customer_id in waiting:
            return waiting[order.customer_id]
        else:
            known.add(order.customer_id)
    return next(iter([*waiting.values(), *bad]), None)


def parse_order(line: str) -> Order:
    """Read one line.

    Raises:
        csv.Error: its quotes do not close.
        ValueError: a column is missing, or holds something else.
        ArithmeticError: the price is no number.
    """
    (row,) = csv.reader([line], strict=True)
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} columns instead of {len(COLUMNS)}")
    for column, value in zip(COLUMNS, row, strict=True):
        if not value.isprintable():
            raise ValueError(f"control character in {column}: {value!r}")
    order_id, ordered_at, customer_id, name, email, sku, quantity, unit_price, currency = row
    if not _CUSTOMER.fullmatch(customer_id):
        raise ValueError(f"customer_id {customer_id!r} is not like C1234")
    if not _SKU.fullmatch(sku.strip().upper()):
        raise ValueError(f"sku {sku!r} is not like ABC-1234")
    if email and (len(email) > _MAX_EMAIL or not _EMAIL.fullmatch(email)):
        raise ValueError(f"not an e-mail address: {email!r}")
    cents = _cents(unit_price)
    return Order(
        order_id=int(order_id),
        ordered_at=datetime.fromisoformat(ordered_at),
        customer_id=customer_id,
        customer=Customer(customer_id, name, email) if email else None,
        sku=sku.strip().upper(),
        quantity=int(quantity),
        cents=cents,
        currency=currency,
        oddities=tuple(_oddities(order_id, name, sku, quantity, unit_price, cents)),
    )


def _cents(unit_price: str) -> int:
    exact = Decimal(unit_price.replace(",", ".")) * 100
    if exact.adjusted() > _MAX_POWER:  # before int(): of 1e999990 it makes a million digits, for many seconds
        raise OverflowError(f"unit_price {unit_price!r} is too large")
    cents = int(exact)
    if cents != exact:
        raise ValueError(f"unit_price {unit_price!r} has more than two decimals")
    return cents


def _oddities(order_id: str, name: str, sku: str, quantity: str, unit_price: str, cents: int) -> Iterator[str]:
    """Tell what is unusual about a line whose values could be read."""
    if "," in unit_price:
        yield "a decimal comma was read as a point"
    if not cents:
        yield f"order {order_id} is free of charge"
    if int(quantity) > LARGE_QUANTITY:
        yield f"order {order_id} is large: {quantity} pieces"
    if sku != sku.strip().upper():
        yield f"order {order_id}: sku {sku!r} was read as {sku.strip().upper()!r}"
    if re.search(r"[<>*_~`]", name):
        yield f"order {order_id}: the customer's name holds markup: {name}"
    try:
        unspoilt = name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return
    if unspoilt != name:
        yield f"order {order_id}: the customer's name {name!r} was perhaps {unspoilt!r}"
