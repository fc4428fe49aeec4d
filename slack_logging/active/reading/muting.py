"""People mute errors with an emoji on their message, if they may; who takes it away unmutes them.

A thread of its own asks Slack for the reactions, so that no command ever waits for it. What Slack says is decided by
`_consider`, whoever brings it; that a push brings it is no more than a look that comes sooner.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from slack_logging import notices
from slack_logging.active import audit
from slack_logging.active.origin import Operated
from slack_logging.active.people.access import Access, Verdict
from slack_logging.active.people.orders import wish
from slack_logging.active.reading.watches import Watch, Watches
from slack_logging.clock import Clock
from slack_logging.errors import RateLimited, Rejected, Unreachable
from slack_logging.slack.pacing import Backoff

if TYPE_CHECKING:
    from slack_logging.active.reading.line import Line

#: The emoji.
MUTE = "mute"

#: Seconds for which it mutes.
MUTED_FOR = 3600.0

_METHOD = "reactions.get"

#: Codes that concern one message: it is gone, or where we cannot see it.
_GONE = frozenset({"message_not_found", "bad_timestamp", "channel_not_found", "not_in_channel"})


class Muting:
    """Looks at the messages of errors, from `start` to `close`.

    Args:
        operated: the logging side, whose errors they are.
        access: who may; the same people who may run commands.
        line: returns the connection, None while there is none.
        interval: seconds between two looks at what there is to look at.
        clock: what all waits happen on.
    """

    def __init__(
        self, operated: Operated, access: Access, *, line: Callable[[], Line | None], interval: float, clock: Clock
    ) -> None:
        self._operated = operated
        self._access = access
        self._line = line
        self._interval = interval
        self._clock = clock
        self._watches = Watches()
        self._backoff = Backoff()
        self._not_before = 0.0
        self._barred: Line | None = None
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._hints: deque[tuple[str, str]] = deque()
        self._closed = False

    def start(self) -> None:
        """Begin to look, in a thread. Raises RuntimeError where none can be started."""
        self._clock.start(threading.Thread(target=self._run, name="slack_logging-muting", daemon=True))

    def close(self) -> None:
        """Have the thread end. Does not wait."""
        self._closed = True
        self._wake.put(None)

    def hint(self, channel: str, ts: str) -> None:
        """Have a message looked at soon, if it is an error's: its emoji changed. From any thread; does not wait."""
        self._hints.append((channel, ts))
        self._wake.put(None)

    def _run(self) -> None:
        while not self._closed:
            self._look_safely()
            self._clock.wait(self._wake, self._interval)

    def _look_safely(self) -> None:
        """Look at what is due, as far as the pace allows; what goes wrong is tried again, ever slower."""
        line = self._line()
        if line is None or line is self._barred or self._clock.monotonic() < self._not_before:
            return
        try:
            self._look(line)
            self._backoff.succeeded()
        except RateLimited:
            pass  # the pace knows how long
        except Unreachable:
            self._later()
        except Rejected as error:
            self._barred = line
            notices.say("muting", f"errors cannot be muted with :{MUTE}:, nobody looks for it any more: {error}")
        except Exception as error:  # noqa: BLE001 - nobody else would go on looking
            self._later()
            notices.say("muting", f"looking for :{MUTE}: on errors: unexpected {type(error).__name__}: {error}")

    def _later(self) -> None:
        self._not_before = self._clock.monotonic() + self._backoff.failed()

    def _look(self, line: Line) -> None:
        self._watches.take_in(self._operated.incidents(), self._clock.monotonic())
        while self._hints:
            self._watches.hint(*self._hints.popleft())
        for watch in self._watches.due(self._clock.monotonic()):
            if self._closed or line.client.acquire(_METHOD):
                return
            try:
                found = line.client.call(_METHOD, channel=watch.channel, timestamp=watch.ts, full=True)
            except Rejected as error:
                if error.code not in _GONE:
                    raise
                watch.is_over = True
                continue
            self._consider(line, watch, _users(found))
            watch.looked(self._clock.monotonic())

    def _consider(self, line: Line, watch: Watch, users: Sequence[str]) -> None:
        """Mute what a message shows, or unmute it, as those want who have the emoji there.

        Each is asked for once, and the first who may is enough. The emoji of somebody who was refused stays refused
        until it is put there anew.

        Args:
            line: knows people.
            watch: the message.
            users: the ids of those who have the emoji there now, the first to come first.

        Raises:
            Unreachable, RateLimited: who somebody is cannot be known right now; nothing is decided about them.
        """
        watch.decided &= set(users)
        if watch.by in users:
            return
        for user in users:
            if user in watch.decided:
                continue
            verdict, name = wish(line, self._access, user, patience=0)
            watch.decided.add(user)
            audit.muted(user, "allowed" if verdict is Verdict.ALLOWED else "refused", watch.summary)
            if verdict is Verdict.ALLOWED:
                watch.mute(user, self._clock.monotonic() + MUTED_FOR)
                for fingerprint in watch.errors:
                    self._operated.mute(fingerprint, MUTED_FOR, by=name)
                return
        if watch.by:
            audit.muted(watch.by, "ended", watch.summary)
            watch.unmute()
            for fingerprint in watch.errors:
                self._operated.unmute(fingerprint)


def _users(found: dict[str, Any]) -> list[str]:
    """Return who has the emoji on a message, as reactions.get tells it."""
    reactions = (found.get("message") or {}).get("reactions") or ()
    return [str(user) for reaction in reactions if reaction.get("name") == MUTE for user in reaction.get("users", ())]
