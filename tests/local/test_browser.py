"""The web page in a real Chromium, driven by Playwright: what people see of the local Slack and do in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient

from slack_logging.local import LocalSlack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")
expect = sync_api.expect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome here")

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
HOSTILE = "<script>hacked = 1</script><img src=x onerror=hacked=1> \u202egnp.exe &amp; <b>"

Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rate_limit=0) as running:
        yield running


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient(slack.bot_token, base_url=slack.api_url)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open the page of a Slack; when the test ends, nothing has left this machine and no script has failed."""
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
        expect(page.locator("#status")).to_have_text("Live")
        expect(page.locator("#person option")).not_to_have_count(0)
        return page

    yield opened
    for page in pages:
        page.close()
    assert asked
    assert [url for url in asked if not url.startswith("http://127.0.0.1:")] == []
    assert failures == []


@pytest.fixture
def page(slack: LocalSlack, open_page: Open) -> Page:
    return open_page(slack)


def pane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def said(page: Page, text: str) -> Locator:
    """What the channels show of a text; a screen reader is told of it elsewhere."""
    return page.locator("main").get_by_text(text)


def message(page: Page, text: str) -> Locator:
    """The innermost message that holds a text."""
    return page.locator(".message", has_text=text).last


def write(page: Page, channel: str, text: str, *, person: str = "ada") -> None:
    box = page.get_by_role("textbox", name=f"Message {channel} as {person}")
    box.fill(text)
    box.press("Enter")


def test_what_is_typed_is_in_the_api(slack: LocalSlack, page: Page) -> None:
    """Enter sends what is typed as the chosen person's message; Shift+Enter begins a line."""
    box = page.get_by_role("textbox", name="Message #ops-commands as ada")
    box.fill("!status")
    box.press("Shift+Enter")
    box.type("please")
    box.press("Enter")
    expect(message(page, "please")).to_be_visible()
    expect(box).to_have_value("")

    (typed,) = slack.messages("#ops-commands")

    assert (typed["text"], typed["user"]) == ("!status\nplease", slack.user_id("ada"))


def test_changes_show_live(slack: LocalSlack, page: Page, client: WebClient) -> None:
    """A post, its edit and its deletion show in the channel's pane as they happen."""
    posted = client.chat_postMessage(channel=slack.channel_id("ops-log"), text="first words")
    slack.say("#ops-commands", "beside it", user="ben")
    expect(pane(page, "#ops-log").locator(".message")).to_contain_text("first words")
    expect(pane(page, "#ops-commands").locator(".message")).to_contain_text("beside it")

    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="other words")
    expect(pane(page, "#ops-log").locator(".message")).to_contain_text("other words (edited)")

    client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    expect(pane(page, "#ops-log").locator(".message")).to_have_count(0)


def test_both_panes_can_show_one_channel(slack: LocalSlack, page: Page) -> None:
    """What is posted shows in every pane that shows its channel."""
    pane(page, "#ops-commands").get_by_label("Channel").select_option("#ops-log")
    slack.say("#ops-log", "twice", user="ben")

    expect(said(page, "twice")).to_have_count(2)


def test_a_thread_opens_in_place(slack: LocalSlack, page: Page) -> None:
    """The line below a message opens its thread there; what is typed into it is a reply."""
    ts = slack.say("#ops-log", "parent", user="ben")
    slack.say("#ops-log", "the first reply", user="ada", thread_ts=ts)
    page.get_by_role("button", name="1 reply").click()
    expect(said(page, "the first reply")).to_be_visible()

    reply = page.get_by_role("textbox", name="Reply as ada")
    reply.fill("the second")
    reply.press("Enter")
    expect(page.locator(".replies .message")).to_have_count(2)
    page.get_by_role("button", name="Close thread").click()

    expect(page.get_by_role("button", name="2 replies")).to_be_visible()
    expect(said(page, "the first reply")).to_be_hidden()
    assert [one["text"] for one in slack.messages("#ops-log", thread_ts=ts)][1:] == ["the first reply", "the second"]


