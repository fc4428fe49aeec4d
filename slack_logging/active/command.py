"""A command that somebody typed and this process has claimed: what it says, and how to answer and settle it."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from types import TracebackType

from slack_logging.active import audit
from slack_logging.active.answering.attachment import Attachable
from slack_logging.active.emoji import Mark
from slack_logging.active.language.parsing import ELLIPSIS
from slack_logging.active.origin import Origin
from slack_logging.active.people.approvals import Request
from slack_logging.active.reading.intake import Heard
from slack_logging.errors import (
    AlreadySettled,
    BadArguments,
    Cancelled,
    CommandError,
    NotAuthorized,
    UnknownCommand,
)

#: Seconds that a reply may take, waiting for the channel's pace included; and one that brings a file along.
_REPLY_TIMEOUT, _FILE_TIMEOUT = 60.0, 300.0
#: The module between us and a command's function: its frames in a traceback tell nobody anything.
_PLUMBING = "slack_logging.active.router"
#: Units of a reason: what was typed is quoted in some, and can be 40,000 characters long.
_MAX_REASON = 1_000
#: Characters from which on a secret is looked for in replies: shorter ones stand in every other word.
_LEAST_SECRET = 4

#: How a text is written within quotation marks.
_WRITERS = (repr, json.dumps, partial(json.dumps, ensure_ascii=False))


class Command:
    """One claimed command. A context manager: settled on leaving, as done or, after an exception, as errored.

    An exception inside the block does not leave it: its last line is the reply, its traceback goes to the logger
    ``slack_logging.audit``. A `CommandError` is a reply alone: raise one to refuse in your own words. What is no
    `Exception` (Ctrl-C) does leave it. In a child that was forked inside, every exception does, and nothing is said or
    settled: the parent does that.

    Attributes:
        text: all that was typed, as people saw it when they sent it: ``!deploy api --force``. A one-time code is no
            part of it; where the source does not know your router (give it as `router`), only from `CommandRouter.run`
            on.
        name: the command's name, lower case and with hyphens: ``deploy``; empty after an address alone, ``!@web-1``.
        user: the id of who typed it.
        channel: the channel's id.
        ts: the message's id in the channel, a string.
        permalink: the message's address.
        attempt: 1, or more after `nack`.
        origin: where it came from.
    """

    def __init__(self, heard: Heard, origin: Origin, *, permalink: str, attempt: int) -> None:
        self.heard = heard
        self.text = heard.text
        self.name = heard.call.name
        self.user = heard.user
        self.channel = heard.key.channel
        self.ts = heard.key.ts
        self.permalink = permalink
        self.attempt = attempt
        self.origin = origin
        self._settled = self._abandoned = False
        self._stopped = ""
        self._stop: Callable[[], object] | None = None
        self._secrets: tuple[str, ...] = ()

    @property
    def args(self) -> list[str]:
        """The words after the name.

        Raises:
            BadArguments: a quotation mark is never closed.
        """
        return self.heard.call.args()

    def reply(self, text: object, *, file: Attachable | None = None) -> None:
        """Reply in the command's thread. The text is shown literally and without secrets; a blank one is not posted.

        Until the command is settled, all that is said to it is one message, to which a further reply adds lines; a new
        one begins where it is full. (Slack notifies nobody of a change.) What is said later is a message of its own.
        Text that is too long for a message is shown by its beginning, with the whole in a file below.

        Blocks until Slack has it, at a pace of about one message a second, for up to a minute; with a file, for five.
        May be called from any thread.

        Args:
            text: any; what is no string as `str()` shows it, and None is none.
            file: what the thread gets besides: a file's path, or a name and the content, text or bytes; from 1 byte to
                50 MiB. Text is without secrets; bytes, and the file at a path, are sent as they are.

        Raises:
            DeliveryError: Slack did not take it, or not in time.
            OSError, ValueError, TypeError: the file cannot be read, or be attached; then nothing is said.
        """
        if not self._is_ours:
            return
        given = (file[0], self.masked(file[1])) if isinstance(file, tuple) and isinstance(file[1], str) else file
        timeout = _REPLY_TIMEOUT if file is None else _FILE_TIMEOUT
        said = "" if text is None else self.masked(str(text))
        self.origin.answers.reply(self.heard, said, given, timeout)

    def keep_secret(self, secrets: Iterable[str]) -> None:
        """Hide these texts in what is replied from now on, and what was typed in logs. For who runs it."""
        self.heard = replace(self.heard, is_secret=True)
        self._secrets = tuple(sorted((each for each in secrets if len(each) >= _LEAST_SECRET), key=len, reverse=True))

    def masked(self, text: str) -> str:
        """Return `text` with dots for the command's secrets: as they are, as typed, as `repr` and JSON write them."""
        for secret in self._secrets:
            for form in (secret, *(write(secret)[1:-1] for write in _WRITERS)):
                typed = f"(?:[.]{{3}}|{ELLIPSIS})".join(map(re.escape, form.split("...")))
                text = re.sub(typed, "...", text)
        return text

    def progress(self, done: float, total: float | None, note: str = "") -> None:
        """Show in the reply how far the command is: a bar, a percentage, the count and a note.

        It may be called in the tightest loop, from any thread: it costs microseconds and never waits. The newest is
        shown, first after a second, then every three seconds at most, all commands of a source together. A reply takes
        its place, and once the command is settled it is shown no more.

        Args:
            done: how much is done, in any unit.
            total: how much there is in all; None where nobody knows, which shows no bar. Nor does what is not above 0.
            note: shown literally and without secrets, at most 150 characters.
        """
        if not self._settled and self._is_ours:
            self.origin.answers.progress(self.heard, done, total, self.masked(str(note)))

    def ack(self) -> None:
        """Settle as done. The mark follows within moments. Does not block.

        Raises:
            AlreadySettled: it was settled or released before.
        """
        self._settle(Mark.DONE)

    def fail(self, reason: str) -> None:
        """Reply with the reason and settle as errored. Blocks as `reply` does.

        Raises:
            AlreadySettled: it was settled or released before.
            DeliveryError: Slack did not take the reason; the command is settled all the same.
        """
        self._check_open()
        try:
            self.reply(reason)
        finally:
            self._settle(Mark.ERRORED)

    def nack(self) -> None:
        """Give it back: it is yielded again. Does not block. Its age counts from now.

        Where reading ends first, another process yields it only if it shows neither :eyes: nor a reply: else it is
        interrupted there, and a person decides. What was cancelled is errored instead.

        Raises:
            AlreadySettled: it was settled or released before.
        """
        self._check_open()
        self._settled = True
        if self._is_ours:
            self.origin.release(self)

    def park(self, request: Request) -> None:
        """Give it back until others have approved it: then it is yielded again. For the router; raises as `nack`."""
        self._check_open()
        self._settled = True
        self.origin.park(self, request)

    def take_code(self) -> None:
        """Have the one-time code that was typed last be no part of `text` and `args`. For the router."""
        self.heard = self.heard.without_code()
        self.text = self.heard.text

    @property
    def stopped_by(self) -> str:
        """Why it should stop, in words; empty while it need not."""
        return self._stopped

    @property
    def cancelled(self) -> bool:
        """Whether it should stop: a person said so, its time is over, its message is gone, or the program ends.

        A coroutine is cancelled and a generator ends at its next step, both by themselves. Any other function is
        asked to look here now and then, and to return, or to raise a `CommandError` that says how far it came; what
        it returns is said, and the command is errored.
        """
        return bool(self._stopped)

    def check(self) -> None:
        """Raise `Cancelled` if it should stop."""
        if self._stopped:
            raise Cancelled(self._stopped)

    def cancel(self, reason: str) -> None:
        """Have it stop, as `cancelled` says. Any thread may call it; does not block.

        Args:
            reason: what people are told, such as ``"cancelled by ada"``.
        """
        self._stopped = self._stopped or reason
        if self._stop is not None:
            self._stop()

    def stop_by(self, stop: Callable[[], object] | None) -> None:
        """Have `cancel` call this, too, also if it has been called; for who runs it."""
        self._stop = stop
        if stop is not None and self._stopped:
            stop()

    def abandon(self, outcome: Mark, reason: str) -> None:
        """Have it stop, and settle it unless it is settled, because nobody waits for it any more. For who reads.

        It may run on for as long as there is a process, and how it ends is in the audit at most.

        Args:
            outcome: what is marked.
            reason: what is said in its thread.
        """
        self._abandoned = True
        with contextlib.suppress(AlreadySettled):
            self._settle(outcome, reason)
        self.cancel(reason)  # only now: what it says when it stops comes after that

    def __enter__(self) -> Command:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not self._is_ours:
            return False
        try:
            if error is not None:
                self._conclude(error)
            elif not self._settled:
                self.ack()
        except AlreadySettled:
            if not self._abandoned:  # else it has just been, in another thread
                raise
        return isinstance(error, Exception)

    def _conclude(self, error: BaseException) -> None:
        """Settle by what was raised, and say why to whom it concerns."""
        record: logging.LogRecord | None = None
        if not isinstance(error, CommandError):
            trace = _without_plumbing(error.__traceback__)
            record = audit.raised(
                self.heard, error.with_traceback(trace), masked=self.masked if self._secrets else None
            )
        if self._settled:
            return
        fingerprint = self._fingerprint(record) if record else ""
        self.origin.answers.say(self.heard, self.masked(_reason(error)), most=_MAX_REASON, fingerprint=fingerprint)
        if isinstance(error, (UnknownCommand, BadArguments)):
            self._settle(Mark.NOT_UNDERSTOOD)
        else:
            self._settle(Mark.REFUSED if isinstance(error, NotAuthorized) else Mark.ERRORED)

    def _fingerprint(self, record: logging.LogRecord) -> str:
        """Return what tells the message that the logging side posts of a record; empty where it posts none."""
        operated = self.origin.operated
        if operated is None or not operated.channel or not audit.reaches(operated):
            return ""
        return operated.fingerprint(record)

    def _settle(self, outcome: Mark, last_words: str = "") -> None:
        self._check_open()
        self._settled = True
        if self._is_ours:
            self.origin.settle(self, outcome, last_words)
            audit.decided(self.heard, outcome.name.lower().replace("_", " "))

    @property
    def _is_ours(self) -> bool:
        """Whether this process took it. What it forked settles and says nothing: the parent does."""
        return self.origin.instance.is_us

    def _check_open(self) -> None:
        if self._settled:
            raise AlreadySettled(f"the command {self.heard.shown!r} is settled already: settle each command once")

    def __repr__(self) -> str:
        return f"<Command {self.heard.shown!r} by {self.user} at {self.ts}{' settled' if self._settled else ''}>"


def _without_plumbing(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the router's frames; as it is where there are no others."""
    frames: list[TracebackType] = []
    at = trace
    while at is not None:
        if at.tb_frame.f_globals.get("__name__") != _PLUMBING:
            frames.append(at)
        at = at.tb_next
    kept: TracebackType | None = None
    for frame in reversed(frames):
        kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept or trace


def _reason(error: BaseException) -> str:
    """Return what the person is told: the message of an error meant for people, else the exception's last line."""
    with contextlib.suppress(Exception):  # of an error that cannot say what it is
        if isinstance(error, CommandError):
            return str(error).strip() or "no reason was given"
    told = traceback.TracebackException(type(error), error, None)
    told.__notes__ = None  # type: ignore[attr-defined,unused-ignore] # from Python 3.11 on they would come last
    return list(told.format_exception_only())[-1].strip()
