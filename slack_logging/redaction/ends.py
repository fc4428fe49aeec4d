"""Where a value ends that stands behind a secret's name: at its quote, with its line, or where nothing goes on.

What comes before a value is in `slack_logging.redaction.named`; the rules that `slack_logging.redaction.shapes` states
for patterns hold here too.
"""

from __future__ import annotations

import functools
import re

from slack_logging.redaction.shapes import MARKER, RUN, Pause, end_of_run

#: White space between items, and what quotes a text, both also escaped; and a mapping's key.
BREAK, MARKS = r"(?:\\n(?:\\[nt]|\s){0,64}|\s{0,64})", r"[\"'\\]{1,5}"
KEY = rf"{MARKS}[\w .@/-]{{1,64}}{MARKS}[ ]?:[ ]?"

#: A call's argument that is no text, before one that is, and an argument's name.
KEYWORD = r"(?:[a-z_]\w{0,40}=|)"
INDENT = r"(?:\\n|)\s{0,9}"
ARGUMENT = rf"(?:{KEYWORD}[\w.+-]{{1,40}},{INDENT}|)"

#: A quote behind which a value goes on, for nothing follows that could be outside of it: no bracket, no end, no sign.
_QUOTE_WITHIN = r"[\"'`](?![\s\"'`<>,;:&|)\]}\\\x1b]|$|[.!?](?:\s|$)|/>)"

#: An angle bracket that begins, and ends, no tag of HTML, and no address in such brackets.
_ANGLE_WITHIN = r"(?:<(?![/!?\s]|$|[a-zA-Z][^<>\n]{0,100}>)|>(?![\s\"'`<>,;:.&|)\]}\\/]|$|[^<>\n]{0,100}<))"

_UNQUOTED = re.compile(
    # plain characters; a mark or a bracket where the value goes on behind it; a backslash that escapes no quote
    rf"(?:{re.escape(MARKER)}|[^\s\"'`<>,;&|)\]}}\\]|[,;&|](?![\s\"'\\]|$|[\w .%-]{{1,64}}(?:[=:]|(?<=%3[Dd])))|"
    rf"[)\]}}](?![\s)\]}},;.:\"'\\]|$)|\\(?![\"'])|{_QUOTE_WITHIN}|{_ANGLE_WITHIN}){{1,{RUN}}}"
)
#: What stands for several texts, the last of which ended with another quote than the first began with.
_HIDDEN = re.compile(rf"{re.escape(MARKER)}(?=[\"'\\]{{1,5}},?(?:[)\]}}\s\\]|$))")
_LABEL = re.compile(r"[A-Z][A-Z0-9_-]{1,64}(?![\w-])")
_REST_OF_LINE = re.compile(rf"(?:[^\r\n\\]|\\(?![rn])){{1,{RUN}}}")
_REST_OF_STRING = re.compile(rf"(?:[^\r\n\"'\\]|\\(?![rn\"'])){{1,{RUN}}}")
#: A header's parameter, and the value of one: `Digest username="ada", response="x"`, also within a string.
_PARAMETER = re.compile(r"[\w-]{1,40}=\\{0,3}\"")
_PARAMETERS_VALUE = re.compile(
    rf"(?<==)(?:\"[^\"\\\r\n]{{0,{RUN}}}\"(?=[,;\s'\\]|$)|"
    rf"\\{{1,3}}\"[^\"\\\r\n]{{0,{RUN}}}\\{{1,3}}\"(?=[,;\s\"'\\]|$))"
)

#: A row's values: a bracket is within where nothing that ends the row follows.
_REST_OF_ROW = re.compile(rf"(?:[^)\r\n]|\)(?![\s.,;:\"'\\)]|$)){{1,{RUN}}}")

#: Lines of a statement that a traceback shows at most; ours.
_MAX_STATEMENT = 8
#: Characters of a line that a traceback shows at most; ours: what is in a longer one counts as no code.
_MAX_LINE = 400
#: A string in a line of code, and what is left of one that goes on.
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_OPEN_QUOTE = re.compile(r"[\"']")
_ANY_QUOTE = re.compile(r"[\"'`]")
_FRAME = re.compile(r"([ |]{2,40})File \"")


def _steps(quote: str, depth: int) -> str:
    """Return what a quoted value is made of, where `depth` is how many backslashes stand before its quotes.

    Depths: 0, a string; 1, a string within a string; more is rare, and ends at the first quote that is as deep.
    """
    plain = rf"[^{quote}\\\n]"
    doubled = "|''" if quote == "'" else ""  # as YAML and SQL write one within
    steps = (
        rf"{plain}|\\.{doubled}",
        rf"{plain}|\\\\(?:[^{quote}\\\n]|\\.)|\\[^{quote}\\]",
        rf"{plain}|\\(?!\\{{0,7}}{quote})",
    )
    return steps[depth]


