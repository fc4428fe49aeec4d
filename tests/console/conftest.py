"""A Slack on the machine's own clock, which the environment leads to, and the command line in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from slack_logging.cli import main
from slack_logging.local import LocalSlack


class Ended(NamedTuple):
    """How a command ended, and what it wrote."""

    status: int
    out: list[str]
    err: list[str]


Run = Callable[..., Ended]


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSlack]:
    """Run a Slack, rate limits on; its app has the scopes of the log and of commands."""
    with LocalSlack() as local:
        for name, value in local.environ.items():
            monkeypatch.setenv(name, value)
        yield local


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `slack-logging` with its arguments."""

    def run(*arguments: str) -> Ended:
        status = main(arguments)
        captured = capfd.readouterr()
        return Ended(status, captured.out.splitlines(), captured.err.splitlines())

    return run
