"""conversations.* but for reading messages, and users.conversations: which channels there are, and who is in them."""

from __future__ import annotations

import re
from typing import Any

from slack_logging.local.api import cursors
from slack_logging.local.api.methods.request import LOCALE, Method, Request
from slack_logging.local.api.ratelimits import TIER_2, TIER_3, TIER_4
from slack_logging.local.errors import ApiError
from slack_logging.local.limits import CHANNEL_NAME
from slack_logging.local.state import channels, views
from slack_logging.local.state.conversation import Channel
from slack_logging.local.state.model import User

#: What `types` may hold -> the kind of conversation, and the scope for it; nothing here is an mpim.
_TYPES: dict[str, tuple[str, str]] = {
    "public_channel": ("channel", "channels:read"),
    "private_channel": ("group", "groups:read"),
    "mpim": ("mpim", "mpim:read"),
    "im": ("im", "im:read"),
}
#: Kind of conversation -> any one of these is needed to invite to it.
_INVITE = {
    "channel": ("channels:manage", "channels:write.invites"),
    "group": ("groups:write", "groups:write.invites"),
}
_WRITE = ("channels:manage", "groups:write", "im:write", "mpim:write")
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
    channels, metadata = request.page(_of_types(request), is_strict=True)
    return {
        "channels": [_with_count(request, channel) for channel in channels],
        "response_metadata": metadata,
    }


def _of_user(request: Request) -> dict[str, Any]:
    member = request.user().id if "user" in request.arguments else request.caller.id
    channels, metadata = request.page([channel for channel in _of_types(request) if member in channel.members])
    return {"channels": [_view(request, channel) for channel in channels], "response_metadata": metadata}


def _info(request: Request) -> dict[str, Any]:
    channel = request.channel()
    request.need_for(channel, "read")
    counted = request.arguments.flag("include_num_members")
    view = _with_count(request, channel) if counted else _view(request, channel)
    return {"channel": view | ({"locale": LOCALE} if request.arguments.flag("include_locale") else {})}


def _view(request: Request, channel: Channel) -> dict[str, Any]:
    return views.channel(channel, request.workspace.users, viewer=request.caller.id)


def _with_count(request: Request, channel: Channel) -> dict[str, Any]:
    return _view(request, channel) | {"num_members": len(channel.members)}


def _members(request: Request) -> dict[str, Any]:
    channel = request.channel()
    request.need_for(channel, "read")
    members, metadata = request.page(channel.members, is_strict=True)
    return {"members": members, "response_metadata": metadata}


def _join(request: Request) -> dict[str, Any]:
    channel = request.channel()
    if channel.is_private:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    is_new = request.workspace.join(channel, request.caller)
    answer: dict[str, Any] = {"channel": _view(request, channel)}
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
    return {"channel": _view(request, channel)}


def _open(request: Request) -> dict[str, Any]:
    """Open the DM with one person, or find it by its id. DMs of several people are not modelled."""
    if request.arguments.text("channel"):
        channel, is_new = request.channel(), False
        if channel.kind != "im":
            raise ApiError("method_not_supported_for_channel_type")
    else:
        known = len(request.workspace.channels)
        channel = request.workspace.direct_channel(request.caller, _partner(request))
        is_new = len(request.workspace.channels) > known
    view = _view(request, channel) if request.arguments.flag("return_im") else {"id": channel.id}
    return {"channel": view} | ({} if is_new else {"no_op": True, "already_open": True})


def _partner(request: Request) -> User:
    ids = request.arguments.names("users")
    if not ids:
        raise ApiError("users_list_not_supplied")
    if len(ids) > 1:
        raise ApiError("too_many_users")
    user = request.workspace.users.get(ids[0])
    if user is None:
        raise ApiError("user_not_found")
    if user.is_deactivated:
        raise ApiError("user_disabled")
    if user.bot_id:
        raise ApiError("cannot_dm_bot")
    return user


def _invite(request: Request) -> dict[str, Any]:
    """Invite people; where one cannot be, nobody is, and the answer says why for each such."""
    channel = request.channel()
    if channel.kind == "im":
        raise ApiError("method_not_supported_for_channel_type")
    request.need(*_INVITE[channel.kind])
    if channel.is_archived:
        raise ApiError("is_archived")
    if not request.is_member(channel):
        raise ApiError("not_in_channel")
    ids = list(dict.fromkeys(request.arguments.names("users")))
    if not ids:
        raise ApiError("no_user")
    problems = {user_id: problem for user_id in ids if (problem := _not_invitable(request, channel, user_id))}
    if problems:
        errors = [{"user": user_id, "ok": False, "error": problem} for user_id, problem in problems.items()]
        raise ApiError(next(iter(problems.values())), errors=errors)
    for user_id in ids:
        channels.admit(request.workspace, channel, request.workspace.users[user_id], inviter=request.caller)
    return {"channel": _view(request, channel)}


def _not_invitable(request: Request, channel: Channel, user_id: str) -> str | None:
    user = request.workspace.users.get(user_id)
    if user is None or user.is_deactivated:
        return "user_not_found"
    if user.id == request.caller.id:
        return "cant_invite_self"
    if user.id in channel.members:
        return "already_in_channel"
    return None if channels.may_enter(request.workspace, user) else "ura_max_channels"


def _mark(request: Request) -> dict[str, Any]:
    """Take note of what was read, which no method tells again."""
    channel = request.channel()
    if not cursors.is_ts(request.arguments.text("ts")):
        raise ApiError("invalid_timestamp")
    if not request.is_member(channel):
        raise ApiError("not_in_channel")
    return {}


METHODS = (
    Method("conversations.create", _create, TIER_2, scopes=("channels:manage", "groups:write")),
    Method("conversations.info", _info, TIER_3, scopes=_READ),
    Method(
        "conversations.invite", _invite, TIER_3, scopes=tuple(scope for scopes in _INVITE.values() for scope in scopes)
    ),
    Method("conversations.join", _join, TIER_3, scopes=("channels:join",)),
    Method("conversations.list", _list, TIER_2, scopes=_READ),
    Method("conversations.members", _members, TIER_4, scopes=_READ),
    Method("conversations.mark", _mark, TIER_3, scopes=_WRITE),
    Method("conversations.open", _open, TIER_3, scopes=("im:write", "mpim:write")),
    Method("users.conversations", _of_user, TIER_2, scopes=_READ),
)
