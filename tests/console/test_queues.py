"""`slack-logging check --config`: a QueueHandler before Slack, which takes somebody who reads the queue.

Each Python's `dictConfig` takes something else; what it takes is not refused, and what it refuses is told.
"""

from __future__ import annotations

import functools
import inspect
import json
import logging.handlers
import os
import queue
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slack_logging.local import LocalSlack
from tests.console.conftest import Run
from tests.console.test_check import notes, wrong

VERSION = ".".join(map(str, sys.version_info[:2]))
REACHES = "ok     logger root: INFO and above reach #ops-log (its own level)"

#: Applies the config it is given, starts what the check says, logs once, and prints what became of that.
APPLY = """
import json, logging.config, sys
try:
    logging.config.dictConfig(json.loads(sys.argv[1]))
except ValueError:
    sys.exit("refused")
exec(sys.argv[2])
logging.getLogger("till").error("queued")
for handler in logging.getLogger().handlers:
    handler.listener.stop()
"""


#: Says of each of many configs whether it is taken.
TAKES = """
import json, logging.config, sys
for config in json.load(sys.stdin):
    try:
        logging.config.dictConfig(config)
    except ValueError:
        print("refused")
    else:
        print("taken")
"""

#: What was called of the classes and functions below.
CALLED: list[str] = []
QUEUE: queue.Queue[object] = queue.Queue()
SIMPLE: queue.SimpleQueue[object] = queue.SimpleQueue()


class Listening(logging.handlers.QueueHandler):
    """What programs had before Python 3.12: a handler that makes its listener itself."""

    def __init__(self, handlers: list[str], queue: Any = None) -> None:  # noqa: ARG002 - they are to be taken
        """Take what `dictConfig` of an older Python gives."""
        CALLED.append("Listening")
        super().__init__(queue or QUEUE)


class Bare(logging.handlers.QueueHandler):
    """It takes no queue."""

    def __init__(self) -> None:
        """Have a queue of its own."""
        CALLED.append("Bare")
        super().__init__(QUEUE)


class Narrow(logging.handlers.QueueListener):
    """It takes no handlers."""

    def __init__(self, queue: Any) -> None:
        """Have none."""
        CALLED.append("Narrow")
        super().__init__(queue)


class Started(logging.handlers.QueueListener):
    """It runs at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take all that a listener takes."""
        CALLED.append("Started")
        super().__init__(*args, **kwargs)


def make_queue(size: int = 0) -> queue.Queue[object]:
    CALLED.append("make_queue")
    return queue.Queue(size)


def make_listener_class(kind: str = "") -> type[logging.handlers.QueueListener]:
    CALLED.append("make_listener_class")
    return Started


def make_handler(**_options: Any) -> logging.Handler:
    CALLED.append("make_handler")
    return logging.NullHandler()


class Lying(logging.NullHandler):
    """What it says that it takes is not what it takes."""

    def __init__(self, **_options: Any) -> None:
        """Take anything."""
        CALLED.append("Lying")
        super().__init__()


Lying.__signature__ = inspect.Signature()  # type: ignore[attr-defined]  # inspect looks for it


class Proxy:
    """It passes for the function it wraps, and takes more, as what wrapt makes does."""

    __class__ = property(lambda self: type(self.__wrapped__))

    def __init__(self, wrapped: Callable[[], object]) -> None:
        """Keep it."""
        self.__wrapped__ = wrapped

    def __getattr__(self, name: str) -> Any:
        """Be as it is."""
        return getattr(self.__wrapped__, name)

    def __call__(self, **_options: Any) -> object:
        """Take anything."""
        CALLED.append("Proxy")
        return self.__wrapped__()


PROXY = Proxy(lambda: logging.NullHandler())


