"""Says what is owed to commands, in threads of its own: no worker waits for the pace, and no mark for an answer.

Whoever has something to say hands it in; see `slack_logging.active.answering.answer` for what becomes of it. Text and
files go separate ways, so that a large file holds up no answer. The calls are made in
`slack_logging.active.answering.teller`.
"""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from slack_logging.active.answering.answer import Answer, Due
from slack_logging.active.answering.attachment import Attachable, attached
from slack_logging.active.answering.loop import Loop
from slack_logging.active.answering.part import Part, Receipt, Wanted
from slack_logging.active.answering.teller import Teller
from slack_logging.active.ledger import Key, order
from slack_logging.active.origin import Operated
from slack_logging.active.reading.intake import Heard
from slack_logging.clock import Clock
from slack_logging.errors import DeliveryError, Unreachable
from slack_logging.slack.literal import shorten, units, visible

if TYPE_CHECKING:
    from slack_logging.active.reading.line import Line

#: Seconds from one call for progress to the next, of all commands together: that leaves half of the edits that Slack
#: allows to results and to errors' counts.
PROGRESS_INTERVAL = 3.0

#: Seconds for which the reason of a failure waits for the message of its error, and between two looks for it.
_LINK_WAIT, _LINK_GLANCE = 2.0, 0.1

#: Seconds to wait where there is no connection yet.
_NO_LINE = 1.0

_GONE = "chat.postMessage: the command's message was deleted"

_PROGRESS = frozenset({Due.POST_PROGRESS, Due.EDIT_PROGRESS})


