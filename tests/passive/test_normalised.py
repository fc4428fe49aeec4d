"""What differs from case to case, in texts that programs write for programs to read."""

from __future__ import annotations

import json
from ipaddress import IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.processors import KeyValueRenderer, LogfmtRenderer

from slack_logging.passive.records.fingerprint import fingerprint, normalised


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("event='payment failed' user=1", "payment failed event=# user=#"),
        ("user=1 event='order 17 of \"ada\" failed'", "order # of # failed user=# event=#"),
        ('level=error msg="disk full" name="ann"', "disk full level=error msg=# name=#"),
        ("message=`no space` name='ann'", "no space message=# name=#"),
        ("name='ann' user=1", "name=# user=#"),
        ("last_event='started' my.message='x' user-msg='y'", "last_event=# my.message=# user-msg=#"),
        ("event='' user=1", " event=# user=#"),
    ],
)
def test_of_names_and_values_what_happened_is_kept(text: str, kept: str) -> None:
    """What is quoted as the event, and first; other quoted values differ from case to case."""
    assert normalised(text) == kept


@pytest.mark.parametrize("renderer", [KeyValueRenderer(), LogfmtRenderer()], ids=["key value", "logfmt"])
def test_errors_that_structlog_renders_are_told_by_their_event(renderer: KeyValueRenderer | LogfmtRenderer) -> None:
    """It stands last, behind whatever was bound, however long that is."""

    def kind(event: str, user: str) -> str:
        line = str(renderer(None, "error", {"user": user, "notes": "all is well " * 50, "event": event}))
        return fingerprint("shop", 40, line, "", line)

    kinds = {kind(f"order {number} failed", f"user {number}") for number in range(10)}
    assert len(kinds) == 1
    assert kind("disk full", "user 1") not in kinds


PAID = {"event": "payment failed", "user_id": 17, "amount": 12.5, "name": "ann", "retried": False}


def kind_of(fields: dict[str, Any], template: str = "") -> str:
    line = json.dumps(fields)
    return fingerprint("shop", 40, template or line, "", line)


@pytest.mark.parametrize("name", ["event", "message", "msg"])
@pytest.mark.parametrize("template", ["", "%s"], ids=["message", "argument"])
@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ({"user_id": 18, "amount": 3, "name": "bob", "retried": True}, True),
        ({"user_id": None, "name": ["a", "b"], "amount": {"eur": 1}}, True),
        ({"event": "disk full"}, False),
        ({"card": "visa"}, False),
    ],
)
def test_errors_in_json_are_told_by_what_happened_and_the_keys(
    name: str, template: str, other: dict[str, Any], is_same: bool
) -> None:
    """Whatever the values are, and in whatever order they come."""
    one, another = (
        {name if key == "event" else key: value for key, value in fields.items()}
        for fields in (PAID, dict(reversed((PAID | other).items())))
    )
    assert (kind_of(one, template) == kind_of(another, template)) is is_same


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"event": "order 17 of \'ada\' failed", "x": 1}', "order # of # failed {event x}"),
        ('{"code": 17, "user": "ada"}', " {code user}"),
        ('{"event": 17, "msg": "full", "7d9f8b6c5": 1}', "full {# event msg}"),
        ('{"event": "disk full", "x": 1} ...', "{#: #, #: #} ..."),
        ('{"event": "disk full", "x": ', "{#: #, #: "),
        ("{" * 5000, "{" * 400),
        ('{"a":' * 5000, "{#:" * 80),
        ("{}", "{}"),
    ],
)
def test_of_json_what_happened_and_the_keys_are_kept(text: str, kept: str) -> None:
    """What is none is a text like others."""
    assert normalised(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2001:0db8:0000:0000:0000:ff00:0042:8329 refused", "# refused"),
        ("2001:db8:0:0:1:1:1:1 refused", "# refused"),
        ("2001:db8:0:0::1 refused", "# refused"),
        ("2001:db8::1 refused", "# refused"),
        ("2001:db8::", "#"),
        ("2001:db8:a:b:c:d:e::", "#"),
        ("fe80::1 refused", "# refused"),
        ("fe80::1%eth0 refused", "# refused"),
        ("::1: refused", "#: refused"),
        ("2001:db8::a: refused", "#: refused"),
        ("to [2001:db8::1]:443, [::1]:80", "to [#]:#, [#]:#"),
        ("http://[2001:db8:0:0::1]:8080/x", "http://[#]:#/x"),
        ("::ffff:192.0.2.1 and 64:ff9b::192.0.2.33.", "# and #."),
        ("route 2001:db8::/32 lost", "route #/# lost"),
        ("2001:db8:0:0:1:1:1:1: refused", "#: refused"),
        ("2001:db8:1::: refused", "#: refused"),
        ("mac 00:1a:2b:3c:4d:5e", "mac #"),
    ],
)
def test_addresses_of_ipv6_are_ids(text: str, kept: str) -> None:
    """However they are written."""
    assert normalised(text) == kept


@given(st.ip_addresses(v=6), st.sampled_from(["{}", "[{}]:443", "{}: no", "({})", "{}%eth0", "{}, x"]))
def test_every_address_of_ipv6_is_an_id(address: IPv6Address, written: str) -> None:
    """Short and in full, unless it has letters alone, as names have."""
    for text in (address.compressed, address.exploded, address.compressed.upper()):
        expected = written.format("#").replace("443", "#").replace("#%eth0", "#")
        if any(map(str.isdigit, text)):
            assert normalised(f"from {written.format(text)} on") == f"from {expected} on"


@pytest.mark.parametrize(
    "text",
    "std::vector a::b Foo::Bar::Baz key::value ab::cd::ef dead::beef e::value DBD::Pg::db fe::std ::std ::add :: "
    "bad::<face> a:b:c:d cafe:bar".split(),
)
def test_names_between_colons_are_kept(text: str) -> None:
    """Of C++, Rust and Perl."""
    assert normalised(f"{text} failed") == f"{text} failed"


@pytest.mark.parametrize("text", ["12:30:45", "std::array#", "a::b#::c", "a#z::b"])
def test_numbers_between_colons_are_no_more_than_numbers(text: str) -> None:
    """Times, and names with a number."""
    assert normalised(f"{text.replace('#', '2')} failed") == f"{text.replace('12:30:45', '#')} failed"
