"""What was asked of the local Slack, for tests to look at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: A token, also as it stands in an address or a cookie: in percent-escapes.
_TOKEN = re.compile(r"\b(?:xox[a-z]|xapp)(?:-|%2[Dd])(?:[\w-]|%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, recorded when its answer was decided.

    Attributes:
        method: the Web API method; ``webhook``, ``upload`` or ``download`` for what is none.
        args: the arguments as sent, without tokens.
        time: epoch seconds of the server's clock when it came.
        status: of the HTTP answer; 0 if the connection was cut instead.
        error: Slack's error code, None for success; of a fault without such a code, its kind: ``cut_after``.
        headers: the request's, in lower case, without tokens.
    """

    method: str
    args: Mapping[str, Any]
    time: float
    status: int
    error: str | None
    headers: Mapping[str, str]


def without_tokens(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments or headers in which nothing looks like a token any more, however deep."""
    kept = {name: value for name, value in args.items() if name.lower() not in ("token", "authorization")}
    return {_masked(name): _masked(value) for name, value in kept.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _TOKEN.sub("(token)", value)
    if isinstance(value, dict):
        return {_masked(name): _masked(inner) for name, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value
