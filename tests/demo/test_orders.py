"""Orders as they come in a CSV file."""

from __future__ import annotations

import contextlib
import csv
import decimal
import io
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.demo.orders import (
    BAD_LINE,
    COLUMNS,
    MAX_BYTES,
    Customer,
    Order,
    UnusableFile,
    order_id_of,
    order_lines,
    order_to_retry,
    parse_order,
)

HEADER = ",".join(COLUMNS)
GOOD = {
    "order_id": "1001",
    "ordered_at": "2026-09-01T06:10:26",
    "customer_id": "C1001",
    "name": "Zoë O'Brien",
    "email": "zoe@example.org",
    "sku": "TEA-0101",
    "quantity": "3",
    "unit_price": "8.90",
    "currency": "EUR",
}


def line_with(**changes: str) -> str:
    return ",".join((GOOD | changes).values())


def kind_of_error(line: str) -> str:
    try:
        parse_order(line)
    except BAD_LINE as error:
        return type(error).__name__
    return ""


def test_a_good_line_becomes_an_order() -> None:
    """A good line is read as it stands; the price is kept in hundredths."""
    order = parse_order(line_with())

    assert order == Order(
        order_id=1001,
        ordered_at=order.ordered_at,
        customer_id="C1001",
        customer=Customer("C1001", "Zoë O'Brien", "zoe@example.org"),
        sku="TEA-0101",
        quantity=3,
        cents=890,
        currency="EUR",
        oddities=(),
    )
    assert order.ordered_at.isoformat() == "2026-09-01T06:10:26"


def test_a_line_without_an_email_tells_of_no_customer() -> None:
    """A customer is told of with the first order only."""
    assert parse_order(line_with(name="", email="")).customer is None


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        (line_with(quantity="1O"), ValueError, "'1O'"),
        (line_with(quantity=""), ValueError, "''"),
        (line_with(order_id="ORD-1"), ValueError, "'ORD-1'"),
        (line_with(unit_price="N/A"), decimal.InvalidOperation, "ConversionSyntax"),
        (line_with(unit_price="NaN"), ValueError, "NaN"),
        (line_with(unit_price="Infinity"), OverflowError, "Infinity"),
        (line_with(unit_price="11.505"), ValueError, "more than two decimals"),
        (line_with(unit_price="1e999990"), OverflowError, "unit_price '1e999990' is too large"),
        (line_with(unit_price="9" * 100_000), OverflowError, "is too large"),
        (line_with(email=f"a@{'.' * 100_000}@"), ValueError, "not an e-mail address"),
        (line_with(ordered_at="2026-09-31T10:15:00"), ValueError, "day"),
        (line_with(ordered_at="yesterday"), ValueError, "'yesterday'"),
        (line_with(email="<!channel>@example.com"), ValueError, "not an e-mail address: '<!channel>@example.com'"),
        (line_with(name="Mats\x1b[31m"), ValueError, r"control character in name: 'Mats\x1b[31m'"),
        (line_with(customer_id="1204"), ValueError, "customer_id '1204' is not like C1234"),
        (line_with(sku="TEAPOT"), ValueError, "sku 'TEAPOT' is not like ABC-1234"),
        (line_with(name='"Ida'), csv.Error, "unexpected end of data"),
        ("1001,2026-09-01T06:10:26,C1001", ValueError, "3 columns instead of 9"),
        (line_with() + ",paid", ValueError, "10 columns instead of 9"),
        ("", ValueError, "0 columns instead of 9"),
    ],
)
def test_a_bad_line_raises_what_python_says_about_it(line: str, error: type[Exception], message: str) -> None:
    """A bad line raises an error that names the bad value."""
    with pytest.raises(error) as raised:
        parse_order(line)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "oddity"),
    [
        ({"unit_price": '"8,90"'}, "a decimal comma was read as a point"),
        ({"unit_price": "0.00"}, "order 1001 is free of charge"),
        ({"quantity": "201"}, "order 1001 is large: 201 pieces"),
        ({"sku": " tea-0101"}, "order 1001: sku ' tea-0101' was read as 'TEA-0101'"),
        ({"name": "*VIP* <!here>"}, "order 1001: the customer's name holds markup: *VIP* <!here>"),
        ({"name": "ZoÃ«"}, "order 1001: the customer's name 'ZoÃ«' was perhaps 'Zoë'"),
    ],
)
def test_an_odd_line_is_read_and_says_what_is_odd(changes: dict[str, str], oddity: str) -> None:
    """What is unusual but usable is an oddity, not an error."""
    assert parse_order(line_with(**changes)).oddities == (oddity,)


