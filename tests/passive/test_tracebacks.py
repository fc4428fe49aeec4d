"""Tracebacks as people read them."""

from __future__ import annotations

import json
import traceback

import pytest

from slack_logging.passive.messages.tracebacks import folded, gist


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


def test_where_all_frames_are_of_libraries_none_is_folded() -> None:
    """There would be nothing left to read."""
    assert folded(frames(*FOREIGN)) == frames(*FOREIGN)


@pytest.mark.parametrize("text", ["", "ValueError", "no traceback at all\nbut two lines"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    """A record may hold anything as its exception."""
    assert folded(text) == text
    assert gist(text) == text.split("\n")[-1]


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