def test_a_deleted_parent_leaves_a_placeholder(slack: LocalSlack, page: Page, open_page: Open) -> None:
    """A deleted message with replies stays as a placeholder, for who was looking and for who comes later."""
    ts = slack.say("#ops-log", "regretted", user="ben")
    slack.say("#ops-log", "answer", user="ada", thread_ts=ts)
    expect(said(page, "regretted")).to_be_visible()
    slack.delete("#ops-log", ts)

    for shown in (page, open_page(slack)):
        expect(said(shown, "This message was deleted.")).to_be_visible()
        expect(said(shown, "regretted")).to_have_count(0)
        expect(shown.get_by_role("button", name="1 reply")).to_be_visible()


def test_a_click_on_a_reaction_adds_or_takes_back_ones_own(slack: LocalSlack, page: Page) -> None:
    """A chip tells who reacted, and toggles the reaction of who is at the page."""
    ts = slack.say("#ops-log", "look", user="ada")
    slack.react("#ops-log", ts, "eyes", user="ben")
    chip = page.locator(".chip")
    expect(chip).to_have_attribute("aria-label", "eyes, 1, by ben; add yours")

    chip.click()
    expect(chip).to_have_attribute("aria-label", "eyes, 2, by ben, ada; remove yours")
    assert slack.reactions("#ops-log", ts) == {"eyes": [slack.user_id("ben"), slack.user_id("ada")]}

    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    assert slack.reactions("#ops-log", ts) == {"eyes": [slack.user_id("ben")]}


def test_a_file_opens(slack: LocalSlack, page: Page, client: WebClient) -> None:
    """A shared file shows its name and size; its text opens in place, and it can be downloaded."""
    client.files_upload_v2(channel=slack.channel_id("ops-log"), filename="batch.jsonl", content='{"level": "ERROR"}')
    page.get_by_label("Preview batch.jsonl").click()
    expect(page.get_by_label("Content of batch.jsonl")).to_have_text('{"level": "ERROR"}')

    with page.expect_download() as download:
        page.get_by_role("link", name="batch.jsonl").click()

    assert download.value.suggested_filename == "batch.jsonl"


RICH = "rich_text_section"
STYLED = [
    ("*b* _i_ ~s~ `c`", {"b": "b", "i": "i", "s": "s", "code": "c"}),
    ("*_both_*", {"b i": "both"}),
    ("```two\nlines```", {"pre": "two\nlines"}),
    ("> quoted\nnot", {"blockquote": "quoted", ".text": "not"}),
    ("<https://a.test/x?a=1&amp;b=2|the docs>", {"a[href='https://a.test/x?a=1&b=2']": "the docs"}),
    ("<javascript:alert|click>", {".text span": "click"}),
    ("<@UADA> <!here> <!subteam^SGROUP>", {".mention.me": "@ada", ".mention:nth-of-type(2)": "@here"}),
    (":wave::skin-tone-4: :tada: :no_such:", {".text": "👋🏽 🎉 :no_such:"}),
    ("<!date^0^{date_num}|then>", {"time": "1970-01-01"}),
    (":red_circle: broken\nmore\n:warning: odd", {".level.error": "🔴 broken\nmore", ".level.warning": "⚠️ odd"}),
]


@pytest.mark.parametrize(("text", "shown"), STYLED)
def test_mrkdwn_is_rendered(slack: LocalSlack, page: Page, client: WebClient, text: str, shown: dict[str, str]) -> None:
    """Each form of mrkdwn shows as Slack shows it."""
    client.chat_postMessage(channel="#ops-log", text=text.replace("UADA", slack.user_id("ada")))
    for selector, words in shown.items():
        expect(page.locator(f".body {selector}").first).to_have_text(words, use_inner_text="\n" in words)


def rich(*elements: dict[str, Any], kind: str = RICH, **fields: Any) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(elements), **fields}]}


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


