"""What makes two errors the same. Pure.

A fingerprint is made of the logger, the level, the message's template, the exception's type and text, the innermost
application functions, and the same of its causes and sub-exceptions. Numbers, ids and quoted parts are left out of
texts, because they differ from case to case, unless they are what happened (``event='disk full'``). So is what is put
into the template, but for an exception's type and text. Line numbers are left out because they move with every release.
Of a line of JSON count what happened and the keys. Two errors raised through one helper differ in who called it, or in
what it wraps.
"""

from __future__ import annotations

import json
import os
import re
import types
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

#: Characters of a text that count: what makes errors differ stands at their beginning.
_MOST_CHARS = 400

#: Characters of a text in which what it says is looked for; ours: a fraction of a millisecond.
_MOST_READ = 16 * 1024

#: Characters of a line of JSON that is read; ours: about half a millisecond, and more than a traceback takes.
_MOST_JSON = 64 * 1024

#: Innermost application functions that count: the one that raised, who called it, and who called that, because a
#: helper may have a helper of its own. Who called from farther above makes no other error.
_MOST_FUNCTIONS = 3

#: Causes and sub-exceptions of one exception that count, the nearest first: whoever logs waits for this.
MOST_RELATED = 32

#: Modules whose types are told without them, as tracebacks do.
_UNNAMED = frozenset({"builtins", "__main__"})

#: A terminal's colours and other commands. Source: ECMA-48, control sequences.
_COLOURS = re.compile(r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]")

#: What a text cites.
_QUOTED = re.compile(r"'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|`[^`\n]{0,200}`")

#: What happened is called so, where a message is made of names and values: a dict, JSON, a text. Often it is the last.
EVENTS = ("event", "message", "msg")
_SAID = re.compile(rf"(?<![\w.-])(?:{'|'.join(EVENTS)})=({_QUOTED.pattern})")

#: Of an address of IPv6.
_GROUP = "[0-9a-fA-F]{1,4}"
_GROUPS = f"{_GROUP}(?::{_GROUP}){{0,6}}"

#: Ids that are known by their shape: a UUID, an address in memory, by mail and of IPv6, base64, a temporary file, a
#: number with an exponent (`7.9e-09s`), a time with days (`2 days, 0:05:12`). Names between colons (`ab::cd`) look like
#: an address of IPv6, but for the digits. To look behind a first character costs less than to look behind everywhere.
_SHAPED = re.compile(
    r"[0-9a-fA-F](?<!\w.)[0-9a-fA-F]{7}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
    r"|0(?<!\w.)[xX][0-9a-fA-F]+\b"
    r"|[\w.+-](?<![\w.+-].)[\w.+-]{0,63}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}"
    rf"|(?<![\w:])(?=[a-fA-F:]{{0,40}}\d)(?:(?:{_GROUPS})?::(?:{_GROUPS})?|(?:{_GROUP}:){{3,7}}[0-9a-fA-F:]{{0,32}})"
    r"(?:(?:\.\d{1,3}){3})?(?:%[\w.-]{1,16})?(?<![^:]:)(?!\w|:[\w:])"
    r"|(?<![\w+/.-])(?=\w*[+/])(?=[A-Za-z/]*[\d+])(?=[a-z\d+/]*[A-Z])(?=[A-Z\d+/]*[a-z])[\w+][\w+/]{15,}={0,2}(?![\w+/.-])"
    r"|t(?<=[/\\].)mp[a-z0-9_]{8}(?![\w-])"
    r"|[-+\d](?<![\w.+-].)\d*(?:(?:\.\d+)?[eE][-+]\d{1,3}(?=[a-zA-Z]{0,2}(?![\w-]))| days?, \d+:\d\d:\d\d(?:\.\d+)?)"
)

#: What may be an id: words, and what hyphens and underscores join. Its parts, and the runs of letters in a part.
_JOINED, _PART = re.compile(r"[A-Za-z0-9_-]{6,}"), re.compile(r"[A-Za-z0-9]+")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{7,}")
_ENUMERATED = re.compile(r"([A-Za-z]+)\d{1,3}([A-Z][a-z]{2}[A-Za-z]*)")

#: A number, a date, a time. What slashes divide are several: one of them may be an id of another shape.
_NUMBERS = re.compile(r"[-+]?\d(?:[\d.,:_-]*\d)?")

#: What follows the first in a list of ids: how many there are differs, too, and where the text is cut.
_OTHERS = re.compile(r",(?<=[\[({]#.)(?: #,?)*(?: ?[-+]?$)?")

#: Characters of the shortest id that has a digit, and of one that has none: shorter ones look like abbreviations.
_SHORTEST, _SHORTEST_OF_LETTERS = 6, 8

_VOWELS = frozenset("aeiouyAEIOUY")

#: What names are made of, though it looks like letters at random.
_ABBREVIATIONS = frozenset(
    (
        "cfg cmd css ctx db dns dst fs ftp grpc html http https ipv jwt mc mgr mq msg pdf pkg rpc rx smtp sql src ssh "
        "ssl str svc tcp tls tlsv tmp tx ws xml"
    ).split()
)

