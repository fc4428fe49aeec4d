"""From what was typed to a command and its words. Pure.

A message is a command when it starts with the prefix directly before a letter or ``@``, or with a mention of the
bot. All else is talk: people discuss in the channel and act in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from slack_logging.errors import BadArguments, ConfigurationError
from slack_logging.instance import Instance
from slack_logging.slack.text import Span, tidy

#: What a prefix may not hold: letters, quotes, and what Slack or its composer gives a meaning of its own.
_UNFIT_FOR_PREFIX = re.compile(r"[\w\s\"'/@#<>&*_~`:\\-]")
_ADDRESS = re.compile(r"@(\S+)\s*")
#: What Slack's message box makes markup, mentions or emoji of, or stores under another name: pictures.
_MEANS_SOMETHING = re.compile(r"(?<!\w)[*_~@#:](?=\S)|[^\w\x00-\x7f]|^>", re.MULTILINE)

#: Quotation marks: the straight one first, then what clients make of it, by language and place.
_DOUBLE, _SINGLE = '"\u201c\u201d\u201e\u201f', "'\u2018\u2019\u201a\u201b"
_MARKS = _DOUBLE + _SINGLE
#: What clients make of hyphens where a word begins: of two, an em dash or, before more than one letter, an en dash; of
#: one, an en dash.
_TWO_HYPHENS = re.compile(r"\u2014(?=\w)|\u2013(?=[^\W\d]\w)")
_ONE_HYPHEN = re.compile(r"\u2013(?=\w)")
#: What clients make of three full stops.
ELLIPSIS = "\u2026"
#: What a word must not hold to be read as it is: blanks, quotation marks, an ellipsis and, at its beginning, a dash.
_NEEDS_QUOTES = re.compile(rf"[\s{_MARKS}{ELLIPSIS}]|^[\u2013\u2014]")


class Misfit(BadArguments):
    """Words that do not fit a command.

    Args:
        message: what is wrong.
        plain: the same without anything that was typed, for commands with secrets; `message` by default.
        at: the index of the word at fault among those after the command's name; None where one is missing.
        typed: these words, where not all can be read: the one at fault is the last, with all that follows, as typed.
    """

    def __init__(
        self, message: str, plain: str | None = None, *, at: int | None = None, typed: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.plain = message if plain is None else plain
        self.at = at
        self.typed = typed


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it was typed, not yet taken apart.

    Attributes:
        spans: from the command's name on.
        address: the instance, host or service it is meant for, or None: whoever listens.
        lead: all that was typed before the name: the prefix, a mention of the bot, the address.
    """

    spans: tuple[Span, ...]
    address: str | None = None
    lead: str = ""

    @property
    def name(self) -> str:
        """The command's name as routers know it: lower case, with hyphens. Phones write the first letter large.

        Empty where somebody is addressed and told nothing.
        """
        return command_name(self._typed_name())

    @property
    def plain_name(self) -> str:
        """The name as far as it is a word: what follows an equals sign or a colon may be meant as an argument."""
        return re.match(r"[\w-]*", self.name)[0]  # type: ignore[index] # it matches the empty string

    def is_for(self, instance: Instance) -> bool:
        """Tell whether `instance` is addressed: by service, host, host without domain, or ``host/pid``."""
        host = instance.host.lower()
        names = (instance.service.lower(), host, host.partition(".")[0], instance.name.lower())
        return self.address is None or self.address.lower() in names

    def args(self) -> list[str]:
        """Return the words after the name.

        Raises:
            BadArguments: a quotation mark is never closed.
        """
        first = Span(self.spans[0].text[len(self._typed_name()) :])
        return split([first, *self.spans[1:]])

    def _typed_name(self) -> str:
        return next(iter(self.spans[0].text.split(None, 1)), "")


def command_name(text: str) -> str:
    """Return a command's one name: ``Retry_Order`` and ``retry-order`` are the same."""
    return text.lower().replace("_", "-")


def check_prefix(prefix: str) -> str:
    """Return `prefix` if messages can start with it.

    Raises:
        ConfigurationError: Slack would make something else of it.
    """
    if not prefix or len(prefix) > 8 or _UNFIT_FOR_PREFIX.search(prefix):
        raise ConfigurationError(
            f"prefix={prefix!r}: expected one or a few signs such as '!' or '$'; "
            "letters, quotes and Slack's own signs (/ @ # < > & * _ ~ ` :) cannot start a command"
        )
    return prefix


def recognise(spans: Sequence[Span], *, prefix: str, bot_user: str) -> Call | None:
    """Return the command that a top-level message is, or None for talk.

    Args:
        spans: what was typed.
        prefix: what a command starts with.
        bot_user: our bot's user id; after a mention of it the prefix may be left out.
    """
    if not spans or spans[0].is_code:
        return None
    start = whole = spans[0].text.lstrip()
    mention = f"<@{bot_user}>"
    if start.startswith(mention):
        start = start[len(mention) :].lstrip(",: \t\n").removeprefix(prefix)
    elif start.startswith(prefix):
        start = start[len(prefix) :]
    else:
        return None
    address = None
    if addressed := _ADDRESS.match(start):
        address, start = addressed[1].rstrip(",:"), start[addressed.end() :]
    if address is None and not start[:1].isalpha():
        return None
    return Call((Span(start), *spans[1:]), address, lead=whole.removesuffix(start))


