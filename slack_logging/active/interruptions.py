"""What is said of a command whose program ended before it was over, and how it can be run again. Pure."""

from __future__ import annotations

from slack_logging.active.emoji import Mark, Order
from slack_logging.active.reading.intake import Heard
from slack_logging.active.settings import Settings


def ended(heard: Heard, settings: Settings, instance: str, did: str) -> str:
    """Return what the program that ends says itself.

    Args:
        heard: the command.
        settings: the source's.
        instance: the name of who ends.
        did: what the command did, such as ``"ran"``.
    """
    return f"interrupted: {instance} ended while this {did}; {_again(heard, settings, 'runs it again')}"


def found(heard: Heard, settings: Settings) -> str:
    """Return what the next program says, which knows the command's marks alone."""
    what, then = "what ran this ended before it did", "runs it again"
    if not heard.marks:
        what = "what ran this ended before it marked what became of it"
    if Mark.PENDING in heard.marks:  # which stays for a while when it runs
        what, then = "what waited for approval to run this, or ran it already, has ended", "asks anew"
    return f"interrupted: {what}; {_again(heard, settings, then)}"


def _again(heard: Heard, settings: Settings, then: str) -> str:
    """Return what a person can do: a one-time code counts for one run, and an emoji shows none."""
    if settings.takes_code(heard.call.name):
        return "type it again with a new code"
    return f":{settings.emoji.name(Order.REPEAT)}: on the command {then}"
