"""Faults over HTTP, as slack_sdk meets them, and whether the call takes effect."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import asyncio
import http.client
import ssl
import urllib.error

import aiohttp
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookClient

from slack_logging.local import Fault, LocalSlack
from slack_logging.local.faults.plan import parse_fault
from slack_logging.testing import FakeClock
from tests.local.conftest import Ask, ask_sync, exchange


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=10)


def texts(slack: LocalSlack) -> list[str]:
    return [message["text"] for message in slack.messages("#ops-log")]


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [(7, "7"), ("7", "7"), (0, "0"), ("soon", "soon"), ("Wed, 21 Oct 2037 07:28:00 GMT",) * 2, (None, None)],
)
def test_rate_limited_says_when_to_come_back(
    slack: LocalSlack, client: WebClient, retry_after: int | str | None, header: str | None
) -> None:
    """A 429 carries Slack's body and Retry-After, which can be no number or missing; the message is not posted."""
    slack.fault("chat.postMessage", Fault.rate_limited(retry_after))
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="#ops-log", text="x")
    response = caught.value.response
    assert (429, header, {"ok": False, "error": "ratelimited"}) == (
        response.status_code,
        response.headers.get("Retry-After"),
        response.data,
    )
    assert [] == texts(slack)


def test_sdk_trips_over_a_retry_after_that_is_no_number(slack: LocalSlack, client: WebClient) -> None:
    """slack_sdk's own handler of 429 takes whole seconds only: what such a fault is there to show."""
    client.retry_handlers.append(RateLimitErrorRetryHandler())
    slack.fault("auth.test", Fault.rate_limited("soon"))
    with pytest.raises(ValueError, match="soon"):
        client.auth_test()


@pytest.mark.parametrize("status", [500, 503])
def test_server_error_is_a_page_of_html(slack: LocalSlack, client: WebClient, status: int) -> None:
    """The outer servers' error is no JSON, and nothing was done."""
    slack.fault("chat.postMessage", Fault.server_error(status))
    with pytest.raises(SlackApiError, match="non-JSON") as caught:
        client.chat_postMessage(channel="#ops-log", text="x")
    assert status == caught.value.response.status_code
    assert [] == texts(slack)


def test_error_is_slacks_own_refusal(slack: LocalSlack, ask: Ask) -> None:
    """Any of Slack's codes can be had, with status 200 and nothing done."""
    slack.fault("chat.postMessage", Fault.error("internal_error"))
    assert {"ok": False, "error": "internal_error"} == ask("chat_postMessage", channel="#ops-log", text="x")
    assert [] == texts(slack)


def test_a_missing_scope_is_named_in_an_error_too(slack: LocalSlack, ask: Ask) -> None:
    """As Slack does; of a method that needs none there is none to name."""
    for method in ("files.completeUploadExternal", "auth.test"):
        slack.fault(method, Fault.error("missing_scope"))
    assert {"ok": False, "error": "missing_scope", "needed": "files:write"} == ask(
        "files_completeUploadExternal", files=[]
    )
    assert {"ok": False, "error": "missing_scope"} == ask("auth_test")


def test_error_can_come_after_the_effect(slack: LocalSlack, ask: Ask) -> None:
    """The same answer as without effect, and yet the message was posted."""
    slack.fault("chat.postMessage", Fault.error("internal_error", after=True))
    assert {"ok": False, "error": "internal_error"} == ask("chat_postMessage", channel="#ops-log", text="x")
    assert ["x"] == texts(slack)
    assert [(200, "internal_error")] == [(call.status, call.error) for call in slack.calls()]


@pytest.mark.parametrize(
    ("fault", "posted"), [(Fault.cut_before(), []), (Fault.cut_after(), ["x"]), (Fault.cut_late(5), [])]
)
def test_cut_connection_tells_not_whether_it_took_effect(
    slack: LocalSlack, client: WebClient, fault: Fault, posted: list[str]
) -> None:
    """Cut before processing nothing was done, cut after it all was; the client cannot tell."""
    slack.fault("chat.postMessage", fault)
    with pytest.raises(http.client.RemoteDisconnected):
        client.chat_postMessage(channel="#ops-log", text="x")
    assert posted == texts(slack)
    assert [(0, fault.kind)] == [(call.status, call.error) for call in slack.calls("chat.postMessage")]


