"""`LocalSlack`: a whole Slack in this process, with the people in it at your command."""

from __future__ import annotations

import os
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import TracebackType
from typing import TypeVar

from slack_logging.local.api.ratelimits import Level, RateLimiter
from slack_logging.local.api.webapi import WebApi
from slack_logging.local.api.webhooks import Webhooks
from slack_logging.local.calls import Call
from slack_logging.local.events.deliveries import Delivery
from slack_logging.local.events.dispatch import Dispatcher
from slack_logging.local.events.interactions import Interactions
from slack_logging.local.events.selection import known_commands, known_events, known_scopes
from slack_logging.local.events.sockets import Distribution, Socket
from slack_logging.local.faults.fault import Fault
from slack_logging.local.faults.plan import FaultPlan, Met
from slack_logging.local.http.loopback import LoopbackServer
from slack_logging.local.http.server import Server
from slack_logging.local.page import routes as page
from slack_logging.local.people import People
from slack_logging.local.state.apps import App, Apps, check_request_url
from slack_logging.local.state.teams import TEAM_ID
from slack_logging.local.state.text import visible_text, whole
from slack_logging.local.state.workspace import ClockLike

T = TypeVar("T")

#: Calls that are remembered: enough for any test, and an end for a server that runs for days.
_CALLS_KEPT = 100_000

#: Seconds between two looks of `wait_for` while nothing changes.
_GLANCE = 0.1


class _SystemClock:
    """The machine's own time."""

    def time(self) -> float:
        return time.time()


