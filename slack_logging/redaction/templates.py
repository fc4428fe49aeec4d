"""Secrets known by their place: of `password=%s` the template says what its argument is, whatever is in it.

A text alone does not tell where a password with quotes or brackets ends; a template does. Each argument is tried with
a word in its place: where that would be hidden, the argument is. What is no text, words that go on with a sentence,
and what a service answered are left to the search through the text. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from slack_logging.redaction.named import Names, tells
from slack_logging.redaction.shapes import MARKER

#: Characters of a template that is looked at; ours: nobody wrote a longer one by hand.
LONGEST = 4_096

#: Templates whose places are remembered; ours: more than most programs have.
MOST = 1_024

#: Of an argument that is a secret: its index or its key, and what stands before it.
Places: TypeAlias = tuple[tuple[Any, str], ...]

#: Characters before an argument that may say what it is; ours.
_BEFORE = 64

_CONVERSION = re.compile(r"%(?:\(([^()]{0,64})\))?([-#0 +]{0,5}\d{0,4}(?:\.\d{0,4})?)[hlL]?([a-zA-Z%])|%")

#: An answer, or a list: what is in it has names of its own.
_STRUCTURE = re.compile(r"[\[({]\s{0,9}[\"'\[({\])}]|<[a-zA-Z!?][^<>]{0,40}>|\S{1,64}\s")


def places(template: str, names: Names, redact: Callable[[str], str]) -> Places:
    """Return which arguments of a template are secrets; none where what stands for an argument is unusual.

    Args:
        template: of `%`, as logging's.
        names: which keys of a mapping are secrets'.
        redact: hides what is known by look and by name.
    """
    pieces: list[str] = []
    found: list[tuple[Any, str, str]] = []
    done = count = 0
    for conversion in _CONVERSION.finditer(template):
        key, width, kind = conversion.groups()
        if kind is None:
            return ()  # `%*d`, or none
        pieces.append(template[done : conversion.start()])
        done = conversion.end()
        if kind == "%":
            pieces.append("%")
            continue
        if kind not in "sra" or width:
            pieces.append("7")
        else:
            word = f"z9{count}probe"
            found.append((count if key is None else key, "".join(pieces)[-_BEFORE:], word))
            pieces.append(word if kind == "s" else f"'{word}'")
        count += 1
    if not found:
        return ()
    left = redact("".join((*pieces, template[done:])))
    return tuple(
        (which, before.lower())
        for which, before, word in found
        if word not in left or (isinstance(which, str) and names.secret(which))
    )


def hidden(args: Any, where: Places) -> Any:
    """Return the arguments, `MARKER` instead of those that are secrets; the same object where none is."""
    if type(args) is dict:
        secret = {which for which, before in where if which in args and _is_secret(args[which], before)}
        return {**args, **dict.fromkeys(secret, MARKER)} if secret else args
    if type(args) is not tuple:
        return args
    secret = {which for which, before in where if which in range(len(args)) and _is_secret(args[which], before)}
    return tuple(MARKER if at in secret else arg for at, arg in enumerate(args)) if secret else args


def _is_secret(value: object, before: str) -> bool:
    """Tell whether an argument in a secret's place is one: a text that is no word about it."""
    if isinstance(value, str):
        text = str.__str__(value)[:_BEFORE]
    elif type(value) is bytes:
        text = value[:_BEFORE].decode("latin-1")
    else:
        return False
    return bool(text) and not tells(before, text) and not (before.endswith(": ") and _STRUCTURE.match(text))
