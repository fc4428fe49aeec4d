"""A port that stays free while nobody listens on it: for what goes away and comes back under one address."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import socket

# Below what Linux, macOS and Windows give to who asks for any port, which another test may do meanwhile. Each of the
# processes that run tests side by side has a stretch of its own.
_FIRST, _EACH, _PROCESSES = 20_000, 1_500, 8
_us = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _PROCESSES

# Not from the shared numbers, which start alike in each process; another run of the tests begins elsewhere.
_next = itertools.count(random.SystemRandom().randrange(_EACH))


def lasting_port() -> int:
    """Return a port of this machine that nobody gets who does not ask for it."""
    while True:
        port = _FIRST + _us * _EACH + next(_next) % _EACH
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
