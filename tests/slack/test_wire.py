"""A connection for Socket Mode, below what decides when there is one."""

from __future__ import annotations

import threading

from slack_logging.local import LocalSlack
from slack_logging.slack.wire import Wire
from tests.local.listening import url_of


class Turns:
    """A lock that whoever receives holds first, once the other has come for it; then the other."""

    def __init__(self, other: threading.Thread) -> None:
        self._other = other
        self._has_come, self._is_free = threading.Event(), threading.Event()

    def __enter__(self) -> None:
        if threading.current_thread() is self._other:
            self._has_come.set()
            assert self._is_free.wait(10)
        else:
            assert self._has_come.wait(10)

    def __exit__(self, *_: object) -> None:
        self._is_free.set()


def test_who_closes_a_connection_just_as_its_end_is_received_closes_it(slack: LocalSlack) -> None:
    """Both take it down at once; most versions of slack_sdk fall over the second."""
    wire = Wire(url_of(slack), lambda _wire, _message: None)
    assert wire.open()
    wire._connection.sock_send_lock = Turns(threading.current_thread())  # type: ignore[assignment] # all that is used
    wire.close()
    assert not wire.is_alive
