"""From a line of text, or of JSON, to a log record. Pure."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

#: Fields of the canonical entry that have an attribute of their own in a record, as text.
_TEXTS = {"exception": "exc_text", "stack": "stack_info", "thread": "threadName", "task": "taskName"}

#: Fields that are read one by one below, or that say what the record says anyway.
_READ = frozenset({"message", "level", "level_number", "logger", "time", "source", "extra", "fingerprint", *_TEXTS})

#: What may be amiss with a line, and what is done then.
NO_ENTRY = 'no JSON object with a "message", sent as text'
NO_LEVEL = "no level of that name, the default is shown"

_SOURCE = re.compile(r"(.+):(\d+) (\S+)")

#: What `extra` must not overwrite: what every record has, and what formatters put there.
_RESERVED = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "slack"}


def text_record(line: str, *, level: int, logger: str) -> logging.LogRecord:
    """Return a record whose message is the line."""
    return logging.makeLogRecord(
        {"name": logger, "msg": line, "levelno": level, "levelname": logging.getLevelName(level)}
    )


def json_record(line: str, *, level: int, logger: str, amiss: Callable[[str], object]) -> logging.LogRecord:
    """Return the record that a canonical entry tells of; one of the line's text where it is none.

    A field that is missing, or is not what it should be, leaves the default; a field that no entry has becomes
    an `extra`.

    Args:
        line: a JSON object with at least ``message``; ``msg`` and ``levelname``, as others write, will do.
        level: unless the entry says otherwise.
        logger: unless the entry says otherwise.
        amiss: is told what is amiss with the line: `NO_ENTRY` or `NO_LEVEL`.
    """
    record = text_record(line, level=level, logger=logger)
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if isinstance(entry, dict):
        entry = {"message": entry.get("msg"), "level": entry.get("levelname"), **entry}
    if not isinstance(entry, dict) or not isinstance(entry.get("message"), str):
        amiss(NO_ENTRY)
        return record
    record.msg = entry["message"]
    if entry.get("logger") and isinstance(entry["logger"], str):
        record.name = entry["logger"]
    found = _level(entry)
    if found is None and (entry.get("level") or entry.get("level_number")) is not None:
        amiss(NO_LEVEL)
    record.levelno = level if found is None else found
    record.levelname = logging.getLevelName(record.levelno)
    record.created = _moment(entry.get("time"), record.created)
    attributes = vars(record)
    attributes |= {name: entry[field] for field, name in _TEXTS.items() if isinstance(entry.get(field), str)}
    if source := _SOURCE.fullmatch(str(entry.get("source", ""))):
        record.pathname, record.lineno, record.funcName = source[1], int(source[2]), source[3]
    attributes |= _extras(entry)
    if isinstance(entry.get("fingerprint"), str):
        attributes["slack"] = {"fingerprint": entry["fingerprint"]}
    return record


def _level(entry: Mapping[str, Any]) -> int | None:
    """Return the level by its name, or by its number where the name is of another program's making; None without."""
    for given in (entry.get("level"), entry.get("level_number")):
        number = logging.getLevelName(given.strip().upper()) if isinstance(given, str) else given
        if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
            return number
    return None


def _moment(given: object, default: float) -> float:
    """Return epoch seconds from ISO 8601 or from a number."""
    try:
        if isinstance(given, str):
            return datetime.fromisoformat(given.replace("Z", "+00:00")).timestamp()
        if isinstance(given, (int, float)) and not isinstance(given, bool):
            return datetime.fromtimestamp(given).timestamp()  # noqa: DTZ006 - the zone drops out again
    except (ValueError, OverflowError, OSError):
        pass
    return default


def _extras(entry: Mapping[str, Any]) -> dict[str, Any]:
    extra = entry.get("extra")
    others = {name: value for name, value in entry.items() if name not in _READ}
    given = {**others, **(extra if isinstance(extra, dict) else {})}
    return {name: value for name, value in given.items() if name not in _RESERVED and not name.startswith("_")}
