"""Says on stderr what a program that ends now leaves undone; if it does not, a few seconds more are tried."""

from __future__ import annotations

from slack_logging import notices
from slack_logging.active.desk import Desk
from slack_logging.active.settings import Settings
from slack_logging.options import format_duration


def say_what_is_left(cause: str, settings: Settings, desk: Desk, *, counts_marks: bool) -> None:
    """Count the commands without a mark, and those without an answer.

    Args:
        cause: what is read, in words.
        settings: of the source.
        desk: knows which marks and answers are owed.
        counts_marks: nobody else of the process places them.
    """
    channel, within = settings.channel, format_duration(settings.max_age)
    if counts_marks and (unmarked := len(desk.ledger.unmarked())):
        notices.say(
            f"{cause}, marks",
            f"{_commands(unmarked, channel)} over but could not be marked in time: a program that starts, or takes "
            f"over, within {within} may run {'it' if unmarked == 1 else 'them'} again",
        )
    if unanswered := len(desk.unanswered()):
        notices.say(f"{cause}, answers", f"{_commands(unanswered, channel)} left unanswered")


def _commands(number: int, channel: str) -> str:
    return f"1 command in {channel} is" if number == 1 else f"{number:,} commands in {channel} are"
