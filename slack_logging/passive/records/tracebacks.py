"""Tracebacks as people read them: what happened and where, libraries' frames folded. Pure: works on their text."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

from slack_logging.passive.records.fingerprint import (
    MOST_RELATED,
    fault_alone,
    fault_among,
    fields_of,
    library_judge,
)

#: A frame's first line; within an exception group it stands behind bars.
_FRAME = re.compile(r'^(?P<indent>[ |+]*)File "(?P<path>[^"\n]+)", line (?P<line>\d+), in (?P<function>.+)$')

#: What stands between chained exceptions, and before an exception's frames.
_LINKS = frozenset(
    {
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
    }
)
_HEADS = frozenset(
    f"{before}Traceback (most recent call last):" for before in ("", "Exception Group ", "  + Exception Group ")
)

_HEAD = re.compile(r"(?:  \+ Exception Group )?Traceback \(most recent call last\):\n")

#: How a line ends behind which the middle of the text is left out; see `slack_logging.passive.records.capture.cut`.
_CUT = re.compile(r" \.\.\. \(cut: [\d,]+ characters in all\)$")

#: What stands before the lines of a group, the deeper it is the more; and of one that is in no other.
_MARGIN, _OUTERMOST = re.compile(r"((?:  ){1,12})[|+] "), "  | "

#: What stands before, between and behind a group's members, and instead of the last of many.
_RULE = re.compile(r" *(?:\+-)?\+-{16}(?:-{4}| (?:\d+|\.{3}) )-{16}$| *\| and \d+ more exceptions?$")

#: What an exception's own line is made of; and what a group's says of how many members it has.
_KIND = re.compile(r"((?!\d)[\w.<>]+)(?:: |:?$)")
_COUNT = re.compile(r" \(\d+ sub-exceptions?\)$")

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
    parts, own = _parts(exception)
    shown, said = [parts[own]], parts[own].said
    if own + 1 < len(parts):
        member = _last_of_chain(parts[own + 1 :])
        said += f", such as {member.said}"
        shown.insert(0, member)
    where = _place(parts, shown, logged_in)
    return f"{said}\n{where}" if where else said


def fault_of_text(exception: str, logged_in: str = "") -> str:
    """Return what tells an exception from others, as `fault_of`, of which only the text is left."""
    parts, own = _parts(exception)
    nearest = sorted(range(len(parts)), key=lambda index: abs(index - own))[1 : MOST_RELATED + 1]
    others = [parts[index].fault(logged_in) for index in nearest if parts[index].said]
    return fault_among(parts[own].fault(logged_in), others)


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
            return _fault_in_dicts(told, logged_in)
    return ""


def _fault_in_dicts(told: list[Any], logged_in: str) -> str:
    """Return the same of structlog's dicts, of which each has its cause behind it, and a group its members in it."""
    found = [each for each in told if isinstance(each, dict)]
    for each in found:
        if len(found) > MOST_RELATED:
            break
        members = each.get("exceptions")
        chains = [chain for chain in members if isinstance(chain, list)] if isinstance(members, list) else []
        found += [member for chain in chains for member in chain if isinstance(member, dict)]
    own, *others = (_fault_in_dict(each, logged_in) for each in found[: MOST_RELATED + 1])
    return fault_among(own, others)


def _fault_in_dict(told: dict[str, Any], logged_in: str) -> str:
    text = _COUNT.sub("", str(told.get("exc_value", "")).partition("\n")[0])
    frames = told.get("frames")
    called = [frame for frame in frames if isinstance(frame, dict)] if isinstance(frames, list) else []
    places = [(str(frame.get("filename", "")), str(frame.get("name", ""))) for frame in called]
    return fault_alone(str(told.get("exc_type", "")), text, places, logged_in)


@dataclass(frozen=True)
class _Part:
    """One exception of a traceback's text: where in its lines its frames begin, and the line after them."""

    margin: str
    divider: str
    lines: list[str]
    begin: int
    end: int

    @property
    def said(self) -> str:
        """Its own line, which says what it is; empty where that is left out."""
        return "".join(self.lines[self.end : self.end + 1])

    @property
    def frames(self) -> list[re.Match[str]]:
        """Its frames' first lines."""
        return [match for line in self.lines[self.begin : self.end] if (match := _FRAME.match(line))]

    def fault(self, logged_in: str) -> str:
        """Return what tells it from others, taken alone."""
        said = self.said or self.lines[-1]
        kind = _KIND.match(said)
        text = _COUNT.sub("", said[kind.end() :] if kind else said)
        called = [(frame["path"], frame["function"]) for frame in self.frames]
        return fault_alone(kind[1] if kind else "", text, called, logged_in)


