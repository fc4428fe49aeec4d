"""A webhook as the command line sees it: whether its address is good, without a message that anybody would see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from slack_logging import options
from slack_logging.clock import Clock
from slack_logging.console.finding import Finding, note, ok, wrong
from slack_logging.errors import ConfigurationError, DeliveryError, RateLimited, Rejected
from slack_logging.slack.address import MATTERMOST, Address
from slack_logging.slack.webhook import connect

#: What `--webhook-url` takes.
HELP = "where to, by a webhook: its address, or @FILE that holds it, as others on this machine can see the command line"

#: Codes that only a webhook that is there answers to an empty message.
_REFUSES_EMPTY = frozenset({"no_text", "invalid_payload"})


def address(value: str) -> Address:
    """Return the address that the option `--webhook-url` names.

    Raises:
        ConfigurationError: it is none, or its file cannot be read; the address is not shown.
    """
    if value.startswith("@"):
        try:
            value = Path(value[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise ConfigurationError(f"--webhook-url {value}: cannot be read: {why}") from None
    return Address.of(options.secret("--webhook-url", value), name="--webhook-url")


def examine(address: Address, *, clock: Clock) -> Iterator[Finding]:
    """Send a message without content, which a webhook refuses, and say what came of it."""
    poster = connect(address, clock)
    try:
        if wait := poster.acquire("chat.postMessage"):
            raise RateLimited("webhook", wait)
        poster.call("chat.postMessage", text="")
    except Rejected as error:
        if error.code not in _REFUSES_EMPTY:
            yield wrong(address.name, error)
        elif address.service is MATTERMOST:
            yield note(address.name, "answers; whether it knows this webhook shows only when something is posted")
        else:
            yield ok(address.name, f"{address.service.name} knows it: it refused a message without content")
    except DeliveryError as error:
        yield wrong(address.name, error)
    else:
        yield note(address.name, "took a message without content: whether people see others is not known")
