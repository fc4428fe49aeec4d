"""One file on its way into a thread. For one thread; waits for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slack_logging.clock import Clock
from slack_logging.errors import Unreachable
from slack_logging.slack.doubt import Doubt, doubt_of_file

if TYPE_CHECKING:
    from slack_logging.slack.transport import Client


class Upload:
    """A file that is to be shared. Before it is sent again after a lost answer, we look whether Slack has it.

    Args:
        channel: an id.
        thread: the `ts` of the message in whose thread it goes.
        name: with its ending; no other file in the thread has it, so that it is found again.
        title: what people see above it.
        content: at least one byte.
        clock: what looks after lost answers wait on.

    Attributes:
        is_shared: whether Slack has it.
        channel, thread: as given.
    """

    def __init__(self, channel: str, thread: str, *, name: str, title: str, content: bytes, clock: Clock) -> None:
        self.is_shared = False
        self.channel = channel
        self.thread = thread
        self._name = name
        self._title = title
        self._content = content
        self._clock = clock
        self._doubt: Doubt[bool] | None = None

    def send(self, client: Client, *, at_once: bool) -> float:
        """Share it, or look whether it is shared. Returns the seconds that the pace makes it wait, or 0.

        Args:
            client: Slack.
            at_once: whether somebody waits.

        Raises:
            RateLimited, Unreachable: not now.
            Rejected: not at all.
        """
        if self._doubt and not self._doubt.is_over:
            wait, found = self._doubt.ask(client, at_once=at_once)
            self.is_shared = bool(found)
            return wait
        for method in client.UPLOAD_METHODS:
            if place := client.acquire(method):
                return place
        try:
            client.upload(self.channel, self._name, self._content, title=self._title, thread_ts=self.thread)
        except Unreachable as error:
            if not error.was_never_sent:
                self._doubt = doubt_of_file(self._name, channel=self.channel, thread=self.thread, clock=self._clock)
            raise
        self.is_shared = True
        return 0.0
