"""auth.test, api.test, bots.info and apps.connections.open: who am I, is anybody there, who is that, let me in."""

from __future__ import annotations

from typing import Any

from slack_logging.local import views
from slack_logging.local.errors import ApiError
from slack_logging.local.methods.request import Method, Request
from slack_logging.local.ratelimits import SPECIAL, TIER_3, TIER_4
from slack_logging.local.workspace import TEAM_ID, TEAM_URL


def _auth_test(request: Request) -> dict[str, Any]:
    return {
        "url": TEAM_URL,
        "team": "Local Slack",
        "user": request.caller.name,
        "team_id": TEAM_ID,
        "user_id": request.caller.id,
        "bot_id": request.caller.bot_id,
        "is_enterprise_install": False,
    }


def _api_test(request: Request) -> dict[str, Any]:
    echo = {name: value for name, value in request.arguments.as_dict().items() if name != "token"}
    if "error" in request.arguments:
        raise ApiError(request.arguments.text("error"), args=echo)
    return {"args": echo}


def _bot_info(request: Request) -> dict[str, Any]:
    bot_id = request.arguments.text("bot") or request.caller.bot_id
    for user in request.workspace.users.values():
        if user.bot_id == bot_id:
            profile = views.bot_profile(user)
            return {
                "bot": {key: profile[key] for key in ("id", "app_id", "user_id", "name", "deleted", "updated", "icons")}
            }
    raise ApiError("bot_not_found")


def _open_connection(request: Request) -> dict[str, Any]:
    """Give out a one-time address. Slack does not say what an app with Socket Mode off gets; the code is ours."""
    if not request.app.socket_mode:
        raise ApiError("socket_mode_disabled")
    return {"url": request.connect(request.app, request.url)}


METHODS = (
    Method("apps.connections.open", _open_connection, TIER_3, scopes=("connections:write",), is_app_level=True),
    Method("api.test", _api_test, TIER_4, needs_token=False),
    Method("auth.test", _auth_test, SPECIAL),
    Method("bots.info", _bot_info, TIER_3, scopes=("users:read",)),
)
