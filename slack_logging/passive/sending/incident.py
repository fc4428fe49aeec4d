"""One kind of error, why it is muted, and the message that shows it: the values that `incidents` works on. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from slack_logging.passive.messages.packing import ROOM
from slack_logging.passive.messages.view import Line
from slack_logging.passive.records.capture import Captured

#: Instances whose names a message shows.
_NAMED = 2


@dataclass(frozen=True, slots=True)
class Mute:
    """Why the records of an error are left out.

    Attributes:
        until: when that ends, in monotonic seconds.
        ends: the same in epoch seconds, for people.
        by: who asked for it; may be empty.
    """

    until: float
    ends: float = 0.0
    by: str = ""


@dataclass(slots=True)
class Incident:
    """One kind of error, from its first record to the quiet after its last.

    Attributes:
        fingerprint: what its records have in common.
        line: the first record.
        count: records so far.
        told: how many of them the channel's message speaks of.
        last: when the last one was logged, in epoch seconds.
        instances: who logged how many, by name.
        announced: the count at which it was announced again last.
        announced_at: when it was announced last, by its message or again; `told_at`: when its count was told last.
        is_daily: whether it has gone on for a day since.
        mute: why its records are left out, or were until a moment ago.
        left_out: how many were.
        context: what the same request or task had logged before; until its message has landed.
        size: bytes that its line and the context are held with until a message tells of it.
    """

    fingerprint: str
    line: Line
    count: int = 0
    told: int = 0
    last: float = 0.0
    instances: dict[str, int] = field(default_factory=dict)
    announced: int = 1
    announced_at: float = 0.0
    told_at: float = 0.0
    is_daily: bool = False
    mute: Mute | None = None
    left_out: int = 0
    context: tuple[Captured, ...] = ()
    size: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Return what its records have in common: an error in a thread is told there."""
        return self.fingerprint, self.line.thread

    def add(self, instance: str, created: float) -> None:
        """Count one more record."""
        self.count += 1
        self.last = max(self.last, created)
        self.instances[instance] = self.instances.get(instance, 0) + 1

    @property
    def where(self) -> str:
        """Return who logged it: the busiest two, and how many more."""
        names = sorted(self.instances, key=lambda name: -self.instances[name])
        more = f" +{len(names) - _NAMED}" if len(names) > _NAMED else ""
        return " ".join(names[:_NAMED]) + more


@dataclass(slots=True, eq=False)
class Board:
    """A message that lives: of one incident, or of a storm.

    Attributes:
        incidents: what it shows.
        is_storm: whether it is a line for each.
        mentions: whether it mentions whom the configuration names.
        ts: the message's; None until it has landed.
        changes: how often what it says of muting has changed.
        changes_told: how many of these changes its message shows.
        is_taken: whether somebody is about to post it.
        may_be_twice: whether it says that it may have been posted twice.
    """

    incidents: list[Incident]
    is_storm: bool = False
    mentions: bool = False
    ts: str | None = None
    is_taken: bool = False
    may_be_twice: bool = False
    room: int = ROOM
    is_quiet: bool = False
    edited_at: float = 0.0
    active_at: float = 0.0
    begun_at: float = 0.0
    changes: int = 0
    changes_told: int = 0

    @property
    def is_stale(self) -> bool:
        """Tell whether its message says the wrong thing of muting."""
        return self.changes != self.changes_told

    @property
    def falls_quiet(self) -> bool:
        """Tell whether it ends because nothing more came, and not because what came was muted all the time."""
        return not all(incident.mute for incident in self.incidents) or not any(
            incident.left_out for incident in self.incidents
        )

    @property
    def thread(self) -> str:
        """Return the `ts` of the message in whose thread it is; empty for the channel."""
        return self.incidents[0].line.thread if self.incidents else ""

    @property
    def is_waiting(self) -> bool:
        """Tell whether it is a message of one error for the channel that nobody has begun to post."""
        return self.ts is None and not (self.is_taken or self.is_storm or self.thread)

    @property
    def unsaid(self) -> int:
        """Return how many records its message does not speak of yet."""
        return sum(incident.count - incident.told for incident in self.incidents)
