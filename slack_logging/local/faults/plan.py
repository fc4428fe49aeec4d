"""Which call meets which fault: the plan, and how a fault for a method is written, ``METHOD=FAULT``.

Pure but for a chance that is seeded, so that it can be repeated.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, replace

from slack_logging.local.api.methods import METHODS
from slack_logging.local.faults.fault import KINDS, Fault, unknown

#: What this server sends to apps, over their sockets and to their request URLs.
OUTGOING = ("socket", "push")

#: What else than a Web API method can be planned for; ``*`` is every request to this server.
OTHER_TARGETS = ("webhook", "upload", "download", *OUTGOING, "*")


#: Faults that happened that are remembered: enough for any storm. Ours.
_MET_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Met:
    """A fault that happened.

    Attributes:
        method: that of the call, or ``socket`` or ``push``.
        fault: what happened.
        time: epoch seconds of the server's clock.
        real: the same moment in monotonic seconds of the machine.
    """

    method: str
    fault: Fault
    time: float
    real: float

    def lasts(self, now: float, real: float) -> bool:
        """Tell whether what it does to its call is still under way."""
        if self.fault.kind == "cut_late":
            return now - self.time < self.fault.seconds
        return self.fault.kind in ("latency", "slow_answer") and real - self.real < self.fault.seconds


class FaultPlan:
    """The faults still to come, and those that came. Not thread-safe.

    Attributes:
        met: the last thousand that happened, oldest first.

    Args:
        seed: of the chance that faults with a `probability` have; the same seed and calls meet the same faults.
    """

    def __init__(self, seed: int = 0) -> None:
        self.met: deque[Met] = deque(maxlen=_MET_KEPT)
        self._waiting: list[tuple[str, Fault]] = []
        self._chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret

    def add(self, method: str, fault: Fault) -> None:
        """Plan a fault for a method, ``"*"`` for every one; of several that apply, the first planned comes first.

        Raises:
            ValueError: see `check_target`.
        """
        check_target(method, fault)
        self._waiting.append((method, fault))

    def planned(self) -> list[tuple[str, Fault]]:
        """Return what is still to come, in order; `times` is what is left of it."""
        return list(self._waiting)

    def clear(self) -> None:
        """Forget all faults still to come."""
        self._waiting.clear()

    def take(self, method: str, now: float = 0.0, real: float = 0.0) -> Fault | None:
        """Return the fault for the call that has just come, if any, and count it.

        For ``socket`` and ``push`` it is the fault of the event about to be sent. `now` and `real` are as in `Met`.
        """
        for index, (planned, fault) in enumerate(self._waiting):
            if planned == method or (planned == "*" and method not in OUTGOING):
                if fault.probability < 1 and self._chance.random() >= fault.probability:
                    continue
                if fault.times is not None:
                    left = [(planned, replace(fault, times=fault.times - 1))] if fault.times > 1 else []
                    self._waiting[index : index + 1] = left
                self.met.append(Met(method, fault, now, real))
                return fault
        return None


def parse_fault(text: str) -> tuple[str, Fault]:
    """Return the method and the fault that are written ``METHOD=FAULT``, as in ``*=server_error:503,times=3``.

    Raises:
        ValueError: they are not; see `Fault.parse` and `check_target`.
    """
    method, equals, written = text.partition("=")
    if not method or not equals:
        raise ValueError(f"{text!r} is no fault: expected METHOD=KIND, such as chat.postMessage=rate_limited:30")
    fault = Fault.parse(written)
    check_target(method, fault)
    return method, fault


def check_target(method: str, fault: Fault) -> None:
    """Make sure that a fault can be met at a method.

    Raises:
        ValueError: there is no such method, or such faults do not happen there.
    """
    targets = [*METHODS, *OTHER_TARGETS]
    if method not in targets:
        raise unknown("method", method, targets, expected=f"a Web API method, {', '.join(OTHER_TARGETS)}")
    only = KINDS[fault.kind].only
    if only and method not in only:
        raise ValueError(f"{fault.kind} happens to {' and '.join(only)} only, not to {method!r}")
    if method in OUTGOING and method not in only:
        possible = ", ".join(kind for kind, row in KINDS.items() if method in row.only)
        raise ValueError(f"{fault.kind} does not happen to a {method}: expected {possible}")
