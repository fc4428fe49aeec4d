"""Tracebacks as people read them."""

from __future__ import annotations

import builtins
import json
import logging
import sys
import traceback
from collections.abc import Callable

import pytest

from slack_logging import notices
from slack_logging.passive import handler
from slack_logging.passive.records.tracebacks import fault_of_text, folded, gist


def parse() -> None:
    json.loads("{")


def raised() -> str:
    try:
        parse()
    except ValueError as error:
        try:
            raise RuntimeError("cannot parse\nthe settings") from error
        except RuntimeError as outer:
            return "".join(traceback.format_exception(outer)).rstrip()
    raise AssertionError


def test_what_happened_and_where_stand_on_two_lines() -> None:
    """The last exception's own line, and the innermost function of the application."""
    try:
        parse()
    except ValueError as error:
        text = "".join(traceback.format_exception(error)).rstrip()
    said, where = gist(text).split("\n")
    assert said.startswith("json.decoder.JSONDecodeError: Expecting property name")
    assert where.startswith("test_tracebacks.py:")
    assert where.endswith(' in parse: json.loads("{")')


def test_a_frame_whose_code_is_not_to_be_had_shows_none() -> None:
    """As of a program that is there compiled only: what follows is not its code."""
    frame = '  File "/srv/shop.py", line 2, in tick'
    text = f"Traceback (most recent call last):\n{frame}\nZeroDivisionError: division by zero"
    assert gist(text) == "ZeroDivisionError: division by zero\nshop.py:2 in tick"


def failing(number: int, note: str) -> str:
    """Return a rendered traceback whose last lines say nothing of what it is."""
    try:
        int(f"no number {number}")
    except ValueError as error:
        return f"{''.join(traceback.format_exception(error))}in line {number} of {note}\n".rstrip()
    raise AssertionError


def another() -> str:
    return failing(1, "orders.csv").replace("in failing", "in another")


def test_of_a_text_it_is_the_exceptions_own_line_and_functions_that_tell_it_from_others() -> None:
    """Not its notes, and not the numbers in it; that is as for an exception that is at hand."""
    same, other = fault_of_text(failing(1, "orders.csv")), fault_of_text(failing(27, "stock.csv"))
    assert same == other
    assert same.startswith("ValueError\0invalid literal")
    assert same.endswith("\0test_tracebacks.py:failing")
    assert fault_of_text(another()) != same
    assert fault_of_text(failing(1, "orders.csv").replace("ValueError", "KeyError")) != same
    assert fault_of_text("KeyError: 'x'") == "KeyError\0#"


def test_frames_of_libraries_are_folded() -> None:
    """The application's own stay, with their code; a chain stays whole."""
    text = folded(raised())
    assert "frames of libraries" in text
    assert "decoder.py" not in text
    assert text.count("test_tracebacks.py") == 3
    assert "The above exception was the direct cause of the following exception:" in text
    assert text.endswith("RuntimeError: cannot parse\nthe settings")


def test_one_library_frame_is_no_reason_to_fold() -> None:
    """A fold would be as long as the frame."""
    ours, theirs = '  File "/srv/app/a.py", line 1, in f', '  File "/x/site-packages/b.py", line 2, in g'
    text = "\n".join([ours, "    g()", theirs, "    h()", "OSError"])
    assert folded(text) == text


def frames(*paths: str) -> str:
    """Return a traceback through these files."""
    called = [f'  File "{path}", line 1, in f{number}\n    g{number}()' for number, path in enumerate(paths)]
    return "\n".join(["Traceback (most recent call last):", *called, "OSError: gone"])


INSTALLED = ["/x/site-packages/shop/main.py", "/x/site-packages/shop/orders.py"]
FOREIGN = ["/x/site-packages/shopping/a.py", "/x/site-packages/requests/b.py"]


def test_an_application_may_be_installed_like_a_library() -> None:
    """The package that logged is the application then; another whose name begins the same is not."""
    text = frames(*INSTALLED, *FOREIGN)
    shown = folded(text, INSTALLED[0])
    assert [path in shown for path in (*INSTALLED, *FOREIGN)] == [True, True, False, False]
    assert "... 2 frames of libraries" in shown
    assert gist(text, INSTALLED[0]) == "OSError: gone\norders.py:1 in f1: g1()"


def test_the_applications_own_files_come_before_the_package_that_logged() -> None:
    """A framework logs what the application raised."""
    text = frames(*INSTALLED, "/srv/app/view.py", *FOREIGN)
    assert gist(text, INSTALLED[0]) == "OSError: gone\nview.py:1 in f2: g2()"
    assert folded(text, INSTALLED[0]).count("frames of libraries") == 2


def test_an_error_in_a_log_call_came_from_who_logged() -> None:
    """As a recursion that reaches its limit there; our own files are a library's also in a checkout."""
    text = frames("/srv/app/view.py", logging.__file__, handler.__file__, notices.__file__)
    assert gist(text, "/srv/app/view.py") == "OSError: gone\nview.py:1 in f0: g0()"
    assert "... 3 frames of libraries" in folded(text, "/srv/app/view.py")


