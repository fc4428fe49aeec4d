"""What differs from case to case, in texts that programs write for programs to read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.dev import ConsoleRenderer
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


RED, END = "\x1b[31m", "\x1b[0m"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (f"{RED}refused{END}", "refused"),
        ("\x1b[01;31m\x1b[Kerror:\x1b[m\x1b[K no header \x1b[38:5:196mfound", "error: no header found"),
        (f"{RED}timeout{END}", "timeout"),
        (f"\x1b[38;5;9m\x1b[1mdisk_full{END} \x1b[36morder{END}=\x1b[35m17{END}", "disk_full order=17"),
        (f"{RED}level{END}=error {RED}event{END}={RED}'disk full'{END}", "level=error event='disk full'"),
    ],
)
def test_colours_count_for_nothing(text: str, plain: str) -> None:
    """A terminal's codes are no part of the word behind them, nor stand in the way of what happened."""
    assert normalised(text) == normalised(plain)
    assert fingerprint("shop", 40, "%s", "", text) == fingerprint("shop", 40, "%s", "", plain)


def test_errors_that_structlog_renders_in_colour_are_told_by_their_event() -> None:
    """As its ConsoleRenderer does unless it is told not to."""
    render = ConsoleRenderer(colors=True, force_colors=True)

    def kind(event: str, order: int) -> str:
        line = str(render(None, "error", {"level": "error", "event": event, "order": order}))
        return fingerprint("shop", 40, line, "", line)

    events = ["disk_full", "mail_lost", "timeout", "refused", "payment provider refused the charge"]
    assert len({kind(event, order) for event in events for order in (1, 2)}) == len(events)


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


def seconds_of(dice: random.Random) -> float:
    """Return a number that may be tiny, huge and negative."""
    return dice.uniform(-1, 1) * 10.0 ** dice.randrange(-12, 20)


def list_of(dice: random.Random, most: int = 9) -> list[int]:
    return [dice.randrange(10**6) for _ in range(dice.randint(1, most))]


@pytest.mark.parametrize(
    ("draw", "most"),
    [
        pytest.param(lambda dice: f"{seconds_of(dice)}", 1, id="float"),
        pytest.param(lambda dice: f"took {seconds_of(dice)}s", 1, id="float with a unit"),
        pytest.param(lambda dice: f"{seconds_of(dice):.2g}.", 1, id="float of two digits"),
        pytest.param(lambda dice: f"{timedelta(days=dice.randint(-2, 2), seconds=dice.random())}", 1, id="days"),
        pytest.param(lambda dice: f"{timedelta(days=dice.randint(0, 2), hours=dice.randrange(9))}", 1, id="hours"),
        pytest.param(lambda dice: f"{list_of(dice)}", 1, id="list"),
        pytest.param(lambda dice: f"({tuple(list_of(dice))}, 'a')", 1, id="tuple"),
        pytest.param(lambda dice: f"{[str(number) for number in list_of(dice)]}", 1, id="list of texts"),
        pytest.param(lambda dice: f"{list_of(dice, 99)}", 15, id="list too long to be read"),
        pytest.param(lambda dice: f"/in/{dice.getrandbits(32):08x}/{dice.randrange(99)}.csv", 1, id="folder"),
    ],
)
def test_a_thousand_values_are_few_kinds(draw: Callable[[random.Random], str], most: int) -> None:
    """However many digits, days and members they have; a list that is cut shows what follows it or not."""
    dice = random.Random(5)  # noqa: S311 - no secret
    texts = [f"order {draw(dice)} not imported" for _ in range(1000)]
    assert len({normalised(text) for text in texts}) <= most


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("1e-09, -2.5E+16m and +3e-5.", "#, #m and #."),
        ("abc1e-09 and node-1e-2x", "abc#e# and node#e#x"),
        ("in 3 days, 17 items", "in # days, # items"),
        ("in 3 days, 0:00:17", "in #"),
        ("pow(1, 2) of [] and [a, b]", "pow(#) of [] and [a, b]"),
        ("{1: 2, 3: 4}, 5, 6", "{#: #, #: #}, #, #"),
        ("[1, 2, 3] and (4,) but [5, x]", "[#] and (#) but [# x]"),
        ("/a/12345678/9/b2", "/a/#/#/b#"),
    ],
)
def test_of_values_nothing_else_is_lost(text: str, kept: str) -> None:
    """What merely looks like one, and what stands beside it."""
    assert normalised(text) == kept


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[1, 2] are no orders", "[1, 2] are no users"),
        ("[1, free] of [2, 3]", "[1, busy] of [2, 3]"),
        ("[1, 2, 'a'] rejected: total", "[1, 2] rejected: sum"),
        ("3 days, 0:05:12 late", "3 days, 0:05:12 early"),
        ("7.9e-09 below", "7.9e-09 above"),
        ("/in/0a1b2c3d/7.csv missing", "/out/0a1b2c3d/7.csv missing"),
        ("xmlrpc failed", "httpd failed"),
    ],
)
def test_errors_that_differ_beside_such_values_stay_two(one: str, other: str) -> None:
    """What differs from case to case hides nothing else."""
    assert normalised(one) != normalised(other)


def test_a_field_of_ones_own_that_is_called_record_is_not_logurus() -> None:
    """What happened stands beside it."""
    lines = [f'{{"event": "{event}", "text": "x", "record": {{"id": 1}}}}' for event in ("row rejected", "disk full")]
    assert normalised(lines[0]) != normalised(lines[1])
