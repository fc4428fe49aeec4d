"""Entries of a transcript as lines of a terminal."""

from __future__ import annotations

import io
import unicodedata

import pytest

from slack_logging.demo.terminal import MOST_LINES, Entry, Terminal

HEAD = "12:03:04  #ops-log      ops  "
BELOW = " " * 10


class Stream(io.StringIO):
    """A stream that says what it is."""

    def __init__(self, encoding: str = "utf-8", *, tty: bool = False) -> None:
        super().__init__()
        self._encoding = encoding
        self._tty = tty

    @property
    def encoding(self) -> str:  # type: ignore[override] # read-only in a StringIO too
        """Return what it was made with."""
        return self._encoding

    def isatty(self) -> bool:
        """Return what it was made with."""
        return self._tty


def shown(text: str, stream: Stream | None = None, *, by_person: bool = False) -> list[str]:
    stream = stream or Stream()
    Terminal(stream, width=100).show(Entry("12:03:04", "#ops-log", "ops", by_person, text))
    return stream.getvalue().splitlines()


def test_an_entry_says_when_where_who_and_what() -> None:
    """The first line of an entry names the time, the channel and the author; the others stand below the channel."""
    assert shown("one\ntwo") == [HEAD + "one", BELOW + "two"]


def test_long_lines_are_wrapped_at_the_width() -> None:
    """No line is longer than the terminal is wide, and no word is lost."""
    text = " ".join(f"word{number}" for number in range(60))
    lines = shown(text)

    assert max(len(line) for line in lines) <= 100
    assert " ".join("\n".join(lines).removeprefix(HEAD).split()) == text


def test_what_the_program_itself_says_is_wrapped_too() -> None:
    """Below an indented line what follows stands a little further in."""
    stream = Stream()
    Terminal(stream, width=30).say("one\n  " + "two three " * 5 + "\n")

    assert stream.getvalue().splitlines() == [
        "one",
        "  two three two three two",
        "      three two three two",
        "      three",
        "",
    ]


@pytest.mark.parametrize("text", [":red_circle: " + "x" * 500, "数" * 500])
def test_pictures_and_wide_letters_take_two_columns(text: str) -> None:
    """Lines are wrapped by what they take on the screen."""
    for line in shown(text):
        assert sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line) <= 100


def test_a_line_is_never_broken_at_a_hyphen() -> None:
    """Options, dates and ids stay in one piece."""
    text = " ".join(["--start-delay"] * 20)

    assert [part for line in shown(text) for part in line.removeprefix(HEAD).split()] == text.split()


@pytest.mark.parametrize(("columns", "widest"), [(20, 40), (40, 40), (90, 90), (300, 140)])
def test_lines_are_as_wide_as_the_terminal_within_reason(
    columns: int, widest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 40 columns, which phones have, to 140."""
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Stream()
    Terminal(stream).show(Entry("12:03:04", "#ops-log", "ops", False, "x " * 500))

    assert max(len(line) for line in stream.getvalue().splitlines()) in (widest, widest - 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\rb\x07\x9b", "a␍b␇⟦U+009B⟧"),
        ("\u202eevil", "⟦U+202E⟧evil"),
        ("a\tb", "a   b"),
    ],
)
def test_control_characters_never_reach_the_terminal(text: str, line: str) -> None:
    """Whatever somebody logs or types, the terminal gets as characters to look at."""
    assert shown(text) == [HEAD + line]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (":red_circle: it broke", "🔴 it broke"),
        ("no longer :eyes: on: !help", "no longer 👀 on: !help"),
        ("(edited) :red_circle: it broke x2", "(edited) 🔴 it broke x2"),
        ("(edited, new lines only) :red_circle: x2", "(edited, new lines only) 🔴 x2"),
        (":unknown_emoji: on: !help", ":unknown_emoji: on: !help"),
        ("a :red_circle: inside", "a :red_circle: inside"),
    ],
)
def test_the_emoji_that_a_line_begins_with_is_a_picture(text: str, line: str) -> None:
    """Levels and marks are shown as in Slack; text is left alone."""
    assert shown(text) == [HEAD + line]


def test_what_the_encoding_cannot_say_is_a_question_mark() -> None:
    """A terminal that knows only ASCII is no reason to fail."""
    assert shown(":red_circle: Zoë", Stream("ascii")) == [HEAD + "? Zo?"]


def test_a_long_entry_keeps_its_beginning_and_its_end() -> None:
    """The middle of a long entry is left out, and the gap says how much."""
    lines = shown("\n".join(f"line {number}" for number in range(100)))

    assert len(lines) < MOST_LINES
    assert (lines[0], lines[-1]) == (HEAD + "line 0", BELOW + "line 99")
    assert BELOW + "... 80 more lines, on the page ..." in lines


def test_of_a_traceback_the_last_frame_is_shown() -> None:
    """Where it happened and what it was stay; the frames on the way there are on the page."""
    text = (
        "it broke\nTraceback (most recent call last):\n"
        '  File "a.py", line 1, in a\n    b()\n  File "b.py", line 2, in b\n    1 / 0\n    ~~^~~\n'
        "ZeroDivisionError: division by zero\nnext"
    )
    assert [line[len(BELOW) :] for line in shown(text)[1:]] == [
        "Traceback (most recent call last):",
        "  ...",
        '  File "b.py", line 2, in b',
        "    1 / 0",
        "    ~~^~~",
        "ZeroDivisionError: division by zero",
        "next",
    ]


@pytest.mark.parametrize(("tty", "no_color", "coloured"), [(True, "", True), (True, "1", False), (False, "", False)])
def test_colours_are_for_terminals_that_want_them(
    tty: bool, no_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colours are used on a terminal, unless NO_COLOR is set."""
    monkeypatch.setenv("NO_COLOR", no_color)

    lines = shown("hello", Stream(tty=tty), by_person=True)

    assert lines == (["\x1b[2m" + HEAD + "\x1b[0m\x1b[1mhello\x1b[0m"] if coloured else [HEAD + "hello"])
