"""What the place where records go can do. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from slack_logging.passive.messages.packing import ROOM
from slack_logging.passive.messages.view import Line
from slack_logging.slack.address import Service
from slack_logging.slack.flat import FRAME, literal
from slack_logging.slack.literal import shorten

#: Units of a logger's name where messages are short.
_MAX_LOGGER = 100


@dataclass(frozen=True, slots=True)
class Medium:
    """A channel by the Web API, or a webhook.

    Attributes:
        posts_only: it takes posts and nothing else: no edits, no threads, no files, no looking back.
        room: units of text that the lines of one message hold at most.
        is_flat: it takes plain text only.
        has_files: whether the thread of a message takes files.
    """

    posts_only: bool = False
    room: int = ROOM
    is_flat: bool = False
    has_files: bool = True

    @classmethod
    def by_webhook(cls, service: Service) -> Medium:
        """Return what a service's webhook can do."""
        room = service.max_text - FRAME if service.is_flat else ROOM
        return cls(posts_only=True, room=room, is_flat=service.is_flat, has_files=False)

    def shown(self, line: Line) -> Line:
        """Return a line so that its units are what it takes there."""
        if not self.is_flat:
            return line
        return replace(
            line,
            logger=shorten(literal(line.logger), _MAX_LOGGER),
            summary=literal(line.summary),
            detail=literal(line.detail),
            gist=literal(line.gist),
            thread="",
        )


#: The Web API.
SLACK = Medium()
