"""The standard emoji under Slack's names. Custom ones are `invalid_name`, as another workspace's are.

The table `emoji.txt` holds a line an emoji: code points in hexadecimal, ``+`` if it has skin tones, Slack's name, other
names for it. Its facts are those of the emoji-data project by iamcal (MIT licence), which Slack uses itself.
"""

from __future__ import annotations

import re
from pathlib import Path

_ROWS = [line.split(" ") for line in Path(__file__).with_name("emoji.txt").read_text(encoding="ascii").splitlines()]

#: Slack's name -> code points in hexadecimal, as in the `unicode` of a rich_text emoji.
CODE_POINTS: dict[str, str] = {name: points for points, _, name, *_ in _ROWS}

#: Other names for the same emoji; Slack stores the right-hand one.
ALIASES: dict[str, str] = {alias: name for _, _, name, *aliases in _ROWS for alias in aliases}

_TONED = frozenset(name for _, tone, name, *_ in _ROWS if tone == "+")
_TONE = re.compile(r"::skin-tone-[2-6]$")
#: U+1F3FB, the lightest, is Slack's tone 2.
_TONE_MODIFIERS = {chr(0x1F3FB + index): f"::skin-tone-{index + 2}" for index in range(5)}


def _characters(code_points: str) -> str:
    return "".join(chr(int(point, 16)) for point in code_points.split("-"))


#: Unicode emoji -> Slack's name; with and without the variation selector that phones leave out.
NAMES: dict[str, str] = {
    spelling: name
    for name, points in CODE_POINTS.items()
    for spelling in (_characters(points), _characters(points).replace("\ufe0f", ""))
    if not spelling.isascii() and not spelling.isalnum()
}

_OTHERS = sorted((spelling for spelling in NAMES if not spelling[0].isascii()), key=len, reverse=True)
_FIRST = "".join(sorted({spelling[0] for spelling in _OTHERS}))

#: Matches one Unicode emoji of the table, the longest, with its tone. The look ahead is for speed: most text has none.
PATTERN = re.compile(
    rf"[#*0-9]\ufe0f?\u20e3|(?=[{_FIRST}])(?:{'|'.join(map(re.escape, _OTHERS))})[{''.join(_TONE_MODIFIERS)}]?"
)


def canonical_name(name: str) -> str | None:
    """Return the name under which Slack stores a reaction, or None if the workspace has no such emoji.

    Args:
        name: without colons; a skin tone as in ``+1::skin-tone-3``.
    """
    tone = _TONE.search(name)
    base = name[: tone.start()] if tone else name
    base = ALIASES.get(base, base)
    if base not in CODE_POINTS or (tone and base not in _TONED):
        return None
    return base + (tone.group() if tone else "")


def name_of(characters: str) -> str:
    """Return Slack's name of one emoji that `PATTERN` matched, its skin tone included."""
    tone = _TONE_MODIFIERS.get(characters[-1], "") if len(characters) > 1 else ""
    name = NAMES[characters[:-1] if tone else characters]
    return name + (tone if name in _TONED else "")


def characters_of(name: str) -> str | None:
    """Return the Unicode of Slack's name, skin tone included, or None if there is no such emoji; undoes `name_of`."""
    known = canonical_name(name)
    if known is None:
        return None
    base, _, tone = known.partition("::skin-tone-")
    return _characters(CODE_POINTS[base]) + (chr(0x1F3FB + int(tone) - 2) if tone else "")


def to_shortcodes(text: str) -> str:
    """Replace Unicode emoji by Slack's shortcodes. Source: Formatting message text."""
    return text if text.isascii() else PATTERN.sub(lambda match: f":{name_of(match.group())}:", text)
