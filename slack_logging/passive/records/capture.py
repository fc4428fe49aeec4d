"""What emit keeps of a record: what it meant when it was logged, in small tuples of plain values.

Arguments that are plain values are formatted later, on the sender's thread; anything else is formatted now, because
it may change or pin memory. No reference to a frame, an exception or an argument's object is kept. They are tuples
because the garbage collector leaves such tuples alone, and a hundred thousand of anything else stops the program;
what all records of one place share is kept once, and what few records have costs the others nothing.
"""

from __future__ import annotations

import copy
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, TypeAlias

from slack_logging import notices
from slack_logging.passive.records.dicts import STANDARD_ATTRIBUTES, flattened
from slack_logging.passive.records.fingerprint import fault_of, fingerprint, put_in
from slack_logging.passive.records.instructions import instructions
from slack_logging.passive.records.loguru import MARK, without_traceback
from slack_logging.passive.records.message import message_of, plain_text
from slack_logging.passive.records.tracebacks import fault_in_json, fault_of_text, split_off

#: (size, created, origin, thread, msg, args, more). `origin` is (levelno, levelname, logger, pathname, lineno,
#: function, process), shared by all records of one place. `more` is None, or (text, fault, put_in, exc_text,
#: stack_info, task, extras, instructions): `text` where the message had to be formatted at once, `fault` tells the
#: exception from others, `put_in` those among an error's arguments. What led to an error may stand behind it; see
#: `with_context`.
Captured: TypeAlias = tuple[Any, ...]
_NOTHING_MORE = (None,) * 8

#: Given a template and its arguments, returns these, what is a secret replaced; see `Redactor.redact_arguments`.
Hide: TypeAlias = Callable[[str, Any], Any]

#: Characters kept of one record's message; the rest is cut, and the text says so.
MAX_CHARS = 256 * 1024

#: Characters kept of its exception and of its stack, and of an extra value.
MAX_PART, MAX_EXTRA = 64 * 1024, 16 * 1024

_STANDARD_COUNT = len(logging.makeLogRecord({}).__dict__)

#: What uvicorn gives with a message: the same, coloured, for its formatter to show instead.
_INSTEAD = "color_message"

#: Characters before a cut in which a secret may stand that it would divide.
_EDGE = 1024

#: Bytes that one captured record takes besides its text: measured with tracemalloc, rounded up.
OVERHEAD = 260

#: Places in the program that are remembered; then they are learned anew.
_MOST_ORIGINS = 4_096
_origins: dict[tuple[Any, ...], tuple[Any, ...]] = {}

_PLAIN = frozenset({float, bool, type(None)})

#: Ints beyond are no plain values: one may have millions of digits.
_LEAST_INT, _MOST_INT = -(2**63), 2**63

#: Records that one thread may be taking in at once: a signal handler or an object's `__str__` may log meanwhile.
#: More is a formatter or an object that logs for every record, without end.
_MOST_AT_ONCE = 5

#: How many each thread is taking in at the moment.
_taking_in: dict[int, int] = {}


def as_given(_template: str, args: Any) -> Any:
    """Return a message's arguments as they are."""
    return args


#: Who typed what, and what became of it: for people, where all else of this package never enters.
AUDIT = "slack_logging.audit"


def is_own(name: str) -> bool:
    """Tell the loggers of this package and of slack_sdk, whose records would never end."""
    root = name.partition(".")[0]
    return root in ("slack_logging", "slack_sdk") and name != AUDIT


def capture_plain(record: logging.LogRecord) -> Captured | None:
    """Return what is kept of a record that has nothing special, as most have not; None for all others.

    It runs nobody's code, and calls little of ours, because it stands in the way of every record.
    """
    msg, args = record.msg, record.args or None
    if (
        type(msg) is not str
        or len(record.__dict__) != _STANDARD_COUNT
        or record.exc_info
        or record.exc_text
        or record.stack_info
        or record.__dict__.get("taskName")
    ):
        return None
    size = _plain_size(msg, args)
    if not size:
        return None
    key = (record.pathname, record.lineno, record.levelno, record.name, record.process)
    origin = _origins.get(key) or _new_origin(key, record)
    return (OVERHEAD + size, record.created, origin, record.threadName, msg, args, None)


def capture(record: logging.LogRecord, formatter: logging.Formatter | None, hide: Hide = as_given) -> Captured:
    """Return what is kept of any record, as `capture_plain`; its first item is the size in bytes that it counts for.

    Args:
        record: left as it is; other handlers see it too.
        formatter: one that the user set: it makes the whole text, now. Where it fails, the record goes without.
        hide: given a template and its arguments, returns them without those that are secrets. What `restore` formats
            later, it is asked for then.
    """
    own = None if formatter is None else _formatted(record, formatter, hide)
    text, logged = own, record
    if type(record.msg) is dict and record.msg and (formatter is None or own is not None):
        record = flattened(record, record.msg, has_own_format=own is not None)
    msg = record.msg if type(record.msg) is str else plain_text(record.msg)
    if record.exc_info and record.exc_text == MARK and (error := error_of(record)) is not None:
        msg = without_traceback(msg, error)
    args = record.args or None
    size = 0 if own is not None else _plain_size(msg, args)
    if not size:
        if args and text is None:
            text = cut(message_of(msg, hide(msg, args)))
        msg, args = cut(msg), None
        size = _bytes(msg)
    errors = put_in(logged.args or logged.msg) if record.levelno >= logging.ERROR else ""
    more = _more(record, text, errors, has_own_format=own is not None)
    size += _size_of(more)
    key = (record.pathname, record.lineno, record.levelno, record.name, record.process)
    origin = _origins.get(key) or _new_origin(key, record)
    return (OVERHEAD + size, record.created, origin, record.threadName, msg, args, more)


