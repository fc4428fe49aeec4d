"""Redaction of values that nothing quotes: which quotes and brackets are within, and which stand around."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from slack_logging.redaction.redactor import Redactor
from slack_logging.redaction.shapes import MARKER
from tests.redaction.test_redaction import UNQUOTED

REDACTOR = Redactor()

HARMLESS = [
    "DETAIL:  Key (user_id)=(5) already exists. Key (token)=() Key (max_tokens, token_count)=(5, 6). (password)",
    "password=<password> token=<your token> secret=(hidden) password=[hidden], passwords={name} password={{ x }}",
    "<http://localhost:8080>now@x <http://localhost:8080|x>now@x {http://a:80}x@y [http://a:80]x@y",
    '{"url": "http://a:x", "mail": "a@b"} <a href="http://a:x">ada@b</a> <http://a:x>, a@b',
]


@pytest.mark.parametrize(
    "text",
    [
        "password=#, user=ada; token=# and more",
        '{"url": "/x?token=#", "n": \'a\'}',
        "<a href='/x?token=#'/> <a href=\"/x?token=#\">here</a>",
        "<https://x/?token=#>, `password=#`. \"password=#\"! 'password=#'.",
        "<i>password=#<br>or<b>more</b></i> <td>password=#</td>",
        "curl -d 'token=#' \"https://x/?token=#\"&&ls; echo `f --token=#`",
        "f('password=#', b'password=#') {'a': 'password=#', 'b': ['token=#']} \"{'a': 'token=#'}\"",
        "(password=#) [secret=#] \x1b[36m'token=#'\x1b[0m",
    ],
)
@pytest.mark.parametrize("secret", ["hunter2", "hun'ter2", 'h"u`n<7t', "h)u]n}t7", "h(7u{n[t"])
def test_what_stands_around_a_value_stays(text: str, secret: str) -> None:
    """A text's own quotes, tags, brackets and commands."""
    assert REDACTOR.redact(text.replace("#", secret)) == text.replace("#", MARKER)
    assert REDACTOR.redact(text.replace("#", MARKER)) == text.replace("#", MARKER)


def test_an_angle_bracket_is_within_where_no_tag_follows() -> None:
    """Else it ends the tag, or the address, in which the value stands."""
    assert REDACTOR.redact("password=h>7>h, user=ada") == f"password={MARKER}, user=ada"
    assert REDACTOR.redact("<a href=/x?token=hunter2>7 days</a>") == f"<a href=/x?token={MARKER}>7 days</a>"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_in_brackets_is_no_value(text: str) -> None:
    """What a program puts a value in for, what is hidden already, and an address with a port stay."""
    assert REDACTOR.redact(text) == text


@given(st.sampled_from("([{"), UNQUOTED.map("".join))
def test_a_bracket_right_behind_an_equals_sign_is_the_values(bracket: str, rest: str) -> None:
    """Where nothing closes it."""
    secret = f"{bracket}Zq7P{rest.translate(dict.fromkeys(map(ord, '()[]{}'), 'a'))}Z"
    assert REDACTOR.redact(f"DB_PASSWORD={secret} and more") == f"DB_PASSWORD={MARKER} and more"
    assert REDACTOR.redact(f"f(x={{}}, password={secret}, n=1)") == f"f(x={{}}, password={MARKER}, n=1)"


@given(st.sampled_from(["'", '"', "`", "<", ">", "(", "[", "{", "=", ""]), UNQUOTED.map("".join))
def test_a_password_of_any_signs_is_hidden_in_an_address(first: str, rest: str) -> None:
    """Up to the last sign that could end it, with whatever mark it begins."""
    assume("//" not in rest)
    left = f"connect: postgres://ada:{MARKER}@db/x, mail bob@example.com"
    assert REDACTOR.redact(left.replace(MARKER, f"{first}Z{rest}Z")) == left


@given(
    st.sampled_from(
        [
            "api_key",
            '"apiKey"',
            "a, token",
            "token, b",
            "lower(email), password",
            "id, lower(token)",
            "user_id, db_secret",
        ]
    ),
    st.text("aZ09!#$%*+-/?@^_~'\"<>{}[(,;= ", min_size=1),
)
def test_a_row_that_a_database_refuses_is_hidden(columns: str, values: str) -> None:
    """As PostgreSQL tells of it, all values together, where one of the columns holds secrets."""
    left = f"duplicate key\nDETAIL:  Key ({columns})=({MARKER}) already exists."
    for text, hidden in ((left, left), (repr(left), repr(left)), (left.replace("DETAIL", '  File "x'),) * 2):
        assert REDACTOR.redact(text.replace(MARKER, values)) == hidden
        assert REDACTOR.redact(hidden) == hidden
