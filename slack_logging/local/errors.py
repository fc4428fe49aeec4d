"""How every layer of the local Slack says no."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal in Slack's words: becomes ``{"ok": false, "error": code, ...}``.

    Args:
        code: Slack's error code, such as ``channel_not_found``.
        **details: what else the answer carries, such as ``needed`` and ``provided``.
    """

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def invalid_arguments(problem: str) -> ApiError:
    """Return the refusal of a call whose arguments are missing or of the wrong type."""
    return ApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {problem}"]})


def check_several(name: str, given: object) -> None:
    """Refuse one text from Python where several things are meant: its letters are not.

    Raises:
        ValueError: it is one.
    """
    if isinstance(given, str):
        raise ValueError(f"{name}: expected a list such as [{given!r}], got {given!r}")  # noqa: TRY004 - as what else is wrong