def _parts(exception: str) -> tuple[list[_Part], int]:
    """Return a traceback's exceptions, and which of them is the one that the others led to, or are members of.

    What an exception came of stands before it, and members behind their group.
    """
    parts = []
    for margin, divider, lines in _divided(exception.split("\n")):
        begin = next((index + 1 for index, line in enumerate(lines) if line in _HEADS), 0)
        end = (index for index in range(begin, len(lines)) if lines[index][:1] not in ("", " ", "^", "~"))
        part = _Part(margin, divider, lines, begin, next(end, len(lines)))
        if part.frames or not _CUT.search(divider):
            parts.append(part)  # else it is the rest of what another one said
    own = (index for index in reversed(range(len(parts))) if len(parts[index].margin) <= len(_OUTERMOST))
    return parts or [_Part("", "", [exception], 0, 0)], next(own, max(0, len(parts) - 1))


def _divided(lines: list[str]) -> list[tuple[str, str, list[str]]]:
    """Return each exception's margin, the line that divides it from the one before, and its lines without the margin.

    A text may quote anything: only what stands in the right place divides.
    """
    divided: list[tuple[str, str, list[str]]] = []
    divider, has_begun = "", False
    for line in lines:
        if not (has_begun and not divided[-1][0]) and _RULE.match(line):
            divider, has_begun = line, False
            continue
        if not has_begun and line.strip():
            margin = _MARGIN.match(line)
            divided.append((f"{margin[1]}| " if margin else "", divider, []))
            has_begun = True
        if has_begun:
            said = line.removeprefix(divided[-1][0])
            is_link = said in _LINKS
            if not is_link:
                divided[-1][2].append(said)
            if is_link or _CUT.search(said):
                divider, has_begun = said, False
    return divided


def _last_of_chain(parts: list[_Part]) -> _Part:
    """Return the exception that others, up to the next member of the same group, led to."""
    last = parts[0]
    for part in parts[1:]:
        if part.margin == last.margin:
            if _RULE.match(part.divider):
                break
            last = part
    return last


def _place(parts: list[_Part], shown: list[_Part], logged_in: str) -> str:
    """Return the innermost frame of the application, of the first of those shown that has one, else of all."""
    frames = [
        (match, part, index) for part in parts for index, line in enumerate(part.lines) if (match := _FRAME.match(line))
    ]
    is_foreign = library_judge((match["path"] for match, _, _ in frames), logged_in)
    ours = [each for each in reversed(frames) if not is_foreign(each[0]["path"])]
    of_shown = (each for one in shown for each in ours if each[1] is one and one.begin <= each[2] < one.end)
    frame, part, index = next(of_shown, next(iter(ours), (None, parts[0], 0)))
    if frame is None:
        return ""
    code = "".join(part.lines[index + 1 : index + 2])
    place = f"{os.path.basename(frame['path'])}:{frame['line']} in {frame['function']}"
    return f"{place}: {code.strip()}" if _depth(code) > len(frame["indent"]) else place


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


def rendered(given: object) -> str | None:
    """Return a traceback as others have rendered it; None where it is something else.

    Args:
        given: a text, its lines (python-json-logger), or a dict for each exception (structlog's `dict_tracebacks`).
    """
    if isinstance(given, list) and given and all(isinstance(part, str) for part in given):
        return "".join(given) if str(given[0]).endswith("\n") else "\n".join(given)
    if isinstance(given, list) and given and all(isinstance(part, dict) for part in given):
        return "\n\n".join(_told(part) for part in reversed(given))
    return given if isinstance(given, str) else None


def _told(exception: dict[str, Any]) -> str:
    """Return one exception as structlog's `dict_tracebacks` writes it, without its locals."""
    frames = [frame for frame in exception.get("frames") or () if isinstance(frame, dict)]
    places = [f'  File "{each.get("filename")}", line {each.get("lineno")}, in {each.get("name")}' for each in frames]
    lines = ["Traceback (most recent call last):", *places] if places else []
    return "\n".join([*lines, f"{exception.get('exc_type')}: {exception.get('exc_value')}"])