class LocalSlack(People):
    """A Slack workspace on 127.0.0.1, for tests, demos and trying things out; see `People` for who is there.

    What `People` offers works before, while and after the server runs.

    Args:
        port: to listen on; 0 takes any free one.
        clock: has ``time()`` in epoch seconds: what `ts` are made of and rate limits run on. Latency faults are real
            seconds all the same.
        rate_limit: multiplies Slack's rate limits; 0 switches them off.
        scopes: of `bot_token`; None stands for `slack_logging.local.state.apps.DEFAULT_SCOPES`.
        share_delay: real seconds from the end of an upload until the file shows in its channel.
        enterprise: whether the workspace belongs to an enterprise; then users and auth.test say so.
        distribution: which of an app's Socket Mode connections gets the next event; Slack promises neither.
        seed: of all that is left to chance, such as faults with a probability; the same one repeats it.

    Attributes:
        app: the app whose bot is `ops`; it answers every slash command that no other app has. See `add_app`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        clock: ClockLike | None = None,
        rate_limit: float = 1.0,
        scopes: Iterable[str] | None = None,
        share_delay: float = 0.0,
        enterprise: bool = False,
        distribution: Distribution = "round_robin",
        seed: int = 0,
    ) -> None:
        if not 0 <= port <= 65_535:
            raise ValueError(f"port is {port}: give a number from 0 to 65535; 0 takes any free one")
        super().__init__(clock or _SystemClock(), enterprise=enterprise)
        self._port = port
        self._listening: LoopbackServer | None = None
        self._calls: deque[Call] = deque(maxlen=_CALLS_KEPT)
        self._changes = 0
        self._changed = threading.Condition(self.workspace.lock)
        self._limiter = limiter = RateLimiter(rate_limit)
        self._apps = Apps(self.workspace)
        self.app = self._apps.install(self._bot, scopes=known_scopes(scopes), commands=None)
        self._faults = FaultPlan(seed)
        self._dispatcher = Dispatcher(
            self.workspace, self._apps, limiter, self._faults, distribution=distribution, seed=seed
        )
        web_api = WebApi(self.workspace, limiter, self._apps, self.app, connect=self._dispatcher.sockets.url)
        self._webhooks = Webhooks(self.workspace, limiter)
        self._interactions = Interactions(self.workspace, self._apps, self._webhooks, self._dispatcher.add)
        self._server = Server(
            self.workspace, web_api, self._webhooks, self._faults, record=self._record, share_delay=share_delay
        )
        self.workspace.subscribe(lambda _event: self._note_change())

    # Life

    def start(self) -> LocalSlack:
        """Listen, in a thread of its own.

        Raises:
            OSError: the port is in use, or not ours to use; it says which.
            RuntimeError: it is running already.
        """
        if self._listening is not None:
            raise RuntimeError("this LocalSlack is running already")
        app = self._server.application()
        self._dispatcher.add_routes(app)
        page.add_routes(app, self, apps=self._apps)
        listening = LoopbackServer(app)
        self._port = listening.start(self._port)
        self._listening = listening
        self._server.url = self.url
        return self

    def close(self) -> None:
        """Stop listening. The state stays to be looked at. Idempotent."""
        if self._listening is not None:
            listening, self._listening = self._listening, None
            listening.close()

    def __enter__(self) -> LocalSlack:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = f"at {self.url}" if self._listening else "not running"
        return f"<LocalSlack {state}, {len(self._calls)} calls>"

    # What a client needs to know

    @property
    def url(self) -> str:
        """The address of the web page, without a slash at the end. It is known once the server runs."""
        if not self._port:
            raise RuntimeError(
                "a LocalSlack has no address before it runs: use it in a with statement, or call start()"
            )
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        """The address of the Web API, with its slash."""
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        """The bot token of `app`."""
        return self.app.bot_token

    @property
    def app_token(self) -> str:
        """The app-level token of `app`, for Socket Mode."""
        return self.app.app_token

    @property
    def bot_user_id(self) -> str:
        """The user id of the bot of `app`."""
        return self.app.bot_user_id

    @property
    def bot_id(self) -> str:
        """The bot's own id, which its messages carry."""
        return self.app.bot_id

    @property
    def app_id(self) -> str:
        """The id of `app`."""
        return self.app.id

    @property
    def team_id(self) -> str:
        """The workspace's id."""
        return TEAM_ID

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables that lead a client here, past a proxy if this process's environment names one."""
        environ = {"SLACK_BOT_TOKEN": self.bot_token, "SLACK_API_URL": self.api_url}
        if urllib.request.getproxies().keys() & {"http", "all"}:
            environ["NO_PROXY"] = ",".join(
                filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1"])
            )
        return environ

    def webhook_url(self, channel: str, app: App | None = None) -> str:
        """Return the address of an app's incoming webhook for a channel; the same one each time.

        Args:
            channel: where it posts.
            app: whose it is; `app` unless told otherwise.
        """
        with self.workspace.lock:
            return self.url + self._webhooks.path(app or self.app, self.workspace.channel(channel).id)

    def response_url(self, channel: str, *, user: str | None = None, message_ts: str | None = None) -> str:
        """Return an address such as a slash command or a click brings along: five answers within 30 minutes.

        Args:
            channel: where.
            user: who sees what is not ``in_channel`` (see `ephemerals`); the channel's creator unless given.
            message_ts: the message that was clicked, stored or ephemeral, which an answer may replace or delete.
        """
        with self.workspace.lock:
            place = self.workspace.channel(channel)
            user_id = self.workspace.user(user or place.creator).id
            return self.url + self._webhooks.response_path(self.app, place.id, user_id=user_id, original_ts=message_ts)

    def token(self, *scopes: str) -> str:
        """Return a new token of the bot of `app` with only these scopes, one by one: ``token("chat:write")``."""
        return self.app.token(*scopes)

    def add_app(
        self,
        name: str,
        *,
        channels: Iterable[str] = (),
        scopes: Iterable[str] | None = None,
        events: Iterable[str] | None = None,
        commands: Iterable[str] = (),
        request_url: str | None = None,
    ) -> App:
        """Install another app, with a bot user, tokens and connections of its own.

        Args:
            name: its bot user's, which nobody else has here.
            channels: that the bot is a member of: events come from these only.
            scopes: of its bot token; None stands for `slack_logging.local.state.apps.DEFAULT_SCOPES`.
            events: that it subscribed to, such as ``message.channels`` and ``app_mention``; None for all.
            commands: its slash commands, such as ``/deploy``; of several apps with one command the newest gets it.
            request_url: an address on this machine that gets events, commands and clicks by HTTP; None for Socket Mode.

        Raises:
            LookupError: there is no such channel.
            ValueError: there is no name or somebody has it, a scope, an event or a command is none that can be, or
                `request_url` is elsewhere.
        """
        scopes, events, commands = known_scopes(scopes), known_events(events), known_commands(commands)
        with self.workspace.lock:
            if self.workspace.user_id(name):
                raise ValueError(f"there is somebody called {name!r} already; give the app another name")
            check_request_url(request_url)
            places = [self.workspace.channel(channel) for channel in channels]
            bot = self.workspace.add_user(name, bot=True)
            app = self._apps.install(bot, scopes=scopes, events=events, commands=commands)
            app.request_url = request_url
            for place in places:
                self.workspace.join(place, bot)
            return app

    def command(self, channel: str, typed: str, *, user: str) -> None:
        """Have somebody type a slash command, such as ``/deploy api``; what is answered is a message or `ephemerals`.

        Raises:
            LookupError: no app takes it.
            PermissionError: as for `say`.
            ValueError: it does not begin with a slash and a word.
        """
        with self.workspace.lock:
            place = self.workspace.channel(channel)
            self._interactions.command(place, whole(typed), self._acting(place, user), url=self.url)

    def click(self, channel: str, ts: str, action_id: str, *, user: str, block_id: str | None = None) -> None:
        """Have somebody click a button of a message.

        Raises:
            LookupError: there is no such message or button, or it is no app's.
            PermissionError: as for `say`.
        """
        with self.workspace.lock:
            place = self.workspace.channel(channel)
            person = self._acting(place, user)
            self._interactions.click(place, ts, action_id, person, block_id=block_id, url=self.url)

    def sockets(self, app: App | None = None) -> list[Socket]:
        """Return the open Socket Mode connections of an app, `app` unless told otherwise; to look at and to disturb."""
        return self._dispatcher.sockets.of(app or self.app)

    def deliveries(self, app: App | None = None) -> list[Delivery]:
        """Return what is on its way to an app and not acknowledged yet: copies, the next to be sent first."""
        with self.workspace.lock:
            return [replace(delivery) for delivery in self._dispatcher.pending(app or self.app)]

    def disable_socket_mode(self, app: App | None = None) -> None:
        """Switch Socket Mode off for an app: its connections end with ``link_disabled``, new ones are refused."""
        app = app or self.app
        app.socket_mode = False
        for socket in self.sockets(app):
            socket.disconnect("link_disabled")

    # What went over the wire, and what is to go wrong there

    def calls(self, method: str | None = None) -> list[Call]:
        """Return the last 100,000 calls, all or one method's, in the order in which they were answered."""
        with self.workspace.lock:
            return [call for call in self._calls if method in (None, call.method)]

    def reset_calls(self) -> None:
        """Forget the calls so far, and the faults that happened."""
        with self.workspace.lock:
            self._calls.clear()
            self._faults.met.clear()

    def rate_levels(self) -> list[Level]:
        """Return how full each rate limit is that was called upon so far; none where rate limits are off."""
        with self.workspace.lock:
            return self._limiter.levels(self.workspace.clock.time())

    def fault(self, method: str, fault: Fault) -> None:
        """Plan a fault for the next calls.

        Args:
            method: such as ``chat.postMessage``; ``webhook``, ``upload``, ``download``; ``socket`` or ``push`` for the
                events sent over sockets or to request URLs; ``"*"`` for all but these events.
            fault: what happens, and how often.

        Raises:
            ValueError: there is no such method, or no such fault there.
        """
        with self.workspace.lock:
            self._faults.add(method, fault)

    def faults(self) -> list[tuple[str, Fault]]:
        """Return the faults still to come, with their methods, in the order in which they were planned."""
        with self.workspace.lock:
            return self._faults.planned()

    def faults_met(self) -> list[Met]:
        """Return the last thousand faults that happened to calls, events and connections, in order."""
        with self.workspace.lock:
            return list(self._faults.met)

    def clear_faults(self) -> None:
        """Forget the faults that have not happened yet."""
        with self.workspace.lock:
            self._faults.clear()

    def _record(self, call: Call) -> None:
        self._calls.append(call)
        self._note_change()

    def _note_change(self) -> None:
        self._changes += 1
        self._changed.notify_all()

    def wait_for(self, predicate: Callable[[], T], *, timeout: float = 10.0) -> T:
        """Block until `predicate()` is true, and return what it returned.

        It is asked again after every change of the workspace and every call; ten times a second besides, for
        predicates that look at something else. Nothing is locked while it runs.

        Args:
            predicate: asked in this thread.
            timeout: real seconds.

        Raises:
            TimeoutError: it never was; the error shows the channels and the last calls.
        """
        end = time.monotonic() + timeout
        while True:
            with self._changed:
                seen = self._changes
            if result := predicate():
                return result
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"it did not happen within {timeout:g} s\n{self.picture()}")
            with self._changed:
                if self._changes == seen:
                    self._changed.wait(min(left, _GLANCE))

    def picture(self) -> str:
        """Return what the channels show and what was called last, for error messages."""
        with self.workspace.lock:
            lines = []
            for channel in self.workspace.channels.values():
                shown = channel.timeline()
                lines.append(f"#{channel.name}: {len(shown)} messages")
                for message in shown[-5:]:
                    text = visible_text(message.fields)[:100].replace("\n", " / ")
                    marks = "".join(f" :{name}:" for name in message.reactions)
                    lines.append(f"  {message.ts} {text}{marks} ({len(message.reply_ts)} replies)")
            lines.append(f"{len(self._calls)} calls, the last:")
            lines += [f"  {call.method} {call.status} {call.error or 'ok'}" for call in list(self._calls)[-10:]]
            return "\n".join(lines)
