"""How far back each look at the commands' channel goes. Pure.

A start looks back to `max_age`, over the newest page at most. From then on a look begins at what was not read, or a
little before `max_age`, for edits, deletions and orders by emoji; in a lively channel at the newest page of that. What
is older and not settled is looked at singly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slack_logging.active.ledger import just_before, order

#: Messages that one call returns at most. Source: conversations.history, "limit".
PAGE = 200

#: Seconds beyond `max_age` that are looked at again, for what becomes visible late; and those of `max_age` that are
#: looked at again at least, however lively the channel is.
_LOOK_BACK = 600.0


class Window:
    """The stretch of one channel that one reader looks at.

    Args:
        max_age: seconds after which a command is too old to be run.

    Attributes:
        floor: the `ts` up to which nothing is ever looked at; None before the first look.
    """

    def __init__(self, max_age: float) -> None:
        self._max_age = max_age
        self.floor: str | None = None

    def begin(self, started: float, newest: Sequence[Mapping[str, Any]], *, has_more: bool) -> None:
        """Take in the first look.

        Args:
            started: Unix time at which it began.
            newest: the newest messages, oldest first.
            has_more: whether there are older ones.
        """
        self.floor = _ts(started - self._max_age)
        if has_more and newest:
            self.floor = max(self.floor, just_before(str(newest[0]["ts"])), key=order)

    def oldest(self, now: float, cursor: str | None) -> str:
        """Return the `ts` after which the next look begins.

        Args:
            now: Unix time.
            cursor: the `ts` up to which everything is read.
        """
        floor = self.floor or _ts(now - self._max_age)
        return max(floor, min(cursor or floor, _ts(now - self._max_age - _LOOK_BACK), key=order), key=order)

    def narrow(self, now: float, cursor: str | None, found: Sequence[Mapping[str, Any]]) -> None:
        """Take in what a look has found, oldest first: a page is enough, unless more is new or not settled."""
        if self.floor is not None and len(found) > PAGE:
            least = _ts(now - min(self._max_age, _LOOK_BACK) - _LOOK_BACK)
            page = just_before(str(found[-PAGE]["ts"]))
            self.floor = max(self.floor, min(page, least, cursor or self.floor, key=order), key=order)


def _ts(time: float) -> str:
    return f"{time:.6f}"
