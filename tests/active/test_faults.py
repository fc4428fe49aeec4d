"""Reading and marking go on through whatever Slack and the network do."""

from __future__ import annotations

import queue
from typing import Any

import pytest

from slack_logging import Command, CommandError, CommandRouter
from slack_logging.active import source as source_module
from slack_logging.active.ledger import Key, State
from slack_logging.local import LocalSlack
from slack_logging.local.faults.fault import Fault
from slack_logging.local.state.text import visible_text
from slack_logging.testing import FakeClock
from tests.active.conftest import CHANNEL, DONE, ERRORED, Ops


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


HOPELESS = (
    "bad_timestamp no_item_specified not_reactable thread_locked too_many_emoji too_many_reactions invalid_name"
).split()
NO_MATTER = ["already_reacted", "no_reaction", "message_not_found"]


@pytest.mark.parametrize("code", [*HOPELESS, *NO_MATTER])
def test_a_mark_that_cannot_be_placed_is_told_once(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str], code: str
) -> None:
    """It is tried once a command; stderr says for each channel what it means, but where there is nothing to tell."""
    ops.start(router=router)
    ops.slack.fault("reactions.add", Fault.error(code, times=None))
    every = [ops.say("!echo x") for _ in range(2)]
    ops.clock.run_until(lambda: ops.clock.monotonic() > 100)
    assert [ops.replies(ts) for ts in every] == [["x"]] * 2
    assert [call.args["timestamp"] for call in ops.slack.calls("reactions.add")] == every
    _, *lines = capfd.readouterr().err.splitlines()
    told = (
        f"slack_logging: a command in #ops-commands cannot be marked: reactions.add: {code}. Its reply says what "
        "became of it; where it has none either, a program that starts, or takes over, within 10m may run it again"
    )
    assert lines == [told] * (code in HOPELESS)


@pytest.mark.parametrize("code", [*HOPELESS, *NO_MATTER])
def test_a_mark_that_cannot_be_taken_away_is_told_once(ops: Ops, capfd: pytest.CaptureFixture[str], code: str) -> None:
    """The new one is placed beside it."""
    router = CommandRouter()

    @router.command
    def flaky(*, command: Command) -> None:
        if command.attempt == 1:
            raise CommandError("not yet")

    ops.start(router=router)
    ops.slack.fault("reactions.remove", Fault.error(code, times=None))
    ts = ops.say("!flaky")
    ops.settled(ts)
    ops.slack.react(CHANNEL, ts, "repeat", user="ada")
    ops.clock.run_until(lambda: ops.clock.monotonic() > 100)
    assert ops.marks(ts) == {ERRORED, "repeat", DONE}
    assert len(ops.slack.calls("reactions.remove")) == 1
    assert capfd.readouterr().err.count("a former mark cannot be taken") == (code in HOPELESS)


def test_missing_custom_emoji_fall_back(ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]) -> None:
    """A name that the workspace does not have is said once, and the standard one is used."""
    ops.start(router=router, emoji={"done": ":no-such-emoji:", "not_understood": "thinking_face"})
    assert ops.type("!echo x")[0] == {DONE}
    ts = ops.say("!nonsense")
    ops.clock.run_until(lambda: ops.marks(ts))
    assert ops.marks(ts) == {"thinking_face"}
    assert "there is no emoji :no-such-emoji: here; marking with :white_check_mark:" in capfd.readouterr().err


ODD_NAMES = {
    **{each: f"no-{each}" for each in ("done", "errored", "refused", "not_understood", "too_old", "cancel", "repeat")},
    "running": "thinking_face",
}


@pytest.mark.parametrize("user", ["ops", "ada"], ids=["on what is ours", "on what is too old"])
def test_names_that_the_workspace_lacks_are_said_at_the_start(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str], user: str
) -> None:
    """Of marks and of orders, each once, where there is a message that no program marks, which stays as it is."""
    ops.say("!echo long ago", user=user)
    ops.clock.advance(0 if user == "ops" else 700)
    ops.start(router=router, emoji=ODD_NAMES)
    ops.clock.run_until(lambda: len(ops.slack.calls("reactions.remove")) == len(ODD_NAMES))
    ops.after_sweeps(1)
    said = capfd.readouterr().err
    lacking = [name for name in ODD_NAMES.values() if name.startswith("no-")]
    assert [said.count(f"there is no emoji :{name}: here; ") for name in lacking] == [1] * len(lacking)
    assert "there is no emoji :no-done: here; marking with :white_check_mark:" in said
    assert "there is no emoji :no-repeat: here; nobody can put it on a message ('repeat')" in said
    assert "thinking_face" not in said
    assert ops.type("!echo x")[0] == {DONE}
    assert "no emoji" not in capfd.readouterr().err


