"""Makes the calls that answers owe, one at a time.

What fails for now is tried again, ever slower. What Slack refuses for good, or does not take within an hour, is
dropped: stderr says so once, the audit for each command. A post whose answer was lost is looked for before it is sent
again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.active import audit
from slack_logging.active.answering import reply
from slack_logging.active.answering.answer import Answer, Due
from slack_logging.clock import Clock
from slack_logging.errors import DeliveryError, RateLimited, Rejected, Unreachable
from slack_logging.slack.credentials import BAD_TOKEN
from slack_logging.slack.doubt import Doubt, doubt_of_message
from slack_logging.slack.pacing import Backoff
from slack_logging.slack.uploads import Upload

if TYPE_CHECKING:
    from slack_logging.active.reading.line import Line

#: Seconds for which it is tried to say something.
PATIENCE = 3600.0

#: Seconds to wait at least after a 429; the pace knows how long it really is.
_LEAST_WAIT = 0.1

#: Codes after which our message can be edited no more, or not so: what it does not show is posted anew.
_UNEDITABLE = frozenset(
    "message_not_found cant_update_message edit_window_closed block_mismatch update_failed thread_not_found".split()
)


class _Way:
    """What is known of one answer's way to Slack, for the thread that walks it."""

    def __init__(self) -> None:
        self.backoff = Backoff()
        self.doubt: Doubt[tuple[str, str]] | None = None
        self.upload: Upload | None = None


