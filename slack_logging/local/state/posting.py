"""How a post becomes one message or several, an edit changes one, and an ephemeral one becomes none. Pure.

The last step of chat.postMessage, chat.update and chat.postEphemeral, of webhooks and response_urls.
"""

from __future__ import annotations

from typing import Any

from slack_logging.local.errors import ApiError
from slack_logging.local.limits import POST_TEXT, POST_TEXT_TOTAL
from slack_logging.local.state.content import Content
from slack_logging.local.state.conversation import Channel, Message
from slack_logging.local.state.text import split
from slack_logging.local.state.workspace import Workspace


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


def show_to(
    workspace: Workspace,
    channel: Channel,
    content: Content,
    author: dict[str, Any],
    *,
    user_id: str,
    thread_ts: str | None = None,
    ts: str | None = None,
) -> str:
    """Show a message to one person and return its `ts`. It has no place in the channel; no app hears of it.

    The workspace's subscribers are told by an event with ``is_ephemeral``, whose `user` is who sees it.

    Args:
        workspace: where.
        channel: the target.
        content: what to say; its metadata is ignored.
        author: the fields that say who.
        user_id: who sees it.
        thread_ts: the thread in which it is shown.
        ts: of the former ephemeral message whose place it takes.

    Raises:
        ApiError: ``no_text``, ``message_not_found`` where there is none of that `ts`, or what a reply in that thread
            would be refused with.
    """
    if content.is_empty:
        raise ApiError("no_text")
    fields = {name: value for name, value in content.fields().items() if name != "metadata"}
    if thread_ts is not None:
        channel.parent(thread_ts)
    if ts is not None and not hide(workspace, channel, ts, tell=False):
        raise ApiError("message_not_found")
    ts = ts or channel.next_ts(workspace.clock.time())
    shown = {"type": "message"} | author | fields | {"user": user_id, "ts": ts, "is_ephemeral": True}
    if thread_ts is not None:
        shown["thread_ts"] = thread_ts
    channel.ephemerals.append(shown)
    workspace.announce(shown | {"channel": channel.id, "channel_type": channel.kind})
    return ts


def hide(workspace: Workspace, channel: Channel, ts: str, *, tell: bool = True) -> bool:
    """Take an ephemeral message away; False if there is none of that `ts`.

    Args:
        workspace: where.
        channel: where it was shown.
        ts: its own.
        tell: emit the deletion, for the one who saw it.
    """
    former = next((shown for shown in channel.ephemerals if shown["ts"] == ts), None)
    if former is None:
        return False
    channel.ephemerals.remove(former)
    if tell:
        place = {"channel": channel.id, "channel_type": channel.kind, "user": former["user"], "is_ephemeral": True}
        about = {"type": "message", "subtype": "message_deleted", "hidden": True, "deleted_ts": ts}
        workspace.announce(about | place | {"ts": channel.next_ts(workspace.clock.time())})
    return True


def updated(fields: dict[str, Any], content: Content) -> dict[str, Any]:
    """Return a message's fields after an edit. Source: chat.update.

    Text alone removes the blocks; otherwise what is not given stays, and what is given as empty goes.

    Raises:
        ApiError: ``no_text``, or ``block_mismatch``: rich text stays rich text.
    """
    if content.is_absent:
        raise ApiError("no_text")
    blocks = content.blocks
    if blocks is None and content.text is None:
        blocks = fields.get("blocks")
    if blocks and _has_rich_text(fields.get("blocks")) and not _has_rich_text(blocks):
        raise ApiError("block_mismatch")
    result = Content(
        text=fields["text"] if content.text is None else content.text,
        blocks=blocks,
        attachments=fields.get("attachments") if content.attachments is None else content.attachments,
        metadata=fields.get("metadata") if content.metadata is None else content.metadata,
    )
    if result.is_empty:
        raise ApiError("no_text")
    kept = {name: value for name, value in fields.items() if name not in ("blocks", "attachments", "metadata")}
    return kept | result.fields()


def _has_rich_text(blocks: list[dict[str, Any]] | None) -> bool:
    return any(block["type"] == "rich_text" for block in blocks or ())
