"""One line per decision on the logger ``slack_logging.audit``: who, what, and how it went."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from slack_logging.active.access import Verdict
from slack_logging.active.emoji import Order
from slack_logging.active.intake import Heard

_logger = logging.getLogger("slack_logging.audit")


def decided(
    heard: Heard, decision: str, error: BaseException | None = None, *, masked: Callable[[str], str] | None = None
) -> None:
    """Log a decision at INFO; at ERROR with its traceback when a command raised what nobody expected.

    Args:
        heard: the command.
        decision: such as ``"allowed"``, ``"refused"``, ``"done"``.
        error: what it raised.
        masked: hides a command's secrets; the traceback is then part of the text, as it may hold one anywhere.
    """
    level = logging.ERROR if error else logging.INFO
    text, shown = f"command of %s {decision}: %r", heard.shown
    if error and masked:
        trace = masked("".join(traceback.format_exception(error)).rstrip())
        _log(level, f"{text}\n%s", heard.user, shown, trace)
    else:
        _log(level, text, heard.user, shown, error=error)


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


def _log(level: int, text: str, *args: str, error: BaseException | None = None) -> None:
    # dictConfig disables every logger that exists and is not named; nobody means to switch off an audit by that.
    _logger.disabled = False
    _logger.log(level, text, *args, exc_info=error)