def test_where_all_frames_are_of_libraries_none_is_folded() -> None:
    """There would be nothing left to read."""
    assert folded(frames(*FOREIGN)) == frames(*FOREIGN)


@pytest.mark.parametrize("text", ["", "ValueError", "no traceback at all\nbut two lines"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    """A record may hold anything as its exception."""
    assert folded(text) == text
    assert gist(text) == text.split("\n")[0]


def test_exception_groups_keep_their_tree() -> None:
    """Frames behind bars are frames; everything else stays."""
    text = (
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/srv/app/main.py", line 1, in main\n  |     run()\n'
        '  |   File "/x/site-packages/a.py", line 1, in run\n  |     go()\n'
        '  |   File "/x/site-packages/b.py", line 2, in go\n  |     gone()\n'
        "  | ExceptionGroup: two (2 sub-exceptions)\n"
        "  +-+---------------- 1 ----------------\n"
        "    | ValueError: one\n"
        "    +------------------------------------"
    )
    assert "  |   ... 2 frames of libraries" in folded(text)
    assert "    | ValueError: one" in folded(text)


def told(error: Exception) -> list[str]:
    return gist("".join(traceback.format_exception(error)).rstrip()).split("\n")


def caught(act: Callable[[], object]) -> Exception:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - any will do
        return error
    raise AssertionError


def fail(text: str, cause: Exception | None = None) -> None:
    raise ValueError(text) from cause


TEXTS = [
    "(sqlite3.OperationalError) no such table: users\n[SQL: SELECT 1]\n(Background on this error at: https://sqlalche.me)",
    'column "nam" does not exist\nLINE 1: SELECT nam FROM users\n               ^\nHINT:  Perhaps "name".',
    "2 validation errors for Order\nnumber\n  Field required [type=missing]\nprice\n  Field required [type=missing]",
    'the worker said:\nTraceback (most recent call last):\n  File "/srv/w.py", line 1, in w\n    go()\nKeyError: 1',
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("cause", [None, KeyError("x"), caught(lambda: fail("one\ntwo"))])
def test_a_text_of_many_lines_is_told_by_its_first(text: str, cause: Exception | None) -> None:
    """As databases and validators write them; a traceback that a text quotes is no frame of the exception."""
    said, where = told(caught(lambda: fail(text, cause)))
    assert said == "ValueError: " + text.split("\n")[0]
    assert " in fail: raise ValueError(text)" in where


def test_an_error_that_was_never_raised_is_told_by_its_first_line() -> None:
    """It has no frames."""
    assert told(ValueError("one\ntwo")) == ["ValueError: one"]
    error = ValueError("one\ntwo")
    error.__cause__ = KeyError("x")
    assert told(error) == ["ValueError: one"]


def test_a_syntax_error_is_told_by_its_own_line() -> None:
    """Its text shows the code first, as if it were a frame."""
    assert told(caught(lambda: compile("a b", "/srv/x.py", "exec")))[0] == "SyntaxError: invalid syntax"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python has notes and groups since 3.11")
def test_notes_are_not_what_an_exception_says() -> None:
    """They come after it."""
    error = caught(lambda: fail("gone"))
    error.add_note("a note\nof two lines")  # type: ignore[attr-defined,unused-ignore] # since 3.11
    assert told(error)[0] == "ValueError: gone"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python has notes and groups since 3.11")
def test_groups_are_told_by_their_own_line_and_their_first_members() -> None:
    """Whatever came before them and however deep they go; the place is the member's."""
    group = getattr(builtins, "ExceptionGroup")  # noqa: B009 - since 3.11
    members = [caught(lambda: fail("one\nline", caught(parse))), KeyError("x")]

    def fail_together(given: list[Exception]) -> None:
        raise group("jobs failed", given)

    def fail_later() -> None:
        try:
            parse()
        except ValueError:
            fail_together(members)

    for act in (lambda: fail_together(members), fail_later):
        said, where = told(caught(act))
        assert said == "ExceptionGroup: jobs failed (2 sub-exceptions), such as ValueError: one"
        assert " in fail: raise ValueError(text)" in where
    said, where = told(caught(lambda: fail_together([KeyError("x")])))
    assert said == "ExceptionGroup: jobs failed (1 sub-exception), such as KeyError: 'x'"
    assert " in fail_together: raise group(" in where
    inner = caught(lambda: fail_together(members))
    outer = caught(lambda: fail_together([inner, KeyError("x")]))
    said = "ExceptionGroup: jobs failed (2 sub-exceptions)"
    assert told(outer)[0] == f"{said}, such as {said}"
    assert told(caught(lambda: fail("in all", outer)))[0] == "ValueError: in all"
    assert told(group("never raised", members))[0].startswith(
        "ExceptionGroup: never raised (2 sub-exceptions), such as"
    )