def split(spans: Iterable[Span]) -> list[str]:
    r"""Split into words as a shell does, with differences that suit prose, and what clients make of typed text.

    - An apostrophe is a letter unless it stands where a quotation may begin.
    - A backslash escapes only a quotation mark or a backslash, and only between double ones (``C:\temp`` stays).
    - Code is taken as it is.
    - Curly marks quote as straight ones do. What a straight mark opens, a straight one closes, and what a curly one
      opens, a curly one: the others are text within. But a client may change one of two: a double mark that ends a
      word closes, if it is the first of the other make and no mark of the same make does before another quotation.
    - A dash at the beginning of a word is the hyphens of an option or a number; one that stands alone is a word. An
      ellipsis is three full stops. Neither is within a quotation.

    Raises:
        BadArguments: a quotation mark is never closed; the message shows from where.
    """
    return _Splitter(spans).words()


def quote(word: str) -> str:
    """Return `word` so that `split` reads it as one word again."""
    if word and not _NEEDS_QUOTES.search(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_typed(word: str) -> str:
    """Return `word` as a person must type it in Slack to be read as that one word: bare, quoted or as code.

    What Slack or a phone would change goes between backticks, where nothing is; a word that holds a backtick or a
    line break has no such place, so it is quoted and arrives as near as it can.
    """
    changes = _MEANS_SOMETHING.search(word) or tidy(word) != word
    return f"`{word}`" if changes and not re.search(r"[`\n]", word) else quote(word)


class _Splitter:
    def __init__(self, spans: Iterable[Span]) -> None:
        spans = list(spans)
        self._text = "".join(span.text for span in spans)
        self._is_code = [span.is_code for span in spans for _ in span.text]
        self._at = 0
        self._words: list[str] = []
        self._word: list[str] | None = None

    def words(self) -> list[str]:
        while self._at < len(self._text):
            char, is_code = self._text[self._at], self._is_code[self._at]
            if not is_code and char.isspace():
                self._end_word()
            elif not is_code and char in _MARKS and self._may_open():
                self._quotation(char)
            elif not is_code and char == ELLIPSIS:
                self._current().append("...")
            elif not is_code and self._word is None:
                self._word = [self._unchanged(char)]
            else:
                self._current().append(char)
            self._at += 1
        self._end_word()
        return self._words

    def _end_word(self) -> None:
        if self._word is not None:
            self._words.append("".join(self._word))
        self._word = None

    def _may_open(self) -> bool:
        """A quotation begins with a word, or after the equals sign of an option."""
        return self._word is None or self._word[-1:] == ["="]

    def _current(self) -> list[str]:
        """Return the word that is being read, begun if need be."""
        if self._word is None:
            self._word = []
        return self._word

    def _unchanged(self, char: str) -> str:
        """Return what was typed for the first character of a word."""
        if _TWO_HYPHENS.match(self._text, self._at):
            return "--"
        return "-" if _ONE_HYPHEN.match(self._text, self._at) else char

    def _quotation(self, mark: str) -> None:
        """Take in a quotation, from its opening to its closing mark."""
        opened = at = self._at
        kind = _DOUBLE if mark in _DOUBLE else _SINGLE
        closing = mark if mark == kind[0] else kind[1:]
        content: list[str] = []
        others: list[tuple[int, int]] = []  # double marks of the other make: what stands before each, and where it is
        while (at := at + 1) < len(self._text):
            char, following = self._text[at], self._text[at + 1 : at + 2]
            if not self._is_code[at]:
                if char in closing and (kind is _DOUBLE or not following.isalnum()):
                    break
                if kind is _DOUBLE and char in _DOUBLE:
                    others.append((len(content), at))
                elif kind is _DOUBLE and char == "\\" and following and following in _DOUBLE + "\\":
                    at, char = at + 1, following
            content.append(char)
        is_closed = at < len(self._text)
        if others and self._ends_word(others[0][1]) and (not is_closed or self._begins_word(at)):
            length, at = others[0]
            del content[length:]
        elif not is_closed:
            plain = f"the quotation mark {mark} is never closed"
            typed = [*self._words, "".join(self._current()) + self._text[opened:]]
            raise Misfit(f"{plain}: {self._text[opened : opened + 30]}", plain, at=len(self._words), typed=typed)
        self._current().extend(content)
        self._at = at

    def _begins_word(self, at: int) -> bool:
        """Tell whether the mark there looks like the beginning of another quotation."""
        before = self._text[at - 1]
        return (before.isspace() or before == "=") and not self._ends_word(at)

    def _ends_word(self, at: int) -> bool:
        return not self._text[at + 1 : at + 2].strip()
