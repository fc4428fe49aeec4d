"""The seams of a command: where it came from, and what the built-in commands act on."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from slack_logging.active.emoji import Emoji, Mark
from slack_logging.active.people.access import Verdict
from slack_logging.clock import Clock
from slack_logging.errors import Rejected
from slack_logging.instance import Instance

if TYPE_CHECKING:
    from slack_logging.active.answering.attachment import Attachable
    from slack_logging.active.command import Command
    from slack_logging.active.people.approvals import Request, Terms
    from slack_logging.active.reading.intake import Heard


class Counters(Protocol):
    """Counts of records, as `slack_logging.Stats` has them."""

    @property
    def emitted(self) -> int:
        """Taken in."""

    @property
    def delivered(self) -> int:
        """Shown in Slack on a line of their own."""

    @property
    def merged(self) -> int:
        """Shown as part of another line's count."""

    @property
    def dropped(self) -> Mapping[str, int]:
        """Not shown, by reason."""

    @property
    def pending(self) -> int:
        """Not shown yet."""


class Living(Protocol):
    """An error whose message in Slack still changes, as `LivingIncident` of the logging side has it."""

    @property
    def fingerprint(self) -> str:
        """What its records have in common."""

    @property
    def channel(self) -> str:
        """The id of the channel that its message is in."""

    @property
    def ts(self) -> str:
        """The message's; several errors may share one."""

    @property
    def records(self) -> int:
        """How many were shown or counted so far."""

    @property
    def summary(self) -> str:
        """What the first one says, on one line."""

    @property
    def last(self) -> float:
        """When the last of them was logged, in epoch seconds."""

    @property
    def muted_until(self) -> float | None:
        """In epoch seconds; None while it is not muted."""


class Operated(Protocol):
    """The logging side of the process, as commands and marks see it. `SlackHandler` is one; safe from any thread."""

    @property
    def channel(self) -> str:
        """The channel that its records go to, a name or an id; empty where they go elsewhere."""

    @property
    def slack_place(self) -> str:
        """Where that is, in words."""

    @property
    def level(self) -> int:
        """The level of the records from which on it shows them."""

    def stats(self) -> Counters:
        """Return the counters of now."""

    def incidents(self) -> Sequence[Living]:
        """Return the errors that have a message in Slack which still changes."""

    def mute(self, fingerprint: str, duration: float, *, by: str) -> None:
        """Leave an error's records out for so many seconds; `by` is shown literally."""

    def unmute(self, fingerprint: str) -> bool:
        """Undo `mute`; False if it was not muted."""

    def flush(self, timeout: float) -> bool:
        """Wait for up to so many seconds until all that was taken in is settled; tell whether it is."""

    def fingerprint(self, record: logging.LogRecord) -> str:
        """Return what `incidents` calls the error that a record tells; empty where there will be none."""

    def redact(self, text: str) -> str:
        """Return a text without the secrets that are known."""

    def unseen(self, error: Rejected, by: object) -> None:
        """Take in what Slack said to the client `by`, who looked for its channel; others may see another one."""


class Answering(Protocol):
    """Says things in commands' threads, see `slack_logging.active.answering.answers.Answers`; safe from any thread."""

    def say(self, heard: Heard, text: str, *, most: int | None = None, fingerprint: str = "") -> None:
        """Have something said. Never waits for Slack."""

    def reply(self, heard: Heard, text: str, file: Attachable | None, timeout: float) -> str:
        """Say something, and block until Slack has it, for up to `timeout` seconds. Returns the message's `ts`.

        Raises:
            DeliveryError: Slack did not take it.
        """

    def progress(self, heard: Heard, done: object, total: object, note: str) -> None:
        """Take in how far a command is. Never waits for anything."""


class Origin(Protocol):
    """Where commands come from: answers them, settles them and knows who may. Safe to use from any thread."""

    @property
    def prefix(self) -> str:
        """What commands start with."""

    @property
    def emoji(self) -> Emoji:
        """What marks and orders are called."""

    @property
    def instance(self) -> Instance:
        """The process that reads."""

    @property
    def clock(self) -> Clock:
        """The clock it runs on."""

    @property
    def since(self) -> float:
        """When it began to read, in monotonic seconds."""

    @property
    def reading(self) -> str:
        """Which channel is read, and how, in words."""

    @property
    def operated(self) -> Operated | None:
        """The logging side, if there is one."""

    @property
    def answers(self) -> Answering:
        """What says things in commands' threads."""

    def running(self) -> Sequence[Command]:
        """Return what is claimed and not settled, oldest first."""

    def waiting(self) -> Sequence[Heard]:
        """Return what may run and waits for somebody to take it, oldest first."""

    def pending(self) -> Sequence[Heard]:
        """Return what waits for people's approval, oldest first."""

    def name_of(self, user: str) -> str:
        """Return what people call a user; the id where Slack does not say. May block for seconds."""

    def limit(self, command: Command, seconds: float) -> None:
        """Have a command settled as errored, and told to stop, unless it is settled in so many seconds."""

    def settle(self, command: Command, outcome: Mark, last_words: str = "") -> None:
        """Say what became of a command. The mark follows, and what is last said to it, in the place of its progress.

        Raises:
            AlreadySettled: it was settled or released before.
        """

    def release(self, command: Command) -> None:
        """Give a command back: somebody claims it again, unless it was cancelled. Raises as `settle` does."""

    def approved(self, command: Command, terms: Terms) -> bool:
        """Tell whether enough people who may have approved a command; else ask them, and have it wait: it is parked.

        Blocks for up to a minute.

        Raises:
            BadArguments: it cannot be shown whole to those who are to approve it.
            DeliveryError: they could not be asked.
        """

    def park(self, command: Command, request: Request) -> None:
        """Take a command back until it is approved: then somebody claims it again. Raises as `settle` does."""

    def verdict(self, user: str, roles: Collection[str]) -> Verdict:
        """Tell whether a user may run a command. May block for seconds.

        Raises:
            DeliveryError: it cannot be known right now.
        """
