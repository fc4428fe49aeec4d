"""The files that posted messages promise in their threads. For the sender's thread."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.clock import Clock
from slack_logging.errors import Rejected, Unreachable
from slack_logging.passive.messages.shipments import File
from slack_logging.passive.records.books import Books
from slack_logging.slack.credentials import BAD_TOKEN
from slack_logging.slack.uploads import Upload

if TYPE_CHECKING:
    from slack_logging.slack.transport import Client

#: Tries to attach the rest of a text before it is left out; a file of records is tried for ever.
_TRIES = 5


class Uploads:
    """Files on their way.

    Args:
        channel: as configured; for messages on stderr.
        books: where the files' records are counted.
        clock: what looks after lost answers wait on.
    """

    def __init__(self, channel: str, books: Books, clock: Clock) -> None:
        self._channel = channel
        self._books = books
        self._clock = clock
        self._waiting: deque[tuple[File, Upload]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def records(self) -> int:
        """Return how many records the files show."""
        return sum(file.records for file, _ in self._waiting)

    def add(self, channel: str, thread: str, file: File) -> None:
        """Promise a file in the thread of a message."""
        content = file.content.encode("utf-8")
        upload = Upload(channel, thread, name=file.name, title=file.title, content=content, clock=self._clock)
        self._waiting.append((file, upload))

    def send(self, client: Client, *, at_once: bool) -> float:
        """Attach the next file. Returns the seconds that the pace makes it wait, or 0.

        Args:
            client: Slack.
            at_once: whether somebody waits.

        Raises:
            RateLimited, Unreachable: not now; it stays the next.
            Rejected: the token is no good.
        """
        file, upload = self._waiting[0]
        try:
            wait = upload.send(client, at_once=at_once)
        except Rejected as error:
            if error.code in BAD_TOKEN:  # that is about us, and not about the file
                raise
            what = f"a file of {file.records:,} records" if file.records else "a record's full text"
            notices.say(f"{self._channel} files", f"{what} could not be attached: {error}")
            self._settled(is_shared=False)
            return 0.0
        except Unreachable:
            if upload.tries < _TRIES or file.records:
                raise
            self._settled(is_shared=False)
            return 0.0
        if upload.is_shared:
            self._settled(is_shared=True)
        return wait

    def _settled(self, *, is_shared: bool) -> None:
        with self._books.lock:
            records = self._waiting.popleft()[0].records
            if is_shared:
                self._books.delivered += records
            else:
                self._books.overflow += records
