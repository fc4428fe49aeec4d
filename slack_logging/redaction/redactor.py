"""Redaction: secrets are taken out of text before it leaves the process.

A secret is known by its value (our own tokens, what was registered, what environment variables named like secrets
hold), by its look (`shapes`) or by its name (`named`). What stands in its place is always `MARKER`; what tells which
secret it was, a prefix or a name, stays: ``xoxb-[redacted]``, ``password=[redacted]``, ``https://ada:[redacted]@db/``.
Redacting twice changes nothing.

It is a net, not a wall: a secret that has no known value, look or name passes.
"""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slack_logging import options
from slack_logging.errors import ConfigurationError
from slack_logging.redaction.named import Names
from slack_logging.redaction.shapes import MARKER, REACH, SHAPES, Pause, Shape
from slack_logging.redaction.templates import LONGEST, MOST, Places, hidden, places

#: Characters that one call of `re` searches through; ours: about a millisecond.
WINDOW = 8192

#: Things that look like a secret's opening in one text; ours: no text that somebody wrote has as many, and each takes
#: microseconds. What comes behind them is hidden whole.
MOST_FOUND = 10_000

#: Of these, how many are looked at before other threads get the interpreter; ours: about a millisecond.
_FOUND_AT_ONCE = 256

#: Characters of an environment variable's value for it to be a secret; ours: shorter ones are words, such as "test".
_LEAST_ENVIRON = 12

#: Characters of a registered value; ours: a shorter one would take words out of every text.
_LEAST_VALUE = 6

#: Levels of mappings and lists in an extra value; ours: what is deeper is not shown.
_MAX_DEPTH = 8

#: Names of secrets in an environment, where a name is no part of a sentence: `SLACK_WEBHOOK`, `GH_PAT`, `REDIS_AUTH`.
_ENVIRON_ONLY = ("webhook", "webhook_url", "_pat", "_auth", "secret_key_base")

#: An environment variable may name a secret's file.
_PATH = re.compile(r"(?:~|\.{0,2}|[A-Za-z]:)[/\\][\w.-]+(?:[/\\][\w.@ -]*)+")

#: Bytes that an address holds as they are. Source: RFC 3986, section 2.3.
_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

#: What stands for which character: as `html.escape` writes it, with quotation marks and without, and as templates do.
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ENTITIES = [
    str.maketrans(_MARKUP | quotes) for quotes in ({}, {'"': "&quot;", "'": "&#x27;"}, {'"': "&#34;", "'": "&#39;"})
]


