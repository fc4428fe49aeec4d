"""What threads and tasks do, as somebody sees it who looks for what hangs."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from slack_logging import Command, CommandRouter
from tests.active.conftest import DONE, Ops


class Blocked:
    """Something that threads of the program wait for, until a test ends."""

    def __init__(self) -> None:
        self._go = threading.Event()
        self._reached = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    def wait_for_the_database(self) -> None:
        """Block."""
        self._reached.release()
        self._go.wait(timeout=20)

    def recurse(self, depth: int = 100) -> None:
        """Block, so many calls deeper."""
        if depth:
            self.recurse(depth - 1)
        else:
            self.wait_for_the_database()

    def start(self, name: str, target: Callable[[], object], *, daemon: bool = False) -> None:
        """Have a thread block in `target`."""
        thread = threading.Thread(target=target, name=name, daemon=daemon)
        self._threads.append(thread)
        thread.start()
        assert self._reached.acquire(timeout=20)

    def run_tasks(self) -> None:
        """Run an event loop with a task that waits deep inside, until the test ends."""
        asyncio.run(self._main())

    async def _main(self) -> None:
        done = asyncio.Event()
        task = asyncio.create_task(self._fetch(done), name="fetcher")
        await asyncio.sleep(0)
        self._reached.release()
        while not self._go.is_set():
            await asyncio.sleep(0.01)
        done.set()
        await task

    async def _fetch(self, done: asyncio.Event) -> None:
        async for _ in self._rows(done):
            pass

    async def _rows(self, done: asyncio.Event) -> AsyncIterator[int]:
        await self._until(done)
        yield 1

    async def _until(self, done: asyncio.Event) -> None:
        await done.wait()

    def end(self) -> None:
        """Let all go on."""
        self._go.set()
        for thread in self._threads:
            thread.join(timeout=20)


@pytest.fixture
def blocked() -> Iterator[Blocked]:
    """Return it, and let its threads end after the test."""
    made = Blocked()
    yield made
    made.end()


def stacks(ops: Ops) -> list[list[str]]:
    """Return the parts of what it says, the heading first, in lines. Taken before it is posted, for it is long."""
    router, said = CommandRouter(), []

    @router.command("stacks")
    def spied(*, command: Command) -> None:
        said.append(str(router.builtins["stacks"](command=command)))

    ops.start(router=router)
    assert ops.type("!stacks")[0] == {DONE}
    return [part.splitlines() for part in said[0].split("\n\n")]


def test_it_is_answered_like_any_other_command(ops: Ops) -> None:
    """In the thread, with a mark, however long it is."""
    ops.start()
    marks, [first, *_] = ops.type("!stacks")
    assert DONE in marks
    assert re.match(
        r"\S+/\d+: threads besides this one: \d+, tasks: \d+; the innermost call comes first$", first, re.MULTILINE
    )


def part_of(parts: list[list[str]], title: str) -> list[str]:
    """Return the calls below a title."""
    return next(lines for first, *lines in parts if first == title)


def functions(lines: list[str]) -> list[str]:
    """Return the functions of calls, as they are listed."""
    return [found[1] for line in lines if (found := re.match(r"  \S+:\d+ (\S+)$", line))]


def test_a_thread_is_shown_with_its_name_and_its_calls_innermost_first(ops: Ops, blocked: Blocked) -> None:
    """Each with file, line and source; whether it is a daemon, which no program waits for, stands beside the name."""
    blocked.start("payments", blocked.wait_for_the_database)
    blocked.start("mails", blocked.recurse, daemon=True)
    parts = stacks(ops)
    lines = part_of(parts, "thread payments")
    assert functions(lines) == ["wait", "wait", "wait_for_the_database"]
    at = lines.index("    self._go.wait(timeout=20)")
    assert re.fullmatch(rf"  {re.escape(__file__)}:\d+ wait_for_the_database", lines[at - 1])
    assert [part[0] for part in parts if "mails" in part[0]] == ["thread mails (daemon)"]


def test_a_deep_recursion_is_shown_by_its_beginning_and_its_end(ops: Ops, blocked: Blocked) -> None:
    """The innermost calls say what hangs, the outermost whose it is."""
    blocked.start("mails", blocked.recurse)
    lines = part_of(stacks(ops), "thread mails")
    assert len(functions(lines)) == 40
    assert "  ... 64 calls are left out" in lines
    assert functions(lines)[-10:] == ["recurse"] * 10


def test_threads_that_do_the_same_are_shown_once(ops: Ops, blocked: Blocked) -> None:
    """A pool has many that wait for work."""
    for number in range(6):
        blocked.start(f"pool-{number}", blocked.wait_for_the_database)
    titles = [part[0] for part in stacks(ops)]
    assert "thread pool-0, thread pool-1, thread pool-2, thread pool-3, 2 more" in titles


def test_tasks_are_shown_with_what_they_await(ops: Ops, blocked: Blocked) -> None:
    """All the way in, through coroutines and generators, which a task's own stack does not show."""
    blocked.start("loop", blocked.run_tasks)
    parts = stacks(ops)
    lines = part_of(parts, "task fetcher in thread loop")
    assert functions(lines) == ["wait", "_until", "_rows", "_fetch"]
    assert "    async for _ in self._rows(done):" in lines
    assert "_main" in functions(next(part for part in parts if part[0].startswith("task Task-")))


def test_the_most_useful_comes_first(ops: Ops, blocked: Blocked) -> None:
    """The main thread, the program's own code, then what only waits in libraries, and what is ours at the end."""
    blocked.start("payments", blocked.wait_for_the_database)
    idle = threading.Thread(target=blocked._go.wait, args=(20,), name="a-library")
    idle.start()
    titles = [part[0] for part in stacks(ops)[1:]]
    blocked.end()
    idle.join(timeout=20)
    assert titles[0] == "thread MainThread"
    own, library = (next(at for at, title in enumerate(titles) if name in title) for name in ("payments", "a-library"))
    assert own < library
    assert "slack_logging-" in titles[-1]


def test_a_thread_that_python_did_not_start_has_a_number(ops: Ops, blocked: Blocked) -> None:
    """Those of extensions, which `threading` does not know."""
    import _thread

    ident = _thread.start_new_thread(blocked.wait_for_the_database, ())
    assert blocked._reached.acquire(timeout=20)
    assert functions(part_of(stacks(ops), f"thread {ident}"))[-1] == "wait_for_the_database"


def test_values_are_not_shown(ops: Ops, blocked: Blocked) -> None:
    """Arguments and locals may be secrets."""
    secret = "hunter2" * 3

    def log_in(password: str) -> None:
        blocked.wait_for_the_database()
        assert password

    blocked.start("login", lambda: log_in(secret))
    parts = stacks(ops)
    assert "log_in" in functions(part_of(parts, "thread login"))
    assert secret not in str(parts)
