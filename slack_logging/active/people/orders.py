"""Who may, as Slack knows people, and what people want of a command with their emoji.

Only those who may are obeyed; that each order is decided once, the ledger knows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.active.people.access import Access, Person, Verdict, weakness
from slack_logging.active.people.directory import PATIENCE
from slack_logging.active.reading.intake import Heard
from slack_logging.errors import DeliveryError, Unreachable

if TYPE_CHECKING:
    from slack_logging.active.reading.line import Line


def verdict(
    line: Line, access: Access, user: str, roles: Collection[str] = (), *, patience: float = PATIENCE
) -> Verdict:
    """Tell whether somebody may run a command. User groups are asked about only where it depends on them.

    Who is named by id and is no member of the workspace is told of on stderr once, when they first may.

    Args:
        line: knows people.
        access: who may.
        user: their id.
        roles: those that the command takes.
        patience: seconds that the caller can wait for Slack's pace and its answers; then a group that there is no
            answer about counts as untold. With 0 nothing is decided without one; see `Directory`.

    Raises:
        Unreachable, RateLimited: it cannot be known right now.
    """
    person, found = _decided(line, access, user, roles, patience)
    if found is Verdict.ALLOWED and person is not None and (unusual := weakness(person, line.team)):
        notices.say(f"allowed {user}", f"commands: {user} may run them, named in allow, and is {unusual}")
    return found


def is_authors(line: Line, heard: Heard, *, patience: float) -> bool:
    """Tell whether a command is from whom its message names: what an app posts may have a person's token.

    Args:
        line: knows people.
        heard: the command.
        patience: see `verdict`.

    Raises:
        Unreachable, RateLimited: it cannot be known right now.
    """
    if not heard.by_app:
        return True
    author = line.directory.person(heard.user, groups=False, patience=patience)
    return author is not None and author.is_bot


def wish(
    line: Line, access: Access, user: str, roles: Collection[str] = (), *, patience: float = PATIENCE
) -> tuple[Verdict, str]:
    """Tell whether somebody's emoji counts, and their name.

    Slack is asked only about those who might: a crowd in a public channel costs no calls. Bots never count, named or
    not: an emoji is a person's wish.

    Args: see `verdict`.

    Raises:
        Unreachable, RateLimited: it cannot be known right now.
    """
    if user not in access.allow and not line.directory.groups_of(user, patience=patience) & access.allow:
        return Verdict.NOT_ALLOWED, ""
    person, found = _decided(line, access, user, roles, patience)
    if person is not None and person.is_bot:
        return Verdict.BOT, person.name
    return found, "" if person is None else person.name or user


def name_of(line: Line | None, user: str) -> str:
    """Return how somebody is called in Slack, or the id where that cannot be known right now."""
    person = None
    with contextlib.suppress(DeliveryError):
        person = line.directory.person(user, groups=False) if line else None
    return (person.name if person else "") or user


def _decided(
    line: Line, access: Access, user: str, roles: Collection[str], patience: float
) -> tuple[Person | None, Verdict]:
    """Return who somebody is, and whether they may. See `verdict`."""
    person = line.directory.person(user, groups=False, patience=patience)
    found = access.decide(person, line.team, roles)
    if found in (Verdict.NOT_ALLOWED, Verdict.LACKS_ROLE) and access.groups:
        try:
            person = line.directory.person(user, patience=patience)
        except Unreachable as error:
            if patience <= 0:
                raise
            notices.say(f"groups {user}", f"commands: whether {user} may could not be told: {error}")
            return person, Verdict.UNTOLD
        found = access.decide(person, line.team, roles)
    return person, found
