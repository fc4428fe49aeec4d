"""People steer a command after they typed it: by an edit, by deleting it, and with emoji."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from slack_sdk import WebClient

from slack_logging import BadArguments, Command, CommandError, CommandRouter, SlackCommandSource
from slack_logging.active import source as source_module
from slack_logging.active import workers
from slack_logging.local import Fault, LocalSlack, visible_text
from tests.active.conftest import CHANNEL, DONE, ERRORED, EYES, INTERRUPTED, LATE, PUZZLED, REFUSED, Ops

REPEAT, STOP = "repeat", "octagonal_sign"


@pytest.fixture
def ran() -> list[str]:
    """Return what ran, and for whom."""
    return []


@pytest.fixture
def router(ran: list[str]) -> CommandRouter:
    """Return commands that say that they ran, or work until they are told to stop."""
    router = CommandRouter()

    @router.command
    def note(word: str, *, command: Command) -> str:
        ran.append(f"{word} for {command.user}")
        return f"noted {word}"

    @router.command
    def work(*, command: Command) -> str:
        ran.append("work")
        while not command.cancelled:
            command.origin.clock.wait(queue.SimpleQueue(), 1.0)
        raise CommandError("stopped at row 17")

    @router.command
    def steps(*, command: Command) -> Iterator[str]:
        try:
            for number in range(1000):
                command.origin.clock.wait(queue.SimpleQueue(), 5.0)
                yield f"step {number}"
        finally:
            ran.append("steps were closed")

    return router


def people(ops: Ops) -> dict[str, object]:
    """Return the options by which ada and ben may, and only ben is an admin."""
    ada, ben = (ops.slack.user_id(name) for name in ("ada", "ben"))
    return {"allow": [ada, ben], "roles": {"admins": [ben]}}


def answered(ops: Ops, ts: str) -> tuple[set[str], list[str]]:
    """Wait for a final mark and a reply; return what `Ops.settled` does."""
    ops.clock.run_until(lambda: ops.replies(ts))
    return ops.settled(ts)


# Edits


def test_an_edit_of_what_was_not_understood_is_read_again(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """Each edit once; the mark of the first reading stays beside the new one."""
    ops.start(router=router)
    ts = ops.say("!nte x")
    ops.settled(ts)
    ops.slack.edit(CHANNEL, ts, "!note")
    ops.clock.run_until(lambda: len(ops.replies(ts)) == 2 and ops.is_all_said)
    ops.after_sweeps()
    ops.slack.edit(CHANNEL, ts, "!note x")
    ops.clock.run_until(lambda: DONE in ops.marks(ts))
    ops.slack.edit(CHANNEL, ts, "!note y")
    ops.after_sweeps()
    assert ops.marks(ts) == {PUZZLED, DONE}
    assert ran == [f"x for {ops.slack.user_id('ada')}"]


def test_an_edit_of_what_waits_counts(ops: Ops) -> None:
    """Nobody has begun with it."""
    ops.say("!one")
    source = ops.source()
    commands = iter(source)
    first = next(commands)
    waiting = ops.say("!two")
    ops.after_sweeps()
    ops.slack.edit(CHANNEL, waiting, "!three")
    ops.after_sweeps()
    first.ack()
    assert next(commands).name == "three"
    commands.close()


@pytest.mark.parametrize("text", ["oops, never mind", "> !note x", "!@billing note x"])
def test_what_waits_and_is_edited_into_something_else_never_runs(ops: Ops, text: str) -> None:
    """Nor is it marked or answered, for it is talk by now, or somebody else's; and it may be made a command again."""
    ops.say("!one")
    source = ops.source()
    commands = iter(source)
    first = next(commands)
    waiting = ops.say("!note x")
    ops.after_sweeps()
    ops.slack.edit(CHANNEL, waiting, text)
    ops.after_sweeps()
    ops.slack.react(CHANNEL, waiting, STOP, user="ada")
    ops.after_sweeps()
    ops.say("!last")
    ops.after_sweeps()
    first.ack()
    last = next(commands)
    assert last.name == "last"
    assert (ops.marks(waiting), ops.replies(waiting)) == ({STOP}, [])
    ops.slack.unreact(CHANNEL, waiting, STOP, user="ada")
    ops.slack.edit(CHANNEL, waiting, "!note y")
    ops.after_sweeps()
    last.ack()
    assert next(commands).text == "!note y"
    commands.close()


