"""Which loggers of a running process reach Slack: what is told is what logging then does."""

from __future__ import annotations

import logging
import logging.config
import logging.handlers
import queue
from collections.abc import Iterator

import pytest

from slack_logging import SlackHandler
from slack_logging.active import audit
from slack_logging.reach import Outlet, current, told

LEVELS = (10, 20, 30, 40, 50)


class Recorder(SlackHandler):
    """Notes what it is given."""

    def __init__(self, *, level: int = logging.NOTSET) -> None:
        super().__init__("#ops-log", level=level)
        self.taken: list[tuple[str, int]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note a record."""
        self.taken.append((record.name, record.levelno))


@pytest.fixture
def tree() -> Iterator[logging.Logger]:
    """Return the top of some loggers that a test changes; they are as new afterwards."""
    names = ("tree", "tree.a", "tree.a.b", "tree.a.b.c")
    yield logging.getLogger("tree")
    for logger in map(logging.getLogger, names):
        logger.setLevel(logging.NOTSET)
        logger.propagate, logger.disabled = True, False
        logger.handlers.clear()
        logger.filters.clear()
    logging.disable(logging.NOTSET)


def reached(name: str, recorder: Recorder) -> list[int]:
    """Log at each level, and return the levels that the handler was given."""
    recorder.taken.clear()
    for level in LEVELS:
        logging.getLogger(name).log(level, "x")
    return [level for taken, level in recorder.taken if taken == name]


@pytest.mark.parametrize("barred", [0, 20, 40, 50])
@pytest.mark.parametrize("way", ["plain", "level", "quiet", "disabled", "propagate"])
@pytest.mark.parametrize("level", [0, 30])
def test_what_is_told_is_what_happens(tree: logging.Logger, way: str, level: int, barred: int) -> None:
    """For a logger two below the handler's, with something in the way or not."""
    recorder = Recorder(level=level)
    tree.addHandler(recorder)
    tree.setLevel(logging.DEBUG)
    below = logging.getLogger("tree.a.b")
    middle = logging.getLogger("tree.a")
    if way == "level":
        middle.setLevel(logging.ERROR)
    elif way == "quiet":
        below.setLevel(logging.CRITICAL)
    elif way == "disabled":
        below.disabled = True
    elif way == "propagate":
        middle.propagate = False
    logging.disable(barred)
    story = told("tree.a.b", current(), barred)
    happened = reached("tree.a.b", recorder)
    assert story.is_some is bool(happened)
    if happened:
        named = {logging.getLevelName(each): each for each in range(100)}
        first = named[story.text.partition(" and above")[0]]
        assert happened == [each for each in LEVELS if each >= first]


def test_the_audit_goes_on_where_dict_config_disabled_it() -> None:
    """It switches itself on again, and so it is told as if it had stayed on."""
    recorder, logger = Recorder(), logging.getLogger("slack_logging.audit")
    logger.addHandler(recorder)
    before, logger.disabled = logger.level, True
    logger.setLevel(logging.INFO)
    text = told("slack_logging.audit", current()).text
    audit.muted("U0ADA0000", "allowed", "disk full")
    logger.removeHandler(recorder)
    logger.setLevel(before)
    assert text == "INFO and above reach #ops-log (its own level)"
    assert recorder.taken == [("slack_logging.audit", logging.INFO)]


@pytest.mark.parametrize(("most", "kept"), [(1, "the record"), (1_000, "the 1,000 records")])
def test_what_a_handler_keeps_as_context_is_told(tree: logging.Logger, most: int, kept: str) -> None:
    """As it shows lower records with an error only."""
    tree.addHandler(SlackHandler("#ops-log", context=most))
    tree.setLevel(logging.INFO)
    text = f"ERROR and above reach #ops-log, {kept} before, from INFO on, as context (its own level)"
    assert told("tree", current()).text == text


def test_a_handler_behind_another_is_found(tree: logging.Logger) -> None:
    """A MemoryHandler's target is handed everything that it took itself, whatever level the target has."""
    recorder = Recorder(level=logging.ERROR)
    memory = logging.handlers.MemoryHandler(1, target=recorder)
    memory.setLevel(logging.INFO)
    memory.set_name("memory")
    tree.addHandler(memory)
    tree.setLevel(logging.DEBUG)
    assert current()["tree"].outlets == (Outlet("memory", "#ops-log", logging.INFO),)
    assert reached("tree", recorder) == [20, 30, 40, 50]
    assert told("tree", current()).text == "INFO and above reach #ops-log (handler memory's level)"


@pytest.mark.parametrize(("respects", "levels"), [(False, [20, 30, 40, 50]), (True, [40, 50])])
def test_a_handler_behind_a_queue_is_found_where_the_queue_knows_its_listener(
    tree: logging.Logger, respects: bool, levels: list[int]
) -> None:
    """As `dictConfig` makes both from Python 3.12 on; the listener says whether its handlers' levels count."""
    recorder = Recorder(level=logging.ERROR)
    made: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    front = logging.handlers.QueueHandler(made)
    front.setLevel(logging.INFO)
    listener = logging.handlers.QueueListener(made, recorder, respect_handler_level=respects)
    front.__dict__["listener"] = listener
    tree.addHandler(front)
    tree.setLevel(logging.DEBUG)
    assert told("tree", current()).text.startswith(f"{logging.getLevelName(levels[0])} and above reach #ops-log")
    reached("tree", recorder)
    while not made.empty():
        listener.handle(made.get())
    assert [level for _, level in recorder.taken] == levels


def test_a_queue_whose_reader_nobody_knows_is_told(tree: logging.Logger) -> None:
    """It may well lead to Slack: nothing wrong is claimed of it."""
    tree.addHandler(logging.handlers.QueueHandler(queue.SimpleQueue()))
    why = "there is only a queue's handler on tree, and who reads the queue is not known here"
    assert told("tree", current()).text == f"nothing known reaches Slack: {why}"


def test_a_handler_of_somebody_elses_may_say_that_it_posts(tree: logging.Logger) -> None:
    """By the same property that the Slack handler has."""

    class Mine(logging.NullHandler):
        slack_place = "#mine"

    tree.addHandler(Mine())
    tree.setLevel(logging.INFO)
    assert told("tree", current()).text == "INFO and above reach #mine (its own level)"


def test_a_webhook_is_told_by_its_name(tree: logging.Logger) -> None:
    """Never by its address, which is a secret."""
    handler = SlackHandler(webhook_url="https://hooks.slack.com/services/T0/B0/fakefakefake")
    tree.addHandler(handler)
    text = told("tree", current()).text
    tree.removeHandler(handler)
    assert "reach " in text
    assert "fakefake" not in text
