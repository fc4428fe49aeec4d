"""Tracebacks as people read them: what happened and where, libraries' frames folded. Pure: works on their text."""

from __future__ import annotations

import os
import re
from itertools import takewhile

from slack_logging.passive.records.fingerprint import MOST_FUNCTIONS, fields_of, library_judge, normalised

#: A frame's first line; within an exception group it stands behind bars.
_FRAME = re.compile(r'^(?P<indent>[ |+]*)File "(?P<path>[^"\n]+)", line (?P<line>\d+), in (?P<function>.+)$')

#: What begins the last exception's part: lines between chained ones, and a traceback's first line.
_LINKS = frozenset(
    {
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
    }
)
_HEADS = frozenset({"Traceback (most recent call last):", "Exception Group Traceback (most recent call last):"})

_HEAD = re.compile(r"(?:  \+ Exception Group )?Traceback \(most recent call last\):\n")

#: How a line ends behind which the middle of the text is left out; see `slack_logging.passive.records.capture.cut`.
_CUT = re.compile(r" \.\.\. \(cut: [\d,]+ characters in all\)$")

#: What stands before a group's own lines, the line before its first member, and what stands before that member's.
_MARGINS, _MEMBER, _MEMBER_MARGIN = ("  | ", "  + "), "  +-+-", "    | "

#: Keys of an exception in a line of JSON, as structlog and python-json-logger name it.
_EXCEPTIONS = ("exception", "exc_info")

#: Libraries' frames in a row that are shown as they are.
_FEW = 1


def gist(exception: str, logged_in: str = "") -> str:
    """Return what an exception says, and on a second line where in the application it came from.

    Of a text of many lines and of notes it is the first line; of a group also its first member's, which tells more.

    Args:
        exception: a traceback's text; of chained ones the last counts.
        logged_in: the file that logged it.
    """
    lines = exception.split("\n")
    begin, end = _last_exception(lines)
    said = _said(lines, end)
    spans = [(begin, end)]
    first = next((index for index in range(end, len(lines)) if lines[index].startswith(_MEMBER)), len(lines)) + 1
    member = list(takewhile(lambda line: line.startswith(_MEMBER_MARGIN), lines[first:]))
    if member:
        begin, end = (first + index for index in _last_exception([line[len(_MEMBER_MARGIN) :] for line in member]))
        said += f", such as {_said(lines, end)}"
        spans.insert(0, (begin, end))
    where = _place(lines, [*spans, (0, len(lines))], logged_in)
    return f"{said}\n{where}" if where else said


def fault_of_text(exception: str, logged_in: str = "") -> str:
    """Return what tells an exception from others, as `fault_of`, of which only the text is left."""
    lines = exception.split("\n")
    begin, end = _last_exception(lines)
    frames = [match for line in lines[begin:end] if (match := _FRAME.match(line))]
    is_foreign = library_judge((match["path"] for match in frames), logged_in)
    places = [(match["path"], match["function"]) for match in reversed(frames) if not is_foreign(match["path"])]
    functions = [f"{os.path.basename(path)}:{function}" for path, function in dict.fromkeys(places)]
    return "\0".join((normalised(_said(lines, end) or lines[-1]), *functions[:MOST_FUNCTIONS]))


def split_off(text: str) -> tuple[str, str]:
    """Return what a text says before the traceback in it, and that, as `logging.handlers.QueueHandler` joins them.

    Where there is no traceback, that is empty.
    """
    found = _HEAD.search(text)
    return (text[: found.start()].rstrip(": \n"), text[found.start() :].rstrip()) if found else (text, "")


def fault_in_json(message: str, logged_in: str = "") -> str:
    """Return the same of an exception within a line of JSON, a traceback or structlog's dict; else nothing."""
    fields = fields_of(message)
    for told in map(fields.get, _EXCEPTIONS):
        if told and isinstance(told, str):
            return fault_of_text(told, logged_in)
        if told and isinstance(told, list) and isinstance(told[0], dict):
            return fault_of_text(f"{told[0].get('exc_type')}: {told[0].get('exc_value')}", logged_in)
    return ""


def _last_exception(lines: list[str]) -> tuple[int, int]:
    """Return where the last exception's frames begin, and the line after them, which says what it is."""
    lines = [line[4:] if line.startswith(_MARGINS) else line for line in lines]
    begin = max((index + 1 for index, line in enumerate(lines) if line in _LINKS), default=0)
    left_out = next((index + 1 for index in range(begin, len(lines)) if _CUT.search(lines[index])), 0)
    if left_out and any(line.startswith('  File "') for line in lines[left_out:]):
        begin = left_out  # these frames are the last exception's, whose beginning was left out
    begin = next((index + 1 for index in range(begin, len(lines)) if lines[index] in _HEADS), begin)
    end = (index for index in range(begin, len(lines)) if lines[index][:1] not in ("", " ", "|", "+", "^", "~"))
    return begin, next(end, len(lines))


def _said(lines: list[str], index: int) -> str:
    return lines[index].lstrip(" |") if index < len(lines) else ""


def _place(lines: list[str], spans: list[tuple[int, int]], logged_in: str) -> str:
    """Return the innermost frame of the application, of the first span of lines that has one; else nothing."""
    frames = [(match, index) for index, line in enumerate(lines) if (match := _FRAME.match(line))]
    is_foreign = library_judge((match["path"] for match, _ in frames), logged_in)
    ours = [(match, index) for match, index in frames if not is_foreign(match["path"])]
    frame, index = next((each for begin, end in spans for each in ours[::-1] if begin <= each[1] < end), (None, 0))
    if frame is None:
        return ""
    has_code = index + 1 < len(lines) and _depth(lines[index + 1]) > len(frame["indent"])
    code = lines[index + 1].strip(" |") if has_code else ""
    place = f"{os.path.basename(frame['path'])}:{frame['line']} in {frame['function']}"
    return f"{place}: {code}" if code else place


def folded(exception: str, logged_in: str = "") -> str:
    """Return a traceback in which frames of libraries in a row are one line that counts them.

    Args:
        exception: a traceback's text.
        logged_in: the file that logged it.
    """
    lines = exception.split("\n")
    is_foreign = library_judge((match["path"] for line in lines if (match := _FRAME.match(line))), logged_in)
    shown: list[str] = []
    hidden: list[list[str]] = []
    for frame in _frames(lines):
        match = _FRAME.match(frame[0])
        if match and is_foreign(match["path"]):
            hidden.append(frame)
            continue
        _show(shown, hidden)
        shown += frame
    _show(shown, hidden)
    return "\n".join(shown)


def _frames(lines: list[str]) -> list[list[str]]:
    """Divide lines into frames, each with its code and markers, and single other lines."""
    groups: list[list[str]] = []
    indent: int | None = None
    for line in lines:
        match = _FRAME.match(line)
        if match:
            indent = len(match["indent"])
            groups.append([line])
        elif indent is not None and _depth(line) > indent and line.strip():
            groups[-1].append(line)
        else:
            indent = None
            groups.append([line])
    return groups


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" |+"))


def _show(shown: list[str], hidden: list[list[str]]) -> None:
    if len(hidden) <= _FEW:
        for frame in hidden:
            shown += frame
    else:
        match = _FRAME.match(hidden[0][0])
        shown.append(f"{match['indent'] if match else '  '}... {len(hidden)} frames of libraries")
    hidden.clear()
