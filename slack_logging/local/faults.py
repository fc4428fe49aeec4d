"""Faults on demand: what goes wrong between a client and Slack, scripted per method."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "latency",
    "rate_limited",
    "error",
    "server_error",
    "cut_before",
    "cut_after",
    "lose",
    "reorder",
    "duplicate",
    "oversize",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, made by one of the class methods below.

    Every one takes `times`: for how many calls it lasts, None until it is cleared.
    """

    kind: Kind
    times: int | None = 1
    seconds: float = 0.0
    status: int = 200
    code: str = ""

    @property
    def is_cut(self) -> bool:
        """True when the connection is closed without an answer."""
        return self.kind in ("cut_before", "cut_after")

    @classmethod
    def latency(cls, seconds: float, *, times: int | None = 1) -> Fault:
        """Answer late, by real seconds; the call is processed after the wait."""
        return cls("latency", times, seconds=seconds)

    @classmethod
    def rate_limited(cls, retry_after: int = 30, *, times: int | None = 1) -> Fault:
        """Answer 429 with ``Retry-After`` in whole seconds; nothing is done."""
        return cls("rate_limited", times, seconds=retry_after, status=429)

    @classmethod
    def error(cls, code: str, *, times: int | None = 1) -> Fault:
        """Answer ``"ok": false`` with one of Slack's error codes; nothing is done."""
        return cls("error", times, code=code)

    @classmethod
    def server_error(cls, status: int = 500, *, times: int | None = 1) -> Fault:
        """Answer 500 or 503 with a page of HTML, as Slack's outer servers do; nothing is done."""
        return cls("server_error", times, status=status)

    @classmethod
    def cut_before(cls, *, times: int | None = 1) -> Fault:
        """Close the connection without an answer; nothing is done."""
        return cls("cut_before", times)

    @classmethod
    def cut_after(cls, *, times: int | None = 1) -> Fault:
        """Do what was asked, then close the connection without an answer."""
        return cls("cut_after", times)


class FaultPlan:
    """The faults still to come. Not thread-safe."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Fault]] = []

    def add(self, method: str, fault: Fault) -> None:
        """Plan a fault for a method, ``"*"`` for every one; of several that apply, the first planned comes first."""
        self._waiting.append((method, fault))

    def clear(self) -> None:
        """Forget all faults."""
        self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        """Return the fault for the call that has just come, if any, and count it."""
        for index, (planned, fault) in enumerate(self._waiting):
            if planned in (method, "*"):
                if fault.times is not None:
                    left = replace(fault, times=fault.times - 1)
                    self._waiting[index : index + 1] = [(planned, left)] if left.times else []
                return fault
        return None
