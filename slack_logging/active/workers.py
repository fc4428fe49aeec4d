"""The threads that run commands.

Python can end no thread. A function that goes on after its command was given up keeps its thread, and another one
takes the place: else four of them would make a program deaf.
"""

from __future__ import annotations

import contextvars
import itertools
import threading

from slack_logging import notices
from slack_logging.active.command import Command
from slack_logging.active.desk import Desk
from slack_logging.active.emoji import Mark
from slack_logging.active.router import CommandRouter
from slack_logging.clock import Clock

#: Threads that are replaced at most while what was given up goes on in them; ours.
_MOST_LOST = 20


class Workers:
    """Takes commands from a desk and runs them, until the desk closes.

    Args:
        desk: whose `given_up` is set.
        router: runs them.
        name: what the threads' names begin with, and what is said on stderr.
        clock: what all waits happen on.
    """

    def __init__(self, desk: Desk, router: CommandRouter, *, name: str, clock: Clock) -> None:
        self._desk = desk
        self._router = router
        self._name = name
        self._clock = clock
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._current: set[int] = set()
        self._lost = 0
        desk.given_up = self._replace

    def start(self, number: int) -> None:
        """Begin to run so many at the same time."""
        for _ in range(number):
            self._add()

    def _add(self) -> None:
        name = f"slack_logging-worker-{next(self._numbers)}"
        self._clock.start(threading.Thread(target=self._work, name=name, daemon=True))

    def _work(self) -> None:
        me = threading.get_ident()
        with self._lock:
            self._current.add(me)
        while (command := self._desk.take()) is not None:
            # a context of its own: nothing that one command keeps there is seen by the next
            contextvars.Context().run(self._run, command)
            if not self._desk.instance.is_us:
                return  # a child that the command forked has this thread alone, and ends with it
            with self._lock:
                if me not in self._current:  # another one has taken our place
                    self._lost -= 1
                    return

    def _run(self, command: Command) -> None:
        try:
            self._router.run(command)
        except BaseException as error:  # `sys.exit()`, a cancelled task: answered; the worker goes on
            if not self._desk.instance.is_us:
                raise
            try:
                command.abandon(Mark.ERRORED, type(error).__name__)
            except Exception as unexpected:  # noqa: BLE001 - nobody takes the place of a thread that ends
                notices.say(
                    f"{self._name}, unexpected",
                    f"{self._name}: unexpected {type(unexpected).__name__} when a command ended: {unexpected}",
                )

    def _replace(self, thread: int) -> None:
        """Have another thread take the place of one in which something goes on that was given up."""
        with self._lock:
            if thread not in self._current:
                return
            if self._lost == _MOST_LOST:
                notices.say(
                    f"{self._name}, lost",
                    f"{self._name}: {_MOST_LOST} functions go on that were given up: one more keeps its place",
                )
                return
            self._current.remove(thread)
            self._lost += 1
        try:
            self._add()
        except RuntimeError as error:  # who asks reads, and goes on; the thread keeps its place
            with self._lock:
                self._current.add(thread)
                self._lost -= 1
            notices.say(f"{self._name}, lost", f"{self._name}: what was given up keeps its place: {error}")
