"""`context=N` where another thread or task hands a record in than the one that logged it."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import queue
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.passive.records import context as contexts
from slack_logging.testing import FakeClock
from tests.passive.test_context import settle, threads

names_tasks = pytest.mark.skipif(sys.version_info < (3, 12), reason="records name their task from Python 3.12 on")


@pytest.fixture
def handler(slack: LocalSlack) -> Iterator[SlackHandler]:
    """Make a handler that keeps three records."""
    made = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, context=3)
    yield made
    made.close()


@pytest.fixture
def waiting() -> queue.SimpleQueue[logging.LogRecord]:
    """Make the queue of records."""
    return queue.SimpleQueue()


@pytest.fixture
def logger(waiting: queue.SimpleQueue[logging.LogRecord]) -> logging.Logger:
    """Make a logger that puts its records into the queue."""
    made = logging.Logger("shop", logging.DEBUG)
    made.addHandler(logging.handlers.QueueHandler(waiting))
    return made


def listen(waiting: queue.SimpleQueue[logging.LogRecord], handler: SlackHandler) -> None:
    """Have a thread hand in what waits."""
    listener = logging.handlers.QueueListener(waiting, handler)
    listener.start()
    listener.stop()


def in_thread(act: Callable[[], None]) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


def in_turns(logger: logging.Logger) -> None:
    """Have two threads log in turns, each an error in the end."""
    turns = threading.Barrier(2)

    def request(name: str) -> None:
        for step in range(2):
            logger.info(f"of-{name}-{step}")
            turns.wait(20)
        logger.error(f"failed {name}")

    both = [threading.Thread(target=request, args=(name,)) for name in ("red", "blue")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()


def test_behind_a_queue_threads_do_not_mix(
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
    waiting: queue.SimpleQueue[logging.LogRecord],
) -> None:
    """Though the listener's thread hands all in."""
    in_turns(logger)
    listen(waiting, handler)
    settle(clock, handler)
    assert threads(slack) == {"red": ["of-red-0", "of-red-1"], "blue": ["of-blue-0", "of-blue-1"]}


def test_behind_a_queue_a_thread_is_not_taken_for_one_that_is_over(
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
    waiting: queue.SimpleQueue[logging.LogRecord],
) -> None:
    """The system gives the number of one that is over to the next, as servers have with a thread for each request."""
    numbers = set()

    def request(word: str) -> None:
        numbers.add(threading.get_ident())
        logger.info(word)

    for name in ("red", "blue"):
        in_thread(lambda name=name: request(f"of-{name}"))  # type: ignore[misc] # its default
    in_thread(lambda: (request("of-green"), logger.error("failed green")))  # type: ignore[arg-type,func-returns-value]
    if len(numbers) == 3:
        pytest.skip("the system gave each thread a number of its own")
    listen(waiting, handler)
    settle(clock, handler)
    assert threads(slack) == {"green": ["of-green"]}


def test_behind_a_memory_handler_threads_do_not_mix(clock: FakeClock, slack: LocalSlack, handler: SlackHandler) -> None:
    """The first error hands in what both have logged."""
    logger = logging.Logger("shop", logging.DEBUG)
    logger.addHandler(logging.handlers.MemoryHandler(100, target=handler))
    in_turns(logger)
    settle(clock, handler)
    assert threads(slack) == {"red": ["of-red-0", "of-red-1"], "blue": ["of-blue-0", "of-blue-1"]}


def test_what_another_handed_in_stands_before_what_came_itself(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler
) -> None:
    """By when it was logged, the last as many as are kept."""
    logger = logging.Logger("shop", logging.DEBUG)
    memory = logging.handlers.MemoryHandler(100, target=handler)
    logger.addHandler(memory)
    for name in ("one", "two"):
        logger.info(name)
    in_thread(memory.flush)
    for name in ("three", "four"):
        logger.info(name)
    logger.error("boom")
    settle(clock, handler)
    assert threads(slack) == {"boom": ["two", "three", "four"]}


async def request(logger: logging.Logger, name: str) -> None:
    logger.info(f"of-{name}")
    await asyncio.sleep(0)
    logger.error(f"failed {name}")


async def server(logger: logging.Logger) -> None:
    logger.info("serving")
    await asyncio.gather(request(logger, "red"), request(logger, "blue"))


@names_tasks
def test_behind_a_queue_tasks_are_told_by_their_names(
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
    waiting: queue.SimpleQueue[logging.LogRecord],
) -> None:
    """Each has one of its own unless the program gives it another's."""
    asyncio.run(server(logger))
    listen(waiting, handler)
    settle(clock, handler)
    assert threads(slack) == {"red": ["of-red"], "blue": ["of-blue"]}


@names_tasks
def test_behind_a_memory_handler_tasks_do_not_mix(clock: FakeClock, slack: LocalSlack, handler: SlackHandler) -> None:
    """The first error hands in what others of its thread have logged."""
    logger = logging.Logger("shop", logging.DEBUG)
    logger.addHandler(logging.handlers.MemoryHandler(100, target=handler))
    asyncio.run(server(logger))
    settle(clock, handler)
    assert threads(slack) == {"red": ["of-red"], "blue": ["of-blue"]}


@pytest.mark.parametrize("switch", ["logThreads", "logProcesses", "logAsyncioTasks"])
def test_what_logging_does_not_note_is_the_same(
    switch: str, clock: FakeClock, slack: LocalSlack, handler: SlackHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tasks that log themselves are told apart anyway."""
    monkeypatch.setattr(logging, switch, False, raising=False)
    logger = logging.Logger("shop", logging.DEBUG)
    logger.addHandler(handler)
    asyncio.run(server(logger))
    settle(clock, handler)
    assert threads(slack) == {"red": ["of-red"], "blue": ["of-blue"]}


def test_another_process_is_told_from_this_one(clock: FakeClock, slack: LocalSlack, handler: SlackHandler) -> None:
    """Its threads may have the same numbers, as after a fork."""
    for process in (1, 2):
        handler.handle(logging.makeLogRecord({"msg": f"of-{process}", "levelno": 20, "process": process}))
    handler.handle(logging.makeLogRecord({"msg": "failed there", "levelno": 40, "levelname": "ERROR", "process": 1}))
    settle(clock, handler)
    assert threads(slack) == {"there": ["of-1"]}


def test_of_those_whose_records_are_handed_in_few_are_kept(handler: SlackHandler) -> None:
    """Nothing tells when they end: who has not logged for longest is forgotten."""

    def logged(thread: int, level: int = logging.INFO) -> logging.LogRecord:
        return logging.makeLogRecord({"msg": f"of-{thread}", "levelno": level, "thread": thread})

    most = contexts._MOST_HANDED_IN
    for thread in (*range(most), 0, -1):
        handler.handle(logged(thread))
    assert handler._context is not None
    assert len(handler._context._handed_in) == most
    assert len(handler._context.take(logged(0, logging.ERROR))) == 2
    assert handler._context.take(logged(1, logging.ERROR)) == ()
    assert len(handler._context.take(logged(2, logging.ERROR))) == 1
