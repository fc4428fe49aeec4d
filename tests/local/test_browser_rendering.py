"""How a real Chromium shows what messages hold: mrkdwn, blocks, attachments, and hostile text as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient

from slack_logging.local import LocalSlack
from tests.local.showcase import BLOCKS, MRKDWN, plain, rich, said, words

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright").expect


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rate_limit=0) as running:
        yield running


HOSTILE = "<script>hacked = 1</script><img src=x onerror=hacked=1> \u202egnp.exe &amp; <b>"


@pytest.mark.parametrize(("text", "shown"), MRKDWN)
def test_mrkdwn_is_rendered(slack: LocalSlack, page: Page, client: WebClient, text: str, shown: dict[str, str]) -> None:
    """Each form of mrkdwn shows as Slack shows it."""
    client.chat_postMessage(channel="#ops-log", text=text.replace("UADA", slack.user_id("ada")))
    for selector, expected in shown.items():
        place = page.locator(f".body {selector}").first
        expect(place).to_have_text(expected, use_inner_text="\n" in expected)


@pytest.mark.parametrize(("block", "shown"), BLOCKS, ids=lambda value: value.get("type") if "type" in value else "")
def test_blocks_are_rendered(
    slack: LocalSlack, page: Page, client: WebClient, block: dict[str, Any], shown: dict[str, str]
) -> None:
    """Each kind of block, and of what rich text is made of, shows as Slack shows it."""
    client.chat_postMessage(channel="#ops-log", text="fallback", blocks=[block])
    for selector, expected in shown.items():
        expect(page.locator(f".body {selector}").first).to_have_text(expected)


def test_attachments_have_their_colour(page: Page, client: WebClient) -> None:
    """An attachment shows its title, fields and footer beside a bar of its colour."""
    fields = [{"title": "Host", "value": "web-1", "short": True}]
    shown = {
        "color": "#36a64f",
        "title": "Alert",
        "title_link": "https://a.test",
        "fields": fields,
        "footer": "from it",
    }
    client.chat_postMessage(channel="#ops-log", text="see", attachments=[shown])

    box = page.locator(".attachment")

    expect(box).to_have_css("border-left-color", "rgb(54, 166, 79)")
    expect(box).to_have_text("AlertHostweb-1from it")


def test_an_app_can_have_a_name_and_picture_of_its_own(page: Page, client: WebClient) -> None:
    """A customised post shows the name and icon that it brings, and that it is an app's."""
    client.chat_postMessage(channel="#ops-log", text="hi", username="Deploys", icon_emoji=":rocket:")

    expect(page.locator(".message .author")).to_have_text("Deploys")
    expect(page.locator(".message .badge")).to_have_text("APP")
    expect(page.locator(".message .avatar")).to_have_text("🚀")


def test_joins_are_small_lines(slack: LocalSlack, page: Page) -> None:
    """Who joins is told in a line without a picture or a way to answer."""
    slack.add_user("mia")
    slack.invite("#ops-log", "mia")

    expect(page.locator(".message.system")).to_contain_text("@mia has joined the channel")
    expect(page.locator(".message.system .author")).to_be_hidden()


def test_hostile_text_stays_text(slack: LocalSlack, page: Page, client: WebClient) -> None:
    """Markup, scripts and turned writing in any place that a program can fill are shown as they are."""
    slack.add_user("<b>eve</b>")
    slack.say("#ops-log", HOSTILE, user="<b>eve</b>")
    blocks = [
        rich(words(HOSTILE)),
        {"type": "markdown", "text": HOSTILE},
        {"type": "header", "text": plain(HOSTILE)},
        {"type": "image", "image_url": "javascript:hacked=1", "alt_text": HOSTILE},
    ]
    client.chat_postMessage(channel="#ops-log", text=HOSTILE, blocks=blocks, username=HOSTILE)
    client.files_upload_v2(channel=slack.channel_id("ops-log"), filename="<img onerror=hacked=1>.txt", content=HOSTILE)
    expect(page.locator(".message")).to_have_count(3)
    said(page, "Preview").click()

    expect(page.locator(".message").first.locator(".text")).to_have_text(HOSTILE)
    expect(page.locator(".message pre")).to_have_text(HOSTILE)
    assert page.locator(".body, .files, .author").locator("img, script, b").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.locator(".message .text").first.evaluate("node => getComputedStyle(node).unicodeBidi") == "plaintext"
