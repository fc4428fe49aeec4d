"""A port that stays free while nobody listens on it: for what goes away and comes back under one address."""

from __future__ import annotations

import contextlib
import random
import socket

# Below what Linux, macOS and Windows give to who asks for any port, which another test may do meanwhile.
_NOT_GIVEN = range(20_000, 32_768)


def lasting_port() -> int:
    """Return a port of this machine that nobody gets who does not ask for it."""
    while True:
        # Not from the shared numbers, which start alike in each process that runs tests.
        port = random.SystemRandom().choice(_NOT_GIVEN)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
