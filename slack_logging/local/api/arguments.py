"""The arguments of a call, however they were sent: text from a form or query, typed values from JSON.

Source: Web API, "Evaluating requests".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_logging.local.api.strictjson import read_json
from slack_logging.local.errors import ApiError, invalid_arguments

_TRUE, _FALSE = ("1", "true", "True"), ("0", "false", "False", "")


class Arguments:
    """A call's arguments by name; a JSON null counts as not given."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def as_dict(self) -> dict[str, Any]:
        """Return all of them, as sent."""
        return dict(self._values)

    def text(self, name: str, default: str = "") -> str:
        """Return a string; numbers are taken as written.

        Raises:
            ApiError: ``invalid_arguments`` for an object, array or boolean.
        """
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise invalid_arguments(f"{name} must be a string")
        return str(value)

    def required(self, name: str) -> str:
        """Return a string that must be there.

        Raises:
            ApiError: ``invalid_arguments``.
        """
        value = self.text(name)
        if not value:
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean, sent as 1, 0, true, false or JSON's own.

        Raises:
            ApiError: ``invalid_arguments``.
        """
        value = self._values.get(name, default)
        if isinstance(value, bool):
            return value
        if str(value) in _TRUE + _FALSE:
            return str(value) in _TRUE
        raise invalid_arguments(f"{name} must be a boolean")

    def number(self, name: str, default: int) -> int:
        """Return a whole number.

        Raises:
            ApiError: ``invalid_arguments``.
        """
        value = self.text(name)
        if not value:
            return default
        try:
            return int(value)
        except ValueError:
            raise invalid_arguments(f"{name} must be an integer") from None

    def names(self, name: str) -> list[str]:
        """Return a list, sent as an array, as an array written in JSON, or as text with commas.

        Raises:
            ApiError: ``invalid_array_arg``.
        """
        value = self._values.get(name, [])
        if isinstance(value, str) and value.startswith("["):
            value = _parse(value, "invalid_array_arg")
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise ApiError("invalid_array_arg")
        return value

    def structure(self, name: str, *, malformed: str) -> Any:
        """Return an object or array, sent as such or written in JSON; None if absent or empty text.

        Raises:
            ApiError: `malformed`, the method's own code for what is not JSON.
        """
        value = self._values.get(name)
        if isinstance(value, str):
            return _parse(value, malformed) if value.strip() else None
        return value


def _parse(text: str, malformed: str) -> Any:
    try:
        return read_json(text)
    except ValueError:
        raise ApiError(malformed) from None
