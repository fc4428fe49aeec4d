"""What a person changes on the web page, over HTTP: the text of a message of his own, and that it is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient

from slack_logging.local import LocalSlack
from tests.local.browser import Events, post, request

LOG = "#ops-log"


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rate_limit=0) as running:
        yield running


def source(slack: LocalSlack, ts: str) -> str:
    return str(request(slack, f"/page/source/{slack.channel_id(LOG)}/{ts}").json["text"])


def change(slack: LocalSlack, path: str, ts: str, *, user: str = "ada", **more: str) -> tuple[int, Any]:
    """Ask for what the page asks for."""
    asked = {"channel": slack.channel_id(LOG), "ts": ts, "user": slack.user_id(user)} | more
    answer = post(slack, path, asked)
    return answer.status, answer.json.get("error")


def test_an_edit_is_the_authors_and_a_message_changed(slack: LocalSlack) -> None:
    """What is typed is read as `LocalSlack.edit` reads it, and apps hear of it as of any edit."""
    ts = slack.say(LOG, "!statsu", user="ada")
    with Events(slack) as events:
        events.next()
        assert change(slack, "/page/edit", ts, text="!status `<x>` @ben") == (200, None)
        _, event = events.next()

    [message] = slack.messages(LOG)

    assert (event["subtype"], event["previous_message"]["text"]) == ("message_changed", "!statsu")
    assert event["message"]["edited"]["user"] == message["user"] == slack.user_id("ada")
    assert message["text"] == event["message"]["text"] == f"!status `&lt;x&gt;` <@{slack.user_id('ben')}>"
    assert message["blocks"][0]["elements"][0]["elements"][-1]["type"] == "user"


def test_a_deletion_is_a_message_deleted_and_a_parent_leaves_its_place(slack: LocalSlack) -> None:
    """As by `LocalSlack.delete`."""
    parent, other = (slack.say(LOG, text, user="ada") for text in ("parent", "other"))
    slack.say(LOG, "answer", user="ben", thread_ts=parent)
    with Events(slack) as events:
        events.next()
        assert [change(slack, "/page/delete", ts) for ts in (parent, other)] == [(200, None)] * 2
        gone = [events.next()[1] for _ in range(2)]

    assert [(event["subtype"], event["deleted_ts"]) for event in gone] == [
        ("message_deleted", parent),
        ("message_deleted", other),
    ]
    assert slack.messages(LOG) == []
    assert slack.messages(LOG, thread_ts=parent)[0]["subtype"] == "tombstone"


@pytest.mark.parametrize("action", ["edit", "delete"])
def test_nobody_changes_what_is_not_his(slack: LocalSlack, action: str) -> None:
    """Another's message, an app's, what Slack says of somebody, and what is no longer there stay as they are."""
    slack.add_user("mia")
    slack.invite(LOG, "mia")
    [joined] = slack.messages(LOG)
    by_app = WebClient(slack.bot_token, base_url=slack.api_url).chat_postMessage(channel=LOG, text="posted")["ts"]
    by_ben = slack.say(LOG, "mine", user="ben")
    gone = slack.say(LOG, "gone", user="ada")
    slack.delete(LOG, gone)
    before = slack.messages(LOG)

    asked = [(by_ben, "ada"), (by_app, "ada"), (joined["ts"], "mia"), (gone, "ada")]
    answers = [change(slack, f"/page/{action}", ts, user=user, text="x") for ts, user in asked]

    refusal = {"edit": "cant_update_message", "delete": "cant_delete_message"}[action]
    assert answers == [(400, refusal)] * 3 + [(400, "message_not_found")]
    assert change(slack, f"/page/{action}", by_app, user="ops", text="x")[0] == 400  # nobody speaks as an app here
    assert slack.messages(LOG) == before


@pytest.mark.parametrize("action", ["edit", "delete"])
def test_one_changes_nothing_where_one_cannot_write(slack: LocalSlack, action: str) -> None:
    """In an archived channel, and in a private one whose member one is no longer."""
    slack.add_channel("war-room", private=True)
    hidden = slack.say("#war-room", "secret", user="ada")
    slack.kick("#war-room", "ada")
    place = slack.channel_id("#war-room")
    ts = slack.say(LOG, "kept", user="ada")
    slack.archive(LOG)

    assert change(slack, f"/page/{action}", ts, text="x") == (400, "is_archived")
    assert change(slack, f"/page/{action}", hidden, text="x", channel=place) == (400, "message_not_found")
    assert ts in [message["ts"] for message in slack.messages(LOG)]


def test_an_edit_to_nothing_is_refused(slack: LocalSlack) -> None:
    """Who wants no text wants no message: the page asks whether to delete it."""
    ts = slack.say(LOG, "kept", user="ada")

    assert change(slack, "/page/edit", ts, text=" \n") == (400, "no_text")
    assert slack.messages(LOG)[0]["text"] == "kept"


@pytest.mark.parametrize(
    "typed",
    [
        "!sql `select * from a where b < 3 && c = '@ada'` -- @ada @oncall @here #general",
        "10:100:5 :100: see https://a.test/x?a=1&b=2|3, a.example.com and ada@example.com",
        "```\nif a < b:\n    return '@ada'\n```\n> quoted *bold* :tada: a\N{PARTY POPPER} <@U0> &amp;",
    ],
)
def test_what_is_edited_is_what_was_typed(slack: LocalSlack, typed: str) -> None:
    """Code, links and mentions are shown as they were typed, and saved unchanged they mean the same."""
    slack.add_group("oncall", ["ada"])
    ts = slack.say(LOG, typed, user="ada")
    [before] = slack.messages(LOG)

    assert source(slack, ts) == typed
    change(slack, "/page/edit", ts, text=source(slack, ts))
    [after] = slack.messages(LOG)

    assert (after["text"], after["blocks"]) == (before["text"], before["blocks"])


def test_a_renamed_channel_is_shown_by_its_name_of_now(slack: LocalSlack) -> None:
    """So that it is still the one that was meant."""
    ts = slack.say(LOG, "see #general", user="ada")
    slack.rename_channel("#general", "everybody")

    assert source(slack, ts) == "see #everybody"


def test_what_has_no_blocks_is_edited_as_it_is_stored(slack: LocalSlack) -> None:
    """As old clients sent it."""
    ts = slack.say(LOG, "&lt;x&gt; <@U0>", user="ada", raw=True)
    [wordless] = slack.preload(LOG, [{"blocks": [{"type": "divider"}]}])

    assert source(slack, ts) == "&lt;x&gt; <@U0>"
    assert source(slack, wordless) == ""


def test_there_is_no_source_of_what_is_not_there(slack: LocalSlack) -> None:
    answer = request(slack, f"/page/source/{slack.channel_id(LOG)}/1.000000")

    assert (answer.status, answer.json["error"]) == (400, "message_not_found")
