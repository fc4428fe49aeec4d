"""What a reply can bring along, and how it is told what cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slack_logging.active.answering import attachment
from slack_logging.active.answering.attachment import attached, file_name
from slack_logging.redaction.redactor import Redactor

redact = Redactor().redact
TOLD = "password=hunter2hunter2"


@pytest.mark.parametrize(
    ("given", "name", "content"),
    [
        (("a.txt", "täxt"), "a.txt", "täxt".encode()),
        (("a.bin", b"\xff\x00"), "a.bin", b"\xff\x00"),
        (("a.txt", TOLD), "a.txt", b"password=[redacted]"),
        (("a.bin", TOLD.encode()), "a.bin", TOLD.encode()),
        (("a.txt", "\ud800"), "a.txt", b"?"),
        (("../../etc/passwd", "x"), "passwd", b"x"),
        (("C:\\temp\\a.txt", "x"), "a.txt", b"x"),
        (("a\n\u202etxt.exe", "x"), "a␊⟦U+202E⟧txt.exe", b"x"),
        ((f"{TOLD} .csv", "x"), "password=[redacted] .csv", b"x"),
    ],
)
def test_a_name_and_its_content(given: tuple[str, str | bytes], name: str, content: bytes) -> None:
    """Text is without secrets, bytes are as they are, and a name is on one line."""
    file = attached(given, redact)
    assert (file.name, file.content) == (name, content)


def test_a_path(tmp_path: Path) -> None:
    """As text or not; what it holds is as it is."""
    path = tmp_path / "a.csv"
    path.write_text(TOLD)
    for given in (path, str(path)):
        file = attached(given, redact)
        assert (file.name, file.content) == ("a.csv", TOLD.encode())


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ("nowhere.csv", FileNotFoundError, "No such file or directory: 'nowhere.csv'"),
        (os.curdir, OSError, "."),
        (("a.txt", ""), ValueError, "file a.txt is empty: Slack takes none without content"),
        (("a.txt", b"123456789"), ValueError, "file a.txt has more than"),
        (("/", "x"), ValueError, "file: '/' is no name for a file"),
        (("a.txt", 7), TypeError, "file=tuple: expected a path, or a pair of a name and its content"),
        (7, TypeError, "file=int: expected a path, or a pair"),
        (b"a", TypeError, "file=bytes: expected a path, or a pair"),
    ],
)
def test_what_cannot_be_attached(
    given: object, error: type[Exception], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what is expected."""
    monkeypatch.setattr(attachment, "MAX_FILE", 8)
    with pytest.raises(error) as caught:
        attached(given, redact)
    assert says in str(caught.value)


def test_a_long_name_keeps_its_ending() -> None:
    """By it people know what to open it with."""
    assert file_name("x" * 300 + ".csv") == "x" * 96 + ".csv"
    assert file_name("x" * 300) == "x" * 100
