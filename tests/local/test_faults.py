"""Faults on demand, as slack_sdk meets them, and when they do not let a call take effect."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import asyncio
import http.client

import aiohttp
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from slack_logging.local import Fault, LocalSlack
from slack_logging.local.faults import FaultPlan
from tests.local.conftest import Ask


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=10)


def texts(slack: LocalSlack) -> list[str]:
    return [message["text"] for message in slack.messages("#ops-log")]


def test_rate_limited_says_when_to_come_back(slack: LocalSlack, client: WebClient) -> None:
    """A 429 carries Retry-After in whole seconds and Slack's body; the message is not posted."""
    slack.fault("chat.postMessage", Fault.rate_limited(7))
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="#ops-log", text="x")
    response = caught.value.response
    assert (429, "7", {"ok": False, "error": "ratelimited"}) == (
        response.status_code,
        response.headers["Retry-After"],
        response.data,
    )
    assert [] == texts(slack)


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


@pytest.mark.parametrize(("fault", "posted"), [(Fault.cut_before(), []), (Fault.cut_after(), ["x"])])
def test_cut_connection_tells_not_whether_it_took_effect(
    slack: LocalSlack, client: WebClient, fault: Fault, posted: list[str]
) -> None:
    """Cut before processing nothing was done, cut after it all was; the client cannot tell."""
    slack.fault("chat.postMessage", fault)
    with pytest.raises(http.client.RemoteDisconnected):
        client.chat_postMessage(channel="#ops-log", text="x")
    assert posted == texts(slack)
    assert [(0, fault.kind)] == [(call.status, call.error) for call in slack.calls("chat.postMessage")]


def test_async_client_meets_the_cut_too(slack: LocalSlack) -> None:
    """The asynchronous client sees a disconnected server, and its post took effect."""
    slack.fault("chat.postMessage", Fault.cut_after())

    async def post() -> None:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        await client.chat_postMessage(channel="#ops-log", text="x")

    with pytest.raises(aiohttp.ServerDisconnectedError):
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


def test_latency_holds_up_nobody_else(slack: LocalSlack) -> None:
    """While one call waits, however long, others are answered."""
    slack.fault("chat.postMessage", Fault.latency(3600))

    async def race() -> None:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        late = asyncio.create_task(client.chat_postMessage(channel="#ops-log", text="x"))
        for _ in range(10):
            await client.auth_test()
        late.cancel()

    asyncio.run(race())
    assert ["auth.test"] * 10 == [call.method for call in slack.calls()]


def test_faults_are_counted_and_cleared(slack: LocalSlack, ask: Ask) -> None:
    """A fault lasts for its number of calls, or until cleared; other methods go on."""
    slack.fault("auth.test", Fault.rate_limited(1, times=2))
    assert [False, False, True] == [ask("auth_test")["ok"] for _ in range(3)]
    slack.fault("*", Fault.rate_limited(1, times=None))
    assert [False, False] == [ask(method)["ok"] for method in ("auth_test", "api_test")]
    slack.clear_faults()
    assert ask("auth_test")["ok"]


def test_plan_takes_the_first_that_applies() -> None:
    """Faults for one method come in the order in which they were planned, those for all among them."""
    plan = FaultPlan()
    first, second, third = Fault.cut_before(), Fault.cut_after(times=2), Fault.server_error()
    plan.add("a", first)
    plan.add("*", second)
    plan.add("a", third)
    taken = [plan.take(method) for method in ("a", "b", "a", "b", "a", "a")]
    kinds = [fault.kind if fault else None for fault in taken]
    assert ["cut_before", "cut_after", "cut_after", None, "server_error", None] == kinds
