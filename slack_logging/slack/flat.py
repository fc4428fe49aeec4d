"""Messages for chats that know no blocks: the same content as text in a code block, where all of it is literal. Pure.

What could end the code block, notify somebody or become a link is kept apart by a space that nobody sees. Only where
`<`, `|` and `>` follow each other that is not enough, and `<` becomes a sign of another width: Mattermost rewrites such
as a link, within code blocks, too, and whatever is in between.
Source: Mattermost, "Slack compatibility"; Discord, "Message formatting".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from slack_logging.slack.literal import shorten

#: Emoji by Slack's name; others are shown by their name.
_EMOJI = {
    "rotating_light": "\N{POLICE CARS REVOLVING LIGHT}",
    "red_circle": "\N{LARGE RED CIRCLE}",
    "warning": "\N{WARNING SIGN}\ufe0f",
    "large_blue_circle": "\N{LARGE BLUE CIRCLE}",
    "white_circle": "\N{MEDIUM WHITE CIRCLE}",
}

#: Units of one small line below a message.
_MAX_SMALL = 100

#: Units that a message takes besides its lines: code block, mention, small lines, and words about a storm.
FRAME = 320

#: The sign in place of `<`, and what shows where a text has that sign itself.
_WIDE, _WIDE_SHOWN = "\uff1c", "\u27e6U+FF1C\u27e7"

#: Where a mention, an escaped sign, anything in angle brackets or the end of a code block may be.
_TRIGGER = re.compile(r"@(?=\w)|&(?=(?:amp|lt|gt);)|<(?!\u200b)|`(?=`)")


def literal(text: str) -> str:
    """Return visible text so that `flat` shows it as it is; two different ones stay different."""
    return guarded(text.replace(_WIDE, _WIDE_SHOWN))


def guarded(text: str) -> str:
    """Return text that does nothing within a code block. What was guarded before stays as it is."""
    end = text.rfind("|", 0, max(text.rfind(">"), 0))
    if end > 0:
        text = text[:end].replace("<", _WIDE) + text[end:]
    return _TRIGGER.sub("\\g<0>\u200b", text)


def flat(blocks: list[dict[str, Any]], mentions: Mapping[str, str], most: int) -> str:
    """Return the text of a message.

    Args:
        blocks: rich text and small print, as they go to Slack; fuller ones than should be are cut.
        mentions: what notifies many there, by Slack's name for them; other mentions are left out.
        most: units of text at most.
    """
    body = guarded("\n".join(row for block in blocks for row in _rows(block)))
    notified = [
        mentions[part["range"]]
        for block in blocks
        for element in block["elements"]
        for part in element.get("elements", ())
        if part.get("range") in mentions
    ]
    around = sum(map(len, notified)) + len(notified) + len("```\n\n```")
    if len(body.encode("utf-16-le")) // 2 > most - around:
        body = shorten(body, most - around)
    return "\n".join([*notified, "```", body, "```"])


def _rows(block: dict[str, Any]) -> Iterator[str]:
    for element in block["elements"]:
        if block["type"] == "context":
            yield shorten(guarded(f"\N{EM DASH} {element['text']}"), _MAX_SMALL)
        elif text := "".join(_inline(part) for part in element["elements"]):
            yield text


def _inline(part: dict[str, Any]) -> str:
    if part["type"] == "emoji":
        return _EMOJI.get(part["name"], f":{part['name']}:")
    return str(part.get("text", part.get("fallback", "")))
