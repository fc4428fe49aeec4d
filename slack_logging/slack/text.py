"""What a person typed, told from what Slack made of it. Pure.

(What we send is the business of `slack_logging.slack.literal`.)

A message holds its text twice. The composer's `rich_text` block says what was typed; `text`, the older form, has to
be taken apart. Either becomes `Span`s: code, which is verbatim, and the rest, without the blanks and invisible
characters that clients add. What they make of quotation marks and hyphens stays: only who knows where a command's words
begin can tell which of them are text, see `slack_logging.active.language.parsing.split`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

#: What Slack puts before an address that was typed bare.
_ADDED_SCHEMES = ("https://", "http://", "mailto:", "tel:")

_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f", " "))
#: Invisible and never typed on purpose. The joiners U+200C and U+200D stay: they change how a word reads.
_INVISIBLE = str.maketrans(
    dict.fromkeys("\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)

_PIECE = re.compile(
    r"```(?P<block>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?P<quote>^[ \t]*&gt;(?:&gt;&gt;.*\Z|[^\n]*(?:\n|\Z)))"
    r"|<(?P<control>[^<>\n]+)>",
    re.DOTALL | re.MULTILINE,
)
_CONTROL = re.compile(r"<([^<>\n]+)>")


class Span(NamedTuple):
    """A stretch of what was typed. Code is verbatim."""

    text: str
    is_code: bool = False


def unescape(text: str) -> str:
    """Undo Slack's escaping, once: ``&amp;lt;`` is ``&lt;``. Source: Formatting text, "Escaping text"."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(message: Mapping[str, Any]) -> list[Span]:
    """Return what a person typed, without quoted lines.

    A mention keeps its id and loses its label, which anybody can forge: ``<@U024BE7LH>``, ``<#C123>``. A link's
    label counts only when it is the URL without its scheme; otherwise the URL does.

    Args:
        message: a Message object, as history or an event holds it.
    """
    rich = [block for block in _objects(message.get("blocks")) if block.get("type") == "rich_text"]
    spans = _from_blocks(rich) if rich else _from_text(str(message.get("text") or ""))
    joined: list[Span] = []
    for span in spans:
        if joined and not (span.is_code or joined[-1].is_code):
            joined[-1] = Span(joined[-1].text + span.text)
        else:
            joined.append(span)
    tidied = [span if span.is_code else Span(tidy(span.text)) for span in joined]
    return [span for span in tidied if span.text]


def tidy(text: str) -> str:
    """Undo what clients do to typed blanks, and take out what is invisible."""
    return text.translate(_SPACES).translate(_INVISIBLE)


def _from_text(text: str) -> Iterator[Span]:
    """Take the older form apart: control sequences before entities, because a typed ``<`` is ``&lt;`` there."""
    end = 0
    for piece in _PIECE.finditer(text):
        yield Span(unescape(text[end : piece.start()]))
        end = piece.end()
        code = piece["block"] or piece["code"]
        if code:
            yield Span(unescape(_CONTROL.sub(lambda control: _control(control[1]), code)), is_code=True)
        elif piece["control"]:
            yield Span(unescape(_control(piece["control"])))
    yield Span(unescape(text[end:]))


def _control(inside: str) -> str:
    """Return what was typed for what stands between ``<`` and ``>``, still escaped."""
    target, _, label = inside.partition("|")
    if target.startswith(("@", "#", "!subteam^")):
        return f"<{target}>"
    if target in ("!here", "!channel", "!everyone"):
        return target.replace("!", "@", 1)
    if target.startswith("!"):
        return label or target
    return _link(target, label)


def _link(url: str, label: str) -> str:
    for scheme in _ADDED_SCHEMES:
        bare = url.removeprefix(scheme)
        if label and bare != url and label in (bare, bare.removesuffix("/")):
            return label
    return url.removeprefix("mailto:").removeprefix("tel:")


def _from_blocks(blocks: Iterable[Mapping[str, Any]]) -> Iterator[Span]:
    for number, part in enumerate(part for block in blocks for part in _parts(block)):
        if number:
            yield Span("\n")
        yield from part


def _parts(block: Mapping[str, Any]) -> Iterator[list[Span]]:
    """Return the spans of each section, list item and code block. Quotes are left out: somebody else's words."""
    waiting = _objects(block.get("elements"))[::-1]
    while waiting:
        element = waiting.pop()
        kind, inner = element.get("type"), _objects(element.get("elements"))
        if kind == "rich_text_section":
            yield [_from_element(each) for each in inner]
        elif kind == "rich_text_preformatted":
            yield [Span("".join(_from_element(each).text for each in inner), is_code=True)]
        elif kind == "rich_text_list":
            waiting += inner[::-1]


def _from_element(element: Mapping[str, Any]) -> Span:
    """Return what was typed for one inline element. Texts are not escaped in there; URLs have been seen to be."""
    kind = element.get("type")
    if kind == "user":
        text = f"<@{element.get('user_id', '')}>"
    elif kind == "channel":
        text = f"<#{element.get('channel_id', '')}>"
    elif kind == "usergroup":
        text = f"<!subteam^{element.get('usergroup_id', '')}>"
    elif kind == "broadcast":
        text = f"@{element.get('range', '')}"
    elif kind == "emoji":
        tone = element.get("skin_tone")
        text = f":{element.get('name', '')}:" + (f":skin-tone-{tone}:" if tone else "")
    elif kind == "link":
        text = _link(unescape(str(element.get("url", ""))), str(element.get("text") or ""))
    elif kind == "date":
        text = str(element.get("fallback") or element.get("timestamp") or "")
    elif kind == "color":
        text = str(element.get("value") or "")
    else:
        text = str(element.get("text") or "")
    style = element.get("style")
    return Span(text, isinstance(style, dict) and style.get("code") is True)


def _objects(value: object) -> list[dict[str, Any]]:
    """Return the JSON objects of a list that may be missing."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
