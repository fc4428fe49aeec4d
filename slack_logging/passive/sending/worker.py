"""A daemon thread that starts when there is work, sleeps while there is none, and ends when it is told and done."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable

from slack_logging import notices
from slack_logging.clock import Clock

#: Threads of this package: what is logged in them never enters a handler.
own_threads: set[int] = set()


class Worker:
    """Calls `step` in a thread of its own.

    Args:
        name: the thread's.
        step: does one thing; returns the seconds until the next, or None: until `wake` holds a token.
        idle: tells whether there is nothing left to do.
        wake: where others put a token.
        clock: what to wait on.
    """

    def __init__(
        self,
        name: str,
        *,
        step: Callable[[], float | None],
        idle: Callable[[], bool],
        wake: queue.SimpleQueue[None],
        clock: Clock,
    ) -> None:
        self._name = name
        self._step = step
        self._idle = idle
        self._wake = wake
        self._clock = clock
        self._lock = threading.Lock()
        self._closing = False
        self.thread: threading.Thread | None = None

    def ensure_running(self) -> None:
        """Start the thread unless there is one. Never waits for another that does so at the same moment.

        Once the interpreter tears itself down no thread runs any more, and Python 3.11 would wait for its first breath.
        """
        self._closing = False
        if self.thread is None and not sys.is_finalizing() and self._lock.acquire(blocking=False):
            try:
                if self.thread is None:
                    thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                    self._clock.start(thread)
                    self.thread = thread
            except Exception as error:  # noqa: BLE001 - no threads here, or no longer: who flushes does the work
                if "shutdown" not in str(error):  # of the interpreter: then it is flushed at once
                    notices.say(
                        self._name, f"{self._name}: cannot start a thread ({error}): records go out at flush and exit"
                    )
            finally:
                self._lock.release()

    def close(self) -> None:
        """Have the thread end once there is nothing left to do. Does not wait."""
        self._closing = True
        self._wake.put(None)

    def _run(self) -> None:
        own_threads.add(threading.get_ident())
        try:
            while not self._ended():
                self._clock.wait(self._wake, self._step_safely())
        finally:
            own_threads.discard(threading.get_ident())
        if not self._idle():
            self.ensure_running()  # something came in while we were going

    def _ended(self) -> bool:
        if not (self._closing and self._idle()):
            return False
        with self._lock:
            ended = self._closing and self._idle()
            if ended:
                self.thread = None
            return ended

    def _step_safely(self) -> float | None:
        try:
            return self._step()
        except Exception as error:  # noqa: BLE001 - the thread is the only one there is: it must go on
            notices.say(self._name, f"{self._name}: unexpected {type(error).__name__}: {error}; trying again in 5 s")
            return 5.0
