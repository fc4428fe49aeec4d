"""How calls travel: styles of arguments, tokens, scopes, unknown methods, and who may knock."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import json
import logging
import socket
import struct
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from slack_logging.local import LocalSlack, limits
from slack_logging.local.api.methods import METHODS, Method
from slack_logging.local.state.apps import DEFAULT_SCOPES
from slack_logging.testing import FakeClock
from tests.local.conftest import Ask, ask_sync, exchange
from tests.local.listening import url_of

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PART = b"--b\r\nContent-Disposition: form-data; name=x\r\nContent-Type: text/plain; charset=%s\r\n\r\nx\r\n--b--\r\n"


def answer_to(
    slack: LocalSlack, verb: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Any:
    return json.loads(exchange(slack, verb, f"/api/{path}", body, headers)[2])


def multipart(values: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in values.items()
    ]
    return "".join([*parts, "--b--\r\n"]).encode(), {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize("style", ["get", "form", "form token", "json", "multipart", "multipart token", "post query"])
def test_every_style_of_arguments(slack: LocalSlack, style: str) -> None:
    """Query, form, JSON and multipart say the same; the token is in the header or in a form field."""
    values = {"channel": "C0OPSLOG0", "include_num_members": "true"}
    bearer = {"Authorization": f"Bearer {slack.bot_token}"}
    with_token = values | {"token": slack.bot_token}
    sent = {
        "get": ("GET", f"conversations.info?{urlencode(values)}", None, bearer),
        "post query": ("POST", f"conversations.info?{urlencode(values)}", None, bearer),
        "form": ("POST", "conversations.info", urlencode(values).encode(), FORM | bearer),
        "form token": ("POST", "conversations.info", urlencode(with_token).encode(), FORM),
        "json": ("POST", "conversations.info", json.dumps(values).encode(), JSON | bearer),
        "multipart": ("POST", "conversations.info", multipart(values)[0], multipart(values)[1] | bearer),
        "multipart token": ("POST", "conversations.info", *multipart(with_token)),
    }
    channel = answer_to(slack, *sent[style])["channel"]
    assert ("ops-log", 3) == (channel["name"], channel["num_members"])


@pytest.mark.parametrize(
    ("value", "counted"),
    [("1", True), ("true", True), (True, True), ("0", False), ("false", False), (False, False), (None, False)],
)
def test_booleans_in_every_spelling(slack: LocalSlack, value: object, counted: bool) -> None:
    """1, 0, true, false, JSON's own; and null, which means the default."""
    answer = ask_sync(slack)(
        "api_call", api_method="conversations.info", json={"channel": "C0OPSLOG0", "include_num_members": value}
    )
    assert counted == ("num_members" in answer["channel"])


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        (b"{", JSON, "invalid_json"),
        (b"[" * 100_000, JSON, "invalid_json"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, JSON, "invalid_json"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, JSON, None),
        (b'{"limit": NaN}', JSON, "invalid_json"),
        (b'{"limit": 1e999}', JSON, "invalid_json"),
        (b"[]", JSON, "json_not_object"),
        (b"", JSON, None),
        (b"a=b", {"Content-Type": "text/plain"}, "invalid_post_type"),
        (b"a=b", {}, "missing_post_type"),
        (b"%%%", FORM, "invalid_form_data"),
        (b"nothing", {"Content-Type": "multipart/form-data; boundary=b"}, "invalid_form_data"),
        (b"nothing", {"Content-Type": "multipart/form-data"}, "invalid_form_data"),
        (PART % b"none", {"Content-Type": "multipart/form-data; boundary=b"}, "invalid_form_data"),
        (PART % b"utf-8", {"Content-Type": "multipart/form-data; boundary=b"}, None),
        (
            PART % (b"utf-8; x=" + b"y" * 100_000),
            {"Content-Type": "multipart/form-data; boundary=b"},
            "invalid_form_data",
        ),
        (b"limit=%\xe9", FORM, "invalid_form_data"),
        ("\xe9=1".encode("latin-1"), FORM, "invalid_form_data"),
        (b"cursor=%ED%A0%80", FORM, "invalid_form_data"),
        (b"limit=1", {"Content-Type": "application/x-www-form-urlencoded; charset=utf-16"}, "invalid_charset"),
        (b"{}", {"Content-Type": "application/json; charset=latin9"}, "invalid_charset"),
        ('{"cursor": "\xe9"}'.encode("latin-1"), JSON, "invalid_json"),
        (b'{"limit": {}}', JSON, "invalid_arguments"),
        (b'{"types": 7}', JSON, "invalid_array_arg"),
        (b"exclude_archived=perhaps", FORM, "invalid_arguments"),
    ],
)
def test_malformed_bodies(slack: LocalSlack, body: bytes, headers: dict[str, str], error: str | None) -> None:
    """What cannot be read is refused by name; an empty body of any type is fine."""
    bearer = {"Authorization": f"Bearer {slack.bot_token}"}
    assert error == answer_to(slack, "POST", "users.conversations", body, headers | bearer).get("error")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("text=h\xe9&", "application/x-www-form-urlencoded"),
        ("as_user&text=h%C3%A9", "application/x-www-form-urlencoded"),
        ("&&text=h\xe9&x=", 'application/x-www-form-urlencoded; charset="UTF-8"'),
        ("text=h\xe9", "application/x-www-form-urlencoded; charset=iso-8859-1"),
        ("text=h%E9", "application/x-www-form-urlencoded; charset=iso-8859-1"),
        ('{"text": "h\xe9"}', "application/json; charset=utf-8"),
        ('{"text": "h\xe9"}', "application/json; charset=ISO-8859-1"),
    ],
)
def test_bodies_that_sloppy_clients_send(slack: LocalSlack, body: str, kind: str) -> None:
    """Raw text beyond ASCII in the charset that the type names, by default UTF-8; a form with gaps and bare names."""
    sent = body.encode("latin-1" if "8859" in kind else "utf-8")
    assert "h\xe9" == answer_to(slack, "POST", "api.test", sent, {"Content-Type": kind})["args"]["text"]


