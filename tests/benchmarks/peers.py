"""Who is measured: each peer as its own documentation sets it up, posting to the addresses that it is given.

The three that need nothing installed are the floor, the yardstick and we. A peer's package is imported only in a
process that measures it.
"""

from __future__ import annotations

import atexit
import logging
import logging.handlers
import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from slack_logging.passive.records.stats import Stats

FLOOR, YARDSTICK, OURS = "NullHandler", "QueueHandler", "slack_logging"

#: Where a peer posts to, by the names that `world.World.addresses` has.
Addresses = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attached:
    """A peer, ready: what an application calls.

    Attributes:
        info: takes a template and its arguments.
        error: likewise.
        braces: templates are written with ``{}`` instead of ``%s``.
        stats: says where the records went; only ours can.
    """

    info: Callable[..., object]
    error: Callable[..., object]
    braces: bool = False
    stats: Callable[[], Stats] | None = None

    def template(self, text: str) -> str:
        """Return a template of logging's kind as this peer writes it."""
        return text.replace("%s", "{}").replace("%d", "{}") if self.braces else text


@dataclass(frozen=True, slots=True)
class Peer:
    """One of those who are compared.

    Attributes:
        name: as the tables have it.
        attach: sets it up.
        imports: what an application imports for it; empty for what logging itself brings along.
        distribution: what to install for it; empty for what needs nothing.
        delivers: it posts something somewhere.
        throttled: where it posts to can say "too many requests".
    """

    name: str
    attach: Callable[[Addresses], Attached]
    imports: str = ""
    distribution: str = ""
    delivers: bool = True
    throttled: bool = True

    @property
    def missing(self) -> str:
        """Return why it cannot be measured here; empty if it can."""
        if self.distribution:
            try:
                version(self.distribution)
            except PackageNotFoundError:
                return f"{self.distribution} is not installed"
        return ""

    @property
    def title(self) -> str:
        """Return its name and version."""
        has_own_name = self.distribution == self.name
        return f"{self.name} {version(self.distribution)}" if has_own_name else self.name


def logger_with(handler: logging.Handler) -> logging.Logger:
    """Return a logger with just this handler."""
    logger = logging.getLogger("shop.orders")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    return logger


def _logging(handler: logging.Handler, stats: Callable[[], Stats] | None = None) -> Attached:
    logger = logger_with(handler)
    return Attached(logger.info, logger.error, stats=stats)


def _null(_addresses: Addresses) -> Attached:
    return _logging(logging.NullHandler())


def _queue(_addresses: Addresses) -> Attached:
    """Nobody takes from the queue: the least that it can cost."""
    return _logging(logging.handlers.QueueHandler(queue.SimpleQueue()))


def _ours(addresses: Addresses) -> Attached:
    from slack_logging import SlackHandler

    handler = SlackHandler("#ops-log", token=addresses["token"], api_url=addresses["api_url"])
    return _logging(handler, handler.stats)


class _Posting(logging.Handler):
    """What people write first: each record a call of slack_sdk's client."""

    def __init__(self, addresses: Addresses) -> None:
        super().__init__()
        self._client = import_module("slack_sdk").WebClient(addresses["token"], base_url=addresses["api_url"])

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._client.chat_postMessage(channel="#ops-log", text=self.format(record))
        except Exception:  # noqa: BLE001 - as logging's own handlers do
            self.handleError(record)


def _listener(addresses: Addresses) -> Attached:
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(waiting, _Posting(addresses))
    listener.start()
    atexit.register(listener.stop)
    return _logging(logging.handlers.QueueHandler(waiting))


def _slackhandler(addresses: Addresses) -> Attached:
    return _logging(import_module("SlackLogger").SlackHandler(addresses["webhook_url"]))


class _Sending(logging.Handler):
    """The shortest handler in front of py-slack-logger, which is none itself."""

    def __init__(self, addresses: Addresses) -> None:
        super().__init__()
        self._slack = import_module("slack_logger").SlackLogger(addresses["token"])
        self._slack.slack.base_url = addresses["api_url"]

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._slack.send("#ops-log", title=record.levelname, description=self.format(record), tag_channel=False)
        except Exception:  # noqa: BLE001 - as logging's own handlers do
            self.handleError(record)


def _slack_logger(addresses: Addresses) -> Attached:
    return _logging(_Sending(addresses))


def _sentry(addresses: Addresses) -> Attached:
    import_module("sentry_sdk").init(dsn=addresses["sentry_dsn"], enable_logs=True)
    return _logging(logging.NullHandler())  # it hooks into logging itself


def _logstash(addresses: Addresses) -> Attached:
    handler = import_module("logstash_async.handler").AsynchronousLogstashHandler
    return _logging(handler("127.0.0.1", int(addresses["logstash_port"]), database_path=None))


def _loguru(addresses: Addresses) -> Attached:
    logger = import_module("loguru").logger
    logger.remove()
    logger.add(_Posting(addresses), enqueue=True, format="{message}")
    return Attached(logger.info, logger.error, braces=True)


PEERS = {
    peer.name: peer
    for peer in (
        Peer(FLOOR, _null, delivers=False),
        Peer(YARDSTICK, _queue, "import logging.handlers", delivers=False),
        Peer(OURS, _ours, "from slack_logging import SlackHandler"),
        Peer("QueueListener", _listener, "from slack_sdk import WebClient", "slack_sdk"),
        Peer("logging-slackhandler", _slackhandler, "from SlackLogger import SlackHandler", "logging-slackhandler"),
        Peer("py-slack-logger", _slack_logger, "from slack_logger import SlackLogger", "py-slack-logger"),
        Peer("sentry-sdk", _sentry, "import sentry_sdk", "sentry-sdk"),
        Peer(
            "python-logstash-async",
            _logstash,
            "import logstash_async.handler",
            "python-logstash-async",
            throttled=False,
        ),
        Peer("loguru", _loguru, "from loguru import logger", "loguru"),
    )
}
