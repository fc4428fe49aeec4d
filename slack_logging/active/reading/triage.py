"""What becomes of each command that is read, however often: laid out, refused, left to others, or steered by emoji.

Two threads may bring one message at the same time; one of them has the claim in the ledger.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from slack_logging import notices
from slack_logging.active import audit, interruptions
from slack_logging.active.desk import Desk
from slack_logging.active.emoji import Order
from slack_logging.active.ledger import State, order
from slack_logging.active.people.access import Verdict, refusal
from slack_logging.active.people.orders import is_authors, wish
from slack_logging.active.people.orders import verdict as may
from slack_logging.active.people.refusals import Refusals
from slack_logging.active.reading.intake import Heard
from slack_logging.active.reading.line import Line
from slack_logging.active.settings import Settings
from slack_logging.errors import DeliveryError, RateLimited


class Undecided(NamedTuple):
    """Commands about which Slack does not tell right now who may.

    Attributes:
        why: the last error.
        since: the `ts` of the oldest.
    """

    why: DeliveryError
    since: str


class Triage:
    """Decides for one reader.

    Args:
        settings: the source's.
        desk: where commands are laid out.

    Attributes:
        roles: those that each command takes, by its name; None where no router says what commands there are.
    """

    def __init__(self, settings: Settings, desk: Desk) -> None:
        self.roles: Mapping[str, Collection[str]] | None = None
        self._settings = settings
        self._desk = desk
        self._refusals = Refusals()
        self._lock = threading.Lock()

    def hear(self, line: Line, message: Mapping[str, Any]) -> Heard | None:
        """Return the command that a message is, or was when it was taken; None for what is not ours.

        What was edited into something else before anybody took it is dropped, as if it had never been typed.
        """
        key = line.intake.key(message)
        try:
            heard = line.intake.hear(message)
        except Exception as error:  # noqa: BLE001 - the others are to be read all the same
            notices.say(
                f"unreadable {key.channel}", f"commands: a message cannot be read: {type(error).__name__}: {error}"
            )
            return None
        if heard is not None:
            return heard
        self._desk.drop(key)
        taken = self._desk.in_hand(key)
        return line.intake.refresh(taken, message) if taken else None

    def consider_each(self, line: Line, found: Sequence[Heard]) -> Undecided | None:
        """Consider commands, first those of people whom the configuration names: they take the fewest calls.

        What cannot be decided is for the next look. Nobody else's command waits for that, unless there was no answer,
        for which Slack may take long: of such calls, one a look is enough.

        Args:
            line: where they were typed.
            found: oldest first.

        Returns:
            What cannot be decided now; None if all is.
        """
        access = self._settings.access
        found = sorted(found, key=lambda heard: heard.user not in access.allow)
        left: list[Heard] = []
        why: DeliveryError | None = None
        for number, heard in enumerate(found):
            error = self._undecided(line, heard)
            if error is not None:
                why = error
                left.append(heard)
                if not isinstance(error, RateLimited):
                    left += found[number + 1 :]
                    break
        return Undecided(why, min((heard.key.ts for heard in left), key=order)) if why else None

    def consider(self, line: Line, heard: Heard, *, patience: float = 0.0) -> None:
        """Lay out a command, refuse it, or leave it: exactly one of these.

        Args:
            line: where it was typed.
            heard: the command.
            patience: how long it can be waited for who somebody is; see `Directory`.

        Raises:
            DeliveryError: who somebody is cannot be known right now; nothing is decided.
        """
        if self._is_for_others(heard) or not is_authors(line, heard, patience=patience):
            return
        ledger = self._desk.ledger
        state = ledger.state(heard.key)
        if state is State.NEW and (heard.marks or heard.is_answered):
            self._recall(heard)
            return
        news = heard.marks - ledger.marks(heard.key)
        if state in (State.WAITING, State.PENDING) and any(mark.is_final for mark in news):
            self._withdraw(heard)
            return
        if ledger.reopens(heard.key, heard.edited):
            may(line, self._settings.access, heard.user, patience=patience)  # raises while nothing is decided yet
        is_new = state is State.NEW or ledger.reopen(heard.key, heard.edited)
        if is_new or state is State.WAITING:
            if self._desk.expire(heard):
                return
            if is_new and not self._admit(line, heard, patience):
                return
            wishes = self._wishes(line, heard, patience)  # before anybody can take it
            ledger.note(heard.key, heard.edited)
            if not any(what is Order.CANCEL for what, _, _ in wishes):
                self._desk.offer(heard)
        else:
            wishes = self._wishes(line, heard, patience)
        for what, user, name in wishes:
            if what is Order.CANCEL:
                self._desk.cancel(heard.key, f"cancelled by {name}", unlaid=heard)
            elif what is Order.REPEAT and state is State.SETTLED and not is_new:
                self._repeat(line, heard, user)

    def _undecided(self, line: Line, heard: Heard) -> DeliveryError | None:
        """Consider a command, and return why that was not possible."""
        try:
            self.consider(line, heard)
        except DeliveryError as error:
            return error
        return None

    def _is_for_others(self, heard: Heard) -> bool:
        """Tell whether it is left to the other services that listen here: it is not known, and not addressed to us."""
        is_known = self.roles is None or heard.call.name in self.roles
        return self._settings.shared and not is_known and heard.call.address is None

    def _admit(self, line: Line, heard: Heard, patience: float) -> bool:
        """Tell whether somebody may run commands at all, and one more of them; if not, refuse this one."""
        verdict = may(line, self._settings.access, heard.user, patience=patience)
        if verdict is Verdict.ALLOWED and self._desk.is_full(heard):
            verdict = Verdict.TOO_MANY
        if verdict is Verdict.ALLOWED:
            return True
        if self._desk.refuse(heard):
            with self._lock:
                is_due = self._refusals.is_due(heard.user, self._desk.clock.monotonic())
            if is_due:
                self._desk.answers.say(heard, refusal(heard.user, verdict))
        return False

    def _withdraw(self, heard: Heard) -> None:
        """Leave a command that another process has settled meanwhile, as its mark shows."""
        ledger = self._desk.ledger
        mark = next(mark for mark in heard.marks if mark.is_final)
        if request := self._desk.requests.of(heard.key):
            self._desk.end(request, mark, "settled by another process meanwhile")
            ledger.placed(heard.key, mark)
        elif ledger.claim(heard.key, self._desk.clock.monotonic()):  # what it said when it was taken is not known
            ledger.settle(heard.key, mark)
            ledger.placed(heard.key, mark)

    def _recall(self, heard: Heard) -> None:
        """Take in what was treated before us. Without a final mark it was running when its process died."""
        self._desk.ledger.decided(heard.key, *heard.orders)
        if self._desk.ledger.recall(heard.key, heard.marks, heard.edited) not in heard.marks:
            audit.decided(heard, "found interrupted")
            self._desk.answers.say(heard, interruptions.found(heard, self._settings))
            self._desk.answers.finish(heard)

    def _wishes(self, line: Line, heard: Heard, patience: float) -> list[tuple[Order, str, str]]:
        """Return what people newly want of a command, of those who may: each with their id and name."""
        roles = (self.roles or {}).get((self._desk.in_hand(heard.key) or heard).call.name, ())
        fresh = self._desk.ledger.fresh(heard.key, heard.orders)
        found = [wish(line, self._settings.access, user, roles, patience=patience) for _, user in fresh]
        self._desk.ledger.decided(heard.key, *fresh)
        wishes = []
        for (what, user), (verdict, name) in zip(fresh, found, strict=True):
            audit.ordered(user, what, verdict, heard)
            if verdict is Verdict.ALLOWED:
                wishes.append((what, user, name))
        return wishes

    def _repeat(self, line: Line, heard: Heard, user: str) -> None:
        """Lay out what ran once more, for somebody who wants that; never what its author made of it since."""
        ledger = self._desk.ledger
        if ledger.taken(heard.key) != heard.edited:
            audit.decided(heard, "not repeated, as it was edited since it ran")
            self._desk.answers.say(heard, "not run again: it was edited since. Type it as a new message")
        elif ledger.repeat(heard.key):
            self._desk.offer(heard.again(user, line.client.time()))
