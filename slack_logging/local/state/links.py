"""Addresses of messages. Source: chat.getPermalink."""

from __future__ import annotations

from slack_logging.local.state.conversation import Channel, Message
from slack_logging.local.state.teams import TEAM_URL


def permalink(channel: Channel, message: Message) -> str:
    """Return the address of a message; a reply's names its thread."""
    address = f"{TEAM_URL}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.parent_ts is None:
        return address
    return f"{address}?thread_ts={message.parent_ts}&cid={channel.id}"
