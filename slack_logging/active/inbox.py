"""What was typed and waits to be run. Whoever owns it locks it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from slack_logging.active.ledger import Key, order
from slack_logging.active.reading.intake import Heard

#: Commands of one person that may wait, run and be pending: a page, which is what a start finds at most.
MOST_PER_USER = 200


class Inbox(dict[Key, Heard]):
    """Commands by their messages."""

    def lay(self, heard: Heard) -> Heard | None:
        """Lay out a command, and return what lay there for it: that stays where it is no other edit, or wanted anew."""
        lies = self.get(heard.key)
        if lies is None or (lies.edited != heard.edited and not lies.is_anew):
            self[heard.key] = replace(heard, released_at=lies.released_at) if lies else heard
        return lies

    def take(self, running: Counter[str]) -> Heard | None:
        """Take the oldest of those people for whom the fewest run; None where nothing lies.

        Args:
            running: how many commands run for whom.
        """
        if not self:
            return None
        return self.pop(min(self, key=lambda key: (running[self[key].user], order(key.ts))))

    def take_anew(self) -> list[Heard]:
        """Take all that people approved, or wanted anew."""
        return [self.pop(heard.key) for heard in self.oldest_first() if heard.is_anew]

    def oldest_first(self) -> list[Heard]:
        """Return all that lies here."""
        return sorted(self.values(), key=lambda heard: order(heard.key.ts))
