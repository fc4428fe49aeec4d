"""What the server does later: actions that wait for a moment of a clock which somebody else may move by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable

from slack_logging.local.state.workspace import ClockLike

_log = logging.getLogger(__name__)

#: Real seconds between two looks at the clock while something waits: the clock tells nobody that it was moved. Ours.
GLANCE = 0.02


class Later:
    """Actions and their moments. Use it in the server's event loop only; the actions run there.

    Args:
        clock: what the moments are of.
    """

    def __init__(self, clock: ClockLike) -> None:
        self._clock = clock
        self._waiting: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._watch: asyncio.Task[None] | None = None

    def call_at(self, moment: float, action: Callable[[], object]) -> None:
        """Run `action()` once the clock says `moment`, soon if it does already; those of one moment run in order.

        Args:
            moment: epoch seconds.
            action: holds no lock while it waits; what it raises is logged.
        """
        heapq.heappush(self._waiting, (moment, next(self._order), action))
        if self._watch is None:
            self._watch = asyncio.create_task(self._keep_watch())

    async def _keep_watch(self) -> None:
        while self._waiting:
            while self._waiting and self._waiting[0][0] <= self._clock.time():
                action = heapq.heappop(self._waiting)[2]
                try:
                    action()
                except Exception:  # noqa: BLE001 - the others are still to run; the log has the traceback
                    _log.exception("the local Slack itself failed in what it did later")
            await asyncio.sleep(GLANCE)
        self._watch = None

    async def close(self) -> None:
        """Forget what waits; nothing is left behind. Idempotent."""
        self._waiting.clear()
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
