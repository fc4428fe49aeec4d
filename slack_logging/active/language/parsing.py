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


class Misfit(BadArguments):
    """Words that do not fit a command.

    Args:
        message: what is wrong.
        plain: the same without anything that was typed, for commands with secrets; `message` by default.
        at: the index of the word at fault among those after the command's name; None where one is missing.
    """

    def __init__(self, message: str, plain: str | None = None, *, at: int | None = None) -> None:
        super().__init__(message)
        self.plain = message if plain is None else plain
        self.at = at


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it was typed, not yet taken apart.

    Attributes:
        spans: from the command's name on.
        address: the instance, host or service it is meant for, or None: whoever listens.
    """

    spans: tuple[Span, ...]
    address: str | None = None

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
    start = spans[0].text.lstrip()
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
    return Call((Span(start), *spans[1:]), address)


def split(spans: Iterable[Span]) -> list[str]:
    r"""Split into words as a shell does, with three differences that suit prose.

    An apostrophe is a letter unless it stands where a quotation may begin; a backslash escapes only a quotation mark
    or a backslash, and only between double quotation marks (``C:\temp`` stays); code is taken as it is.

    Raises:
        BadArguments: a quotation mark is never closed; the message shows from where.
    """
    return _Splitter((char, span.is_code) for span in spans for char in span.text).words()


def quote(word: str) -> str:
    """Return `word` so that `split` reads it as one word again."""
    if word and not re.search(r"""[\s"']""", word):
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
    def __init__(self, typed: Iterable[tuple[str, bool]]) -> None:
        self._typed = list(typed)
        self._at = 0
        self._words: list[str] = []
        self._word: list[str] | None = None

    def words(self) -> list[str]:
        while self._at < len(self._typed):
            char, is_code = self._typed[self._at]
            if not is_code and char.isspace():
                self._end_word()
            elif not is_code and char in "\"'" and self._may_open():
                self._quotation(char)
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

    def _quotation(self, mark: str) -> None:
        """Take in a quotation, from its opening to its closing mark."""
        opened, word = self._at, self._current()
        while True:
            self._at += 1
            if self._at == len(self._typed):
                rest = "".join(char for char, _ in self._typed[opened : opened + 30])
                plain = f"the quotation mark {mark} is never closed"
                raise Misfit(f"{plain}: {rest}", plain)
            char, is_code = self._typed[self._at]
            if not is_code and char == mark and not (mark == "'" and self._following().isalnum()):
                return
            if not is_code and char == "\\" and mark == '"' and self._following() in ('"', "\\"):
                self._at += 1
                char = self._typed[self._at][0]
            word.append(char)

    def _following(self) -> str:
        return self._typed[self._at + 1][0] if self._at + 1 < len(self._typed) else ""
