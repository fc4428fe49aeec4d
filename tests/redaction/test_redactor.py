"""Redaction by value, of what `extra=` gave, and by what the handler's `redact` says."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Mapping
from logging.config import ConvertingList
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.errors import ConfigurationError
from slack_logging.options import Hidden
from slack_logging.redaction.redactor import WINDOW, Redactor
from slack_logging.redaction.shapes import MARKER

#: No look and no name gives this away.
VALUE = 'plain "words", 50% / ünïq'


def configured(
    option: object = True, *, environ: Mapping[str, str] | None = None, own: tuple[str, ...] = ()
) -> Redactor:
    """Return a redactor as the handler makes it."""
    return Redactor.configured(option, environ=environ or {}, own=own)


@given(st.text(min_size=6), st.binary(max_size=5), st.text(max_size=5), st.sampled_from(["ada:", "x", ""]))
def test_a_known_value_is_hidden_however_it_is_written(value: str, head: bytes, tail: str, user: str) -> None:
    """As it is, in an address, in JSON, in a repr, and in base64 wherever it begins there."""
    if value in MARKER:
        return
    redactor = configured({"values": [value]})
    encoded = value.encode("utf-8", "surrogatepass")
    assert redactor.redact(f"a {value} b") == f"a {MARKER} b"
    assert redactor.redact(json.dumps({"n": value})) == json.dumps({"n": MARKER})
    assert redactor.redact(json.dumps({"n": value}, ensure_ascii=False)) == json.dumps({"n": MARKER})
    assert redactor.redact(repr([value]))[2:-2] == MARKER
    for written in (quote(encoded, safe=""), quote(encoded), quote_plus(encoded)):
        assert redactor.redact(f"?q={written}&n") == f"?q={MARKER}&n"
    if len(encoded) >= 12:
        written = base64.b64encode(head + encoded + user.encode()).decode()
        left = redactor.redact(written)
        assert MARKER in left
        assert all(part not in left for part in (written[at : at + 8] for at in range(8, len(encoded) - 8)))


def test_a_known_value_with_spaces_is_hidden_in_queries_too() -> None:
    """There each is a plus sign."""
    redactor = configured({"values": ["correct horse battery/1+1"]})
    query = urlencode({"q": "correct horse battery/1+1", "n": 1})
    assert redactor.redact(f"https://shop.example/?{query}") == f"https://shop.example/?q={MARKER}&n=1"


@given(st.text(min_size=6), st.text("'\"a\\<&é", min_size=6))
def test_a_known_value_is_hidden_where_it_is_written_twice(free: str, quotes: str) -> None:
    """In JSON within JSON, in a repr within one, in either within the other, and in HTML."""
    for value in (free, quotes):
        if value in MARKER:
            continue
        redactor = configured({"values": [value]})
        for first in (json.dumps, _plain_json, repr):
            inner = first([value])
            for second in (json.dumps, _plain_json, repr, html.escape, _template_escape):
                assert redactor.redact(second(f"{inner} \"'")) == second(f"{inner[:2]}{MARKER}{inner[-2:]} \"'")
        assert redactor.redact(html.escape(value)) == redactor.redact(_template_escape(value)) == MARKER


def _plain_json(given: object) -> str:
    return json.dumps(given, ensure_ascii=False)


def _template_escape(text: str) -> str:
    return html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def test_own_tokens_and_addresses_are_hidden() -> None:
    """Whatever they look like; what is empty is none."""
    redactor = configured(own=("local-token-1", "http://127.0.0.1:8000/x/y", ""))
    assert redactor.redact("local-token-1 to http://127.0.0.1:8000/x/y") == f"{MARKER} to {MARKER}"


@pytest.mark.parametrize(
    "name",
    "SLACK_BOT_TOKEN DB_PASSWORD PGPASSWORD MYSQL_PWD STRIPE_SECRET OPENAI_API_KEY AWS_SECRET_ACCESS_KEY APP_KEY "
    "apikey SENTRY_DSN AZURE_CONNECTION_STRING APP_CREDENTIALS PASSPHRASE RSA_PRIVATE_KEY SLACK_WEBHOOK_URL "
    "SLACK_WEBHOOK DEPLOY_SSH_KEY FERNET_KEY HMAC_KEY GH_PAT REDIS_AUTH SECRET_KEY_BASE".split(),
)
def test_environment_variables_named_like_secrets_are_hidden(name: str) -> None:
    """Their values, from 12 characters on: shorter ones are words."""
    redactor = configured(environ={name: "abcdefghijkl"})
    assert redactor.redact("so abcdefghijkl it is") == f"so {MARKER} it is"
    assert configured(environ={name: "abcdefghijk"}).redact("so abcdefghijk it is") == "so abcdefghijk it is"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/usr/bin:/bin:/sbin"),
        ("PWD", "/home/ada/projects/x"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/app/credentials.json"),
        ("DB_PASSWORD", "./secrets/db/password"),
        ("APP_TOKEN", "C:\\secrets\\token.txt"),
        ("SLACK_BOT_TOKEN_FILE", "slack-token-file"),
        ("TOKENIZERS_PARALLELISM", "false-and-more"),
        ("SSH_AUTH_SOCK", "agent.socket.1234"),
        ("PUBLIC_KEY", "abcdefghijklm"),
        ("SECRET_NAME", "production-db"),
        ("KEYBOARD_LAYOUT", "de-latin1-nodeadkeys"),
        ("DATABASE_HOST", "db.example.com"),
    ],
)
def test_ordinary_environment_variables_are_not_secrets(name: str, value: str) -> None:
    """Neither are files in which a secret is."""
    assert configured(environ={name: value}).redact(f"so {value} it is") == f"so {value} it is"


def test_a_value_that_holds_another_is_hidden_whole() -> None:
    """The longest first, whatever the order in which they came."""
    redactor = configured({"values": ["swordfish", "swordfish-and-chips"]})
    assert redactor.redact("swordfish-and-chips swordfish") == f"{MARKER} {MARKER}"


def test_a_value_can_be_registered_at_any_time() -> None:
    """From the next text on it is hidden, whichever threads register."""
    redactor = configured()
    assert redactor.redact("ask swordfish-9") == "ask swordfish-9"
    threads = [threading.Thread(target=redactor.register, args=(f"swordfish-{number}",)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (
        redactor.redact("ask " + " ".join(f"swordfish-{number}" for number in range(10))) == "ask" + f" {MARKER}" * 10
    )


@pytest.mark.parametrize("value", ["", "abcde", "redacted", 12345678, None])
def test_what_is_no_secret_cannot_be_registered(value: object) -> None:
    """It would take words out of every text."""
    with pytest.raises(ConfigurationError, match="expected text of 6 characters or more") as raised:
        configured().register(value)
    assert "abcde" not in str(raised.value)


def test_secrets_are_not_in_the_redactors_own_repr() -> None:
    """It tells how many there are."""
    assert repr(configured({"values": [VALUE], "patterns": "x+"})) == "<Redactor, 1 values, 1 patterns>"
    assert repr(configured(False)) == "<Redactor off, 0 values, 0 patterns>"


@pytest.mark.parametrize("option", [False, "false", " False "])
def test_redaction_can_be_turned_off(option: object) -> None:
    """Then everything is left as it is, also what is named like a secret."""
    redactor = configured(option, own=("local-token-1",))
    assert redactor.redact("password=hunter2 local-token-1") == "password=hunter2 local-token-1"
    assert redactor.redact_value("password", "hunter2") == "hunter2"


@pytest.mark.parametrize("option", [True, "true", {}, {"keys": [], "values": [], "patterns": []}])
def test_the_defaults_are_on(option: object) -> None:
    """A mapping adds to them."""
    assert configured(option).redact("password=hunter2") == f"password={MARKER}"


def test_keys_patterns_and_values_add_to_the_defaults() -> None:
    """Keys count like the built-in names, in a text and for `extra=`; of a pattern all that it matches is hidden."""
    redactor = configured({"keys": "ssn, Tax.Id", "patterns": [r"ORD-\d{6}", "q+"], "values": ["swordfish"]})
    assert redactor.redact("user_ssn=1-2 'tax.id': '3' ORD-123456 aqq swordfish ORD-1 password=x") == (
        f"user_ssn={MARKER} 'tax.id': '{MARKER}' {MARKER} a{MARKER} {MARKER} ORD-1 password={MARKER}"
    )
    assert redactor.redact_value("userSSN", "1-2") == MARKER
    assert redactor.redact(f"{'a' * (WINDOW - 5)}{'q' * 3 * WINDOW}b") == f"{'a' * (WINDOW - 5)}{MARKER}b"


def test_a_pattern_does_not_redact_the_marker() -> None:
    """Nor does one that matches between two characters hide any."""
    redactor = configured({"patterns": ["[a-z]+d", r"\b|z"]})
    assert redactor.redact(redactor.redact("password=x hidd Z z")) == f"{MARKER}={MARKER} {MARKER} Z z"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (None, "redact: got NoneType, not shown here: expected True or False, also as a text, or a mapping"),
        (1, "redact: got int, not shown here: expected"),
        ("yes please", "redact: got a text, not shown here: expected"),
        ({1: "swordfish"}, "redact: got a mapping, not shown here: expected"),
        (["swordfish"], "redact: got a list, not shown here: expected"),
        (ConvertingList(["swordfish"]), "redact: got a list, not shown here: expected"),
        ({"pattern": "x"}, "redact has no option 'pattern': did you mean patterns?"),
        ({"keys": 3}, "redact: keys=3: expected a list of strings"),
        ({"keys": [""]}, "redact: keys=['']: expected a list of strings, none of them blank: leave it out"),
        ({"values": 3}, "redact: values: got int: expected a list of texts"),
        ({"patterns": 3}, "redact: patterns: got int: expected a list of texts"),
        ({"values": ["fish"]}, "redact: values: got 4 characters: expected text of 6 characters or more"),
        ({"values": [b"swordfish"]}, "redact: values: got bytes: expected text of 6"),
        ({"patterns": [3]}, "redact: patterns: 3: expected a regular expression as text"),
        ({"patterns": ["(a"]}, "redact: patterns: '(a' is no regular expression: missing )"),
        ({"patterns": ["a*"]}, "redact: patterns: 'a*' matches the empty text"),
        *(
            ({"patterns": [pattern]}, f"redact: patterns: {pattern!r} repeats a group that repeats")
            for pattern in ("(a+)+b", "((a*))*b", "x(?:a|ab)+y", "(a{2,}b?)*c", r"(\)[)]a+)+b", "(x(a+)y){2,}z")
        ),
    ],
)
def test_a_wrong_option_is_named(option: object, said: str) -> None:
    """With what was got and what is expected, and without a secret."""
    with pytest.raises(ConfigurationError) as raised:
        configured(option)
    assert str(raised.value).startswith(said)
    assert "sword" not in str(raised.value)


@pytest.mark.parametrize("pattern", [r"(ab)+c", r"[(a+)]+b", r"\(a+\)+b", "(a|b)c", "x(a+)y{2,3}", "(?:a+b)"])
def test_patterns_that_cannot_try_for_ever_are_taken(pattern: str) -> None:
    """A group that repeats nothing may be repeated, and one that does may stand alone."""
    assert repr(configured({"patterns": pattern})) == "<Redactor, 0 values, 1 patterns>"


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("password", "hunter2", MARKER),
        ("db_password", 12345, MARKER),
        ("apiKeys", ["a", "b"], MARKER),
        ("Authorization", {"a": 1}, MARKER),
        ("password", None, None),
        ("token", False, False),
        ("max_tokens", 100, 100),
        ("text", "password=hunter2", f"password={MARKER}"),
        ("count", 1.5, 1.5),
        (
            "user",
            {"name": "ada", "secret": "x", "n": {"pwd": "y"}},
            {"name": "ada", "secret": MARKER, "n": {"pwd": MARKER}},
        ),
        (
            "env",
            [{"name": "DB_PASSWORD", "value": "x"}, {"value": "y", "name": "HOST"}],
            [{"name": "DB_PASSWORD", "value": MARKER}, {"value": "y", "name": "HOST"}],
        ),
        (
            "errors",
            [{"loc": ("body", "keys", "api_key", 0), "input": "x"}, {"loc": ["host"], "input": "y"}],
            [{"loc": ["body", "keys", "api_key", 0], "input": MARKER}, {"loc": ["host"], "input": "y"}],
        ),
        (
            "errors",
            {"loc": ("password",), "input": {"host": "db", "api_key": "x"}},
            {"loc": ["password"], "input": {"host": "db", "api_key": MARKER}},
        ),
        ("login", {"pass": "x", "pw": "y"}, {"pass": MARKER, "pw": MARKER}),
        ("headers", (("Cookie", "a=b"), ["token=x"]), [["Cookie", MARKER], [f"token={MARKER}"]]),
        ("fields", ["password", "email"], ["password", "email"]),
        ("size", ("a", 2), ["a", 2]),
        ("map", {"token=abc": 1, 2: "3"}, {f"token={MARKER}": 1, 2: "3"}),
        ("map", {"token=abc": 1, "token=d": 2}, {f"token={MARKER}": 1, f"token={MARKER}_": 2}),
    ],
)
def test_what_extra_gave_is_redacted_by_its_name_and_within(name: str, value: object, left: object) -> None:
    """A secret's name hides the whole value; other values keep their form."""
    assert configured().redact_value(name, value) == left


def test_what_holds_itself_has_an_end() -> None:
    """Beyond some levels nothing is shown."""
    value: dict[str, object] = {}
    value["again"] = value
    assert json.dumps(configured().redact_value("x", value)).count("again") == 9


def test_a_secret_that_does_not_show_is_known_by_its_value_alone() -> None:
    """Its representation, dots, is no secret."""
    redactor = Redactor.configured(True, environ={}, own=[Hidden("xoxb-very-secret-token")])
    assert redactor.redact("loading... xoxb-very-secret-token") == "loading... [redacted]"
