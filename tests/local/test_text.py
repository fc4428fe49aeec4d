"""Text as stored, as typed, and as read."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.local.state import emoji
from slack_logging.local.state.composer import compose, retype
from slack_logging.local.state.text import escape, length, split, stored, unescape, visible_text


class Directory:
    """Knows ada, the group oncall and the channel general."""

    def user_id(self, name: str) -> str | None:
        """Look up a user."""
        return "U0ADA0000" if name == "ada" else None

    def group_id(self, handle: str) -> str | None:
        """Look up a user group."""
        return "S0ONCALL0" if handle == "oncall" else None

    def channel_id(self, name: str) -> str | None:
        """Look up a channel."""
        return "C0GENERAL" if name == "general" else None

    def spelled(self, id_: str) -> str | None:
        """Spell out an id."""
        return {"U0ADA0000": "@ada", "S0ONCALL0": "@oncall", "C0GENERAL": "#general"}.get(id_)


def text(value: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": value} | ({"style": style} if style else {})


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("a &amp; b &lt; c &gt; d &quot;", "a &amp; b &lt; c &gt; d &amp;quot;"),
        ("https://x.y/a?b=1&c=2#d", "<https://x.y/a?b=1&amp;c=2#d>"),
        ("(see https://x.y/z).", "(see <https://x.y/z>)."),
        ("<https://x.y|label> <mailto:a@b.c|a@b.c>", "<https://x.y|label> <mailto:a@b.c|a@b.c>"),
        ("<@U1> <#C1> <!here> <!subteam^S1>", "<@U1> <#C1> <!here> <!subteam^S1>"),
        ("File &lt;module&gt; at https://x.y&gt;", "File &lt;module&gt; at <https://x.y>&gt;"),
        ("\N{PARTY POPPER}\N{WARNING SIGN}\ufe0f\N{WARNING SIGN}\N{WHITE HEAVY CHECK MARK}",
         ":tada::warning::warning::white_check_mark:"),
        ("\u201csmart\u201d \u2014 \u2026 \xe9", "\u201csmart\u201d \u2014 \u2026 \xe9"),
    ],
)  # fmt: skip
def test_app_text_as_stored(sent: str, kept: str) -> None:
    """An app's text keeps its entities, mentions and links; the rest is made safe."""
    assert kept == stored(sent)


def test_sender_that_does_not_escape_is_not_rescued() -> None:
    """What stands in angle brackets is a link or mention, as in Slack: a reader loses the brackets."""
    assert "in module and channel" == visible_text({"text": stored("in <module> and <!channel|channel>")})


@given(st.text(alphabet="ab&<>;lt \n'\"@#", max_size=40))
def test_escaped_text_is_read_as_it_was(literal: str) -> None:
    """Whatever was escaped is stored unchanged and read as it was before."""
    assert escape(literal) == stored(escape(literal))
    assert literal == visible_text({"text": stored(escape(literal))})
    assert literal == unescape(escape(literal))


@given(st.text(max_size=60), st.integers(2, 20))
def test_split_loses_nothing_and_stays_within(long: str, limit: int) -> None:
    """The parts are the text, none longer than the limit, none shorter than it must be."""
    parts = split(long, limit)
    assert long == "".join(parts)
    assert all(length(part) <= limit for part in parts)
    assert all(length(part) >= limit - 1 for part in parts[:-1])


