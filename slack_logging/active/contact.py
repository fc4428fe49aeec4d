"""How a source reaches people: over which connection, who of them may, and what is said in their threads.

Safe to use from any thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection

from slack_logging.active.answering.answers import Answers
from slack_logging.active.origin import Operated
from slack_logging.active.people import orders
from slack_logging.active.people.access import Verdict
from slack_logging.active.reading.line import Line
from slack_logging.active.settings import Settings
from slack_logging.clock import Clock, taking_turns
from slack_logging.errors import Unreachable
from slack_logging.redaction.redactor import Redactor


class Contact:
    """The part of an `Origin` that asks Slack, and says what is owed.

    Args:
        settings: the source's.
        operated: the logging side, for the built-in commands.
        clock: what all waits happen on.
        changed: called when less is owed.
    """

    def __init__(
        self, settings: Settings, *, operated: Operated | None, clock: Clock, changed: Callable[[], None]
    ) -> None:
        self.clock = clock
        #: The connection, once there is one.
        self.line: Line | None = None
        self._settings = settings
        #: Ours alone: with a logging side, its own is used.
        self._redactor = Redactor.configured(True, environ=os.environ, own=[], pause=taking_turns())
        redact = self._redactor.redact if operated is None else operated.redact
        #: What is said in the commands' threads.
        self.answers = Answers(lambda: self.line, redact=redact, operated=operated, clock=clock, changed=changed)

    def keep_secret(self, value: str) -> None:
        """Hide this in what is answered from now on."""
        self._redactor.register(value)

    def verdict(self, user: str, roles: Collection[str]) -> Verdict:
        """See `Origin`."""
        return orders.verdict(self._connected(), self._settings.access, user, roles)

    def name_of(self, user: str) -> str:
        """See `Origin`."""
        return orders.name_of(self.line, user)

    def _connected(self) -> Line:
        if self.line is None:
            raise Unreachable("there is no connection to Slack yet")
        return self.line
