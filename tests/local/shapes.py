"""The fields that Slack lists for each kind of object, each with its type, and the judge of them."""

from __future__ import annotations

from typing import Any

#: What an object must hold: a type, which is exact (a bool is no int), a list of one such, or fields by name.
Shape = Any

TS = str
BOT_ICONS = {"image_36": str, "image_48": str, "image_72": str}
BOT_PROFILE = {
    "id": str,
    "app_id": str,
    "user_id": str,
    "name": str,
    "deleted": bool,
    "updated": int,
    "team_id": str,
    "icons": BOT_ICONS,
}
FILE = {
    "id": str,
    "created": int,
    "timestamp": int,
    "name": str,
    "title": str,
    "mimetype": str,
    "filetype": str,
    "pretty_type": str,
    "user": str,
    "editable": bool,
    "size": int,
    "mode": str,
    "is_external": bool,
    "external_type": str,
    "is_public": bool,
    "public_url_shared": bool,
    "display_as_bot": bool,
    "username": str,
    "url_private": str,
    "url_private_download": str,
    "permalink": str,
}
MESSAGE = {"type": str, "ts": TS, "text": str}
TYPED = MESSAGE | {"user": str, "team": str, "client_msg_id": str, "blocks": [{"type": str, "block_id": str}]}
POSTED = MESSAGE | {"user": str, "team": str, "bot_id": str, "app_id": str, "bot_profile": BOT_PROFILE}
PARENT = TYPED | {
    "thread_ts": TS,
    "reply_count": int,
    "reply_users": [str],
    "reply_users_count": int,
    "latest_reply": TS,
    "subscribed": bool,
    "is_locked": bool,
}
REPLY = POSTED | {"thread_ts": TS, "parent_user_id": str}
FROM_ELSEWHERE = TYPED | {"user_team": str, "source_team": str}
BOT_MESSAGE = MESSAGE | {"subtype": str, "bot_id": str, "username": str}
HOOKED = BOT_MESSAGE | {"app_id": str}
CUSTOMISED = HOOKED | {"icons": {"emoji": str}}
BROADCAST = REPLY | {"subtype": str, "root": PARENT}
EDITED = POSTED | {"edited": {"user": str, "ts": TS}}
REACTED_TO = TYPED | {"reactions": [{"name": str, "count": int, "users": [str]}]}
PINNED = TYPED | {"pinned_to": [str]}
WITH_BLOCKS = POSTED | {"blocks": [{"type": str, "block_id": str}]}
WITH_ATTACHMENTS = POSTED | {"attachments": [{"id": int, "text": str}]}
WITH_METADATA = POSTED | {"metadata": {"event_type": str, "event_payload": {"id": str}}}
WITH_FILE = POSTED | {"subtype": str, "upload": bool, "files": [FILE]}
JOIN = MESSAGE | {"subtype": str, "user": str, "inviter": str}
RENAME = MESSAGE | {"subtype": str, "user": str, "old_name": str, "name": str}
IN_EVENT = {"channel": str, "channel_type": str, "event_ts": TS}

ABOUT = {"value": str, "creator": str, "last_set": int}
CHANNEL = {
    "id": str,
    "name": str,
    "name_normalized": str,
    "is_channel": bool,
    "is_group": bool,
    "is_im": bool,
    "is_mpim": bool,
    "is_private": bool,
    "created": int,
    "creator": str,
    "is_archived": bool,
    "is_general": bool,
    "unlinked": int,
    "is_shared": bool,
    "is_ext_shared": bool,
    "is_org_shared": bool,
    "pending_shared": [str],
    "is_pending_ext_shared": bool,
    "is_member": bool,
    "updated": int,
    "topic": ABOUT,
    "purpose": ABOUT,
    "previous_names": [str],
}
COUNTED_CHANNEL = CHANNEL | {"num_members": int}
#: What a direct message has not: it has no name, nobody made it, and nothing is said of it.
ONLY_OF_NAMED = ("name", "name_normalized", "creator", "is_general", "unlinked", "topic", "purpose", "previous_names")
DIRECT = {name: kind for name, kind in CHANNEL.items() if name not in ONLY_OF_NAMED} | {
    "user": str,
    "is_user_deleted": bool,
    "priority": int,
}

PROFILE = {
    "display_name": str,
    "real_name": str,
    "team": str,
    **{f"image_{size}": str for size in (24, 32, 48, 72, 192, 512)},
}
USER = {
    "id": str,
    "team_id": str,
    "name": str,
    "deleted": bool,
    "real_name": str,
    "tz": str,
    "tz_offset": int,
    "profile": PROFILE,
    "is_admin": bool,
    "is_owner": bool,
    "is_primary_owner": bool,
    "is_restricted": bool,
    "is_ultra_restricted": bool,
    "is_bot": bool,
    "is_app_user": bool,
    "updated": int,
    "has_2fa": bool,
}
BOT_USER = USER | {"profile": PROFILE | {"bot_id": str, "api_app_id": str}}
PERSON = USER | {"profile": PROFILE | {"email": str}}
MEMBER = USER | {
    "enterprise_user": {
        "id": str,
        "enterprise_id": str,
        "enterprise_name": str,
        "is_admin": bool,
        "is_owner": bool,
        "teams": [str],
    }
}
GROUP = {"id": str, "team_id": str, "handle": str, "name": str, "date_delete": int, "users": [str], "user_count": str}
BOT = {"id": str, "deleted": bool, "name": str, "updated": int, "app_id": str, "user_id": str, "icons": BOT_ICONS}
TEAM = {"id": str, "name": str, "domain": str, "url": str, "icon": {"image_34": str, "image_default": bool}}


def faults(shape: Shape, value: object, path: str = "") -> list[str]:
    """Return where a value is not of a shape; fields beyond the shape do not matter."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{path}: {value!r} is no object"]
        missing = [f"{path}.{name} is missing" for name in shape if name not in value]
        return missing + [
            fault
            for name, part in shape.items()
            if name in value
            for fault in faults(part, value[name], f"{path}.{name}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{path}: {value!r} is no array"]
        return [fault for number, item in enumerate(value) for fault in faults(shape[0], item, f"{path}[{number}]")]
    return [] if type(value) is shape else [f"{path}: {value!r} is no {shape.__name__}"]
