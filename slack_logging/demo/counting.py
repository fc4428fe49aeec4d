"""Numbers of things, as people write them."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """Return ``"1 line"``, ``"1,042 lines"``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
