"""Events on their way to open pages: from whichever thread makes them into the server's event loop.

Frames are those of server-sent events. How they are written to a connection is the page's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json

from slack_logging.local.state.workspace import Event

#: Events that wait for one page; a page that is further behind fetches the whole state again. Ours.
EVENTS_WAITING = 1000

#: Seconds after which a silent stream says something, so that a page that went away is noticed and let go. Ours.
HEARTBEAT = 15.0

#: Tells the page to fetch the state, and, should the stream break, to come back after half a second: browsers wait
#: for three, which is long for who has just restarted his server.
RELOAD = b"retry: 500\nevent: reload\ndata:\n\n"

_ALIVE = b": alive\n\n"


class Feed:
    """Events on their way to one page: pushed by any thread, taken by the event loop in which the feed was made.

    A page that falls too far behind loses what waits and is told to reload instead.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()

    def push(self, event: Event) -> None:
        """Take an event. From any thread."""
        frame = b"data: " + json.dumps(event).encode() + b"\n\n"
        # The loop may be closed while another thread still changes the workspace: nobody is looking then.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._put, frame)

    def close(self) -> None:
        """End the stream at once. Called in the loop."""
        self._empty()
        self._frames.put_nowait(None)

    async def next(self) -> bytes | None:
        """Return the next frame to send, or None at the end."""
        try:
            return await asyncio.wait_for(self._frames.get(), HEARTBEAT)
        except asyncio.TimeoutError:
            return _ALIVE

    def _put(self, frame: bytes) -> None:
        if self._frames.qsize() >= EVENTS_WAITING:
            self._empty()
            frame = RELOAD
        self._frames.put_nowait(frame)

    def _empty(self) -> None:
        while not self._frames.empty():
            self._frames.get_nowait()
