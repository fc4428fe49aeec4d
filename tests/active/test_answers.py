"""All that is said to a command is one reply, whatever Slack and the network do; no mark waits for it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from slack_logging import Command, CommandRouter, SlackHandler
from slack_logging.errors import DeliveryError, Rejected, Unreachable
from slack_logging.local import Fault
from slack_logging.local.state.text import visible_text
from tests.active.conftest import CHANNEL, DONE, ERRORED, EYES, INTERRUPTED, Ops

POST, EDIT = "chat.postMessage", "chat.update"


def serve(ops: Ops, function: Callable[..., object], **options: Any) -> None:
    """Run one command, `!do`."""
    router = CommandRouter()
    router.command("do")(function)
    ops.start(router=router, **options)


def calls(ops: Ops, method: str) -> int:
    """Return how many calls of a method there were."""
    return len(ops.slack.calls(method))


def test_no_worker_waits_for_the_pace(ops: Ops) -> None:
    """Slack refuses posts for half a minute: all commands are run and marked, then all are answered, once, in order."""
    ops.slack.fault(POST, Fault.rate_limited(30))
    serve(ops, lambda word: f"you said {word}", workers=4)
    stamps = [ops.say(f"!do {number}") for number in range(12)]
    ops.clock.run_until(lambda: all(ops.marks(ts) for ts in stamps))
    assert ops.clock.monotonic() < 15
    assert [ops.replies(ts) for ts in stamps] == [[]] * 12
    ops.clock.run_until(lambda: ops.is_all_said)
    assert [ops.replies(ts) for ts in stamps] == [[f"you said {number}"] for number in range(12)]
    said = [call.args["thread_ts"] for call in ops.slack.calls(POST) if call.status == 200]
    assert said == stamps


@pytest.mark.parametrize("method", [POST, EDIT])
@pytest.mark.parametrize(
    "fault",
    [
        Fault.cut_before(times=2),
        Fault.cut_after(),
        Fault.truncated(),
        Fault.server_error(times=3),
        Fault.rate_limited(20, times=2),
        Fault.error("internal_error", after=True),
    ],
)
def test_a_reply_that_grows_survives_faults(ops: Ops, method: str, fault: Fault) -> None:
    """Nothing is lost, doubled or out of order."""

    def steps(*, command: Command) -> Iterator[str]:
        for number in range(3):
            yield f"step {number}"
            ops.clock.wait(queue.SimpleQueue(), 4.0)

    serve(ops, steps)
    ops.slack.fault(method, fault)
    marks, replies = ops.type("!do")
    assert DONE in marks
    assert replies == ["step 0\nstep 1\nstep 2"]


def test_one_thread_that_fails_holds_up_no_other(ops: Ops, caplog: pytest.LogCaptureFixture) -> None:
    """A message whose thread takes no answer is given up; the audit says whom nobody answered."""
    caplog.set_level("INFO", "slack_logging.audit")
    ops.slack.fault(POST, Fault.error("thread_not_found"))
    serve(ops, lambda word: word)
    first, second = ops.say("!do one"), ops.say("!do two")
    ops.settled(first)
    ops.settled(second)
    assert (ops.replies(first), ops.replies(second)) == ([], ["two"])
    lost = [record.getMessage() for record in caplog.records if "lost a reply" in record.getMessage()]
    assert lost == [
        f"command of {ops.slack.user_id('ada')} lost a reply (chat.postMessage: thread_not_found): '!do one'"
    ]


def test_a_command_that_was_deleted_meanwhile_hurts_nobody(ops: Ops) -> None:
    """It runs to its end, and the next is answered."""

    def vanish(*, command: Command) -> str:
        if not stamps:
            stamps.append(command.ts)
            ops.slack.delete(CHANNEL, command.ts)
        return "done"

    stamps: list[str] = []
    serve(ops, vanish)
    ops.say("!do")
    ops.clock.run_until(lambda: stamps and ops.is_all_said)
    assert ops.type("!do") == ({DONE}, ["done"])


def test_a_channel_that_was_archived_meanwhile_is_one_notice(
    ops: Ops, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Each command that got no answer is in the audit."""
    caplog.set_level("INFO", "slack_logging.audit")
    hold = queue.SimpleQueue[None]()
    running: list[str] = []

    def do(*, command: Command) -> str:
        running.append(command.ts)
        ops.clock.wait(hold, None)
        return "done"

    serve(ops, do)
    for _ in range(3):
        ops.say("!do")
    ops.clock.run_until(lambda: len(running) == 3)
    ops.slack.archive(CHANNEL)
    for _ in range(3):
        hold.put(None)
    ops.clock.run_until(lambda: caplog.text.count("lost a reply (chat.postMessage: is_archived") == 3)
    err = capfd.readouterr().err
    assert err.count("a command cannot be answered: chat.postMessage: is_archived (the channel is archived") == 1