class Redactor:
    """Takes secrets out of texts and of what `extra=` gave. From any thread; never blocks.

    Args:
        names: further names that are secrets'; or all of them.
        values: known secrets.
        patterns: further shapes; all that one matches is hidden.
        off: leave everything as it is.
        pause: called at least about once a millisecond within a long text, often more, to give other threads the
            interpreter; see `slack_logging.clock.taking_turns`.
    """

    __slots__ = ("_forms", "_names", "_off", "_patterns", "_pause", "_values")

    def __init__(
        self,
        *,
        names: Iterable[str] | Names = (),
        values: Iterable[str] = (),
        patterns: Iterable[re.Pattern[str]] = (),
        off: bool = False,
        pause: Pause = int,
    ) -> None:
        self._names = names if isinstance(names, Names) else Names(names)
        self._values: list[str] = list(values)
        self._forms: tuple[int, tuple[str, ...]] = (0, ())
        self._patterns = tuple(Shape((), pattern.pattern, _whole_match) for pattern in patterns)
        self._off = off
        self._pause = pause

    @classmethod
    def configured(
        cls, option: object, *, environ: Mapping[str, str], own: Iterable[str], pause: Pause = int
    ) -> Redactor:
        """Return the redactor that the handler's `redact` describes.

        Args:
            option: True; False, which weakens; or a mapping that adds to the defaults: ``values``, known secrets;
                ``keys``, names of secrets; ``patterns``, regular expressions of secrets.
            environ: the environment; what is named like a secret and has 12 characters or more is one.
            own: this handler's tokens and webhook addresses.
            pause: as for the class.

        Raises:
            ConfigurationError: says which part is wrong; never with a value to be hidden.
        """
        if isinstance(option, str) and option.strip().lower() in ("true", "false"):
            option = option.strip().lower() == "true"
        off = option is False
        given = {} if isinstance(option, bool) else option
        if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
            raise ConfigurationError(
                f"redact: got {options.kind(option)}, not shown here: expected True or False, also as a text, or a "
                "mapping of what to hide besides"
            )
        known = ("keys", "patterns", "values")
        options.reject_unknown("redact", [name for name in given if name not in known], known)
        patterns = given.get("patterns", ())
        redactor = cls(
            names=options.texts("redact: keys", given.get("keys", ())),
            patterns=[
                _pattern(item) for item in ([patterns] if isinstance(patterns, str) else _items("patterns", patterns))
            ],
            off=off,
            pause=pause,
        )
        for value in _items("values", given.get("values", ())):
            redactor.register(value)
        for value in (*own, *_secrets_of(environ)):
            if len(value) >= _LEAST_VALUE and value not in MARKER:
                redactor.register(value)
        return redactor

    def __repr__(self) -> str:
        return f"<Redactor{' off' if self._off else ''}, {len(self._values)} values, {len(self._patterns)} patterns>"

    def register(self, value: object) -> None:
        """Hide this value from now on, also where it is encoded as an address, HTML, JSON or base64 writes it.

        Raises:
            ConfigurationError: it is no text, or too short to be told from words.
        """
        if not isinstance(value, str) or len(value) < _LEAST_VALUE or value in MARKER:
            kind = f"{len(value)} characters" if isinstance(value, str) else options.kind(value)
            raise ConfigurationError(
                f"redact: values: got {kind}: expected text of {_LEAST_VALUE} characters or more, which no word holds"
            )
        self._values.append("".join(value))  # a plain text: `options.Hidden` would be written as dots

    @property
    def is_off(self) -> bool:
        """Tell whether everything is left as it is."""
        return self._off

    def redact(self, text: str) -> str:
        """Return the text without the secrets that are known. The time is proportional to its length."""
        if self._off:
            return text
        long = len(text) > WINDOW
        for form in self._known():
            if form in text:
                text = text.replace(form, MARKER)
            if long:
                self._pause()
        lowered = ""
        for shape in (*SHAPES, *self._names.shapes(text)):
            if shape.any_case and not lowered:
                lowered = _lowered(text, self._pause)
            searched = lowered if shape.any_case else text
            for trigger in shape.triggers:
                if trigger in searched:
                    text, lowered = self._hide(shape, text, searched), ""
                    break
                if long:
                    self._pause()
        for shape in self._patterns:  # last, for they could take a name from its value
            text = MARKER.join(self._hide(shape, part, part) for part in text.split(MARKER))
        return text

    def redact_arguments(self, template: str, args: Any) -> Any:
        """Return a message's arguments, hidden where its template says that they are secrets; else the same object.

        A template is looked at once; from then on that costs next to nothing.
        """
        if self._off or len(template) > LONGEST:
            return args
        where = _places(self._names, template)
        return hidden(args, where) if where else args

    def redact_value(self, name: str, value: object, *, depth: int = 0) -> object:
        """Return what `extra=` gave under a name: hidden if the name is a secret's, else with its texts redacted.

        Mappings become dicts, lists and tuples become lists, each with its items redacted, and a tuple of a name and a
        value as a mapping's item; numbers, None and what else there is stay as they are.
        """
        if self._off or value is None or isinstance(value, bool):
            return value
        if self._names.secret(name) or depth > _MAX_DEPTH:
            return MARKER
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, Mapping):
            return self.redact_items(value, depth=depth + 1)
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):  # a header, a form's field
            return [self.redact(value[0]), self.redact_value(value[0], value[1], depth=depth + 1)]
        if isinstance(value, (list, tuple)):
            return [self.redact_value(name, item, depth=depth + 1) for item in value]
        return value

    def redact_items(self, given: Mapping[Any, object], *, depth: int = 0) -> dict[Any, object]:
        """Return a mapping with its keys and values redacted; none is lost where two keys look the same then.

        Where one item is the name of another, that name counts: of `value`, as in containers' environments, and of
        `input`, as pydantic says what it refuses; what lacks a field is no secret.
        """
        shown: dict[Any, object] = {}
        names = {"value": str(given.get("name"))}
        if isinstance(where := given.get("loc"), (tuple, list)) and not isinstance(given.get("input"), Mapping):
            names["input"] = next((part for part in reversed(where) if isinstance(part, str)), "")
        names = {key: name for key, name in names.items() if self._names.secret(name)}
        for key, value in given.items():
            name = self.redact(key) if isinstance(key, str) else key
            while name != key and name in shown:
                name += "_"
            shown[name] = self.redact_value(names.get(key, str(key)), value, depth=depth)
        return shown

    def _hide(self, shape: Shape, text: str, searched: str) -> str:
        """Replace what the shape finds; `searched` is the text as the shape's opening reads it."""
        search, locate, pause = shape.opening.search, shape.locate, self._pause  # looked up once: this may run long
        pieces: list[str] = []
        done = at = count = 0
        for window in range(0, len(text), WINDOW):
            if window:
                pause()
            parts: list[str] = []
            at = max(at, window)
            limit = min(window + WINDOW, len(text))
            # an opening that begins in this window may end in the next one
            while at < limit and (found := search(searched, at, limit + REACH)):
                begin = found.start()
                if begin >= limit:
                    break
                count += 1
                if count > MOST_FOUND:
                    return "".join((*pieces, *parts, text[done:begin], MARKER))
                if count % _FOUND_AT_ONCE == 0:
                    pause()
                start, end = locate(text, found, pause)
                if end > start:
                    parts += text[done:start], MARKER
                    done = end
                at = end if end > begin else begin + 1
            if parts:
                pieces.append("".join(parts))
        return "".join((*pieces, text[done:])) if pieces else text

    def _known(self) -> tuple[str, ...]:
        """Return known secrets in all their forms, the longest first, so that none is hidden in part."""
        count, forms = self._forms
        if count != len(self._values):
            # values are only ever added: whoever stored an older list here is found out by its count
            values = tuple(self._values)
            forms = tuple(sorted({form for value in values for form in _forms_of(value)}, key=len, reverse=True))
            self._forms = (len(values), forms)
        return forms


