"""conversations.history and conversations.replies: order, bounds, pages, metadata."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_logging.local import Fault, LocalSlack, limits
from slack_logging.local.api import cursors
from slack_logging.local.errors import ApiError
from slack_logging.testing import FakeClock
from tests.local.conftest import Ask, ask_sync


def fill(slack: LocalSlack, clock: FakeClock, count: int) -> list[str]:
    """Say so many things in ``#ops-log``, a second apart, and return their `ts`."""
    stamps = []
    for number in range(count):
        clock.advance(1)
        stamps.append(slack.say("#ops-log", str(number), user="ada"))
    return stamps


def stamps_of(answer: dict[str, Any]) -> list[str]:
    return [message["ts"] for message in answer["messages"]]


def pages(ask: Ask, method: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """Follow the cursors of a listing to its end."""
    cursor = None
    while cursor != "":
        answer = ask(method, cursor=cursor, **arguments)
        yield answer
        cursor = answer.get("response_metadata", {}).get("next_cursor", "")


def test_history_is_newest_first_without_channel_field(slack: LocalSlack, clock: FakeClock, ask: Ask, log: str) -> None:
    """The newest message comes first, and none says in which channel it is."""
    stamps = fill(slack, clock, 3)
    answer = ask("conversations_history", channel=log)
    assert (stamps[::-1], False) == (stamps_of(answer), answer["has_more"])
    assert not any("channel" in message for message in answer["messages"])


@pytest.mark.parametrize(
    ("oldest", "latest", "inclusive", "expected"),
    [
        (1, None, False, [4, 3, 2]),
        (1, None, True, [4, 3, 2, 1]),
        (None, 3, False, [2, 1, 0]),
        (None, 3, True, [3, 2, 1, 0]),
        (1, 3, False, [2]),
        (1, 3, True, [3, 2, 1]),
        (None, None, True, [4, 3, 2, 1, 0]),
        (2, 2, True, [2]),
        (2, 2, False, []),
    ],
)
def test_bounds_are_exclusive_unless_inclusive(
    slack: LocalSlack,
    clock: FakeClock,
    ask: Ask,
    log: str,
    oldest: int | None,
    latest: int | None,
    inclusive: bool,
    expected: list[int],
) -> None:
    """A message on a bound belongs to the page only with `inclusive`; the bounds are echoed."""
    stamps = fill(slack, clock, 5)
    bounds = {"oldest": oldest, "latest": latest}
    given_bounds = {name: stamps[index] for name, index in bounds.items() if index is not None}
    answer = ask("conversations_history", channel=log, inclusive=inclusive, **given_bounds)
    assert [stamps[index] for index in expected] == stamps_of(answer)
    assert given_bounds == {name: answer[name] for name in bounds if name in answer}


@pytest.mark.parametrize("short", ["1800000002", "1800000002.", "1800000002.0", "1800000002.000000"])
def test_bounds_may_lack_their_fraction(slack: LocalSlack, clock: FakeClock, ask: Ask, log: str, short: str) -> None:
    """A bound is a number of seconds, however many digits follow."""
    stamps = fill(slack, clock, 3)
    assert [stamps[2]] == stamps_of(ask("conversations_history", channel=log, oldest=short))


def test_one_message_by_its_ts(slack: LocalSlack, clock: FakeClock, ask: Ask, log: str) -> None:
    """`latest`, `inclusive` and a limit of one give exactly that message."""
    stamps = fill(slack, clock, 3)
    answer = ask("conversations_history", channel=log, latest=stamps[1], inclusive=True, limit=1)
    assert [stamps[1]] == stamps_of(answer)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "now"}, "invalid_ts_latest"),
        ({"latest": "-1"}, "invalid_ts_latest"),
        ({"cursor": "bm9uc2Vuc2U="}, "invalid_cursor"),
        ({"cursor": "\N{SNOWMAN}"}, "invalid_cursor"),
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"channel": "#ops-log"}, "channel_not_found"),
    ],
)
def test_history_refusals(ask: Ask, log: str, arguments: dict[str, str], error: str) -> None:
    """Malformed bounds and cursors, and channels by name, are refused with their codes."""
    assert error == ask("conversations_history", **{"channel": log} | arguments)["error"]


