"""Which of the typed words belong to which parameter. Pure.

Options may stand anywhere before a ``--`` and are never abbreviated; all else goes to the arguments in their order.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from slack_logging.active.language.kinds import BOOL, TEXT, Kind
from slack_logging.active.language.parsing import Misfit, quote
from slack_logging.options import nearest

#: What is read as an option. ``-5``, ``-`` and ``"-x y"`` are values; ``-force`` is somebody's slip.
_OPTION = re.compile(r"--[^\s=]+(?:=.*)?|-[^\W\d_]\S*", re.DOTALL)

#: Characters of what was typed that a hint repeats.
_MOST_REPEATED = 60


class Piece(NamedTuple):
    """A word for a parameter, and the index of the typed word that it was found in."""

    word: str
    at: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a command's function, as people type it."""

    name: str
    kind: Kind
    is_option: bool
    is_list: bool
    default: object
    help: str

    @property
    def word(self) -> str:
        """The name as people type it. A trailing underscore lets ``for_`` be ``--for``."""
        return (self.name.rstrip("_") or self.name).replace("_", "-")

    @property
    def metavar(self) -> str:
        """What stands for a value in usage."""
        return (self.is_option and self.kind.metavar) or self.word.upper()

    @property
    def label(self) -> str:
        """What an error calls it: ``SERVICE``, ``--version``, ``--sure/--no-sure``."""
        return "/".join(self.flags) or self.metavar

    @property
    def is_required(self) -> bool:
        """Whether the function has no default for it."""
        return self.default is inspect.Parameter.empty

    @property
    def is_flag(self) -> bool:
        """Whether it is an option that takes no value."""
        return self.is_option and self.kind is BOOL and not self.is_list

    @property
    def flags(self) -> list[str]:
        """What to type before an option's value; for a flag, to get the other value than the default."""
        yes, no = f"--{self.word}", f"--no-{self.word}"
        if not self.is_flag:
            return [yes] if self.is_option else []
        return [no if self.default else yes] if isinstance(self.default, bool) else [yes, no]

    @property
    def usage(self) -> str:
        """What to type: in brackets if it may be left out, with three dots if it may be repeated."""
        if self.is_flag:
            usage = " | ".join(self.flags)
        elif self.is_option:
            usage = f"--{self.word} {self.metavar}"
        else:
            usage = f"{self.metavar} ..." if self.is_list else self.metavar
        is_repeated = self.is_option and self.is_list
        if not self.is_required:
            usage = f"[{usage}]"
        elif "|" in usage or is_repeated:
            usage = f"({usage})"
        return f"{usage}..." if is_repeated else usage


def asks_for_help(words: Iterable[str]) -> bool:
    """Tell whether ``--help`` or ``-h`` stands where an option may."""
    return not {"--help", "-h"}.isdisjoint(itertools.takewhile("--".__ne__, words))


def looks_like_option(word: str) -> bool:
    """Tell whether a word would not be read as a value."""
    return word == "--" or _OPTION.fullmatch(word) is not None


def take_apart(parameters: Sequence[Parameter], words: Sequence[str]) -> dict[str, list[Piece]]:
    """Return the words of each parameter that has some; a flag's is ``yes`` or ``no``.

    Raises:
        BadArguments: there are too few, too many, or options that do not exist; see `Misfit`.
    """
    found: dict[str, list[Piece]] = {}
    plain: list[Piece] = []
    pieces = iter([Piece(word, at) for at, word in enumerate(words)])
    for piece in pieces:
        if piece.word == "--":
            plain += pieces
        elif _OPTION.fullmatch(piece.word):
            parameter = _option(parameters, piece)
            if parameter.name in found and not parameter.is_list:
                raise Misfit(f"{parameter.label}: given twice", at=piece.at)
            found.setdefault(parameter.name, []).append(_value(parameter, piece, pieces))
        else:
            plain.append(piece)
    surplus = _allot([parameter for parameter in parameters if not parameter.is_option], plain, found)
    if missing := [parameter for parameter in parameters if parameter.is_required and parameter.name not in found]:
        raise Misfit(_missing(missing))
    if surplus:
        raise _too_many(surplus, found, parameters)
    return found