def test_a_reply_that_somebody_deleted_is_followed_by_another(ops: Ops) -> None:
    """It holds what was not said before."""

    def steps(*, command: Command) -> Iterator[str]:
        yield "one"
        ops.clock.wait(queue.SimpleQueue(), 3.0)
        [reply] = ops.slack.messages(CHANNEL, thread_ts=command.ts)[1:]
        ops.slack.delete(CHANNEL, reply["ts"])
        yield "two"
        ops.clock.wait(queue.SimpleQueue(), 3.0)
        yield "three"

    serve(ops, steps)
    assert ops.type("!do")[1] == ["two\nthree"]


def test_an_endless_stream_costs_few_calls(ops: Ops) -> None:
    """What piles up while the pace says wait goes in one call; each step is there, in order."""

    def stream(*, command: Command) -> Iterator[str]:
        for number in range(200):
            yield f"line {number:03}"
            ops.clock.wait(queue.SimpleQueue(), 0.1)

    serve(ops, stream)
    _, replies = ops.type("!do")
    assert "\n".join(replies).splitlines() == [f"line {number:03}" for number in range(200)]
    assert len(replies) == 1
    assert calls(ops, POST) == 1
    assert 10 <= calls(ops, EDIT) <= 22


def test_a_full_message_is_followed_by_another(ops: Ops) -> None:
    """Steps are never torn apart."""
    lines = [f"{number:02} " + "x" * 1000 for number in range(7)]

    async def stream(*, command: Command) -> AsyncIterator[str]:
        for line in lines:
            yield line
            ops.clock.wait(queue.SimpleQueue(), 3.0)

    serve(ops, stream)
    replies = ops.type("!do")[1]
    assert [reply.splitlines() for reply in replies] == [lines[:3], lines[3:6], lines[6:]]


def test_replies_of_a_command_are_one_message(ops: Ops) -> None:
    """Each returns when it is there; what is said after the command is over is a message of its own."""
    held: list[Command] = []

    def do(*, command: Command) -> str:
        held.append(command)
        for number in range(3):
            command.reply(f"step {number}")
            assert ops.replies(command.ts)[0].splitlines()[-1] == f"step {number}"
        return "result"

    serve(ops, do)
    _, replies = ops.type("!do")
    assert replies == ["step 0\nstep 1\nstep 2\nresult"]
    for word in ("late", "later"):
        held[0].reply(word)
    assert ops.replies(held[0].ts) == [*replies, "late", "later"]


def test_a_reply_is_what_may_be_returned(ops: Ops) -> None:
    """As `str()` shows it; None is none, or a file alone."""

    def do(*, command: Command) -> list[int]:
        command.reply(5)
        command.reply(None)
        command.reply(None, file=("five.txt", "5"))
        return [5]

    serve(ops, do)
    ts = ops.say("!do")
    assert ops.settled(ts) == ({DONE}, ["5\n[5]"])
    ops.clock.run_until(lambda: ops.files(ts) == {"five.txt": "5"})


