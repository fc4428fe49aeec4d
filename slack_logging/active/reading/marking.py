"""Places the marks that the ledger owes, as fast as Slack allows; what fails is tried again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from slack_logging import notices
from slack_logging.active.emoji import Mark, Order
from slack_logging.active.ledger import Ledger, Owed, order
from slack_logging.active.settings import Settings
from slack_logging.clock import Clock
from slack_logging.errors import DeliveryError, RateLimited, Rejected, Unreachable
from slack_logging.options import format_duration
from slack_logging.slack.pacing import Backoff

if TYPE_CHECKING:
    from slack_logging.active.reading.line import Line
    from slack_logging.slack.client import SlackClient

#: Codes that say that nothing need be done: the mark is as it should be, or its message is gone.
_NO_MATTER = frozenset("already_reacted no_reaction message_not_found".split())

#: Codes after which this mark can never be placed on this message, or taken from it.
#: Sources: reactions.add, reactions.remove.
_HOPELESS = frozenset(
    "bad_timestamp no_item_specified not_reactable thread_locked too_many_emoji too_many_reactions invalid_name".split()
)


class Marker:
    """Turns a ledger's outcomes into reactions. For one thread.

    Args:
        settings: the source's; its `emoji` are used.
        clock: what retries wait on.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._emoji = settings.emoji
        self._clock = clock
        self._backoff = Backoff()
        self._not_before = 0.0
        self._missing: set[Mark] = set()

    def check_names(self, line: Line, messages: Iterable[Mapping[str, Any]], *, up_to: str) -> None:
        """Say which of the configured emoji the workspace lacks, as far as Slack tells.

        It is asked to take away what is not there. A list of all emoji would need another scope, and leaves out the
        standard ones.

        Args:
            line: the connection.
            messages: of its channel, oldest first; asked about is one that no program marks.
            up_to: the `ts` up to which they are too old to be run.
        """
        for name, meaning in self._emoji.configured().items():
            for message in messages:
                is_marked_by_nobody = order(message["ts"]) <= order(up_to) or not line.intake.is_typed(message)
                if is_marked_by_nobody and not message.get("reactions"):
                    if _is_unknown(line, name, message["ts"]):
                        self._lacks(name, meaning)
                    break

    def place(self, client: SlackClient, ledger: Ledger, *, closing: bool = False) -> float | None:
        """Place what a ledger owes and is due. Never raises a `DeliveryError`; blocks for calls, not for their pace.

        Args:
            client: who calls.
            ledger: whose marks.
            closing: no mark is taken away: a command that has none then may be run again by the next who starts.

        Returns:
            The seconds until there is more to do; None when nothing is owed.
        """
        now = self._clock.monotonic()
        if now < self._not_before:  # whatever is owed by now: to sort hundreds for every command would slow them all
            return self._not_before - now
        waits: list[float] = []
        for owed in ledger.owed():
            if closing and owed.goes:
                continue
            now = self._clock.monotonic()
            wait = max(owed.due, self._not_before) - now
            if wait <= 0 and (wait := client.acquire(_method(owed))) > 0 and not owed.goes:
                self._later(wait)
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
        return min(waits, default=None)

    def _try(self, client: SlackClient, owed: Owed) -> float:
        """Place a mark or take it away; return the seconds to wait before the next try, 0.0 if there need be none."""
        name = owed.mark.value if owed.mark in self._missing else self._emoji.name(owed.mark)
        try:
            client.call(_method(owed), channel=owed.key.channel, timestamp=owed.key.ts, name=name)
        except RateLimited as error:
            return self._later(error.retry_after)
        except Unreachable:
            return self._later(self._backoff.failed())
        except Rejected as error:
            if error.code == "invalid_name" and name != owed.mark.value:
                self._lacks(name, owed.mark)
                return self._later(0.001)
            if error.code in _HOPELESS:
                self._say_that_it_is_hopeless(owed, error)
            elif error.code not in _NO_MATTER:
                notices.say("reactions.add", f"commands cannot be marked: {error}")
                return self._later(self._backoff.failed())
        self._backoff.succeeded()
        notices.clear("reactions.add")
        return 0.0

    def _lacks(self, name: str, meaning: Mark | Order) -> None:
        """Say so, and use the standard one, if it is ours to place."""
        if isinstance(meaning, Mark):
            self._missing.add(meaning)
            outcome = f"marking with :{meaning.value}:"
        else:
            outcome = f"nobody can put it on a message ({meaning.name.lower()!r})"
        notices.say(f"emoji {name}", f"there is no emoji :{name}: here; {outcome}")

    def _say_that_it_is_hopeless(self, owed: Owed, error: Rejected) -> None:
        """Say once for each channel and code what that means for people."""
        channel, within = self._settings.channel, format_duration(self._settings.max_age)
        if owed.goes:
            text = f"a former mark cannot be taken from a command in {channel}: {error}. The one that follows holds"
        else:
            text = (
                f"a command in {channel} cannot be marked: {error}. Its reply says what became of it; where it has "
                f"none either, a program that starts within {within} may run it again"
            )
        notices.say(f"{error.method} {error.code} in {channel}", text)

    def _later(self, seconds: float) -> float:
        self._not_before = self._clock.monotonic() + seconds
        return seconds


def _is_unknown(line: Line, name: str, ts: str) -> bool:
    """Tell whether Slack says that there is no such emoji; where it says nothing, the first use of it will."""
    try:
        line.client.deliver("reactions.remove", timeout=0, channel=line.channel, timestamp=ts, name=name)
    except DeliveryError as error:
        return isinstance(error, Rejected) and error.code == "invalid_name"
    return False


def _method(owed: Owed) -> str:
    return "reactions.remove" if owed.goes else "reactions.add"
