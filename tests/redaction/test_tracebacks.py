"""Redaction of tracebacks as the running Python writes them: what exceptions say goes, lines of code stay."""

from __future__ import annotations

import builtins
import itertools
import sys
import textwrap
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from slack_logging.redaction.redactor import Redactor
from slack_logging.redaction.shapes import MARKER

REDACTOR = Redactor()

#: What the exceptions tell; no line of code below holds it.
SECRET = "".join(("hunter2", "secret99"))

CONFIG = SimpleNamespace(password="not-shown")

#: Not in the lines that fail, for there what a string holds would be hidden.
TOLD, OTHER = "cannot log in: password:", "pwd:"

GROUP: Any = getattr(builtins, "ExceptionGroup", Exception)

groups_needed = pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")


def refuse(text: str, *, password: str) -> None:
    """Raise an error with this text, and a note where Python has them."""
    assert password
    error = ValueError(f"{text} {SECRET} refused")
    if sys.version_info >= (3, 11):
        error.add_note(f"note password={SECRET}\n    further token: {SECRET}")
    raise error


def plain() -> None:
    """Fail as a program does."""
    refuse(TOLD, password=CONFIG.password)


def failed(text: str) -> Exception:
    """Return an error that was raised, with a cause and a context."""
    try:
        try:
            refuse(text, password=CONFIG.password)
        except ValueError as error:
            raise KeyError(f"secret={SECRET}") from error
    except KeyError as error:
        return error
    raise AssertionError


def grouped() -> None:
    """Fail with a group of errors."""
    raise GROUP(f"grp secret={SECRET}", [failed(TOLD), RuntimeError(f"token: {SECRET}")])


def nested() -> None:
    """Fail with groups within a group, and a cause that is one."""
    try:
        grouped()
    except GROUP as inner:
        try:
            plain()
        except ValueError as error:
            both = [inner, error, GROUP(f"api_key={SECRET}", [failed(OTHER)])]
            raise GROUP("outer", both) from inner


def shown(run: Callable[[], None]) -> str:
    """Return the traceback of what fails."""
    with pytest.raises((ValueError, GROUP)) as raised:
        run()
    return "".join(traceback.format_exception(raised.type, raised.value, raised.tb))


def code(text: str) -> list[str]:
    """Return the lines of code of a traceback: what stands below each frame, and deeper."""
    lines = text.splitlines()
    return [line for above, line in itertools.pairwise(lines) if ' File "' in above and " File " not in line]


@pytest.mark.parametrize("indent", ["", "    ", "  | ", "        "])
@pytest.mark.parametrize(
    "run", [plain, pytest.param(grouped, marks=groups_needed), pytest.param(nested, marks=groups_needed)]
)
def test_what_an_exception_tells_is_hidden(run: Callable[[], None], indent: str) -> None:
    """Alone or in a group, its causes and notes as well, however deep the whole is; all else of it stays."""
    text = "job failed:\n" + textwrap.indent(shown(run), indent)
    assert SECRET in text
    redacted = REDACTOR.redact(text)
    assert SECRET not in redacted
    assert redacted.replace(MARKER, SECRET) == text
    assert code(redacted) == code(text) != []
    assert any("password=CONFIG.password" in line for line in code(redacted))
