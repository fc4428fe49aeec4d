"""A record's text of its message and arguments, however they fail to be shown. It runs other people's `__str__`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

#: A conversion that takes numbers alone.
_AS_NUMBER = re.compile(r"(?<!%)((?:%%)*)%(\([^)]{0,64}\))?[-#0 +.\d]{0,16}[hlL]?[diouxXeEfFgGc]")


def message_of(msg: object, args: Any) -> str:
    """Return `msg % args` as `LogRecord.getMessage` does; where that fails, what can be shown of both."""
    template = plain_text(msg) if type(msg) is not str else msg
    if not args:
        return template
    try:
        return str(template % args)
    except Exception:  # noqa: BLE001 - any argument's own __str__ may raise anything
        return _message_in_part(template, args)


def _message_in_part(template: str, args: Any) -> str:
    """Return `template % args`, what raises being told by its kind; where they do not fit, say so and lose none."""
    if isinstance(args, dict):
        shown: Any = {name: _guarded(value) for name, value in args.items()}
        values: Iterable[object] = shown.values()
    else:
        shown = values = tuple(map(_guarded, args if isinstance(args, tuple) else (args,)))
    templates = [template]
    if any(type(value) is _Guarded for value in values):
        templates.append(_AS_NUMBER.sub(r"\1%\2s", template))
    failed = ""
    for each in templates:
        try:
            return str(each % shown)
        except Exception as error:  # noqa: BLE001, PERF203 - a number's own __int__ may raise anything
            failed = failed or type(error).__name__
    return f"{template} [its arguments do not fit: {plain_text(shown)}: {failed}]"


class _Guarded:
    """Shows an object as far as it can be shown."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __str__(self) -> str:
        return _tried(str, self._value)

    def __repr__(self) -> str:
        return _tried(repr, self._value)


def _guarded(value: object) -> object:
    try:
        str(value), repr(value)
    except Exception:  # noqa: BLE001 - an object's own __str__ may raise anything
        return _Guarded(value)
    return value


def plain_text(value: object) -> str:
    """Return `str(value)`, or what the value is where that raises."""
    return _tried(str, value)


def _tried(show: Callable[[object], str], value: object) -> str:
    try:
        return show(value)
    except Exception as error:  # noqa: BLE001 - an object's own __str__ may raise anything
        return f"<{type(value).__name__} whose {show.__name__}() raises {type(error).__name__}>"
