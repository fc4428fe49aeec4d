"""Who am I, where am I, is anybody there, who is that, let me in: auth.test, team.info, api.test and their like."""

from __future__ import annotations

from typing import Any

from slack_logging.local.api.methods.request import Method, Request
from slack_logging.local.api.ratelimits import SPECIAL, TIER_2, TIER_3, TIER_4
from slack_logging.local.errors import ApiError
from slack_logging.local.state import views
from slack_logging.local.state.model import Integration, User
from slack_logging.local.state.teams import TEAM_ID, TEAM_NAME, TEAM_URL


def _auth_test(request: Request) -> dict[str, Any]:
    enterprise = request.workspace.enterprise
    return {
        "url": TEAM_URL,
        "team": TEAM_NAME,
        "user": request.caller.name,
        "team_id": TEAM_ID,
        "user_id": request.caller.id,
        "bot_id": request.caller.bot_id,
        "is_enterprise_install": False,
    } | ({"enterprise_id": enterprise.id} if enterprise else {})


def _api_test(request: Request) -> dict[str, Any]:
    echo = {name: value for name, value in request.arguments.as_dict().items() if name != "token"}
    if "error" in request.arguments:
        raise ApiError(request.arguments.text("error"), args=echo)
    return {"args": echo}


def _bot_info(request: Request) -> dict[str, Any]:
    bot_id = request.arguments.text("bot") or request.caller.bot_id
    bots: list[User | Integration] = [*request.workspace.users.values(), *request.workspace.integrations.values()]
    for bot in bots:
        if bot.bot_id == bot_id:
            return {"bot": views.bot(bot)}
    raise ApiError("bot_not_found")


def _open_connection(request: Request) -> dict[str, Any]:
    """Give out a one-time address. Slack does not say what an app with Socket Mode off gets; the code is ours."""
    if not request.app.socket_mode:
        raise ApiError("socket_mode_disabled")
    return {"url": request.connect(request.app, request.url)}


def _team_info(request: Request) -> dict[str, Any]:
    if request.arguments.text("team", TEAM_ID) != TEAM_ID:
        raise ApiError("team_not_found")
    return {"team": views.team(TEAM_ID, TEAM_NAME, url=TEAM_URL, enterprise=request.workspace.enterprise)}


def _emoji_list(request: Request) -> dict[str, Any]:
    """Return the custom emoji, which is what this method lists: there are none."""
    return {"emoji": {}, "cache_ts": str(int(request.workspace.clock.time()))}


METHODS = (
    Method("apps.connections.open", _open_connection, TIER_3, scopes=("connections:write",), is_app_level=True),
    Method("api.test", _api_test, TIER_4, needs_token=False),
    Method("auth.test", _auth_test, SPECIAL),
    Method("bots.info", _bot_info, TIER_3, scopes=("users:read",)),
    Method("emoji.list", _emoji_list, TIER_2, scopes=("emoji:read",)),
    Method("team.info", _team_info, TIER_3, scopes=("team:read",)),
)