def test_cut_late_is_processed_on_the_servers_clock(slack: LocalSlack, clock: FakeClock, client: WebClient) -> None:
    """A lost request arrives after all, each at its own moment, with the `ts` of then; it was one call."""
    start = clock.time()
    for text, seconds in (("first", 10), ("second", 5)):
        slack.fault("chat.postMessage", Fault.cut_late(seconds))
        with pytest.raises(http.client.RemoteDisconnected):
            client.chat_postMessage(channel="#ops-log", text=text)
    clock.advance(5)
    assert ["second"] == slack.wait_for(lambda: texts(slack))
    clock.advance(5)
    assert slack.wait_for(lambda: texts(slack) == ["second", "first"])
    assert [start + 5, start + 10] == [float(message["ts"]) for message in slack.messages("#ops-log")]
    assert 2 == len(slack.calls())


def test_sdk_retry_overtakes_a_request_that_was_only_late(slack: LocalSlack, clock: FakeClock) -> None:
    """The retry is posted and looks like the only one, until the lost request arrives."""
    slack.fault("chat.postMessage", Fault.cut_late(2))
    WebClient(slack.bot_token, base_url=slack.api_url).chat_postMessage(channel="#ops-log", text="x")
    assert ["x"] == texts(slack)
    clock.advance(2)
    assert slack.wait_for(lambda: texts(slack) == ["x", "x"])


def test_cut_late_is_forgotten_when_the_server_closes(slack: LocalSlack, clock: FakeClock, client: WebClient) -> None:
    """What was not processed yet is lost with the server, and does not come back with the next one."""
    slack.fault("chat.postMessage", Fault.cut_late(10))
    slack.fault("chat.postMessage", Fault.cut_late(20))
    with pytest.raises(http.client.RemoteDisconnected):
        client.chat_postMessage(channel="#ops-log", text="before")
    slack.close()
    slack.start()
    with pytest.raises(http.client.RemoteDisconnected):
        client.chat_postMessage(channel="#ops-log", text="after")
    clock.advance(20)
    assert ["after"] == slack.wait_for(lambda: texts(slack))


def test_truncated_answer_is_no_json_and_all_was_done(slack: LocalSlack, client: WebClient) -> None:
    """The JSON ends in the middle with status 200; the message was posted."""
    slack.fault("chat.postMessage", Fault.truncated())
    with pytest.raises(SlackApiError, match="non-JSON") as caught:
        client.chat_postMessage(channel="#ops-log", text="x")
    assert 200 == caught.value.response.status_code
    assert (["x"], [(200, "truncated")]) == (texts(slack), [(call.status, call.error) for call in slack.calls()])


def test_truncated_answer_agrees_with_its_length(slack: LocalSlack) -> None:
    """Content-Length counts what was sent, so that only the JSON tells of the loss."""
    whole = exchange(slack, "GET", "/api/api.test")[2]
    slack.fault("api.test", Fault.truncated())
    status, headers, body = exchange(slack, "GET", "/api/api.test")
    assert (200, str(len(body)), whole[: len(whole) // 2]) == (status, headers["content-length"], body)
    assert b"" != body


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.cut_after(), aiohttp.ServerDisconnectedError),
        (Fault.truncated(), SlackApiError),
        (Fault.error("internal_error", after=True), SlackApiError),
    ],
)
def test_async_client_meets_the_same(slack: LocalSlack, fault: Fault, error: type[Exception]) -> None:
    """The asynchronous client sees a disconnected server or a broken answer, and its post took effect."""
    slack.fault("chat.postMessage", fault)

    async def post() -> None:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        await client.chat_postMessage(channel="#ops-log", text="x")

    with pytest.raises(error):
        asyncio.run(post())
    assert ["x"] == texts(slack)


