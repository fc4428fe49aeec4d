"""What emit keeps of a record: what it meant when it was logged, in one flat tuple of plain values.

Arguments that are plain values are formatted later, on the sender's thread; anything else is formatted now, because
it may change or pin memory. No reference to a frame, an exception or an argument's object is kept. The tuple is flat
because the garbage collector leaves such tuples alone, and a hundred thousand of anything else stops the program.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any, TypeAlias

from slack_logging.passive.fingerprint import fault_of, fingerprint

#: (size, created, levelno, levelname, logger, msg, args, text, fault, exc_text, stack_info, pathname, lineno, function,
#: process, thread, task, extras): `msg` and `args`, or `text` where it had to be formatted at once; `fault` tells the
#: exception from others.
Captured: TypeAlias = tuple[Any, ...]

#: Characters kept of one record's text, exception or extra value; the rest is cut, and the text says so.
MAX_CHARS = 256 * 1024

#: Attributes that every record has, or that formatters leave on it; whatever else there is came by `extra=`.
STANDARD_ATTRIBUTES = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "slack"}
_STANDARD_COUNT = len(logging.makeLogRecord({}).__dict__)

#: Bytes that one captured record takes besides its text: measured with tracemalloc, rounded up.
_OVERHEAD = 400

_PLAIN = frozenset({str, int, float, bool, type(None)})


def capture(record: logging.LogRecord, formatter: logging.Formatter | None) -> Captured:
    """Return what is kept of `record`; its first item is the size in bytes that it counts for.

    Args:
        record: left as it is; other handlers see it too.
        formatter: one that the user set: it makes the whole text, now, and raises what it raises.
    """
    args = record.args
    msg = cut(record.msg if type(record.msg) is str else _plain_text(record.msg))
    size = _OVERHEAD
    if formatter is not None:
        text = cut(formatter.format(record))
    elif args and not _are_plain(args):
        text = cut(message_of(record.msg, args))
    else:
        text = None
        for arg in args or ():
            if type(arg) is str:
                size += len(arg)
    fault = exc_text = None
    if record.exc_info:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else sys.exc_info()[1]
        fault = fault_of(error) if error is not None else None
        exc_text = _exception_text(error) if formatter is None else None
    elif record.exc_text and formatter is None and record.exc_text.strip():
        exc_text = cut(record.exc_text)
    fields = record.__dict__
    extras = _extras(fields) if len(fields) != _STANDARD_COUNT else None
    size += len(msg if text is None else text)
    if exc_text or record.stack_info:
        size += len(exc_text or "") + len(record.stack_info or "")
    if extras:
        size += sum(len(name) + len(value) if type(value) is str else 64 for name, value in extras.items())
    return (
        size,
        record.created,
        record.levelno,
        record.levelname,
        record.name,
        msg,
        (args or None) if text is None else None,
        text,
        fault,
        exc_text,
        record.stack_info,
        record.pathname,
        record.lineno,
        record.funcName,
        record.process,
        record.threadName,
        fields.get("taskName"),
        extras,
    )


def _are_plain(args: Any) -> bool:
    """Tell whether arguments can be formatted later: no mapping, nothing that may change, and no text without end."""
    if type(args) is not tuple:
        return False
    for arg in args:  # noqa: SIM110 - this runs for every record, and `all` takes twice as long
        if type(arg) not in _PLAIN or (type(arg) is str and len(arg) > MAX_CHARS):
            return False
    return True


def restore(captured: Captured) -> logging.LogRecord:
    """Return a record that formatters can work on: all that was kept, the message formatted."""
    (_, created, levelno, levelname, name, msg, args, text, fault, exc_text, stack_info, *origin, extras) = captured
    pathname, lineno, function, process, thread, task = origin
    attributes: dict[str, Any] = {
        **(extras or {}),
        "created": created,
        "levelno": levelno,
        "levelname": levelname,
        "name": name,
        "msg": text if text is not None else cut(message_of(msg, args)) if args else msg,
        "args": None,
        "exc_text": exc_text,
        "stack_info": stack_info,
        "pathname": pathname,
        "lineno": lineno,
        "funcName": function,
        "process": process,
        "threadName": thread,
        "taskName": task,
    }
    if levelno >= logging.ERROR:
        attributes["slack"] = {"fingerprint": fingerprint(name, levelno, msg, fault or "")}
    return logging.makeLogRecord(attributes)


def message_of(msg: object, args: Any) -> str:
    """Return `msg % args` as `LogRecord.getMessage` does; if that fails, say so and lose neither."""
    template = str(msg) if type(msg) is not str else msg
    if not args:
        return template
    try:
        return str(template % args)
    except Exception as error:  # noqa: BLE001 - any argument's own __str__ may raise anything
        return f"{template} [its arguments do not fit: {_plain_text(args)}: {type(error).__name__}]"


def cut(text: str) -> str:
    """Return at most `MAX_CHARS` of `text`, and how much there was."""
    if len(text) <= MAX_CHARS:
        return text
    return f"{text[:MAX_CHARS]} ... (cut: {len(text):,} characters in all)"


def _plain_text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - an object's own __str__ may raise anything
        return f"<{type(value).__name__} whose str() raises {type(error).__name__}>"


def _exception_text(error: BaseException | None) -> str:
    """Return the traceback, made afresh: `record.exc_text` is a cache that any other formatter may have filled."""
    if error is None:
        return ""
    try:
        return cut("".join(traceback.format_exception(error)).rstrip())
    except Exception as broken:  # noqa: BLE001 - an exception's own __str__ may raise anything
        return f"{type(error).__name__} (its traceback cannot be shown: {type(broken).__name__})"


def _extras(fields: dict[str, Any]) -> dict[str, Any] | None:
    """Return what `extra=` added, as plain values."""
    extras = {
        name: value if type(value) in _PLAIN and type(value) is not str else cut(_plain_text(value))
        for name, value in fields.items()
        if name not in STANDARD_ATTRIBUTES and not name.startswith("_")
    }
    return extras or None
