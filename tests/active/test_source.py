"""A message that is a command is run once, answered and marked; everything else is left alone."""

from __future__ import annotations

import queue
import threading
from functools import partial
from typing import Any

import pytest
from slack_sdk import WebClient

from slack_logging import AlreadySettled, Command, CommandRouter, ConfigurationError
from slack_logging.active.ledger import Key, State
from slack_logging.local import LocalSlack
from slack_logging.local.faults import Fault
from slack_logging.slack.literal import plain
from slack_logging.testing import FakeClock
from tests.active.conftest import CHANNEL, Ops

DONE, ERRORED, REFUSED, PUZZLED, LATE, EYES = "white_check_mark x no_entry grey_question zzz eyes".split()


@pytest.fixture
def router() -> CommandRouter:
    """Return a router with a command that keeps count."""
    router = CommandRouter()

    @router.command
    def echo(word: str) -> str:
        return word

    return router


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
        ("!echo “don’t panic”", False, "don’t panic".replace("’", "'")),
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
    """What clients did to it is undone; the reply mentions nobody and has no markup."""
    ops.start(router=router)
    ts = ops.say(text, raw=raw)
    assert ops.settled(ts) == ({DONE}, [said])
    [reply] = ops.slack.messages(CHANNEL, thread_ts=ts)[1:]
    assert reply["text"] == plain(said)


def test_who_is_not_allowed_is_told_who_they_are(ops: Ops, router: CommandRouter) -> None:
    """The reply gives the id to put on the list, and nothing away; it is not repeated each time."""
    ops.start(router=router)
    ben = ops.slack.user_id("ben")
    ts = ops.say("!echo x", user="ben")
    ops.clock.run_until(lambda: ops.replies(ts))
    assert ops.marks(ts) == {REFUSED}
    [reply] = ops.replies(ts)
    assert reply == (
        f"You are {ben}, not on the list of those who may run commands here. "
        f"Whoever configures this service can add {ben} to allow."
    )
    assert ops.type("!anything", user="ben") == ({REFUSED}, [])


def test_everybody_who_is_refused_is_told_in_the_end(ops: Ops, router: CommandRouter) -> None:
    """A crowd, a throttled channel and a lost call cost time, and hold up nobody's command."""
    ops.start(router=router)
    ops.slack.fault("chat.postMessage", Fault.rate_limited(20))
    ops.slack.fault("chat.postMessage", Fault.cut_before())
    crowd = [ops.slack.add_user(f"stranger-{number}") for number in range(12)]
    asked = {user: ops.say("!echo x", user=user) for user in crowd}
    welcome = ops.say("!echo y")
    ops.clock.run_until(lambda: ops.marks(welcome))
    ops.clock.run_until(lambda: all(ops.replies(ts) for ts in asked.values()))
    assert [len(ops.replies(ts)) for ts in asked.values()] == [1] * 12
    assert all(user in ops.replies(ts)[0] for user, ts in asked.items())


@pytest.mark.parametrize(
    ("kind", "named", "outcome"),
    [
        ({}, False, DONE),
        ({"guest": True}, False, REFUSED),
        ({"guest": "single-channel"}, False, REFUSED),
        ({"external": True}, False, REFUSED),
        ({"deactivated": True}, False, REFUSED),
        ({"deactivated": True}, True, REFUSED),
        ({"guest": True}, True, DONE),
        ({"external": True}, True, DONE),
    ],
)
def test_a_group_admits_members_of_the_workspace_only(
    ops: Ops, router: CommandRouter, kind: dict[str, Any], named: bool, outcome: str
) -> None:
    """Guests and strangers must be named themselves; who is deactivated never may."""
    eve = ops.slack.add_user("eve", **kind)
    group = ops.slack.add_group("oncall", ["eve"])
    ops.start(router=router, allow=[group, eve] if named else [group])
    assert ops.type("!echo x", user="eve")[0] == {outcome}


def test_a_group_is_asked_again_after_a_minute(ops: Ops, router: CommandRouter) -> None:
    """Who left it may no more, who joined it may."""
    group = ops.slack.add_group("oncall", ["ben"])
    ops.start(router=router, allow=group)
    assert ops.type("!echo x", user="ben")[0] == {DONE}
    ops.slack.add_group("oncall", ["ada"])
    ops.clock.advance(61)
    assert ops.type("!echo x", user="ben")[0] == {REFUSED}
    assert ops.type("!echo x", user="ada")[0] == {DONE}


def test_who_cannot_be_looked_up_is_refused(ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]) -> None:
    """Without the scope, Slack tells nothing, and unknown means no; stderr says what to add."""
    token = ops.slack.token("channels:history", "channels:read", "groups:read", "chat:write", "reactions:write")
    ops.start(router=router, token=token)
    assert ops.type("!echo x")[0] == {REFUSED}
    assert "missing_scope (add the scope to the app and install it again: users:read)" in capfd.readouterr().err


