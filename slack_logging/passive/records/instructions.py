"""What a record says of itself to this handler: ``extra={"slack": {"thread": ts, "mention": True, "skip": True}}``."""

from __future__ import annotations

import re

from slack_logging import notices

_KNOWN = ("thread", "mention", "skip")
_TS = re.compile(r"\d{1,12}\.\d{6}")


def instructions(given: object) -> tuple[tuple[str, object], ...] | None:
    """Return what is said, as pairs of name and value, or None for nothing; what is wrong is told once, and left out.

    Args:
        given: ``thread``, the ``ts`` of a message in whose thread the record goes; ``mention``, whether whom the
            handler's `mention` names is notified; ``skip``, whether the record is left out of Slack.
    """
    if not isinstance(given, dict):
        _complain(f"{given!r:.100}: expected a mapping such as {{'skip': True}}")
        return None
    said: dict[str, object] = {}
    for name, value in given.items():
        if name not in _KNOWN:
            _complain(f"{str(name)[:40]!r}: expected one of {', '.join(_KNOWN)}")
        elif name == "thread" and not (isinstance(value, str) and _TS.fullmatch(value)):
            _complain(f"'thread': {value!r:.60}: expected a message's ts, such as '1700000000.000100'")
        elif name in ("mention", "skip") and not isinstance(value, bool):
            _complain(f"{name!r}: {value!r:.60}: expected True or False")
        elif name != "skip":
            said[name] = value
    return tuple(said.items()) or None


def _complain(text: str) -> None:
    notices.say("instructions", f"extra={{'slack': ...}} of a record is not understood: {text}")


def says_skip(given: object) -> bool:
    """Tell whether what stands behind `slack` in a record's `extra` leaves it out; whatever is not True does not."""
    return isinstance(given, dict) and given.get("skip") is True
