"""The built-in commands in a real Chromium: a person types each on the page, and sees its mark and its reply."""

from __future__ import annotations

import logging
import queue
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from slack_logging import Command, CommandRouter, SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.testing import FakeClock
from tests.local.conftest import Open
from tests.local.showcase import pane

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright").expect

LOG, COMMANDS = "#ops-log", "#ops-commands"


@dataclass
class Desk:
    """A person at the page, beside a program that has failed once. Time jumps to what they wait for."""

    slack: LocalSlack
    clock: FakeClock
    page: Page

    def type(self, text: str, *, mark: str = "white_check_mark", person: str = "ada") -> Locator:
        """Type a command; once it has the mark, return the replies in its thread, which the page opens by itself."""
        known = len(self.slack.messages(COMMANDS))
        box = self.page.get_by_role("textbox", name=f"Message {COMMANDS} as {person}")
        box.fill(text)
        box.press("Enter")
        self.slack.wait_for(lambda: len(self.slack.messages(COMMANDS)) > known)
        ts = self.slack.messages(COMMANDS)[-1]["ts"]
        self.clock.run_until(lambda: mark in self.slack.reactions(COMMANDS, ts))
        self.clock.run_until(lambda: len(self.slack.messages(COMMANDS, thread_ts=ts)) > 1)
        typed = self.page.locator(f".message[data-ts='{ts}']")
        expect(typed.locator(f".chip[title^=':{mark}:']")).to_be_visible()
        replies = typed.locator(".replies .message")
        expect(replies.first).to_be_visible()
        return replies

    def log_shows(self, text: str, *, is_gone: bool = False) -> None:
        """See that a text stands in the records' channel, or no longer does."""
        self.clock.run_until(lambda: (text in str(self.slack.messages(LOG))) is not is_gone)
        expect(pane(self.page, LOG).get_by_text(text)).to_have_count(0 if is_gone else 1)


@pytest.fixture
def logger(slack: LocalSlack, clock: FakeClock) -> Iterator[logging.Logger]:
    """Return the program's logger, whose handler takes ada's commands."""
    router = CommandRouter()

    @router.command("import")
    def import_(rows: int, *, command: Command) -> str:
        """Import rows, one a second."""
        for row in range(rows):
            command.progress(row, rows, f"row {row}")
            clock.wait(queue.SimpleQueue(), 1.0)
            command.check()
        return f"imported {rows} rows"

    commands = {"channel": COMMANDS, "allow": [slack.user_id("ada")], "router": router, "start_delay": 0}
    handler = SlackHandler(LOG, token=slack.bot_token, api_url=slack.api_url, service="shop", commands=commands)
    logger = logging.getLogger("browser.shop")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.error("disk full")
    clock.run_until(handler.incidents)
    yield logger
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    handler.close()


@pytest.fixture
def desk(open_page: Open, slack: LocalSlack, clock: FakeClock, logger: logging.Logger) -> Desk:
    """Sit down at the page."""
    assert logger.handlers
    return Desk(slack, clock, open_page(slack))


def test_each_built_in_command_is_answered_on_the_page(desk: Desk, logger: logging.Logger) -> None:
    """What a person typed has the bot's mark below it, and in its thread the reply."""
    expect(desk.type("!help")).to_contain_text("!mute FINGERPRINT [--for TIME]")
    expect(desk.type("!ping")).to_contain_text(re.compile(r"pong from .*, \d+\.\d s after you typed"))
    expect(desk.type("!status")).to_contain_text("#ops-commands, polled every 5s")
    expect(desk.type("!loggers browser")).to_contain_text("browser.shop  INFO: INFO and above reach #ops-log")
    replies = desk.type("!level browser.shop DEBUG --for 10m")
    expect(replies).to_contain_text(re.compile(r"browser\.shop: INFO -> DEBUG in .* for 10m, then back to INFO"))
    replies = desk.type("!incidents")
    expect(replies).to_contain_text("x 1, last")
    name = replies.locator(".body").inner_text().split()[0]
    expect(desk.type(f"!mute {name} --for 2h")).to_contain_text(f"muted {name} for 2h: disk full")
    desk.log_shows("muted until")
    expect(desk.type(f"!unmute {name}")).to_contain_text(f"unmuted {name}: disk full")
    desk.log_shows("muted until", is_gone=True)
    logger.info("nothing much")
    expect(desk.type("!flush")).to_contain_text("posted 1 record")
    desk.log_shows("nothing much")
    expect(desk.type("!stacks").first).to_contain_text("threads besides this one")


def test_a_person_watches_a_command_at_work_and_stops_it(desk: Desk) -> None:
    """Its one reply shows how far it is, and in the end what became of it."""
    replies = desk.type("!import 1000", mark="eyes")
    ts = desk.slack.messages(COMMANDS)[-1]["ts"]
    for percent in (5, 9):
        shown = f"{percent} %  "
        desk.clock.run_until(lambda: shown in str(desk.slack.messages(COMMANDS, thread_ts=ts)))  # noqa: B023 - at once
        expect(replies).to_contain_text(re.compile(rf"█+░+ {percent} % +{percent}\d of 1,000 +row {percent}\d"))
    desk.slack.react(COMMANDS, ts, "octagonal_sign", user="ada")
    desk.clock.run_until(lambda: "x" in desk.slack.reactions(COMMANDS, ts))
    desk.clock.run_until(lambda: "cancelled" in str(desk.slack.messages(COMMANDS, thread_ts=ts)))
    expect(replies).to_have_count(1)
    expect(replies).to_contain_text("cancelled by ada")


def test_what_is_not_understood_or_not_allowed_shows_on_the_page(desk: Desk) -> None:
    """By another mark, with what to type instead."""
    replies = desk.type("!unmute zzzz", mark="grey_question")
    expect(replies).to_contain_text("no error 'zzzz': those that still count, which the command incidents lists, are")
    replies = desk.type("!level browser.shop LOUD", mark="grey_question")
    expect(replies).to_contain_text("no level 'LOUD': use DEBUG, INFO")
    desk.page.locator("#person").select_option(label="ben")
    replies = desk.type("!stacks", mark="no_entry", person="ben")
    expect(replies).to_contain_text(f"You are {desk.slack.user_id('ben')}, not on the list")