def test_a_body_that_is_not_compressed_as_it_says_is_an_http_error(slack: LocalSlack) -> None:
    """It is the client's fault, and told as such."""
    assert 400 == exchange(slack, "POST", "/api/api.test", b"{}", JSON | {"Content-Encoding": "gzip"})[0]


@pytest.mark.parametrize("announced", [True, False])
def test_body_beyond_our_limit_is_not_read_as_a_call(slack: LocalSlack, announced: bool) -> None:
    """A body of the limit is a call, a longer one an HTTP error; in chunks of unknown number too."""
    paths = ["/api/api.test", slack.webhook_url("#ops-log"), "/page/say"]
    start, end = b'{"text": "', b'"}'
    fits = start + b"x" * (limits.BODY - len(start) - len(end)) + end
    part = fits + b"  "  # aiohttp before 3.13.3 counts but the parts of a form in chunks
    form = b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\n" + part + b"\r\n--b--\r\n"
    sent = [(path, fits + b" ", JSON) for path in paths]
    sent.append(("/api/api.test", form, {"Content-Type": "multipart/form-data; boundary=b"}))
    assert 200 == in_pieces(slack, "/api/api.test", fits, JSON, announced=announced)
    for path, body, headers in sent:
        assert 413 == in_pieces(slack, path, body, headers, announced=announced)


def in_pieces(slack: LocalSlack, path: str, body: bytes, headers: dict[str, str], *, announced: bool) -> int:
    """Send a body in one piece or in chunks, and return the status."""
    pieces = (body[start : start + 50_000] for start in range(0, len(body), 50_000))
    return exchange(slack, "POST", path, body if announced else pieces, headers)[0]