@pytest.mark.parametrize(
    ("typed", "kept", "elements"),
    [
        ("!restart api", "!restart api", [text("!restart api")]),
        ("a & <b>", "a &amp; &lt;b&gt;", [text("a & <b>")]),
        ("@ada, hi", "<@U0ADA0000>, hi", [{"type": "user", "user_id": "U0ADA0000"}, text(", hi")]),
        ("!ask @bob.", "!ask @bob.", [text("!ask @bob.")]),
        ("@oncall", "<!subteam^S0ONCALL0>", [{"type": "usergroup", "usergroup_id": "S0ONCALL0"}]),
        ("@here", "<!here>", [{"type": "broadcast", "range": "here"}]),
        ("in #general.", "in <#C0GENERAL|general>.",
         [text("in "), {"type": "channel", "channel_id": "C0GENERAL"}, text(".")]),
        ("https://x.y/a?b&c.", "<https://x.y/a?b&amp;c>.",
         [{"type": "link", "url": "https://x.y/a?b&c"}, text(".")]),
        ("ping db.internal", "ping <http://db.internal|db.internal>",
         [text("ping "), {"type": "link", "url": "http://db.internal", "text": "db.internal"}]),
        ("!level orders.import DEBUG", "!level orders.import DEBUG", [text("!level orders.import DEBUG")]),
        ("to a.b@c.de", "to <mailto:a.b@c.de|a.b@c.de>",
         [text("to "), {"type": "link", "url": "mailto:a.b@c.de", "text": "a.b@c.de"}]),
        ("run `rm @ada <x>` now", "run `rm @ada &lt;x&gt;` now",
         [text("run "), text("rm @ada <x>", code=True), text(" now")]),
        ("*now* _or_ ~never~", "*now* _or_ ~never~",
         [text("now", bold=True), text(" "), text("or", italic=True), text(" "), text("never", strike=True)]),
        ("my_own_name 2*3*4 a~b~", "my_own_name 2*3*4 a~b~", [text("my_own_name 2*3*4 a~b~")]),
        ("\N{PARTY POPPER} :tada: :nope: 12:30:45", ":tada: :tada: :nope: 12:30:45",
         [{"type": "emoji", "name": "tada", "unicode": "1f389"}, text(" "),
          {"type": "emoji", "name": "tada", "unicode": "1f389"}, text(" :nope: 12:30:45")]),
        ("\u201cx\u201d \u2014force \xa0", "\u201cx\u201d \u2014force \xa0", [text("\u201cx\u201d \u2014force \xa0")]),
    ],
)  # fmt: skip
def test_typed_text_as_stored(typed: str, kept: str, elements: list[dict[str, Any]]) -> None:
    """The message box finds mentions, links and emoji outside code, and keeps the rest literally."""
    composed = compose(typed, Directory())
    assert kept == composed.text
    assert [{"type": "rich_text_section", "elements": elements}] == composed.block["elements"]


def test_typed_fences_and_quotes_are_blocks_of_their_own() -> None:
    """A fence is preformatted and literal; lines after > are a quote."""
    composed = compose("look:\n> said @ada\n> twice\n```\na < b @ada\n```\ndone", Directory())
    assert "look:\n&gt; said <@U0ADA0000>\n&gt; twice\n```\na &lt; b @ada\n```\ndone" == composed.text
    user = {"type": "user", "user_id": "U0ADA0000"}
    assert [
        {"type": "rich_text_section", "elements": [text("look:\n")]},
        {"type": "rich_text_quote", "elements": [text("said "), user, text("\ntwice")]},
        {"type": "rich_text_preformatted", "elements": [text("a < b @ada")]},
        {"type": "rich_text_section", "elements": [text("\ndone")]},
    ] == composed.block["elements"]


@pytest.mark.parametrize(
    ("typed", "kept", "elements"),
    [
        ("> if a > b", "&gt; if a &gt; b", [text("if a > b")]),
        (">a >b\n> c > d", "&gt; a &gt;b\n&gt; c &gt; d", [text("a >b\nc > d")]),
        ("> run `a > b` > c", "&gt; run `a &gt; b` &gt; c", [text("run "), text("a > b", code=True), text(" > c")]),
        (">  two", "&gt;  two", [text(" two")]),
        ("> > twice", "&gt; &gt; twice", [text("> twice")]),
        ("> a\n>\n> b", "&gt; a\n&gt; \n&gt; b", [text("a\n\nb")]),
        ("> a\n> \n>   b > c", "&gt; a\n&gt; \n&gt;   b &gt; c", [text("a\n\n  b > c")]),
    ],
)
def test_only_the_first_mark_of_a_typed_line_quotes_it(typed: str, kept: str, elements: list[dict[str, Any]]) -> None:
    """Others are the person's own, also in code; a line with the mark alone is an empty one of the same quote."""
    composed = compose(typed, Directory())
    assert kept == composed.text
    assert [{"type": "rich_text_quote", "elements": elements}] == composed.block["elements"]


def test_a_mark_alone_begins_no_quote() -> None:
    """It is text, as is one that stands within a line."""
    composed = compose(">\na > b", Directory())
    assert "&gt;\na &gt; b" == composed.text
    assert [{"type": "rich_text_section", "elements": [text(">\na > b")]}] == composed.block["elements"]


@given(st.text(alphabet="ab&<;lt \"'-!", max_size=40))
def test_plain_typing_is_read_as_typed(typed: str) -> None:
    """Without mentions, links and marks both text and blocks show what was typed."""
    composed = compose(typed, Directory())
    assert typed == visible_text({"text": composed.text})
    assert typed == visible_text({"blocks": [composed.block]})


@given(st.text(max_size=60) | st.text(alphabet="`*_~>@#:a. \n", max_size=40))
def test_no_typing_breaks_the_message_box(typed: str) -> None:
    """Whatever is typed, no letter of it is lost in the stored text."""
    read = visible_text({"text": compose(typed, Directory()).text})
    assert [c for c in typed if c.isalpha()] == [c for c in read if c.isalpha()] or emoji.PATTERN.search(typed)


