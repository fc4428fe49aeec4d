"""A message that is a command is run once, answered and marked; everything else is left alone."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slack_logging import Command, CommandRouter
from slack_logging.local import LocalSlack
from slack_logging.local.faults.fault import Fault
from slack_logging.slack.literal import plain
from slack_logging.testing import FakeClock
from tests.active.conftest import CHANNEL, DONE, ERRORED, EYES, LATE, Ops


def test_a_command_is_run_answered_and_marked(ops: Ops, router: CommandRouter) -> None:
    """The reply is in the command's thread, the mark on its message; short work gets no other."""
    ops.start(router=router)
    assert ops.type("!echo hello") == ({DONE}, ["hello"])
    assert [message["text"] for message in ops.slack.messages(CHANNEL)] == ["!echo hello"]


@pytest.mark.parametrize(
    "text",
    [
        "good morning",
        "!!! prod is down",
        "! echo x",
        "see `!echo x`",
        "> !echo x",
        "!@web-99 echo x",
        "!@web-99",
        "!",
        "!@billing echo x",
    ],
)
def test_talk_and_commands_for_others_are_left_alone(ops: Ops, router: CommandRouter, text: str) -> None:
    """Neither a mark nor a reply tells that they were read."""
    ops.start(router=router)
    ts = ops.say(text)
    assert ops.type("!echo done") == ({DONE}, ["done"])
    assert (ops.marks(ts), ops.replies(ts)) == (set(), [])


def test_replies_in_threads_are_talk(ops: Ops, router: CommandRouter) -> None:
    """Also when they are shown in the channel."""
    ops.start(router=router)
    parent = ops.say("shall we?")
    replies = [ops.say("!echo x", thread_ts=parent), ops.say("!echo y", thread_ts=parent, broadcast=True)]
    ops.type("!echo done")
    assert [ops.marks(ts) for ts in replies] == [set(), set()]


@pytest.mark.parametrize(
    ("text", "raw", "said"),
    [
        ("!echo “don’t panic”", False, "don’t panic"),
        ('!echo "he said “hi” — done…"', False, "he said “hi” — done…"),
        ("!echo —", False, "—"),
        ("!Echo x", False, "x"),
        ("!@orders echo x", False, "x"),
        ("@ops echo x", False, "x"),
        ("!echo `a  'b`", False, "a  'b"),
        ("!echo a&lt;b", True, "a<b"),
        ("!echo <http://db.internal|db.internal>", True, "db.internal"),
        ("!echo <!channel>", True, "@channel"),
        ("!echo *<@U024BE7LH>*", True, "*<@U024BE7LH>*"),
    ],
)
def test_what_was_typed_arrives_and_goes_back_literally(
    ops: Ops, router: CommandRouter, text: str, raw: bool, said: str
) -> None:
    """What Slack did to it is undone; the reply mentions nobody and has no markup."""
    ops.start(router=router)
    ts = ops.say(text, raw=raw)
    assert ops.settled(ts) == ({DONE}, [said])
    [reply] = ops.slack.messages(CHANNEL, thread_ts=ts)[1:]
    assert reply["text"] == plain(said)


def test_a_commands_text_is_what_people_saw(ops: Ops, router: CommandRouter) -> None:
    """With the marks and dashes that a phone made, which its words are read as options and quotations by."""
    commands = iter(ops.source(router=router))
    ops.say("!echo —loud “a b”")
    with next(commands) as command:
        seen = (command.text, command.args)
    commands.close()
    assert seen == ("!echo —loud “a b”", ["--loud", "a b"])


def test_our_own_messages_are_never_read(ops: Ops, router: CommandRouter) -> None:
    """Even when the configuration names our bot, and when our app posts as a webhook does."""
    ops.start(router=router, allow=[ops.slack.bot_user_id, ops.slack.user_id("ada")])
    own = ops.say("!echo x", user="ops")
    hooked = ops.say("!echo x", user="ada", bot_id="B0HOOK", app_id=ops.slack.app_id)
    ops.type("!echo done")
    assert (ops.marks(own), ops.marks(hooked)) == (set(), set())


def test_messages_of_other_kinds_are_left_alone(ops: Ops, router: CommandRouter) -> None:
    """A topic may look like a command; a message with a file may be one."""
    ops.start(router=router)
    topic = ops.say("!echo x", subtype="channel_topic")
    assert ops.type("!echo y", subtype="file_share") == ({DONE}, ["y"])
    assert ops.marks(topic) == set()


