"""What makes two errors the same. Pure.

A fingerprint is made of the logger, the level, the message's template, the exception's type and text, and the innermost
application functions. Numbers, ids and quoted parts are left out of texts, because they differ from case to case; line
numbers are too, because they move with every release. Two errors raised through one helper differ in who called it.
"""

from __future__ import annotations

import os
import re
import types
from collections.abc import Callable, Iterable

#: Characters of a text that count: what makes errors differ stands at their beginning.
_MOST_CHARS = 400

#: Innermost application functions that count: the one that raised, and who called it.
_FUNCTIONS = 2

#: Longest first: an id holds numbers, and a quoted part may hold both.
_VARYING = re.compile(
    r"'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|`[^`\n]{0,200}`"
    r"|\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
    r"|\b0[xX][0-9a-fA-F]+\b"
    r"|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}"
    r"|(?<![\w:])(?:(?:[0-9a-fA-F]{1,4}:){3,7}|[0-9a-fA-F]{1,4}::)[0-9a-fA-F:]{0,32}(?![\w:])"
    r"|\b(?=[a-fA-F]*\d)[0-9a-fA-F]{7,}\b"
    r"|\b(?=[A-Za-z_-]*\d[A-Za-z_-]*\d)[A-Za-z0-9_-]{9,}\b"
    r"|[-+]?\d(?:[\d.,:_/-]*\d)?"
)

#: What a template says of its own: a word that is no placeholder. Else the text is what tells errors apart.
_WORD = re.compile(r"[^\W\d_]{2}")
_PLACEHOLDER = re.compile(r"%(?:\(\w{1,64}\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?[a-zA-Z]")
_NUMBER = re.compile(r"\d+")

#: Parts of a path that tell a library's file from the application's.
_LIBRARIES = frozenset({"site-packages", "dist-packages"})
_STDLIB = os.path.dirname(os.__file__)

#: The folder of an installed package, or its only file.
_PACKAGE = re.compile(rf".*[/\\](?:{'|'.join(sorted(_LIBRARIES))})[/\\][^/\\]+")


def fingerprint(logger: str, levelno: int, template: str, fault: str, text: str = "") -> str:
    """Return twelve hexadecimal digits that are the same for what is the same error.

    Args:
        logger: its name.
        levelno: the level's number.
        template: the message before its arguments are put in.
        fault: what `fault_of` says of the exception; empty without one.
        text: the message, for where the template says nothing, such as ``"%s"`` or a line of JSON.
    """
    import hashlib  # here: it takes long to load, and most processes never log an error

    kind = normalised(template)
    if not _WORD.search(_PLACEHOLDER.sub("", kind)):
        kind = _NUMBER.sub("#", text[:_MOST_CHARS])
    parts = (logger, str(levelno), kind, fault)
    return hashlib.blake2s("\0".join(parts).encode("utf-8", "replace"), digest_size=6).hexdigest()


def normalised(text: str) -> str:
    """Return a text without what differs from case to case: numbers, ids and quoted parts."""
    return _VARYING.sub("#", text[:_MOST_CHARS])


def fault_of(error: BaseException, logged_in: str = "") -> str:
    """Return what tells an exception from others: its type, its text and where in the application it came from.

    Args:
        error: the exception.
        logged_in: the file that logged it; see `library_judge`.
    """
    try:
        text = normalised(str(error).partition("\n")[0])
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise anything
        text = ""
    kind = type(error)
    return "\0".join((f"{kind.__module__}.{kind.__qualname__}", text, *_functions(error.__traceback__, logged_in)))


def is_library(filename: str) -> bool:
    """Tell the standard library's and installed packages' files, and what is no file, from the application's."""
    if filename.startswith("<"):
        return True
    return not _LIBRARIES.isdisjoint(re.split(r"[/\\]", filename)) or filename.startswith(_STDLIB)


def library_judge(paths: Iterable[str], logged_in: str) -> Callable[[str], bool]:
    """Return what tells a library's file from the application's, among the files of one traceback.

    An application that was installed like a library is the package that logged; where neither is to be seen, nothing
    is a library.

    Args:
        paths: the traceback's files.
        logged_in: the file that logged it.
    """
    files = list(paths)
    if not all(map(is_library, files)):
        return is_library
    home = _package_of(logged_in)
    if home and any(map(home.match, files)):
        return lambda file: not home.match(file)
    return lambda file: False  # noqa: ARG005 - as the others


def _package_of(file: str) -> re.Pattern[str] | None:
    """Return what matches the files of the installed package that a file belongs to; None if it is in none."""
    found = _PACKAGE.match(file)
    return re.compile(rf"{re.escape(found[0])}(?:[/\\]|$)") if found else None


def _functions(trace: types.TracebackType | None, logged_in: str) -> list[str]:
    """Return the innermost application functions, the one that raised last."""
    codes: list[types.CodeType] = []
    while trace is not None:
        codes.append(trace.tb_frame.f_code)
        trace = trace.tb_next
    is_foreign = library_judge((code.co_filename for code in codes), logged_in)
    ours = [code for code in codes if not is_foreign(code.co_filename)]
    return [f"{os.path.basename(code.co_filename)}:{code.co_name}" for code in ours[-_FUNCTIONS:]]