@pytest.mark.parametrize("fault", [Fault.rate_limited(60), Fault.server_error()], ids=str)
def test_what_is_called_how_is_asked_again(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str], fault: Fault
) -> None:
    """Of an order also in a channel where everything is to be marked, and where Slack did not answer at first."""
    ops.slack.fault("reactions.remove", fault)
    ops.start(router=router, emoji={"cancel": "no-such-emoji"})
    assert ops.type("!echo x")[0] == {DONE}
    ops.clock.run_until(lambda: len(ops.slack.calls("reactions.remove")) == 2)
    ops.after_sweeps(1)
    assert "there is no emoji :no-such-emoji: here; nobody" in capfd.readouterr().err


@pytest.mark.parametrize("fault", [Fault.rate_limited(600, times=None), Fault.server_error(times=None)], ids=str)
def test_no_mark_waits_for_one_that_cannot_be_taken_away(ops: Ops, router: CommandRouter, fault: Fault) -> None:
    """Nor for an answer about a name: what Slack says of one method is not said of the other."""
    ops.slack.fault("reactions.remove", fault)
    ops.start(router=router, emoji={"cancel": "no-such-emoji"})
    ts = ops.say("!echo x")
    ops.settled(ts)
    ops.slack.react(CHANNEL, ts, "repeat", user="ada")
    ops.clock.run_until(lambda: len(ops.replies(ts)) == 2)
    assert ops.type("!echo y")[0] == {DONE}
    assert ops.clock.monotonic() <= 15  # two looks at the channel, one of them for the emoji


