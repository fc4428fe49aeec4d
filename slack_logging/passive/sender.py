"""The one thread that posts for a handler: it waits, takes, packs, paces, posts and settles.

`step` does one thing and says how long there is nothing to do; the thread calls it in a loop, and at the end of a
program that cannot start threads any more whoever flushes calls it. A message in hand stays in hand until Slack has
it or refuses it for itself: what fails for any other reason is sent again, at least once.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slack_logging import notices
from slack_logging.clock import Clock
from slack_logging.errors import RateLimited, Rejected, Unreachable
from slack_logging.instance import Instance
from slack_logging.passive.capture import Captured
from slack_logging.passive.outbox import MemoryOutbox
from slack_logging.passive.packing import Packing
from slack_logging.passive.stats import Stats
from slack_logging.passive.view import Line, blocks, notification
from slack_logging.slack.credentials import BAD_TOKEN
from slack_logging.slack.pacing import Backoff

if TYPE_CHECKING:
    from slack_logging.slack.client import SlackClient

#: Codes that refuse this very message: it would be refused for ever. All others say that the world is not right yet.
_UNPOSTABLE = frozenset(
    "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long msg_too_large no_text invalid_arguments "
    "invalid_json json_not_object invalid_attachments invalid_metadata_format metadata_too_large".split()
)

#: Seconds between two looks whether the world is right again: at first, and at most.
_FIRST_PROBE, _LAST_PROBE = 15.0, 300.0

#: Times that the counts are taken until they fit each other.
_COUNTINGS = 100

#: Tries to attach the full text of a record that is too long for a message.
_UPLOAD_TRIES = 5


@dataclass(slots=True)
class _Upload:
    """A full text that a posted excerpt promises."""

    channel: str
    thread_ts: str
    line: Line
    tries: int = 0


class Sender:
    """Posts what an outbox holds to one channel.

    Args:
        channel: name or id.
        outbox: filled by others.
        connect: returns the client; raises Rejected when there is no token. Called again after a token went bad.
        line_of: makes a line of a captured record.
        instance: shown under each message.
        flush_interval: seconds that lower levels wait for company.
        clock: what it all runs on.
    """

    def __init__(
        self,
        *,
        channel: str,
        outbox: MemoryOutbox,
        connect: Callable[[], SlackClient],
        line_of: Callable[[Captured], Line],
        instance: Instance,
        flush_interval: float,
        clock: Clock,
    ) -> None:
        self._channel = channel
        self._outbox = outbox
        self._connect = connect
        self._line_of = line_of
        self._instance = instance
        self._flush_interval = flush_interval
        self._clock = clock
        self._client: SlackClient | None = None
        self._backoff = Backoff()
        self._probe = Backoff(_FIRST_PROBE, _LAST_PROBE)
        self._target = channel
        self._hand: Packing | None = None
        self._hand_id = ""
        self._parts: deque[Packing] = deque()  # of a message that Slack refused as a whole
        self._uploads: deque[_Upload] = deque()
        self._resume_at = 0.0
        self._normal_since: float | None = None
        self._flushing = False
        self._waiters: list[queue.SimpleQueue[None]] = []
        self._books = threading.Lock()
        self._delivered = self._merged = self._rejected = 0
        self.stuck = False

    # -- what others ask -----------------------------------------------------------------------------------------

    def stats(self) -> Stats:
        """Return the counts, consistent between any two steps.

        Other threads may log meanwhile, and nobody stops them: counts that do not fit are taken again, a few times.
        """
        with self._books:
            for _ in range(_COUNTINGS):
                counted = self._count()
                if counted.adds_up:
                    break
                time.sleep(0)  # let go on who is just between two of the counts
            return counted

    def _count(self) -> Stats:
        outbox = self._outbox
        tallies = (outbox.emitted, outbox.full, outbox.evicted, outbox.broken)
        for tally in tallies:
            tally.total()  # what takes time comes first: then all are read within microseconds
        emitted, full, evicted, broken = (tally.total() for tally in tallies)
        dropped = {"full": full, "evicted": evicted, "rejected": self._rejected, "broken": broken}
        return Stats(
            emitted=emitted,
            delivered=self._delivered,
            merged=self._merged,
            dropped={reason: count for reason, count in dropped.items() if count},
            pending=self._pending(),
        )

    @property
    def idle(self) -> bool:
        """Tell whether everything taken in is settled."""
        with self._books:
            return not self._pending() and not self._uploads

    def request_flush(self) -> None:
        """Have everything sent as soon as the pace allows: without waiting for company or for a backoff to end."""
        self._flushing = True
        if not self.stuck:
            self._resume_at = 0.0
        self._outbox.wake.put(None)

    def wait_until_idle(self, deadline: float) -> bool:
        """Block until all is settled, Slack refuses everything, or the clock passes `deadline`."""
        waiter: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._waiters.append(waiter)
        try:
            while not self.idle and not self.stuck and self._clock.monotonic() < deadline:
                self._clock.wait(waiter, deadline - self._clock.monotonic())
        finally:
            self._waiters.remove(waiter)
            self._flushing = bool(self._waiters)
        return self.idle

    # -- what the thread does ------------------------------------------------------------------------------------

    def step(self) -> float | None:
        """Do the next thing, if its time has come.

        Returns:
            Seconds until there is something to do; None: until somebody wakes us.
        """
        wait = self._wait()
        if wait != 0.0:
            return wait
        try:
            if self._client is None:
                self._client = self._connect()
            wait = self._post(self._client) if self._has_message_to_post() else self._upload(self._client)
        except RateLimited:
            wait = 0.0  # the pace knows how long
        except Unreachable as error:
            self._resume_at = self._clock.monotonic() + self._backoff.failed()
            notices.say(self._channel, f"cannot reach Slack for {self._channel}, and keeps trying: {error}")
        except Rejected as error:
            self._refused(error)
        finally:
            for waiter in self._waiters.copy():
                waiter.put(None)
        return wait

    def _wait(self) -> float | None:
        now = self._clock.monotonic()
        if self.idle:
            self._normal_since = None
            return None
        if now < self._resume_at:
            return self._resume_at - now
        if self._has_message_to_post() or self._uploads:
            return 0.0
        if self._normal_since is None:
            self._normal_since = now
        return max(self._normal_since + self._flush_interval - now, 0.0)

    def _has_message_to_post(self) -> bool:
        return bool(self._hand or self._parts or self._outbox.has_urgent or self._others_are_due())

    def _others_are_due(self) -> bool:
        """Tell whether the lower levels have waited long enough, or would fill a message, or are to be flushed."""
        outbox, since = self._outbox, self._normal_since
        waited = since is not None and self._clock.monotonic() >= since + self._flush_interval
        return len(outbox) > 0 and (waited or outbox.has_messageful or self._flushing)

    def _post(self, client: SlackClient) -> float:
        """Post the message in hand, or a new one. Returns the seconds that the pace makes it wait, or 0."""
        if place := client.acquire("chat.postMessage", self._channel):
            return place
        hand = self._hand or self._take_in_hand()
        if hand.lines:
            answer = client.call("chat.postMessage", channel=self._target, **self._arguments(hand))
            self._works()
            if hand.oversize:
                self._uploads.append(_Upload(answer["channel"], answer["ts"], hand.oversize))
        with self._books:
            self._hand = None
            self._delivered += hand.shown
            self._merged += hand.merged
        return 0.0

    def _take_in_hand(self) -> Packing:
        """Take the next message into the hand: what is urgent, and the others if they are due; in order."""
        self._hand_id = uuid.uuid4().hex
        with self._books:
            hand = self._hand = self._parts.popleft() if self._parts else Packing()
        if hand.lines:
            return hand
        others_too = self._others_are_due()
        if self._fill(hand, urgent=True) and others_too:
            self._normal_since = None
            urgent = hand.shown
            self._fill(hand, urgent=False)
            with self._books:
                hand.weave(urgent)
        return hand

    def _fill(self, hand: Packing, *, urgent: bool) -> bool:
        """Move records of a lane into the hand; tell whether there is room left."""
        while True:
            with self._books:
                captured = self._outbox.take(urgent=urgent)
                if captured is None:
                    return True
                try:
                    if not hand.add(self._line_of(captured)):
                        self._outbox.put_back(captured, urgent=urgent)
                        return False
                except Exception as error:  # noqa: BLE001 - one record that cannot be shown must not stop the others
                    self._outbox.broken.add()
                    notices.say("broken record", f"a record could not be shown: {type(error).__name__}: {error}")

    def _arguments(self, hand: Packing) -> dict[str, Any]:
        return {
            "text": notification(hand.lines),
            "parse": "none",
            "blocks": blocks(hand.lines, f"{self._instance.service} · {self._instance.name}"),
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {
                "event_type": "slack_logging_records",
                "event_payload": {"v": 1, "id": self._hand_id, "records": hand.records},
            },
        }

    def _upload(self, client: SlackClient) -> float:
        """Attach the next full text. Returns the seconds that the pace makes it wait, or 0."""
        for method in client.UPLOAD_METHODS:
            if place := client.acquire(method):
                return place
        upload = self._uploads[0]
        upload.tries += 1
        try:
            content = upload.line.text().encode("utf-8")
            client.upload(upload.channel, "record.txt", content, title="Full text", thread_ts=upload.thread_ts)
        except Rejected as error:
            notices.say(f"{self._channel} files", f"a record's full text could not be attached: {error}")
        except Unreachable:
            if upload.tries < _UPLOAD_TRIES:
                raise
        self._uploads.popleft()
        return 0.0

    def _refused(self, error: Rejected) -> None:
        """Divide the message that Slack refuses for itself; for any other reason keep it and look again later."""
        if error.code in _UNPOSTABLE and self._hand:
            self._divide(self._hand, error)
            return
        if error.code == "channel_not_found" and self._found_by_id():
            return
        if error.code in BAD_TOKEN:
            self._client = None
        notices.say(self._channel, f"nothing is posted to {self._channel}, records are kept: {error}")
        self._resume_at = self._clock.monotonic() + self._probe.failed()
        self.stuck = True

    def _divide(self, hand: Packing, error: Rejected) -> None:
        """Try the halves of a message; of one record, that is refused alone, say so and count it."""
        halves = hand.halves()
        with self._books:
            self._hand = None
            self._parts.extendleft(reversed(halves))
            self._rejected += 0 if halves else hand.records
        if not halves:
            notices.say(f"{self._channel} message", f"Slack refuses a record of ours, it is dropped: {error}")

    def _found_by_id(self) -> bool:
        """Look the channel up: Slack posts to a public channel's name, but to a private one by id only."""
        if self._client is None or self._target != self._channel:
            self._target = self._channel  # the id is no good any more
            return False
        with contextlib.suppress(Rejected, RateLimited):
            found = self._client.channel_id(self._channel)
            if found != self._target:
                self._target = found
                return True
        return False

    def _works(self) -> None:
        self._backoff.succeeded()
        self._probe.succeeded()
        self.stuck = False
        notices.clear(self._channel, f"posting to {self._channel} again")

    def _pending(self) -> int:
        held = self._hand.records if self._hand else 0
        return len(self._outbox) + held + sum(part.records for part in self._parts)
