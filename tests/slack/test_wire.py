"""A connection for Socket Mode, below what decides when there is one."""

from __future__ import annotations

import threading

from slack_logging.local import LocalSlack
from slack_logging.slack.wire import Wire
from tests.local.listening import url_of


class Turns:
    """A lock that somebody else holds first, once its owner has come for it; then the owner."""

    def __init__(self, owner: threading.Thread) -> None:
        self._owner = owner
        self._has_come, self._is_free = threading.Event(), threading.Event()

    def __enter__(self) -> None:
        if threading.current_thread() is self._owner:
            self._has_come.set()
            assert self._is_free.wait(10)
        else:
            assert self._has_come.wait(10)

    def __exit__(self, *_: object) -> None:
        self._is_free.set()


def test_two_may_close_a_connection_at_once(slack: LocalSlack) -> None:
    """As who closes it and who receives its end do; most versions of slack_sdk fall over the second."""
    wire = Wire(url_of(slack), lambda _wire, _message: None)
    assert wire.open()
    wire._connection.sock_send_lock = Turns(threading.current_thread())  # type: ignore[assignment] # all that is used
    other = threading.Thread(target=wire.close)
    other.start()
    wire.close()
    other.join(10)
    assert (wire.is_alive, other.is_alive()) == (False, False)
