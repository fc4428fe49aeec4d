"""Where a handler's records go: a channel or a webhook, as configured. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slack_logging import options
from slack_logging.errors import ConfigurationError
from slack_logging.passive.messages.medium import SLACK, Medium
from slack_logging.slack.address import Address


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel, or else a webhook.

    Attributes:
        channel: a name or an id; empty where it is a webhook.
        address: the webhook's.
    """

    channel: str = ""
    address: Address | None = None

    @classmethod
    def of(cls, channel: object, webhook_url: object) -> Destination:
        """Return what the handler's options of these names say.

        Raises:
            ConfigurationError: both, neither, or one that can be none; a webhook's address is not shown.
        """
        if isinstance(channel, str) and "://" in channel and not options.CHANNEL_LINK.search(channel):
            raise ConfigurationError("channel: got an address: a webhook's belongs into webhook_url=")
        if (channel is None) is (webhook_url is None):
            got, hint = ("neither", options.IN_YAML) if channel is None else ("both", "")
            raise ConfigurationError(
                f"SlackHandler needs a channel or a webhook_url, got {got}: give one, such as channel='#ops-log'{hint}"
            )
        if webhook_url is None:
            return cls(options.channel("channel", channel))
        return cls(address=Address.of(options.secret("webhook_url", webhook_url)))

    @property
    def name(self) -> str:
        """Return what to call it on stderr."""
        return self.address.name if self.address else self.channel

    @property
    def configured(self) -> dict[str, str]:
        """Return the handler's options that describe it, a secret among them."""
        return {"webhook_url": options.Hidden(self.address.url)} if self.address else {"channel": self.channel}

    @property
    def medium(self) -> Medium:
        """Return what can be done there."""
        return Medium.by_webhook(self.address.service) if self.address else SLACK

    @property
    def secrets(self) -> list[str]:
        """Return what must not be shown of it."""
        return self.address.secrets if self.address else []

    def mention(self, given: object) -> str:
        """Return whom the option `mention` names; raises `ConfigurationError` where the place knows no such one."""
        if isinstance(given, (list, tuple, set)) or (isinstance(given, str) and "," in given):
            raise ConfigurationError(
                f"mention={options.shown(given)}: only one can be mentioned: name a user group to reach several people"
            )
        name = options.text("mention", given).lstrip("@")
        if name not in ("here", "channel") and not re.fullmatch(r"[UWS][A-Z0-9]{2,}", name):
            raise ConfigurationError(
                f"mention={options.shown(given)}: expected 'here', 'channel', or the id of a user or user group, "
                "such as 'U024BE7LH'"
            )
        if self.medium.is_flat and self.address and name not in self.address.service.mentions:
            raise ConfigurationError(
                f"mention={given!r}: {self.address.service.name} knows no ids of Slack's: expected 'here' or 'channel'"
            )
        return name
