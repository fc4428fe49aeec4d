"""Many events at once. How many a second there were is printed (``pytest -s``), never judged."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
import pytest

from slack_logging.local import LocalSlack
from tests.local.listening import url_of

#: Connections of one app, and events for them all: three seconds of 200 a second for each.
SOCKETS, EVENTS = 10, 6_000


async def _heard(urls: list[str]) -> list[list[str]]:
    """Acknowledge what comes over some connections until they are closed, and return the texts, by connection."""

    async def one(session: aiohttp.ClientSession, url: str) -> list[str]:
        texts = []
        async with session.ws_connect(url) as socket:
            async for message in socket:
                said = json.loads(message.data)
                if said["type"] == "events_api":
                    await socket.send_str(json.dumps({"envelope_id": said["envelope_id"]}))
                    texts.append(said["payload"]["event"]["text"])
        return texts

    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(one(session, url) for url in urls))


def listen(urls: list[str], result: Connection) -> None:
    """Send off what was heard, from a thread or process of its own."""
    with result:
        result.send(asyncio.run(_heard(urls)))


@pytest.mark.parametrize(
    "runner",
    [
        pytest.param(threading.Thread, id="in one process"),
        pytest.param(multiprocessing.get_context("spawn").Process, id="in two processes", marks=pytest.mark.slow),
    ],
)
def test_a_flood_of_events_is_delivered_and_acknowledged(runner: Callable[..., Any]) -> None:
    """Each once, in turn over ten connections, without a redelivery."""
    ours, theirs = multiprocessing.Pipe()
    with ours, LocalSlack(rate_limit=0) as slack:
        client = runner(target=listen, args=([url_of(slack) for _ in range(SOCKETS)], theirs))
        client.start()
        slack.wait_for(lambda: len(slack.sockets()) == SOCKETS, timeout=30)
        sockets = slack.sockets()
        begin = time.perf_counter()
        for number in range(EVENTS):
            slack.say("#ops-log", str(number), user="ada")
        slack.wait_for(lambda: sum(socket.acked for socket in sockets) == EVENTS, timeout=30)
        print(f"{EVENTS / (time.perf_counter() - begin):,.0f} events/s")
        assert (slack.deliveries(), EVENTS) == ([], sum(socket.sent for socket in sockets))
        for socket in sockets:
            socket.close()
        heard: list[list[str]] = ours.recv()
        client.join()
    assert [len(texts) for texts in heard] == [EVENTS // SOCKETS] * SOCKETS
    assert {text for texts in heard for text in texts} == {str(number) for number in range(EVENTS)}
