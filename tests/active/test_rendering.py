"""What a command's arguments are written as is what a person types to get them again."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from slack_logging import BadArguments, Channel, CommandError, Secret, User
from slack_logging.active.language.parsing import as_typed, recognise
from slack_logging.active.language.signature import HelpWanted, Signature
from slack_logging.local import LocalSlack
from slack_logging.slack.literal import escape
from slack_logging.slack.text import Span, tidy, typed


class Colour(enum.Enum):
    """An enumeration."""

    RED = 1
    LIGHT_GREEN = "light green"


Env = Literal["dev", "prod", "-x", "two words"]
WORDS = (
    st.text(max_size=12)
    | st.sampled_from(
        [
            "--",
            "-h",
            "--help",
            "-x",
            "--x=y",
            "-1",
            '"',
            "'",
            "\\",
            "a b",
            "it's",
            "—",
            "–x",
            "—force\nnow",
            "“a b”",
            "it’s",
        ]
    )
    | st.text(alphabet="“”„‘’—–-\"'\\= a1\n…", max_size=12)
)
VALUES: dict[object, st.SearchStrategy[Any]] = {
    str: WORDS,
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    timedelta: st.timedeltas(timedelta(0), timedelta(days=36_000)),
    Colour: st.sampled_from(Colour),
    Env: st.sampled_from(["dev", "prod", "-x", "two words"]),
    User: st.from_regex(r"U0[A-Z0-9]{7}", fullmatch=True).map(User),
    Channel: st.from_regex(r"C0[A-Z0-9]{7}", fullmatch=True).map(Channel),
}


@st.composite
def calls(draw: st.DrawFn) -> tuple[Signature, dict[str, Any]]:
    """Return a signature, and arguments that could have been typed for it."""
    annotations: dict[str, Any] = {}
    values: dict[str, Any] = {}
    parts: dict[bool, list[str]] = {False: [], True: []}
    kinds = st.sampled_from(list(VALUES))
    list_at = draw(st.integers(0, 6))
    for number, (kind, is_option, is_optional) in enumerate(
        draw(st.lists(st.tuples(kinds, st.booleans(), st.booleans()), max_size=5))
    ):
        name = f"p{number}"
        is_list = draw(st.booleans()) if is_option else number == list_at
        annotations[name] = list[kind] if is_list else kind  # type: ignore[valid-type] # made up as we go
        parts[is_option].append(f"{name}=None" if is_option and is_optional else name)
        if not (is_option and is_optional and draw(st.booleans())):
            values[name] = draw(st.lists(VALUES[kind], min_size=1, max_size=3) if is_list else VALUES[kind])
    if annotations:
        every = ", ".join([*parts[False], *(["*", *parts[True]] if parts[True] else [])])
        namespace: dict[str, Any] = {}
        exec(f"def function({every}): ...", namespace)  # noqa: S102 - a function of any shape
        namespace["function"].__annotations__ = annotations
        return Signature(namespace["function"], ()), values
    return Signature(lambda: None, ()), {}


def bound(signature: Signature, spans: list[Span]) -> dict[str, Any]:
    """Return what a typed command's arguments become."""
    call = recognise(spans, prefix="!", bot_user="U0BOT")
    assert call is not None
    return signature.bind(call.args(), {})


@given(calls())
def test_arguments_come_back_as_they_were(call: tuple[Signature, dict[str, Any]]) -> None:
    """Whatever the signature and the values: from the canonical form, read as Slack's text form.

    But for what has no way to be typed: backticks, and line breaks beside blanks that a client would change.
    """
    signature, values = call
    texts = [each for value in values.values() for each in (value if isinstance(value, list) else [value])]
    for text in texts:
        if isinstance(text, str):
            assume("`" not in text)
            assume("\n" not in text or (tidy(text) == text and "\n>" not in text))
    assert bound(signature, typed({"text": escape(f"!x {signature.render(values)}")})) == values


_STYLE = st.none() | st.fixed_dictionaries({}, optional={"code": st.booleans(), "bold": st.booleans()})
_INLINE = st.fixed_dictionaries(
    {"type": st.sampled_from("text link user usergroup channel broadcast emoji date color odd".split())},
    optional={
        "text": WORDS,
        "style": _STYLE,
        "url": WORDS,
        "user_id": WORDS,
        "channel_id": WORDS,
        "name": WORDS,
        "value": WORDS,
        "fallback": WORDS,
        "range": st.none() | WORDS,
    },
)
_ELEMENT = st.recursive(
    _INLINE,
    lambda inner: st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                "rich_text_section rich_text_list rich_text_quote rich_text_preformatted rich_text odd".split()
            ),
            "elements": st.lists(inner, max_size=4) | st.none(),
        }
    ),
    max_leaves=8,
)
_STARTS = st.sampled_from(["!x ", "!x", " !X_y\n", "<@U0BOT> x ", "!@web ", ""])