@pytest.mark.parametrize(
    ("authorization", "error"),
    [
        (None, "not_authed"),
        ("", "not_authed"),
        ("Basic xoxb-test-ops", "not_authed"),
        ("Bearer xoxb-1234567890-real", "invalid_auth"),
        ("Bearer xoxb-test-unknown", "invalid_auth"),
        ("Bearer xapp-1-real", "invalid_auth"),
        ("bearer xoxb-test-ops", None),
    ],
)
def test_tokens(
    slack: LocalSlack, caplog: pytest.LogCaptureFixture, authorization: str | None, error: str | None
) -> None:
    """Only tokens that this server gave out are good; a refused one is explained, in the log too, not shown."""
    headers = {} if authorization is None else {"Authorization": authorization}
    with caplog.at_level(logging.WARNING):
        said = answer_to(slack, "POST", "auth.test", None, headers)
    assert error == said.get("error")
    assert (error == "invalid_auth") == ("invalid_auth: this local Slack " in caplog.text)
    assert (error == "invalid_auth") == ("[ERROR] this local Slack " in str(said.get("response_metadata")))
    named = f"app token, {slack.app_token}" if "xapp" in str(authorization) else f"bot token, {slack.bot_token}"
    assert (error == "invalid_auth") == (f": use its {named}" in caplog.text)
    assert "1234567890-real" not in caplog.text + str(said)


def test_token_is_taken_neither_from_query_nor_from_json(slack: LocalSlack) -> None:
    """A token in an address or a JSON body does not count."""
    assert "not_authed" == answer_to(slack, "GET", f"auth.test?token={slack.bot_token}")["error"]
    body = json.dumps({"token": slack.bot_token}).encode()
    assert "not_authed" == answer_to(slack, "POST", "auth.test", body, JSON)["error"]


def test_identity(slack: LocalSlack, ask: Ask) -> None:
    """auth.test names team, user and bot."""
    answer = ask("auth_test")
    assert (slack.team_id, slack.bot_user_id, slack.bot_id, "https://local.slack.test/") == tuple(
        answer[name] for name in ("team_id", "user_id", "bot_id", "url")
    )


def test_a_look_at_the_headers_does_nothing(slack: LocalSlack) -> None:
    """HEAD is no method of Slack's, and posts nothing."""
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    assert 405 == exchange(slack, "HEAD", "/api/chat.postMessage?channel=%23ops-log&text=x", None, headers)[0]
    assert [] == slack.messages("#ops-log")


def test_echo_needs_no_token(slack: LocalSlack, ask: Ask) -> None:
    """api.test repeats its arguments, as an error if asked to."""
    assert {"ok": True, "args": {"foo": "bar"}} == answer_to(slack, "GET", "api.test?foo=bar")
    answer = ask("api_test", error="my_error")
    assert (False, "my_error") == (answer["ok"], answer["error"])


@pytest.mark.parametrize(
    "method", ["chat.postmessage", "views.open", "conversations.leave", "files.list", "admin.users.list"]
)
def test_unknown_methods_are_called_so(slack: LocalSlack, method: str) -> None:
    """What is not served is `unknown_method`."""
    assert "unknown_method" == ask_sync(slack)("api_call", api_method=method)["error"]


_OF_BOTS = [method for method in METHODS.values() if method.scopes and not method.is_app_level]


@pytest.mark.parametrize("method", _OF_BOTS, ids=lambda method: method.name)
def test_each_method_needs_its_scope(slack: LocalSlack, method: Method) -> None:
    """Without any of its scopes a method says which are needed and which were provided."""
    answer = ask_sync(slack, slack.token("dnd:read"))("api_call", api_method=method.name)
    assert ("missing_scope", "dnd:read") == (answer["error"], answer["provided"])
    assert ",".join(method.scopes) == answer["needed"]


