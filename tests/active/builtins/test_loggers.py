"""Which loggers reach Slack, and changing their levels for a while."""

from __future__ import annotations

import logging
import logging.config
import os
import threading
from collections.abc import Iterator

import pytest

from slack_logging import SlackHandler
from slack_logging.instance import Instance
from tests.active.conftest import DONE as DONE_MARK
from tests.active.conftest import ERRORED, Ops
from tests.active.conftest import PUZZLED as PUZZLED_MARK

DONE, PUZZLED = {DONE_MARK}, {PUZZLED_MARK}

#: Whose logger was changed.
HERE = f" in {Instance.current().name}"
LEVEL_USAGE = "usage: !level LOGGER LEVEL [--for TIME]"


@pytest.fixture
def mall(handler: SlackHandler) -> Iterator[logging.Logger]:
    """Return a logger that posts to Slack, with some of each kind below it; no other test has one of its name."""
    handler.set_name("slack")
    handler.setLevel("WARNING")
    top = logging.getLogger("mall")
    top.addHandler(handler)
    top.setLevel("INFO")
    made = {name: logging.getLogger(f"mall.{name}") for name in ("plain", "noisy", "deaf", "off", "sifted")}
    made["noisy"].setLevel("ERROR")
    made["deaf"].propagate = False
    made["off"].disabled = True
    sift = logging.Filter("x")
    made["sifted"].addFilter(sift)
    yield top
    made["deaf"].propagate = True
    made["sifted"].removeFilter(sift)
    made["noisy"].setLevel(logging.NOTSET)
    top.setLevel(logging.NOTSET)
    top.removeHandler(handler)
    handler.setLevel(logging.NOTSET)


def test_loggers_shows_from_which_level_on_each_reaches_slack_or_why_not(ops: Ops, mall: logging.Logger) -> None:
    """In a line each, by name."""
    assert mall.isEnabledFor(logging.INFO)
    marks, [reply] = ops.type("!loggers mall")
    assert marks == DONE
    assert reply.splitlines() == [
        "mall         INFO: WARNING and above reach #ops-log (handler slack's level)",
        "mall.deaf    NOTSET: nothing reaches Slack: propagate is off on mall.deaf, and it has no Slack handler",
        ("mall.noisy   ERROR: ERROR and above reach #ops-log (its own level)"),
        (
            "mall.off     NOTSET: nothing reaches Slack: it is disabled; dictConfig and fileConfig disable what exists "
            "before: set disable_existing_loggers to False"
        ),
        "mall.plain   NOTSET: WARNING and above reach #ops-log (handler slack's level)",
        ("mall.sifted  NOTSET: WARNING and above reach #ops-log (handler slack's level) (its filters may refuse some)"),
    ]


def test_loggers_alone_shows_those_that_differ_from_the_one_above(ops: Ops, mall: logging.Logger) -> None:
    """The others are counted: a program has hundreds, most of them its libraries'."""
    assert mall.handlers
    [reply] = ops.type("!loggers")[1]
    lines = reply.splitlines()
    assert lines[0].split(maxsplit=2)[:2] == ["root", "WARNING:"]
    names = [line.split()[0] for line in lines[:-1]]
    assert {"mall", "mall.deaf", "mall.noisy", "mall.off", "mall.sifted"} <= set(names)
    assert "mall.plain" not in names
    assert lines[-1].endswith(" more do as the one above them; loggers PREFIX shows them")
    assert not [name for name in names if name.startswith(("slack_sdk", "slack_logging."))]


def test_loggers_shows_root_and_what_has_no_handler(ops: Ops) -> None:
    """Also where there is no logging side at all."""
    logging.getLogger().setLevel("WARNING")
    ops.start()
    reply = "root  WARNING: nothing reaches Slack: there is no Slack handler on it or above"
    assert ops.type("!loggers root") == (DONE, [reply])


def test_loggers_knows_what_is_switched_off_for_all(ops: Ops, mall: logging.Logger) -> None:
    """`logging.disable` is easily forgotten."""
    assert mall.handlers
    logging.disable(logging.ERROR)
    try:
        reply = "mall.noisy  ERROR: Level 41 and above reach #ops-log (logging.disable's level)"
        assert ops.type("!loggers mall.noisy") == (DONE, [reply])
        logging.disable(logging.CRITICAL)
        reply = "mall.noisy  ERROR: nothing reaches Slack: logging.disable(CRITICAL) drops all"
        assert ops.type("!loggers mall.noisy") == (DONE, [reply])
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    ("typed", "reply"),
    [
        ("mall.nosy", "no logger begins with 'mall.nosy': did you mean 'mall.noisy'?"),
        ("###", "no logger begins with '###': nothing logs by that name"),
    ],
)
def test_loggers_refuses_a_prefix_of_none(ops: Ops, mall: logging.Logger, typed: str, reply: str) -> None:
    """With the nearest name there is."""
    assert mall.handlers
    assert ops.type(f"!loggers {typed}") == (PUZZLED, [f"{reply}\nusage: !loggers [PREFIX]"])


