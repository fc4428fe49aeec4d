"""What Slack's own message box makes of what a person types: stored text and one `rich_text` block; and back. Pure.

Source: Formatting message text; rich text block.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from slack_logging.local.state import emoji
from slack_logging.local.state.text import escape, unescape

Element = dict[str, Any]


class Names(Protocol):
    """Finds who and what is meant by a name."""

    def user_id(self, name: str) -> str | None:
        """Return the id of ``@name``."""

    def group_id(self, handle: str) -> str | None:
        """Return the id of the user group ``@handle``."""

    def channel_id(self, name: str) -> str | None:
        """Return the id of ``#name``."""

    def spelled(self, id_: str) -> str | None:
        """Return what is typed to mean whom or what has that id: ``@ada``, ``@oncall`` or ``#general``."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A typed message as it is stored."""

    text: str
    block: Element


#: Endings that make a bare ``host.ending`` a link. Slack knows all top-level domains; these are the ones we need.
_DOMAINS = "app|com|dev|internal|io|net|org"
_URL = r"https?://[^\s<>`]*[^\s<>`.,;:!?)\]}'\"*_~]"
_HOST = rf"(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:{_DOMAINS})(?::\d+)?(?:/[^\s<>`]*[^\s<>`.,;:!?)])?(?![\w@.-])"
_MAIL = r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}"
_NAME = r"(?<![\w@#])[@#]\w(?:[\w.-]*\w)?"
#: A quote begins with a quoted word, and goes on for as long as lines begin with its mark, even if nothing follows it.
_QUOTE = re.compile(r"^(> *\S.*\n?(?:>.*\n?)*)", re.MULTILINE)
_QUOTE_MARK = re.compile(r"^> ?", re.MULTILINE)
_FENCE = re.compile(r"```(.+?)```", re.DOTALL)
_STYLES = {"*": "bold", "_": "italic", "~": "strike"}
_TOKEN = re.compile(
    rf"(?P<code>`[^`\n]+`)|(?P<url>{_URL})|(?P<mail>{_MAIL})|(?P<host>{_HOST})|(?P<name>{_NAME})"
    rf"|(?P<shortcode>(?<!\w):[+\w-]+(?:::skin-tone-[2-6])?:)|(?P<emoji>{emoji.PATTERN.pattern})"
    r"|(?P<styled>(?<!\w)(?P<mark>[*_~])(?!\s)[^\n*_~`]*[^\s*_~`](?P=mark)(?!\w))"
)


def compose(typed: str, names: Names) -> Composed:
    """Return what is stored when a person types this and presses Enter.

    Mentions, channels, URLs, e-mail addresses and Unicode emoji are recognised; inside code nothing is. Marks such as
    ``*bold*`` stay in the text and become styles in the block. What else the person's system may have changed, smart
    quotes for instance, must be typed so.
    """
    texts: list[str] = []
    elements: list[Element] = []
    start = 0
    for fence in _FENCE.finditer(typed):
        _compose_lines(typed[start : fence.start()], names, texts, elements)
        texts.append(f"```{escape(fence.group(1))}```")
        elements.append({"type": "rich_text_preformatted", "elements": [_text(fence.group(1).strip("\n"))]})
        start = fence.end()
    _compose_lines(typed[start:], names, texts, elements)
    return Composed("".join(texts), {"type": "rich_text", "block_id": "rt1", "elements": elements})


_CONTROL = re.compile(r"<([^<>]+)>")
_REFERENCE = re.compile(r"(?:[@#]|!subteam\^)(\w+)")
#: Where `compose` leaves a shortcode as it is: right behind a word, as in 10:30:20.
_BEHIND_WORD = re.compile(r"(?<=\w):([+\w-]+?(?:::skin-tone-[2-6])?):")


def retype(text: str, blocks: list[Element], names: Names) -> str:
    """Return what a person would type for a message that `compose` made: what he edits.

    Whom and what it mentions has its name of now. An emoji right behind a word is Unicode, since its shortcode would
    stay letters there; others are shortcodes, as they are stored.
    """
    typed = unescape(_CONTROL.sub(lambda match: _spell(match.group(1), names), text))
    with_emoji = _BEHIND_WORD.sub(lambda match: emoji.characters_of(match.group(1)) or match.group(), typed)
    is_meant = with_emoji != typed and [compose(with_emoji, names).block] == blocks
    return with_emoji if is_meant else typed


def _spell(control: str, names: Names) -> str:
    """Return what is typed for what stands between ``<`` and ``>``: a name, a link, or what has neither as it is."""
    if reference := _REFERENCE.match(control):
        return names.spelled(reference.group(1)) or f"<{control}>"
    if control.startswith("!"):
        return f"@{control[1:]}"
    address, _, label = control.partition("|")
    return label if address in (f"http://{label}", f"mailto:{label}") else control


