"""Tracebacks as people read them: what happened and where, libraries' frames folded. Pure: works on their text."""

from __future__ import annotations

import os
import re

from slack_logging.passive.records.fingerprint import library_judge

#: A frame's first line; within an exception group it stands behind bars.
_FRAME = re.compile(r'^(?P<indent>[ |+]*)File "(?P<path>[^"\n]+)", line (?P<line>\d+), in (?P<function>.+)$')

#: Libraries' frames in a row that are shown as they are.
_FEW = 1


def gist(exception: str, logged_in: str = "") -> str:
    """Return what an exception says, and on a second line where in the application it came from.

    Args:
        exception: a traceback's text; of chained ones the last counts.
        logged_in: the file that logged it.
    """
    lines = exception.split("\n")
    said = next((line for line in reversed(lines) if line[:1] not in ("", " ", "|", "+", "^", "~")), "")
    frames = [(match, index) for index, line in enumerate(lines) if (match := _FRAME.match(line))]
    is_foreign = library_judge((match["path"] for match, _ in frames), logged_in)
    ours = [frame for frame in frames if not is_foreign(frame[0]["path"])]
    if not ours:
        return said
    frame, index = ours[-1]
    code = lines[index + 1].strip(" |") if index + 1 < len(lines) and not _FRAME.match(lines[index + 1]) else ""
    place = f"{os.path.basename(frame['path'])}:{frame['line']} in {frame['function']}"
    return f"{said}\n{place}: {code}" if code else f"{said}\n{place}"


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
        depth = len(line) - len(line.lstrip(" |+"))
        if match:
            indent = len(match["indent"])
            groups.append([line])
        elif indent is not None and depth > indent and line.strip():
            groups[-1].append(line)
        else:
            indent = None
            groups.append([line])
    return groups


def _show(shown: list[str], hidden: list[list[str]]) -> None:
    if len(hidden) <= _FEW:
        for frame in hidden:
            shown += frame
    else:
        match = _FRAME.match(hidden[0][0])
        shown.append(f"{match['indent'] if match else '  '}... {len(hidden)} frames of libraries")
    hidden.clear()
