"""Socket Mode: what Slack pushes, over one connection for all in this process who use an app token.

    nobody listens <--> connecting --hello--> up --goodbye, silence, deafness--> connecting
                            '---Slack refuses---> later again, much later---------'

The frames are slack_sdk's (`wire`); when to connect, when to give a connection up and what is acknowledged is decided
here, because its `SocketModeClient` asks for ever with a token that is no good, and does not tell whether it has a
connection. Two connections of one app share its events, each going to one of them; so all who listen share one.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from queue import SimpleQueue
from typing import Any, Protocol

from slack_logging.clock import Clock
from slack_logging.errors import DeliveryError, RateLimited, Rejected, Unreachable
from slack_logging.slack.client import SlackClient
from slack_logging.slack.credentials import Token
from slack_logging.slack.pacing import Backoff
from slack_logging.slack.transport import Shared
from slack_logging.slack.wire import ENDED, Wire

#: Seconds between two pings.
_PING = 5.0

#: Seconds after which a connection counts as one that works: the next to fail is replaced at once.
_PROVEN = 30.0

#: Seconds until Slack is asked again after it refused: somebody has to change something first.
_REFUSED = 300.0

_METHOD = "apps.connections.open"

_LINK_DISABLED = "Socket Mode was switched off: switch it on in the app's settings"
_TOO_MANY = "the app has ten connections already, which is Slack's limit: give each program an app of its own"


class Listener(Protocol):
    """Is told what comes. Called in the socket's thread, one thing after the other; must not wait for long."""

    def pushed(self, payload: Mapping[str, Any]) -> bool:
        """Take in an event, as the Events API describes it; tell whether it is to be acknowledged.

        What is not acknowledged within three seconds is sent again, perhaps to another program.
        """

    def changed(self) -> None:
        """Take in that the connection came or went, or that there is trouble with it."""