def _compose_lines(typed: str, names: Names, texts: list[str], elements: list[Element]) -> None:
    """Compose what stands outside fences: runs of quoted lines, and the rest."""
    for index, lines in enumerate(_QUOTE.split(typed)):
        is_quote = index % 2 == 1
        run = _QUOTE_MARK.sub("", lines) if is_quote else lines
        line_end = "\n" if is_quote and run.endswith("\n") else ""
        pieces = _inline(run.removesuffix(line_end), names)
        text = "".join(piece.text for piece in pieces)
        texts.append((re.sub("^", "&gt; ", text, flags=re.MULTILINE) if is_quote else text) + line_end)
        if run.strip("\n"):
            kind = "rich_text_quote" if is_quote else "rich_text_section"
            elements.append({"type": kind, "elements": [piece.element for piece in pieces]})


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    element: Element


def _inline(typed: str, names: Names) -> list[_Piece]:
    pieces: list[_Piece] = []
    start = 0
    for match in _TOKEN.finditer(typed):
        kind, token = match.lastgroup, match.group()
        piece = _name(token, names) if kind == "name" else _READERS[kind](token)
        if piece is None:
            continue
        if match.start() > start:
            pieces.append(_literal(typed[start : match.start()]))
        pieces.append(piece)
        start = match.end()
    if start < len(typed):
        pieces.append(_literal(typed[start:]))
    return pieces


def _text(text: str, **style: bool) -> Element:
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def _literal(text: str) -> _Piece:
    return _Piece(escape(text), _text(text))


def _code(token: str) -> _Piece:
    return _Piece(escape(token), _text(token[1:-1], code=True))


def _styled(token: str) -> _Piece:
    return _Piece(escape(token), _text(token[1:-1], **{_STYLES[token[0]]: True}))


def _url(token: str) -> _Piece:
    return _Piece(f"<{escape(token)}>", {"type": "link", "url": token})


def _host(token: str) -> _Piece:
    url = f"http://{token}"
    return _Piece(f"<{escape(url)}|{escape(token)}>", {"type": "link", "url": url, "text": token})


def _mail(token: str) -> _Piece:
    url = f"mailto:{token}"
    return _Piece(f"<{url}|{token}>", {"type": "link", "url": url, "text": token})


def _shortcode(token: str) -> _Piece | None:
    name = emoji.canonical_name(token.strip(":"))
    return _emoji_piece(token, name) if name else None


def _emoji(token: str) -> _Piece:
    name = emoji.name_of(token)
    return _emoji_piece(f":{name}:", name)


def _emoji_piece(text: str, name: str) -> _Piece:
    points = emoji.CODE_POINTS[name.partition("::")[0]]
    return _Piece(text, {"type": "emoji", "name": name, "unicode": points})


def _name(token: str, names: Names) -> _Piece | None:
    """Read ``@name`` or ``#channel``; an unknown name stays as typed."""
    return _channel(token[1:], names) if token[0] == "#" else _mention(token[1:], names)


def _mention(name: str, names: Names) -> _Piece | None:
    if name in ("here", "channel", "everyone"):
        return _Piece(f"<!{name}>", {"type": "broadcast", "range": name})
    if user_id := names.user_id(name):
        return _Piece(f"<@{user_id}>", {"type": "user", "user_id": user_id})
    if group_id := names.group_id(name):
        return _Piece(f"<!subteam^{group_id}>", {"type": "usergroup", "usergroup_id": group_id})
    return None


def _channel(name: str, names: Names) -> _Piece | None:
    channel_id = names.channel_id(name)
    if not channel_id:
        return None
    return _Piece(f"<#{channel_id}|{name}>", {"type": "channel", "channel_id": channel_id})


_READERS: dict[str | None, Callable[[str], _Piece | None]] = {
    "code": _code,
    "emoji": _emoji,
    "host": _host,
    "mail": _mail,
    "shortcode": _shortcode,
    "styled": _styled,
    "url": _url,
}


def link_names(stored_text: str, names: Names) -> str:
    """Make links of ``#channel`` and ``@group`` in stored text, as ``link_names`` does; users are left alone."""

    def link(match: re.Match[str]) -> str:
        token = match.group()
        if token[0] == "#":
            channel_id = names.channel_id(token[1:])
            return f"<#{channel_id}|{token[1:]}>" if channel_id else token
        group_id = names.group_id(token[1:])
        return f"<!subteam^{group_id}>" if group_id else token

    return re.sub(r"(?<![\w@#<|])[@#][\w-]+", link, stored_text)
