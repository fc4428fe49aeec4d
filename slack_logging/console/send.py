"""`slack-logging send`: the lines of a file or of standard input, as records, through the handler that programs use."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from slack_logging import SlackHandler, Stats, clock, options
from slack_logging.console.hook import HELP, address
from slack_logging.console.lines import json_record, text_record
from slack_logging.console.progress import Progress
from slack_logging.console.world import unpostable
from slack_logging.errors import ConfigurationError, RateLimited, Unreachable
from slack_logging.passive.messages.medium import SLACK, Medium
from slack_logging.passive.records.capture import MAX_CHARS
from slack_logging.slack.credentials import REMEDY_BY_ENVIRONMENT, find_token

#: Bytes that are kept of a line: all that a record shows, also where JSON writes each character as six.
_MAX_LINE = 4 * 2**20

#: What is amiss with a line that the handler, or what is kept of it, does not show whole.
_CUT = f"longer than a record can be, cut after {MAX_CHARS // 1024} KiB of text"

#: Messages that may wait before reading pauses: more than twenty would become a digest, and not be read line by line.
_MESSAGES_AT_ONCE = 10

#: What a line takes of a message besides its text, about.
_FRAME = 64

#: Bytes that may wait: so far above what reading lets wait that nothing is dropped.
_MAX_BYTES = 64 * 2**20

#: Lines that are named by their numbers for each thing that is amiss.
_LINES_NAMED = 5

#: Seconds between two looks at how far Slack is.
_GLANCE = 0.5

_EPILOG = """Each line is a record; blank ones are left out. With --json a line is an entry as SlackFormatter writes it:
{"message": ..., "level": "ERROR", "logger": ..., "time": ..., "exception": ..., "extra": {...}}; all but message may be
missing, and the names that python-json-logger, structlog and Google Cloud give will do as well, such as "levelname",
"exc_info", "event" and "severity". Other fields are shown behind the message. A line that is no such object is sent as
text; stderr says which lines are, and which have a level that is none.

Nothing is read where Slack takes neither the token nor posts to the channel; a Slack that is away is waited for.

A record shows up to 256 KiB of text, and of a line no more than 4 MiB are looked at: stderr says which lines were cut.

Slack takes about one message a second, each of up to 12,000 characters, some 200 short lines: reading waits for it, and
stderr says how far it is. Ctrl-C and SIGTERM end reading and send what was read; Ctrl-C after either ends at once. The
last line on stderr accounts for every line. The exit status is 1 if a line was not shown, 130 after Ctrl-C or SIGTERM.

