"""Arguments that are more than text: whom and where Slack's own mentions mean, and what must not show. Pure."""

from __future__ import annotations

from typing import final


class User(str):
    """A person: the id of a mention or an id typed bare, ``U024BE7LH``. A string like any other.

    Only the form of the id is checked: whether there is such a person, and who they are, Slack knows.
    """

    __slots__ = ()


class Channel(str):
    """A channel: the id of a mention or an id typed bare, ``C024BE7LR``. A string like any other.

    Only the form of the id is checked: whether there is such a channel, and whether the bot is in it, Slack knows.
    """

    __slots__ = ()


@final
class Secret:
    """Text that shows as three dots wherever it is printed, formatted or logged; `reveal` returns it.

    No string on purpose: what joins, cuts or encodes strings would show it. The arguments of a command that takes one
    are left out of the audit, of errors and of ``status``, and the value is taken out of replies; the message it was
    typed in stays in Slack until somebody deletes it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __str__(self) -> str:
        return "..."

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return "Secret('...')"
