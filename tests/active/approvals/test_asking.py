"""A command that others must approve is stated in a reply, on which the right people's emoji count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from slack_logging import Command, CommandRouter, ConfigurationError, Secret, SlackCommandSource
from tests.active.approvals.conftest import (
    APPROVE,
    REPEAT,
    WAITS,
    approve,
    asked,
    ending,
)
from tests.active.conftest import CHANNEL, DONE, ERRORED, Ops


def test_a_command_waits_for_another_to_approve_it(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """The reply states it, and in the end who approved it; the answer follows it."""
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ada, ben = (ops.slack.user_id(name) for name in ("ada", "ben"))
    [stated] = ops.replies(ts)
    assert stated.split("\n")[:2] == [
        "!drop orders",
        f"asked by ada ({ada}); one other person who may run it can approve it with :+1: on this reply,",
    ]
    assert stated.endswith(" UTC (10m from now)")
    ops.after_sweeps(3)
    assert (ran, ops.marks(ts)) == ([], {WAITS})
    approve(ops, request, "ben")
    marks, _ = ops.settled(ts)
    ops.clock.run_until(lambda: ending(ops, ts) == f"approved by ben ({ben})")
    assert marks == {WAITS, DONE}
    assert ops.replies(ts)[1:] == ["dropped orders"]
    assert ran == [f"orders for {ada}, attempt 1"]


@pytest.mark.parametrize("emoji", ["+1", "thumbsup", "+1::skin-tone-3"])
def test_every_thumb_is_one(ops: Ops, router: CommandRouter, people: dict[str, Any], emoji: str) -> None:
    """Whatever its skin and name."""
    ops.start(router=router, **people)
    ts = ops.say("!drop orders")
    approve(ops, asked(ops, ts), "ben", emoji)
    assert ops.settled(ts)[0] == {WAITS, DONE}


def test_the_emoji_can_have_other_names(ops: Ops, router: CommandRouter, people: dict[str, Any]) -> None:
    """The reply says which."""
    ops.start(router=router, emoji={"approve": "heavy_check_mark", "pending": "hourglass"}, **people)
    ts = ops.say("!drop orders")
    ops.clock.run_until(lambda: "hourglass" in ops.marks(ts))
    request = ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"]
    assert "with :heavy_check_mark: on this reply" in ops.replies(ts)[0]
    approve(ops, request, "ben")
    ops.after_sweeps(3)
    assert ops.marks(ts) == {"hourglass"}
    approve(ops, request, "ben", "heavy_check_mark")
    assert DONE in ops.settled(ts)[0]


def test_two_others_of_a_role_are_two(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], audit: pytest.LogCaptureFixture
) -> None:
    """Two thumbs of one person are one; who lacks the role does not count."""
    ops.slack.add_user("dan")
    ops.slack.add_group("oncall", ["dan"])
    ops.start(router=router, **people)
    ts = ops.say("!purge")
    request = asked(ops, ts)
    assert "2 other people with the role admins" in ops.replies(ts)[0]
    approve(ops, request, "ben")
    approve(ops, request, "ben", "+1::skin-tone-5")
    approve(ops, request, "dan")
    approve(ops, request, "ada")
    ops.after_sweeps(4)
    assert ran == []
    approve(ops, request, "cleo")
    assert ops.settled(ts)[0] == {WAITS, DONE}
    ada, ben, cleo, dan = (ops.slack.user_id(name) for name in ("ada", "ben", "cleo", "dan"))
    decisions = [record.getMessage() for record in audit.records if "approval by" in record.getMessage()]
    assert sorted(decisions) == sorted(
        [
            f"approval by {ben} allowed: '!purge'",
            f"approval by {dan} refused: '!purge'",
            f"approval by {ada} refused, as it is theirs: '!purge'",
            f"approval by {cleo} allowed: '!purge'",
        ]
    )


def uncounted(ops: Ops) -> dict[str, str]:
    """Add people whose thumbs count for nothing; return them."""
    for name, kind in {"guest": {"guest": True}, "stranger": {"external": True}, "helper": {"bot": True}}.items():
        ops.slack.add_user(name, **kind)  # type: ignore[arg-type]  # the kinds are typed apart
    for name in ("eve", "gone", "former"):
        ops.slack.add_user(name)
    return {"group": ops.slack.add_group("others", ["guest", "stranger", "helper", "gone"])}


@pytest.mark.parametrize("who", ["ada", "eve", "guest", "stranger", "helper", "gone", "former", "ops"])
def test_other_peoples_thumbs_do_not_count(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], who: str
) -> None:
    """Not the author's, a bot's that is named itself, ours, a guest's by a group, a removed or a deactivated one's."""
    group = uncounted(ops)["group"]
    allow = [*people["allow"], group, ops.slack.user_id("helper")]
    ops.start(router=router, **{**people, "allow": allow})
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    approve(ops, request, who)
    if who == "gone":
        ops.slack.deactivate(who)  # the clock stands still: nobody has looked yet
    ops.after_sweeps(4)
    assert (ran, ops.marks(ts)) == ([], {WAITS})


def test_a_thumb_on_the_command_itself_is_none(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """It was put there before people could read what is to run."""
    ts = ops.say("!drop orders")
    approve(ops, ts, "ben")
    ops.start(router=router, **people)
    asked(ops, ts)
    ops.after_sweeps(4)
    assert (ran, ops.marks(ts)) == ([], {APPROVE, WAITS})


def test_a_thumb_that_is_taken_away_does_not_count(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """As long as not enough are there."""
    ops.start(router=router, **people)
    ts = ops.say("!purge")
    request = asked(ops, ts)
    approve(ops, request, "ben")
    ops.after_sweeps()
    ops.slack.unreact(CHANNEL, request, APPROVE, user="ben")
    approve(ops, request, "cleo")
    ops.after_sweeps(4)
    assert ran == []


def test_what_nobody_approves_in_time_is_errored(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """The reply says so, and a later thumb changes nothing; who repeats it asks anew."""
    ops.start(router=router, **people)
    before = ops.clock.monotonic()
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    assert ops.settled(ts)[0] == {WAITS, ERRORED}
    assert 600 <= ops.clock.monotonic() - before < 620
    ops.clock.run_until(lambda: ending(ops, ts) == "not approved within 10m")
    approve(ops, request, "ben")
    ops.after_sweeps(3)
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.clock.run_until(lambda: len(ops.replies(ts)) == 2)
    again = ops.slack.messages(CHANNEL, thread_ts=ts)[-1]["ts"]
    approve(ops, again, "ben")  # it is his now
    ops.after_sweeps(3)
    assert ran == []
    approve(ops, again, "ada")
    ops.clock.run_until(lambda: ran)
    assert ran == [f"orders for {ops.slack.user_id('ben')}, attempt 1"]


def test_a_thumb_in_the_last_moment_counts(ops: Ops, router: CommandRouter, people: dict[str, Any]) -> None:
    """The last look is at the very end."""
    ops.start(router=router, poll_interval="1m", **people)
    ts = ops.say("!drop orders")
    began = ops.clock.monotonic()
    request = asked(ops, ts)
    ops.clock.run_until(lambda: ops.clock.monotonic() - began >= 590)
    approve(ops, request, "ben")
    assert ops.settled(ts)[0] == {WAITS, DONE}


def test_a_worker_is_free_while_a_command_waits(ops: Ops, router: CommandRouter, people: dict[str, Any]) -> None:
    """Ten wait, and the only worker does others' commands."""
    ops.start(router=router, workers=1, **people)
    waiting = [ops.say(f"!drop t{number}") for number in range(10)]
    for ts in waiting:
        asked(ops, ts)
    assert ops.type("!ping")[0] == {DONE}


