"""What loguru hands to logging: its message has the traceback in it, which the record has as well.

Loguru's shows variables' values, unless it was told not to: they differ from case to case, and may be secrets.
"""

from __future__ import annotations

import re

from slack_logging.passive.records.fingerprint import kind_and_text

#: What loguru leaves as `exc_text`, so that no formatter adds the traceback again.
MARK = "\n"

#: A terminal's colours.
_COLOURS = r"(?:\x1b\[[\d;]*m)*"

#: How a traceback begins. Of chained exceptions the first one's stands right behind the message, on the same line.
#: Within JSON (`serialize=True`) the end of the line is escaped: to cut there would leave no JSON.
_HEAD = re.compile(rf"{_COLOURS}(?:  \+ {_COLOURS}Exception Group )?Traceback \(most recent call last\):{_COLOURS}\n")


def without_traceback(message: str, error: BaseException) -> str:
    """Return what a message says before loguru's traceback.

    It ends at the first one, though the message may quote one before: what is lost of it is less than values shown.

    Args:
        message: as loguru formatted it.
        error: the exception that was logged.
    """
    found = _HEAD.search(message)
    end = found.start() if found else len(message)
    first = _first_shown(error)
    if first.__traceback__ is None:  # it was never raised, and has no head
        kind, text = kind_and_text(first)
        begin = message.rfind(f"{kind}: {text}" if text else kind, 0, end)
        end = begin if begin >= 0 else end
    return message[:end].rstrip() if end < len(message) else message


def _first_shown(error: BaseException) -> BaseException:
    """Return the exception that a traceback begins with: causes, and what was being handled, stand before."""
    seen = {id(error)}
    while True:
        before = error.__cause__
        if before is None and not error.__suppress_context__:
            before = error.__context__
        if before is None or id(before) in seen:
            return error
        seen.add(id(before))
        error = before
