"""What makes two errors the same, and what does not."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from slack_logging.passive.records.fingerprint import fault_of, fingerprint, is_library, normalised


def caught(act: Callable[[], object]) -> str:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - any will do
        return fault_of(error)
    raise AssertionError("nothing was raised")


def require(holds: bool) -> None:
    """Raise, as a helper that many call."""
    if not holds:
        raise ValueError("not so")


def save(number: int) -> None:
    require(number < 0)


def load(number: int) -> None:
    require(number < 0)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("order 1042 not imported", "order # not imported"),
        ("user 'ada' of \"ops\" in `db`", "user # of # in #"),
        ("id 123e4567-e89b-12d3-a456-426614174000 gone", "id # gone"),
        ("at 0x7f3a9c and deadbeef01", "at # and #"),
        ("2026-11-24 12:30:45,123 took 1.5s", "# # took #s"),
        ("it doesn't, they won't", "it doesn#t"),
        ("upload 01J9ZQ3W8K5T7Y2N4M6P8R0S1V failed", "upload # failed"),
        ("mail to ada.l+x@shop.example bounced", "mail to # bounced"),
        ("from fe80::1ff:fe23:4567:890a and 2001:db8:0:1:1:1:1:1", "from # and #"),
        ("pod web-7d9f8b6c5-x2x4z of commit 1a2b3c4", "pod # of commit #"),
        ("cannot open /tmp/n2/repo/x", "cannot open /tmp/n#/repo/x"),
        ("cannot add face to cafe", "cannot add face to cafe"),
    ],
)
def test_texts_lose_what_differs_from_case_to_case(text: str, kept: str) -> None:
    """Numbers, ids, times and quoted parts; not words that look like hexadecimal."""
    assert normalised(text) == kept


def test_one_error_with_a_thousand_ids_is_one() -> None:
    """Whether the ids are arguments, part of the message, or in the exception's text."""

    def fail(number: int) -> None:
        raise KeyError(f"order {number}")

    faults = {caught(lambda number=number: fail(number)) for number in range(1000)}  # type: ignore[misc] # each its own
    prints = {fingerprint("shop", 40, f"order {number} failed", fault) for number in range(1000) for fault in faults}
    assert (len(faults), len(prints)) == (1, 1)


def test_errors_raised_through_one_helper_differ_by_who_called_it() -> None:
    """The same exception with the same text, from two places."""
    assert caught(lambda: save(1)) != caught(lambda: load(1))


def test_lines_that_move_change_nothing() -> None:
    """Another release has other line numbers."""
    sources = ["def work():\n    raise OSError('x')\n", "\n\n\ndef work():\n    raise OSError('x')\n"]
    faults = []
    for source in sources:
        names: dict[str, Callable[[], None]] = {}
        exec(compile(source, "/srv/app/work.py", "exec"), names)  # noqa: S102 - two releases of one function
        faults.append(caught(names["work"]))
    assert faults[0] == faults[1]


def test_libraries_frames_do_not_count_where_there_are_others() -> None:
    """What a library does inside is its own affair."""
    fault = caught(lambda: json.loads("{"))
    assert "test_fingerprint.py" in fault
    assert "decoder.py" not in fault


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (("shop", 40, "failed %s", "ValueError"), False),
        (("shop.db", 40, "failed %s", "ValueError"), True),
        (("shop", 50, "failed %s", "ValueError"), True),
        (("shop", 40, "broken %s", "ValueError"), True),
        (("shop", 40, "failed %s", "KeyError"), True),
    ],
)
def test_every_part_counts(other: tuple[str, int, str, str], differs: bool) -> None:
    """Logger, level, template and exception."""
    assert (fingerprint(*other) != fingerprint("shop", 40, "failed %s", "ValueError")) is differs


def test_an_exception_whose_text_raises_is_told_by_its_type() -> None:
    """Its own `__str__` may be what is broken."""

    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert "Broken" in fault_of(Broken())


@pytest.mark.parametrize(
    ("path", "library"),
    [
        ("/srv/app/orders.py", False),
        ("/srv/app/.venv/lib/python3.11/site-packages/aiohttp/web.py", True),
        ("/usr/lib/python3/dist-packages/yaml.py", True),
        (json.__file__, True),
        ("<frozen importlib._bootstrap>", True),
        ("<stdin>", True),
    ],
)
def test_files_of_libraries_are_known(path: str, library: bool) -> None:
    """The standard library's and installed packages', and what is no file."""
    assert is_library(path) is library


def test_a_template_that_says_nothing_leaves_the_text_to_tell_errors_apart() -> None:
    """As ``"%s"``, or a line of JSON; numbers still make no difference."""
    texts = ["disk full", "out of memory", "order 1 failed", "order 2 failed"]
    prints = [fingerprint("shop", 40, "%s", "", text) for text in texts]
    assert len(set(prints)) == 3
    assert prints[2] == prints[3]
    lines = [json.dumps({"event": event, "level": "error"}) for event in texts]
    assert len({fingerprint("shop", 40, line, "", line) for line in lines}) == 3
    assert fingerprint("shop", 40, "order %d", "", "order 1") == fingerprint("shop", 40, "order %d", "", "order 2")
