"""What became of every command: the truth that marks in Slack are a picture of.

    new --note--> waiting --claim--> claimed --settle--> settled --reopen, repeat--> waiting
     |              ^ ^----release-----' |                ^ ^
     |              '------release---- pending --settle---' |
     '--recall----------------------------------------------'

What is claimed is pending (`park`) while it waits for people's approval. What is dropped is new again.

A claim is a lock: of all who ask, one gets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

from slack_logging.active.emoji import Mark, Order
from slack_logging.errors import AlreadySettled

#: Seconds of work before a command is marked as running: marks are scarce (reactions.add allows 50 a minute).
RUNNING_AFTER = 2.0

#: What becomes of commands that must not run again: who knows neither us nor a mark of theirs takes them for new. All
#: others are decided likewise again, and run no sooner.
_MUST_SHOW = frozenset({Mark.DONE, Mark.ERRORED, Mark.INTERRUPTED})


class State(Enum):
    """Where a command stands."""

    NEW = "new"
    WAITING = "waiting"
    CLAIMED = "claimed"
    PENDING = "pending"
    SETTLED = "settled"


class Key(NamedTuple):
    """A message. Its `ts` is unique only in its channel. Source: Retrieving messages."""

    team: str
    channel: str
    ts: str


def order(ts: str) -> tuple[int, int]:
    """Return what a `ts` sorts by. A float would lose digits."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds), int(fraction or 0)


def just_before(ts: str) -> str:
    """Return the last `ts` before `ts`, for bounds that exclude what they name."""
    seconds, fraction = order(ts)
    return f"{seconds}.{fraction - 1:06d}" if fraction else f"{seconds - 1}.999999"


class Owed(NamedTuple):
    """A mark that is not in Slack yet, or still is.

    Attributes:
        due: monotonic seconds.
        goes: it is to be taken away.
    """

    key: Key
    mark: Mark
    due: float
    goes: bool = False


class Ledger(Protocol):
    """The states of the commands of one channel. Safe to use from any thread; nothing here waits for Slack."""

    def state(self, key: Key) -> State:
        """Return where a command stands."""

    def marks(self, key: Key) -> AbstractSet[Mark]:
        """Return the marks that are in Slack, as far as is known."""

    def note(self, key: Key, edited: str = "") -> None:
        """Take in a command, and the `ts` of its last edit. Does nothing if it is known."""

    def recall(self, key: Key, marks: AbstractSet[Mark], edited: str) -> Mark:
        """Take in a command that has these marks from before our time, and return what became of it: it is settled.

        Without a final mark its runner died, so it was interrupted. Whether its last edit, if any, was read before is
        not known, so it never is. Does nothing if the command is known.
        """

    def drop(self, key: Key) -> None:
        """Forget a command that waits: it is one no more. Does nothing in any other state."""

    def reopens(self, key: Key, edited: str) -> bool:
        """Tell whether a command was not understood, and this edit is a new one."""

    def reopen(self, key: Key, edited: str) -> bool:
        """Have it wait again in that case; tell whether it does."""

    def repeat(self, key: Key) -> bool:
        """Have a settled command wait again; False if it is not settled. Once it is claimed, its final marks go."""

    def claim(self, key: Key, now: float, edited: str = "") -> int:
        """Take a command that is new or waiting, as it is since this edit: later ones are not read.

        Return the number of the attempt, from 1; 0 if it is not to be had.
        """

    def taken(self, key: Key) -> str:
        """Return the `ts` of the edit that was claimed last; empty for what was claimed as first typed, or never was.

        What was recalled counts as never edited: what ran was perhaps another text than is there by now.
        """

    def settle(self, key: Key, outcome: Mark) -> None:
        """Say what became of a claimed command, or of one that is pending.

        Raises:
            AlreadySettled: it is neither (any more).
        """

    def park(self, key: Key) -> None:
        """Have a claimed command wait for approval. Its attempt has not begun: the next claim has the same number.

        Raises:
            AlreadySettled: it is not claimed (any more).
        """

    def release(self, key: Key) -> None:
        """Give a claimed command back, or one that is pending: it can be claimed again. Raises as `settle` does."""

    def unsettled(self) -> list[Key]:
        """Return what is not settled, oldest first."""

    def owed(self) -> list[Owed]:
        """Return the marks to place or to take away, one a command at a time.

        What keeps a command from being run again comes first, then other final marks, then those to take away.
        """

    def unmarked(self) -> list[Key]:
        """Return those settled commands that have no mark in Slack and would be run again by who does not know us."""

    def placed(self, key: Key, mark: Mark) -> None:
        """Take in that a mark is in Slack, or can never be."""

    def removed(self, key: Key, mark: Mark) -> None:
        """Take in that a mark is not in Slack any more, or can never be taken away."""

    def read(self, ts: str) -> None:
        """Take in that everything up to `ts` has been looked at."""

    def cursor(self) -> str | None:
        """Return the `ts` up to which everything is read, but perhaps not settled; None before anything was."""

    def forget(self, up_to: str) -> None:
        """Drop what is settled, marked and not newer than `up_to`: it is never read again."""

    def fresh(self, key: Key, orders: Sequence[tuple[Order, str]]) -> list[tuple[Order, str]]:
        """Return those orders on a command that were not decided yet, each with the id of whose it is.

        One that is taken away and put there anew is a new one.
        """

    def decided(self, key: Key, *orders: tuple[Order, str]) -> None:
        """Take in that these are obeyed or refused, or from before our time."""


