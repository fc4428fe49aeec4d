"""An aiohttp application on 127.0.0.1, in a thread and event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading

from aiohttp import web
from aiohttp.http import HttpProcessingError

_log = logging.getLogger(__name__)


def _is_ours(record: logging.LogRecord) -> bool:
    """Tell failures here from requests that are no HTTP: they are answered with 400 and why, and worth no traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], (HttpProcessingError, web.RequestPayloadError)))


_log.addFilter(_is_ours)

_HOST = "127.0.0.1"

#: Seconds that requests under way get to end when the server closes; a latency fault may hold one for long.
_GRACE = 0.1


class LoopbackServer:
    """Serves one application until closed. Use it from one thread, which must not be the server's own.

    Args:
        app: not yet started.
    """

    def __init__(self, app: web.Application) -> None:
        self._runner = web.AppRunner(app, access_log=None, logger=_log, shutdown_timeout=_GRACE)
        self._listening: socket.socket | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="local-slack", daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def start(self, port: int) -> int:
        """Listen, and return the port; 0 asks for any free one.

        Raises:
            OSError: the port is in use, or not ours to use; it says which. The server is closed then.
        """
        self._thread.start()
        try:
            return asyncio.run_coroutine_threadsafe(self._listen(port), self._loop).result()
        except BaseException as error:
            self.close()
            if not isinstance(error, OSError):
                raise
            reason = os.strerror(error.errno).lower() if error.errno else str(error)
            told = OSError(f"cannot listen on {_HOST}:{port} ({reason})")
            told.errno = error.errno
            raise told from error

    async def _listen(self, port: int) -> int:
        await self._runner.setup()
        self._listening = socket.create_server((_HOST, port))
        await web.SockSite(self._runner, self._listening, backlog=1024).start()
        bound: int = self._listening.getsockname()[1]
        return bound

    def close(self) -> None:
        """Stop listening, drop the connections and end the thread."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        # asyncio forgets a connection that is accepted but not made yet when its server closes: none comes from here
        # on, and those that came become connections, which the cleanup closes.
        with contextlib.suppress(NotImplementedError):  # Windows' loop has no readers
            if self._listening is not None:
                self._loop.remove_reader(self._listening)
        await self._let_the_loop_turn()
        await self._runner.cleanup()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._let_the_loop_turn()  # closed transports let go of their sockets

    @staticmethod
    async def _let_the_loop_turn() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
