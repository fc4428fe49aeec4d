"""The files that posted messages promise in their threads. For the sender's thread."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.errors import Rejected, Unreachable

if TYPE_CHECKING:
    from slack_logging.slack.transport import Client

#: Tries to attach a text before it is left out.
_TRIES = 5


@dataclass(slots=True)
class _Upload:
    channel: str
    thread_ts: str
    text: str
    tries: int = 0


class Uploads:
    """Texts on their way.

    Args:
        channel: as configured; for messages on stderr.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._waiting: deque[_Upload] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, channel: str, thread_ts: str, text: str) -> None:
        """Promise a text in the thread of a message."""
        self._waiting.append(_Upload(channel, thread_ts, text))

    def send(self, client: Client) -> float:
        """Attach the next text. Returns the seconds that the pace makes it wait, or 0.

        Raises:
            RateLimited, Unreachable: not now; it stays the next.
        """
        for method in client.UPLOAD_METHODS:
            if place := client.acquire(method):
                return place
        upload = self._waiting[0]
        upload.tries += 1
        try:
            content = upload.text.encode("utf-8")
            client.upload(upload.channel, "record.txt", content, title="Full text", thread_ts=upload.thread_ts)
        except Rejected as error:
            notices.say(f"{self._channel} files", f"a record's full text could not be attached: {error}")
        except Unreachable:
            if upload.tries < _TRIES:
                raise
        self._waiting.popleft()
        return 0.0