class Socket:
    """The connection of one app token. Safe to use from any thread.

    Args:
        token: an app-level one.
        api_url: where the Web API is.
        clock: what waits happen on; a connection under way takes real seconds.

    Attributes:
        trouble: why there is no connection; empty while there is one, and while one is made for the first time.
        connections: how often there was one.
        others: connections of other programs to the same app, as Slack last counted them.
    """

    def __init__(self, token: Token, api_url: str, clock: Clock) -> None:
        self.trouble = ""
        self.connections = self.others = 0
        self._client = SlackClient(token, api_url, clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._thread: threading.Thread | None = None
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._frames: deque[tuple[Wire, dict[str, Any]]] = deque()
        self._wire: Wire | None = None
        self._must_renew = False
        self._up_at = self._not_before = 0.0
        self._backoff = Backoff()

    @property
    def is_up(self) -> bool:
        """Tell whether there is a connection, as far as is known."""
        wire = self._wire
        return wire is not None and wire.is_alive

    def join(self, listener: Listener) -> None:
        """Tell somebody what comes from now on; the first to listen has it connect.

        Raises:
            RuntimeError: no thread can be started.
        """
        with self._lock:
            self._listeners = (*self._listeners, listener)
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="slack_logging-socket", daemon=True)
                try:
                    self._clock.start(thread)
                except RuntimeError:
                    self._listeners = self._listeners[:-1]
                    raise
                self._thread = thread

    def leave(self, listener: Listener) -> None:
        """Tell somebody no more; without anybody the connection is closed, in the background."""
        with self._lock:
            self._listeners = tuple(each for each in self._listeners if each is not listener)
        self._wake.put(None)

    def renew(self) -> None:
        """Replace the connection, soon; does not wait."""
        self._must_renew = True
        self._wake.put(None)

    def _run(self) -> None:
        while self._goes_on():
            try:
                self._hear()
                wait = self._look_after()
            except Exception as error:  # noqa: BLE001 - nobody else would go on listening
                self._failed(Unreachable(f"unexpected {type(error).__name__}"))
                wait = _PING
            self._clock.wait(self._wake, wait)

    def _goes_on(self) -> bool:
        with self._lock:
            if self._listeners:
                return True
            wire, self._wire, self._thread = self._wire, None, None
        if wire is not None:
            wire.close()
        return False

    def _hear(self) -> None:
        """Tell what has come."""
        while self._frames:
            wire, message = self._frames.popleft()
            kind = message.get("type")
            if kind == "events_api":
                self._tell(wire, message)
            elif wire is not self._wire:
                continue  # the last words of one that was replaced
            elif kind == "disconnect" and message.get("reason") == "link_disabled":
                wire.close()
                self._failed(Rejected(_METHOD, "link_disabled", _LINK_DISABLED))
            elif kind == "disconnect":
                self._must_renew = True
            elif kind == ENDED:
                self._changed()

    def _tell(self, wire: Wire, envelope: Mapping[str, Any]) -> None:
        payload = envelope.get("payload")
        if not isinstance(payload, dict):
            return
        answers = [listener.pushed(payload) for listener in self._listeners]
        if any(answers):
            for each in (wire, self._wire):  # one that was just replaced may be closed
                if each is not None and each.acknowledge(str(envelope.get("envelope_id"))):
                    break

    def _look_after(self) -> float:
        """Ping, or connect where it is time to; return the seconds until there is more to do."""
        now = self._clock.monotonic()
        if self.is_up and not self._must_renew:
            self._wire.ping()  # type: ignore[union-attr] # it is up
            if now - self._up_at >= _PROVEN:
                self._backoff.succeeded()
            return _PING
        if now >= self._not_before:
            self._connect(now)
        return _PING if self.is_up and not self._must_renew else max(self._not_before - self._clock.monotonic(), 0.0)

    def _connect(self, now: float) -> None:
        """Make a connection, and only then close the one before."""
        self._not_before = now + self._backoff.failed()
        try:
            wire = self._connected()
        except DeliveryError as error:
            self._failed(error)
            return
        # Where the one before has ended, it may count still; but where others were seen, they are.
        ours = 2 if self.is_up or (self.connections and not self.others) else 1
        former, self._wire, self._must_renew = self._wire, wire, False
        self._up_at = now
        self.connections += 1
        self.others = max(wire.connections - ours, 0)
        self.trouble = ""
        self._changed()
        if former is not None:
            self._hear()
            former.close()

    def _connected(self) -> Wire:
        """Return a connection over which Slack has said hello. Blocks for some real seconds at most."""
        if wait := self._client.acquire(_METHOD):
            raise RateLimited(_METHOD, wait)
        url = self._client.call(_METHOD)["url"]
        wire = Wire(str(url), self._came)
        if not wire.open():
            wire.close()
            if wire.goodbye == "link_disabled":
                raise Rejected(_METHOD, wire.goodbye, _LINK_DISABLED)
            too_many = wire.goodbye == "too_many_websockets"
            raise Unreachable(
                _TOO_MANY
                if too_many
                else f"no connection over WebSocket ({wire.problem}): is there a proxy, a firewall?"
            )
        return wire

    def _came(self, wire: Wire, message: dict[str, Any]) -> None:
        self._frames.append((wire, message))
        self._wake.put(None)

    def _failed(self, error: DeliveryError) -> None:
        if isinstance(error, Rejected):
            self._not_before = self._clock.monotonic() + _REFUSED
        elif isinstance(error, RateLimited):
            self._not_before = self._clock.monotonic() + error.retry_after
        self.trouble = str(error)
        self._changed()

    def _changed(self) -> None:
        for listener in self._listeners:
            listener.changed()

    def __repr__(self) -> str:
        return f"<Socket {'up' if self.is_up else self.trouble or 'down'}>"


_shared: Shared[Socket] = Shared()


def connect(token: Token, api_url: str, clock: Clock) -> Socket:
    """Return the process's one socket for an app token. No I/O: that begins when somebody joins it."""
    return _shared.get((token.value, api_url, id(clock)), lambda: Socket(token, api_url, clock))
