"""What the browser tests post: a bit of everything, with what is to be seen of it; and where the page shows what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slack_sdk import WebClient

from slack_logging.local import LocalSlack

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

RICH = "rich_text_section"
#: mrkdwn -> what is to be seen, by CSS selector.
MRKDWN = [
    ("*b* _i_ ~s~ `c`", {"b": "b", "i": "i", "s": "s", "code": "c"}),
    ("*_both_*", {"b i": "both"}),
    (
        "_<https://a.test/x_y|a_b> or_ ~<https://a.test/~me>~",
        {"i": "a_b or", "i a": "a_b", "s a": "https://a.test/~me"},
    ),
    ("```two\nlines```", {"pre": "two\nlines"}),
    ("> quoted\nnot", {"blockquote": "quoted", ".text": "not"}),
    (">>> one\n&gt; two", {"blockquote": "one\n> two"}),
    (
        "before\n>>> one\n```two```\nthree\n>>> four",
        {".text": "before", "blockquote pre": "two", "blockquote": "one\ntwo\nthree\nfour"},
    ),
    ("```x\n>>> y```\nz", {"pre": "x\n>>> y", ".text": "z"}),
    ("<https://a.test/x?a=1&amp;b=2|the docs>", {"a[href='https://a.test/x?a=1&b=2']": "the docs"}),
    ("<javascript:alert|click>", {".text span": "click"}),
    ("<@UADA> <!here> <!subteam^SGROUP>", {".mention.me": "@ada", ".mention:nth-of-type(2)": "@here"}),
    (":wave::skin-tone-4: :tada: :no_such:", {".text": "👋🏽 🎉 :no_such:"}),
    ("<!date^0^{date_num}|then>", {"time": "1970-01-01"}),
    (":red_circle: broken\nmore\n:warning: odd", {".level.error": "🔴 broken\nmore", ".level.warning": "⚠️ odd"}),
]


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
#: Block -> what is to be seen, by CSS selector.
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
        {"type": "markdown", "text": "**a** is on, **b** is off, ***c*** __d_e__ f__g__h **_i_** ** no **"},
        {
            "p": "a is on, b is off, c d_e f__g__h i ** no **",
            "b >> nth=0": "a",
            "b >> nth=1": "b",
            "b >> nth=2": "c",
            "b > i": "c",
            "strong": "d_e",
            "b > em": "i",
        },
    ),
    (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "host"}], [{"type": "raw_text", "text": "web-1"}]]},
        {"th": "host", "td": "web-1"},
    ),
]


def fill(slack: LocalSlack, client: WebClient) -> None:
    """Put a bit of everything into #ops-log."""
    slack.add_user("mia")
    slack.invite("#ops-log", "mia")
    for text, _ in MRKDWN:
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


def pane(page: Page, name: str) -> Locator:
    """The pane that shows a channel."""
    return page.get_by_role("region", name=name, exact=True)


def said(page: Page, text: str) -> Locator:
    """What the channels show of a text; a screen reader is told of it elsewhere."""
    return page.locator("main").get_by_text(text)


def message(page: Page, text: str) -> Locator:
    """The innermost message that holds a text."""
    return page.locator(".message", has_text=text).last