@functools.cache
def _items(depth: int) -> re.Pattern[str]:
    """Return how a list goes on behind a quoted item, or a mapping or a call: the next and some more, in one match."""
    items = "|".join(rf"\\{{0,7}}({quote})(?:{_steps(quote, depth)}){{0,{RUN // 8}}}" for quote in "\"'")
    item = rf"{MARKS},{BREAK}(?:{KEY}|{ARGUMENT}{ARGUMENT}{KEYWORD}|\w{{1,40}}:[ ]?)[bru]{{0,2}}(?:{items})"
    return re.compile(item + f"(?:{item})?" * 7, re.DOTALL)


_QUOTED = {
    (quote, depth): re.compile(rf"(?:{_steps(quote, depth)}){{1,{RUN}}}", re.DOTALL)
    for quote in "\"'`"
    for depth in (0, 1, 2)
}
_QUOTED |= {
    (quote * 3, 0): re.compile(rf"(?:[^{quote}\\\n]|\\.|{quote}(?!{quote}{quote})){{1,{RUN}}}", re.DOTALL)
    for quote in "\"'"
}


def locate(text: str, opening: re.Match[str], pause: Pause) -> tuple[int, int]:
    """Find the value: where it begins is where the opening ends, and how it is quoted says how far it goes."""
    start = opening.end()
    if (label := _LABEL.match(text, start)) and _plain(label[0]) == _plain(opening[0].strip("-:= ")):
        return start, start  # the name itself, as a usage has it: `--api-key API_KEY`
    run = _UNQUOTED
    if opening.lastgroup is not None:
        quote, depth, scheme, many = opening.group("quote", "depth", "scheme", "many")
        if quote:
            deep = min(len(depth), 2)
            run = _QUOTED[quote[0] if depth else quote, deep]
            if many:
                hidden = _HIDDEN.match(text, start)
                end = hidden.end() if hidden else end_of_run(run, text, start, pause)
                return start, _end_of_items(end, deep, text, pause)
        elif not scheme or _PARAMETER.match(text, start):  # a header
            return start, _end_of_header(text, opening.start(), start, pause)
    return start, end_of_run(run, text, start, pause)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _end_of_items(end: int, depth: int, text: str, pause: Pause) -> int:
    """Return where the last of a list's, a mapping's or a call's texts ends, the first of which ends at `end`."""
    while more := _items(depth).match(text, end):
        pause()
        quote = more[more.lastindex or 0]  # the last item's, which need not be the first one's
        end = end_of_run(_QUOTED[quote, depth], text, more.end(), pause)
    return end


def _end_of_header(text: str, name: int, start: int, pause: Pause) -> int:
    """Return where a header's value ends: with its line, or with the string that holds the header."""
    line = text[max(name - _MAX_LINE, 0) : name].rpartition("\n")[2]
    if not _ANY_QUOTE.search(line):
        return end_of_run(_REST_OF_LINE, text, start, pause)
    end = end_of_run(_REST_OF_STRING, text, start, pause)
    while value := _PARAMETERS_VALUE.match(text, end):
        pause()
        end = end_of_run(_REST_OF_STRING, text, value.end(), pause)
    return end


def locate_row(text: str, opening: re.Match[str], pause: Pause) -> tuple[int, int]:
    """Find a row's values, as a database writes them behind its columns: up to the bracket that ends it."""
    return opening.end(), end_of_run(_REST_OF_ROW, text, opening.end(), pause)


def locate_by_code(text: str, opening: re.Match[str], pause: Pause) -> tuple[int, int]:
    """Find the value in a text that holds a traceback: what is in no string of its lines of code is a variable."""
    if opening.group("quote") is None and _is_code(text, opening.end()):
        return opening.end(), opening.end()
    return locate(text, opening, pause)


def _is_code(text: str, at: int) -> bool:
    """Tell whether this is in a line of code that a traceback shows, and in no string there."""
    end = at
    starts = []  # of the lines from this one back to the frame's
    for _ in range(_MAX_STATEMENT):
        start = text.rfind("\n", max(end - _MAX_LINE, 0), end)
        if start < 0:
            return False
        if end == at and _OPEN_QUOTE.search(_STRING.sub("", text[start:at])):
            return False
        starts.append(start + 1)
        end = start
        before = text.rfind("\n", max(end - _MAX_LINE, 0), end)
        if before < 0 and end > _MAX_LINE:
            return False
        if frame := _FRAME.match(text, before + 1, end):
            # code is deeper than its frame; an exception's text and its notes are less deep, also in a group
            code = f"{frame[1]}  "
            for start in starts:
                if not text.startswith(code, start):
                    return False
            # in no string of several lines either
            return text.count('"""', end, at) % 2 == text.count("'''", end, at) % 2 == 0
    return False