def _option(parameters: Iterable[Parameter], piece: Piece) -> Parameter:
    """Return the parameter that an option is for."""
    known = {flag: parameter for parameter in parameters for flag in parameter.flags}
    flag = piece.word.partition("=")[0]
    if flag not in known:
        name = flag.lstrip("-")
        for parameter in parameters:
            if name == parameter.word and not parameter.is_option:
                raise Misfit(f"{parameter.label} is an argument: it stands without {flag}", at=piece.at)
        flags = {each.removeprefix("--"): each for each in [*known, "--help"]}
        near = nearest(name, flags)
        hint = f"; did you mean {flags[near]}?" if near else ""
        raise Misfit(f"no option {flag[:_MOST_REPEATED]}{hint}", "no such option", at=piece.at)
    return known[flag]


def _value(parameter: Parameter, piece: Piece, following: Iterable[Piece]) -> Piece:
    """Return an option's value: after its equals sign or, if it has none, the next word."""
    flag, equals, value = piece.word.partition("=")
    if parameter.is_flag:
        if equals:
            raise Misfit(f"{flag} takes no value", at=piece.at)
        return Piece("yes" if flag == f"--{parameter.word}" else "no", piece.at)
    if equals:
        return Piece(value, piece.at)
    found = next(iter(following), None)
    if found is None:
        raise Misfit(f"{flag}: expected a value", at=piece.at)
    if looks_like_option(found.word):
        got = found.word[:_MOST_REPEATED]
        raise Misfit(
            f"{flag}: expected a value, got the option {got}; if it is the value, write {flag}={got}",
            f"{flag}: expected a value, got an option",
            at=found.at,
        )
    return found


def _allot(parameters: Sequence[Parameter], pieces: Sequence[Piece], found: dict[str, list[Piece]]) -> Sequence[Piece]:
    """Give each argument its word, and the list among them all that the others leave; return what is too much."""
    for number, parameter in enumerate(parameters, 1):
        count = max(len(pieces) - (len(parameters) - number), 1) if parameter.is_list else 1
        if pieces:
            found[parameter.name] = list(pieces[:count])
        pieces = pieces[count:]
    return pieces


def _missing(parameters: Sequence[Parameter]) -> str:
    """Return what is said where these have no word; what one is to be says more than the usage, which follows."""
    *others, last = parameters
    if others:
        return f"{', '.join(parameter.label for parameter in others)} and {last.label} are missing"
    expected = "" if last.is_flag or last.kind.expected == TEXT.expected else f": expected {last.kind.expected}"
    return f"{last.label} is missing{expected}"


def _too_many(surplus: Sequence[Piece], found: Mapping[str, list[Piece]], parameters: Iterable[Parameter]) -> Misfit:
    """Return the error about words that nothing takes, and what was probably meant: a text before them has blanks.

    What fits where it stands between that text and them is no part of it: in ``api 3 4`` for a text and a number, the 3
    would be lost.
    """
    owners = {piece.at: (parameter, piece) for parameter in parameters for piece in found.get(parameter.name, ())}
    words = [piece.word for piece in surplus]
    rest = " ".join(words)
    hint = ""
    at = first = surplus[0].at
    while not hint and (at := at - 1) in owners:
        parameter, piece = owners[at]
        words.insert(0, piece.word)
        if parameter.is_option and parameter.is_list:
            hint = f"; each wants its own {parameter.label}"
        elif parameter.kind is TEXT:
            whole = quote(" ".join(words))
            hint = "; put a text with blanks in quotation marks" + f": {whole}" * (len(whole) <= _MOST_REPEATED)
        elif parameter.is_option or parameter.kind.takes(piece.word):
            break
    return Misfit(f"unrecognized arguments: {rest[:_MOST_REPEATED]}{hint}", "too many arguments", at=first)
