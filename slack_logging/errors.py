"""One exception tree, by who is at fault.

- `ConfigurationError`: you. Raised when something is constructed, says the fix.
- `DeliveryError`: Slack or the network. Never leaves `Handler.emit`.
- `CommandError`: the person who types. Becomes a reply and an emoji, never a traceback.
- `QueueError`: how a message of a queue was used.

Messages say what was got, what was expected and what to do; they never hold a token.
Slack's Web API's are made of slack_sdk's in `slack_logging.slack.client`, a webhook's in `slack_logging.slack.webhook`.
"""

from __future__ import annotations


class SlackLoggingError(Exception):
    """Base of everything this package raises on purpose."""


class ConfigurationError(SlackLoggingError, ValueError):
    """A wrong configuration: an unknown key, a wrong type, nobody allowed."""


class MissingDependencyError(ImportError, SlackLoggingError):
    """An optional dependency is not installed; the message names the extra."""


class DeliveryError(SlackLoggingError):
    """Slack or the network did not do what was asked."""


class RateLimited(DeliveryError):
    """Slack answered 429: nothing was done; ask again after `retry_after` seconds."""

    def __init__(self, method: str, retry_after: float) -> None:
        super().__init__(f"{method}: rate limited, retry after {retry_after:g} s")
        self.method = method
        self.retry_after = retry_after


class Unreachable(DeliveryError):
    """A transient fault. The call may or may not have taken effect: the answer is what was lost.

    Attributes:
        was_never_sent: whether it certainly took no effect, as nobody was there to take it.
    """

    def __init__(self, message: str, *, was_never_sent: bool = False) -> None:
        super().__init__(message)
        self.was_never_sent = was_never_sent


class Rejected(DeliveryError):
    """Slack said no, and will say no again until somebody changes something.

    Attributes:
        method: the Web API method, such as ``"chat.postMessage"``.
        code: Slack's error code, such as ``"channel_not_found"``.
        hint: what to do; empty where that is not known.
    """

    def __init__(self, method: str, code: str, hint: str = "") -> None:
        super().__init__(f"{method}: {code}" + (f" ({hint})" if hint else ""))
        self.method = method
        self.code = code
        self.hint = hint


class CommandError(SlackLoggingError):
    """What the person typed cannot be done; the message is the reply."""


class UnknownCommand(CommandError):
    """No such command; the message names the nearest one."""


class BadArguments(CommandError):
    """The command is known, its arguments do not fit; the message holds the usage."""


class NotAuthorized(CommandError):
    """This person may not run this command; the message says who they are to Slack."""


class Cancelled(CommandError):
    """A command was stopped: by a person, by its timeout, or because its message was deleted."""


class QueueError(SlackLoggingError):
    """A message of a queue was used in a way that its state does not allow."""


class AlreadySettled(QueueError):
    """The message was acknowledged, buried or released before."""
