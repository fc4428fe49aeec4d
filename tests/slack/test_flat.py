"""Plain text for chats without blocks: literal, whatever it says, and read back as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.passive.messages.medium import Medium
from slack_logging.passive.messages.view import blocks, line_of
from slack_logging.slack.address import DISCORD, MATTERMOST
from slack_logging.slack.flat import flat, guarded, literal
from slack_logging.slack.literal import units, visible
from slack_logging.testing import FakeClock
from tests.chats import Chat, Discord, Mattermost, read_back

ANY = st.text(st.characters(codec=None, exclude_categories=[]))

#: Text that is made of what has an effect.
HOSTILE = st.lists(
    st.sampled_from(
        [
            *"` `` ``` ```` < > <! <@ | & ; @ @everyone @here <!channel> <!here> <@U024BE7LH> &lt; &amp; gt;".split(),
            *"<http://e.x|bank> http://e.x <@5fb5f7iw8tfrfcwssd1xmx3j7y> \uff1c \u200b \u202e \\ a everyone".split(),
            " ",
            "\n",
        ]
    ),
    max_size=30,
).map("".join)


def section(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}


@pytest.mark.parametrize("chat", [Discord(FakeClock()), Mattermost(FakeClock())], ids=["Discord", "Mattermost"])
@given(st.one_of(HOSTILE, ANY))
def test_any_text_is_read_as_it_was_and_does_nothing(chat: Chat, text: str) -> None:
    """It stays in its code block: nothing is around it, and nothing in it was turned into something else."""
    logged = visible(f"<{text}>")
    shown = logged.replace("\uff1c", "⟦U+FF1C⟧")
    sent = flat([section({"type": "text", "text": literal(logged)})], {}, 1_000_000)
    assert chat.seen(sent) == (shown, "")
    code = chat.made_of(sent).removeprefix("```\n").removesuffix("```")
    assert [mark for mark in ("```", "@everyone", "@here", "@channel", "@all", "@somebody", "](") if mark in code] == [
        mark for mark in ("](",) if mark in shown
    ]


@given(st.one_of(HOSTILE, ANY))
def test_guarding_twice_is_guarding_once(text: str) -> None:
    """What is cut and put together is guarded again, at no cost."""
    once = guarded(literal(visible(text)))
    assert guarded(once) == once
    assert len(once.encode("utf-16-le")) // 2 <= units(literal(visible(text)))


@given(st.one_of(HOSTILE, ANY), st.one_of(HOSTILE, ANY))
def test_different_texts_stay_different(one: str, other: str) -> None:
    """People can tell what was logged."""
    shown, others = visible(one), visible(other)
    assert (literal(shown) == literal(others)) == (one == other)


def test_the_parts_of_a_message_are_rows() -> None:
    """Emoji by their sign, times in UTC, small print marked as such."""
    entry = (
        '{"time": "2026-11-23T12:03:04+00:00", "level_number": 40, "logger": "shop", "message": "failed\\n  in a()"}'
    )
    sent = flat(blocks([(line_of(entry), 3)], "shop · web-1/7"), {}, 2_000)
    assert sent == "```\n\N{LARGE RED CIRCLE} 12:03:04 UTC shop failed x3\n  in a()\n\N{EM DASH} shop · web-1/7\n```"


@given(st.one_of(HOSTILE, ANY).filter(bool), st.integers(20, 2_000))
def test_what_is_too_full_is_cut(text: str, most: int) -> None:
    """The code block is closed all the same."""
    sent = flat([section({"type": "text", "text": literal(visible(text) * 3_000)})], {"here": "@here"}, most)
    assert len(sent.encode("utf-16-le")) // 2 <= most
    assert sent.endswith("…\n```")
    assert sent.count("```") == 2


def test_small_print_is_short() -> None:
    """However long a service's name is, the message stays within its limit."""
    small = {"type": "context", "elements": [{"type": "plain_text", "text": "@a" * 200}]}
    assert len(flat([small], {}, 2_000)) <= 110


@pytest.mark.parametrize(
    ("service", "name", "typed"),
    [
        (DISCORD, "here", "@here"),
        (DISCORD, "channel", "@everyone"),
        (MATTERMOST, "channel", "@channel"),
        (MATTERMOST, "everyone", "@all"),
    ],
)
def test_a_configured_mention_stands_before_the_code(service: Any, name: str, typed: str) -> None:
    """There it notifies; in the code it would not."""
    sent = flat(
        [section({"type": "text", "text": "x"}), section({"type": "broadcast", "range": name})], service.mentions, 2_000
    )
    assert sent == f"{typed}\n```\nx\n```"


def test_whom_a_service_does_not_know_is_not_mentioned() -> None:
    """An id of Slack's is left out."""
    assert flat([section({"type": "text", "text": "x"}, {"type": "user", "user_id": "U1"})], {}, 2_000) == "```\nx\n```"


def test_a_line_takes_what_it_is_measured_to_take() -> None:
    """Signs that are kept apart count with the space that does it."""
    entry = '{"time": "2026-11-23T12:03:04+00:00", "level_number": 20, "logger": "%s", "message": "%s"}'
    medium = Medium.by_webhook(DISCORD)
    line = medium.shown(line_of(entry % ("l" * 5_000, "@a`" * 100 + "<" * 100)))
    sent = flat(blocks([(line, 1)], ""), {}, 2_000)
    assert len(sent) - len("```\n\n\N{EM DASH} \n```") <= line.units
    assert read_back(sent).count("@a`") == 100
