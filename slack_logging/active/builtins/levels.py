"""Changes loggers' levels for a while. What was changed goes back by itself, whatever else stops.

Each promise has a thread of its own, which knows neither source nor handler. The last word counts: what somebody else
has set meanwhile, such as `dictConfig`, stays. A forked child, which has no such thread, goes back at once.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from dataclasses import dataclass, field
from typing import NamedTuple

from slack_logging.clock import Clock


class Pending(NamedTuple):
    """A level that a logger will go back to, and in how many seconds."""

    level: int
    left: float


@dataclass(slots=True)
class _Revert:
    """A promise to set a logger back to `former` at `end`, in monotonic seconds, if it still has the level `given`."""

    former: int
    given: int
    end: float
    wake: queue.SimpleQueue[None] = field(default_factory=queue.SimpleQueue)
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True
        self.wake.put(None)

    def keep(self, logger: logging.Logger) -> None:
        if logger.level == self.given:
            logger.setLevel(self.former)


_reverts: dict[str, _Revert] = {}
_lock = threading.Lock()


def change(name: str, level: int, duration: float | None, clock: Clock) -> tuple[int, int]:
    """Set a logger's level; return the one it had, and the one it will have after `duration`.

    Never blocks for long; any thread may call it.

    A change of a logger that is to go back already moves the moment, not the level it goes back to.

    Args:
        name: the logger's; empty for the root logger.
        level: the new one; `logging.NOTSET` makes the logger follow its parents.
        duration: seconds until it goes back, or None: it stays.
        clock: what `duration` passes on.

    Raises:
        RuntimeError: no thread could be started; nothing is changed.
    """
    logger = logging.getLogger(name)
    with _lock:
        before, pending = logger.level, _reverts.get(name)
        lasting = level
        if duration is not None:
            lasting = pending.former if pending and pending.given == before else before
            revert = _Revert(lasting, level, clock.monotonic() + duration)
            arguments = (name, revert, clock)
            clock.start(threading.Thread(target=_go_back, args=arguments, name="slack_logging-level", daemon=True))
            _reverts[name] = revert
        elif pending:
            del _reverts[name]
        if pending:
            pending.cancel()
        logger.setLevel(level)
    return before, lasting


def pending(now: float) -> dict[str, Pending]:
    """Return what will go back, by the logger's name. From any thread.

    Args:
        now: monotonic seconds.
    """
    with _lock:
        return {name: Pending(revert.former, max(revert.end - now, 0.0)) for name, revert in _reverts.items()}


def _go_back(name: str, revert: _Revert, clock: Clock) -> None:
    while (left := revert.end - clock.monotonic()) > 0 and not revert.is_cancelled:
        clock.wait(revert.wake, left)
    with _lock:
        if _reverts.get(name) is revert:
            del _reverts[name]
            revert.keep(logging.getLogger(name))


def _go_back_at_once() -> None:
    global _lock
    _lock = threading.Lock()  # the parent's may be held by a thread that the child does not have
    for name, revert in _reverts.items():
        revert.keep(logging.getLogger(name))
    _reverts.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_go_back_at_once)
