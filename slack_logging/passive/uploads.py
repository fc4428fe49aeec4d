"""The files that posted messages promise in their threads. For the sender's thread."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.errors import Rejected, Unreachable
from slack_logging.passive.books import Books
from slack_logging.passive.shipments import File

if TYPE_CHECKING:
    from slack_logging.slack.client import SlackClient

#: Tries to attach the rest of a text before it is left out; a file of records is tried for ever.
_TRIES = 5


@dataclass(slots=True)
class _Upload:
    channel: str
    thread: str
    file: File
    tries: int = 0


class Uploads:
    """Files on their way.

    Args:
        channel: as configured; for messages on stderr.
        books: where the files' records are counted.
    """

    def __init__(self, channel: str, books: Books) -> None:
        self._channel = channel
        self._books = books
        self._waiting: deque[_Upload] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def records(self) -> int:
        """Return how many records the files show."""
        return sum(upload.file.records for upload in self._waiting)

    def add(self, channel: str, thread: str, file: File) -> None:
        """Promise a file in the thread of a message."""
        self._waiting.append(_Upload(channel, thread, file))

    def send(self, client: SlackClient) -> float:
        """Attach the next file. Returns the seconds that the pace makes it wait, or 0.

        Raises:
            RateLimited, Unreachable: not now; it stays the next.
        """
        for method in client.UPLOAD_METHODS:
            if place := client.acquire(method):
                return place
        upload = self._waiting[0]
        file = upload.file
        upload.tries += 1
        try:
            client.upload(
                upload.channel, file.name, file.content.encode("utf-8"), title=file.title, thread_ts=upload.thread
            )
        except Rejected as error:
            what = f"a file of {file.records:,} records" if file.records else "a record's full text"
            notices.say(f"{self._channel} files", f"{what} could not be attached: {error}")
            self._settled(is_shared=False)
        except Unreachable:
            if upload.tries < _TRIES or file.records:
                raise
            self._settled(is_shared=False)
        else:
            self._settled(is_shared=True)
        return 0.0

    def _settled(self, *, is_shared: bool) -> None:
        with self._books.lock:
            records = self._waiting.popleft().file.records
            if is_shared:
                self._books.delivered += records
            else:
                self._books.overflow += records
