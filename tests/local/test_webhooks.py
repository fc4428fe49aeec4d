"""Incoming webhooks, by slack_sdk's WebhookClient."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.webhook import WebhookClient, WebhookResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from slack_logging.local import Fault, LocalSlack, limits
from slack_logging.local.ratelimits import CHANNEL_POSTS
from slack_logging.testing import FakeClock
from tests.local.conftest import ask_sync, exchange

Send = Callable[[str, dict[str, Any]], WebhookResponse]


def send_sync(url: str, payload: dict[str, Any]) -> WebhookResponse:
    return WebhookClient(url, retry_handlers=[]).send_dict(payload)


def send_async(url: str, payload: dict[str, Any]) -> WebhookResponse:
    return asyncio.run(AsyncWebhookClient(url, retry_handlers=[]).send_dict(payload))


@pytest.fixture(params=[send_sync, send_async], ids=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Send:
    chosen: Send = request.param
    return chosen


def test_post_is_answered_with_ok_alone(slack: LocalSlack, send: Send) -> None:
    """A webhook says `ok` and no `ts`; the message has a bot id of its own, the app's id and no user."""
    answer = send(slack.webhook_url("#ops-log"), {"text": "a & b", "channel": "#general", "username": "root"})
    assert (200, "ok") == (answer.status_code, answer.body)
    message = slack.messages("#ops-log")[0]
    assert ("bot_message", "a &amp; b", "ops", slack.app_id) == tuple(
        message[name] for name in ("subtype", "text", "username", "app_id")
    )
    assert "user" not in message
    assert slack.bot_id != message["bot_id"]
    assert [] == slack.messages("#general")


def test_each_channel_has_one_address(slack: LocalSlack) -> None:
    """A webhook belongs to its channel, and stays the same."""
    assert slack.webhook_url("#ops-log") == slack.webhook_url("C0OPSLOG0") != slack.webhook_url("#general")


def test_threads_blocks_and_metadata(slack: LocalSlack, send: Send) -> None:
    """A webhook takes what a post takes."""
    parent = slack.say("#ops-log", "parent", user="ada")
    metadata = {"event_type": "record", "event_payload": {"id": "7"}}
    payload = {"thread_ts": parent, "blocks": [{"type": "divider"}], "metadata": metadata}
    assert 200 == send(slack.webhook_url("#ops-log"), payload).status_code
    reply = slack.messages("#ops-log", thread_ts=parent)[1]
    assert (metadata, "divider") == (reply["metadata"], reply["blocks"][0]["type"])


@pytest.mark.parametrize(
    ("payload", "status", "body"),
    [
        ({"text": ""}, 400, "no_text"),
        ({"text": ["x"]}, 400, "invalid_payload"),
        ({"blocks": [{"type": "section"}]}, 400, "invalid_blocks"),
        ({"blocks": {}}, 400, "invalid_blocks_format"),
        ({"attachments": [{}] * limits.ATTACHMENTS}, 200, "ok"),
        ({"attachments": [{}] * (limits.ATTACHMENTS + 1)}, 400, "too_many_attachments"),
        ({"attachments": 1}, 400, "invalid_attachments"),
    ],
)
def test_refusals_are_plain_text(
    slack: LocalSlack, send: Send, payload: dict[str, Any], status: int, body: str
) -> None:
    """An error is a code in plain text with a status of its own."""
    answer = send(slack.webhook_url("#ops-log"), payload)
    assert (status, body) == (answer.status_code, answer.body)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_malformed_payload(slack: LocalSlack, body: bytes) -> None:
    """What is not a JSON object is an invalid payload."""
    answer = exchange(slack, "POST", slack.webhook_url("#ops-log"), body, {"Content-Type": "application/json"})
    assert (400, b"invalid_payload") == (answer[0], answer[2])


def test_unknown_address_and_archived_channel(slack: LocalSlack, send: Send) -> None:
    """A webhook that does not exist is no service; one of an archived channel is gone."""
    url = slack.webhook_url("#ops-log")
    assert (404, "no_service") == (send(url + "x", {"text": "x"}).status_code, send(url + "x", {"text": "x"}).body)
    slack.archive("#ops-log")
    answer = send(url, {"text": "x"})
    assert (410, "channel_is_archived") == (answer.status_code, answer.body)


def test_webhook_shares_the_channels_rate_limit(slack: LocalSlack, send: Send) -> None:
    """Posts by webhook and by chat.postMessage come out of one bucket; the 429 says so in its own form."""
    ask = ask_sync(slack)
    for _ in range(int(CHANNEL_POSTS.capacity)):
        assert ask("chat_postMessage", channel="#ops-log", text="x")["ok"]
    answer = send(slack.webhook_url("#ops-log"), {"text": "x"})
    body = {"retry_after": 1, "ok": False, "error": "rate_limited"}
    assert (429, "1", body) == (answer.status_code, answer.headers["Retry-After"], json.loads(answer.body))


def test_planned_429_has_the_webhooks_form(slack: LocalSlack, send: Send) -> None:
    """A fault on the webhook speaks as a webhook does, and is recorded under that name."""
    slack.fault("webhook", Fault.rate_limited(9))
    answer = send(slack.webhook_url("#ops-log"), {"text": "x"})
    assert {"retry_after": 9, "ok": False, "error": "rate_limited"} == json.loads(answer.body)
    assert [(429, "rate_limited")] == [(call.status, call.error) for call in slack.calls("webhook")]


def test_response_url_is_good_for_five_answers(slack: LocalSlack, clock: FakeClock, send: Send) -> None:
    """An answer is for one person unless it says in_channel; refused ones do not count; the sixth is too many."""
    url = slack.response_url("#ops-log")
    assert 400 == send(url, {"text": ""}).status_code
    answers = []
    for response_type in ("ephemeral", "in_channel", "ephemeral", "in_channel", "ephemeral", "in_channel"):
        clock.advance(1)
        answers.append(send(url, {"text": "x", "response_type": response_type}))
    assert [(200, "ok")] * 5 + [(404, "used_url")] == [(answer.status_code, answer.body) for answer in answers]
    assert [slack.bot_id] * 2 == [message["bot_id"] for message in slack.messages("#ops-log")]


def test_response_url_expires(slack: LocalSlack, clock: FakeClock, send: Send) -> None:
    """An answer is taken for 30 minutes and no longer; by itself it is ephemeral."""
    url = slack.response_url("#ops-log")
    clock.advance(limits.RESPONSE_URL_LIFETIME)
    assert 200 == send(url, {"text": "x"}).status_code
    clock.advance(0.5)
    assert "expired_url" == send(url, {"text": "x"}).body
    assert [] == slack.messages("#ops-log")


def test_posts_are_recorded_by_their_fields(slack: LocalSlack, send: Send) -> None:
    """A webhook's call holds what was sent, and not the secret address."""
    send(slack.webhook_url("#ops-log"), {"text": "x"})
    call = slack.calls("webhook")[0]
    assert ({"text": "x"}, 200, None) == (call.args, call.status, call.error)
    assert "testhook" not in repr(call)
