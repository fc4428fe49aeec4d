"""Socket Mode: one-time tickets, connections, what goes over them and how they end. Runs in the server's event loop.

Which payload goes when is `dispatch`'s; whether one was acknowledged, `deliveries`'. Source: Using Socket Mode.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import secrets
import threading
from collections.abc import Callable
from typing import Any, Literal, get_args

from aiohttp import WSMsgType, web

from slack_logging.local.api.strictjson import read_json
from slack_logging.local.state.apps import App
from slack_logging.local.state.workspace import ClockLike, Workspace

_log = logging.getLogger(__name__)

#: Connections of one app, over all its tokens. Source: Using Socket Mode, "Using multiple connections".
MOST_SOCKETS = 10

#: Seconds of the clock that a connection lives: as announced in `hello`, and with ``debug_reconnects=true``.
LIFE, DEBUG_LIFE = 18_060, 360

#: Seconds from the warning to the end of a connection.
WARNING = 10.0

#: Seconds of the clock for which a ticket is good. Ours: Slack does not say.
TICKET_LIFE = 30.0

#: Real seconds between two pings by the server. Slack's clients give up on a connection without for 30 s.
PING_INTERVAL = 10.0

#: Real seconds that a connection told to close stays for acknowledgements on their way.
_LAST_ACKS = 1.0

#: Bytes of one frame that a client may send. Ours.
_FRAME = 2**20

Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]
Distribution = Literal["round_robin", "random"]


class Socket:
    """One open connection. The methods may be called from any thread; they do not wait.

    Attributes:
        app: whose it is.
        port: the client's.
        opened_at: seconds of the clock.
        sent: payloads that went over it; those that a deaf one swallowed, or a fault lost, count too.
        acked: acknowledgements that came over it.
        is_deaf: whether it swallows all payloads; see `deafen`.
        is_mute: whether it neither sends nor answers pings; see `mute`.
    """

    def __init__(
        self, app: App, response: web.WebSocketResponse, transport: asyncio.Transport, *, clock: ClockLike, life: float
    ) -> None:
        self.app = app
        self.port = int(transport.get_extra_info("peername")[1])
        self.opened_at = clock.time()
        self.ends_at = self.opened_at + life
        self.sent = self.acked = 0
        self.is_warned = self.is_deaf = self.is_mute = self.is_leaving = False
        self.response = response
        self._clock = clock
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._out: asyncio.Queue[str | None] = asyncio.Queue()

    def __repr__(self) -> str:
        ails = "".join(f", {word}" for word, holds in (("deaf", self.is_deaf), ("mute", self.is_mute)) if holds)
        return f"<Socket of {self.app.name} at port {self.port}: {self.sent} sent, {self.acked} acknowledged{ails}>"

    def deafen(self) -> None:
        """Let payloads get lost on their way, with the connection up and pings answered; Slack believes them sent."""
        self.is_deaf = True

    def mute(self) -> None:
        """Send neither pings nor pongs any more."""
        self.is_mute = True

    def disconnect(self, reason: Reason = "refresh_requested") -> None:
        """Say why, and close; a warning closes nothing, but asks to refresh ten seconds of the clock later."""
        if reason == "warning":
            self._soon(self._warn, self._clock.time() + WARNING)
        else:
            self._soon(self._say_goodbye, reason)

    def close(self) -> None:
        """Close without a `disconnect` message before."""
        self._soon(self._leave)

    def drop(self) -> None:
        """Cut the connection without closing it."""
        self._soon(self._transport.abort)

    def send(self, text: str) -> None:
        """Have one frame sent after those before it. In the event loop only."""
        self.sent += 1
        if not self.is_deaf:
            self._out.put_nowait(text)

    def _soon(self, act: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the server has ended meanwhile, and with it the connection
            self._loop.call_soon_threadsafe(act, *arguments)

    def _say_goodbye(self, reason: Reason) -> None:
        self._out.put_nowait(_disconnect(reason))
        self._leave()

    def _warn(self, ends_at: float) -> None:
        self._out.put_nowait(_disconnect("warning"))
        self.is_warned = True
        self.ends_at = min(self.ends_at, ends_at)

    def _leave(self) -> None:
        self.is_leaving = True
        self._out.put_nowait(None)

    def tick(self, now: float) -> None:
        """Warn or end the connection when its time has come. In the event loop only."""
        if now >= self.ends_at:
            self._say_goodbye("refresh_requested")
            self.ends_at = float("inf")
        elif now >= self.ends_at - WARNING and not self.is_warned:
            self._warn(self.ends_at)

    async def write(self) -> None:
        """Send what is to be sent, until the end of the connection."""
        while (text := await self._out.get()) is not None:
            await self.response.send_str(text)
        loop = asyncio.get_running_loop()
        end = loop.time() + (0.0 if self.is_deaf else _LAST_ACKS)
        while self.acked < self.sent and not self.response.closed and loop.time() < end:
            await asyncio.sleep(0.01)
        await self.response.close()

    async def ping(self) -> None:
        """Send pings until cancelled."""
        while True:
            await asyncio.sleep(PING_INTERVAL)
            if not self.is_mute:
                await self.response.ping(b"ping from the local Slack")

    async def read(self, received: Callable[[Socket, dict[str, Any]], None]) -> None:
        """Hand on what the client says; answer its pings with their own payload."""
        async for message in self.response:
            if message.type is WSMsgType.PING and not self.is_mute:
                await self.response.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                said = _parsed(message.data)
                if said is None:
                    _log.warning("a socket of %s said what is no JSON object; ignored", self.app.name)
                else:
                    received(self, said)


class Sockets:
    """The connections of all apps.

    Args:
        workspace: whose clock and lock are used.
        distribution: which of an app's connections gets the next payload.
        seed: of the random choice.
        received: is given what a client sends, in the event loop.
        changed: called when a connection has come or gone, in the event loop.

    Raises:
        ValueError: `distribution` is neither.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        distribution: Distribution,
        seed: int,
        received: Callable[[Socket, dict[str, Any]], None],
        changed: Callable[[], None],
    ) -> None:
        if distribution not in get_args(Distribution):
            raise ValueError(f"distribution is {distribution!r}: give {' or '.join(map(repr, get_args(Distribution)))}")
        self._workspace = workspace
        self._distribution = distribution
        self._random = random.Random(seed)  # noqa: S311 - which socket is no secret
        self._received = received
        self._changed = changed
        self._lock = threading.Lock()
        self._tickets: dict[str, tuple[App, float]] = {}
        self._open: dict[str, list[Socket]] = {}
        #: Apps that ever asked for a connection: before that nothing is kept for them.
        self.listening: set[str] = set()

    def url(self, app: App, base: str) -> str:
        """Return the address of a new connection, good once and for a while. Source: apps.connections.open."""
        ticket, now = secrets.token_urlsafe(24), self._workspace.clock.time()
        self._tickets = {each: given for each, given in self._tickets.items() if now - given[1] <= TICKET_LIFE}
        self._tickets[ticket] = (app, now)
        self.listening.add(app.id)
        return f"{base.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={app.id}"

    def of(self, app: App) -> list[Socket]:
        """Return an app's open connections, oldest first."""
        with self._lock:
            return list(self._open.get(app.id, ()))

    def choose(self, app: App) -> Socket | None:
        """Return the connection for the next payload: any one, as Slack promises no more."""
        with self._lock:
            staying = [socket for socket in self._open.get(app.id, ()) if not socket.is_leaving]
            if not staying:
                return None
            if self._distribution == "random":
                return self._random.choice(staying)
            self._open[app.id].remove(staying[0])
            self._open[app.id].append(staying[0])
            return staying[0]

    def tick(self) -> bool:
        """Let time have its effect; tell whether any connection is open."""
        now = self._workspace.clock.time()
        with self._lock:
            sockets = [socket for group in self._open.values() for socket in group]
        for socket in sockets:
            socket.tick(now)
        return bool(sockets)

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection from the handshake to its end."""
        now = self._workspace.clock.time()
        app, issued = self._tickets.pop(request.query.get("ticket", ""), (None, 0.0))
        if app is None or now - issued > TICKET_LIFE:
            return web.Response(status=401, text="this ticket was used, is too old or was never given out")
        response = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=_FRAME)
        await response.prepare(request)
        if request.transport is None:  # gone again already
            return response
        life = DEBUG_LIFE if request.query.get("debug_reconnects") == "true" else LIFE
        socket = Socket(app, response, request.transport, clock=self._workspace.clock, life=life)
        refusal = self._admit(socket)
        if refusal:
            await response.send_str(_disconnect(refusal))
            if refusal == "too_many_websockets":
                request.transport.abort()
            return response
        await response.send_str(_hello(app, len(self.of(app)), life))
        self._changed()
        await self._serve(socket)
        return response

    def _admit(self, socket: Socket) -> Reason | None:
        """Count a connection in, or return why not; its ticket may be older than the end of Socket Mode."""
        with self._lock:
            if not socket.app.socket_mode:
                return "link_disabled"
            sockets = self._open.setdefault(socket.app.id, [])
            if len(sockets) >= MOST_SOCKETS:
                return "too_many_websockets"
            sockets.append(socket)
            return None

    async def _serve(self, socket: Socket) -> None:
        tasks = [asyncio.create_task(each) for each in (socket.write(), socket.ping())]
        try:
            await socket.read(self._received)
        finally:
            with self._lock:
                self._open[socket.app.id].remove(socket)
            if socket.is_leaving:  # the closing handshake is under way
                await asyncio.wait(tasks[:1], timeout=_LAST_ACKS)
            socket.is_leaving = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._changed()


def _hello(app: App, count: int, life: float) -> str:
    hello = {
        "type": "hello",
        "num_connections": count,
        "debug_info": {
            "host": "applink-local",
            "build_number": 1,
            "started": "2026-01-01 00:00:00.000",
            "approximate_connection_time": life,
        },
        "connection_info": {"app_id": app.id},
    }
    return json.dumps(hello)


def _disconnect(reason: Reason) -> str:
    return json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "wss-local"}})


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        said = read_json(text)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
