"""Secret addresses that post to one channel and tell no `ts`: incoming webhooks and response_urls. Pure.

A webhook's channel, name and icon are fixed: what a payload says of them is ignored, as for any modern app.

Source: Sending messages using incoming webhooks; Handling user interaction.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from slack_logging.local.api.arguments import Arguments
from slack_logging.local.api.ratelimits import RateLimiter
from slack_logging.local.api.strictjson import read_json
from slack_logging.local.api.webapi import posting_buckets
from slack_logging.local.errors import ApiError
from slack_logging.local.limits import RESPONSE_URL_LIFETIME, RESPONSE_URL_USES
from slack_logging.local.state.apps import App
from slack_logging.local.state.content import read_content
from slack_logging.local.state.conversation import Channel
from slack_logging.local.state.posting import hide, post_content, show_to, updated
from slack_logging.local.state.teams import TEAM_ID
from slack_logging.local.state.workspace import Workspace

_log = logging.getLogger(__name__)

#: Error code -> HTTP status, where it is not 400. Source: Sending messages using incoming webhooks, "Handling errors",
#: for the codes; that 403 and 404 occur is documented, which code has which is ours, and so are the last three codes.
STATUS = {
    "channel_not_found": 404,
    "channel_is_archived": 410,
    "action_prohibited": 403,
    "posting_to_general_channel_denied": 403,
    "team_disabled": 403,
    "invalid_token": 403,
    "no_service": 404,
    "no_service_id": 404,
    "no_active_hooks": 404,
    "no_team": 404,
    "rollup_error": 500,
    "expired_url": 404,
    "used_url": 404,
    "message_not_found": 404,
}


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What a webhook answers: plain text, but for the JSON of a 429."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_json(self) -> bool:
        """True when the body is no plain text."""
        return self.status == 429

    @property
    def error(self) -> str | None:
        """The error code, if it is a refusal."""
        if self.is_json:
            return "rate_limited"
        return None if self.status == 200 else self.body


@dataclass(slots=True)
class _Address:
    """Where an address posts; a response_url (with a user) also expires, and may have an original to change."""

    app: App
    channel_id: str
    author: dict[str, Any]
    user_id: str | None = None
    original_ts: str | None = None
    uses_left: float = math.inf
    expires: float = math.inf


def rate_limited(retry_after: int | str | None) -> WebhookAnswer:
    """Return the answer to a post that came too soon; only whole seconds stand in its body."""
    seconds = {"retry_after": retry_after} if isinstance(retry_after, int) else {}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return WebhookAnswer(429, json.dumps(seconds | {"ok": False, "error": "rate_limited"}), headers)


def refused(code: str) -> WebhookAnswer:
    """Return the answer that carries an error code: plain text, with a status of its own."""
    return WebhookAnswer(STATUS.get(code, 400), code)


def read_payload(body: bytes) -> dict[str, Any]:
    """Return what was posted: JSON under any content type, since real clients send it as a form; or a form's `payload`.

    Raises:
        ApiError: ``invalid_payload``.
    """
    try:
        try:
            payload = read_json(body)
        except ValueError:
            payload = read_json(parse_qs(body.decode())["payload"][0])
    except (ValueError, KeyError):
        raise ApiError("invalid_payload") from None
    if not isinstance(payload, dict):
        raise ApiError("invalid_payload")
    return payload


class Webhooks:
    """All webhooks and response_urls. Use it under the workspace's lock.

    Args:
        workspace: where they post.
        limiter: the buckets that they share with chat.postMessage.
    """

    def __init__(self, workspace: Workspace, limiter: RateLimiter) -> None:
        self._workspace = workspace
        self._limiter = limiter
        self._addresses: dict[str, _Address] = {}

    def path(self, app: App, channel_id: str) -> str:
        """Return the path of an app's webhook for a channel, which exists from then on; always the same one."""
        # Another bot id than the app's own, as Slack gives each webhook.
        bot = self._workspace.integration(app.name, bot_id=f"BHOOK{app.id}{channel_id}", app_id=app.id)
        secret = hashlib.sha256(bot.bot_id.encode()).hexdigest()[:16]
        path = f"/services/{TEAM_ID}/{bot.bot_id}/testhook{secret}"
        self._addresses[path] = _Address(app, channel_id, _author(app, bot.bot_id))
        return path

    def response_path(self, app: App, channel_id: str, *, user_id: str, original_ts: str | None = None) -> str:
        """Return the path of a new response_url, good for five uses within 30 minutes.

        Args:
            app: whose it is.
            channel_id: where it answers.
            user_id: who sees the answers that are not ``in_channel``.
            original_ts: the message that was clicked, stored or ephemeral; None for a slash command.
        """
        comes_from = "commands" if original_ts is None else "actions"
        path = f"/{comes_from}/{TEAM_ID}/{len(self._addresses)}/testresponse"
        self._addresses[path] = _Address(
            app,
            channel_id,
            _author(app, app.bot_id),
            user_id,
            original_ts,
            uses_left=RESPONSE_URL_USES,
            expires=self._workspace.clock.time() + RESPONSE_URL_LIFETIME,
        )
        return path

    def post(self, path: str, body: bytes) -> WebhookAnswer:
        """Post what was sent to a path."""
        try:
            address = self._good_address(path)
            wait = self._limiter.take(
                posting_buckets(self._workspace, address.app.id, address.channel_id),
                self._workspace.clock.time(),
            )
            if wait:
                return rate_limited(wait)
            self._post(address, Arguments(read_payload(body)))
        except ApiError as error:
            return refused(error.code)
        return WebhookAnswer(200, "ok")

    def answer(self, path: str, payload: dict[str, Any]) -> None:
        """Show what an app answered at once to the command or click that brought a response_url along, if anything."""
        address = self._addresses[path]
        channel = self._workspace.channels.get(address.channel_id)
        if channel is None or address.user_id is None or not payload.keys() & {"text", "blocks", "attachments"}:
            return
        try:
            self._respond(channel, address, address.user_id, Arguments(payload))
        except ApiError as error:
            _log.warning("the answer of %s cannot be shown: %s", address.app.name, error.code)

    def _good_address(self, path: str) -> _Address:
        address = self._addresses.get(path)
        if address is None:
            raise ApiError(self._fault_of(path))
        if self._workspace.clock.time() > address.expires:
            raise ApiError("expired_url")
        if not address.uses_left:
            raise ApiError("used_url")
        return address

    def _fault_of(self, path: str) -> str:
        """Say what is wrong with an unknown path: the workspace, the secret of a webhook, or all of it."""
        _, _, team, bot, _ = path.split("/", maxsplit=4)
        if team != TEAM_ID:
            return "no_team"
        services = (known.split("/")[3] for known in self._addresses)
        return "invalid_token" if bot in services else "no_service"

    def _post(self, address: _Address, arguments: Arguments) -> None:
        """Do what a payload asks for; a refused one does not count as a use."""
        channel = self._workspace.channels.get(address.channel_id)
        if channel is None:
            raise ApiError("channel_not_found")
        if channel.is_archived:
            raise ApiError("channel_is_archived")
        try:
            if address.user_id is None:
                self._say(channel, address, arguments)
            else:
                self._respond(channel, address, address.user_id, arguments)
        except ApiError as error:
            raise ApiError("invalid_payload" if error.code == "invalid_arguments" else error.code) from None
        address.uses_left -= 1

    def _say(self, channel: Channel, address: _Address, arguments: Arguments) -> None:
        content = read_content(arguments, self._workspace)
        thread_ts = arguments.text("thread_ts") or None
        post_content(self._workspace, channel, content, address.author, thread_ts=thread_ts)

    def _respond(self, channel: Channel, address: _Address, user_id: str, arguments: Arguments) -> None:
        """Delete or replace the original, or else say something new. Source: Handling user interaction.

        Slack does not say what it does with another `response_type`: we refuse it, as it would else be a message that
        all were to see and one person sees.
        """
        kind = arguments.text("response_type", "ephemeral")
        if kind not in ("ephemeral", "in_channel"):
            raise ApiError("invalid_payload")
        if arguments.flag("delete_original"):
            self._delete(channel, address.original_ts)
        elif arguments.flag("replace_original") and address.original_ts:
            self._replace(channel, address, user_id, arguments)
        elif kind == "in_channel":
            self._say(channel, address, arguments)
        else:
            content = read_content(arguments, self._workspace)
            thread_ts = arguments.text("thread_ts") or None
            show_to(self._workspace, channel, content, address.author, user_id=user_id, thread_ts=thread_ts)

    def _delete(self, channel: Channel, ts: str | None) -> None:
        message = channel.get(ts or "")
        if message is not None and not message.is_hidden:
            self._workspace.delete(channel, message)
        elif not hide(self._workspace, channel, ts or ""):
            raise ApiError("message_not_found")

    def _replace(self, channel: Channel, address: _Address, user_id: str, arguments: Arguments) -> None:
        content = read_content(arguments, self._workspace)
        ts = str(address.original_ts)
        message = channel.get(ts)
        if message is None or message.is_hidden:
            show_to(self._workspace, channel, content, address.author, user_id=user_id, ts=ts)
        else:
            self._workspace.edit(channel, message, updated(message.fields, content), editor=address.app.bot.id)


def _author(app: App, bot_id: str) -> dict[str, Any]:
    return {"subtype": "bot_message", "bot_id": bot_id, "app_id": app.id, "username": app.name}
