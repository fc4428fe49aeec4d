"""What makes the handlers of a config, and whether it takes what `dictConfig` would give it. It is never called."""

from __future__ import annotations

import inspect
import logging.config
import logging.handlers
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from slack_logging.console import ini
from slack_logging.errors import ConfigurationError

Entry = Mapping[str, Any]

#: Keys of a handler's entry that are not passed on to its class.
_TAKEN_OFF = ("formatter", "level", "filters", ".")

#: What specifies a queue and its listener.
_SPECIFIED = {
    "queue": "the name of what makes one, such as queue.Queue; one that there is already is named ext://MODULE.NAME",
    "listener": "the name of a subclass of logging.handlers.QueueListener, or of what makes one",
}

_VERSION = ".".join(map(str, sys.version_info[:2]))


def looked_up(entry: Entry, configurator: logging.config.DictConfigurator) -> Any:
    """Return what makes a handler, which is not called.

    Raises:
        ConfigurationError: `dictConfig` takes no such thing there.
        ValueError: a name is none.
    """
    given = entry.get("()", entry.get("class"))
    factory = configurator.resolve(given) if isinstance(given, str) else given
    if "class" not in entry or "()" in entry or ini.CALL in entry:
        return factory
    if not isinstance(factory, type):
        raise ConfigurationError(f"{_got('class', given)}: expected a class; any other callable is named by '()'")
    if sys.version_info < (3, 12) and not isinstance(given, str):
        raise ConfigurationError(
            f"{_got('class', given)}: dictConfig takes a class itself from Python 3.12 on, and this is {_VERSION}: "
            "write its name"
        )
    return factory


def called(entry: Entry, factory: Any, configurator: logging.config.DictConfigurator) -> None:
    """Look whether what makes a handler takes what an entry gives, without calling it.

    Raises:
        ConfigurationError: that needs a later Python, or is no queue or listener.
        TypeError: an argument is unknown, or missing.
        ValueError: a name is none.
    """
    bound = _bound(factory)
    if ini.CALL in entry:
        args, kwargs = entry[ini.CALL]
        bound(*args, **kwargs)
        return
    if makes_listener(entry, factory):
        _called_for_queue(entry, bound, configurator)
        return
    taken_off = (*_TAKEN_OFF, "()" if "()" in entry else "class")
    given = dict.fromkeys(name for name in entry if name not in taken_off)
    if "handlers" in given and _is_for_queue(entry, factory) and not _has_handlers(factory):
        raise ConfigurationError(
            f"handlers: dictConfig makes a queue's listener from Python 3.12 on, and this is {_VERSION}: name them "
            "on the logger instead, as a SlackHandler needs no queue before it"
        )
    configurator.configure_handler({**given, "()": bound})


def _signature(factory: Any) -> inspect.Signature:
    """Return what something takes; where that cannot be known, that it takes anything."""
    asked = (factory, getattr(factory, "__init__", None))
    # Proxies, such as wrapt's, and wrappers may take more; and whoever sets a signature may be wrong.
    is_candid = all(type(one) is one.__class__ and not hasattr(one, "__signature__") for one in asked)
    try:
        return inspect.signature(factory if is_candid else _anything, follow_wrapped=False)
    except (TypeError, ValueError):
        return inspect.signature(_anything)  # what is made in C may have none


def _anything(*_args: object, **_kwargs: object) -> None:
    """Take anything."""


def _has_handlers(factory: Any) -> bool:
    parameters = _signature(factory).parameters
    return "handlers" in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())


def _bound(factory: Any) -> Callable[..., Callable[..., object]]:
    """Return what takes what a factory takes, and makes nothing but what takes anything."""
    signature = _signature(factory)

    def bound(*args: object, **kwargs: object) -> Callable[..., object]:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            name = getattr(factory, "__name__", type(factory).__name__)
            raise TypeError(f"{error}: {name} takes {', '.join(signature.parameters) or 'nothing'}") from None
        return _anything

    return bound


def _called_for_queue(
    entry: Entry, bound: Callable[..., object], configurator: logging.config.DictConfigurator
) -> None:
    """Have `dictConfig` itself look, as each Python takes something else; nothing of the program's is called."""

    class Handler(logging.handlers.QueueHandler):
        def __init__(self, *args: object, **kwargs: object) -> None:
            bound(*args, **kwargs)

    given = {key: entry[key] for key in entry if key not in _TAKEN_OFF}
    names = given.get("handlers", ())
    if not isinstance(names, Iterable):
        raise ConfigurationError(f"{_got('handlers', names)}: expected a list of handlers' names")
    children = {name: logging.NullHandler() for name in names}  # that they exist is looked at elsewhere
    specifiers = {key: _uncalled(key, given[key], configurator) for key in _SPECIFIED if key in given}
    looking = logging.config.DictConfigurator({"handlers": children})
    try:
        looking.configure_handler({**given, **specifiers, "class": Handler})
    except TypeError as error:
        for key, expected in _SPECIFIED.items():
            if str(error).startswith(f"Invalid {key} specifier"):
                raise ConfigurationError(f"{_got(key, given[key])}: expected {expected}") from None
        raise


def _uncalled(key: str, specified: Any, configurator: logging.config.DictConfigurator) -> object:
    """Return what specifies the same queue or listener, but makes none; what specifies none stays."""
    made = isinstance(specified, dict) and specified.get("()")
    found = made or specified
    if isinstance(found, str):
        found = configurator.resolve(found)
    if made:
        return {**specified, "()": _bound(found), ".": None}  # whose attributes nobody needs
    if key == "queue":
        return {"()": _bound(found)} if isinstance(specified, str) and callable(found) else specified
    is_other = isinstance(found, type) and not issubclass(found, logging.handlers.QueueListener)
    if is_other or not callable(found) or not isinstance(specified, (str, type)):
        return specified
    return {"()": lambda: _bound(found)}


def _got(key: str, given: object) -> str:
    """Return what was given; what is no name may hold secrets."""
    if isinstance(given, str):
        return f"{key}={given!r}"
    kind = next(kind for kind in (dict, list, type(given)) if isinstance(given, kind))  # logging has its own of them
    return f"{key} is of type {kind.__name__}"


def makes_listener(entry: Entry, factory: object) -> bool:
    """Tell whether `dictConfig` makes a queue's handler, and its listener, otherwise than by calling the class.

    Source: Python, logging.config, "Configuring QueueHandler and QueueListener".
    """
    return sys.version_info >= (3, 12) and ini.CALL not in entry and _is_for_queue(entry, factory)


def _is_for_queue(entry: Entry, factory: object) -> bool:
    is_class = "()" not in entry and isinstance(factory, type)
    return is_class and issubclass(cast("type", factory), logging.handlers.QueueHandler)