def config_of(**queue: Any) -> dict[str, Any]:
    """Return a config whose root has nothing but a queue's handler."""
    slack = {"class": "slack_logging.SlackHandler", "channel": "#ops-log"}
    front = {"class": "logging.handlers.QueueHandler", "handlers": ["slack"], **queue}
    return {"version": 1, "handlers": {"slack": slack, "q": front}, "root": {"level": "INFO", "handlers": ["q"]}}


def check(run: Run, path: Path, config: dict[str, Any]) -> tuple[int, list[str]]:
    """Return how a check of a config ends, and what it says."""
    (path / "log.json").write_text(json.dumps(config))
    ended = run("check", "--config", str(path / "log.json"))
    assert ended.err == []
    return ended.status, ended.out


def applied(slack: LocalSlack, config: dict[str, Any], start: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", APPLY, json.dumps(config), start]
    return subprocess.run(command, env=slack.environ, capture_output=True, text=True, timeout=50, check=False)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="dictConfig makes no listener before Python 3.12")
def test_a_listener_that_the_program_must_start_is_noted(slack: LocalSlack, run: Run, tmp_path: Path) -> None:
    """In words that do it: nobody else starts it, and without it nothing is posted."""
    status, out = check(run, tmp_path, config_of())
    start = "logging.getHandlerByName('q').listener.start()"
    said = f"handler q: passes records on to slack once your program has started its listener: {start}"
    assert (status, said in notes(out), REACHES in out) == (0, True, True)
    assert applied(slack, config_of(), start).stderr == ""
    assert "queued" in str(slack.messages("#ops-log"))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="dictConfig makes no listener before Python 3.12")
def test_a_listener_of_a_class_of_its_own_may_start_itself(slack: LocalSlack, run: Run, tmp_path: Path) -> None:
    """So nobody is told to."""
    status, out = check(run, tmp_path, config_of(listener="logging.handlers.QueueListener"))
    assert (status, "handler q: passes records on to slack while its listener runs" in notes(out)) == (0, True)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="dictConfig makes the listener from Python 3.12 on")
def test_before_python_3_12_a_queue_that_names_handlers_is_wrong(slack: LocalSlack, run: Run, tmp_path: Path) -> None:
    """As `dictConfig` refuses it; so nothing is said to reach Slack by it."""
    status, out = check(run, tmp_path, config_of())
    said = f"handler q: handlers: dictConfig makes a queue's listener from Python 3.12 on, and this is {VERSION}: name "
    assert (status, REACHES in out) == (1, False)
    assert wrong(out)[0].startswith(said)
    assert applied(slack, config_of()).stderr == "refused\n"


def test_a_handler_of_the_program_may_take_the_same_names(slack: LocalSlack, run: Run, tmp_path: Path) -> None:
    """What makes a handler decides what it takes; it is asked, and not called."""
    status, out = check(run, tmp_path, config_of(**{"class": f"{__name__}.Listening"}))
    assert (status, REACHES in out, CALLED) == (0, True, [])


def own(name: object) -> str:
    return f"{__name__}.{name}"


