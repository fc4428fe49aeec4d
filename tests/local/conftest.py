"""How these tests ask the local Slack: through the real slack_sdk, synchronous and asynchronous."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from slack_logging.local import App, LocalSlack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.local.listening import Client

#: Calls a method of slack_sdk's client by name and returns Slack's answer, refusals too.
Ask = Callable[..., dict[str, Any]]

#: Opens a Slack's page in a browser window of its own; keyword arguments are those of Playwright's `new_page`.
Open = Callable[..., "Page"]

#: The window, in CSS pixels, unless a test gives another.
DESKTOP = {"width": 1280, "height": 800}


def ask_sync(slack: LocalSlack, token: str | None = None) -> Ask:
    """Return a caller by slack_sdk's synchronous client, its retries off."""
    client = WebClient(token or slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=10)

    def ask(method: str, **arguments: Any) -> dict[str, Any]:
        try:
            return dict(getattr(client, method)(**arguments).data)
        except SlackApiError as error:
            return dict(error.response.data)

    return ask


def ask_async(slack: LocalSlack, token: str | None = None) -> Ask:
    """Return a caller by slack_sdk's asynchronous client, its retries off."""

    async def call(method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        client = AsyncWebClient(token or slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=10)
        try:
            return dict((await getattr(client, method)(**arguments)).data)
        except SlackApiError as error:
            return dict(error.response.data)

    return lambda method, **arguments: asyncio.run(call(method, arguments))


def exchange(
    slack: LocalSlack,
    verb: str,
    path: str,
    body: bytes | Iterator[bytes] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Make one HTTP exchange without slack_sdk.

    Returns:
        The status, the headers in lower case, and the body.
    """
    connection = http.client.HTTPConnection(slack.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(verb, path.removeprefix(slack.url), body, headers or {})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.headers.items()}, response.read()
    finally:
        connection.close()


def buttons(*action_ids: str, block_id: str = "choice") -> list[dict[str, Any]]:
    """Return a message's blocks: one with a button for each id."""
    elements = [
        {"type": "button", "action_id": each, "value": f"{each}!", "text": {"type": "plain_text", "text": each}}
        for each in action_ids
    ]
    return [{"type": "actions", "block_id": block_id, "elements": elements}]


def converse(slack: LocalSlack) -> None:
    """Talk to a small Bolt app in ``#general``, which greets who says hello, and see that it answers everything."""

    def texts() -> list[str]:
        return [message["text"] for message in slack.messages("#general")[1:]]  # after its own joining

    slack.say("#general", "hello there", user="ada")
    slack.wait_for(lambda: texts() == ["hello there", f"Hey <@{slack.user_id('ada')}>!"])
    slack.click("#general", slack.messages("#general")[-1]["ts"], "wave", user="ben")
    slack.wait_for(lambda: texts() == ["hello there", "ben waved"])
    slack.command("#general", "/deploy api", user="ada")
    slack.wait_for(lambda: texts()[2:] == ["Done"] and slack.ephemerals("#general"))
    assert [each["text"] for each in slack.ephemerals("#general", user="ada")] == ["Deploying api"]
    ts = slack.say("#general", "@bolt?", user="ben")
    slack.wait_for(lambda: slack.messages("#general", thread_ts=ts)[-1]["text"] == "You called?")


@pytest.fixture(params=[ask_sync, ask_async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest, slack: LocalSlack) -> Ask:
    """Ask with the bot's token, once by each of slack_sdk's clients."""
    caller: Ask = request.param(slack)
    return caller


@pytest.fixture(autouse=True)
def quiet_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep slack_sdk from warning about posts without text: the server is to be asked just these."""
    monkeypatch.setenv("SKIP_SLACK_SDK_WARNING", "1")


@pytest.fixture
def log(slack: LocalSlack) -> str:
    """Return the id of ``#ops-log``."""
    return slack.channel_id("ops-log")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run a headless Chromium, one a module: Playwright's event loop would be in the way of other modules' own."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("there is no chromium, chromium-browser or google-chrome here")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


@contextlib.contextmanager
def pages_of(browser: Browser) -> Iterator[Open]:
    """Open pages, and close them at the end: nothing has left this machine by then, and no script has failed."""
    pages: list[Page] = []
    asked: list[str] = []
    failures: list[str] = []

    def opened(slack: LocalSlack, **options: Any) -> Page:
        page = browser.new_page(**{"viewport": DESKTOP} | options)
        page.set_default_timeout(5000)
        pages.append(page)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(slack.url)
        page.locator("#status", has_text="Live").wait_for()
        page.locator("#person option").first.wait_for(state="attached")
        return page

    yield opened
    for page in pages:
        page.close()
    assert asked
    assert [url for url in asked if not url.startswith("http://127.0.0.1:")] == []
    assert failures == []


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open the page of a Slack; see `pages_of`."""
    with pages_of(browser) as opened:
        yield opened


@pytest.fixture
def open_socket(slack: LocalSlack) -> Iterator[Callable[..., Client]]:
    """Open bare Socket Mode connections (see `listening.Open`), which are closed in the end."""
    from tests.local.listening import Client, url_of  # not above: it asks by what stands here

    with contextlib.ExitStack() as stack:

        def open_(app: App | None = None, *, more: str = "") -> Client:
            client = stack.enter_context(Client(url_of(slack, app) + more))
            assert client.next()["type"] == "hello"
            return client

        yield open_


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    """Return slack_sdk's client with the bot's token."""
    return WebClient(slack.bot_token, base_url=slack.api_url)


@pytest.fixture
def page(slack: LocalSlack, open_page: Open) -> Page:
    """Open the page of the test's Slack."""
    return open_page(slack)
