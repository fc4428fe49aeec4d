"""What Slack accepts as blocks of a message, checked as Slack checks: all faults at once, each with its JSON pointer.

Source: Block Kit reference. Blocks for which no limit is known (`_UNCHECKED`) pass whatever is in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from slack_logging.local import limits
from slack_logging.local.errors import ApiError
from slack_logging.local.state.text import escape, length

_Block = dict[str, Any]
_UNCHECKED = frozenset({"call", "context_actions", "file", "plan", "task_card", "video"})
_ALERT_LEVELS = ("default", "info", "warning", "error", "success")
_RICH_PARTS = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
_INLINE = ("text", "link", "user", "usergroup", "channel", "broadcast", "emoji", "date", "color")


def check_blocks(blocks: object, *, pointer: str = "/blocks") -> list[_Block]:
    """Return the blocks if Slack would take them in one message.

    Args:
        blocks: what was sent.
        pointer: where it stood in the payload.

    Raises:
        ApiError: ``invalid_blocks_format`` (no array of objects), ``invalid_blocks`` with all faults,
            ``msg_too_long`` (markdown blocks) or ``msg_blocks_too_long`` (all blocks together).
    """
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise ApiError("invalid_blocks_format")
    faults = _Faults()
    faults.count(blocks, limits.BLOCKS, pointer)
    if sum(map(_rendered, blocks)) > limits.BLOCKS >= len(blocks):
        faults.add(f"markdown becomes more than {limits.BLOCKS} blocks", pointer)
    for index, block in enumerate(blocks):
        _check_block(faults, block, f"{pointer}/{index}")
    faults.unique("block_id", faults.blocks)
    faults.settle()
    markdown = (str(block.get("text", "")) for block in blocks if block["type"] == "markdown")
    if sum(map(length, markdown)) > limits.MARKDOWN:
        raise ApiError("msg_too_long")
    if sum(length(text) for text in _texts(blocks)) > limits.BLOCKS_TEXT:
        raise ApiError("msg_blocks_too_long")
    return blocks


class _Faults:
    """Collects what is wrong and where.

    Attributes:
        blocks: those that were checked, inner ones too, each with its pointer.
    """

    def __init__(self) -> None:
        self.blocks: list[tuple[_Block, str]] = []
        self._found: list[str] = []

    def add(self, problem: str, pointer: str) -> None:
        self._found.append(f"{problem} [json-pointer:{pointer}]")

    def settle(self) -> None:
        """Raise if anything was found."""
        if self._found:
            messages = [f"[ERROR] {fault}" for fault in self._found]
            raise ApiError("invalid_blocks", errors=self._found, response_metadata={"messages": messages})

    def count(self, items: object, most: int | None, pointer: str) -> Iterator[tuple[_Block, str]]:
        """Check an array's size, if it has a limit; return its objects with their pointers."""
        if not isinstance(items, list):
            self.add("must be an array", pointer)
            return iter(())
        if not items:
            self.add("no fewer than 1 items allowed", pointer)
        if most is not None and len(items) > most:
            self.add(f"no more than {most} items allowed", pointer)
        return self._objects(items, pointer)

    def _objects(self, items: list[Any], pointer: str) -> Iterator[tuple[_Block, str]]:
        for index, item in enumerate(items):
            if isinstance(item, dict):
                yield item, f"{pointer}/{index}"
            else:
                self.add("must be an object", f"{pointer}/{index}")

    def unique(self, key: str, holders: list[tuple[_Block, str]]) -> None:
        """Check that an id, where there is one, is no other's."""
        seen: set[str] = set()
        for holder, pointer in holders:
            value = holder.get(key)
            if not isinstance(value, str):
                continue
            if value in seen:
                self.add(f"{key} {value} is used twice", f"{pointer}/{key}")
            seen.add(value)

    def string(self, holder: _Block, key: str, most: int | None, pointer: str, *, required: bool = True) -> None:
        """Check a string's presence and, if it has a limit, length."""
        value = holder.get(key)
        if value is None and not required:
            return
        if value is None:
            self.add(f"missing required field: {key}", pointer)
        elif not isinstance(value, str):
            self.add("must be a string", f"{pointer}/{key}")
        elif not value:
            self.add("must be more than 0 characters", f"{pointer}/{key}")
        elif most is not None and length(value) > most:
            self.add(f"must be less than {most + 1} characters", f"{pointer}/{key}")

    def text(
        self, holder: _Block, key: str, most: int, pointer: str, *, plain: bool = False, required: bool = True
    ) -> None:
        """Check a text object."""
        value = holder.get(key)
        if value is None and not required:
            return
        if not isinstance(value, dict):
            self.add(f"missing required field: {key}", pointer)
            return
        self.text_object(value, most, f"{pointer}/{key}", plain=plain)

    def text_object(self, value: _Block, most: int, pointer: str, *, plain: bool = False) -> None:
        """Check a text object's type and length."""
        allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
        if value.get("type") not in allowed:
            self.add(f"must be one of: {', '.join(allowed)}", f"{pointer}/type")
        self.string(value, "text", most, pointer)


