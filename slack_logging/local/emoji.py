"""The emoji that the local workspace knows: a small part of Slack's, under Slack's names.

An unknown name is `invalid_name` to reactions.add, as custom emoji of another workspace are in Slack.
"""

from __future__ import annotations

import re

_TABLE = """
+1 1f44d|-1 1f44e|100 1f4af|alarm_clock 23f0|arrow_down 2b07-fe0f|arrow_up 2b06-fe0f|arrow_right 27a1-fe0f
arrows_counterclockwise 1f504|ballot_box_with_check 2611-fe0f|bangbang 203c-fe0f|bell 1f514|no_bell 1f515
black_circle 26ab|blue_heart 1f499|bomb 1f4a3|boom 1f4a5|bug 1f41b|bulb 1f4a1|calendar 1f4c6
chart_with_upwards_trend 1f4c8|chart_with_downwards_trend 1f4c9|checkered_flag 1f3c1|clap 1f44f|clock1 1f550
construction 1f6a7|cry 1f622|dart 1f3af|double_vertical_bar 23f8-fe0f|exclamation 2757|eyes 1f440
face_with_monocle 1f9d0|facepalm 1f926|fire 1f525|ghost 1f47b|gear 2699-fe0f|green_heart 1f49a|grey_question 2754
grey_exclamation 2755|hammer_and_wrench 1f6e0-fe0f|heart 2764-fe0f|heavy_check_mark 2714-fe0f
heavy_minus_sign 2796|heavy_multiplication_x 2716-fe0f|heavy_plus_sign 2795|hourglass 231b
hourglass_flowing_sand 23f3|information_source 2139-fe0f|joy 1f602|key 1f511|large_blue_circle 1f535
large_green_circle 1f7e2|large_orange_circle 1f7e0|large_purple_circle 1f7e3|large_yellow_circle 1f7e1
large_brown_circle 1f7e4|lock 1f512|loud_sound 1f50a|mag 1f50d|mega 1f4e3|memo 1f4dd|mute 1f507
negative_squared_cross_mark 274e|no_entry 26d4|no_entry_sign 1f6ab|octagonal_sign 1f6d1|ok 1f197|ok_hand 1f44c
one 31-fe0f-20e3|two 32-fe0f-20e3|three 33-fe0f-20e3|package 1f4e6|page_facing_up 1f4c4|paperclip 1f4ce
point_right 1f449|point_up 261d-fe0f|pray 1f64f|pushpin 1f4cc|question 2753|raised_hands 1f64c|raised_hand 270b
recycle 267b-fe0f|red_circle 1f534|repeat 1f501|rocket 1f680|rotating_light 1f6a8|scream 1f631|seedling 1f331
ship 1f6a2|skull 1f480|skull_and_crossbones 2620-fe0f|slightly_smiling_face 1f642|smile 1f604|sob 1f62d
sparkles 2728|speech_balloon 1f4ac|stopwatch 23f1-fe0f|sunglasses 1f60e|tada 1f389|thinking_face 1f914
traffic_light 1f6a5|turtle 1f422|unlock 1f513|warning 26a0-fe0f|wastebasket 1f5d1-fe0f|wave 1f44b
white_check_mark 2705|white_circle 26aa|wrench 1f527|x 274c|zap 26a1|zzz 1f4a4
black_right_pointing_triangle_with_double_vertical_bar 23ef-fe0f|arrow_forward 25b6-fe0f|flag-gb 1f1ec-1f1e7
"""

#: Slack's name -> code points in hexadecimal, as in the `unicode` of a rich_text emoji.
CODE_POINTS: dict[str, str] = dict(entry.split(" ") for line in _TABLE.split("\n") if line for entry in line.split("|"))

#: Other names for the same emoji; Slack stores the right-hand one.
ALIASES = {
    "thumbsup": "+1",
    "thumbsdown": "-1",
    "collision": "boom",
    "hand": "raised_hand",
    "stop_sign": "octagonal_sign",
}

_TONED = frozenset(
    {
        "+1",
        "-1",
        "clap",
        "facepalm",
        "ok_hand",
        "point_right",
        "point_up",
        "pray",
        "raised_hands",
        "raised_hand",
        "wave",
    }
)
_TONE = re.compile(r"::skin-tone-[2-6]$")


def _characters(code_points: str) -> str:
    return "".join(chr(int(point, 16)) for point in code_points.split("-"))


#: Unicode emoji -> Slack's name; with and without the variation selector that phones leave out.
NAMES: dict[str, str] = {
    spelling: name
    for name, points in CODE_POINTS.items()
    for spelling in (_characters(points), _characters(points).replace("\ufe0f", ""))
    if not spelling.isascii()
}

#: Matches one Unicode emoji of the table; longest first, so that a variation selector is taken along.
PATTERN = re.compile("|".join(re.escape(spelling) for spelling in sorted(NAMES, key=len, reverse=True)))


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


def to_shortcodes(text: str) -> str:
    """Replace the Unicode emoji that we know by Slack's shortcodes. Source: Formatting message text."""
    return PATTERN.sub(lambda match: f":{NAMES[match.group()]}:", text)