def test_slack_is_asked_only_while_something_waits(ops: Ops, router: CommandRouter, people: dict[str, Any]) -> None:
    """And no more often than at each poll."""
    ops.start(router=router, **people)
    ops.type("!ping")
    ops.after_sweeps(5)
    assert ops.slack.calls("reactions.get") == []
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ops.clock.advance(0)
    seen = len(ops.slack.calls("reactions.get"))
    began = ops.clock.monotonic()
    ops.clock.run_until(lambda: ops.clock.monotonic() - began >= 60)
    assert 11 <= len(ops.slack.calls("reactions.get")) - seen <= 13
    approve(ops, request, "ben")
    ops.settled(ts)
    ops.after_sweeps()
    seen = len(ops.slack.calls("reactions.get"))
    ops.after_sweeps(5)
    assert len(ops.slack.calls("reactions.get")) == seen


def test_news_of_an_emoji_brings_the_look_forward(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """By Socket Mode, while time stands still; who brings it decides nothing."""
    ops.start(router=router, poll_interval="5m", app_token=ops.slack.app_token, **people)
    ops.slack.wait_for(lambda: ops.slack.sockets())
    ts = ops.say("!drop orders")
    request = asked(ops, ts)
    ops.clock.run_until(lambda: ops.slack.calls("reactions.get"))
    approve(ops, request, "ada")
    ops.slack.wait_for(lambda: len(ops.slack.calls("reactions.get")) == 2)
    assert ran == []
    approve(ops, request, "ben")
    ops.slack.wait_for(lambda: DONE in ops.marks(ts))


@pytest.mark.parametrize(
    ("typed", "stated"),
    [
        ('!drop   "orders" ', "!drop orders"),
        ("!@orders DROP `two words`", '!@orders drop "two words"'),
        ("!drop `\u202egnp.exe`", "!drop `\u27e6U+202E\u27e7gnp.exe`"),
    ],
)
def test_a_command_is_stated_as_it_was_understood(
    ops: Ops, router: CommandRouter, people: dict[str, Any], typed: str, stated: str
) -> None:
    """As it would be typed, with what is not to be seen made visible."""
    ops.start(router=router, **people)
    ts = ops.say(typed, raw=True)
    asked(ops, ts)
    assert ops.replies(ts)[0].split("\n")[0] == stated


def test_a_secret_is_stated_nowhere(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str], audit: pytest.LogCaptureFixture
) -> None:
    """Others approve what is done with it; it is in neither the statement nor the audit, and the function gets it."""

    @router.command(approvals=1)
    def rotate(user: str, key: Secret) -> None:
        ran.append(f"{user} {key.reveal()}")

    ops.start(router=router, **people)
    ts = ops.say("!rotate carl hunter2")
    request = asked(ops, ts)
    assert ops.replies(ts)[0].split("\n")[0] == "!rotate carl ..."
    status = ops.type("!status")[1][0]
    assert ("pending      !rotate ... (ada, " in status, "carl" in status, "hunter2" in status) == (True, False, False)
    approve(ops, request, "ben")
    assert ops.settled(ts)[0] == {WAITS, DONE}
    assert ran == ["carl hunter2"]
    posted = [call for method in ("chat.postMessage", "chat.update") for call in ops.slack.calls(method)]
    assert "hunter2" not in audit.text + "".join(str(call.args) for call in posted)
    assert f"approval by {ops.slack.user_id('ben')} allowed: '!rotate ...'" in audit.text


