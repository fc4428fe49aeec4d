"""Reads JSON as the standard has it. Python's own reader takes more, which no answer of ours could say again. Pure.

Half a surrogate pair is all that is mended instead of refused: clients that cut text anywhere do send it.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from slack_logging.local.state.text import whole


def read_json(text: str | bytes) -> Any:
    """Return the value that is written there.

    Raises:
        ValueError: it is no JSON, or NaN, infinite, nested too deep or too large a number for Python.
    """
    try:
        return whole(json.loads(text, parse_constant=_refuse, parse_float=_finite))
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return number
