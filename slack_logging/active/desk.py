"""Hands out commands to whoever runs them, and takes back what became of them. Safe to use from any thread."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import Counter
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace

from slack_logging.active import audit, interruptions
from slack_logging.active.command import Command
from slack_logging.active.contact import Contact
from slack_logging.active.emoji import Mark, Order
from slack_logging.active.inbox import MOST_PER_USER, Inbox
from slack_logging.active.ledger import Key, Ledger, order
from slack_logging.active.origin import Operated
from slack_logging.active.people import approving
from slack_logging.active.people.approvals import Request, Requests, Terms
from slack_logging.active.people.proving import use_up
from slack_logging.active.reading.intake import Heard
from slack_logging.active.running import Running
from slack_logging.active.settings import Settings
from slack_logging.active.watchdog import stalled
from slack_logging.clock import Clock
from slack_logging.errors import AlreadySettled
from slack_logging.instance import Instance


class Desk(Contact):
    """The `Origin` of a source's commands.

    Args:
        ledger: what became of which; a claim in it is the lock.
        settings: the source's.
        instance: who we are.
        operated: the logging side, for the built-in commands.
        clock: what all waits happen on.
        changed: called when the ledger may owe a mark.
    """

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        *,
        instance: Instance,
        operated: Operated | None,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        super().__init__(settings, operated=operated, clock=clock, changed=changed)
        self.prefix = settings.prefix
        self.emoji = settings.emoji
        self.instance = instance
        self.operated = operated
        self.since = clock.monotonic()
        #: Which channel is read, and how, in words; the reader says.
        self.reading = ""
        #: What became of which; the reader exchanges it once it knows the channel, before anything is in it.
        self.ledger = ledger
        self._changed = changed
        self._lock = threading.Lock()
        self._inbox = Inbox()
        self._running = Running()
        #: Called with the thread in which a command goes on that was given up; none where whoever iterates runs them.
        self.given_up: Callable[[int], None] | None = None
        #: What others are to approve, or how that ended.
        self.requests = Requests(threading.Lock())
        self._offered: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._closed = False

    def offer(self, heard: Heard) -> None:
        """Lay out a command to be taken; its edit takes its place, unless people approved it, or wanted it anew."""
        with self._lock:
            self._lay_out(heard)
        self._end_what_waits()

    def _lay_out(self, heard: Heard) -> None:
        """See `offer`; the lock is held."""
        lies = self._inbox.lay(heard)
        if lies is not None and lies is not self._inbox[heard.key]:
            use_up(lies, self.clock)  # who has stolen the account may have edited it
        if lies is None:
            if len(self._inbox) == 1:
                self._running.watchdog.moved(self.clock.monotonic())
            self._offered.put(None)

    def _give_back(self, heard: Heard) -> None:
        """Lay out what was claimed or pending. The lock is held: nobody sees it wait and not lie here, see `expire`."""
        self.ledger.release(heard.key)
        self._lay_out(heard)

    def take(self) -> Command | None:
        """Claim a command, waiting for one if need be; None when the desk is closed, and in a forked child.

        It is the oldest of those people for whom the fewest run: nobody waits for all that somebody else wants.
        """
        if not self.instance.is_us:  # but forked by what it took: what waits is the parent's
            return None
        self._come_back()
        while not self._closed:
            self.clock.wait(self._offered, None)
            if command := self._claim_next():
                return command
        self._offered.put(None)  # for the next who waits
        return None

    def _come_back(self) -> None:
        with self._lock:
            was_awaited = self._running.came_back()
        if was_awaited:
            self._changed()

    def _claim_next(self) -> Command | None:
        with self._lock:
            if self._closed:  # also since it was looked at before: what is taken now would run beside who reads next
                return None
            heard = self._inbox.take(Counter(command.user for command in self._running.commands()))
            if heard is None:
                return None
            attempt = self.ledger.claim(heard.key, self.clock.monotonic(), heard.edited)
            is_too_old = self._is_too_old(heard)
            if attempt and not is_too_old:  # under the lock: who cancels it finds it here or there
                command = Command(heard, self, permalink=self._connected().permalink(heard.key.ts), attempt=attempt)
                self._running.begin(command, self.clock.monotonic(), self._settings.timeout)
                self.answers.begin(heard)
        if attempt and is_too_old:
            self._settle_too_old(heard)
        if not attempt or is_too_old:
            return None
        self._changed()
        return command

    def limit(self, command: Command, seconds: float) -> None:
        """See `Origin`."""
        with self._lock:
            if self._running.get(command.heard.key):
                self._running.watchdog.limit(command.heard.key, self.clock.monotonic(), seconds)
        self._changed()

    def time_out(self) -> None:
        """Settle as errored what has run for too long; tell the oldest of what runs if others wait for its place."""
        now = self.clock.monotonic()
        with self._lock:
            found = self._running.take_over(now)
            running, waiting = self._running.commands(), len(self._inbox)
            stalls = not found and self._others_wait() and self._running.watchdog.stalls(now)
        for command, thread, reason in found:
            command.abandon(Mark.ERRORED, reason)
            if self.given_up:
                self.given_up(thread)
        if stalls:
            self.answers.say(running[0].heard, stalled(waiting, len(running), self.emoji.name(Order.CANCEL)))

    def deadline(self) -> float:
        """Return when something may next have taken too long, in monotonic seconds."""
        with self._lock:
            return self._running.watchdog.next(waits=self._others_wait())

    def _others_wait(self) -> bool:
        """Tell whether commands wait for a place that others have; the lock is held."""
        return bool(self.given_up and self._running and self._inbox)

    def cancel(self, key: Key, reason: str, unlaid: Heard | None = None) -> None:
        """Have a command stop if it runs, or never begin.

        Args:
            key: of its message.
            reason: what is told, such as ``"cancelled by ada"``.
            unlaid: the command, where it may not be laid out yet.
        """
        with self._lock:
            waiting = self._inbox.pop(key, unlaid)
            running = self._running.get(key)
            request = self.requests.of(key)
            if running is not None:
                self._running.cancel(running, self.clock.monotonic(), reason)
        if request is not None:
            self.end(request, Mark.ERRORED, reason)
        elif running is not None:
            audit.decided(running.heard, reason)
            running.cancel(reason)
        elif waiting is not None and self.ledger.claim(key, self.clock.monotonic(), waiting.edited):
            self._settle_unrun(waiting, Mark.ERRORED, reason)
            self.answers.say(waiting, f"{reason} before it began")

    def gone(self, key: Key) -> None:
        """Take in that a command's message was deleted: it is cancelled, and nothing is said in its thread."""
        self.answers.silence(key)
        self.cancel(key, "its message was deleted")

    def expire(self, heard: Heard) -> bool:
        """Settle a command that nobody runs any more because it is too old; tell whether it is.

        If it lies here, then by when that was asked for: it was repeated or approved since it was typed.
        """
        with self._lock:
            heard = self._inbox.get(heard.key, heard)
        if not self._is_too_old(heard):
            return False
        if self.ledger.claim(heard.key, self.clock.monotonic(), heard.edited):
            self._settle_too_old(heard)
        return True

    def _is_too_old(self, heard: Heard) -> bool:
        return self._connected().client.time() - heard.old_since > self._settings.max_age

    def _settle_too_old(self, heard: Heard) -> None:
        self._settle_unrun(heard, Mark.TOO_OLD, "too old")
        if heard.request is not None:  # whoever approved it reads there that it was approved, and no more
            self.answers.say(heard, "too old: it did not run")

    def _settle_unrun(self, heard: Heard, outcome: Mark, reason: str) -> None:
        """Settle what is claimed and does not run."""
        audit.decided(heard, reason)
        use_up(heard, self.clock)
        self.ledger.settle(heard.key, outcome)
        self._changed()

    def is_full(self, heard: Heard) -> bool:
        """Tell whether as many other commands of its author wait, run and are pending as anybody may have."""
        with self._lock:
            there = [*self._inbox.values(), *(command.heard for command in self._running.commands())]
            there += [request.heard for request in self.requests.pending()]
        return sum(each.user == heard.user and each.key != heard.key for each in there) >= MOST_PER_USER

    def refuse(self, heard: Heard) -> bool:
        """Settle a command of somebody who may not; False if it is not to be had."""
        if not self.ledger.claim(heard.key, self.clock.monotonic(), heard.edited):
            return False
        self._settle_unrun(heard, Mark.REFUSED, "refused")
        return True

    def approved(self, command: Command, terms: Terms) -> bool:
        """See `Origin`."""
        line, request = self._connected(), command.heard.request
        if request is None:
            request = approving.ask(line, command.heard, terms, self.answers, self.clock)
        elif approving.holds(line, self._settings.access, request):
            return True
        try:
            command.park(request)
        except AlreadySettled:  # nobody waits for it any more, and what was stated is to say so
            self.requests.drop(request, command.stopped_by)
            self._changed()
        return False

    def park(self, command: Command, request: Request) -> None:
        """See `Origin`."""
        with self._lock:
            cancelled = self._running.end(command)
            self.ledger.park(command.heard.key)
            self.requests.park(request)
        self.answers.finish(command.heard)
        audit.decided(command.heard, "waits for approval")
        if cancelled:
            self.end(request, Mark.ERRORED, cancelled)
        self._end_what_waits()
        self._changed()

    def pending(self) -> list[Heard]:
        """See `Origin`."""
        return sorted((request.heard for request in self.requests.pending()), key=lambda heard: order(heard.key.ts))

    def end(self, request: Request, outcome: Mark, ending: str) -> None:
        """Settle a pending command that does not run, and say why, unless it is pending no more."""
        if self.requests.decide(request, ending):
            audit.decided(request.heard, ending)
            self.ledger.settle(request.heard.key, outcome)
            self._changed()

    def proceed(self, request: Request, approvers: tuple[str, ...], ending: str) -> None:
        """Lay out a pending command that these people approved; its age counts from now."""
        if self.requests.decide(request, ending):
            request.approvers = approvers
            request.heard = replace(request.heard, asked_at=self._connected().client.time(), request=request)
            audit.decided(request.heard, "approved")
            with self._lock:
                self._give_back(request.heard)
            self._end_what_waits()

    def _end_what_waits(self) -> None:
        """Once it is closed, settle what people are to approve, approved or wanted anew: who reads next cannot know."""
        if not self._closed:
            return
        for request in self.requests.pending():
            self.end(request, Mark.INTERRUPTED, self._interrupted(request.heard, "waited"))
        with self._lock:
            taken = self._inbox.take_anew()
            taken = [heard for heard in taken if self.ledger.claim(heard.key, self.clock.monotonic(), heard.edited)]
        for heard in taken:
            self.answers.say(heard, self._interrupted(heard, "waited"))
            self._settle_unrun(heard, Mark.INTERRUPTED, "interrupted")

    def running(self) -> list[Command]:
        """See `Origin`."""
        with self._lock:
            return self._running.commands()

    def waiting(self) -> list[Heard]:
        """See `Origin`."""
        with self._lock:
            return self._inbox.oldest_first()

    def drop(self, key: Key) -> None:
        """Take back a command that lies here, because its message is none any more."""
        with self._lock:
            lies = self._inbox.get(key)
            if lies is None or lies.is_anew:
                return
            del self._inbox[key]
            self.ledger.drop(key)
        audit.decided(lies, "edited into something else before it began")
        use_up(lies, self.clock)

    def in_hand(self, key: Key) -> Heard | None:
        """Return a command that runs, is pending or was wanted anew, whatever its message says by now."""
        with self._lock:
            running = self._running.get(key)
            taken, lies = running or self.requests.of(key), self._inbox.get(key)
        return taken.heard if taken else lies if lies is not None and lies.is_anew else None

    def is_busy(self, closers: AbstractSet[int]) -> bool:
        """Tell whether another thread than these runs a command."""
        with self._lock:
            return self._running.is_busy(closers)

    def is_heard(self, closers: AbstractSet[int]) -> bool:
        """Tell whether the calling thread, one of these, waits for another or for an answer."""
        with self._lock:
            return self._running.is_heard(closers) or not self.answers.is_idle

    def unanswered(self) -> list[Heard]:
        """Return the commands to which something is owed, be it how their approval ended."""
        owed = [*self.answers.owed(), *(request.heard for request in self.requests.unshown())]
        return list({heard.key: heard for heard in owed}.values())

    def give_up(self, why: str) -> None:
        """Drop all that is owed to commands."""
        self.answers.give_up(why)
        for request in self.requests.unshown():
            self.requests.forget(request)
            audit.decided(request.heard, f"lost a reply (chat.update: {why})")

    def settle(self, command: Command, outcome: Mark, last_words: str = "") -> None:
        """See `Origin`."""
        with self._lock:  # both at once, for who looks whether something runs or is owed a mark
            self._running.end(command)
            self.ledger.settle(command.heard.key, outcome)
        self.answers.finish(command.heard, last_words)
        self._changed()

    def release(self, command: Command) -> None:
        """See `Origin`."""
        with self._lock:
            cancelled = self._running.cancelled(command)
        self.answers.finish(command.heard, cancelled)  # before somebody takes it again
        with self._lock:
            cancelled = self._running.end(command)  # as it may have been by now
            if cancelled:
                self.ledger.settle(command.heard.key, Mark.ERRORED)
            else:
                self._give_back(replace(command.heard, released_at=self._connected().client.time()))
        if cancelled:
            audit.decided(command.heard, "errored")
        self._end_what_waits()
        self._changed()

    def close(self) -> None:
        """End every `take`, and what waits and cannot be told from its message."""
        with self._lock:
            self._closed = True
        self._end_what_waits()
        self._offered.put(None)

    def release_all(self) -> None:
        """Give back what was taken and not settled, by the thread that took it."""
        self._come_back()
        for command in self.running():
            with contextlib.suppress(AlreadySettled):  # another thread was faster
                self.release(command)

    def interrupt(self, closers: AbstractSet[int]) -> None:
        """Settle as interrupted what other threads than these still run, and say so in its thread."""
        with self._lock:
            running = self._running.interrupt(closers)
        for command in running:
            command.abandon(Mark.INTERRUPTED, self._interrupted(command.heard, "ran"))

    def _interrupted(self, heard: Heard, did: str) -> str:
        return interruptions.ended(heard, self._settings, self.instance.name, did)
