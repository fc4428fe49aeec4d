"""The files that posted messages promise in their threads. For the sender's thread."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.clock import Clock
from slack_logging.errors import Rejected
from slack_logging.passive.messages.shipments import File, counted
from slack_logging.passive.records.books import Books
from slack_logging.slack.credentials import BAD_TOKEN
from slack_logging.slack.uploads import Upload

if TYPE_CHECKING:
    from slack_logging.slack.transport import Client

#: Bytes of texts that wait for Slack to take files again; beyond, the oldest are left out. Files of records all wait.
_MOST_BYTES = 16 * 2**20

#: Seconds for which no file is promised after Slack has refused one.
_REFUSED_FOR = 600.0


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
        self._refused_until = -math.inf

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def are_taken(self) -> bool:
        """Tell whether Slack takes files, as far as is known."""
        return self._clock.monotonic() >= self._refused_until

    @property
    def records(self) -> int:
        """Return how many records the files show."""
        return sum(file.records for file, _ in self._waiting)

    @property
    def texts(self) -> int:
        """Return how many files each hold the full text of a record."""
        return sum(not file.records for file, _ in self._waiting)

    def add(self, channel: str, thread: str, file: File) -> None:
        """Promise a file in the thread of a message."""
        content = file.content.encode("utf-8")
        upload = Upload(channel, thread, name=file.name, title=file.title, content=content, clock=self._clock)
        self._waiting.append((file, upload))
        texts = [each for each in self._waiting if not each[0].records]
        if sum(len(each.content) for each, _ in texts) > _MOST_BYTES and len(texts) > 1:
            self._waiting.remove(texts[0])
            notices.say(f"{self._channel} files", "a record's full text is left out: too many wait to be attached")

    def send(self, client: Client, *, at_once: bool) -> float:
        """Attach the next file. Returns the seconds that the pace makes it wait, or 0.

        Args:
            client: Slack.
            at_once: whether somebody waits.

        Raises:
            RateLimited, Unreachable: not now; it stays the next, for as long as that takes.
            Rejected: the token is no good.
        """
        file, upload = self._waiting[0]
        try:
            wait = upload.send(client, at_once=at_once)
        except Rejected as error:
            if error.code in BAD_TOKEN:  # that is about us, and not about the file
                raise
            self._refused_until = self._clock.monotonic() + _REFUSED_FOR
            what = f"a file of {counted(file.records)}" if file.records else "a record's full text"
            notices.say(f"{self._channel} files", f"{what} could not be attached: {error}")
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
