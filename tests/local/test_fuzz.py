"""Nonsense over HTTP and over sockets: everything is answered, nothing breaks, and all works afterwards.

Bounded by hypothesis: so many examples of each kind, in one server that outlives them all.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient

from slack_logging.local import LocalSlack
from slack_logging.local.api.methods import METHODS
from slack_logging.testing import FakeClock
from tests.local.listening import PATIENCE, Client, url_of

#: The fixtures are shared by all examples on purpose.
bounded = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])

NAMES = """
    alt_txt attachments blocks bot channel channel_id channels cursor emoji error file file_id filename files
    highlight_type icon_emoji icon_url include_all_metadata inclusive initial_comment is_private latest length limit
    link link_names markdown_text metadata name oldest parse reply_broadcast response_type snippet_type text thread_ts
    timestamp title token ts type types user usergroup username users
""".split()

#: Where it hurts: lone surrogates, control characters, numbers at their edges, ids and times that nearly exist.
SORE = ["", "\ud800", "\x00", "#ops-log", "U0ADA0000", "ada", "-1", "9" * 400, "1e999", "nan", "[]", "{}", ":", "```"]
SORE += [CHANNEL := "C0OPSLOG0", TS := "1800000000.000000", "F1", "<@U0ADA0000|", "x" * 5_000, "[" * 300 + "]" * 300]
SORE += [
    '[{"type":"section"}]',
    '[{"type":"markdown","text":NaN}]',
    '{"event_type":"a","event_payload":{"a":[[1e999]]}}',
]

TEXTS = st.text(max_size=30) | st.sampled_from(SORE)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = SCALARS | st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | TEXTS, inner, max_size=4),
    max_leaves=12,
)

#: Arguments of which most are right for most methods.
SOUND: dict[str, Any] = {
    "channel": CHANNEL,
    "channel_id": CHANNEL,
    "ts": TS,
    "timestamp": TS,
    "message_ts": TS,
    "user": "U0ADA0000",
}
SOUND |= {"text": "hello", "name": "eyes", "filename": "a.txt", "length": 3, "title": "a", "type": "link"}
WRONG = st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=4)
ARGUMENTS = WRONG | WRONG.map(lambda wrong: SOUND | wrong)
BODIES = st.binary(max_size=200) | ARGUMENTS.map(lambda value: json.dumps(value).encode())

PATHS = [*(f"/api/{name}" for name in sorted(METHODS)), "/", "/%", "//", "/api/", "/api/%00", "/api/../..", "/link/"]
PATHS += [f"/page/{name}" for name in ("state", "say", "react", "click", "wire", "fault", "files/F1", "clear-faults")]
PATHS += ["/upload/v1/F1", "/commands/T/1/x", "/actions/T/1/x", "/services/a/b/c", "/files/F1/x"]
PATHS += ["/static/..%2fpage.py", "/static/"]

JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
KINDS = [JSON, FORM, MULTIPART, f"{MULTIPART}; boundary=x", f"{JSON}; charset=utf-7", f"{FORM}; charset=none", "a", ""]
HEADERS = ["Authorization", "Host", "Origin", "Cookie", "Range", "Accept-Encoding", "Expect", "Content-Encoding"]
HEADER_VALUES = ["", "Bearer", "Bearer  x", "127.0.0.1", "[", "::1", "gzip", "100-continue", "bytes=9-", "null"]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalSlack]:
    """Run one Slack for all examples, without rate limits, with a message in it."""
    with LocalSlack(clock=FakeClock(), rate_limit=0) as slack:
        assert slack.say("#ops-log", "hello", user="ada") == TS
        yield slack


@pytest.fixture(autouse=True)
def still_well(server: LocalSlack, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Ask who we are and get an event, after everything; nothing on the way was worth an error in the log."""
    caplog.set_level(logging.ERROR)
    yield
    assert WebClient(server.bot_token, base_url=server.api_url).auth_test()["ok"]
    server.clear_faults()
    with closing(Client(url_of(server))) as client:
        client.next()
        ts = server.say("#ops-commands", "still there?", user="ada")
        while client.envelope()["payload"].get("event", {}).get("ts") != ts:
            pass
    server.wait_for(lambda: not server.sockets())
    assert [record.getMessage() for record in caplog.get_records("call")] == []


def _no_constant(name: str) -> NoReturn:
    raise AssertionError(f"the answer has {name}, which is not JSON")


