"""One line of a check: what was looked at, what is wrong with it and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at one thing gave.

    Attributes:
        state: ``WRONG`` makes the check fail, ``note`` does not.
        subject: what was looked at, such as ``#ops-log``.
        text: what is the case; where it is wrong, also what to do.
    """

    state: Literal["ok", "WRONG", "note"]
    subject: str
    text: str

    def __str__(self) -> str:
        """Return one line, whatever line breaks the text has."""
        return f"{self.state:<5}  {' '.join(f'{self.subject}: {self.text}'.split())}"


def ok(subject: str, text: str) -> Finding:
    """Return that something is as it must be."""
    return Finding("ok", subject, text)


def wrong(subject: str, text: object) -> Finding:
    """Return that something is wrong."""
    return Finding("WRONG", subject, str(text))


def note(subject: str, text: str) -> Finding:
    """Return what is worth knowing, and no fault."""
    return Finding("note", subject, text)