def test_loggers_tells_what_goes_back_and_when(ops: Ops, mall: logging.Logger) -> None:
    """A level for a while is marked as such."""
    ops.type("!level mall.noisy DEBUG --for 10m")
    [reply] = ops.type("!loggers mall.noisy")[1]
    assert reply.startswith("mall.noisy  DEBUG, in 9m")
    assert reply.endswith("s ERROR: WARNING and above reach #ops-log (handler slack's level)")
    ops.type("!level mall.noisy ERROR")
    assert "in 9m" not in ops.type("!loggers mall.noisy")[1][0]
    assert mall.getChild("noisy").level == logging.ERROR


def test_level_changes_a_logger_and_says_from_what(ops: Ops, orders: logging.Logger) -> None:
    """Until somebody changes it again."""
    ops.start()
    assert ops.type("!level orders.import debug") == (DONE, [f"orders.import: NOTSET -> DEBUG{HERE}"])
    assert ops.type("!level orders.import ERROR") == (DONE, [f"orders.import: DEBUG -> ERROR{HERE}"])
    assert orders.level == logging.ERROR


def test_level_goes_back_by_itself_when_all_has_stopped(
    ops: Ops, orders: logging.Logger, handler: SlackHandler
) -> None:
    """To what it was before the first change, at the time of the last one: source and handler are closed by then."""
    orders.addHandler(handler)
    ops.type("!level orders.import DEBUG --for 10m")
    reply = f"orders.import: DEBUG -> INFO{HERE} for 30m, then back to NOTSET"
    assert ops.type("!level orders.import INFO --for 30m") == (DONE, [reply])
    began = ops.clock.monotonic()
    orders.removeHandler(handler)
    handler.close()
    assert orders.level == logging.INFO
    ops.clock.run_until(lambda: orders.level != logging.INFO)
    assert orders.level == logging.NOTSET
    assert ops.clock.monotonic() - began == pytest.approx(1800, abs=10)


def test_a_level_that_somebody_set_meanwhile_stays(ops: Ops, orders: logging.Logger) -> None:
    """`dictConfig`, say: what it has set is newer, and going back would undo it."""
    ops.start()
    ops.type("!level orders.import DEBUG --for 1m")
    logging.config.dictConfig({"version": 1, "incremental": True, "loggers": {"orders.import": {"level": "ERROR"}}})
    ops.clock.run_until(lambda: ops.clock.monotonic() > 300)
    assert orders.level == logging.ERROR
    reply = f"orders.import: ERROR -> DEBUG{HERE} for 1m, then back to ERROR"
    assert ops.type("!level orders.import DEBUG --for 1m") == (DONE, [reply])
    ops.clock.run_until(lambda: orders.level == logging.ERROR)


def test_a_change_that_is_replaced_leaves_no_thread_behind(ops: Ops, orders: logging.Logger) -> None:
    """However often somebody types it."""
    ops.start()
    others = _reverting()  # of tests before this one, whose hour is not over yet
    for _ in range(5):
        ops.type("!level orders.import DEBUG --for 1h")
    ops.clock.run_until(lambda: len(_reverting() - others) == 1)
    ops.type("!level orders.import NOTSET")
    ops.clock.run_until(lambda: not _reverting() - others)
    assert orders.level == logging.NOTSET


def _reverting() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "slack_logging-level"}


