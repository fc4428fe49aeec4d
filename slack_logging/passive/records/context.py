"""The last records of one request, task or job, kept aside until an error follows.

Each asyncio task has its own, and so has each thread (with gevent: each greenlet), and what a thread runs in a context
that is empty or comes from elsewhere. Nothing is inherited: tasks that a server begins for its requests begin with
the same context, and would share it. Runs in the caller's thread and takes no lock: what is kept is of one of them.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
import weakref
from collections import deque
from contextvars import ContextVar

from slack_logging.passive.records.capture import Captured

#: Bytes that one task or thread keeps at most, about.
_MAX_BYTES = 256 * 1024

_numbers = itertools.count()


class _Kept:
    """What one task or thread has logged, by the context that keeps it."""

    __slots__ = ("owner", "records")

    def __init__(self, owner: object) -> None:
        self.owner = owner
        self.records: dict[int, deque[Captured]] = {}


_kept: ContextVar[_Kept | None] = ContextVar("slack_logging_context", default=None)


class Context:
    """The records that one handler keeps aside.

    Args:
        most: of one task or thread; older ones are forgotten.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._number = next(_numbers)

    def keep(self, captured: Captured) -> None:
        """Keep a record of the current task or thread."""
        records = self._records()
        records.append(captured)
        while len(records) > 1 and sum(each[0] for each in records) > _MAX_BYTES:
            records.popleft()

    def take(self) -> tuple[Captured, ...]:
        """Return what the current task or thread has logged, oldest first, and forget it."""
        records = self._records()
        taken = tuple(records)
        records.clear()
        return taken

    def _records(self) -> deque[Captured]:
        kept = _kept.get()
        owner = _owner()
        if kept is None or kept.owner != owner:  # a task begins with a copy of what its parent sees
            kept = _Kept(owner)
            _kept.set(kept)
        return kept.records.setdefault(self._number, deque(maxlen=self.most))


def _owner() -> object:
    """Return what tells the current task, or else thread, from all others."""
    asyncio = sys.modules.get("asyncio")  # a program that has no tasks need not load it
    if asyncio is not None:
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        if task is not None:
            return weakref.ref(task)
    return os.getpid(), threading.get_ident()
