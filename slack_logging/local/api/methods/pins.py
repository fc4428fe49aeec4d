"""pins.* and bookmarks.*: what a channel keeps at hand."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from slack_logging.local import limits
from slack_logging.local.api.methods.request import Method, Request
from slack_logging.local.api.ratelimits import TIER_2
from slack_logging.local.errors import ApiError, invalid_arguments
from slack_logging.local.state import channels, views
from slack_logging.local.state.conversation import Channel, Message
from slack_logging.local.state.emoji import canonical_name
from slack_logging.local.state.links import permalink
from slack_logging.local.state.teams import TEAM_ID
from slack_logging.local.state.text import length


def _changeable(request: Request, *, argument: str) -> Channel:
    channel = request.channel(argument=argument)
    if channel.is_archived:
        raise ApiError("is_archived")
    if not request.is_member(channel):
        raise ApiError("not_in_channel")
    return channel


def _item(request: Request) -> tuple[Channel, Message]:
    channel = _changeable(request, argument="channel")
    return channel, request.item(channel)


def _add(request: Request) -> dict[str, Any]:
    channels.pin(request.workspace, *_item(request), request.caller)
    return {}


def _remove(request: Request) -> dict[str, Any]:
    channels.unpin(request.workspace, *_item(request), request.caller)
    return {}


def _list(request: Request) -> dict[str, Any]:
    """Return the pins, the newest first."""
    channel = request.channel()
    items = []
    for ts, pin in reversed(channel.pins.items()):
        message = channel.get(ts)
        if message is not None:
            view = views.message(channel, message, viewer=request.caller.id)
            about = {"type": "message", "channel": channel.id, "created": pin.created, "created_by": pin.user}
            items.append(about | {"message": view | {"permalink": permalink(channel, message)}})
    return {"items": items}


def _add_bookmark(request: Request) -> dict[str, Any]:
    channel = _changeable(request, argument="channel_id")
    arguments, now = request.arguments, int(request.workspace.clock.time())
    title, link, emoji = arguments.required("title"), arguments.text("link"), arguments.text("emoji")
    if length(title) > limits.BOOKMARK_TITLE or arguments.required("type") != "link":
        raise invalid_arguments("a bookmark is of the type link, its title of at most 256 characters")
    if length(link) > limits.BOOKMARK_LINK or not _is_link(link):
        raise ApiError("invalid_link")
    if emoji and canonical_name(emoji.strip(":")) is None:
        raise ApiError("invalid_emoji")
    if len(channel.bookmarks) >= limits.BOOKMARKS:
        raise ApiError("too_many_bookmarks")
    bookmark = {
        "id": f"Bk{channel.id[1:]}{len(channel.bookmarks) + 1}",
        "channel_id": channel.id,
        "title": title,
        "link": link,
        "emoji": emoji,
        "icon_url": None,
        "type": "link",
        "entity_id": None,
        "date_created": now,
        "date_updated": 0,
        "rank": f"{len(channel.bookmarks):03d}",
        "last_updated_by_user_id": request.caller.id,
        "last_updated_by_team_id": TEAM_ID,
        "shortcut_id": None,
        "app_id": request.caller.app_id,
    }
    channel.bookmarks.append(bookmark)
    return {"bookmark": bookmark}


def _is_link(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _list_bookmarks(request: Request) -> dict[str, Any]:
    return {"bookmarks": list(request.channel(argument="channel_id").bookmarks)}


METHODS = (
    Method("bookmarks.add", _add_bookmark, TIER_2, scopes=("bookmarks:write",)),
    Method("bookmarks.list", _list_bookmarks, TIER_2, scopes=("bookmarks:read",)),
    Method("pins.add", _add, TIER_2, scopes=("pins:write",)),
    Method("pins.list", _list, TIER_2, scopes=("pins:read",)),
    Method("pins.remove", _remove, TIER_2, scopes=("pins:write",)),
)
