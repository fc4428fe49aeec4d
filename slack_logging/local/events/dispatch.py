"""Brings what happens to the apps that listen: over a socket or by HTTP, again if need be.

One task in the server's event loop sends; the workspace tells from any thread what happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import math
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

from slack_logging.local.api.ratelimits import EVENTS, RateLimiter
from slack_logging.local.events import selection as events
from slack_logging.local.events.deliveries import Deliveries, Delivery
from slack_logging.local.events.push import Pusher
from slack_logging.local.events.sockets import Distribution, Socket, Sockets
from slack_logging.local.faults.plan import FaultPlan
from slack_logging.local.state.apps import App, Apps
from slack_logging.local.state.workspace import Event, Workspace

#: Real seconds between two looks at a clock that may be a test's: while something is under way, and while
#: connections are open that grow old.
_GLANCE, _SLOW_GLANCE = 0.02, 0.25

#: Seconds of the clock after which a delivery that is to come after the next one comes without one.
_HELD = 1.0

#: Characters that make an envelope larger than some clients' buffers: 1.2 MB.
_PADDING = "x" * 1_200_000


#: What faults do to the connection, before the event and after it.
_FROM_HERE_ON: dict[str | None, Callable[[Socket], None]] = {"deaf": Socket.deafen, "mute": Socket.mute}
_ENDS: dict[str | None, Callable[[Socket], None]] = {
    "refresh": Socket.disconnect,
    "close": Socket.close,
    "drop": Socket.drop,
}


class Dispatcher:
    """All deliveries of a workspace.

    Args:
        workspace: tells what happens.
        apps: who may listen.
        limiter: holds the budget of events.
        faults: what is to go wrong with events sent, planned for the methods ``socket`` and ``push``.
        distribution: see `Sockets`.
        seed: see `Sockets`.
    """

    def __init__(
        self,
        workspace: Workspace,
        apps: Apps,
        limiter: RateLimiter,
        faults: FaultPlan,
        *,
        distribution: Distribution,
        seed: int,
    ) -> None:
        self.sockets = Sockets(
            workspace, distribution=distribution, seed=seed, received=self._received, changed=self._look
        )
        self._workspace = workspace
        self._apps = apps
        self._limiter = limiter
        self._faults = faults
        self._deliveries: dict[str, Deliveries] = {}
        self._held: dict[str, tuple[Delivery, float]] = {}
        self._told_limit_at: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._pusher = Pusher()
        self._pushes: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        workspace.subscribe(self._happened)

    def add_routes(self, app: web.Application) -> None:
        """Serve Socket Mode at ``/link/``, and send for as long as the application runs."""
        app.router.add_get("/link/", self.sockets.link)
        app.cleanup_ctx.append(self._running)

    def add(self, app: App, delivery: Delivery) -> None:
        """Take in something for an app, under the workspace's lock, from any thread."""
        self._deliveries.setdefault(app.id, Deliveries()).add(delivery, self._workspace.clock.time())
        self._look()

    def pending(self, app: App) -> list[Delivery]:
        """Return the deliveries of an app that are waiting, and then those that are not acknowledged.

        One that is held back stands after the next one, as it will come.
        """
        pending = list(self._deliveries.get(app.id, ()))
        held = [self._held[app.id][0]] if app.id in self._held else []
        return pending[:1] + held + pending[1:]

    def _happened(self, event: Event) -> None:
        for app in self._apps.installed.values():
            if app.request_url is None and app.id not in self.sockets.listening:
                continue
            for inner in events.for_app(app, self._workspace, event):
                if not self._is_too_much(app):
                    payload = events.callback(
                        app, self._workspace, inner, number=next(self._numbers), now=self._workspace.clock.time()
                    )
                    self.add(app, Delivery("events_api", payload))

    def _is_too_much(self, app: App) -> bool:
        """Count an event; when there were too many, leave it out and say so once a minute. Source: Rate limits."""
        now = self._workspace.clock.time()
        if not self._limiter.take([(("events", app.id), EVENTS)], now):
            return False
        if now - self._told_limit_at.get(app.id, -60.0) >= 60.0:
            self._told_limit_at[app.id] = now
            self.add(app, Delivery("events_api", events.rate_limited(app, now)))
        return True

    def _look(self) -> None:
        """Have the task look again."""
        if self._loop is not None and self._wake is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                self._loop.call_soon_threadsafe(self._wake.set)

    async def _running(self, _app: web.Application) -> AsyncIterator[None]:
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        task = asyncio.create_task(self._run(self._wake))
        yield
        self._loop = self._wake = None
        for each in (task, *self._pushes):
            each.cancel()
        await asyncio.gather(task, *self._pushes, return_exceptions=True)
        await self._pusher.close()

    async def _run(self, wake: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with self._workspace.lock:
                glance = self._send_what_is_due()
            # Not wait_for: before Python 3.12 it loses a cancellation that comes together with what it waits for.
            alarm = None if glance is None else loop.call_later(glance, wake.set)
            await wake.wait()
            wake.clear()
            if alarm is not None:
                alarm.cancel()

    def _send_what_is_due(self) -> float | None:
        """Send, and return in how many real seconds time alone may give more to do; None for never."""
        now, real = self._workspace.clock.time(), time.monotonic()
        glance = _SLOW_GLANCE if self.sockets.tick() else None
        for app in self._apps.installed.values():
            deliveries = self._deliveries.get(app.id)
            if deliveries is None:
                continue
            deliveries.expire(now, real)
            while (delivery := deliveries.take(now)) is not None:
                self._send(app, deliveries, delivery, now)
            self._release(app, deliveries, now, after=_HELD)
            if deliveries or app.id in self._held:
                glance = _GLANCE
        return glance

    def _send(self, app: App, deliveries: Deliveries, delivery: Delivery, now: float) -> None:
        """Send one delivery, as far as the fault that it meets lets it."""
        way = self._way(app)
        if way is None:
            deliveries.failed(delivery, now, "connection_failed")
            return
        fault = self._faults.take("socket" if isinstance(way, Socket) else "push", now, time.monotonic())
        kind = fault.kind if fault else None
        if kind == "lose":
            if isinstance(way, Socket):
                way.sent += 1
            if delivery.kind != "events_api":  # a person waits for it
                deliveries.sent(delivery, now, time.monotonic())
            return
        if kind == "reorder" and app.id not in self._held:
            self._held[app.id] = (delivery, now)
            return
        if isinstance(way, Socket) and kind in _FROM_HERE_ON:
            _FROM_HERE_ON[kind](way)
        push = self._over(way, app, deliveries, delivery, now, padding=_PADDING if kind == "oversize" else "")
        if kind == "duplicate":
            self._over(self._way(app) or way, app, deliveries, delivery.again(), now)
        self._release(app, deliveries, now, after=0.0, push=push)
        if isinstance(way, Socket) and kind in _ENDS:
            _ENDS[kind](way)

    def _way(self, app: App) -> Socket | str | None:
        """Return how the next payload gets to an app: over a connection, to its address, or not at all."""
        return app.request_url or self.sockets.choose(app)

    def _release(
        self, app: App, deliveries: Deliveries, now: float, *, after: float, push: asyncio.Task[None] | None = None
    ) -> None:
        """Send what was held back, once it was for long enough; after the end of a push, or it might overtake it."""
        held, since = self._held.get(app.id, (None, 0.0))
        if held is not None and now - since >= after and (way := self._way(app)):
            del self._held[app.id]
            self._over(way, app, deliveries, held, now, behind=push)

    def _over(
        self,
        way: Socket | str,
        app: App,
        deliveries: Deliveries,
        delivery: Delivery,
        now: float,
        *,
        padding: str = "",
        behind: asyncio.Task[None] | None = None,
    ) -> asyncio.Task[None] | None:
        """Send over a connection, or begin to push to an address and return the task that does it."""
        if isinstance(way, Socket):
            deliveries.sent(delivery, now, time.monotonic())
            envelope: dict[str, Any] = delivery.envelope()
            if padding:
                envelope["padding"] = padding
            way.send(json.dumps(envelope))
            return None
        deliveries.sent(delivery, math.inf, math.inf)  # it has a timeout of its own
        task = asyncio.get_running_loop().create_task(self._push(app, way, delivery, behind))
        self._pushes.add(task)
        task.add_done_callback(self._pushes.discard)
        return task

    def _received(self, socket: Socket, said: dict[str, Any]) -> None:
        """Take in an acknowledgement, over whichever connection of the app it comes.

        Slack does not say whether that counts; its own client acknowledges on the next connection after a reconnect.
        """
        envelope_id, answer = said.get("envelope_id"), said.get("payload")
        deliveries = self._deliveries.get(socket.app.id)
        if deliveries is None or not isinstance(envelope_id, str):
            return
        with self._workspace.lock:
            if deliveries.acked(envelope_id, answer if isinstance(answer, dict) else {}):
                socket.acked += 1

    async def _push(self, app: App, url: str, delivery: Delivery, behind: asyncio.Task[None] | None) -> None:
        deliveries = self._deliveries[app.id]
        try:
            if behind is not None:
                await asyncio.wait([behind])
            outcome = await self._pusher.push(app, url, delivery)
        except asyncio.CancelledError:  # the server closes; it may be started again
            with self._workspace.lock:
                deliveries.failed(delivery, self._workspace.clock.time(), "connection_failed")
            raise
        with self._workspace.lock:
            if outcome.reason:
                deliveries.failed(delivery, self._workspace.clock.time(), outcome.reason, retry=outcome.retry)
            else:
                deliveries.acked(delivery.envelope_id, outcome.answer)
        self._look()
