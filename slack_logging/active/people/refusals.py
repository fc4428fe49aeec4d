"""Who is told why they were refused: everybody, but nobody again and again. Pure."""

from __future__ import annotations

#: Seconds for which the same person is not told again: the mark on the message says it too.
_ONCE_IN = 600.0


class Refusals:
    """Whom was told, and when."""

    def __init__(self) -> None:
        self._told_at: dict[str, float] = {}

    def is_due(self, user: str, now: float) -> bool:
        """Tell whether somebody is to be told, and take in that they are."""
        self._told_at = {user: at for user, at in self._told_at.items() if now - at < _ONCE_IN}
        if user in self._told_at:
            return False
        self._told_at[user] = now
        return True
