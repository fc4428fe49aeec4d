"""The last records of one request, task or job, kept aside until an error follows.

Each asyncio task has its own, and so has each thread (with gevent: each greenlet), and what a thread runs in a context
that is empty or comes from elsewhere. Nothing is inherited: tasks that a server begins for its requests begin with
the same context, and would share it. Runs in the caller's thread and takes no lock: what is kept is of one of them.

A record may be handed in by another thread, task or process than the one that logged it: by a `QueueListener`, or by a
`MemoryHandler` that somebody else's error flushes. It is known by what it says of itself.

Where a call in a thread ends in an exception, the error that tells of it shows the call's records too: the exception
came through that call, so they are of one request. That a thread's context was copied from a task's is no such sign:
beneath a server's main task that has logged, the contexts of all requests say the same.
"""

from __future__ import annotations

import itertools
import logging
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from contextvars import Context as Variables
from contextvars import ContextVar
from inspect import CO_COROUTINE
from typing import TYPE_CHECKING, Any

from slack_logging.passive.records.capture import Captured, error_of
from slack_logging.passive.records.fingerprint import with_related

if TYPE_CHECKING:
    import asyncio

#: Bytes that one task or thread keeps at most, about.
_MAX_BYTES = 256 * 1024

#: Tasks and threads whose records others hand in, of which one handler keeps some: nothing tells when they end.
_MOST_HANDED_IN = 256

#: Whose coroutines wait for a call in a thread, and hold the context that it runs in: `asyncio.to_thread`, and
#: anyio's, by which Starlette and FastAPI run each function that is no coroutine.
_THREAD_CALLERS = frozenset({"asyncio.threads", "anyio._backends._asyncio"})

_numbers = itertools.count()


class _Kept:
    """What one task or thread has logged, by the context that keeps it; and what stood there before."""

    __slots__ = ("__weakref__", "before", "owner", "records")

    def __init__(self, owner: object, before: _Kept | None) -> None:
        self.owner = owner
        self.before = None if before is None else weakref.ref(before)  # tasks that begin each other have no end
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
        self._handed_in: dict[str, deque[Captured]] = {}

    def keep(self, captured: Captured, record: logging.LogRecord) -> None:
        """Keep what was captured of a record, for the task or thread that logged it."""
        records = self._records_of(_source(record)) if _is_handed_in(record) else self._records()
        records.append(captured)
        while len(records) > 1 and sum(each[0] for each in records) > _MAX_BYTES:
            records.popleft()

    def take(self, record: logging.LogRecord) -> tuple[Captured, ...]:
        """Return what the task or thread that logged a record had logged before, oldest first, and forget it."""
        # What was handed in of it counts also where it comes itself: who flushes a `MemoryHandler` may change.
        others = [*self._handed_in.pop(_source(record), ())]
        if _is_handed_in(record):
            return tuple(others)
        for call in _calls(record):
            others += call.records.pop(self._number, ())
        records = self._records()
        taken = (*records,)
        records.clear()
        return tuple(sorted((*others, *taken), key=_created)[-self.most :]) if others else taken

    def _records(self) -> deque[Captured]:
        """Return what the current task or thread keeps."""
        return _own().records.setdefault(self._number, deque(maxlen=self.most))

    def _records_of(self, source: str) -> deque[Captured]:
        """Return what is kept of those whose records others hand in; who logged last is forgotten last."""
        records = self._handed_in.pop(source, None)
        if records is None:
            records = deque(maxlen=self.most)
        self._handed_in[source] = records
        for oldest in list(self._handed_in)[:-_MOST_HANDED_IN]:  # a copy: another thread may hand in, too
            self._handed_in.pop(oldest, None)
        return records


def _created(captured: Captured) -> float:
    created: float = captured[1]
    return created


def _own() -> _Kept:
    """Return what the current task or thread has logged."""
    kept, owner = _kept.get(), _owner()
    if kept is None or kept.owner != owner:  # a task begins with a copy of what its parent sees
        kept = _Kept(owner, kept)
        _kept.set(kept)
    return kept


def _calls(record: logging.LogRecord) -> Iterator[_Kept]:
    """Return what calls in threads have logged through which a record's exception came."""
    error = error_of(record) if record.exc_info else None
    if error is None:
        return
    own = _own()
    inherited = own.before and own.before()  # which a call that logged nothing sees, too
    for each in with_related(error):
        for context in _thread_contexts(each):
            kept = context.get(_kept)
            if kept is not None and isinstance(kept.owner, tuple) and kept is not own and kept is not inherited:
                yield kept


def _thread_contexts(error: BaseException) -> Iterator[Variables]:
    """Return the contexts of calls in threads through which an exception came."""
    trace = error.__traceback__
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        # A coroutine through which an exception came is done; what else is there may be a thread's, with its next job.
        if frame.f_code.co_flags & CO_COROUTINE and frame.f_globals.get("__name__") in _THREAD_CALLERS:
            yield from (value for value in frame.f_locals.values() if isinstance(value, Variables))


def _owner() -> object:
    """Return what tells the current task, or else thread, from all others."""
    task = _current_task()
    return (os.getpid(), threading.get_ident()) if task is None else weakref.ref(task)


def _current_task() -> asyncio.Task[Any] | None:
    asyncio = sys.modules.get("asyncio")  # a program that has no tasks need not load it
    try:
        return None if asyncio is None else asyncio.current_task()
    except (RuntimeError, AttributeError):  # no loop runs in this thread; or another one is importing asyncio just now
        return None


def _is_handed_in(record: logging.LogRecord) -> bool:
    """Tell whether another process, thread or task logged a record than the one that is running.

    What logging was told not to note, such as with ``logging.logThreads = False``, is taken for the same.
    """
    if record.process not in (None, os.getpid()) or record.thread not in (None, threading.get_ident()):
        return True
    if record.threadName not in (None, threading.current_thread().name):  # it is over, and its number another's
        return True
    # Before Python 3.12 no record names its task.
    if not getattr(logging, "logAsyncioTasks", False) or "taskName" not in record.__dict__:
        return False
    task = _current_task()
    named: object = record.__dict__["taskName"]
    return named != (None if task is None else task.get_name())


def _source(record: logging.LogRecord) -> str:
    """Return what a record says of who logged it."""
    # The number of a thread that is over is given to the next; names are counted up.
    return f"{record.process} {record.thread} {record.threadName} {record.__dict__.get('taskName')}"
