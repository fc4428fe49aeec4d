"""Slack's documented limits, and how far below each of them we stay.

Lengths are UTF-16 units of the text as sent (escaped), because Slack does not publish how it counts and no
other way of counting gives more.
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: Units of text in all blocks of one message that we fill at most. Slack refuses from about 13,200 on
#: (`msg_blocks_too_long`; the figure is measured by several users, not documented).
MAX_BLOCK_TEXT: Final = 12_000

#: Units of top-level `text`: from about 4,000 on Slack splits a post into several messages.
#: Source: chat.postMessage, "Truncating content".
MAX_TEXT: Final = 3_500

#: Seconds that one call may take before it counts as unanswered.
CALL_TIMEOUT: Final = 10

#: Seconds to wait after a 429 that does not say how long.
DEFAULT_RETRY_AFTER: Final = 30.0

#: The longest wait we take from Slack at its word, in seconds; a larger figure is a fault somewhere.
MAX_RETRY_AFTER: Final = 3600.0


class Budget(NamedTuple):
    """A token bucket's size: `burst` calls at once, then `per_minute` in the long run."""

    burst: int
    per_minute: float


#: Posts to one channel: Slack allows about one a second. Source: Rate limits, "Posting messages".
CHANNEL_POSTS: Final = Budget(burst=1, per_minute=60)

#: Posts to a workspace: Slack says "several hundred" a minute. Source: chat.postMessage.
WORKSPACE_POSTS: Final = Budget(burst=20, per_minute=180)

# A tier's figure holds for any minute, so burst + per_minute stays at or below it. Source: Rate limits, "Tiers".
_TIER_2: Final = Budget(burst=4, per_minute=16)
_TIER_3: Final = Budget(burst=10, per_minute=40)
_TIER_4: Final = Budget(burst=20, per_minute=80)

#: Calls of one method in a workspace; a method not named here is treated as tier 2.
METHOD_BUDGETS: Final[dict[str, Budget]] = {
    "auth.test": _TIER_4,
    "chat.postMessage": WORKSPACE_POSTS,
    "chat.update": Budget(burst=5, per_minute=40),
    "chat.delete": _TIER_3,
    "conversations.history": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.replies": _TIER_3,
    "files.completeUploadExternal": _TIER_4,
    "files.getUploadURLExternal": _TIER_4,
    "reactions.add": _TIER_3,
    "reactions.get": _TIER_3,
    "reactions.remove": _TIER_2,
    "usergroups.list": _TIER_2,
    "users.conversations": _TIER_2,
    "users.info": _TIER_4,
}
DEFAULT_BUDGET: Final = _TIER_2
