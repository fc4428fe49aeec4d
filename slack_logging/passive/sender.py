"""The one thread that posts for a handler: it waits, takes, packs, paces, posts and settles.

`step` does one thing and says how long there is nothing to do; the thread calls it in a loop, and at the end of a
program that cannot start threads any more whoever flushes calls it. A message in hand stays in hand until Slack has
it or refuses it for itself: what fails for any other reason is sent again, at least once. After a lost answer we look
first whether Slack has it.

What is done first, of what the pace allows: new incidents, then lower levels and announcements, then files, then edits.
"""

from __future__ import annotations

import contextlib
import queue
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.clock import Clock
from slack_logging.errors import RateLimited, Rejected, Unreachable
from slack_logging.instance import Instance
from slack_logging.passive import boards
from slack_logging.passive.books import Books
from slack_logging.passive.capture import Captured
from slack_logging.passive.connection import Connection
from slack_logging.passive.doubt import Doubt
from slack_logging.passive.incidents import Board, Incidents
from slack_logging.passive.outbox import MemoryOutbox
from slack_logging.passive.packing import Packing
from slack_logging.passive.shipments import UNPOSTABLE, Announcement, Batch, Losses, NewBoard, Shipment
from slack_logging.passive.stats import Stats
from slack_logging.passive.uploads import Uploads
from slack_logging.passive.view import Line

if TYPE_CHECKING:
    from slack_logging.slack.client import SlackClient

#: Codes after which a message can be edited no more, or not so; what it should say is posted anew.
_UNEDITABLE = UNPOSTABLE | frozenset(
    "message_not_found cant_update_message edit_window_closed block_mismatch update_failed thread_not_found".split()
)

#: Errors that are told apart in one step: more would keep others from the books for long.
_SORTED_AT_ONCE = 500