#: What is given besides, and what is said of it where `dictConfig` refuses it.
GIVEN: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"handlers": None}, "handlers is of type NoneType: expected a list of handlers' names"),
    ({"handlers": ["slak"]}, "names handler 'slak', which does not exist: did you mean slack?"),
    ({"listener": own("Started")}, ""),
    ({"listener": f"ext://{own('Started')}"}, ""),
    ({"listener": {"()": own("make_listener_class"), "kind": "any"}}, ""),
    ({"listener": own("make_listener_class")}, "TypeError: too many positional arguments: make_listener_class takes "),
    (
        {"listener": {"()": own("make_listener_class"), "knd": "any"}},
        "TypeError: got an unexpected keyword argument 'knd': make_listener_class takes kind",
    ),
    (
        {"listener": "logging.StreamHandler"},
        "listener='logging.StreamHandler': expected the name of a subclass of logging.handlers.QueueListener, or of ",
    ),
    (
        {"listener": 5},
        "listener is of type int: expected the name of a subclass of logging.handlers.QueueListener, or ",
    ),
    ({"listener": {"kind": "any"}}, "listener is of type dict: expected the name of a subclass of "),
    ({"listener": f"ext://{own('make_listener_class')}"}, "listener is of type function: expected "),
    ({"listener": "logging.handlers.QueueListner"}, "Cannot resolve 'logging.handlers.QueueListner'"),
    ({"listener": own("Narrow")}, "TypeError: "),
    ({"queue": own("make_queue")}, ""),
    ({"queue": {"()": own("make_queue"), "size": 9, ".": {"name": "till"}}}, ""),
    ({"queue": f"ext://{own('QUEUE')}"}, ""),
    ({"queue": f"ext://{own('SIMPLE')}"}, "queue is of type SimpleQueue: expected "),
    ({"queue": f"ext://{own('make_queue')}"}, "queue is of type function: expected "),
    (
        {"queue": own("QUEUE")},
        f"queue={own('QUEUE')!r}: expected the name of what makes one, such as queue.Queue; one ",
    ),
    (
        {"queue": 5},
        "queue is of type int: expected the name of what makes one, such as queue.Queue; one that there is ",
    ),
    ({"queue": {"()": own("make_queue"), "sise": 9}}, "TypeError: got an unexpected keyword argument 'sise': make_que"),
    ({"queue": own("Narrow")}, "TypeError: missing a required argument: 'queue': Narrow takes queue"),
    ({"respect_handler_level": True, "level": "INFO", ".": {"name": "till"}}, ""),
    ({"capacty": 9}, "TypeError: got an unexpected keyword argument 'capacty': QueueHandler takes queue"),
    ({"class": own("Bare")}, "TypeError: too many positional arguments: Bare takes nothing"),
    (
        {"class": own("Listening"), "handlers": ["slack"], "capacty": 9},
        "TypeError: got an unexpected keyword argument 'capacty': Listening takes handlers, queue",
    ),
    ({"class": own("Listening"), "handlers": ["slak"]}, "names handler 'slak', which does not exist: did you mean "),
    (
        {"class": own("make_handler")},
        f"class={own('make_handler')!r}: expected a class; any other callable is named by '()'",
    ),
    ({"class": f"ext://{own('make_handler')}"}, "class is of type function: expected a class"),
    ({"class": f"ext://{own('Lying')}"}, "class is of type type: dictConfig takes a class "),
    ({"class": None}, "class is of type NoneType: expected a class"),
    ({"()": own("make_handler")}, ""),
    ({"class": own("Lying")}, ""),
    ({"()": own("PROXY")}, ""),
]


@functools.cache
def taken() -> list[str]:
    """Return what `dictConfig` of this Python does with each of them."""
    configs = json.dumps([config_of(**given) for given, _ in GIVEN])
    command, env = [sys.executable, "-c", TAKES], {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        command, input=configs, env=env, capture_output=True, text=True, timeout=50, check=True
    ).stdout.split()


@pytest.mark.parametrize("number", range(len(GIVEN)))
def test_what_dictconfig_takes_is_not_refused_and_what_it_refuses_is_told(
    slack: LocalSlack, run: Run, tmp_path: Path, number: int
) -> None:
    """Once, by what was got and what is expected; nothing of the program's is called for it."""
    given, says = GIVEN[number]
    _, out = check(run, tmp_path, config_of(**given))
    said = [line for line in wrong(out) if line.startswith("handler q: ")]
    assert (taken()[number], CALLED) == ("refused" if said else "taken", [])
    needs_later = (
        f"handler q: handlers: dictConfig makes a queue's listener from Python 3.12 on, and this is {VERSION}: "
    )
    takes_handlers = given.get("class") == own("Listening")
    if said and (takes_handlers or not said[0].startswith(needs_later)):
        assert [said[0][: len(says) + 11]] == [f"handler q: {says}", *said[1:]]
        assert says
