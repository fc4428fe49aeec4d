"""What differs from case to case, in texts that programs write for programs to read."""

from __future__ import annotations

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
