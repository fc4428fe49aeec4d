"""What people want of a command with their emoji: each order is decided once, and only those who may are obeyed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from slack_logging.active.access import Access, Verdict
from slack_logging.active.emoji import Order
from slack_logging.active.intake import Heard
from slack_logging.active.ledger import Key, order

if TYPE_CHECKING:
    from slack_logging.active.line import Line


class Orders:
    """Which orders were decided. One that is taken away and put there anew is a new one."""

    def __init__(self) -> None:
        self._decided: dict[Key, set[tuple[Order, str]]] = {}

    def fresh(self, heard: Heard) -> list[tuple[Order, str]]:
        """Return the orders on a command that were not decided yet, each with the id of whose it is."""
        decided = self._decided.get(heard.key, set())
        decided &= set(heard.orders)
        return [each for each in heard.orders if each not in decided]

    def decided(self, key: Key, *orders: tuple[Order, str]) -> None:
        """Take in that these are obeyed or refused, or from before our time."""
        if orders:
            self._decided.setdefault(key, set()).update(orders)

    def forget(self, up_to: str) -> None:
        """Drop what is not newer than `up_to`: it is never read again."""
        self._decided = {key: each for key, each in self._decided.items() if order(key.ts) > order(up_to)}


def wish(line: Line, access: Access, user: str, roles: Collection[str] = ()) -> tuple[Verdict, str]:
    """Tell whether somebody's emoji counts, and their name.

    Slack is asked only about those who might: a crowd in a public channel costs no calls. Bots never count, named or
    not: an emoji is a person's wish.

    Raises:
        Unreachable, RateLimited: it cannot be known right now.
    """
    if user not in access.allow and not line.directory.groups_of(user) & access.allow:
        return Verdict.NOT_ALLOWED, ""
    person = line.directory.person(user)
    if person is not None and person.is_bot:
        return Verdict.BOT, person.name
    return access.decide(person, line.team, roles), "" if person is None else person.name or user
