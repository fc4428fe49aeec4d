"""How a sender stands with Slack: the client, the channel, and when to try again after a fault.

For the sender's thread; `is_stuck` and `resume_now` are for any.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from slack_logging import notices
from slack_logging.clock import Clock
from slack_logging.errors import RateLimited, Rejected, Unreachable
from slack_logging.slack.credentials import BAD_TOKEN
from slack_logging.slack.pacing import Backoff

if TYPE_CHECKING:
    from slack_logging.slack.transport import Client

#: Seconds between two looks whether the world is right again: at first, and at most.
_FIRST_PROBE, _LAST_PROBE = 15.0, 300.0


class Connection:
    """One channel of one Slack.

    Args:
        channel: as configured, a name or an id.
        connect: returns the client; raises Rejected when there is no token. Called again after a token went bad.
        clock: what retries wait on.

    Attributes:
        target: what to post to: the channel as configured or, where that must be, its id.
        channel_id: known once something is posted; edits go by id only.
        is_stuck: whether Slack refuses everything until somebody changes something.
        is_given_up: whether nobody waits for it any more, nor reads what is wrong with it.
    """

    def __init__(self, channel: str, connect: Callable[[], Client], clock: Clock) -> None:
        self.target = channel
        self.channel_id = ""
        self.is_stuck = self.is_given_up = False
        self._channel = channel
        self._connect = connect
        self._clock = clock
        self._client: Client | None = None
        self._backoff = Backoff()
        self._probe = Backoff(_FIRST_PROBE, _LAST_PROBE)
        self._resume_at = 0.0

    @property
    def client(self) -> Client:
        """The client, made when it is first needed. Raises Rejected when there is no token."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    def wait(self) -> float:
        """Return the seconds until it is time to try again; 0 if it is."""
        return max(self._resume_at - self._clock.monotonic(), 0.0)

    def resume_now(self) -> None:
        """Try again at once, unless Slack refuses everything."""
        if not self.is_stuck:
            self._resume_at = 0.0

    def works(self) -> None:
        """Take in that Slack did what was asked."""
        self._backoff.succeeded()
        self._probe.succeeded()
        self.is_stuck = False
        notices.clear(self._channel, f"posting to {self._channel} again")

    def failed(self, error: Unreachable) -> None:
        """Take in that there was no answer; try again a little later."""
        self._resume_at = self._clock.monotonic() + self._backoff.failed()
        self._say(f"cannot post to {self._channel}, and keeps trying: {error}")

    def refused(self, error: Rejected) -> None:
        """Take in that Slack says no, not to the message but to us; look again after a while."""
        if error.code == "channel_not_found":
            unseen = self._unseen(error)
            if unseen is None:
                return
            error = unseen
        if error.code in BAD_TOKEN:
            self._client = None
        if not self.is_given_up:
            say_refused(self._channel, error)
        self._resume_at = self._clock.monotonic() + self._probe.failed()
        self.is_stuck = True

    def _say(self, text: str) -> None:
        if not self.is_given_up:
            notices.say(self._channel, text)

    def _unseen(self, error: Rejected) -> Rejected | None:
        """Look the channel up: Slack posts to a public channel's name, but to a private one by id only.

        Returns what is wrong, as exactly as is known by then; None where its id is another than was tried.
        """
        if self._client is None or self.target != self._channel:
            self.target = self._channel  # the id is no good any more
            return error
        try:
            found = self._client.channel_id(self._channel)
        except RateLimited:
            return error
        except Rejected as looked:
            return Rejected(error.method, error.code, looked.hint) if looked.code == error.code else error
        if found == self.target:
            return error
        self.target = found
        return None


def say_refused(channel: str, error: Rejected) -> None:
    """Say that Slack refuses all records for a channel: once, whether who posts or who reads commands finds it out."""
    notices.say(channel, f"nothing is posted to {channel}, records are kept: {error}")
