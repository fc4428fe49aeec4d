"""Tracebacks as people read them."""

from __future__ import annotations

import json
import traceback

import pytest

from slack_logging.passive.tracebacks import folded, gist


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


@pytest.mark.parametrize("text", ["", "ValueError", "no traceback at all\nbut two lines"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    """A record may hold anything as its exception."""
    assert folded(text) == text
    assert gist(text) == text.split("\n")[-1]


def test_exception_groups_keep_their_tree() -> None:
    """Frames behind bars are frames; everything else stays."""
    text = (
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/x/site-packages/a.py", line 1, in run\n  |     go()\n'
        '  |   File "/x/site-packages/b.py", line 2, in go\n  |     gone()\n'
        "  | ExceptionGroup: two (2 sub-exceptions)\n"
        "  +-+---------------- 1 ----------------\n"
        "    | ValueError: one\n"
        "    +------------------------------------"
    )
    assert "  |   ... 2 frames of libraries" in folded(text)
    assert "    | ValueError: one" in folded(text)
