"""Events, commands and clicks over HTTP, as an app's own web server sees them."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import http.server
import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk.signature import SignatureVerifier

from slack_logging.local import App, Fault, LocalSlack
from slack_logging.local.events import push
from slack_logging.local.faults.plan import parse_fault
from slack_logging.testing import FakeClock
from tests.local.conftest import ask_sync, buttons
from tests.ports import lasting_port

#: Real seconds that a hanging request may hang: for a failure, never to wait for.
PATIENCE = 10.0


@dataclass(frozen=True)
class Posted:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, if it is JSON."""
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def form(self) -> dict[str, str]:
        """The body, if it is a form."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    @property
    def retry(self) -> tuple[str, str] | None:
        """Its number as a redelivery, and why."""
        if "x-slack-retry-num" not in self.headers:
            return None
        return self.headers["x-slack-retry-num"], self.headers["x-slack-retry-reason"]


@dataclass(frozen=True)
class Reply:
    """What the app answers."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"


class Receiver(http.server.ThreadingHTTPServer):
    """An app's request URL: answers the challenge, then what `replies` holds, then 200 and nothing.

    A reply of None hangs until the receiver closes.
    """

    request_queue_size = 256

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.posted: list[Posted] = []
        self.challenges: list[Posted] = []
        self.replies: deque[Reply | None] = deque()
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the app wants its events."""
        return f"http://127.0.0.1:{self.server_port}/slack/events"

    def close(self) -> None:
        """Stop listening, and let go of what hangs."""
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        posted = Posted(self.path, headers, self.rfile.read(int(headers["content-length"])))
        if posted.body.startswith(b"{") and posted.json["type"] == "url_verification":
            self.server.challenges.append(posted)
            self._answer(Reply(body=json.dumps({"challenge": posted.json["challenge"]})))
            return
        reply = self.server.replies.popleft() if self.server.replies else Reply()
        self.server.posted.append(posted)
        if reply is None:
            self.server.closing.wait(PATIENCE)
        else:
            self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        body = reply.body.encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": reply.kind, "Content-Length": str(len(body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def app(slack: LocalSlack, receiver: Receiver) -> App:
    """Install an app that listens by HTTP."""
    return listening_at(slack, receiver.url)


def listening_at(slack: LocalSlack, url: str) -> App:
    """Install an app in ``#ops-log`` that listens at an address once it has joined."""
    app = slack.add_app("web", channels=["#ops-log"], commands=["/deploy"])
    app.request_url = url
    return app


def delivered(slack: LocalSlack, app: App, receiver: Receiver, count: int) -> list[Posted]:
    """Return what was posted, once there are so many and nothing is on its way."""
    slack.wait_for(lambda: len(receiver.posted) == count and not slack.deliveries(app))
    return receiver.posted


def attempts(slack: LocalSlack, app: App) -> list[tuple[int, str]]:
    """Return which tries are to come, and why the ones before failed."""
    return [(each.attempt, each.reason) for each in slack.deliveries(app) if each.attempt]


def test_the_address_is_verified_once_and_every_request_is_signed(
    slack: LocalSlack, app: App, receiver: Receiver
) -> None:
    """The challenge comes first; then each event, in the envelope of the Events API, under the app's own secret."""
    said = [slack.say("#ops-log", text, user="ada") for text in ("one", "two & three")]
    posted = delivered(slack, app, receiver, 2)
    [challenge] = receiver.challenges
    assert {"token", "challenge", "type"} == challenge.json.keys()
    for each in (challenge, *posted):
        assert SignatureVerifier(app.signing_secret).is_valid_request(each.body, each.headers)
        assert not SignatureVerifier("another").is_valid_request(each.body, each.headers)
        assert "application/json" == each.headers["content-type"]
    assert set(said) == {each.json["event"]["ts"] for each in posted}
    assert {("event_callback", slack.team_id, app.id)} == {
        (each.json["type"], each.json["team_id"], each.json["api_app_id"]) for each in posted
    }
    assert [None, None] == [each.retry for each in posted]