@pytest.mark.parametrize(
    ("message", "read"),
    [
        ({"text": "a &lt;b&gt; &amp;amp; <https://x.y|label> <https://x.y> <mailto:a@b.c|a@b.c>"},
         "a <b> &amp; label https://x.y a@b.c"),
        ({"text": "<@U1> <@U1|bob> <#C1|general> <#C1> <!here> <!subteam^S1|@oncall> <!subteam^S1>"},
         "@U1 @bob #general #C1 @here @oncall @S1"),
        ({"text": "<!date^1512085950^{time}|14:52>"}, "14:52"),
        ({"text": "fallback", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*a* &lt;"}}]},
         "*a* <"),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "H <b>"}}, {"type": "divider"},
                     {"type": "section", "fields": [{"type": "mrkdwn", "text": "f1"},
                                                    {"type": "mrkdwn", "text": "f2"}]},
                     {"type": "context", "elements": [{"type": "mrkdwn", "text": "c"}]}]}, "H <b>\nf1\nf2\nc"),
        ({"blocks": [{"type": "markdown", "text": "# a & b"}]}, "# a & b"),
        ({"blocks": [{"type": "image", "image_url": "u", "alt_text": "alt"}]}, "alt"),
        ({"blocks": [{"type": "actions", "elements": [
            {"type": "button", "text": {"type": "plain_text", "text": "Go"}}]}]}, "Go"),
        ({"blocks": [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_number", "value": 1}],
                                                [{"type": "rich_text", "elements": [
                                                    {"type": "rich_text_section", "elements": [text("b")]}]}]]}]},
         "a\t1\nb"),
        ({"blocks": [{"type": "rich_text", "elements": [
            {"type": "rich_text_section", "elements": [
                text("<b> &lt; "), {"type": "link", "url": "u", "text": "l"}, {"type": "link", "url": "u"},
                {"type": "user", "user_id": "U1"}, {"type": "usergroup", "usergroup_id": "S1"},
                {"type": "channel", "channel_id": "C1"}, {"type": "broadcast", "range": "here"},
                {"type": "emoji", "name": "tada"}, {"type": "date", "timestamp": 7, "fallback": "then"}, text("\n")]},
            {"type": "rich_text_list", "style": "bullet", "elements": [
                {"type": "rich_text_section", "elements": [text("one")]},
                {"type": "rich_text_section", "elements": [text("two")]}]},
            {"type": "rich_text_preformatted", "elements": [text("x = 1\n\ny = 2")]}]}]},
         "<b> &lt; lu@U1@S1#C1@here:tada:then\n\u2022 one\n\u2022 two\nx = 1\n\ny = 2"),
        ({"text": "t", "attachments": [{"pretext": "p", "title": "&lt;", "text": "a"},
                                       {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "b"}}]}]},
         "t\np\n<\na\nb"),
        ({}, ""),
    ],
)  # fmt: skip
def test_what_a_person_reads(message: dict[str, Any], read: str) -> None:
    """Blocks before text, labels before targets, entities undone once, rich text literally."""
    assert read == visible_text(message)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("\U0001f44d\U0001f3fd", ":+1::skin-tone-4:"),
        ("\U0001f44d", ":+1:"),
        ("1\ufe0f\u20e3 7\u20e3 1", ":one: :seven: 1"),
        ("\u2764 \u2764\ufe0f", ":heart: :heart:"),
        ("\U0001f914\U0001f528", ":thinking_face::hammer:"),
        ("\U0001f1e9\U0001f1ea", ":de:"),
    ],
)
def test_emoji_are_stored_by_slacks_names(typed: str, stored: str) -> None:
    """Tones, keycaps, flags and those without their selector included."""
    assert stored == emoji.to_shortcodes(typed)


def test_every_emoji_of_the_table_comes_back() -> None:
    """Each Unicode emoji becomes a name that reactions know."""
    for character, name in emoji.NAMES.items():
        assert f":{name}:" == emoji.to_shortcodes(character)
        assert name == emoji.canonical_name(name)


#: What people type; a word that a mark, a name or an address ends.
_TYPED = st.sampled_from(
    "a b1 @ada @oncall @here #general @nobody `c<@ada` *b* _i_ ~s~ https://x.test/?a=1&b=2 x.example.com a@b.com "
    ":tada: :100: <@U0ADA0000> &amp; <x> ! > >> ```x<y``` \N{PARTY POPPER} a\N{PARTY POPPER} , ( ) \n ".split(" ")
)


@given(st.lists(st.tuples(_TYPED, st.sampled_from([" ", "\n", " ", "\n> "]))))
def test_what_is_typed_again_means_the_same(words: list[tuple[str, str]]) -> None:
    """Whoever edits a message and saves it unchanged has changed nothing."""
    composed = compose("".join(word + gap for word, gap in words), Directory())

    assert composed == compose(retype(composed.text, [composed.block], Directory()), Directory())
