"""What is a command, for whom, and what its words are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.active.language.parsing import check_prefix, command_name, quote, recognise, split
from slack_logging.errors import BadArguments, ConfigurationError
from slack_logging.instance import Instance
from slack_logging.slack.text import Span

BOT = "U0BOT"
INSTANCE = Instance("orders", "web-3.example.com", 4711)


@pytest.mark.parametrize(
    ("typed", "name", "args"),
    [
        ("!status", "status", []),
        ("  !status", "status", []),
        ("!Status", "status", []),
        ("!retry_order 1042", "retry-order", ["1042"]),
        ("!deploy api --force", "deploy", ["api", "--force"]),
        ("!deploy\napi", "deploy", ["api"]),
        (f"<@{BOT}> status", "status", []),
        (f"<@{BOT}>: status now", "status", ["now"]),
        (f"<@{BOT}> !status", "status", []),
        ("!@web-3 level root DEBUG", "level", ["root", "DEBUG"]),
        (f"<@{BOT}> @web-3 status", "status", []),
        ("!@web-3", "", []),
        ("!@web-3 1042 now", "1042", ["now"]),
    ],
)
def test_a_command_starts_with_the_prefix_or_a_mention(typed: str, name: str, args: list[str]) -> None:
    """Directly before a letter or an address; a mention of the bot makes the prefix unnecessary."""
    call = recognise([Span(typed)], prefix="!", bot_user=BOT)
    assert call is not None
    assert (call.name, call.args()) == (name, args)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "status",
        "!",
        "! foo",
        "!!! prod is down",
        "!?",
        "!1042",
        "please !deploy",
        "<@U0ELSE> status",
        f"<@{BOT}>",
        f"thanks <@{BOT}>",
        "!@",
        "?status",
        "_!status_",
    ],
)
def test_everything_else_is_talk(typed: str) -> None:
    """People discuss in the channel and act in it."""
    assert recognise([Span(typed)], prefix="!", bot_user=BOT) is None


def test_code_at_the_start_is_talk() -> None:
    """A command that is shown is not meant."""
    assert recognise([Span("!status", is_code=True)], prefix="!", bot_user=BOT) is None
    assert recognise([], prefix="!", bot_user=BOT) is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("web-3", True),
        ("WEB-3", True),
        ("web-3.example.com", True),
        ("web-3.example.com/4711", True),
        ("orders", True),
        ("orders:", True),
        ("web-33", False),
        ("web", False),
        ("here", False),
        ("web-3/1", False),
    ],
)
def test_an_address_is_an_instance_a_host_or_a_service(address: str, expected: bool) -> None:
    """Whole names count, in any case."""
    call = recognise([Span(f"!@{address} status")], prefix="!", bot_user=BOT)
    assert call is not None
    assert call.is_for(INSTANCE) is expected


def test_a_command_without_an_address_is_for_everybody() -> None:
    """Whoever listens may take it."""
    call = recognise([Span("!status")], prefix="!", bot_user=BOT)
    assert call is not None
    assert call.is_for(INSTANCE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  a \t b\n", ["a", "b"]),
        ("'a b' \"c d\"", ["a b", "c d"]),
        ('""', [""]),
        ("don't", ["don't"]),
        ("the dogs' food", ["the", "dogs'", "food"]),
        ("'don't do it'", ["don't do it"]),
        ('5" long', ['5"', "long"]),
        ('--msg="a b"c', ["--msg=a bc"]),
        (r"C:\temp\new \d+", [r"C:\temp\new", r"\d+"]),
        (r'"a \"b\" \\ \d"', [r'a "b" \ \d']),
        (r"'a \d'", [r"a \d"]),
    ],
)
def test_words_are_split_as_a_shell_does_but_for_prose(text: str, words: list[str]) -> None:
    """Quotations group; an apostrophe inside a word is a letter; a backslash is one outside quotations."""
    assert split([Span(text)]) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("say “a b” ‘c d’", ["say", "a b", "c d"]),
        ("„so ist“ ”så är” “a “", ["so ist", "så är", "a "]),
        ("--msg=“a b” ‘don’t do it’", ["--msg=a b", "don’t do it"]),
        ('"he said “hi”" “he said "hi"”', ["he said “hi”", 'he said "hi"']),
        ("'the ‘real’ one' ‘it's’", ["the ‘real’ one", "it's"]),
        (r"“a \”b\” \\ \d” “\"c\"”", [r"a ”b” \ \d", '"c"']),
        ("don’t O’Brien 5” a“b” wait", ["don’t", "O’Brien", "5”", "a“b”", "wait"]),
        ('“a b" "c d"', ["a b", "c d"]),
        ('“a b" “c" --d=“e f" g', ["a b", "c", "--d=e f", "g"]),
        ('"a b” "c” --d="e f”', ["a b", "c", "--d=e f"]),
    ],
)
def test_curly_quotation_marks_group_as_straight_ones_do(text: str, words: list[str]) -> None:
    """Each closes its own kind, and is text within the other; of a pair, a client may have changed only one."""
    assert split([Span(text)]) == words


def test_an_ellipsis_is_what_was_typed() -> None:
    """Three full stops, which a client makes one sign of; in a quotation and in code it is itself."""
    spans = [Span("wait… …/up a…b “so…” x="), Span("…", is_code=True)]
    assert split(spans) == ["wait...", ".../up", "a...b", "so…", "x=…"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("—force –force", ["--force", "--force"]),
        ("x –n 5 –5", ["x", "-n", "5", "-5"]),
        ("—n —msg=“a — b”", ["--n", "--msg=a — b"]),
        ("a — b – c —", ["a", "—", "b", "–", "c", "—"]),
        ("2020–2021 a—b –", ["2020–2021", "a—b", "–"]),
        ("\"—force\" '–5' “—x”", ["—force", "–5", "—x"]),
        ('"a"—b --to=—x', ["a—b", "--to=—x"]),
    ],
)
def test_a_dash_is_hyphens_only_where_an_option_begins(text: str, words: list[str]) -> None:
    """Elsewhere, alone and within quotations it is what people typed."""
    assert split([Span(text)]) == words


def test_code_is_taken_as_it_is() -> None:
    """Quotes, spaces and dashes in code are part of the word it stands in."""
    spans = [Span("x "), Span('it\'s "a" \\ b', is_code=True), Span(" --sql="), Span("select 1", is_code=True)]
    assert split(spans) == ["x", 'it\'s "a" \\ b', "--sql=select 1"]
    assert split([Span("“a "), Span("—b” “", is_code=True), Span(" c” "), Span("–x…", is_code=True)]) == [
        "a —b” “ c",
        "–x…",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('api "v1 beta', 'the quotation mark " is never closed: "v1 beta'),
        ("'oops", "the quotation mark ' is never closed: 'oops"),
        ('a --m="b', 'the quotation mark " is never closed: "b'),
        ("“v1 beta", "the quotation mark “ is never closed: “v1 beta"),
        ('"he said “hi”', 'the quotation mark " is never closed: "he said “hi”'),
        ('“he said "hi"', 'the quotation mark “ is never closed: “he said "hi"'),
        ("'don’t", "the quotation mark ' is never closed: 'don’t"),
        ("‘x'", "the quotation mark ‘ is never closed: ‘x'"),
    ],
)
def test_an_open_quotation_is_shown(text: str, shown: str) -> None:
    """The message points at the place."""
    with pytest.raises(BadArguments) as caught:
        split([Span(text)])
    assert str(caught.value) == shown


@given(st.lists(st.text() | st.text(alphabet="“”„‘’—–-\"'\\= a1\n…")))
def test_quoted_words_survive_a_round_trip(words: list[str]) -> None:
    """What is quoted is read back as the same words, whatever is in them."""
    assert split([Span(" ".join(quote(word) for word in words))]) == words


@given(st.lists(st.builds(Span, st.text(), st.booleans())), st.text(alphabet="!@<>U0BOT \"'\\a\n-=“”„‘’—–…"))
def test_no_text_is_too_odd(spans: list[Span], start: str) -> None:
    """Whatever is typed is talk, a command, or a `BadArguments`; nothing else is raised."""
    call = recognise([Span(start), *spans], prefix="!", bot_user=BOT)
    if call is None:
        return
    assert call.name == command_name(call.name)
    try:
        assert all(isinstance(word, str) for word in call.args())
    except BadArguments as error:
        assert "is never closed" in str(error)  # noqa: PT017


@pytest.mark.parametrize("prefix", ["!", "$", "!!", "?", "%+"])
def test_a_prefix_is_a_sign_or_a_few(prefix: str) -> None:
    """Signs that mean nothing to Slack will do."""
    assert check_prefix(prefix) == prefix


@pytest.mark.parametrize("prefix", ["", "/", "@", "#", "<", "&", "*", "`", "x", "ops ", "-", ":", "!" * 9])
def test_a_prefix_that_slack_would_swallow_is_refused(prefix: str) -> None:
    """A slash command, a mention, markup or a word never arrives as typed."""
    with pytest.raises(ConfigurationError, match="expected one or a few signs such as '!'"):
        check_prefix(prefix)
