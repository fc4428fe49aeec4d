"""Reads a channel for commands, in a thread of its own, and places the marks.

    history or push -> intake -> too old? -> allowed? -> desk -> (who takes it runs it) -> ledger -> mark

A process that has not claimed a message posts nothing about it. What is pushed is heard in the socket's thread;
whatever two threads make of one message at the same time, one of them has the claim in the ledger.
"""

from __future__ import annotations

import math
import os
import queue
import threading
from collections.abc import Callable
from typing import Any

from slack_logging import notices
from slack_logging.active import audit
from slack_logging.active.desk import Desk
from slack_logging.active.ledger import Ledger, MemoryLedger, order
from slack_logging.active.origin import Operated
from slack_logging.active.people.approving import Approving
from slack_logging.active.people.codes import codes_of
from slack_logging.active.reading.hostlock import OneReader
from slack_logging.active.reading.intake import Heard
from slack_logging.active.reading.leftovers import say_what_is_left
from slack_logging.active.reading.line import Line
from slack_logging.active.reading.marking import Marker
from slack_logging.active.reading.muting import Muting
from slack_logging.active.reading.push import Push
from slack_logging.active.reading.triage import Triage, Undecided
from slack_logging.active.reading.window import Window
from slack_logging.active.settings import Settings
from slack_logging.clock import Bell, Clock
from slack_logging.errors import ConfigurationError, DeliveryError, RateLimited, Rejected
from slack_logging.instance import Instance
from slack_logging.slack import credentials
from slack_logging.slack.credentials import bot_token
from slack_logging.slack.pacing import Backoff

#: Seconds after `close` for running commands to end and last marks to be placed, also when nobody waits for it.
_GRACE = 5.0

#: Seconds at the end of a `close` that are for marking and answering what still runs; half of a short one.
_LAST_WORDS = 2.0

#: Seconds between two looks at the channel at least, however many hints come.
_HINT_PACE = 2.0

#: Seconds between two tries to become the host's reader at most.
_STANDBY = 5.0


