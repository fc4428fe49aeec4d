"""A daemon thread that does one thing after another, and sleeps while there is nothing to do."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from slack_logging import notices
from slack_logging.clock import Clock


class Loop:
    """Calls `step` in a thread of its own, which begins with the first `wake`.

    Args:
        name: the thread's.
        step: does one thing; returns the seconds until the next, or None: until somebody wakes it.
        clock: what it waits on.
    """

    def __init__(self, name: str, step: Callable[[], float | None], clock: Clock) -> None:
        self._name = name
        self._step = step
        self._clock = clock
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._is_awake = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def wake(self) -> bool:
        """Have it look again; from any thread. False where no thread can be started (any more)."""
        with self._lock:
            if not self._is_awake:
                self._is_awake = True
                self._queue.put(None)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                try:
                    self._clock.start(self._thread)
                except RuntimeError:
                    self._thread = None
            return self._thread is not None

    def close(self) -> None:
        """Have the thread end once there is nothing to do; a later `wake` starts another. Does not wait."""
        self._closed = True
        with self._lock:
            is_running = self._thread is not None
        if is_running:
            self.wake()

    def _run(self) -> None:
        while True:
            self._is_awake = False
            wait = self._step_safely()
            with self._lock:
                if wait is None and self._closed and not self._is_awake:
                    self._thread = None
                    return
            if wait != 0.0:
                self._clock.wait(self._queue, wait)

    def _step_safely(self) -> float | None:
        try:
            return self._step()
        except Exception as error:  # noqa: BLE001 - the thread is the only one there is: it must go on
            notices.say(self._name, f"{self._name}: unexpected {type(error).__name__}: {error}; trying again in 5 s")
            return 5.0
