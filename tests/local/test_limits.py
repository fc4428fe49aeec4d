"""The figures themselves: the other tests try both sides of each edge, and take the edge from the module."""

from __future__ import annotations

from slack_logging.local import limits

#: As Slack's documentation has them, and as we chose where it has none.
FIGURES = {
    "POST_TEXT": 4_000,
    "POST_TEXT_TOTAL": 40_000,
    "UPDATE_TEXT": 4_000,
    "MARKDOWN": 12_000,
    "BLOCKS": 50,
    "BLOCKS_TEXT": 13_200,
    "TEXT_OBJECT": 3_000,
    "SECTION_FIELDS": 10,
    "SECTION_FIELD_TEXT": 2_000,
    "HEADER_TEXT": 150,
    "CONTEXT_ELEMENTS": 10,
    "ACTIONS_ELEMENTS": 25,
    "BUTTON_TEXT": 75,
    "BUTTON_VALUE": 2_000,
    "BUTTON_URL": 3_000,
    "ACTION_ID": 255,
    "BLOCK_ID": 255,
    "IMAGE_URL": 3_000,
    "IMAGE_TEXT": 2_000,
    "TABLE_ROWS": 100,
    "TABLE_COLUMNS": 20,
    "CONTAINER_TITLE": 150,
    "CONTAINER_BLOCKS": 10,
    "CARD_TITLE": 150,
    "CARD_BODY": 200,
    "CAROUSEL_CARDS": 10,
    "ATTACHMENTS": 100,
    "METADATA": 16_384,
    "EVENT_TYPE": 255,
    "REACTIONS_PER_USER": 23,
    "EMOJI_PER_MESSAGE": 50,
    "REACTION_USERS_SHOWN": 50,
    "HISTORY_DEFAULT": 100,
    "HISTORY_PAGE": 999,
    "REPLIES_PAGE": 1_000,
    "LIST_DEFAULT": 100,
    "LIST_PAGE": 1_000,
    "PINS": 100,
    "BOOKMARKS": 100,
    "BOOKMARK_TITLE": 256,
    "BOOKMARK_LINK": 2_048,
    "EPHEMERALS_KEPT": 1_000,
    "CURSOR_LIFETIME": 600,
    "CHANNEL_NAME": 80,
    "ALT_TEXT": 1_000,
    "SNIPPET": 1_000_000,
    "FILE": 67_108_864,
    "SHARED_CHANNELS": 100,
    "BODY": 1_048_576,
    "RESPONSE_URL_USES": 5,
    "RESPONSE_URL_LIFETIME": 1_800,
}


def test_each_limit_is_the_documented_one() -> None:
    """A figure that was mistyped would move its edge and its tests together."""
    assert {name: value for name, value in vars(limits).items() if name.isupper()} == FIGURES