class Reader:
    """One stretch of reading, from `start` to `close`.

    Args:
        settings: the source's.
        ledger_of: returns the ledger of what was connected to; it outlives the reader.
        instance: who we are.
        operated: the logging side, for the built-in commands, and for those who mute its errors.
        clock: what all waits happen on.
        prepare: called in the thread before it reads; its `ConfigurationError` is said, and nothing is read.
    """

    def __init__(
        self,
        settings: Settings,
        ledger_of: Callable[[Line], Ledger],
        *,
        instance: Instance,
        operated: Operated | None,
        clock: Clock,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._ledger: Ledger = MemoryLedger(threading.Lock())  # until there is a connection, nothing is in it
        self.desk = Desk(
            self._ledger, settings, instance=instance, operated=operated, clock=clock, changed=self._marks_are_owed
        )
        self._settings = settings
        self._ledger_of = ledger_of
        self._instance = instance
        self._clock = clock
        self._prepare = prepare
        self._marker = Marker(settings, clock)
        self.triage = Triage(settings, self.desk)
        self._approving = Approving(self.desk, settings)
        self._muting: Muting | None = None
        if operated is not None:
            self._muting = Muting(
                operated, settings.access, line=lambda: self.desk.line, interval=settings.poll_interval, clock=clock
            )
        self._backoff = Backoff()
        self._cause = f"commands in {settings.channel}"
        self._complaint = ""
        self._undecided: Undecided | None = None
        self._must_connect = True
        self._window = Window(settings.max_age)
        self._pushed: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._sweep_at = 0.0
        self._swept_at = -_HINT_PACE
        self._is_hinted = False
        self._one_reader = OneReader(self._cause, instance.service)
        self._reads = False
        self._push: Push | None = None
        self._over = Bell()
        self._closing = self._ended = False
        self._interrupt_at = math.inf
        self._give_up_at = 0.0
        self._closers: set[int] = set()
        self._end_at = -math.inf
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name=f"slack_logging-reader {settings.channel}", daemon=True)

    def start(self) -> None:
        """Begin to read. Does not wait."""
        try:
            self._clock.start(self._thread)
        except RuntimeError as error:
            notices.say(self._cause, f"{self._cause} are not read: no thread could be started ({error})")
            self._end()

    @property
    def is_alive(self) -> bool:
        """Tell whether it reads; not so in a forked child."""
        return self._thread.is_alive() and not self._ended

    def close(self, timeout: float) -> None:
        """Stop reading, as `SlackCommandSource.close` says. Blocks for up to `timeout` seconds.

        What is not done in time is done in the background, within moments. A command's own end is not waited for.
        """
        if os.getpid() != self._pid:
            return  # what runs, runs in the parent
        self._closers.add(threading.get_ident())
        end = self._end_at = self._clock.monotonic() + timeout
        if timeout > 0:
            self._interrupt_at = min(self._interrupt_at, end - min(_LAST_WORDS, timeout / 2))
        self._give_up_at = max(end, self._clock.monotonic() + _GRACE)
        self._closing = True
        self._close_desk()
        self._wake.put(None)
        with self._over.heard() as over:
            while (self.is_alive or self.desk.is_heard(self._closers)) and (now := self._clock.monotonic()) < end:
                self._clock.wait(over, min(end, max(self._interrupt_at, now)) - now)
                self._interrupt_in_time()  # our thread may wait for an answer of Slack's for longer than there is time
        if timeout > 0:
            for heard in self.desk.answers.owed():
                audit.unanswered(heard)
            say_what_is_left(self._cause, self._settings, self._ledger, self.desk.answers)

    def time_left(self, timeout: float) -> float:
        """Return what is left of the time that somebody closed it with; `timeout` if nobody did."""
        return max(self._end_at - self._clock.monotonic(), 0.0) if self._closing else timeout

    @property
    def reads(self) -> bool:
        """Tell whether it reads, and is not about to end."""
        return self.is_alive and not self._closing

    def wait_until_closed(self) -> None:
        """Block until somebody called `close` and the thread has ended."""
        with self._over.heard() as over:
            while self.is_alive:
                self._clock.wait(over, None)

    def _run(self) -> None:
        try:
            self._wait_for_start()
            if not self._closing:
                self.desk.answers.start()
                self._prepare()
                if self._muting is not None:
                    self._muting.start()
            wait = self._step()
            while not self._is_done():
                self._clock.wait(self._wake, wait)
                wait = self._step()
        except ConfigurationError as error:
            notices.say(self._cause, f"{self._cause} are not read: {error}")
        except Exception as error:  # noqa: BLE001 - a thread's exception would be a traceback on stderr
            notices.say(self._cause, f"{self._cause} are not read: {type(error).__name__}: {error}")
        finally:
            self._end()

    def _wait_for_start(self) -> None:
        end = self._clock.monotonic() + self._settings.start_delay
        while not self._closing and (left := end - self._clock.monotonic()) > 0:
            self._clock.wait(self._wake, left)

    def _close_desk(self) -> None:
        self.desk.close()
        self.desk.answers.hurry()
        if self._muting is not None:
            self._muting.close()
        if self._push is not None:
            self._push.close()

    def _end(self) -> None:
        self._close_desk()
        self._one_reader.release()
        self.desk.answers.close()
        if self._closing:  # else it never read, or cannot, and nothing is owed
            say_what_is_left(self._cause, self._settings, self._ledger, self.desk.answers)
            self.desk.answers.give_up("closed before Slack had taken it")
        self._ended = True
        self._over.ring()

    def _is_done(self) -> bool:
        """Tell whether it is closing and nothing is left to do, or no time to do it."""
        if not self._closing:
            return False
        owes = any(owed.mark.is_final and not owed.goes for owed in self._ledger.owed())
        owes = owes or self._approving.owes() or not self.desk.answers.is_idle
        return not (owes or self.desk.is_busy(self._closers)) or self._clock.monotonic() >= self._give_up_at

    def _step(self) -> float | None:
        """Do what it is time for and place marks; return the seconds until there is more to do."""
        self._consider_pushed()
        now = self._clock.monotonic()
        if self._is_hinted:
            self._is_hinted = False
            self._sweep_at = min(self._sweep_at, self._swept_at + _HINT_PACE)
        if not self._closing and now >= self._sweep_at:
            self._sweep_at, self._swept_at = now + self._sweep_safely(), now
        if self._closing:
            self._one_reader.release()  # who reads next, here or elsewhere, need not wait for what still runs
        self._interrupt_in_time()
        self.desk.time_out()
        waits = [self._approving.step(self.desk.line), self._place_marks()]
        next_thing = min(self._interrupt_at, self._give_up_at) if self._closing else self._sweep_at
        left = max(min(next_thing, self.desk.deadline()) - self._clock.monotonic(), 0.0)
        return min([left, *(wait for wait in waits if wait is not None)])

    def _interrupt_in_time(self) -> None:
        if self._clock.monotonic() >= self._interrupt_at:
            self._interrupt_at = math.inf
            self.desk.interrupt(self._closers)

    def _place_marks(self) -> float | None:
        line = self.desk.line
        return self._marker.place(line.client, self._ledger, closing=self._closing) if line else None

    def _marks_are_owed(self) -> None:
        """Wake the thread; once it has ended, who settled the last commands places their marks, and wakes who waits."""
        if self._ended:
            self._place_marks()
            self._over.ring()
        else:
            self._wake.put(None)

    def _sweep_safely(self) -> float:
        """Sweep, and return the seconds until the next. What goes wrong is said once and tried again, ever slower."""
        try:
            pause = self._sweep()
        except RateLimited as error:
            return error.retry_after
        except DeliveryError as error:
            self._must_connect = isinstance(error, Rejected)
            kind = error.code if isinstance(error, Rejected) else type(error).__name__
            self._complain(kind, f"{self._cause} are not read: {error}")
            return self._backoff.failed()
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001 - nobody else would go on reading
            unexpected = type(error).__name__
            self._complain(unexpected, f"{self._cause} are not read: unexpected {unexpected}: {error}")
            return self._backoff.failed()
        self._backoff.succeeded()
        if self._undecided is not None:
            self._complain(
                "undecided",
                f"{self._cause}: some wait, because Slack does not tell just now who may: {self._undecided.why}",
            )
            return min(pause, self._settings.poll_interval)
        self._complaint = ""
        self._say_that_it_reads()
        return pause

    def _say_that_it_reads(self) -> None:
        """Say so, unless the last sweep ended in a complaint: one of the two lines stands at a time."""
        if self._complaint or not self._reads:
            return
        notices.say(self._cause, f"reading {self._cause} as {self._instance.host} (pid {self._instance.pid})")

    def _complain(self, kind: str, text: str) -> None:
        """Say what is wrong, once for each kind of fault until it works again."""
        if kind != self._complaint:
            self._complaint = kind
            notices.say(self._cause, f"{text}; trying again")

    def _sweep(self) -> float:
        """Look at the channel, if we are the one to; return the seconds until the next look."""
        if self._must_connect or self.desk.line is None:
            self.desk.line = self._connected()
            self._must_connect = False
        line = self.desk.line
        push = self._push
        # what auth.test says need not be an address; this machine has two names
        api_url = credentials.api_url(self._settings.api_url).replace("//localhost:", "//127.0.0.1:")
        sharing = [self._instance.service] if self._settings.shared else []
        self._reads = push is not None and self._one_reader.is_us((api_url, line.team, line.channel, *sharing))
        if push is None or not self._reads:
            if push is not None:
                push.close()
            return min(self._settings.poll_interval, _STANDBY)
        if self._window.floor is None and line.is_shared_outside():
            text = f"{self._settings.channel} is shared by Slack Connect: people of other organisations are in it"
            notices.say(f"{self._cause}, shared", f"{text}, and read what is typed and answered there")
        messages = self._messages(line)
        line.say_if_clock_is_off()
        self._marker.names.look_at(line, messages, up_to=self._window.floor or "0")
        self.desk.reading = f"{self._settings.channel}, {push.how}"  # before the first command can ask
        if not self._closing:
            push.open()  # not before it is known that there is something to hear; what came meanwhile is looked for
        self._say_that_it_reads()
        self._miss(line, messages)
        found = [heard for message in messages if (heard := self.triage.hear(line, message))]
        # what is older than where we began is only looked at for what was left running
        found = [heard for heard in found if heard.marks or order(heard.key.ts) > order(self._window.floor or "0")]
        self._undecided = self.triage.consider_each(line, found)
        for message in messages:
            if self._undecided is None or order(str(message["ts"])) < order(self._undecided.since):
                self._ledger.read(str(message["ts"]))
        self._window.narrow(line.client.time(), self._ledger.cursor(), messages)
        bound = self._window.oldest(line.client.time(), self._ledger.cursor())
        self._ledger.forget(up_to=bound)
        self.desk.answers.forget(up_to=bound)
        wait = push.swept(messages, bound)
        self.desk.reading = f"{self._settings.channel}, {push.how}"
        return wait

    def _miss(self, line: Line, messages: list[dict[str, Any]]) -> None:
        """Cancel those commands whose messages are not there any more."""
        present = {str(message["ts"]): message.get("subtype") != "tombstone" for message in messages}
        for key in self._ledger.unsettled():
            if present.get(key.ts) or self._closing:
                continue
            if key.ts in present or not line.has(key.ts):  # that a page lacks it is not enough: it may be behind
                self.desk.gone(key)

    def _connected(self) -> Line:
        """Connect, and refuse to read the channel that the records go to: it may be told by name here, by id there."""
        line = Line.connect(self._settings, self._instance, self._clock)
        operated = self.desk.operated
        if operated is not None and operated.channel and line.is_to(operated.channel):
            raise ConfigurationError(f"that is where the records go, to {operated.channel}: use another channel")
        self._ledger = self.desk.ledger = self._ledger_of(line)
        self.desk.keep_secret(bot_token(self._settings.token))
        if self._push is not None:
            self._push.close()
        self._push = Push(
            self._settings,
            line,
            hear=self._hear,
            hint=self._look_soon,
            hint_of_reaction=self._hint_of_reaction,
            clock=self._clock,
        )
        return line

    def _hear(self, heard: Heard) -> None:
        """Consider what was pushed. In the socket's thread, which asks Slack nothing: ours does, of who is unknown."""
        try:
            if line := self.desk.line:
                self.triage.consider(line, heard, patience=-1)
        except DeliveryError:
            self._pushed.put(heard)
        self._wake.put(None)  # or a mark may be owed

    def _consider_pushed(self) -> None:
        """Consider what the socket's thread left to us; what cannot be decided now is for the next look."""
        found = [self._pushed.get() for _ in range(self._pushed.qsize())]
        if found and (line := self.desk.line) and self.triage.consider_each(line, found):
            self._is_hinted = True

    def _hint_of_reaction(self, channel: str, ts: str) -> None:
        """Look soon at what shows an error, or asks for approval. In the socket's thread; does not wait."""
        if self._muting is not None:
            self._muting.hint(channel, ts)
        if (line := self.desk.line) and channel == line.channel and self._approving.look_soon(ts):
            self._wake.put(None)

    def _look_soon(self) -> None:
        self._is_hinted = True
        self._wake.put(None)

    def _messages(self, line: Line) -> list[dict[str, Any]]:
        """Return what is to be looked at, oldest first."""
        if self._window.floor is not None:
            oldest = self._window.oldest(line.client.time(), self._ledger.cursor())
            return line.since(oldest, wanted=lambda: not self._closing)
        codes_of(self._clock).begin(started := line.client.time())
        messages, has_more = line.newest()
        self._window.begin(started, messages, has_more=has_more)
        return messages
