"""Redaction by look and by name: what is hidden, what stays, and that no text can make it slow."""

from __future__ import annotations

import base64
import importlib
import inspect
import json
import re
import sys
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from slack_logging.redaction import ends, named, shapes
from slack_logging.redaction.named import Names
from slack_logging.redaction.redactor import MOST_FOUND, WINDOW, Redactor
from slack_logging.redaction.shapes import MARKER, REACH, RUN, SHAPES
from tests.redaction.secrets import BASE32, BY_LOOK, BY_NAME, HARMLESS, HEX, LOWER, MIXED

REDACTOR = Redactor()
PARSER: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

#: Prefix, alphabet and length of what vendors draw at random.
VENDORS = [
    ("xoxb-1234-", MIXED, 24),
    ("xoxe.xoxp-1-", MIXED, 60),
    ("xapp-1-A1-", HEX, 64),
    ("https://hooks.slack.com/services/T1/B1/", MIXED, 24),
    ("https://discord.com/api/webhooks/123456789/", MIXED + "_-", 60),
    ("https://chat.example/hooks/", LOWER, 26),
    ("AKIA", BASE32, 16),
    ("ghp_", MIXED, 36),
    ("github_pat_", MIXED, 82),
    ("glpat-", MIXED + "_-", 20),
    ("AIza", MIXED + "_-", 35),
    ("ya29.", MIXED + "_-", 80),
    ("sk_live_", MIXED, 24),
    ("whsec_", MIXED, 32),
    ("sk-", MIXED, 48),
    ("sk-ant-api03-", MIXED + "_-", 90),
    ("npm_", MIXED, 36),
    ("pypi-AgEI", MIXED + "_-", 120),
    ("SK", HEX, 32),
    ("hf_", MIXED, 34),
    ("eyJhbGciOiJIUzI1NiJ9.eyJz", MIXED, 40),
    ("-----BEGIN PRIVATE KEY-----\n", MIXED + "+/", 200),
]

NAMES = ["password", "DB_PASSWORD", "api_key", "clientSecret", "X-Auth-Token", "private_key", "user-passphrase"]

#: Pieces that openings, values and their ends are made of.
PIECES = [
    *("password", "api_key", "token", "Authorization", "Cookie", "Bearer ", "--", "=", ": ", ":", ", ", ",", "&", ";"),
    *("'", '"', "\\", '\\"', "(", ")", "[", "]", "{", "}", "<", ">", " ", "\n", "a", "hunter2", "None", "://", "@"),
    *(MARKER, "xoxb-", "eyJ", ".", "AKIA", MIXED[:24], BASE32[:16], "-----BEGIN PRIVATE KEY-----", "-----", "%3D"),
    *('  File "', "\n    ", "d]", "[red", "sk-", "é"),
]


@pytest.mark.parametrize(("text", "left"), BY_LOOK + BY_NAME)
def test_a_secret_is_hidden_and_what_names_it_stays(text: str, left: str) -> None:
    """The marker stands in the secret's place, and redacting again changes nothing."""
    assert REDACTOR.redact(text) == left
    assert REDACTOR.redact(left) == left


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    """Ids, hashes, addresses, images, prose, code and SQL are left as they are."""
    assert REDACTOR.redact(text) == text


@pytest.mark.parametrize("back", [0, 1, 5, 17, 40])
def test_a_secret_across_two_pieces_is_found(back: int) -> None:
    """It makes no difference where in a long text something stands."""
    for text, left in [*BY_LOOK, *BY_NAME, *((same, same) for same in HARMLESS)]:
        before = "a line\n" * (WINDOW // 7) + "\n" * (WINDOW % 7)
        before = before[: WINDOW - back - 1] + "\n"
        if "File" not in text:
            assert REDACTOR.redact(before + text) == before + left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"password={'a(b)c,d' * 9_000} x", f"password={MARKER} x"),
        ("{'password': '" + "a\\\\" * 20_000 + "', 'n': 1}", f"{{'password': '{MARKER}', 'n': 1}}"),
        (f"xoxb-{MIXED * 500}.", f"xoxb-{MARKER}."),
        (f"eyJ{MIXED}.{MIXED * 500}.{MIXED} x", f"eyJ{MARKER} x"),
        (f"a -----BEGIN PRIVATE KEY-----{MIXED * 500}----- b", f"a -----BEGIN PRIVATE KEY-----{MARKER}----- b"),
        (f"Cookie: {'a=b; ' * 9_000}\nb", f"Cookie: {MARKER}\nb"),
    ],
    ids=lambda text: text[:16],
)
def test_a_secret_of_any_length_is_hidden_whole(text: str, left: str) -> None:
    """However many calls it takes, no end of it is left."""
    assert len(text) > 4 * WINDOW
    assert REDACTOR.redact(text) == left


