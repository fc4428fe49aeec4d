"""The one thread that posts for a handler: it waits, loads, paces, posts and settles.

`step` does one thing and says how long there is nothing to do; the thread calls it in a loop, and at the end of a
program that cannot start threads any more whoever flushes calls it. A message in hand stays in hand until Slack has
it or refuses it for itself: what fails for any other reason is sent again, at least once. After a lost answer we look
first whether Slack has it.

What is done first, of what the pace allows: new incidents, then lower levels and announcements, then files, then edits;
files that take all their room go before messages, which else could have none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.clock import Bell, Clock
from slack_logging.errors import RateLimited, Rejected, Unreachable
from slack_logging.instance import Instance
from slack_logging.passive.messages import boards, repeats
from slack_logging.passive.messages.medium import Medium
from slack_logging.passive.messages.repeats import Repeats
from slack_logging.passive.messages.shipments import UNPOSTABLE, UNTHREADABLE, Shipment, full_text
from slack_logging.passive.records.books import Books
from slack_logging.passive.records.capture import Captured
from slack_logging.passive.records.outbox import MemoryOutbox
from slack_logging.passive.records.stats import Stats
from slack_logging.passive.sending.connection import Connection
from slack_logging.passive.sending.incident import Board, Mute
from slack_logging.passive.sending.incidents import Incidents
from slack_logging.passive.sending.living import LivingIncident, living
from slack_logging.passive.sending.loader import Loader
from slack_logging.passive.sending.uploads import Uploads
from slack_logging.slack.doubt import Doubt, doubt_of_message, sent_again

if TYPE_CHECKING:
    from slack_logging.slack.transport import Client

#: Codes after which a message can be edited no more, or not so; what it should say is posted anew.
_UNEDITABLE = UNPOSTABLE | frozenset(
    "message_not_found cant_update_message edit_window_closed block_mismatch update_failed thread_not_found".split()
)


class Sender:
    """Posts what an outbox holds to one channel.

    Args:
        channel: name or id.
        outbox: filled by others.
        connect: returns the client; raises Rejected when there is no token. Called again after a token went bad.
        entry_of: makes a canonical entry of a captured record, without secrets.
        own_format: tells whether entries hold a text that the user's own formatter made.
        instance: shown under each message.
        flush_interval: seconds that lower levels wait for company.
        group_window: seconds without a repeat after which an incident is over.
        mention: who is notified of an incident; see `slack_logging.passive.messages.boards.arguments`.
        clock: what it all runs on.
        medium: what can be done there.
    """

    def __init__(
        self,
        *,
        channel: str,
        outbox: MemoryOutbox,
        connect: Callable[[], Client],
        entry_of: Callable[[Captured], str],
        own_format: Callable[[], bool],
        instance: Instance,
        flush_interval: float,
        group_window: float,
        mention: str,
        clock: Clock,
        medium: Medium,
    ) -> None:
        self._channel = channel
        self._medium = medium
        self._outbox = outbox
        self._slack = Connection(channel, connect, clock)
        self._footer = f"{instance.service} · {instance.name}"
        self._clock = clock
        self._incidents = Incidents(group_window, medium.room)
        self._loader = Loader(
            outbox,
            self._incidents,
            entry_of=entry_of,
            own_format=own_format,
            footer=self._footer,
            flush_interval=flush_interval,
            mention=mention,
            medium=medium,
        )
        self._books = self._loader.books = Books(outbox, self._pending)
        self._doubt: Doubt[tuple[str, str]] | None = None  # whether Slack has what is in the hand
        self._uploads = Uploads(channel, self._books, clock, outbox.max_bytes // 2)
        self._flushing = False
        self._stepped = Bell()

    # -- what others ask -----------------------------------------------------------------------------------------

    def stats(self) -> Stats:
        """Return the counts, consistent between any two steps."""
        return self._books.stats()

    @property
    def idle(self) -> bool:
        """Tell whether everything taken in is settled, and every loss told."""
        with self._books.lock:
            is_settled = not self._pending() and not self._uploads
        return is_settled and not self._loader.losses()

    @property
    def unsettled(self) -> tuple[int, int]:
        """Return how many records wait, or are lost and not told of, and how many lack the file that is their whole."""
        with self._books.lock:
            waiting, texts = self._pending(), self._uploads.texts
        return waiting + sum(self._books.untold().values()), texts

    def incidents(self) -> tuple[LivingIncident, ...]:
        """Return the incidents that have a message in Slack. From any thread."""
        with self._books.lock:
            return tuple(living(self._incidents, self._slack.channel_id, self._clock.monotonic()))

    def mute(self, fingerprint: str, duration: float, by: str) -> None:
        """Leave the records of an error out for so many seconds; they are counted. From any thread."""
        now = self._clock.monotonic()
        with self._books.lock:
            self._incidents.mute(fingerprint, Mute(now + duration, self._clock.time() + duration, by), now)
        self._outbox.wake.put(None)

    def unmute(self, fingerprint: str) -> bool:
        """Undo `mute`; False if it was not muted. From any thread."""
        with self._books.lock:
            was_muted = self._incidents.unmute(fingerprint, self._clock.monotonic())
        self._outbox.wake.put(None)
        return was_muted

    @property
    def stuck(self) -> bool:
        """Tell whether Slack refuses everything."""
        return self._slack.is_stuck

    def give_up(self) -> None:
        """Say no more what is wrong with the connection: nobody waits for it."""
        self._slack.is_given_up = self._uploads.is_given_up = True

    def request_flush(self, *, is_last: bool = False) -> None:
        """Have everything sent as soon as the pace allows: without waiting for company or for a backoff to end.

        Args:
            is_last: whether the program ends: then there is no time for many messages.
        """
        self._flushing = True
        self._loader.is_last = is_last
        self._slack.resume_now()
        self._uploads.resume_now()
        self._outbox.wake.put(None)

    def hurry(self, left: float) -> None:
        """Have no call take longer than so many seconds: the program ends in this very thread."""
        with contextlib.suppress(Rejected):
            self._slack.client.limit_calls(max(left, 0.1))

    def wait_until_idle(self, deadline: float) -> bool:
        """Block until all is settled, Slack refuses everything, or the clock passes `deadline`."""
        try:
            with self._stepped.heard() as step:
                while not self.idle and not self.stuck and self._clock.monotonic() < deadline:
                    self._clock.wait(step, deadline - self._clock.monotonic())
        finally:
            self._flushing = bool(self._stepped)
        return self.idle

    # -- what the thread does ------------------------------------------------------------------------------------

    def step(self) -> float | None:
        """Do the next thing, if its time has come.

        Returns:
            Seconds until there is something to do; None: until somebody wakes us.
        """
        if wait := self._slack.wait():
            return wait
        self._loader.medium = replace(self._medium, has_files=self._medium.has_files and self._uploads.are_taken)
        self._loader.files_held = self._uploads.held
        self._loader.digests_from = self._uploads.awaited_until
        try:
            self._loader.sort_errors(self._clock.monotonic())
            return self._act()
        except RateLimited:
            return 0.0  # the pace knows how long
        except Unreachable as error:
            self._slack.failed(error)
        except Rejected as error:
            self._refused(error)
        finally:
            self._stepped.ring()
        return 0.0

    def _act(self) -> float | None:
        """Do the first thing that the pace allows; else return the seconds until one may be done."""
        waits: list[float] = []
        first = (self._upload, self._post) if self._uploads.is_full else (self._post, self._upload)
        for act in (*first, self._tell_further if self._medium.posts_only else self._edit):
            wait = act()
            if wait == 0.0:
                return wait
            if wait is not None:
                waits.append(wait)
        return min(waits, default=None)

    # -- posting -------------------------------------------------------------------------------------------------

    def _post(self) -> float | None:
        """Post the message in hand, or a new one. Returns the seconds until there may be one to post, or 0."""
        wait = self._loader.wait(self._clock.monotonic(), at_once=self._flushing)
        if wait != 0.0:
            return wait
        client = self._slack.client
        if self._loader.hand and self._doubt and not self._doubt.is_over:
            wait, found = self._doubt.ask(client, at_once=self._flushing)
            if found:
                self._landed(self._loader.hand, *found)
            return wait
        if place := client.acquire("chat.postMessage", self._channel):
            return place
        hand = self._loader.load()
        if hand is None:
            return 0.0
        try:
            given = hand.arguments()
        except Exception as error:  # noqa: BLE001 - whatever is in a record, the others go on
            self._doubt = None
            self._loader.break_up(hand, error)
            return 0.0
        if self._doubt:
            given = self._doubt.marked(given)
            hand.may_be_twice = self._doubt.was_blind
        try:
            answer = client.call("chat.postMessage", channel=self._slack.target, **given)
        except Unreachable as error:
            if not error.was_never_sent:
                self._doubt = doubt_of_message(
                    hand.id,
                    channel=self._slack.channel_id or self._slack.target,
                    thread=hand.thread,
                    clock=self._clock,
                    is_blind=self._medium.posts_only,
                )
            raise
        self._landed(hand, answer["channel"], answer["ts"])
        return 0.0

    def _landed(self, hand: Shipment, channel_id: str, ts: str) -> None:
        """Take in that Slack has the message in hand."""
        self._slack.works()
        self._slack.channel_id = channel_id
        with self._books.lock:
            landing = self._loader.landed(hand, ts, self._clock.monotonic())
            self._doubt = None
            self._books.delivered += landing.delivered
            self._books.merged += landing.merged
            self._books.overflow += landing.lost
            if landing.file:
                self._uploads.add(channel_id, hand.thread or ts, landing.file)
            if landing.context:
                self._loader.follow_up(hand.thread or ts, landing.context)

    # -- files and edits -----------------------------------------------------------------------------------------

    def _upload(self) -> float | None:
        """Attach the next file. Returns the seconds that it must wait, or 0; None if there is none.

        At the end there may be no time for a file that could not be sent before and for messages too.
        """
        if not self._uploads:
            return None
        if self._loader.is_last and self._uploads.is_failing:
            with self._books.lock:
                if self._loader.pending():
                    return None
        return self._uploads.send(self._slack.client, at_once=self._flushing)

    def _edit(self) -> float | None:
        """Have a message tell what repeated, or that all is quiet. Returns the seconds until one should, or 0."""
        now = self._clock.monotonic()
        board, wait = self._incidents.to_edit(now, at_once=self._flushing)
        if board is None:
            return wait
        is_over = self._incidents.is_over(board, now)
        if is_over and not self._incidents.has_last_word(board):
            with self._books.lock:
                self._incidents.forget(board)  # its message says all there is to say
            return 0.0
        client = self._slack.client
        if place := client.acquire("chat.update"):
            return place
        board.is_quiet = is_over
        told, changes = dict(boards.told(board)), board.changes
        try:
            given = boards.arguments(board, service=self._footer, medium=self._loader.medium)
            given = sent_again(given) if board.may_be_twice else given
        except Exception as error:  # noqa: BLE001 - whatever is in a record, the others go on
            self._loader.abandon(board, error)
            return 0.0
        try:
            client.call("chat.update", channel=self._slack.channel_id, ts=board.ts, **given)
        except Rejected as error:
            if error.code not in _UNEDITABLE:
                raise
            self._post_anew(board)
            return 0.0
        self._slack.works()
        with self._books.lock:
            news, merged = self._incidents.landed(board, told, str(board.ts), now)
            board.changes_told = changes
            self._books.delivered += len(news)
            self._books.merged += merged
            if (file := full_text(boards.full_texts(board, news))) and self._loader.medium.has_files:
                self._uploads.add(self._slack.channel_id, board.thread or str(board.ts), file)
            boards.shorten_lines(board, news, self._loader.medium)
            if is_over:
                self._incidents.forget(board)
        return 0.0

    def _tell_further(self) -> float | None:
        """Have what repeated posted, where no message can be edited. Returns the seconds until it should be, or 0."""
        if self._loader.further is not None:
            return None  # it waits for its place
        now = self._clock.monotonic()
        board, wait = repeats.next_due(self._incidents, now, at_once=self._flushing)
        if board is None:
            return wait
        is_quiet = now >= self._incidents.over_at(board)
        if is_quiet and not repeats.has_last_word(board):
            with self._books.lock:
                self._incidents.forget(board)
        else:
            self._loader.further = Repeats(board, self._incidents, self._footer, board.active_at if is_quiet else None)
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
        hand = self._loader.hand
        if error.code in UNTHREADABLE and hand is not None and self._loader.unthread(hand):
            return
        if error.code not in UNPOSTABLE or hand is None:
            self._slack.refused(error)
            return
        self._doubt = None
        if not self._loader.divide(hand):
            notices.say(f"{self._channel} message", f"Slack refuses a record of ours, it is dropped: {error}")

    def _pending(self) -> int:
        return self._loader.pending() + self._uploads.records