def test_an_edit_does_not_run_a_command_again(ops: Ops, router: CommandRouter) -> None:
    """What was claimed is never read again."""
    ops.start(router=router)
    ts = ops.say("!echo one")
    ops.settled(ts)
    ops.slack.edit(CHANNEL, ts, "!echo two")
    ops.after_sweeps()
    assert (ops.marks(ts), ops.replies(ts)) == ({DONE}, ["one"])


def test_talk_that_is_edited_into_a_command_is_one(ops: Ops, router: CommandRouter) -> None:
    """Sweeps look back over what was read before."""
    ops.start(router=router)
    ts = ops.say("1echo one")
    ops.type("!echo later")
    ops.slack.edit(CHANNEL, ts, "!echo one")
    assert ops.settled(ts) == ({DONE}, ["one"])


def test_an_error_is_told_in_its_last_line(ops: Ops, caplog: pytest.LogCaptureFixture) -> None:
    """The traceback goes to the audit logger, not to the channel."""
    router = CommandRouter()

    @router.command
    def fail() -> None:
        raise ZeroDivisionError("no <!channel>")

    ops.start(router=router)
    ts = ops.say("!fail")
    assert ops.settled(ts) == ({ERRORED}, ["ZeroDivisionError: no <!channel>"])
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert (record.name, record.exc_info is not None) == ("slack_logging.audit", True)
    assert record.getMessage() == f"command of {ops.slack.user_id('ada')} raised an exception: '!fail'"


async def later() -> AsyncIterator[str]:
    yield "one"
    raise ValueError("two")


def now() -> Iterator[str]:
    yield "one"
    raise ValueError("two")


@pytest.mark.parametrize("function", [now, later])
def test_a_traceback_shows_the_command_and_not_what_ran_it(
    ops: Ops, function: Callable[[], object], caplog: pytest.LogCaptureFixture
) -> None:
    """Of this package no frame is in it."""
    router = CommandRouter()
    router.command("fail")(function)
    ops.start(router=router)
    assert ops.type("!fail")[0] == {ERRORED}
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info
    assert record.exc_info[1]
    frames = traceback.extract_tb(record.exc_info[1].__traceback__)
    assert [frame.filename for frame in frames if "slack_logging/active" in Path(frame.filename).as_posix()] == []
    assert (frames[-1].name, frames[-1].line) == (function.__name__, 'raise ValueError("two")')


def test_long_work_is_marked_as_running(ops: Ops) -> None:
    """After two seconds, and the mark stays beside the final one."""
    router = CommandRouter()

    @router.command
    def wait(*, command: Command) -> str:
        command.origin.clock.wait(queue.SimpleQueue(), 10.0)
        return "waited"

    ops.start(router=router)
    ts = ops.say("!wait")
    ops.clock.run_until(lambda: ops.marks(ts))
    assert (ops.marks(ts), ops.replies(ts)) == ({EYES}, [])
    assert ops.settled(ts) == ({EYES, DONE}, ["waited"])


def test_a_command_that_is_too_old_is_not_run(ops: Ops, router: CommandRouter) -> None:
    """After an outage longer than `max_age` it would surprise."""
    ops.start(router=router, max_age="5m")
    ops.type("!echo before")
    ops.slack.fault("conversations.history", Fault.server_error(times=None))
    ts = ops.say("!echo x")
    ops.clock.advance(301)
    ops.slack.clear_faults()
    assert ops.settled(ts) == ({LATE}, [])
    assert ops.type("!echo after") == ({DONE}, ["after"])


def test_a_command_that_waited_too_long_is_not_run(ops: Ops) -> None:
    """Also when nothing can be read meanwhile: age is checked when it is claimed."""
    stamps = [ops.say("!first"), ops.say("!second")]
    for command in ops.source():
        with command:
            ops.slack.fault("conversations.history", Fault.server_error(times=None))
            ops.clock.advance(601)
            ops.slack.clear_faults()
            stamps.append(ops.say("!third"))
        assert command.name in ("first", "third")
        if command.name == "third":
            break
    assert [ops.marks(ts) - {EYES} for ts in stamps[:2]] == [{DONE}, {LATE}]


