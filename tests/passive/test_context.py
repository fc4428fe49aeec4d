"""`context=N`: what led to an error stands in its thread, and nothing else is posted below ERROR."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from typing import Any

import pytest

from slack_logging import CommandRouter, SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.local.state.text import visible_text
from slack_logging.testing import FakeClock
from tests.passive.conftest import shown


@pytest.fixture
def handler(slack: LocalSlack) -> Iterator[SlackHandler]:
    """Make a handler that keeps three records."""
    made = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, context=3)
    yield made
    made.close()


def settle(clock: FakeClock, handler: SlackHandler) -> None:
    clock.run_until(lambda: handler._delivery.sender.idle)


def threads(slack: LocalSlack) -> dict[str, list[str]]:
    """Return the last words of each line in each message's thread, by the last word of the message's first line."""
    found = {}
    for message in slack.messages("#ops-log"):
        answers = slack.messages("#ops-log", thread_ts=message["ts"])[1:]
        lines = [line for answer in answers for line in visible_text(answer).splitlines()[:-1]]
        found[visible_text(message).splitlines()[0].split()[-1]] = [line.split()[-1] for line in lines]
    return found


def test_the_last_records_stand_in_the_errors_thread(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """In order; older ones are left out, and what comes without an error is not posted."""
    for name in ("one", "two", "three", "four"):
        logger.info(name)
    logger.error("boom")
    logger.info("five")
    settle(clock, handler)
    assert threads(slack) == {"boom": ["two", "three", "four"]}
    stats = handler.stats()
    assert (stats.emitted, stats.delivered, stats.dropped) == (6, 4, {"context": 2})
    assert stats.adds_up


def test_below_an_error_nothing_is_posted(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """And that it is not posted is no loss to speak of."""
    logger.warning("careful")
    assert handler.flush()
    assert shown(slack) == ""
    assert handler.stats().dropped == {"context": 1}


def test_each_error_shows_its_own(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """What one error has shown, the next does not."""
    logger.info("one")
    logger.error("boom")
    logger.info("two")
    logger.error("bang")
    settle(clock, handler)
    assert threads(slack) == {"boom": ["one"], "bang": ["two"]}


def test_repeats_show_what_led_to_the_first(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """The others' counts as left out."""
    for name in ("one", "two"):
        logger.info(name)
        logger.error("boom")
    settle(clock, handler)
    assert threads(slack) == {"boom": ["one"]}
    stats = handler.stats()
    assert (stats.delivered, stats.merged, stats.dropped) == (2, 1, {"context": 1})


