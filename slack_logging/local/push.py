"""Events, commands and clicks over HTTP, for apps with a request URL; signed as Slack signs. Runs in the event loop.

Source: Events API, "Request URL verification"; Verifying requests from Slack.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp

from slack_logging.local.apps import App
from slack_logging.local.deliveries import ACK_TIMEOUT, Delivery

_log = logging.getLogger(__name__)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a push.

    Attributes:
        reason: why it failed, in Slack's words; empty when it was taken.
        answer: the JSON object that was answered; most often empty.
        retry: False where the app asked for no further try.
    """

    reason: str
    answer: dict[str, Any] = field(default_factory=dict)
    retry: bool = True


class Pusher:
    """Posts to apps. Its session lives as long as the server's loop."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._verified: set[tuple[str, str]] = set()

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def push(self, app: App, url: str, delivery: Delivery) -> Outcome:
        """Post one delivery, and wait up to three real seconds for the answer.

        Args:
            app: whose secret signs.
            url: where to; anything but loopback is refused.
            delivery: what to post.
        """
        if urlsplit(url).hostname not in _LOOPBACK:
            _log.warning("%s is not on this machine: nothing is sent there", url)
            return Outcome("connection_failed", retry=False)
        if not await self._is_verified(app, url):
            return Outcome("http_error", retry=False)
        retry = {}
        if delivery.attempt:
            retry = {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": delivery.reason}
        return await self._post(app, url, *_body(delivery), retry)

    async def _is_verified(self, app: App, url: str) -> bool:
        """Ask once for each address whether it wants our events: it must send the challenge back."""
        if (app.id, url) in self._verified:
            return True
        challenge = secrets.token_hex(16)
        asked = {"token": app.verification_token, "challenge": challenge, "type": "url_verification"}
        outcome = await self._post(app, url, json.dumps(asked).encode(), _JSON, {})
        if outcome.reason or challenge not in (outcome.answer.get("challenge"), outcome.answer.get("text")):
            _log.warning("%s did not answer the challenge of url_verification: nothing is sent there", url)
            return False
        self._verified.add((app.id, url))
        return True

    async def _post(self, app: App, url: str, body: bytes, kind: str, headers: dict[str, str]) -> Outcome:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ACK_TIMEOUT), trust_env=False)
        headers = headers | signature(app.signing_secret, body) | {"Content-Type": kind}
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                text = await response.text(errors="replace")
        except asyncio.TimeoutError:
            return Outcome("http_timeout")
        except aiohttp.ClientError:
            return Outcome("connection_failed")
        if response.status != 200:
            return Outcome("http_error", retry=response.headers.get("X-Slack-No-Retry") != "1")
        return Outcome("", _answer(text))


def signature(secret: str, body: bytes, now: int | None = None) -> dict[str, str]:
    """Return the headers that prove a request to be Slack's. Source: Verifying requests from Slack.

    Args:
        secret: the app's signing secret.
        body: as sent.
        now: epoch seconds; by default the machine's, because receivers compare with theirs.
    """
    moment = str(int(time.time()) if now is None else now)
    digest = hmac.new(secret.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={digest}"}


def _body(delivery: Delivery) -> tuple[bytes, str]:
    """Return the body and its type: events are JSON, commands a form, clicks JSON in a form."""
    if delivery.kind == "events_api":
        return json.dumps(delivery.payload).encode(), _JSON
    fields = delivery.payload if delivery.kind == "slash_commands" else {"payload": json.dumps(delivery.payload)}
    return urlencode(fields).encode(), _FORM


def _answer(text: str) -> dict[str, Any]:
    """Read what was answered: a JSON object, or the text of a message."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return {"text": text} if text.strip() else {}
    return answer if isinstance(answer, dict) else {}
