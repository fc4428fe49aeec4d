"""Copies of a handler: for `copy`, and by `pickle` for another process, which never gets a secret.

A copy has the same configuration, without a name, and begins empty. It reads no commands: one reader is enough.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from slack_logging.options import Hidden

#: What a pickle leaves out; the other process looks into its own environment.
_SECRETS = frozenset({"token"})


class Copyable(logging.Handler):
    """A handler that `copy.copy`, `copy.deepcopy` and `pickle` make anew, where logging's own refuse for their lock."""

    def _configured(self) -> dict[str, Any]:
        """Return the options that make a handler like this one, secrets among them, but for what starts something."""
        raise NotImplementedError

    def __copy__(self) -> logging.Handler:
        return _made(type(self), self._configured(), self._attached())

    def __deepcopy__(self, memo: dict[int, object]) -> logging.Handler:
        return self.__copy__()

    def __reduce__(self) -> tuple[Callable[..., logging.Handler], tuple[object, ...]]:
        given = {name: value for name, value in self._configured().items() if name not in _SECRETS}
        if "webhook_url" in given:
            raise TypeError(
                f"cannot pickle a {type(self).__name__} whose webhook_url is a secret; "
                "configure logging in the other process, too"
            )
        redact = given.get("redact")
        if isinstance(redact, Mapping) and redact.get("values"):
            raise TypeError(
                f"cannot pickle a {type(self).__name__} whose redact has values: they are secrets; "
                "configure logging in the other process, too"
            )
        return _made, (type(self), given, self._attached())

    def _attached(self) -> dict[str, Any]:
        return {"formatter": self.formatter, "filters": self.filters}


def _made(kind: Callable[..., logging.Handler], given: dict[str, Any], attached: dict[str, Any]) -> logging.Handler:
    handler = kind(**given)
    handler.setFormatter(attached["formatter"])
    for each in attached["filters"]:
        handler.addFilter(each)
    return handler


def unshown(redact: object) -> object:
    """Return the option `redact` with its values hidden from whoever looks at the handler."""
    if not isinstance(redact, Mapping) or "values" not in redact:
        return redact
    values = redact["values"]
    return {**redact, "values": [Hidden(value) for value in ([values] if isinstance(values, str) else values)]}
