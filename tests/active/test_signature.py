"""A function's signature says what people type."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.active.language.signature import HelpWanted, Signature
from slack_logging.errors import BadArguments, ConfigurationError


class Given:
    """Stands for what is filled in, not typed."""


NINETY = timedelta(minutes=90)


class Colour(enum.Enum):
    """An enumeration with values that are no words."""

    RED = 1
    GREEN = 2


def plain(word, *, times: int = 1):  # type: ignore[no-untyped-def] # what users write who annotate little
    """Do it."""


def typed(count: int, ratio: float, on: bool, colour: Colour, env: Literal["dev", "prod"], after: timedelta) -> None:
    """Take one of each."""


def optional(service: str = "api", more: list[int] | None = None, *, tag: list[str] | None = None) -> None:
    """Take what is there."""


def flags(*, force: bool = False, restart: bool = True, sure: bool, maybe: Optional[bool] = None) -> None:  # noqa: UP045
    """Switch."""


def filled(given: Given, name: str, *, other: Given, for_: timedelta = NINETY, dry_run: bool = False) -> None:
    """Take what is given.

    More about it.

    Args:
        given: not typed
        name (str): whose;
            and more: of it
        other: not typed
        for_: how long
        dry_run: only pretend

    Returns:
        nothing
    """


def bind(function: Callable[..., object], *words: str) -> dict[str, Any]:
    """Return what the words become for a function."""
    return Signature(function, [Given]).bind(words, {Given: "G"})


@pytest.mark.parametrize(
    ("function", "words", "expected"),
    [
        (plain, ["x"], {"word": "x"}),
        (plain, ["x", "--times", "3"], {"word": "x", "times": 3}),
        (plain, ["--times=3", "a b"], {"word": "a b", "times": 3}),
        (plain, ["--", "--times"], {"word": "--times"}),
        (
            typed,
            ["-5", "0.5", "Yes", "red", "PROD", "1h30m"],
            {
                "count": -5,
                "ratio": 0.5,
                "on": True,
                "colour": Colour.RED,
                "env": "prod",
                "after": timedelta(hours=1, minutes=30),
            },
        ),
        (
            typed,
            ["5", "1e3", "off", "2", "dev", "2d"],
            {
                "count": 5,
                "ratio": 1000.0,
                "on": False,
                "colour": Colour.GREEN,
                "env": "dev",
                "after": timedelta(days=2),
            },
        ),
        (optional, [], {}),
        (optional, ["web"], {"service": "web"}),
        (optional, ["web", "1", "2"], {"service": "web", "more": [1, 2]}),
        (optional, ["--tag", "a", "--tag", "b"], {"tag": ["a", "b"]}),
        (flags, ["--sure"], {"sure": True}),
        (flags, ["--no-sure", "--force", "--no-restart"], {"sure": False, "force": True, "restart": False}),
        (flags, ["--sure", "--no-maybe"], {"sure": True, "maybe": False}),
        (filled, ["ada"], {"given": "G", "other": "G", "name": "ada"}),
        (
            filled,
            ["ada", "--for", "10m", "--dry-run"],
            {"given": "G", "other": "G", "name": "ada", "for_": timedelta(minutes=10), "dry_run": True},
        ),
    ],
)
def test_words_become_arguments(function: Callable[..., object], words: list[str], expected: dict[str, Any]) -> None:
    """By annotation; what is not typed is left to the function's default."""
    assert bind(function, *words) == expected


@pytest.mark.parametrize(
    ("function", "words", "says"),
    [
        (plain, [], "WORD is missing"),
        (plain, ["a", "b"], 'unrecognized arguments: b; put a text with blanks in quotation marks: "a b"'),
        (plain, ["a", "--time", "3"], "no option --time; did you mean --times?"),
        (plain, ["--timse=3", "a"], "no option --timse; did you mean --times?"),
        (plain, ["--verbose"], "no option --verbose"),
        (flags, ["--no-force"], "no option --no-force; did you mean --force?"),
        (plain, ["a", "-t"], "no option -t"),
        (plain, ["a", "--times"], "--times: expected a value"),
        (plain, ["a", "--times", "x"], "--times: expected a whole number, got 'x'"),
        (typed, ["1", "nan", "on", "red", "dev", "1s"], "RATIO: expected a number, got 'nan'"),
        (typed, ["1", "1", "perhaps", "red", "dev", "1s"], "ON: expected yes or no, got 'perhaps'"),
        (typed, ["1", "1", "on", "blue", "dev", "1s"], "COLOUR: expected one of RED, GREEN, got 'blue'"),
        (typed, ["1", "1", "on", "red", "test", "1s"], "ENV: expected one of dev, prod, got 'test'"),
        (
            typed,
            ["1", "1", "on", "red", "dev", "soon"],
            "AFTER: expected a duration such as 90s, 10m or 1h30m, got 'soon'",
        ),
        (
            typed,
            ["1", "1", "on", "red", "dev", "9" * 30 + "d"],
            f"AFTER: expected a duration such as 90s, 10m or 1h30m, got '{'9' * 30}d'",
        ),
        (optional, ["web", "1", "b"], "MORE: expected a whole number, got 'b'"),
        (flags, ["--force"], "--sure/--no-sure is missing"),
        (flags, ["--sure", "--force=yes"], "--force takes no value"),
    ],
)
def test_words_that_do_not_fit_are_named(function: Callable[..., object], words: list[str], says: str) -> None:
    """The message names the argument, what was expected and what was typed; options are never abbreviated."""
    with pytest.raises(BadArguments) as caught:
        bind(function, *words)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["a", "b", "--times", "x", "-h"]])