def test_history_is_for_members(slack: LocalSlack, ask: Ask) -> None:
    """Even a public channel is not read from outside, and a private one does not exist."""
    public = slack.add_channel("elsewhere", bot_is_member=False)
    private = slack.add_channel("secret", private=True, bot_is_member=False)
    assert "not_in_channel" == ask("conversations_history", channel=public)["error"]
    assert "channel_not_found" == ask("conversations_history", channel=private)["error"]


@pytest.mark.parametrize("limit", [0, -5, 1, limits.HISTORY_PAGE, limits.HISTORY_PAGE + 1])
def test_limit_out_of_range_is_adjusted_silently(slack: LocalSlack, log: str, limit: int) -> None:
    """No limit is an error: too small means the default, too large the most."""
    for number in range(limits.HISTORY_PAGE + 1):
        slack.say("#ops-log", str(number), user="ada", raw=True)
    expected = {0: 100, -5: 100, 1: 1}.get(limit, limits.HISTORY_PAGE)
    assert expected == len(ask_sync(slack)("conversations_history", channel=log, limit=limit)["messages"])


def test_pages_meet_without_gap_or_overlap(slack: LocalSlack, clock: FakeClock, ask: Ask, log: str) -> None:
    """Following the cursor gives every message once, newest first; cursors end in ``=``."""
    stamps = fill(slack, clock, 7)
    found = list(pages(ask, "conversations_history", channel=log, limit=3))
    assert stamps[::-1] == [ts for page in found for ts in stamps_of(page)]
    assert [True, True, False] == [page["has_more"] for page in found]
    assert all(page["response_metadata"]["next_cursor"].endswith("=") for page in found[:-1])


def test_messages_posted_while_paging_do_not_shift_pages(
    slack: LocalSlack, clock: FakeClock, ask: Ask, log: str
) -> None:
    """A cursor stands for a place in time, not for a count."""
    stamps = fill(slack, clock, 4)
    cursor = ask("conversations_history", channel=log, limit=2)["response_metadata"]["next_cursor"]
    fill(slack, clock, 3)
    slack.delete(log, stamps[3])
    assert stamps[1::-1] == stamps_of(ask("conversations_history", channel=log, limit=2, cursor=cursor))


@pytest.mark.parametrize(("times", "first_page"), [(0, [4, 3]), (1, [2, 1]), (None, [2, 1])])
def test_incomplete_page_after_oldest_has_two_readings(
    slack: LocalSlack, clock: FakeClock, ask: Ask, log: str, times: int | None, first_page: list[int]
) -> None:
    """With `oldest` alone a page begins at the newest message, by a fault at the oldest; the pages cover the same."""
    stamps = fill(slack, clock, 5)
    if times != 0:
        slack.fault("conversations.history", Fault.from_oldest(times=times))
    found = list(pages(ask, "conversations_history", channel=log, oldest=stamps[0], limit=2))
    assert [stamps[index] for index in first_page] == stamps_of(found[0])
    assert stamps[1:] == sorted(ts for page in found for ts in stamps_of(page))


def test_the_end_matters_only_where_oldest_stands_alone(
    slack: LocalSlack, clock: FakeClock, ask: Ask, log: str
) -> None:
    """With `latest`, or with neither bound, a page always holds the newest."""
    slack.fault("conversations.history", Fault.from_oldest(times=None))
    stamps = fill(slack, clock, 5)
    both = ask("conversations_history", channel=log, oldest=stamps[0], latest=stamps[4], limit=1)
    assert [stamps[3]] == stamps_of(both)
    assert [stamps[4]] == stamps_of(ask("conversations_history", channel=log, limit=1))


def test_cursor_expires_and_belongs_to_its_listing(slack: LocalSlack, clock: FakeClock, ask: Ask, log: str) -> None:
    """A cursor of another channel, or one that is too old, is invalid."""
    fill(slack, clock, 2)
    cursor = ask("conversations_history", channel=log, limit=1)["response_metadata"]["next_cursor"]
    general = slack.channel_id("general")
    assert "invalid_cursor" == ask("conversations_history", channel=general, cursor=cursor)["error"]
    clock.advance(limits.CURSOR_LIFETIME)
    assert ask("conversations_history", channel=log, cursor=cursor)["ok"]
    clock.advance(1.5)
    assert "invalid_cursor" == ask("conversations_history", channel=log, cursor=cursor)["error"]


