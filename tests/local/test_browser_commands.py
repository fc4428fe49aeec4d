"""The built-in commands in a real Chromium: a person types each on the page, and sees its mark and its reply."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from tests.local.conftest import Open
from tests.local.showcase import pane

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright").expect

LOG, COMMANDS = "#ops-log", "#ops-commands"


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    """Run a Slack without a pace, so that nobody waits for it."""
    with LocalSlack(rate_limit=0) as running:
        yield running


@pytest.fixture
def logger(slack: LocalSlack) -> Iterator[logging.Logger]:
    """Return a logger with a handler, by which ada may give commands."""
    commands = {
        "channel": COMMANDS, "allow": [slack.user_id("ada")], "start_delay": 0, "poll_interval": 0.1, "prefix": "!",
    }  # fmt: skip
    handler = SlackHandler(
        LOG, token=slack.bot_token, api_url=slack.api_url, service="shop", flush_interval=60, commands=commands
    )
    handler.set_name("slack")
    logger = logging.getLogger("browser.shop")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    handler.close()


def type_in(
    slack: LocalSlack, page: Page, text: str, *, mark: str = "white_check_mark", person: str = "ada"
) -> Locator:
    """Type a command; once it has the mark, open its thread and return the replies there."""
    known = len(slack.messages(COMMANDS))
    box = page.get_by_role("textbox", name=f"Message {COMMANDS} as {person}")
    box.fill(text)
    box.press("Enter")
    slack.wait_for(lambda: len(slack.messages(COMMANDS)) > known)
    typed = page.locator(f".message[data-ts='{slack.messages(COMMANDS)[-1]['ts']}']")
    expect(typed.locator(f".chip[title^=':{mark}:']").first).to_be_visible()
    replies = typed.locator(".replies .message")
    expect(replies.first).to_be_visible()
    return replies


@pytest.fixture
def page(open_page: Open, slack: LocalSlack, logger: logging.Logger) -> Page:
    """Open the page of a program that has failed once."""
    logger.error("disk full")
    slack.wait_for(lambda: logger.handlers[0].incidents())  # type: ignore[attr-defined] # a SlackHandler
    return open_page(slack, viewport={"width": 1280, "height": 1600})


def test_each_built_in_command_is_answered_on_the_page(slack: LocalSlack, page: Page, logger: logging.Logger) -> None:
    """What a person typed has the bot's mark below it, and in its thread the reply."""
    expect(type_in(slack, page, "!help")).to_contain_text("!mute FINGERPRINT [--for TIME]")
    expect(type_in(slack, page, "!ping")).to_contain_text(re.compile(r"pong from .*, \d+\.\d s after you typed"))
    expect(type_in(slack, page, "!status")).to_contain_text("#ops-commands, polled every 100ms")
    expect(type_in(slack, page, "!loggers browser")).to_contain_text(
        "browser.shop  INFO: INFO and above reach #ops-log (its own level)"
    )
    expect(type_in(slack, page, "!level browser.shop DEBUG --for 10m")).to_contain_text(
        "browser.shop: INFO -> DEBUG for 10m, then back to INFO"
    )
    replies = type_in(slack, page, "!incidents")
    expect(replies).to_contain_text("x 1, last")
    name = replies.locator(".body").inner_text().split()[0]
    expect(type_in(slack, page, f"!mute {name} --for 2h")).to_contain_text(f"muted for 2h {name}: disk full")
    expect(pane(page, LOG)).to_contain_text(re.compile("muted until .* by ada"))
    expect(type_in(slack, page, f"!unmute {name}")).to_contain_text(f"unmuted {name}: disk full")
    expect(pane(page, LOG)).not_to_contain_text("muted until")
    logger.info("nothing much")
    expect(type_in(slack, page, "!flush")).to_contain_text("posted 1 record")
    expect(pane(page, LOG)).to_contain_text("nothing much")
    expect(type_in(slack, page, "!stacks").first).to_contain_text("threads besides this one")


def test_what_is_not_understood_or_not_allowed_shows_on_the_page(slack: LocalSlack, page: Page) -> None:
    """By another mark, with what to type instead."""
    replies = type_in(slack, page, "!unmute zzzz", mark="grey_question")
    expect(replies).to_contain_text("no error 'zzzz': incidents lists those that still count")
    replies = type_in(slack, page, "!level browser.shop LOUD", mark="grey_question")
    expect(replies).to_contain_text("no level 'LOUD': use DEBUG, INFO")
    page.locator("#person").select_option(label="ben")
    replies = type_in(slack, page, "!stacks", mark="no_entry", person="ben")
    expect(replies).to_contain_text(f"You are {slack.user_id('ben')}, not on the list")
