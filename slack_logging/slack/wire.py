"""One WebSocket connection to Slack: slack_sdk's, with its end noticed and its threads few.

slack_sdk's `Connection` knows the frames, proxies and TLS; `socket` decides when there is one.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import urllib.request
import weakref
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env
from slack_sdk.socket_mode.builtin.connection import Connection, ConnectionState

from slack_logging.slack.limits import CALL_TIMEOUT
from slack_logging.slack.transport import SilentLogger

#: The type of the message that stands for the end of a connection.
ENDED = "slack_logging.ended"

#: Bytes read at once: with slack_sdk's own 1,024, a message of about 950 kB ends in a RecursionError.
_BUFFER = 2**16

_wires: weakref.WeakSet[Wire] = weakref.WeakSet()


class Wire:
    """A connection, from `open` to `close`. Not to be opened again.

    Args:
        url: as apps.connections.open gave it; its ticket is good once.
        received: is given every message but the hello, in the order in which they come, and at the end one
            of the type `ENDED`. Called in the thread that receives: it must not wait.

    Attributes:
        connections: how many the app has, as the hello said.
        goodbye: why Slack ended it, in Slack's words; empty as long as it did not say.
        problem: what went wrong, for people.
    """

    def __init__(self, url: str, received: Callable[[Wire, dict[str, Any]], None]) -> None:
        self.connections = 0
        self.goodbye = ""
        self.problem = "Slack did not say hello"
        self._received = received
        self._greeted = threading.Event()
        self._is_broken = False
        self._state = ConnectionState()  # type: ignore[no-untyped-call] # slack_sdk annotates no constructor
        logger = SilentLogger()
        self._connection = Connection(
            url=url,
            logger=logger,
            receive_buffer_size=_BUFFER,
            # slack_sdk is deaf to NO_PROXY.
            proxy=None if _is_direct(url) else load_http_proxy_from_env(logger),
            on_message_listener=self._take,
            on_error_listener=self._fail,
        )
        _wires.add(self)

    def open(self) -> bool:
        """Connect and wait for Slack's hello; tell whether it came. Blocks for some seconds, real ones."""
        self._connection.connect()
        if self._connection.sock is None:
            return False
        self._connection.sock = _Stream(self._connection.sock)  # type: ignore[assignment] # all that it uses of one
        threading.Thread(target=self._receive, name="slack_logging-wire", daemon=True).start()
        self._greeted.wait(CALL_TIMEOUT)
        return self.connections > 0

    @property
    def is_alive(self) -> bool:
        """Tell whether it is open, as far as is known."""
        return self._connection.is_active() and not (self._state.terminated or self._is_broken)

    def acknowledge(self, envelope_id: str) -> bool:
        """Acknowledge an envelope; False where the connection has ended."""
        try:
            self._connection.send(json.dumps({"envelope_id": envelope_id}))
        except Exception:  # noqa: BLE001 - whatever it is, the envelope comes again
            return False
        return True

    def ping(self) -> None:
        """Ask whether Slack is still there; where it did not answer for 20 s, the connection ends."""
        self._connection.check_state()

    def close(self) -> None:
        """End it. Idempotent; blocks for moments."""
        self._state.terminated = True
        if stream := self._connection.sock:
            with contextlib.suppress(OSError):  # who reads holds a lock, for up to 3 s, that closing needs
                stream.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(AttributeError):  # slack_sdk before 3.48, where its receiver closes at the same time
            self._connection.close()

    def abandon(self) -> None:
        """Let go of what a forked child has of it: the parent's own stays as it is, and ends when the parent does."""
        self._is_broken = True
        with contextlib.suppress(OSError, AttributeError):
            self._connection.sock.close()  # type: ignore[union-attr] # None is an AttributeError

    def _receive(self) -> None:
        self._connection.run_until_completion(self._state)
        self._greeted.set()
        self._received(self, {"type": ENDED})

    def _take(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            return  # a frame that slack_sdk took apart; what was in it is found by looking
        if not isinstance(message, dict):
            return
        if message.get("type") == "hello":
            self.connections = max(int(message.get("num_connections") or 1), 1)
            self._greeted.set()
            return
        if message.get("type") == "disconnect":
            self.goodbye = self.problem = str(message.get("reason"))
            self._greeted.set()
        self._received(self, message)

    def _fail(self, error: Exception) -> None:
        self.problem = getattr(error, "strerror", None) or type(error).__name__  # its text may quote the ticket
        self._is_broken = self._connection.is_active()
        self._state.terminated = self._is_broken


class _Stream:
    """What slack_sdk uses of a socket. Its end is an error here: slack_sdk would go on reading, without a pause."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self.shutdown, self.close, self.send = stream.shutdown, stream.close, stream.sendall

    def recv(self, size: int) -> bytes:
        """Return what came."""
        received = self._stream.recv(size)
        if not received:
            raise ConnectionResetError("the connection was closed")
        return received


def _is_direct(url: str) -> bool:
    """Tell whether ``NO_PROXY`` names a host."""
    return bool(urllib.request.proxy_bypass(urlsplit(url).hostname or ""))


def _abandon_all() -> None:
    for wire in list(_wires):
        wire.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)