@functools.lru_cache(maxsize=MOST)
def _places(names: Names, template: str) -> Places:
    # without the user's patterns: they are of what is said
    return places(template, names, Redactor(names=names).redact)


def _whole_match(text: str, found: re.Match[str], _pause: Pause) -> tuple[int, int]:
    """Return where a user's pattern matches, also beyond the piece of text that was searched."""
    return (found.re.match(text, found.start()) or found).span()


def _lowered(text: str, pause: Pause) -> str:
    """Return the text in lower case, each character in its place."""
    if text.isascii():
        return text.lower()
    pieces = []
    for at in range(0, len(text), WINDOW):
        pieces.append(text[at : at + WINDOW].replace("\u0130", "i").lower())
        if at:
            pause()
    return "".join(pieces)


def _forms_of(value: str) -> Iterator[str]:
    """Return a value as it is, and as addresses, base64, JSON, `repr` and HTML write it.

    And where JSON or `repr` is within JSON, `repr` or HTML.
    """
    once = {value, *_quoted_forms(value)}
    yield from once
    for form in once:
        yield from _quoted_forms(form)
        for entities in _ENTITIES:
            yield form.translate(entities)
    encoded = value.encode("utf-8", "surrogatepass")
    for plain in (_UNRESERVED, _UNRESERVED + b"/"):
        written = "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in encoded)
        yield written
        yield written.replace("%20", "+")  # as forms and queries do
    for before in range(3):  # base64 writes it in three ways, by how many bytes of a triple come before it
        text = base64.b64encode(bytes(before) + encoded).decode("ascii")
        # the characters at both ends also hold bits of the neighbours
        whole = text[-(-before * 8 // 6) : (before + len(encoded)) * 8 // 6]
        if len(whole) >= _LEAST_VALUE:
            yield whole
            yield whole.translate(str.maketrans("+/", "-_"))


def _quoted_forms(value: str) -> Iterator[str]:
    """Return how a string holds a value, alone in it or among others with quotes."""
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield repr(value)[1:-1]
    yield repr(f'"{value}')[2:-1]


def _secrets_of(environ: Mapping[str, str]) -> Iterator[str]:
    names = Names(_ENVIRON_ONLY)
    for name, value in environ.items():
        if len(value) >= _LEAST_ENVIRON and names.secret(name) and not _PATH.fullmatch(value):
            yield value


def _items(name: str, given: object) -> list[object]:
    if isinstance(given, str):
        return list(options.texts(f"redact: {name}", given))
    if not isinstance(given, (list, tuple, set, frozenset)):
        raise ConfigurationError(f"redact: {name}: got {options.kind(given)}: expected a list of texts")
    return list(given)


def _pattern(given: object) -> re.Pattern[str]:
    """Compile a user's pattern, unless it could match nothing, or without end."""
    if not isinstance(given, str) or not given:
        raise ConfigurationError(f"redact: patterns: {given!r}: expected a regular expression as text")
    try:
        pattern = re.compile(given)
    except re.error as error:
        raise ConfigurationError(f"redact: patterns: {given!r} is no regular expression: {error}") from error
    if pattern.search(""):
        raise ConfigurationError(
            f"redact: patterns: {given!r} matches the empty text: expected what a secret looks like"
        )
    if _repeats_repeats(given):
        raise ConfigurationError(
            f"redact: patterns: {given!r} repeats a group that repeats, which can take for ever: write it without"
        )
    return pattern


def _repeats_repeats(pattern: str) -> bool:
    """Tell whether a group with an open-ended repeat or with alternatives is itself repeated without end."""
    risky = [False]
    marks = re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]|[*+]|\{\d*,\d*\}", pattern, re.DOTALL)
    closed = (-1, False)
    for mark in marks:
        text = mark[0]
        if text == "(":
            risky.append(False)
        elif text == ")" and len(risky) > 1:
            inner = risky.pop()
            risky[-1] |= inner
            closed = (mark.end(), inner)
        elif text in "*+" or text[0] == "{":
            if closed == (mark.start(), True):
                return True
            risky[-1] = True
        elif text == "|":
            risky[-1] = True
    return False
