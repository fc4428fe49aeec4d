"""Filling a channel with messages from before anybody looked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slack_logging.local.api.cursors import is_ts
from slack_logging.local.errors import check_several
from slack_logging.local.state.content import check_stored
from slack_logging.local.state.conversation import Channel, Message
from slack_logging.local.state.text import escape, whole
from slack_logging.local.state.workspace import Workspace, authorship


def preload(workspace: Workspace, channel: Channel, given: Iterable[str | Mapping[str, Any]], user: str) -> list[str]:
    """Store many messages without an event; the parameters are those of `LocalSlack.preload`."""
    check_several("messages", given)
    messages = list(given)
    for message in messages:
        if not isinstance(message, (str, Mapping)):
            raise ValueError(f"messages: expected texts and mappings, got {message!r}")  # noqa: TRY004 - as what follows
    first = workspace.clock.time() - len(messages) + 1
    return [
        _store(
            workspace,
            channel,
            whole({"text": message} if isinstance(message, str) else dict(message)),
            user,
            first + number,
        )
        for number, message in enumerate(messages)
    ]


def _store(workspace: Workspace, channel: Channel, given: dict[str, Any], user: str, moment: float) -> str:
    check_stored(given)
    author = workspace.user(given.pop("user", user))
    ts, parent_ts = given.pop("ts", None), given.pop("thread_ts", None)
    if parent_ts is not None:
        channel.parent(parent_ts)
    if ts is None:
        ts = channel.next_ts(moment)
    elif is_ts(ts):
        channel.take_ts(ts)
    else:
        raise ValueError(f"ts is {ts!r}: give ten digits, a dot and six digits, or leave it out")
    fields = {"type": "message"} | authorship(author)
    if "blocks" not in given:
        text = given.pop("text", "")
        if not isinstance(text, str):
            raise ValueError(f"text is {text!r}: give a string")
        fields |= {"text": escape(text), "blocks": [_block(text)]}
    channel.add(Message(ts, fields | given, parent_ts=parent_ts))
    return str(ts)


def _block(text: str) -> dict[str, Any]:
    """Return what the message box makes of plain text; looking for more would take most of the time."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "block_id": "rt1", "elements": [section]}