ITEM = {"type": RICH, "elements": [words("item")]}
BUTTON = {"type": "button", "text": plain("Go :rocket:"), "action_id": "go", "style": "primary"}
BLOCKS: list[tuple[dict[str, Any], dict[str, str]]] = [
    (rich(words("x", bold=True, italic=True, strike=True, code=True)), {"b i s code": "x"}),
    (rich({"type": "link", "url": "https://a.test", "text": "there"}), {"a[href='https://a.test']": "there"}),
    (
        rich({"type": "user", "user_id": "U0"}, {"type": "broadcast", "range": "channel"}),
        {".mention >> nth=1": "@channel"},
    ),
    (rich({"type": "emoji", "name": "wave", "skin_tone": 3}), {".text": "👋🏼"}),
    (rich({"type": "date", "timestamp": 0, "format": "{date_num}", "fallback": "x"}), {"time": "1970-01-01"}),
    (rich({"type": "color", "value": "#ff8800"}), {".text": "#ff8800"}),
    (
        rich(ITEM, ITEM, kind="rich_text_list", style="ordered", offset=2, indent=1),
        {"ol.indent-1[start='3'] li >> nth=1": "item"},
    ),
    (rich(ITEM, kind="rich_text_list", style="bullet"), {"ul li": "item"}),
    (rich(words("said"), kind="rich_text_quote"), {"blockquote": "said"}),
    (rich(words("x = 1"), kind="rich_text_preformatted"), {"pre": "x = 1"}),
    (
        rich(
            {"type": "emoji", "name": "warning"},
            words(" one"),
            words("\n"),
            {"type": "emoji", "name": "red_circle"},
            words(" two"),
        ),
        {".level.warning": "⚠️ one", ".level.error": "🔴 two"},
    ),
    ({"type": "section", "text": mrkdwn("*s*"), "accessory": BUTTON}, {".section b": "s", "button.primary": "Go 🚀"}),
    ({"type": "section", "fields": [mrkdwn("*a*"), plain("b")]}, {".fields > div >> nth=1": "b"}),
    ({"type": "actions", "elements": [BUTTON]}, {".actions button": "Go 🚀"}),
    ({"type": "header", "text": plain("Title")}, {"h3": "Title"}),
    ({"type": "context", "elements": [mrkdwn("_small_")]}, {".context i": "small"}),
    ({"type": "divider"}, {"hr": ""}),
    ({"type": "image", "image_url": "https://a.test/x.png", "alt_text": "a graph"}, {".image a": "a graph"}),
    (
        {
            "type": "markdown",
            "text": "# H\n**b** *i* ~~s~~ [l](https://a.test)\n- one\n  - two\n\n|a|b|\n|-|-|\n|1|2|\n```py\nx\n```",
        },
        {"h3": "H", "b": "b", "i": "i", "s": "s", "a": "l", "ul.indent-1 li": "two", "td >> nth=1": "2", "pre": "x"},
    ),
    (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "host"}], [{"type": "raw_text", "text": "web-1"}]]},
        {"th": "host", "td": "web-1"},
    ),
]


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


def test_an_ephemeral_message_is_seen_by_one_person(slack: LocalSlack, page: Page) -> None:
    """What is meant for one person's eyes shows to nobody else, and says so."""
    event = {"type": "message", "is_ephemeral": True, "channel": slack.channel_id("ops-log"), "ts": "9000000000.000001"}
    with slack.workspace.lock:
        slack.workspace._emit(event | {"user": slack.user_id("ben"), "text": "psst", "bot_id": slack.bot_id})
    slack.say("#ops-log", "for all", user="ben")
    expect(said(page, "for all")).to_be_visible()
    expect(said(page, "psst")).to_have_count(0)

    page.get_by_label("You are").select_option("ben")

    expect(message(page, "psst")).to_contain_text("Only visible to you")
    expect(message(page, "psst").locator(".author")).to_have_text("ops")


def test_a_button_that_no_app_hears_says_so(page: Page, client: WebClient) -> None:
    """What goes wrong with a click is told below the message."""
    client.chat_postMessage(channel="#ops-log", text="ask", blocks=[{"type": "actions", "elements": [BUTTON]}])
    page.get_by_role("button", name="Go").click()

    expect(page.locator(".message .problem")).not_to_be_empty()
    expect(page.get_by_role("button", name="Go")).to_be_enabled()


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