def test_a_reply_that_slack_does_not_take_raises(ops: Ops) -> None:
    """After a minute, or at once where it is refused; it is not said behind the program's back later."""
    errors: list[DeliveryError] = []

    def do(*, command: Command) -> str:
        with pytest.raises(Unreachable) as late:
            command.reply("a")
        with pytest.raises(Rejected) as refused:
            command.reply("b")
        errors.extend([late.value, refused.value])
        return "c"

    ops.slack.fault(POST, Fault.rate_limited(90))
    ops.slack.fault(POST, Fault.error("restricted_action"))
    serve(ops, do)
    assert ops.type("!do")[1] == ["c"]
    assert [type(error) for error in errors] == [Unreachable, Rejected]
    assert str(errors[0]) == "chat.postMessage: Slack has not taken the reply within 60 s"


def test_closing_says_what_is_owed(ops: Ops) -> None:
    """Within its time, and no longer than it takes."""
    others = threads()
    router = CommandRouter()
    router.command("do")(lambda: "done")
    source = ops.start(router=router, workers=4)
    stamps = [ops.say("!do") for _ in range(4)]
    ops.clock.run_until(lambda: any(ops.marks(ts) for ts in stamps))
    before = ops.clock.monotonic()
    source.close(10.0)
    assert ops.clock.monotonic() - before < 6
    assert [ops.replies(ts) for ts in stamps] == [["done"]] * 4
    ops.clock.run_until(lambda: not threads() - others)


def threads() -> set[threading.Thread]:
    """Return the threads that say things."""
    names = ("slack_logging-answers", "slack_logging-files")
    return {each for each in threading.enumerate() if each.name.startswith(names)}


def test_what_is_owed_when_closing_is_over_is_audited(ops: Ops, caplog: pytest.LogCaptureFixture) -> None:
    """Slack is down: the program ends in time, and who got no answer is written down."""
    caplog.set_level("INFO", "slack_logging.audit")
    others = threads()
    ops.slack.fault(POST, Fault.server_error(times=None))
    router = CommandRouter()
    router.command("do")(lambda: "done")
    source = ops.start(router=router)
    ts = ops.say("!do")
    ops.clock.run_until(lambda: ops.marks(ts) == {DONE})
    before = ops.clock.monotonic()
    source.close(5.0)
    assert ops.clock.monotonic() - before == pytest.approx(5.0, abs=0.1)
    ops.clock.run_until(lambda: "lost a reply (closed before Slack had taken it): '!do'" in caplog.text)
    ops.clock.run_until(lambda: not threads() - others)


