"""What the measured post to: a Slack that counts, on loopback, and stand-ins for the servers of those who need others.

It runs in the process that measures, never in one that is measured. It may be healthy, slow, throttling or down.
"""

from __future__ import annotations

import gzip
import json
import socket
import socketserver
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, get_args

from slack_logging.local import Fault, LocalSlack

State = Literal["healthy", "slow", "throttling", "down"]
STATES: tuple[State, ...] = get_args(State)

#: Seconds that a slow server takes to answer.
SLOWNESS = 2.0

#: Seconds that a throttling server asks to wait: few, so that who obeys comes back while it is measured.
RETRY_AFTER = 1

#: Seconds between two looks of a stand-in whether it is to end.
_GLANCE = 0.05


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that was accepted.

    Attributes:
        time: epoch seconds when it came.
        text: what it brought, as JSON where it did.
        units: of text in a Slack message's blocks or attachments, as Slack counts its limit.
    """

    time: float
    text: str
    units: int = 0


class World:
    """All the servers, for as long as a context lasts.

    Args:
        state: what they are like. A stand-in that is no Slack is throttling only if its protocol can say so.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._slack = LocalSlack()
        self._nobody = socket.socket()  # bound, but not listening: connections are refused
        self._sinks: tuple[socketserver.TCPServer, ...] = ()
        self._arrivals: list[Arrival] = []
        self.addresses: dict[str, str] = {}

    def __enter__(self) -> World:
        self._slack.start()
        if self._state == "slow":
            self._slack.fault("*", Fault.latency(SLOWNESS, times=None))
        if self._state == "throttling":
            self._slack.fault("*", Fault.rate_limited(RETRY_AFTER, times=None))
        self._sinks = (_HttpSink(self._state, self._arrivals), _LineSink(self._state, self._arrivals))
        for sink in self._sinks:
            threading.Thread(target=sink.serve_forever, args=(_GLANCE,), daemon=True).start()
        self._nobody.bind(("127.0.0.1", 0))
        self.addresses = self._as_addresses()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._slack.close()
        for sink in self._sinks:
            sink.shutdown()
            sink.server_close()
        self._nobody.close()

    def arrivals(self) -> list[Arrival]:
        """Return what was accepted, here and there, in the order in which it came."""
        slack = [
            Arrival(call.time, json.dumps(call.args), _units(call.args))
            for call in self._slack.calls()
            if call.status == 200 and call.method in ("chat.postMessage", "chat.update", "webhook")
        ]
        return sorted(slack + self._arrivals.copy(), key=lambda arrival: arrival.time)

    @property
    def refused(self) -> int:
        """Return how many calls earned a 429."""
        return sum(call.status == 429 for call in self._slack.calls())

    def _as_addresses(self) -> dict[str, str]:
        ports = [self._slack.url.rpartition(":")[2], *(str(sink.server_address[1]) for sink in self._sinks)]
        if self._state == "down":
            ports = [str(self._nobody.getsockname()[1])] * len(ports)
        slack, http, lines = ports
        return {
            "token": self._slack.bot_token,
            "api_url": f"http://127.0.0.1:{slack}/api/",
            "webhook_url": self._slack.webhook_url("#ops-log").replace(self._slack.url, f"http://127.0.0.1:{slack}"),
            "sentry_dsn": f"http://key@127.0.0.1:{http}/1",
            "logstash_port": lines,
        }


class _HttpSink(ThreadingHTTPServer):
    """Takes whatever is posted."""

    daemon_threads = True

    def __init__(self, state: State, arrivals: list[Arrival]) -> None:
        super().__init__(("127.0.0.1", 0), _HttpRequest)
        self.state, self.arrivals = state, arrivals


class _HttpRequest(BaseHTTPRequestHandler):
    server: _HttpSink

    def do_POST(self) -> None:
        came = time.time()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.state == "slow":
            time.sleep(SLOWNESS)
        if self.server.state == "throttling":
            self.send_response(429)
            self.send_header("Retry-After", str(RETRY_AFTER))
        else:
            body = gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body
            self.server.arrivals.append(Arrival(came, body.decode(errors="replace")))
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


class _LineSink(socketserver.ThreadingTCPServer):
    """Takes lines."""

    daemon_threads = True

    def __init__(self, state: State, arrivals: list[Arrival]) -> None:
        super().__init__(("127.0.0.1", 0), _LineRequest)
        self.state, self.arrivals = state, arrivals


class _LineRequest(socketserver.StreamRequestHandler):
    server: _LineSink

    def handle(self) -> None:
        """Take lines until the other side is done."""
        if self.server.state == "slow":
            time.sleep(SLOWNESS)
        for line in self.rfile:
            self.server.arrivals.append(Arrival(time.time(), line.decode(errors="replace")))


def _units(found: Any) -> int:
    """Return the units of a message's blocks, escaped; a date counts as what stands for it where none can be shown."""
    if isinstance(found, list):
        return sum(map(_units, found))
    if not isinstance(found, dict):
        return 0
    blocks = found.get("blocks") or found.get("attachments")
    if blocks:
        return _units(blocks)
    text = found.get("text") or found.get("fallback")
    own = len(text) + 4 * text.count("&") + 3 * (text.count("<") + text.count(">")) if isinstance(text, str) else 0
    return own + sum(_units(value) for value in found.values() if isinstance(value, (list, dict)))
