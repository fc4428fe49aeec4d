"""reactions.*: a reaction is unique for (user, item, name), and only its own user can take it away."""

from __future__ import annotations

from typing import Any

from slack_logging.local.api.methods.request import Method, Request
from slack_logging.local.api.ratelimits import TIER_2, TIER_3
from slack_logging.local.errors import ApiError
from slack_logging.local.state import views
from slack_logging.local.state.conversation import Channel, Message
from slack_logging.local.state.links import permalink


def _item(request: Request) -> tuple[Channel, Message]:
    channel = request.channel(missing="no_item_specified")
    return channel, request.item(channel)


def _own_item(request: Request) -> tuple[Channel, Message]:
    """Find the message to change; Slack does not list `not_in_channel` here, but answers it."""
    channel, message = _item(request)
    if channel.is_archived:
        raise ApiError("is_archived")
    if not request.is_member(channel):
        raise ApiError("not_in_channel")
    return channel, message


def _add(request: Request) -> dict[str, Any]:
    channel, message = _own_item(request)
    request.workspace.react(channel, message, request.arguments.required("name"), request.caller)
    return {}


def _remove(request: Request) -> dict[str, Any]:
    channel, message = _own_item(request)
    request.workspace.unreact(channel, message, request.arguments.required("name"), request.caller)
    return {}


def _get(request: Request) -> dict[str, Any]:
    channel, message = _item(request)
    view = views.message(channel, message, viewer=request.caller.id, full=request.arguments.flag("full"))
    return {"type": "message", "channel": channel.id, "message": view | {"permalink": permalink(channel, message)}}


def _list(request: Request) -> dict[str, Any]:
    """Return what somebody, the caller unless told otherwise, reacted to, where the caller can see it, newest first."""
    user = request.user() if "user" in request.arguments else request.caller
    found = [
        (channel, message)
        for channel in request.workspace.channels.values()
        if request.can_see(channel)
        for message in channel.messages()
        if any(user.id in users for users in message.reactions.values())
    ]
    page, metadata = request.page(sorted(found, key=lambda item: item[1].ts, reverse=True))
    full = request.arguments.flag("full")
    items = [
        {
            "type": "message",
            "channel": channel.id,
            "message": views.message(channel, message, viewer=request.caller.id, full=full)
            | {"permalink": permalink(channel, message)},
        }
        for channel, message in page
    ]
    return {"items": items, "response_metadata": metadata}


METHODS = (
    Method("reactions.add", _add, TIER_3, scopes=("reactions:write",)),
    Method("reactions.remove", _remove, TIER_2, scopes=("reactions:write",)),
    Method("reactions.get", _get, TIER_3, scopes=("reactions:read",)),
    Method("reactions.list", _list, TIER_2, scopes=("reactions:read",)),
)
