"""response_urls, by slack_sdk's WebhookClient, and what only one person sees."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.webhook import WebhookClient

from slack_logging.local import LocalSlack, limits
from slack_logging.testing import FakeClock
from tests.local.conftest import Ask


class Responder:
    """Answers at a response_url, a second after the answer before."""

    def __init__(self, slack: LocalSlack, clock: FakeClock) -> None:
        self._slack = slack
        self._clock = clock
        self.url = slack.response_url("#ops-log", user="ben")

    def to(self, ts: str) -> Responder:
        """Answer to a click on a message from now on."""
        self.url = self._slack.response_url("#ops-log", user="ben", message_ts=ts)
        return self

    def __call__(self, **payload: Any) -> tuple[int, str]:
        """Return the status and the body of what Slack says to an answer."""
        self._clock.advance(1)
        answer = WebhookClient(self.url, retry_handlers=[]).send_dict(payload)
        return answer.status_code, answer.body


@pytest.fixture
def respond(slack: LocalSlack, clock: FakeClock) -> Responder:
    return Responder(slack, clock)


@pytest.fixture
def events(slack: LocalSlack) -> list[dict[str, Any]]:
    """Return the list that fills with the events of the workspace."""
    seen: list[dict[str, Any]] = []
    slack.workspace.subscribe(seen.append)
    return seen


def test_five_answers_and_no_more(slack: LocalSlack, respond: Responder) -> None:
    """An answer is for one person unless it says in_channel; refused ones do not count; the sixth is too many."""
    assert (400, "no_text") == respond(text="")
    answers = [
        respond(text=kind, response_type=kind)
        for kind in ("ephemeral", "in_channel", "ephemeral", "in_channel", "ephemeral", "in_channel")
    ]
    assert [(200, "ok")] * 5 + [(404, "used_url")] == answers
    assert [slack.bot_id] * 2 == [message["bot_id"] for message in slack.messages("#ops-log")]
    assert 3 == len(slack.ephemerals("#ops-log", user="ben"))


def test_address_expires_after_thirty_minutes(slack: LocalSlack, clock: FakeClock, respond: Responder) -> None:
    """An answer is taken for 30 minutes and no longer."""
    clock.advance(limits.RESPONSE_URL_LIFETIME - 1)
    assert (200, "ok") == respond(text="x")
    assert (404, "expired_url") == respond(text="x")


@pytest.mark.parametrize("more", [{}, {"replace_original": True}, {"delete_original": True}])
def test_a_response_type_that_is_none_is_refused(slack: LocalSlack, respond: Responder, more: dict[str, Any]) -> None:
    """Whatever else the answer asks for, nothing happens; else a misspelt word would hide it from all but one."""
    ts = slack.say("#ops-log", "clicked", user="ada")
    assert (400, "invalid_payload") == respond.to(ts)(text="x", response_type="in-channel", **more)
    assert ["clicked"] == [message["text"] for message in slack.messages("#ops-log")]
    assert [] == slack.ephemerals("#ops-log")


def test_answer_may_be_a_reply(slack: LocalSlack, respond: Responder) -> None:
    """`thread_ts` puts an answer of either kind into a thread; an unknown one is refused."""
    parent = slack.say("#ops-log", "typed", user="ada")
    assert (200, "ok") == respond(text="x", thread_ts=parent, response_type="in_channel", replace_original=False)
    assert (200, "ok") == respond(text="y", thread_ts=parent)
    assert ["typed", "x"] == [message["text"] for message in slack.messages("#ops-log", thread_ts=parent)]
    assert [parent] == [message["thread_ts"] for message in slack.ephemerals("#ops-log")]
    assert (400, "thread_not_found") == respond(text="x", thread_ts="1.2")


@pytest.mark.parametrize("yes", [True, "true"])
def test_original_is_replaced(slack: LocalSlack, ask: Ask, respond: Responder, log: str, yes: object) -> None:
    """The message that was clicked is edited in place; with nothing to replace, the answer is a new one."""
    button = {"type": "button", "text": {"type": "plain_text", "text": "Yes"}, "action_id": "yes"}
    actions = [{"type": "actions", "elements": [button]}]
    ts = ask("chat_postMessage", channel=log, text="Deploy?", blocks=actions)["ts"]
    respond.to(ts)
    assert (200, "ok") == respond(text="Deployed", replace_original=yes)
    [message] = slack.messages(log)
    assert (ts, "Deployed", False) == (message["ts"], message["text"], "blocks" in message)
    assert slack.bot_user_id == message["edited"]["user"]
    respond.url = slack.response_url(log)
    assert (200, "ok") == respond(text="new", replace_original=yes)
    assert ["new"] == [message["text"] for message in slack.ephemerals(log)]


def test_original_is_deleted(slack: LocalSlack, ask: Ask, respond: Responder, log: str) -> None:
    """The message that was clicked goes; there must be one."""
    respond.to(ask("chat_postMessage", channel=log, text="Deploy?")["ts"])
    assert (200, "ok") == respond(delete_original=True)
    assert [] == slack.messages(log)
    assert (404, "message_not_found") == respond(delete_original=True)
    assert (404, "message_not_found") == respond(text="x", replace_original=True)
    assert [] == slack.ephemerals(log)


def test_ephemeral_original_is_replaced_and_deleted(
    slack: LocalSlack, ask: Ask, respond: Responder, events: list[dict[str, Any]], log: str
) -> None:
    """What one person saw keeps its `ts` and its one viewer until it is taken away."""
    ben = slack.user_id("ben")
    ts = ask("chat_postEphemeral", channel=log, user=ben, text="Deploy?")["message_ts"]
    respond.to(ts)
    assert (200, "ok") == respond(text="Sure?", replace_original=True)
    assert [(ts, "Sure?", ben)] == [(shown["ts"], shown["text"], shown["user"]) for shown in slack.ephemerals(log)]
    assert (200, "ok") == respond(delete_original=True)
    assert [] == slack.ephemerals(log)
    assert [("Deploy?", ts, None), ("Sure?", ts, None), (None, None, ts)] == [
        (event.get("text"), ts if event["ts"] == ts else None, event.get("deleted_ts")) for event in events
    ]
    assert {(True, log, ben)} == {(event["is_ephemeral"], event["channel"], event["user"]) for event in events}


def test_ephemeral_message_is_told_to_the_page(
    slack: LocalSlack, ask: Ask, events: list[dict[str, Any]], log: str
) -> None:
    """The event names who sees it and which app shows it; neither metadata nor a place in the history belong to it."""
    metadata = {"event_type": "record", "event_payload": {"id": "7"}}
    ada = slack.user_id("ada")
    ts = ask("chat_postEphemeral", channel=log, user=ada, text="psst & go", metadata=metadata)["message_ts"]
    [event] = events
    assert {
        "type": "message",
        "is_ephemeral": True,
        "channel": log,
        "channel_type": "channel",
        "user": ada,
        "ts": ts,
        "text": "psst &amp; go",
        "bot_id": slack.bot_id,
        "app_id": slack.app_id,
    }.items() <= event.items()
    assert "metadata" not in event
    assert [] == ask("conversations_history", channel=log)["messages"]


def test_ephemerals_are_told_by_viewer_and_as_copies(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Each person's are their own; changing what was returned changes nothing."""
    for user in ("ada", "ben"):
        ask("chat_postEphemeral", channel=log, user=slack.user_id(user), text=user, blocks=[{"type": "divider"}])
    assert ["ada", "ben"] == [shown["text"] for shown in slack.ephemerals(log)]
    slack.ephemerals(log, user="ada")[0]["blocks"].clear()
    assert [["divider"]] == [
        [block["type"] for block in shown["blocks"]] for shown in slack.ephemerals(log, user="ada")
    ]


def test_ephemeral_reply_needs_its_thread(slack: LocalSlack, ask: Ask, log: str) -> None:
    """In a thread it is checked as a reply is."""
    parent = slack.say(log, "typed", user="ada")
    reply = slack.say(log, "typed", user="ada", thread_ts=parent)
    ada = slack.user_id("ada")
    assert ask("chat_postEphemeral", channel=log, user=ada, text="x", thread_ts=parent)["ok"]
    answer = ask("chat_postEphemeral", channel=log, user=ada, text="x", thread_ts=reply)
    assert "cannot_reply_to_message" == answer["error"]