def test_a_storms_errors_do_without(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Their message has one thread for all."""
    for name in "abcdefgh":
        logger.info("of-%s", name)
        logger.error(f"failed {name}")
        settle(clock, handler)
    assert [lines for lines in threads(slack).values() if lines] == [[f"of-{name}"] for name in "abcdef"]
    assert handler.stats().dropped == {"context": 2}


def test_threads_do_not_mix(clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger) -> None:
    """Two requests, each in a thread of its own, log in turns."""
    turn = [threading.Event() for _ in range(4)]

    def request(name: str, first: int) -> None:
        for step in (first, first + 2):
            assert turn[step].wait(20)
            if step == first:
                logger.info("of-%s", name)
            else:
                logger.error(f"failed {name}")
            if step < 3:
                turn[step + 1].set()

    both = [threading.Thread(target=request, args=item) for item in (("red", 0), ("blue", 1))]
    for thread in both:
        thread.start()
    turn[0].set()
    for thread in both:
        thread.join()
    settle(clock, handler)
    assert threads(slack) == {"red": ["of-red"], "blue": ["of-blue"]}


def test_tasks_do_not_mix(clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger) -> None:
    """Nor do a task and the one that began it."""

    async def request(name: str) -> None:
        logger.info("of-%s", name)
        await asyncio.sleep(0)
        logger.error(f"failed {name}")

    async def server() -> None:
        logger.info("serving")
        await asyncio.gather(request("red"), request("blue"))

    asyncio.run(server())
    settle(clock, handler)
    assert threads(slack) == {"red": ["of-red"], "blue": ["of-blue"]}


def plainly(job: Callable[[], None]) -> None:
    job()


@pytest.mark.parametrize(
    ("run", "blue"),
    [(lambda: plainly, ["red", "blue"]), (lambda: copy_context().run, ["blue"]), (lambda: Context().run, ["blue"])],
    ids=["as it is", "in a copy of the submitter's context", "in an empty context"],
)
def test_a_pools_thread_is_one_unless_each_job_has_a_context(
    run: Callable[[], Callable[[Callable[[], None]], None]],
    blue: list[str],
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
) -> None:
    """Nothing else tells where a job ends; one that ended well leaves its records to the next."""

    def fail() -> None:
        logger.info("of-blue")
        logger.error("failed blue")

    logger.info("submitting")
    with ThreadPoolExecutor(max_workers=1) as pool:
        for job in (lambda: logger.info("of-red"), fail):
            pool.submit(run(), job).result()
    settle(clock, handler)
    assert threads(slack) == {"blue": [f"of-{name}" for name in blue]}


def test_a_call_in_a_thread_does_not_mix_with_its_task(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Nor with another such call in that thread."""

    def call(name: str) -> None:
        logger.info("in-%s", name)
        if name == "blue":
            logger.error(f"called {name}")

    async def request() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
        logger.info("before")
        await asyncio.to_thread(call, "red")
        await asyncio.to_thread(call, "blue")
        logger.error("failed after")

    asyncio.run(request())
    settle(clock, handler)
    assert threads(slack) == {"blue": ["in-blue"], "after": ["before"]}


def test_what_a_task_waits_for_in_another_task_is_the_others(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """As all that it begins; `asyncio.wait_for` began one before Python 3.12."""

    async def part(name: str) -> None:
        logger.info("in-%s", name)
        logger.error(f"failed {name}")

    async def request(wait: Callable[[Coroutine[Any, Any, None]], Awaitable[object]], name: str) -> None:
        logger.info("before")
        await wait(part(name))

    asyncio.run(request(lambda work: asyncio.wait_for(work, 10), "limited"))
    asyncio.run(request(asyncio.create_task, "begun"))
    asyncio.run(request(asyncio.gather, "gathered"))
    asyncio.run(request(lambda work: work, "awaited"))
    settle(clock, handler)
    assert threads(slack) == {
        "limited": ["before", "in-limited"] if sys.version_info >= (3, 12) else ["in-limited"],
        "begun": ["in-begun"],
        "gathered": ["in-gathered"],
        "awaited": ["before", "in-awaited"],
    }


def test_two_handlers_keep_their_own(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """As many as each was told."""
    slack.add_channel("#other")
    slack.invite("#other", slack.bot_user_id)
    other = SlackHandler("#other", token=slack.bot_token, api_url=slack.api_url, context=1)
    logger.addHandler(other)
    for name in ("one", "two"):
        logger.info(name)
    logger.error("boom")
    settle(clock, handler)
    settle(clock, other)
    assert threads(slack) == {"boom": ["one", "two"]}
    assert other.stats().dropped == {"context": 1}
    other.close()


def test_an_error_is_kept_rather_than_what_led_to_it(clock: FakeClock, slack: LocalSlack) -> None:
    """Where there is no room for both; nor does a task keep more than a quarter of a MiB aside."""
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, context=20, max_bytes="64 KiB")
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    for _ in range(20):
        logger.info("x" * 5_000)
    logger.error("boom")
    settle(clock, handler)
    assert "boom" in shown(slack)
    assert handler.stats().dropped == {"context": 20}
    for _ in range(20):
        logger.info("x" * 100_000)
    assert handler._context is not None
    error = logging.makeLogRecord({})
    assert sum(captured[0] for captured in handler._context.take(error)) <= 256 * 1024
    handler.close()


def test_a_record_that_says_where_it_goes_goes_there(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """It is not kept aside."""
    logger.warning("kept")
    logger.warning("shown", extra={"slack": {"mention": False}})
    assert handler.flush(timeout=60)
    said = shown(slack)
    assert "shown" in said
    assert "kept" not in said


def test_each_command_has_a_context_of_its_own(clock: FakeClock, slack: LocalSlack) -> None:
    """Though one thread runs them all."""
    router = CommandRouter()
    log = logging.getLogger("shop.of.commands")

    @router.command
    def note(word: str) -> None:
        log.warning(word)

    @router.command
    def fail() -> None:
        log.warning("about")
        log.error("boom")

    commands = {"channel": "#ops-commands", "allow": [slack.user_id("ada")], "start_delay": 0, "workers": 1}
    handler = SlackHandler(
        "#ops-log", token=slack.bot_token, api_url=slack.api_url, context=9, commands={**commands, "router": router}
    )
    log.addHandler(handler)
    for text in ("!note one", "!note two", "!fail"):
        ts = slack.say("#ops-commands", text, user="ada")
        clock.run_until(lambda ts=ts: slack.reactions("#ops-commands", ts))  # type: ignore[misc]
    clock.run_until(lambda: threads(slack).get("boom"))
    assert threads(slack) == {"boom": ["about"]}
    log.removeHandler(handler)
    handler.close()
