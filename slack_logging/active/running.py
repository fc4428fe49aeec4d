"""What runs, and in which thread. Not thread-safe: whose it is holds a lock."""

from __future__ import annotations

import threading
from collections.abc import Set as AbstractSet

from slack_logging.active.command import Command
from slack_logging.active.ledger import Key
from slack_logging.active.watchdog import Watchdog
from slack_logging.errors import AlreadySettled


class Running:
    """The commands that were taken and not given back.

    Attributes:
        watchdog: knows by when each must have ended.
    """

    def __init__(self) -> None:
        self.watchdog = Watchdog()
        self._taken: dict[Key, tuple[Command, int]] = {}
        self._cancelled: dict[Key, str] = {}
        self._interrupted: set[int] = set()

    def __len__(self) -> int:
        return len(self._taken)

    def begin(self, command: Command, now: float, timeout: float | None) -> None:
        """Take in that the calling thread has taken a command."""
        self._taken[command.heard.key] = (command, threading.get_ident())
        self.watchdog.began(command.heard.key, now, timeout)

    def get(self, key: Key) -> Command | None:
        """Return the command of a message, if it runs."""
        command, _ = self._taken.get(key, (None, 0))
        return command

    def commands(self) -> list[Command]:
        """Return all of them."""
        return [command for command, _ in self._taken.values()]

    def cancel(self, command: Command, now: float, reason: str) -> None:
        """Take in that a command is about to be told to stop, and at what monotonic time."""
        self._cancelled.setdefault(command.heard.key, reason)
        self.watchdog.cancelled(command.heard.key, now, reason)

    def cancelled(self, command: Command) -> str:
        """Return why a command was cancelled; empty if it was not.

        Raises:
            AlreadySettled: it is not there (any more).
        """
        if self.get(command.heard.key) is not command:
            raise AlreadySettled(f"the command {command.heard.shown!r} was released: it is not ours to settle any more")
        return self._cancelled.get(command.heard.key, "")

    def end(self, command: Command) -> str:
        """Take a command off the list; returns and raises as `cancelled` does."""
        cancelled = self.cancelled(command)
        del self._taken[command.heard.key]
        self.watchdog.ended(command.heard.key)
        self._cancelled.pop(command.heard.key, None)
        return cancelled

    def take_over(self, now: float) -> list[tuple[Command, int, str]]:
        """Return what has run for too long, each once, with its thread and what is told."""
        return [(*self._taken[key], reason) for key, reason in self.watchdog.take_over(now)]

    def interrupt(self, closers: AbstractSet[int]) -> list[Command]:
        """Return what other threads than these run; they may be waited for until they come back."""
        found = [(command, thread) for command, thread in self._taken.values() if thread not in closers]
        self._interrupted |= {thread for _, thread in found}
        return [command for command, _ in found]

    def came_back(self) -> bool:
        """Take in that the calling thread runs nothing; tell whether it was waited for."""
        was_awaited = threading.get_ident() in self._interrupted
        self._interrupted.discard(threading.get_ident())
        return was_awaited

    def is_busy(self, closers: AbstractSet[int]) -> bool:
        """Tell whether another thread than these runs something."""
        return any(thread not in closers for _, thread in self._taken.values())

    def is_heard(self, closers: AbstractSet[int]) -> bool:
        """Tell whether the calling thread, one of these, waits for another that runs something or was interrupted.

        A command that closes waits for no other that does, which would wait for it.
        """
        threads = {thread for _, thread in self._taken.values()}
        me = threading.get_ident()
        return bool((threads | self._interrupted) - (closers if me in threads else {me}))
