"""What waits takes no more memory than `max_bytes` says, about, whatever it is."""

from __future__ import annotations

import logging
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from slack_logging import SlackHandler
from slack_logging.local import Fault, LocalSlack
from slack_logging.passive.messages import boards
from slack_logging.passive.messages.medium import SLACK
from slack_logging.passive.messages.packing import ROOM
from slack_logging.passive.messages.shipments import NewBoard
from slack_logging.passive.messages.view import Line
from slack_logging.passive.sending.incidents import Incidents
from slack_logging.testing import FakeClock
from tests.passive.conftest import POST, shown
from tests.passive.test_faults import names

#: Bytes that everything may take beside what waits.
BESIDES = 15 * 2**20


@pytest.fixture
def handler(slack: LocalSlack) -> Iterator[SlackHandler]:
    """Make a handler that holds little."""
    made = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, max_bytes="1 MiB")
    yield made
    slack.clear_faults()
    made.close()


@contextmanager
def growing_at_most(size: int) -> Iterator[None]:
    """Check by how many bytes memory grows meanwhile."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield
        assert tracemalloc.get_traced_memory()[0] - before < size
    finally:
        tracemalloc.stop()


def test_errors_that_wait_for_slack_count_against_max_bytes(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """However many kinds they are of; those that find no room are dropped, counted and told of, the others shown."""
    slack.fault(POST, Fault.rate_limited(30, times=1_000))
    with growing_at_most(2**20 + BESIDES):
        for name in names():
            logger.error(f"{name} failed: {'x ' * 120_000}")
            clock.run_until(lambda: not handler._delivery.outbox.has_urgent)
    stats = handler.stats()
    assert stats.pending + stats.dropped["full"] == 100
    assert 3 <= stats.pending <= 5
    slack.clear_faults()
    clock.run_until(lambda: handler._delivery.sender.idle, limit=600)
    assert handler.stats().delivered == stats.pending
    assert f"{stats.dropped['full']} records are not shown here" in shown(slack)
    logger.error("there is room again: %s", "x " * 120_000)
    clock.run_until(lambda: handler._delivery.sender.idle, limit=600)
    assert "there is room again" in shown(slack)


def test_large_numbers_count_as_what_they_are(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """As the text that they are shown as; those for which there is no room are dropped and counted."""
    slack.fault(POST, Fault.rate_limited(30, times=1_000))
    logger.info("in the sender's hand, so that it takes no other")
    clock.run_until(lambda: bool(slack.calls(POST)))
    with growing_at_most(2**20 + BESIDES):
        for number in range(300):
            logger.info("%d: %x", number, 1 << 1_000_000)
    stats = handler.stats()
    assert stats.pending == 1 + 4  # of 250,000 digits each
    assert stats.pending + stats.dropped["full"] == 1 + 300
    slack.clear_faults()
    clock.run_until(lambda: handler._delivery.sender.idle, limit=600)
    assert handler.stats().delivered == stats.pending


@pytest.mark.parametrize("kinds", [1, 6])
@pytest.mark.parametrize(("summary", "detail"), [("failed", "y" * 240_000), ("s" * 200_000, ""), ("s" * 299, "y")])
def test_of_an_error_that_is_shown_no_more_is_kept_than_its_edits_need(kinds: int, summary: str, detail: str) -> None:
    """They go on to show the same; the whole is in the file."""
    incidents = Incidents(300.0)
    for number in range(kinds):
        line = Line(40, "shop", 1_800_000_000.0, "12:00:00 UTC", summary, detail, fingerprint=f"kind {number}")
        assert incidents.take(line, 0.0, size=240_000)
    board = list(incidents)[-1]
    assert board.is_storm is (kinds > 1)
    post = NewBoard(board, incidents, "shop", "")
    post.arguments()
    before = boards.arguments(board, service="shop", medium=SLACK)
    file = post.landed("1.1", 0.0).file
    assert len(file.content if file else "") >= len(summary + detail) or len(summary) == 299
    assert boards.arguments(board, service="shop", medium=SLACK) == before
    for incident in board.incidents:
        assert incident.line.units <= (1_000 if board.is_storm else ROOM)
        assert incident.line.fingerprint
    assert incidents.held == 240_000 * (kinds - len(board.incidents))
