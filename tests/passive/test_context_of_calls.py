"""`context=N` where a task waits for a call in a thread, as servers do for functions that are no coroutines."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.testing import FakeClock
from tests.passive.test_context import settle, threads


@pytest.fixture
def handler(slack: LocalSlack) -> Iterator[SlackHandler]:
    """Make a handler that keeps three records."""
    made = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, context=3)
    yield made
    made.close()


def endpoint(logger: logging.Logger, name: str) -> None:
    logger.info(f"in-{name}")
    raise OSError("refused")


def silent_endpoint() -> None:
    raise OSError("refused")


async def request(logger: logging.Logger, name: str, call: Coroutine[Any, Any, None] | None = None) -> None:
    """Do as a server's task: the error of a call is logged where it is waited for."""
    try:
        await (call or asyncio.to_thread(endpoint, logger, name))
    except OSError:
        logger.exception(f"failed {name}")


def test_an_error_shows_the_call_that_its_exception_came_through(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """With what the task itself has logged, in order, the last as many as are kept."""

    async def longer() -> None:
        for name in ("one", "two"):
            logger.info(name)
        try:
            await asyncio.to_thread(endpoint, logger, "call")
        except OSError as error:
            logger.info("three")
            raise OSError("given up") from error

    asyncio.run(request(logger, "alone"))
    asyncio.run(request(logger, "wrapped", longer()))
    settle(clock, handler)
    assert threads(slack) == {"alone": ["in-alone"], "wrapped": ["two", "in-call", "three"]}


def test_calls_of_requests_do_not_mix(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Though all begin with the context of a main task that logs, and have logged nothing themselves."""
    turns = threading.Barrier(2)

    def call(name: str) -> None:
        for step in range(2):
            logger.info(f"in-{name}-{step}")
            turns.wait(20)
        raise OSError("refused")

    async def main() -> None:
        logger.info("serving")
        await asyncio.gather(*(request(logger, name, asyncio.to_thread(call, name)) for name in ("red", "blue")))
        logger.error("failed main")

    asyncio.run(main())
    settle(clock, handler)
    assert threads(slack) == {
        "red": ["in-red-0", "in-red-1"],
        "blue": ["in-blue-0", "in-blue-1"],
        "main": ["serving"],
    }


def test_calls_that_a_main_task_gathers_do_not_mix(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """One thread runs them all; a call that ended well is of no error."""

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
        logger.info("serving")
        calls = (asyncio.to_thread(endpoint, logger, name) for name in ("red", "blue"))
        well = asyncio.to_thread(logger.info, "in-green")
        for name, error in zip(("red", "green", "blue"), await _gathered(next(calls), well, next(calls)), strict=True):
            if error is not None:
                logger.error(f"failed {name}", exc_info=error)

    asyncio.run(main())
    settle(clock, handler)
    assert threads(slack) == {"red": ["serving", "in-red"], "blue": ["in-blue"]}


async def _gathered(*calls: Coroutine[Any, Any, None]) -> list[BaseException | None]:
    return await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there are no task groups before Python 3.11")
def test_a_groups_error_shows_the_calls_of_its_members(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """A group that a task waits for is its own."""

    async def grouped() -> None:
        async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined, unused-ignore] # from Python 3.11 on
            group.create_task(asyncio.to_thread(endpoint, logger, "member"))

    async def main() -> None:
        try:
            await grouped()
        except Exception:
            logger.exception("failed group")

    asyncio.run(main())
    settle(clock, handler)
    assert threads(slack)["group"] == ["in-member"]


def test_a_call_that_logged_nothing_shows_nothing(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Not what a thread had logged that begins many tasks, and goes on."""
    loop = asyncio.new_event_loop()
    runner = threading.Thread(target=loop.run_forever)
    runner.start()
    for name in ("red", "blue"):
        logger.info(f"beginning-{name}")
        work = request(logger, name, asyncio.to_thread(silent_endpoint))
        asyncio.run_coroutine_threadsafe(work, loop).result(20)
    logger.error("failed main")
    loop.call_soon_threadsafe(loop.stop)
    runner.join()
    loop.close()
    settle(clock, handler)
    assert threads(slack) == {"red": [], "blue": [], "main": ["beginning-red", "beginning-blue"]}


def test_a_call_without_to_thread_is_not_known(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Nothing that the exception came through has its context; nor does it mix with others."""

    async def call(name: str) -> None:
        await asyncio.get_running_loop().run_in_executor(None, copy_context().run, endpoint, logger, name)

    async def main() -> None:
        logger.info("serving")
        await asyncio.gather(*(request(logger, name, call(name)) for name in ("red", "blue")))

    asyncio.run(main())
    settle(clock, handler)
    assert threads(slack) == {"red": [], "blue": []}


def test_each_handler_shows_the_call(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """What one has taken, another has still; and the same exception logged again has nothing new to show."""
    slack.add_channel("#other")
    slack.invite("#other", slack.bot_user_id)
    other = SlackHandler("#other", token=slack.bot_token, api_url=slack.api_url, context=1)
    logger.addHandler(other)

    async def twice() -> None:
        try:
            await asyncio.to_thread(endpoint, logger, "call")
        except OSError:
            logger.exception("failed once")
            raise

    asyncio.run(request(logger, "twice", twice()))
    settle(clock, handler)
    settle(clock, other)
    assert threads(slack) == {"once": ["in-call"], "twice": []}
    assert other.stats().dropped == {}
    other.close()
