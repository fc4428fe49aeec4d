"""A message that is a dict, as structlog's is before a formatter renders it, taken for a message and its `extra=`."""

from __future__ import annotations

import logging
from typing import Any

from slack_logging.passive.records.fingerprint import EVENTS
from slack_logging.passive.records.tracebacks import rendered

#: Attributes that every record has, or that formatters leave on it; whatever else there is came by `extra=`.
STANDARD_ATTRIBUTES = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "slack"}

#: Keys of a message that is a dict which have a place of their own.
_PLACED = frozenset({"event", "exc_info", "stack_info"})

#: Further keys of structlog's event that a record has anyway.
_KNOWN = _PLACED | {"logger", "level", "timestamp"}

#: Keys under which structlog's processors leave what they made of an exception and of a stack, and where it belongs.
_RENDERED = {"exception": "exc_text", "stack": "stack_info"}


def flattened(record: logging.LogRecord, event: dict[str, Any], *, has_own_format: bool) -> logging.LogRecord:
    """Return a record whose message is what a dict says happened, such as structlog's event.

    Its other keys are as if `extra=` had given them, unless a formatter's text shows them: then what counts of them is
    the exception, which tells errors apart.
    """
    is_structlogs = "event" in event
    said = "event" if is_structlogs else next((name for name in EVENTS if isinstance(event.get(name), str)), "")
    told = _KNOWN if is_structlogs else _PLACED | {said}
    given = {str(name): value for name, value in event.items() if name not in told}
    texts = {}
    for name, attribute in _RENDERED.items():
        if (text := rendered(given.get(name))) is not None:
            texts[attribute] = text
            del given[name]
    extras = {f"{name}_" if name in STANDARD_ATTRIBUTES else name: value for name, value in given.items()}
    if has_own_format:
        extras = {}
        texts.pop("stack_info", None)
    attributes = {**record.__dict__, **extras, **texts, "msg": event.get(said, ""), "args": None}
    error = event.get("exc_info")
    if not record.exc_info and error and "exc_text" not in texts:
        attributes["exc_text" if isinstance(error, str) else "exc_info"] = error
    return logging.makeLogRecord(attributes)
