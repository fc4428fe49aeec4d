"""Bolt for Python, unmodified: a small app, over Socket Mode and over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from slack_bolt import App as BoltApp
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient

from slack_logging.local import App, LocalSlack
from slack_logging.local.state.apps import DEFAULT_SCOPES
from slack_logging.testing import FakeClock
from tests.local.conftest import buttons, converse
from tests.local.listening import let_go

# slack_sdk's client leaves its socket to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

#: Connects a Bolt app to the local Slack for as long as the context lasts.
Connect = Callable[[BoltApp, App, LocalSlack], AbstractContextManager[None]]


@contextlib.contextmanager
def by_socket(bolt: BoltApp, app: App, slack: LocalSlack) -> Iterator[None]:
    handler: Any = SocketModeHandler(bolt, app.app_token)
    handler.connect()
    slack.wait_for(lambda: slack.sockets(app))
    try:
        yield
    finally:
        let_go(handler.client, slack, app)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def by_http(bolt: BoltApp, app: App, slack: LocalSlack) -> Iterator[None]:
    with make_server("127.0.0.1", 0, SlackRequestHandler(bolt), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        app.request_url = f"http://127.0.0.1:{server.server_port}/slack/events"
        try:
            yield
        finally:
            app.request_url = None
            server.shutdown()
            thread.join()


@pytest.fixture
def slack(clock: FakeClock) -> Iterator[LocalSlack]:
    """Run a Slack without rate limits."""
    with LocalSlack(clock=clock, rate_limit=0) as local:
        yield local


@pytest.fixture
def app(slack: LocalSlack) -> App:
    scopes = DEFAULT_SCOPES | {"app_mentions:read"}
    return slack.add_app("bolt", channels=["#general"], scopes=scopes, commands=["/deploy"])


def written(app: App, slack: LocalSlack) -> BoltApp:
    """Return an app of four listeners, as Bolt's own pages show them."""
    bolt = BoltApp(client=WebClient(app.bot_token, base_url=slack.api_url), signing_secret=app.signing_secret)

    @bolt.message("hello")
    def greet(message: dict[str, Any], say: Any) -> None:
        say(text=f"Hey <@{message['user']}>!", blocks=buttons("wave"))

    @bolt.event("app_mention")
    def mentioned(event: dict[str, Any], say: Any) -> None:
        say("You called?", thread_ts=event["ts"])

    @bolt.action("wave")
    def waved(ack: Any, body: dict[str, Any], respond: Any) -> None:
        ack()
        respond(f"{body['user']['name']} waved", replace_original=True)

    @bolt.command("/deploy")
    def deploy(ack: Any, command: dict[str, Any], respond: Any) -> None:
        ack(f"Deploying {command['text']}")
        respond("Done", response_type="in_channel")

    return bolt


@pytest.mark.parametrize("connect", [by_socket, by_http])
def test_a_bolt_app_listens_and_answers(slack: LocalSlack, app: App, connect: Connect) -> None:
    """To a message, a mention, a click and a slash command, and again at their response_urls."""
    with connect(written(app, slack), app, slack):
        converse(slack)


def test_an_asynchronous_bolt_app_listens_and_answers(slack: LocalSlack, app: App) -> None:
    """Over Socket Mode, by aiohttp."""

    async def serve(ending: threading.Event) -> None:
        bolt = AsyncApp(client=AsyncWebClient(app.bot_token, base_url=slack.api_url))

        @bolt.message("hello")
        async def greet(say: Any) -> None:
            await say("Hey!")

        handler: Any = AsyncSocketModeHandler(bolt, app.app_token)
        await handler.connect_async()
        await asyncio.to_thread(ending.wait)
        await handler.close_async()

    ending = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve(ending)))
    thread.start()
    try:
        slack.wait_for(lambda: slack.sockets(app))
        slack.say("#general", "hello", user="ada")
        slack.wait_for(lambda: slack.messages("#general")[-1]["text"] == "Hey!")
    finally:
        ending.set()
        thread.join()
