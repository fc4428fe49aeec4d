"""Which scopes an app needs and for what, and the manifest that asks for them. Pure.

The table is the only place that says so: the manifest, `slack-logging check` and the README follow it.
Source: App manifest reference; each method's and each event's own page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from slack_logging.errors import ConfigurationError

#: What a program uses of Slack: ``log`` posts records, ``commands`` reads and answers them, ``groups`` lets user groups
#: run them.
Feature = Literal["log", "commands", "groups"]

#: Characters of an app's name. Source: App manifest reference, "Display information".
MAX_NAME = 35


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope of the bot token.

    Attributes:
        name: Slack's.
        feature: what needs it.
        why: completes "needed to ...".
        events: what an app with Socket Mode subscribes to, because the scope allows it.
    """

    name: str
    feature: Feature
    why: str
    events: tuple[str, ...] = ()


SCOPES = (
    Scope("channels:history", "commands", "read what is typed in a public channel", ("message.channels",)),
    Scope("channels:read", "commands", "find a public channel by its name"),
    Scope("chat:write", "log", "post records and replies"),
    Scope("files:write", "log", "attach a text that is too long for a message"),
    Scope("groups:history", "commands", "read what is typed in a private channel", ("message.groups",)),
    Scope("groups:read", "commands", "find a private channel by its name"),
    Scope(
        "reactions:read",
        "commands",
        "see who mutes an error, or approves a command",
        ("reaction_added", "reaction_removed"),
    ),
    Scope("reactions:write", "commands", "mark commands with emoji"),
    Scope("usergroups:read", "groups", "know who is in a user group that is allowed"),
    Scope("users:read", "commands", "tell people from guests, strangers and bots"),
)


def needed(*features: Feature) -> tuple[Scope, ...]:
    """Return the scopes for these features, by name."""
    return tuple(scope for scope in SCOPES if scope.feature in features)


def manifest(scopes: tuple[Scope, ...], *, name: str, socket_mode: bool = False) -> dict[str, Any]:
    """Return an app manifest.

    Args:
        scopes: that it asks for.
        name: the app's; its bot is called the same, in the letters that Slack allows there.
        socket_mode: switch Socket Mode on, with the events that the scopes allow.

    Raises:
        ConfigurationError: no app can be called that.
    """
    if not 0 < len(name.strip()) <= MAX_NAME or not name.isprintable():
        raise ConfigurationError(f"{name!r} is no name for an app: give 1 to {MAX_NAME} characters, on one line")
    bot = re.sub(r"[^a-z0-9._-]+", "-", name.strip().lower())
    settings: dict[str, Any] = {
        "org_deploy_enabled": False,
        "socket_mode_enabled": socket_mode,
        "token_rotation_enabled": False,
    }
    if socket_mode:
        events = [event for scope in scopes for event in scope.events]
        settings = {"event_subscriptions": {"bot_events": events}, **settings}
    return {
        "display_information": {"name": name.strip()},
        "features": {"bot_user": {"display_name": bot, "always_online": True}},
        "oauth_config": {"scopes": {"bot": [scope.name for scope in scopes]}},
        "settings": settings,
    }


def to_yaml(document: dict[str, Any]) -> str:
    """Return a manifest as YAML, with what each scope is for beside it."""
    reasons = {scope.name: scope.why for scope in SCOPES}
    return "".join(f"{line}\n" for line in _yaml(document, reasons))


def _yaml(value: dict[str, Any], reasons: dict[str, str], indent: str = "") -> Iterator[str]:
    """Write mappings, lists of words, texts and booleans. JSON's way to write the last two is YAML's too."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield f"{indent}{key}:"
            yield from _yaml(inner, reasons, f"{indent}  ")
        elif isinstance(inner, list):
            yield f"{indent}{key}:"
            for word in inner:
                comment = f"# {reasons[word]}" if word in reasons else ""
                yield f"{indent}  - {word:<16} {comment}".rstrip()
        else:
            yield f"{indent}{key}: {json.dumps(inner, ensure_ascii=False)}"
