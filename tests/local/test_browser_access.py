"""The page for everybody, in a real Chromium: by keyboard, by screen reader, in light and dark, on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from slack_logging.local import LocalSlack
from tests.local.conftest import DESKTOP, Open
from tests.local.showcase import fill, message, pane, said

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright").expect


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rate_limit=0) as running:
        yield running


PHONE = {"width": 390, "height": 844}


def test_all_can_be_done_by_keyboard(slack: LocalSlack, page: Page) -> None:
    """Write, go back to the message, react to it, answer it, close its thread, read the keys: without a mouse."""
    press = page.keyboard.press
    press("2")
    page.keyboard.type("!help")
    press("Enter")
    expect(message(page, "!help")).to_be_visible()
    press("Escape")
    expect(message(page, "!help")).to_be_focused()
    press("+")
    expect(page.get_by_role("dialog", name="Add a reaction")).to_be_focused()
    press("ArrowRight")
    expect(page.get_by_role("dialog", name="Add a reaction").get_by_role("button").first).to_be_focused()
    press("ArrowRight")
    press("Enter")
    expect(page.locator(".chip")).to_have_attribute("aria-label", "repeat, 1, by ada; remove yours")
    expect(message(page, "!help")).to_be_focused()
    press("r")
    page.keyboard.type("a reply")
    press("Enter")
    expect(page.locator(".replies .message")).to_have_count(1)
    press("Escape")
    press("j")
    expect(page.locator(".replies .message")).to_be_focused()
    press("Escape")
    expect(page.locator(".replies")).to_be_hidden()
    press("t")
    expect(page.locator(".replies")).to_be_visible()
    press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    press("Escape")
    press("w")
    expect(page.get_by_role("complementary", name="Rate limits and faults")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("complementary", name="Rate limits and faults")).to_be_hidden()
    press("/")
    expect(page.get_by_role("textbox", name="Message #ops-commands as ada")).to_be_focused()

    assert [one["text"] for one in slack.messages("#ops-commands")] == ["!help"]


def test_a_reaction_is_chosen_before_enter_adds_it(slack: LocalSlack, page: Page) -> None:
    """Who types a name approves nothing by accident; arrows to either side begin at that end."""
    ts = slack.say("#ops-commands", "look", user="ada")
    menu = page.get_by_role("dialog", name="Add a reaction")
    message(page, "look").focus()
    page.keyboard.press("+")
    page.keyboard.type("tada")
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(menu.get_by_role("button", name="tada")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_attribute("aria-label", "tada, 1, by ada; remove yours")
    assert slack.reactions("#ops-commands", ts) == {"tada": [slack.user_id("ada")]}


FOCUS = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const row = element.closest(".composer-row");
  const ring = style.outlineStyle !== "none" ? style.outlineWidth : row ? getComputedStyle(row).boxShadow : "none";
  return [element.tagName, element.getAttribute("aria-label") ?? element.textContent.trim().slice(0, 30), ring];
}"""


def test_tab_reaches_every_control_and_shows_where_it_is(slack: LocalSlack, page: Page) -> None:
    """Each control can be reached by Tab, and the one that has the focus is marked."""
    slack.react("#ops-log", slack.say("#ops-log", "look", user="ada"), "eyes", user="ben")
    expect(page.locator(".chip")).to_be_visible()
    wanted = page.locator("button:visible, select:visible, textarea:visible").count()
    seen = set()
    for _ in range(3 * wanted):
        page.keyboard.press("Tab")
        tag, name, ring = page.evaluate(FOCUS)
        if tag == "BODY":
            break
        assert ring not in ("none", "0px"), name
        seen.add((tag, name, page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)")))

    assert len([one for one in seen if one[0] in ("BUTTON", "SELECT", "TEXTAREA")]) == wanted


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_control_has_a_name(
    slack: LocalSlack, open_page: Open, client: WebClient, viewport: dict[str, int]
) -> None:
    """A screen reader finds a name for everything that can be used, with all that can be open open."""
    fill(slack, client)
    page = open_page(slack, viewport=viewport)
    show_all(page)
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "link", "textbox", "combobox", "spinbutton", "meter", "image", "DisclosureTriangle", "dialog")
    found = [
        node for node in tree if not node["ignored"] and node["role"]["value"] in (*roles, "region", "complementary")
    ]

    assert len(found) > 20
    assert [node for node in found if not node["name"]["value"].strip()] == []


CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+%?/g) ?? []).map(Number);
  const srgb = (text) => text.startsWith("color(") ? parse(text).map((x, i) => i < 3 ? x * 255 : x) : parse(text);
  const over = ([r, g, b, a = 1], back) => [r, g, b].map((x, i) => x * a + back[i] * (1 - a));
  const backOf = (element) => {
    if (!element) return [255, 255, 255];
    const own = srgb(getComputedStyle(element).backgroundColor);
    return own[3] === undefined ? own : over(own, backOf(element.parentElement));
  };
  const light = (rgb) => rgb.map((x) => x / 255).map((x) => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const opacity = (element) => element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1;
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === 3);
    const words = texts.map((node) => node.data).join("").trim();
    if (!/[\\p{L}\\p{N}]/u.test(words + (element.placeholder ?? "")) || element.disabled) continue;
    if (!element.checkVisibility() || opacity(element) === 0) continue;
    if (element.closest("option, datalist, .unseen, [hidden]")) continue;
    const style = getComputedStyle(element, words ? null : "::placeholder");
    const back = backOf(element);
    const fore = over([...over(srgb(style.color), back), opacity(element)], back);
    found.push([ratio(fore, back), words || element.placeholder, style.color, back.join()]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_in_both_schemes(
    slack: LocalSlack, open_page: Open, client: WebClient, scheme: str
) -> None:
    """Any text has a contrast of 4.5 or more to what is behind it, as the browser's scheme is light or dark."""
    fill(slack, client)
    page = open_page(slack, color_scheme=scheme)
    show_all(page)
    found = page.evaluate(CONTRAST)

    background = page.evaluate("getComputedStyle(document.querySelector('.pane')).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(26, 29, 33)"}[scheme]
    assert len(found) > 40
    assert [one for one in found if one[0] < 4.5] == []


def test_a_phone_shows_one_channel_without_scrolling_sideways(
    slack: LocalSlack, open_page: Open, client: WebClient
) -> None:
    """On a narrow screen tabs choose the channel, tell what is new in the other, and nothing is cut off."""
    fill(slack, client)
    client.chat_postMessage(channel="#ops-log", text=f"`{'x' * 400}` {'y' * 400} https://a.test/{'z' * 400}")
    page = open_page(slack, viewport=PHONE, has_touch=True)
    show_all(page)
    widths = page.evaluate(
        "[...document.querySelectorAll('html, .top, .wire, .scroller')].map((element) => element.scrollWidth)"
    )
    expect(pane(page, "#ops-commands")).to_be_hidden()
    slack.say("#ops-commands", "over here", user="ben")
    tab = page.get_by_role("navigation", name="Channels").get_by_role("button", name="#ops-commands 1")
    expect(page).to_have_title("(1) Local Slack")
    tab.tap()

    expect(said(page, "over here")).to_be_in_viewport()
    expect(page).to_have_title("Local Slack")
    assert max(widths) <= PHONE["width"]


def test_a_phone_shows_the_limits_names_whole(open_page: Open) -> None:
    """Limits of different channels are told apart."""
    with LocalSlack() as slack:
        slack.add_channel("orders-import-production-log-of-every-night-and-day")
        page = open_page(slack, viewport=PHONE)
        WebClient(slack.bot_token, base_url=slack.api_url).chat_postMessage(
            channel="#orders-import-production-log-of-every-night-and-day", text="x"
        )
        page.get_by_role("button", name="Limits").click()
        name = page.locator(".bucket-name", has_text="#orders-import-production-log-of-every-night-and-day").first
        expect(name).to_be_visible()
        assert name.evaluate("name => [name.scrollWidth <= name.clientWidth, name.clientHeight > 20]") == [True, True]


#: What is wrong with a message's buttons: those that a point in their middle does not hit, and texts that they cover.
COVERED = """(message) => {
  const tools = message.querySelector(":scope > .main > .tools");
  const bar = tools.getBoundingClientRect();
  const shown = [...tools.children].filter((button) => button.checkVisibility());
  const cut = shown.filter((button) => {
    const { left, top, right, bottom } = button.getBoundingClientRect();
    return [top + 1, bottom - 1].some((y) => document.elementFromPoint((left + right) / 2, y) !== button);
  });
  const texts = document.querySelectorAll(".pane.active .head, .pane.active .body, .chip, .thread-summary, .composer");
  const covered = [...texts].filter((text) => {
    const { left, top, right, bottom, width } = text.getBoundingClientRect();
    return width && left < bar.right && right > bar.left && top < bar.bottom - 0.5 && bottom > bar.top + 0.5;
  });
  return [shown.length, cut.map((button) => button.title), covered.map((text) => text.textContent)];
}"""


@pytest.mark.parametrize("touch", [True, False], ids=["finger", "mouse"])
def test_a_phone_shows_a_messages_buttons_below_it(slack: LocalSlack, open_page: Open, touch: bool) -> None:
    """Wherever the tapped message is they are whole and cover no text, and what is tapped next has not moved away."""
    for number in range(14):
        ts = slack.say("#ops-log", f"{number}: {'words up to the edge ' * 5}", user="ada")
        slack.react("#ops-log", ts, "eyes", user="ben")
        slack.say("#ops-log", f"answer {number}", user="ben", thread_ts=ts)
    page = open_page(slack, viewport=PHONE, has_touch=touch)

    def tap(shown: Locator, **options: Any) -> None:
        (shown.tap if touch else shown.click)(**options)

    def scroll(start: str, selector: str, edge: str) -> None:
        """Scroll until the end of what a message has there is 20 pixels inside the view's edge."""
        page.locator(".message", has_text=start).first.evaluate(
            """(message, [selector, edge]) => {
              const scroller = message.closest(".scroller");
              const { bottom } = message.querySelector(selector).getBoundingClientRect();
              scroller.scrollTop += bottom - scroller.getBoundingClientRect()[edge] + (edge === "top" ? -20 : 20);
            }""",
            [selector, edge],
        )

    def tap_message(start: str) -> None:
        body = page.locator(".body", has_text=re.compile(rf"^{start}")).first
        tap(body, position={"x": 20, "y": body.evaluate("body => body.clientHeight") - 8})
        chosen = page.locator(".message.tapped")
        expect(chosen).to_have_count(1)
        expect(chosen.locator("> .main > .body")).to_contain_text(start)
        expect(chosen.locator("> .main > .tools")).to_have_css("opacity", "1")
        assert chosen.evaluate(COVERED) == [1 if start.startswith("answer") else 4, [], []]

    tap_message("13: ")  # the last one
    tap_message("11: ")
    tap(page.locator(".message", has_text="12: words").get_by_role("button", name="1 reply"))  # below the buttons of 11
    expect(said(page, "answer 12")).to_be_visible()
    tap_message("answer 12")
    tap_message("12: ")
    scroll("9: words", ".reactions", "bottom")
    tap_message("9: ")  # which ends where the view does
    scroll("5: words", ".body", "top")
    tap_message("5: ")  # of which the header leaves one line


def zone_where(ts: str, hour: int) -> str:
    """Return a time zone in which it is this hour of the day at a message's time."""
    ahead = (hour - int(float(ts)) // 3600 + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"  # its sign is that of the west


@pytest.mark.parametrize(
    ("locale", "hour", "form"),
    [("en-US", 21, "9:{} PM"), ("en-GB", 9, "09:{}"), ("de", 21, "21:{}"), ("es", 9, "9:{}")],
)
def test_times_of_day_have_one_style(
    slack: LocalSlack, open_page: Open, client: WebClient, locale: str, hour: int, form: str
) -> None:
    """Messages, threads, what programs post and the panel write them as the reader's locale does."""
    ts = slack.say("#ops-log", "hello", user="ada")
    slack.say("#ops-log", "an answer", user="ben", thread_ts=ts)
    record = client.chat_postMessage(channel="#ops-log", text=f"<!date^{float(ts):.0f}^{{time}} {{time_secs}}|x>")
    with pytest.raises(SlackApiError):
        client.chat_delete(channel=slack.channel_id("ops-log"), ts="1.2")
    page = open_page(slack, locale=locale, timezone_id=zone_where(ts, hour))
    page.get_by_role("button", name="Limits").click()

    short, long = form.format(r"\d\d"), form.format(r"\d\d:\d\d")
    hello = page.locator(f".message[data-ts='{ts}']")
    expect(hello.locator(".head time").first).to_have_text(re.compile(f"^{short}$"))
    expect(hello.locator(".thread-summary time")).to_have_text(re.compile(f"^{short}$"))
    expect(page.locator(f".message[data-ts='{record['ts']}'] .body time")).to_have_text(re.compile(f"^{short} {long}$"))
    expect(page.get_by_role("region", name="Failed").locator(".note").first).to_have_text(re.compile(f"^{long}$"))


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_time_in_the_margin_is_one_line(slack: LocalSlack, open_page: Open, viewport: dict[str, int]) -> None:
    """The longest of them too, in a channel and in a thread: between the page's edge and the text."""
    first, second = (slack.say("#ops-log", text, user="ada") for text in ("one", "two"))
    for text in ("three", "four"):
        slack.say("#ops-log", text, user="ben", thread_ts=second)
    page = open_page(slack, viewport=viewport, locale="en-US", timezone_id=zone_where(first, 12))
    page.get_by_role("button", name="2 replies").click()
    for text in ("two", "four"):
        shown = message(page, text)
        shown.locator(".body").first.click()
        expect(shown.locator("> .main > .head")).to_have_css("opacity", "1")
        lines, left, right, height = shown.evaluate(
            """(message) => {
              const time = message.querySelector("time");
              const [at, main] = [time, message.querySelector(".main")].map((one) => one.getBoundingClientRect());
              return [time.getClientRects().length, at.left, main.left - at.right, at.height];
            }"""
        )
        assert (lines, left >= 0, right >= 0, height < 20) == (1, True, True, True), text


#: The words of the limits' names that are not on one line; a name may break after a dot, a space or a hyphen.
BROKEN = """() => [...document.querySelectorAll(".bucket-name")].flatMap((name) => {
  const texts = [...name.childNodes].filter((node) => node.nodeType === 3);
  return texts.flatMap((text) => [...text.data.matchAll(/[^\\s.-]+[.-]?/g)].filter(({ 0: word, index }) => {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    return new Set([...range.getClientRects()].map(({ top }) => top)).size > 1;
  }).map(([word]) => word));
})"""


@pytest.mark.parametrize("width", [DESKTOP["width"], 800, PHONE["width"], 320])
def test_a_limits_name_breaks_between_its_words(open_page: Open, width: int) -> None:
    """The names of methods are whole, or break after the dot; neither the panel nor the page scrolls sideways."""
    with LocalSlack() as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url)
        client.users_conversations()
        client.files_upload_v2(channel=slack.channel_id("ops-log"), filename="x.txt", content="x")
        page = open_page(slack, viewport={"width": width, "height": 800})
        page.get_by_role("button", name="Limits").click()
        expect(page.locator(".bucket-name", has_text="files.completeUploadExternal")).to_be_visible()
        widths = page.evaluate("[...document.querySelectorAll('html, .wire')].map((each) => each.scrollWidth)")

        assert page.evaluate(BROKEN) == []
        assert max(widths) <= width


def show_all(page: Page) -> None:
    """Open all that can be open beside the messages: a thread, a preview, the panel."""
    page.get_by_role("button", name="1 reply").click()
    said(page, "Preview").click()
    page.get_by_role("button", name="Limits").click()
    expect(page.locator(".specs li")).to_have_count(1)
