"""What every annotation takes, alone, in lists and as an option; what is refused, and with what hint."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, Union

import pytest

from slack_logging import Channel, CommandRouter, ConfigurationError, Secret, User
from slack_logging.active.language.signature import Signature
from slack_logging.errors import BadArguments

if TYPE_CHECKING:
    from slack_logging import Command


class Size(enum.Enum):
    """Values that are words and no names."""

    SMALL = "s"
    LARGE = "l"


class Level(enum.IntEnum):
    """Values that are numbers."""

    LOW = 1
    HIGH = 2


def signature(annotation: object, *, default: object = ..., option: bool = False) -> Signature:
    """Return the signature of a function with one parameter, `x`."""

    def function(x: Any) -> None: ...
    def optional(x: Any = default) -> None: ...
    def keyword(*, x: Any) -> None: ...
    def optional_keyword(*, x: Any = default) -> None: ...

    functions: list[Callable[..., None]] = [function, optional, keyword, optional_keyword]
    chosen = functions[2 * option + (default is not ...)]
    chosen.__annotations__ = {"x": annotation}
    return Signature(chosen, ())


@pytest.mark.parametrize(
    ("annotation", "words", "expected"),
    [
        (str, ["a b"], "a b"),
        (int, ["-12"], -12),
        (float, ["-1.5e3"], -1500.0),
        (bool, ["ON"], True),
        (bool, ["0"], False),
        (timedelta, ["1d2h"], timedelta(days=1, hours=2)),
        (timedelta, ["90"], timedelta(seconds=90)),
        (Size, ["small"], Size.SMALL),
        (Size, ["S"], Size.SMALL),
        (Level, ["2"], Level.HIGH),
        (Level, ["high"], Level.HIGH),
        (Literal["dev", "prod"], ["PROD"], "prod"),
        (Literal["a", "A", "b"], ["A"], "A"),
        (Literal[1, 2], ["2"], 2),
        (Literal["dev", None], ["dev"], "dev"),  # noqa: PYI061 - what users write
        (User, ["<@U1>"], "U1"),
        (User, ["<@W1|ada>"], "W1"),
        (User, ["U024BE7LH"], "U024BE7LH"),
        (Channel, ["<#C1|general>"], "C1"),
        (Channel, ["G024BE7LR"], "G024BE7LR"),
        (Secret, ["hunter2"], Secret("hunter2")),
        (Optional[int], ["3"], 3),  # noqa: UP045 - what users write
        (int | None, ["3"], 3),
        (Annotated[int, "number"], ["3"], 3),
        (list, ["a", "b"], ["a", "b"]),
        (list[str], ["a", "b"], ["a", "b"]),
        (list[int], ["1", "-2"], [1, -2]),
        (list[bool], ["yes", "no"], [True, False]),
        (list[Size], ["s", "LARGE"], [Size.SMALL, Size.LARGE]),
        (list[Literal["x", "y"]], ["x", "Y"], ["x", "y"]),
        (list[timedelta], ["1s", "2s"], [timedelta(seconds=1), timedelta(seconds=2)]),
        (list[User], ["<@U1>", "<@U2>"], ["U1", "U2"]),
        (list[Channel], ["<#C1>"], ["C1"]),
        (list[Secret], ["ab", "cd"], [Secret("ab"), Secret("cd")]),
        (list[int | None], ["1"], [1]),
        (Union[list[int], None], ["1"], [1]),  # noqa: UP007 - what users write
    ],
)
def test_words_become_what_the_annotation_says(annotation: object, words: list[str], expected: object) -> None:
    """Given in their order, and as options with a value each."""
    assert signature(annotation).bind(words, {}) == {"x": expected}
    assert signature(annotation, default=None).bind(words, {}) == {"x": expected}
    assert signature(annotation, default=None).bind([], {}) == {}
    flags = [each for word in words for each in ("--x", word)]
    if annotation is not bool:
        assert signature(annotation, option=True).bind(flags, {}) == {"x": expected}
        assert signature(annotation, option=True).bind([f"--x={word}" for word in words], {}) == {"x": expected}


def test_a_mention_is_the_kind_of_string_that_was_asked_for() -> None:
    """So that a function can tell them apart."""
    assert type(signature(User).bind(["<@U1>"], {})["x"]) is User
    assert type(signature(Channel).bind(["<#C1>"], {})["x"]) is Channel


@pytest.mark.parametrize(
    ("annotation", "words", "says"),
    [
        (User, ["@ada"], "X: expected a person, picked from the list that Slack shows after @, or an id such as"),
        (User, ["ada"], "X: expected a person"),
        (User, ["USERNAME"], "X: expected a person"),
        (User, ["u024be7lh"], "X: expected a person"),
        (User, ["<#C1>"], "X: expected a person"),
        (User, ["<@U1> "], "X: expected a person"),
        (Channel, ["#general"], "X: expected a channel, picked from the list that Slack shows after #, or an id such"),
        (Channel, ["<@U1>"], "X: expected a channel"),
        (int, ["1.5"], "X: expected a whole number, got '1.5'"),
        (int, ["9" * 5000], f"X: expected a whole number, got '{'9' * 59}\u2026'"),
        (int, ["1_0"], "X: expected a whole number, got '1_0'"),
        (float, ["inf"], "X: expected a number, got 'inf'"),
        (float, ["1_0.5"], "X: expected a number, got '1_0.5'"),
        (timedelta, ["1_0s"], "X: expected a duration such as 90s, 10m or 1h30m, got '1_0s'"),
        (timedelta, ["-1h"], "X: expected a duration such as 90s, 10m or 1h30m, got '-1h'"),
        (Size, ["lareg"], "X: expected one of SMALL, LARGE, got 'lareg'; did you mean LARGE?"),
        (Literal["staging", "prod"], ["Stagin"], "X: expected one of staging, prod, got 'Stagin'; did you mean sta"),
        (Literal["Foo", "FOO"], ["foo"], "X: expected one of Foo, FOO, got 'foo'; did you mean"),
        (list[int], ["1", "b"], "X: expected a whole number, got 'b'"),
        (list[int], [], "X is missing: expected a whole number"),
    ],
)
def test_a_word_that_does_not_fit_is_named(annotation: object, words: list[str], says: str) -> None:
    """With what was expected and the nearest that there is."""
    with pytest.raises(BadArguments) as caught:
        signature(annotation).bind(words, {})
    assert str(caught.value).startswith(says)


def one(service: str, note: str, replicas: int, *, tags: list[str], note_to: str = "") -> None: ...
def plain_words(a: int, b: int, *, n: int = 0) -> None: ...
def scale(service: str, replicas: int) -> None: ...
def several(a: str, b: list[int], c: str) -> None: ...
def rest(a: str, b: str = "x", c: list[str] | None = None) -> None: ...
def options(*, force: bool = False, version: str, size: list[Size] | None = None) -> None: ...


@pytest.mark.parametrize(
    ("function", "words", "says", "at"),
    [
        (one, ["a"], "NOTE, REPLICAS and --tags are missing", None),
        (several, ["a"], "B and C are missing", None),
        (several, ["a", "1"], "C is missing", None),
        (options, [], "--version is missing", None),
        (options, ["--version"], "--version: expected a value", 0),
        (
            options,
            ["--version", "--force"],
            "--version: expected a value, got the option --force; if it is the value, write --version=--force",
            1,
        ),
        (options, ["--version", "--"], "--version: expected a value, got the option --; if it is the value, write", 1),
        (options, ["--version", "1", "--version=2"], "--version: given twice", 2),
        (options, ["--force", "--force"], "--force: given twice", 1),
        (options, ["--force=yes"], "--force takes no value", 0),
        (options, ["--vers", "1"], "no option --vers; did you mean --version?", 0),
        (options, ["--f"], "no option --f", 0),
        (options, ["-force"], "no option -force; did you mean --force?", 0),
        (options, ["-v", "1"], "no option -v", 0),
        (one, ["--replicas", "3"], "REPLICAS is an argument: it stands without --replicas", 0),
        (one, ["api", "--note-to=x", "-note=hi"], "NOTE is an argument: it stands without -note", 2),
        (options, ["--hepl"], "no option --hepl; did you mean --help?", 0),
        (options, ["--help=x"], "no option --help; did you mean --help?", 0),
        (options, ["--version", "1", "--size", "s", "l"], "unrecognized arguments: l; each wants its own --size", 4),
        (options, ["--version=1", "beta", "2"], "unrecognized arguments: beta 2; put a text with blanks in quotat", 1),
        (
            one,
            ["api", "hello", "3", "--tags", "x", "--note-to=ada", "lovelace"],
            'unrecognized arguments: lovelace; put a text with blanks in quotation marks: "ada lovelace"',
            6,
        ),
        (
            one,
            ["api", "as", "it", "is", "slow", "--tags", "x"],
            'unrecognized arguments: is slow; put a text with blanks in quotation marks: "as it is slow"',
            3,
        ),
        (plain_words, ["1", "2", "3"], "unrecognized arguments: 3", 2),
        (plain_words, ["--n", "1", "2", "3", "4"], "unrecognized arguments: 4", 4),
        (
            one,
            ["api", "x" * 60, "3", "--tags=x", "-5", "y"],
            "unrecognized arguments: -5 y; each wants its own --ta",
            4,
        ),
        (one, ["api", "x" * 60, "y", "z", "--tags=x"], "unrecognized arguments: z; put a text with blanks in quot", 3),
        (one, ["api", "hello", "world", "--tags", "x"], "REPLICAS: expected a whole number, got 'world'", 2),
        (several, ["a", "1", "x", "c"], "B: expected a whole number, got 'x'", 2),
    ],
)
def test_an_error_names_what_is_wrong_and_where(
    function: Callable[..., object], words: list[str], says: str, at: int | None
) -> None:
    """Options are never abbreviated; what is missing is named, and nothing else."""
    with pytest.raises(BadArguments) as caught:
        Signature(function, ()).bind(words, {})
    assert (str(caught.value)[: len(says)], getattr(caught.value, "at", None)) == (says, at)


def test_no_quotation_is_proposed_that_would_take_what_fits_elsewhere() -> None:
    """Whoever puts ``"api 3 4"`` as proposed would be told that the number is missing."""
    with pytest.raises(BadArguments) as caught:
        Signature(scale, ()).bind(["api", "3", "4"], {})
    assert str(caught.value) == "unrecognized arguments: 4"
    with pytest.raises(BadArguments, match=r'slow; put a text with blanks in quotation marks: "api is slow"$'):
        Signature(scale, ()).bind(["api", "is", "slow"], {})


def test_a_list_takes_what_the_others_leave() -> None:
    """Wherever it stands."""
    assert Signature(several, ()).bind(["x", "1", "2", "y"], {}) == {"a": "x", "b": [1, 2], "c": "y"}
    assert Signature(rest, ()).bind(["x", "y", "1", "2"], {}) == {"a": "x", "b": "y", "c": ["1", "2"]}
    assert Signature(several, ()).bind(["--", "--x", "1", "-h"], {}) == {"a": "--x", "b": [1], "c": "-h"}


@pytest.mark.parametrize(
    ("function", "usage"),
    [
        (one, "SERVICE NOTE REPLICAS (--tags TAGS)... [--note-to NOTE-TO]"),
        (several, "A B ... C"),
        (rest, "A [B] [C ...]"),
        (options, "[--force] --version VERSION [--size SIZE]..."),
    ],
)
def test_usage_tells_what_may_be_repeated(function: Callable[..., object], usage: str) -> None:
    """A list that is an option is the option given several times."""
    assert Signature(function, ()).usage == usage


def test_help_tells_defaults_as_they_are_typed() -> None:
    """Numbers, choices and lists; never a secret."""

    def function(
        n: int = 1,
        on: bool = True,
        *,
        size: Size = Size.SMALL,
        ids: list[int] = [1, 2],  # noqa: B006 - what users write
        key: Secret = Secret("hunter2"),  # noqa: B008 - what users write
        zero: float = 0,
    ) -> None: ...

    assert [line.rpartition("default: ")[2] for line in Signature(function, ()).describe()] == [
        "1",
        "yes",
        "SMALL",
        "1, 2",
        "...",
        "0",
    ]


def named_help(*, help: bool = False) -> None: ...  # noqa: A002 - a name that users may give
def named_help_too(*, help_: str = "") -> None: ...
def twice(*, x: int, x_: int) -> None: ...
def negated(*, force: bool = True, no_force: bool = False) -> None: ...
def two_lists(a: list[str], b: list[str]) -> None: ...
def after_a_list(a: list[str], b: str = "") -> None: ...
def nothing_to_choose(a: Literal[None]) -> None: ...  # noqa: PYI061 - what users write
def alike(a: Literal[1, "1"]) -> None: ...


class Empty(enum.Enum):
    """Nothing to choose."""


def empty(a: Empty) -> None: ...


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (named_help, "named_help(), parameter 'help': --help is every command's own help; give it another name"),
        (named_help_too, "named_help_too(), parameter 'help_': --help is every command's own help"),
        (twice, "twice(), parameter 'x_': --x is parameter 'x'"),
        (negated, "negated(), parameter 'no_force': --no-force is parameter 'force'"),
        (two_lists, "two_lists(), parameter 'b': nobody could type it, as the list 'a' takes all words; make it key"),
        (after_a_list, "after_a_list(), parameter 'b': nobody could type it"),
        (nothing_to_choose, "nothing_to_choose(), parameter 'a': cannot be typed as"),
        (alike, "alike(), parameter 'a': cannot be typed as"),
        (empty, "empty(), parameter 'a': cannot be typed as <enum 'Empty'>; it has no members"),
    ],
)
def test_what_nobody_could_type_is_refused_at_once(function: Callable[..., object], says: str) -> None:
    """The error names the function and the parameter."""
    with pytest.raises(ConfigurationError) as caught:
        Signature(function, ())
    assert str(caught.value).startswith(f"command function {says}")


def test_an_argument_may_be_named_help() -> None:
    """Where it is no option, nothing collides."""

    def function(help: str) -> None: ...  # noqa: A002 - a name that users may give

    assert Signature(function, ()).usage == "HELP"


def for_the_type_checker(command: Command | None, who: User) -> None: ...


def test_our_own_names_need_not_be_importable() -> None:
    """Annotations often are imported for the type checker alone; a user's own class of that name is theirs."""
    router = CommandRouter()
    router.command(for_the_type_checker)
    assert router.routes["for-the-type-checker"].signature.usage == "WHO"

    namespace: dict[str, Any] = {}
    exec("class User: ...\ndef function(x: 'User'): ...", namespace)  # noqa: S102 - a module of its own
    with pytest.raises(ConfigurationError, match="cannot be typed as"):
        Signature(namespace["function"], ())


@pytest.mark.parametrize("function", [42, "text", None])
def test_what_is_no_function_is_no_command(function: Any) -> None:
    """Said when it is registered."""
    with pytest.raises(ConfigurationError, match="a command is a function, got"):
        CommandRouter().command("x")(function)