@pytest.mark.parametrize(("reply", "is_taken"), [("{challenge}", True), ("ok", False), ('{{"challenge": "x"}}', False)])
def test_an_address_that_does_not_return_the_challenge_gets_nothing(
    slack: LocalSlack,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    reply: str,
    is_taken: bool,
) -> None:
    """As plain text it counts too; anything else is said in the log, and nothing is tried again."""
    answer = _Handler._answer
    monkeypatch.setattr(
        _Handler,
        "_answer",
        lambda self, _: answer(self, Reply(body=reply.format(challenge=self.server.challenges[-1].json["challenge"]))),
    )
    app = listening_at(slack, receiver.url)
    slack.say("#ops-log", "x", user="ada")
    slack.wait_for(lambda: receiver.challenges and not slack.deliveries(app))
    assert is_taken == (len(receiver.posted) == 1) == (not caplog.records)


def test_a_failed_event_comes_at_once_after_a_minute_and_after_five(
    slack: LocalSlack, app: App, receiver: Receiver, clock: FakeClock
) -> None:
    """Three redeliveries of the same callback, each with its number and the reason in the headers; then no more."""
    receiver.replies.extend([Reply(500)] * 4)
    slack.say("#ops-log", "x", user="ada")
    for count, wait in ((2, 60), (3, 300)):
        slack.wait_for(lambda count=count: [(count, "http_error")] == attempts(slack, app))  # type: ignore[misc] # of this round
        assert count == len(receiver.posted)
        clock.advance(wait)
    posted = delivered(slack, app, receiver, 4)
    assert [None, ("1", "http_error"), ("2", "http_error"), ("3", "http_error")] == [each.retry for each in posted]
    assert 1 == len({each.body for each in posted})


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ([Reply(404)], "http_error"),
        ([Reply(304)], "http_error"),
        ([Reply(302, headers={"Location": "/round"})] * 3, "too_many_redirects"),
        ([None], "http_timeout"),
    ],
)
def test_a_redelivery_says_why(
    slack: LocalSlack,
    app: App,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    replies: list[Reply | None],
    reason: str,
) -> None:
    """What is no success, what redirects too often and what takes too long (three seconds, fewer here)."""
    monkeypatch.setattr(push, "ACK_TIMEOUT", 1.0 if None in replies else PATIENCE)
    receiver.replies.extend(replies)
    slack.say("#ops-log", "x", user="ada")
    posted = delivered(slack, app, receiver, len(replies) + 1)
    assert ("1", reason) == posted[-1].retry


