"""How far this machine's clock is from Slack's, which dates its answers. Pure."""

from __future__ import annotations

import email.utils

#: Seconds between the clocks from which on it matters while a program runs: a command's age is judged by it. Ours.
MOST = 60.0


def skew(before: float, after: float, date: str) -> float | None:
    """Return by how many seconds our clock is ahead of Slack's; less than 0 if it is behind, 0 as far as can be told.

    Args:
        before: our time before a call.
        after: our time after it.
        date: the second in which Slack says that it answered. Source: RFC 9110, 6.6.1.

    Returns:
        None where Slack did not say.
    """
    try:
        theirs = email.utils.parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(before - (theirs + 1.0), 0.0) or min(after - theirs, 0.0)


def remark(ahead: float) -> str:
    """Return what is said of a clock that is off."""
    return f"is {abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} Slack's: set it, or have NTP set it"