def test_sdk_retry_after_a_cut_posts_twice(slack: LocalSlack) -> None:
    """slack_sdk's own retry doubles a message whose answer was lost: what this server is there to show."""
    slack.fault("chat.postMessage", Fault.cut_after())
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    client.chat_postMessage(channel="#ops-log", text="x")
    assert ["x", "x"] == texts(slack)


def test_late_answer_comes_after_the_clients_patience(slack: LocalSlack) -> None:
    """A call whose client gave up is processed all the same."""
    slack.fault("chat.postMessage", Fault.latency(1.0))
    client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    client.timeout = 0.1  # type: ignore[assignment]  # slack_sdk declares whole seconds, urllib takes fractions
    with pytest.raises(TimeoutError):
        client.chat_postMessage(channel="#ops-log", text="x")
    assert slack.wait_for(lambda: texts(slack)) == ["x"]


def test_slow_answer_comes_of_a_call_that_is_done(slack: LocalSlack) -> None:
    """A client that gives up waiting for the first byte has had its message posted long since."""
    slack.fault("chat.postMessage", Fault.slow_answer(3600))
    client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    client.timeout = 0.1  # type: ignore[assignment]  # slack_sdk declares whole seconds, urllib takes fractions
    with pytest.raises(TimeoutError):
        client.chat_postMessage(channel="#ops-log", text="x")
    assert slack.wait_for(lambda: texts(slack)) == ["x"]


def test_slow_answer_is_the_true_one(slack: LocalSlack, ask: Ask) -> None:
    """Who is patient gets the answer that he would have got at once."""
    slack.fault("chat.postMessage", Fault.slow_answer(0.01))
    answer = ask("chat_postMessage", channel="#ops-log", text="x")
    assert (True, [answer["ts"]]) == (answer["ok"], [message["ts"] for message in slack.messages("#ops-log")])


@pytest.mark.parametrize("fault", [Fault.latency(3600), Fault.slow_answer(3600)])
def test_waiting_holds_up_nobody_else(slack: LocalSlack, fault: Fault) -> None:
    """While one call waits, however long, others are answered."""
    slack.fault("chat.postMessage", fault)

    async def race() -> None:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        late = asyncio.create_task(client.chat_postMessage(channel="#ops-log", text="x"))
        for _ in range(10):
            await client.auth_test()
        assert not late.done()
        late.cancel()

    asyncio.run(race())
    assert 10 == len(slack.calls("auth.test"))


def test_stale_history_lacks_what_is_young(slack: LocalSlack, clock: FakeClock, ask: Ask, log: str) -> None:
    """A reader sees messages only when they are as old as the fault says, and no sign of the younger ones."""
    for text in ("old", "young"):
        slack.say("#ops-log", text, user="ada")
        clock.advance(2)
    slack.fault("conversations.history", Fault.stale(3, times=None))
    page = ask("conversations_history", channel=log, limit=1)
    assert (["old"], False) == ([message["text"] for message in page["messages"]], page["has_more"])
    clock.advance(1)
    assert ["young", "old"] == [message["text"] for message in ask("conversations_history", channel=log)["messages"]]


@pytest.mark.parametrize("bounds", [{"inclusive": True, "oldest": "1800000000"}, {"oldest": "1800000000"}])
def test_stale_history_keeps_within_its_bounds(
    slack: LocalSlack, clock: FakeClock, ask: Ask, log: str, bounds: dict[str, object]
) -> None:
    """Bounds do not make a young message visible; one exactly as old as the fault says is."""
    stamps = []
    for _ in range(3):
        clock.advance(1)
        stamps.append(slack.say("#ops-log", "x", user="ada"))
    slack.fault("conversations.history", Fault.stale(1))
    answer = ask("conversations_history", channel=log, **bounds)
    assert [stamps[1], stamps[0]] == [message["ts"] for message in answer["messages"]]


