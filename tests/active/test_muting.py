"""`:mute:` on an error's message, by somebody who may, mutes it for an hour; nobody else's does anything."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from slack_logging import SlackHandler
from slack_logging.active.people.directory import TTL
from slack_logging.local import Fault, LocalSlack
from slack_logging.local.state.text import visible_text
from slack_logging.testing import FakeClock

LOG, COMMANDS = "#ops-log", "#ops-commands"
GET = "reactions.get"
WORDS = "apple bread cheese date egg fig grape honey ice".split()


@dataclass
class Service:
    """A program with records and commands, and the people who watch it."""

    slack: LocalSlack
    clock: FakeClock
    caplog: pytest.LogCaptureFixture
    handlers: list[SlackHandler] = field(default_factory=list)
    logger: logging.Logger = field(default_factory=lambda: logging.Logger("shop"))

    def start(self, *allow: str, token: str = "", **commands: Any) -> SlackHandler:
        """Configure the handler; ada may give orders if nobody is named."""
        given = {"channel": COMMANDS, "allow": allow or [self.slack.user_id("ada")], "start_delay": 0, **commands}
        handler = SlackHandler(
            LOG, token=token or self.slack.bot_token, api_url=self.slack.api_url, service="shop", commands=given
        )
        self.handlers.append(handler)
        self.logger.addHandler(handler)
        return handler

    def fail(self, text: str = "disk full") -> str:
        """Log an error, and return its message's ts once it is there."""
        known = len(self.messages)
        self.logger.error(text)
        self.clock.run_until(lambda: len(self.messages) > known)
        return str(self.messages[-1]["ts"])

    def react(self, ts: str, *users: str) -> None:
        """Have people put the emoji on a message."""
        for user in users:
            self.slack.react(LOG, ts, "mute", user=user)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of the records' channel."""
        return self.slack.messages(LOG)

    def text(self, ts: str) -> str:
        """Return what a message shows."""
        return next(visible_text(message) for message in self.messages if message["ts"] == ts)

    def is_muted(self, ts: str) -> bool:
        """Tell whether a message says so."""
        return "muted until" in self.text(ts)

    @property
    def audited(self) -> list[str]:
        """What the audit says of muting."""
        return [text for record in self.caplog.records if (text := record.getMessage()).startswith("mute of")]

    def looks(self) -> list[float]:
        """Return when reactions were asked for, in seconds of the clock."""
        return [round(call.time - 1_800_000_000) for call in self.slack.calls(GET)]

    def run_for(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.clock.monotonic() + seconds
        self.clock.run_until(lambda: self.clock.monotonic() >= end, limit=seconds + 1)

    def after_looks(self, number: int = 1) -> None:
        """Let so many more looks end."""
        seen = len(self.looks())
        self.clock.run_until(lambda: len(self.looks()) >= seen + number)
        self.run_for(1)


@pytest.fixture
def service(slack: LocalSlack, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> Iterator[Service]:
    """Return a service that is still to be started."""
    caplog.set_level(logging.INFO, "slack_logging.audit")
    made = Service(slack, clock, caplog)
    yield made
    slack.clear_faults()
    for handler in made.handlers:
        handler.close()


def test_an_error_is_muted_for_an_hour_and_told_anew_then(service: Service) -> None:
    """Its message says until when and by whom, and in the end how many came; an emoji that stays counts once."""
    handler = service.start()
    ts = service.fail()
    service.react(ts, "ada")
    service.clock.run_until(lambda: service.is_muted(ts), limit=20)
    start = service.clock.monotonic()
    assert "muted until 09:00 UTC by ada" in service.text(ts)
    for _ in range(7):
        service.logger.error("disk full")
    assert handler.flush(timeout=30)
    assert handler.stats().dropped == {"muted": 7}
    service.run_for(3500)
    assert service.fail("another error") != ts
    service.clock.run_until(lambda: "; 7 more came" in service.text(ts), limit=200)
    assert ("last" in service.text(ts), "quiet" in service.text(ts)) == (False, False)
    assert service.clock.monotonic() - start == pytest.approx(3600, abs=20)
    again = service.fail()
    service.run_for(600)
    assert not service.is_muted(again)
    assert service.audited == [f"mute of {service.slack.user_id('ada')} allowed: 'disk full'"]
    assert [len(service.slack.messages(LOG, thread_ts=message["ts"])) for message in service.messages] == [1, 1, 1]


def test_taking_the_emoji_away_unmutes(service: Service) -> None:
    """Within about a minute; the message counts on, and may be muted again."""
    service.start()
    ts = service.fail()
    service.react(ts, "ada")
    service.clock.run_until(lambda: service.is_muted(ts))
    service.logger.error("disk full")
    service.slack.unreact(LOG, ts, "mute", user="ada")
    service.clock.run_until(lambda: not service.is_muted(ts), limit=90)
    service.logger.error("disk full")
    service.clock.run_until(lambda: "x 2, last" in service.text(ts))
    assert "1 more came while it was muted" in service.text(ts)
    service.react(ts, "ada")
    service.clock.run_until(lambda: service.is_muted(ts), limit=60)
    ada = service.slack.user_id("ada")
    assert service.audited == [f"mute of {ada} {what}: 'disk full'" for what in ("allowed", "ended", "allowed")]


def test_while_another_who_may_has_the_emoji_there_it_stays_muted(service: Service) -> None:
    """For an hour from then, in their name."""
    service.start(service.slack.user_id("ada"), service.slack.user_id("ben"))
    ts = service.fail()
    service.react(ts, "ada", "ben")
    service.clock.run_until(lambda: "by ada" in service.text(ts))
    service.slack.unreact(LOG, ts, "mute", user="ada")
    service.clock.run_until(lambda: "by ben" in service.text(ts), limit=90)
    names = [service.slack.user_id(name) for name in ("ada", "ben")]
    assert service.audited == [f"mute of {id_} allowed: 'disk full'" for id_ in names]


Who = Callable[[LocalSlack], tuple[str, list[str]]]


def named(slack: LocalSlack, **kind: Any) -> tuple[str, list[str]]:
    """Return somebody of a kind, whom the configuration names."""
    id_ = slack.add_user("zoe", **kind)
    return id_, [id_]


def in_group(slack: LocalSlack, **kind: Any) -> tuple[str, list[str]]:
    """Return somebody of a kind, whose group the configuration names."""
    return slack.add_user("zoe", **kind), [slack.add_group("oncall", ["zoe"])]


def stranger(slack: LocalSlack, **kind: Any) -> tuple[str, list[str]]:
    """Return somebody of a kind, and that ada is allowed."""
    return slack.add_user("zoe", **kind), [slack.user_id("ada")]


@pytest.mark.parametrize(
    "who", [named, in_group, lambda slack: named(slack, guest=True), lambda slack: named(slack, external=True)]
)
def test_who_may_run_commands_may_mute(service: Service, who: Who) -> None:
    """By id or by group; guests and people of other workspaces by id."""
    id_, allow = who(service.slack)
    service.start(*allow)
    ts = service.fail()
    service.react(ts, id_)
    service.clock.run_until(lambda: service.is_muted(ts), limit=20)
    assert service.audited == [f"mute of {id_} allowed: 'disk full'"]


@pytest.mark.parametrize(
    "who",
    [
        stranger,
        lambda slack: in_group(slack, guest=True),
        lambda slack: in_group(slack, external=True),
        lambda slack: in_group(slack, bot=True),
        lambda slack: named(slack, bot=True),
        lambda slack: named(slack, bot="workflow"),
        lambda slack: (slack.bot_user_id, [slack.bot_user_id]),
    ],
)
def test_nobody_else_may(service: Service, who: Who) -> None:
    """Nothing is said and nothing changes, but for one line in the audit; bots may not even where they are named."""
    id_, allow = who(service.slack)
    handler = service.start(*allow)
    ts = service.fail()
    before = service.text(ts)
    service.react(ts, id_)
    service.after_looks(3)
    assert service.audited == [f"mute of {id_} refused: 'disk full'"]
    assert (service.text(ts), service.slack.reactions(LOG, ts)) == (before, {"mute": [id_]})
    assert len(service.slack.messages(LOG, thread_ts=ts)) == 1
    service.logger.error("disk full")
    service.clock.run_until(lambda: "x 2, last" in service.text(ts))
    assert handler.stats().dropped == {}


@pytest.mark.parametrize("who", [in_group, named])
def test_who_was_deactivated_before_anybody_looked_may_not(service: Service, who: Who) -> None:
    """His reaction stays, as in Slack, and does nothing."""
    id_, allow = who(service.slack)
    service.start(*allow)
    ts = service.fail()
    service.react(ts, id_)
    service.slack.deactivate(id_)
    service.after_looks(3)
    assert service.audited == [f"mute of {id_} refused: 'disk full'"]
    assert service.slack.reactions(LOG, ts) == {"mute": [id_]}


def test_a_crowd_hides_nobody_and_costs_nothing(service: Service) -> None:
    """Slack lists fifty people unless it is asked for all; only who might be allowed is looked up."""
    crowd = [service.slack.add_user(f"user{number}") for number in range(60)]
    service.start()
    ts = service.fail()
    service.react(ts, *crowd, "ada")
    service.clock.run_until(lambda: service.is_muted(ts), limit=20)
    assert [call.args["user"] for call in service.slack.calls("users.info")] == [service.slack.user_id("ada")]
    assert len(service.audited) == 61


def test_other_emoji_mean_nothing(service: Service) -> None:
    """However many."""
    service.start()
    ts = service.fail()
    for name in ("+1", "no_bell", "eyes"):
        service.slack.react(LOG, ts, name, user="ada")
    service.after_looks(2)
    assert (service.audited, service.is_muted(ts)) == ([], False)


def test_who_lost_the_right_before_it_was_seen_may_not(service: Service) -> None:
    """Who gets it back has to put the emoji there anew."""
    group = service.slack.add_group("oncall", ["ada", "ben"])
    service.start(group)
    ts = service.fail()
    service.react(ts, "ben")
    service.slack.add_group("oncall", ["ada"])
    service.after_looks()
    ben = service.slack.user_id("ben")
    assert service.audited == [f"mute of {ben} refused: 'disk full'"]
    service.slack.add_group("oncall", ["ada", "ben"])
    service.run_for(TTL)
    service.after_looks()
    assert not service.is_muted(ts)
    service.slack.unreact(LOG, ts, "mute", user="ben")
    service.after_looks()
    service.react(ts, "ben")
    service.logger.error("disk full")
    service.clock.run_until(lambda: service.is_muted(ts), limit=20)
    assert service.audited[1:] == [f"mute of {ben} allowed: 'disk full'"]


@pytest.mark.parametrize("method", [GET, "users.info", "usergroups.list"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault.server_error(times=3),
        Fault.rate_limited(30, times=2),
        Fault.cut_before(times=2),
        Fault.cut_after(times=2),
        Fault.truncated(times=2),
    ],
)
def test_it_is_asked_again_where_slack_does_not_answer(service: Service, method: str, fault: Fault) -> None:
    """Whichever call fails; nothing is decided about anybody until Slack has said who they are."""
    service.start(service.slack.add_group("oncall", ["ada"]))
    ts = service.fail()
    service.slack.fault(method, fault)
    service.react(ts, "ada")
    service.clock.run_until(lambda: service.is_muted(ts), limit=200)
    assert service.slack.faults() == []
    assert service.audited == [f"mute of {service.slack.user_id('ada')} allowed: 'disk full'"]


def test_whom_slack_does_not_know_may_not(service: Service) -> None:
    """A refused question counts as no."""
    service.start()
    ts = service.fail()
    service.slack.fault("users.info", Fault.error("user_not_visible", times=None))
    service.react(ts, "ada")
    service.after_looks()
    assert service.audited == [f"mute of {service.slack.user_id('ada')} refused: 'disk full'"]


def test_without_the_scope_nobody_looks(service: Service, capfd: pytest.CaptureFixture[str]) -> None:
    """One line on stderr says what to do; commands are obeyed all the same."""
    scopes = service.slack.app.scopes - {"reactions:read"}
    service.start(token=service.slack.token(*scopes))
    ts = service.fail()
    service.react(ts, "ada")
    service.clock.run_until(service.looks)
    for _ in range(20):
        service.logger.error("disk full")
        service.run_for(30)
    assert len(service.looks()) == 1
    [line] = [line for line in capfd.readouterr().err.splitlines() if "mute" in line]
    assert line == (
        "slack_logging: errors cannot be muted with :mute:, nobody looks for it any more: reactions.get: missing_scope "
        "(add the scope to the app and install it again: reactions:read; slack-logging check lists all that are "
        "missing)"
    )
    typed = service.slack.say(COMMANDS, "!ping", user="ada")
    service.clock.run_until(lambda: service.slack.reactions(COMMANDS, typed))


def test_without_news_there_are_ever_fewer_looks(service: Service) -> None:
    """None before there is an error, nine in the hour after it, and none after that."""
    service.start(poll_interval=10)
    service.logger.warning("no error")
    service.run_for(600)
    assert service.looks() == []
    service.fail()
    start = service.clock.monotonic()
    service.run_for(6000)
    assert [round(look - start) for look in service.looks()] == pytest.approx(
        [10, 20, 40, 80, 160, 320, 640, 1280, 2560], abs=100
    )
    assert service.audited == []


def test_an_error_that_goes_on_is_looked_at_in_a_measured_way(service: Service) -> None:
    """Six times a minute at most; logging alone asks nothing."""
    service.start()
    ts = service.fail()
    for _ in range(60):
        service.logger.error("disk full")
        service.run_for(5)
    assert 20 <= len(service.looks()) <= 31
    service.react(ts, "ada")
    service.logger.error("disk full")
    service.clock.run_until(lambda: service.is_muted(ts), limit=20)
    before = len(service.looks())
    service.run_for(600)
    assert len(service.looks()) - before <= 10


def test_a_look_never_stands_in_a_command_s_way(service: Service) -> None:
    """While Slack throttles one, the other is obeyed as ever."""
    service.start()
    service.slack.fault(GET, Fault.rate_limited(600))
    ts = service.fail()
    service.react(ts, "ada")
    service.clock.run_until(service.looks)
    typed = service.slack.say(COMMANDS, "!ping", user="ada")
    service.clock.run_until(lambda: service.slack.reactions(COMMANDS, typed), limit=6)
    assert not service.is_muted(ts)


def test_a_message_that_is_gone_is_not_asked_for_again(service: Service) -> None:
    """Others are."""
    service.start()
    gone, ts = service.fail("gone"), service.fail()
    service.slack.delete(LOG, gone)
    service.react(ts, "ada")
    service.clock.run_until(lambda: service.is_muted(ts))
    service.run_for(600)
    assert [call.args["timestamp"] for call in service.slack.calls(GET)].count(gone) == 1


def test_the_emoji_on_a_message_of_many_errors_mutes_all_of_them(service: Service) -> None:
    """Those that it shows: what begins later has another message, that nobody muted."""
    handler = service.start()
    for word in WORDS:
        service.logger.error(f"the {word} is missing")
        assert handler.flush(timeout=60)
    ts = service.messages[-1]["ts"]
    assert "3 kinds of errors" in service.text(ts)
    service.react(ts, "ada")
    service.clock.run_until(lambda: service.is_muted(ts), limit=20)
    assert "of them" not in service.text(ts)
    for word in [*WORDS, "jam"]:
        service.logger.error(f"the {word} is missing")
    assert handler.flush(timeout=60)
    assert handler.stats().dropped == {"muted": 3}
    assert service.messages[-1]["ts"] != ts
    assert "the jam is missing" in service.text(service.messages[-1]["ts"])
    assert service.audited[-1].endswith("allowed: 'the grape is missing (+2 more)'")


def test_an_error_whose_message_is_over_can_still_be_muted(service: Service) -> None:
    """Before it comes again, it is not told at all; when it does, its new message soon says that it is muted."""
    handler = service.start()
    ts = service.fail()
    service.run_for(1000)
    assert handler.incidents() == ()
    service.react(ts, "ada")
    again = service.fail()
    service.clock.run_until(lambda: service.is_muted(again), limit=20)
    service.slack.unreact(LOG, ts, "mute", user="ada")
    service.clock.run_until(lambda: not service.is_muted(again), limit=90)


def test_without_commands_nobody_looks(service: Service) -> None:
    """Then nobody is allowed anything, and no scope is needed."""
    handler = SlackHandler(LOG, token=service.slack.bot_token, api_url=service.slack.api_url)
    service.handlers.append(handler)
    service.logger.addHandler(handler)
    ts = service.fail()
    service.react(ts, "ada")
    service.run_for(600)
    assert (service.looks(), service.is_muted(ts)) == ([], False)


def test_whoever_stops_reading_stops_looking(service: Service) -> None:
    """The thread ends with the others."""
    handler = service.start()
    ts = service.fail()
    handler.close()
    service.react(ts, "ada")
    service.clock.advance(60)
    service.logger.error("disk full")
    service.clock.run_until(lambda: "x 2, last" in service.text(ts))
    assert service.looks() == []


def test_a_push_brings_the_look_forward(service: Service) -> None:
    """With Socket Mode an emoji counts at once, and so does its end."""
    service.start(app_token=service.slack.app_token)
    service.slack.wait_for(service.slack.sockets)
    ts = service.fail()
    service.run_for(120)
    before, began = len(service.looks()), service.clock.monotonic()
    service.react(ts, "ada")
    service.slack.wait_for(lambda: len(service.audited) == 1)
    service.slack.unreact(LOG, ts, "mute", user="ada")
    service.slack.wait_for(lambda: len(service.audited) == 2)
    assert [text.split()[3].strip(":") for text in service.audited] == ["allowed", "ended"]
    other = service.slack.say(LOG, "hello", user="ada")
    service.slack.react(LOG, other, "mute", user="ada")
    service.slack.wait_for(lambda: not service.slack.deliveries())
    assert (len(service.looks()) - before, service.clock.monotonic()) == (2, began)
