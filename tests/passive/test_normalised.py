"""What differs from case to case, in texts that programs write for programs to read."""

from __future__ import annotations

import json
from typing import Any

import pytest
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
