"""How far back the commands' channel is looked at: as far as can matter, and no farther."""

from __future__ import annotations

from collections import Counter

import pytest

from slack_logging import CommandRouter
from slack_logging.active.reading.window import PAGE, Window
from tests.active.conftest import CHANNEL, DONE, ERRORED, PUZZLED, Ops

DAY = 86_400.0
NOW = 10 * DAY


def messages(number: int, *, every: float, until: float = NOW) -> list[dict[str, str]]:
    """Return messages, oldest first, the last of which came at a time."""
    return [{"ts": f"{until - every * back:.6f}"} for back in reversed(range(number))]


def begun(max_age: float) -> Window:
    """Return one whose first look was a week ago."""
    window = Window(max_age)
    window.begin(NOW - 7 * DAY, [], has_more=False)
    return window


@pytest.mark.parametrize(
    ("newest", "has_more", "floor"),
    [
        ([], False, 400.0),
        (messages(9, every=10, until=1000), False, 400.0),
        (messages(9, every=10, until=1000), True, 920),
    ],
)
def test_a_start_looks_back_to_the_greatest_age(newest: list[dict[str, str]], has_more: bool, floor: float) -> None:
    """But over a page at most."""
    window = Window(600.0)
    window.begin(1000.0, newest, has_more=has_more)
    assert float(window.floor or 0) == pytest.approx(floor, abs=1e-5)


@pytest.mark.parametrize("max_age", [600.0, 3600.0, DAY])
def test_a_look_goes_back_ten_minutes_beyond_the_greatest_age(max_age: float) -> None:
    """And further to what is not settled."""
    window = begun(max_age)
    assert float(window.oldest(NOW, None)) == NOW - 7 * DAY - max_age
    assert float(window.oldest(NOW, f"{NOW:.6f}")) == NOW - max_age - 600
    assert float(window.oldest(NOW, f"{NOW - 2 * DAY:.6f}")) == NOW - 2 * DAY


def test_of_a_lively_channel_the_newest_page_is_enough() -> None:
    """But never less than twenty minutes, nor what is not settled."""
    window, settled = begun(DAY), f"{NOW:.6f}"
    window.narrow(NOW, settled, messages(PAGE, every=60))
    assert float(window.oldest(NOW, settled)) == NOW - DAY - 600
    window.narrow(NOW, f"{NOW - 300 * 60:.6f}", messages(500, every=60))
    assert float(window.oldest(NOW, settled)) == NOW - 300 * 60
    window.narrow(NOW, settled, messages(500, every=60))
    assert float(window.oldest(NOW, settled)) == pytest.approx(NOW - (PAGE - 1) * 60, abs=1e-5)
    window.narrow(NOW, settled, messages(5000, every=1))
    assert float(window.oldest(NOW, settled)) == NOW - 1200


@pytest.mark.parametrize("by_socket", [False, True], ids=["polling", "Socket Mode"])
def test_what_may_run_for_an_hour_can_be_steered_for_an_hour(ops: Ops, router: CommandRouter, by_socket: bool) -> None:
    """By an edit of what was not understood, and by emoji."""
    ops.start(router=router, max_age="1h", app_token=ops.slack.app_token if by_socket else None)
    if by_socket:
        ops.slack.wait_for(ops.slack.sockets)
    done, puzzling = ops.say("!echo x"), ops.say("!ehco y")
    ops.clock.run_until(lambda: DONE in ops.marks(done) and PUZZLED in ops.marks(puzzling) and ops.is_all_said)
    ops.clock.run_until(lambda: ops.clock.monotonic() >= 3000)
    ops.slack.react(CHANNEL, done, "repeat", user="ada")
    ops.slack.edit(CHANNEL, puzzling, "!echo y")
    ops.clock.run_until(lambda: ops.replies(done) == ["x", "x"] and DONE in ops.marks(puzzling))


@pytest.fixture
def waiting(ops: Ops, router: CommandRouter) -> list[str]:
    """Type three commands that others must approve, and let people talk for two hours."""

    @router.command(approvals=1, approve_within="1d")
    def drop(table: str) -> str:
        return f"dropped {table}"

    people = [ops.slack.user_id(name) for name in ("ada", "ben")]
    ops.start(router=router, allow=people, poll_interval="1m")
    found = [ops.say(f"!drop {table}") for table in ("orders", "tills", "shops")]
    ops.clock.run_until(lambda: all(ops.slack.messages(CHANNEL, thread_ts=ts)[1:] for ts in found))
    for minute in range(120):
        for number in range(5):
            ops.say(f"talk {minute} {number}", user="ben")
        end = 60.0 * (minute + 1)
        ops.clock.run_until(lambda: ops.clock.monotonic() >= end)  # noqa: B023 - it is over before the next
    ops.after_sweeps()
    return found


def test_for_what_waits_for_hours_nothing_else_is_read_again(ops: Ops, waiting: list[str]) -> None:
    """A look is one call, and one more for each of them, all in turn."""
    before = len(ops.slack.calls("conversations.history"))
    ops.clock.run_until(lambda: len(ops.slack.calls("conversations.history")) >= before + 40)
    calls = ops.slack.calls("conversations.history")[before:][:40]
    assert Counter(call.args.get("latest", "all") for call in calls) == dict.fromkeys(["all", *waiting], 10)
    assert not [call for call in calls if "cursor" in call.args]


def test_what_waits_for_hours_can_be_steered_for_as_long(ops: Ops, waiting: list[str]) -> None:
    """By emoji on it, by its deletion, and by an approval."""
    cancelled, deleted, approved = waiting
    (source,) = ops.sources
    reader = source._reader
    assert reader is not None
    ops.slack.react(CHANNEL, cancelled, "octagonal_sign", user="ada")
    assert ERRORED in ops.settled(cancelled)[0]
    assert "cancelled by ada" in ops.replies(cancelled)[-1]
    ops.slack.delete(CHANNEL, deleted)
    ops.clock.run_until(lambda: [request.heard.key.ts for request in reader.desk.requests.pending()] == [approved])
    reply = ops.slack.messages(CHANNEL, thread_ts=approved)[1]
    ops.slack.react(CHANNEL, reply["ts"], "+1", user="ben")
    assert DONE in ops.settled(approved)[0]
    assert ops.replies(approved)[-1] == "dropped shops"
