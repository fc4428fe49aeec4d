"""State -> the JSON objects of Slack's API. Pure; every call builds new outer objects."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import quote

from slack_logging.local.conversation import Channel, Message
from slack_logging.local.limits import REACTION_USERS_SHOWN
from slack_logging.local.model import Group, StoredFile, User

_ICONS = {f"image_{size}": f"https://a.slack-edge.com/bot_{size}.png" for size in (36, 48, 72)}


def user(person: User) -> dict[str, Any]:
    """Return a user object. Source: users.info."""
    return {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.is_deactivated,
        "real_name": person.name.capitalize(),
        "tz": "Etc/UTC",
        "tz_offset": 0,
        "profile": {
            "real_name": person.name.capitalize(),
            "display_name": person.name,
            "team": person.team_id,
            **({"bot_id": person.bot_id, "api_app_id": person.app_id} if person.bot_id else {}),
        },
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_bot": person.bot_id is not None,
        "is_app_user": False,
        "updated": person.updated,
    }


def bot_profile(bot: User) -> dict[str, Any]:
    """Return what a message says about the app that posted it."""
    return {
        "id": bot.bot_id,
        "app_id": bot.app_id,
        "user_id": bot.id,
        "name": bot.name,
        "deleted": bot.is_deactivated,
        "updated": bot.updated,
        "team_id": bot.team_id,
        "icons": _ICONS,
    }


def channel(conversation: Channel, viewer: str) -> dict[str, Any]:
    """Return a channel object as the user with the id `viewer` sees it. Source: conversations.info."""
    common = {"id": conversation.id, "created": conversation.created, "is_archived": conversation.is_archived}
    common |= {"is_im": conversation.kind == "im", "is_org_shared": False, "updated": conversation.created * 1000}
    if conversation.kind == "im":
        others = [member for member in conversation.members if member != viewer]
        return common | {"user": others[0] if others else viewer, "is_user_deleted": False, "priority": 0}
    nothing = {"value": "", "creator": "", "last_set": 0}
    return common | {
        "name": conversation.name,
        "name_normalized": conversation.name,
        "is_channel": conversation.kind == "channel",
        "is_group": conversation.kind == "group",
        "is_mpim": False,
        "is_private": conversation.is_private,
        "creator": conversation.creator,
        "is_general": conversation.name == "general",
        "unlinked": 0,
        "is_shared": False,
        "is_ext_shared": False,
        "pending_shared": [],
        "is_pending_ext_shared": False,
        "is_member": viewer in conversation.members,
        "topic": nothing,
        "purpose": nothing,
        "previous_names": [],
    }


def message(
    conversation: Channel, stored: Message, *, viewer: str = "", full: bool = False, metadata: bool = True
) -> dict[str, Any]:
    """Return a message object. It has no `channel`; events add that.

    Args:
        conversation: where it stands.
        stored: the message.
        viewer: a user id; who reacted is always listed to himself.
        full: list everybody who reacted.
        metadata: with the payload; else only the event type is shown.
    """
    view = stored.fields | {"ts": stored.ts}
    if not metadata and "metadata" in view:
        view["metadata"] = {"event_type": view["metadata"]["event_type"]}
    if stored.parent_ts is not None:
        view["thread_ts"] = stored.parent_ts
        parent = conversation.get(stored.parent_ts)
        if parent is not None and "user" in parent.fields:
            view["parent_user_id"] = parent.fields["user"]
    elif stored.was_threaded:
        view |= _thread(conversation, stored)
    if stored.reactions:
        view["reactions"] = [_reaction(name, users, viewer, full) for name, users in stored.reactions.items()]
    return view


def _thread(conversation: Channel, parent: Message) -> dict[str, Any]:
    replies = list(conversation.thread(parent))[1:]
    users = list(dict.fromkeys(reply.fields.get("user", reply.fields.get("bot_id")) for reply in replies))
    view = {"thread_ts": parent.ts, "reply_count": len(replies), "reply_users_count": len(users)}
    view |= {"reply_users": users[:5], "is_locked": False, "subscribed": False}
    if replies:
        view["latest_reply"] = replies[-1].ts
    return view


def _reaction(name: str, users: list[str], viewer: str, full: bool) -> dict[str, Any]:
    shown = users if full else users[:REACTION_USERS_SHOWN]
    if viewer in users and viewer not in shown:
        shown = [*shown, viewer]
    return {"name": name, "users": list(shown), "count": len(users)}


def group(team: Group, *, team_id: str, with_users: bool, with_count: bool) -> dict[str, Any]:
    """Return a user group object. Source: usergroups.list."""
    view: dict[str, Any] = {
        "id": team.id,
        "team_id": team_id,
        "is_usergroup": True,
        "name": team.handle,
        "handle": team.handle,
        "description": "",
        "is_external": False,
        "date_create": team.created,
        "date_update": team.created,
        "date_delete": team.disabled_at,
    }
    if with_users:
        view["users"] = list(team.users)
    if with_count:
        # A string, as in Slack's own example.
        view["user_count"] = str(len(team.users))
    return view


def file(stored: StoredFile, *, url: str, permalink: str, with_shares: bool) -> dict[str, Any]:
    """Return a file object. Source: files.info.

    Args:
        stored: the file.
        url: the server's own address; the content is served below it.
        permalink: the workspace's address.
        with_shares: False where Slack does not know yet where the file can be seen.
    """
    mimetype = mimetypes.guess_type(stored.name)[0] or (
        "text/plain" if stored.snippet_type else "application/octet-stream"
    )
    ending = stored.name.rpartition(".")[2] if "." in stored.name else "text"
    view: dict[str, Any] = {
        "id": stored.id,
        "created": stored.created,
        "timestamp": stored.created,
        "name": stored.name,
        "title": stored.title or stored.name,
        "mimetype": mimetype,
        "filetype": stored.snippet_type or ending,
        "user": stored.user,
        "mode": "snippet" if stored.snippet_type else "hosted",
        "size": stored.length,
        "is_external": False,
        "is_public": any(not share.is_private for share in stored.shares),
        "url_private": f"{url}/files/{stored.id}/{quote(stored.name, safe='')}",
        "url_private_download": f"{url}/files/{stored.id}/download/{quote(stored.name, safe='')}",
        "permalink": f"{permalink}files/{stored.user}/{stored.id}/{quote(stored.name, safe='')}",
    }
    if with_shares and stored.shares:
        shares: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for share in stored.shares:
            place = shares.setdefault("private" if share.is_private else "public", {})
            entry = {"ts": share.ts} | ({"thread_ts": share.thread_ts} if share.thread_ts else {})
            place.setdefault(share.channel, []).append(entry)
        view["shares"] = shares
    return view
