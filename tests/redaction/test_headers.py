"""Redaction of headers whose value has parameters in quotes, as Digest, OAuth and signatures have them."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.redaction.redactor import Redactor
from slack_logging.redaction.shapes import MARKER

REDACTOR = Redactor()

#: Schemes, each with parameters before its secret.
SCHEMES = [
    'Digest username="ada", realm="x y", nonce="abc", qop=auth, response=',
    'OAuth oauth_consumer_key="ada", oauth_nonce="", oauth_signature=',
    'Signature keyId="ada",headers="(request-target) date",signature=',
    "Token token=",
    "Hawk id=",
]

#: What stands before and behind a header.
PLACES = [
    ("", ""),
    ("sent ", "\r\nHost: x"),
    ("POST / HTTP/1.1\nHost: x\n", "\nAccept: */*"),
    ("curl -H '", "' -u ada http://x"),
    ('sent "x": it said: ', ""),
]

SECRETS = st.text(string.ascii_letters + string.digits + "+/=%&;:()[]{}<> ,", min_size=1)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("before", "after"), PLACES)
@given(secret=SECRETS, more=st.sampled_from(["", ', opaque="5c"', "; algorithm=MD5", ',opaque="5c",n=1']))
def test_of_a_header_with_parameters_nothing_is_left(
    scheme: str, before: str, after: str, secret: str, more: str
) -> None:
    """Whatever is in quotes; of a command line there stays what comes behind the header's own quotes."""
    for name in ("Authorization: ", "Proxy-Authorization: "):
        kept = "Token " if scheme.startswith("Token") else ""
        left = f"{before}{name}{kept}{MARKER}{after}"
        text = f'{before}{name}{scheme}"{secret}"{more}{after}'
        assert REDACTOR.redact(text) == left
        assert REDACTOR.redact(left) == left


@pytest.mark.parametrize("scheme", SCHEMES)
@given(secret=SECRETS)
def test_what_follows_a_string_that_holds_a_header_stays(scheme: str, secret: str) -> None:
    """In JSON and in Python's repr, as a pair and as a line of a request."""
    value = f'{scheme}"{secret}", n="1"'
    kept = "Token " if scheme.startswith("Token") else ""
    for write in (json.dumps, repr):
        for hide in (lambda given: {"Authorization": given, "n": "a"}, lambda given: [f"Authorization: {given}", "a"]):
            assert REDACTOR.redact(write(hide(value))) == write(hide(kept + MARKER))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Custom \"P1x\" 'Q2y' R3z\nHost: x", "Authorization: #\nHost: x"),
        ('Cookie: a="P1x"; b=Q2y\nHost: "x"', 'Cookie: #\nHost: "x"'),
        ('"Cookie: a=\\"P1x\\"; b=Q2y", "n"', '"Cookie: #", "n"'),
        ('["Authorization: P1x=", "Host: x", "n"]', '["Authorization: #", "Host: x", "n"]'),
        ('["Authorization: P1x=","Host: x"]', '["Authorization: #","Host: x"]'),
        ("b'Authorization: Digest a=\"P1x\"\\r\\nHost: x'", "b'Authorization: #\\r\\nHost: x'"),
        ('form-data; name="password"\n\nP1"x\n--b', 'form-data; name="password"\n\n#\n--b'),
    ],
)
def test_a_headers_line_or_string_is_hidden_to_its_end(text: str, left: str) -> None:
    """Where no quote stands before the header, quotes in its line are its own."""
    assert REDACTOR.redact(text) == left.replace("#", MARKER)
    assert REDACTOR.redact(left.replace("#", MARKER)) == left.replace("#", MARKER)
