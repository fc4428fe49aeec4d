"""What every thread and asyncio task does right now. Values of variables are not shown."""

from __future__ import annotations

import gc
import linecache
import sys
import sysconfig
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

from slack_logging.active.command import Command

if TYPE_CHECKING:
    import asyncio

#: Frames of a stack that are shown of its beginning and of its end: a recursion may have a thousand.
_INNERMOST, _OUTERMOST = 30, 10

#: Names in the title of a stack that many have.
_MOST_NAMES = 4

#: Where code lies that is nobody's own.
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})

#: The modules whose frames hold an event loop, as `self`, `loop` or the `_loop` of `self`.
_RUNNERS = frozenset({"asyncio.base_events", "asyncio.runners"})

#: How the attributes of coroutines, generators and asynchronous generators begin, and which says what each waits for.
_COROUTINES = {"cr": "cr_await", "gi": "gi_yieldfrom", "ag": "ag_await"}

#: What stands between one that waits and what it waits for, and does not say so itself.
_WRAPPERS = frozenset({"async_generator_asend", "async_generator_athrow", "coroutine_wrapper"})


class _Place(NamedTuple):
    path: str
    line: int
    function: str
    module: str

    @property
    def is_ours(self) -> bool:
        return self.module.partition(".")[0] == "slack_logging"

    @property
    def is_own(self) -> bool:
        """Tell the program's own code from ours, from that of libraries and from what has no file."""
        return not (self.is_ours or self.path.startswith((*_LIBRARIES, "<")))

    def __str__(self) -> str:
        source = linecache.getline(self.path, self.line).strip()
        return f"  {self.path}:{self.line} {self.function}" + (f"\n    {source}" if source else "")


@dataclass(frozen=True, slots=True)
class _Stack:
    """Places are innermost first."""

    title: str
    places: tuple[_Place, ...]
    is_main: bool = False

    @property
    def rank(self) -> tuple[bool, bool, bool, str]:
        """What a stack sorts by: the main thread first, then the program's own code, then libraries', then ours."""
        is_ours = any(place.is_ours for place in self.places)
        return not self.is_main, not any(place.is_own for place in self.places), is_ours, self.title


def stacks(*, command: Command) -> str:
    """Show what threads and tasks do."""
    here = threading.get_ident()
    frames = {ident: frame for ident, frame in sys._current_frames().items() if ident != here}  # noqa: SLF001 - documented
    threads = {thread.ident: thread for thread in threading.enumerate()}
    found = [_of_thread(threads.get(ident), ident, frame) for ident, frame in frames.items()]
    tasks = [_of_task(task, name) for task, name in _tasks(frames, threads)]
    heading = f"{command.origin.instance.name}: threads besides this one: {len(found):,}, tasks: {len(tasks):,}"
    alike: dict[tuple[_Place, ...], list[_Stack]] = {}
    for stack in sorted([*found, *tasks], key=lambda stack: stack.rank):
        alike.setdefault(stack.places, []).append(stack)
    return "\n\n".join([f"{heading}; the innermost call comes first", *map(_shown, alike.values())])


def _shown(alike: list[_Stack]) -> str:
    """Return one stack, with the titles of all that have it."""
    titles = [stack.title for stack in alike[:_MOST_NAMES]]
    if len(alike) > _MOST_NAMES:
        titles.append(f"{len(alike) - _MOST_NAMES:,} more")
    places = list(map(str, alike[0].places))
    if len(places) > _INNERMOST + _OUTERMOST:
        left_out = len(places) - _INNERMOST - _OUTERMOST
        places[_INNERMOST:-_OUTERMOST] = [f"  ... {left_out:,} calls are left out"]
    return "\n".join([", ".join(titles), *places])


def _of_thread(thread: threading.Thread | None, ident: int, frame: FrameType | None) -> _Stack:
    """Return the stack of a thread; one that Python did not start has no name."""
    title = f"thread {ident}" if thread is None else f"thread {thread.name}" + (" (daemon)" if thread.daemon else "")
    places = list(_places(_outwards(frame)))
    while len(places) > 1 and places[-1].module == "threading":
        places.pop()  # how it was started
    return _Stack(title, tuple(places), is_main=thread is threading.main_thread())


def _of_task(task: asyncio.Task[object], thread: str) -> _Stack:
    places = list(_places(_awaited(task.get_coro())))
    return _Stack(f"task {task.get_name()} in thread {thread}", tuple(reversed(places)))


def _places(frames: Iterable[FrameType]) -> Iterator[_Place]:
    for frame in frames:
        code = frame.f_code
        yield _Place(code.co_filename, frame.f_lineno or 0, code.co_name, str(frame.f_globals.get("__name__")))


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _awaited(coroutine: object) -> Iterator[FrameType]:
    """Yield the frames of a coroutine and of what it awaits; a task's own `get_stack` knows the first alone."""
    while coroutine is not None:
        if type(coroutine).__name__ in _WRAPPERS:
            coroutine = next((each for each in gc.get_referents(coroutine) if hasattr(each, "__name__")), None)
        for kind, awaits in _COROUTINES.items():
            if (frame := getattr(coroutine, f"{kind}_frame", None)) is not None:
                yield frame
                coroutine = getattr(coroutine, awaits)
                break
        else:
            return


def _tasks(
    frames: dict[int, FrameType], threads: dict[int | None, threading.Thread]
) -> Iterator[tuple[asyncio.Task[object], str]]:
    """Yield the tasks that are not done, and their threads' names; nothing where asyncio is not even loaded."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return
    for ident, innermost in frames.items():
        thread = threads.get(ident)
        for loop in {loop for frame in _outwards(innermost) for loop in _loops(frame, asyncio.AbstractEventLoop)}:
            for task in asyncio.all_tasks(loop):
                yield task, str(ident) if thread is None else thread.name


def _loops(frame: FrameType, kind: type) -> Iterator[object]:
    """Yield the event loops that run in a frame of asyncio's. Others' locals are left alone: looks keep them alive."""
    if frame.f_globals.get("__name__") in _RUNNERS:
        own = frame.f_locals
        for value in (own.get("self"), own.get("loop"), getattr(own.get("self"), "_loop", None)):
            if isinstance(value, kind):
                yield value