@given(st.text(max_size=20), st.text(alphabet="0123456789.abc ", max_size=30), st.integers(0, 10**10))
def test_cursors_are_opaque_and_come_back(listing: str, position: str, now: int) -> None:
    """Whatever a cursor stands for, it ends in ``=`` and gives its position back."""
    listing = listing.replace("|", "/")
    cursor = cursors.encode_cursor(listing, position, now)
    assert cursor.endswith("=")
    assert position == cursors.decode_cursor(listing, cursor, now)


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_no_text_breaks_the_cursor_reader(text: str) -> None:
    """What is no cursor is refused, never a crash."""
    with pytest.raises(ApiError, match="invalid_cursor"):
        cursors.decode_cursor("conversations.history C1", text, 0)


def test_metadata_payload_needs_to_be_asked_for(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Without include_all_metadata only the event type is shown."""
    metadata = {"event_type": "record", "event_payload": {"id": "7"}}
    ts = ask("chat_postMessage", channel=log, text="x", metadata=metadata)["ts"]
    for method, arguments in (("conversations_history", {}), ("conversations_replies", {"ts": ts})):
        brief = ask(method, channel=log, **arguments)["messages"][0]["metadata"]
        whole = ask(method, channel=log, include_all_metadata=True, **arguments)["messages"][0]["metadata"]
        assert ({"event_type": "record"}, metadata) == (brief, whole)


def test_history_shows_parents_and_broadcasts_only(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Plain replies are found in their thread, not in the channel."""
    parent = slack.say(log, "parent", user="ada")
    slack.say(log, "reply", user="ben", thread_ts=parent)
    shown = slack.say(log, "shown", user="ben", thread_ts=parent, broadcast=True)
    assert [shown, parent] == stamps_of(ask("conversations_history", channel=log))


def test_replies_are_oldest_first_and_repeat_the_parent(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Each page of a thread begins with the parent; any message of the thread names it."""
    parent = slack.say(log, "parent", user="ada")
    replies = [slack.say(log, str(number), user="ben", thread_ts=parent) for number in range(5)]
    assert [parent, *replies] == stamps_of(ask("conversations_replies", channel=log, ts=replies[2]))
    found = [stamps_of(page) for page in pages(ask, "conversations_replies", channel=log, ts=parent, limit=3)]
    assert [[parent, *replies[0:2]], [parent, *replies[2:4]], [parent, replies[4]]] == found


def test_replies_after_a_bound_still_show_the_parent(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Bounds select replies, never the parent."""
    parent = slack.say(log, "parent", user="ada")
    replies = [slack.say(log, str(number), user="ben", thread_ts=parent) for number in range(3)]
    answer = ask("conversations_replies", channel=log, ts=parent, oldest=replies[1])
    assert [parent, replies[2]] == stamps_of(answer)


def test_message_without_replies_returns_alone(slack: LocalSlack, ask: Ask, log: str) -> None:
    """A thread of one is just that message, which has no thread fields."""
    ts = slack.say(log, "alone", user="ada")
    answer = ask("conversations_replies", channel=log, ts=ts)
    assert ([ts], False) == (stamps_of(answer), answer["has_more"])
    assert "thread_ts" not in answer["messages"][0]


def test_parent_stays_one_when_its_replies_are_gone(slack: LocalSlack, ask: Ask, log: str) -> None:
    """A parent keeps its thread_ts after the last reply was deleted."""
    parent = slack.say(log, "parent", user="ada")
    slack.delete(log, slack.say(log, "reply", user="ben", thread_ts=parent))
    message = ask("conversations_history", channel=log)["messages"][0]
    assert (parent, 0) == (message["thread_ts"], message["reply_count"])


def test_thread_not_found(slack: LocalSlack, ask: Ask, log: str) -> None:
    """An unknown `ts` and a join message have no thread."""
    slack.add_user("eve")
    slack.invite(log, "eve")
    join = slack.messages(log)[0]
    assert "channel_join" == join["subtype"]
    for ts in (join["ts"], "1.2"):
        assert "thread_not_found" == ask("conversations_replies", channel=log, ts=ts)["error"]


def test_two_channels_may_give_out_the_same_ts(slack: LocalSlack) -> None:
    """A `ts` is unique within one channel only: time stands still here, and both channels use it."""
    one, two = (slack.say(channel, "x", user="ada") for channel in ("#ops-log", "#ops-commands"))
    again = slack.say("#ops-log", "y", user="ada")
    assert one == two
    assert again > one
