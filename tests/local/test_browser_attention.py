"""The page in a real Chromium, and a person's attention: the tab that is shown, the focus, a press under way."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from slack_sdk import WebClient

from slack_logging.local import LocalSlack
from tests.local.conftest import buttons
from tests.local.listening import Open
from tests.local.showcase import message, pane

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright").expect

#: What a browser does when a tab comes to the front or goes behind another; a headless one shows all of them.
SHOW = """(isShown) => {
  Object.defineProperty(document, "hidden", { value: !isShown, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
CONNECTIONS = 6  # that a browser makes to one server


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rate_limit=0) as running:
        yield running


def write(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Message #ops-commands as ada")
    box.fill(text)
    box.press("Enter")


@pytest.fixture
def another(slack: LocalSlack, browser: Browser) -> Iterator[Callable[[], Page]]:
    """Open pages that share a browser's connections, one more with each call."""
    with browser.new_context() as context:
        context.set_default_timeout(5000)

        def another() -> Page:
            tab = context.new_page()
            tab.goto(slack.url)
            return tab

        yield another


@pytest.mark.slow
def test_any_number_of_tabs_work_as_hidden_ones_let_go(slack: LocalSlack, another: Callable[[], Page]) -> None:
    """Each tab shows what is there and posts, whichever is in front; one that comes back has caught up."""
    slack.say("#ops-log", "hello", user="ben")
    tabs: list[Page] = []
    for _ in range(CONNECTIONS + 2):
        for tab in tabs[-1:]:
            tab.evaluate(SHOW, arg=False)
        tabs.append(another())
        expect(message(tabs[-1], "hello")).to_be_visible()
    write(tabs[-1], "from the last")
    slack.wait_for(lambda: slack.messages("#ops-commands"))
    tabs[-1].evaluate(SHOW, arg=False)
    slack.say("#ops-log", "meanwhile", user="ben")
    page = tabs[0]
    page.evaluate(SHOW, arg=True)
    expect(message(page, "from the last")).to_be_visible()
    expect(message(page, "meanwhile")).to_have_attribute("data-new", "New")
    write(page, "from the first")
    expect(message(page, "from the first")).to_be_visible()


@pytest.mark.slow
def test_what_the_browser_has_no_connection_for_is_said(another: Callable[[], Page]) -> None:
    """With as many windows side by side as the browser has connections, none waits without a word."""
    windows = [another() for _ in range(CONNECTIONS)]
    page = windows[0]
    notice = "The local Slack does not answer. A browser shows it in five windows at once: close others that do."
    expect(windows[-1].locator("#notice")).to_have_text(notice, timeout=10_000)
    write(page, "hello?")
    problem = "Not sent: the local Slack does not answer"
    expect(pane(page, "#ops-commands").locator(".composer .problem")).to_have_text(problem, timeout=10_000)
    expect(page.get_by_role("textbox", name="Message #ops-commands as ada")).to_have_value("hello?")
    windows[1].close()
    expect(windows[-1].locator("#notice")).to_be_hidden(timeout=15_000)
    write(page, "now then")
    expect(message(windows[-1], "now then")).to_be_visible()


def test_a_member_who_comes_is_no_reason_to_fetch_all(slack: LocalSlack, page: Page) -> None:
    """The message about it says all."""
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))  # its icon may come as late as this
    slack.kick("#ops-log", "ben")
    slack.invite("#ops-log", "ben")
    slack.say("#ops-log", "welcome", user="ada")
    expect(message(page, "welcome")).to_be_visible()
    assert [] == [url for url in fetched if "/static/" not in url]


def test_an_offered_channel_keeps_the_focus_and_the_press(slack: LocalSlack, page: Page) -> None:
    """While messages come there and elsewhere, and a channel before it is offered too."""
    slack.say("#general", "one", user="ben")
    offered = pane(page, "#ops-log").get_by_role("button", name="Show #general")
    offered.focus()
    slack.say("#ops-log", "elsewhere", user="ben")
    expect(message(page, "elsewhere")).to_be_visible()
    expect(offered).to_be_focused()
    slack.say("#general", "two", user="ben")
    expect(offered).to_have_text("#general 2")
    expect(offered).to_be_focused()

    offered.locator(".count").hover(force=True)
    page.mouse.down()
    slack.say("#general", "three", user="ben")
    expect(offered).to_have_text("#general 3")
    page.mouse.up()
    expect(pane(page, "#general")).to_be_visible()


def test_a_reaction_keeps_the_focus_and_the_press(slack: LocalSlack, page: Page) -> None:
    """Whoever adds another or takes one back; when it is gone, its message has the focus."""
    ts = slack.say("#ops-log", "look", user="ada")
    slack.react("#ops-log", ts, "eyes", user="ben")
    chip = page.locator(".chip", has_text="👀")
    chip.focus()
    page.keyboard.press("Enter")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(chip).to_be_focused()
    slack.react("#ops-log", ts, "tada", user="ben")
    expect(page.locator(".chip")).to_have_count(2)
    expect(chip).to_be_focused()
    page.keyboard.press("Enter")
    expect(chip).to_have_attribute("aria-pressed", "false")
    expect(chip).to_be_focused()

    chip.locator("span").last.hover(force=True)
    page.mouse.down()
    slack.react("#ops-log", ts, "eyes", user="ops")
    expect(chip).to_have_text("👀2")
    page.mouse.up()
    expect(chip).to_have_attribute("aria-pressed", "true")

    for user in ("ben", "ops", "ada"):
        slack.unreact("#ops-log", ts, "eyes", user=user)
    expect(chip).to_have_count(0)
    expect(message(page, "look")).to_be_focused()


def test_a_messages_button_keeps_the_focus(slack: LocalSlack, page: Page, client: WebClient, open_socket: Open) -> None:
    """When it is pressed, when somebody reacts, and when the message is edited around it; else the message has it."""
    app = open_socket()
    blocks = buttons("go", "stop")
    posted = client.chat_postMessage(channel="#ops-log", text="x", blocks=blocks)
    channel, ts = posted["channel"], posted["ts"]
    button = page.get_by_role("button", name="stop")
    button.focus()
    page.keyboard.press("Enter")
    while "actions" not in (payload := app.envelope()["payload"]):
        pass
    assert "stop" == payload["actions"][0]["action_id"]
    expect(page.locator(".button[aria-disabled]")).to_have_count(0)
    expect(button).to_be_focused()
    slack.react("#ops-log", ts, "eyes", user="ben")
    expect(page.locator(".chip")).to_be_visible()
    expect(button).to_be_focused()
    section = {"type": "section", "text": {"type": "plain_text", "text": "above"}}
    client.chat_update(channel=channel, ts=ts, text="x", blocks=[section, *blocks])
    expect(message(page, "above")).to_be_visible()
    expect(button).to_be_focused()
    client.chat_update(channel=channel, ts=ts, text="stopped", blocks=[])
    expect(message(page, "stopped")).to_be_focused()