def test_scopes_are_told_in_a_header(slack: LocalSlack) -> None:
    """Every answer to a known token lists its scopes, and has an id to quote."""
    bearer = {"Authorization": f"Bearer {slack.bot_token}"}
    for method in ("auth.test", "no.such"):
        headers = exchange(slack, "POST", f"/api/{method}", None, bearer)[1]
        assert ",".join(sorted(DEFAULT_SCOPES)) == headers["x-oauth-scopes"]
        assert headers["x-slack-req-id"]
    assert "x-oauth-scopes" not in exchange(slack, "POST", "/api/auth.test")[1]


def test_answers_are_dated_by_the_servers_clock(slack: LocalSlack, clock: FakeClock) -> None:
    """Clients tell by it whether theirs is right."""
    clock.advance(3600)
    headers = exchange(slack, "POST", "/api/api.test")[1]
    assert parsedate_to_datetime(headers["date"]).timestamp() == clock.time()


def test_scopes_of_the_bot_token_can_be_chosen() -> None:
    """`scopes` are those of bot_token, none included."""
    with LocalSlack(scopes=[]) as slack:
        assert "missing_scope" == ask_sync(slack)("chat_postMessage", channel="#ops-log", text="x")["error"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:80", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("[", 403),
        ("", 403),
    ],
)
def test_only_this_machines_names_are_served(slack: LocalSlack, host: str, status: int) -> None:
    """A request for another host is refused, so that a rebound name leads nowhere."""
    assert status == exchange(slack, "GET", "/api/api.test", None, {"Host": host})[0]


def test_server_listens_on_loopback_only(slack: LocalSlack) -> None:
    """No other address of the machine is bound."""
    assert slack.url.startswith("http://127.0.0.1:")


def test_a_client_that_goes_away_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A connection that is reset in the handshake of a socket, or while a body comes, leaves no word in the log."""
    handshake = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {'A' * 22}=="]
    with LocalSlack(rate_limit=0) as slack:
        for _ in range(50):  # whether the answer is under way by then is chance
            path = url_of(slack).partition("/link/")[2]
            reset(slack, f"GET /link/{path} HTTP/1.1", *handshake, "Sec-WebSocket-Version: 13")
            reset(slack, "POST /api/api.test HTTP/1.1", "Content-Length: 9")
    assert [] == caplog.records


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/9\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST /api/api.test HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_request_leaves_no_word(slack: LocalSlack, caplog: pytest.LogCaptureFixture, said: bytes) -> None:
    """It is not the server that failed."""
    with socket.create_connection(("127.0.0.1", int(slack.url.rpartition(":")[2])), timeout=10) as client:
        client.sendall(said)
        assert b"Traceback" not in b"".join(iter(lambda: client.recv(65_536), b""))
    assert answer_to(slack, "GET", "api.test")["ok"]
    assert [] == caplog.records


def reset(slack: LocalSlack, *lines: str) -> None:
    """Begin a request, and cut the connection."""
    with socket.create_connection(("127.0.0.1", int(slack.url.rpartition(":")[2]))) as client:
        client.sendall("\r\n".join([*lines, "Host: 127.0.0.1", "", ""]).encode())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("error", [ZeroDivisionError, ConnectionResetError])
def test_own_failure_is_an_answer_without_traceback(
    slack: LocalSlack, caplog: pytest.LogCaptureFixture, error: type[Exception]
) -> None:
    """A fault of the server itself is `internal_error`, also in a webhook; the log has the traceback."""

    def fail(event: object) -> None:
        raise error("secret detail")

    slack.workspace.subscribe(fail)
    answer = ask_sync(slack)("chat_postMessage", channel="#ops-log", text="x")
    assert {"ok": False, "error": "internal_error"} == answer
    assert ["internal_error"] == [call.error for call in slack.calls("chat.postMessage")]
    status, _, body = exchange(slack, "POST", slack.webhook_url("#ops-log"), b'{"text": "x"}', JSON)
    assert (500, b"internal_error") == (status, body)
    assert 2 == caplog.text.count(f"{error.__name__}: secret detail")
