"""One line on a terminal that is written over and over; where there is no terminal, a line now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from slack_logging.clock import Clock

#: Seconds between two states of the line: what an eye follows.
_INTERVAL = 0.2

#: Seconds between two lines where they stay, as in the log of a build: often enough to be seen at work.
_INTERVAL_IN_A_FILE = 30.0


class Progress:
    """The line.

    Args:
        stream: where to.
        clock: says when the next state is due.
        name: what a line begins with that stays.
    """

    def __init__(self, stream: TextIO, clock: Clock, name: str) -> None:
        self._stream = stream
        self._clock = clock
        self._name = name
        self._is_terminal = stream.isatty()
        self._interval = _INTERVAL if self._is_terminal else _INTERVAL_IN_A_FILE
        self._due_at = clock.monotonic() + (0.0 if self._is_terminal else self._interval)
        self._width = 0

    def show(self, make: Callable[[], str]) -> None:
        """Write what `make` returns, over the line if that is a terminal's, if it is time to."""
        now = self._clock.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + self._interval
        if self._is_terminal:
            self._write(make())
        else:
            print(f"{self._name}: {make()}", file=self._stream, flush=True)

    def end(self) -> None:
        """Leave the line empty, for what comes next."""
        if self._width:
            self._write("")

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text:{self._width}}" + ("" if text else "\r"))
        self._stream.flush()
        self._width = len(text)
