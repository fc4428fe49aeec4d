"""What redaction leaves behind a secret's name, because it tells about the secret, and what it hides all the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.redaction.redactor import Redactor
from slack_logging.redaction.shapes import MARKER
from tests.redaction.test_redaction import NAMES

REDACTOR = Redactor()

#: What forms say of a field, each in words of their own: Django's and REST framework's.
SENTENCES = [
    "This field is required.",
    "This field may not be blank.",
    "This password is too short. It must contain at least 8 characters.",
    "The password is too similar to the e-mail address.",
    "The two password fields didn’t match.",
    "Ensure this value has at least 8 characters (it has 3).",
    "Enter a valid value.",
    "Invalid token.",
    "Passwords do not match.",
    "Incorrect API key.",
]

#: Words that passphrases are made of, and some that stand in sentences.
WORDS = ["correct", "horse", "battery", "staple", "field", "value", "input", "string", "set", "the", "this", "required"]


@pytest.mark.parametrize(
    "text",
    [
        "Could not find credentials: set AWS_PROFILE",
        "ValidationError: password: Field required",
        "api_key: field is required, secret: Value required",
        "password: String should have at least 8 characters; token: Input should be a valid string",
        "session key: 5 items",
        "password: changed, secret: rotated; api_key: updated by ada, token: refreshed, jwt: cached (token: reused)",
        "Password: 3 attempts left, cost_per_token=0.002, eur_per_token: 0.1, {'time_per_token': '5 ms'}",
        "secret: 32 bytes, password: 8 characters, credentials: 12 entries",
    ],
)
def test_words_about_a_secret_stay(text: str) -> None:
    """As validators and others say what is wrong, or how much there is."""
    assert REDACTOR.redact(text) == text


def _within(said: object) -> str:
    return json.dumps(json.dumps(said, ensure_ascii=False), ensure_ascii=False)


@given(st.sampled_from(NAMES), st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3))
def test_what_a_form_says_about_a_field_stays(name: str, sentences: list[str]) -> None:
    """In JSON, in JSON within JSON and in Python's repr."""
    said = {name: sentences, "n": ["a"]}
    for text in (json.dumps(said, ensure_ascii=False), repr(said), _within(said)):
        assert REDACTOR.redact(text) == text


@given(
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(SENTENCES), max_size=2),
    st.one_of(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(lambda words: f"{' '.join(words)}."),
        st.sampled_from(SENTENCES).map(lambda sentence: sentence.rstrip(".")),
        st.sampled_from(SENTENCES).map(lambda sentence: sentence.replace(" ", "")),
        st.text("aZ09 .!$#-_", min_size=1).map(lambda text: f"P1${text}"),
    ),
)
def test_what_is_no_sentence_is_hidden_with_all_that_stands_beside_it(
    name: str, sentences: list[str], secret: str
) -> None:
    """A passphrase, also with a full stop, and what has no full stop or no blank, wherever it stands in the list."""
    items = [secret, *sentences]
    for given_ in (items, items[::-1]):
        left = json.dumps({name: [MARKER], "n": ["a"]})
        assert REDACTOR.redact(json.dumps({name: given_, "n": ["a"]})) == left
    assert REDACTOR.redact(json.dumps({name: secret})) == json.dumps({name: MARKER})


def test_a_name_that_ends_like_a_rate_is_a_secrets() -> None:
    """As is a value that begins like a word about one."""
    for text in ("super_token=#", "per_token_secret=#", "password: changed1", "token: cachedZ9", "password: 3#"):
        value = text.partition("=")[2] or text.partition(": ")[2]
        assert REDACTOR.redact(text.replace("#", "Zq7")) == text.replace(value, MARKER)


@given(
    st.sampled_from([name for name in NAMES if "Token" not in name]),
    st.sampled_from(["set", "Field", "field required", "Value", "string should", "input", "5 items", "12", "8 bytes"]),
    st.text("aZ09!#$%*+-/?@^_~", min_size=1).filter(lambda more: more.strip("!?")),  # which would end the sentence
)
def test_a_value_that_only_begins_like_a_sentence_is_hidden(name: str, word: str, more: str) -> None:
    """Up to its first blank, as every value without quotes; also a word that needs another behind it.

    Of tokens there are numbers.
    """
    first, _, rest = word.partition(" ")
    assert REDACTOR.redact(f"{name}: {first}{more} x") == f"{name}: {MARKER} x"
    assert REDACTOR.redact(f"{name}={first}{more}") == f"{name}={MARKER}"
    assert REDACTOR.redact(f"{name}={word}") == f"{name}={MARKER}{' ' if rest else ''}{rest}"
    if rest:
        assert REDACTOR.redact(f"{name}: {word}{more}P") == f"{name}: {MARKER} {rest}{more}P"
