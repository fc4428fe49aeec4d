"""users.* but for channels, and usergroups.*: who exists, and who belongs to which group."""

from __future__ import annotations

from typing import Any

from slack_logging.local.api.methods.request import LOCALE, Method, Request
from slack_logging.local.api.ratelimits import TIER_2, TIER_3, TIER_4
from slack_logging.local.errors import ApiError
from slack_logging.local.state import views
from slack_logging.local.state.model import User
from slack_logging.local.state.teams import TEAM_ID


def _info(request: Request) -> dict[str, Any]:
    view = _view(request, request.user())
    return {"user": view | ({"locale": LOCALE} if request.arguments.flag("include_locale") else {})}


def _view(request: Request, user: User) -> dict[str, Any]:
    return views.user(user, with_email=_sees_emails(request))


def _sees_emails(request: Request) -> bool:
    return "users:read.email" in request.scopes


def _list(request: Request) -> dict[str, Any]:
    users, metadata = request.page(list(request.workspace.users.values()))
    return {
        "members": [_view(request, user) for user in users],
        "cache_ts": int(request.workspace.clock.time()),
        "response_metadata": metadata,
    }


def _profile(request: Request) -> dict[str, Any]:
    user = request.user() if "user" in request.arguments else request.caller
    return {"profile": views.profile(user, with_email=_sees_emails(request))}


def _presence(request: Request) -> dict[str, Any]:
    """Everybody is there who still has an account."""
    user = request.user() if "user" in request.arguments else request.caller
    return {"presence": "away" if user.is_deactivated else "active"}


def _groups(request: Request) -> dict[str, Any]:
    arguments = request.arguments
    groups = [
        group
        for group in request.workspace.groups.values()
        if arguments.flag("include_disabled") or not group.disabled_at
    ]
    with_users, with_count = arguments.flag("include_users"), arguments.flag("include_count")
    return {
        "usergroups": [
            views.group(group, team_id=TEAM_ID, with_users=with_users, with_count=with_count) for group in groups
        ]
    }


def _group_users(request: Request) -> dict[str, Any]:
    group = request.workspace.groups.get(request.arguments.required("usergroup"))
    if group is None or (group.disabled_at and not request.arguments.flag("include_disabled")):
        raise ApiError("no_such_subteam")
    return {"users": list(group.users)}


METHODS = (
    Method("users.getPresence", _presence, TIER_3, scopes=("users:read",)),
    Method("users.info", _info, TIER_4, scopes=("users:read",)),
    Method("users.list", _list, TIER_2, scopes=("users:read",)),
    Method("users.profile.get", _profile, TIER_4, scopes=("users.profile:read",)),
    Method("usergroups.list", _groups, TIER_2, scopes=("usergroups:read",)),
    Method("usergroups.users.list", _group_users, TIER_2, scopes=("usergroups:read",)),
)
