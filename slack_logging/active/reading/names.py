"""The emoji that commands are marked with: the configured ones, or the standard ones where a workspace lacks those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from slack_logging import notices
from slack_logging.active.emoji import Emoji, Mark, Order
from slack_logging.active.ledger import order

if TYPE_CHECKING:
    from slack_logging.active.reading.line import Line


class Question(NamedTuple):
    """The arguments of reactions.remove that ask whether there is an emoji.

    That takes nothing away: such a one of ours is not there. A list of all would need another scope, and leaves out
    the standard ones.
    """

    channel: str
    timestamp: str
    name: str


class Names:
    """What each mark is called here. For one thread.

    Args:
        emoji: the names in use.
    """

    def __init__(self, emoji: Emoji) -> None:
        self._emoji = emoji
        self._missing: set[Mark] = set()
        self._unknown = emoji.configured()
        self._places: dict[type[Mark | Order], tuple[str, str]] = {}

    def of(self, mark: Mark) -> str:
        """Return the name of the emoji to place."""
        return mark.value if mark in self._missing else self._emoji.name(mark)

    def look_at(self, line: Line, messages: Iterable[Mapping[str, Any]], *, up_to: str) -> None:
        """Take in messages on which Slack can be asked.

        Args:
            line: the connection.
            messages: of its channel.
            up_to: the `ts` up to which they are too old to be run.
        """
        for message in messages if self._unknown else ():
            place = line.channel, str(message["ts"])
            self._places[Order] = place  # no program of ours ever puts such a one anywhere
            if not message.get("reactions") and (order(place[1]) <= order(up_to) or not line.intake.is_typed(message)):
                self._places[Mark] = place  # no program marks it

    def question(self) -> Question | None:
        """Return what to ask next; None where all is known, or can only be seen when it is used."""
        for name, meaning in self._unknown.items():
            if place := self._places.get(type(meaning)):
                return Question(*place, name)
        return None

    def look_elsewhere(self) -> None:
        """Take in that the message is gone on which it was asked."""
        self._places.clear()

    def answered(self, name: str, *, exists: bool) -> None:
        """Take in whether there is an emoji, or at least that Slack does not say that there is none."""
        self._unknown.pop(name, None)
        if exists:
            return
        meaning = self._emoji.configured()[name]
        if isinstance(meaning, Mark):
            self._missing.add(meaning)
            instead = f"marking with :{meaning.value}:"
        else:
            instead = f"nobody can put it on a message ({meaning.name.lower()!r})"
        notices.say(f"emoji {name}", f"there is no emoji :{name}: here; {instead}")