def test_what_runs_can_be_stopped_whatever_its_message_says_by_now(
    ops: Ops, router: CommandRouter, ran: list[str]
) -> None:
    """An edit changes nothing of it, be it into talk."""
    ops.start(router=router)
    ts = ops.say("!work")
    ops.clock.run_until(lambda: ran)
    ops.slack.edit(CHANNEL, ts, "never mind")
    ops.after_sweeps()
    ops.slack.react(CHANNEL, ts, STOP, user="ada")
    assert ERRORED in ops.settled(ts)[0]


def test_what_waits_to_run_again_can_be_stopped_whatever_its_message_says_by_now(ops: Ops) -> None:
    """It is not taken back by an edit, which is its author's, but by those who may run it."""
    source = ops.source(allow=[ops.slack.user_id("ben")])
    commands = iter(source)
    ts = ops.say("!note x", user="ada")
    ops.say("!first", user="ben")
    next(commands)
    ops.clock.run_until(lambda: REFUSED in ops.marks(ts))
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    assert source._reader is not None
    desk = source._reader.desk
    ops.clock.run_until(desk.waiting)
    ops.slack.edit(CHANNEL, ts, "never mind")
    ops.after_sweeps(3)
    assert [heard.text for heard in desk.waiting()] == ["!note x"]
    ops.slack.react(CHANNEL, ts, STOP, user="ben")
    ops.clock.run_until(lambda: not desk.waiting(), limit=60)
    commands.close()


@pytest.mark.parametrize("text", ["!pick bad", "!nope x"])
def test_what_was_edited_while_it_waited_is_answered_once(ops: Ops, text: str) -> None:
    """Whoever took it has read that edit, also if it was not understood then."""
    router, ran, go_on = CommandRouter(), list[str](), queue.SimpleQueue[None]()

    @router.command
    def hold() -> None:
        ran.append("hold")
        ops.clock.wait(go_on, None)

    @router.command
    def pick(word: str) -> None:
        ran.append(word)
        raise BadArguments("no such word")

    source = ops.start(router=router, workers=1)
    ops.say("!hold")
    ops.clock.run_until(lambda: ran)
    ts = ops.say("!pick x")
    assert source._reader is not None
    desk = source._reader.desk
    ops.clock.run_until(desk.waiting)
    ops.slack.edit(CHANNEL, ts, text)
    ops.clock.run_until(lambda: [heard.text for heard in desk.waiting()] == [text])
    go_on.put(None)
    ops.clock.run_until(lambda: PUZZLED in ops.marks(ts))
    ops.after_sweeps(4)
    assert ran == ["hold", *(["bad"] if text == "!pick bad" else [])]
    assert len(ops.replies(ts)) == 1


# Deletions


