"""What the page shows of rate limits and faults, and how it plans faults, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import RemoteDisconnected

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from slack_logging.local import Fault, LocalSlack
from slack_logging.testing import FakeClock
from tests.local.browser import post, request


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rate_limit=0) as running:
        yield running


def test_the_wire_tells_of_limits_failures_and_calls() -> None:
    """Each limit in use has a name that people read and what is left; the last failures are told, the newest first."""
    clock = FakeClock()
    with LocalSlack(clock=clock) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        for _ in range(5):
            client.chat_postMessage(channel="#ops-log", text="one too many")
        with pytest.raises(SlackApiError):
            client.chat_postMessage(channel="#ops-log", text="one too many")
        client.users_list()
        slack.fault("api.test", Fault.cut_after())
        with pytest.raises(RemoteDisconnected):
            client.api_test()
        clock.advance(2.0)

        shown = request(slack, "/page/wire").json

        assert shown["buckets"] == [
            {"name": "@ops post #ops-log", "left": 2.0, "capacity": 5, "per_minute": 60},
            {"name": "@ops post (all channels)", "left": 300.0, "capacity": 300, "per_minute": 300},
            {"name": "@ops users.list", "left": 39.7, "capacity": 40, "per_minute": 20},
            {"name": "@ops api.test", "left": 200.0, "capacity": 200, "per_minute": 100},
        ]
        assert shown["failed"] == [
            {"method": "api.test", "error": "cut_after", "time": slack.calls()[7].time},
            {"method": "chat.postMessage", "error": "ratelimited", "time": slack.calls()[5].time},
        ]
        assert (shown["calls"], shown["sockets"]) == (8, 0)


def test_faults_are_planned_and_cleared_from_the_page(slack: LocalSlack) -> None:
    """A fault given in the notation happens as if planned from Python; clearing forgets what has not happened."""
    client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])

    planned = post(slack, "/page/fault", {"spec": "users.list=rate_limited"})
    with pytest.raises(SlackApiError, match="ratelimited"):
        client.users_list()
    post(slack, "/page/fault", {"spec": "users.list=rate_limited"})
    cleared = post(slack, "/page/clear-faults", {})

    assert (planned.status, cleared.status) == (200, 200)
    assert client.users_list()["ok"]


@pytest.mark.parametrize("spec", ["", "users.list", "users.list=no_such_fault", 7])
def test_a_fault_that_is_none_is_refused_with_the_reason(slack: LocalSlack, spec: object) -> None:
    """What is not in the notation plans nothing and says what was expected."""
    answer = post(slack, "/page/fault", {"spec": spec})

    assert answer.status == 400
    assert "expected" in answer.json["error"] or "wrong type: spec" in answer.json["error"]
    assert request(slack, "/page/wire").json["faults"] == []
