"""One line per decision on the logger ``slack_logging.audit``: who, what, and how it went."""

from __future__ import annotations

import logging

from slack_logging.active.intake import Heard

_logger = logging.getLogger("slack_logging.audit")


def decided(heard: Heard, decision: str, error: BaseException | None = None) -> None:
    """Log a decision at INFO; at ERROR with its traceback when a command raised what nobody expected.

    Args:
        heard: the command.
        decision: such as ``"allowed"``, ``"refused"``, ``"done"``.
        error: what it raised.
    """
    # dictConfig disables every logger that exists and is not named; nobody means to switch off an audit by that.
    _logger.disabled = False
    level = logging.ERROR if error else logging.INFO
    _logger.log(level, "command of %s %s: %r", heard.user, decision, heard.text, exc_info=error)