def ask(slack: LocalSlack, verb: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    """Make a request, and see that the answer is a sensible one."""
    connection = http.client.HTTPConnection(slack.url.removeprefix("http://"), timeout=PATIENCE)
    with closing(connection):
        connection.putrequest(verb, path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        if response.headers.get_content_type() == "text/event-stream":  # goes on for ever
            return
        answer = response.read()
    assert response.status < 500
    assert b"Traceback" not in answer
    if verb != "HEAD" and response.headers.get_content_type() == "application/json":
        said = json.loads(answer, parse_constant=_no_constant)
        if path.startswith("/api/"):
            assert isinstance(said["ok"], bool)
            assert said.get("error") not in ("internal_error", "fatal_error")


@bounded
@given(method=st.sampled_from(sorted(METHODS)), arguments=ARGUMENTS, style=st.sampled_from(["json", "form", "query"]))
def test_any_arguments_of_any_method(server: LocalSlack, method: str, arguments: dict[str, Any], style: str) -> None:
    """Each call is answered with Slack's `ok`, true or false, and never with our own failure."""
    authorization = {"Authorization": f"Bearer {server.bot_token}"}
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in arguments.items()}
    form = urlencode(texts, errors="surrogatepass")
    if style == "json":
        kind, body = JSON, json.dumps(arguments).encode()
    else:
        kind, body = FORM, form.encode()
    if style == "query":
        ask(server, "GET", f"/api/{method}?{form}", b"", authorization)
    else:
        ask(server, "POST", f"/api/{method}", body, authorization | {"Content-Type": kind})


@bounded
@given(
    verb=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "NONSENSE"]),
    path=st.sampled_from(PATHS) | st.text(max_size=20).map(lambda text: "/" + quote(text)),
    kind=st.sampled_from(KINDS),
    body=BODIES,
    headers=st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(HEADER_VALUES), max_size=2),
)
def test_any_request(server: LocalSlack, verb: str, path: str, kind: str, body: bytes, headers: dict[str, str]) -> None:
    """Whatever the verb, the path, the headers and the body, the status is below 500."""
    headers = {"Authorization": f"Bearer {server.bot_token}", "Content-Type": kind} | headers
    ask(server, verb, path, body, headers)


@bounded
@given(body=BODIES, click=st.booleans())
def test_anything_posted_to_a_webhook(server: LocalSlack, body: bytes, click: bool) -> None:
    """And to a response_url: `ok`, or a code with a status of its own."""
    url = server.response_url("#general", user="ben") if click else server.webhook_url("#general")
    ask(server, "POST", url.removeprefix(server.url), body, {"Content-Type": "application/json"})


@bounded
@given(data=st.binary(min_size=1, max_size=300) | st.sampled_from([b"GET / HTTP/1.1\r\n\r\n", b"\r\n" * 50, b"POST"]))
def test_any_bytes_instead_of_a_request(server: LocalSlack, data: bytes) -> None:
    """What is not HTTP is refused or waited for, and let go of when the client goes."""
    with closing(socket.create_connection(_address(server), PATIENCE)) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert re.match(rb"HTTP/1\.[01] [1-4]|$", answer)
    assert b"Traceback" not in answer


def _address(slack: LocalSlack) -> tuple[str, int]:
    return "127.0.0.1", int(slack.url.rpartition(":")[2])


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Draw what looks like a frame: any bits, any opcode, masked or not, and a length that may be a lie."""
    first = draw(st.sampled_from([0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8A]) | st.integers(0, 255))
    payload = draw(
        st.binary(max_size=130)
        | ARGUMENTS.map(lambda value: json.dumps(value).encode())
        | st.sampled_from([b'{"envelope_id": "x"}', b'{"envelope_id": 1, "payload": []}', b"\x03\xe8bye", b"\x00\x01"])
    )
    length = draw(st.just(len(payload)) | st.sampled_from([0, 125, 126, 127, 70_000, 2**62]))
    masked = draw(st.sampled_from([0x80, 0x80, 0x80, 0]))
    if length < 126:
        head = struct.pack("!BB", first, masked | length)
    elif length < 65_536:
        head = struct.pack("!BBH", first, masked | 126, length)
    else:
        head = struct.pack("!BBQ", first, masked | 127, length)
    key = b"\x01\x80\xff\x55" if masked else b""
    return head + key + bytes(byte ^ key[index % 4] if key else byte for index, byte in enumerate(payload))


@bounded
@given(said=st.lists(frames(), max_size=6) | st.lists(st.binary(max_size=200), max_size=3))
def test_any_frames_over_a_socket(server: LocalSlack, said: list[bytes]) -> None:
    """Right or wrong, they harm nobody: the connection is closed or goes on, and ends with the client."""
    path = url_of(server).partition("/link")[2]
    with closing(socket.create_connection(_address(server), PATIENCE)) as connection:
        connection.sendall(
            f"GET /link{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        greeting = b""
        while b"hello" not in greeting:
            greeting += connection.recv(65_536)
        assert greeting.startswith(b"HTTP/1.1 101 ")
        try:
            connection.sendall(b"".join(said))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
        except ConnectionError:  # closed by the server meanwhile
            pass
