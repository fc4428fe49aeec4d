"""One line on stderr when somebody must do something: the last resort of a package that never raises.

Written to file descriptor 2 directly: `sys.stderr` may itself be redirected into logging.
"""

from __future__ import annotations

import contextlib
import os

_PREFIX = "slack_logging: "
_said: dict[str, str] = {}


def say(cause: str, text: str) -> None:
    """Write `text` as one line, unless it was the last thing said about `cause`. Never raises, never logs.

    Args:
        cause: what it is about, such as ``"#ops-log"``; a new text about it is said again.
        text: what happened and what to do; never a token.
    """
    if _said.get(cause) == text:
        return
    _said[cause] = text
    line = _PREFIX + " ".join(text.split()) + "\n"
    with contextlib.suppress(OSError):
        os.write(2, line.encode("utf-8", "replace"))


def clear(cause: str, text: str = "") -> None:
    """Forget `cause`, so that its next occurrence is said anew; say `text` if it had been said before."""
    if _said.pop(cause, None) is not None and text:
        say(f"{cause} again", text)
        _said.pop(f"{cause} again", None)