class Sender:
    """Posts what an outbox holds to one channel.

    Args:
        channel: name or id.
        outbox: filled by others.
        connect: returns the client; raises Rejected when there is no token. Called again after a token went bad.
        line_of: makes a line of a captured record.
        instance: shown under each message.
        flush_interval: seconds that lower levels wait for company.
        group_window: seconds without a repeat after which an incident is over.
        mention: who is notified of an incident; see `slack_logging.passive.boards.arguments`.
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
        group_window: float,
        mention: str,
        clock: Clock,
    ) -> None:
        self._channel = channel
        self._outbox = outbox
        self._slack = Connection(channel, connect, clock)
        self._line_of = line_of
        self._instance = instance
        self._flush_interval = flush_interval
        self._mention = mention
        self._clock = clock
        self._incidents = Incidents(group_window)
        self._between = 0  # records between a lane and the message or incident that they belong to
        self._hand: Shipment | None = None
        self._doubt: Doubt | None = None  # whether Slack has what is in the hand
        self._parts: deque[Shipment] = deque()  # of a message that Slack refused as a whole
        self._uploads = Uploads(channel)
        self._normal_since: float | None = None
        self._flushing = False
        self._waiters: list[queue.SimpleQueue[None]] = []
        self._books = Books(outbox, self._pending)

    # -- what others ask -----------------------------------------------------------------------------------------

    def stats(self) -> Stats:
        """Return the counts, consistent between any two steps."""
        return self._books.stats()

    @property
    def idle(self) -> bool:
        """Tell whether everything taken in is settled, and every loss told."""
        with self._books.lock:
            is_settled = not self._pending() and not self._uploads
        return is_settled and not self._losses()

    def mute(self, fingerprint: str, duration: float) -> None:
        """Leave the records of an incident out for so many seconds; they are counted. From any thread."""
        with self._books.lock:
            self._incidents.mute(fingerprint, self._clock.monotonic() + duration)

    @property
    def stuck(self) -> bool:
        """Tell whether Slack refuses everything."""
        return self._slack.is_stuck

    def request_flush(self) -> None:
        """Have everything sent as soon as the pace allows: without waiting for company or for a backoff to end."""
        self._flushing = True
        self._slack.resume_now()
        self._outbox.wake.put(None)

    def hurry(self, left: float) -> None:
        """Have no call take longer than so many seconds: the program ends in this very thread."""
        with contextlib.suppress(Rejected):
            self._slack.client.limit_calls(max(left, 0.1))

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
        if wait := self._slack.wait():
            return wait
        try:
            self._sort_errors()
            return self._act()
        except RateLimited:
            return 0.0  # the pace knows how long
        except Unreachable as error:
            self._slack.failed(error)
        except Rejected as error:
            self._refused(error)
        finally:
            for waiter in self._waiters.copy():
                waiter.put(None)
        return 0.0

    def _act(self) -> float | None:
        """Do the first thing that the pace allows; else return the seconds until one may be done."""
        waits: list[float] = []
        for act in (self._post, self._upload, self._edit):
            wait = act()
            if wait == 0.0:
                return wait
            if wait is not None:
                waits.append(wait)
        return min(waits, default=None)

    def _sort_errors(self) -> None:
        """Move urgent records into their incidents; what finds no room there goes with the lower levels."""
        for _ in range(_SORTED_AT_ONCE):
            captured = self._take(urgent=True)
            if captured is None:
                return
            line = self._shown(captured)
            with self._books.lock:
                self._between = 0
                if line is None:
                    self._outbox.broken.add()
                    continue
                now = self._clock.monotonic()
                if self._incidents.is_muted(line.fingerprint, now):
                    self._books.muted += 1
                elif not self._incidents.take(line.fingerprint, line, line.instance, now):
                    self._outbox.put_back(captured, urgent=False)

    def _take(self, *, urgent: bool) -> Captured | None:
        """Take a record out of a lane; it counts as pending until `_between` is 0 again."""
        with self._books.lock:
            captured = self._outbox.take(urgent=urgent)
            self._between = 0 if captured is None else 1
            return captured

    def _shown(self, captured: Captured) -> Line | None:
        """Return a record's line, without secrets, or None for one that cannot be shown: that stops no other.

        It may take long, so nothing is locked.
        """
        try:
            return self._line_of(captured)
        except Exception as error:  # noqa: BLE001 - whatever is in a record, the others go on
            notices.say("broken record", f"a record could not be shown: {type(error).__name__}: {error}")
            return None

    # -- posting -------------------------------------------------------------------------------------------------

    def _post(self) -> float | None:
        """Post the message in hand, or a new one. Returns the seconds until there may be one to post, or 0."""
        wait = self._until_post()
        if wait != 0.0:
            return wait
        client = self._slack.client
        if self._hand and self._doubt and not self._doubt.is_over:
            return self._look(self._hand, self._doubt)
        if place := client.acquire("chat.postMessage", self._channel):
            return place
        hand = self._hand = self._hand or self._next_shipment()
        if hand is None:
            return 0.0
        given = hand.arguments()
        if self._doubt:
            given = self._doubt.marked(given)
        try:
            answer = client.call("chat.postMessage", channel=self._slack.target, **given)
        except Unreachable as error:
            if not error.was_never_sent:
                self._doubt = Doubt(hand.id, self._clock)
            raise
        self._landed(hand, answer["channel"], answer["ts"])
        return 0.0

    def _look(self, hand: Shipment, doubt: Doubt) -> float:
        """Look whether Slack has the message in hand already. Returns the seconds to wait before that, or 0."""
        client = self._slack.client
        if wait := doubt.wait(client, at_once=self._flushing):
            return wait
        found = None if doubt.is_over else doubt.look(client, self._slack.channel_id or self._slack.target)
        if found:
            self._landed(hand, *found)
        return 0.0

    def _landed(self, hand: Shipment, channel_id: str, ts: str) -> None:
        """Take in that Slack has the message in hand."""
        self._slack.works()
        self._slack.channel_id = channel_id
        with self._books.lock:
            landing = hand.landed(ts, self._clock.monotonic())
            self._hand = self._doubt = None
            self._books.delivered += landing.delivered
            self._books.merged += landing.merged
        if landing.file:
            self._uploads.add(channel_id, ts, landing.file)

    def _until_post(self) -> float | None:
        """Return the seconds until there is a message to post; None while nothing waits."""
        now = self._clock.monotonic()
        if self._hand or self._parts or self._outbox.has_urgent or self._incidents.to_post() or self._to_announce():
            return 0.0
        if not len(self._outbox):
            self._normal_since = None
            return 0.0 if self._losses() else None
        if self._normal_since is None:
            self._normal_since = now
        if self._flushing or self._outbox.has_messageful:
            return 0.0
        return max(self._normal_since + self._flush_interval - now, 0.0)

    def _to_announce(self) -> Announcement | None:
        for board in self._incidents:
            incident = self._incidents.announcement(board)
            if incident is not None:
                return Announcement(board, incident, self._incidents.announced)
        return None

    def _next_shipment(self) -> Shipment | None:
        """Take the next message into the hand: what is left of a refused one, errors, announcements, lower levels."""
        with self._books.lock:
            if self._parts:
                return self._parts.popleft()
            board = self._incidents.to_post()
        if board is not None:
            return NewBoard(board, self._incidents, self._footer, self._mention)
        return self._to_announce() or self._losses() or self._pack()

    def _losses(self) -> Losses | None:
        """Return what is to be said of losses, once the buffer has drained: one message for a whole episode."""
        lost = {} if self._outbox.is_filling else self._books.untold()
        return Losses(lost, self._footer, self._books.told) if lost else None

    def _pack(self) -> Shipment | None:
        """Fill a message with the lower levels."""
        batch = Batch(Packing(), self._footer)
        self._hand = batch
        self._normal_since = None
        while True:
            captured = self._take(urgent=False)
            if captured is None:
                break
            line = self._shown(captured)
            with self._books.lock:
                self._between = 0
                if line is None:
                    self._outbox.broken.add()
                elif not batch.packing.add(line):
                    self._outbox.put_back(captured, urgent=False)
                    break
        if not batch.packing.lines:
            self._hand = None
            return None
        return batch

    @property
    def _footer(self) -> str:
        return f"{self._instance.service} · {self._instance.name}"

    # -- files and edits -----------------------------------------------------------------------------------------

    def _upload(self) -> float | None:
        """Attach the next full text. Returns the seconds that the pace makes it wait, or 0; None if there is none."""
        return self._uploads.send(self._slack.client) if self._uploads else None

    def _edit(self) -> float | None:
        """Have a message tell what repeated, or that all is quiet. Returns the seconds until one should, or 0."""
        now = self._clock.monotonic()
        board, wait = self._incidents.to_edit(now, at_once=self._flushing)
        if board is None:
            return wait
        is_over = self._incidents.is_over(board, now)
        if is_over and all(incident.count == 1 for incident in board.incidents) and not board.is_storm:
            with self._books.lock:
                self._incidents.forget(board)  # its message says all there is to say
            return 0.0
        client = self._slack.client
        if place := client.acquire("chat.update"):
            return place
        board.is_quiet = is_over
        told = dict(boards.told(board))
        given = boards.arguments(board, service=self._footer, mention="")
        try:
            client.call("chat.update", channel=self._slack.channel_id, ts=board.ts, **given)
        except Rejected as error:
            if error.code not in _UNEDITABLE:
                raise
            self._post_anew(board)
            return 0.0
        self._slack.works()
        with self._books.lock:
            delivered, merged = self._incidents.landed(board, told, str(board.ts), now)
            self._books.delivered += delivered
            self._books.merged += merged
            if is_over:
                self._incidents.forget(board)
        return 0.0

    def _post_anew(self, board: Board) -> None:
        """Have a message that can be edited no more followed by another; none if it had only the quiet to tell."""
        with self._books.lock:
            if board.unsaid:
                board.ts = None
            else:
                self._incidents.forget(board)

    # -- faults --------------------------------------------------------------------------------------------------

    def _refused(self, error: Rejected) -> None:
        """Divide the message that Slack refuses for itself; for any other reason keep it and look again later."""
        if error.code in UNPOSTABLE and self._hand:
            self._divide(self._hand, error)
        else:
            self._slack.refused(error)

    def _divide(self, hand: Shipment, error: Rejected) -> None:
        """Try the halves of a message; of one record, that is refused alone, say so and count it."""
        with self._books.lock:
            parts = hand.divided()
            self._hand = self._doubt = None
            self._parts.extendleft(reversed(parts))
            self._books.rejected += 0 if parts else hand.given_up()
        if not parts:
            notices.say(f"{self._channel} message", f"Slack refuses a record of ours, it is dropped: {error}")

    def _pending(self) -> int:
        held = self._hand.records if self._hand else 0
        return (
            len(self._outbox)
            + self._between
            + held
            + sum(part.records for part in self._parts)
            + self._incidents.unsaid
        )
