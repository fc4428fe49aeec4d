"""Faults on demand: what can go wrong between a client and Slack, and how it is written down. Pure.

In writing, for the command line and the page, a fault is ``KIND[:VALUE][,times=N|forever][,probability=P]``. Which call
meets which fault is the affair of `plan`, what then happens over HTTP that of `http.mishaps`.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast

Kind = Literal[
    "latency",
    "rate_limited",
    "error",
    "server_error",
    "truncated",
    "cut_before",
    "cut_after",
    "cut_late",
    "slow_answer",
    "tls",
    "stale",
    "from_oldest",
    "duplicate",
    "reorder",
    "lose",
    "oversize",
    "deaf",
    "mute",
    "refresh",
    "close",
    "drop",
]


class _Row(NamedTuple):
    """What is to be known of a kind: its value in writing, what happens, and for which methods only."""

    value: str
    happens: str
    only: tuple[str, ...] = ()


_READERS = ("conversations.history", "conversations.replies")
_SOCKET = ("socket",)
_EVENTS = ("socket", "push")

#: The kinds of fault, in the order in which `--help` lists them.
KINDS: dict[Kind, _Row] = {
    "latency": _Row("SECONDS", "waits; then processed and answered"),
    "rate_limited": _Row("[RETRY_AFTER]", "429, Retry-After 30 or as given ('none': no header); not processed"),
    "error": _Row("CODE[:after]", "refused with Slack's code; not processed, or with :after processed"),
    "server_error": _Row("[STATUS]", "HTTP 500 or as given, a page of HTML; not processed"),
    "truncated": _Row("", "processed; the answer's body ends in the middle"),
    "cut_before": _Row("", "not processed; the connection is cut without an answer"),
    "cut_after": _Row("", "processed; the connection is cut without an answer"),
    "cut_late": _Row("SECONDS", "the connection is cut at once; processed that much later"),
    "slow_answer": _Row("SECONDS", "processed at once; the answer's first byte comes that late"),
    "tls": _Row("", "not processed; sent on to https, where the handshake fails"),
    "stale": _Row("SECONDS", "history and replies do not show messages that are younger", _READERS),
    "from_oldest": _Row("", "with oldest= alone a history's page begins at the oldest", _READERS[:1]),
    "duplicate": _Row("", "the event is delivered twice", _EVENTS),
    "reorder": _Row("", "the event is delivered after the next one", _EVENTS),
    "lose": _Row("", "the event counts as sent and taken, and is never delivered", _EVENTS),
    "oversize": _Row("", "the event comes in an envelope of 1.2 MB", _SOCKET),
    "deaf": _Row("", "the connection swallows this and all later events", _SOCKET),
    "mute": _Row("", "the connection sends no pings and answers none from here on", _SOCKET),
    "refresh": _Row("", "after the event the connection ends with refresh_requested", _SOCKET),
    "close": _Row("", "after the event the connection is closed without a word", _SOCKET),
    "drop": _Row("", "after the event the connection is cut", _SOCKET),
}

# A comma begins an option unless a space follows, so that a date can be given for Retry-After.
_OPTION = re.compile(r",(?! )")
_HEADER_TEXT = re.compile(r"[!-~]([ -~]*[!-~])?")
_CODE = re.compile(r"[a-z0-9_]+")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")
_NO_HEADER = "none"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, made by one of the class methods below or by `parse`.

    Every one takes `times`: how many calls it hits, None until it is cleared; and `probability`: of hitting a call
    that it applies to, from 0 to 1. A call that it spares is not counted and meets the next fault planned. What they
    are given is checked: a ValueError says what was expected. ``str(fault)`` is how it is written, without the method.
    """

    kind: Kind
    times: int | None = 1
    probability: float = 1.0
    seconds: float = 0.0
    retry_after: int | str | None = None
    code: str = ""
    after: bool = False
    status: int = 200

    def __post_init__(self) -> None:
        times, probability, seconds = self.times, self.probability, self.seconds
        _expect(times is None or (isinstance(times, int) and times >= 1), "times", times, "1 or more, or None")
        _expect(isinstance(probability, (int, float)) and 0 <= probability <= 1, "probability", probability, "0 to 1")
        is_duration = isinstance(seconds, (int, float)) and 0 <= seconds < math.inf
        _expect(is_duration, f"seconds of {self.kind}", seconds, "a number, 0 or more")

    @property
    def is_cut(self) -> bool:
        """True when the connection is closed without an answer."""
        return self.kind in ("cut_before", "cut_after", "cut_late")

    @classmethod
    def latency(cls, seconds: float, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Answer late, by real seconds; the call is processed after the wait."""
        return cls("latency", times, probability, seconds=seconds)

    @classmethod
    def rate_limited(
        cls, retry_after: int | str | None = 30, *, times: int | None = 1, probability: float = 1.0
    ) -> Fault:
        """Answer 429; nothing is done.

        Args:
            retry_after: whole seconds; a text, such as a date, goes into the header as it is; None sends no header.
            times: see the class.
            probability: see the class.
        """
        if isinstance(retry_after, str) and _WHOLE.fullmatch(retry_after):
            retry_after = int(retry_after)
        _expect(
            retry_after is None or _is_header(retry_after),
            "retry_after",
            retry_after,
            "seconds below 10**9, None, or printable ASCII but 'none', each comma followed by a space",
        )
        return cls("rate_limited", times, probability, retry_after=retry_after, status=429)

    @classmethod
    def error(cls, code: str, *, after: bool = False, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Answer ``"ok": false`` with one of Slack's error codes.

        Args:
            code: such as ``internal_error``.
            after: let the call take effect before; else nothing is done.
            times: see the class.
            probability: see the class.
        """
        _expect(bool(_CODE.fullmatch(code)), "code", code, "one such as 'internal_error'")
        return cls("error", times, probability, code=code, after=after)

    @classmethod
    def server_error(cls, status: int = 500, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Answer 500 to 599 with a page of HTML, as Slack's outer servers do; nothing is done."""
        _expect(isinstance(status, int) and 500 <= status <= 599, "status", status, "500 to 599")
        return cls("server_error", times, probability, status=status)

    @classmethod
    def truncated(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Do what was asked, then answer half of the body, with a Content-Length that agrees."""
        return cls("truncated", times, probability)

    @classmethod
    def cut_before(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Close the connection without an answer; nothing is done."""
        return cls("cut_before", times, probability)

    @classmethod
    def cut_after(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Do what was asked, then close the connection without an answer."""
        return cls("cut_after", times, probability)

    @classmethod
    def cut_late(cls, seconds: float, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Close the connection without an answer, and do what was asked that many seconds of the server's clock later.

        It is the lost request that arrives after all. What the server has not done when it closes, it never does.
        """
        return cls("cut_late", times, probability, seconds=seconds)

    @classmethod
    def slow_answer(cls, seconds: float, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Do what was asked at once; the first byte of the answer comes late, by real seconds."""
        return cls("slow_answer", times, probability, seconds=seconds)

    @classmethod
    def tls(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Let the handshake of TLS fail; nothing is done.

        As the server speaks plain HTTP, the answer is a redirect to ``https`` on the same port, where no handshake
        succeeds: the error of a client that follows it, as slack_sdk does, is that of a failed handshake.
        """
        return cls("tls", times, probability, status=302)

    @classmethod
    def stale(cls, seconds: float, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Leave out of a history or a thread the messages of the last seconds of the server's clock."""
        return cls("stale", times, probability, seconds=seconds)

    @classmethod
    def from_oldest(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Begin a page of conversations.history at the oldest message, where only `oldest` is given, not at the newest.

        Slack's pages contradict each other, so a client should work with both. Cursors of such a page lead on upwards.
        """
        return cls("from_oldest", times, probability)

    @classmethod
    def duplicate(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Deliver an event twice. For ``socket`` and ``push``."""
        return cls("duplicate", times, probability)

    @classmethod
    def reorder(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Deliver an event after the next one. For ``socket`` and ``push``."""
        return cls("reorder", times, probability)

    @classmethod
    def lose(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Never deliver an event, though it counts as sent and taken. For ``socket`` and ``push``.

        Nobody takes a command or a click that is lost: the person is told so after three seconds.
        """
        return cls("lose", times, probability)

    @classmethod
    def oversize(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Deliver an event in an envelope of 1.2 MB. For ``socket``."""
        return cls("oversize", times, probability)

    @classmethod
    def deaf(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Let a connection swallow this event and all later ones; Slack believes them sent. For ``socket``."""
        return cls("deaf", times, probability)

    @classmethod
    def mute(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Let a connection send neither pings nor pongs from this event on. For ``socket``."""
        return cls("mute", times, probability)

    @classmethod
    def refresh(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """End a connection after this event, with the message ``refresh_requested``. For ``socket``."""
        return cls("refresh", times, probability)

    @classmethod
    def close(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Close a connection after this event, without a ``disconnect`` message. For ``socket``."""
        return cls("close", times, probability)

    @classmethod
    def drop(cls, *, times: int | None = 1, probability: float = 1.0) -> Fault:
        """Cut a connection after this event. For ``socket``."""
        return cls("drop", times, probability)

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Return the fault that is written ``KIND[:VALUE][,times=N|forever][,probability=P]``.

        Raises:
            ValueError: it is none; the error says what was got, what is expected and what comes nearest.
        """
        head, *options = _OPTION.split(text)
        kind, colon, value = head.partition(":")
        if kind not in KINDS:
            raise unknown("kind of fault", kind, KINDS, expected=", ".join(KINDS))
        arguments = _value(cast("Kind", kind), value if colon else None) | _options(options)
        made: Fault = getattr(cls, kind)(**arguments)
        return made

    def __str__(self) -> str:
        value = {
            "SECONDS": _shown(self.seconds),
            "[RETRY_AFTER]": _NO_HEADER if self.retry_after is None else str(self.retry_after),
            "CODE[:after]": f"{self.code}:after" if self.after else self.code,
            "[STATUS]": str(self.status),
            "": "",
        }[KINDS[self.kind].value]
        text = f"{self.kind}:{value}" if value else self.kind
        if self.times != 1:
            text += f",times={self.times or 'forever'}"
        return text if self.probability == 1 else f"{text},probability={_shown(self.probability)}"


def _expect(holds: bool, what: str, got: object, expected: str) -> None:
    if not holds:
        raise ValueError(f"{what} is {got!r}: expected {expected}")


def _is_header(value: object) -> bool:
    if isinstance(value, int):
        return 0 <= value < 10**9
    is_text = isinstance(value, str) and _HEADER_TEXT.fullmatch(value) and not _OPTION.search(value)
    return bool(is_text) and value != _NO_HEADER


def _value(kind: Kind, text: str | None) -> dict[str, Any]:
    """Return what a kind's class method is to be given."""
    shape = KINDS[kind].value
    if not shape and text is not None:
        raise ValueError(f"{kind} takes no value, got {text!r}")
    if text is None:
        if shape and not shape.startswith("["):
            raise ValueError(f"{kind} needs a value: expected {kind}:{shape}")
        return {}
    if shape == "SECONDS":
        return {"seconds": _number(f"seconds of {kind}", text)}
    if shape == "CODE[:after]":
        code, colon, after = text.partition(":")
        _expect(not colon or after == "after", "what follows the code", after, "'after'")
        return {"code": code, "after": bool(colon)}
    if shape == "[STATUS]":
        return {"status": _whole("status", text)}
    return {"retry_after": None if text == _NO_HEADER else text}


def _options(written: Iterable[str]) -> dict[str, Any]:
    """Return `times` and `probability`, as far as they are given."""
    options: dict[str, Any] = {}
    for option in written:
        name, _, value = option.partition("=")
        if name not in ("times", "probability"):
            raise unknown("option", name, ["times", "probability"], expected="times= or probability=")
        _expect(name not in options, name, value, "to be given once")
        if name == "times":
            expected = "1 or more, or 'forever'"
            _expect(value != "0", name, value, expected)  # by the name that it has here, not by Python's None
            options[name] = None if value == "forever" else _whole(name, value, expected)
        else:
            options[name] = _number("probability", value)
    return options


def _whole(what: str, text: str, expected: str = "a whole number") -> int:
    _expect(bool(_WHOLE.fullmatch(text)), what, text, expected)
    return int(text)


def _number(what: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{what} is {text!r}: expected a number") from None


def unknown(what: str, got: str, known: Iterable[str], *, expected: str) -> ValueError:
    """Return the error that says what is not known, what comes nearest to it and what is expected."""
    # Who types only the beginning means what begins so, however long it is.
    begun = [name for name in known if len(got) > 2 and name.startswith(got)]
    nearest = begun or difflib.get_close_matches(got, list(known), n=1)
    hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
    return ValueError(f"there is no {what} {got!r}{hint}: expected {expected}")


def _shown(number: float) -> str:
    return repr(float(number)).removesuffix(".0")