def test_bots_are_ignored_unless_named(ops: Ops, router: CommandRouter) -> None:
    """Not even refused, because two bots that answer each other never end."""
    deployer = ops.slack.add_user("deployer", bot=True)
    ops.slack.add_user("chatter", bot=True)
    ops.start(router=router, allow=[deployer])
    ignored = ops.say("!echo x", user="chatter")
    assert ops.type("!echo y", user="deployer") == ({DONE}, ["y"])
    assert (ops.marks(ignored), ops.replies(ignored)) == (set(), [])


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
    with LocalSlack(clock=clock, history_anchor=anchor) as slack:
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
    with LocalSlack(clock=clock, history_anchor=anchor) as slack:
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


@pytest.mark.parametrize(
    "fault",
    [
        Fault.server_error(times=3),
        Fault.rate_limited(20, times=2),
        Fault.cut_before(times=2),
        Fault.cut_after(times=1),
    ],
)
def test_a_lost_mark_is_made_up_for(ops: Ops, router: CommandRouter, fault: Fault) -> None:
    """The ledger knows what is owed; placing a mark that is there already is no error."""
    ops.start(router=router)
    ops.slack.fault("reactions.add", fault)
    assert ops.type("!echo x") == ({DONE}, ["x"])


def test_marks_are_tried_ever_slower(ops: Ops, router: CommandRouter) -> None:
    """An outage of ten minutes is not hammered."""
    ops.start(router=router)
    ops.slack.fault("reactions.add", Fault.server_error(times=None))
    ts = ops.say("!echo x")
    ops.clock.run_until(lambda: ops.clock.monotonic() > 600)
    assert 10 <= len(ops.slack.calls("reactions.add")) <= 30
    ops.slack.clear_faults()
    assert ops.settled(ts) == ({DONE}, ["x"])


@pytest.mark.parametrize("method", ["conversations.history", "users.info", "auth.test", "users.conversations"])
def test_reading_goes_on_after_faults(ops: Ops, router: CommandRouter, method: str) -> None:
    """Whichever call fails, the command is found and run once."""
    ops.slack.fault(method, Fault.server_error(times=2))
    ops.slack.fault(method, Fault.rate_limited(5, times=1))
    ops.slack.fault(method, Fault.cut_after(times=1))
    ops.start(router=router)
    assert ops.type("!echo x") == ({DONE}, ["x"])


def test_a_lasting_fault_is_said_once(ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]) -> None:
    """However often it is tried again, and once more that it works."""
    ops.start(router=router)
    ops.slack.fault("users.info", Fault.server_error(times=None))
    ts = ops.say("!echo x")
    ops.clock.run_until(lambda: ops.clock.monotonic() > 300)
    ops.slack.clear_faults()
    ops.settled(ts)
    lines = [line.removeprefix("slack_logging: ").split()[0] for line in capfd.readouterr().err.splitlines()]
    assert lines == ["reading", "commands", "reading"]


def test_a_deleted_message_needs_no_mark(ops: Ops) -> None:
    """The command runs to its end, and the next is marked as ever."""
    router = CommandRouter()

    @router.command
    def vanish(*, command: Command) -> None:
        ops.slack.delete(CHANNEL, command.ts)

    ops.start(router=router)
    ts = ops.say("!vanish")
    assert ops.type("!ping")[0] == {DONE}
    assert [call.error for call in ops.slack.calls("reactions.add") if call.args["timestamp"] == ts] == [
        "message_not_found"
    ]


def test_missing_custom_emoji_fall_back(ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]) -> None:
    """A name that the workspace does not have is said once, and the standard one is used."""
    ops.start(router=router, emoji={"done": ":no-such-emoji:", "not_understood": "thinking_face"})
    assert ops.type("!echo x")[0] == {DONE}
    ts = ops.say("!nonsense")
    ops.clock.run_until(lambda: ops.marks(ts))
    assert ops.marks(ts) == {"thinking_face"}
    assert "there is no emoji :no-such-emoji: here; marking with :white_check_mark:" in capfd.readouterr().err


def test_a_channel_that_is_created_later_is_read_then(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]
) -> None:
    """Until then, one line on stderr says what is missing."""
    ops.start(router=router, channel="#later")
    ops.clock.run_until(lambda: len(ops.slack.calls("users.conversations")) > 3)
    ops.slack.add_channel("later")
    ts = ops.slack.say("#later", "!echo x", user="ada")
    ops.clock.run_until(lambda: ops.slack.reactions("#later", ts))
    missing, reading = capfd.readouterr().err.splitlines()
    assert missing == (
        "slack_logging: commands in #later are not read: users.conversations: channel_not_found "
        "(the bot is in no channel named #later: create it, or /invite the bot); trying again"
    )
    assert reading.startswith("slack_logging: reading commands in #later as ")