#: What a template says of its own: a word that is no placeholder. Else the text is what tells errors apart.
_WORD = re.compile(r"[^\W\d_]{2}")
_PLACEHOLDER = re.compile(r"%(?:\(\w{1,64}\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?[a-zA-Z]")

#: Parts of a path that tell a library's file from the application's.
_LIBRARIES = frozenset({"site-packages", "dist-packages"})
_STDLIB = os.path.dirname(os.__file__)

#: Our own, which are no application's wherever they lie: a recursion without end may end within a log call.
_OWN = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "")

#: The folder of an installed package, or its only file.
_PACKAGE = re.compile(rf".*[/\\](?:{'|'.join(sorted(_LIBRARIES))})[/\\][^/\\]+")


def fingerprint(logger: str, levelno: int, template: str, fault: str, text: str = "", put_in: str = "") -> str:
    """Return twelve hexadecimal digits that are the same for what is the same error.

    Args:
        logger: its name.
        levelno: the level's number.
        template: the message before its arguments are put in.
        fault: what `fault_of` says of the exception; empty without one.
        text: the message, for where neither the template, such as ``"%s"``, nor an exception says anything, or where it
            is a line of JSON.
        put_in: what `put_in` says of the message's arguments; empty where none is an exception.
    """
    kind = _told_in_json(text) or normalised(template)
    if not fault and not _WORD.search(_PLACEHOLDER.sub("", kind)):
        kind = _without_ids(text[:_MOST_CHARS])
    return _digest(logger, str(levelno), kind, fault, *filter(None, [put_in]))


def put_in(args: object) -> str:
    """Return what tells a message's arguments from others: of those that are exceptions their type and text.

    Args:
        args: as `logging.LogRecord.args`, one alone, or a mapping that names them; of a message without any, itself.
    """
    try:
        values = args.values() if isinstance(args, Mapping) else args if isinstance(args, tuple) else (args,)
        # Of a proxy, as Flask has, `isinstance` would ask what it stands for, which may raise.
        found = (value for value in values if issubclass(type(value), BaseException))
        errors = [fault_alone(*kind_and_text(error), [], "") for error in islice(found, MOST_RELATED)]
    except Exception:  # noqa: BLE001 - what is put in may do anything when it is asked
        return ""
    return _digest(*errors) if errors else ""


def normalised(text: str) -> str:
    """Return a text without what differs from case to case: numbers, ids and quoted parts.

    What it says happened stays, though in quotes, and comes first: ``user='ada' event='disk full'``. Of JSON there is
    that left, and the keys.
    """
    if told := _told_in_json(text):
        return told
    text = uncoloured(text[:_MOST_READ])
    said = _SAID.search(text)
    begin = f"{_QUOTED.sub('#', said[1][1:-1])} " if said else ""
    return _without_ids(begin + _QUOTED.sub("#", text[:_MOST_CHARS]))


def fields_of(text: str) -> dict[str, Any]:
    """Return what a line of JSON holds, as structlog's JSONRenderer and python-json-logger write it; else nothing."""
    if not text.startswith("{") or len(text) > _MOST_JSON:
        return {}
    try:
        fields: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return fields


def _told_in_json(text: str) -> str:
    """Return what a line of JSON says happened, and its keys; nothing where it is none."""
    fields = fields_of(text)
    record = fields.get("record")  # loguru's, with `serialize=True`
    told = record if isinstance(record, dict) and "elapsed" in record else fields
    said = next((said for name in EVENTS if isinstance(said := told.get(name), str)), "")
    keys = " ".join(sorted(fields))[:_MOST_CHARS]
    return f"{normalised(said)} {{{_without_ids(keys)}}}" if fields else ""


def _without_ids(text: str) -> str:
    shaped = _SHAPED.sub("#", uncoloured(text))
    return _OTHERS.sub("", _NUMBERS.sub("#", _JOINED.sub(_word_or_blank, shaped)))


def uncoloured(text: str) -> str:
    """Return a text without a terminal's colours, whose digits and letters would make ids of the words behind them."""
    return _COLOURS.sub("", text) if "\x1b" in text else text


def _word_or_blank(found: re.Match[str]) -> str:
    """Return words as they are, and ``#`` for what is, or holds, an id."""
    joined = found[0]
    if joined.isalpha() and joined[1:].islower() and not _VOWELS.isdisjoint(joined):
        return joined  # as most words are: this is to be cheap
    return "#" if any(map(_is_id, _PART.findall(joined))) else joined