def test_status_lists_what_waits_for_approval(ops: Ops, router: CommandRouter, people: dict[str, Any]) -> None:
    """With who asked, until it is approved."""
    ops.start(router=router, **people)
    first, second = ops.say("!drop orders"), ops.say("!purge", user="ben")
    request = asked(ops, first)
    asked(ops, second)
    [row] = [line for line in ops.type("!status")[1][0].splitlines() if line.startswith("pending")]
    assert re.fullmatch(r"pending      !drop orders \(ada, \S+ ago\), !purge \(ben, \S+ ago\)", row)
    approve(ops, request, "ben")
    ops.settled(first)
    assert "!drop orders" not in ops.type("!status")[1][0]


def test_a_router_beside_ones_own_loop_works_too(
    ops: Ops, router: CommandRouter, people: dict[str, Any], ran: list[str]
) -> None:
    """It gives the command back, and the source yields it again once it is approved."""
    source = ops.source(**people)
    ts = ops.say("!drop orders")
    seen: list[int] = []

    def commands() -> Iterator[Command]:
        yield from source

    for command in commands():
        seen.append(command.attempt)
        router.run(command)
        if not ran:
            approve(ops, asked(ops, ts), "ben")
        else:
            break
    assert (seen, len(ran)) == ([1, 1], 1)
    assert ops.settled(ts)[0] == {WAITS, DONE}


@pytest.mark.parametrize(
    ("options", "command", "says"),
    [
        (
            {"allow": ["U0ADA"]},
            {"approvals": 1},
            "takes 2 people, who types it and 1 to approve it, but only 1 may run it, bots aside: add people to allow",
        ),
        ({"allow": ["U0ADA", "U0BEN", "B0BOT"]}, {"approvals": 2}, "takes 3 people, who types it and 2 to approve it"),
        ({"allow": ["B0BOT"]}, {"approvals": 1}, "takes 2 people, who types it and 1 to approve it, but nobody may"),
        (
            {"allow": ["U0ADA", "S0OPS"], "roles": {"admins": ["U0ADA"]}},
            {"approvals": 1, "roles": ["admins"]},
            (
                "takes 2 people, who types it and 1 to approve it, but only 1 may run it, bots aside: "
                "add people to the role admins, and to allow"
            ),
        ),
        (
            {"allow": ["U0ADA", "U0BEN"], "roles": {"admins": ["S0OPS"]}},
            {"approvals": 2, "roles": ["admins"]},
            "takes 3 people, who types it and 2 to approve it, but only 2 may run it",
        ),
    ],
)
def test_what_nobody_could_ever_get_approved_is_a_mistake(
    options: dict[str, Any], command: dict[str, Any], says: str
) -> None:
    """Where the ids alone tell."""
    router = CommandRouter()
    router.command("drop", **command)(lambda: None)
    with pytest.raises(ConfigurationError, match=f"^command 'drop' {says}"):
        SlackCommandSource("#ops", router=router, **options).check()


@pytest.mark.parametrize(
    "options",
    [
        {"allow": ["U0ADA", "U0BEN"]},
        {"allow": ["S0OPS"]},
        {"allow": ["U0ADA", "U0BEN"], "roles": {"admins": ["S0OPS"]}},
    ],
)
def test_where_others_may_exist_it_is_none(options: dict[str, Any]) -> None:
    """Who is in a user group, only Slack knows."""
    router = CommandRouter()
    router.command("drop", approvals=1, roles=[*options["roles"]] if "roles" in options else None)(lambda: None)
    SlackCommandSource("#ops", router=router, **options).check()


@pytest.mark.parametrize("options", [{"approvals": -1}, {"approvals": "one"}, {"approve_within": -1}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    """At once."""
    with pytest.raises(ConfigurationError):
        CommandRouter().command("drop", **options)
