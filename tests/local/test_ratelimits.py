"""Rate limits: the buckets by themselves, and as callers meet them."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.local import LocalSlack
from slack_logging.local.api.methods import METHODS
from slack_logging.local.api.ratelimits import (
    CHANNEL_POSTS,
    FACTORS,
    SPECIAL,
    TIER_1,
    TIER_2,
    TIER_3,
    TIER_4,
    WORKSPACE_POSTS,
    Budget,
    Level,
    RateLimiter,
)
from slack_logging.testing import FakeClock
from tests.local.conftest import Ask, ask_sync, exchange

#: Where Slack's sources differ, the lower tier; but for apps.connections.open, whose reference says 3.
TIERS = {
    "api.test": TIER_4,
    "apps.connections.open": TIER_3,
    "auth.test": SPECIAL,
    "bookmarks.add": TIER_2,
    "bookmarks.list": TIER_2,
    "bots.info": TIER_3,
    "chat.delete": TIER_3,
    "chat.getPermalink": SPECIAL,
    "chat.postEphemeral": TIER_4,
    "chat.postMessage": None,
    "chat.update": TIER_3,
    "conversations.create": TIER_2,
    "conversations.history": TIER_3,
    "conversations.info": TIER_3,
    "conversations.invite": TIER_3,
    "conversations.join": TIER_3,
    "conversations.list": TIER_2,
    "conversations.mark": TIER_3,
    "conversations.members": TIER_4,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "emoji.list": TIER_2,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
    "files.info": TIER_4,
    "pins.add": TIER_2,
    "pins.list": TIER_2,
    "pins.remove": TIER_2,
    "reactions.add": TIER_3,
    "reactions.get": TIER_3,
    "reactions.list": TIER_2,
    "reactions.remove": TIER_2,
    "team.info": TIER_3,
    "usergroups.list": TIER_2,
    "usergroups.users.list": TIER_2,
    "users.conversations": TIER_2,
    "users.getPresence": TIER_3,
    "users.info": TIER_4,
    "users.list": TIER_2,
    "users.profile.get": TIER_4,
}


def test_every_method_has_slacks_tier() -> None:
    """Each method is limited as Slack's table says."""
    assert TIERS == {name: method.budget for name, method in METHODS.items()}


