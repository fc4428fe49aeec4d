"""Cursors and bounds of paged answers: opaque to clients, bound to their listing, good for some minutes.

Source: Pagination; conversations.history.
"""

from __future__ import annotations

import base64
import binascii
import re
from decimal import Decimal

from slack_logging.local.errors import ApiError
from slack_logging.local.limits import CURSOR_LIFETIME

#: Bounds that lie before and after every `ts`.
FIRST_TS, LAST_TS = "0000000000.000000", "9999999999.999999"

_BOUND = re.compile(r"[0-9]{1,10}(\.[0-9]*)?")
_TS = re.compile(r"[0-9]{10}\.[0-9]{6}")


def encode_cursor(listing: str, position: str, now: float) -> str:
    """Return the cursor for the page that begins at `position` of `listing`; it ends in ``=`` as Slack's do."""
    plain = f"{listing}|{int(now)}|{position}|".encode()
    if len(plain) % 3 == 0:
        plain += b"|"
    return base64.urlsafe_b64encode(plain).decode()


def decode_cursor(listing: str, cursor: str, now: float) -> str:
    """Return the position that a cursor stands for.

    Raises:
        ApiError: ``invalid_cursor``: mangled, of another listing, or expired.
    """
    try:
        its_listing, issued, position, *_ = base64.b64decode(cursor, b"-_", validate=True).decode().split("|")
        age = now - int(issued)
    except (binascii.Error, ValueError, OverflowError):
        raise ApiError("invalid_cursor") from None
    if its_listing != listing or age > CURSOR_LIFETIME:
        raise ApiError("invalid_cursor")
    return position


def bound(value: str, *, malformed: str) -> str:
    """Write a time bound, which may lack fraction or leading zeros, in the shape of a `ts`, to be compared as text.

    Raises:
        ApiError: `malformed`, if it is no such number.
    """
    if not _BOUND.fullmatch(value):
        raise ApiError(malformed)
    return f"{Decimal(value.rstrip('.')):017.6f}"


def is_ts(value: str) -> bool:
    """Tell whether a string has the shape of a message's `ts`."""
    return _TS.fullmatch(value) is not None