def capture_any(record: logging.LogRecord, formatter: logging.Formatter | None, hide: Hide = as_given) -> Captured:
    """Do as `capture`, which runs other people's code, such as an object's `__str__`, which may log in its turn.

    Raises:
        RecursionError: it does so without end.
    """
    thread = threading.get_ident()
    depth = _taking_in.get(thread, 0)
    if depth >= _MOST_AT_ONCE:
        raise RecursionError("records are logged while records are taken in, without end")
    _taking_in[thread] = depth + 1
    try:
        return capture(record, formatter, hide)
    finally:
        if depth:
            _taking_in[thread] = depth
        else:
            del _taking_in[thread]


def _plain_size(msg: str, args: Any) -> int:
    """Return the bytes of a message that can be formatted later; 0 if that is nothing, or it must be now.

    It can where it is no mapping that names arguments, nothing that may change, and nothing without end. This runs
    for every record, so it calls nothing.
    """
    if len(msg) > MAX_CHARS:
        return 0
    size = len(msg) if msg.isascii() else msg.__sizeof__()
    if args is not None:
        if type(args) is not tuple:
            return 0
        for arg in args:
            kind = type(arg)
            if kind is str:
                if len(arg) > MAX_CHARS:
                    return 0
                size += len(arg) if arg.isascii() else arg.__sizeof__()
            elif kind is int:
                if not _LEAST_INT < arg < _MOST_INT:
                    return 0
            elif kind not in _PLAIN:
                return 0
    return size


def _formatted(record: logging.LogRecord, formatter: logging.Formatter, hide: Hide) -> str | None:
    """Return the text that a formatter makes, or None where it fails, which it also does where that is no text."""
    args: Any = record.args
    safe = hide(record.msg if type(record.msg) is str else plain_text(record.msg), args) if args else None
    try:
        if safe and safe is not args:
            record = copy.copy(record)
            record.args = safe
        text = str.__str__(formatter.format(record))
        return cut(text, keeps_end=True)  # which is where formatters put a traceback
    except Exception as error:  # noqa: BLE001 - a formatter of the user's may raise anything
        kinds = f"{type(formatter).__name__}: {type(error).__name__}"
        notices.say("formatter", f"a record is shown without the handler's formatter, which cannot format it: {kinds}")
        return None


def _new_origin(key: tuple[Any, ...], record: logging.LogRecord) -> tuple[Any, ...]:
    """Return what all records of one place share, and remember it."""
    if len(_origins) >= _MOST_ORIGINS:
        _origins.clear()
    path, line, levelno, name, process = key
    origin = _origins[key] = (levelno, record.levelname, str(name), path, line, record.funcName, process)
    return origin


def _more(record: logging.LogRecord, text: str | None, errors: str, *, has_own_format: bool) -> tuple[Any, ...]:
    """Return what few records have."""
    fields = record.__dict__
    fault = exc_text = None
    if record.exc_info or record.exc_text:
        fault, exc_text = _exception(record)
    extras = _extras(fields) if len(fields) != _STANDARD_COUNT else None
    told = instructions(fields["slack"]) if "slack" in fields else None
    stack = cut(plain_text(record.stack_info), MAX_PART, keeps_end=True) if record.stack_info else None
    exc_text = None if has_own_format else exc_text
    return (text, fault, errors or None, exc_text, stack, fields.get("taskName"), extras, told)


def _size_of(more: tuple[Any, ...]) -> int:
    text, _, _, exc_text, stack, _, extras, _ = more
    size = 128 + sum(_bytes(part) for part in (text, exc_text, stack) if part)
    if extras:
        size += sum(len(name) + _bytes(value) if type(value) is str else 64 for name, value in extras.items())
    return size


