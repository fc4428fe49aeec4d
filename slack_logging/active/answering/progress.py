"""How far a command is, on one line. Pure."""

from __future__ import annotations

import math

from slack_logging.slack.literal import one_line, shorten

#: Characters of the bar.
_WIDTH = 20

#: Units of a note and of a number that are shown.
_MAX_NOTE, _MAX_NUMBER = 150, 30

#: Numbers from here on are not written out.
_HUGE = 1e15


def progress_line(done: object, total: object, note: str) -> str:
    """Return a bar, a percentage, the count and the note.

    Without a total that is a number above 0 there is no bar. What is more than the total, or less than nothing, is
    counted as it is, beside a bar that is full or empty. 100 % is only what is complete.

    Args:
        done: how much is done, of any unit.
        total: how much there is in all; None where nobody knows.
        note: shown literally; may be empty.
    """
    parts = [_number(done)]
    part = _share(done, total)
    if part is not None:
        full = int(part * _WIDTH)
        parts = [f"{'█' * full}{'░' * (_WIDTH - full)} {int(part * 100)} %", f"{_number(done)} of {_number(total)}"]
    if note.strip():
        parts.append(shorten(one_line(note.strip()), _MAX_NOTE))
    return "  ".join(parts)


def _share(done: object, total: object) -> float | None:
    """Return what part is done, from 0 to 1; None where that cannot be told."""
    there, whole = _float(done), _float(total)
    if not whole > 0 or math.isinf(whole) or math.isnan(there):
        return None
    return min(max(there / whole, 0.0), 1.0)


def _number(value: object) -> str:
    """Write a number with its thousands apart and at most one decimal; what is none, as it is."""
    number = _float(value)
    if abs(number) < _HUGE:
        return f"{int(number):,}" if number == int(number) else f"{number:,.1f}"
    if not math.isnan(number):
        return f"{number:g}"
    try:
        return shorten(one_line(f"{value}"), _MAX_NUMBER)
    except Exception:  # noqa: BLE001 - see `_float`
        return "?"


def _float(value: object) -> float:
    """Return any number, NaN for what is none."""
    try:
        return float(value)  # type: ignore[arg-type] # whatever a program counts with
    except OverflowError:
        return math.inf
    except Exception:  # noqa: BLE001 - an object's own methods may raise anything
        return math.nan
