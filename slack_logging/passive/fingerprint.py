"""What makes two errors the same. Pure.

A fingerprint is made of the logger, the level, the message's template, the exception's type and text, and the innermost
application functions. Numbers, ids and quoted parts are left out of texts, because they differ from case to case; line
numbers are too, because they move with every release. Two errors raised through one helper differ in who called it.
"""

from __future__ import annotations

import hashlib
import re
import types
from pathlib import PurePath

#: Characters of a text that count: what makes errors differ stands at their beginning.
_MOST_CHARS = 400

#: Innermost application functions that count: the one that raised, and who called it.
_FUNCTIONS = 2

#: Longest first: an id holds numbers, and a quoted part may hold both.
_VARYING = re.compile(
    r"'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|`[^`\n]{0,200}`"
    r"|\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
    r"|\b0[xX][0-9a-fA-F]+\b"
    r"|\b(?=[a-fA-F]*\d)[0-9a-fA-F]{8,}\b"
    r"|[-+]?\d[\d.,:_/-]*"
)

#: Parts of a path that tell a library's file from the application's.
_LIBRARIES = frozenset({"site-packages", "dist-packages"})
_STDLIB = str(PurePath(re.__file__).parent.parent)


def fingerprint(logger: str, levelno: int, template: str, fault: str) -> str:
    """Return twelve hexadecimal digits that are the same for what is the same error.

    Args:
        logger: its name.
        levelno: the level's number.
        template: the message before its arguments are put in.
        fault: what `fault_of` says of the exception; empty without one.
    """
    parts = (logger, str(levelno), normalised(template), fault)
    return hashlib.blake2s("\0".join(parts).encode("utf-8", "replace"), digest_size=6).hexdigest()


def normalised(text: str) -> str:
    """Return a text without what differs from case to case: numbers, ids and quoted parts."""
    return _VARYING.sub("#", text[:_MOST_CHARS])


def fault_of(error: BaseException) -> str:
    """Return what tells an exception from others: its type, its text and where in the application it came from."""
    try:
        text = normalised(str(error).partition("\n")[0])
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise anything
        text = ""
    kind = type(error)
    return "\0".join((f"{kind.__module__}.{kind.__qualname__}", text, *_functions(error.__traceback__)))


def is_library(filename: str) -> bool:
    """Tell the standard library's and installed packages' files, and what is no file, from the application's."""
    if filename.startswith("<"):
        return True
    return not _LIBRARIES.isdisjoint(PurePath(filename).parts) or filename.startswith(_STDLIB)


def _functions(trace: types.TracebackType | None) -> list[str]:
    """Return the innermost application functions, the one that raised last; a library's where there is none else."""
    everywhere: list[str] = []
    ours: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        name = f"{PurePath(code.co_filename).name}:{code.co_name}"
        (everywhere if is_library(code.co_filename) else ours).append(name)
        trace = trace.tb_next
    return (ours or everywhere)[-_FUNCTIONS:]
