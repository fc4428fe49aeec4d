"""Stand-ins for Discord and Mattermost: their webhooks, as strict as their documentation says, and what people see.

Source: Discord, "Execute Slack-Compatible Webhook", "Execute Webhook", "Rate limits"; Mattermost, "Incoming webhooks",
"Slack compatibility".
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar

from slack_logging.testing import FakeClock

#: A status, a body, and whether the message is taken all the same; status 0 cuts the connection.
Answer = tuple[int, str, bool]

_FENCE = "```"


@dataclass
class Chat:
    """A chat on this machine that takes Slack's messages at a secret path.

    Attributes:
        texts: of the messages taken, as they came.
        requests: when each request came, in seconds of the clock.
        answers: what to answer next instead of the usual.
    """

    clock: FakeClock
    texts: list[str] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    key: str = "k3y" * 8 + "zz"

    path: ClassVar[str]

    def __enter__(self) -> Chat:
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                chat.requests.append(chat.clock.monotonic())
                is_json = self.headers["Content-Type"].startswith("application/json")
                status, text = chat.answered(self.path, json.loads(body) if is_json else None)
                if not status:
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The webhook's address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.path.format(key=self.key)}"

    def answered(self, path: str, payload: dict[str, Any] | None) -> tuple[int, str]:
        """Take a message, or not, and return status and body."""
        status, body, is_taken = self.answers.popleft() if self.answers else (200, "ok", True)
        if refusal := self.refusal(path, payload):
            return refusal
        if is_taken and payload is not None:
            self.texts.append(payload["text"])
        return status, body

    def refusal(self, path: str, payload: dict[str, Any] | None) -> tuple[int, str] | None:
        """Return what is answered to a message that is not taken."""
        raise NotImplementedError

    def made_of(self, text: str) -> str:
        """Return what the service makes of a text before it shows it."""
        raise NotImplementedError

    def seen(self, text: str) -> tuple[str, str]:
        """Return what people read of a message in its code block, and what stands around that and has an effect."""
        before, _, rest = self.made_of(text).partition(f"{_FENCE}\n")
        code, _, after = rest.partition(_FENCE)
        return read_back(code.removesuffix("\n")), (before + after).strip()

    def rows(self) -> list[str]:
        """Return all that people read."""
        return [row for text in self.texts for row in self.seen(text)[0].split("\n")]


def read_back(text: str) -> str:
    """Return what a person reads: spaces without width are not seen, wide signs are known for what they are."""
    return text.replace("\u200b", "").replace("\uff1c", "<")


class Discord(Chat):
    """Takes up to 2,000 characters, five times in two seconds."""

    path = "/api/webhooks/1234567890/{key}/slack"

    def refusal(self, path: str, payload: dict[str, Any] | None) -> tuple[int, str] | None:
        """See `Chat`."""
        if path != self.path.format(key=self.key):
            return 404, '{"message": "Unknown Webhook", "code": 10015}'
        if len([moment for moment in self.requests if moment > self.clock.monotonic() - 2]) > 5:
            return 429, '{"message": "You are being rate limited.", "retry_after": 2.0, "global": false}'
        if payload is None or not payload.get("text", "").strip():
            return 400, '{"message": "Cannot send an empty message", "code": 50006}'
        if len(payload["text"].encode("utf-16-le")) // 2 > 2_000:
            return 400, '{"message": "Invalid Form Body", "code": 50035}'
        return None

    def made_of(self, text: str) -> str:
        """See `Chat`; Slack's escapes and links may be undone."""
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        return re.sub(r"<(https?://[^|>]+)\|([^>]+)>", r"[\2](\1)", text)


class Mattermost(Chat):
    """Takes texts of any length, but cuts long ones anywhere: here, that is an error."""

    path = "/hooks/{key}"

    def refusal(self, path: str, payload: dict[str, Any] | None) -> tuple[int, str] | None:
        """See `Chat`."""
        if path != self.path.format(key=self.key):
            return 400, '{"id": "web.incoming_webhook.invalid.app_error", "message": "Invalid webhook"}'
        if payload is None or not payload.get("text"):
            return 400, '{"id": "web.incoming_webhook.text.app_error", "message": "No text specified"}'
        if len(payload["text"]) > 4_000:
            return 400, '{"id": "of.this.test", "message": "would be cut"}'
        return None

    def made_of(self, text: str) -> str:
        """See `Chat`: announcements, users by id and links, also within code."""
        for announcement in ("channel", "here", "all"):
            text = text.replace(f"<!{announcement}>", f"@{announcement}")
        text = re.sub(r"<@?([a-z0-9]{26})>", "@somebody", text)
        return re.sub(r"<([^<|]+)\|([^>]+)>", r"[\2](\1)", text)
