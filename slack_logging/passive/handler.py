"""The handler: what stands in a logging config.

`emit` captures and returns: no network, no lock that anybody may hold, no exception. The sender does the rest.
Nothing here does I/O when it is constructed, and the sender's thread starts with the first record.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import weakref
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from slack_logging import clock, notices, options
from slack_logging.errors import ConfigurationError, Rejected
from slack_logging.instance import Instance
from slack_logging.passive.copies import Copyable, unshown
from slack_logging.passive.destination import Destination
from slack_logging.passive.records.capture import Captured, capture_any, capture_plain, is_own, restore, with_context
from slack_logging.passive.records.context import Context
from slack_logging.passive.records.formatter import SlackFormatter, chosen, redacted
from slack_logging.passive.records.instructions import says_skip
from slack_logging.passive.records.outbox import MemoryOutbox
from slack_logging.passive.records.stats import Stats
from slack_logging.passive.sending.connection import say_refused
from slack_logging.passive.sending.delivery import Delivery, holds_logging_lock
from slack_logging.passive.sending.worker import own_threads
from slack_logging.redaction.redactor import Redactor
from slack_logging.slack.credentials import bot_token, checked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from slack_logging.active.source import SlackCommandSource
    from slack_logging.passive.sending.living import LivingIncident
    from slack_logging.passive.sending.sender import Sender
    from slack_logging.slack.transport import Client

#: Less room than this holds no full message.
_LEAST_BYTES = 64 * 1024

#: The least that makes commands possible, with an example of each.
_COMMANDS_NEED = {"channel": "'#ops-commands'", "allow": "['U024BE7LH']"}
_COMMANDS_EXAMPLE = f"{{{', '.join(f'{name!r}: {value}' for name, value in _COMMANDS_NEED.items())}}}"

#: The part of the time left at a close that is for commands: what they log when they end is still to be posted.
_FOR_COMMANDS = 0.8

#: Seconds that they have even when records have used up all: what runs is interrupted, and what is left is said.
_LEAST_FOR_COMMANDS = 0.1

_OPTIONS = (
    "channel", "webhook_url", "token", "api_url", "level", "service", "flush_interval", "group_window", "context",
    "mention", "max_bytes", "redact", "commands", "close_timeout",
)  # fmt: skip


class SlackHandler(Copyable):
    """Posts records to a Slack channel, or by a webhook, and starts the commands' side where `commands` says so.

    Every value may also be a string, as INI, JSON and YAML give it.

    Args:
        channel: where to post, a name such as ``"#ops-log"`` or an id.
        webhook_url: the address of an incoming webhook, instead of a channel: Slack's, Discord's with ``/slack`` at its
            end, Mattermost's and the like. It posts and nothing else: no counts in place, threads or files.
        token: a bot token; default: ``SLACK_BOT_TOKEN``, or the file that ``SLACK_BOT_TOKEN_FILE`` names.
        api_url: another Slack's Web API, such as the local one's, with its trailing ``/api/``; default:
            ``SLACK_API_URL``, else Slack's own.
        level: as in `logging.Handler`.
        service: the program's name, of at most 100 characters, shown under each message; default: what was started.
        flush_interval: seconds that records below ERROR wait for company, so that a channel stays readable; a message
            that is full goes before that. ERROR and above wake the sender at once.
        group_window: seconds for which repeats of an error change the count in its message; when it has passed without
            one, the message says that all is quiet, and the next is a message of its own.
        context: 0, or how many records below ERROR, at most 1,000, are kept for each task or thread: then they are not
            posted, but go into the thread of the error that follows.
        mention: who is notified of each new error: the id of a user or user group, ``"here"`` or ``"channel"``.
        redact: whether secrets are taken out of records before they are shown; a mapping adds ``values``, ``keys`` and
            ``patterns`` to what is known. See `slack_logging.redaction`. False weakens, and is said on stderr.
        max_bytes: text that may wait while Slack is slow or down, about, such as ``"32 MiB"``, up to half of it in
            files; then lower levels are dropped and counted, evicted first to keep room for ERROR and above.
        commands: options of `SlackCommandSource`, with its ``channel`` and ``allow``, and ``start``: ``"auto"``
            (default) reads commands `start_delay` after this, ``"manual"`` when `slack_logging.start` is called.
        close_timeout: seconds that `flush` and `close` wait for Slack in all.

    Raises:
        ConfigurationError: an option is wrong. A wrong world (no token, no such channel, no network) never raises: it
            is one line on stderr, the records are kept, and it is tried again.
    """

    def __init__(
        self,
        channel: str | None = None,
        *,
        webhook_url: str | None = None,
        token: str | None = None,
        api_url: str | None = None,
        level: int | str = logging.NOTSET,
        service: str | None = None,
        flush_interval: float | timedelta | str = 10.0,
        group_window: float | timedelta | str = 300.0,
        context: int | str = 0,
        mention: str | None = None,
        max_bytes: int | str = 32 * 2**20,
        redact: bool | str | Mapping[str, Any] = True,
        commands: Mapping[str, Any] | None = None,
        close_timeout: float | timedelta | str = 5.0,
        **unknown: NoReturn,
    ) -> None:
        if unknown:
            _refuse(unknown)
        self._destination = Destination.of(channel, webhook_url)
        self._token = None if token is None else checked(options.secret("token", token))
        self._api_url = None if api_url is None else options.url("api_url", api_url)
        self._service = None if service is None else options.service("service", service)
        self._flush_interval = options.seconds("flush_interval", flush_interval)
        self._group_window = options.seconds("group_window", group_window)
        most = options.whole_number("context", context, least=0)
        self._context = Context(most) if most else None
        self._mention = "" if mention is None else self._destination.mention(mention)
        self._max_bytes = options.size("max_bytes", max_bytes, least=_LEAST_BYTES)
        self._close_timeout = options.seconds("close_timeout", close_timeout)
        self._clock = clock.current()
        self._json = SlackFormatter(self._service)
        self._redactor = self._make_redactor(redact)
        self._delivery = self._make_delivery()
        self._source: SlackCommandSource | None = None
        #: When commands are read: ``"auto"``, ``"manual"``, or not at all.
        self.starts = ""
        self._closed = False
        self._source_pid = os.getpid()
        super().__init__(options.level("level", level))
        _handlers.add(self)
        if commands is not None:
            self._make_source(dict(options.mapping("commands", commands, example=_COMMANDS_EXAMPLE)))
        if self.starts == "auto":
            self.start_commands()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.slack_place} ({logging.getLevelName(self.level)})>"

    def setLevel(self, level: int | str) -> None:  # noqa: N802 - logging's own name
        """Set from which level on records are taken. Raises `ConfigurationError` for what is none."""
        super().setLevel(options.level("level", level))

    def setFormatter(self, fmt: logging.Formatter | None) -> None:  # noqa: N802 - logging's own name
        """Set what makes the whole text; what nobody chose, as of `logging.basicConfig`, counts as none."""
        super().setFormatter(chosen(fmt))

    def handle(self, record: logging.LogRecord) -> bool | logging.LogRecord:  # type: ignore[override] # as from 3.12 on
        """Filter and emit, without the lock that `logging.Handler.handle` takes: one slow thread stops no other."""
        passed = self.filter(record) if self.filters else True
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record in. Never blocks, never raises; safe in signal handlers and finalizers."""
        if threading.get_ident() in own_threads:
            return
        try:
            if (record.name or "")[:6] == "slack_" and is_own(record.name):
                return
            captured = capture_plain(record) if self.formatter is None else None
            if captured is None:
                if "slack" in record.__dict__ and says_skip(record.__dict__["slack"]):
                    return
                captured = capture_any(record, self.formatter, self._redactor.redact_arguments)
            urgent = record.levelno >= logging.ERROR
            if self._context is None or "slack" in record.__dict__:  # which says where it goes
                self._delivery.put(captured, urgent=urgent)
            else:
                self._put_in_context(captured, self._context, record)
        except Exception:  # noqa: BLE001 - the application wins, whatever a record's objects do
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Count a record that could not be taken in, and say so once on stderr, without its content."""
        self._delivery.outbox.emitted.add()
        self._delivery.outbox.broken.add()
        error = sys.exc_info()[1]
        notices.say("capture", f"a record of logger {record.name} could not be taken in: {type(error).__name__}")

    @property
    def channel(self) -> str:
        """Where the records go, as configured: a name or an id; empty where that is a webhook."""
        return self._destination.channel

    @property
    def slack_place(self) -> str:
        """Where the records go, in words: the channel as configured, or what the webhook is called."""
        return self._destination.name

    @property
    def context(self) -> int:
        """How many records below ERROR are kept for the error that follows, instead of being posted."""
        return self._context.most if self._context else 0

    def _configured(self) -> dict[str, Any]:
        kept = "token api_url service flush_interval group_window mention max_bytes redact close_timeout".split()
        given = {name: getattr(self, f"_{name}") for name in kept} | self._destination.configured
        given |= {"level": self.level, "context": self.context}
        return {name: value for name, value in given.items() if value not in (None, "")}

    def stats(self) -> Stats:
        """Return where the records went. From any thread; may wait a moment for the sender."""
        return self._delivery.sender.stats()

    def incidents(self) -> tuple[LivingIncident, ...]:
        """Return the errors of which Slack is still told more, oldest first. From any thread; may wait a moment."""
        return self._delivery.sender.incidents()

    def mute(self, fingerprint: str, duration: float | timedelta | str = 3600.0, *, by: str = "") -> None:
        """Leave the records of an error out of Slack for a while; `stats` counts them as dropped.

        Its message says so, and in the end how many they were. What comes after that is told as new. From any thread.

        Args:
            fingerprint: of the error, as `incidents` and the canonical entry have it.
            duration: seconds from now, also where it is muted already.
            by: who asked for it; shown in the message, and notified of nothing.
        """
        self._delivery.sender.mute(fingerprint, options.seconds("duration", duration), by)

    def unmute(self, fingerprint: str) -> bool:
        """Undo `mute`: the error's message goes on counting. False if it was not muted. From any thread."""
        return self._delivery.sender.unmute(fingerprint)

    def fingerprint(self, record: logging.LogRecord) -> str:
        """Return what `incidents` calls the error that a record tells; empty for what is no error, or not for us."""
        if record.levelno < max(self.level, logging.ERROR):
            return ""
        captured = capture_any(record, self.formatter, self._redactor.redact_arguments)
        return str(restore(captured).__dict__["slack"]["fingerprint"])

    def redact(self, text: str) -> str:
        """Return a text without the secrets that this handler takes out of records. From any thread."""
        return self._redactor.redact(text)

    def unseen(self, error: Rejected, by: object) -> None:
        """Say on stderr that Slack sees no such channel, if the client `by`, who was told so, is the one who posts."""
        with contextlib.suppress(Rejected):
            if self._connect() is by:
                say_refused(self.channel, Rejected("chat.postMessage", error.code, error.hint))

    def flush(self, timeout: float | timedelta | None = None) -> bool:  # type: ignore[override] # None says less
        """Wait until all that was taken in is settled, what other threads log meanwhile included.

        Args:
            timeout: seconds; default: `close_timeout`.

        Returns:
            Whether it is. False at once where Slack refuses everything (no token, no such channel), and where this
            thread holds logging's module lock, as `dictConfig` does: then the rest goes out in the background.
        """
        seconds = self._close_timeout if timeout is None else options.seconds("timeout", timeout)
        return self._delivery.flush(self._clock.monotonic() + seconds)

    def give_up(self) -> None:
        """Wait no longer for what is pending, neither here nor at exit, and do not say that it is lost: you do.

        Its thread goes on for as long as the program does.
        """
        self._delivery.give_up()

    def close(self) -> None:
        """Stop reading commands, flush, and let the thread end. A record that comes later opens it again.

        Inside `dictConfig`, which holds logging's lock, nothing is waited for: both ends in the background.
        """
        self._closed = True
        deadline = self._delivery.deadline()
        if self._source is not None and self._source_pid == os.getpid():
            left = max(deadline - self._clock.monotonic(), 0.0)
            self._source.close(0.0 if holds_logging_lock() else max(left * _FOR_COMMANDS, _LEAST_FOR_COMMANDS))
        self._delivery.close(deadline)
        super().close()

    def start_commands(self) -> None:
        """Begin to read commands, unless ``SLACK_LOGGING_COMMANDS=off``. Does nothing without `commands`, or closed."""
        try:
            is_off = self._closed or not options.switch("SLACK_LOGGING_COMMANDS", os.environ)
        except ConfigurationError as error:  # the environment is the world: that it is wrong is said, not raised
            is_off = True
            notices.say("SLACK_LOGGING_COMMANDS", f"{error}. Until then no commands are read")
        if self._source is not None and not is_off:
            self._source_pid = os.getpid()
            self._source.start(self)

    def check_commands(self) -> frozenset[str]:
        """Look at what shows only when reading starts, importing the router; return who needs a one-time code's secret.

        Raises:
            ConfigurationError, MissingDependencyError: see `SlackCommandSource.check`.
        """
        return frozenset() if self._source is None else self._source.check()

    def _put_in_context(self, captured: Captured, context: Context, record: logging.LogRecord) -> None:
        """Have an error posted with what led to it, and anything else kept aside until an error follows."""
        if record.levelno >= logging.ERROR:
            kept = context.take(record)
            self._delivery.put(with_context(captured, kept) if kept else captured, urgent=True)
        else:
            outbox = self._delivery.outbox
            outbox.emitted.add()
            outbox.context.add()
            context.keep(captured, record)

    def _make_delivery(self) -> Delivery:
        name, most, within = self._destination.name, self._max_bytes, self._close_timeout
        return Delivery(name, max_bytes=most, make_sender=self._make_sender, close_timeout=within, clock=self._clock)

    def _make_sender(self, outbox: MemoryOutbox) -> Sender:
        from slack_logging.passive.sending.sender import Sender  # here: who only imports us sends nothing

        return Sender(
            channel=self._destination.name,
            outbox=outbox,
            connect=self._connect,
            entry_of=self._entry_of,
            own_format=lambda: self.formatter is not None,
            instance=Instance.current(self._service),
            flush_interval=self._flush_interval,
            group_window=self._group_window,
            mention=self._mention,
            clock=self._clock,
            medium=self._destination.medium,
        )

    def _connect(self) -> Client:
        if self._destination.address is not None:
            from slack_logging.slack import webhook  # here, because it loads slack_sdk

            return webhook.connect(self._destination.address, self._clock)
        from slack_logging.slack.client import connect  # here, because it loads slack_sdk

        self._redactor.register(bot_token(self._token))
        return connect(self._token, self._api_url, self._clock)

    def _entry_of(self, captured: Captured) -> str:
        return self._json.format(redacted(restore(captured, self._redactor.redact_arguments), self._redactor))

    def _make_redactor(self, given: object) -> Redactor:
        own = [*([] if self._token is None else [self._token]), *self._destination.secrets]
        redactor = Redactor.configured(given, environ=os.environ, own=own, pause=clock.taking_turns())
        self._redact = unshown(given)
        if redactor.is_off:
            place = self._destination.name
            notices.say(f"{place} redact", f"redact=False: secrets in records reach {place} as they are")
        return redactor

    def _make_source(self, given: dict[str, object]) -> None:
        """Make the source that `commands` describes; `starts` says when it does."""
        from slack_logging.active.source import OPTIONS, SlackCommandSource  # here, because most handlers have none

        options.reject_unknown("commands", given, ["channel", "start", *OPTIONS])
        start = given.pop("start", "auto")
        if start not in ("auto", "manual"):
            raise ConfigurationError(f"commands: start={start!r}: expected 'auto' or 'manual'")
        for name, example in _COMMANDS_NEED.items():
            if name not in given:
                raise ConfigurationError(f"commands: {name} is missing: add one, such as {name!r}: {example}")
        if options.channel("commands: channel", given["channel"]).lstrip("#") == self._destination.channel.lstrip("#"):
            raise ConfigurationError(f"commands: channel={given['channel']!r} is where the records go: use another")
        defaults = {"token": self._token, "api_url": self._api_url, "service": self._service, "start_delay": 5.0}
        make: Callable[..., SlackCommandSource] = SlackCommandSource
        try:
            self._source = make(**{**defaults, **given})
        except ConfigurationError as error:
            raise ConfigurationError(f"commands: {error}") from error.__cause__
        self.starts = str(start)


def start() -> None:
    """Begin to read commands in this process, for every handler whose commands say ``"start": "manual"``.

    Call it where a server's worker process begins, such as gunicorn's `post_worker_init`.
    """
    for handler in list(_handlers):
        if handler.starts == "manual":
            handler.start_commands()


_handlers: weakref.WeakSet[SlackHandler] = weakref.WeakSet()


def _refuse(unknown: Mapping[str, object]) -> None:
    """Raise for options that the handler does not have, and say where they belong."""
    from slack_logging.active.source import OPTIONS

    for name in unknown:
        if name in (*OPTIONS, "start"):
            raise ConfigurationError(f"SlackHandler has no option {name!r}: it belongs into commands={{...}}")
    options.reject_unknown("SlackHandler", unknown, _OPTIONS)