class Answers:
    """What a source owes. Safe to use from any thread.

    Args:
        line: returns the connection, None while there is none.
        redact: takes secrets out of a text.
        operated: the logging side, whose errors' messages are linked to.
        clock: what all waits happen on.
        changed: called when less is owed.
    """

    def __init__(
        self,
        line: Callable[[], Line | None],
        *,
        redact: Callable[[str], str],
        operated: Operated | None,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._line = line
        self._redact = redact
        self._operated = operated
        self._clock = clock
        self._changed = changed
        self._lock = threading.Lock()
        self._answers: dict[str, Answer] = {}
        self._silent: set[str] = set()
        self._teller = Teller(self._lock, redact=redact, clock=clock, settled=self._settled)
        self._progress_at = -math.inf
        self._texts = Loop("slack_logging-answers", self._say_next, clock)
        self._files = Loop("slack_logging-files", self._share_next, clock)

    def start(self) -> None:
        """Begin: later, at a program's end, no thread can be started."""
        self._texts.wake()

    def hurry(self) -> None:
        """From now on somebody waits: leave out what only is better when it is waited for."""
        self._teller.at_once = True
        self._wake()

    def close(self) -> None:
        """Have the threads end once nothing is owed. Does not wait."""
        self._teller.at_once = True
        self._texts.close()
        self._files.close()

    # -- what is handed in -----------------------------------------------------------------------------------------

    def say(self, heard: Heard, text: str, *, most: int | None = None, fingerprint: str = "") -> None:
        """Have something said. Never waits for Slack; blank text is nothing.

        Args:
            heard: the command.
            text: shown literally, and without secrets.
            most: units that are shown at most.
            fingerprint: of an error to link to; empty for none.
        """
        part = self._part(text, most)
        if fingerprint:
            part.wanted = Wanted(fingerprint, self._clock.monotonic() + _LINK_WAIT)
        self._hand_in(heard, part)

    def reply(self, heard: Heard, text: str, file: Attachable | None, timeout: float) -> str:
        """Say something, and block until Slack has it, for up to `timeout` seconds.

        Returns:
            The `ts` of the message that shows it, or its beginning; empty for blank text.

        Raises:
            DeliveryError: Slack did not take it, or not in time: then it is not said any more.
            OSError, ValueError, TypeError: the file cannot be attached, see `attached`; then nothing is said.
        """
        if heard.key.ts in self._silent:
            raise Unreachable(_GONE)
        part = self._part(text)
        if file is not None:
            part.files = (attached(file, self._redact),)
        if not part.units and not part.files:
            return ""
        done: queue.SimpleQueue[None] = queue.SimpleQueue()
        outcome: list[DeliveryError | None] = []

        def settled(error: DeliveryError | None) -> None:
            outcome.append(error)
            done.put(None)

        receipt = Receipt(settled)
        part.receipts = (receipt,)
        self._hand_in(heard, part)
        end = self._clock.monotonic() + timeout
        while not outcome and (left := end - self._clock.monotonic()) > 0:
            self._clock.wait(done, left)
        if not outcome:
            with self._lock:
                if answer := self._answers.get(heard.key.ts):
                    answer.withdraw(receipt)
            raise Unreachable(f"chat.postMessage: Slack has not taken the reply within {timeout:g} s")
        if outcome[0] is not None:
            raise outcome[0]
        return receipt.message

    def progress(self, heard: Heard, done: object, total: object, note: str) -> None:
        """Take in how far a command is, while it runs. Costs microseconds; few of many are shown."""
        with self._lock:
            answer = self._answers.get(heard.key.ts)
            if answer is None or answer.is_finished:
                return  # its message is gone, or it is over
            is_news = answer.report(done, total, note, self._clock.monotonic())
        if is_news:
            self._wake()

    def begin(self, heard: Heard) -> None:
        """Take in that a command runs: until it is over, all that is said to it is one reply."""
        with self._lock:
            self._answer(heard).is_finished = False

    def finish(self, heard: Heard, last_words: str = "") -> None:
        """Take in that a command is over: what is said after these is a message of its own."""
        part = self._part(last_words)
        with self._lock:
            answer = None if heard.key.ts in self._silent else self._answer(heard)
            if answer is None:
                return
            if part.units:
                answer.add(part, self._clock.monotonic())
            answer.is_finished = True
            is_owed = answer.is_owed
            self._forget(answer)
        if is_owed:
            self._wake()

    def silence(self, key: Key) -> None:
        """Take in that a command's message is gone: nothing is said in its thread any more."""
        with self._lock:
            self._silent.add(key.ts)
            answer = self._answers.pop(key.ts, None)
        if answer is not None:
            self._teller.give_up(answer, Unreachable(_GONE))

    def forget(self, up_to: str) -> None:
        """Drop what is known of messages that are not newer than `up_to`: nobody runs their commands any more."""
        with self._lock:
            self._silent = {ts for ts in self._silent if order(ts) > order(up_to)}

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is owed."""
        with self._lock:
            return not any(answer.is_owed for answer in self._answers.values())

    def owed(self) -> list[Heard]:
        """Return the commands to which something is owed."""
        with self._lock:
            return [answer.heard for answer in self._answers.values() if answer.is_owed]

    def give_up(self, why: str) -> None:
        """Drop all that is owed."""
        with self._lock:
            answers = [answer for answer in self._answers.values() if answer.is_owed]
        for answer in answers:
            self._teller.give_up(answer, Unreachable(why))

    def shown(self, text: str) -> str:
        """Return text without secrets, its hidden characters made visible."""
        return visible(self._redact(text).strip("\n"))

    def _part(self, text: str, most: int | None = None) -> Part:
        """Have text as it is shown, redacted in the thread of whoever says it."""
        shown = self.shown(text)
        if most is not None:
            shown = shorten(shown, most)
        return Part([shown], units(shown)) if shown.strip() else Part([], 0)

    def _hand_in(self, heard: Heard, part: Part) -> None:
        if (part.units or part.files) and heard.key.ts not in self._silent:
            with self._lock:
                self._answer(heard).add(part, self._clock.monotonic())
            self._wake()

    def _answer(self, heard: Heard) -> Answer:
        answer = self._answers.get(heard.key.ts)
        if answer is None:
            answer = self._answers[heard.key.ts] = Answer(heard)
        return answer

    def _wake(self) -> None:
        if not self._texts.wake():
            self.give_up("no thread could be started to say it")

    # -- what the threads do ---------------------------------------------------------------------------------------

    def _say_next(self) -> float | None:
        """Do the first call for text that is due and has a place; else return the seconds until one may be."""
        line = self._line()
        if line is None:
            return _NO_LINE if self._answers else None
        glance = self._look_for_links(line)
        waits = [] if glance is None else [glance]
        for kind, at, answer in self._due():
            if kind is Due.FILE:
                if not self._files.wake():  # late in a program's end
                    self._share_next()
                continue
            wait = at - self._clock.monotonic()
            if wait <= 0:
                wait = self._teller.say(kind, answer, line)
                if wait <= 0:
                    if kind in _PROGRESS:
                        self._progress_at = self._clock.monotonic()
                    return 0.0
            waits.append(wait)
        return min(waits, default=None)

    def _share_next(self) -> float | None:
        """Do as `_say_next`, for files."""
        line = self._line()
        waits = []
        for kind, at, answer in self._due():
            if kind is not Due.FILE or line is None:
                continue
            wait = at - self._clock.monotonic()
            if wait <= 0:
                wait = self._teller.share(answer, line)
                if wait <= 0:
                    return 0.0
            waits.append(wait)
        return min(waits, default=None)

    def _due(self) -> list[tuple[Due, float, Answer]]:
        """Return all that is to be done, what goes first first: by kind, and who has waited longest."""
        with self._lock:
            found = [(kind, at, answer) for answer in self._answers.values() for kind, at in answer.due()]
        next_progress = self._progress_at + PROGRESS_INTERVAL
        due = [(kind, max(at, next_progress) if kind in _PROGRESS else at, answer) for kind, at, answer in found]
        return sorted(due, key=lambda each: (each[0], each[2].since, order(each[2].heard.key.ts)))

    def _look_for_links(self, line: Line) -> float | None:
        """Have failures go on that wait for the message of their error; return the seconds until the next look."""
        with self._lock:
            waiting = [(answer, wanted) for answer in self._answers.values() if (wanted := answer.wanted)]
        if not waiting:
            return None
        incidents = {each.fingerprint: each for each in self._operated.incidents()} if self._operated else {}
        is_over = self._teller.at_once
        for answer, wanted in waiting:
            found = incidents.get(wanted.fingerprint)
            if found or is_over or self._clock.monotonic() >= wanted.until:
                with self._lock:
                    if answer.wanted is wanted:
                        answer.link(line.permalink(found.ts, found.channel) if found else "")
        return _LINK_GLANCE

    def _settled(self, answer: Answer) -> None:
        """Take in that less is owed, or something else."""
        with self._lock:
            self._forget(answer)
        self._texts.wake()
        self._changed()

    def _forget(self, answer: Answer) -> None:
        """Drop what nothing is owed to any more. Under the lock."""
        if answer.is_finished and not answer.is_owed:
            self._answers.pop(answer.heard.key.ts, None)
