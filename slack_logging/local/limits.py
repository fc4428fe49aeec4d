"""Slack's limits as the local Slack enforces them.

Lengths are UTF-16 units of the text with its three special characters escaped. Slack does not say how it counts; no
other way of counting gives more, so what fits here fits there. Where a comment says *ours*, Slack publishes no figure.
"""

from __future__ import annotations

from typing import Final

#: Units of top-level `text` in one stored message; a longer post is split into several. Slack recommends at most
#: 4,000 and has been seen to split from about 4,046 on. Source: chat.postMessage, "Truncating content".
POST_TEXT: Final = 4_000

#: Units of `text` that a post may hold at all; the rest is cut off. Source: chat.postMessage.
POST_TEXT_TOTAL: Final = 40_000

#: Units of `text` in an edit; more is `msg_too_long`. Source: chat.update.
UPDATE_TEXT: Final = 4_000

#: Units of `markdown_text`, and of all markdown blocks of a message. Source: chat.postMessage; the code is ours.
MARKDOWN: Final = 12_000

#: Blocks in a message. Source: Block Kit reference.
BLOCKS: Final = 50

#: Units of text in all blocks of a message; more is `msg_blocks_too_long`. Measured by several users between
#: 13,172 and 13,297, published nowhere.
BLOCKS_TEXT: Final = 13_200

#: Units in a section's text and, lacking other figures, in any text object. Source: section block.
TEXT_OBJECT: Final = 3_000

#: Fields in a section, and units in each. Source: section block.
SECTION_FIELDS: Final = 10
SECTION_FIELD_TEXT: Final = 2_000

#: Units in a header. Source: header block.
HEADER_TEXT: Final = 150

#: Elements in a context, and in an actions block. Source: context block, actions block.
CONTEXT_ELEMENTS: Final = 10
ACTIONS_ELEMENTS: Final = 25

#: Units in a button's parts. Source: button element.
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
BUTTON_URL: Final = 3_000
ACTION_ID: Final = 255

#: Units in a block's id. Source: Block Kit reference.
BLOCK_ID: Final = 255

#: Units in an image's parts. Source: image block.
IMAGE_URL: Final = 3_000
IMAGE_TEXT: Final = 2_000

#: Rows and columns of a table. Source: table block.
TABLE_ROWS: Final = 100
TABLE_COLUMNS: Final = 20

#: Units in a container's title and subtitle, and blocks in it. Source: container block.
CONTAINER_TITLE: Final = 150
CONTAINER_BLOCKS: Final = 10

#: Units in a card's title and subtitle, and in its body; cards in a carousel. Source: card block, carousel block.
CARD_TITLE: Final = 150
CARD_BODY: Final = 200
CAROUSEL_CARDS: Final = 10

#: Attachments to a message. Source: chat.postMessage, `too_many_attachments`.
ATTACHMENTS: Final = 100

#: Bytes of a message's metadata, type and payload, as JSON. Ours: 16 KB is often quoted, Slack says only that there is
#: a limit.
METADATA: Final = 16_384

#: Units in a metadata event type. Ours.
EVENT_TYPE: Final = 255

#: Reactions that one user may put on a message, and distinct emoji on it. Ours: the figures often quoted.
REACTIONS_PER_USER: Final = 23
EMOJI_PER_MESSAGE: Final = 50

#: Users listed with a reaction unless the full list is asked for. Ours; Slack says the list may be incomplete.
REACTION_USERS_SHOWN: Final = 50

#: Items on one page: default and most. Source: conversations.history, conversations.replies.
HISTORY_DEFAULT: Final = 100
HISTORY_PAGE: Final = 999
REPLIES_PAGE: Final = 1_000

#: Items on one page of a list: default and most. Source: Pagination.
LIST_DEFAULT: Final = 100
LIST_PAGE: Final = 1_000

#: Messages pinned to a channel, and bookmarks in it. Ours: 100 is often quoted.
PINS: Final = 100
BOOKMARKS: Final = 100

#: Units in a bookmark's parts. Source: bookmarks.add.
BOOKMARK_TITLE: Final = 256
BOOKMARK_LINK: Final = 2_048

#: Ephemeral messages of a channel that are remembered for tests to look at. Ours: Slack remembers none.
EPHEMERALS_KEPT: Final = 1_000

#: Seconds for which a cursor is good. Ours: Slack says that they expire.
CURSOR_LIFETIME: Final = 600

#: Units in a channel's name. Ours: 80 is often quoted.
CHANNEL_NAME: Final = 80

#: Characters of a file's description. Source: files.getUploadURLExternal.
ALT_TEXT: Final = 1_000

#: Bytes of a snippet. Source: files.getUploadURLExternal, `snippet_too_large`.
SNIPPET: Final = 1_000_000

#: Bytes of a file. Ours, since files are kept in memory; Slack's own figure is about 1 GB.
FILE: Final = 64 * 2**20

#: Channels that one upload may be shared in. Source: files.completeUploadExternal.
SHARED_CHANNELS: Final = 100

#: Bytes in the body of a Web API call or a webhook post. Ours.
BODY: Final = 2**20

#: How often, and for how many seconds, a response_url may be used. Source: Handling user interaction.
RESPONSE_URL_USES: Final = 5
RESPONSE_URL_LIFETIME: Final = 1_800
