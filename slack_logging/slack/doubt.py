"""Posts and files whose answer was lost: does Slack have them? The channel tells, before anything is sent again.

A message is known by the id in its metadata, a file by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from slack_logging.clock import Clock
from slack_logging.errors import RateLimited, Rejected

if TYPE_CHECKING:
    from slack_logging.slack.transport import Client

Found = TypeVar("Found")

#: Seconds after the lost answer at which we look: what Slack took may not be in the history at once.
_LOOKS = (2.0, 10.0)

#: How many messages we read back, and since how many seconds before the lost answer.
_MOST, _SINCE = 200, 600.0

#: The longest we let the pace keep us from a look, in seconds: then it is sent again, unseen.
_PATIENCE = 30.0

_SENT_AGAIN = "Sent again: nothing told whether it was taken the first time, so this may be above already."


class Doubt(Generic[Found]):
    """Whether Slack has what was sent. For one thread.

    Args:
        method: what `find` calls, for the pace.
        find: looks, and returns what is there or None; raises Rejected where Slack does not let us.
        clock: what the looks wait on.
        is_blind: whether there is no looking at all.

    Attributes:
        was_blind: whether we could not look.
    """

    def __init__(
        self, method: str, find: Callable[[Client], Found | None], clock: Clock, *, is_blind: bool = False
    ) -> None:
        self._method = method
        self._find = find
        self._clock = clock
        self._since = clock.monotonic()
        self._looks = [] if is_blind else list(_LOOKS)
        self.was_blind = is_blind

    @property
    def is_over(self) -> bool:
        """Tell whether there is nothing to find out any more: it may be sent again."""
        return not self._looks

    def ask(self, client: Client, *, at_once: bool = False) -> tuple[float, Found | None]:
        """Look, if it is time.

        Args:
            client: Slack.
            at_once: whether somebody waits: then there is one look, now.

        Returns:
            The seconds to wait before it is asked again, or 0; and what is there.

        Raises:
            Unreachable: see `SlackClient.call`.
        """
        wait = self._wait(client, at_once=at_once)
        return (wait, None) if wait or self.is_over else (0.0, self._look(client))

    def _wait(self, client: Client, *, at_once: bool) -> float:
        if at_once:
            del self._looks[:-1]
        else:
            due = self._since + self._looks[0] - self._clock.monotonic()
            if due > 0:
                return due
        place = client.acquire(self._method)
        if place:
            self._postpone(place)
        return 0.0 if self.is_over else place

    def _look(self, client: Client) -> Found | None:
        try:
            found = self._find(client)
        except RateLimited as error:
            self._postpone(error.retry_after)
            return None
        except Rejected:
            self._see_nothing()
            return None
        del self._looks[0]
        return found

    def marked(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what chat.postMessage is given for the repeat, which says that it is one if we could not look."""
        return sent_again(arguments) if self.was_blind else arguments

    def _postpone(self, wait: float) -> None:
        """Look after so many seconds, if that is not too long."""
        self._since = self._clock.monotonic() + wait - self._looks[0]
        if wait > _PATIENCE:
            self._see_nothing()

    def _see_nothing(self) -> None:
        self.was_blind = True
        self._looks.clear()


def sent_again(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what chat.postMessage, or chat.update after it, is given for a message that may be there twice."""
    said = {"type": "context", "elements": [{"type": "plain_text", "text": _SENT_AGAIN, "emoji": False}]}
    return arguments | {"blocks": [*arguments["blocks"], said]}


def doubt_of_message(
    id_: str, *, channel: str, thread: str, clock: Clock, is_blind: bool = False
) -> Doubt[tuple[str, str]]:
    """Return the doubt whether a message is there; what is found is the channel's id and the message's `ts`.

    Args:
        id_: in its metadata.
        channel: a name or an id.
        thread: the `ts` of what it answers; empty for the channel.
        clock: see `Doubt`.
        is_blind: see `Doubt`.
    """
    place = _Place(channel, thread, clock)

    def find(client: Client) -> tuple[str, str] | None:
        for channel_id, message in place.recent(client):
            if message.get("metadata", {}).get("event_payload", {}).get("id") == id_:
                return channel_id, str(message["ts"])
        return None

    return Doubt(place.method, find, clock, is_blind=is_blind)


def doubt_of_file(name: str, *, channel: str, thread: str, clock: Clock) -> Doubt[bool]:
    """Return the doubt whether a file is shared; its name is its own. See `doubt_of_message`."""
    place = _Place(channel, thread, clock)

    def find(client: Client) -> bool | None:
        shared = (file for _, message in place.recent(client) for file in message.get("files", []))
        return any(file.get("name") == name for file in shared) or None

    return Doubt(place.method, find, clock)


class _Place:
    """Where to look."""

    def __init__(self, channel: str, thread: str, clock: Clock) -> None:
        self.method = "conversations.replies" if thread else "conversations.history"
        self._channel = channel
        self._given = {"oldest": f"{clock.time() - _SINCE:.6f}", **({"ts": thread} if thread else {})}

    def recent(self, client: Client) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the channel's id and each recent message."""
        channel_id = client.channel_id(self._channel, timeout=0)
        answer = client.call(self.method, channel=channel_id, limit=_MOST, include_all_metadata=True, **self._given)
        for message in answer["messages"]:
            yield channel_id, message
