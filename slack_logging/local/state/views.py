"""State -> the JSON objects of Slack's API. Pure; every call builds new outer objects."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from slack_logging.local.limits import REACTION_USERS_SHOWN
from slack_logging.local.state.conversation import Channel, Message
from slack_logging.local.state.model import Enterprise, Group, Integration, StoredFile, User

#: The host of pictures; the name is reserved for tests and resolves nowhere.
_IMAGES = "https://images.slack.test"
_BOT_IMAGES = {f"image_{size}": f"{_IMAGES}/bot_{size}.png" for size in (36, 48, 72)}
_PROFILE_SIZES = (24, 32, 48, 72, 192, 512)
_TEAM_SIZES = (34, 44, 68, 88, 102, 132)


def user(person: User, *, with_email: bool = False) -> dict[str, Any]:
    """Return a user object. Source: users.info.

    Args:
        person: the user.
        with_email: the profile says the address, which is for those with the scope ``users:read.email``.
    """
    view = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.is_deactivated,
        "color": "9f69e7",
        "real_name": person.name.capitalize(),
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": profile(person, with_email=with_email),
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_bot": person.bot_id is not None,
        "is_app_user": False,
        "updated": person.updated,
        "has_2fa": False,
    }
    if person.is_workflow:
        view["is_workflow_bot"] = True
    if person.enterprise is not None:
        view["enterprise_user"] = _enterprise_user(person, person.enterprise)
    return view


def _enterprise_user(person: User, enterprise: Enterprise) -> dict[str, Any]:
    return {
        "id": person.id,
        "enterprise_id": enterprise.id,
        "enterprise_name": enterprise.name,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "teams": [person.team_id],
    }


def profile(person: User, *, with_email: bool = False) -> dict[str, Any]:
    """Return a user's profile. Source: users.profile.get."""
    real_name = person.name.capitalize()
    view = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": real_name,
        "real_name_normalized": real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "ge0000000000",
        "team": person.team_id,
        **{f"image_{size}": f"{_IMAGES}/{person.id}_{size}.png" for size in _PROFILE_SIZES},
    }
    if person.bot_id:
        view |= {"bot_id": person.bot_id, "api_app_id": person.app_id, "always_active": True}
    elif with_email:
        view["email"] = f"{person.name}@local.slack.test"
    return view


def team(id: str, name: str, *, url: str, enterprise: Enterprise | None) -> dict[str, Any]:  # noqa: A002
    """Return a workspace object. Source: team.info."""
    view = {
        "id": id,
        "name": name,
        "url": url,
        "domain": url.removeprefix("https://").partition(".")[0],
        "email_domain": "",
        "icon": {"image_default": True} | {f"image_{size}": f"{_IMAGES}/team_{size}.png" for size in _TEAM_SIZES},
    }
    if enterprise is not None:
        view |= {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name}
    return view


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
        "icons": _BOT_IMAGES,
    } | ({"is_workflow_bot": True} if bot.is_workflow else {})


def bot(known: User | Integration) -> dict[str, Any]:
    """Return a bot object; what has no user says none. Source: bots.info."""
    view: dict[str, Any] = {
        "id": known.bot_id,
        "deleted": isinstance(known, User) and known.is_deactivated,
        "name": known.name,
        "updated": known.updated,
        "icons": _BOT_IMAGES,
    }
    if known.app_id is not None:
        view["app_id"] = known.app_id
    if isinstance(known, User):
        view["user_id"] = known.id
    return view


def channel(conversation: Channel, users: Mapping[str, User], *, viewer: str) -> dict[str, Any]:
    """Return a channel object. Source: conversations.info.

    A direct message has no name, creator, topic nor purpose, as in Slack's own examples.

    Args:
        conversation: the channel.
        users: everybody, by id: people of other workspaces make a channel a shared one.
        viewer: the id of the user who looks.
    """
    common = {
        "id": conversation.id,
        "created": conversation.created,
        "updated": int(conversation.updated * 1000),
        "is_archived": conversation.is_archived,
        "is_channel": conversation.kind == "channel",
        "is_group": conversation.kind == "group",
        "is_im": conversation.kind == "im",
        "is_mpim": False,
        "is_private": conversation.is_private,
        "is_member": viewer in conversation.members,
        "pending_shared": [],
        "is_pending_ext_shared": False,
    } | sharing(conversation, users, users[viewer])
    if conversation.kind == "im":
        other = next((users[member] for member in conversation.members if member != viewer), users[viewer])
        return common | {"user": other.id, "is_user_deleted": other.is_deactivated, "priority": 0}
    nothing = {"value": "", "creator": "", "last_set": 0}
    return common | {
        "name": conversation.name,
        "name_normalized": conversation.name,
        "creator": conversation.creator,
        "is_general": conversation.is_general,
        "unlinked": 0,
        "topic": nothing,
        "purpose": nothing,
        "previous_names": list(conversation.previous_names),
    }


def sharing(conversation: Channel, users: Mapping[str, User], viewer: User) -> dict[str, Any]:
    """Say with whom a conversation is shared: by Slack Connect, or with other workspaces of the viewer's enterprise."""
    guests = [users[member] for member in conversation.members if users[member].team_id != viewer.team_id]
    return {
        "is_shared": bool(guests),
        "is_ext_shared": any(guest.is_stranger_to(viewer) for guest in guests),
        "is_org_shared": any(not guest.is_stranger_to(viewer) for guest in guests),
        "context_team_id": viewer.team_id,
        "shared_team_ids": list(dict.fromkeys([viewer.team_id, *(guest.team_id for guest in guests)])),
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
        if parent is not None and stored.fields.get("subtype") == "thread_broadcast":
            view["root"] = message(conversation, parent, viewer=viewer, metadata=metadata)
    elif stored.was_threaded:
        view |= _thread(conversation, stored)
    if stored.ts in conversation.pins:
        view["pinned_to"] = [conversation.id]
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


def group(known: Group, *, team_id: str, with_users: bool, with_count: bool) -> dict[str, Any]:
    """Return a user group object. Source: usergroups.list."""
    view: dict[str, Any] = {
        "id": known.id,
        "team_id": team_id,
        "is_usergroup": True,
        "name": known.handle,
        "handle": known.handle,
        "description": "",
        "is_external": False,
        "date_create": known.created,
        "date_update": known.updated,
        "date_delete": known.disabled_at,
    }
    if with_users:
        view["users"] = list(known.users)
    if with_count:
        # A string, as in Slack's own example.
        view["user_count"] = str(len(known.users))
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
        "pretty_type": (stored.snippet_type or ending).capitalize(),
        "user": stored.user,
        "mode": "snippet" if stored.snippet_type else "hosted",
        "size": stored.length,
        "is_external": False,
        "external_type": "",
        "is_public": any(not share.is_private for share in stored.shares),
        "public_url_shared": False,
        "editable": bool(stored.snippet_type),
        "display_as_bot": False,
        "username": "",
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
