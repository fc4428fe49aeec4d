"""Other people's text, so that Slack shows it as text: no mention, link, markup or hidden character works."""

from __future__ import annotations

import re

#: C0 and C1 controls but tab and line feed; what Unicode has be ignored where it is not known (source:
#: DerivedCoreProperties.txt, "Default_Ignorable_Code_Point"), with bidirectional and other invisible marks, fillers and
#: tags, in which whole texts can be hidden; what is as blank as a space and is none; lone surrogates, which are no text
#: at all; and the pictures and brackets that stand for them, so that no two texts look the same. The joiners stay, for
#: U+200C is Persian's and U+200D joins emoji, and U+FE0E and U+FE0F, which tell emoji from text. The three flags that
#: are made of tags are shown by them: rather so than a text that nobody sees.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\u2800\U0001d159"
    "\ud800-\udfff\u2400-\u2421\u27e6]"
)


def visible(text: str) -> str:
    """Return `text` with its control and bidirectional characters shown: ESC as ``␛``, U+202E as ``⟦U+202E⟧``.

    Different texts stay different.
    """
    return _HIDDEN.sub(_picture, text)


def one_line(text: str) -> str:
    """Return `visible(text)` on one line: a line break is shown as ``␊``."""
    return visible(text).replace("\n", "\u240a")


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\u27e6U+{code:04X}\u27e7"


def escape(text: str) -> str:
    """Escape the three characters that mean something in mrkdwn. Source: Formatting message text, "Escaping"."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


#: Signs with which bold, italic, struck, code or an emoji's name may begin: directly before a word.
_MARKUP = re.compile(r"(?<!\w)([*_~`:])(?=\S)")


def plain(text: str) -> str:
    """Return `text` so that mrkdwn shows it as it is: escaped, and with an invisible space where markup would begin.

    Post it with ``parse="none"``, or URLs become links. Source: Formatting message text.
    """
    return escape(_MARKUP.sub("\\1\u200b", text))


def units(text: str) -> int:
    """Return how much of a limit `text` takes: UTF-16 units of it escaped, the most that Slack may count."""
    more = sum(text.count(mark) * extra for mark, extra in (("&", 4), ("<", 3), (">", 3)))
    return more + (len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2)


def shorten(text: str, limit: int) -> str:
    """Return the start of `text` that takes at most `limit` units, ending in an ellipsis if it was cut."""
    if units(text) <= limit:
        return text
    taken = 1
    for end, character in enumerate(text):
        taken += units(character)
        if taken > limit:
            return text[:end] + "…"
    return text


def last_part(text: str, limit: int) -> str:
    """Return the end of `text` that takes at most `limit` units, from the start of a line if that leaves half of it."""
    if units(text) <= limit:
        return text
    tail = shorten(text[::-1], limit)[-2::-1]
    lines = tail.partition("\n")[2]
    return lines if 2 * units(lines) > limit else tail
