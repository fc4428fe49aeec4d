"""Redaction of several secrets under one name: what is hidden, and what such a name is also used for."""

from __future__ import annotations

import pytest

from slack_logging.redaction.redactor import Redactor
from slack_logging.redaction.shapes import MARKER

REDACTOR = Redactor()


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