def everything(
    text: str = "",
    numbers: list[int] | None = None,
    *,
    env: Env = "dev",
    colour: Colour = Colour.RED,
    who: User | None = None,
    where: list[Channel] | None = None,
    after: timedelta = timedelta(0),
    on: bool = False,
    key: Secret | None = None,
) -> None: ...


SIGNATURE = Signature(everything, ())


def understood(message: dict[str, Any]) -> None:
    """Read a message all the way; a `CommandError` is an answer, too."""
    call = recognise(typed(message), prefix="!", bot_user="U0BOT")
    if call is None:
        return
    try:
        values = SIGNATURE.bind(call.args(), {})
    except CommandError as error:
        assert str(error) or isinstance(error, HelpWanted)  # noqa: PT017 - it may be, or not
    else:
        assert set(values) <= set(everything.__annotations__)
        assert SIGNATURE.render(values).isascii() or values


@given(_STARTS, st.text() | st.text(alphabet="-=—–“”„‘’ \"'`\\hepxwo1\n…<>@#!|&;^*_", max_size=30))
def test_any_text_is_understood_or_refused(start: str, rest: str) -> None:
    """Nothing but a `CommandError` is raised, whatever Unicode is in it."""
    understood({"text": start + rest})
    understood({"text": escape(start + rest)})


@given(_STARTS, st.lists(_ELEMENT, max_size=4))
def test_any_block_is_understood_or_refused(start: str, elements: list[dict[str, Any]]) -> None:
    """However it is nested."""
    first = {"type": "rich_text_section", "elements": [{"type": "text", "text": start}, *elements]}
    understood({"blocks": [{"type": "rich_text", "elements": [first, *elements]}]})


def note(who: str, text: str, *, tag: list[str] | None = None, loud: bool = True) -> None: ...


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "two words",
        "it's",
        'say "hi" & <bye>',
        "*bold* _it_ ~no~",
        "snake_case_name",
        ":tada: 10:30:15",
        "\U0001f389 done",
        "@ada and @here",
        "#ops-commands",
        "<@U0ADA0000> <!channel> &amp;",
        "https://x.io/a?b=1 db.internal ops@example.com",
        "\u201csmart\u201d \u2014 2020\u20132021\u2026",
        "a\u00a0b\u200bc",
        "--force",
        "-",
        "",
        "> quoted",
        "C:\\temp \\d+",
        "zwei\nZeilen",
        "日本語 مرحبا",
    ],
)
def test_slacks_message_box_changes_nothing_of_it(slack: LocalSlack, text: str) -> None:
    """What is written is typed in Slack, mention, link or smart quote in it or not, and read from either form."""
    signature = Signature(note, ())
    values = {"who": text, "text": f"x {text}", "tag": [text, "b"], "loud": False}
    slack.say("#ops-commands", f"!x {signature.render(values)}", user="ada")
    message = slack.messages("#ops-commands")[-1]
    assert bound(signature, typed(message)) == values
    assert bound(signature, typed({"text": message["text"]})) == values


def deploy(
    service: str,
    size: Colour = Colour.RED,
    *,
    by: User | None = None,
    key: Secret | None = None,
    force: bool = False,
    after: timedelta = timedelta(0),
    tags: list[int] | None = None,
) -> None: ...


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (deploy, {}, ""),
        (deploy, {"service": "api", "force": False, "by": None, "command": object()}, "api"),
        (deploy, {"service": "my api", "size": Colour.LIGHT_GREEN, "force": True}, '"my api" LIGHT_GREEN --force'),
        (deploy, {"service": "api", "by": User("U1"), "key": Secret("hunter2")}, "api --by U1 --key ..."),
        (
            deploy,
            {"service": "api", "after": timedelta(minutes=90), "tags": [1, -2]},
            "api --after 1h30m --tags 1 --tags -2",
        ),
        (deploy, {"service": "-x", "force": True}, "--force -- -x"),
        (note, {"who": "a", "text": "b", "tag": ["--x"], "loud": False}, "a b --tag=--x --no-loud"),
        (note, {"who": "@ada", "text": "it's"}, '`@ada` "it\'s"'),
    ],
)
def test_the_canonical_form_is_what_a_person_would_type(
    function: Callable[..., object], values: dict[str, Any], expected: str
) -> None:
    """Arguments, then options; bare where that will do, in quotation marks or as code where not; secrets are dots."""
    assert Signature(function, ()).render(values) == expected


@given(st.text())
@example("`…`")
@example("\n…")
@example("—\n“")
def test_a_word_is_always_written_as_something(word: str) -> None:
    """Also where no way of typing would keep it whole: then it is read as one word, or refused, all the same."""
    try:
        call = recognise(typed({"text": escape(f"!x {as_typed(word)}")}), prefix="!", bot_user="U0BOT")
        assert call is not None
        assert isinstance(call.args(), list)
    except BadArguments as error:
        assert "is never closed" in str(error)  # noqa: PT017 - it may be, or not
