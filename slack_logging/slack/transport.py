"""What the clients of the Web API and of webhooks share: a silent logger, waits, one object for all who ask for it."""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
import urllib.error
import weakref
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from slack_logging.errors import Unreachable
from slack_logging.slack.credentials import is_loopback
from slack_logging.slack.limits import DEFAULT_RETRY_AFTER, MAX_RETRY_AFTER

#: What OpenSSL says where the answer is no TLS: the first by older versions, the second by newer ones.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")

Made = TypeVar("Made")


class Client(Protocol):
    """What a sender needs of Slack: see `slack_logging.slack.client.SlackClient`, which has it all.

    A webhook's client refuses everything but posting.
    """

    @property
    def UPLOAD_METHODS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of those who have it
        """What `upload` calls."""

    def limit_calls(self, seconds: float) -> None:
        """Have calls count as unanswered after so many seconds."""

    def acquire(self, method: str, channel: str = "") -> float:
        """Take a place for one call and return 0.0, or return the seconds to wait before asking again."""

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Make one call, now and once."""

    def upload(self, channel: str, filename: str, content: bytes, *, title: str, thread_ts: str | None = None) -> None:
        """Share a file in a thread."""

    def channel_id(self, channel: str, *, timeout: float = 60.0) -> str:
        """Return the id of a channel."""


class SilentLogger(logging.Logger):
    """A logger that is never enabled: slack_sdk writes message text, ticket and webhook URLs to its own.

    It takes no lock either; `logging.config.dictConfig` holds logging's while it waits for a handler to flush.
    """

    def __init__(self) -> None:
        super().__init__("slack_logging.sdk", logging.CRITICAL + 1)

    def isEnabledFor(self, level: int) -> bool:  # noqa: ARG002, N802 - logging's own signature
        """Return False."""
        return False


class Shared(Generic[Made]):
    """Makes one object a key, for as long as anybody uses it. From any thread; a forked child begins anew."""

    def __init__(self) -> None:
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)  # the parent's objects hold its locks, perhaps taken

    def _begin(self) -> None:
        self._made: weakref.WeakValueDictionary[Hashable, Made] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return the object of a key."""
        with self._lock:
            made = self._made.get(key)
            if made is None:
                made = self._made[key] = make()
            return made


def unreachable(method: str, error: Exception, *, url: str, is_secret: bool = False) -> Unreachable:
    """Say that there was no answer, from where, and what to look at.

    Args:
        method: what was called.
        error: urllib's.
        url: where.
        is_secret: say nothing of where: whoever reports this names the place.
    """
    reason = getattr(error, "reason", error)
    shown = re.sub(r"(?<=//)[^/@]+(?=@)", "...", url)  # a name and a password
    answer = "no answer" if is_secret else f"{method}: no answer from {shown}"
    said = str(reason) if isinstance(reason, OSError) else ""  # others quote a part of the address
    why = getattr(reason, "strerror", None) or said or type(reason).__name__
    if isinstance(error, urllib.error.HTTPError):
        why = f"HTTP {error.code}"
    never_sent = isinstance(reason, (ConnectionRefusedError, socket.gaierror))
    advice = ": is there a network, a proxy, a firewall?"
    if is_loopback(url):
        advice = ": is slack-logging local running?" if never_sent else ""
    if any(sign in why for sign in _NO_TLS):
        advice = ": what answers there speaks http, not https: should the address begin with http://?"
    return Unreachable(f"{answer} ({why}){advice}", was_never_sent=never_sent)


def retry_after(headers: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """Read how long to wait, from the header, else the body, else our default; never negative, never absurd."""
    values = [value for name, value in headers.items() if name.lower() == "retry-after"]
    for value in [*values, answer.get("retry_after")]:
        try:
            wait = float(value)
        except (TypeError, ValueError):
            continue
        if wait >= 0:
            return min(wait, MAX_RETRY_AFTER)
    return DEFAULT_RETRY_AFTER
