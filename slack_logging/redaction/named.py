r"""Secrets known by their name: ``password=...``, ``"api_key": "..."``, ``Authorization: Bearer ...`` and their kin.

A name counts by how it ends: ``db_password``, ``X-Api-Key`` and ``clientSecret`` name secrets; ``max_tokens``,
``secretary`` and ``password_length`` do not. The value is found as the text writes it: quoted (in JSON, `repr`, YAML,
or JSON within JSON), or up to where an unquoted value ends (in a query, a header, a shell's command).

The rules that `slack_logging.redaction.shapes` states for patterns hold here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from slack_logging.redaction.ends import (
    ARGUMENT,
    BREAK,
    INDENT,
    KEY,
    KEYWORD,
    MARKS,
    locate,
    locate_by_code,
    locate_row,
)
from slack_logging.redaction.shapes import MARKER, Shape

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
#: parsers complain of an unexpected token, models have tokens that begin, end and pad, credentials are loaded from a
#: path, and AWS has an account's number before a secret's name. The two headers' groups tell them apart.
_NAMES = (
    *(f"{kind}[ _.-]?key" for kind in _KINDS_OF_KEY),
    r"pass(?:word|wd|phrase|code)(?<!/etc/passwd)",
    rf"pass(?:(?<=[_-]pass)|{_OWNED}){''.join(f'(?<!{which}.pass)' for which in _NO_PASSWORDS)}",
    rf"pass(?<![\w-]pass){_VALUE_FOLLOWS}{_NO_NUMBER}{''.join(f'(?<!{which}.pass)' for which in _NO_PASSWORDS)}",
    rf"pw(?<![a-z0-9]pw){_NO_NUMBER}(?!==|:[^\s\"'`])",
    rf"pwd(?!(?=\W){_CLOSE}[ \t]{{0,4}}[:=][ \t]{{0,4}}[\"']?(?:[/~.]|[a-z]:[\\/]))",
    r"secret(?<!:\d{12}:secret)",
    r"token(?<!unexpected token)(?<![\W_]per_token)(?<!(?<![a-z0-9])(?:bos|eos|pad|sep|cls|unk)_token)",
    r"credential(?!s?[ \t]{0,4}[:=][ \t]{0,4}~?/[\w.-]{1,64}/[\w./-]{1,128}(?:[\s,;\"')]|$))s?",
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
    r"(?:(?<=: )(?:accepted|an?|as|at|by|cached|cannot|changed|denied|disabled|does|enabled|expired|failed|"
    r"for|from|granted|has|in|incorrect|invalid|is|its?|loaded|malformed|missing|must|no|not|of|on|refreshed|"
    r"rejected|renewed|required|reused|revoked|rotated|set|signature(?![ ][\w-]{1,40}=)|that|the|this|to|too|"
    r"unknown|updated|was|with|wrong|your|"
    r"expected[ ](?:a|an|one[ ]of|the)(?=[ ])|given[ ]twice|valid(?=[,.;\"')\n]|$|[ ](?:for|from|to|until)[ ])|"
    r"(?:field|value)[ ](?:is[ ])?required|(?:input|string|value)[ ]should[ ](?:be|have|match)|"
    r"\d{1,3}[ ](?:attempts?|bytes|char(?:acter)?s|entries|items?))|"
    r"(?<=credentials: )(?:for|of|user)|"
    r"(?:(?<=token[=:])|(?<=token: )|(?<=token[\"']:)|(?<=token[\"']: ))\d{1,3})"
    r"(?=[,.;:!]?(?:[\s\"')\]}<&\\]|$))"
)

#: A value by itself that is none, or tells about one.
_TELLS = re.compile(rf"{_NOTHING}$|{_PROSE}(?=[,.;:!]?(?:\s|$))")

#: Between a name that is itself a value and the value that it names: `"name": "DB_PASSWORD", "value": "x"`, as
#: containers' environments are written; also in YAML and in HTML.
_NAMED = (
    rf"(?:,{BREAK}{MARKS}\w{{0,16}}value{MARKS}[ ]?:[ ]?|"
    r"[ ]{0,4}\r?(?:\n|\\n)[ ]{0,40}value:[ ]|(?<=[\"'])[ ]value=)"
)

_SEPARATOR = (
    rf"(?:{_NAMED}|"
    r"[ \t\xa0]{0,20}(?:=>|:=|={1,3}(?![=>])|:(?![:=]|//)|%3[ad]|>(?=[^<>\n]{1,256}</))[ \t\xa0]{0,20}"
    + _COLOUR
    + r")(?=\S)"
)

#: A list of sentences, as forms say what is wrong with a field: each of three words or more, one of them such as no
#: passphrase is made of, or of what is invalid, and a full stop before the quote. One item that is none, and all are
#: hidden.
_SENTENCE = (
    rf"(?:{MARKS}(?=[\w ,.'’()-]{{3,120}}[ ](?:are|cannot|did|didn['’]t|does|has|is|may|must|should|was|a|do)[ ])"
    rf"[a-z]{{1,16}}[ ][\w ,.'’()-]{{3,150}}\.{MARKS}|"
    rf"{MARKS}(?:expired|incorrect|invalid|missing|unknown|wrong)[ ](?:api[ ])?(?:credentials|key|password|token|value)"
    rf"\.{MARKS})"
)
_SENTENCES = rf"\[{_SENTENCE}(?:,{BREAK}{_SENTENCE}|)(?:,{BREAK}{_SENTENCE}|)\]"

#: Behind a plural, a mapping's first key: its own keys name what is secret, where behind another name, and behind
#: `credentials`, they tell about it. What ends with `ss` is no plural. What is no key is seen at once.
_OF_SEVERAL = "|".join(
    rf"(?<=[^ls]s{close}[:=]{blank}\{{)" for close in ("", "[\"']", r"\\[\"']") for blank in ("", "[ ]")
)
_NO_KEY = r"[\"'][\w .@/-]{1,64}[^\w .@/\"'\\-]"
_MAPPING = rf"\{{(?!{_NO_KEY})(?={_OF_SEVERAL}){BREAK}(?:{KEY}|\w{{1,40}}[ ]?:[ ]?)"

#: A list's item that is no text, before one that is; and a set's bracket, whose first text is no key.
_PLAIN = rf"(?:[\w.+-]{{1,40}},{BREAK}|)"
_SET = r"\{(?=[bru]{0,2}(?:\"[^\"\\\n]{1,200}\"|'[^'\\\n]{1,200}')[,}])"

#: A bracket that a value itself begins with: right behind an equals sign, and nothing closes it before a blank.
_OPEN = "|".join(
    rf"\{first}(?=[^\s\"'\\{{}}\[\]()]{{4}})(?<==\{first})(?![^\s\{last}]{{0,99}}\{last})"
    for first, last in ("()", "[]", "{}")
)

#: What is no list, nor a mapping, of texts, seen at once: a word behind its bracket.
_NO_LIST = rf"(?!{_OPEN})[\[({{](?!{MARKER[1:-1]}\])[\w.]{{3}}(?![\w.+-]{{0,40}},)"

#: What a value is wrapped in: `SecretStr('x')`, `Secret(value='x')`, `Secret(1, kind=Kind.DB, text=Text('x'))`.
_CALL = rf"[a-z_][\w.]{{0,40}}\({INDENT}{ARGUMENT}{ARGUMENT}{KEYWORD}"

#: How a value begins: quoted, after a call's bracket, a list's, a mapping's key or a prefix of Python's; or with what
#: is no bracket.
_VALUE = (
    rf"(?:(?P<many>(?:{_CALL}(?:{_CALL}|)|)(?:[\[(]{{1,2}}{BREAK}{_PLAIN}{_PLAIN}|{_SET}|{_MAPPING}|))[bruefn]{{0,2}}(?P<depth>\\{{0,7}})"
    r"(?P<quote>\"\"\"|'''|(?<=\\)(?:\"\\\"\\\"|'\\'\\')|[\"']|`(?=[^`\s]{1,256}`))|"
    rf"(?:(?={_OPEN})|(?![({{]|\[(?!{MARKER[1:-1]}\]))))"
)

#: A quoted value, in a lookahead: a string, or one within a string.
_STRINGS = "|".join(
    rf"{close}(?:[^{quote}\\\n]|{escaped}){{1,400}}{close}"
    for quote in "\"'"
    for close, escaped in ((quote, r"\\."), (rf"\\{quote}", rf"\\\\(?:[^{quote}\\\n]|\\.)|\\[^{quote}\\]"))
)

#: Behind a value, up to what names it: `"value": "x", "name": "DB_PASSWORD"`.
_NAME_BEHIND = rf"(?:{_STRINGS}),{BREAK}{MARKS}\w{{0,16}}(?:name|key){MARKS}[ ]?:[ ]?{MARKS}[\w .-]{{0,40}}?"

#: Schemes of a header with one word behind them, or a header's name in its value's place; they stay.
_SCHEME = r"(?P<scheme>(?:(?:x-)?api-?key:?|basic|bearer|negotiate|ntlm|token)[ ]{1,4})?"

#: What says in SQL whose password follows; what else is identified by something is no user.
_IDENTIFIED = (
    r"(?:user|to)[ ](?:if (?:not )?exists )?[^\s;]{1,128}[ ]identified[ ](?:with[ ]\S{1,64}[ ])?"
    r"by[ ](?:(?:password|values)[ ])?(?=[\"'])"
)

#: What a database says of a row: `Key (a, api_key)=(1, x) already exists`; all of its values go.
_COLUMNS = r"\((?=[^=(\n]{1,200}\)=\([^)])[^=(\n]{0,100}?"
_MORE_COLUMNS = r"[^\w(=\n]{0,4}(?:,[^(=\n]{0,100})?\)=\("

#: Between a form's field and its value, which is a line of its own: further headers, and a blank line.
_LINE = r"(?:\r?\n|(?:\\{1,2}r)?\\{1,2}n)"
_HEADER = rf"(?:{_LINE}content-[a-z-]{{4,20}}:[^\r\n\\]{{1,100}}|)"
_FILE_NAME = r"(?:;[ ]?filename=[\"'\\]{1,3}[^\"'\r\n\\]{0,100}[\"'\\]{1,3}|)"
_FIELD_ENDS = rf"[\"'\]\\]{{1,5}}{_FILE_NAME}{_HEADER}{_HEADER}{_HEADER}{_LINE}{_LINE}(?P<field>)"

#: What pydantic says of a value that it refuses, behind the field's name, or a part of it: as text, and as mappings.
_PART = r"(?:\d{1,4}|str|function-[\w-]{1,20}\[[^\"'\n]{1,60}\])"
_REFUSED = rf"(?:\.{_PART}|){_LINE}[ |]{{2,12}}[^\n]{{1,300}}?\[type=\w{{1,40}}, input_value="
_GAP = r"(?:\\n|)\s{0,20}"
_SAID = r"(?:\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|\\{1,3}\"[^\"\n]{1,200}\")"
_MSG = (
    rf"{MARKS}(?:,{_GAP}[\"'\\]{{0,5}}{_PART}[\"'\\]{{0,5}}|),?{_GAP}[\])],{_GAP}{MARKS}msg{MARKS}[ ]?:[ ]?{_SAID}"
    rf",{_GAP}{MARKS}input{MARKS}[ ]?:[ ]?"
)


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
                rf"form-data;[ ]?name={MARKS}[\w .\[-]{{0,40}}?{name}{_FIELD_ENDS}{value}",
            ),
            # the value first, and its name behind it
            (
                ("value",),
                rf"value{MARKS}[ ]?:[ ]?(?={_NAME_BEHIND}{name}{MARKS}){value}",
            ),
            (("input_value=",), rf"{name}{_REFUSED}{value}"),
            (("input'", 'input"', "input\\"), rf"{name}{_MSG}{value}"),
        )
        row = Shape((")=(",), rf"{_COLUMNS}{name}{_MORE_COLUMNS}", locate_row, any_case=True)
        self._shapes, self._by_code = (
            (row, *(Shape(triggers, opening, find, any_case=True) for triggers, opening in openings))
            for find in (locate, locate_by_code)
        )

    def shapes(self, text: str) -> tuple[Shape, ...]:
        """Return the shapes for a text: a name and its value, an option and its argument, a pair."""
        return self._by_code if '  File "' in text else self._shapes

    def secret(self, name: str) -> bool:
        """Tell whether what is called so is a secret."""
        return self._whole.search(name.lower()) is not None


def tells(before: str, value: str) -> bool:
    """Tell whether all of a value, behind what is `before` it, is none, or words that go on with a sentence."""
    return _TELLS.match(before + value.lower(), len(before)) is not None
