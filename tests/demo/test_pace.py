"""How fast the demo's import goes."""

from __future__ import annotations

import queue
import threading

import pytest

from slack_logging.demo.pace import Pace


def test_no_line_is_handed_on_before_it_is_allowed() -> None:
    """The lines come in order, as many as are allowed, and the others when more are."""
    pace = Pace(1_000_000, allowed=1)
    handed: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in pace("abcd"):
            handed.put(line)

    thread = threading.Thread(target=read)
    thread.start()

    assert handed.get(timeout=20) == "a"
    with pytest.raises(queue.Empty):
        handed.get(timeout=0.05)
    pace.allow(2)
    assert handed.get(timeout=20) == "b"
    pace.allow()
    assert (handed.get(timeout=20), handed.get(timeout=20)) == ("c", "d")
    thread.join(20)
    assert not thread.is_alive()
