"""Places the marks that the ledger owes, as fast as Slack allows; what fails is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.active.ledger import Ledger, Owed
from slack_logging.active.reading.names import Names
from slack_logging.active.settings import Settings
from slack_logging.clock import Clock
from slack_logging.errors import RateLimited, Rejected, Unreachable
from slack_logging.options import format_duration
from slack_logging.slack.pacing import Backoff

if TYPE_CHECKING:
    from slack_logging.slack.client import SlackClient

#: Codes that say that nothing need be done: the mark is as it should be, or its message is gone.
_NO_MATTER = frozenset("already_reacted no_reaction message_not_found".split())

#: Codes after which this mark can never be placed on this message, or taken from it.
#: Sources: reactions.add, reactions.remove.
_HOPELESS = frozenset(
    "bad_timestamp no_item_specified not_reactable thread_locked too_many_emoji too_many_reactions invalid_name".split()
)


ADD, REMOVE = "reactions.add", "reactions.remove"


class _Way:
    """When a method may be called again: what Slack says of one is not said of the other."""

    def __init__(self) -> None:
        self.not_before = 0.0
        self.backoff = Backoff()


class Marker:
    """Turns a ledger's outcomes into reactions. For one thread.

    Args:
        settings: the source's; its `emoji` are used.
        clock: what retries wait on.

    Attributes:
        names: what the marks are called here.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self.names = Names(settings.emoji)
        self._clock = clock
        self._ways = {ADD: _Way(), REMOVE: _Way()}

    def place(self, client: SlackClient, ledger: Ledger, *, closing: bool = False) -> float | None:
        """Place what a ledger owes and is due; when nothing is, find out whether an emoji is there.

        Never raises a `DeliveryError`; blocks for calls, not for their pace.

        Args:
            client: who calls.
            ledger: whose marks.
            closing: no mark is taken away: a command that has none then may be run again by the next who starts.

        Returns:
            The seconds until there is more to do; None when nothing is owed.
        """
        now = self._clock.monotonic()
        if now < self._ways[ADD].not_before:  # to sort hundreds of what is owed for every command would slow them all
            return self._ways[ADD].not_before - now
        waits: list[float] = []
        for owed in ledger.owed():
            if closing and owed.goes:
                continue
            method = _method(owed)
            wait = max(owed.due, self._ways[method].not_before) - self._clock.monotonic()
            if wait <= 0 and (wait := client.acquire(method)) > 0:
                self._later(method, wait)
            if wait <= 0:
                wait = self._try(client, owed)
                if not wait and owed.goes:
                    ledger.removed(owed.key, owed.mark)
                    waits.append(0.0)  # what takes its place is owed now
                elif not wait:
                    ledger.placed(owed.key, owed.mark)
            if wait > 0:
                waits.append(wait)
                if not owed.goes:
                    # What follows is due later still: the ledger sorts by what matters, then by when.
                    break
        if not closing and min(waits, default=1.0) > 0 and (pause := self._ask(client)) is not None:
            waits.append(pause)
        return min(waits, default=None)

    def _ask(self, client: SlackClient) -> float | None:
        """Ask for one of the names that are not known yet; return the seconds until it is time for another."""
        question = self.names.question()
        if question is None:
            return None
        wait = self._ways[REMOVE].not_before - self._clock.monotonic()
        if wait > 0 or (wait := client.acquire(REMOVE)) > 0:
            return wait
        code = ""
        try:
            client.call(REMOVE, **question._asdict())
        except RateLimited as error:
            return self._later(REMOVE, error.retry_after)
        except Unreachable:
            return self._later(REMOVE, self._ways[REMOVE].backoff.failed())
        except Rejected as error:
            code = error.code
        self._ways[REMOVE].backoff.succeeded()
        if code == "message_not_found":
            self.names.look_elsewhere()
        else:
            self.names.answered(question.name, exists=code != "invalid_name")
        return 0.0

    def _try(self, client: SlackClient, owed: Owed) -> float:
        """Place a mark or take it away; return the seconds to wait before the next try, 0.0 if there need be none."""
        name, method = self.names.of(owed.mark), _method(owed)
        way = self._ways[method]
        try:
            client.call(method, channel=owed.key.channel, timestamp=owed.key.ts, name=name)
        except RateLimited as error:
            return self._later(method, error.retry_after)
        except Unreachable:
            return self._later(method, way.backoff.failed())
        except Rejected as error:
            if error.code == "invalid_name" and name != owed.mark.value:
                self.names.answered(name, exists=False)
                return self._later(method, 0.001)
            if error.code in _HOPELESS:
                self._say_that_it_is_hopeless(owed, error)
            elif error.code not in _NO_MATTER:
                notices.say(method, f"commands cannot be marked: {error}")
                return self._later(method, way.backoff.failed())
        way.backoff.succeeded()
        notices.clear(method)
        return 0.0

    def _say_that_it_is_hopeless(self, owed: Owed, error: Rejected) -> None:
        """Say once for each channel and code what that means for people."""
        channel, within = self._settings.channel, format_duration(self._settings.max_age)
        if owed.goes:
            text = f"a former mark cannot be taken from a command in {channel}: {error}. The one that follows holds"
        else:
            text = (
                f"a command in {channel} cannot be marked: {error}. Its reply says what became of it; where it has "
                f"none either, a program that starts, or takes over, within {within} may run it again"
            )
        notices.say(f"{error.method} {error.code} in {channel}", text)

    def _later(self, method: str, seconds: float) -> float:
        self._ways[method].not_before = self._clock.monotonic() + seconds
        return seconds


def _method(owed: Owed) -> str:
    return REMOVE if owed.goes else ADD
