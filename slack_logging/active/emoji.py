"""The emoji on a command's message: our marks are its state, for everybody to see; people's may be orders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from slack_logging import options
from slack_logging.errors import ConfigurationError
from slack_logging.slack.emoji import ALIASES


class Mark(Enum):
    """What became of a command; the value is the standard emoji's name. `RUNNING` and `PENDING` are not final."""

    RUNNING = "eyes"
    PENDING = "hourglass_flowing_sand"
    DONE = "white_check_mark"
    ERRORED = "x"
    REFUSED = "no_entry"
    NOT_UNDERSTOOD = "grey_question"
    TOO_OLD = "zzz"
    INTERRUPTED = "warning"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing follows."""
        return self not in (Mark.RUNNING, Mark.PENDING)


class Order(Enum):
    """What a person wants with an emoji; the value is the standard emoji's name."""

    REPEAT = "repeat"
    CANCEL = "octagonal_sign"
    APPROVE = "+1"


class Emoji:
    """The names in use: the standard ones, but for those configured.

    Args:
        configured: from a meaning (``"done"``, ``"not_understood"``, ``"cancel"`` ...) to an emoji's name, with or
            without colons.

    Raises:
        ConfigurationError: no such meaning, two meanings with one emoji, or with another's standard one.
    """

    def __init__(self, configured: object = None) -> None:
        self._names: dict[Mark | Order, str] = {meaning: meaning.value for meaning in (*Mark, *Order)}
        given = options.mapping("emoji", {} if configured is None else configured, example="{'done': 'shipit'}")
        meanings = {meaning.name.lower(): meaning for meaning in self._names}
        options.reject_unknown("emoji", given, meanings)
        for key, value in given.items():
            self._names[meanings[key]] = _emoji_name(f"emoji[{key!r}]", value)
        if len(set(self._names.values())) < len(self._names):
            raise ConfigurationError(f"emoji={given!r}: two meanings share an emoji: give each one of its own")
        # a mark whose emoji the workspace lacks is placed as the standard one, and known by that after a restart
        standard: dict[str, Mark | Order] = {mark.value: mark for mark in Mark}
        for meaning, name in self._names.items():
            if (other := standard.get(name, meaning)) is not meaning:
                raise ConfigurationError(
                    f"emoji={given!r}: :{name}: stands for {other.name.lower()!r} where a workspace lacks "
                    f":{self._names[other]}:, so it can mean nothing else: choose another"
                )
        in_use = standard | {name: meaning for meaning, name in self._names.items()}
        self._marks = {name: meaning for name, meaning in in_use.items() if isinstance(meaning, Mark)}

    def name(self, meaning: Mark | Order) -> str:
        """Return the emoji's name, without colons."""
        return self._names[meaning]

    def configured(self) -> dict[str, Mark | Order]:
        """Return the names that are not the standard ones, and what they mean."""
        return {name: meaning for meaning, name in self._names.items() if name != meaning.value}

    def marks(self, reactions: Iterable[Mapping[str, Any]], user: str) -> set[Mark]:
        """Return the marks that `user` placed. Other people's reactions are no state.

        Args:
            reactions: a message's ``reactions``. Slack always lists the caller among a reaction's users.
            user: our bot's user id.
        """
        return {
            self._marks[reaction["name"]]
            for reaction in reactions
            if reaction.get("name") in self._marks and user in reaction.get("users", ())
        }

    def orders(self, reactions: Iterable[Mapping[str, Any]], besides: str) -> list[tuple[Order, str]]:
        """Return what people want of a command, each with the id of who does; the first to come first.

        Approvals are none of these: they count on the reply that asks for them only.

        Args:
            reactions: a message's ``reactions``. Where many have an emoji, Slack lists some of them.
            besides: our bot's user id.
        """
        users = {str(each.get("name")): [str(user) for user in each.get("users", ())] for each in reactions}
        wanted = (Order.REPEAT, Order.CANCEL)
        return [(order, user) for order in wanted for user in users.get(self._names[order], ()) if user != besides]

    def approvers(self, reactions: Iterable[Mapping[str, Any]], besides: str) -> list[str]:
        """Return the ids of those who approve, each once, whatever skin their hands have; the first to come first.

        Args:
            reactions: of the reply that asks for approval, all users listed.
            besides: our bot's user id.

        Source: reactions.add, "name": ``+1::skin-tone-3``.
        """
        name = self._names[Order.APPROVE]
        thumbs = [each for each in reactions if str(each.get("name")).partition("::")[0] == name]
        return list(dict.fromkeys(str(user) for each in thumbs for user in each.get("users", ()) if user != besides))


def _emoji_name(option: str, value: object) -> str:
    name = options.text(option, value).strip(":")
    name = ALIASES.get(name, name)  # as it will be read back
    if not re.fullmatch(r"[\w'+-]+", name):
        raise ConfigurationError(f"{option}={value!r}: expected an emoji's name, such as 'white_check_mark'")
    return name