@pytest.mark.parametrize(
    ("budget", "per_minute"), [(TIER_2, 20), (TIER_3, 50), (TIER_4, 100), (SPECIAL, 600), (CHANNEL_POSTS, 60)]
)
def test_bucket_holds_its_capacity_and_refills_at_its_rate(budget: Budget, per_minute: int) -> None:
    """After the burst exactly one call a refill goes, and the wait told is the whole seconds until then."""
    limiter, bucket = RateLimiter(), [("key", budget)]
    assert [0] * int(budget.capacity) == [limiter.take(bucket, 0) for _ in range(int(budget.capacity))]
    refill = 60 / per_minute
    assert max(1, -(-60 // per_minute)) == limiter.take(bucket, 0)
    assert limiter.take(bucket, refill * 0.99) > 0
    assert 0 == limiter.take(bucket, refill)
    assert limiter.take(bucket, refill) > 0


def test_refused_call_takes_from_no_bucket() -> None:
    """A call under two limits costs neither when one of them refuses it."""
    limiter = RateLimiter()
    narrow, wide = ("narrow", Budget(60, 1)), ("wide", Budget(60, 3))
    assert [0, 1, 1, 1] == [limiter.take([narrow, wide], 0) for _ in range(4)]
    assert [0, 0, 1] == [limiter.take([wide], 0) for _ in range(3)]


def test_levels_tell_what_is_left_of_each_bucket_in_use() -> None:
    """A bucket is told of once it was called upon, refilled up to now, with the budget that holds for it."""
    limiter = RateLimiter(2.0)
    assert [] == limiter.levels(0.0)
    for _ in range(10):
        limiter.take([(("post", "C1"), CHANNEL_POSTS), ("post", WORKSPACE_POSTS)], 0.0)

    doubled, workspace = Budget(120, 10), Budget(600, 600)
    assert [Level(("post", "C1"), 2.0, doubled), Level("post", 600.0, workspace)] == limiter.levels(1.0)
    assert [Level(("post", "C1"), 10.0, doubled), Level("post", 600.0, workspace)] == limiter.levels(60.0)


@pytest.mark.parametrize(("factor", "burst"), [(1.0, 40), (0.5, 20), (2.0, 80), (0.01, 1)])
def test_factor_scales_rate_and_burst(factor: float, burst: int) -> None:
    """One factor makes every limit stricter or looser; a bucket always holds one call."""
    limiter = RateLimiter(factor)
    assert burst == sum(limiter.take([("key", TIER_2)], 0) == 0 for _ in range(200))


def test_factor_zero_switches_off_and_nonsense_is_refused() -> None:
    """0 means no limits; a negative factor, none at all, or one beyond all reason means nothing."""
    limiter = RateLimiter(0)
    assert not any(limiter.take([("key", TIER_2)], 0) for _ in range(1000))
    for factor in (-1.0, float("nan"), float("inf"), 1e-320, 9e-7, 1.1e6):
        with pytest.raises(ValueError, match="rate_limit is"):
            LocalSlack(rate_limit=factor)
    for factor in FACTORS:
        limiter = RateLimiter(factor)
        assert 0 == limiter.take([("key", TIER_1)], 0)
        assert (factor < 1) == bool(limiter.take([("key", TIER_1)], 0))


@given(st.lists(st.floats(0, 30), max_size=80), st.sampled_from([TIER_2, TIER_3, CHANNEL_POSTS]))
def test_who_obeys_is_never_refused_twice(pauses: list[float], budget: Budget) -> None:
    """However calls come, waiting as long as told is always long enough, and no minute exceeds rate plus burst."""
    limiter, now, granted = RateLimiter(), 0.0, []
    for pause in pauses:
        now += pause
        if wait := limiter.take([("key", budget)], now):
            now += wait
            assert 0 == limiter.take([("key", budget)], now)
        granted.append(now)
    for start in granted:
        within = [moment for moment in granted if start <= moment < start + 60]
        assert len(within) <= budget.capacity + budget.per_minute + 1


def test_posting_is_limited_by_channel(slack: LocalSlack, clock: FakeClock, ask: Ask) -> None:
    """Beyond the burst a channel takes one post a second, by id or name; another channel is free."""
    for index in range(int(CHANNEL_POSTS.capacity)):
        assert ask("chat_postMessage", channel=["#ops-log", "C0OPSLOG0", "ops-log"][index % 3], text="x")["ok"]
    assert {"ok": False, "error": "ratelimited"} == ask("chat_postMessage", channel="#ops-log", text="x")
    assert ask("chat_postMessage", channel="#general", text="x")["ok"]
    clock.advance(1)
    assert [True, False] == [ask("chat_postMessage", channel="#ops-log", text="x")["ok"] for _ in range(2)]


def test_a_dm_is_one_channel_by_its_id_and_its_user(slack: LocalSlack, ask: Ask) -> None:
    """The first post opens it; further ones come out of the same bucket, whichever way it is named."""
    user = slack.user_id("ada")
    opened = ask("chat_postMessage", channel=user, text="x")["channel"]
    assert opened != user
    places = [(user, opened)[index % 2] for index in range(int(CHANNEL_POSTS.capacity))]
    posted = [ask("chat_postMessage", channel=place, text="x")["ok"] for place in places]
    assert posted == [True] * (int(CHANNEL_POSTS.capacity) - 1) + [False]


def test_posting_is_limited_for_the_workspace(slack: LocalSlack) -> None:
    """Posts to all channels together come out of one bucket."""
    channels = [slack.add_channel(f"c{index}") for index in range(int(WORKSPACE_POSTS.capacity) // 5 + 1)]
    ask = ask_sync(slack)
    posted = [ask("chat_postMessage", channel=channel, text="x")["ok"] for channel in channels for _ in range(5)]
    assert [True] * int(WORKSPACE_POSTS.capacity) + [False] * 5 == posted


def test_methods_do_not_share_a_bucket_but_tokens_of_one_app_do(slack: LocalSlack, clock: FakeClock, log: str) -> None:
    """Limits hold per method and app: another method goes on, another token of the bot does not."""
    ask, other = ask_sync(slack), ask_sync(slack, slack.token("users:read"))
    for _ in range(int(TIER_2.capacity)):
        assert ask("users_list")["ok"]
    assert "ratelimited" == other("users_list")["error"]
    assert ask("users_info", user=slack.bot_user_id)["ok"]
    clock.advance(3)
    assert [True, False] == [other("users_list")["ok"] for _ in range(2)]


def test_429_says_how_long_in_whole_seconds(slack: LocalSlack, log: str) -> None:
    """The answer to a call too many has status 429 and an honest Retry-After."""
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    answers = [exchange(slack, "GET", "/api/users.list", None, headers) for _ in range(int(TIER_2.capacity) + 1)]
    status, headers, body = answers[-1]
    assert (429, "3", b'{"ok": false, "error": "ratelimited"}') == (status, headers["retry-after"], body)
    assert [200] * int(TIER_2.capacity) == [answer[0] for answer in answers[:-1]]
