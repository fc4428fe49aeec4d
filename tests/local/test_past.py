"""A channel that is filled with a past."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

from typing import Any

import pytest

from slack_logging.local import LocalSlack, visible_text
from slack_logging.local.errors import ApiError
from slack_logging.testing import FakeClock
from tests.local import shapes
from tests.local.conftest import Ask, ask_sync
from tests.local.shapes import faults


def test_fifty_thousand_messages_are_there_in_order(clock: FakeClock) -> None:
    """All are counted, each a second after the one before, and a client pages through them to the first."""
    texts = [f"ERROR orders: request {number} failed" for number in range(50_000)]
    with LocalSlack(clock=clock, rate_limit=0) as slack:
        ask, log = ask_sync(slack), slack.channel_id("ops-log")
        stamps = slack.preload("#ops-log", texts)
        assert (50_000, stamps) == (len(set(stamps)), sorted(stamps))
        assert (clock.time(), clock.time() - 49_999) == (float(stamps[-1]), float(stamps[0]))
        newest = ask("conversations_history", channel=log, limit=200)["messages"]
        assert (texts[:-201:-1], stamps[:-201:-1]) == tuple(
            [message[name] for message in newest] for name in ("text", "ts")
        )
        oldest = ask("conversations_history", channel=log, latest=stamps[2], limit=200)
        assert (texts[1::-1], False) == ([message["text"] for message in oldest["messages"]], oldest["has_more"])


def test_history_looks_at_no_more_than_its_page(slack: LocalSlack, ask: Ask, log: str) -> None:
    """A page costs its own messages, however many there are: the channel's list is never gone through."""
    stamps = slack.preload(log, ["x"] * 1_000)
    channel = slack.workspace.channels[log]
    channel._timeline = counted = _CountedList(channel._timeline)
    for arguments in ({}, {"latest": stamps[500]}, {"oldest": stamps[500], "inclusive": True}):
        counted.looks = 0
        answer = ask("conversations_history", channel=log, limit=10, **arguments)
        cursor = answer["response_metadata"]["next_cursor"]
        assert 10 == len(ask("conversations_history", channel=log, limit=10, cursor=cursor, **arguments)["messages"])
        assert counted.looks < 150


class _CountedList(list[str]):
    """Counts the items that are looked at."""

    looks = 0

    def __getitem__(self, place: Any) -> Any:
        self.looks += len(range(*place.indices(len(self)))) if isinstance(place, slice) else 1
        return super().__getitem__(place)

    def __iter__(self) -> Any:
        self.looks += len(self)
        return super().__iter__()


def test_messages_may_say_who_when_and_where(slack: LocalSlack, clock: FakeClock, ask: Ask, log: str) -> None:
    """A mapping names its author, `ts`, thread and other fields; a plain text is the user's."""
    parent = "1700000000.000100"
    slack.preload(
        log,
        [
            {"text": "is it <down>?", "user": "ben", "ts": parent},
            {"text": "it is", "thread_ts": parent, "ts": "1700000000.000200", "subtype": "me_message"},
            "fixed & checked",
        ],
        user="ada",
    )
    first, last = slack.messages(log)
    assert [(slack.user_id("ben"), parent), (slack.user_id("ada"), f"{clock.time():.6f}")] == [
        (message["user"], message["ts"]) for message in (first, last)
    ]
    assert ("is it &lt;down&gt;?", "is it <down>?") == (first["text"], visible_text(first))
    assert [] == faults(shapes.TYPED, last) + faults(shapes.PARENT, first)
    reply = ask("conversations_replies", channel=log, ts=parent)["messages"][1]
    assert ("it is", "me_message", "1700000000.000200") == (reply["text"], reply["subtype"], reply["ts"])


def test_past_ends_where_the_present_begins(slack: LocalSlack, log: str) -> None:
    """No event tells of it, and what is said next comes after it."""
    events: list[dict[str, Any]] = []
    before = slack.say(log, "before", user="ada")
    slack.workspace.subscribe(events.append)
    stamps = slack.preload(log, ["x", "y"])
    assert [] == events
    assert [before, *stamps] < [before, *stamps, slack.say(log, "after", user="ada")]
    assert ["before", "x", "y", "after"] == [message["text"] for message in slack.messages(log)]


@pytest.mark.parametrize(
    ("message", "error", "match"),
    [
        ({"text": "x", "ts": "1700000000.000100"}, ValueError, "oldest first"),
        ({"text": "x", "ts": "1700000000"}, ValueError, "ten digits"),
        ({"text": 5}, ValueError, "text is 5: give a string"),
        (5, ValueError, "expected texts and mappings, got 5"),
        ({"text": "x", "user": "nobody"}, LookupError, "nobody"),
        ({"text": "x", "thread_ts": "1.2"}, ApiError, "thread_not_found"),
    ],
)
def test_impossible_past_is_told(
    slack: LocalSlack, log: str, message: dict[str, str], error: type[Exception], match: str
) -> None:
    """A time before the last, no time at all, an unknown author and an unknown thread are errors."""
    slack.preload(log, [{"text": "x", "ts": "1700000000.000100"}])
    with pytest.raises(error, match=match):
        slack.preload(log, [message])


@pytest.mark.parametrize("fields", [{"blocks": "nonsense"}, {"blocks": [{}]}, {"blocks": ["x"]}, {"attachments": {}}])
def test_nonsense_from_python_is_refused(slack: LocalSlack, fields: dict[str, Any]) -> None:
    """What cannot be blocks or attachments at all is an error, and nothing is said."""
    with pytest.raises(ValueError, match=r"^(blocks is|attachments is|a block is) "):
        slack.say("#ops-log", "x", user="ada", **fields)
    with pytest.raises(ValueError, match=r"^(blocks is|attachments is|a block is) "):
        slack.preload("#ops-log", [{"text": "x"} | fields])
    assert [] == slack.messages("#ops-log")
