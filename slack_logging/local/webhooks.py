"""Incoming webhooks: a secret address that posts to one channel, and tells no `ts`. Pure.

Source: Sending messages using incoming webhooks. Slack documents the codes; the status of some is ours.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from slack_logging.local.arguments import Arguments
from slack_logging.local.content import read_content
from slack_logging.local.errors import ApiError
from slack_logging.local.model import User
from slack_logging.local.posting import post_content
from slack_logging.local.ratelimits import RateLimiter
from slack_logging.local.webapi import posting_buckets
from slack_logging.local.workspace import TEAM_ID, Workspace

_STATUS = {"channel_is_archived": 410, "channel_not_found": 404, "no_service": 404}


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


def rate_limited(retry_after: int) -> WebhookAnswer:
    """Return the answer to a post that came too soon."""
    body = {"retry_after": retry_after, "ok": False, "error": "rate_limited"}
    return WebhookAnswer(429, json.dumps(body), {"Retry-After": str(retry_after)})


class Webhooks:
    """All webhooks of an app. Use it under the workspace's lock.

    Args:
        workspace: where they post.
        limiter: the buckets that they share with chat.postMessage.
        app: the bot user of the app that they belong to.
    """

    def __init__(self, workspace: Workspace, limiter: RateLimiter, app: User) -> None:
        self._workspace = workspace
        self._limiter = limiter
        self._app = app
        self._channels: dict[str, str] = {}

    def path(self, channel_id: str) -> str:
        """Return the path of the channel's webhook, which exists from then on; always the same one."""
        secret = hashlib.sha256(channel_id.encode()).hexdigest()[:16]
        path = f"/services/{TEAM_ID}/{self._bot_id(channel_id)}/testhook{secret}"
        self._channels[path] = channel_id
        return path

    def _bot_id(self, channel_id: str) -> str:
        """Return the webhook's own bot id, another than the app's."""
        return f"BHOOK{channel_id}"

    def post(self, path: str, body: bytes) -> WebhookAnswer:
        """Post what was sent to a path."""
        channel_id = self._channels.get(path)
        if channel_id is None:
            return WebhookAnswer(_STATUS["no_service"], "no_service")
        wait = self._limiter.take(posting_buckets(self._workspace, channel_id), self._workspace.clock.time())
        if wait:
            return rate_limited(wait)
        try:
            self._post(channel_id, body)
        except ApiError as error:
            return WebhookAnswer(_STATUS.get(error.code, 400), error.code)
        return WebhookAnswer(200, "ok")

    def _post(self, channel_id: str, body: bytes) -> None:
        channel = self._workspace.channels[channel_id]
        if channel.is_archived:
            raise ApiError("channel_is_archived")
        arguments = Arguments(_payload(body))
        try:
            content = read_content(arguments, self._workspace)
            thread_ts = arguments.text("thread_ts") or None
        except ApiError as error:
            raise ApiError("invalid_payload" if error.code == "invalid_arguments" else error.code) from None
        author = {
            "subtype": "bot_message",
            "bot_id": self._bot_id(channel_id),
            "app_id": self._app.app_id,
            "username": self._app.name,
        }
        post_content(self._workspace, channel, content, author, thread_ts=thread_ts)


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError("invalid_payload") from None
    if not isinstance(payload, dict):
        raise ApiError("invalid_payload")
    return payload
