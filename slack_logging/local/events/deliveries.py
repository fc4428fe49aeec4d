"""What is on its way to one app: sent, acknowledged, or sent again on Slack's timetable. Pure.

    waiting --take--> sent --acked--> (gone)
       ^                |
       '--- failed -----'   up to three times for events; never for commands and clicks, which a person waits for

Source: Events API, "Error handling"; Using Socket Mode.
"""

from __future__ import annotations

import bisect
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

#: Seconds from a failure to the first, second and third redelivery.
RETRY_DELAYS = (0.0, 60.0, 300.0)

#: Seconds within which a delivery must be acknowledged.
ACK_TIMEOUT = 3.0

#: The same in real seconds, which pass too before a delivery counts as not acknowledged. Ours: a test's clock jumps
#: over three seconds at once, and a client needs some real time to answer.
ACK_GRACE = 0.25

Kind = Literal["events_api", "slash_commands", "interactive"]


@dataclass(slots=True)
class Delivery:
    """One payload.

    Attributes:
        kind: of payload, in Socket Mode's words.
        payload: what the app gets.
        answered: called with what the app acknowledged it with, an object that is empty for most.
        gave_up: called when it was not acknowledged and is not sent again.
        attempt: 0, then 1 to 3 for redeliveries.
        reason: why the former attempt failed: ``timeout``, ``connection_failed``, ``http_error``.
        envelope_id: of the attempt under way; a redelivery has another.
        due: when it may be sent, in seconds of the clock.
    """

    kind: Kind
    payload: dict[str, Any]
    answered: Callable[[dict[str, Any]], None] = lambda _: None
    gave_up: Callable[[str], None] = lambda _: None
    attempt: int = 0
    reason: str = ""
    envelope_id: str = ""
    due: float = 0.0
    sent_at: tuple[float, float] = field(default=(0.0, 0.0))

    def again(self) -> Delivery:
        """Return the same once more, as Slack sometimes delivers: another envelope around the same event."""
        return Delivery(self.kind, self.payload, envelope_id=str(uuid.uuid4()))

    def envelope(self) -> dict[str, Any]:
        """Return what goes over a socket. Source: Using Socket Mode, "Events"."""
        envelope: dict[str, Any] = {
            "envelope_id": self.envelope_id,
            "type": self.kind,
            "accepts_response_payload": self.kind == "slash_commands",
            "payload": self.payload,
        }
        if self.kind == "events_api":
            envelope |= {"retry_attempt": self.attempt, "retry_reason": self.reason}
        return envelope


class Deliveries:
    """Everything on its way to one app. Not thread-safe."""

    def __init__(self) -> None:
        self._waiting: list[Delivery] = []
        self._sent: dict[str, Delivery] = {}

    def __iter__(self) -> Iterator[Delivery]:
        yield from self._waiting
        yield from self._sent.values()

    def __bool__(self) -> bool:
        return bool(self._waiting or self._sent)

    def add(self, delivery: Delivery, now: float) -> None:
        """Take in something new; it goes after what is due already."""
        self._put(delivery, now)

    def take(self, now: float) -> Delivery | None:
        """Return what is to be sent next, or None. It is under way from then on."""
        if not self._waiting or self._waiting[0].due > now:
            return None
        delivery = self._waiting.pop(0)
        delivery.envelope_id = str(uuid.uuid4())
        return delivery

    def sent(self, delivery: Delivery, now: float, real: float) -> None:
        """Begin to wait for the acknowledgement.

        Args:
            delivery: what was taken.
            now: seconds of the clock.
            real: monotonic seconds of the machine.
        """
        delivery.sent_at = (now, real)
        self._sent[delivery.envelope_id] = delivery

    def acked(self, envelope_id: str, answer: dict[str, Any]) -> bool:
        """Take in an acknowledgement; False for one that fits nothing (any more), which does no harm."""
        delivery = self._sent.pop(envelope_id, None)
        if delivery is not None:
            delivery.answered(answer)
        return delivery is not None

    def failed(self, delivery: Delivery, now: float, reason: str, *, retry: bool = True) -> None:
        """Take in that an attempt came to nothing: it is planned again, or given up."""
        self._sent.pop(delivery.envelope_id, None)
        if retry and delivery.kind == "events_api" and delivery.attempt < len(RETRY_DELAYS):
            delay = RETRY_DELAYS[delivery.attempt]
            delivery.attempt += 1
            delivery.reason = reason
            self._put(delivery, now + delay)
        else:
            delivery.gave_up(reason)

    def expire(self, now: float, real: float) -> None:
        """Take in that what was sent too long ago is not acknowledged."""
        late = [
            delivery
            for delivery in self._sent.values()
            if now - delivery.sent_at[0] >= ACK_TIMEOUT and real - delivery.sent_at[1] >= ACK_GRACE
        ]
        for delivery in late:
            self.failed(delivery, delivery.sent_at[0] + ACK_TIMEOUT, "timeout")  # it may be looked at much later

    def _put(self, delivery: Delivery, due: float) -> None:
        delivery.due = due
        bisect.insort(self._waiting, delivery, key=lambda each: each.due)
