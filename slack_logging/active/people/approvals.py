"""Commands that other people must approve: who counts, what they are shown, when it is over. Pure.

What runs is what the bot's reply states, and an emoji counts on that reply only: it cannot have been put there before
the command was stated, and an edit of the command's message changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from slack_logging.active.people.access import Verdict
from slack_logging.options import format_duration

if TYPE_CHECKING:
    from slack_logging.active.ledger import Key
    from slack_logging.active.reading.intake import Heard


@dataclass(frozen=True, slots=True)
class Terms:
    """What it takes to approve a command.

    Attributes:
        number: how many others.
        within: seconds from when they are asked.
        roles: any one of which each of them has.
        stated: the command as people are to read it.
    """

    number: int
    within: float
    roles: tuple[str, ...]
    stated: str


@dataclass(slots=True, eq=False)
class Request:
    """A command that was stated for others to approve. Whether it is pending, only `Requests` changes.

    Attributes:
        heard: the command.
        terms: what it takes.
        statement: what the reply says.
        ts: the reply's, on which the emoji counts.
        until: when it is too late, in monotonic seconds.
        due: when to look at the reply next, in monotonic seconds.
        not_before: until when nobody can tell who may approve it.
        approvers: the ids of those who approved it, once it is approved.
        is_pending: whether approval can still come.
        ending: how it ended, in words; or why it goes on.
        shown: the ending that the reply shows.
        judged: what was found out about those who have the emoji there, by id; None for who asks.
    """

    heard: Heard
    terms: Terms
    statement: str
    ts: str
    until: float
    due: float
    not_before: float = 0.0
    approvers: tuple[str, ...] = ()
    is_pending: bool = True
    ending: str = ""
    shown: str = ""
    judged: dict[str, Verdict | None] = field(default_factory=dict)

    def judge(self, verdicts: dict[str, Verdict | None]) -> list[str]:
        """Take in who has the emoji on the reply now; return the ids of those about whom that is news."""
        news = [user for user, verdict in verdicts.items() if (user, verdict) not in self.judged.items()]
        self.judged = verdicts
        return news

    def allowed(self) -> list[str]:
        """Return the ids of those who have the emoji there and may approve."""
        return [user for user, verdict in self.judged.items() if verdict is Verdict.ALLOWED]

    def lacks(self, approvers: Sequence[str]) -> int:
        """Return how many more it takes."""
        return max(self.terms.number - len(approvers), 0)

    @property
    def text(self) -> str:
        """What the reply is to say by now."""
        return f"{self.statement}\n{self.ending}" if self.ending else self.statement

    @property
    def too_late(self) -> str:
        """How it ends when nobody approves it."""
        return f"not approved within {format_duration(self.terms.within)}"


class Requests:
    """What was stated for approval and does not show its end yet. Safe to use from any thread.

    Args:
        lock: held for every answer, never for long.
    """

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self._lock = lock
        self._requests: list[Request] = []

    def all(self) -> list[Request]:
        """Return them, those first that were asked first."""
        with self._lock:
            return list(self._requests)

    def pending(self) -> list[Request]:
        """Return those whose approval can still come."""
        return [request for request in self.all() if request.is_pending]

    def unshown(self) -> list[Request]:
        """Return those whose reply does not say how they ended, or that may still end."""
        return [request for request in self.all() if request.is_pending or request.ending != request.shown]

    def of(self, key: Key) -> Request | None:
        """Return what is pending for a command, if anything is."""
        return next((request for request in self.pending() if request.heard.key == key), None)

    def park(self, request: Request) -> None:
        """Take in that something is pending, perhaps again."""
        with self._lock:
            request.is_pending, request.approvers = True, ()
            self._keep(request)

    def drop(self, request: Request, ending: str) -> None:
        """Take in that nobody waits for something that was stated."""
        with self._lock:
            request.is_pending, request.ending = False, ending
            self._keep(request)

    def decide(self, request: Request, ending: str) -> bool:
        """Have a request be pending no more; False if it was not. Of all who decide, one does."""
        with self._lock:
            was_pending, request.is_pending = request.is_pending, False
            if was_pending:
                request.ending = ending
            return was_pending

    def forget(self, request: Request) -> None:
        """Drop a request whose end is shown, unless it is pending again."""
        with self._lock:
            if not request.is_pending:
                self._requests.remove(request)

    def _keep(self, request: Request) -> None:
        if request not in self._requests:
            self._requests.append(request)


def statement(terms: Terms, asker: str, *, emoji: str, now: float) -> str:
    """Return what people are asked.

    Args:
        terms: what it takes.
        asker: who typed the command, in words.
        emoji: the name of the one to put on the reply.
        now: Unix time.
    """
    end = datetime.fromtimestamp(now + terms.within, timezone.utc)
    number = "one other person" if terms.number == 1 else f"{terms.number} other people"
    role = f" with the role {' or '.join(terms.roles)}" if terms.roles else " who may run it"
    # on one line: else some of what was typed could pass for a line of ours
    stated = " \u23ce ".join(terms.stated.splitlines())
    return (
        f"{stated}\n"
        f"asked by {asker}; {number}{role} can approve it with :{emoji}: on this reply,\n"
        f"until {end:%H:%M:%S} UTC ({format_duration(terms.within)} from now)"
    )
