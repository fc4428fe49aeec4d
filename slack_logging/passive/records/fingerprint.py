"""What makes two errors the same. Pure.

A fingerprint is made of the logger, the level, the message's template, the exception's type and text, the innermost
application functions, and the same of its causes and sub-exceptions. Numbers, ids and quoted parts are left out of
texts, because they differ from case to case; line numbers are too, because they move with every release. Two errors
raised through one helper differ in who called it, or in what it wraps.
"""

from __future__ import annotations

import os
import re
import types
from collections.abc import Callable, Iterable

#: Characters of a text that count: what makes errors differ stands at their beginning.
_MOST_CHARS = 400

#: Innermost application functions that count: the one that raised, who called it, and who called that, because a
#: helper may have a helper of its own. Who called from farther above makes no other error.
_FUNCTIONS = 3

#: Causes and sub-exceptions of one exception that count, the nearest first: whoever logs waits for this.
_MOST_RELATED = 32

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
    kind = normalised(template)
    if not _WORD.search(_PLACEHOLDER.sub("", kind)):
        kind = _NUMBER.sub("#", text[:_MOST_CHARS])
    return _digest(logger, str(levelno), kind, fault)


def normalised(text: str) -> str:
    """Return a text without what differs from case to case: numbers, ids and quoted parts."""
    return _VARYING.sub("#", text[:_MOST_CHARS])


def fault_of(error: BaseException, logged_in: str = "") -> str:
    """Return what tells an exception from others: its type, its text and where in the application it came from.

    What its traceback shows besides, causes and sub-exceptions, counts as a set: in what order they came, and how often
    a retry failed before, makes no other error.

    Args:
        error: the exception.
        logged_in: the file that logged it; see `library_judge`.
    """
    own, *others = (_own_fault(each, logged_in) for each in _with_related(error))
    related = sorted(set(others) - {own})
    return f"{own}\0{_digest(*related)}" if related else own


def _with_related(error: BaseException) -> list[BaseException]:
    """Return an exception and what its traceback shows besides, the nearest first; they may lead back to each other."""
    found, known = [error], {id(error)}
    for each in found:
        for other in _shown_with(each):
            if len(found) > _MOST_RELATED:
                return found
            if id(other) not in known:
                known.add(id(other))
                found.append(other)
    return found


def _shown_with(error: BaseException) -> list[BaseException]:
    """Return an exception's cause, or what it was raised in the handling of, and the members of a group."""
    cause = error.__cause__
    if cause is None and not error.__suppress_context__:
        cause = error.__context__
    members = [each for each in _members(error)[:_MOST_RELATED] if isinstance(each, BaseException)]
    return members if cause is None else [cause, *members]


def _members(error: BaseException) -> tuple[object, ...]:
    """Return a group's exceptions; none where it is no group. Before Python 3.11 a group is a package's class."""
    try:
        members = getattr(error, "exceptions", None)
    except Exception:  # noqa: BLE001 - another library's attribute of that name may raise anything
        return ()
    return members if type(members) is tuple else ()


def _own_fault(error: BaseException, logged_in: str) -> str:
    """Return what tells an exception from others, taken alone."""
    try:
        # A group's whole text says how many members it has.
        said = str(getattr(error, "message", error) if _members(error) else error)
        text = normalised(said.partition("\n")[0])
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise anything
        text = ""
    kind = type(error)
    return "\0".join((f"{kind.__module__}.{kind.__qualname__}", text, *_functions(error.__traceback__, logged_in)))


def _digest(*parts: str) -> str:
    import hashlib  # here: it takes long to load, and most processes never log an error

    return hashlib.blake2s("\0".join(parts).encode("utf-8", "replace"), digest_size=6).hexdigest()


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
    """Return the innermost application functions, the one that raised first; each once, however deep they recurse."""
    called: list[tuple[str, str]] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        called.append((code.co_filename, code.co_name))
        trace = trace.tb_next
    functions = list(dict.fromkeys(reversed(called)))
    is_foreign = library_judge({file for file, _ in functions}, logged_in)
    ours = [(file, name) for file, name in functions if not is_foreign(file)]
    return [f"{os.path.basename(file)}:{name}" for file, name in ours[:_FUNCTIONS]]
