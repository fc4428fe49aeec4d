"""Looks at a channel for commands, again and again, and takes in what is pushed meanwhile.

    history or push -> intake -> triage: too old? -> allowed? -> desk

For the reader's thread, but for what Slack pushes, which is heard in the socket's; whatever the two make of one message
at the same time, one of them has the claim in the ledger.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from typing import Any

from slack_logging import notices
from slack_logging.active.desk import Desk
from slack_logging.active.ledger import Ledger, just_before, order
from slack_logging.active.origin import Operated
from slack_logging.active.people.codes import codes_of
from slack_logging.active.reading.hostlock import OneReader
from slack_logging.active.reading.intake import Heard
from slack_logging.active.reading.line import Line
from slack_logging.active.reading.names import Names
from slack_logging.active.reading.push import SWEEP_INTERVAL, Push
from slack_logging.active.reading.triage import Triage, Undecided
from slack_logging.active.reading.window import Window
from slack_logging.active.settings import Settings
from slack_logging.errors import ConfigurationError, DeliveryError, RateLimited, Rejected
from slack_logging.slack import credentials
from slack_logging.slack.credentials import bot_token
from slack_logging.slack.pacing import Backoff

#: Seconds between two looks at the channel at least, however many hints come.
_HINT_PACE = 2.0

#: Seconds for each command that is looked at singly: with one a look, twenty and some calls of the fifty a minute.
_REVISIT_PACE = 3.0

#: Seconds between two tries to become the host's reader at most.
_STANDBY = 5.0


#: What a look for a channel's name answers where nothing can be posted there; other codes are about the look.
_UNSEEN = ("channel_not_found", "is_archived")


class Sweeper:
    """Lays out on a desk what people type in its channel.

    Args:
        desk: takes the commands; its connection and its ledger are exchanged here.
        settings: the source's.
        ledger_of: returns the ledger of what was connected to.
        names: what the marks are called; found out from the messages.
        wake: called when there is something to do before `due_at`.
        hint_of_reaction: called with the channel and the `ts` of a message that somebody reacted to, in the socket's
            thread; is not to wait.

    Attributes:
        triage: what is done with a message.
        due_at: when to look next, in monotonic seconds.
        is_closing: whether to look no more; the reader sets it, and ends then.
    """

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        ledger_of: Callable[[Line], Ledger],
        *,
        names: Names,
        wake: Callable[[], None],
        hint_of_reaction: Callable[[str, str], None],
    ) -> None:
        self.triage = Triage(settings, desk)
        self.due_at = 0.0
        self.is_closing = False
        self._desk = desk
        self._settings = settings
        self._ledger_of = ledger_of
        self._clock = desk.clock
        self._names = names
        self._wake = wake
        self._hint_of_reaction = hint_of_reaction
        self._cause = f"commands in {settings.channel}"
        self._backoff = Backoff()
        self._complaint = ""
        self._undecided: Undecided | None = None
        self._must_connect = True
        self._window = Window(settings.max_age)
        self._pushed: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._swept_at = -_HINT_PACE
        self._revisited = "0"  # the `ts` of the command that was looked at singly last
        self._is_hinted = False
        self._one_reader = OneReader(self._cause, desk.instance.service, relieved=wake)
        self._is_reader = False
        self._push: Push | None = None

    def step(self) -> None:
        """Take in what was pushed; look at the channel if it is time."""
        self._consider_pushed()
        now = self._clock.monotonic()
        if self._is_hinted:
            self._is_hinted = False
            self.due_at = min(self.due_at, self._swept_at + _HINT_PACE)
        if not self.is_closing and now >= self.due_at:
            self.due_at, self._swept_at = now + self._sweep_safely(), now

    @property
    def interval(self) -> float:
        """Seconds between two looks, as long as nothing is hinted at."""
        return self._settings.poll_interval if self._push is None else self._push.interval

    @property
    def is_relieved(self) -> bool:
        """Whether another source of this process reads the channel, and places all marks. From any thread."""
        return self._one_reader.is_relieved()

    def release(self) -> None:
        """Let another process read."""
        self._one_reader.release()

    def close(self) -> None:
        """Hear no more of what is pushed, and let another source of this process read. From any thread."""
        self._one_reader.leave()
        if self._push is not None:
            self._push.close()

    def _sweep_safely(self) -> float:
        """Sweep, and return the seconds until the next. What goes wrong is said once and tried again, ever slower."""
        try:
            pause = self._sweep()
        except RateLimited as error:
            return error.retry_after
        except DeliveryError as error:
            self._must_connect = isinstance(error, Rejected)
            if self._must_connect:  # another source may have a better token
                self._one_reader.step_aside()
            kind = error.code if isinstance(error, Rejected) else type(error).__name__
            self._complain(kind, f"{self._cause} are not read: {error}")
            return self._backoff.failed()
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001 - nobody else would go on reading
            unexpected = type(error).__name__
            self._complain(unexpected, f"{self._cause} are not read: unexpected {unexpected}: {error}")
            return self._backoff.failed()
        self._backoff.succeeded()
        if self._undecided is not None:
            self._complain(
                "undecided",
                f"{self._cause}: some wait, because Slack does not tell just now who may: {self._undecided.why}",
            )
            return min(pause, self._settings.poll_interval)
        self._complaint = ""
        self._say_that_it_reads()
        return pause

    def _say_that_it_reads(self) -> None:
        """Say so, unless the last sweep ended in a complaint: one of the two lines stands at a time."""
        if self._complaint or not self._is_reader:
            return
        notices.say(self._cause, f"reading {self._cause} as {self._desk.instance.host} (pid {self._desk.instance.pid})")

    def _complain(self, kind: str, text: str) -> None:
        """Say what is wrong, once for each kind of fault until it works again."""
        if kind != self._complaint:
            self._complaint = kind
            notices.say(self._cause, f"{text}; trying again")

    def _sweep(self) -> float:
        """Look at the channel, if we are the one to; return the seconds until the next look."""
        if self._must_connect or self._desk.line is None:
            self._desk.line = self._connected()
            self._must_connect = False
        line = self._desk.line
        push = self._push
        # what auth.test says need not be an address; this machine has two names
        api_url = credentials.api_url(self._settings.api_url).replace("//localhost:", "//127.0.0.1:")
        sharing = [self._desk.instance.service] if self._settings.shared else []
        self._is_reader = push is not None and self._one_reader.is_us((api_url, line.team, line.channel, *sharing))
        if push is None or not self._is_reader:
            if push is not None:
                push.close()
            return min(self._settings.poll_interval, _STANDBY)
        return self._look(line, push)

    def _look(self, line: Line, push: Push) -> float:
        """Consider what is in the channel; return the seconds until the next look."""
        if self._window.floor is None and line.is_shared_outside():
            text = f"{self._settings.channel} is shared by Slack Connect: people of other organisations are in it"
            notices.say(f"{self._cause}, shared", f"{text}, and read what is typed and answered there")
        messages = self._messages(line)
        oldest = self._window.oldest(line.client.time(), self._desk.ledger.cursor())
        revisited, old_messages = self._revisit(line, oldest)
        line.say_if_clock_is_off()
        self._names.look_at(line, messages, up_to=self._window.floor or "0")
        self._desk.reading = f"{self._settings.channel}, {push.how}"  # before the first command can ask
        if not self.is_closing:
            push.open()  # not before it is known that there is something to hear; what came meanwhile is looked for
        self._say_that_it_reads()
        self._miss(line, [*old_messages, *messages], is_seen=lambda ts: ts in revisited or order(ts) > order(oldest))
        found = [heard for message in (*old_messages, *messages) if (heard := self.triage.hear(line, message))]
        # what is older than where we began is only looked at for what was left running
        floor = order(self._window.floor or "0")
        found = [heard for heard in found if heard.marks or order(heard.key.ts) > floor or heard.key.ts in revisited]
        self._undecided = self.triage.consider_each(line, found)
        for message in messages:
            if self._undecided is None or order(str(message["ts"])) < order(self._undecided.since):
                self._desk.ledger.read(str(message["ts"]))
        self._window.narrow(line.client.time(), self._desk.ledger.cursor(), messages)
        bound = self._window.oldest(line.client.time(), self._desk.ledger.cursor())
        self._desk.ledger.forget(up_to=bound)
        unsettled = [key.ts for key in self._desk.ledger.unsettled()]
        self._desk.answers.forget(up_to=min([bound, *map(just_before, unsettled)], key=order))
        wait = push.swept(messages, bound)
        self._desk.reading = f"{self._settings.channel}, {push.how}"
        return wait

    def _revisit(self, line: Line, oldest: str) -> tuple[set[str], list[dict[str, Any]]]:
        """Look at some of the commands that are not settled and as old as that, one by one and in turn.

        However long one waits or runs, what others talk meanwhile is not read again for its sake.

        Returns:
            The `ts` of those looked at, and the messages of those that are there.
        """
        old = [key.ts for key in self._desk.ledger.unsettled() if order(key.ts) <= order(oldest)]
        old.sort(key=lambda ts: (order(ts) <= order(self._revisited), order(ts)))
        gap = min(self._clock.monotonic() - self._swept_at, SWEEP_INTERVAL)
        looked_at: dict[str, dict[str, Any] | None] = {}
        with contextlib.suppress(RateLimited):  # then the next look goes on
            for ts in old[: 1 + int(gap / _REVISIT_PACE)]:
                looked_at[ts] = line.at(ts)
                self._revisited = ts
        return set(looked_at), [message for message in looked_at.values() if message]

    def _miss(self, line: Line, messages: list[dict[str, Any]], is_seen: Callable[[str], bool]) -> None:
        """Cancel those commands whose messages are not there any more.

        Args:
            line: the connection.
            messages: what was found.
            is_seen: tells of a `ts` whether it would be among them.
        """
        present = {str(message["ts"]): message.get("subtype") != "tombstone" for message in messages}
        for key in self._desk.ledger.unsettled():
            if present.get(key.ts) or self.is_closing or not is_seen(key.ts):
                continue
            if key.ts in present or not line.has(key.ts):  # that a page lacks it is not enough: it may be behind
                self._desk.gone(key)

    def _connected(self) -> Line:
        line = Line.connect(self._settings, self._desk.instance, self._clock)
        if (operated := self._desk.operated) is not None and operated.channel:
            self._check_against(operated, line)
        self._desk.ledger = self._ledger_of(line)
        self._desk.keep_secret(bot_token(self._settings.token))
        if self._push is not None:
            self._push.close()
        self._push = Push(
            self._settings,
            line,
            hear=self._hear,
            hint=self._look_soon,
            hint_of_reaction=self._hint_of_reaction,
            clock=self._clock,
        )
        return line

    def _check_against(self, operated: Operated, line: Line) -> None:
        """Refuse to read the channel that the records go to: it may be told by name here, by id there.

        Where Slack knows no such one, that is said at once: a first record may be long in coming.
        """
        try:
            is_same = line.client.channel_id(operated.channel) == line.channel
        except Rejected as error:
            if error.code in _UNSEEN and not line.may_post_to(operated.channel):
                operated.unseen(error, line.client)
            return
        if is_same:
            raise ConfigurationError(f"that is where the records go, to {operated.channel}: use another channel")

    def _hear(self, heard: Heard) -> None:
        """Consider what was pushed. In the socket's thread, which asks Slack nothing: ours does, of who is unknown."""
        try:
            if line := self._desk.line:
                self.triage.consider(line, heard, patience=-1)
        except DeliveryError:
            self._pushed.put(heard)
        self._wake()  # or a mark may be owed

    def _consider_pushed(self) -> None:
        """Consider what the socket's thread left to us; what cannot be decided now is for the next look."""
        found = [self._pushed.get() for _ in range(self._pushed.qsize())]
        if found and (line := self._desk.line) and self.triage.consider_each(line, found):
            self._is_hinted = True

    def _look_soon(self) -> None:
        self._is_hinted = True
        self._wake()

    def _messages(self, line: Line) -> list[dict[str, Any]]:
        """Return what is to be looked at, oldest first."""
        if self._window.floor is not None:
            oldest = self._window.oldest(line.client.time(), self._desk.ledger.cursor())
            return line.since(oldest, wanted=lambda: not self.is_closing)
        codes_of(self._clock).begin(started := line.client.time())
        messages, has_more = line.newest()
        self._window.begin(started, messages, has_more=has_more)
        return messages
