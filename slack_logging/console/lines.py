"""From a line of text, or of JSON, to a log record. Pure."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from slack_logging.passive.records.dicts import STANDARD_ATTRIBUTES
from slack_logging.passive.records.fingerprint import uncoloured
from slack_logging.passive.records.tracebacks import rendered

#: What may be amiss with a line, and what is done then.
NO_ENTRY = 'no JSON object with a "message", sent as text'
NO_LEVEL = "no level of that name, the default is shown"

#: Levels of Google Cloud's that logging does not have. Source: LogSeverity.
_GOOGLES = {"NOTICE": logging.INFO, "ALERT": logging.CRITICAL, "EMERGENCY": logging.CRITICAL}

_SOURCE = re.compile(r"(.+):(\d{1,9}) (\S+)")


def text_record(line: str, *, level: int, logger: str) -> logging.LogRecord:
    """Return a record whose message is the line, without the colours that it has for a terminal."""
    return logging.makeLogRecord(
        {"name": logger, "msg": uncoloured(line), "levelno": level, "levelname": logging.getLevelName(level)}
    )


def json_record(line: str, *, level: int, logger: str, amiss: Callable[[str], object]) -> logging.LogRecord:
    """Return the record that an entry tells of, a canonical one or another library's; one of the line's text else.

    A field that is missing, or is not what it should be, leaves the default; a field that no entry has, or that could
    not be used, becomes an `extra`.

    Args:
        line: a JSON object with at least ``message``, or what else `_FIELDS` calls it.
        level: unless the entry says otherwise.
        logger: unless the entry says otherwise.
        amiss: is told what is amiss with the line: `NO_ENTRY` or `NO_LEVEL`.
    """
    record = text_record(line, level=level, logger=logger)
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    told, left = _read(entry) if isinstance(entry, dict) else ({}, {})
    if "msg" not in told:
        amiss(NO_ENTRY)
        return record
    if "levelno" not in told and any(name in left for name in _FIELDS["levelno"][0]):
        amiss(NO_LEVEL)
    attributes = vars(record)
    attributes |= told
    record.name = record.name or logger
    record.levelname = logging.getLevelName(record.levelno)
    if source := _SOURCE.fullmatch(str(left.get("source"))):
        record.pathname, record.lineno, record.funcName = source[1], int(source[2]), source[3]
        del left["source"]
    for told_there in ("fingerprint", "slack"):  # what a handler made of it; here it is made anew
        left.pop(told_there, None)
    extra = left.pop("extra") if isinstance(left.get("extra"), dict) else {}
    attributes |= {_extra_name(name): value for name, value in {**left, **extra}.items()}
    return record


def _text(given: object) -> str | None:
    return given if isinstance(given, str) else None


def _level(given: object) -> int | None:
    """Return a level by its name or its number; None where it is none, such as a name of another program's making."""
    number = given
    if isinstance(given, str):
        number = logging.getLevelName(name := given.strip().upper())
        number = _GOOGLES.get(name) if isinstance(number, str) else number
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None


def _moment(given: object) -> float | None:
    """Return epoch seconds from ISO 8601, from `logging`'s own form, which has a comma, or from a number."""
    try:
        if isinstance(given, str):
            return datetime.fromisoformat(given.replace("Z", "+00:00").replace(",", ".")).timestamp()
        if isinstance(given, (int, float)) and not isinstance(given, bool):
            return datetime.fromtimestamp(given).timestamp()  # noqa: DTZ006 - the zone drops out again
    except (ValueError, OverflowError, OSError):
        pass
    return None


#: A record's attributes: what the canonical entry calls each, then what else it is called, by `logging`, whose names
#: python-json-logger keeps, by structlog, and by Google Cloud; and how it is read.
_FIELDS: Mapping[str, tuple[tuple[str, ...], Callable[[object], str | float | None]]] = {
    "msg": (("message", "msg", "event"), _text),
    "levelno": (("level", "levelname", "level_number", "levelno", "severity"), _level),
    "name": (("logger", "name"), _text),
    "created": (("time", "timestamp", "asctime", "created"), _moment),
    "exc_text": (("exception", "exc_info", "exc_text"), rendered),
    "stack_info": (("stack", "stack_info"), _text),
    "threadName": (("thread", "threadName"), _text),
    "taskName": (("task", "taskName"), _text),
}


def _read(entry: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the attributes that an entry tells, each from its first field that can be read, and the other fields."""
    told, left = {}, dict(entry)
    for attribute, (names, read) in _FIELDS.items():
        values = {name: read(entry[name]) for name in names if name in entry}
        value = next((value for value in values.values() if value is not None), None)
        if value is not None:
            told[attribute] = value
        for name, other in values.items():
            if entry[name] is None or (other is not None and other == value):  # it says nothing, or the same
                del left[name]
    return told, left


def _extra_name(name: str) -> str:
    """Return a name that an `extra` can have: those of a record's own are taken, what begins with _ is not shown."""
    return f"{name.strip('_') or 'field'}_" if name in STANDARD_ATTRIBUTES or name.startswith("_") else name
