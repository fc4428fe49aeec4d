"""Reading costs what is new, not what a channel holds."""

from __future__ import annotations

from collections import Counter

import pytest

from slack_logging import CommandRouter
from tests.active.conftest import CHANNEL, DONE, Ops


@pytest.mark.parametrize("settled", [5_000, pytest.param(50_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("by_socket", [False, True], ids=["polling", "Socket Mode"])
@pytest.mark.parametrize("typed", ["before", "after"])
def test_a_start_costs_few_calls_however_many_messages_there_are(
    ops: Ops, typed: str, by_socket: bool, settled: int
) -> None:
    """At most three looks and eight calls in all until the first new command's function is called."""
    past = ops.slack.preload(CHANNEL, ["!new"] * settled)  # one a second
    for ts in past[-700:]:  # the others are too old to be looked at
        ops.slack.react(CHANNEL, ts, DONE, user="ops")
    called: list[Counter[str]] = []
    router = CommandRouter()

    @router.command
    def new() -> None:
        called.append(Counter(call.method for call in ops.slack.calls()))

    if typed == "before":
        ops.say("!new")
    ops.start(router=router, app_token=ops.slack.app_token if by_socket else None)
    if typed == "after":
        if by_socket:
            ops.slack.wait_for(ops.slack.sockets)
        ops.clock.run_until(lambda: ops.clock.monotonic() >= 3)
        ops.say("!new")
    if by_socket:
        ops.slack.wait_for(lambda: called)  # time stands still: it is pushed, or found by the first look
    ops.clock.run_until(lambda: called)
    [calls] = called
    assert calls["conversations.history"] <= 3
    assert calls.total() <= 8
