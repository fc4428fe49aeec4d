"""Text as Slack stores it, and as a person then reads it. Pure.

Source: Formatting message text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from slack_logging.local.state import emoji

_URL = r"https?://(?:(?!&[lg]t;)[^\s<>|`])+"
_STORED = re.compile(rf"<[^<>\s][^<>\n]*>|&(?:amp|lt|gt);|[&<>]|{_URL}")
_CONTROL = re.compile(r"<([^<>\s][^<>\n]*)>")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SENTENCE_END = ".,;:!?)]}'\"*_~"


#: How deep objects and arrays may be nested in each other. Ours: far more than any message needs, and so few that
#: nothing which walks them later comes near Python's own limit.
_DEPTH = 100


def whole(value: Any, *, depth: int = _DEPTH) -> Any:
    """Return a string, or what holds strings, with U+FFFD for each lone surrogate: text that can be sent as UTF-8.

    All text comes in through here: by `read_json` and the other readers of requests, and from Python.

    Raises:
        ValueError: it is nested too deep.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not isinstance(value, (dict, list)):
        return value
    if not depth:
        raise ValueError("nested too deep")
    if isinstance(value, list):
        return [whole(inner, depth=depth - 1) for inner in value]
    return {whole(name): whole(inner, depth=depth - 1) for name, inner in value.items()}


def length(text: str) -> int:
    """Return the length in UTF-16 units: an emoji outside the basic plane counts as two."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, limit: int) -> list[str]:
    """Cut text into parts of at most `limit` UTF-16 units, wherever the cut falls; as Slack cuts a long post."""
    parts, start, used = [], 0, 0
    for index, character in enumerate(text):
        units = 2 if character > "\uffff" else 1
        if used + units > limit:
            parts.append(text[start:index])
            start, used = index, 0
        used += units
    parts.append(text[start:])
    return parts


def escape(text: str) -> str:
    """Write the three characters that mean something in mrkdwn as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo `escape`, once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def bracket(url: str) -> str:
    """Write a bare URL as a link; the full stop that ends the sentence stays outside."""
    address = url.rstrip(_SENTENCE_END)
    return f"<{address}>{url[len(address) :]}"


def stored(text: str, *, link_urls: bool = True) -> str:
    """Return what Slack stores of an app's mrkdwn.

    Entities stay; lone ``& < >`` become entities; bare URLs get brackets; Unicode emoji become shortcodes.
    Whatever stands in ``<...>`` is kept as a link or mention, even where the sender forgot to escape.

    Args:
        text: as sent.
        link_urls: False after ``parse=none``.
    """

    def store(match: re.Match[str]) -> str:
        token = match.group()
        if token in _ENTITIES:
            return _ENTITIES[token]
        if token.startswith("http"):
            address = re.sub(r"&(?!amp;)", "&amp;", token)
            return bracket(address) if link_urls else address
        return token

    return emoji.to_shortcodes(_STORED.sub(store, text))


def visible_text(message: Mapping[str, Any]) -> str:
    """Return what a person reads: the blocks if there are any, else the text, then the attachments.

    Links show their label, mentions their label or id, entities are undone; style marks and ``:emoji:`` stay.

    Args:
        message: a message as the Web API returns it.
    """
    if message.get("blocks"):
        parts = [block_text(block) for block in message["blocks"]]
    else:
        parts = [_read(message.get("text", ""))]
    for attachment in message.get("attachments", ()):
        parts += [block_text(block) for block in attachment.get("blocks", ())]
        parts += [_read(attachment[key]) for key in ("pretext", "title", "text") if attachment.get(key)]
    return "\n".join(part for part in parts if part)


def block_text(block: Mapping[str, Any]) -> str:
    """Return the text that a person reads in one block."""
    return "\n".join(line for line in _lines(block) if line)


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if kind == "rich_text":
        # A section before a list or a quote ends in a line end of its own.
        yield from (_rich(element).removesuffix("\n") for element in block.get("elements", ()))
    elif kind == "table":
        for row in block.get("rows", ()):
            yield "\t".join(_cell(cell) for cell in row)
    else:
        for key in ("title", "text", "alt_text"):
            yield _object(block.get(key))
        for key in ("fields", "elements"):
            yield from (_object(part.get("text", part)) for part in block.get(key, ()))


def _object(value: object) -> str:
    """Read a text object, or the bare string that markdown blocks and some titles hold."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        text = str(value.get("text", ""))
        return unescape(text) if value.get("type") == "plain_text" else _read(text)
    return ""


def _cell(cell: Mapping[str, Any]) -> str:
    return block_text(cell) if cell.get("type") == "rich_text" else str(cell.get("text", cell.get("value", "")))


def _rich(element: Mapping[str, Any]) -> str:
    children = element.get("elements", ())
    if element.get("type") == "rich_text_list":
        return "\n".join("• " + _rich(child) for child in children)
    return "".join(_inline(child) for child in children)


def _inline(element: Mapping[str, Any]) -> str:
    kind = element.get("type")
    if kind == "link":
        return str(element.get("text") or element.get("url", ""))
    if kind == "emoji":
        return f":{element.get('name')}:"
    if kind == "date":
        return str(element.get("fallback") or element.get("timestamp", ""))
    if kind == "broadcast":
        return f"@{element.get('range')}"
    mention = {"user": ("@", "user_id"), "usergroup": ("@", "usergroup_id"), "channel": ("#", "channel_id")}
    if kind in mention:
        sign, key = mention[kind]
        return sign + str(element.get(key))
    return str(element.get("text", ""))


def _read(mrkdwn: str) -> str:
    return unescape(_CONTROL.sub(lambda match: _control(match.group(1)), mrkdwn))


def _control(inside: str) -> str:
    """Show what stands between ``<`` and ``>``: a mention, a date or a link."""
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return label
    if target.startswith("!"):
        return label or "@" + target[1:].removeprefix("subteam^")
    if target.startswith("@"):
        return "@" + (label or target[1:])
    if target.startswith("#"):
        return "#" + (label or target[1:])
    return label or target.removeprefix("mailto:")
