"""Tells people why they were refused, as fast as Slack allows; what fails is tried again.

Nobody waits for it: the mark on the message says it too.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from slack_logging.active import reply
from slack_logging.active.access import Verdict, refusal
from slack_logging.clock import Clock
from slack_logging.errors import RateLimited, Rejected, Unreachable
from slack_logging.slack.pacing import Backoff

if TYPE_CHECKING:
    from slack_logging.active.line import Line

#: Seconds for which the same person is not told again.
_ONCE_IN = 600.0


class Refusals:
    """The replies that are owed. One thread tells them; any thread may owe them.

    Args:
        clock: what retries wait on.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._backoff = Backoff()
        self._not_before = 0.0
        self._owed: deque[tuple[str, str]] = deque()
        self._owed_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def owe(self, ts: str, user: str, verdict: Verdict) -> None:
        """Take in that the one who wrote the message `ts` is to be told who they are to Slack and what to do."""
        now = self._clock.monotonic()
        with self._lock:
            self._owed_at = {user: at for user, at in self._owed_at.items() if now - at < _ONCE_IN}
            if user in self._owed_at:
                return
            self._owed_at[user] = now
        self.say(ts, refusal(user, verdict))

    def say(self, ts: str, text: str) -> None:
        """Take in that this is to be said in a message's thread."""
        self._owed.append((ts, text))

    def tell(self, line: Line) -> float | None:
        """Post what is owed. Never raises a `DeliveryError`; blocks for calls, not for their pace.

        Returns:
            The seconds until there is more to do; None when nothing is owed.
        """
        while self._owed:
            wait = self._not_before - self._clock.monotonic()
            if wait <= 0:
                wait = line.client.acquire("chat.postMessage", line.channel)
            if wait <= 0:
                wait = self._try(line, *self._owed[0])
            if wait > 0:
                return wait
            self._owed.popleft()
        return None

    def _try(self, line: Line, ts: str, text: str) -> float:
        """Post one reply; return the seconds to wait before the next try, 0.0 if there need be none."""
        [message] = reply.messages(text)
        try:
            line.client.call("chat.postMessage", channel=line.channel, thread_ts=ts, **message)
        except RateLimited as error:
            return self._later(error.retry_after)
        except Unreachable:
            return self._later(self._backoff.failed())
        except Rejected:
            return 0.0  # the message is gone, say
        self._backoff.succeeded()
        return 0.0

    def _later(self, seconds: float) -> float:
        self._not_before = self._clock.monotonic() + seconds
        return seconds
