"""What a call wants to say: `text`, `blocks`, `attachments`, `markdown_text` and `metadata`, checked and as stored.

The same for posts, edits, ephemeral messages and webhooks. Pure.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from slack_logging.local import limits
from slack_logging.local.api.arguments import Arguments
from slack_logging.local.errors import ApiError
from slack_logging.local.state.blocks import check_blocks
from slack_logging.local.state.composer import Names, link_names
from slack_logging.local.state.text import length, stored

#: What else of an attachment is text, or null. Source: Reference: secondary message attachments.
_ATTACHMENT_TEXTS = ("author_name", "author_link", "color", "footer", "image_url", "thumb_url", "title_link")

#: What shows: neither space nor a control character.
_VISIBLE = re.compile(r"[^\s\x00-\x1f\x7f]")

_EVENT_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Content:
    """A message's content as stored; None is what was not given, empty is what was given as empty."""

    text: str | None
    blocks: list[dict[str, Any]] | None
    attachments: list[dict[str, Any]] | None
    metadata: dict[str, Any] | None

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to show."""
        return not (_VISIBLE.search(self.text or "") or self.blocks or self.attachments)

    @property
    def is_absent(self) -> bool:
        """True when nothing was given, not even as empty."""
        return (self.text, self.blocks, self.attachments, self.metadata) == (None, None, None, None)

    def fields(self) -> dict[str, Any]:
        """Return the fields of a new message; empty ones are left out. Each block has an id of its own.

        Raises:
            ApiError: ``invalid_blocks``: an id stands in the blocks and in an attachment's, or in two attachments'.
        """
        blocks, *attached = with_ids(
            [self.blocks or [], *(each.get("blocks") or [] for each in self.attachments or [])]
        )
        attachments = [
            each | {"blocks": own} if own else each for each, own in zip(self.attachments or [], attached, strict=True)
        ]
        given = {"blocks": blocks, "attachments": attachments, "metadata": self.metadata}
        return {"text": self.text or ""} | {name: value for name, value in given.items() if value}


def read_content(arguments: Arguments, names: Names) -> Content:
    """Read what a call wants to say.

    Args:
        arguments: the call's.
        names: resolves ``#channel`` after ``link_names``.

    Raises:
        ApiError: with the code of the first part that Slack would not take.
    """
    text, blocks = _text(arguments, names), _blocks(arguments)
    markdown = arguments.text("markdown_text")
    if markdown:
        if text or blocks:
            raise ApiError("markdown_text_conflict")
        if length(markdown) > limits.MARKDOWN:
            raise ApiError("msg_too_long")
        text, blocks = stored(markdown), [{"type": "markdown", "block_id": "md1", "text": markdown}]
    return Content(text, blocks, _attachments(arguments), _metadata(arguments))


def _text(arguments: Arguments, names: Names) -> str | None:
    if "text" not in arguments:
        return None
    parse = arguments.text("parse")
    text = stored(arguments.text("text"), link_urls=parse != "none")
    if parse == "full" or arguments.flag("link_names"):
        return link_names(text, names)
    return text


def _blocks(arguments: Arguments) -> list[dict[str, Any]] | None:
    given = arguments.structure("blocks", malformed="invalid_blocks_format")
    if given is None:
        return None
    return stored_texts(check_blocks(given)) if given != [] else []


def with_ids(groups: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """Give an id, unique in the message, to each block, and each of its interactive elements, that has none.

    Args:
        groups: a message's own blocks, and those of each attachment.

    Raises:
        ApiError: ``invalid_blocks``: two groups have an id in common. What Slack says to that is not known.
    """
    named = Counter(block["block_id"] for group in groups for block in group if "block_id" in block)
    twice = next((block_id for block_id, count in named.items() if count > 1), None)
    if twice is not None:
        problem = f"block_id {twice} is used twice [json-pointer:/attachments]"
        raise ApiError("invalid_blocks", errors=[problem], response_metadata={"messages": [f"[ERROR] {problem}"]})
    used = {element.get("action_id") for group in groups for block in group for element in _interactive(block)}
    block_ids, action_ids = _free("b", named), _free("a", used)
    return [
        [
            _with_action_ids(block if "block_id" in block else block | {"block_id": next(block_ids)}, action_ids)
            for block in group
        ]
        for group in groups
    ]


def _free(letter: str, used: Container[object]) -> Iterator[str]:
    """Yield ids that are not used yet."""
    return (f"{letter}{number}" for number in itertools.count() if f"{letter}{number}" not in used)


def _interactive(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what people can act on in a block. Source: Block elements, `action_id`."""
    elements = block["elements"] if block["type"] == "actions" else ()
    return [each for each in (*elements, block.get("accessory")) if _is_interactive(each)]


