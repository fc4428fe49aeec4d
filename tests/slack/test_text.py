"""What was typed is found again under what Slack, its clients and phones made of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.slack.literal import escape
from slack_logging.slack.text import Span, tidy, typed, unescape


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    """Return a message with one rich text section."""
    return rich({"type": "rich_text_section", "elements": list(elements)})


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    """Return a message with one rich text block; its `text` must not be looked at."""
    return {"text": "!the wrong form", "blocks": [{"type": "rich_text", "elements": list(elements)}]}


def text(value: str, **style: bool) -> dict[str, Any]:
    """Return an inline text element."""
    return {"type": "text", "text": value, "style": style}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("!deploy api", [Span("!deploy api")]),
        ("", []),
        ("a &amp;lt; b &lt;c&gt;", [Span("a &lt; b <c>")]),
        ("<@U024BE7LH|root> hi", [Span("<@U024BE7LH> hi")]),
        ("<#C012|general> <!subteam^S061|@admins>", [Span("<#C012> <!subteam^S061>")]),
        ("<!here|here> <!channel> <!date^1^{date}|today>", [Span("@here @channel today")]),
        ("<http://db.internal|db.internal>", [Span("db.internal")]),
        ("<https://x.io/|x.io>", [Span("x.io")]),
        ("<https://evil.io|good.io>", [Span("https://evil.io")]),
        ("<https://x.io/a?b=1&amp;c=2>", [Span("https://x.io/a?b=1&c=2")]),
        ("<mailto:a@b.c|a@b.c> <mailto:evil@b.c|good@b.c>", [Span("a@b.c evil@b.c")]),
        ("<tel:+123|+123>", [Span("+123")]),
        ("&lt;@U024BE7LH&gt; typed by hand", [Span("<@U024BE7LH> typed by hand")]),
        ("run `rm -rf “x”` now", [Span("run "), Span("rm -rf “x”", is_code=True), Span(" now")]),
        ("```a\n&gt; b```", [Span("a\n> b", is_code=True)]),
        ("`<https://x.io>`", [Span("https://x.io", is_code=True)]),
        ("one ` two", [Span("one ` two")]),
        ("&gt; !deploy api", []),
        ("&gt; said he\n!deploy api", [Span("!deploy api")]),
        ("&gt;&gt;&gt; said he\n!deploy api", []),
        ("<|>", []),
        ("<>", [Span("<>")]),
    ],
)
def test_the_text_form_is_taken_apart(raw: str, expected: list[Span]) -> None:
    """Control sequences are read before entities are undone, labels are not trusted, quotes are left out."""
    assert typed({"text": raw}) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (section(text("!deploy "), text("api", bold=True)), [Span("!deploy api")]),
        (section(text("a &amp; b")), [Span("a &amp; b")]),
        (
            section(text("!sql "), text("select “1”", code=True)),
            [Span("!sql "), Span("select “1”", is_code=True)],
        ),
        (
            section({"type": "user", "user_id": "U1"}, text(" "), {"type": "channel", "channel_id": "C1"}),
            [Span("<@U1> <#C1>")],
        ),
        (
            section({"type": "usergroup", "usergroup_id": "S1"}, {"type": "broadcast", "range": "here"}),
            [Span("<!subteam^S1>@here")],
        ),
        (section({"type": "emoji", "name": "tada"}, {"type": "color", "value": "#FFF"}), [Span(":tada:")]),
        (
            section({"type": "link", "url": "http://db.internal", "text": "db.internal"}),
            [Span("db.internal")],
        ),
        (section({"type": "link", "url": "https://evil.io", "text": "good.io"}), [Span("https://evil.io")]),
        (section({"type": "link", "url": "https://x.io/?a=1&amp;b=2"}), [Span("https://x.io/?a=1&b=2")]),
        (
            rich(
                {"type": "rich_text_quote", "elements": [text("!drop tables")]},
                {"type": "rich_text_section", "elements": [text("!status")]},
            ),
            [Span("!status")],
        ),
        (
            rich(
                {"type": "rich_text_section", "elements": [text("!run")]},
                {"type": "rich_text_preformatted", "elements": [text("x = '’'")]},
            ),
            [Span("!run\n"), Span("x = '’'", is_code=True)],
        ),
        (
            rich(
                {
                    "type": "rich_text_list",
                    "elements": [
                        {"type": "rich_text_section", "elements": [text("one")]},
                        {"type": "rich_text_section", "elements": [text("two")]},
                    ],
                }
            ),
            [Span("one\ntwo")],
        ),
        ({"text": "!status", "blocks": [{"type": "section"}]}, [Span("!status")]),
        ({"text": None, "blocks": None}, []),
    ],
)
def test_the_block_form_says_what_was_typed(message: dict[str, Any], expected: list[Span]) -> None:
    """The composer's block wins over `text`: styles are gone, code is verbatim, quotes are left out."""
    assert typed(message) == expected


@pytest.mark.parametrize(
    ("made", "meant"),
    [
        ("say “hi” and ‘ho’", "say \"hi\" and 'ho'"),
        ("„so“", '"so"'),
        ("—force", "--force"),
        ("–force", "--force"),
        ("x –n 5", "x -n 5"),
        ("x –5", "x -5"),
        ("x —n", "x --n"),
        ("x — y", "x -- y"),
        ("2020–2021 a—b", "2020–2021 a—b"),
        ("a\u00a0b\u202fc", "a b c"),
        ("\ufeff!st\u200batus\u202e", "!status"),
        ("wait…", "wait..."),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_clients_do_to_typed_text_is_undone(made: str, meant: str) -> None:
    """Quotes, option dashes, spaces and dots are what was typed again; a dash inside a word is a dash."""
    assert tidy(made) == meant


@given(st.text())
def test_escaping_is_undone_exactly_once(text: str) -> None:
    """What was escaped comes back as it was, whatever looks like an entity in it."""
    assert unescape(escape(text)) == text


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_element = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "link", "user", "emoji", "rich_text_section", "rich_text_list", "odd"])},
    optional={"text": _json, "url": _json, "user_id": _json, "style": _json, "elements": _json},
)


@given(st.lists(_element | _json), st.text(alphabet="<>|@#!`&;gtlamp^- \nx“—…\u200b"))
def test_no_message_is_too_odd(elements: list[Any], raw: str) -> None:
    """Any JSON where a block should be, and any text, is read without an error."""
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}, *elements]}
    assert isinstance(typed({"blocks": [block], "text": raw}), list)
    assert isinstance(typed({"text": raw}), list)
