"""Files that replies bring along."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from slack_logging.slack.literal import one_line

#: What can be attached: a file's path, or a name and the content.
Attachable: TypeAlias = "str | os.PathLike[str] | tuple[str, str | bytes]"

#: Bytes of a file. Ours: it is held in memory until Slack has it. Slack takes 1 GB.
MAX_FILE = 50 * 2**20

#: Characters of a file's name. Ours.
_MAX_NAME = 100


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A file on its way into a thread.

    Attributes:
        name: literal, and without a folder.
        content: at least one byte.
        whole: the long text that it holds, for where no file can be shared; empty for other files.
        shown: what the message shows in place of that text.
    """

    name: str
    content: bytes
    whole: str = ""
    shown: str = ""


def attached(given: object, redact: Callable[[str], str]) -> File:
    """Read what a reply is to bring along. Blocks for reading a file.

    Text is redacted; bytes, and what a file of a path holds, are sent as they are.

    Args:
        given: see `Attachable`.
        redact: takes secrets out of a text.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is empty or too large, or its name is.
        TypeError: it is neither a path nor such a pair.
    """
    if isinstance(given, (str, os.PathLike)):
        path = Path(os.fsdecode(given))
        with path.open("rb") as file:
            return _checked(path.name, file.read(MAX_FILE + 1), redact)
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str):
        name, content = given
        if isinstance(content, str):
            return _checked(name, redact(content).encode("utf-8", "replace"), redact)
        if isinstance(content, (bytes, bytearray)):
            return _checked(name, bytes(content), redact)
    raise TypeError(f"file={type(given).__name__}: expected a path, or a pair of a name and its content (str or bytes)")


def file_name(name: str) -> str:
    """Return a name as it may be shown: on one line, without a folder, and not too long."""
    last = one_line(name.replace("\\", "/").rstrip("/").rpartition("/")[2]).strip()
    stem, dot, ending = last.rpartition(".")
    if len(last) > _MAX_NAME and dot and len(ending) < _MAX_NAME // 2:
        return f"{stem[: _MAX_NAME - len(ending) - 1]}.{ending}"
    return last[:_MAX_NAME]


def _checked(name: str, content: bytes, redact: Callable[[str], str]) -> File:
    shown = file_name(redact(name))
    if not shown:
        raise ValueError(f"file: {name!r:.100} is no name for a file")
    if not content:
        raise ValueError(f"file {shown} is empty: Slack takes none without content")
    if len(content) > MAX_FILE:
        raise ValueError(f"file {shown} has more than {MAX_FILE // 2**20} MiB, which is the most that is attached")
    return File(shown, content)
