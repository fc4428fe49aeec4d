"""One line per decision on the logger ``slack_logging.audit``: who, what, and how it went."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from slack_logging.active.access import Verdict
from slack_logging.active.emoji import Order
from slack_logging.active.intake import Heard

_logger = logging.getLogger("slack_logging.audit")


def decided(heard: Heard, decision: str) -> None:
    """Log a decision at INFO.

    Args:
        heard: the command.
        decision: such as ``"allowed"``, ``"refused"``, ``"done"``.
    """
    _log(logging.INFO, f"command of %s {decision}: %r", heard.user, heard.shown)


def raised(
    heard: Heard, error: BaseException, *, masked: Callable[[str], str] | None = None
) -> logging.LogRecord | None:
    """Log at ERROR, with its traceback, that a command raised what nobody expected.

    Args:
        heard: the command.
        error: what it raised.
        masked: hides a command's secrets; the traceback is then part of the text, as it may hold one anywhere.

    Returns:
        What was logged; None where the audit is switched off.
    """
    text = "command of %s raised an exception: %r"
    if masked is None:
        return _log(logging.ERROR, text, heard.user, heard.shown, error=error)
    trace = masked("".join(traceback.format_exception(error)).rstrip())
    return _log(logging.ERROR, f"{text}\n%s", heard.user, heard.shown, trace)


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
    _log(logging.INFO, f"{order.name.lower()} by %s {decision}: %r", user, heard.shown)


def muted(user: str, decision: str, errors: str) -> None:
    """Log at INFO what became of an order to mute errors.

    Args:
        user: whose emoji it is.
        decision: ``"allowed"``, ``"refused"`` or, when the emoji was taken away, ``"ended"``.
        errors: what the message shows.
    """
    _log(logging.INFO, f"mute of %s {decision}: %r", user, errors)


def _log(level: int, text: str, *args: str, error: BaseException | None = None) -> logging.LogRecord | None:
    # dictConfig disables every logger that exists and is not named; nobody means to switch off an audit by that.
    _logger.disabled = False
    if not _logger.isEnabledFor(level):
        return None
    file, line, function, _ = _logger.findCaller()
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    record = _logger.makeRecord(_logger.name, level, file, line, text, args, exc_info, function)
    _logger.handle(record)
    return record