def test_a_start_looks_back_as_far_as_max_age(ops: Ops, router: CommandRouter) -> None:
    """What was typed shortly before is run; what is older is history."""
    old = ops.say("!echo old")
    ops.clock.advance(700)
    recent = ops.say("!echo recent")
    ops.start(router=router)
    assert ops.settled(recent) == ({DONE}, ["recent"])
    assert ops.marks(old) == set()


@pytest.mark.parametrize("anchor", ["newest", "oldest"])
def test_a_start_looks_back_over_one_page(clock: FakeClock, router: CommandRouter, anchor: Any) -> None:
    """However many messages there are, and whichever end a page begins at, the newest are found."""
    with LocalSlack(clock=clock) as slack:
        if anchor == "oldest":
            slack.fault("conversations.history", Fault.from_oldest(times=None))
        ops = Ops(slack, clock)
        for number in range(450):
            ops.say(f"talk {number}")
        ts = ops.say("!echo x")
        source = ops.start(router=router)
        assert ops.settled(ts) == ({DONE}, ["x"])
        assert len(slack.calls("conversations.history")) == 1
        assert len(slack.calls()) <= 8
        ops.after_sweeps(3)
        assert [call for call in slack.calls("conversations.history") if "cursor" in call.args] == []
        source.close()


@pytest.mark.parametrize("anchor", ["newest", "oldest"])
def test_a_sweep_reads_all_pages(clock: FakeClock, router: CommandRouter, anchor: Any) -> None:
    """A flood between two sweeps hides no command, whichever end a page begins at."""
    with LocalSlack(clock=clock) as slack:
        if anchor == "oldest":
            slack.fault("conversations.history", Fault.from_oldest(times=None))
        ops = Ops(slack, clock)
        source = ops.start(router=router)
        ops.type("!echo first")
        found = [ops.say("!echo a")]
        for number in range(450):
            ops.say(f"talk {number}")
        found.append(ops.say("!echo b"))
        assert [ops.settled(ts) for ts in found] == [({DONE}, ["a"]), ({DONE}, ["b"])]
        source.close()


def test_what_is_marked_is_not_run_again_after_a_restart(ops: Ops) -> None:
    """Neither what was finished, nor what another process left running; only our own marks count."""
    ran: list[str] = []
    router = CommandRouter()
    router.command("note")(lambda word: ran.append(word))
    for word, marker, mark in [("done", "ops", DONE), ("begun", "ops", EYES), ("liked", "ben", DONE)]:
        ops.slack.react(CHANNEL, ops.say(f"!note {word}"), mark, user=marker)
    ops.start(router=router)
    ops.type("!note new")
    assert sorted(ran) == ["liked", "new"]


@pytest.mark.parametrize("odd", [{"bot_profile": "x"}, {"edited": "x"}, {"reply_users": 5}, {"reactions": [5]}])
def test_a_message_that_cannot_be_read_holds_up_no_other(ops: Ops, router: CommandRouter, odd: dict[str, Any]) -> None:
    """As long as Slack changes nothing there is none; one line on stderr tells of it."""
    ops.say("!echo odd", raw=True, **odd)
    ops.start(router=router)
    assert ops.type("!echo x") == ({DONE}, ["x"])


def test_what_is_given_back_and_edited_is_as_old_as_its_return(ops: Ops) -> None:
    """Its edit takes its place, and makes it no older."""
    ts = ops.say("!work")
    commands = iter(ops.source(max_age=60))
    command = next(commands)
    ops.clock.advance(50)
    command.nack()
    ops.slack.edit(CHANNEL, ts, "!play")
    ops.after_sweeps()
    ops.clock.advance(20)
    ops.after_sweeps()
    assert LATE not in ops.marks(ts)
    assert next(commands).name == "play"
    commands.close()


def test_what_is_given_back_is_as_old_as_that(ops: Ops) -> None:
    """Also where it was typed longer ago than `max_age`: it is yielded again."""
    attempts: list[int] = []
    source = ops.source(max_age=60)

    def loop() -> None:
        for command in source:
            with command:
                attempts.append(command.attempt)
                if command.attempt < 3:
                    ops.clock.wait(queue.SimpleQueue(), 100)
                    command.nack()

    ops.clock.start(threading.Thread(target=loop, daemon=True))
    ts = ops.say("!work")
    marks, _ = ops.settled(ts)
    assert (attempts, marks) == ([1, 2, 3], {EYES, DONE})
