"""Slash commands and clicks: what the app gets, and what becomes of its answer. Use it under the workspace's lock.

Source: Slash commands; Block interaction payloads; Handling user interaction.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from slack_logging.local.api.webhooks import Webhooks
from slack_logging.local.events.deliveries import Delivery
from slack_logging.local.state import views
from slack_logging.local.state.apps import App, Apps
from slack_logging.local.state.content import Content
from slack_logging.local.state.conversation import Channel
from slack_logging.local.state.model import User
from slack_logging.local.state.posting import show_to
from slack_logging.local.state.teams import TEAM_ID, TEAM_URL
from slack_logging.local.state.workspace import Workspace

_TEAM_DOMAIN = TEAM_URL.removeprefix("https://").partition(".")[0]
_TOLD = ("type", "action_id", "text", "value", "style")
_SLACKBOT = {"subtype": "bot_message", "bot_id": "B01", "username": "Slackbot"}


class Interactions:
    """What people do that one app, and no other, is told of.

    Args:
        workspace: where.
        apps: who takes which command.
        webhooks: gives out response_urls, and shows answers.
        deliver: sends a delivery to an app.
    """

    def __init__(
        self, workspace: Workspace, apps: Apps, webhooks: Webhooks, deliver: Callable[[App, Delivery], None]
    ) -> None:
        self._workspace = workspace
        self._apps = apps
        self._webhooks = webhooks
        self._deliver = deliver
        self._numbers = itertools.count(1)

    def command(self, channel: Channel, typed: str, user: User, *, url: str) -> None:
        """Have a slash command brought to the app that takes it.

        Args:
            channel: where it was typed; the message is not posted.
            typed: from the slash on.
            user: who typed it.
            url: the server's own address.

        Raises:
            LookupError: no app takes it.
            ValueError: it does not begin with a slash and a word.
        """
        if not re.match(r"/\S", typed):
            raise ValueError(f"{typed!r} is no slash command: begin with one such as '/deploy', or say() it instead")
        name, text = [*typed.split(maxsplit=1), "", ""][:2]
        app = self._apps.for_command(name)
        if app is None:
            raise LookupError(f"{name} is not a valid command: no app here takes it")
        path = self._webhooks.response_path(app, channel.id, user_id=user.id)
        payload = {
            "token": app.verification_token,
            "team_id": TEAM_ID,
            "team_domain": _TEAM_DOMAIN,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": user.id,
            "user_name": user.name,
            "command": name,
            "text": text.strip(),
            "api_app_id": app.id,
            "is_enterprise_install": "false",
            "response_url": url + path,
            "trigger_id": self._trigger(),
        } | self._enterprise()
        self._send(app, "slash_commands", payload, path, channel, user, what=name)

    def click(self, channel: Channel, ts: str, action_id: str, user: User, *, block_id: str | None, url: str) -> None:
        """Have a click on a button brought to the app whose message it is in.

        Args:
            channel: where the message stands.
            ts: the message's, stored or ephemeral.
            action_id: the button's.
            user: who clicked.
            block_id: its block's; None takes the first button with that `action_id`.
            url: the server's own address.

        Raises:
            LookupError: there is no such message or button, or it is no app's.
        """
        message = self._shown(channel, ts, user)
        buttons = (each for each in _buttons(message) if each.told["action_id"] == action_id)
        found = next((each for each in buttons if block_id in (None, each.told["block_id"])), None)
        if found is None:
            raise LookupError(f"no button {action_id!r} in the message {ts}")
        app = self._apps.installed.get(str(message.get("app_id")))
        if app is None:
            raise LookupError(f"the message {ts} is no app's: nobody takes the click")
        path = self._webhooks.response_path(app, channel.id, user_id=user.id, original_ts=ts)
        enterprise = self._workspace.enterprise
        is_ephemeral = bool(message.get("is_ephemeral"))
        payload: dict[str, Any] = {
            "type": "block_actions",
            "team": {"id": TEAM_ID, "domain": _TEAM_DOMAIN} | self._enterprise(),
            "enterprise": {"id": enterprise.id, "name": enterprise.name} if enterprise else None,
            "is_enterprise_install": False,
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
            "api_app_id": app.id,
            "token": app.verification_token,
            "container": {"message_ts": ts, "channel_id": channel.id, "is_ephemeral": is_ephemeral} | found.place,
            "trigger_id": self._trigger(),
            "channel": {"id": channel.id, "name": channel.name},
            "state": {"values": {}},
            "response_url": url + path,
            "actions": [found.told | {"action_ts": self._now()}],
        } | ({} if is_ephemeral else {"message": message})
        self._send(app, "interactive", payload, path, channel, user, what="that click")

    def _shown(self, channel: Channel, ts: str, user: User) -> dict[str, Any]:
        """Return the message as `user` sees it, his ephemeral ones included."""
        message = channel.get(ts)
        if message is not None and not message.is_hidden:
            return views.message(channel, message)
        for shown in channel.ephemerals:
            if shown["ts"] == ts and shown["user"] == user.id:
                return shown
        raise LookupError(f"no message {ts!r} in #{channel.name} that {user.name} sees")

    def _send(
        self, app: App, kind: Any, payload: dict[str, Any], path: str, channel: Channel, user: User, *, what: str
    ) -> None:
        def answered(answer: dict[str, Any]) -> None:
            if kind == "slash_commands":  # whatever a click is acknowledged with shows nothing
                self._webhooks.answer(path, answer)

        def gave_up(reason: str) -> None:
            code = "operation_timeout" if reason.endswith("timeout") else "dispatch_failed"
            text = f'{what} failed with the error "{code}"'
            show_to(self._workspace, channel, Content(text, None, None, None), _SLACKBOT, user_id=user.id)

        self._deliver(app, Delivery(kind, payload, answered, gave_up))

    def _enterprise(self) -> dict[str, str]:
        enterprise = self._workspace.enterprise
        return {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name} if enterprise else {}

    def _trigger(self) -> str:
        return f"{next(self._numbers)}.{TEAM_ID}.trigger"

    def _now(self) -> str:
        return f"{self._workspace.clock.time():.6f}"


class _Button(NamedTuple):
    """A button of a message.

    Attributes:
        told: what is told of it with a click.
        place: what is told of where it stands, in the message itself or in an attachment.
    """

    told: dict[str, Any]
    place: dict[str, Any]


def _buttons(message: dict[str, Any]) -> Iterator[_Button]:
    """Yield the buttons of a message, those of its attachments last. Source: Block interaction payloads."""
    places: list[tuple[dict[str, Any], dict[str, Any]]] = [(message, {"type": "message"})]
    for number, attachment in enumerate(message.get("attachments", ()), start=1):
        place = {"type": "message_attachment", "attachment_id": number, "is_app_unfurl": False}
        places.append((attachment, place))
    for holder, place in places:
        for block in holder.get("blocks", ()):
            for element in [block.get("accessory"), *block.get("elements", ())]:
                if isinstance(element, dict) and element.get("type") == "button" and "action_id" in element:
                    told = {name: element[name] for name in _TOLD if name in element}
                    yield _Button(told | {"block_id": block.get("block_id", "")}, place)
