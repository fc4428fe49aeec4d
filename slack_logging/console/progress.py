"""One line on a terminal that is written over and over; nothing where there is no terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from slack_logging.clock import Clock

#: Seconds between two states of the line: what an eye follows.
_INTERVAL = 0.2


class Progress:
    """The line.

    Args:
        stream: where to.
        clock: says when the next state is due.
    """

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._is_terminal = stream.isatty()
        self._due_at = clock.monotonic()
        self._width = 0

    def show(self, make: Callable[[], str]) -> None:
        """Write what `make` returns over the line, if it is time to."""
        now = self._clock.monotonic()
        if self._is_terminal and now >= self._due_at:
            self._due_at = now + _INTERVAL
            self._write(make())

    def end(self) -> None:
        """Leave the line empty, for what comes next."""
        if self._width:
            self._write("")

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text:{self._width}}" + ("" if text else "\r"))
        self._stream.flush()
        self._width = len(text)
