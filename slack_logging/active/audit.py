"""One line per decision on the logger ``slack_logging.audit``: who, what, and how it went.

The records have that as attributes, too: `user` (an id), `decision` (as it is told, but for what explains it) and,
where it is about a command, `command` (its name), `channel` (an id) and `ts` of its message.

Nothing here raises what a filter or a handler of the program's raises: whatever cannot be written down has happened.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Mapping
from types import MappingProxyType

from slack_logging import notices
from slack_logging.active.emoji import Order
from slack_logging.active.people.access import Verdict
from slack_logging.active.reading.intake import Heard

_logger = logging.getLogger("slack_logging.audit")

#: Where in what is told of a decision begins what explains it.
_EXPLAINED = re.compile(r"[:,]| \(| by ")


def decided(heard: Heard, decision: str) -> None:
    """Log a decision at INFO.

    Args:
        heard: the command.
        decision: such as ``"allowed"``, ``"refused"``, ``"done"``; why comes behind a colon, a comma, "by" or "(".
    """
    _log(logging.INFO, f"command of %s {decision}: %r", heard.user, heard.shown, heard=heard, decision=decision)


def unanswered(heard: Heard) -> None:
    """Log at INFO that a program ends and has not answered a command. Not to Slack, for which it is too late."""
    decision = "unanswered when closing"
    text, skip = f"command of %s {decision}: %r", {"slack": {"skip": True}}
    _log(logging.INFO, text, heard.user, heard.shown, heard=heard, decision=decision, extra=skip)


def raised(
    heard: Heard, error: BaseException, *, masked: Callable[[str], str] | None = None
) -> logging.LogRecord | None:
    """Log at ERROR, with its traceback, that a command raised what nobody expected.

    Args:
        heard: the command.
        error: what it raised.
        masked: hides a command's secrets; the traceback is then part of the text, as it may hold one anywhere.

    Returns:
        What was logged; None where the audit is switched off, or could not be written.
    """
    decision = "raised an exception"
    text, args = f"command of %s {decision}: %r", (heard.user, heard.shown)
    if masked is None:
        return _log(logging.ERROR, text, *args, error=error, heard=heard, decision=decision)
    trace = masked("".join(traceback.format_exception(error)).rstrip())
    return _log(logging.ERROR, f"{text}\n%s", *args, trace, heard=heard, decision=decision)


def reaches(handler: object) -> bool:
    """Tell whether what is logged here comes to a handler directly."""
    logger: logging.Logger | None = _logger
    while logger is not None:
        if any(each is handler for each in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


def ordered(user: str, order: Order, verdict: Verdict, heard: Heard) -> None:
    """Log at INFO what became of somebody's emoji on a command.

    Args:
        user: whose it is.
        order: what they want.
        verdict: whether they may.
        heard: the command.
    """
    decision = "allowed" if verdict is Verdict.ALLOWED else "refused"
    text = f"{order.name.lower()} by %s {decision}: %r"
    _log(logging.INFO, text, user, heard.shown, heard=heard, decision=decision)


def approved(user: str, decision: str, heard: Heard) -> None:
    """Log at INFO what became of somebody's approval of a command.

    Args:
        user: whose emoji it is.
        decision: ``"allowed"``; ``"refused"``, perhaps with a reason; ``"void"`` where they may no more when it is
            about to run.
        heard: the command.
    """
    _log(logging.INFO, f"approval by %s {decision}: %r", user, heard.shown, heard=heard, decision=decision)


def muted(user: str, decision: str, errors: str) -> None:
    """Log at INFO what became of an order to mute errors.

    Args:
        user: whose emoji it is.
        decision: ``"allowed"``, ``"refused"`` or, when the emoji was taken away, ``"ended"``.
        errors: what the message shows.
    """
    _log(logging.INFO, f"mute of %s {decision}: %r", user, errors, decision=decision)


def _log(
    level: int,
    text: str,
    user: str,
    *what: str,
    error: BaseException | None = None,
    heard: Heard | None = None,
    decision: str,
    extra: Mapping[str, object] = MappingProxyType({}),
) -> logging.LogRecord | None:
    """Log a decision of or about `user`, which comes first among what `text` takes; with `extra`, for handlers."""
    # dictConfig disables every logger that exists and is not named; nobody means to switch off an audit by that.
    _logger.disabled = False
    if not _logger.isEnabledFor(level):
        return None
    file, line, function, _ = _logger.findCaller()
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    attributes = {**extra, "user": user, "decision": _EXPLAINED.split(decision, maxsplit=1)[0]}
    if heard is not None:
        name = heard.call.plain_name if heard.is_secret else heard.call.name
        attributes |= {"command": name, "channel": heard.key.channel, "ts": heard.key.ts}
    args = (user, *what)
    try:
        record = _logger.makeRecord(_logger.name, level, file, line, text, args, exc_info, function, attributes)
        _logger.handle(record)
    except Exception as unexpected:  # noqa: BLE001 - of the program's; it would end the thread that reads or runs
        # its type only: what it says may hold what was typed
        kind = type(unexpected).__name__
        notices.say("audit", f"the audit is not complete: a filter or handler of {_logger.name} raised {kind}")
        return None
    return record