def _check_block(faults: _Faults, block: _Block, pointer: str) -> None:
    kind = block.get("type")
    faults.blocks.append((block, pointer))
    if "block_id" in block:
        faults.string(block, "block_id", limits.BLOCK_ID, pointer)
    if isinstance(kind, str) and kind in _CHECKS:
        _CHECKS[kind](faults, block, pointer)
    elif not isinstance(kind, str) or kind not in _UNCHECKED:
        faults.add(f"unsupported type: {kind}", f"{pointer}/type")


def _section(faults: _Faults, block: _Block, pointer: str) -> None:
    fields = block.get("fields")
    faults.text(block, "text", limits.TEXT_OBJECT, pointer, required=fields is None)
    if fields is not None:
        for field, where in faults.count(fields, limits.SECTION_FIELDS, f"{pointer}/fields"):
            faults.text_object(field, limits.SECTION_FIELD_TEXT, where)
    if isinstance(block.get("accessory"), dict):
        _element(faults, block["accessory"], f"{pointer}/accessory")


def _header(faults: _Faults, block: _Block, pointer: str) -> None:
    faults.text(block, "text", limits.HEADER_TEXT, pointer, plain=True)


def _divider(faults: _Faults, block: _Block, pointer: str) -> None:
    """Accept it: there is nothing in it."""


def _context(faults: _Faults, block: _Block, pointer: str) -> None:
    for element, where in faults.count(block.get("elements"), limits.CONTEXT_ELEMENTS, f"{pointer}/elements"):
        if element.get("type") == "image":
            _image(faults, element, where)
        else:
            faults.text_object(element, limits.TEXT_OBJECT, where)


def _actions(faults: _Faults, block: _Block, pointer: str) -> None:
    elements = list(faults.count(block.get("elements"), limits.ACTIONS_ELEMENTS, f"{pointer}/elements"))
    for element, where in elements:
        _element(faults, element, where)
    faults.unique("action_id", elements)


def _element(faults: _Faults, element: _Block, pointer: str) -> None:
    """Check an interactive element, or an image; of the former only buttons have known limits."""
    if element.get("type") == "image":
        _image(faults, element, pointer)
        return
    faults.string(element, "action_id", limits.ACTION_ID, pointer, required=False)
    if element.get("type") == "button":
        faults.text(element, "text", limits.BUTTON_TEXT, pointer, plain=True)
        faults.string(element, "value", limits.BUTTON_VALUE, pointer, required=False)
        faults.string(element, "url", limits.BUTTON_URL, pointer, required=False)


def _image(faults: _Faults, block: _Block, pointer: str) -> None:
    faults.string(block, "image_url", limits.IMAGE_URL, pointer, required="slack_file" not in block)
    faults.string(block, "alt_text", limits.IMAGE_TEXT, pointer)
    faults.text(block, "title", limits.IMAGE_TEXT, pointer, plain=True, required=False)


def _markdown(faults: _Faults, block: _Block, pointer: str) -> None:
    faults.string(block, "text", limits.MARKDOWN, pointer)


