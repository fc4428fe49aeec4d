"""chat.*: posting, editing and deleting messages."""

from __future__ import annotations

from typing import Any

from slack_logging.local.api.methods.request import Method, Request
from slack_logging.local.api.ratelimits import SPECIAL, TIER_3, TIER_4
from slack_logging.local.errors import ApiError
from slack_logging.local.limits import UPDATE_TEXT
from slack_logging.local.state import views
from slack_logging.local.state.content import Content, read_content
from slack_logging.local.state.conversation import Channel, Message
from slack_logging.local.state.links import permalink
from slack_logging.local.state.posting import post_content, show_to, updated
from slack_logging.local.state.text import length
from slack_logging.local.state.workspace import authorship


def _target(request: Request) -> Channel:
    """Find where to post: a channel's id, a public channel's name, or a user's id, which opens the DM."""
    given = request.arguments.required("channel")
    workspace = request.workspace
    user = workspace.users.get(given)
    if user is not None:
        if user.is_deactivated or user.id == request.caller.id:
            raise ApiError("channel_not_found")
        return workspace.direct_channel(request.caller, user)
    named = workspace.channel_named(given.removeprefix("#"))
    channel = named if named and not named.is_private else workspace.channels.get(given)
    if channel is None or not request.can_see(channel):
        raise ApiError("channel_not_found")
    if channel.is_archived:
        raise ApiError("is_archived")
    return channel


def _author(request: Request) -> dict[str, Any]:
    """Return the fields that say who posts. A customised post has no user and is a `bot_message`.

    Slack does not say whether every customised post of a modern app carries the subtype; here each does.
    """
    author = authorship(request.caller)
    username, emoji, url = (request.arguments.text(name) for name in ("username", "icon_emoji", "icon_url"))
    if not (username or emoji or url):
        return author
    request.need("chat:write.customize")
    del author["user"]
    author |= {"subtype": "bot_message", "username": username or request.caller.name}
    if emoji or url:
        author["icons"] = {"emoji": emoji} if emoji else {"image_48": url}
    return author


def _post(request: Request) -> dict[str, Any]:
    channel = _target(request)
    if not request.is_member(channel) and "chat:write.public" not in request.scopes:
        raise ApiError("not_in_channel")
    content = read_content(request.arguments, request.workspace)
    message = post_content(
        request.workspace,
        channel,
        content,
        _author(request),
        thread_ts=request.arguments.text("thread_ts") or None,
        broadcast=request.arguments.flag("reply_broadcast"),
    )
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": views.message(channel, message, viewer=request.caller.id),
    }


def _post_ephemeral(request: Request) -> dict[str, Any]:
    """Check as a post is checked and show it to one person; no method finds it again."""
    channel, user_id = _target(request), request.arguments.required("user")
    if not request.is_member(channel):
        raise ApiError("not_in_channel")
    if user_id not in channel.members:
        raise ApiError("user_not_in_channel")
    content = read_content(request.arguments, request.workspace)
    thread_ts = request.arguments.text("thread_ts") or None
    ts = show_to(request.workspace, channel, content, _author(request), user_id=user_id, thread_ts=thread_ts)
    return {"message_ts": ts}


def _update(request: Request) -> dict[str, Any]:
    channel = request.channel()
    message = request.message(channel, "ts")
    if not request.authored(message):
        raise ApiError("cant_update_message")
    if channel.is_archived:
        raise ApiError("is_inactive")
    content = read_content(request.arguments, request.workspace)
    if content.text is not None and length(content.text) > UPDATE_TEXT:
        raise ApiError("msg_too_long")
    broadcast = request.arguments.flag("reply_broadcast")
    if broadcast:
        _check_broadcast(message, content)
    fields = dict(message.fields) if broadcast and content.is_absent else updated(message.fields, content)
    if broadcast:
        channel.broadcast(message)
        fields["subtype"] = "thread_broadcast"
    request.workspace.edit(channel, message, fields, editor=request.caller.id)
    view = views.message(channel, message, viewer=request.caller.id)
    return {"channel": channel.id, "ts": message.ts, "text": fields["text"], "message": view}


def _check_broadcast(message: Message, content: Content) -> None:
    """Refuse to broadcast what is no reply and, in the same call, to change what an old reply says."""
    if message.parent_ts is None:
        raise ApiError("cant_broadcast_message")
    is_told = message.fields.get("subtype") == "thread_broadcast"
    if not is_told and (content.text, content.blocks, content.attachments) != (None, None, None):
        raise ApiError("no_dual_broadcast_content_update")


def _delete(request: Request) -> dict[str, Any]:
    """Delete a message of the caller's own; one sent under another identity cannot be deleted."""
    channel = request.channel()
    message = request.message(channel, "ts")
    if not request.authored(message) or "user" not in message.fields:
        raise ApiError("cant_delete_message")
    request.workspace.delete(channel, message)
    return {"channel": channel.id, "ts": message.ts}


def _permalink(request: Request) -> dict[str, Any]:
    channel = request.channel()
    return {"channel": channel.id, "permalink": permalink(channel, request.message(channel, "message_ts"))}


METHODS = (
    Method("chat.delete", _delete, TIER_3, scopes=("chat:write",)),
    Method("chat.getPermalink", _permalink, SPECIAL),
    Method("chat.postEphemeral", _post_ephemeral, TIER_4, scopes=("chat:write",)),
    Method("chat.postMessage", _post, None, scopes=("chat:write",)),
    Method("chat.update", _update, TIER_3, scopes=("chat:write",)),
)