class Teller:
    """Says text in one thread, and shares files in another.

    Args:
        lock: held while an answer changes, never during a call.
        redact: takes secrets out of a text.
        clock: what retries wait on.
        settled: called after something has landed, or was dropped.

    Attributes:
        at_once: whether somebody waits.
    """

    def __init__(
        self,
        lock: AbstractContextManager[object],
        *,
        redact: Callable[[str], str],
        clock: Clock,
        settled: Callable[[Answer], None],
    ) -> None:
        self.at_once = False
        self._lock = lock
        self._redact = redact
        self._clock = clock
        self._settled = settled
        self._takes_files = True
        self._ways: dict[tuple[Answer, bool], _Way] = {}

    def say(self, kind: Due, answer: Answer, line: Line) -> float:
        """Make a call for text. Never raises.

        Returns:
            0.0 when it was made; else the seconds until it may be.
        """
        return self._safely(answer, partial(self._do, kind, answer, line))

    def share(self, answer: Answer, line: Line) -> float:
        """Make the calls for the first file. See `say`."""
        return self._safely(answer, partial(self._share, answer, line), is_file=True)

    def give_up(self, answer: Answer, error: DeliveryError) -> None:
        """Drop all that is owed to a command. From any thread."""
        with self._lock:
            is_loss = answer.give_up(error)
            self._drop(answer)
        if is_loss:
            audit.decided(answer.heard, f"lost a reply ({error})")
        self._settled(answer)

    def _safely(self, answer: Answer, act: Callable[[], float], *, is_file: bool = False) -> float:
        """Do something; return the seconds until it may be tried again, 0.0 where it need not be. Never raises."""
        try:
            return act()
        except RateLimited as error:
            return max(error.retry_after, _LEAST_WAIT)
        except Unreachable as error:
            return self._later(answer, error, is_file=is_file)
        except Rejected as error:
            if error.code in BAD_TOKEN:  # the reader takes up another
                return self._later(answer, error, is_file=is_file)
            notices.say("replies", f"a command cannot be answered: {error}")
            self.give_up(answer, error)
        except Exception as error:  # noqa: BLE001 - the others are to be answered all the same
            self.give_up(answer, Unreachable(f"unexpected {type(error).__name__}: {error}"))
        return 0.0

    def _later(self, answer: Answer, error: DeliveryError, *, is_file: bool) -> float:
        """Try again after a while, unless it was tried for long enough."""
        now = self._clock.monotonic()
        if now - answer.since > PATIENCE:
            self.give_up(answer, error)
            return 0.0
        wait = self._way(answer, is_file=is_file).backoff.failed()
        if is_file:
            answer.file_not_before = now + wait
        else:
            answer.not_before = now + wait
        return wait

    def _do(self, kind: Due, answer: Answer, line: Line) -> float:
        """Make a call for text, if it has a place; else return the seconds until it may. Raises as `call` does."""
        doubt = self._way(answer).doubt
        if doubt and not doubt.is_over:
            wait, found = doubt.ask(line.client, at_once=self.at_once)
            if found:
                self._landed(answer, lambda: answer.posted(found[1], self._clock.monotonic()))
            return wait
        is_edit = kind in (Due.EDIT, Due.EDIT_PROGRESS)
        if place := line.client.acquire("chat.update" if is_edit else "chat.postMessage", line.channel):
            return place
        if is_edit:
            self._edit(kind, answer, line)
        else:
            self._post(kind, answer, line)
        return 0.0

    def _post(self, kind: Due, answer: Answer, line: Line) -> None:
        with self._lock:
            if not answer.is_due(kind):
                return  # taken back meanwhile
            draft = answer.take_post(self._redact, files=self._takes_files)
        way, thread = self._way(answer), answer.heard.key.ts
        message = reply.message(draft.content)
        metadata = {"event_type": "slack_logging_reply", "event_payload": {"v": 1, "id": draft.id}}
        given = way.doubt.marked(message) if way.doubt else message
        try:
            found = line.client.call(
                "chat.postMessage", channel=line.channel, thread_ts=thread, metadata=metadata, **given
            )
        except Unreachable as error:
            if not error.was_never_sent:
                way.doubt = doubt_of_message(draft.id, channel=line.channel, thread=thread, clock=self._clock)
            raise
        self._landed(answer, lambda: answer.posted(found["ts"], self._clock.monotonic()))

    def _edit(self, kind: Due, answer: Answer, line: Line) -> None:
        with self._lock:
            if not answer.is_due(kind):
                return
            content = answer.take_edit(self._redact, files=self._takes_files)
        try:
            line.client.call("chat.update", channel=line.channel, ts=answer.message, **reply.message(content))
        except Rejected as error:
            if error.code not in _UNEDITABLE:
                raise
            with self._lock:
                answer.reopen()
            return
        self._landed(answer, lambda: answer.edited(content, self._clock.monotonic()))

    def _share(self, answer: Answer, line: Line) -> float:
        """Share the first of an answer's files. Returns and raises as `_do`."""
        with self._lock:
            if not answer.files:
                return 0.0
            file, _ = answer.files[0]
        way = self._way(answer, is_file=True)
        if way.upload is None:
            place = {"channel": line.channel, "thread": answer.heard.key.ts}
            way.upload = Upload(**place, name=file.name, title=file.name, content=file.content, clock=self._clock)
        try:
            wait = way.upload.send(line.client, at_once=self.at_once)
        except Rejected as error:
            if error.code in BAD_TOKEN:
                raise
            self._not_shared(answer, error)
            return 0.0
        if way.upload.is_shared:
            self._landed(answer, answer.shared, is_file=True)
        return wait

    def _not_shared(self, answer: Answer, error: Rejected) -> None:
        """Have messages take the place of a long text's file, and of all further ones' where no file can be shared."""
        self._way(answer, is_file=True).upload = None
        self._takes_files = self._takes_files and error.code != "missing_scope"
        notices.say("reply files", f"no file can be shared, and long replies are cut: {error}")
        with self._lock:
            is_lost = answer.not_shared(error)
        if is_lost:
            audit.decided(answer.heard, f"lost a file ({error})")
        self._settled(answer)

    def _landed(self, answer: Answer, take_in: Callable[[], None], *, is_file: bool = False) -> None:
        """Take in that Slack has something."""
        way = self._way(answer, is_file=is_file)
        way.doubt = way.upload = None
        way.backoff.succeeded()
        with self._lock:
            take_in()
            if not answer.is_owed:
                self._drop(answer)
        self._settled(answer)

    def _way(self, answer: Answer, *, is_file: bool = False) -> _Way:
        return self._ways.setdefault((answer, is_file), _Way())

    def _drop(self, answer: Answer) -> None:
        self._ways.pop((answer, True), None)
        self._ways.pop((answer, False), None)