def restore(captured: Captured, hide: Hide = as_given) -> logging.LogRecord:
    """Return a record that formatters can work on: all that was kept, the message formatted; `hide` as for `capture`.

    An error's fingerprint is that of the message as it was logged.
    """
    _, created, origin, thread, msg, args, more = captured[:7]
    levelno, levelname, name, pathname, lineno, function, process = origin
    text, fault, errors, exc_text, stack_info, task, extras, told = more or _NOTHING_MORE
    logged = message = text if text is not None else cut(message_of(msg, args)) if args else msg
    if args and text is None and (safe := hide(msg, args)) is not args:
        message = cut(message_of(msg, safe))
    said, told_of = split_off(message) if fault is None else (message, "")
    if told_of:
        fault, msg = fault_of_text(told_of, pathname), split_off(msg)[0]
        if text is None:  # what a formatter made is shown as it is
            message, exc_text = said, told_of
    attributes: dict[str, Any] = {
        **(extras or {}),
        "created": created,
        "levelno": levelno,
        "levelname": levelname,
        "name": name,
        "msg": message,
        "args": None,
        "exc_text": exc_text,
        "stack_info": stack_info,
        "pathname": pathname,
        "lineno": lineno,
        "funcName": function,
        "process": process,
        "threadName": thread,
        "taskName": task,
        "slack": dict(told or ()),
    }
    if levelno >= logging.ERROR:
        fault = fault or fault_in_json(logged, pathname)
        told_by = logged or str(extras or "")  # a dict may not say what happened but by its values
        attributes["slack"]["fingerprint"] = fingerprint(name, levelno, msg, fault, told_by, errors or "")
    return logging.makeLogRecord(attributes)


def with_context(captured: Captured, context: tuple[Captured, ...]) -> Captured:
    """Return a captured record together with those that led to it."""
    return (captured[0] + sum(each[0] for each in context), *captured[1:], context)


def without_context(captured: Captured) -> Captured:
    """Return a captured record alone."""
    size = captured[0] - sum(each[0] for each in context_of(captured))
    return (size, *captured[1:7])


def context_of(captured: Captured) -> tuple[Captured, ...]:
    """Return the captured records that led to this one."""
    context: tuple[Captured, ...] = captured[7] if len(captured) > 7 else ()
    return context


def in_thread(captured: Captured, thread: str) -> Captured:
    """Return a captured record that goes into a thread."""
    size, created, origin, name, msg, args, more = captured
    *kept, told = more or _NOTHING_MORE
    return (size, created, origin, name, msg, args, (*kept, (*(told or ()), ("thread", thread))))


def cut(text: str, most: int = MAX_CHARS, *, keeps_end: bool = False) -> str:
    """Return at most about `most` characters of `text`, and how many there were.

    A cut is at a space, or far from the limit: half a secret would not be known for what it is.

    Args:
        text: what may be too long.
        most: characters.
        keeps_end: whether the middle is left out, as of a traceback, whose end says what happened. Elsewhere what is
            left out is the end: all of a secret with blanks goes with its beginning, which tells it.
    """
    if len(text) <= most:
        return text
    first = most // 2 if keeps_end else most
    edge = max(text.rfind(space, first - _EDGE, first) for space in " \n")
    shown = f"{text[: edge if edge > 0 else first - _EDGE]} ... (cut: {len(text):,} characters in all)"
    if not keeps_end:
        return shown
    last = text[first - most :]
    edges = (last.find(space, 0, _EDGE) for space in "\n ")  # best is the beginning of a line
    return f"{shown}\n{last[next((edge + 1 for edge in edges if edge >= 0), _EDGE) :]}"


def _bytes(text: str) -> int:
    """Return what a text takes in memory, about."""
    return len(text) if text.isascii() else text.__sizeof__()


def _exception(record: logging.LogRecord) -> tuple[str | None, str | None]:
    """Return what tells a record's exception from others, and its text; nothing, where it is something else."""
    if record.exc_info:
        error = error_of(record)
        return (None if error is None else fault_of(error, record.pathname)), _exception_text(error)
    text = plain_text(record.exc_text or "").rstrip()
    if not text:
        return None, None
    fault = fault_of_text(cut(text, keeps_end=True), record.pathname)  # of more than is shown: what is cut, varies
    return fault, cut(text, MAX_PART, keeps_end=True)


def error_of(record: logging.LogRecord) -> BaseException | None:
    """Return the exception that a record was logged with; None, where it is something else."""
    given = record.exc_info if isinstance(record.exc_info, tuple) else (record.exc_info, *sys.exc_info())
    return next((part for part in given if isinstance(part, BaseException)), None)


def _exception_text(error: BaseException | None) -> str:
    """Return the traceback, made afresh: `record.exc_text` is a cache that any other formatter may have filled."""
    if error is None:
        return ""
    try:
        return cut("".join(traceback.format_exception(error)).rstrip(), MAX_PART, keeps_end=True)
    except Exception as broken:  # noqa: BLE001 - an exception's own __str__ may raise anything
        return f"{type(error).__name__} (its traceback cannot be shown: {type(broken).__name__})"


def _is_small(value: object) -> bool:
    """Tell whether a value can stay what it is: plain, and short in writing."""
    return type(value) in (float, bool, type(None)) or (type(value) is int and _LEAST_INT < value < _MOST_INT)


def _extras(fields: dict[str, Any]) -> dict[str, Any] | None:
    """Return what `extra=` added, as plain values."""
    given = {
        name: value for name, value in fields.items() if name not in STANDARD_ATTRIBUTES and not name.startswith("_")
    }
    given.pop(_INSTEAD, None)
    if type(given.get("extra")) is dict:  # loguru's
        given |= {str(name): value for name, value in given.pop("extra").items()}
    extras = {name: value if _is_small(value) else cut(plain_text(value), MAX_EXTRA) for name, value in given.items()}
    return extras or None