def test_where_slack_does_not_tell_a_missing_name_is_said_at_the_first_mark(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing else is held up by that."""
    ops.say("!echo long ago")
    ops.clock.advance(700)
    ops.slack.fault("reactions.remove", Fault.error("not_reactable"))
    ops.start(router=router, emoji={"done": "no-such-emoji"})
    ops.after_sweeps(2)
    assert "no emoji" not in capfd.readouterr().err
    assert len(ops.slack.calls("reactions.remove")) == 1
    assert ops.type("!echo x")[0] == {DONE}
    assert capfd.readouterr().err.count("there is no emoji :no-such-emoji: here") == 1


@pytest.mark.parametrize("name", ["no-such-emoji", "poop", "envelope"])
def test_a_command_that_was_marked_otherwise_does_not_run_again(ops: Ops, router: CommandRouter, name: str) -> None:
    """After a restart its mark is known, by the standard name or by the one under which Slack keeps it."""
    ran: list[str] = []

    @router.command
    def quiet() -> None:
        ran.append("quiet")

    former = ops.start(router=router, emoji={"done": name})
    ts = ops.say("!quiet")
    ops.clock.run_until(lambda: ops.marks(ts))
    marks = ops.marks(ts)
    former.close()
    source_module._ledgers.clear()
    ops.start(router=router, emoji={"done": name})
    ops.after_sweeps(3)
    assert (ran, ops.marks(ts), ops.replies(ts)) == (["quiet"], marks, [])


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


def test_a_commands_channel_that_is_misspelt_is_told_with_the_one_that_was_meant(
    ops: Ops, router: CommandRouter, capfd: pytest.CaptureFixture[str]
) -> None:
    """The bot's channels were listed anyway."""
    ops.start(router=router, channel="#ops-comands")
    ops.clock.run_until(lambda: len(ops.slack.calls("users.conversations")) > 1)
    assert "named #ops-comands (did you mean #ops-commands?): create it, or" in capfd.readouterr().err


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
    ops.clock.run_until(lambda: source._reader is not None and source._reader.desk.ledger.state(key) is State.NEW)
    assert ops.clock.monotonic() == pytest.approx(1200, abs=20)


def test_a_reply_whose_answer_was_lost_is_not_doubled(ops: Ops, router: CommandRouter) -> None:
    """The thread is read before it is sent again."""
    ops.slack.fault("chat.postMessage", Fault.cut_after())
    ops.start(router=router)
    marks, replies = ops.type("!echo once")
    assert DONE in marks
    assert replies == ["once"]
    assert len(ops.slack.calls("chat.postMessage")) == 1


def test_where_nobody_may_look_a_repeated_reply_says_so(ops: Ops, router: CommandRouter) -> None:
    """It comes twice rather than never."""
    ops.slack.fault("chat.postMessage", Fault.cut_after())
    ops.slack.fault("conversations.replies", Fault.error("missing_scope"))
    ops.start(router=router)
    ts = ops.say("!echo once")
    ops.settled(ts)
    _, first, again = (visible_text(message) for message in ops.slack.messages(CHANNEL, thread_ts=ts))
    assert first == "once"
    assert again.startswith("once\nSent again: nothing told whether it was taken the first time")


def test_what_was_deleted_and_who_was_asked_about_is_forgotten(ops: Ops, router: CommandRouter) -> None:
    """Memory does not grow with the commands that are deleted, nor with the people who type."""
    source = ops.start(router=router)
    reader = source._reader
    assert reader is not None
    for number in range(5):
        user = ops.slack.add_user(f"stranger-{number}")
        ops.settled(ops.say("!echo x", user=user))
    ts = ops.say("!echo x")
    ops.settled(ts)
    reader.desk.gone(Key(ops.slack.team_id, ops.slack.channel_id(CHANNEL), ts))
    assert reader.desk.line is not None
    directory = reader.desk.line.directory
    assert (len(directory._answers), len(reader.desk.answers._silent)) == (6, 1)
    ops.clock.run_until(lambda: ops.clock.monotonic() > 1300)
    ops.type("!echo x")
    assert (len(directory._answers), len(reader.desk.answers._silent)) == (1, 0)


def test_a_placeholder_in_the_history_is_a_deletion(ops: Ops) -> None:
    """Whether Slack shows one for a parent that was deleted is not documented."""
    router, hold = CommandRouter(), queue.SimpleQueue[None]()

    @router.command
    def work(*, command: Command) -> None:
        command.reply("begun")
        while not command.cancelled:
            ops.clock.wait(hold, 1.0)
        stopped.append(command.stopped_by)

    stopped: list[str] = []
    ops.start(router=router)
    ts = ops.say("!work")
    ops.clock.run_until(lambda: ops.replies(ts))
    _, message = ops.slack._find(CHANNEL, ts)
    message.fields = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "It was deleted."}
    ops.clock.run_until(lambda: stopped, limit=60)
    assert stopped == ["its message was deleted"]


@pytest.mark.parametrize(("external", "told"), [(True, 1), ("enterprise", 1), ("sibling", 0), (None, 0)])
def test_a_channel_with_people_of_other_organisations_is_told_of(
    clock: FakeClock, router: CommandRouter, capfd: pytest.CaptureFixture[str], external: Any, told: int
) -> None:
    """They may run nothing, and read every answer."""
    with LocalSlack(clock=clock, enterprise=True) as slack:
        ops = Ops(slack, clock)
        if external:
            slack.invite(CHANNEL, slack.add_user("zoe", external=external))
        source = ops.start(router=router)
        assert ops.type("!echo x") == ({DONE}, ["x"])
        source.close()
    line = (
        "slack_logging: #ops-commands is shared by Slack Connect: people of other organisations are in it, and read "
        "what is typed and answered there\n"
    )
    assert capfd.readouterr().err.count(line) == told


def test_where_nobody_tells_who_is_in_a_channel_it_is_read_all_the_same(ops: Ops, router: CommandRouter) -> None:
    """A scope is missing that nothing else needs."""
    ops.slack.fault("conversations.info", Fault.error("missing_scope", times=None))
    ops.start(router=router)
    assert ops.type("!echo x") == ({DONE}, ["x"])
