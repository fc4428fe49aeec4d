"""A bare Socket Mode client, for tests that look at every frame; and a quick end for those of slack_sdk."""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from slack_logging.local import App, LocalSlack
from tests.local.conftest import ask_sync

#: Real seconds that a frame may take: for a failure that hangs, never to wait for.
PATIENCE = 10.0

#: Opens a connection for an app, `slack.app` unless told otherwise, and takes its `hello`.
Open = Callable[..., "Client"]


class Client:
    """A Socket Mode client that does only what it is told, but for answering pings."""

    def __init__(self, url: str) -> None:
        self._open = contextlib.ExitStack()
        self.socket: ClientConnection = self._open.enter_context(
            connect(url, proxy=None, ping_interval=None, max_size=None)
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def next(self) -> dict[str, Any]:
        """Return the next frame's JSON."""
        said: dict[str, Any] = json.loads(self.socket.recv(timeout=PATIENCE))
        return said

    def envelope(self, *, ack: bool = True) -> dict[str, Any]:
        """Return the next envelope, acknowledged unless told otherwise."""
        envelope = self.next()
        if ack:
            self.ack(envelope)
        return envelope

    def ack(self, envelope: dict[str, Any]) -> None:
        """Acknowledge an envelope."""
        self.socket.send(json.dumps({"envelope_id": envelope["envelope_id"]}))

    def event(self) -> dict[str, Any]:
        """Return the next inner event, acknowledged."""
        event: dict[str, Any] = self.envelope()["payload"]["event"]
        return event

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def end(self) -> int:
        """Wait for the end of the connection and return its code."""
        with pytest.raises(ConnectionClosed):
            self.socket.recv(timeout=PATIENCE)
        return self.socket.close_code or 0


def opened(slack: LocalSlack, token: str, **more: Any) -> dict[str, Any]:
    """Ask for a connection with a token."""
    return ask_sync(slack, token)("api_call", api_method="apps.connections.open", **more)


def url_of(slack: LocalSlack, app: App | None = None) -> str:
    """Return the address of a new connection of an app."""
    return str(opened(slack, (app or slack.app).app_token)["url"])


def let_go(client: Any, slack: LocalSlack, app: App | None = None) -> None:
    """End one of slack_sdk's threaded clients: closing takes it up to ten seconds unless its connection is gone."""
    client.auto_reconnect_enabled = client.default_auto_reconnect_enabled = False
    client.current_session = None
    for socket in slack.sockets(app):
        socket.drop()
    client.close()
    gc.collect()  # it leaves its socket to the garbage collector
