"""Which of the things that happen reach which app, and the envelope they come in. Pure.

Source: Events API, "Event types", "Callback fields".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from slack_logging.local.errors import check_several
from slack_logging.local.faults.fault import unknown
from slack_logging.local.state import views
from slack_logging.local.state.apps import DEFAULT_SCOPES, OTHER_SCOPES, App
from slack_logging.local.state.conversation import Channel
from slack_logging.local.state.teams import TEAM_ID
from slack_logging.local.state.workspace import Event, Workspace

#: A slash command, as people type it.
_COMMAND = re.compile(r"/[^\s/]+")

#: Kind of conversation -> the subscription for its messages and the scope that goes with it.
_MESSAGES = {
    "channel": ("message.channels", "channels:history"),
    "group": ("message.groups", "groups:history"),
    "im": ("message.im", "im:history"),
}

#: Event type -> the scope for it, for the events that are not about one message.
_CHANGES = ("archive", "deleted", "rename", "unarchive")
_SCOPES = {
    "channel_created": "channels:read",
    **{f"channel_{change}": "channels:read" for change in _CHANGES},
    **{f"group_{change}": "groups:read" for change in _CHANGES},
    "subteam_created": "usergroups:read",
    "subteam_updated": "usergroups:read",
    "team_join": "users:read",
    "user_change": "users:read",
}

#: What is told of members who come and go, with the scope for public channels and for private ones.
_MEMBERSHIPS = ("member_joined_channel", "member_left_channel")
_MEMBERSHIP_SCOPES = {"C": "channels:read", "G": "groups:read"}

#: The scope for `app_mention`.
_MENTIONS = "app_mentions:read"

#: Event type -> the scope for it, for those about a message of a channel that the bot is in.
_ITEM_SCOPES = {
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "pin_added": "pins:read",
    "pin_removed": "pins:read",
}


#: Subscriptions that a manifest may name, and to which nothing that can happen here belongs.
NEVER = ("app_home_opened", "app_uninstalled", "emoji_changed", "message.mpim", "tokens_revoked")

#: Every event that an app may subscribe to.
EVENTS = sorted(
    {subscription for subscription, _ in _MESSAGES.values()}
    | {*_SCOPES, *_ITEM_SCOPES, *_MEMBERSHIPS, "app_mention", *NEVER}
)

#: Every scope that some event asks for.
SCOPES = frozenset({scope for _, scope in _MESSAGES.values()} | {*_SCOPES.values(), *_ITEM_SCOPES.values(), _MENTIONS})


def for_app(app: App, workspace: Workspace, event: Event) -> Iterator[Event]:
    """Yield the inner events that one thing that happened is to an app; most often one or none.

    A mention is a message and an `app_mention` of its own. What the app itself did is no exception.

    Args:
        app: with its subscriptions and scopes.
        workspace: looked at for the bot's memberships.
        event: as the workspace tells it.
    """
    if event.get("is_ephemeral"):
        return
    kind = event["type"]
    if kind == "message":
        channel = workspace.channels.get(event["channel"])
        if channel is None or app.bot.id not in channel.members:
            return
        if _gets(app, *_MESSAGES[channel.kind]):
            yield event
        if _is_mention(app, channel, event) and _gets(app, "app_mention", _MENTIONS):
            yield _mention(event)
    elif kind in _ITEM_SCOPES:
        if _is_in(app, workspace, event["item"]["channel"]) and _gets(app, kind, _ITEM_SCOPES[kind]):
            yield event
    elif kind in _MEMBERSHIPS:
        scope = _MEMBERSHIP_SCOPES[event["channel_type"]]
        if _is_in(app, workspace, event["channel"]) and _gets(app, kind, scope):
            yield event
    elif kind in _SCOPES and _gets(app, kind, _SCOPES[kind]):
        yield event


def known_scopes(scopes: Iterable[str] | None) -> frozenset[str] | None:
    """Return scopes that a bot token may have; a typing error would only show in that something is missing.

    Raises:
        ValueError: one is not known; the message names the nearest that is.
    """
    known = sorted(DEFAULT_SCOPES | OTHER_SCOPES)
    return _known("scope", scopes, known, expected="those of a bot token, such as chat:write")


def known_events(events: Iterable[str] | None) -> frozenset[str] | None:
    """Return events that an app may subscribe to; a typing error would only show in that nothing comes.

    Raises:
        ValueError: one is not delivered here; the message names the nearest that is.
    """
    return _known("event", events, EVENTS, expected=", ".join(EVENTS))


def known_commands(commands: Iterable[str]) -> frozenset[str]:
    """Return slash commands that people can type.

    Raises:
        ValueError: one is not a slash and a word.
    """
    names = list(commands)
    for name in names:
        if isinstance(commands, str) or not _COMMAND.fullmatch(name):
            raise ValueError(f"commands: expected slash commands such as ['/deploy'], got {commands!r}")
    return frozenset(names)


def _known(what: str, names: Iterable[str] | None, known: list[str], *, expected: str) -> frozenset[str] | None:
    if names is None:
        return None
    check_several(f"{what}s", names)
    names = list(names)
    for name in names:
        if name not in known:
            raise unknown(what, name, known, expected=expected)
    return frozenset(names)


def _is_in(app: App, workspace: Workspace, channel_id: str) -> bool:
    channel = workspace.channels.get(channel_id)
    return channel is not None and app.bot.id in channel.members


def _gets(app: App, subscription: str, scope: str) -> bool:
    return scope in app.scopes and (app.events is None or subscription in app.events)


def _is_mention(app: App, channel: Channel, event: Event) -> bool:
    """Tell whether somebody else mentions the bot in a new message; in a DM every message is for it anyway."""
    is_new = event.get("subtype") in (None, "file_share", "thread_broadcast", "bot_message")
    by_itself = app.bot.bot_id == event.get("bot_id")
    return is_new and not by_itself and channel.kind != "im" and f"<@{app.bot.id}" in str(event.get("text", ""))


def _mention(event: Event) -> Event:
    kept = {name: value for name, value in event.items() if name not in ("channel_type", "subtype")}
    return kept | {"type": "app_mention"}


def callback(app: App, workspace: Workspace, event: Event, *, number: int, now: float) -> dict[str, Any]:
    """Return the payload that carries an inner event to an app.

    Args:
        app: whose installation it is.
        workspace: where; its enterprise is told, and whether the channel is shared with strangers.
        event: the inner event.
        number: counts all callbacks of the workspace; makes the `event_id`, which a redelivery repeats.
        now: epoch seconds.
    """
    place = event.get("channel") or event.get("item", {}).get("channel")
    channel = place if isinstance(place, str) else ""
    enterprise_id = workspace.enterprise.id if workspace.enterprise else None
    conversation = workspace.channels.get(channel)
    return {
        "token": app.verification_token,
        "team_id": TEAM_ID,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{number:09d}",
        "event_time": int(now),
        "event_context": "-".join(part for part in ("1", event["type"], TEAM_ID, channel) if part),
        "authorizations": [
            {
                "enterprise_id": enterprise_id,
                "team_id": TEAM_ID,
                "user_id": app.bot.id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(
            conversation and views.sharing(conversation, workspace.users, app.bot)["is_ext_shared"]
        ),
        "context_team_id": TEAM_ID,
        "context_enterprise_id": enterprise_id,
    }


def rate_limited(app: App, now: float) -> dict[str, Any]:
    """Return the payload that says that events were left out this minute. Source: app_rate_limited."""
    return {
        "token": app.verification_token,
        "type": "app_rate_limited",
        "team_id": TEAM_ID,
        "minute_rate_limited": int(now) // 60 * 60,
        "api_app_id": app.id,
    }