def test_what_came_unseen_is_counted_until_it_is_read(slack: LocalSlack, page: Page) -> None:
    """A channel that nobody sees counts its messages; shown, it has a line above the first, and counts none."""
    slack.say("#general", "first unseen", user="ben")
    slack.say("#general", "second unseen", user="ben")
    slack.say("#general", "my own", user="ada")
    expect(page).to_have_title("(2) Local Slack")

    pane(page, "#ops-log").get_by_role("button", name="Show #general, 2 new").click()

    expect(page).to_have_title("Local Slack")
    expect(page.locator("[data-new]")).to_contain_text("first unseen")
    slack.say("#general", "seen at once", user="ben")
    expect(page.locator("[data-new]")).to_have_count(0)
    expect(page).to_have_title("Local Slack")


def test_what_comes_below_the_view_is_new_until_one_goes_there(slack: LocalSlack, page: Page) -> None:
    """Who reads further up is not pulled down, but told; going to the end reads it."""
    for number in range(40):
        slack.say("#ops-log", f"line {number}", user="ben")
    shown = pane(page, "#ops-log")
    expect(shown.get_by_text("line 39")).to_be_in_viewport()
    shown.locator(".scroller").hover()
    page.mouse.wheel(0, -400)
    expect(shown.get_by_text("line 39")).not_to_be_in_viewport()

    slack.say("#ops-log", "the newest", user="ben")
    expect(page).to_have_title("(1) Local Slack")
    expect(shown.get_by_text("the newest")).not_to_be_in_viewport()
    shown.get_by_role("button", name="New messages").click()

    expect(shown.get_by_text("the newest")).to_be_in_viewport()
    expect(page).to_have_title("Local Slack")


def test_who_speaks_can_be_changed(slack: LocalSlack, page: Page) -> None:
    """The picker, the picture beside the box and the key `u` change who speaks, and all say who it is."""
    page.get_by_label("You are").select_option("ben")
    write(page, "#ops-commands", "I am ben", person="ben")
    page.get_by_role("button", name="Speaking as ben; switch person").first.click()
    write(page, "#ops-commands", "I am ada")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(page.get_by_role("textbox", name="Message #ops-log as ben")).to_be_visible()
    expect(message(page, "I am ada")).to_be_visible()

    spoken = [(one["user"], one["text"]) for one in slack.messages("#ops-commands")]

    assert spoken == [(slack.user_id("ben"), "I am ben"), (slack.user_id("ada"), "I am ada")]
    assert page.locator("#face .face").get_attribute("class") == pane(page, "#ops-log").locator(
        ".speaker .face"
    ).get_attribute("class")


def test_all_can_be_done_by_keyboard(slack: LocalSlack, page: Page) -> None:
    """Write, go back to the message, react to it, answer it, close its thread, read the keys: without a mouse."""
    press = page.keyboard.press
    press("2")
    page.keyboard.type("!help")
    press("Enter")
    expect(message(page, "!help")).to_be_visible()
    press("Escape")
    expect(message(page, "!help")).to_be_focused()
    press("e")
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
    press("/")
    expect(page.get_by_role("textbox", name="Message #ops-commands as ada")).to_be_focused()

    assert [one["text"] for one in slack.messages("#ops-commands")] == ["!help"]


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
    const words = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("").trim();
    if (!/[\\p{L}\\p{N}]/u.test(words + (element.placeholder ?? "")) || !element.checkVisibility() || element.disabled) continue;
    if (opacity(element) === 0 || element.closest("option, datalist, .unseen, [hidden]")) continue;
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
        "[document.scrollingElement.scrollWidth, ...[...document.querySelectorAll('.scroller, .top')].map((e) => e.scrollWidth)]"
    )
    expect(pane(page, "#ops-commands")).to_be_hidden()
    slack.say("#ops-commands", "over here", user="ben")
    tab = page.get_by_role("navigation", name="Channels").get_by_role("button", name="#ops-commands 1")
    expect(page).to_have_title("(1) Local Slack")
    tab.tap()

    expect(said(page, "over here")).to_be_in_viewport()
    expect(page).to_have_title("Local Slack")
    assert max(widths) <= PHONE["width"]


