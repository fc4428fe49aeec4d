"""What a source was configured with, checked. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from slack_logging.active.emoji import Emoji
from slack_logging.active.people.access import Access


@dataclass(frozen=True, slots=True)
class Settings:
    """See `SlackCommandSource` for the meanings. Durations are seconds."""

    channel: str
    access: Access
    token: str | None = field(repr=False)
    app_token: str | None = field(repr=False)
    api_url: str | None
    service: str | None
    prefix: str
    poll_interval: float
    max_age: float
    start_delay: float
    workers: int
    timeout: float | None
    shared: bool
    emoji: Emoji
    is_secret: Callable[[str], bool]
    takes_code: Callable[[str], bool]