@dataclass(slots=True)
class _Entry:
    attempts: int = 0
    claimed_at: float | None = None
    is_pending: bool = False
    outcome: Mark | None = None
    edited: str = ""
    taken: str = ""
    placed: set[Mark] = field(default_factory=set)
    unwanted: set[Mark] = field(default_factory=set)

    @property
    def state(self) -> State:
        if self.outcome:
            return State.SETTLED
        if self.is_pending:
            return State.PENDING
        return State.WAITING if self.claimed_at is None else State.CLAIMED


class MemoryLedger:
    """A ledger that lasts as long as the process. See `Ledger`.

    Args:
        lock: held for every answer, so that threads may ask; never for long.
    """

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self._lock = lock
        self._entries: dict[Key, _Entry] = {}
        self._read: str | None = None
        self._decided: dict[Key, set[tuple[Order, str]]] = {}

    def state(self, key: Key) -> State:
        """See `Ledger`."""
        with self._lock:
            entry = self._entries.get(key)
            return entry.state if entry else State.NEW

    def marks(self, key: Key) -> AbstractSet[Mark]:
        """See `Ledger`."""
        with self._lock:
            entry = self._entries.get(key)
            return frozenset(entry.placed) if entry else frozenset()

    def note(self, key: Key, edited: str = "") -> None:
        """See `Ledger`."""
        with self._lock:
            self._entries.setdefault(key, _Entry(edited=edited))

    def recall(self, key: Key, marks: AbstractSet[Mark], edited: str) -> Mark:
        """See `Ledger`."""
        found: list[Mark] = [mark for mark in marks if mark.is_final and mark is not Mark.NOT_UNDERSTOOD]
        # what was not understood at first keeps that mark beside those that followed its edit
        if Mark.NOT_UNDERSTOOD in marks and Mark.PENDING not in marks and not (edited and Mark.RUNNING in marks):
            found.append(Mark.NOT_UNDERSTOOD)
        outcome = found[0] if found else Mark.INTERRUPTED
        with self._lock:
            entry = _Entry(outcome=outcome, edited=edited, placed=set(marks))
            return self._entries.setdefault(key, entry).outcome or outcome

    def drop(self, key: Key) -> None:
        """See `Ledger`."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.state is State.WAITING:
                del self._entries[key]

    def reopens(self, key: Key, edited: str) -> bool:
        """See `Ledger`."""
        with self._lock:
            return self._reopens(key, edited)

    def _reopens(self, key: Key, edited: str) -> bool:
        entry = self._entries.get(key)
        known = ("", entry.edited, entry.taken) if entry else ()
        return entry is not None and entry.outcome is Mark.NOT_UNDERSTOOD and edited not in known

    def reopen(self, key: Key, edited: str) -> bool:
        """See `Ledger`."""
        with self._lock:
            reopens = self._reopens(key, edited)
            if reopens:
                self._entries[key].outcome, self._entries[key].edited = None, edited
            return reopens

    def repeat(self, key: Key) -> bool:
        """See `Ledger`."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.outcome is None:
                return False
            entry.placed.add(entry.outcome)  # perhaps it is, and only its answer was lost
            entry.outcome, entry.unwanted = None, {mark for mark in entry.placed if mark.is_final}
            return True

    def claim(self, key: Key, now: float, edited: str = "") -> int:
        """See `Ledger`."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            if entry.state is not State.WAITING:
                return 0
            entry.claimed_at, entry.taken = now, edited
            entry.attempts += 1
            return entry.attempts

    def taken(self, key: Key) -> str:
        """See `Ledger`."""
        with self._lock:
            entry = self._entries.get(key)
            return entry.taken if entry else ""

    def settle(self, key: Key, outcome: Mark) -> None:
        """See `Ledger`."""
        with self._lock:
            entry = self._entry(key, State.CLAIMED, State.PENDING)
            entry.outcome, entry.claimed_at, entry.is_pending = outcome, None, False

    def park(self, key: Key) -> None:
        """See `Ledger`."""
        with self._lock:
            entry = self._entry(key, State.CLAIMED)
            entry.claimed_at, entry.is_pending = None, True
            entry.attempts -= 1

    def release(self, key: Key) -> None:
        """See `Ledger`."""
        with self._lock:
            entry = self._entry(key, State.CLAIMED, State.PENDING)
            entry.claimed_at, entry.is_pending = None, False

    def _entry(self, key: Key, *states: State) -> _Entry:
        """Return the entry of a command that is in one of these states."""
        entry = self._entries.get(key)
        if entry is None or entry.state not in states:
            raise AlreadySettled(f"the command {key.ts} was settled or released before: settle each command once")
        return entry

    def unsettled(self) -> list[Key]:
        """See `Ledger`."""
        with self._lock:
            found = [key for key, entry in self._entries.items() if entry.outcome is None]
        return sorted(found, key=lambda key: order(key.ts))

    def owed(self) -> list[Owed]:
        """See `Ledger`."""
        with self._lock:
            found = [(_rank(owed, entry), owed) for key, entry in self._entries.items() if (owed := _owed(key, entry))]
        return [owed for _, owed in sorted(found, key=lambda each: each[0])]

    def unmarked(self) -> list[Key]:
        """See `Ledger`."""
        with self._lock:
            return [key for key, entry in self._entries.items() if entry.outcome in _MUST_SHOW and not entry.placed]

    def placed(self, key: Key, mark: Mark) -> None:
        """See `Ledger`."""
        with self._lock:
            if key in self._entries:
                self._entries[key].placed.add(mark)
                self._entries[key].unwanted.discard(mark)

    def removed(self, key: Key, mark: Mark) -> None:
        """See `Ledger`."""
        with self._lock:
            if key in self._entries:
                self._entries[key].placed.discard(mark)
                self._entries[key].unwanted.discard(mark)

    def read(self, ts: str) -> None:
        """See `Ledger`."""
        with self._lock:
            if self._read is None or order(ts) > order(self._read):
                self._read = ts

    def cursor(self) -> str | None:
        """See `Ledger`."""
        with self._lock:
            return self._read

    def forget(self, up_to: str) -> None:
        """See `Ledger`."""
        with self._lock:
            self._entries = {
                key: entry
                for key, entry in self._entries.items()
                if order(key.ts) > order(up_to) or entry.outcome is None or _owed(key, entry)
            }
            self._decided = {
                key: each for key, each in self._decided.items() if order(key.ts) > order(up_to) or key in self._entries
            }

    def fresh(self, key: Key, orders: Sequence[tuple[Order, str]]) -> list[tuple[Order, str]]:
        """See `Ledger`."""
        with self._lock:
            decided = self._decided.get(key, set())
            decided &= set(orders)
            return [each for each in orders if each not in decided]

    def decided(self, key: Key, *orders: tuple[Order, str]) -> None:
        """See `Ledger`."""
        with self._lock:
            if orders:
                self._decided.setdefault(key, set()).update(orders)


def _owed(key: Key, entry: _Entry) -> Owed | None:
    """Return the mark that an entry's state asks for and Slack does not have, or the other way round."""
    # first, so that no moment goes by in which the command has none; one that was to go stays, and is placed to be sure
    if entry.outcome and (entry.outcome not in entry.placed or entry.outcome in entry.unwanted):
        return Owed(key, entry.outcome, 0.0)
    if entry.state is not State.WAITING:  # till then the mark of the former run keeps it from being taken for new
        for mark in entry.unwanted:
            return Owed(key, mark, 0.0, goes=True)
    if entry.outcome:
        return None
    if entry.is_pending:
        return None if Mark.PENDING in entry.placed else Owed(key, Mark.PENDING, 0.0)
    if entry.claimed_at is None or Mark.RUNNING in entry.placed:
        return None
    return Owed(key, Mark.RUNNING, entry.claimed_at + RUNNING_AFTER)


def _rank(owed: Owed, entry: _Entry) -> tuple[object, ...]:
    """Return what marks sort by: what matters most, then what is due first."""
    guards = entry.outcome in _MUST_SHOW and not entry.placed
    return (not owed.mark.is_final, owed.goes, not guards, owed.due, order(owed.key.ts))
