"""Redaction of several secrets under one name: what is hidden, and what such a name is also used for."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.redaction.redactor import WINDOW, Redactor
from slack_logging.redaction.shapes import MARKER, RUN
from tests.redaction.test_redaction import NAMES

REDACTOR = Redactor()

#: How programs write what they hold.
WAYS: list[Callable[[object], str]] = [
    json.dumps,
    lambda given: json.dumps(given, separators=(",", ":"), ensure_ascii=False),
    lambda given: json.dumps(given, indent=2),
    lambda given: json.dumps(given, indent="\t"),
    lambda given: json.dumps(json.dumps(given)),
    lambda given: json.dumps(json.dumps(given, indent=2)),
]


@pytest.mark.parametrize(
    "text",
    [
        '{"api_keys": "#", "secrets": "#"}',
        "{'DB_PASSWORDS': '#'}",
        '"{\\"passwords\\": \\"#\\"}"',
        "api_keys=\"#\", passwords=#, DB_PASSWORDS='#'",
        "private_keys: #\nX-Api-Keys: #",
        "run --api-keys # --passwords '#' --secrets=#",
        "[('passwords', '#')] <passwords>#</passwords>",
        '{"name": "DB_PASSWORDS", "value": "#"}, {"value": "#", "name": "DB_PASSWORDS"}',
    ],
)
def test_a_plural_names_secrets(text: str) -> None:
    """However the text writes it."""
    assert REDACTOR.redact(text.replace("#", "P1x")) == text.replace("#", MARKER)
    assert REDACTOR.redact(text.replace("#", MARKER)) == text.replace("#", MARKER)


@pytest.mark.parametrize(
    "text",
    [
        "tokens: ['the', 'cat'], stop_tokens='x', {'tokens': 'a b'}, unexpected tokens: }",
        "passwords: 5, api_keys=3; 'secrets': 12 (secrets = 7) run --api-keys 3 --secrets 2 -v",
        "secrets: none, secrets: loaded; private_keys=None, api keys: missing",
        "passwords: changed for ada, cookies: accepted by 5, secrets: read from disk",
        "passwords_file=/run/x secrets_path: /run/y passwordstore=x secretsmanager: eu secrets_count=ok",
    ],
)
def test_a_plural_also_counts_and_tells(text: str) -> None:
    """Tokens are a model's, a number says how many, and words go on with a sentence."""
    assert REDACTOR.redact(text) == text


@given(st.sampled_from(NAMES), st.lists(st.text(), min_size=2, max_size=20).filter(any))
def test_of_a_list_every_item_is_hidden(name: str, secrets: list[str]) -> None:
    """One marker stands for all, whatever they hold, and what comes behind the list stays."""
    for write in WAYS:
        for key in (name, f"{name}s".replace("Tokens", "Secrets")):
            left = write({key: [MARKER], "n": ["a", "b"]})
            assert REDACTOR.redact(write({key: secrets, "n": ["a", "b"]})) == left
            assert REDACTOR.redact(left) == left


@given(st.dictionaries(st.sampled_from(["db", "smtp server", "x-1"]), st.text(min_size=8), min_size=1))
def test_behind_a_plural_every_value_of_a_mapping_is_hidden(secrets: dict[str, str]) -> None:
    """One marker stands for all behind the first key."""
    for write in WAYS:
        left = write({"passwords": {next(iter(secrets)): MARKER}, "n": {"a": "b"}})
        assert REDACTOR.redact(write({"passwords": secrets, "n": {"a": "b"}})) == left
        assert REDACTOR.redact(left) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("{'password': ['P1x', \"Q'2y\", 'R3z'], 'n': ['a']}", "{'password': ['#'], 'n': ['a']}"),
        ("{b'secrets': [b'P1x', b'Q2y']}, 'c', 'd'", "{b'secrets': [b'#']}, 'c', 'd'"),
        ("login(password=('P1x', 'Q2y'), n=('a', 'b'))", "login(password=('#'), n=('a', 'b'))"),
        ("api_keys=deque(['P1x', 'Q2y'], maxlen=3)", "api_keys=deque(['#'], maxlen=3)"),
        ("connect(passwords={'db': 'P1x', 'x': 'Q2y'})", "connect(passwords={'db': '#'})"),
        ("password=['', 'P1x']", "password=['#']"),
        ("{'password': [None, 'P1x'], 'n': [1, 'a']}", "{'password': [None, '#'], 'n': [1, 'a']}"),
        ("password=[1, True, 'P1x', 2.5, 'Q2y'], n=3", "password=[1, True, '#'], n=3"),
        ("password=(0x1f, b'P1x') secret=(None, 'P1x')", "password=(0x1f, b'#') secret=(None, '#')"),
        ('{"password": [1, "P1x"], "n": [1, "a"]}', '{"password": [1, "#"], "n": [1, "a"]}'),
        (
            '{\n  "passwords": [\n    null,\n    "P1x",\n    5\n  ]}',
            '{\n  "passwords": [\n    null,\n    "#",\n    5\n  ]}',
        ),
        ("{'password': {'P1x'}, 'n': {'a'}}", "{'password': {'#'}, 'n': {'a'}}"),
        ("passwords={'P1x', 'Q2y'}, n={'a', 'b'}", "passwords={'#'}, n={'a', 'b'}"),
        ("{'password': frozenset({'P1x', 'Q2y'})}", "{'password': frozenset({'#'})}"),
        ("{'passwords': {1: 'P1x', 2: 'Q2y'}, 'n': 5}", "{'passwords': {1: '#'}, 'n': 5}"),
        ("f(password='P1x', user='ada'), ['password', 'user']", "f(password='#', user='ada'), ['password', 'user']"),
    ],
)
def test_several_are_hidden_as_python_writes_them(text: str, left: str) -> None:
    """Lists, tuples, bytes and mappings, but no further argument and no other list."""
    assert REDACTOR.redact(text) == left.replace("#", MARKER)


@pytest.mark.parametrize(
    "text",
    [
        "{'credentials': {'user': 'ada'}, 'password': {'type': 'string'}, 'db_pass': {'type': 'x'}}",
        "{'passwords': {'min': 8}, 'secrets': {}, 'api_keys': []} tokens: {'a': 'b'}",
        "passwords: [1, 2], secrets={name}, passwords={{ passwords }}",
    ],
)
def test_what_tells_about_a_secret_stays(text: str) -> None:
    """A mapping behind a secret's name in the singular, numbers, and what a program fills in."""
    assert REDACTOR.redact(text) == text


def test_however_many_and_long_they_are_all_are_hidden() -> None:
    """Other threads get their turn meanwhile."""
    pauses: list[None] = []
    redactor = Redactor(pause=lambda: pauses.append(None))
    text = json.dumps({"secrets": ["a" * RUN, "b\\" * RUN, *(["c"] * WINDOW)], "n": ["d"]})
    assert redactor.redact(text) == json.dumps({"secrets": [MARKER], "n": ["d"]})
    assert len(pauses) >= WINDOW // 8