def test_stale_thread_counts_only_the_replies_it_shows(slack: LocalSlack, clock: FakeClock, ask: Ask, log: str) -> None:
    """Neither a parent nor its thread tells of a reply that the reader does not see; a young message has no thread."""
    parent = slack.say("#ops-log", "parent", user="ada")
    clock.advance(5)
    replies = []
    for _ in range(2):
        replies.append(slack.say("#ops-log", "reply", user="ben", thread_ts=parent))
        clock.advance(2)

    def counts(seconds: float) -> tuple[object, object, list[str]]:
        slack.fault("conversations.history", Fault.stale(seconds))
        slack.fault("conversations.replies", Fault.stale(seconds))
        head = ask("conversations_history", channel=log)["messages"][0]
        thread = ask("conversations_replies", channel=log, ts=parent)["messages"]
        assert head == thread[0]
        return head.get("reply_count"), head.get("latest_reply"), [message["ts"] for message in thread[1:]]

    assert (2, replies[1], replies) == counts(0)
    assert (1, replies[0], replies[:1]) == counts(3)
    assert (None, None, []) == counts(5)
    slack.fault("conversations.replies", Fault.stale(3, times=2))
    assert "thread_not_found" == ask("conversations_replies", channel=log, ts=replies[1])["error"]
    assert ask("conversations_replies", channel=log, ts=replies[0])["ok"]


@pytest.mark.parametrize(
    ("fault", "status", "body", "posted"),
    [
        (Fault.rate_limited("soon"), 429, b'{"ok": false, "error": "rate_limited"}', []),
        (Fault.rate_limited(None), 429, b'{"ok": false, "error": "rate_limited"}', []),
        (Fault.error("no_active_hooks"), 404, b"no_active_hooks", []),
        (Fault.error("rollup_error", after=True), 500, b"rollup_error", ["x"]),
        (Fault.truncated(), 200, b"o", ["x"]),
        (Fault.slow_answer(0.01), 200, b"ok", ["x"]),
    ],
)
def test_webhook_fails_in_its_own_form(
    slack: LocalSlack, fault: Fault, status: int, body: bytes, posted: list[str]
) -> None:
    """A webhook's faults are plain text with a status of their own, but for the JSON of its 429."""
    slack.fault("webhook", fault)
    answer = exchange(slack, "POST", slack.webhook_url("#ops-log"), b'{"text": "x"}')
    assert (status, body, posted) == (answer[0], answer[2], texts(slack))


def test_webhook_that_was_cut_posts_late(slack: LocalSlack, clock: FakeClock) -> None:
    """A lost post by webhook arrives after all."""
    slack.fault("webhook", Fault.cut_late(1))
    with pytest.raises(http.client.RemoteDisconnected):
        exchange(slack, "POST", slack.webhook_url("#ops-log"), b'{"text": "x"}')
    clock.advance(1)
    assert ["x"] == slack.wait_for(lambda: texts(slack))


@pytest.mark.parametrize(
    ("fault", "status", "body", "arrived"),
    [
        (Fault.error("upload_failed"), 400, b"upload_failed", None),
        (Fault.error("upload_failed", after=True), 400, b"upload_failed", b"abc"),
        (Fault.truncated(), 200, b"OK ", b"abc"),
    ],
)
def test_upload_fails_in_plain_text(
    slack: LocalSlack, fault: Fault, status: int, body: bytes, arrived: bytes | None
) -> None:
    """The bytes of a file arrive or not, whatever the answer says."""
    step = ask_sync(slack)("files_getUploadURLExternal", filename="a.txt", length=3)
    slack.fault("upload", fault)
    answer = exchange(slack, "POST", step["upload_url"], b"abc")
    assert (status, body) == (answer[0], answer[2])
    assert arrived == slack.workspace.files[step["file_id"]].content


