"""The way to a channel by its webhook: one post at a time, and nothing else.

It has the face of `slack_logging.slack.client.SlackClient` as far as a sender needs it. This is the one place that
turns what a webhook answers into `slack_logging.errors`; none of them holds the address.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any

from slack_sdk.webhook import WebhookClient, WebhookResponse

from slack_logging.clock import Clock
from slack_logging.errors import DeliveryError, RateLimited, Rejected, Unreachable
from slack_logging.slack.address import DISCORD, SLACK, Address
from slack_logging.slack.flat import flat
from slack_logging.slack.limits import CALL_TIMEOUT
from slack_logging.slack.pacing import Pace
from slack_logging.slack.transport import Shared, SilentLogger, retry_after, unreachable

_POST = "chat.postMessage"

#: What the pace calls the one channel that a webhook posts to.
_CHANNEL = "webhook"

_GONE = "the webhook is gone, or its address is wrong: make a new one and use its address"

_REMEDIES: Mapping[str, str] = {
    **dict.fromkeys(("no_service", "no_service_id", "no_active_hooks", "no_team", "invalid_token"), _GONE),
    "web.incoming_webhook.invalid.app_error": _GONE,
    "channel_not_found": "the webhook's channel is gone: make a webhook for another",
    "channel_is_archived": "the webhook's channel is archived: unarchive it, or make a webhook for another",
    "action_prohibited": "a workspace rule forbids webhooks to post there",
    "posting_to_general_channel_denied": "a workspace rule forbids to post there: make a webhook for another channel",
}

#: Codes of others that speak of the message, by those of Slack that do.
#: Source: Mattermost, server's error ids.
_OF_THE_MESSAGE = {
    "web.incoming_webhook.text.app_error": "no_text",
    "web.incoming_webhook.parse.app_error": "invalid_payload",
    "web.incoming_webhook.decode.app_error": "invalid_payload",
}


class WebhookPoster:
    """One webhook, with one pace for everybody who shares this object. Safe to use from any thread.

    Args:
        address: where it is.
        clock: what the pace runs on.
    """

    #: Files need the Web API: see `upload`.
    UPLOAD_METHODS = ()

    def __init__(self, address: Address, clock: Clock) -> None:
        self._service = address.service
        self._web = WebhookClient(address.url, timeout=CALL_TIMEOUT, retry_handlers=[], logger=SilentLogger())
        # slack_sdk reads HTTPS_PROXY by itself and is deaf to NO_PROXY; urllib below it knows both.
        self._web.proxy = None
        self._clock = clock
        self._pace = Pace()
        self._lock = threading.Lock()

    def limit_calls(self, seconds: float) -> None:
        """Have calls count as unanswered after so many seconds, if that is less than usual. For the program's end."""
        self._web.timeout = max(1, min(CALL_TIMEOUT, round(seconds)))

    def acquire(self, method: str, channel: str = "") -> float:  # noqa: ARG002 - a webhook has one channel
        """Take a place for one call and return 0.0, or return the seconds to wait before asking again."""
        with self._lock:
            return self._pace.acquire(method, _CHANNEL, self._clock.monotonic())

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Post, now and once; the place must have been acquired. Blocks for up to 10 s.

        Args:
            method: ``"chat.postMessage"``.
            **arguments: the method's, without the channel; None means not given.

        Returns:
            An answer without the channel's id and the message's `ts`, which a webhook does not tell.

        Raises:
            RateLimited: nothing was done. The pace has taken it in.
            Unreachable: no answer, or none that tells what happened.
            Rejected: a refusal; also of any other method.
        """
        if method != _POST:
            raise _impossible(method)
        try:
            response = self._web.send_dict(self._body(arguments))
        except Exception as error:  # noqa: BLE001 - urllib raises many kinds, and some quote the address
            raise unreachable("webhook", error, url=self._web.url, is_secret=True) from None
        if refusal := self._refusal(response):
            raise refusal
        return {"ok": True, "channel": "", "ts": ""}

    def upload(self, channel: str, filename: str, content: bytes, *, title: str, thread_ts: str | None = None) -> None:  # noqa: ARG002
        """Refuse: a webhook takes no files."""
        raise _impossible(self.upload.__name__)

    def channel_id(self, channel: str, *, timeout: float = 60.0) -> str:  # noqa: ARG002
        """Refuse: a webhook does not tell where it posts."""
        raise _impossible(self.channel_id.__name__)

    def _body(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if not self._service.is_flat:
            return {name: value for name, value in given.items() if name != "channel" and value is not None}
        blocks = given.get("blocks")
        return {"text": flat(blocks, self._service.mentions, self._service.max_text) if blocks else given["text"]}

    def _refusal(self, response: WebhookResponse) -> DeliveryError | None:
        """Return what is wrong with an answer; None for success."""
        status, body = response.status_code, response.body.strip()
        answer = _json(body)
        if 200 <= status < 300:
            is_done = body == "ok" or (self._service is not SLACK and not body.startswith("<"))
            return None if is_done else Unreachable(f"webhook: HTTP {status}, but not the answer of a webhook")
        if status == 429:
            wait = retry_after(response.headers, answer)
            with self._lock:
                self._pace.throttled(_POST, _CHANNEL, wait, self._clock.monotonic())
            return RateLimited("webhook", wait)
        if status >= 500:
            return Unreachable(f"webhook: HTTP {status}")
        code = self._code(status, body, answer)
        remedy = _REMEDIES.get(code, _GONE if status in (401, 403, 404, 410) else f"HTTP {status}")
        return Rejected("webhook", code, remedy)

    def _code(self, status: int, body: str, answer: Mapping[str, Any]) -> str:
        """Return a refusal's code, in Slack's words where it speaks of the message and not of the webhook."""
        if status == 413:
            return "msg_too_large"
        if self._service is DISCORD:
            return "invalid_payload" if status == 400 else f"http_{status}"
        code = str(answer.get("id", body))
        return _OF_THE_MESSAGE.get(code, code) if re.fullmatch(r"[a-z]+[._][a-z_.]{1,60}", code) else f"http_{status}"


_shared: Shared[WebhookPoster] = Shared()


def connect(address: Address, clock: Clock) -> WebhookPoster:
    """Return the process's one client for a webhook: whoever posts there keeps the same pace. No I/O."""
    return _shared.get((address.url, id(clock)), lambda: WebhookPoster(address, clock))


def _impossible(method: str) -> Rejected:
    return Rejected(method, "not_by_webhook", "a webhook can only post")


def _json(body: str) -> Mapping[str, Any]:
    """Return the object that an answer is, if it is one."""
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
