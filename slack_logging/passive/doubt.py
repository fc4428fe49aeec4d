"""Posts whose answer was lost: did Slack take them? The channel's history tells, by the id in their metadata.

For the sender's thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slack_logging.clock import Clock
from slack_logging.errors import RateLimited, Rejected
from slack_logging.passive.view import small_print

if TYPE_CHECKING:
    from slack_logging.slack.client import SlackClient

#: Seconds after the lost answer at which we look: what Slack took may not be in the history at once.
_LOOKS = (2.0, 10.0)

#: How many messages we read back.
_LOOK_BACK = 200

#: The longest we let the pace keep us from a look, in seconds: then the message is sent again, unseen.
_PATIENCE = 30.0

_SENT_AGAIN = "Sent again: Slack did not answer the first time, so this may be above already."


class Doubt:
    """Whether the message in hand is in the channel already.

    Args:
        id_: of the message, as its metadata holds it.
        clock: what the looks wait on.
    """

    def __init__(self, id_: str, clock: Clock) -> None:
        self._id = id_
        self._clock = clock
        self._since = clock.monotonic()
        self._looks = list(_LOOKS)
        self._was_blind = False

    @property
    def is_over(self) -> bool:
        """Tell whether there is nothing to find out any more: the message may be sent again."""
        return not self._looks

    def wait(self, client: SlackClient, *, at_once: bool) -> float:
        """Return the seconds until `look` may be called; 0 if now, its place acquired, or if the doubt is over.

        Args:
            client: Slack.
            at_once: whether somebody waits: then there is one look, now.
        """
        if at_once:
            del self._looks[:-1]
        else:
            due = self._since + self._looks[0] - self._clock.monotonic()
            if due > 0:
                return due
        place = client.acquire("conversations.history")
        if place:
            self._postpone(place)
        return 0.0 if self.is_over else place

    def look(self, client: SlackClient, channel: str) -> tuple[str, str] | None:
        """Return the channel's id and the message's `ts` if the message is there.

        Where Slack does not let us look, the doubt is over.

        Args:
            client: Slack.
            channel: a name or an id.

        Raises:
            RateLimited: see `SlackClient.call`.
            Unreachable: see `SlackClient.call`.
        """
        try:
            channel_id = client.channel_id(channel, timeout=0)
        except RateLimited as error:
            self._postpone(error.retry_after)
            return None
        except Rejected:
            self._see_nothing()
            return None
        try:
            history = client.call(
                "conversations.history", channel=channel_id, limit=_LOOK_BACK, include_all_metadata=True
            )
        except Rejected:
            self._see_nothing()
            return None
        for message in history["messages"]:
            if message.get("metadata", {}).get("event_payload", {}).get("id") == self._id:
                return channel_id, str(message["ts"])
        del self._looks[0]
        return None

    def marked(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what chat.postMessage is given for the repeat, which says that it is one if we could not look."""
        if not self._was_blind:
            return arguments
        return arguments | {"blocks": [*arguments["blocks"], small_print(_SENT_AGAIN)]}

    def _postpone(self, wait: float) -> None:
        """Look after so many seconds, if that is not too long."""
        self._since = self._clock.monotonic() + wait - self._looks[0]
        if wait > _PATIENCE:
            self._see_nothing()

    def _see_nothing(self) -> None:
        self._was_blind = True
        self._looks.clear()
