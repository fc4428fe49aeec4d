"""Redaction of secrets in calls, as `repr` writes what is wrapped in an object."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from slack_logging.redaction.redactor import Redactor
from slack_logging.redaction.shapes import MARKER
from tests.redaction.test_redaction import NAMES

REDACTOR = Redactor()

#: What stands before a secret within the object that holds it.
BEFORE = ["", "value=", "kind=Kind.DB, value=", "3, -1.5, value=", "inner=Inner(", "Text(value=", "\n    value="]


@given(
    st.sampled_from(NAMES),
    st.sampled_from(["Secret", "SecretStr", "app.models._Secret"]),
    st.sampled_from(BEFORE),
    st.text(min_size=1),
)
def test_a_secret_within_an_object_is_hidden(name: str, kind: str, before: str, secret: str) -> None:
    """From quote to quote, whichever they are and whatever it holds; what comes behind the object stays."""
    assume(not re.match(r"(?i)(?:(?:x-)?api-?key:?|basic|bearer|negotiate|ntlm|token) ", secret))
    text = f"Settings({name}={kind}({before}#), user='ada')"
    for quoted in (repr(secret), json.dumps(secret, ensure_ascii=False)):
        left = text.replace("#", f"{quoted[0]}{MARKER}{quoted[0]}")
        assert REDACTOR.redact(text.replace("#", quoted)) == left
        assert REDACTOR.redact(left) == left
    if "'" in secret and '"' in secret:
        return  # what is escaped twice, nobody can tell from what ends
    within = json.dumps(text.replace("#", repr(secret)))
    assert REDACTOR.redact(within) == json.dumps(text.replace("#", repr(secret)[0] + MARKER + repr(secret)[0]))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("password=Secret(kind='db', value='P1x', n=5), user='ada'", "password=Secret(kind='#', n=5), user='ada'"),
        ("password=Secret(kind='db', n=3, value='P1x')", "password=Secret(kind='#')"),
        ("password=Secret('db', Kind.DB, 'P1x')", "password=Secret('#')"),
        ("{'password': Secret(\n    kind=\"db\",\n    value='P1x',\n)}", "{'password': Secret(\n    kind=\"#',\n)}"),
        ("{'password': [\"it's\", 'P1x'], 'say': \"hello\"}", "{'password': [\"#'], 'say': \"hello\"}"),
        ("f(password=Secret('P1x'), user='ada', n=g('a', 'b'))", "f(password=Secret('#'), user='ada', n=g('a', 'b'))"),
        ("f(password='P1x', user='ada', n=g(n='a'))", "f(password='#', user='ada', n=g(n='a'))"),
    ],
)
def test_of_several_texts_in_an_object_all_are_hidden(text: str, left: str) -> None:
    """One marker stands for all, for nobody could tell which of them is the secret; further arguments stay."""
    assert REDACTOR.redact(text) == left.replace("#", MARKER)
    assert REDACTOR.redact(left.replace("#", MARKER)) == left.replace("#", MARKER)
