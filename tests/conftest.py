"""Shared fixtures: a clock that stands still until moved, and a Slack of our own on it."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from slack_logging import notices
from slack_logging.local import LocalSlack
from slack_logging.passive.sending import delivery
from slack_logging.testing import FakeClock
from tests.ports import lasting_port

# No test judges by wall time, and hypothesis' own would: by a deadline, and by how long drawing takes. In CI it draws
# the same each time, as by hypothesis' own profile for it: what is found by chance is for who works on the code.
settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("untimed")

# A shell starts what runs in its background with Ctrl-C ignored, which the programs that tests start would inherit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ENVIRONMENT = (
    "SLACK_BOT_TOKEN",
    "SLACK_BOT_TOKEN_FILE",
    "SLACK_API_URL",
    "SLACK_LOGGING_STATE",
    "SLACK_LOGGING_COMMANDS",
    "SLACK_LOGGING_APP_TOKEN",
)


def loggers() -> list[logging.Logger]:
    """Return the loggers of the process."""
    return [each for each in list(logging.Logger.manager.loggerDict.values()) if isinstance(each, logging.Logger)]


@pytest.fixture(scope="session", autouse=True)
def own_temporary_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep locks and files of this run, and of the programs that it starts, where pytest tidies up."""
    with pytest.MonkeyPatch.context() as patch:
        directory = str(tmp_path_factory.mktemp("temporary"))
        patch.setenv("TMPDIR", directory)
        patch.setattr(tempfile, "tempdir", directory)
        yield


def _let_go_of_undelivered() -> None:
    """End the threads that a test left with something to send, or the next tests and the end would hear of them."""
    for left in list(delivery._alive):
        left._worker._idle = lambda: True
        left._worker.close()
    delivery._alive.clear()


@pytest.fixture(autouse=True)
def clean_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start every test without Slack in the environment, with nothing said, and with logging as it was."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    notices._said.clear()
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    silent = {logger for logger in loggers() if not logger.propagate}
    yield
    for logger in loggers():
        logger.disabled = False  # as dictConfig leaves every logger that it does not name
        logger.propagate = logger not in silent
    root.setLevel(before[0])
    for handler in [handler for handler in root.handlers if handler not in before[1]]:
        root.removeHandler(handler)
    _let_go_of_undelivered()


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    """Own the time of everything constructed in the test."""
    with FakeClock() as fake:
        yield fake


@pytest.fixture
def slack(clock: FakeClock) -> Iterator[LocalSlack]:
    """Run a Slack on the test's clock, rate limits on."""
    with LocalSlack(port=lasting_port(), clock=clock) as local:
        yield local
