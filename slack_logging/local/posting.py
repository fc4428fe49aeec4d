"""How a post becomes one message or several: the last step of chat.postMessage and of webhooks. Pure."""

from __future__ import annotations

from typing import Any

from slack_logging.local.content import Content
from slack_logging.local.conversation import Channel, Message
from slack_logging.local.errors import ApiError
from slack_logging.local.limits import POST_TEXT, POST_TEXT_TOTAL
from slack_logging.local.text import split
from slack_logging.local.workspace import Workspace


def post_content(
    workspace: Workspace,
    channel: Channel,
    content: Content,
    author: dict[str, Any],
    *,
    thread_ts: str | None = None,
    broadcast: bool = False,
) -> Message:
    """Store a post and return its message: the first one, where a long text was split into several.

    Slack does not say which `ts` it answers with, nor which part keeps the metadata; here both are the first's.

    Args:
        workspace: where it is stored.
        channel: the target.
        content: what to say.
        author: the fields that say who.
        thread_ts: the parent, for a reply.
        broadcast: show the reply in the channel too.

    Raises:
        ApiError: ``no_text``, or what `Workspace.post` refuses.
    """
    if content.is_empty:
        raise ApiError("no_text")
    fields = author | content.fields()
    if content.blocks or content.attachments:
        return workspace.post(channel, fields, thread_ts=thread_ts, broadcast=broadcast)
    first, *rest = split(split(fields["text"], POST_TEXT_TOTAL)[0], POST_TEXT)
    message = workspace.post(channel, fields | {"text": first}, thread_ts=thread_ts, broadcast=broadcast)
    for part in rest:
        workspace.post(channel, author | {"text": part}, thread_ts=thread_ts, broadcast=broadcast)
    return message
