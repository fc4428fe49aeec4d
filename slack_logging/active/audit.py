"""One line per decision on the logger ``slack_logging.audit``: who, what, and how it went.

The records have that as attributes, too: `user` (an id), `decision` and, where it is about a command, `command` (its
name), `channel` (an id) and `ts` of its message.
"""

from __future__ import annotations

import logging

from slack_logging.active.access import Verdict
from slack_logging.active.emoji import Order
from slack_logging.active.intake import Heard

_logger = logging.getLogger("slack_logging.audit")


def decided(heard: Heard, decision: str, error: BaseException | None = None) -> None:
    """Log a decision at INFO; at ERROR with its traceback when a command raised what nobody expected.

    Args:
        heard: the command.
        decision: such as ``"allowed"``, ``"refused"``, ``"done"``.
        error: what it raised.
    """
    level = logging.ERROR if error else logging.INFO
    text = f"command of %s {decision}: %r"
    _log(level, text, heard.user, heard.text, error, heard=heard, decision=decision)


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
    _log(logging.INFO, text, user, heard.text, heard=heard, decision=decision)


def approved(user: str, decision: str, heard: Heard) -> None:
    """Log at INFO what became of somebody's approval of a command.

    Args:
        user: whose emoji it is.
        decision: ``"allowed"``; ``"refused"``, perhaps with a reason; ``"void"`` where they may no more when it is
            about to run.
        heard: the command.
    """
    _log(logging.INFO, f"approval by %s {decision}: %r", user, heard.text, heard=heard, decision=decision)


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
    what: str,
    error: BaseException | None = None,
    *,
    heard: Heard | None = None,
    decision: str,
) -> None:
    extra = {"user": user, "decision": decision}
    if heard is not None:
        extra |= {"command": heard.call.name, "channel": heard.key.channel, "ts": heard.key.ts}
    # dictConfig disables every logger that exists and is not named; nobody means to switch off an audit by that.
    _logger.disabled = False
    _logger.log(level, text, user, what, exc_info=error, extra=extra)
