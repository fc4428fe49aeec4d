"""Many lines to a message, in order, cut on record boundaries, as full as Slack allows. Pure."""

from __future__ import annotations

from slack_logging.passive.messages.view import COUNT, Line
from slack_logging.slack.limits import MAX_BLOCK_TEXT

#: Units kept free for the footer.
_RESERVE = 250

#: Units of text that the lines of one message hold at most.
ROOM = MAX_BLOCK_TEXT - _RESERVE

#: Lines in one message at most: each costs some 300 bytes of JSON, and bodies stay below 100 kB.
MAX_LINES = 250


class Packing:
    """A message being filled.

    Args:
        room: units that its lines may take.
        has_files: whether the whole of a line that is too long goes as a file.

    Attributes:
        lines: what it shows, each with how often it came in a row.
        oversize: the line that is too long for any message, and is shown by an excerpt; a message of its own.
    """

    def __init__(self, room: int = ROOM, *, has_files: bool = True) -> None:
        self.lines: list[tuple[Line, int]] = []
        self.oversize: Line | None = None
        self._most = self._room = room
        self._has_files = has_files

    @property
    def shown(self) -> int:
        """Return how many records have a line of their own."""
        return len(self.lines)

    @property
    def records(self) -> int:
        """Return how many records it speaks of."""
        return sum(count for _, count in self.lines)

    @property
    def merged(self) -> int:
        """Return how many records are only part of another's count."""
        return self.records - self.shown

    @property
    def cut(self) -> str:
        """Return the text that the file is to have of which it shows an excerpt; empty if there is none."""
        return self.oversize.text() if self.oversize and self._has_files else ""

    def halves(self) -> list[Packing]:
        """Return two messages that show the same; none where this one has a single line."""
        if self.shown < 2:
            return []
        middle = self.shown // 2
        halves = [Packing(), Packing()]
        halves[0].lines, halves[1].lines = self.lines[:middle], self.lines[middle:]
        return halves

    def add(self, line: Line) -> bool:
        """Put a line in, or return False: it belongs into the next message."""
        if self.lines:
            last, count = self.lines[-1]
            if line.repeats(last):
                if count == 1 and not self.oversize:
                    if self._room < COUNT:
                        return False
                    self._room -= COUNT
                self.lines[-1] = (last, count + 1)
                return True
        if self.oversize or len(self.lines) >= MAX_LINES:
            return False
        size = line.units
        if size > self._most and not self.lines:
            self.oversize, line = line, line.excerpt(self._most, has_file=self._has_files)
            size = self._most
        if size > self._room:
            return False
        self._room -= size
        self.lines.append((line, 1))
        return True
