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
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp

from slack_logging.local.api.strictjson import read_json
from slack_logging.local.events.deliveries import ACK_TIMEOUT, Delivery
from slack_logging.local.state.apps import LOOPBACK, App

_log = logging.getLogger(__name__)

#: Redirects that are followed. Source: Events API, "Error handling".
_REDIRECTS = 2

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
        self._verified: dict[tuple[str, str], asyncio.Task[Outcome | None]] = {}

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        self._verified.clear()  # the tasks of a loop that has ended

    async def push(self, app: App, url: str, delivery: Delivery) -> Outcome:
        """Post one delivery, and wait up to three real seconds for the answer.

        Args:
            app: whose secret signs.
            url: where to; anything but loopback is refused.
            delivery: what to post.
        """
        if refusal := await self._verify(app, url):
            return refusal
        retry = {}
        if delivery.attempt:
            retry = {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": delivery.reason}
        return await self._post(app, url, *_body(delivery), retry)

    async def _verify(self, app: App, url: str) -> Outcome | None:
        """Ask once for each address whether it wants our events; after a refusal again with the next try.

        Returns:
            Why nothing may be sent there, or None.
        """
        key = (app.id, url)
        if key not in self._verified:
            self._verified[key] = asyncio.get_running_loop().create_task(self._challenge(app, url))
        refusal = await self._verified[key]
        if refusal is not None:
            self._verified.pop(key, None)
        return refusal

    async def _challenge(self, app: App, url: str) -> Outcome | None:
        """Send a challenge, which must come back."""
        challenge = secrets.token_hex(16)
        asked = {"token": app.verification_token, "challenge": challenge, "type": "url_verification"}
        outcome = await self._post(app, url, json.dumps(asked).encode(), _JSON, {})
        if outcome.reason:
            return outcome
        if challenge not in (outcome.answer.get("challenge"), outcome.answer.get("text")):
            _log.warning("%s did not answer the challenge of url_verification: nothing is sent there", url)
            return Outcome("http_error", retry=False)
        return None

    async def _post(self, app: App, url: str, body: bytes, kind: str, headers: dict[str, str]) -> Outcome:
        """Post, again where a redirect leads; Slack does not say how it follows one, so the body goes along."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),  # who has to wait for a connection has not been asked yet
                timeout=aiohttp.ClientTimeout(ACK_TIMEOUT),
                trust_env=False,
            )
        headers = headers | signature(app.signing_secret, body) | {"Content-Type": kind}
        for _ in range(1 + _REDIRECTS):
            try:
                if urlsplit(url).hostname not in LOOPBACK:
                    _log.warning("%s is not on this machine: nothing is sent there", url)
                    return Outcome("connection_failed", retry=False)
                async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                    text = (await response.read()).decode(errors="replace")
                if "Location" not in response.headers or not 300 <= response.status < 400:
                    break
                url = urljoin(url, response.headers["Location"])
            except asyncio.TimeoutError:
                return Outcome("http_timeout")
            except aiohttp.ClientSSLError:
                return Outcome("ssl_error")
            except (aiohttp.ClientError, ValueError):  # the latter for an address that is none
                return Outcome("connection_failed")
        else:
            return Outcome("too_many_redirects")
        if not 200 <= response.status < 300:
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
        answer = read_json(text)
    except ValueError:
        return {"text": text} if text.strip() else {}
    return answer if isinstance(answer, dict) else {}
