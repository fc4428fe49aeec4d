"""conversations.* but for reading messages, and users.conversations: which channels there are, and who is in them."""

from __future__ import annotations

import re
from typing import Any

from slack_logging.local import views
from slack_logging.local.conversation import Channel
from slack_logging.local.errors import ApiError
from slack_logging.local.limits import CHANNEL_NAME
from slack_logging.local.methods.request import Method, Request
from slack_logging.local.ratelimits import TIER_2, TIER_3, TIER_4

#: What `types` may hold -> the kind of conversation, and the scope for it; nothing here is an mpim.
_TYPES: dict[str, tuple[str, str]] = {
    "public_channel": ("channel", "channels:read"),
    "private_channel": ("group", "groups:read"),
    "mpim": ("mpim", "mpim:read"),
    "im": ("im", "im:read"),
}
_READ = tuple(scope for _, scope in _TYPES.values())


def _of_types(request: Request) -> list[Channel]:
    """Return the conversations of the wanted types that the caller may know of, each type with its scope."""
    types = request.choices("types", "public_channel", list(_TYPES))
    for name in types:
        request.need(_TYPES[name][1])
    kinds = {_TYPES[name][0] for name in types}
    without_archived = request.arguments.flag("exclude_archived")
    return [
        channel
        for channel in request.workspace.channels.values()
        if channel.kind in kinds and request.can_see(channel) and not (channel.is_archived and without_archived)
    ]


def _list(request: Request) -> dict[str, Any]:
    channels, metadata = request.page(_of_types(request))
    return {
        "channels": [_with_count(request, channel) for channel in channels],
        "response_metadata": metadata,
    }


def _of_user(request: Request) -> dict[str, Any]:
    member = request.user().id if "user" in request.arguments else request.caller.id
    channels, metadata = request.page([channel for channel in _of_types(request) if member in channel.members])
    shown = [views.channel(channel, request.caller.id) for channel in channels]
    for view in shown:
        view.pop("is_member", None)
    return {"channels": shown, "response_metadata": metadata}


def _info(request: Request) -> dict[str, Any]:
    channel = request.channel()
    request.need_for(channel, "read")
    if request.arguments.flag("include_num_members"):
        return {"channel": _with_count(request, channel)}
    return {"channel": views.channel(channel, request.caller.id)}


def _with_count(request: Request, channel: Channel) -> dict[str, Any]:
    return views.channel(channel, request.caller.id) | {"num_members": len(channel.members)}


def _members(request: Request) -> dict[str, Any]:
    channel = request.channel()
    request.need_for(channel, "read")
    members, metadata = request.page(channel.members)
    return {"members": members, "response_metadata": metadata}


def _join(request: Request) -> dict[str, Any]:
    channel = request.channel()
    if channel.is_private:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    is_new = request.workspace.join(channel, request.caller)
    answer: dict[str, Any] = {"channel": views.channel(channel, request.caller.id)}
    if is_new:
        return answer
    return answer | {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}


def _create(request: Request) -> dict[str, Any]:
    name = request.arguments.text("name")
    is_private = request.arguments.flag("is_private")
    request.need("groups:write" if is_private else "channels:manage")
    if not name:
        raise ApiError("invalid_name_required")
    if len(name) > CHANNEL_NAME:
        raise ApiError("invalid_name_maxlength")
    if not re.sub(r"[-_.]", "", name):
        raise ApiError("invalid_name_punctuation")
    if not re.fullmatch(r"[^\W_A-Z](?:[\w-])*", name) or name != name.lower():
        raise ApiError("invalid_name_specials")
    if request.workspace.channel_named(name):
        raise ApiError("name_taken")
    channel = request.workspace.add_channel(
        name, kind="group" if is_private else "channel", creator=request.caller.id, members=[request.caller.id]
    )
    return {"channel": views.channel(channel, request.caller.id)}


METHODS = (
    Method("conversations.create", _create, TIER_2, scopes=("channels:manage", "groups:write")),
    Method("conversations.info", _info, TIER_3, scopes=_READ),
    Method("conversations.join", _join, TIER_3, scopes=("channels:join",)),
    Method("conversations.list", _list, TIER_2, scopes=_READ),
    Method("conversations.members", _members, TIER_4, scopes=_READ),
    Method("users.conversations", _of_user, TIER_2, scopes=_READ),
)