def test_none_waits_for_another(
    slack: LocalSlack, app: App, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are on their way: the time to answer counts from when it was sent."""
    monkeypatch.setattr(push, "ACK_TIMEOUT", PATIENCE)
    receiver.replies.extend([None] * 150)
    said = {slack.say("#ops-log", "x", user="ada") for _ in range(150)}
    slack.wait_for(lambda: len(receiver.posted) >= len(said))
    assert said == {each.json["event"]["ts"] for each in receiver.posted if each.retry is None}


@pytest.mark.parametrize(
    ("replies", "paths"),
    [
        ([Reply(202)], ["/slack/events"]),
        (
            [Reply(301, headers={"Location": "/a"}), Reply(307, headers={"Location": "b"})],
            ["/slack/events", "/a", "/b"],
        ),
    ],
)
def test_any_success_counts_and_two_redirects_are_followed(
    slack: LocalSlack, app: App, receiver: Receiver, replies: list[Reply | None], paths: list[str]
) -> None:
    """With the same body each time."""
    receiver.replies.extend(replies)
    slack.say("#ops-log", "x", user="ada")
    posted = delivered(slack, app, receiver, len(paths))
    assert paths == [each.path for each in posted]
    assert 1 == len({each.body for each in posted})


def test_pushes_can_be_doubled_swapped_and_lost(slack: LocalSlack, app: App, receiver: Receiver) -> None:
    """Each fault concerns one event, as over sockets; doubled ones share the event id, and none is a redelivery."""
    for fault in ("push=duplicate", "push=reorder", "push=lose"):
        slack.fault(*parse_fault(fault))
    said = []
    for planned, pending in ((2, 0), (1, 1), (0, 1), (0, 0)):  # the second waits for the next that is not lost
        said.append(slack.say("#ops-log", "x", user="ada"))
        slack.wait_for(lambda: (planned, pending) == (len(slack.faults()), len(slack.deliveries(app))))  # noqa: B023 - at once
    posted = delivered(slack, app, receiver, 4)
    assert [said[0], said[0], said[3], said[1]] == [each.json["event"]["ts"] for each in posted]
    assert 3 == len({each.json["event_id"] for each in posted})
    assert {None} == {each.retry for each in posted}
    assert [] == slack.faults()


def test_a_swapped_push_without_a_next_one_comes_a_second_later(
    slack: LocalSlack, app: App, receiver: Receiver, clock: FakeClock
) -> None:
    """It is not held back for ever."""
    slack.fault("push", Fault.reorder())
    ts = slack.say("#ops-log", "x", user="ada")
    slack.wait_for(lambda: not slack.faults())
    assert [ts] == [delivery.payload["event"]["ts"] for delivery in slack.deliveries(app)]
    assert [] == receiver.posted
    clock.advance(1)
    assert [ts] == [each.json["event"]["ts"] for each in slack.wait_for(lambda: receiver.posted)]


def test_half_an_emoji_in_a_command_is_pushed_as_a_sign_for_it(slack: LocalSlack, app: App, receiver: Receiver) -> None:
    """A lone surrogate cannot stand in a form: it comes as U+FFFD, as it does in names, and nothing is left behind."""
    slack.rename_channel("#ops-log", "ops\ud83d")
    user = slack.add_user("eve\ud83d")
    slack.command(slack.channel_id("C0OPSLOG0"), "/deploy \ud83d", user=user)
    slack.wait_for(lambda: not slack.deliveries(app))
    command = next(each.form for each in receiver.posted if b"command=" in each.body)
    assert ("\ufffd", "ops\ufffd", "eve\ufffd") == tuple(
        command[name] for name in ("text", "channel_name", "user_name")
    )


def test_an_app_can_ask_for_no_redelivery(slack: LocalSlack, app: App, receiver: Receiver, clock: FakeClock) -> None:
    """By a header of its refusal."""
    receiver.replies.append(Reply(500, headers={"X-Slack-No-Retry": "1"}))
    slack.say("#ops-log", "x", user="ada")
    assert [None] == [each.retry for each in delivered(slack, app, receiver, 1)]


def test_what_cannot_be_reached_is_tried_again(slack: LocalSlack, clock: FakeClock) -> None:
    """Also when it could not even be verified; it gets the event once it is up."""
    port = lasting_port()
    app = listening_at(slack, f"http://127.0.0.1:{port}/slack/events")
    slack.say("#ops-log", "x", user="ada")
    slack.wait_for(lambda: [(2, "connection_failed")] == attempts(slack, app))
    risen = Receiver(port)
    clock.advance(60)
    assert [("2", "connection_failed")] == [each.retry for each in delivered(slack, app, risen, 1)]
    risen.close()


def test_what_does_not_speak_tls_is_a_reason_of_its_own(slack: LocalSlack, receiver: Receiver) -> None:
    """An ``https`` address whose server speaks plain HTTP."""
    url = receiver.url.replace("http", "https", 1)
    app = listening_at(slack, url)
    slack.say("#ops-log", "x", user="ada")
    slack.wait_for(lambda: [(2, "ssl_error")] == attempts(slack, app))


@pytest.mark.parametrize("url", ["http://192.0.2.1/x", "https://slack.example.com/x", "http://[", "localhost:80"])
def test_only_this_machine_is_ever_called(slack: LocalSlack, url: str) -> None:
    """An address anywhere else, or none, is refused at once."""
    with pytest.raises(ValueError, match="give one on this machine"):
        listening_at(slack, url)


def test_a_redirect_to_elsewhere_is_not_followed(
    slack: LocalSlack, app: App, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """The app cannot send its events to another machine."""
    receiver.replies.append(Reply(302, headers={"Location": "http://192.0.2.1/x"}))
    slack.say("#ops-log", "x", user="ada")
    delivered(slack, app, receiver, 1)
    assert "http://192.0.2.1/x is not on this machine" in caplog.text


def test_a_command_comes_as_a_form(slack: LocalSlack, app: App, receiver: Receiver) -> None:
    """With who typed what where, and an address to answer."""
    slack.command("#ops-log", "/deploy api & web", user="ada")
    [posted] = delivered(slack, app, receiver, 1)
    assert "application/x-www-form-urlencoded" == posted.headers["content-type"]
    assert SignatureVerifier(app.signing_secret).is_valid_request(posted.body, posted.headers)
    assert ("/deploy", "api & web", slack.user_id("ada"), slack.channel_id("ops-log"), app.id) == tuple(
        posted.form[name] for name in ("command", "text", "user_id", "channel_id", "api_app_id")
    )


def test_a_click_comes_as_json_in_a_form(slack: LocalSlack, app: App, receiver: Receiver, log: str) -> None:
    """In a field of the name `payload`."""
    ask = ask_sync(slack, app.bot_token)
    ts = ask("chat_postMessage", channel=log, text="sure?", blocks=buttons("yes", "no"))["ts"]
    delivered(slack, app, receiver, 1)
    slack.click("#ops-log", ts, "no", user="ben")
    posted = delivered(slack, app, receiver, 2)[-1]
    payload = json.loads(posted.form["payload"])
    assert ("block_actions", slack.user_id("ben"), ["no"], ["no!"], ts) == (
        payload["type"],
        payload["user"]["id"],
        [action["action_id"] for action in payload["actions"]],
        [action["value"] for action in payload["actions"]],
        payload["message"]["ts"],
    )


@pytest.mark.parametrize(
    ("reply", "in_channel", "ephemeral"),
    [
        (Reply(body="plain & simple", kind="text/plain"), [], ["plain &amp; simple"]),
        (Reply(body='{"text": "for you"}'), [], ["for you"]),
        (Reply(body='{"text": "for all", "response_type": "in_channel"}'), ["for all"], []),
        (Reply(), [], []),
        (Reply(body="{}"), [], []),
    ],
)
def test_the_answer_to_a_command_may_stand_in_the_body(
    slack: LocalSlack, app: App, receiver: Receiver, reply: Reply, in_channel: list[str], ephemeral: list[str]
) -> None:
    """As text or JSON, for one or for all; nothing says nothing."""
    receiver.replies.append(reply)
    app.events = frozenset()
    slack.command("#ops-log", "/deploy", user="ada")
    delivered(slack, app, receiver, 1)
    assert in_channel == [message["text"] for message in slack.messages("#ops-log")[1:]]  # after its own joining
    assert ephemeral == [message["text"] for message in slack.ephemerals("#ops-log", user="ada")]


@pytest.mark.parametrize(("reply", "code"), [(Reply(500), "dispatch_failed"), (None, "operation_timeout")])
def test_a_failed_command_is_told_to_the_person_and_not_tried_again(
    slack: LocalSlack,
    app: App,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    reply: Reply | None,
    code: str,
) -> None:
    """In Slack's words."""
    monkeypatch.setattr(push, "ACK_TIMEOUT", PATIENCE if reply else 1.0)  # it is tried once: not before it was heard
    receiver.replies.append(reply)
    slack.command("#ops-log", "/deploy", user="ada")
    delivered(slack, app, receiver, 1)
    [told] = slack.ephemerals("#ops-log", user="ada")
    assert f'/deploy failed with the error "{code}"' == told["text"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(302, headers={"Location": "http://["}), "connection_failed"),
        (Reply(500, kind="text/plain; charset=base64"), "http_error"),
    ],
    ids=["location", "charset"],
)
def test_a_broken_answer_is_a_failure_like_any_other(
    slack: LocalSlack, app: App, receiver: Receiver, reply: Reply, reason: str
) -> None:
    """It is tried again."""
    receiver.replies.append(reply)
    slack.say("#ops-log", "x", user="ada")
    first, second = delivered(slack, app, receiver, 2)
    assert [None, ("1", reason)] == [first.retry, second.retry]


def test_what_was_on_its_way_when_the_server_closed_comes_after_it_starts_again(
    clock: FakeClock, receiver: Receiver
) -> None:
    """As a retry; and the address is verified anew."""
    slack = LocalSlack(port=lasting_port(), clock=clock)
    receiver.replies.append(None)
    with slack:
        listening_at(slack, receiver.url)
        slack.say("#ops-log", "x", user="ada")
        slack.wait_for(lambda: receiver.posted)
    with slack:
        slack.wait_for(lambda: len(receiver.posted) == 2 and not slack.deliveries())
        assert ("1", "connection_failed") == receiver.posted[1].retry
        assert len(receiver.challenges) == 2
