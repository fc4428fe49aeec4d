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
        (section({"type": "emoji", "name": "tada"}, {"type": "color", "value": "#FFF"}), [Span(":tada:#FFF")]),
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


CODE = {"code": True}
ALIKE: list[tuple[str, list[dict[str, Any]], list[Span]]] = [
    ("!a *b* _c_", [text("!a *b* _c_")], [Span("!a *b* _c_")]),
    ("<@U1|ada>", [{"type": "user", "user_id": "U1"}], [Span("<@U1>")]),
    ("<@W1>", [{"type": "user", "user_id": "W1"}], [Span("<@W1>")]),
    ("<#C1|general>", [{"type": "channel", "channel_id": "C1"}], [Span("<#C1>")]),
    ("<!subteam^S1|@grp>", [{"type": "usergroup", "usergroup_id": "S1"}], [Span("<!subteam^S1>")]),
    ("<!here|here>", [{"type": "broadcast", "range": "here"}], [Span("@here")]),
    ("<!channel>", [{"type": "broadcast", "range": "channel"}], [Span("@channel")]),
    ("<!everyone>", [{"type": "broadcast", "range": "everyone"}], [Span("@everyone")]),
    (":tada:", [{"type": "emoji", "name": "tada", "unicode": "1f389"}], [Span(":tada:")]),
    (":wave::skin-tone-3:", [{"type": "emoji", "name": "wave", "skin_tone": 3}], [Span(":wave::skin-tone-3:")]),
    ("<!date^1^{date}|today>", [{"type": "date", "timestamp": 1, "fallback": "today"}], [Span("today")]),
    ("#ff0000", [{"type": "color", "value": "#ff0000"}], [Span("#ff0000")]),
    ("<https://x.io/y>", [{"type": "link", "url": "https://x.io/y"}], [Span("https://x.io/y")]),
    ("<http://db.io|db.io>", [{"type": "link", "url": "http://db.io", "text": "db.io"}], [Span("db.io")]),
    ("<https://x.io/|x.io>", [{"type": "link", "url": "https://x.io/", "text": "x.io"}], [Span("x.io")]),
    ("<https://evil.io|x.io>", [{"type": "link", "url": "https://evil.io", "text": "x.io"}], [Span("https://evil.io")]),
    ("<mailto:a@b.c|a@b.c>", [{"type": "link", "url": "mailto:a@b.c", "text": "a@b.c"}], [Span("a@b.c")]),
    ("<mailto:e@b.c|a@b.c>", [{"type": "link", "url": "mailto:e@b.c", "text": "a@b.c"}], [Span("e@b.c")]),
    ("<tel:+12|+12>", [{"type": "link", "url": "tel:+12", "text": "+12"}], [Span("+12")]),
    ("a &amp; b &lt;c&gt; &amp;lt;", [text("a & b <c> &lt;")], [Span("a & b <c> &lt;")]),
    ("\u201ca\u201d \u2018b\u2019", [text("\u201ca\u201d \u2018b\u2019")], [Span("\u201ca\u201d \u2018b\u2019")]),
    ("x \u2014force \u2013dry", [text("x \u2014force \u2013dry")], [Span("x \u2014force \u2013dry")]),
    ("a\u00a0b\u200bc\ufeff", [text("a\u00a0b\u200bc\ufeff")], [Span("a bc")]),
    ("wait\u2026", [text("wait\u2026")], [Span("wait\u2026")]),
    (
        "`\u2014x \u201cy\u201d &amp;\u2026`",
        [text("\u2014x \u201cy\u201d &\u2026", **CODE)],
        [Span("\u2014x \u201cy\u201d &\u2026", is_code=True)],
    ),
    (
        "`<https://x.io|x>`",
        [{"type": "link", "url": "https://x.io", "text": "x", "style": CODE}],
        [Span("https://x.io", is_code=True)],
    ),
]


@pytest.mark.parametrize(("raw", "elements", "expected"), ALIKE)
def test_either_form_says_the_same(raw: str, elements: list[dict[str, Any]], expected: list[Span]) -> None:
    """Each kind of element and each habit of a client, from the block and from the text."""
    assert typed(section(*elements)) == expected
    assert typed({"text": raw}) == expected


@pytest.mark.parametrize(
    ("raw", "elements"),
    [
        ("&gt; old\n!new", [("rich_text_quote", "old"), ("rich_text_section", "!new")]),
        ("&gt; \n!new", [("rich_text_quote", ""), ("rich_text_section", "!new")]),
    ],
)
def test_quoted_lines_are_somebody_elses_words(raw: str, elements: list[tuple[str, str]]) -> None:
    """In both forms."""
    message = rich(*({"type": kind, "elements": [text(value)]} for kind, value in elements))
    assert typed(message) == typed({"text": raw}) == [Span("!new")]


def test_lists_may_be_nested_as_deep_as_json_goes() -> None:
    """A list holds sections, perhaps lists; no depth is too much."""
    items = {"type": "rich_text_section", "elements": [text("deep")]}
    for _ in range(5000):
        items = {"type": "rich_text_list", "elements": [items]}
    assert typed(rich({"type": "rich_text_section", "elements": [text("!x")]}, items)) == [Span("!x\ndeep")]


@pytest.mark.parametrize(
    ("made", "meant"),
    [
        ("a\u00a0b\u202fc", "a b c"),
        ("\ufeff!st\u200batus\u202e", "!status"),
        ("say “hi” — ‘ho’, —force…", "say “hi” — ‘ho’, —force…"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_blanks_are_as_typed_again_and_nothing_is_invisible(made: str, meant: str) -> None:
    """All else is left as people saw it when they sent it; what is syntax is for who splits it into words."""
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