def test_where_no_thread_can_be_started_nothing_is_changed(
    ops: Ops, orders: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A level that nothing would set back is not set in the first place."""
    ops.start()
    ops.type("!ping")

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    reply = "nothing was changed: no thread to set it back could be started (can't start new thread)"
    assert ops.type("!level orders.import DEBUG --for 1m") == ({ERRORED}, [reply])
    assert orders.level == logging.NOTSET


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_goes_back_at_once(ops: Ops, orders: logging.Logger) -> None:
    """It has no thread that would do so later; the parent's level stays as it was asked for."""
    ops.start()
    ops.type("!level orders.import DEBUG --for 10m")
    pid = os.fork()
    if pid == 0:
        os._exit(orders.level)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == logging.NOTSET
    assert orders.level == logging.DEBUG
    ops.type("!level orders.import NOTSET")


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
        ("DEBUG", "orders.import: NOTSET -> DEBUG in HERE (...)"),
        (
            "INFO --for 90m",
            "orders.import: NOTSET -> INFO in HERE for 1h30m, then back to NOTSET (...)",
        ),
        ("WARNING --for 10m", "orders.import: NOTSET -> WARNING in HERE for 10m, then back to NOTSET"),
        ("NOTSET", "orders.import: NOTSET -> NOTSET in HERE"),
    ],
)
def test_level_says_what_will_not_be_shown_all_the_same(
    ops: Ops, handler: SlackHandler, orders: logging.Logger, typed: str, reply: str
) -> None:
    """The handler has a level of its own."""
    handler.setLevel(logging.WARNING)
    orders.addHandler(handler)
    answer = ops.type(f"!level orders.import {typed}")
    ops.type("!level orders.import NOTSET")
    orders.removeHandler(handler)
    assert answer == (
        DONE,
        [reply.replace(" in HERE", HERE).replace("...", "the Slack handler shows WARNING and above")],
    )


def test_level_says_that_nothing_of_the_logger_reaches_slack(
    ops: Ops, handler: SlackHandler, orders: logging.Logger
) -> None:
    """Who waits for its records would wait for ever."""
    assert handler.level == logging.NOTSET
    reply = f"orders.import: NOTSET -> DEBUG{HERE} (nothing reaches Slack: there is no Slack handler on it or above)"
    assert ops.type("!level orders.import DEBUG") == (DONE, [reply])
    assert orders.level == logging.DEBUG


def test_level_knows_the_root_logger(ops: Ops) -> None:
    """By the name root."""
    logging.getLogger().setLevel(logging.WARNING)
    ops.start()
    assert ops.type("!level root ERROR") == (DONE, [f"root: WARNING -> ERROR{HERE}"])
    assert logging.getLogger().level == logging.ERROR


@pytest.mark.parametrize(
    ("typed", "number"),
    [("WARN", 30), ("fatal", 50), ("notset", 0), ("35", 35), ("0", 0), ("Trace", 5), ("trace", 5)],
)
def test_level_takes_what_logging_takes(ops: Ops, orders: logging.Logger, typed: str, number: int) -> None:
    """The standard names, their aliases, numbers, and names that the program has added, in any case."""
    logging.addLevelName(5, "TRACE")
    ops.start()
    assert ops.type(f"!level orders.import {typed}")[0] == DONE
    assert orders.level == number


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("LOUD", "no level 'LOUD': use DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET or a number"),
        ("-1", None),
        ("99999", "no level '99999': use DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET or a number"),
        ("²", "no level '²': use DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET or a number"),
        ("'Level 7'", "no level 'Level 7': use DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET or a number"),
        ("DEBUG --for 0s", "--for must be more than nothing, such as 10m"),
        (
            "DEBUG --for soon",
            (
                "--for: expected a duration such as 90s, 10m or 1h30m, got 'soon'\n"
                "!level orders.import DEBUG --for soon\n"
                "                                 ^^^^"
            ),
        ),
    ],
)
def test_level_refuses_what_is_no_level_or_time(ops: Ops, orders: logging.Logger, text: str, reply: str | None) -> None:
    """With what there is to choose from; nothing is changed."""
    ops.start()
    marks, [said] = ops.type(f"!level orders.import {text}")
    assert (marks, said) == (PUZZLED, f"{reply}\n{LEVEL_USAGE}" if reply else said)
    assert orders.level == logging.NOTSET


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("orders.imprt", "no logger 'orders.imprt': did you mean 'orders.import'?"),
        ("######", "no logger '######': nothing logs by that name"),
    ],
)
def test_level_refuses_a_logger_that_there_is_not(ops: Ops, orders: logging.Logger, text: str, reply: str) -> None:
    """Setting it would do nothing, silently."""
    ops.start()
    assert ops.type(f"!level {text} DEBUG") == (PUZZLED, [f"{reply}\n{LEVEL_USAGE}"])
    assert orders.level == logging.NOTSET


@pytest.mark.parametrize("name", ["slack_logging", "slack_logging.audit"])
def test_level_does_not_silence_the_audit(ops: Ops, name: str) -> None:
    """Who may run commands may not hide what they ran."""
    ops.start()
    level = logging.getLogger(name).level
    reply = "the levels of slack_logging itself, of its audit too, are for its configuration alone"
    assert ops.type(f"!level {name} CRITICAL") == ({ERRORED}, [reply])
    assert logging.getLogger(name).level == level
