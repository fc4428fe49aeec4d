"""The address of an incoming webhook: a secret, which also tells what kind of chat is behind it. Pure.

    https://hooks.slack.com/services/T.../B.../...          Slack
    https://discord.com/api/webhooks/.../.../slack          Discord, which takes Slack's messages there
    https://chat.example.com/hooks/...                      Mattermost, and others that take Slack's messages

Source: Slack, "Sending messages using incoming webhooks"; Discord, "Execute Slack-Compatible Webhook"; Mattermost,
"Incoming webhooks".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from slack_logging.errors import ConfigurationError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

#: Characters of a part of an address from which on it may be known for the secret by itself; ours.
_LEAST_SECRET = 12

_EXAMPLE = "such as 'https://hooks.slack.com/services/...'"


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of chat.

    Attributes:
        name: as people know it.
        max_text: UTF-16 units of text in one message; 0 where Slack's blocks are understood, which have a limit of
            their own.
        mentions: what is typed to notify many, by Slack's name for them.
    """

    name: str
    max_text: int = 0
    mentions: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_flat(self) -> bool:
        """Tell whether it takes plain text only."""
        return self.max_text > 0


SLACK = Service("Slack")

#: Source: Discord, "Execute Webhook", `content`; "Message formatting".
DISCORD = Service("Discord", 2_000, {"here": "@here", "channel": "@everyone", "everyone": "@everyone"})

#: A server cuts longer texts into several posts, from 16,383 characters on; old ones and others of its kind from 4,000.
#: Source: Mattermost, "Incoming webhooks"; "Mention people in messages".
MATTERMOST = Service("Mattermost", 4_000, {"here": "@here", "channel": "@channel", "everyone": "@all"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where to post. Its representation does not show the secret, and it cannot be pickled.

    Attributes:
        url: the whole.
        service: what is there.
    """

    url: str = field(repr=False)
    service: Service

    @classmethod
    def of(cls, url: str, *, name: str = "webhook_url") -> Address:
        """Return the address that a URL is.

        Args:
            url: the whole.
            name: what the option is called that it was given by.

        Raises:
            ConfigurationError: it can be none; what is wrong is said without quoting it.
        """
        if not re.fullmatch(r"https?://[!-~]+", url):
            _refuse(name, f"expected an address that begins with https:// and has no blanks, {_EXAMPLE}")
        try:
            parts = _split(url)
            host = parts.hostname if parts.port is None or parts.port else None
        except ValueError:
            host = None
        if not host or "@" in parts.netloc:
            _refuse(name, f"expected https://, a host and a path, {_EXAMPLE}")
        path = parts.path.rstrip("/")
        if _is_of(host, "slack.com", "slack-gov.com") or path.startswith("/services/"):
            if not re.fullmatch(r"/services(/[^/]+){3}", path):
                _refuse(name, f"an incoming webhook of Slack's has three parts behind /services/, {_EXAMPLE}")
            return cls(url, SLACK)
        if _is_of(host, "discord.com", "discordapp.com") or re.match(r"/api/(v\d+/)?webhooks/", path):
            if not re.fullmatch(r"/api/(v\d+/)?webhooks/[^/]+/[^/]+/slack", path):
                _refuse(
                    name, "Discord takes Slack's messages at 'https://discord.com/api/webhooks/.../slack': add /slack"
                )
            return cls(url, DISCORD)
        if not path:
            _refuse(
                name, f"the address has no path: expected all of it, {_EXAMPLE} or 'https://chat.example.com/hooks/...'"
            )
        return cls(url, MATTERMOST)

    @property
    def name(self) -> str:
        """Return what to call it in messages: its host, and a checksum that tells two of one host apart."""
        import hashlib  # here, as urllib: they take long to load, and most handlers have no webhook

        host = _split(self.url).hostname
        return f"webhook {hashlib.sha256(self.url.encode()).hexdigest()[:4]} at {host}"

    @property
    def secrets(self) -> list[str]:
        """Return what must not be shown: the address, what servers' logs show of it, and the part that is the key."""
        parts = _split(self.url)
        keys = [part for part in parts.path.split("/") if len(part) >= _LEAST_SECRET]
        return [self.url, *([parts.path] if len(parts.path) >= _LEAST_SECRET else []), *keys[-1:]]

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("the address of a webhook is a secret: it is not pickled")


def _is_of(host: str, *domains: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _refuse(name: str, problem: str) -> NoReturn:
    raise ConfigurationError(f"{name}: {problem}")


def _split(url: str) -> SplitResult:
    from urllib.parse import urlsplit

    return urlsplit(url)
