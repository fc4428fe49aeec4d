"""A program whose logging side people look at and steer."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from slack_logging import SlackHandler
from slack_logging.errors import Rejected
from tests.active.conftest import CHANNEL, Ops

LOG = "#ops-log"


@dataclass(frozen=True)
class Counts:
    """Counters of a logging side."""

    emitted: int = 1500
    delivered: int = 1000
    merged: int = 400
    dropped: Mapping[str, int] = field(default_factory=lambda: {"full": 60, "evicted": 30})
    pending: int = 10


@dataclass(frozen=True)
class Error:
    """An error in the channel of records."""

    fingerprint: str
    records: int = 1
    summary: str = "disk full"
    last: float = 1_800_000_000.0
    muted_until: float | None = None
    channel: str = "C0LOG"
    ts: str = "1.1"


@dataclass
class Side:
    """A logging side whose state a test decides; the real one is `handler`."""

    errors: tuple[Error, ...] = ()
    channel: str = LOG
    slack_place: str = LOG
    level: int = logging.WARNING

    def stats(self) -> Counts:
        """Return its counters."""
        return Counts()

    def incidents(self) -> tuple[Error, ...]:
        """Return its errors."""
        return self.errors

    def mute(self, fingerprint: str, duration: float, *, by: str) -> None:
        """Leave out what it does not have."""

    def fingerprint(self, record: logging.LogRecord) -> str:  # noqa: ARG002 - see `Operated`
        """Return none: it shows nothing."""
        return ""

    def redact(self, text: str) -> str:
        """Leave a text as it is."""
        return text

    def unseen(self, error: Rejected, by: object) -> None:
        """Say nothing."""

    def unmute(self, fingerprint: str) -> bool:  # noqa: ARG002 - see `Operated`
        """Tell that nothing is muted."""
        return False

    def flush(self, timeout: float) -> bool:  # noqa: ARG002 - see `Operated`
        """Tell that nothing waits."""
        return True


@pytest.fixture
def logger() -> logging.Logger:
    """Return a logger that nobody else knows."""
    return logging.Logger("shop")


@pytest.fixture
def handler(ops: Ops, logger: logging.Logger) -> Iterator[SlackHandler]:
    """Return the logger's handler, by which ada may give commands."""
    slack = ops.slack
    commands = {"channel": CHANNEL, "allow": [slack.user_id("ada")], "start_delay": 0}
    made = SlackHandler(LOG, token=slack.bot_token, api_url=slack.api_url, service="shop", commands=commands)
    logger.addHandler(made)
    assert made._source is not None
    ops.sources.append(made._source)
    yield made
    slack.clear_faults()
    made.close()


@pytest.fixture
def orders() -> Iterator[logging.Logger]:
    """Return a logger whose level is put back."""
    found = logging.getLogger("orders.import")
    yield found
    found.setLevel(logging.NOTSET)