def _is_id(part: str) -> bool:
    """Tell an id from a word; numbers are not for this to find.

    =========================  ===============================================  ==============================
    letters alone              where they are no name                           ``NffrFeUfNVHib``
    then digits                where the letters are no name, or six consonants ``aKdXqPw4``, not ``getUser2``
    digits, then letters       where there are more of them than a unit has     ``4aKdXqPw``, not ``100MB``
    digits within              unless they count a part of a name               ``7d9f8b6c5``, not ``S3Client``
    hexadecimal                where there is a digit                           ``deadbee1``
    =========================  ===============================================  ==============================
    """
    letters = part.strip("0123456789")
    if letters == part and part.isalpha():
        return len(part) >= _SHORTEST_OF_LETTERS and not _is_name(part)
    if not letters or len(part) < _SHORTEST:
        return False
    if _HEXADECIMAL.fullmatch(part):
        return True
    if part.endswith(letters) and letters.isalpha():
        return len(letters) > (2 if letters.isupper() else 4)
    if part.startswith(letters) and letters.isalpha():
        return not _is_name(letters) or (
            len(letters) >= _SHORTEST and letters.islower() and _VOWELS.isdisjoint(letters)
        )
    name = _ENUMERATED.fullmatch(part)
    return not (name and all(map(_is_name, name.groups())))


def _is_name(letters: str) -> bool:
    """Tell words, and words in camel case with their acronyms, from letters at random."""
    if len(letters) == 1 or letters.lower() in _ABBREVIATIONS:
        return True
    if letters[1:].islower() or letters.isupper():
        return len(letters) < _SHORTEST_OF_LETTERS or not _VOWELS.isdisjoint(letters)
    humps = _HUMP.findall(letters)
    short = sum(len(hump) < 3 for hump in humps)
    return short <= max(1, len(humps) // 3) and all(map(_is_hump, humps))


def _is_hump(hump: str) -> bool:
    """Tell a word or an acronym within a name; one letter may be either."""
    if hump.isupper():
        return len(hump) <= 5
    return len(hump) == 1 or not _VOWELS.isdisjoint(hump) or hump.lower() in _ABBREVIATIONS


def fault_of(error: BaseException, logged_in: str = "") -> str:
    """Return what tells an exception from others: its type, its text and where in the application it came from.

    What its traceback shows besides, causes and sub-exceptions, counts as a set: in what order they came, and how often
    a retry failed before, makes no other error.

    Args:
        error: the exception.
        logged_in: the file that logged it; see `library_judge`.
    """
    own, *others = (_own_fault(each, logged_in) for each in with_related(error))
    return fault_among(own, others)


def fault_among(own: str, others: Iterable[str]) -> str:
    """Return what tells an exception from others, of that which tells it alone, and those that its traceback shows."""
    related = sorted(set(others) - {own})
    return f"{own}\0{_digest(*related)}" if related else own


def with_related(error: BaseException) -> list[BaseException]:
    """Return an exception and what its traceback shows besides, the nearest first; they may lead back to each other."""
    found, known = [error], {id(error)}
    for each in found:
        for other in _shown_with(each):
            if len(found) > MOST_RELATED:
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
    members = [each for each in _members(error)[:MOST_RELATED] if isinstance(each, BaseException)]
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
    return fault_alone(*kind_and_text(error), _called(error.__traceback__), logged_in)


def kind_and_text(error: BaseException) -> tuple[str, str]:
    """Return an exception's type, as tracebacks name it, and the first line of what it says."""
    try:
        # A group's whole text says how many members it has.
        said = str(getattr(error, "message", error) if _members(error) else error)
        text = str.partition(said, "\n")[0]
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise anything
        text = ""
    kind = type(error)
    try:
        module = "" if kind.__module__ in _UNNAMED else f"{kind.__module__}."
        name = f"{module}{kind.__qualname__}"
    except Exception:  # noqa: BLE001 - and so may what names its class
        name = "Exception"
    return name, text


def fault_alone(kind: str, text: str, called: list[tuple[str, str]], logged_in: str) -> str:
    """Return what tells an exception from others, taken alone.

    Args:
        kind: its type, as tracebacks name it.
        text: the first line of what it says.
        called: its frames' files and functions, the one that raised last.
        logged_in: the file that logged it.
    """
    functions = list(dict.fromkeys(reversed(called)))
    is_foreign = library_judge({file for file, _ in functions}, logged_in)
    ours = [(file, name) for file, name in functions if not is_foreign(file)][:_MOST_FUNCTIONS]
    return "\0".join((kind, normalised(text), *(f"{os.path.basename(file)}:{name}" for file, name in ours)))


def _digest(*parts: str) -> str:
    import hashlib  # here: it takes long to load, and most processes never log an error

    return hashlib.blake2s("\0".join(parts).encode("utf-8", "replace"), digest_size=6).hexdigest()


def is_library(filename: str) -> bool:
    """Tell the standard library's, installed packages' and our own files, and no files, from the application's."""
    if filename.startswith("<"):
        return True
    return not _LIBRARIES.isdisjoint(re.split(r"[/\\]", filename)) or filename.startswith((_STDLIB, _OWN))


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


def _called(trace: types.TracebackType | None) -> list[tuple[str, str]]:
    """Return the files and functions of a traceback's frames."""
    called: list[tuple[str, str]] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        called.append((code.co_filename, code.co_name))
        trace = trace.tb_next
    return called