@pytest.mark.parametrize(("prefix", "alphabet", "length"), VENDORS, ids=lambda value: str(value)[:20].strip())
@given(data=st.data())
def test_no_part_of_a_token_gets_out(prefix: str, alphabet: str, length: int, data: st.DataObject) -> None:
    """Whatever stands around it, and however the text is quoted, no eight characters of it are left."""
    secret = data.draw(st.text(alphabet, min_size=length, max_size=length), label="secret")
    before, after = data.draw(st.text(), label="before"), data.draw(st.text(), label="after")
    text = f"{before} {prefix}{secret} {after}"
    for written in (text, json.dumps(text), repr(text), f"https://x.example/?q={quote(text)}", json.dumps([text])):
        parts = [secret[at : at + 8] for at in range(len(secret) - 7)]
        around = (before + prefix + after, json.dumps(before + prefix + after))
        redacted = REDACTOR.redact(written)
        assert [part for part in parts if part in redacted and not any(part in other for other in around)] == []


@given(st.sampled_from(NAMES), st.text(min_size=8))
def test_a_quoted_value_is_hidden_from_quote_to_quote(name: str, value: str) -> None:
    """In JSON, in JSON within JSON, and in Python's repr, whatever characters it has, and nothing else is lost."""
    assume(not re.fullmatch(named._NOTHING, value.lower()))
    assume(not re.match(r"(?i)(?:(?:x-)?api-?key:?|basic|bearer|negotiate|ntlm|token) ", value))
    for write in (json.dumps, lambda given: json.dumps(json.dumps(given)), _plain_json):
        assert REDACTOR.redact(write({name: value, "n": 1})) == write({name: MARKER, "n": 1})
    quotes = repr(value)[0]
    assert REDACTOR.redact(repr({name: value, "n": 1})) == f"{{'{name}': {quotes}{MARKER}{quotes}, 'n': 1}}"


@given(st.sampled_from(NAMES), st.text(min_size=1, max_size=40))
def test_a_value_that_is_named_beside_it_is_hidden(name: str, value: str) -> None:
    """As containers' environments are written, in either order, whatever characters it has."""
    assume(not re.fullmatch(named._NOTHING, value.lower()))
    assume(not re.match(r"(?i)(?:(?:x-)?api-?key:?|basic|bearer|negotiate|ntlm|token) ", value))
    for order in (("name", "value"), ("value", "name")):
        for write in (json.dumps, lambda given: json.dumps(json.dumps(given)), _plain_json):
            pair, hidden = ({"name": name, "value": each} for each in (value, MARKER))
            left = write([{key: hidden[key] for key in order}, 1])
            assert REDACTOR.redact(write([{key: pair[key] for key in order}, 1])) == left
        quotes = repr(value)[0]
        left = repr({key: hidden[key] for key in order}).replace(repr(MARKER), f"{quotes}{MARKER}{quotes}")
        if value not in name:
            assert REDACTOR.redact(repr({key: pair[key] for key in order})) == left


def _plain_json(given: object) -> str:
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"))


#: What unquoted values are made of; a mark or a bracket is within one where a digit follows.
UNQUOTED = st.lists(st.sampled_from([*"aZ09!#$%*+-./:?@^_~", *(f"{sign}9Z" for sign in "'\"`<({[)]}")]), min_size=7)


@given(st.sampled_from(NAMES), UNQUOTED.map(lambda parts: f"h{''.join(parts)}"))
def test_an_unquoted_value_is_hidden_up_to_its_end(name: str, value: str) -> None:
    """In a sentence, a query, a shell's command, a call and a header."""
    for text in (
        "set {}={} and more",
        "/x?n=1&{}={}&m=2",
        "export {}={}; run",
        "f(n=1, {}={}, m=2)",
        "f(n=1,{}={},m=2)",
        "{}: {}\nm: 2",
        "run --{} {} --m 2",
        '{{"url": "/x?{}={}"}}',
    ):
        assert REDACTOR.redact(text.format(name, value)) == text.format(name, MARKER)
    query = urlencode({name: value, "m": 2})
    assert REDACTOR.redact(query) == f"{name}={MARKER}&m=2"


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("password%3D,password%3D=")
def test_redacting_twice_changes_nothing(text: str) -> None:
    """What is redacted holds nothing to redact."""
    once = REDACTOR.redact(text)
    assert REDACTOR.redact(once) == once


