"""Programs of their own that log to a Slack on the machine's clock."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from slack_logging.local import LocalSlack
from slack_logging.local.state.text import visible_text

#: Configures logging as the README does; but nothing waits long for company, and exit as long as a busy machine needs.
PROLOGUE = """
import atexit, logging, logging.config, multiprocessing, os, signal, sys, threading
CONFIG = {
    "version": 1, "disable_existing_loggers": False,
    "handlers": {
        "slack": {
            "class": "slack_logging.SlackHandler", "channel": "#ops-log", "flush_interval": "0.2", "close_timeout": 40,
        },
    },
    "root": {"level": "DEBUG", "handlers": ["slack"]},
}
log = logging.getLogger("shop")
"""

CONFIGURE = "logging.config.dictConfig(CONFIG)\n"

#: For what must not be posted before it is told to.
PATIENT = 'CONFIG["handlers"]["slack"]["flush_interval"] = 60\n'


class Run(Protocol):
    """Runs a program; see `run`."""

    def __call__(
        self, program: str, *, status: int = 0, before: str = "", options: tuple[str, ...] = (), **environ: str
    ) -> str:
        """Return what it writes to stderr."""


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    """Run a Slack on the machine's clock, without rate limits."""
    with LocalSlack(rate_limit=0) as local:
        yield local


@pytest.fixture
def run(slack: LocalSlack, tmp_path: Path) -> Run:
    """Return a function that runs a program in a file of its own, with logging configured; it must end by itself.

    Its arguments: `status`, which the program must end with; `before`, run before logging is configured; Python's
    `options`; and what the environment has besides.
    """

    def run_program(
        program: str, *, status: int = 0, before: str = "", options: tuple[str, ...] = (), **environ: str
    ) -> str:
        path = tmp_path / "program.py"
        path.write_text("".join((PROLOGUE, before, CONFIGURE, textwrap.dedent(program))), encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, *options, str(path)],
            env={**os.environ, **slack.environ, **environ},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert ended.returncode == status, ended.stderr
        return ended.stderr

    return run_program


def lines(slack: LocalSlack) -> list[str]:
    """Return the messages of all records shown, in order."""
    shown = "\n".join(visible_text(message) for message in slack.messages("#ops-log"))
    return [line.split(" shop ")[1] for line in shown.splitlines() if " shop " in line]
