"""What waits for Slack and what shows there: errors whose messages still change, and the records to come."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from slack_logging.active.command import Command
from slack_logging.active.origin import Living, Operated
from slack_logging.active.reading.muting import MUTED_FOR
from slack_logging.errors import BadArguments, CommandError
from slack_logging.options import format_duration

#: Seconds that `flush` waits for Slack: some twenty messages at its pace of one a second.
_FLUSH_TIMEOUT = 20.0

#: Digits of a fingerprint that are shown at least; more where two errors begin alike.
_LEAST_DIGITS = 4

_FINGERPRINT = re.compile(r"[0-9a-f]{12}")


@dataclass(slots=True)
class _Error:
    """One kind of error, in however many messages: in the channel, and in threads."""

    fingerprint: str
    name: str = ""
    records: int = 0
    last: float = 0.0
    summary: str = ""
    muted_until: float | None = None

    def add(self, living: Living) -> None:
        self.records += living.records
        self.last = max(self.last, living.last)
        self.summary = self.summary or living.summary
        self.muted_until = living.muted_until

    @property
    def saying(self) -> str:
        return f": {self.summary}" if self.summary else ""


def incidents(*, command: Command) -> str:
    """List the errors that still count."""
    now = command.origin.clock.time()
    errors = sorted(_errors(_operated(command).incidents()), key=lambda each: each.last, reverse=True)
    if not errors:
        return "no error has a message that still counts"
    width = max(len(each.name) for each in errors)
    return "\n".join(
        f"{each.name:{width}}  x {each.records:,}, last {format_duration(max(int(now - each.last), 0))} ago"
        f"{_until(each.muted_until)}: {each.summary}"
        for each in errors
    )


def mute(fingerprint: str, *, for_: timedelta = timedelta(seconds=MUTED_FOR), command: Command) -> str:
    """Leave an error's records out.

    Args:
        fingerprint: the error, as incidents shows it; its beginning is enough
        for_: how long
        command: who asks
    """
    operated, duration = _operated(command), for_.total_seconds()
    if duration <= 0:
        raise BadArguments("--for must be more than nothing, such as 1h")
    error = _find(fingerprint, operated)
    operated.mute(error.fingerprint, duration, by=command.origin.name_of(command.user))
    return f"muted {error.name} for {format_duration(duration)}{error.saying}"


def unmute(fingerprint: str, *, command: Command) -> str:
    """Show a muted error again.

    Args:
        fingerprint: the error, as incidents shows it; its beginning is enough
        command: who asks
    """
    operated = _operated(command)
    error = _find(fingerprint, operated)
    was_muted = operated.unmute(error.fingerprint)
    return f"{f'unmuted {error.name}' if was_muted else f'{error.name} was not muted'}{error.saying}"


def flush(*, command: Command) -> str:
    """Post what waits, at once."""
    operated = _operated(command)
    before = operated.stats()
    is_done = operated.flush(_FLUSH_TIMEOUT)
    after = operated.stats()
    shown = after.delivered + after.merged - before.delivered - before.merged
    text = f"posted {_records(shown)}" if shown else "nothing waited" if is_done else "posted nothing"
    if is_done:
        return text
    raise CommandError(f"{text}; {_records(after.pending)} still waiting: Slack is slow, or refuses them (see stderr)")


def _operated(command: Command) -> Operated:
    if command.origin.operated is None:
        raise CommandError("there is no SlackHandler here: this source was started without one")
    return command.origin.operated


def _errors(living: Iterable[Living]) -> list[_Error]:
    """Return the errors, each once, with the shortest names that tell them apart."""
    errors: dict[str, _Error] = {}
    for each in living:
        errors.setdefault(each.fingerprint, _Error(each.fingerprint)).add(each)
    digits = _LEAST_DIGITS
    while len({fingerprint[:digits] for fingerprint in errors}) < len(errors):
        digits += 1
    for error in errors.values():
        error.name = error.fingerprint[:digits]
    return list(errors.values())


def _find(typed: str, operated: Operated) -> _Error:
    """Return the error that somebody means; one that has no message any more by its whole fingerprint."""
    wanted = typed.strip().lower()
    known = _errors(operated.incidents())
    found = [each for each in known if wanted and each.fingerprint.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadArguments(f"{len(found):,} errors begin with {wanted!r}: {', '.join(each.name for each in found)}")
    if _FINGERPRINT.fullmatch(wanted):
        return _Error(wanted, name=wanted)
    names = ", ".join(each.name for each in known) or "none"
    raise BadArguments(f"no error {typed!r}: those that still count, which the command incidents lists, are {names}")


def _until(moment: float | None) -> str:
    if moment is None:
        return ""
    return f", muted until {datetime.fromtimestamp(moment, timezone.utc):%H:%M} UTC"


def _records(number: int) -> str:
    return "1 record" if number == 1 else f"{number:,} records"