def test_the_panel_shows_limits_and_plans_faults(open_page: Open) -> None:
    """Each limit in use shows what is left of it; a fault added here happens, and can be cleared."""
    with LocalSlack() as slack:
        page = open_page(slack)
        client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        client.chat_postMessage(channel="#ops-log", text="one")
        page.get_by_role("button", name="Wire").click()
        panel = page.get_by_role("complementary", name="Rate limits and faults")
        expect(panel.locator("meter")).not_to_have_count(0)
        expect(panel.locator(".buckets")).to_contain_text("#ops-log")
        expect(panel.locator(".buckets")).to_contain_text("of 300 left, +300/min")

        panel.get_by_label("Method").fill("chat.postMessage")
        panel.get_by_label("Kind of fault").select_option("rate_limited")
        panel.get_by_role("button", name="Add").click()
        expect(panel.locator(".specs code")).to_contain_text("chat.postMessage=rate_limited")
        with pytest.raises(Exception, match="ratelimited"):
            client.chat_postMessage(channel="#ops-log", text="two")
        expect(panel.get_by_role("region", name="Refused")).to_contain_text("chat.postMessage")
        expect(panel.locator(".specs code")).to_have_count(0)

        panel.get_by_label("Method").fill("*")
        panel.get_by_label("Kind of fault").select_option("cut_after")
        panel.get_by_role("button", name="Add").click()
        panel.get_by_role("button", name="Clear all faults").click()
        expect(panel.locator(".specs")).to_contain_text("None")
        assert client.chat_postMessage(channel="#ops-log", text="three")["ok"]


def test_the_page_comes_back_with_the_server(open_page: Open) -> None:
    """When the server goes, the page says so; when one is there again, it shows what is there now."""
    first = LocalSlack().start()
    page = open_page(first)
    port = int(first.url.rpartition(":")[2])
    first.close()
    expect(page.get_by_role("alert").filter(has_text="gone away")).to_be_visible()
    write(page, "#ops-log", "lost?")
    expect(page.locator(".composer .problem").first).to_have_text("Not sent: the local Slack does not answer")
    expect(page.get_by_role("textbox", name="Message #ops-log as ada")).to_have_value("lost?")

    with LocalSlack(port=port) as second:
        second.say("#ops-log", "I am back", user="ben")
        expect(said(page, "I am back")).to_be_visible()
        expect(page.locator("#status")).to_have_text("Live")
        expect(page.locator("#notice")).to_be_hidden()


def fill(slack: LocalSlack, client: WebClient) -> None:
    """Put a bit of everything into #ops-log."""
    slack.add_user("mia")
    slack.invite("#ops-log", "mia")
    for text, _ in STYLED:
        client.chat_postMessage(channel="#ops-log", text=text.replace("UADA", slack.user_id("ada")))
    for block, _ in BLOCKS:
        client.chat_postMessage(channel="#ops-log", text="fallback", blocks=[block])
    client.chat_postMessage(channel="#ops-log", text="", attachments=[{"text": "attached", "footer": "by it"}])
    client.files_upload_v2(channel=slack.channel_id("ops-log"), filename="batch.jsonl", content="{}")
    ts = slack.say("#ops-log", "ask", user="ada")
    slack.say("#ops-log", "answer", user="ben", thread_ts=ts)
    slack.react("#ops-log", ts, "eyes", user="ben")
    slack.react("#ops-log", ts, "tada", user="ada")
    slack.edit("#ops-log", ts, "ask once more")
    slack.wait_for(lambda: slack.files("#ops-log"))


def show_all(page: Page) -> None:
    """Open all that can be open beside the messages: a thread, a preview, the panel."""
    page.get_by_role("button", name="1 reply").click()
    said(page, "Preview").click()
    page.get_by_role("button", name="Wire").click()
    expect(page.locator(".specs li")).to_have_count(1)