examples:
  make test 2>&1 | slack-logging send --channel '#builds'
  slack-logging send --channel '#ops-log' --json service.log
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("file", nargs="?", metavar="FILE", help="read this instead of standard input")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--channel", metavar="C", help="where to: a name or an id")
    where.add_argument("--webhook-url", metavar="URL", help=HELP)
    parser.add_argument("--level", type=_level, default="INFO", metavar="L", help="of the lines (default: %(default)s)")
    parser.add_argument("--logger", default="stdin", metavar="NAME", help="that they are from (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="read JSON lines")
    parser.add_argument(
        "--timeout",
        type=_duration,
        default="5m",
        metavar="T",
        help="give up when Slack takes nothing for so long: seconds, or such as 90s, 10m (default: %(default)s)",
    )


def _level(text: str) -> int:
    name = text.strip().upper()
    number = int(name) if name.isdecimal() else logging.getLevelName(name)
    if not isinstance(number, int):
        raise argparse.ArgumentTypeError(f"{text!r} is no level: give one such as WARNING, or a number")
    return number


def _duration(text: str) -> float:
    try:
        return options.parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """Send everything and return the exit status. Call it from the main thread.

    Args:
        args: as `add_arguments` declared them.

    Raises:
        ConfigurationError: the channel's name or the webhook's address is none, a file cannot be read, or nothing can
            be posted to the channel; nothing was read then.
        Rejected: there is no token, or Slack does not take it; nothing was read then.
    """
    amiss = _Amiss()
    make = partial(json_record, amiss=amiss.add) if args.json else text_record
    with _opened(args.file) as stream:  # first, for it is the caller's own
        if args.webhook_url is None:
            handler, portion = SlackHandler(args.channel, max_bytes=_MAX_BYTES), _MESSAGES_AT_ONCE * SLACK.room
            _look_first(args.channel)
        else:
            webhook = address(args.webhook_url)
            handler = SlackHandler(webhook_url=webhook.url, max_bytes=_MAX_BYTES)
            portion = _MESSAGES_AT_ONCE * Medium.by_webhook(webhook.service).room
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            return _Sending(handler, args.timeout, portion, amiss).run(
                stream, lambda line: make(line, level=args.level, logger=args.logger)
            )
        finally:
            handler.close()


def _interrupt(*_: object) -> None:
    """End reading, once: timeout(1) and others send SIGTERM twice, to the process and to its group."""
    _ignore(signal.SIGTERM)
    raise KeyboardInterrupt


def _ignore(*numbers: signal.Signals) -> None:
    for number in numbers:
        signal.signal(number, lambda *_: None)  # of a SIG_IGN Python says that it came in during a race


def _look_first(channel: str) -> None:
    """Refuse what does not mend itself before anything is read; a Slack that is away may come back."""
    find_token(remedy=REMEDY_BY_ENVIRONMENT)
    with contextlib.suppress(Unreachable, RateLimited):
        if problem := unpostable(channel, clock.current()):
            raise ConfigurationError(problem)


def _opened(file: str | None) -> AbstractContextManager[BinaryIO]:
    if file is None:
        if sys.stdin is None:
            raise ConfigurationError("standard input is closed: there is nothing to read; name a FILE")
        return contextlib.nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from None


class _Amiss:
    """Which lines are not shown as they were meant.

    Attributes:
        line: the number of the one that is being read.
    """

    def __init__(self) -> None:
        self.line = 1
        self._counts: Counter[str] = Counter()
        self._first: dict[str, list[int]] = {}

    def add(self, what: str) -> None:
        """Note what is amiss with the line that is being read."""
        self._counts[what] += 1
        first = self._first.setdefault(what, [])
        if len(first) < _LINES_NAMED:
            first.append(self.line)

    def __iter__(self) -> Iterator[str]:
        """Yield a sentence for each thing that is amiss, with the first lines' numbers."""
        for what, first in self._first.items():
            more = self._counts[what] - len(first)
            numbers = f"{', '.join(map(str, first))}{f' and {more:,} more' if more else ''}"
            yield f"{'line' if self._counts[what] == 1 else 'lines'} {numbers}: {what}"


class _Sending:
    """One run: reads, hands on, waits, and accounts for it.

    Args:
        handler: takes the records.
        timeout: seconds without any progress after which it is given up.
        portion: bytes that may wait.
        amiss: lines that are not shown as they were meant, noted while they are read.
    """

    def __init__(self, handler: SlackHandler, timeout: float, portion: int, amiss: _Amiss) -> None:
        self._handler = handler
        self._amiss = amiss
        self._timeout = timeout
        self._portion = portion
        self._clock = clock.current()
        self._progress = Progress(sys.stderr, self._clock, "slack-logging send")
        self._read = 0

    def run(self, stream: BinaryIO, make: Callable[[str], logging.LogRecord]) -> int:
        """Send each line of `stream`, and return the exit status."""
        settled, status = False, 0
        try:
            try:
                settled = self._hand_on(stream, make) and self._settle()
            except KeyboardInterrupt:
                status = 130
                self._say_what_is_left()
                settled = self._settle()
        finally:
            if status:
                _ignore(signal.SIGINT, signal.SIGTERM)  # the account is given, however often somebody types it
            self._progress.end()
            if not settled:
                self._handler.give_up()
            stats = self._handler.stats()
            self._read = max(self._read, stats.emitted)  # Ctrl-C may come between a line and its count
            for sentence in self._amiss:
                print(f"slack-logging send: {sentence}", file=sys.stderr)
            print(f"slack-logging send: {_summary(self._read, stats, settled=settled)}", file=sys.stderr)
        shown = stats.delivered + stats.merged
        return status if settled and shown == self._read else 1

    def _hand_on(self, stream: BinaryIO, make: Callable[[str], logging.LogRecord]) -> bool:
        """Read to the end, with pauses where Slack is slower; False when it takes nothing any more."""
        waiting = 0
        for line, is_cut in iter(lambda: _next_line(stream), (b"", False)):
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if text.strip():
                record = make(text)
                if is_cut or len(record.msg) > MAX_CHARS:
                    self._amiss.add(_CUT)
                self._handler.handle(record)
                self._read += 1
                self._show_progress()
                waiting += len(line) + _FRAME
            self._amiss.line += 1
            if waiting >= self._portion:
                if not self._settle():
                    return False
                waiting = 0
        return True

    def _settle(self) -> bool:
        """Wait until Slack has everything; False when it refuses, or takes nothing for too long."""
        pending, since = -1, 0.0
        while True:
            asked_at = self._clock.monotonic()
            if self._handler.flush(_GLANCE):
                return True
            now, left = self._clock.monotonic(), self._handler.stats().pending
            self._show_progress()
            if now - asked_at < _GLANCE / 2:  # flush does not wait where Slack refuses everything
                return False
            if left != pending:
                pending, since = left, asked_at
            if now - since >= self._timeout:
                return False

    def _say_what_is_left(self) -> None:
        self._progress.end()
        if left := self._handler.stats().pending:
            lines = "1 line is" if left == 1 else f"{left:,} lines are"
            print(f"slack-logging send: {lines} still to be sent; Ctrl-C again ends at once", file=sys.stderr)

    def _show_progress(self) -> None:
        self._progress.show(lambda: _progress(self._read, self._handler.stats()))


def _next_line(stream: BinaryIO) -> tuple[bytes, bool]:
    """Return the beginning of the next line, empty at the end, and whether there was more, which is passed over."""
    line = part = stream.readline(_MAX_LINE)
    is_cut = False
    while len(part) == _MAX_LINE and not part.endswith(b"\n"):
        part = stream.readline(_MAX_LINE)
        is_cut = is_cut or bool(part.rstrip(b"\r\n"))
    return line, is_cut


def _progress(read: int, stats: Stats) -> str:
    return f"{_lines(read)}, {stats.delivered + stats.merged:,} in Slack, {stats.pending:,} waiting"


def _summary(read: int, stats: Stats, *, settled: bool) -> str:
    """Return what became of the lines: the numbers add up to those read."""
    counts = {
        "shown": stats.delivered,
        "merged into equal ones": stats.merged,
        **{f"dropped ({reason})": count for reason, count in stats.dropped.items()},
        "left out (slack_logging's or slack_sdk's own)": read - stats.emitted,
        "not sent": stats.pending,
    }
    parts = [f"{count:,} {what}" for what, count in counts.items() if count or what == "shown"]
    unattached = "" if settled or stats.pending else "; a file is not attached"
    return f"{_lines(read)}: {', '.join(parts)}{unattached}"


def _lines(read: int) -> str:
    return f"{read:,} {'line' if read == 1 else 'lines'} read"
