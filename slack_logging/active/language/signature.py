"""A function's signature as a command line: what to type, and what becomes of it. Pure."""

from __future__ import annotations

import enum
import inspect
import re
import textwrap
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from slack_logging.active.language.arguments import Parameter, Piece, asks_for_help, looks_like_option, take_apart
from slack_logging.active.language.kinds import SECRET, SUPPORTED, TEXT, kind_of, without_none
from slack_logging.active.language.parsing import Misfit, as_typed
from slack_logging.active.language.values import Channel, Secret, User
from slack_logging.errors import CommandError, ConfigurationError
from slack_logging.slack.literal import shorten

#: Characters of a word that does not fit, in the message about it.
_MOST_SHOWN = 60


class HelpWanted(CommandError):
    """Somebody typed ``--help`` or ``-h`` where an option may stand."""


class Signature:
    """What a command's function takes.

    Args:
        function: parameters are arguments in their order, keyword-only ones options; a default makes either
            optional. ``Args:`` in a docstring of Google's style describes them.
        given: types whose parameters are filled in instead of typed, such as `Command`.

    Raises:
        ConfigurationError: a parameter that cannot be typed; it names the function and the parameter.
    """

    def __init__(self, function: Callable[..., object], given: Collection[type]) -> None:
        self.summary, helps = _described(function)
        self._given: dict[str, type] = {}
        self._parameters: list[Parameter] = []
        parameters, hints = _read(function, [*given, User, Channel, Secret])
        for parameter in parameters:
            annotation = without_none(hints.get(parameter.name, str))
            where = f"command function {_name(function)}(), parameter {parameter.name!r}"
            if isinstance(annotation, type) and annotation in given:
                self._given[parameter.name] = annotation
            else:
                self._parameters.append(_parameter(parameter, annotation, where, helps.get(parameter.name, "")))
        _check_together(self._parameters, f"command function {_name(function)}()")

    @property
    def is_secret(self) -> bool:
        """Whether what is typed after the command's name is not to be shown to anybody."""
        return any(parameter.kind is SECRET for parameter in self._parameters)

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
            BadArguments: the words do not fit; the message says what, `Misfit.at` where.
            HelpWanted: they ask what to type.
        """
        if asks_for_help(words):
            raise HelpWanted
        found = take_apart(self._parameters, words)
        bound: dict[str, Any] = {name: given[kind] for name, kind in self._given.items()}
        for parameter in self._parameters:
            values = [_converted(parameter, piece) for piece in found.get(parameter.name, ())]
            if values:
                bound[parameter.name] = values if parameter.is_list else values[0]
        return bound

    def render(self, values: Mapping[str, object]) -> str:
        """Return what to type in Slack for `bind` to return `values`: the canonical form of a command's arguments.

        Secrets are dots. A value that is None, and a flag's that is the default's, needs nothing typed.

        Args:
            values: as `bind` returns them, by parameter; others than the typed ones are left out.
        """
        plain: list[str] = []
        options: list[str] = []
        for parameter in self._parameters:
            value = values.get(parameter.name)
            if value is None:
                continue
            words = [parameter.kind.word(each) for each in (value if isinstance(value, list) else [value])]
            if parameter.is_flag:
                flag = f"--{parameter.word}" if value else f"--no-{parameter.word}"
                options += [flag] if flag in parameter.flags else []
            elif parameter.is_option:
                between = "=" if any(map(looks_like_option, words)) else " "
                options += [f"--{parameter.word}{between}{as_typed(word)}" for word in words]
            else:
                plain += words
        if any(map(looks_like_option, plain)):
            return " ".join([*options, "--", *map(as_typed, plain)])
        return " ".join([*map(as_typed, plain), *options])


def _read(
    function: Callable[..., object], known: Iterable[type]
) -> tuple[Iterable[inspect.Parameter], Mapping[str, Any]]:
    """Return a function's parameters and their annotations; `known` may be imported for the type checker alone."""
    if not callable(function):
        raise ConfigurationError(f"a command is a function, got {function!r}")
    own = getattr(inspect.unwrap(function), "__globals__", {})
    try:
        parameters = inspect.signature(function).parameters.values()
        hints = typing.get_type_hints(
            function, localns={each.__name__: each for each in known if each.__name__ not in own}
        )
    except Exception as error:
        raise ConfigurationError(
            f"command function {_name(function)}(): its annotations cannot be read ({type(error).__name__}: {error}); "
            "the names in them must be importable from its module"
        ) from error
    return parameters, hints


def _parameter(parameter: inspect.Parameter, annotation: object, where: str, help_text: str) -> Parameter:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise ConfigurationError(f"{where}: *args, **kwargs and positional-only parameters cannot be typed; name each")
    is_list = typing.get_origin(annotation) is list or annotation is list
    if is_list:
        annotation = without_none(next(iter(typing.get_args(annotation)), str))
    kind = kind_of(annotation)
    if kind is None:
        why = "; it has no members" if isinstance(annotation, enum.EnumMeta) else f"; supported: {SUPPORTED}"
        raise ConfigurationError(f"{where}: cannot be typed as {annotation!r}{why}")
    is_option = parameter.kind is parameter.KEYWORD_ONLY
    return Parameter(parameter.name, kind, is_option, is_list, parameter.default, help_text)


def _check_together(parameters: Sequence[Parameter], where: str) -> None:
    """Refuse parameters that could not be told apart, or could never be reached."""
    flags = {"--help": "help"}
    a_list = ""
    for parameter in parameters:
        for flag in parameter.flags:
            if flag in flags:
                other = "every command's own help" if flag == "--help" else f"parameter {flags[flag]!r}"
                raise ConfigurationError(
                    f"{where}, parameter {parameter.name!r}: {flag} is {other}; give it another name"
                )
            flags[flag] = parameter.name
        if parameter.is_option:
            continue
        if a_list and (parameter.is_list or not parameter.is_required):
            raise ConfigurationError(
                f"{where}, parameter {parameter.name!r}: nobody could type it, as the list {a_list!r} takes all words; "
                "make it keyword-only"
            )
        a_list = parameter.name if parameter.is_list else a_list


def _converted(parameter: Parameter, piece: Piece) -> object:
    try:
        return parameter.kind.convert(piece.word)
    except ValueError:
        plain = f"{parameter.label}: expected {parameter.kind.expected}"
        near = parameter.kind.nearest(piece.word)
        hint = f"; did you mean {near}?" if near else ""
        raise Misfit(f"{plain}, got {shorten(piece.word, _MOST_SHOWN)!r}{hint}", plain, at=piece.at) from None


def _told(parameter: Parameter) -> str:
    """Return what help says about an argument: its description, what is expected, its default."""
    parts = [parameter.help]
    if not parameter.is_flag and not (parameter.help and parameter.kind is TEXT):
        parts.append(parameter.kind.expected)
    if default := _default(parameter):
        parts.append(f"default: {default}")
    return "; ".join(part for part in parts if part)


def _default(parameter: Parameter) -> str:
    """Return the default as it is typed; nothing where there is none, or the usage shows it."""
    default = parameter.default
    if default is inspect.Parameter.empty or default is None or parameter.is_flag:
        return ""
    values = list(default) if isinstance(default, (list, tuple)) else [default]
    return ", ".join(_shown(parameter, value) for value in values)


def _shown(parameter: Parameter, value: object) -> str:
    """Return a default as it is typed, or as it prints where it is of another type than what is typed."""
    if isinstance(value, (bool, enum.Enum, timedelta)):
        return parameter.kind.word(value)
    return str(value)


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
