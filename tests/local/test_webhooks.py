"""Incoming webhooks, by slack_sdk's WebhookClient."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk.webhook import WebhookClient, WebhookResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from slack_logging.local import Fault, LocalSlack, limits
from slack_logging.local.api.ratelimits import CHANNEL_POSTS
from slack_logging.local.api.webhooks import WebhookAnswer, refused
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


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b"\xff", b"payload=", b"payload=x", b"payload=\xff", b"text=x"]
)
def test_malformed_payload(slack: LocalSlack, body: bytes) -> None:
    """What is not a JSON object is an invalid payload."""
    answer = exchange(slack, "POST", slack.webhook_url("#ops-log"), body, {"Content-Type": "application/json"})
    assert (400, b"invalid_payload") == (answer[0], answer[2])


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/services/T0LOCAL00/BHOOKA0OPS0000C0OPSLOG0/wrong", 403, "invalid_token"),
        ("/services/T0LOCAL00/B0NOTHING/wrong", 404, "no_service"),
        ("/services/T0NOBODY0/BHOOKC0OPSLOG0/wrong", 404, "no_team"),
        ("/commands/T0LOCAL00/7/wrong", 404, "no_service"),
        ("/actions/T0LOCAL00/7/wrong", 404, "no_service"),
    ],
)
def test_wrong_address_says_what_is_wrong(slack: LocalSlack, path: str, status: int, body: str) -> None:
    """A secret that is not the webhook's, a webhook that is none and another workspace are told apart."""
    slack.webhook_url("#ops-log")
    answer = exchange(slack, "POST", path, b'{"text": "x"}')
    assert (status, body.encode()) == (answer[0], answer[2])


def test_archived_and_deleted_channels_take_nothing(slack: LocalSlack, send: Send) -> None:
    """A webhook of an archived channel is gone for as long; one of a deleted channel has no target."""
    url = slack.webhook_url("#ops-log")
    slack.archive("#ops-log")
    answer = send(url, {"text": "x"})
    assert (410, "channel_is_archived") == (answer.status_code, answer.body)
    slack.unarchive("#ops-log")
    assert 200 == send(url, {"text": "x"}).status_code
    slack.remove_channel("#ops-log")
    answer = send(url, {"text": "x"})
    assert (404, "channel_not_found") == (answer.status_code, answer.body)


@pytest.mark.parametrize(
    ("code", "status"),
    [("invalid_payload", 400), ("user_not_found", 400), ("action_prohibited", 403), ("no_active_hooks", 404),
     ("rollup_error", 500)],
)  # fmt: skip
def test_each_code_has_its_status(code: str, status: int) -> None:
    """Also the codes that nothing here leads to, for whoever wants to see one."""
    assert WebhookAnswer(status, code) == refused(code)


FORM = "application/x-www-form-urlencoded"
ACCENTED = '{"text": "\N{LATIN SMALL LETTER E WITH ACUTE} & co"}'


@pytest.mark.parametrize("content_type", ["application/json", FORM, "text/plain", None])
@pytest.mark.parametrize(
    "body",
    [
        ACCENTED.encode(),
        urlencode({"payload": ACCENTED}).encode(),
        urlencode({"channel": "#general", "payload": ACCENTED, "x": ""}).encode(),
    ],
)
def test_bodies_that_real_clients_send(slack: LocalSlack, content_type: str | None, body: bytes) -> None:
    """JSON under any content type, and in a form's `payload`, wherever it stands, are one message; it is recorded."""
    headers = {"Content-Type": content_type} if content_type else {}
    answer = exchange(slack, "POST", slack.webhook_url("#ops-log"), body, headers)
    assert (200, b"ok") == (answer[0], answer[2])
    assert ["\N{LATIN SMALL LETTER E WITH ACUTE} &amp; co"] == [
        message["text"] for message in slack.messages("#ops-log")
    ]
    assert {"text": "\N{LATIN SMALL LETTER E WITH ACUTE} & co"} == slack.calls("webhook")[0].args


def test_a_body_is_read_in_the_charset_that_its_type_names(slack: LocalSlack) -> None:
    """Not as UTF-8, which it is not."""
    headers = {"Content-Type": "application/json; charset=ISO-8859-1"}
    answer = exchange(slack, "POST", slack.webhook_url("#ops-log"), ACCENTED.encode("iso-8859-1"), headers)
    assert (200, b"ok") == (answer[0], answer[2])
    assert "\N{LATIN SMALL LETTER E WITH ACUTE} &amp; co" == slack.messages("#ops-log")[0]["text"]


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
    assert answer.headers["Content-Type"].startswith("application/json")
    assert send(slack.webhook_url("#ops-log"), {"text": ""}).headers["Content-Type"].startswith("text/plain")
    assert [(429, "rate_limited"), (400, "no_text")] == [(call.status, call.error) for call in slack.calls("webhook")]


def test_posts_are_recorded_by_their_fields(slack: LocalSlack, send: Send) -> None:
    """A webhook's call holds what was sent, and not the secret address."""
    send(slack.webhook_url("#ops-log"), {"text": "x"})
    call = slack.calls("webhook")[0]
    assert ({"text": "x"}, 200, None) == (call.args, call.status, call.error)
    assert "testhook" not in repr(call)
