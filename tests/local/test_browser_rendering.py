"""How a real Chromium shows what messages hold: mrkdwn, blocks, attachments, and hostile text as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient

from slack_logging.local import LocalSlack
from tests.local.conftest import DESKTOP, pages_of
from tests.local.showcase import BLOCKS, MRKDWN, plain, rich, words

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright").expect


HOSTILE = "<script>hacked = 1</script><img src=x onerror=hacked=1> \u202egnp.exe &amp; <b>"


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rate_limit=0) as running:
        yield running


@pytest.fixture(scope="module")
def page(slack: LocalSlack, browser: Browser) -> Iterator[Page]:
    """Open one page for all: each test looks at its own message only."""
    with pages_of(browser) as opened:
        yield opened(slack)


@pytest.fixture
def post(client: WebClient, page: Page) -> Callable[..., Locator]:
    """Post by slack_sdk, and return where the page shows it."""

    def posted(**message: Any) -> Locator:
        return drawn(page, client.chat_postMessage(channel="#ops-log", **message)["ts"])

    return posted


def drawn(page: Page, ts: str) -> Locator:
    return page.locator(f".message[data-ts='{ts}']")


@pytest.mark.parametrize(("text", "shown"), MRKDWN)
def test_mrkdwn_is_rendered(slack: LocalSlack, post: Callable[..., Locator], text: str, shown: dict[str, str]) -> None:
    """Each form of mrkdwn shows as Slack shows it."""
    message = post(text=text.replace("UADA", slack.user_id("ada")))
    for selector, expected in shown.items():
        place = message.locator(f".body {selector}").first
        expect(place).to_have_text(expected, use_inner_text="\n" in expected)


@pytest.mark.parametrize(("block", "shown"), BLOCKS, ids=lambda value: value.get("type") if "type" in value else "")
def test_blocks_are_rendered(post: Callable[..., Locator], block: dict[str, Any], shown: dict[str, str]) -> None:
    """Each kind of block, and of what rich text is made of, shows as Slack shows it."""
    message = post(text="fallback", blocks=[block])
    for selector, expected in shown.items():
        expect(message.locator(f".body {selector}").first).to_have_text(expected)


#: Words of a table that stand on more than one line, and whether its box scrolls.
TABLE = """(box) => {
  const broken = [];
  for (const cell of box.querySelectorAll("td, th")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) for (const { index, 0: word } of texts.currentNode.data.matchAll(/\\S+/g)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + word.length);
      if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) broken.push(word);
    }
  }
  box.scrollLeft = 1e6;
  return [broken, box.scrollLeft > 0];
}"""

COLUMNS = ["service", "environment", "last deployment", "responsible team", "availability", "remark"]
CELLS = [
    "orders-import",
    "production-eu-west-1",
    "2026-11-30T04:55:37Z",
    "infrastructure",
    "99.9871 %",
    "as usual " * 20,
]
PIPED = "\n".join(f"| {' | '.join(row)} |" for row in (COLUMNS, ["---"] * 6, CELLS))
CODE = {"type": "rich_text_preformatted", "elements": [words("production-eu-west-1 has it all")]}


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize(
    "block",
    [
        {"type": "table", "rows": [[{"type": "raw_text", "text": text} for text in row] for row in (COLUMNS, CELLS)]},
        {"type": "table", "rows": [[{"type": "rich_text", "elements": [CODE]}] * 6] * 2},
        {"type": "markdown", "text": PIPED},
    ],
    ids=["text", "code", "markdown"],
)
def test_a_wide_table_scrolls_with_its_words_whole(
    page: Page, post: Callable[..., Locator], block: dict[str, Any], width: int
) -> None:
    """Its box scrolls by itself, on a phone too; what is long wraps between words."""
    page.set_viewport_size({"width": width, "height": DESKTOP["height"]})
    box = post(text="t", blocks=[block]).locator(".wide")
    expect(box).to_be_visible()

    assert box.evaluate(TABLE) == [[], True]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": DESKTOP["width"], "height": DESKTOP["height"]})


def test_attachments_have_their_colour(post: Callable[..., Locator]) -> None:
    """An attachment shows its title, fields and footer beside a bar of its colour."""
    fields = [{"title": "Host", "value": "web-1", "short": True}]
    shown = {
        "color": "#36a64f",
        "title": "Alert",
        "title_link": "https://a.test",
        "fields": fields,
        "footer": "from it",
    }

    box = post(text="see", attachments=[shown]).locator(".attachment")

    expect(box).to_have_css("border-left-color", "rgb(54, 166, 79)")
    expect(box).to_have_text("AlertHostweb-1from it")


def test_one_message_that_cannot_be_drawn_says_so(slack: LocalSlack, page: Page) -> None:
    """What comes after it is drawn all the same, also after a reload."""
    channel = slack.channel_id("ops-log")
    broken = slack.say(channel, "x", user="ada", attachments=[{"text": 5}])
    expect(drawn(page, broken)).to_contain_text("this message cannot be drawn")
    expect(drawn(page, slack.say(channel, "after it", user="ada"))).to_contain_text("after it")
    page.reload()
    expect(drawn(page, broken)).to_contain_text("this message cannot be drawn")
    expect(drawn(page, slack.say(channel, "after that", user="ada"))).to_contain_text("after that")


def test_an_app_can_have_a_name_and_picture_of_its_own(post: Callable[..., Locator]) -> None:
    """A customised post shows the name and icon that it brings, and that it is an app's."""
    message = post(text="hi", username="Deploys", icon_emoji=":rocket:")

    expect(message.locator(".author")).to_have_text("Deploys")
    expect(message.locator(".badge")).to_have_text("APP")
    expect(message.locator(".avatar")).to_have_text("🚀")