def _table(faults: _Faults, block: _Block, pointer: str) -> None:
    rows = block.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        faults.add("must be an array of arrays", f"{pointer}/rows")
        return
    if len(rows) > limits.TABLE_ROWS:
        faults.add(f"no more than {limits.TABLE_ROWS} items allowed", f"{pointer}/rows")
    for index, row in enumerate(rows):
        for cell, where in faults.count(row, limits.TABLE_COLUMNS, f"{pointer}/rows/{index}"):
            if cell.get("type") not in ("raw_text", "raw_number", "rich_text"):
                faults.add(f"unsupported type: {cell.get('type')}", f"{where}/type")
    if block.get("column_settings"):
        list(faults.count(block["column_settings"], limits.TABLE_COLUMNS, f"{pointer}/column_settings"))


def _rich_text(faults: _Faults, block: _Block, pointer: str) -> None:
    for part, where in faults.count(block.get("elements"), None, f"{pointer}/elements"):
        _rich_part(faults, part, where, _RICH_PARTS)


def _rich_part(faults: _Faults, part: _Block, pointer: str, allowed: tuple[str, ...]) -> None:
    kind = part.get("type")
    if kind not in allowed:
        faults.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    for element, where in faults.count(part.get("elements"), None, f"{pointer}/elements"):
        if kind == "rich_text_list":
            _rich_part(faults, element, where, ("rich_text_section",))
        else:
            _inline(faults, element, where, ("text", "link") if kind == "rich_text_preformatted" else _INLINE)


def _inline(faults: _Faults, element: _Block, pointer: str, allowed: tuple[str, ...]) -> None:
    kind = element.get("type")
    needed = {"text": "text", "link": "url", "emoji": "name", "user": "user_id", "channel": "channel_id"}
    if kind not in allowed:
        faults.add(f"unsupported type: {kind}", f"{pointer}/type")
    elif kind in needed:
        faults.string(element, needed[kind], None, pointer)  # text has no limit but that of all blocks together


def _alert(faults: _Faults, block: _Block, pointer: str) -> None:
    faults.text(block, "text", limits.TEXT_OBJECT, pointer)
    if block.get("level", "default") not in _ALERT_LEVELS:
        faults.add(f"must be one of: {', '.join(_ALERT_LEVELS)}", f"{pointer}/level")


def _container(faults: _Faults, block: _Block, pointer: str) -> None:
    faults.text(block, "title", limits.CONTAINER_TITLE, pointer, plain=True, required="rich_text_title" not in block)
    faults.text(block, "subtitle", limits.CONTAINER_TITLE, pointer, required=False)
    for child, where in faults.count(block.get("child_blocks"), limits.CONTAINER_BLOCKS, f"{pointer}/child_blocks"):
        _check_block(faults, child, where)


def _card(faults: _Faults, block: _Block, pointer: str) -> None:
    for key, most in (("title", limits.CARD_TITLE), ("subtitle", limits.CARD_TITLE), ("body", limits.CARD_BODY)):
        faults.text(block, key, most, pointer, required=False)
    for key in ("hero_image", "icon"):
        if isinstance(block.get(key), dict):
            _image(faults, block[key], f"{pointer}/{key}")
    if "actions" in block:
        for element, where in faults.count(block["actions"], None, f"{pointer}/actions"):
            _element(faults, element, where)


def _carousel(faults: _Faults, block: _Block, pointer: str) -> None:
    for card, where in faults.count(block.get("elements"), limits.CAROUSEL_CARDS, f"{pointer}/elements"):
        if card.get("type") == "card":
            _check_block(faults, card, where)
        else:
            faults.add(f"unsupported type: {card.get('type')}", f"{where}/type")


_CHECKS: dict[str, Callable[[_Faults, _Block, str], None]] = {
    "actions": _actions,
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
    "context": _context,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
}


def _rendered(block: _Block) -> int:
    """Estimate how many blocks one becomes: a markdown block falls into its paragraphs, headings, tables and fences."""
    if block.get("type") != "markdown" or not isinstance(block.get("text"), str):
        return 1
    folded = re.sub(r"```.*?```", "```", block["text"], flags=re.DOTALL)
    return max(1, len([part for part in re.split(r"\n\s*\n", folded) if part.strip()]))


def _texts(node: object) -> Iterator[str]:
    """Yield every text that counts towards the total, escaped: rich and plain text is sent as it is."""
    if isinstance(node, list):
        for item in node:
            yield from _texts(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value if node.get("type") == "mrkdwn" else escape(value)
            elif isinstance(value, (dict, list)):
                yield from _texts(value)