def _is_interactive(element: object) -> bool:
    return isinstance(element, dict) and element.get("type") != "image"


def _with_action_ids(block: dict[str, Any], free: Iterator[str]) -> dict[str, Any]:
    """Return a block whose interactive elements all have an `action_id`."""

    def named(element: Any) -> Any:
        is_nameless = _is_interactive(element) and "action_id" not in element
        return {"action_id": next(free)} | element if is_nameless else element

    if block["type"] == "actions":
        block = block | {"elements": [named(each) for each in block["elements"]]}
    return block | {"accessory": named(block["accessory"])} if "accessory" in block else block


def stored_texts(node: Any) -> Any:
    """Return blocks, or any part of them, with mrkdwn as `text` would be stored."""
    if isinstance(node, list):
        return [stored_texts(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: stored_texts(value) for key, value in node.items()}
    if node.get("type") == "mrkdwn" and isinstance(node.get("text"), str):
        copy["text"] = stored(node["text"], link_urls=not node.get("verbatim"))
    return copy


def _attachments(arguments: Arguments) -> list[dict[str, Any]] | None:
    given = arguments.structure("attachments", malformed="invalid_attachments")
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(attachment, dict) for attachment in given):
        raise ApiError("invalid_attachments")
    if len(given) > limits.ATTACHMENTS:
        raise ApiError("too_many_attachments")
    return [_attachment(attachment, index) for index, attachment in enumerate(given)]


def _attachment(attachment: dict[str, Any], index: int) -> dict[str, Any]:
    kept = {"id": index + 1} | attachment
    if not _are_texts(attachment, _ATTACHMENT_TEXTS) or not _are_fields(attachment.get("fields")):
        raise ApiError("invalid_attachments")
    for key in ("text", "pretext", "title", "fallback"):
        if key in attachment:
            if not isinstance(attachment[key], str):
                raise ApiError("invalid_attachments")
            kept[key] = stored(attachment[key])
    if attachment.get("blocks") not in (None, []):
        kept["blocks"] = stored_texts(check_blocks(attachment["blocks"], pointer=f"/attachments/{index}/blocks"))
    return kept


def _are_fields(fields: object) -> bool:
    if fields is None:
        return True
    return isinstance(fields, list) and all(
        isinstance(field, dict) and _are_texts(field, ("title", "value")) for field in fields
    )


def _are_texts(part: dict[str, Any], names: tuple[str, ...]) -> bool:
    return all(part.get(name) is None or isinstance(part[name], str) for name in names)


def check_stored(fields: dict[str, Any]) -> None:
    """Refuse what cannot be a message's `blocks` or `attachments` at all, where it comes from Python.

    Raises:
        ValueError: they are no lists of objects, or a block has no type.
    """
    blocks = list(_dicts("blocks", fields))
    for attachment in _dicts("attachments", fields):
        blocks += _dicts("blocks", attachment)
    untyped = [block for block in blocks if not isinstance(block.get("type"), str)]
    if untyped:
        raise ValueError(f"a block is {untyped[0]!r}: give it a type")


def _dicts(name: str, holder: dict[str, Any]) -> list[dict[str, Any]]:
    given = holder.get(name, [])
    if not isinstance(given, list) or not all(isinstance(part, dict) for part in given):
        raise ValueError(f"{name} is {given!r}: give a list of dicts")
    return given


def _metadata(arguments: Arguments) -> dict[str, Any] | None:
    """Read the metadata; ``{}`` stands for removing it. Source: Message metadata."""
    given = arguments.structure("metadata", malformed="invalid_metadata_format")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise ApiError("invalid_metadata_format")
    if not given:
        return {}
    event_type, payload = given.get("event_type"), given.get("event_payload")
    if not isinstance(event_type, str) or not isinstance(payload, dict):
        raise ApiError("invalid_metadata_schema")
    if len(event_type) > limits.EVENT_TYPE or not _EVENT_TYPE.fullmatch(event_type):
        raise ApiError("invalid_metadata_schema")
    if not all(map(_is_payload_value, payload.values())):
        raise ApiError("invalid_metadata_schema")
    metadata = {"event_type": event_type, "event_payload": payload}
    if len(json.dumps(metadata, ensure_ascii=False).encode(errors="surrogatepass")) > limits.METADATA:
        raise ApiError("metadata_too_large")
    return metadata


def _is_payload_value(value: object) -> bool:
    """Tell whether Slack's published type of a payload allows a value: plain, an object, or an array of objects."""
    if isinstance(value, list):
        return all(isinstance(item, dict) and _is_flat(item) for item in value)
    return _is_flat(value) if isinstance(value, dict) else _is_plain(value)


def _is_flat(value: dict[str, Any]) -> bool:
    return all(map(_is_plain, value.values()))


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, float))
