"""How fast the demo's import goes: slow enough to be watched, and no further than it is let."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

_Line = TypeVar("_Line")

#: Lines a second while somebody watches: the demo's own 3,000 take three minutes, time enough to look around.
WATCHED = 17.0


class Pace:
    """Hands lines on one by one; give it to an `Importer`.

    Args:
        per_second: lines a second, at most.
        allowed: lines that may be handed on before somebody says more; None for all.
    """

    def __init__(self, per_second: float, *, allowed: int | None = None) -> None:
        self._interval = 1.0 / per_second
        self._allowed = allowed
        self._changed = threading.Condition()

    def __call__(self, lines: Iterable[_Line]) -> Iterator[_Line]:
        """Yield the lines, each when it may be read."""
        for index, line in enumerate(lines):
            with self._changed:
                while self._allowed is not None and index >= self._allowed:
                    self._changed.wait()
            time.sleep(self._interval)
            yield line

    def allow(self, lines: int | None = None) -> None:
        """Let the import go on to this many lines, counted from the first; None for all. From any thread."""
        with self._changed:
            self._allowed = lines
            self._changed.notify_all()
