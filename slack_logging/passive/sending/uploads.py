"""The files that posted messages promise in their threads. For the sender's thread.

Where they cannot be sent, posts go on: files have a backoff of their own, and no more wait than there is room for.
"""

from __future__ import annotations

import contextlib
import math
from collections import deque
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.clock import Clock
from slack_logging.errors import Rejected, Unreachable
from slack_logging.passive.messages.shipments import File, counted
from slack_logging.passive.messages.view import inline, message, section_of
from slack_logging.passive.records.books import Books
from slack_logging.slack.credentials import BAD_TOKEN
from slack_logging.slack.literal import escape
from slack_logging.slack.pacing import Backoff
from slack_logging.slack.uploads import Upload

if TYPE_CHECKING:
    from slack_logging.slack.transport import Client

#: Seconds between two attempts at most, where files cannot be sent: posts wait for as long as one takes to fail, which
#: is ten seconds behind a firewall that answers nothing.
_MOST_BETWEEN = 300.0

#: Codes that refuse every file: about the app, the workspace or the channel. All others are about one file.
#: Source: files.getUploadURLExternal, files.completeUploadExternal, "Errors".
_NO_FILES = frozenset(
    "missing_scope no_permission access_denied ekm_access_denied enterprise_is_restricted team_access_not_granted "
    "deprecated_endpoint method_deprecated unknown_method file_uploads_disabled file_uploads_except_images_disabled "
    "storage_limit_reached channel_not_found invalid_channel not_in_channel is_archived restricted_action "
    "posting_to_general_channel_denied".split()
)

#: Seconds for which digests wait for the file before them: a fault that passes is to cost no record its place in one.
_PATIENCE = 60.0

#: Seconds for which no file is promised after Slack has refused every one.
_REFUSED_FOR = 600.0


class Uploads:
    """Files on their way.

    Args:
        channel: as configured; for messages on stderr.
        books: where the files' records are counted.
        clock: what retries and looks after lost answers wait on.
        room: bytes that may wait, about; see `are_taken`.

    Attributes:
        is_given_up: whether nobody waits for them any more, nor reads what is wrong.
    """

    def __init__(self, channel: str, books: Books, clock: Clock, room: int) -> None:
        self.is_given_up = False
        self._channel = channel
        self._books = books
        self._clock = clock
        self._room = room
        self._waiting: deque[tuple[int, int, Upload]] = deque()  # the first two: bytes, and records as of `File`
        self._refused: deque[tuple[str, str, str]] = deque()  # channel and thread of promises that failed, and why
        self._bytes = 0
        self._refused_until = self._resume_at = self._moved_at = -math.inf
        self._backoff = Backoff(most=_MOST_BETWEEN)

    def __bool__(self) -> bool:
        return bool(self._waiting or self._refused)

    @property
    def are_taken(self) -> bool:
        """Tell whether a message may promise a file: Slack takes them, as far as is known, and there is room."""
        return self._clock.monotonic() >= self._refused_until and not self.is_full

    @property
    def is_full(self) -> bool:
        """Tell whether what waits takes all the room there is."""
        return self._bytes >= self._room

    @property
    def is_failing(self) -> bool:
        """Tell whether the last attempt found nobody who answers."""
        return self._backoff.has_failed

    @property
    def awaited_until(self) -> float:
        """Return until when, in monotonic seconds, nothing should be made that needs one more file."""
        return self._moved_at + _PATIENCE if self._waiting and (self.is_full or self.is_failing) else -math.inf

    @property
    def held(self) -> int:
        """Return the bytes that wait; not what the last file has beyond the room, which nobody else need do without."""
        return min(self._bytes, self._room)

    @property
    def records(self) -> int:
        """Return how many records the files show."""
        return sum(records for _, records, _ in self._waiting)

    @property
    def texts(self) -> int:
        """Return how many files each hold the full text of a record."""
        return sum(not records for _, records, _ in self._waiting)

    def add(self, channel: str, thread: str, file: File) -> None:
        """Promise a file in the thread of a message."""
        content = file.content.encode("utf-8")
        upload = Upload(channel, thread, name=file.name, title=file.title, content=content, clock=self._clock)
        if not self._waiting:
            self._moved_at = self._clock.monotonic()
        self._waiting.append((len(content), file.records, upload))
        self._bytes += len(content)

    def resume_now(self) -> None:
        """Try again at once. From any thread."""
        self._resume_at = -math.inf

    def send(self, client: Client, *, at_once: bool) -> float:
        """Attach the next file, or tell the thread of one that is refused.

        Returns the seconds that it must wait, or 0; it stays the next for as long.

        Args:
            client: Slack.
            at_once: whether somebody waits.

        Raises:
            RateLimited: not now.
            Unreachable: a thread cannot be told now.
            Rejected: the token is no good.
        """
        if self._refused:
            return self._tell(client)
        if (wait := self._resume_at - self._clock.monotonic()) > 0:
            return wait
        _, records, upload = self._waiting[0]
        try:
            wait = upload.send(client, at_once=at_once)
        except Unreachable as error:
            self._say(f"files cannot be uploaded to {self._channel}, and wait: {error}")
            wait = self._backoff.failed()
            self._resume_at = self._clock.monotonic() + wait
        except Rejected as error:
            if error.code in BAD_TOKEN:  # that is about us, and not about the file
                raise
            if error.code in _NO_FILES:
                self._refused_until = self._clock.monotonic() + _REFUSED_FOR
            what = f"a file of {counted(records)}" if records else "a record's full text"
            self._say(f"{what} could not be attached: {error}")
            self._refused.append((upload.channel, upload.thread, f"{what} could not be attached: {error}"))
            self._settled(is_shared=False)
            wait = 0.0
        else:
            if upload.is_shared:
                notices.clear(self._cause, f"files are uploaded to {self._channel} again")
                self._settled(is_shared=True)
        return wait

    def _tell(self, client: Client) -> float:
        """Say in a thread that the file its message promises will not come. After a lost answer it is said again."""
        if place := client.acquire("chat.postMessage", self._channel):
            return place
        channel, thread, text = self._refused[0]
        parts = [{"type": "emoji", "name": "warning"}, inline(f" {text}\n")]
        given = message(
            f":warning: {escape(text)}", [{"type": "rich_text", "elements": [section_of(parts)]}], thread=thread
        )
        with contextlib.suppress(Rejected):  # as where somebody has deleted the thread
            client.call("chat.postMessage", channel=channel, **given)
        self._refused.popleft()
        return 0.0

    @property
    def _cause(self) -> str:
        return f"{self._channel} files"

    def _say(self, text: str) -> None:
        if not self.is_given_up:
            notices.say(self._cause, text)

    def _settled(self, *, is_shared: bool) -> None:
        self._backoff.succeeded()
        self._moved_at = self._clock.monotonic()
        with self._books.lock:
            size, records, _ = self._waiting.popleft()
            self._bytes -= size
            if is_shared:
                self._books.delivered += records
            else:
                self._books.overflow += records
