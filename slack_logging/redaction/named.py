r"""Secrets known by their name: ``password=...``, ``"api_key": "..."``, ``Authorization: Bearer ...`` and their kin.

A name counts by how it ends: ``db_password``, ``X-Api-Key`` and ``clientSecret`` name secrets; ``max_tokens``,
``secretary`` and ``password_length`` do not. The value is found as the text writes it: quoted (in JSON, `repr`, YAML,
or JSON within JSON), or up to where an unquoted value ends (in a query, a header, a shell's command).

The rules that `slack_logging.redaction.shapes` states for patterns hold here too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from slack_logging.redaction.shapes import MARKER, RUN, Pause, Shape, end_of_run

_KINDS_OF_KEY = (
    "access account api app auth deploy encryption fernet hmac master private secret session shared signing ssh "
    "subscription"
).split()

#: Which of several passes, of a compiler or a test, something is.
_NO_PASSWORDS = "first second third final single multi".split()

#: Whose `Pass` it is where a capital letter begins it: a text is searched in lower case, where `bypass` looks alike.
#: The letter before it is looked at first, for most words have another.
_OWNERS = "db user smtp ftp mail admin auth".split()
_OWNED = (
    rf"(?<=[{''.join(owner[-1] for owner in _OWNERS)}]pass)"
    rf"(?:{'|'.join(f'(?<={owner}pass)' for owner in _OWNERS)})"
)

#: Texts without one of which no name ends like a secret's.
_STEMS = "pass pw secret token key credential string dsn sess jwt sig authorization cookie".split()

#: A terminal's colours, as structlog's console puts them around names and values. An empty alternative costs
#: less than `?` does, here and below.
_COLOUR = r"(?:\x1b\[[\d;]{0,16}m|)"

#: Between a name and its separator: what quotes or brackets it, also escaped or as an address writes it.
_CLOSE = rf"[\"'`\]\\]{{0,5}}(?:%22|%5d|){_COLOUR}"

#: What is no password behind `pass`, `pw` or a plural: a count, a share or a time. A letter is seen at once.
_NO_NUMBER = rf"(?!(?=\W){_CLOSE}[ \t:=]{{1,9}}[\d.,]{{1,16}}(?:%|[a-z]{{1,3}})?(?:[\s,;&)\]}}]|$))"

#: What makes `pass` by itself a password's name, for it says how tests ended, too: an equals sign right behind it, a
#: quoted value, or one of letters and digits: whether it is as long is seen first, for most words are not.
_VALUE_FOLLOWS = (
    r"(?==(?!=)|[\"'\\]{0,5}:[ \t]?[bu]?\\{0,7}[\"'`]|"
    r":[ \t]?(?=[a-z0-9!#$%*+?@^~]{6,64}(?:[\s,;&)\]}]|$))(?=[a-z!#$%*+?@^~]{0,63}\d)[0-9!#$%*+?@^~]{0,63}[a-z]|$)"
)

#: Each begins with a letter, alone, for then `re` skips in one go what cannot begin a name. `PWD` is also a directory,
#: and parsers complain of an unexpected token. The two headers' groups tell them apart.
_NAMES = (
    *(f"{kind}[ _.-]?key" for kind in _KINDS_OF_KEY),
    r"pass(?:word|wd|phrase|code)(?<!/etc/passwd)",
    rf"pass(?:(?<=[_-]pass)|{_OWNED}){''.join(f'(?<!{which}.pass)' for which in _NO_PASSWORDS)}",
    rf"pass(?<![\w-]pass){_VALUE_FOLLOWS}{_NO_NUMBER}{''.join(f'(?<!{which}.pass)' for which in _NO_PASSWORDS)}",
    rf"pw(?<![a-z0-9]pw){_NO_NUMBER}(?!==|:[^\s\"'`])",
    rf"pwd(?!(?=\W){_CLOSE}[ \t]{{0,4}}[:=][ \t]{{0,4}}[\"']?(?:[/~.]|[a-z]:[\\/]))",
    r"secret",
    r"token(?<!unexpected token)",
    r"credentials?",
    r"connection[ _-]?string",
    r"dsn",
    r"session[_-]?id",
    r"phpsessid",
    r"jwt(?<!invalid jwt)",
    r"amz-signature",
    r"goog-signature",
    r"sig(?<=[?&]sig)",
    r"authorization(?P<authorization>)",
    r"cookie(?P<cookie>)",
)

#: Several secrets, but for tokens, which a model counts and lists; also no number of them, nor what goes on with a
#: sentence: "passwords: changed for ada".
_PLURAL = rf"s(?<!tokens){_NO_NUMBER}(?!:[ ][a-z]{{1,16}}[ ][a-z])"

#: What may follow a secret's name without making it another thing's; else no letter, which is seen at once.
_SUFFIX = (
    rf"(?:{_PLURAL}|)"
    r"(?:(?![a-z\d_-])|[_-]?(?:base|hash|digest|value|string|text|plain|confirm(?:ation)?|again|old|new|\d{1,2}))"
)

#: Values that are none: nothing, what a program puts a value in for, and what is starred out already.
_NOTHING = (
    r"(?:none|null|nil|true|false|yes|no|ok|undefined|\*{3,64}|\.{3}|\?|%s|%\(\w{1,64}\)s|\$\d{1,2}|\$?\{[\w.]{0,64}\}|"
    r":(?:password|token|secret))"
)
_NO_VALUE = rf"(?:\"{_NOTHING}\"|'{_NOTHING}'|\\\"{_NOTHING}\\\"|{_NOTHING}(?=[\s,;&)\]}}\"'\\]|$))"

#: Words that go on with a sentence: "invalid token: expired", "credentials: user ada"; and which or how many tokens:
#: "next_token=5".
_PROSE = (
    r"(?:(?<=: )(?:accepted|an?|as|at|by|cannot|denied|disabled|does|enabled|expired|failed|for|from|granted|has|in|"
    r"incorrect|invalid|is|its?|loaded|malformed|missing|must|no|not|of|on|rejected|required|revoked|"
    r"set|signature(?![ ][\w-]{1,40}=)|that|the|this|to|too|unknown|was|with|wrong|your|"
    r"(?:field|value)[ ](?:is[ ])?required|(?:input|string|value)[ ]should[ ](?:be|have|match)|"
    r"\d{1,3}[ ](?:bytes|char(?:acter)?s|entries|items?))|"
    r"(?<=credentials: )(?:for|of|user)|"
    r"(?:(?<=token[=:])|(?<=token: )|(?<=token[\"']:)|(?<=token[\"']: ))\d{1,3})"
    r"(?=[,.;:!]?(?:[\s\"')\]}<&\\]|$))"
)

#: A value by itself that is none, or tells about one.
_TELLS = re.compile(rf"{_NOTHING}$|{_PROSE}(?=[,.;:!]?(?:\s|$))")

#: White space between items, and what quotes a text, both also escaped; and a mapping's key.
_BREAK, _MARKS = r"(?:\\n(?:\\[nt]|\s){0,64}|\s{0,64})", r"[\"'\\]{1,5}"
_KEY = rf"{_MARKS}[\w .@/-]{{1,64}}{_MARKS}[ ]?:[ ]?"

#: Between a name that is itself a value and the value that it names: `"name": "DB_PASSWORD", "value": "x"`, as
#: containers' environments are written; also in YAML and in HTML.
_NAMED = (
    rf"(?:,{_BREAK}{_MARKS}\w{{0,16}}value{_MARKS}[ ]?:[ ]?|"
    r"[ ]{0,4}\r?(?:\n|\\n)[ ]{0,40}value:[ ]|(?<=[\"'])[ ]value=)"
)

_SEPARATOR = (
    rf"(?:{_NAMED}|"
    r"[ \t\xa0]{0,20}(?:=>|:=|={1,3}(?![=>])|:(?![:=]|//)|%3[ad]|>(?=[^<>\n]{1,256}</))[ \t\xa0]{0,20}"
    + _COLOUR
    + r")(?=\S)"
)

#: A list of sentences, as forms say what is wrong with a field: each of three words or more, one of them such as no
#: passphrase is made of, and a full stop before the quote. One item that is none, and all are hidden.
_SENTENCE = (
    rf"{_MARKS}(?=[\w ,.'’()-]{{3,120}}[ ](?:are|cannot|did|didn['’]t|does|has|is|may|must|should|was|a)[ ])"
    rf"[a-z]{{1,16}}[ ][\w ,.'’()-]{{3,150}}\.{_MARKS}"
)
_SENTENCES = rf"\[{_SENTENCE}(?:,{_BREAK}{_SENTENCE}|)(?:,{_BREAK}{_SENTENCE}|)\]"

#: Behind a plural, a mapping's first key: its own keys name what is secret, where behind another name, and behind
#: `credentials`, they tell about it. What ends with `ss` is no plural.
_OF_SEVERAL = "|".join(
    rf"(?<=[^ls]s{close}[:=]{blank}\{{)" for close in ("", "[\"']", r"\\[\"']") for blank in ("", "[ ]")
)
_MAPPING = rf"\{{(?:{_OF_SEVERAL}){_BREAK}{_KEY}"

#: What is no list, nor a mapping, of texts, seen at once: a word behind its bracket.
_NO_LIST = rf"[\[({{](?!{MARKER[1:-1]}\])[\w.]{{3}}"

#: A call's argument that is no text, before one that is, and an argument's name.
_KEYWORD = r"(?:[a-z_]\w{0,40}=|)"
_INDENT = r"(?:\\n|)\s{0,9}"
_ARGUMENT = rf"(?:{_KEYWORD}[\w.+-]{{1,40}},{_INDENT}|)"

#: What a value is wrapped in: `SecretStr('x')`, `Secret(value='x')`, `Secret(1, kind=Kind.DB, text=Text('x'))`.
_CALL = rf"[a-z_][\w.]{{0,40}}\({_INDENT}{_ARGUMENT}{_ARGUMENT}{_KEYWORD}"

#: How a value begins: quoted, after a call's bracket, a list's, a mapping's key or a prefix of Python's; or with what
#: is no bracket.
_VALUE = (
    rf"(?:(?P<many>(?:{_CALL}(?:{_CALL}|)|)(?:[\[(]{{1,2}}{_BREAK}|{_MAPPING}|))[bruefn]{{0,2}}(?P<depth>\\{{0,7}})"
    r"(?P<quote>\"\"\"|'''|(?<=\\)(?:\"\\\"\\\"|'\\'\\')|[\"']|`(?=[^`\s]{1,256}`))|"
    rf"(?![({{]|\[(?!{MARKER[1:-1]}\])))"
)

#: A quoted value, in a lookahead: a string, or one within a string.
_STRINGS = "|".join(
    rf"{close}(?:[^{quote}\\\n]|{escaped}){{1,400}}{close}"
    for quote in "\"'"
    for close, escaped in ((quote, r"\\."), (rf"\\{quote}", rf"\\\\(?:[^{quote}\\\n]|\\.)|\\[^{quote}\\]"))
)

#: Behind a value, up to what names it: `"value": "x", "name": "DB_PASSWORD"`.
_NAME_BEHIND = rf"(?:{_STRINGS}),{_BREAK}{_MARKS}\w{{0,16}}(?:name|key){_MARKS}[ ]?:[ ]?{_MARKS}[\w .-]{{0,40}}?"

#: Schemes of a header with one word behind them, or a header's name in its value's place; they stay.
_SCHEME = r"(?P<scheme>(?:(?:x-)?api-?key:?|basic|bearer|negotiate|ntlm|token)[ ]{1,4})?"

#: What says in SQL whose password follows; what else is identified by something is no user.
_IDENTIFIED = (
    r"(?:user|to)[ ](?:if (?:not )?exists )?[^\s;]{1,128}[ ]identified[ ](?:with[ ]\S{1,64}[ ])?"
    r"by[ ](?:(?:password|values)[ ])?(?=[\"'])"
)

#: Between a form's field and its value, which is a line of its own: further headers, and a blank line.
_LINE = r"(?:\r?\n|(?:\\{1,2}r)?\\{1,2}n)"
_HEADER = rf"(?:{_LINE}content-[a-z-]{{4,20}}:[^\r\n\\]{{1,100}}|)"
_FILE_NAME = r"(?:;[ ]?filename=[\"'\\]{1,3}[^\"'\r\n\\]{0,100}[\"'\\]{1,3}|)"
_FIELD_ENDS = rf"[\"'\]\\]{{1,5}}{_FILE_NAME}{_HEADER}{_HEADER}{_HEADER}{_LINE}{_LINE}(?P<field>)"

_UNQUOTED = re.compile(
    # plain characters; a mark or a bracket where the value goes on behind it; a backslash that escapes no quote
    rf"(?:{re.escape(MARKER)}|[^\s\"'`<>,;&|)\]}}\\]|[,;&|](?![\s\"'\\]|$|[\w .%-]{{1,64}}(?:[=:]|(?<=%3[Dd])))|"
    rf"[)\]}}](?![\s)\]}},;.:\"'\\]|$)|\\(?![\"'])){{1,{RUN}}}"
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
    item = rf"{_MARKS},{_BREAK}(?:{_KEY}|{_ARGUMENT}{_ARGUMENT}{_KEYWORD})[bru]{{0,2}}(?:{items})"
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


def _either(names: Iterable[str]) -> str:
    """Return one pattern for any of some, told apart by their first letters: in most places none of them begins."""
    by_first: dict[str, list[str]] = {}
    for name in names:
        by_first.setdefault(name[0] if name[0].isalpha() else "", []).append(name)
    groups = ((first, "|".join(name[len(first) :] for name in alike)) for first, alike in by_first.items())
    return "|".join(f"{first}(?:{rest})" for first, rest in groups)


class Names:
    """Which names are secrets', and the shapes of their values in a text.

    Args:
        more: further names; like the others, each counts where a name ends with it, in upper or lower case.

    """

    __slots__ = ("_by_code", "_shapes", "_whole")

    def __init__(self, more: Iterable[str] = ()) -> None:
        more = [name.lower() for name in more]
        either = _either([*(re.escape(name) for name in more), *_NAMES])
        self._whole = re.compile(rf"(?:{either}){_SUFFIX}$")
        name = rf"(?:{either}){_SUFFIX}"
        value = rf"(?!{_NO_LIST})(?!{_NO_VALUE})(?!{_PROSE})(?!{_SENTENCES}){_VALUE}{_SCHEME}"
        option, pair = r"(?:[ \t]{1,4}|[\"'],[ ]?(?=[\"']))", r"[\"'],[ ]?(?=[bu]?[\"'])"
        openings = (
            # a word behind the name is a sentence's: that, too, is seen at once
            ((*more, *_STEMS), rf"(?:{either})(?![ ]\w){_SUFFIX}{_CLOSE}{_SEPARATOR}{value}"),
            # what follows the name is looked at first, for it tells most texts at once that they are no pair
            (
                ("--",),
                rf"--(?<![\w-]--)(?=[\w.-]{{1,80}}{option}[^\s=:>-])[\w.-]{{0,24}}?{name}{option}(?=[^\s=:>-]){value}",
            ),
            (
                ("('", '("', "(b'"),
                rf"\([bu]?[\"'](?=[\w .-]{{1,80}}{pair})[\w.-]{{0,24}}?{name}{pair}{value}",
            ),
            # SQL, where nothing separates the two, or a function's bracket; what has a blank is a sentence's
            (
                ("password '", "password('"),
                rf"password(?:[ ]|\((?<![\w.]password\())(?='[^\s']{{1,256}}'){value}",
            ),
            (("identified ",), rf"{_IDENTIFIED}{value}"),
            # a field of a form that is sent in parts
            (
                ("form-data",),
                rf"form-data;[ ]?name={_MARKS}[\w .\[-]{{0,40}}?{name}{_FIELD_ENDS}{value}",
            ),
            # the value first, and its name behind it
            (
                ("value",),
                rf"value{_MARKS}[ ]?:[ ]?(?={_NAME_BEHIND}{name}{_MARKS}){value}",
            ),
        )
        self._shapes, self._by_code = (
            tuple(Shape(triggers, opening, locate, any_case=True) for triggers, opening in openings)
            for locate in (_locate, _locate_by_code)
        )

    def shapes(self, text: str) -> tuple[Shape, ...]:
        """Return the shapes for a text: a name and its value, an option and its argument, a pair."""
        return self._by_code if '  File "' in text else self._shapes

    def secret(self, name: str) -> bool:
        """Tell whether what is called so is a secret."""
        return self._whole.search(name.lower()) is not None


def _locate(text: str, opening: re.Match[str], pause: Pause) -> tuple[int, int]:
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


def tells(before: str, value: str) -> bool:
    """Tell whether all of a value, behind what is `before` it, is none, or words that go on with a sentence."""
    return _TELLS.match(before + value.lower(), len(before)) is not None


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


def _locate_by_code(text: str, opening: re.Match[str], pause: Pause) -> tuple[int, int]:
    """Find the value in a text that holds a traceback: what is in no string of its lines of code is a variable."""
    if opening.group("quote") is None and _is_code(text, opening.end()):
        return opening.end(), opening.end()
    return _locate(text, opening, pause)


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