@given(st.text().filter(lambda text: "\0" not in text))
def test_any_line_is_an_order_or_a_bad_line(line: str) -> None:
    """No text makes reading raise anything but what a bad line raises."""
    with contextlib.suppress(*BAD_LINE):
        parse_order(line)


@pytest.mark.parametrize(
    ("line", "number"), [("1042,x", 1042), ("", None), ("ORD-1,", None), ("²,", None), ("9" * 30, None)]
)
def test_the_number_of_a_bad_line_is_what_it_begins_with(line: str, number: int | None) -> None:
    """An order whose line is bad is still known by its number, if that is one."""
    assert order_id_of(line) == number


@pytest.mark.parametrize("content", [f"{HEADER}\n1,a\n2,b\n", f"\ufeff{HEADER}\r\n1,a\r\n2,b"])
def test_a_file_is_its_lines_below_the_header(content: str) -> None:
    """A byte order mark, the kind of line end and a missing last one make no difference."""
    assert order_lines(content.encode(), "orders.csv") == ["1,a", "2,b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "my.csv: empty; expected a header and orders: order_id,"),
        (b" \n\n", "my.csv: empty"),
        (b"x" * 100, f"my.csv: its header is '{'x' * 80}...'; expected order_id,"),
        (b"a,b\n1,2\n", "my.csv: its header is 'a,b'; expected order_id,ordered_at,"),
        (b"\xff\xfe", "my.csv: not UTF-8: byte 0xff at offset 0"),
        (b"SQLite format 3\0", "my.csv: holds NUL characters"),
        (HEADER.encode(), "my.csv: a header, but no orders below it"),
        (f"{HEADER}\n\n \n".encode(), "my.csv: a header, but no orders below it"),
        (b"x" * (MAX_BYTES + 1), "my.csv: larger than 64 MiB"),
    ],
)
def test_a_file_that_is_no_list_of_orders_is_refused(content: bytes, message: str) -> None:
    """What is wrong with a whole file is said in one line, before anything is written."""
    with pytest.raises(UnusableFile) as raised:
        order_lines(content, "my.csv")
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ([], None),
        (["bad", line_with()], None),
        (["7,torn", line_with()], 7),
        ([line_with(order_id="8", name="", email="")], 8),
        (["7,torn", line_with(order_id="8", name="", email="")], 8),
        ([line_with(), line_with(order_id="8", name="", email="")], None),
        (
            [
                line_with(order_id="8", customer_id="C2002", name="", email=""),
                line_with(order_id="9", name="", email=""),
                line_with(),
            ],
            9,
        ),
    ],
)
def test_the_order_to_retry_is_one_that_fails(lines: list[str], number: int | None) -> None:
    """Best one that works later, because its customer is told of below; none where all go well."""
    assert order_to_retry(lines) == number


def test_the_order_to_retry_is_looked_for_near_the_beginning() -> None:
    """However long the file is: nobody waits for what would be retried in an hour."""
    assert order_to_retry([line_with()] * 999 + ["7,torn"]) == 7
    assert order_to_retry([line_with()] * 1_000 + ["7,torn"]) is None


def test_the_demos_own_file_is_large_and_holds_bad_lines_of_many_kinds() -> None:
    """Three thousand lines below 300 kB; the bad ones raise errors of different types."""
    content = resources.files("slack_logging.demo").joinpath("orders.csv").read_bytes()
    lines = order_lines(content, "orders.csv")

    assert (len(lines), len(content) < 300_000) == (3000, True)
    assert order_to_retry(lines) == 1042
    assert {kind_of_error(line) for line in lines} >= {"ValueError", "InvalidOperation", "OverflowError", "Error"}


def test_a_file_as_other_programs_write_it_is_read() -> None:
    """Every cell in quotes, the header's too: the orders are the same, and are found by their numbers."""
    plain = [HEADER, line_with(), line_with(order_id="1002", quantity="none")]
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(csv.reader(plain))

    lines = order_lines(stream.getvalue().encode(), "mine.csv")

    assert parse_order(lines[0]) == parse_order(plain[1])
    assert [order_id_of(line) for line in lines] == [1001, 1002]
    assert order_to_retry(lines) == 1002
