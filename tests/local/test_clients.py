"""slack_sdk's own Socket Mode clients, unmodified: each connects, listens, and lives through what goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient as Builtin
from slack_sdk.socket_mode.aiohttp import SocketModeClient as Aiohttp
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.socket_mode.websocket_client import SocketModeClient as WebsocketClient
from slack_sdk.socket_mode.websockets import SocketModeClient as Websockets
from slack_sdk.web.async_client import AsyncWebClient

from slack_logging.local import Fault, LocalSlack
from slack_logging.testing import FakeClock
from tests.local.listening import let_go

# Some leave sockets to the garbage collector when a connection ends.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

#: Seconds between two pings, after which clients also look whether they are still connected; theirs are 5 and 10.
PING = 0.1

#: The same where a client is to stay connected: after four pings without a pong it comes back, and loses what was sent.
CALM = 2.0

#: What a client heard: each message's text, and as which try it came.
Heard = list[tuple[str, int | None]]

#: Listens with one client, for as long as the context lasts.
Listen = Callable[[LocalSlack], AbstractContextManager[Heard]]

_SILENT = logging.getLogger("tests.silent")
_SILENT.setLevel(logging.CRITICAL + 1)


def heard_in(request: SocketModeRequest) -> tuple[str, int | None]:
    return request.payload["event"]["text"], request.retry_attempt


def by_threads(kind: Any, *, ping: float = PING, **options: Any) -> Listen:
    """Return how to listen with a client that has threads of its own."""

    @contextlib.contextmanager
    def listen(slack: LocalSlack) -> Iterator[Heard]:
        heard: Heard = []

        def take(client: Any, request: SocketModeRequest) -> None:
            heard.append(heard_in(request))
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

        web = WebClient(slack.bot_token, base_url=slack.api_url)
        client = kind(slack.app_token, web_client=web, ping_interval=ping, logger=_SILENT, **options)
        client.socket_mode_request_listeners.append(take)
        client.connect()
        try:
            yield heard
        finally:
            let_go(client, slack)

    return listen


def by_tasks(kind: Any, *, ping: float = PING) -> Listen:
    """Return how to listen with an asynchronous client, in an event loop of its own."""

    @contextlib.contextmanager
    def listen(slack: LocalSlack) -> Iterator[Heard]:
        heard: Heard = []
        ending = threading.Event()

        async def take(client: Any, request: SocketModeRequest) -> None:
            heard.append(heard_in(request))
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

        async def run() -> None:
            web = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
            client = kind(slack.app_token, web_client=web, ping_interval=ping, logger=_SILENT)
            client.socket_mode_request_listeners.append(take)
            await client.connect()
            await asyncio.to_thread(ending.wait)
            await client.close()

        thread = threading.Thread(target=lambda: asyncio.run(run()))
        thread.start()
        try:
            yield heard
        finally:
            ending.set()
            thread.join()

    return listen


CLIENTS = {
    "builtin": by_threads(Builtin),
    "aiohttp": by_tasks(Aiohttp),
    "websockets": by_tasks(Websockets),
    "websocket-client": by_threads(WebsocketClient),
}


#: All of them; the last takes its time for everything.
EACH = [*list(CLIENTS.values())[:3], pytest.param(CLIENTS["websocket-client"], marks=pytest.mark.slow)]


@pytest.mark.parametrize("listen", EACH, ids=CLIENTS)
def test_a_client_hears_each_event_and_acknowledges_it(slack: LocalSlack, clock: FakeClock, listen: Listen) -> None:
    """Once each, as no redelivery unless the client reconnected meanwhile, and nothing is left."""
    with listen(slack) as heard:
        slack.wait_for(slack.sockets)
        for number in range(20):
            slack.say("#ops-log", str(number), user="ada")

        def hears_all() -> bool:
            if len(slack.calls("apps.connections.open")) > 1:
                clock.advance(20)
            return {text for text, _ in heard} == set(map(str, range(20))) and not slack.deliveries()

        slack.wait_for(hears_all)
        assert {attempt for _, attempt in heard} == {0} or len(slack.calls("apps.connections.open")) > 1


@pytest.mark.parametrize("listen", EACH, ids=CLIENTS)
def test_a_client_comes_back_and_misses_nothing(slack: LocalSlack, clock: FakeClock, listen: Listen) -> None:
    """After it was asked to refresh, closed and cut off; what happened meanwhile comes as a retry at the latest."""
    said = set()
    with listen(slack) as heard:
        for ending in ("disconnect", "close", "drop"):
            former = slack.wait_for(slack.sockets)
            for socket in former:
                getattr(socket, ending)()
            said.add(f"at {ending}")
            slack.say("#ops-log", f"at {ending}", user="ada")
            slack.wait_for(lambda former=former: set(slack.sockets()) - set(former))  # type: ignore[misc] # of this round

        def hears_all() -> bool:
            clock.advance(20)  # soon beyond every redelivery
            return said == {text for text, _ in heard}

        slack.wait_for(hears_all)


@pytest.mark.parametrize(
    ("listen", "fits"),
    [
        (by_tasks(Aiohttp, ping=CALM), True),
        (CLIENTS["websockets"], False),
        pytest.param(CLIENTS["builtin"], False, marks=pytest.mark.slow),
        pytest.param(by_threads(Builtin, ping=CALM, receive_buffer_size=65_536), True, marks=pytest.mark.slow),
        pytest.param(by_threads(WebsocketClient, ping=CALM), True, marks=pytest.mark.slow),
    ],
    ids=["aiohttp", "websockets", "builtin", "builtin with a larger buffer", "websocket-client"],
)
def test_an_envelope_of_more_than_a_megabyte_is_too_much_for_some(
    slack: LocalSlack, clock: FakeClock, listen: Listen, fits: bool
) -> None:
    """These lose the connection over it; they come back, and hear it when it is sent again, of common size."""
    with listen(slack) as heard:
        [former] = slack.wait_for(slack.sockets)
        slack.fault("socket", Fault.oversize())
        slack.say("#ops-log", "large", user="ada")
        if not fits:
            slack.wait_for(lambda: slack.sockets() and former not in slack.sockets())
            clock.advance(3)
        slack.wait_for(lambda: heard)
        assert heard == [("large", 0 if fits else 1)]