def test_help_may_be_asked_for_wherever_an_option_may_stand(words: list[str]) -> None:
    """Whether or not the other words fit."""
    with pytest.raises(HelpWanted):
        bind(plain, *words)


def test_help_is_a_word_like_others_where_it_must_be() -> None:
    """After the end of the options."""
    assert bind(plain, "--", "--help") == {"word": "--help"}
    assert bind(plain, "--", "-h") == {"word": "-h"}


@given(st.lists(st.text(max_size=6) | st.sampled_from(["--times", "--", "-h", "--help", "-1", "@x"]), max_size=6))
def test_no_words_are_too_odd(words: list[str]) -> None:
    """Whatever is typed becomes arguments, a `BadArguments` or a `HelpWanted`; nothing is printed and nobody exits."""
    try:
        bound = bind(plain, *words)
    except (BadArguments, HelpWanted):
        return
    assert set(bound) <= {"word", "times"}


@pytest.mark.parametrize(
    ("function", "usage"),
    [
        (plain, "WORD [--times TIMES]"),
        (optional, "[SERVICE] [MORE ...] [--tag TAG]..."),
        (flags, "[--force] [--no-restart] (--sure | --no-sure) [--maybe | --no-maybe]"),
        (filled, "NAME [--for TIME] [--dry-run]"),
        (typed, "COUNT RATIO ON COLOUR ENV AFTER"),
    ],
)
def test_usage_says_what_to_type(function: Callable[..., object], usage: str) -> None:
    """Brackets for what may be left out."""
    assert Signature(function, [Given]).usage == usage


def test_the_docstring_describes() -> None:
    """Its first line is the summary; its Args describe the arguments, with what is expected and defaults added."""
    assert Signature(filled, [Given]).summary == "Take what is given."
    assert Signature(filled, [Given]).describe() == [
        "NAME          whose; and more: of it",
        "[--for TIME]  how long; a duration such as 90s, 10m or 1h30m; default: 1h30m",
        "[--dry-run]   only pretend",
    ]


def test_each_argument_is_listed_with_what_is_expected() -> None:
    """Documented or not; a flag expects nothing."""
    assert Signature(typed, []).describe() == [
        "COUNT   a whole number",
        "RATIO   a number",
        "ON      yes or no",
        "COLOUR  one of RED, GREEN",
        "ENV     one of dev, prod",
        "AFTER   a duration such as 90s, 10m or 1h30m",
    ]
    assert Signature(optional, []).describe() == [
        "[SERVICE]       text; default: api",
        "[MORE ...]      a whole number",
        "[--tag TAG]...  text",
    ]
    assert Signature(flags, []).describe()[0] == "[--force]"


def unsupported_type(when: complex) -> None: ...
def unsupported_list(when: list[dict[str, str]]) -> None: ...
def unsupported_union(when: int | str) -> None: ...
def unsupported_args(*when: str) -> None: ...
def unsupported_kwargs(**when: str) -> None: ...
def unsupported_positional(when: str, /) -> None: ...


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (unsupported_type, "cannot be typed as <class 'complex'>; supported: str, int, float, bool, Enum"),
        (unsupported_list, "cannot be typed as dict[str, str]"),
        (unsupported_union, "cannot be typed as int | str"),
        (unsupported_args, "*args, **kwargs and positional-only parameters cannot be typed"),
        (unsupported_kwargs, "*args, **kwargs and positional-only parameters cannot be typed"),
        (unsupported_positional, "*args, **kwargs and positional-only parameters cannot be typed"),
    ],
)
def test_what_cannot_be_typed_is_refused_at_once(function: Callable[..., object], says: str) -> None:
    """The error names the function, the parameter and what is supported."""
    with pytest.raises(ConfigurationError) as caught:
        Signature(function, [])
    assert str(caught.value).startswith(f"command function {function.__qualname__}(), parameter 'when': {says}")


def test_an_annotation_that_cannot_be_read_is_refused_at_once() -> None:
    """A name that only the type checker knows cannot be converted to."""

    def strange(when: Nowhere) -> None: ...  # type: ignore[name-defined] # noqa: F821

    with pytest.raises(ConfigurationError, match="its annotations cannot be read \\(NameError: name 'Nowhere'"):
        Signature(strange, [])
