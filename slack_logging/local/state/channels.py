"""What becomes of a channel: archived and back, renamed, deleted, joined, its messages pinned. Pure.

Each of it emits Slack's event and, where Slack does, leaves a message in the channel. The events and messages about
private channels are called ``group_...``. Use it under the workspace's lock.
"""

from __future__ import annotations

from slack_logging.local.errors import ApiError
from slack_logging.local.limits import PINS
from slack_logging.local.state import views
from slack_logging.local.state.conversation import Channel, Message, Pin
from slack_logging.local.state.model import User
from slack_logging.local.state.workspace import Workspace


def archive(workspace: Workspace, channel: Channel, actor: User) -> None:
    """Archive a channel: it can be read, nothing more."""
    _note(workspace, channel, actor, "archive", "archived the channel")
    _set_archived(workspace, channel, actor, "archive", is_archived=True)


def unarchive(workspace: Workspace, channel: Channel, actor: User) -> None:
    """Take a channel out of the archive."""
    _set_archived(workspace, channel, actor, "unarchive", is_archived=False)
    _note(workspace, channel, actor, "unarchive", "un-archived the channel")


def _set_archived(workspace: Workspace, channel: Channel, actor: User, kind: str, *, is_archived: bool) -> None:
    channel.is_archived, channel.updated = is_archived, workspace.clock.time()
    workspace.announce({"type": f"{channel.kind}_{kind}", "channel": channel.id, "user": actor.id})


def rename(workspace: Workspace, channel: Channel, name: str, actor: User) -> None:
    """Give a channel another name; it keeps its id, and the name before is told.

    Raises:
        ValueError: the name is taken.
    """
    if workspace.channel_named(name):
        raise ValueError(f"there is a channel #{name} already; take another name")
    former, channel.name = channel.name, name
    channel.previous_names, channel.updated = [*channel.previous_names, former], workspace.clock.time()
    about = {"id": channel.id, "name": name, "name_normalized": name, "created": channel.created}
    workspace.announce({"type": f"{channel.kind}_rename", "channel": about})
    text = f'has renamed the channel from "{former}" to "{name}"'
    _note(workspace, channel, actor, "name", text, old_name=former, name=name)


def delete(workspace: Workspace, channel: Channel) -> None:
    """Delete a channel with all that is in it. Its id is never used again."""
    del workspace.channels[channel.id]
    workspace.former_channel_ids.add(channel.id)
    workspace.announce({"type": f"{channel.kind}_deleted", "channel": channel.id})


def check_open(channel: Channel, actor: User | None = None) -> None:
    """Refuse that anything be done in an archived channel, or by somebody who is deactivated, or to him.

    Raises:
        ApiError: ``is_archived``.
        PermissionError: `actor` is deactivated.
    """
    if channel.is_archived:
        raise ApiError("is_archived")
    if actor is not None and actor.is_deactivated:
        raise PermissionError(f"{actor.name} is deactivated and can do nothing any more: let another person act")


def check_acting(channel: Channel, actor: User) -> None:
    """Refuse what `check_open` does, and that somebody act in a private channel that he is not in.

    Raises:
        ApiError: ``is_archived``.
        PermissionError: he is deactivated, or not in it.
    """
    check_open(channel, actor)
    if channel.is_private and actor.id not in channel.members:
        name = f"#{channel.name}, which is private: invite() him first"
        raise PermissionError(f"{actor.name} is not in {'that direct message' if channel.kind == 'im' else name}")


def check_deleting(message: Message, actor: User) -> None:
    """Refuse that somebody but its author or an admin delete a message, as a workspace has it at first.

    Raises:
        PermissionError: he is neither.
    """
    if not actor.is_admin and message.fields.get("user") != actor.id:
        raise PermissionError(f"{actor.name} may delete his own messages only: he is no admin")


def admit(workspace: Workspace, channel: Channel, user: User, *, inviter: User | None = None) -> bool:
    """Make somebody a member, with Slack's message about it; False if he was one.

    Raises:
        ApiError: ``ura_max_channels``: a single-channel guest is in another channel.
    """
    if user.id not in channel.members and not may_enter(workspace, user):
        raise ApiError("ura_max_channels")
    return workspace.join(channel, user, inviter=inviter)


def may_enter(workspace: Workspace, user: User) -> bool:
    """Tell whether somebody may be in one more channel: a single-channel guest only if he is in none."""
    places = (channel for channel in workspace.channels.values() if channel.kind != "im")
    return not (user.is_ultra_restricted and any(user.id in channel.members for channel in places))


def pin(workspace: Workspace, channel: Channel, message: Message, user: User) -> None:
    """Pin a message to its channel; Slack says so there. Source: pins.add.

    Raises:
        ApiError: ``already_pinned``, ``too_many_pins``, or ``not_pinnable`` for what Slack itself wrote.
    """
    if message.ts in channel.pins:
        raise ApiError("already_pinned")
    if len(channel.pins) >= PINS:
        raise ApiError("too_many_pins")
    if str(message.fields.get("subtype", "")).startswith(("channel_", "group_", "pinned_")):
        raise ApiError("not_pinnable")
    channel.pins[message.ts] = Pin(user.id, int(workspace.clock.time()))
    _announce_pin(workspace, "pin_added", channel, message, user)
    item = {"item_type": "C", "item": views.message(channel, message)}
    fields = {"subtype": "pinned_item", "user": user.id, "text": f"<@{user.id}> pinned a message to this channel."}
    workspace.post(channel, fields | item)


def unpin(workspace: Workspace, channel: Channel, message: Message, user: User) -> None:
    """Take a message off its channel's pins. Source: pins.remove.

    Raises:
        ApiError: ``no_pin``, if it is not one.
    """
    if channel.pins.pop(message.ts, None) is None:
        raise ApiError("no_pin")
    _announce_pin(workspace, "pin_removed", channel, message, user)


def _announce_pin(workspace: Workspace, kind: str, channel: Channel, message: Message, user: User) -> None:
    item = {"type": "message", "channel": channel.id, "message": views.message(channel, message)}
    about = {"user": user.id, "channel_id": channel.id, "pin_count": len(channel.pins)}
    workspace.announce({"type": kind, "item": item} | about)


def _note(workspace: Workspace, channel: Channel, actor: User, kind: str, text: str, **fields: str) -> None:
    """Leave Slack's own message about a change in the channel."""
    about = {"subtype": f"{channel.kind}_{kind}", "user": actor.id, "text": f"<@{actor.id}> {text}"}
    workspace.post(channel, about | fields)