def test_a_missing_token_is_a_line_on_stderr(
    ops: Ops, router: CommandRouter, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The application runs on, and so do the commands once there is a token."""
    source = ops.source(router=router, token=None)
    source.start()
    ops.clock.run_until(lambda: ops.clock.monotonic() > 5)
    monkeypatch.setenv("SLACK_BOT_TOKEN", ops.slack.bot_token)
    assert ops.type("!echo x") == ({DONE}, ["x"])
    assert capfd.readouterr().err.startswith(
        "slack_logging: commands in #ops-commands are not read: auth.test: not_authed (no token: set token="
    )


def test_a_new_token_is_taken_up(
    ops: Ops, router: CommandRouter, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Once Slack refuses the old one."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", ops.slack.token("channels:read", "groups:read"))
    ops.source(router=router, token=None).start()
    ops.clock.run_until(lambda: ops.slack.calls("conversations.history"))
    monkeypatch.setenv("SLACK_BOT_TOKEN", ops.slack.bot_token)
    assert ops.type("!echo x") == ({DONE}, ["x"])
    assert "are not read: conversations.history: missing_scope (add the scope" in capfd.readouterr().err


def test_what_is_done_with_is_forgotten(ops: Ops, router: CommandRouter) -> None:
    """A source that runs for months keeps the commands of the last minutes only."""
    source = ops.start(router=router)
    ts = ops.say("!echo x")
    ops.settled(ts)
    key = Key(ops.slack.team_id, ops.slack.channel_id(CHANNEL), ts)
    ops.clock.run_until(lambda: source._reader is not None and source._reader._ledger.state(key) is State.NEW)
    assert ops.clock.monotonic() == pytest.approx(600, abs=20)


def test_iterating_yields_claimed_commands_in_order(ops: Ops) -> None:
    """Each is settled on leaving its block."""
    stamps = [ops.say("!first `a b`"), ops.say("!second")]
    seen = []
    for command in ops.source():
        with command:
            seen.append((command.name, command.args, command.user, command.ts, command.attempt))
            command.reply(f"you said {command.text}")
        if len(seen) == 2:
            break
    ada = ops.slack.user_id("ada")
    assert seen == [("first", ["a b"], ada, stamps[0], 1), ("second", [], ada, stamps[1], 1)]
    assert [(ops.marks(ts), ops.replies(ts)) for ts in stamps] == [
        ({DONE}, ["you said !first a b"]),
        ({DONE}, ["you said !second"]),
    ]


def test_leaving_the_loop_gives_back_what_is_unsettled(ops: Ops) -> None:
    """It is claimed again by the next reading, as a further attempt, whatever mark it got."""
    ts = ops.say("!work")
    source = ops.source()
    command = next(reading := iter(source))
    ops.clock.run_until(lambda: ops.marks(ts) == {EYES})
    reading.close()
    with pytest.raises(AlreadySettled, match="was released"):
        command.ack()
    for command in source:
        assert (command.ts, command.attempt) == (ts, 2)
        command.ack()
        break
    assert ops.marks(ts) == {EYES, DONE}


def test_a_command_can_be_given_back(ops: Ops) -> None:
    """It is yielded again, and can be settled only once."""
    ops.say("!work")
    attempts = []
    for command in ops.source():
        attempts.append(command.attempt)
        if len(attempts) < 3:
            command.nack()
            continue
        command.fail("enough")
        break
    for again in (command.ack, command.nack, partial(command.fail, "x")):
        with pytest.raises(AlreadySettled):
            again()
    assert attempts == [1, 2, 3]
    assert (ops.marks(command.ts), ops.replies(command.ts)) == ({ERRORED}, ["enough"])


def test_an_exception_settles_a_command_and_the_loop_goes_on(ops: Ops) -> None:
    """Ctrl-C settles it too, and leaves the loop."""
    stamps = [ops.say("!one"), ops.say("!two")]

    def loop() -> None:
        for command in ops.source():
            with command:
                raise ValueError("bad") if command.name == "one" else KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop()
    assert [(ops.marks(ts), ops.replies(ts)) for ts in stamps] == [
        ({ERRORED}, ["ValueError: bad"]),
        ({ERRORED}, ["KeyboardInterrupt"]),
    ]


def test_closing_ends_iteration_from_any_thread(ops: Ops) -> None:
    """Nothing is left running, and closing again does nothing."""
    source = ops.source()
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.extend(command.name for command in source))
    thread.start()
    ops.slack.wait_for(lambda: ops.slack.calls("conversations.history"))
    source.close()
    source.close()
    thread.join(10)
    assert (seen, thread.is_alive(), repr(source)) == ([], False, "<SlackCommandSource #ops-commands closed>")


def test_a_command_may_close_its_own_source(ops: Ops) -> None:
    """It is marked all the same, and its own end is not waited for."""
    router = CommandRouter()
    ts = ops.say("!stop")
    source = ops.source(router=router)
    router.command("stop")(lambda: source.close())
    before = ops.clock.monotonic()
    source.start()
    assert ops.settled(ts)[0] == {DONE}
    assert ops.clock.monotonic() - before < 5.0


def test_closing_waits_for_running_commands(ops: Ops) -> None:
    """Within its timeout they end and are marked."""
    router = CommandRouter()

    @router.command
    def wait(*, command: Command) -> str:
        command.origin.clock.wait(queue.SimpleQueue(), 3.0)
        return "waited"

    source = ops.start(router=router)
    ts = ops.say("!wait")
    ops.clock.run_until(lambda: ops.marks(ts))
    source.close(timeout=30.0)
    assert (ops.marks(ts), ops.replies(ts)) == ({EYES, DONE}, ["waited"])


def test_closing_between_two_pages_leaves_the_rest_alone(ops: Ops, router: CommandRouter) -> None:
    """Nothing is asked for and nothing is run any more."""
    source = ops.start(router=router)
    ops.type("!echo first")
    ops.slack.fault("conversations.history", Fault.latency(0.0, times=1))
    ops.slack.fault("conversations.history", Fault.rate_limited(30, times=1))
    ts = ops.say("!echo x")
    for number in range(450):
        ops.say(f"talk {number}")
    ops.clock.run_until(lambda: any(call.status == 429 for call in ops.slack.calls("conversations.history")))
    source.close(timeout=1.0)
    before = len(ops.slack.calls())
    ops.clock.run_until(lambda: "closed" in repr(source))
    assert [call.method for call in ops.slack.calls()[before:]] == ["conversations.history"]
    assert ops.marks(ts) == set()


def test_a_source_is_read_once_at_a_time(ops: Ops) -> None:
    """A second loop would share its ledger but not its commands."""
    source = ops.start()
    with pytest.raises(ConfigurationError, match="is being read already"):
        next(iter(source))


def test_nothing_is_read_before_the_delay(ops: Ops, router: CommandRouter) -> None:
    """Constructing and starting do no I/O."""
    source = ops.source(router=router, start_delay=5)
    assert ops.slack.calls() == []
    source.start()
    ts = ops.say("!echo x")
    ops.settled(ts)
    assert ops.slack.calls()[0].time >= 1_800_000_005.0


@pytest.mark.parametrize("spelling", ["ops-commands", "C0OPSCOMMA"])
def test_a_channel_is_one_however_it_is_spelled(ops: Ops, spelling: str) -> None:
    """Who reads it under another spelling knows what was claimed before, and runs nothing twice."""
    runs, hold = [], queue.SimpleQueue[None]()
    router = CommandRouter()

    @router.command
    def slow() -> str:
        runs.append("slow")
        ops.clock.wait(hold, None)
        return "done"

    first = ops.start(router=router)
    ts = ops.say("!slow")
    ops.clock.run_until(lambda: runs)
    first.close(0)
    ops.start(router=router, channel=ops.slack.channel_id(CHANNEL) if spelling.isupper() else spelling)
    ops.after_sweeps()
    hold.put(None)
    assert ops.settled(ts) == ({"eyes", DONE}, ["done"])
    assert runs == ["slow"]


def test_a_final_mark_by_another_process_is_heeded(ops: Ops) -> None:
    """What waits here was settled elsewhere meanwhile: it is left alone."""
    source = ops.source()
    commands = iter(source)
    held = ops.say("!first")
    other = ops.say("!second")
    command = next(commands)
    client = WebClient(ops.slack.bot_token, base_url=ops.slack.api_url)
    client.reactions_add(channel=ops.slack.channel_id(CHANNEL), timestamp=other, name=DONE)
    ops.after_sweeps()
    command.ack()
    last = ops.say("!third")
    assert next(commands).ts == last
    assert held == command.ts


def test_a_router_is_imported_when_reading_starts(ops: Ops, capfd: pytest.CaptureFixture[str]) -> None:
    """One that cannot be is a line on stderr, and nothing is read."""
    source = ops.source(router="no_such_module.router")
    source.start()
    ops.clock.run_until(lambda: "closed" in repr(source))
    assert capfd.readouterr().err == (
        "slack_logging: commands in #ops-commands are not read: router='no_such_module.router' cannot be imported: "
        "ModuleNotFoundError: No module named 'no_such_module'\n"
    )
    assert ops.slack.calls() == []
