"""A file for `logging.config.fileConfig`, told as the config that `dictConfig` would take for the same.

Source: Python, logging.config, "Configuration file format".
"""

from __future__ import annotations

import configparser
import logging
from collections.abc import Iterator
from typing import Any, TypeVar

#: The key of what a handler is called with, positional and named; `dictConfig` passes on no key that is no identifier.
CALL = "*"

_Kind = TypeVar("_Kind", tuple[Any, ...], dict[str, Any])


def parse(text: str) -> dict[str, Any]:
    """Return the config that a file's text means. What stands in ``args`` and ``kwargs`` is evaluated, as code.

    Raises:
        ValueError: `fileConfig` would refuse it; what is missing, or which value is none, is said.
    """
    ini = configparser.ConfigParser()
    try:
        ini.read_string(text)
        if "root" not in _names(ini, "loggers"):
            raise ValueError("[loggers]: keys: root is not among them")
        return {
            "version": 1,
            "formatters": {name: _formatter(ini, f"formatter_{name}") for name in _names(ini, "formatters")},
            "handlers": {name: _handler(ini, f"handler_{name}") for name in _names(ini, "handlers")},
            "loggers": dict(_loggers(ini)),
            "root": _logger(ini, "logger_root"),
        }
    except configparser.InterpolationError as error:  # its own text shows the value, which may be secret
        remedy = "write %% for a %: one alone begins the name of another value, as in %(NAME)s"
        raise ValueError(f"[{error.section}]: {error.option}: {remedy}") from error
    except configparser.Error as error:
        raise ValueError(str(error).replace("'<string>', ", "")) from error


def _names(ini: configparser.ConfigParser, section: str, key: str = "keys") -> list[str]:
    """Return the names that a value lists."""
    text = ini.get(section, key)
    return [name.strip() for name in text.split(",")] if text else []


def _formatter(ini: configparser.ConfigParser, section: str) -> dict[str, Any]:
    known = [key for key in ini.options(section) if key in ("format", "datefmt", "style", "class")]
    return {key: value for key in known if (value := ini.get(section, key, raw=True))}


def _handler(ini: configparser.ConfigParser, section: str) -> dict[str, Any]:
    class_ = ini.get(section, "class")
    if class_.partition(".")[0] in vars(logging):
        class_ = f"logging.{class_}"  # which fileConfig looks there for first
    call = (_evaluated(ini, section, "args", ()), _evaluated(ini, section, "kwargs", {}))
    given = {key: ini.get(section, key, fallback="") for key in ("level", "formatter", "target")}
    return {"class": class_, CALL: call, **{key: value for key, value in given.items() if value}}


def _evaluated(ini: configparser.ConfigParser, section: str, key: str, empty: _Kind) -> _Kind:
    text = ini.get(section, key, fallback=repr(empty))
    try:
        return type(empty)(eval(text, vars(logging)))  # noqa: S307 - as fileConfig does
    except Exception as error:
        raise ValueError(f"[{section}]: {key}: {error}") from error


def _loggers(ini: configparser.ConfigParser) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in _names(ini, "loggers"):
        if name != "root":
            section = f"logger_{name}"
            propagate = ini.getint(section, "propagate", fallback=1)
            yield ini.get(section, "qualname"), {**_logger(ini, section), "propagate": bool(propagate)}


def _logger(ini: configparser.ConfigParser, section: str) -> dict[str, Any]:
    level = ini.get(section, "level", fallback=None)
    return {"handlers": _names(ini, section, "handlers"), **({} if level is None else {"level": level})}
