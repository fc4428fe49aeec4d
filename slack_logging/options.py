"""Configuration values as people write them: strings from INI, JSON and YAML are as good as Python's own.

Every function takes the option's name first and raises `ConfigurationError` that says what was got, what is
expected and, where it can, what to do.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

from slack_logging.errors import ConfigurationError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SIZES = {"kib": 2**10, "mib": 2**20, "gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
#: A number and a unit, as `format_duration` writes them, or spelt and spaced as people do. But for ms, the first letter
#: tells which.
_DURATION_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(ms|s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:rs?|ours?)?|d(?:ays?)?)\s*"
)
_DURATION = re.compile(f"(?:{_DURATION_PART.pattern})+")
#: A channel's address, as *Copy link* gives it and as a browser shows it; its id is the last part.
CHANNEL_LINK = re.compile(r"://\S+/(?:archives|client/\w+)/([CDG][A-Z0-9]+)")
#: What no error message may hold: tokens, and what stands before the @ of an address.
_SECRET = re.compile(r"xox[a-z]-[^\s'\"]+|xapp-[^\s'\"]+|(?<=//)[^/@\s'\"]+(?=@)|(?<=services/)[^\s'\"]+")

#: What begins a token, where a channel belongs; channels may be called xoxo-fans and xapp-dev.
_TOKEN = re.compile(r"\W*(?:xox[a-np-z][-.]|xapp-\d)")

#: Characters of a wrong value that an error shows.
_MOST_SHOWN = 200

#: Characters of a service's name; ours: 200 are shown below a message, and host and process come behind it.
_MAX_SERVICE = 100

#: Seconds in a hundred years: a longer duration is a slip, and more than clocks and timers can take.
_CENTURY = 3_155_760_000.0

_LAST_PORT = 65_535

#: How many of anything there may be, but for bytes; ours: more is a slip, and for threads the end of the program.
_MANY = 1_000

#: How alike two names must be for one to be a slip of the other, of 1: one letter in three may be another. Half of them
#: is a name of its own, such as drain and paint.
_ALIKE = 0.65

#: What to add where nothing was got that often begins with a #.
IN_YAML = " (in YAML, write it in quotes: # begins a comment)"


class Hidden(str):
    """A secret that looks like three dots wherever objects are shown: `repr`, `vars`, the locals of a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'...'"


def parse_duration(text: str) -> float:
    """Return the seconds that ``"90"``, ``"1.5"``, ``"10m"``, ``"10 min"`` or ``"1h30m"`` mean.

    Raises:
        ValueError: it means none.
    """
    text = text.strip().lower()
    result = -1.0
    if _DURATION.fullmatch(text):
        parts = _DURATION_PART.findall(text)
        result = sum(float(number) * _UNITS[unit if unit == "ms" else unit[0]] for number, unit in parts)
    elif re.fullmatch(r"\d+(\.\d+)?", text):
        result = float(text)
    if not 0 <= result <= _CENTURY:
        raise ValueError(f"{text[:40]!r} is no duration: write seconds, or such as 90s, 10m, 1h30m")
    return result


def format_duration(seconds: float) -> str:
    """Return a duration as `parse_duration` reads it, such as ``"1h30m"``; what is below a millisecond is rounded."""
    left = round(seconds * 1000)
    parts = []
    for unit, size in reversed(_UNITS.items()):
        number, left = divmod(left, round(size * 1000))
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def shown(value: object) -> str:
    """Return how a wrong value is shown: as Python writes it, but for what looks like a token or a password."""
    text = _SECRET.sub("...", repr(value))
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def seconds(name: str, value: object, *, least: float = 0.0) -> float:
    """Return a duration of at least `least` in seconds from a number, a `timedelta` or a string."""
    result = -1.0
    if isinstance(value, timedelta):
        result = value.total_seconds()
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        result = value  # an int may be too large for a float
    elif isinstance(value, str):
        try:
            result = parse_duration(value)
        except ValueError:
            result = -1.0
    if not least <= result <= _CENTURY:
        raise ConfigurationError(
            f"{name}={shown(value)}: expected seconds ({least:g} or more), a timedelta, "
            "or a string such as '10s' or '5m'"
        )
    return float(result)


def time_limit(name: str, value: object) -> float | None:
    """Return the seconds that something may take, at least a millisecond; None is for as long as it takes."""
    if value is None:
        return None
    try:
        return seconds(name, value, least=_UNITS["ms"])
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}; leave it out for no limit") from None


