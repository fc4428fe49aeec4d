"""A function's signature as a command line: what to type, and what becomes of it. Pure.

argparse takes the words apart; converting them is done here, so that the person who typed gets a plain sentence.
"""

from __future__ import annotations

import argparse
import difflib
import enum
import inspect
import itertools
import math
import re
import textwrap
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, NoReturn

from slack_logging.errors import BadArguments, ConfigurationError
from slack_logging.options import format_duration, parse_duration

_SUPPORTED = "str, int, float, bool, Enum, Literal, timedelta, list[T], T | None, Command"
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class HelpWanted(Exception):
    """Somebody typed ``--help`` or ``-h`` after a command that has no such option itself."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one word becomes a value. `convert` raises ValueError; `metavar` stands for an option's value in usage."""

    convert: Callable[[str], object]
    expected: str
    metavar: str = ""


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    kind: _Kind
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
        return (self.is_option and self.kind.metavar) or self.word.upper()

    @property
    def is_required(self) -> bool:
        return self.default is inspect.Parameter.empty

    @property
    def is_flag(self) -> bool:
        return self.is_option and self.kind is _BOOL and not self.is_list

    @property
    def flags(self) -> list[str]:
        """What to type before an option's value; for a flag, to get the other value than the default."""
        yes, no = f"--{self.word}", f"--no-{self.word}"
        if not self.is_flag:
            return [yes] if self.is_option else []
        return [no if self.default else yes] if isinstance(self.default, bool) else [yes, no]

    @property
    def usage(self) -> str:
        more = " ..." if self.is_list else ""
        if self.is_flag:
            usage = " | ".join(self.flags)
        elif self.is_option:
            usage = f"--{self.word} {self.metavar}{more}"
        else:
            usage = f"{self.metavar}{more}"
        if self.is_required:
            return f"({usage})" if "|" in usage else usage
        return f"[{usage}]"


class _Help(argparse.Action):
    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise HelpWanted


class _Parser(argparse.ArgumentParser):
    """Never prints and never exits."""

    def error(self, message: str) -> NoReturn:
        raise BadArguments(message)


class Signature:
    """What a command's function takes.

    Args:
        function: parameters are arguments in their order, keyword-only ones options; a default makes either
            optional. ``Args:`` in a docstring of Google's style describes them.
        given: types whose parameters are filled in instead of typed, such as `Command`.

    Raises:
        ConfigurationError: a parameter that cannot be typed; it names the function and the parameter.
    """

    def __init__(self, function: Callable[..., object], given: Iterable[type]) -> None:
        self.summary, helps = _described(function)
        self._given: dict[str, type] = {}
        self._parameters: list[_Parameter] = []
        hints = _hints(function, {each.__name__: each for each in given})
        for parameter in inspect.signature(function).parameters.values():
            annotation = hints.get(parameter.name, str)
            where = f"command function {_name(function)}(), parameter {parameter.name!r}"
            if annotation in given:
                self._given[parameter.name] = annotation
            else:
                self._parameters.append(_parameter(parameter, annotation, where, helps.get(parameter.name, "")))
        self._parser = _parser_for(self._parameters)
        self._flags = [flag for parameter in self._parameters for flag in parameter.flags]
        if "--help" not in self._flags:
            self._parser.add_argument("-h", "--help", nargs=0, action=_Help, dest=argparse.SUPPRESS)

    @property
    def usage(self) -> str:
        """What to type after the command's name: ``SERVICE [--version VERSION]``."""
        return " ".join(parameter.usage for parameter in self._parameters)

    def describe(self) -> list[str]:
        """Return a line for each argument."""
        width = max((len(parameter.usage) for parameter in self._parameters), default=0)
        return [f"{parameter.usage:{width}}  {_told(parameter)}".rstrip() for parameter in self._parameters]

    def bind(self, words: Sequence[str], given: Mapping[type, object]) -> dict[str, Any]:
        """Return the keyword arguments to call the function with.

        Args:
            words: what was typed after the command's name.
            given: values for the types given to the constructor.

        Raises:
            BadArguments: the words do not fit; the message says where.
            HelpWanted: they ask what to type.
        """
        self._check_flags(words)
        raw = vars(self._parser.parse_args(list(words)))
        bound: dict[str, Any] = {name: given[kind] for name, kind in self._given.items()}
        for parameter in self._parameters:
            value = raw[parameter.name]
            if value is None or (value == [] and not parameter.is_required):
                continue
            bound[parameter.name] = _converted(parameter, value)
        return bound

    def _check_flags(self, words: Iterable[str]) -> None:
        """Refuse an option that there is not, before argparse misses what its value was meant for."""
        known = [*self._flags, "--help"]
        for word in itertools.takewhile("--".__ne__, words):
            flag = word.partition("=")[0]
            if flag.startswith("--") and " " not in word and flag not in known:
                near = difflib.get_close_matches(flag, known, n=1)
                raise BadArguments(f"no option {flag}" + "".join(f"; did you mean {each}?" for each in near))


