"""The incidents of now, for whoever shows or steers them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slack_logging.passive.sending.incidents import Incidents


@dataclass(frozen=True, slots=True)
class LivingIncident:
    """An error whose message in Slack still changes; by webhook, of which further posts still tell.

    Attributes:
        fingerprint: what its records have in common; what `SlackHandler.mute` takes.
        channel: the id of the channel that its message is in; empty by webhook, which does not tell.
        ts: the message's, likewise. Errors that began in a storm share one.
        records: how many were shown or counted so far; those left out while muted are not.
        summary: what the first one says, on one line of at most 300 characters.
        last: when the last of them was logged, in epoch seconds.
        muted_until: in epoch seconds; None while it is not muted.
    """

    fingerprint: str
    channel: str
    ts: str
    records: int
    summary: str
    last: float
    muted_until: float | None


def living(incidents: Incidents, channel: str, now: float) -> Iterator[LivingIncident]:
    """Yield the incidents that have a message in Slack, oldest first.

    Args:
        incidents: all there are.
        channel: the id of the channel that their messages are in.
        now: monotonic seconds.
    """
    for board in incidents:
        if board.ts is None:
            continue
        for incident in board.incidents:
            mute = incident.mute if incident.mute and incident.mute.until > now else None
            yield LivingIncident(
                fingerprint=incident.fingerprint,
                channel=channel,
                ts=board.ts,
                records=incident.count,
                summary=incident.line.headline,
                last=incident.last,
                muted_until=mute.ends if mute else None,
            )
