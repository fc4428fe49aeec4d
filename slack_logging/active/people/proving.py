"""What becomes of the one-time code that was typed with a command: it proves who typed it, and is used up anyway."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from slack_logging.active import audit
from slack_logging.active.people.codes import Proof, codes_of
from slack_logging.errors import NotAuthorized

if TYPE_CHECKING:
    from slack_logging.active.command import Command
    from slack_logging.active.reading.intake import Heard
    from slack_logging.clock import Clock


def prove(command: Command) -> None:
    """Check a command's code, once for each time that it was typed: it proves the command, also if that runs later.

    One that was typed for a former run is no guess of who wants another.

    Raises:
        NotAuthorized: it proves nothing.
    """
    heard = command.heard
    if heard.is_proven:
        return
    if heard.asked_at != float(heard.key.ts):
        audit.decided(heard, "repeated without a new code")
        raise NotAuthorized("A code counts for one run. Type the command again with a new one.")
    proof = codes_of(command.origin.clock).check(heard.user, heard.code, heard.said_at)
    audit.decided(heard, proof.value)
    if proof is Proof.NONE:
        raise NotAuthorized(
            f"You are {command.user}, and there is no usable secret for your one-time codes. "
            "Whoever configures this service can set one."
        )
    if proof is Proof.LOCKED:
        raise NotAuthorized("Too many wrong codes; no code of yours counts for some minutes.")
    if proof is Proof.BEFORE:
        raise NotAuthorized(
            "This service has just begun to read, and that code may have been used before. "
            "In a minute, the one that is shown then counts: type the command again with it."
        )
    if proof is not Proof.PROVEN:
        raise NotAuthorized("That code does not count. Type the command again with a new one.")
    command.heard = replace(heard, code="", is_proven=True)


@contextlib.contextmanager
def used_up(command: Command) -> Iterator[None]:
    """Have the code at a command's end, or what may be one elsewhere, count no more afterwards, whatever came before.

    Everybody in the channel has seen it, so that whoever has stolen the account could run another command with it.
    """
    try:
        yield
    finally:
        use_up(command.heard, command.origin.clock)


def spent(heard: Heard) -> str:
    """Return the line to add to what is to be typed instead, where a code was typed that counts no more."""
    is_shown = bool(heard.code or heard.misplaced)
    return "\na code that was shown counts no more: type the command again with a new one" if is_shown else ""


def use_up(heard: Heard, clock: Clock) -> None:
    """Have the code that was typed with a command, also elsewhere in it, count no more, whether it runs or not."""
    for code in {heard.code, *heard.misplaced} - {""}:
        codes_of(clock).use_up(heard.user, code, heard.said_at)