def whole_number(name: str, value: object, *, least: int, most: float = _MANY) -> int:
    """Return an integer from `least` to `most` from a number or a string."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,30}", value.strip()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigurationError(f"{name}={shown(value)}: expected a whole number, {least:,} to {most:,}")
    return value


def size(name: str, value: object, *, least: int) -> int:
    """Return bytes from a number, or from a string such as ``"32 MiB"``; ``"32 MB"`` are 32 million."""
    given = re.fullmatch(r"(\d{1,30})\s*([kmg]i?b)", value.strip().lower()) if isinstance(value, str) else None
    number = int(given[1]) * _SIZES[given[2]] if given else value
    try:
        return whole_number(name, number, least=least, most=math.inf)
    except ConfigurationError:
        raise ConfigurationError(
            f"{name}={shown(value)}: expected {least:,} bytes or more, as a number or a string such as '32 MiB'"
        ) from None


def kind(value: object) -> str:
    """Return what a wrong value is that must not be shown; dictConfig's own lists and mappings are those."""
    kinds: dict[str, tuple[type, ...]] = {"a text": (str,), "a list": (list, tuple), "a mapping": (Mapping,)}
    found = (name for name, types in kinds.items() if isinstance(value, types))
    return next(found, type(value).__name__)


def secret(name: str, value: object) -> Hidden:
    """Return a string that is not blank and does not show; a wrong one is not shown either."""
    if not isinstance(value, str) or not value.strip():
        got = repr(value) if isinstance(value, str) or not value else kind(value)  # a blank text hides nothing
        raise ConfigurationError(f"{name}: expected text, got {got}")
    return Hidden(value.strip())


def flag(name: str, value: object) -> bool:
    """Return a truth value, also from its name."""
    named = {"true": True, "false": False}
    found = named.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise ConfigurationError(f"{name}={shown(value)}: expected True or False")
    return found


def switch(name: str, environ: Mapping[str, str]) -> bool:
    """Return False where a variable says ``off``; True where it says ``on``, or nothing."""
    word = environ.get(name, "").strip().lower()
    if word not in ("", "on", "off"):
        raise ConfigurationError(f"{name}={shown(environ[name])}: expected off, or on")
    return word != "off"


def text(name: str, value: object) -> str:
    """Return a string that is not blank, without the space around it."""
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{name}={shown(value)}: expected text")
    return value.strip()


def service(name: str, value: object) -> str:
    """Return a program's name, short enough to stand below a message."""
    found = text(name, value)
    if len(found) > _MAX_SERVICE:
        raise ConfigurationError(
            f"{name}={shown(value)}: got {len(found):,} characters, expected at most {_MAX_SERVICE}: give a shorter one"
        )
    return found


def url(name: str, value: object) -> str:
    """Return a Web API's address: it begins with http:// or https://, and ends in /api/."""
    found = re.fullmatch(r"https?://(?:\[[\da-fA-F:.]+\]|[^\s/:]+)(?::(\d{1,5}))?(?:/\S*)?", str(value).strip())
    if not isinstance(value, str) or not found or int(found[1] or 0) > _LAST_PORT:
        raise ConfigurationError(f"{name}={shown(value)}: expected an address such as 'https://slack.com/api/'")
    if not value.strip().endswith(("/api/", "/api")):
        raise ConfigurationError(
            f"{name}={shown(value)}: expected an address that ends in /api/, such as 'https://slack.com/api/'"
        )
    return value.strip()


def level(name: str, value: object) -> int:
    """Return a level's number, also from its name."""
    number = value
    if isinstance(value, str):
        word = value.strip().upper()
        number = int(word) if word.isdecimal() else logging.getLevelName(word)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ConfigurationError(f"{name}={value!r}: expected a level's name, such as WARNING, or its number")
    return number


def channel(name: str, value: object) -> str:
    """Return a channel's name or id. Source: conversations.create, "Naming"."""
    if isinstance(value, str) and (link := CHANNEL_LINK.search(value)):
        raise ConfigurationError(f"{name}: got the link to a channel: give the id that is in it, {link[1]!r}")
    if isinstance(value, str) and _TOKEN.match(value):
        raise ConfigurationError(
            f"{name}: got a token: it belongs into token=, here expected a name such as '#ops-log'"
        )
    if not isinstance(value, str) or not re.fullmatch(r"#?[^\s#@&<>,.:;/\\|]{1,80}", value.strip()):
        hint = IN_YAML if value is None else ""
        raise ConfigurationError(
            f"{name}={shown(value)}: expected a channel's name such as '#ops-log', or its id{hint}"
        )
    return value.strip()


def texts(name: str, value: object) -> tuple[str, ...]:
    """Return strings from a list, a tuple, a set, or one string split at commas; only there may be nothing between."""
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise ConfigurationError(f"{name}={shown(value)}: expected a list of strings")
    if any(isinstance(item, str) and not item.strip() for item in value):
        raise ConfigurationError(f"{name}={shown(value)}: expected a list of strings, none of them blank: leave it out")
    return tuple(text(name, item) for item in value)


def mapping(name: str, value: object, *, example: str) -> Mapping[str, object]:
    """Return a mapping with string keys. `example` is one, for the error."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ConfigurationError(f"{name}={shown(value)}: expected a mapping with names as keys, such as {example}")
    return value


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the name that somebody may have meant by `word`, if one is near."""
    import difflib  # here: most processes make no mistake

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=_ALIKE)), None)


def reject_unknown(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise for the first option that is not known, and name the nearest that is."""
    known = sorted(known)
    for name in [name for name in given if name not in known]:
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
        raise ConfigurationError(f"{what} has no option {name!r}: {hint}")