def test_download_ends_in_the_middle(slack: LocalSlack) -> None:
    """A file can come by half."""
    ask = ask_sync(slack)
    step = ask("files_getUploadURLExternal", filename="a.txt", length=6)
    exchange(slack, "POST", step["upload_url"], b"abcdef")
    file = ask("files_completeUploadExternal", files=[{"id": step["file_id"]}])["files"][0]
    bearer = {"Authorization": f"Bearer {slack.token('files:read')}"}
    slack.fault("download", Fault.truncated())
    halves = [exchange(slack, "GET", file["url_private_download"], None, bearer)[2] for _ in range(2)]
    assert [b"abc", b"abcdef"] == halves


@pytest.mark.parametrize("written", ["chat.postMessage=tls,times=2", "*=tls,times=2"])
def test_tls_fails_when_it_is_planned(slack: LocalSlack, client: WebClient, written: str) -> None:
    """Either client meets a failed handshake in the call it is planned for, and nothing was done."""
    slack.fault(*parse_fault(written))
    with pytest.raises(urllib.error.URLError) as caught:
        client.chat_postMessage(channel="#ops-log", text="x")
    assert isinstance(caught.value.reason, ssl.SSLError)
    asynchronous = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    with pytest.raises(aiohttp.ClientConnectorSSLError):
        asyncio.run(asynchronous.chat_postMessage(channel="#ops-log", text="x"))
    assert ([], [(302, "tls")] * 2) == (texts(slack), [(call.status, call.error) for call in slack.calls()])
    assert client.chat_postMessage(channel="#ops-log", text="x")["ok"]


def test_tls_fails_for_a_webhook(slack: LocalSlack) -> None:
    """The same to slack_sdk's client of webhooks."""
    slack.fault("webhook", Fault.tls())
    with pytest.raises(urllib.error.URLError) as caught:
        WebhookClient(slack.webhook_url("#ops-log"), retry_handlers=[]).send(text="x")
    assert isinstance(caught.value.reason, ssl.SSLError)
    assert [] == texts(slack)


def test_tls_fails_at_a_server_without_it(slack: LocalSlack, client: WebClient) -> None:
    """An https address of this server is a failed handshake to either client, and the server lives on."""
    secure = slack.api_url.replace("http:", "https:")
    with pytest.raises(urllib.error.URLError) as caught:
        WebClient(slack.bot_token, base_url=secure, retry_handlers=[], timeout=10).auth_test()
    assert isinstance(caught.value.reason, ssl.SSLError)
    with pytest.raises(aiohttp.ClientConnectorSSLError):
        asyncio.run(AsyncWebClient(slack.bot_token, base_url=secure, retry_handlers=[]).auth_test())
    assert client.auth_test()["ok"]
    assert 1 == len(slack.calls())


def test_faults_are_counted_and_cleared(slack: LocalSlack, ask: Ask) -> None:
    """A fault lasts for its number of calls, or until cleared; other methods go on; what is left can be seen."""
    slack.fault("auth.test", Fault.rate_limited(1, times=3))
    assert [False, False] == [ask("auth_test")["ok"] for _ in range(2)]
    assert [("auth.test", Fault.rate_limited(1))] == slack.faults()
    assert [True, False, True] == [ask(method)["ok"] for method in ("api_test", "auth_test", "auth_test")]
    assert [] == slack.faults()
    slack.fault("*", Fault.rate_limited(1, times=None))
    assert [False, False] == [ask(method)["ok"] for method in ("auth_test", "api_test")]
    assert [("*", Fault.rate_limited(1, times=None))] == slack.faults()
    slack.clear_faults()
    assert ask("auth_test")["ok"]


def test_chance_is_repeatable() -> None:
    """Two servers of one seed let the same calls fail, of another seed others."""

    def failures(seed: int) -> list[bool]:
        with LocalSlack(seed=seed) as slack:
            slack.fault("api.test", Fault.server_error(times=None, probability=0.5))
            return [exchange(slack, "GET", "/api/api.test")[0] == 500 for _ in range(30)]

    first = failures(1)
    assert first == failures(1)
    assert first != failures(2)
    assert {True, False} == set(first)
