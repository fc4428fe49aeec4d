"""The thread that reads a channel for commands, from `start` to `close`: it sweeps, keeps time, and places the marks.

    sweeper -> desk -> (who takes it runs it) -> ledger -> mark

A process that has not claimed a message posts nothing about it.
"""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable

from slack_logging import notices
from slack_logging.active import audit
from slack_logging.active.desk import Desk
from slack_logging.active.ledger import Ledger, MemoryLedger
from slack_logging.active.origin import Operated
from slack_logging.active.people.approving import Approving
from slack_logging.active.reading.leftovers import say_what_is_left
from slack_logging.active.reading.line import Line
from slack_logging.active.reading.marking import Marker
from slack_logging.active.reading.muting import Muting
from slack_logging.active.reading.sweeping import Sweeper
from slack_logging.active.settings import Settings
from slack_logging.clock import Bell, Clock
from slack_logging.errors import ConfigurationError
from slack_logging.instance import Instance
from slack_logging.slack.pacing import Backoff

#: Seconds after `close` for running commands to end and last marks to be placed, also when nobody waits for it.
_GRACE = 5.0

#: Seconds at the end of a `close` that are for marking and answering what still runs; half of a short one.
_LAST_WORDS = 2.0


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
        nothing_yet = MemoryLedger(threading.Lock())  # until there is a connection
        self.desk = Desk(
            nothing_yet, settings, instance=instance, operated=operated, clock=clock, changed=self._marks_are_owed
        )
        self._settings = settings
        self._clock = clock
        self._prepare = prepare
        self._marker = Marker(settings, clock)
        self._marking = threading.Lock()
        self._approving = Approving(self.desk, settings, interval=lambda: self.sweeper.interval)
        self._muting: Muting | None = None
        if operated is not None:
            self._muting = Muting(
                operated, settings.access, line=lambda: self.desk.line, interval=settings.poll_interval, clock=clock
            )
        self._cause = f"commands in {settings.channel}"
        self.sweeper = Sweeper(
            self.desk,
            settings,
            ledger_of,
            names=self._marker.names,
            wake=lambda: self._wake.put(None),
            hint_of_reaction=self._hint_of_reaction,
        )
        self._over = Bell()
        self._ended = self._handed_over = self._was_relieved = False
        self._interrupt_at = math.inf
        self._give_up_at = 0.0
        self._backoff = Backoff()
        self._closers: set[int] = set()
        self._end_at = -math.inf
        self._thread = threading.Thread(target=self._run, name=f"slack_logging-reader {settings.channel}", daemon=True)

    def start(self) -> None:
        """Begin to read. Does not wait."""
        try:
            self._clock.start(self._thread)
        except RuntimeError as error:
            notices.say(self._cause, f"{self._cause} are not read: no thread could be started ({error})")
            self._end()
            self.sweeper.release()

    @property
    def is_alive(self) -> bool:
        """Tell whether it reads; not so in a forked child."""
        return self._thread.is_alive() and not self._ended

    def close(self, timeout: float) -> None:
        """Stop reading, as `SlackCommandSource.close` says. Blocks for up to `timeout` seconds.

        What is not done in time is done in the background, within moments. A command's own end is not waited for.
        """
        if not self.desk.instance.is_us:
            return  # what runs, runs in the parent
        self._closers.add(threading.get_ident())
        end = self._clock.monotonic() + timeout
        if end > self._end_at:  # who closes for a shorter time takes none from who waits longer
            self._end_at = end
            if timeout > 0:
                self._interrupt_at = end - min(_LAST_WORDS, timeout / 2)
        self._give_up_at = max(self._give_up_at, end, self._clock.monotonic() + _GRACE)
        self.sweeper.is_closing = True
        self._close_desk()
        self._wake.put(None)
        with self._over.heard() as over:
            while self._is_awaited() and (now := self._clock.monotonic()) < end:
                self._clock.wait(over, min(end, max(self._interrupt_at, now)) - now)
                self._interrupt_in_time()  # our thread may wait for an answer of Slack's for longer than there is time
        if timeout > 0:
            for heard in self.desk.unanswered():
                audit.unanswered(heard)
            self._say_what_is_left()

    def _is_awaited(self) -> bool:
        """Tell whether who closes, the calling thread, waits for something."""
        owes = not self._handed_over and self._owes_final_marks()
        return self.is_alive or owes or self.desk.is_heard(self._closers)

    def time_left(self, timeout: float) -> float:
        """Return what is left of the longest time that somebody closed it with; `timeout` if nobody did."""
        return max(self._end_at - self._clock.monotonic(), 0.0) if self.sweeper.is_closing else timeout

    @property
    def reads(self) -> bool:
        """Tell whether it reads, and is not about to end."""
        return self.is_alive and not self.sweeper.is_closing

    def wait_until_closed(self) -> None:
        """Block until somebody called `close` and the thread has ended."""
        with self._over.heard() as over:
            while self.is_alive:
                self._clock.wait(over, None)

    def _run(self) -> None:
        try:
            self._wait_for_start()
            if not self.sweeper.is_closing:
                self.desk.answers.start()
                self._prepare()
                if self._muting is not None:
                    self._muting.start()
            wait = self._step_safely()
            while not self._is_done():
                self._clock.wait(self._wake, wait)
                wait = self._step_safely()
        except ConfigurationError as error:
            notices.say(self._cause, f"{self._cause} are not read: {error}")
        except Exception as error:  # noqa: BLE001 - a thread's exception would be a traceback on stderr
            notices.say(self._cause, f"{self._cause} are not read: {type(error).__name__}: {error}")
        finally:
            self._end()
            try:
                self._hand_over()
            finally:
                self._handed_over = True
                self._over.ring()
                self.sweeper.release()

    def _wait_for_start(self) -> None:
        end = self._clock.monotonic() + self._settings.start_delay
        while not self.sweeper.is_closing and (left := end - self._clock.monotonic()) > 0:
            self._clock.wait(self._wake, left)

    def _close_desk(self) -> None:
        self.desk.close()
        self.desk.answers.hurry()
        if self._muting is not None:
            self._muting.close()
        self.sweeper.close()

    def _end(self) -> None:
        self._close_desk()
        self.desk.answers.close()
        if self.sweeper.is_closing:  # else it never read, or cannot, and nothing is owed
            self._say_what_is_left()
            self.desk.give_up("closed before Slack had taken it")
        self._ended = True
        self._over.ring()

    def _hand_over(self) -> None:
        """Let another process read, once all is marked or time is over: it knows by the marks alone what ran here.

        A command that closes may still run: we do not wait for it, others of the host do. It is marked here, as often
        as that takes.
        """
        while True:
            # before the marks are placed: of what is settled from then on, who settles it places them
            self._handed_over = self._clock.monotonic() >= self._give_up_at
            wait = self._place_marks()
            self._over.ring()
            if self._handed_over or not (self.desk.is_busy(set()) or self._owes_final_marks()):
                break
            left = self._time_to_give_up()
            self._clock.wait(self._wake, left if wait is None else min(left, wait))
        if self.sweeper.is_closing:
            self._say_what_is_left()

    def _time_to_give_up(self) -> float:
        return max(self._give_up_at - self._clock.monotonic(), 0.0)

    def _is_done(self) -> bool:
        """Tell whether it is closing and nothing is left to do, or no time to do it."""
        if not self.sweeper.is_closing:
            return False
        owes = self._owes_final_marks() or self._approving.owes() or not self.desk.answers.is_idle
        return not (owes or self.desk.is_busy(self._closers)) or self._clock.monotonic() >= self._give_up_at

    def _owes_final_marks(self) -> bool:
        if self._is_relieved():
            return False
        return any(owed.mark.is_final and not owed.goes for owed in self.desk.ledger.owed())

    def _is_relieved(self) -> bool:
        """Tell whether another source of the process sees to all marks: they share a ledger, and it goes on.

        Once all that ran here is settled, that is for good: whenever that one is closed, it finds it owed.
        """
        is_settled = not self.desk.is_busy(set())  # before we look who reads: it may be closed the moment after
        is_relieved = self.sweeper.is_relieved
        if is_relieved and is_settled and self.sweeper.is_closing:
            self._was_relieved = True
        return is_relieved or self._was_relieved

    def _say_what_is_left(self) -> None:
        say_what_is_left(self._cause, self._settings, self.desk, counts_marks=not self._is_relieved())

    def _step_safely(self) -> float | None:
        """Do a step; what nobody expected is said, and tried again ever slower: nobody else would go on reading."""
        cause = f"{self._cause}, unexpected"
        try:
            wait = self._step()
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001 - see above
            notices.say(cause, f"{self._cause}: unexpected {type(error).__name__}: {error}; trying again")
            pause = self._backoff.failed()
            return min(pause, self._time_to_give_up()) if self.sweeper.is_closing else pause
        self._backoff.succeeded()
        notices.clear(cause)
        return wait

    def _step(self) -> float | None:
        """Do what it is time for and place marks; return the seconds until there is more to do."""
        self.sweeper.step()
        self._interrupt_in_time()
        self.desk.time_out()
        waits = [self._place_marks(), self._approving.step(self.desk.line)]  # marks first: calls may take their time
        next_thing = min(self._interrupt_at, self._give_up_at) if self.sweeper.is_closing else self.sweeper.due_at
        left = max(min(next_thing, self.desk.deadline()) - self._clock.monotonic(), 0.0)
        return min([left, *(wait for wait in waits if wait is not None)])

    def _interrupt_in_time(self) -> None:
        if self._clock.monotonic() >= self._interrupt_at:
            self._interrupt_at = math.inf
            self.desk.interrupt(self._closers)

    def _place_marks(self) -> float | None:
        if (line := self.desk.line) is None:
            return None
        with self._marking:  # after our thread's end, whoever settles something is here
            return self._marker.place(line.client, self.desk.ledger, closing=self.sweeper.is_closing)

    def _marks_are_owed(self) -> None:
        """Wake the thread, and who waits for it; once it is over, who settled something places the mark: once."""
        if self._handed_over:
            self._place_marks()
        if self._ended:
            self._over.ring()
        self._wake.put(None)

    def _hint_of_reaction(self, channel: str, ts: str) -> None:
        """Look soon at what shows an error, or asks for approval. In the socket's thread; does not wait."""
        if self._muting is not None:
            self._muting.hint(channel, ts)
        if (line := self.desk.line) and channel == line.channel and self._approving.look_soon(ts):
            self._wake.put(None)
