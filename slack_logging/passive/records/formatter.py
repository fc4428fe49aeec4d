"""The canonical entry: one JSON object a record, made by python-json-logger.

It is what files hold; a Slack message is a view of it (`slack_logging.passive.messages.view`). The formatter can be
used with any other handler too, for instance to write the same lines to a file.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from slack_logging.instance import Instance
from slack_logging.passive.records.dicts import STANDARD_ATTRIBUTES
from slack_logging.redaction.redactor import Redactor

#: The formats that `logging.basicConfig` gives a handler where nobody chose one, a style each. Source: basicConfig.
_NOBODYS = frozenset((logging.BASIC_FORMAT, "{levelname}:{name}:{message}", "${levelname}:${name}:${message}"))


def chosen(formatter: logging.Formatter | None) -> logging.Formatter | None:
    """Return a formatter that somebody chose; None for what `logging.basicConfig` gives every handler that has none."""
    is_nobodys = type(formatter) is logging.Formatter and formatter._fmt in _NOBODYS  # noqa: SLF001 - nothing else tells
    return None if is_nobodys else formatter


class SlackFormatter(JsonFormatter):
    """Formats a record as one line of JSON.

    Fields: ``time`` (ISO 8601, UTC, microseconds), ``level``, ``level_number``, ``logger``, ``message``, ``service``,
    ``instance`` (host/pid), ``source`` (file:line function), ``thread``; and where there is one ``task``,
    ``exception``, ``stack``, ``extra``, ``slack`` (what the record says of its ``thread`` and ``mention``), and
    ``fingerprint``, which errors of one kind share.

    Args:
        service: the program's name; default: what was started.
    """

    def __init__(self, service: str | None = None) -> None:
        super().__init__(json_serializer=_json)
        self._instance = Instance.current(service)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Fill `log_data` with the canonical fields. Called by the base class."""
        attributes = {**message_dict, **record.__dict__}
        extra = {
            name: value
            for name, value in attributes.items()
            if name not in STANDARD_ATTRIBUTES and not name.startswith("_")
        }
        log_data |= {
            "time": _moment(record.created).isoformat(timespec="microseconds"),
            "level": str(record.levelname),
            "level_number": int(record.levelno),
            "logger": str(record.name),
            "message": record.message,
            "service": self._instance.service,
            "instance": f"{self._instance.host}/{record.process}",
            "source": f"{record.pathname}:{record.lineno} {record.funcName}",
            "thread": record.threadName,
        }
        told = getattr(record, "slack", None)
        told = told if isinstance(told, dict) else {}
        given = {
            "task": getattr(record, "taskName", None),
            "fingerprint": told.get("fingerprint"),
            "slack": {name: told[name] for name in ("thread", "mention") if name in told},
            "exception": message_dict.get("exc_info"),
            "stack": message_dict.get("stack_info"),
            "extra": extra,
        }
        log_data |= {name: value for name, value in given.items() if value}


def _json(value: object, **options: Any) -> str:
    """Write JSON that every reader reads: what is no number to JSON, such as NaN, is a text."""
    try:
        return json.dumps(value, **options, allow_nan=False)
    except ValueError:
        read = json.loads(json.dumps(value, **options), parse_constant=str)
        return json.dumps(read, ensure_ascii=options.get("ensure_ascii", True))


def _moment(created: float) -> datetime:
    """Return when a record was made; now, where somebody set it to what is no moment."""
    try:
        return datetime.fromtimestamp(created, timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return datetime.now(timezone.utc)


def redacted(record: logging.LogRecord, redactor: Redactor) -> logging.LogRecord:
    """Return the record, changed: message, exception, stack, names and what `extra=` gave are without secrets."""
    record.msg = redactor.redact(str(record.msg))
    record.exc_text = redactor.redact(record.exc_text) if record.exc_text else record.exc_text
    record.stack_info = redactor.redact(record.stack_info) if record.stack_info else record.stack_info
    fields = record.__dict__
    for name in ("name", "threadName", "taskName"):
        if isinstance(text := fields.get(name), str):
            fields[name] = redactor.redact(text)
    given = {name: fields[name] for name in fields if name not in STANDARD_ATTRIBUTES}
    shown = redactor.redact_items(given)
    for name in given:
        del fields[name]
    fields |= shown
    return record
