"""What is handed in to be said: text, with the files it brings along and whoever waits for it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from slack_logging.active.answering.attachment import File
from slack_logging.errors import DeliveryError


class Receipt:
    """Tells whoever waits once Slack has all of a text and its files, or why it never will.

    Args:
        settled: called once, with None or what went wrong.

    Attributes:
        message: the `ts` of the message that shows the text, or its beginning; empty before there is one.
    """

    def __init__(self, settled: Callable[[DeliveryError | None], None]) -> None:
        self._settled = settled
        self._is_settled = False
        self.left = 0
        self.message = ""

    def landed(self) -> None:
        """Take in that one more call succeeded, of the `left` that it takes."""
        self.left -= 1
        if self.left <= 0:
            self.settle(None)

    def settle(self, error: DeliveryError | None) -> None:
        """Tell, unless that was done before."""
        if not self._is_settled:
            self._is_settled = True
            self._settled(error)


class Wanted(NamedTuple):
    """An error whose message in Slack a text is to link to.

    Attributes:
        fingerprint: of the error.
        until: monotonic seconds; from then on the text goes without.
    """

    fingerprint: str
    until: float


@dataclass(slots=True, eq=False)
class Part:
    """Text that Slack is to be given, with what belongs to it."""

    texts: list[str]
    units: int
    is_new: bool = False
    files: tuple[File, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    wanted: Wanted | None = None
    link: str = ""
    left_out: int = 0

    @property
    def is_plain(self) -> bool:
        """Tell whether more text may be put into it."""
        return not (self.files or self.receipts or self.wanted)

    def text(self) -> str:
        """Return the whole."""
        cut = [f"... ({self.left_out:,} characters more are left out)"] if self.left_out else []
        return "\n".join([*self.texts, *cut])
