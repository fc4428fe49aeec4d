"""One handler's way to Slack in this process: outbox, sender and thread, and how they live and end.

A forked child begins anew: what waits is the parent's, and so are its thread and locks. At exit everything that is
alive shares one deadline, also what `logging.config.dictConfig` closed and forgot; Ctrl-C ends that at once.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import queue
import signal
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.clock import Clock
from slack_logging.passive.records.capture import Captured
from slack_logging.passive.records.outbox import MemoryOutbox
from slack_logging.passive.records.stats import Stats
from slack_logging.passive.sending.worker import Worker, own_threads
from slack_logging.slack import loading

if TYPE_CHECKING:
    from slack_logging.passive.sending.sender import Sender


class Delivery:
    """Takes captured records in from any thread and has them sent by its own.

    Args:
        channel: where to; for messages on stderr.
        max_bytes: see `MemoryOutbox`.
        make_sender: makes the sender of an outbox; called again in a forked child.
        close_timeout: seconds to wait at exit.
        clock: what to wait on.
    """

    def __init__(
        self,
        channel: str,
        *,
        max_bytes: int,
        make_sender: Callable[[MemoryOutbox], Sender],
        close_timeout: float,
        clock: Clock,
    ) -> None:
        self.channel = channel
        self.close_timeout = close_timeout
        self._max_bytes = max_bytes
        self._make_sender = make_sender
        self._clock = clock
        self.begin()
        _alive.add(self)

    def begin(self) -> None:
        """Start empty: at first, and in a forked child."""
        self._pid = os.getpid()
        self._gave_up: Stats | None = None
        self._exit_by: float | None = None
        self._is_over = False
        self.outbox = MemoryOutbox(self._max_bytes)
        self.sender = self._make_sender(self.outbox)
        self._worker = self._make_worker(self.sender)

    def _make_worker(self, sender: Sender) -> Worker:
        return Worker(
            f"slack_logging {self.channel}",
            step=lambda: _step(sender),
            idle=lambda: sender.idle,
            wake=self.outbox.wake,
            clock=self._clock,
        )

    def put(self, captured: Captured, *, urgent: bool) -> None:
        """Take a record in. Never blocks; the first one starts the thread."""
        made_in = captured[2][6]  # asked first, for it costs nothing; a record may also have come through a queue
        if made_in != self._pid and self._pid != os.getpid():  # a fork that Python was not told of, such as uWSGI's
            self.begin()
        self.outbox.put(captured, urgent=urgent)
        if self._worker.thread is None or self._is_over:
            self._begin_to_send()

    def _begin_to_send(self) -> None:
        if self._is_over or sys.is_finalizing():  # nobody flushes any more
            notices.say(
                f"{self.channel} late", f"a record for {self.channel} came after the program's end: it may be lost"
            )
            return
        _flush_at_end_of_multiprocessing_child()
        if type(self.outbox.wake) is not queue.SimpleQueue:  # gevent has replaced queues and threads since we were made
            self.outbox.wake = queue.SimpleQueue()
            self._worker = self._make_worker(self.sender)
        self._worker.ensure_running()

    def request_flush(self) -> None:
        """Have everything sent soon. Does not wait."""
        self.sender.request_flush(is_last=self._exit_by is not None)
        self._worker.ensure_running()

    def flush(self, deadline: float) -> bool:
        """Wait until all is settled or the clock passes `deadline`; tell whether it is."""
        sender = self.sender
        if sender.idle or self._is_over or threading.get_ident() in own_threads or holds_logging_lock():
            return sender.idle
        self.request_flush()
        idle = sender.wait_until_idle(deadline) if self._worker.thread else self._send_here(deadline)
        self._gave_up = None if idle else sender.stats()
        return idle

    def deadline(self) -> float:
        """Return until when to wait for Slack if the waiting begins now; once the program ends, it began then."""
        return self._clock.monotonic() + self.close_timeout if self._exit_by is None else self._exit_by

    def close(self, deadline: float) -> None:
        """Flush, unless that was just tried in vain, say what is left, and let the thread end when nothing is."""
        if self._gave_up != self.sender.stats():
            self.flush(deadline)
        if self._exit_by is not None:
            _end([self])
        elif self in _alive and not self.sender.idle and not holds_logging_lock():  # os._exit may follow, in silence
            _say_undelivered(self.channel, *self.sender.unsettled, "yet: sent while the process lasts")
        self._worker.close()

    def give_up(self) -> None:
        """Wait for nothing any more, neither in `flush` nor at exit, and say nothing of what is lost."""
        _alive.discard(self)
        self._exit_by = self._clock.monotonic()
        self.sender.give_up()

    def begin_exit(self) -> None:
        """From now on everything that waits shares one deadline."""
        self._exit_by = self.deadline()
        if not self.sender.idle:
            self.request_flush()

    def exit(self) -> bool:
        """Flush for the last time; tell whether all is settled."""
        return self.flush(self.deadline())

    def end(self) -> tuple[int, int]:
        """Take in that nothing is waited for any more.

        Returns how many records are lost and not told of, and of how many others the full text is.
        """
        lost = (0, 0) if self._is_over or self not in _alive else self.sender.unsettled
        self._is_over = True
        return lost

    def _send_here(self, deadline: float) -> bool:
        """Do the sender's work in this thread: where no other can be started, as late in a program's exit."""
        own_threads.add(threading.get_ident())
        try:
            while not self.sender.idle and not self.sender.stuck and self._clock.monotonic() < deadline:
                self.sender.hurry(deadline - self._clock.monotonic())
                wait = self.sender.step()
                if wait:
                    self._clock.wait(queue.SimpleQueue(), min(wait, deadline - self._clock.monotonic()))
        finally:
            own_threads.discard(threading.get_ident())
        return self.sender.idle


def _step(sender: Sender) -> float | None:
    loading.load()
    return sender.step()


_alive: weakref.WeakSet[Delivery] = weakref.WeakSet()
_finalized_in: int | None = None


def _exit() -> None:
    alive = list(_alive)
    try:
        _flush_buffers_before(alive)
        for delivery in alive:
            delivery.begin_exit()
        _end([delivery for delivery in alive if not delivery.exit()])
    except KeyboardInterrupt:  # what Ctrl-C raises: somebody does not want to wait
        raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if raises:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is lost must be said, however often it is typed
        _end(alive)
        for delivery in alive:
            delivery.give_up()
        if raises:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # once more, and what else runs at exit is killed, in silence


def _end(deliveries: list[Delivery]) -> None:
    """Wait for these no more, and say how much is lost: in one line a channel, however many handlers it has."""
    lost: Counter[str] = Counter()
    cut: Counter[str] = Counter()
    for delivery in deliveries:
        records, texts = delivery.end()
        lost[delivery.channel] += records
        cut[delivery.channel] += texts
    for channel in lost:
        _say_undelivered(channel, lost[channel], cut[channel], "before exit")


def _say_undelivered(channel: str, records: int, texts: int, when: str) -> None:
    """Say what is not delivered, if anything is; also where that reads as what was said before, of others."""
    what = [_counted(records)] if records else []
    what += [f"the full text of {_counted(texts)}"] if texts else []
    if what:
        notices.clear(f"{channel} undelivered")
        notices.say(f"{channel} undelivered", f"{' and '.join(what)} for {channel} not delivered {when}")


def _counted(records: int) -> str:
    return "1 record" if records == 1 else f"{records:,} records"


def _flush_buffers_before(alive: list[Delivery]) -> None:
    """Have each `MemoryHandler` in front of us hand over: `logging.shutdown` may come to it when we are closed."""
    handlers = sys.modules.get("logging.handlers")
    if handlers is None:
        return
    for reference in list(getattr(logging, "_handlerList", ())):
        handler = reference()
        if isinstance(handler, handlers.MemoryHandler) and getattr(handler.target, "_delivery", None) in alive:
            with contextlib.suppress(Exception):
                handler.flush()


def _flush_at_end_of_multiprocessing_child() -> None:
    """Such a child ends without `atexit`, but runs its own finalizers."""
    global _finalized_in
    process = sys.modules.get("multiprocessing.process")
    util = sys.modules.get("multiprocessing.util")
    if process and util and _finalized_in != os.getpid() and process.parent_process() is not None:
        _finalized_in = os.getpid()
        util.Finalize(None, _exit, exitpriority=0)


def _after_fork() -> None:
    own_threads.clear()
    for delivery in list(_alive):
        delivery.begin()


def holds_logging_lock() -> bool:
    """Tell whether this thread is inside logging's module lock, which slack_sdk needs to answer in the sender's."""
    lock = getattr(logging, "_lock", None)
    return bool(getattr(lock, "_is_owned", bool)())


atexit.register(_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
