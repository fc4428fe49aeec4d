"""From a word to the value that an annotation asks for, and back. Pure."""

from __future__ import annotations

import enum
import math
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from slack_logging.active.language.values import Channel, Secret, User
from slack_logging.options import format_duration, nearest, parse_duration

SUPPORTED = (
    "str, int, float, bool, Enum, Literal, timedelta, User, Channel, Secret, list of one of these, T | None, Command"
)

#: A mention as `slack_logging.slack.text.typed` leaves it, or with the label that only old messages carry; or an id,
#: which holds a digit: USERNAME is none. Source: Formatting message text, "Retrieving messages".
_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>|([UW](?=[A-Z]*[0-9])[A-Z0-9]{5,})")
_PLACE = re.compile(r"<#([CGD][A-Z0-9]+)(?:\|[^<>]*)?>|([CGD](?=[A-Z]*[0-9])[A-Z0-9]{5,})")

_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")

#: Choices that an error lists.
_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """How one word becomes a value.

    Attributes:
        convert: returns the value; raises ValueError.
        expected: what a word must be, for errors and help.
        metavar: stands for an option's value in usage; its name does by default.
        word: returns the word for a value.
        choices: the words there are, where they are few.
    """

    convert: Callable[[str], object]
    expected: str
    metavar: str = ""
    word: Callable[[Any], str] = str
    choices: tuple[str, ...] = ()

    def takes(self, word: str) -> bool:
        """Tell whether a word is one of this kind."""
        try:
            self.convert(word)
        except ValueError:
            return False
        return True

    def nearest(self, word: str) -> str | None:
        """Return the choice that somebody may have meant."""
        loose = {choice.casefold(): choice for choice in self.choices}
        near = nearest(word.casefold(), loose)
        return loose[near] if near else None


def kind_of(annotation: object) -> Kind | None:
    """Return how words become what `annotation` asks for, None if they cannot. It is no list and no ``T | None``."""
    if isinstance(annotation, type) and annotation in _KINDS:
        return _KINDS[annotation]
    if typing.get_origin(annotation) is Literal:
        values = [value for value in typing.get_args(annotation) if value is not None]
        words = {str(value): value for value in values}
        return _choice(words) if words and len(words) == len(values) else None
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum) and annotation.__members__:
        by_value = {str(each.value): each for each in annotation}
        return _choice(annotation.__members__, also=by_value, word=lambda value: str(value.name))
    return None


def without_none(annotation: object) -> object:
    """Return T for ``T | None``: what is not typed is what the default says."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        rest = [each for each in typing.get_args(annotation) if each is not type(None)]
        if len(rest) == 1:
            return rest[0]
    return annotation


def _choice(
    values: Mapping[str, object],
    also: Mapping[str, object] = types.MappingProxyType({}),
    word: Callable[[Any], str] = str,
) -> Kind:
    """One of a few words, in any case unless case tells them apart; those in `also` count but are not advertised."""
    exact = {**also, **values}
    loose = _unambiguous(also) | _unambiguous(values)

    def convert(word: str) -> object:
        if word in exact:
            return exact[word]
        if word.casefold() not in loose:
            raise ValueError(word)
        return loose[word.casefold()]

    listed = ", ".join(list(values)[:_MOST_LISTED])
    more = f" and {len(values) - _MOST_LISTED} more" if len(values) > _MOST_LISTED else ""
    return Kind(convert, f"one of {listed}{more}", word=word, choices=tuple(values))


def _unambiguous(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values by their words in lower case, without those that only case tells apart."""
    folded = [word.casefold() for word in values]
    return {word.casefold(): value for word, value in values.items() if folded.count(word.casefold()) == 1}


def _to_int(word: str) -> int:
    if "_" in word:  # Python's separator of digits: whoever types 1_0 in a chat hardly means ten
        raise ValueError(word)
    return int(word)


def _to_float(word: str) -> float:
    if "_" in word:
        raise ValueError(word)
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(word)
    return number


def _to_bool(word: str) -> bool:
    if word.lower() not in _YES + _NO:
        raise ValueError(word)
    return word.lower() in _YES


def _to_timedelta(word: str) -> timedelta:
    try:
        return timedelta(seconds=parse_duration(word))
    except OverflowError:
        raise ValueError(word) from None


def _duration_word(value: timedelta) -> str:
    """Return such as ``1h30m``, or plain seconds where that would round."""
    word = format_duration(value.total_seconds())
    return word if _to_timedelta(word) == value else f"{value.total_seconds():.6f}"


def _id(pattern: re.Pattern[str], word: str) -> str:
    found = pattern.fullmatch(word)
    if not found:
        raise ValueError(word)
    return str(found[1] or found[2])


TEXT = Kind(str, "text")
BOOL = Kind(_to_bool, "yes or no", word=lambda value: "yes" if value else "no")
SECRET = Kind(Secret, "text")
_KINDS: dict[type, Kind] = {
    str: TEXT,
    int: Kind(_to_int, "a whole number"),
    float: Kind(_to_float, "a number", word=repr),
    bool: BOOL,
    timedelta: Kind(_to_timedelta, "a duration such as 90s, 10m or 1h30m", "TIME", word=_duration_word),
    User: Kind(
        lambda word: User(_id(_PERSON, word)),
        "a person, picked from the list that Slack shows after @, or an id such as U024BE7LH",
    ),
    Channel: Kind(
        lambda word: Channel(_id(_PLACE, word)),
        "a channel, picked from the list that Slack shows after #, or an id such as C024BE7LR",
    ),
    Secret: SECRET,
}


def secrets_in(values: Iterable[object]) -> list[str]:
    """Return the texts of all secrets among values and lists of values."""
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return [each.reveal() for each in flat if isinstance(each, Secret)]