HARMLESS_WORDS = st.one_of(
    st.text("0123456789abcdef", min_size=7, max_size=64),
    st.uuids().map(str),
    st.integers().map(str),
    st.floats().map(str),
    st.datetimes().map(str),
    # a first = would make all behind it the value of the word before; a host may have the shape of a token
    st.emails().filter(lambda address: address[0] != "=" and "@eyJ" not in address),
    st.ip_addresses().map(str),
    st.binary(max_size=200)
    .map(lambda data: f"data:image/png;base64,{base64.b64encode(data).decode()}")
    .filter(lambda address: not re.search(r"[,+/]\w{2,8}=+$", address)),  # nobody could tell +pwd= from a name
    st.lists(st.text("abcxyz", min_size=1), min_size=1).map(lambda parts: "https://example.com/" + "/".join(parts)),
    st.lists(st.text("abcxyz_.", min_size=1), min_size=1).map(lambda parts: "/srv/" + "/".join(parts)),
    st.sampled_from("the password is wrong; a token expired, secret agents eat cookies with credentials".split(" ")),
    st.builds("{}={}".format, st.sampled_from(["key", "user", "max_tokens", "id"]), st.integers()),
    st.builds("v{}.{}.{}".format, st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)),
)


@given(st.lists(HARMLESS_WORDS, max_size=20).map(" ".join))
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Hashes, ids, numbers, times, addresses, images, paths and prose survive in any order."""
    assume("secret key=" not in text)
    assert REDACTOR.redact(text) == text


def test_what_sqls_function_is_given_is_hidden() -> None:
    """A function of another name that ends so is asked for a password, and not given one."""
    assert REDACTOR.redact("SELECT PASSWORD('hunter2');") == f"SELECT PASSWORD('{MARKER}');"
    for text in ("ring.password('ada')", "get_password('ada')", "password('')", "password('your name')", "password()"):
        assert REDACTOR.redact(text) == text


def test_others_get_their_turn_within_a_long_text() -> None:
    """Between any two pieces, and within a secret that has no end, there is a pause."""
    pauses: list[None] = []
    redactor = Redactor(pause=lambda: pauses.append(None))
    for text in ("password" * WINDOW, f"password={'a' * 8 * WINDOW}", 'password="' + '\\"' * 4 * WINDOW):
        pauses.clear()
        redactor.redact(text)
        assert len(pauses) >= 7


# Patterns: `re` has no bound on the time that a pattern takes, so their structure is held to one.


def patterns() -> dict[str, tuple[re.Pattern[str], int]]:
    """Return every pattern that reads a stranger's text, with how far it may look."""
    names = Names(("ssn",)).shapes("")
    found = {f"opening {shape.triggers}": (shape.opening, REACH) for shape in (*SHAPES, *names)}
    for shape in SHAPES:
        if run := inspect.getclosurevars(shape.locate).nonlocals.get("run"):
            found[f"run {shape.triggers}"] = (shapes.compiled(run), 12 * RUN)
    runs = [ends._UNQUOTED, ends._REST_OF_LINE, ends._FRAME, shapes._URL_PASSWORD, *ends._QUOTED.values()]
    runs += map(ends._items, (0, 1, 2))
    runs += ends._REST_OF_ROW, ends._REST_OF_STRING, ends._HIDDEN, ends._PARAMETER, ends._PARAMETERS_VALUE
    return found | {f"part {at}": (run, 12 * RUN) for at, run in enumerate(runs)}


def reach_of(tree: Any, *, repeated: bool = False) -> tuple[int, int]:
    """Return how many characters a pattern takes and looks at, at most.

    Fail where it repeats without end, and where what repeats holds what repeats.
    """
    taken = seen = 0
    for kind, value in tree:
        name = str(kind)
        step = (1, 1)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inner = value
            assert most < 16_384, "repeats without end"
            assert not (repeated and most > 1 and least != most), "repeats within what repeats"
            once = reach_of(inner, repeated=repeated or most > 1)
            step = (most * once[0], (most - 1) * once[0] + once[1])
        elif name in ("ASSERT", "ASSERT_NOT"):
            direction, inner = value
            # what a lookahead tried is not tried again when something behind it fails
            step = (0, reach_of(inner)[1] if direction > 0 else 0)
        elif name in ("SUBPATTERN", "BRANCH"):
            branches = value[1] if name == "BRANCH" else [value[-1]]
            step = tuple(map(max, *(reach_of(branch, repeated=repeated) for branch in branches), (0, 0)))
        elif name == "AT":
            step = (0, 0)
        else:
            assert name in ("LITERAL", "NOT_LITERAL", "IN", "ANY"), name
        seen = max(seen, taken + step[1])
        taken += step[0]
    return taken, seen


@pytest.mark.parametrize("which", patterns())
def test_no_pattern_can_be_made_to_try_for_ever(which: str) -> None:
    """No pattern looks further than its bound, and none repeats what repeats."""
    pattern, bound = patterns()[which]
    assert reach_of(PARSER.parse(pattern.pattern, pattern.flags))[1] <= bound


def test_what_follows_more_secrets_than_anybody_writes_is_hidden_whole() -> None:
    """A text made to be slow costs no more than its first ten thousand; nothing of what comes then is shown."""
    text = "pwd=x " * (MOST_FOUND + 5) + "the end"
    assert REDACTOR.redact(text) == f"pwd={MARKER} " * MOST_FOUND + MARKER
