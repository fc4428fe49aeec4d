"""Secret addresses that post to one channel and tell no `ts`: incoming webhooks and response_urls. Pure.

Source: Sending messages using incoming webhooks; Handling user interaction. Slack documents the codes of webhooks;
the status of some is ours, and so are the codes of a response_url that is used up.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from typing import Any

from slack_logging.local.arguments import Arguments
from slack_logging.local.content import read_content
from slack_logging.local.errors import ApiError
from slack_logging.local.limits import RESPONSE_URL_LIFETIME, RESPONSE_URL_USES
from slack_logging.local.model import User
from slack_logging.local.posting import post_content
from slack_logging.local.ratelimits import RateLimiter
from slack_logging.local.webapi import posting_buckets
from slack_logging.local.workspace import TEAM_ID, Workspace

_STATUS = {
    "action_prohibited": 403,
    "channel_is_archived": 410,
    "channel_not_found": 404,
    "expired_url": 404,
    "invalid_token": 403,
    "no_active_hooks": 404,
    "no_service": 404,
    "no_service_id": 404,
    "no_team": 404,
    "posting_to_general_channel_denied": 403,
    "rollup_error": 500,
    "team_disabled": 403,
    "used_url": 404,
}


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What a webhook answers: plain text, but for the JSON of a 429."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def error(self) -> str | None:
        """The error code, if it is a refusal."""
        if self.status == 429:
            return "rate_limited"
        return None if self.status == 200 else self.body


@dataclass(slots=True)
class _Address:
    """Where an address posts; a response_url also expires."""

    channel_id: str
    bot_id: str
    uses_left: float = math.inf
    expires: float = math.inf
    default_type: str = "in_channel"


def refused(code: str) -> WebhookAnswer:
    """Return the answer that carries a refusal."""
    return WebhookAnswer(_STATUS.get(code, 400), code)


def rate_limited(retry_after: int | str | None) -> WebhookAnswer:
    """Return the answer to a post that came too soon; only whole seconds stand in its body."""
    seconds = {"retry_after": retry_after} if isinstance(retry_after, int) else {}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return WebhookAnswer(429, json.dumps(seconds | {"ok": False, "error": "rate_limited"}), headers)


class Webhooks:
    """All webhooks and response_urls of an app. Use it under the workspace's lock.

    Args:
        workspace: where they post.
        limiter: the buckets that they share with chat.postMessage.
        app: the bot user of the app that they belong to.
    """

    def __init__(self, workspace: Workspace, limiter: RateLimiter, app: User) -> None:
        self._workspace = workspace
        self._limiter = limiter
        self._app = app
        self._addresses: dict[str, _Address] = {}

    def path(self, channel_id: str) -> str:
        """Return the path of the channel's webhook, which exists from then on; always the same one."""
        # Another bot id than the app's own, as Slack gives each webhook.
        bot_id = f"BHOOK{channel_id}"
        secret = hashlib.sha256(channel_id.encode()).hexdigest()[:16]
        path = f"/services/{TEAM_ID}/{bot_id}/testhook{secret}"
        self._addresses[path] = _Address(channel_id, bot_id)
        return path

    def response_path(self, channel_id: str) -> str:
        """Return the path of a new response_url, good for five uses within 30 minutes."""
        path = f"/commands/{TEAM_ID}/{len(self._addresses)}/testresponse"
        self._addresses[path] = _Address(
            channel_id,
            str(self._app.bot_id),
            uses_left=RESPONSE_URL_USES,
            expires=self._workspace.clock.time() + RESPONSE_URL_LIFETIME,
            default_type="ephemeral",
        )
        return path

    def post(self, path: str, body: bytes) -> WebhookAnswer:
        """Post what was sent to a path."""
        try:
            address = self._good_address(path)
            wait = self._limiter.take(
                posting_buckets(self._workspace, str(self._app.app_id), address.channel_id),
                self._workspace.clock.time(),
            )
            if wait:
                return rate_limited(wait)
            self._post(address, body)
        except ApiError as error:
            return refused(error.code)
        return WebhookAnswer(200, "ok")

    def _good_address(self, path: str) -> _Address:
        address = self._addresses.get(path)
        if address is None:
            raise ApiError("no_service")
        if self._workspace.clock.time() > address.expires:
            raise ApiError("expired_url")
        if not address.uses_left:
            raise ApiError("used_url")
        return address

    def _post(self, address: _Address, body: bytes) -> None:
        """Post, or only check where the answer is for one person's eyes: that is stored nowhere."""
        channel = self._workspace.channels[address.channel_id]
        if channel.is_archived:
            raise ApiError("channel_is_archived")
        arguments = Arguments(_payload(body))
        try:
            content = read_content(arguments, self._workspace)
            thread_ts = arguments.text("thread_ts") or None
            response_type = arguments.text("response_type", address.default_type)
        except ApiError as error:
            raise ApiError("invalid_payload" if error.code == "invalid_arguments" else error.code) from None
        if content.is_empty:
            raise ApiError("no_text")
        address.uses_left -= 1
        if response_type == "in_channel":
            who = {"bot_id": address.bot_id, "app_id": self._app.app_id, "username": self._app.name}
            post_content(self._workspace, channel, content, {"subtype": "bot_message"} | who, thread_ts=thread_ts)


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError("invalid_payload") from None
    if not isinstance(payload, dict):
        raise ApiError("invalid_payload")
    return payload
