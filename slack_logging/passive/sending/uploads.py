"""The files that posted messages promise in their threads. For the sender's thread."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.clock import Clock
from slack_logging.errors import Rejected, Unreachable
from slack_logging.passive.messages.shipments import File
from slack_logging.passive.records.books import Books
from slack_logging.slack.credentials import BAD_TOKEN
from slack_logging.slack.doubt import Doubt, doubt_of_file

if TYPE_CHECKING:
    from slack_logging.slack.transport import Client

#: Tries to attach the rest of a text before it is left out; a file of records is tried for ever.
_TRIES = 5


@dataclass(slots=True)
class _Upload:
    channel: str
    thread: str
    file: File
    tries: int = 0
    doubt: Doubt[bool] | None = None


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

    def send(self, client: Client, *, at_once: bool) -> float:
        """Attach the next file. Returns the seconds that the pace makes it wait, or 0.

        Args:
            client: Slack.
            at_once: whether somebody waits.

        Raises:
            RateLimited, Unreachable: not now; it stays the next.
            Rejected: the token is no good.
        """
        upload = self._waiting[0]
        if upload.doubt and not upload.doubt.is_over:
            wait, found = upload.doubt.ask(client, at_once=at_once)
            if found:
                self._settled(is_shared=True)
            return wait
        for method in client.UPLOAD_METHODS:
            if place := client.acquire(method):
                return place
        file, thread = upload.file, upload.thread
        upload.tries += 1
        try:
            client.upload(upload.channel, file.name, file.content.encode("utf-8"), title=file.title, thread_ts=thread)
        except Rejected as error:
            if error.code in BAD_TOKEN:  # that is about us, and not about the file
                raise
            what = f"a file of {file.records:,} records" if file.records else "a record's full text"
            notices.say(f"{self._channel} files", f"{what} could not be attached: {error}")
            self._settled(is_shared=False)
        except Unreachable as error:
            if not error.was_never_sent:
                upload.doubt = doubt_of_file(file.name, channel=upload.channel, thread=thread, clock=self._clock)
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