def test_progress_is_shown_at_a_bounded_rate(ops: Ops) -> None:
    """A hundred thousand calls in a tight loop cost no call each; the result takes the place of the last."""
    took: list[float] = []

    def do(*, command: Command) -> str:
        for part in range(4):
            for number in range(25_000):
                command.progress(part * 25_000 + number + 1, 100_000, "rows")
            ops.clock.wait(queue.SimpleQueue(), 4.0)
            took.append(ops.clock.monotonic())
            [shown] = ops.replies(command.ts)
            share = (part + 1) * 25
            bar = "█" * (share // 5) + "░" * (20 - share // 5)
            assert shown == f"{bar} {share} %  {share * 1000:,} of 100,000  rows"
        return "imported"

    serve(ops, do)
    marks, replies = ops.type("!do")
    assert (marks, replies) == ({EYES, DONE}, ["imported"])
    assert calls(ops, POST) == 1
    assert 4 <= calls(ops, EDIT) <= 6


def test_many_that_report_share_the_edits(ops: Ops) -> None:
    """Progress takes 20 edits a minute at most, so that results always find a place."""

    def do(*, command: Command) -> str:
        for number in range(60):
            command.progress(number, 60)
            ops.clock.wait(queue.SimpleQueue(), 1.0)
        return "done"

    serve(ops, do, workers=8)
    stamps = [ops.say("!do") for _ in range(8)]
    ops.clock.run_until(lambda: all(DONE in ops.marks(ts) for ts in stamps) and ops.is_all_said)
    assert [ops.replies(ts) for ts in stamps] == [["done"]] * 8
    times = [call.time for call in ops.slack.calls(EDIT)]
    assert len(times) <= 20 + 8
    assert not any(call.error for call in ops.slack.calls(EDIT))


def test_work_of_a_moment_shows_no_progress(ops: Ops) -> None:
    """Only its result."""

    def do(*, command: Command) -> str:
        command.progress(1, 2)
        return "done"

    serve(ops, do)
    assert ops.type("!do") == ({DONE}, ["done"])
    assert (calls(ops, POST), calls(ops, EDIT)) == (1, 0)


def test_progress_without_a_result_stays(ops: Ops) -> None:
    """With its last figures, however soon they came."""

    def do(*, command: Command) -> None:
        command.progress(1, 3)
        ops.clock.wait(queue.SimpleQueue(), 1.5)
        command.progress(3, 3)

    serve(ops, do)
    assert ops.type("!do")[1] == ["█" * 20 + " 100 %  3 of 3"]


def test_a_failure_takes_the_place_of_progress(ops: Ops) -> None:
    """And of nothing that was said before."""

    def do(*, command: Command) -> Iterator[str]:
        yield "begun"
        command.progress(1, 3)
        ops.clock.wait(queue.SimpleQueue(), 5.0)
        assert ops.replies(command.ts) == ["begun\n██████░░░░░░░░░░░░░░ 33 %  1 of 3"]
        raise ValueError("bad row")

    serve(ops, do)
    assert ops.type("!do") == ({EYES, ERRORED}, ["begun\nValueError: bad row"])


@pytest.mark.parametrize("reports_on", [True, False], ids=["reports on", "hangs"])
@pytest.mark.parametrize("yields", [True, False], ids=["after steps", "a bar alone"])
def test_the_reason_takes_the_place_of_progress_also_where_the_function_goes_on(
    ops: Ops, yields: bool, reports_on: bool
) -> None:
    """What it reports after it was given up is not shown: it is over, as the mark says."""
    hold = queue.SimpleQueue[None]()
    begun = "begun\n" if yields else ""

    def do(*, command: Command) -> Iterator[str]:
        if yields:
            yield "begun"
        for number in range(100):
            command.progress(number, 100)
            ops.clock.wait(hold, 2.0 if reports_on or number < 2 else None)

    serve(ops, do, timeout="10s")
    ts = ops.say("!do")
    ops.clock.run_until(lambda: " %  " in "".join(ops.replies(ts)))
    ops.settled(ts)
    edits = calls(ops, EDIT)
    ops.clock.run_until(lambda: ops.clock.monotonic() > 60)
    assert ops.replies(ts) == [f"{begun}timed out after 10s"]
    assert (calls(ops, POST), calls(ops, EDIT)) == (1, edits)
    hold.put(None)


def test_progress_that_is_reported_by_another_thread_ends_with_the_command(ops: Ops) -> None:
    """Also where that runs anew by then, and shows its own."""
    former: list[Command] = []

    def do(*, command: Command) -> None:
        former.append(command)
        command.progress(len(former), 2)
        ops.clock.wait(queue.SimpleQueue(), 4.0)
        former[0].progress(7, 100)
        ops.clock.wait(queue.SimpleQueue(), 4.0)

    serve(ops, do)
    ts = ops.say("!do")
    ops.settled(ts)
    former[0].progress(8, 100)
    ops.slack.react(CHANNEL, ts, "repeat", user="ada")
    over = ops.clock.monotonic() + 30
    ops.clock.run_until(lambda: ops.clock.monotonic() > over)
    assert [reply.partition(" %  ")[2] for reply in ops.replies(ts)] == ["7 of 100", "2 of 2"]
    assert len(former) == 2


HOSTILE = "<!channel> <@U024BE7LH> *b* `c` \u202egnp.exe \x1b[2J &lt; xoxb-1234567890-abcdefghijkl"
SHOWN = "<!channel> <@U024BE7LH> *b* `c` ⟦U+202E⟧gnp.exe ␛[2J &lt; xoxb-[redacted]"


def test_hostile_text_is_literal_and_without_secrets(ops: Ops) -> None:
    """In replies, reasons, progress notes, and the names and texts of files."""
    notes: list[str] = []

    def do(*, command: Command) -> Iterator[str]:
        command.progress(1, 2, HOSTILE)
        ops.clock.wait(queue.SimpleQueue(), 3.0)
        notes.extend(ops.replies(command.ts))
        command.reply(HOSTILE, file=(f"../{HOSTILE}.txt", HOSTILE))
        yield HOSTILE
        raise ValueError(HOSTILE)

    serve(ops, do)
    _, replies = ops.type("!do")
    assert notes == [f"{'█' * 10}{'░' * 10} 50 %  1 of 2  {SHOWN}"]
    assert replies == [f"{SHOWN}\n{SHOWN}\nValueError: {SHOWN}"]
    [(name, content)] = shared(ops, ops.slack.messages(CHANNEL)[-1]["ts"]).items()
    assert (name, content) == (f"{SHOWN}.txt", HOSTILE.partition("xoxb")[0] + "xoxb-[redacted]")
    sent = str([call.args for method in (POST, EDIT) for call in ops.slack.calls(method)])
    assert "abcdefghijkl" not in sent
    assert "'text': '<!channel>" not in str([call.args.get("text") for call in ops.slack.calls(POST)])


def test_our_own_token_and_the_environments_secrets_are_hidden(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever they look like."""
    monkeypatch.setenv("DB_PASSWORD", "correct horse battery")
    serve(ops, lambda: f"{ops.slack.bot_token} and correct horse battery")
    assert ops.type("!do")[1] == ["[redacted] and [redacted]"]


def test_the_handlers_own_redaction_is_used(ops: Ops) -> None:
    """With what it was told besides."""
    router = CommandRouter()
    router.command("do")(lambda: "the code is tuesday-blue")
    commands = {"channel": CHANNEL, "allow": [ops.slack.user_id("ada")], "start_delay": 0, "router": router}
    handler = SlackHandler(
        "#ops-log",
        token=ops.slack.bot_token,
        api_url=ops.slack.api_url,
        redact={"values": ["tuesday-blue"]},
        commands=commands,
    )
    ts = ops.say("!do")
    ops.clock.run_until(lambda: ops.replies(ts))
    assert ops.replies(ts) == ["the code is [redacted]"]
    handler.close()


def shared(ops: Ops, ts: str, number: int = 1) -> dict[str, str]:
    """Wait until there are so many files in a thread, which Slack shows a moment after it has them; return them."""
    ops.slack.wait_for(lambda: len(ops.files(ts)) >= number)
    return ops.files(ts)


def long_text() -> str:
    """Return a text of many messages."""
    return "\n".join(f"line {number:04d} " + "x" * 90 for number in range(1000))


def test_long_output_is_a_file(ops: Ops) -> None:
    """The reply shows its beginning and says where the whole is; it costs one post."""
    serve(ops, long_text)
    ts = ops.say("!do")
    _, [reply] = ops.settled(ts)
    text = long_text()
    *kept, last = reply.splitlines()
    assert kept == text.splitlines()[: len(kept)]
    assert len(kept) > 20
    assert last == f"... ({len(text):,} characters in all: the file in this thread has them)"
    [(name, content)] = shared(ops, ts).items()
    assert content == text
    assert name.startswith("do-")
    assert name.endswith(".txt")
    assert calls(ops, POST) == 1


def test_long_output_takes_the_place_of_progress(ops: Ops) -> None:
    """In the one reply."""

    def do(*, command: Command) -> str:
        command.progress(1, 2)
        ops.clock.wait(queue.SimpleQueue(), 3.0)
        return long_text()

    serve(ops, do)
    ts = ops.say("!do")
    _, [reply] = ops.settled(ts)
    assert reply.startswith("line 0000")
    assert list(shared(ops, ts).values()) == [long_text()]


def test_without_the_scope_long_output_is_cut(ops: Ops, capfd: pytest.CaptureFixture[str]) -> None:
    """A few messages, and one notice that says which scope to add; the next time no file is tried."""
    scopes = "channels:history channels:read groups:read chat:write reactions:write users:read".split()
    serve(ops, long_text, token=ops.slack.token(*scopes))
    for _ in range(2):
        replies = ops.type("!do")[1]
        assert len(replies) == 5
        lines = "\n".join(replies[:4]).splitlines()
        assert lines == long_text().splitlines()[: len(lines)]
        assert replies[4].startswith("... (cut: ")
    assert calls(ops, "files.getUploadURLExternal") == 1
    err = capfd.readouterr().err
    assert err.count("no file can be shared, and long replies are cut") == 1
    assert "files:write" in err


@pytest.mark.parametrize(
    "fault", [Fault.cut_after(), Fault.cut_before(), Fault.server_error(times=2), Fault.rate_limited(20)]
)
@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
def test_a_file_survives_faults_and_comes_once(ops: Ops, method: str, fault: Fault) -> None:
    """Its answer may be lost; a reply of another command does not wait for it."""
    ops.slack.fault(method, fault)
    serve(ops, long_text)
    ts = ops.say("!do")
    ops.settled(ts)
    assert list(shared(ops, ts).values()) == [long_text()]


def test_a_reply_brings_files_along(ops: Ops, tmp_path: Any) -> None:
    """From a path or from memory; two of one name are told apart, and each call returns when all is there."""
    path = tmp_path / "report.csv"
    path.write_bytes(b"a;b\n")

    def do(*, command: Command) -> None:
        command.reply("the report", file=path)
        assert list(shared(ops, command.ts)) == ["report.csv"]
        command.reply("", file=str(path))
        command.reply("and", file=("data.bin", b"password=hunter2hunter2"))

    serve(ops, do)
    ts = ops.say("!do")
    assert ops.settled(ts) == ({DONE}, ["the report\nand"])
    assert shared(ops, ts, 3) == {"report.csv": "a;b\n", "report-2.csv": "a;b\n", "data.bin": "password=hunter2hunter2"}


def test_a_file_that_cannot_be_attached_is_a_clear_error(ops: Ops, tmp_path: Any) -> None:
    """Nothing is said before it is looked at."""

    def do(*, command: Command) -> None:
        command.reply("here", file=tmp_path / "none.csv")

    serve(ops, do)
    marks, [reply] = ops.type("!do")
    assert marks == {ERRORED}
    assert reply == f"FileNotFoundError: [Errno 2] No such file or directory: '{tmp_path}/none.csv'"


def test_a_file_that_slack_does_not_take_raises(ops: Ops) -> None:
    """The text is there; the program is told about the file."""
    ops.slack.fault("files.getUploadURLExternal", Fault.error("file_upload_size_restricted"))

    def do(*, command: Command) -> None:
        command.reply("here", file=("a.txt", "a"))

    serve(ops, do)
    marks, [reply] = ops.type("!do")
    assert marks == {ERRORED}
    assert reply.startswith("here\nslack_logging.errors.Rejected: files.")


@pytest.fixture
def audited() -> Iterator[logging.Logger]:
    """Return the audit's logger; what a test adds to it is taken off again."""
    logger = logging.getLogger("slack_logging.audit")
    yield logger
    logger.handlers.clear()


def broken() -> None:
    """Fail."""
    raise ValueError("bad row")


def links(ops: Ops, ts: str) -> list[str]:
    """Return the addresses that the replies to a message link to."""
    return [
        item["url"]
        for reply in ops.slack.messages(CHANNEL, thread_ts=ts)[1:]
        for part in reply["blocks"][0]["elements"]
        for item in part["elements"]
        if item["type"] == "link"
    ]


def test_a_failure_has_no_link_where_errors_go_by_webhook(ops: Ops, audited: logging.Logger) -> None:
    """Nothing tells where its message is: it is not looked for, and nobody looks for who mutes it there."""
    handler = SlackHandler(webhook_url=ops.slack.webhook_url("#ops-log"))
    audited.addHandler(handler)
    router = CommandRouter()
    router.command("do")(broken)
    ops.source(router=router).start(handler)
    ts = ops.say("!do")
    ops.clock.run_until(lambda: ops.replies(ts))
    assert (ops.replies(ts), links(ops, ts)) == (["ValueError: bad row"], [])
    assert ops.clock.monotonic() <= 5.0  # a look at the channel
    ops.clock.run_until(lambda: handler.incidents())
    ops.after_sweeps()
    assert ops.slack.calls("reactions.get") == []
    assert "ValueError: bad row" in ops.type("!incidents")[1][0]
    handler.close()


def handler_of(ops: Ops, audited: logging.Logger, function: Callable[..., object]) -> SlackHandler:
    """Return a handler that the audit goes to, and that reads commands."""
    router = CommandRouter()
    router.command("do")(function)
    allow = [ops.slack.user_id("ada")]
    handler = SlackHandler(
        "#ops-log",
        token=ops.slack.bot_token,
        api_url=ops.slack.api_url,
        commands={"channel": CHANNEL, "allow": allow, "start_delay": 0, "router": router},
    )
    audited.addHandler(handler)
    return handler


def test_an_exception_links_to_its_message(ops: Ops, audited: logging.Logger) -> None:
    """The reply is its last line, and leads to the traceback in the records' channel; so does the next one's."""
    handler = handler_of(ops, audited, broken)
    stamps = [ops.say("!do"), ops.say("!do")]
    ops.clock.run_until(lambda: all(ops.replies(ts) for ts in stamps))
    assert [ops.replies(ts) for ts in stamps] == [["ValueError: bad row  traceback"]] * 2
    [incident] = ops.slack.messages("#ops-log")
    assert "bad row" in visible_text(incident)
    address = f"archives/{ops.slack.channel_id('#ops-log')}/p{incident['ts'].replace('.', '')}"
    for ts in stamps:
        [url] = links(ops, ts)
        assert url.endswith(address)
    handler.close()


def test_an_error_whose_message_does_not_come_is_answered_without_a_link(ops: Ops, audited: logging.Logger) -> None:
    """After two seconds; the mark waits for nothing."""
    handler = handler_of(ops, audited, broken)
    handler.addFilter(lambda record: record.levelno < logging.ERROR)
    ts = ops.say("!do")
    ops.clock.run_until(lambda: ops.marks(ts))
    marked = ops.clock.monotonic()
    ops.clock.run_until(lambda: ops.replies(ts))
    assert marked < 1.0
    assert 2.0 <= ops.clock.monotonic() < 3.0
    assert (ops.replies(ts), links(ops, ts)) == (["ValueError: bad row"], [])
    handler.close()


def test_nobody_waits_where_no_handler_hears_the_audit(ops: Ops) -> None:
    """The reply comes at once."""
    serve(ops, broken)
    ts = ops.say("!do")
    ops.clock.run_until(lambda: ops.replies(ts))
    assert ops.clock.monotonic() < 1.0
    assert (ops.replies(ts), links(ops, ts)) == (["ValueError: bad row"], [])


def test_an_interrupted_command_is_told_in_its_one_reply(ops: Ops) -> None:
    """As its last line: who reads what it said before is not to think that this was all."""
    hold = queue.SimpleQueue[None]()

    def do() -> Iterator[str]:
        yield "begun"
        ops.clock.wait(hold, None)

    router = CommandRouter()
    router.command("do")(do)
    source = ops.start(router=router)
    ts = ops.say("!do")
    ops.clock.run_until(lambda: ops.replies(ts))
    source.close(5.0)
    replies = ops.replies(ts)
    assert ops.marks(ts) == {EYES, INTERRUPTED}
    assert [reply.partition(": ")[0] for reply in replies] == ["begun\ninterrupted"]
    hold.put(None)