def test_joins_are_small_lines(slack: LocalSlack, page: Page) -> None:
    """Who joins is told in a line without a picture or a way to answer."""
    slack.add_user("mia")
    slack.invite("#ops-log", "mia")

    message = drawn(page, slack.messages("#ops-log")[-1]["ts"])

    expect(message).to_contain_text("@mia has joined the channel")
    expect(message.locator(".author")).to_be_hidden()
    expect(message.get_by_role("button", name="Reply in thread")).to_be_hidden()


def test_hostile_text_stays_text(
    slack: LocalSlack, page: Page, client: WebClient, post: Callable[..., Locator]
) -> None:
    """Markup, scripts and turned writing in any place that a program can fill are shown as they are."""
    slack.add_user("<b>eve</b>")
    typed = drawn(page, slack.say("#ops-log", HOSTILE, user="<b>eve</b>"))
    blocks = [
        rich(words(HOSTILE)),
        {"type": "markdown", "text": HOSTILE},
        {"type": "header", "text": plain(HOSTILE)},
        {"type": "image", "image_url": "javascript:hacked=1", "alt_text": HOSTILE},
    ]
    posted = post(text=HOSTILE, blocks=blocks, username=HOSTILE)
    client.files_upload_v2(channel=slack.channel_id("ops-log"), filename="<img onerror=hacked=1>.txt", content=HOSTILE)
    slack.wait_for(lambda: slack.files("#ops-log"))
    shared = drawn(page, slack.files("#ops-log")[0].ts)
    shared.get_by_text("Preview").click()

    expect(typed.locator(".text")).to_have_text(HOSTILE)
    expect(typed.locator(".author")).to_have_text("<b>eve</b>")
    expect(posted.locator(".text").first).to_have_text(HOSTILE)
    expect(posted.locator("h3")).to_have_text(HOSTILE.replace("&amp;", "&"))  # plain_text shows entities decoded
    expect(shared.locator("pre")).to_have_text(HOSTILE)
    for message in (typed, posted, shared):
        made = message.locator(".author, .body, .files").locator("img, script, b, a[href^=javascript]")
        expect(made).to_have_count(0)
    assert page.evaluate("typeof hacked") == "undefined"
    assert typed.locator(".text").evaluate("node => getComputedStyle(node).unicodeBidi") == "plaintext"