def test_deleting_its_message_cancels_a_running_command(
    ops: Ops, router: CommandRouter, ran: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """It stops, nothing is said where it stood, and the audit has it."""
    caplog.set_level(logging.INFO, "slack_logging.audit")
    ops.start(router=router)
    ts = ops.say("!steps")
    ops.clock.run_until(lambda: len(ops.replies(ts)) >= 1)
    ops.slack.delete(CHANNEL, ts)
    ops.clock.run_until(lambda: "steps were closed" in ran)
    posted = len(ops.slack.calls("chat.postMessage"))
    ops.after_sweeps()
    assert len(ops.slack.calls("chat.postMessage")) == posted
    assert "its message was deleted: '!steps'" in caplog.text


def test_what_is_deleted_while_it_waits_never_runs(ops: Ops) -> None:
    """Neither now nor later."""
    ops.say("!one")
    commands = iter(ops.source())
    first = next(commands)
    waiting = ops.say("!two")
    ops.after_sweeps()
    ops.slack.delete(CHANNEL, waiting)
    ops.after_sweeps()
    last = ops.say("!three")
    ops.after_sweeps()
    first.ack()
    assert next(commands).ts == last
    commands.close()


def test_what_a_page_does_not_show_was_not_deleted(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """A page may be behind what an earlier one showed."""
    ops.start(router=router)
    ts = ops.say("!work")
    ops.clock.run_until(lambda: EYES in ops.marks(ts))
    ops.slack.fault("conversations.history", Fault.stale(3600, times=3))
    ops.after_sweeps(4)
    assert ops.marks(ts) == {EYES}
    ops.slack.react(CHANNEL, ts, STOP, user="ada")
    assert ops.settled(ts) == ({EYES, STOP, ERRORED}, ["stopped at row 17"])
    assert ran == ["work"]


def test_what_is_pushed_and_deleted_before_a_look_is_cancelled(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """No page has ever shown it."""
    ops.start(router=router, app_token=ops.slack.app_token)
    ops.slack.wait_for(lambda: ops.slack.sockets())
    ops.type("!note x")
    ts = ops.say("!steps")
    ops.clock.run_until(lambda: ops.replies(ts))
    ops.slack.delete(CHANNEL, ts)
    ops.slack.wait_for(lambda: not ops.slack.deliveries())  # no time passes before it is pushed
    ops.clock.run_until(lambda: "steps were closed" in ran, limit=10)


# Orders


def test_a_command_is_stopped_by_emoji(ops: Ops, router: CommandRouter, caplog: pytest.LogCaptureFixture) -> None:
    """The function says how far it came."""
    caplog.set_level(logging.INFO, "slack_logging.audit")
    ops.start(router=router)
    ts = ops.say("!work")
    ops.clock.run_until(lambda: EYES in ops.marks(ts))
    ops.slack.react(CHANNEL, ts, STOP, user="ada")
    assert ops.settled(ts) == ({EYES, STOP, ERRORED}, ["stopped at row 17"])
    assert f"cancel by {ops.slack.user_id('ada')} allowed: '!work'" in caplog.text


def stopping() -> list[Callable[..., object]]:
    """Return functions that do not look whether they should stop."""

    async def sleeps() -> None:
        began.set()
        await asyncio.sleep(3600)

    async def streams() -> AsyncIterator[str]:
        while True:
            yield "step"
            began.set()
            await asyncio.sleep(0.1)

    def generates() -> Iterator[None]:
        while True:
            began.set()
            yield None

    return [sleeps, streams, generates]


began = threading.Event()


@pytest.mark.parametrize("function", stopping())
def test_coroutines_and_generators_stop_by_themselves(function: Callable[..., object]) -> None:
    """And the reply says who wanted it."""
    router = CommandRouter()
    router.command("endless")(function)
    began.clear()
    with LocalSlack(rate_limit=0) as slack:
        source = SlackCommandSource(
            CHANNEL,
            allow=[slack.user_id("ada")],
            router=router,
            token=slack.bot_token,
            api_url=slack.api_url,
            poll_interval=0.1,
        )
        source.start()
        ts = slack.say(CHANNEL, "!endless", user="ada")
        assert began.wait(20)
        slack.react(CHANNEL, ts, STOP, user="ada")
        slack.wait_for(lambda: ERRORED in slack.reactions(CHANNEL, ts))
        source.close()
        assert visible_text(slack.messages(CHANNEL, thread_ts=ts)[-1]).splitlines()[-1] == "cancelled by ada"


def test_what_a_cancelled_function_returns_is_said(ops: Ops) -> None:
    """And that it was cancelled, which the mark says too."""
    router = CommandRouter()

    @router.command
    def work(*, command: Command) -> str:
        while not command.cancelled:
            command.origin.clock.wait(queue.SimpleQueue(), 1.0)
        return "stopped at row 17"

    ops.start(router=router)
    ts = ops.say("!work")
    ops.clock.run_until(lambda: EYES in ops.marks(ts))
    ops.slack.react(CHANNEL, ts, STOP, user="ada")
    assert ops.settled(ts) == ({EYES, STOP, ERRORED}, ["stopped at row 17\ncancelled by ada"])


def given_back(ops: Ops, how: str) -> list[int]:
    """Give back what is typed, by a router's function or in a loop, after three seconds; return what was begun."""
    attempts: list[int] = []

    def work(*, command: Command) -> None:
        attempts.append(command.attempt)
        ops.clock.wait(queue.SimpleQueue(), 3.0)
        command.nack()

    def loop() -> None:
        for command in ops.source():
            work(command=command)

    router = CommandRouter()
    router.command("work")(work)
    if how == "by a router":
        ops.start(router=router)
    else:
        ops.clock.start(threading.Thread(target=loop, daemon=True))
    return attempts


@pytest.mark.parametrize("how", ["by a router", "by hand"])
@pytest.mark.parametrize("order", ["by emoji", "by deletion"])
def test_what_was_cancelled_is_not_given_back(ops: Ops, how: str, order: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is errored, and says by whom unless its thread is gone."""
    caplog.set_level(logging.INFO, "slack_logging.audit")
    attempts = given_back(ops, how)
    ts = ops.say("!work")
    ops.clock.run_until(lambda: len(attempts) == 2)
    if order == "by emoji":
        ops.slack.react(CHANNEL, ts, STOP, user="ada")
        assert answered(ops, ts) == ({EYES, STOP, ERRORED}, ["cancelled by ada"])
    else:
        ops.slack.delete(CHANNEL, ts)
    ops.clock.run_until(lambda: "errored: '!work'" in caplog.text)
    began = len(attempts)
    ops.after_sweeps(4)
    assert len(attempts) == began < 10


def test_what_waits_is_cancelled_before_it_begins(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """It is errored, and its thread says so."""
    ops.start(router=router, workers=1)
    busy = ops.say("!work")
    ops.clock.run_until(lambda: EYES in ops.marks(busy))
    waiting = ops.say("!note x")
    ops.after_sweeps()
    ops.slack.react(CHANNEL, waiting, STOP, user="ada")
    assert answered(ops, waiting) == ({STOP, ERRORED}, ["cancelled by ada before it began"])
    ops.slack.react(CHANNEL, busy, STOP, user="ada")
    ops.settled(busy)
    ops.after_sweeps()
    assert ran == ["work"]


def test_a_command_runs_again_by_emoji(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """For the person whose emoji it is; the former run's mark goes first; once for each time that it is put there."""
    ops.start(router=router, **people(ops))
    ts = ops.say("!note x")
    ops.settled(ts)
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.clock.run_until(lambda: len(ops.replies(ts)) == 2)
    ops.after_sweeps()
    assert ops.marks(ts) == {DONE, REPEAT}
    ops.slack.unreact(CHANNEL, ts, REPEAT, user="ben")
    ops.after_sweeps()
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.clock.run_until(lambda: len(ops.replies(ts)) == 3)
    ada, ben = (ops.slack.user_id(name) for name in ("ada", "ben"))
    assert ran == [f"x for {ada}", f"x for {ben}", f"x for {ben}"]
    removed = [call.args["name"] for call in ops.slack.calls("reactions.remove")]
    assert set(removed) <= {DONE}


def test_what_was_edited_since_it_ran_never_runs_for_somebody_else(
    ops: Ops, router: CommandRouter, ran: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Who wants it again read another text; and its author may not run what it says now."""
    caplog.set_level(logging.INFO, "slack_logging.audit")
    router.command("deploy", roles=["admins"])(lambda: ran.append("deployed"))
    ops.start(router=router, **people(ops))
    ts = ops.say("!note x")
    ops.settled(ts)
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.slack.edit(CHANNEL, ts, "!deploy")
    ops.clock.run_until(lambda: len(ops.replies(ts)) == 2)
    assert ops.settled(ts) == (
        {DONE, REPEAT},
        ["noted x", "not run again: it was edited since. Type it as a new message"],
    )
    assert "not repeated, as it was edited since it ran: '!deploy'" in caplog.text
    assert ran == [f"x for {ops.slack.user_id('ada')}"]


def test_an_order_is_obeyed_once_also_by_who_reads_next(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """As where logging is configured anew, and the emoji is there still."""
    source = ops.start(router=router, **people(ops))
    ts = ops.say("!note x")
    ops.settled(ts)
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.clock.run_until(lambda: len(ran) == 2 and DONE in ops.marks(ts) and ops.is_all_said)
    source.close()
    ops.start(router=router, **people(ops))
    ops.type("!note y")
    ops.after_sweeps(3)
    assert len(ran) == 3


def test_what_waits_to_run_again_is_as_it_was_read_by_who_wanted_that(ops: Ops) -> None:
    """An edit meanwhile is its author's, who may not run anything."""
    source = ops.source(allow=[ops.slack.user_id("ben")])
    commands = iter(source)
    ts = ops.say("!note x", user="ada")
    ops.say("!first", user="ben")
    with next(commands):
        ops.clock.run_until(lambda: REFUSED in ops.marks(ts))
        ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
        assert source._reader is not None
        desk = source._reader.desk
        ops.clock.run_until(lambda: [heard.user for heard in desk.waiting()] == [ops.slack.user_id("ben")])
        ops.slack.edit(CHANNEL, ts, "!evil")
        ops.after_sweeps(3)
        waiting = [(heard.text, heard.user) for heard in desk.waiting()]
    commands.close()
    assert waiting == [("!note x", ops.slack.user_id("ben"))]


def test_what_was_corrected_before_it_ran_runs_again(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """That is what it has said ever since; after a restart nobody knows, and it does not."""
    source = ops.start(router=router, **people(ops))
    ts = ops.say("!nte x")
    ops.settled(ts)
    ops.slack.edit(CHANNEL, ts, "!note x")
    ops.clock.run_until(lambda: len(ran) == 1)
    ops.settled(ts)
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.clock.run_until(lambda: len(ran) == 2 and DONE in ops.marks(ts) and ops.is_all_said)
    source.close()
    source_module._ledgers.clear()
    ops.slack.unreact(CHANNEL, ts, REPEAT, user="ben")
    ops.start(router=router, **people(ops))
    ops.type("!note y")
    before = len(ops.replies(ts))
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.clock.run_until(lambda: len(ops.replies(ts)) > before)
    assert ops.replies(ts)[-1].startswith("not run again: it was edited")
    assert len(ran) == 3


def test_a_mark_that_no_longer_holds_is_taken_away(ops: Ops) -> None:
    """What failed before and is done now shows only that."""
    router = CommandRouter()
    attempts: list[int] = []

    @router.command
    def flaky(*, command: Command) -> str:
        attempts.append(command.attempt)
        if len(attempts) == 1:
            raise CommandError("not yet")
        return "now"

    ops.start(router=router)
    ts = ops.say("!flaky")
    assert ops.settled(ts) == ({ERRORED}, ["not yet"])
    ops.slack.react(CHANNEL, ts, REPEAT, user="ada")
    ops.clock.run_until(lambda: ops.marks(ts) == {DONE, REPEAT} and ops.is_all_said)
    assert (attempts, ops.replies(ts)) == ([1, 2], ["not yet", "now"])


@pytest.mark.parametrize("emoji", [REPEAT, STOP])
@pytest.mark.parametrize("user", ["eve", "guest", "ops"])
def test_other_peoples_emoji_are_no_orders(
    ops: Ops, router: CommandRouter, ran: list[str], emoji: str, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor are our own; only the audit tells of it."""
    ops.slack.add_user("eve")
    ops.slack.add_user("guest", guest=True)
    caplog.set_level(logging.INFO, "slack_logging.audit")
    ops.start(router=router)
    ts = ops.say("!note x")
    ops.settled(ts)
    ops.slack.react(CHANNEL, ts, emoji, user=user)
    ops.after_sweeps(3)
    assert (len(ran), ops.replies(ts)) == (1, ["noted x"])
    assert ("refused: '!note x'" in caplog.text) is (user != "ops")


def test_who_lacks_a_commands_role_cannot_order_it(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """Refused to ada, run again by ben, not by ada."""

    @router.command(roles=["admins"])
    def purge(*, command: Command) -> None:
        ran.append(f"purge for {command.user}")

    ops.start(router=router, **people(ops))
    ts = ops.say("!purge", user="ada")
    ops.clock.run_until(lambda: REFUSED in ops.marks(ts))
    ops.slack.react(CHANNEL, ts, REPEAT, user="ada")
    ops.after_sweeps()
    assert ran == []
    ops.slack.react(CHANNEL, ts, REPEAT, user="ben")
    ops.clock.run_until(lambda: DONE in ops.marks(ts))
    assert ran == [f"purge for {ops.slack.user_id('ben')}"]


def test_what_was_too_old_runs_when_somebody_wants_it(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """Its age counts from then."""
    ops.start(router=router, max_age="1m")
    ops.type("!note before")
    ops.slack.fault("conversations.history", Fault.server_error(times=None))
    ts = ops.say("!note x")
    ops.clock.advance(90)
    ops.slack.clear_faults()
    ops.settled(ts)
    assert ops.marks(ts) == {LATE}
    ops.slack.react(CHANNEL, ts, REPEAT, user="ada")
    ops.clock.run_until(lambda: DONE in ops.marks(ts))
    assert len(ran) == 2


def test_emoji_can_have_other_names(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """People's as well as our own."""
    ops.start(router=router, emoji={"repeat": "recycle"})
    ts = ops.say("!note x")
    ops.settled(ts)
    ops.slack.react(CHANNEL, ts, REPEAT, user="ada")
    ops.after_sweeps()
    assert len(ran) == 1
    ops.slack.react(CHANNEL, ts, "recycle", user="ada")
    ops.clock.run_until(lambda: len(ran) == 2)


# After a restart


@pytest.mark.parametrize(("user", "runs"), [("ada", 0), ("ben", 0), ("eve", 10)])
def test_what_was_cancelled_while_nobody_read_never_begins(
    ops: Ops, router: CommandRouter, ran: list[str], user: str, runs: int
) -> None:
    """By its author, and by others who may; an emoji of somebody else's is none."""
    ops.slack.add_user("eve")
    stamps = [ops.say(f"!note w{number}") for number in range(10)]
    for ts in stamps:
        ops.slack.react(CHANNEL, ts, STOP, user=user)
    ops.start(router=router, **people(ops))
    name = user if user != "eve" else ""
    said = [[f"cancelled by {name} before it began"] if name else [f"noted w{number}"] for number in range(10)]
    assert [ops.settled(ts)[1] for ts in stamps] == said
    assert len(ran) == runs


def test_while_nobody_can_say_who_cancels_it_it_does_not_begin(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """The next look may know. Who typed it is known already."""
    ops.start(router=router, **people(ops))
    ops.type("!note x")
    ops.slack.fault("users.info", Fault.server_error(times=1))
    ts = ops.say("!note y")
    ops.slack.react(CHANNEL, ts, STOP, user="ben")
    assert ops.settled(ts)[1] == ["cancelled by ben before it began"]
    assert len(ran) == 1


def test_what_we_have_answered_does_not_run_again(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """Its mark came too late. How far it came is for a person to find out; other people's replies say nothing."""
    done, talked_about = ops.say("!note x"), ops.say("!note y")
    client = WebClient(ops.slack.bot_token, base_url=ops.slack.api_url)
    client.chat_postMessage(channel=ops.slack.channel_id(CHANNEL), text="noted x", thread_ts=done)
    ops.say("shall we?", thread_ts=talked_about)
    ops.start(router=router)
    assert ops.settled(talked_about)[0] == {DONE}
    said = "interrupted: what ran this ended before it marked what became of it; :repeat: on the command runs it again"
    ops.clock.run_until(lambda: ops.marks(done) == {INTERRUPTED} and ops.is_all_said)
    assert [visible_text(each) for each in ops.slack.messages(CHANNEL, thread_ts=done)[1:]] == ["noted x", said]
    assert ran == [f"y for {ops.slack.user_id('ada')}"]


def test_what_was_running_when_its_process_died_is_interrupted(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """Our :eyes: alone tell it, however old; a person decides, and may have it run again."""
    old = ops.say("!note old")
    ops.slack.react(CHANNEL, old, EYES, user="ops")
    ops.clock.advance(3600)
    new = ops.say("!note new")
    ops.slack.react(CHANNEL, new, EYES, user="ops")
    ops.slack.react(CHANNEL, new, REPEAT, user="ada")
    ops.start(router=router)
    says = "interrupted: what ran this ended before it did; :repeat: on the command runs it again"
    assert answered(ops, old) == ({EYES, INTERRUPTED}, [says])
    assert answered(ops, new) == ({EYES, INTERRUPTED, REPEAT}, [says])
    ops.after_sweeps()
    assert ran == []  # the emoji was there before us: what became of it is not known
    ops.slack.unreact(CHANNEL, new, REPEAT, user="ada")
    ops.after_sweeps()
    ops.slack.react(CHANNEL, new, REPEAT, user="ada")
    ops.clock.run_until(lambda: ops.marks(new) == {EYES, DONE, REPEAT})
    assert ran == [f"new for {ops.slack.user_id('ada')}"]


def test_commands_from_before_our_time_are_not_marked(ops: Ops, router: CommandRouter) -> None:
    """What is older than `max_age` and has no mark is somebody else's history."""
    old = ops.say("!note old")
    ops.clock.advance(3600)
    ops.start(router=router)
    ops.type("!note new")
    assert ops.marks(old) == set()


# Time


@pytest.mark.parametrize("where", ["source", "command"])
def test_a_command_that_takes_too_long_is_errored(ops: Ops, where: str) -> None:
    """At once, and it is told to stop; what it returns is said after that, and its worker is free again."""
    router = CommandRouter()
    told: list[bool] = []

    @router.command(timeout="30s" if where == "command" else None)
    def work(*, command: Command) -> str:
        while not command.cancelled:
            command.origin.clock.wait(queue.SimpleQueue(), 1.0)
        told.append(True)
        return "too late"

    ops.start(router=router, workers=1, timeout="30s" if where == "source" else "1h")
    began = ops.clock.monotonic()
    ts = ops.say("!work")
    ops.clock.run_until(lambda: "too late" in "\n".join(ops.replies(ts)))
    assert ops.settled(ts)[0] == {EYES, ERRORED}
    assert "\n".join(ops.replies(ts)).splitlines() == ["timed out after 30s", "too late"]
    assert 30 <= ops.clock.monotonic() - began <= 45
    assert ops.type("!ping")[0] == {DONE}
    assert told == [True]


@pytest.fixture
def stuck(ops: Ops, router: CommandRouter, ran: list[str]) -> Iterator[None]:
    """Register a command that nothing ends while the test runs."""
    hold = queue.SimpleQueue[None]()

    @router.command
    def hang() -> None:
        ran.append("hang")
        ops.clock.wait(hold, None)
        hold.put(None)

    yield
    hold.put(None)


@pytest.mark.usefixtures("stuck")
def test_a_function_that_does_not_end_keeps_no_place(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """Its time is over, so another thread takes over; many such functions are no more threads than those that hang."""
    ops.start(router=router, workers=2, timeout="2s")
    for _ in range(3):
        stamps = [ops.say("!hang"), ops.say("!hang")]
        ops.clock.run_until(lambda: all(ERRORED in ops.marks(ts) for ts in stamps))  # noqa: B023 - called at once
    assert ops.type("!note x")[0] == {DONE}
    assert ran == ["hang"] * 6 + [f"x for {ops.slack.user_id('ada')}"]


@pytest.mark.usefixtures("stuck")
def test_no_more_threads_than_twenty_are_given_up(
    ops: Ops, router: CommandRouter, ran: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two, here. Then what hangs keeps its place, and stderr says so."""
    monkeypatch.setattr(workers, "_MOST_LOST", 2)
    ops.start(router=router, workers=1, timeout="2s")
    for _ in range(3):
        ts = ops.say("!hang")
        ops.clock.run_until(lambda: ERRORED in ops.marks(ts))  # noqa: B023 - called at once
    ops.say("!note x")
    ops.after_sweeps()
    assert ran == ["hang"] * 3
    assert "2 functions go on that were given up: one more keeps its place" in capfd.readouterr().err


@pytest.mark.usefixtures("stuck")
def test_where_no_thread_can_be_started_the_others_go_on(
    ops: Ops, router: CommandRouter, ran: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What hangs keeps its place then, which is said; reading goes on."""
    ops.start(router=router, workers=2, timeout="2s")
    ops.type("!note x")

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as limited:
        limited.setattr(ops.clock, "start", refuse)
        ts = ops.say("!hang")
        ops.clock.run_until(lambda: ERRORED in ops.marks(ts))
        assert ops.type("!note y")[0] == {DONE}
    assert "what was given up keeps its place: can't start new thread" in capfd.readouterr().err


@pytest.mark.usefixtures("stuck")
def test_what_was_cancelled_and_goes_on_keeps_no_place(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """It is heard out for half a minute. Until somebody cancels it, it says itself that others wait for its place."""
    ops.start(router=router, workers=1)
    ts = ops.say("!hang")
    ops.clock.run_until(lambda: ran)
    waiting = ops.say("!note x")
    ops.clock.run_until(lambda: ops.replies(ts))
    says = "1 command waits for a place: this one runs, and no more do at a time; :octagonal_sign: here makes room"
    assert (ops.replies(ts), ran) == ([says], ["hang"])
    ops.slack.react(CHANNEL, ts, STOP, user="ada")
    assert ops.settled(waiting)[0] == {DONE}
    given_up = "cancelled by ada; it has not stopped within 30s, and may go on"
    assert ops.settled(ts) == ({EYES, ERRORED, STOP}, [f"{says}\n{given_up}"])


def test_what_ends_in_time_is_not_timed_out(ops: Ops, router: CommandRouter) -> None:
    """Nor is it afterwards."""
    ops.start(router=router, timeout="1m")
    ts = ops.say("!note x")
    ops.settled(ts)
    ops.clock.advance(120)
    ops.after_sweeps()
    assert (ops.marks(ts), ops.replies(ts)) == ({DONE}, ["noted x"])


# Several services


def test_services_that_share_a_channel_leave_each_other_alone(ops: Ops, router: CommandRouter, ran: list[str]) -> None:
    """What is not known is the others', unless it is addressed to us; so is what they left running."""
    theirs = ops.say("!ship x")
    ops.slack.react(CHANNEL, theirs, EYES, user="ops")
    ops.start(router=router, shared=True)
    unknown = ops.say("!ship x")
    assert ops.type("!note x")[0] == {DONE}
    assert ops.type("!@orders ship x")[0] == {PUZZLED}
    ops.after_sweeps()
    assert (ops.marks(theirs), ops.marks(unknown)) == ({EYES}, set())