def _hints(function: Callable[..., object], given: Mapping[str, type]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, localns=dict(given))
    except Exception as error:
        raise ConfigurationError(
            f"command function {_name(function)}(): its annotations cannot be read ({type(error).__name__}: {error}); "
            "the names in them must be importable from its module"
        ) from error


def _parameter(parameter: inspect.Parameter, annotation: object, where: str, help_text: str) -> _Parameter:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise ConfigurationError(f"{where}: *args, **kwargs and positional-only parameters cannot be typed; name each")
    annotation = _without_none(annotation)
    is_list = typing.get_origin(annotation) is list or annotation is list
    if is_list:
        annotation = _without_none(next(iter(typing.get_args(annotation)), str))
    kind = _kind(annotation)
    if kind is None:
        raise ConfigurationError(f"{where}: cannot be typed as {annotation!r}; supported: {_SUPPORTED}")
    is_option = parameter.kind is parameter.KEYWORD_ONLY
    return _Parameter(parameter.name, kind, is_option, is_list, parameter.default, help_text)


def _without_none(annotation: object) -> object:
    """Return T for ``T | None``: what is not typed is what the default says."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        rest = [each for each in typing.get_args(annotation) if each is not type(None)]
        if len(rest) == 1:
            return rest[0]
    return annotation


def _kind(annotation: object) -> _Kind | None:
    if annotation in _KINDS:
        return _KINDS[annotation]
    if typing.get_origin(annotation) is Literal:
        return _choice({str(value): value for value in typing.get_args(annotation)})
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        values = {str(each.value): each for each in annotation}
        return _choice(annotation.__members__, also=values)
    return None


def _choice(values: Mapping[str, object], also: Mapping[str, object] = types.MappingProxyType({})) -> _Kind:
    """One of a few words, in any case unless case tells them apart; those in `also` count but are not advertised."""
    exact = {**also, **values}
    loose = {word.casefold(): value for word, value in exact.items()}

    def convert(word: str) -> object:
        if word not in exact and word.casefold() not in loose:
            raise ValueError(word)
        return exact[word] if word in exact else loose[word.casefold()]

    return _Kind(convert, f"one of {', '.join(values)}")


def _to_float(word: str) -> float:
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


_TEXT = _Kind(str, "text")
_BOOL = _Kind(_to_bool, "yes or no")
_KINDS: dict[object, _Kind] = {
    str: _TEXT,
    int: _Kind(int, "a whole number"),
    float: _Kind(_to_float, "a number"),
    bool: _BOOL,
    timedelta: _Kind(_to_timedelta, "a duration such as 90s, 10m or 1h30m", "TIME"),
}


def _parser_for(parameters: Iterable[_Parameter]) -> _Parser:
    parser = _Parser(prog="", usage="", add_help=False, allow_abbrev=False)
    for parameter in parameters:
        required, more = parameter.is_required, parameter.is_list
        if parameter.is_flag and not isinstance(parameter.default, bool):
            action = argparse.BooleanOptionalAction
            parser.add_argument(f"--{parameter.word}", dest=parameter.name, action=action, required=required)
        elif parameter.is_flag:
            value = not parameter.default
            parser.add_argument(*parameter.flags, dest=parameter.name, action="store_const", const=value, default=None)
        elif parameter.is_option:
            parser.add_argument(
                f"--{parameter.word}", dest=parameter.name, action="append" if more else "store", required=required
            )
        else:
            arity = ("+" if required else "*") if more else (None if required else "?")
            parser.add_argument(parameter.name, metavar=parameter.metavar, nargs=arity)
    return parser


def _converted(parameter: _Parameter, value: str | bool | list[str]) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [_converted(parameter, word) for word in value]
    try:
        return parameter.kind.convert(value)
    except ValueError:
        name = f"--{parameter.word}" if parameter.is_option else parameter.metavar
        raise BadArguments(f"{name}: expected {parameter.kind.expected}, got {value!r}") from None


def _told(parameter: _Parameter) -> str:
    """Return what help says about an argument: its description, what is expected, its default."""
    parts = [parameter.help]
    if not parameter.is_flag and not (parameter.help and parameter.kind is _TEXT):
        parts.append(parameter.kind.expected)
    default = parameter.default
    if isinstance(default, enum.Enum):
        default = default.name
    elif isinstance(default, timedelta):
        default = format_duration(default.total_seconds())
    if default not in (inspect.Parameter.empty, None, "", True, False) and default != []:
        parts.append(f"default: {default}")
    return "; ".join(part for part in parts if part)


def _described(function: Callable[..., object]) -> tuple[str, dict[str, str]]:
    """Return the first line of a docstring, and what its ``Args:`` say."""
    doc = inspect.getdoc(function) or ""
    section = re.search(r"^(?:Args|Arguments):\n((?:[ \t]+.*\n?|\n)*)", doc, re.MULTILINE)
    helps: dict[str, str] = {}
    if section:
        for entry in re.split(r"\n(?=\S)", textwrap.dedent(section[1])):
            name, _, text = entry.partition(":")
            helps[name.split("(")[0].strip()] = " ".join(text.split())
    return doc.strip().partition("\n")[0], helps


def _name(function: object) -> str:
    return getattr(function, "__qualname__", repr(function))
