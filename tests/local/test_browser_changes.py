"""What a person changes on the page, in a real Chromium: his own messages, and so the commands that they are."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from slack_logging import Command, CommandRouter, SlackCommandSource
from slack_logging.local import LocalSlack
from slack_logging.testing import FakeClock
from tests.local.showcase import message, pane, said

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright").expect

COMMANDS = "#ops-commands"


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Edit message")


def question(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Delete message")


def test_ones_own_messages_are_changed_by_mouse(slack: LocalSlack, page: Page) -> None:
    """Beside where reactions are put, on no other's; what goes wrong is said below; a parent leaves its place."""
    parent = slack.say(COMMANDS, "see `<x>` and @ben", user="ada")
    slack.say(COMMANDS, "why?", user="ben", thread_ts=parent)
    slack.say(COMMANDS, "by ben", user="ben")
    for name in ("Edit message", "Delete message"):
        expect(page.get_by_role("button", name=name)).to_have_count(1)
    own = message(page, "see <x>")
    own.hover()
    own.get_by_role("button", name="Edit message").click()
    expect(editor(page)).to_have_value("see `<x>` and @ben")
    page.get_by_role("button", name="Cancel").click()
    expect(editor(page)).to_have_count(0)
    expect(own).to_be_focused()

    own.get_by_role("button", name="Edit message").click()
    editor(page).fill("look at `<y>`, @ben")
    page.route("**/page/edit", lambda route: route.fulfill(status=400, json={"error": "not now"}), times=1)
    page.get_by_role("button", name="Save").click()
    expect(pane(page, COMMANDS).get_by_role("alert").filter(has_text="Not saved: not now")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    own = page.locator(f".message[data-ts='{parent}']")
    expect(own).to_contain_text("look at <y>, @ben (edited)")
    assert slack.messages(COMMANDS)[0]["text"] == f"look at `&lt;y&gt;`, <@{slack.user_id('ben')}>"

    own.hover()
    own.get_by_role("button", name="Delete message").click()
    expect(question(page)).to_contain_text("look at <y>, @ben")
    question(page).get_by_role("button", name="Cancel").click()
    expect(own).to_be_focused()
    own.get_by_role("button", name="Delete message").click()
    question(page).get_by_role("button", name="Delete").click()
    expect(said(page, "This message was deleted.")).to_be_visible()
    expect(own).to_be_focused()
    expect(page.get_by_role("button", name="Edit message")).to_have_count(0)


def test_ones_own_messages_are_changed_by_keyboard(slack: LocalSlack, page: Page) -> None:
    """↑ in an empty box edits the last one, of a thread in a thread; e and Delete are for the one that is chosen."""
    press = page.keyboard.press
    parent = slack.say(COMMANDS, "first", user="ada")
    slack.say(COMMANDS, "second", user="ada")
    slack.say(COMMANDS, "a reply", user="ada", thread_ts=parent)
    slack.say(COMMANDS, "by ben", user="ben")
    expect(message(page, "by ben")).to_be_visible()
    press("2")
    press("ArrowUp")
    expect(editor(page)).to_have_value("second")
    expect(editor(page)).to_be_focused()
    page.keyboard.type(" one")
    press("Shift+Enter")
    page.keyboard.type("two lines")
    press("Enter")
    expect(message(page, "two lines (edited)")).to_be_focused()
    press("e")
    expect(editor(page)).to_have_value("second one\ntwo lines")
    page.keyboard.type(", no")
    press("Escape")
    expect(message(page, "two lines (edited)")).to_be_focused()

    press("k")
    press("r")
    press("ArrowUp")
    expect(editor(page)).to_have_value("a reply")
    page.keyboard.press("Control+a")
    press("Delete")
    press("Enter")  # nothing is left of it
    expect(question(page).get_by_role("button", name="Delete")).to_be_focused()
    press("Escape")
    expect(editor(page)).to_be_focused()
    press("Enter")
    press("Enter")
    expect(page.locator(".replies .message")).to_have_count(0)
    expect(message(page, "first")).to_be_focused()

    press("j")
    press("Delete")
    press("Enter")
    expect(message(page, "by ben")).to_be_focused()
    press("e")
    press("Delete")
    expect(editor(page)).to_have_count(0)
    expect(question(page)).to_be_hidden()
    assert [one["text"] for one in slack.messages(COMMANDS)] == ["first", "by ben"]


@pytest.fixture
def ended(slack: LocalSlack, clock: FakeClock) -> Iterator[list[str]]:
    """Take ada's commands: one of them works until it is told to stop, which stands here then."""
    router = CommandRouter()
    ended: list[str] = []

    @router.command
    def reindex(*, command: Command) -> None:
        while not command.cancelled:
            clock.wait(queue.SimpleQueue(), 1.0)
        ended.append(command.text)

    source = SlackCommandSource(
        COMMANDS, allow=[slack.user_id("ada")], router=router, token=slack.bot_token, api_url=slack.api_url
    )
    source.start()
    yield ended
    source.close()


def test_a_command_is_mended_and_cancelled_on_the_page(
    slack: LocalSlack, clock: FakeClock, ended: list[str], page: Page
) -> None:
    """One that was not understood is read again when it is edited; one that runs ends when it is deleted."""
    box = page.get_by_role("textbox", name=f"Message {COMMANDS} as ada")
    box.fill("!reindexx")
    box.press("Enter")
    slack.wait_for(lambda: slack.messages(COMMANDS))
    ts = slack.messages(COMMANDS)[0]["ts"]
    clock.run_until(lambda: "grey_question" in slack.reactions(COMMANDS, ts))
    expect(page.locator(".chip[title^=':grey_question:']")).to_be_visible()
    box.press("ArrowUp")
    expect(editor(page)).to_have_value("!reindexx")
    editor(page).press("Backspace")
    editor(page).press("Enter")
    slack.wait_for(lambda: slack.messages(COMMANDS)[0]["text"] == "!reindex")
    clock.run_until(lambda: "eyes" in slack.reactions(COMMANDS, ts))

    expect(page.locator(f".message[data-ts='{ts}']")).to_be_focused()
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(said(page, "This message was deleted.")).to_be_visible()
    clock.run_until(lambda: ended)
    assert ended == ["!reindex"]
