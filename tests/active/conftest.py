"""A channel with people in it, and what became of what they typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from slack_logging import CommandRouter, SlackCommandSource
from slack_logging.local import LocalSlack
from slack_logging.testing import FakeClock

CHANNEL = "#ops-commands"
DONE, ERRORED, REFUSED, PUZZLED, LATE = "white_check_mark x no_entry grey_question zzz".split()
EYES, INTERRUPTED = "eyes", "warning"
FINAL = {DONE, ERRORED, REFUSED, PUZZLED, LATE, INTERRUPTED}


@dataclass
class Ops:
    """The commands' channel of a local Slack, on a clock that the test owns."""

    slack: LocalSlack
    clock: FakeClock
    sources: list[SlackCommandSource] = field(default_factory=list)

    def source(self, **options: Any) -> SlackCommandSource:
        """Return a source that ada may use; it is closed after the test."""
        defaults = {
            "channel": CHANNEL,
            "allow": [self.slack.user_id("ada")],
            "token": self.slack.bot_token,
            "api_url": self.slack.api_url,
            "service": "orders",
        }
        source = SlackCommandSource(**{**defaults, **options})
        self.sources.append(source)
        return source

    def start(self, **options: Any) -> SlackCommandSource:
        """Return a source that runs commands in the background."""
        source = self.source(**options)
        source.start()
        return source

    def say(self, text: str, *, user: str = "ada", **fields: Any) -> str:
        """Have somebody type a message."""
        return self.slack.say(CHANNEL, text, user=user, **fields)

    def marks(self, ts: str) -> set[str]:
        """Return the emoji on a message."""
        return set(self.slack.reactions(CHANNEL, ts))

    def replies(self, ts: str) -> list[str]:
        """Return the texts in a message's thread, as people read them."""
        return [
            "\n".join("".join(item["text"] for item in part["elements"]) for part in reply["blocks"][0]["elements"])
            for reply in self.slack.messages(CHANNEL, thread_ts=ts)[1:]
            if "files" not in reply
        ]

    def files(self, ts: str) -> dict[str, str]:
        """Return the files in a message's thread: their names, and what they hold."""
        shared = [file for file in self.slack.files(CHANNEL) if file.thread_ts == ts]
        return {file.name: file.content.decode() for file in shared}

    @property
    def is_all_said(self) -> bool:
        """Whether nothing is owed in any thread, and each reply that asked for approval shows how that ended."""
        desks = [source._reader.desk for source in self.sources if source._reader is not None]
        requests = [request for desk in desks for request in desk.requests.unshown()]
        are_shown = all(request.is_pending for request in requests)
        return are_shown and all(desk.answers.is_idle for desk in desks)

    def settled(self, ts: str) -> tuple[set[str], list[str]]:
        """Wait for a final mark, and until all is said; return all marks and the replies."""
        self.clock.run_until(lambda: self.marks(ts) & FINAL and self.is_all_said)
        return self.marks(ts), self.replies(ts)

    def type(self, text: str, *, user: str = "ada", **fields: Any) -> tuple[set[str], list[str]]:
        """Have somebody type a command; return its marks and replies once it is settled."""
        return self.settled(self.say(text, user=user, **fields))

    def after_sweeps(self, number: int = 2) -> None:
        """Let so many more sweeps end."""
        seen = len(self.slack.calls("conversations.history"))
        self.clock.run_until(lambda: len(self.slack.calls("conversations.history")) > seen + number)


@pytest.fixture
def ops(slack: LocalSlack, clock: FakeClock) -> Iterator[Ops]:
    """Open the channel."""
    channel = Ops(slack, clock)
    yield channel
    for source in channel.sources:
        source.close()


@pytest.fixture
def router() -> CommandRouter:
    """Return a router with a command that keeps count."""
    router = CommandRouter()

    @router.command
    def echo(word: str) -> str:
        return word

    return router
