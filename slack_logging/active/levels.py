"""Changes loggers' levels for a while. What was changed goes back by itself, whatever else stops."""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass, field

from slack_logging.clock import Clock


@dataclass(slots=True)
class _Revert:
    """A promise to set a logger back."""

    level: int
    cancelled: queue.SimpleQueue[None] = field(default_factory=queue.SimpleQueue)


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
    """
    logger = logging.getLogger(name)
    with _lock:
        former = logger.level
        pending = _reverts.pop(name, None)
        if pending:
            pending.cancelled.put(None)
        logger.setLevel(level)
        if duration is None:
            return former, level
        lasting = pending.level if pending else former
        revert = _reverts[name] = _Revert(lasting)
        arguments = (name, revert, duration, clock)
        clock.start(threading.Thread(target=_go_back, args=arguments, name="slack_logging-level", daemon=True))
    return former, lasting


def _go_back(name: str, revert: _Revert, duration: float, clock: Clock) -> None:
    end = clock.monotonic() + duration
    while (left := end - clock.monotonic()) > 0 and revert.cancelled.empty():
        clock.wait(revert.cancelled, left)
    with _lock:
        if _reverts.get(name) is revert:
            del _reverts[name]
            logging.getLogger(name).setLevel(revert.level)
