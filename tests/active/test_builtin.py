"""The commands that every router has."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from slack_logging import CommandRouter
from tests.active.conftest import Ops

DONE, PUZZLED = {"white_check_mark"}, {"grey_question"}


@pytest.fixture
def orders() -> Iterator[logging.Logger]:
    """Return a logger whose level is put back."""
    logger = logging.getLogger("orders.import")
    yield logger
    logger.setLevel(logging.NOTSET)


@dataclass(frozen=True)
class Counts:
    """Counters of a logging side."""

    emitted: int = 1500
    delivered: int = 1000
    merged: int = 400
    dropped: Mapping[str, int] = field(default_factory=lambda: {"full": 60, "evicted": 30})
    pending: int = 10


class Side:
    """A logging side."""

    channel = "#ops-log"
    level = logging.WARNING

    def stats(self) -> Counts:
        """Return its counters."""
        return Counts()

    def incidents(self) -> tuple[()]:
        """Return no errors."""
        return ()

    def mute(self, fingerprint: str, duration: float, *, by: str) -> None:
        """Leave out what it does not have."""

    def unmute(self, fingerprint: str) -> bool:  # noqa: ARG002 - see `Operated`
        """Tell that nothing is muted."""
        return False

    def fingerprint(self, record: logging.LogRecord) -> str:  # noqa: ARG002 - see `Operated`
        """Return none: it shows nothing."""
        return ""

    def redact(self, text: str) -> str:
        """Leave a text as it is."""
        return text


def test_help_lists_what_may_be_run(ops: Ops) -> None:
    """What to type, and below it what it does; a phone is wide enough."""
    router = CommandRouter()

    @router.command
    def pause(*, hard: bool = False) -> None:
        """Pause the import."""

    router.command("undocumented")(lambda: None)
    ops.start(router=router, prefix="$")
    marks, [reply] = ops.type("$help")
    assert marks == DONE
    assert reply.splitlines() == [
        "$help [TOPIC]",
        "    List your commands, or explain one.",
        "$level LOGGER LEVEL [--for TIME]",
        "    Change a logger's level.",
        "$pause [--hard]",
        "    Pause the import.",
        "$ping",
        "    Answer, and say after what time.",
        "$status",
        "    Show what runs and what was logged.",
        "$undocumented",
    ]
    assert max(len(line) for line in reply.splitlines()) <= 40  # what a phone shows of a line


@pytest.mark.parametrize("text", ["!help level", "!help !level", "!help Level", "!level --help", "!level x -h"])
def test_help_explains_a_command(ops: Ops, text: str) -> None:
    """Its usage, what it does, and its arguments; also when the command itself is asked."""
    ops.start()
    marks, [reply] = ops.type(text)
    assert marks == DONE
    assert reply.splitlines() == [
        "!level LOGGER LEVEL [--for TIME]",
        "Change a logger's level.",
        "LOGGER        its name, or root",
        "LEVEL         DEBUG, INFO, WARNING, ERROR, CRITICAL or NOTSET",
        "[--for TIME]  then it goes back by itself, else it stays so; a duration such as 90s, 10m or 1h30m",
    ]


def test_ping_tells_who_answers_and_the_delay(ops: Ops) -> None:
    """From Slack's time of the message to the answer."""
    ops.start(poll_interval=3)
    ops.after_sweeps(0)
    _, [reply] = ops.type("!ping")
    assert reply.startswith("pong from ")
    assert reply.endswith(", 3.0 s after you typed")


def test_status_tells_who_listens_and_what_became_of_the_records(ops: Ops) -> None:
    """The counters are the logging side's own, and its sum is shown."""
    ops.source().start(Side())
    _, [reply] = ops.type("!status")
    rows = dict(line.split(maxsplit=1) for line in reply.splitlines() if not line.startswith("reading"))
    assert rows["service"] == "orders"
    assert rows["running"] == "nothing else"
    assert rows["records"] == "1,500 emitted = 1,000 delivered + 400 merged + 90 dropped + 10 pending"
    assert rows["dropped"] == "60 full, 30 evicted"


def test_status_without_a_logging_side_tells_the_rest(ops: Ops) -> None:
    """A source on its own has no counters."""
    ops.start()
    assert "records" not in ops.type("!status")[1][0]


def test_level_changes_a_logger_and_says_from_what(ops: Ops, orders: logging.Logger) -> None:
    """Until somebody changes it again."""
    ops.start()
    assert ops.type("!level orders.import debug") == (DONE, ["orders.import: NOTSET -> DEBUG"])
    assert ops.type("!level orders.import ERROR") == (DONE, ["orders.import: DEBUG -> ERROR"])
    assert orders.level == logging.ERROR


def test_level_goes_back_by_itself_when_the_source_has_stopped(ops: Ops, orders: logging.Logger) -> None:
    """To what it was before the first change, at the time of the last one, and the reply says so."""
    source = ops.start()
    ops.type("!level orders.import DEBUG --for 10m")
    reply = "orders.import: DEBUG -> INFO for 30m, then back to NOTSET"
    assert ops.type("!level orders.import INFO --for 30m") == (DONE, [reply])
    began = ops.clock.monotonic()
    source.close()
    assert orders.level == logging.INFO
    ops.clock.run_until(lambda: orders.level == logging.NOTSET)
    assert ops.clock.monotonic() - began == pytest.approx(1800, abs=10)


def test_a_lasting_level_cancels_going_back(ops: Ops, orders: logging.Logger) -> None:
    """The last word counts."""
    ops.start()
    ops.type("!level orders.import DEBUG --for 1m")
    ops.type("!level orders.import INFO")
    ops.clock.run_until(lambda: ops.clock.monotonic() > 300)
    assert orders.level == logging.INFO


@pytest.mark.parametrize(
    ("typed", "reply"),
    [
        ("DEBUG", "orders.import: NOTSET -> DEBUG (the Slack handler shows WARNING and above)"),
        (
            "INFO --for 90m",
            "orders.import: NOTSET -> INFO for 1h30m, then back to NOTSET (the Slack handler shows WARNING and above)",
        ),
        ("WARNING --for 10m", "orders.import: NOTSET -> WARNING for 10m, then back to NOTSET"),
        ("NOTSET", "orders.import: NOTSET -> NOTSET"),
    ],
)
def test_level_says_what_will_not_be_shown_all_the_same(
    ops: Ops, orders: logging.Logger, typed: str, reply: str
) -> None:
    """The handler has a level of its own."""
    ops.source().start(Side())
    assert ops.type(f"!level orders.import {typed}") == (DONE, [reply])
    ops.type("!level orders.import NOTSET")


def test_level_knows_the_root_logger(ops: Ops) -> None:
    """By the name root."""
    logging.getLogger().setLevel(logging.WARNING)
    ops.start()
    assert ops.type("!level root ERROR") == (DONE, ["root: WARNING -> ERROR"])
    assert logging.getLogger().level == logging.ERROR


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("!level orders.import LOUD", "no level 'LOUD': use one of DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET"),
        ("!level orders.imprt DEBUG", "no logger 'orders.imprt': did you mean 'orders.import'?"),
        ("!level ###### DEBUG", "no logger '######': nothing logs by that name"),
    ],
)
def test_level_refuses_what_would_do_nothing(ops: Ops, orders: logging.Logger, text: str, reply: str) -> None:
    """A level or a logger that does not exist is answered with what does."""
    ops.start()
    assert ops.type(text) == (PUZZLED, [reply])
