"""`slack-logging send`: every line is accounted for."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slack_logging.console import send, world
from slack_logging.local import Fault, LocalSlack, visible_text
from slack_logging.passive.messages.medium import SLACK
from slack_logging.passive.records.capture import MAX_CHARS
from slack_logging.testing import FakeClock
from tests.console.conftest import Ended, Run

COMMAND = [sys.executable, "-m", "slack_logging", "send", "--channel", "#ops-log"]

Sent = Callable[..., Ended]


@pytest.fixture
def slack(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSlack]:
    """Run a Slack on the test's clock, rate limits on, which the environment leads to."""
    with LocalSlack(clock=clock) as local:
        for name, value in local.environ.items():
            monkeypatch.setenv(name, value)
        yield local


@pytest.fixture
def live() -> Iterator[LocalSlack]:
    """Run a Slack for another process, on the machine's clock."""
    with LocalSlack(rate_limit=0) as local:
        yield local


@pytest.fixture
def sent(run: Run, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Return a function that sends what standard input has to #ops-log."""

    def sent(content: bytes | io.BytesIO, *options: str, channel: str = "#ops-log") -> Ended:
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        where = () if "--channel" in options else ("--channel", channel)
        return run("send", *where, *options)

    return sent


def shown(slack: LocalSlack) -> list[str]:
    """Return the lines of records in #ops-log, without their times."""
    text = "\n".join(visible_text(message) for message in slack.messages("#ops-log"))
    return re.findall(r"^:\w+: \d\d:\d\d:\d\d UTC (.*)$", text, re.MULTILINE)


def test_each_line_is_a_record(slack: LocalSlack, sent: Sent) -> None:
    """Blank ones are left out, equal neighbours counted; the last line needs no end, bad UTF-8 is replaced."""
    ended = sent(b"one\n\ntwo\r\ntwo\n  in\ncaf\xe9")
    assert ended == (0, [], ["slack-logging send: 5 lines read: 4 shown, 1 merged into equal ones"])
    assert shown(slack) == ["stdin one", "stdin two x2", "stdin   in", "stdin caf\ufffd"]


def test_a_terminals_colours_are_left_out(slack: LocalSlack, sent: Sent) -> None:
    """What else cannot be seen is shown, as of any record."""
    assert sent(b"\x1b[1;32mPASSED\x1b[0m\x1b[K test\x07\n")[0] == 0
    assert "PASSED test␇" in visible_text(slack.messages("#ops-log")[0])


def test_a_file_is_read_with_level_and_logger(slack: LocalSlack, run: Run, tmp_path: Path) -> None:
    """As the options say."""
    (tmp_path / "nightly.log").write_text("done\n")
    ended = run(
        "send", "--channel", "#ops-log", "--level", "error", "--logger", "nightly", str(tmp_path / "nightly.log")
    )
    assert ended == (0, [], ["slack-logging send: 1 line read: 1 shown"])
    [message] = slack.messages("#ops-log")
    assert visible_text(message).startswith(":red_circle: ")
    assert shown(slack) == ["nightly done"]


def test_json_lines_are_entries(slack: LocalSlack, sent: Sent) -> None:
    """With a level, a logger and a time of their own; what is no entry is sent as it stands."""
    entry = {"message": "no stock", "level": "WARNING", "logger": "shop", "time": "2023-11-14T22:13:20Z"}
    ended = sent(f"{json.dumps(entry)}\nplain\n".encode(), "--json")
    assert (ended.status, ended.err[-1]) == (0, "slack-logging send: 2 lines read: 2 shown")
    [message] = slack.messages("#ops-log")
    assert ":warning: 22:13:20 UTC shop no stock" in visible_text(message)
    assert shown(slack) == ["shop no stock", "stdin plain"]


def test_an_error_in_another_librarys_line_is_shown_with_its_traceback(slack: LocalSlack, sent: Sent) -> None:
    """At its own time, as its logger's; a field that no record can have is shown under a name like its own."""
    entry = {
        "asctime": "2023-11-14 22:13:20,310",
        "levelname": "ERROR",
        "name": "svc.web",
        "message": "plain A",
        "exc_info": 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: 1',
        "_user": 7,
    }
    ended = sent(f"{json.dumps(entry)}\n".encode(), "--json")
    assert ended == (0, [], ["slack-logging send: 1 line read: 1 shown"])
    [message] = slack.messages("#ops-log")
    text = visible_text(message)
    assert ":13:20 UTC svc.web plain A  user_=7" in text
    assert 'File "a.py", line 1, in f\nKeyError: 1' in text


def test_a_long_line_is_one_record(slack: LocalSlack, sent: Sent) -> None:
    """However long: it is cut where a record is, and told by its number; the next line is the next record."""
    fits, longer, longest = b"a" * MAX_CHARS, b"b" * (MAX_CHARS + 1), b"c" * (2 * send._MAX_LINE)
    ended = sent(b"\n".join([fits, longer, longest, b"d"]))
    assert ended == (
        0,
        [],
        [
            "slack-logging send: lines 2, 3: longer than a record can be, cut after 256 KiB of text",
            "slack-logging send: 4 lines read: 4 shown",
        ],
    )
    assert shown(slack)[-1] == "stdin d"
    content = b"".join(file.content for file in slack.files("#ops-log"))
    assert (content.count(fits), content.count(b"(cut: 262,145 characters in all)")) == (1, 1)


def test_a_long_entry_is_read_as_one(slack: LocalSlack, sent: Sent) -> None:
    """Though its JSON takes far more than its text; one that is too long even to be read is text, and cut."""
    entry = {"message": "\u00e9" * 200_000, "level": "WARNING", "logger": "shop"}
    ended = sent(f"{json.dumps(entry)}\n{json.dumps({'message': 'x' * send._MAX_LINE})}\n".encode(), "--json")
    assert ended == (
        0,
        [],
        [
            'slack-logging send: line 2: no JSON object with a "message", sent as text',
            "slack-logging send: line 2: longer than a record can be, cut after 256 KiB of text",
            "slack-logging send: 2 lines read: 2 shown",
        ],
    )
    assert shown(slack)[0].startswith("shop \u00e9\u00e9\u00e9")


def test_reading_waits_for_slack(slack: LocalSlack, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read and is not in Slack yet stays below a bound, whatever comes."""
    monkeypatch.setattr(send, "_MESSAGES_AT_ONCE", 50 * (send._FRAME + 8) / SLACK.room)
    in_slack = []

    class Watched(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            in_slack.append(len(shown(slack)))
            return super().readline(size)

    ended = sent(Watched(b"".join(f"line{number:03}\n".encode() for number in range(200))))
    assert ended == (0, [], ["slack-logging send: 200 lines read: 200 shown"])
    assert in_slack[50::50] == [50, 100, 150, 200]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.error("channel_not_found", times=None), "nothing is posted to #ops-log, records are kept: chat.postM"),
        (Fault.server_error(times=None), "cannot post to #ops-log, and keeps trying: chat.postMessage: HTTP"),
    ],
)
def test_what_slack_does_not_take_is_told(
    clock: FakeClock, slack: LocalSlack, sent: Sent, fault: Fault, reason: str
) -> None:
    """At once where it refuses, after the timeout where it fails; every line is accounted for."""
    slack.fault("chat.postMessage", fault)
    ended = sent(b"one\ntwo\n", "--timeout", "30s")
    assert (ended.status, ended.err[-1]) == (1, "slack-logging send: 2 lines read: 0 shown, 2 not sent")
    assert ended.err[0].startswith(f"slack_logging: {reason}")
    slack.clear_faults()
    clock.run_until(lambda: shown(slack))  # its thread ends then


def test_what_the_handler_leaves_out_is_told(slack: LocalSlack, sent: Sent) -> None:
    """Records of this package and of slack_sdk are nobody's to send: the status says that they are missing."""
    ended = sent(b'{"message": "m", "logger": "slack_sdk.web"}\n{"message": "plain"}\n', "--json")
    assert ended.status == 1
    assert ended.err == ["slack-logging send: 2 lines read: 1 shown, 1 left out (slack_logging's or slack_sdk's own)"]


@pytest.mark.parametrize(
    ("environ", "options", "says"),
    [
        ({"SLACK_BOT_TOKEN": ""}, [], "auth.test: not_authed (no token: set SLACK_BOT_TOKEN to the app's"),
        ({"SLACK_BOT_TOKEN": "xoxb-test-no"}, [], "auth.test: invalid_auth (Slack does not know the token from SLACK_"),
        ({"SLACK_BOT_TOKEN": "xapp-1"}, [], "auth.test: not_allowed_token_type (SLACK_BOT_TOKEN holds an app-level"),
        ({}, ["nowhere.log"], "nowhere.log: cannot be read: No such file or directory"),
        (
            {},
            ["--channel", "two words"],
            "channel='two words': expected a channel's name such as '#ops-log', or its id",
        ),
    ],
)
def test_what_cannot_begin_is_one_line(
    slack: LocalSlack,
    sent: Sent,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    options: list[str],
    says: str,
) -> None:
    """Nothing is read then."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    ended = sent(b"one\n", *options)
    [line] = ended.err
    assert (ended.status, line[: len(f"slack-logging send: {says}")]) == (1, f"slack-logging send: {says}")
    assert sys.stdin.readline() == "one\n"


@pytest.mark.parametrize(
    ("channel", "without", "says"),
    [
        ("#opslog", "", "#opslog: the bot sees no channel of that name (did you mean #ops-log?): check it, or create"),
        ("C0NOPE", "", "C0NOPE: the bot sees no channel of that id: check it; if it is private, type /invite @ops in"),
        ("#old", "", "#old: C0OLD0000, public, is archived: unarchive it, or use another"),
        ("#there", "chat:write.public", "#there: C0THERE00, public: the bot is not a member: type /invite @ops in it"),
        ("#ops-log", "chat:write", "scope chat:write: missing, and needed to post records and replies: add it to the"),
    ],
)
def test_where_nothing_can_be_posted_nothing_is_read(
    slack: LocalSlack, sent: Sent, monkeypatch: pytest.MonkeyPatch, channel: str, without: str, says: str
) -> None:
    """A pipe would be held, and emptied, for what does not mend itself."""
    slack.add_channel("old", archived=True)
    slack.add_channel("there", bot_is_member=False)
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token(*(slack.app.scopes - {without})))
    ended = sent(b"one\n", channel=channel)
    [line] = ended.err
    assert (ended.status, line[: len(f"slack-logging send: {says}")]) == (1, f"slack-logging send: {says}")
    assert sys.stdin.readline() == "one\n"
    assert slack.calls("chat.postMessage") == []


@pytest.mark.parametrize("method", ["auth.test", "users.conversations"])
@pytest.mark.parametrize("fault", [Fault.server_error(), Fault.cut_before(), Fault.rate_limited(40), Fault.error("no")])
def test_a_slack_that_does_not_say_is_posted_to(slack: LocalSlack, sent: Sent, method: str, fault: Fault) -> None:
    """As it may be back by then; only a token that is refused ends it."""
    slack.fault(method, fault)
    ended = sent(b"one\n")
    is_refused = method == "auth.test" and fault == Fault.error("no")
    assert (ended.status, shown(slack)) == ((1, []) if is_refused else (0, ["stdin one"]))


@pytest.mark.parametrize(
    ("name", "scopes"),
    [("#ops-log", []), ("#ops-log", ["groups:read"]), ("C0SECRET0", ["channels:read"]), ("#there", ["channels:read"])],
)
def test_a_channel_that_is_not_seen_is_posted_to(
    slack: LocalSlack, sent: Sent, monkeypatch: pytest.MonkeyPatch, name: str, scopes: list[str]
) -> None:
    """For want of a scope, or as there are too many; posting needs none of them."""
    slack.add_channel("secret", private=True)
    slack.add_channel("there", bot_is_member=False)
    monkeypatch.setattr(world, "_PAGE", 1)
    monkeypatch.setattr(world, "_PAGES", 1)
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token("chat:write", "chat:write.public", "files:write", *scopes))
    assert sent(b"one\n", channel=name).err == ["slack-logging send: 1 line read: 1 shown"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--level", "LOUD"], "argument --level: 'LOUD' is no level: give one such as WARNING, or a number"),
        (["--timeout", "soon"], "argument --timeout: 'soon' is no duration: write seconds, or such as 90s, 10m, 1h30m"),
    ],
)
def test_a_wrong_option_is_one_line(run: Run, capfd: pytest.CaptureFixture[str], options: list[str], says: str) -> None:
    """With what was expected."""
    with pytest.raises(SystemExit) as caught:
        run("send", "--channel", "#ops-log", *options)
    [line] = capfd.readouterr().err.splitlines()
    assert (caught.value.code, line.startswith(f"slack-logging send: {says}")) == (2, True)


def test_as_a_program_of_its_own_it_ends_when_its_input_does(live: LocalSlack) -> None:
    """Its standard output stays empty, its standard error has the account."""
    ended = subprocess.run(
        COMMAND,
        input="one\ntwo\n",
        env={**os.environ, **live.environ},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == "slack-logging send: 2 lines read: 2 shown\n"
    assert shown(live) == ["stdin one", "stdin two"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_reading_and_sends_what_was_read(live: LocalSlack, number: signal.Signals) -> None:
    """A line that still waited for company goes out; the input need not have ended."""
    with subprocess.Popen(
        [*COMMAND, "--json"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **live.environ},
    ) as sending:
        assert sending.stdin is not None
        assert sending.stderr is not None
        sending.stdin.write('{"message": "waits"}\n{"message": "urgent", "level": "ERROR"}\n')
        sending.stdin.flush()
        live.wait_for(lambda: "stdin urgent" in shown(live))
        sending.send_signal(number)
        errors = sending.stderr.read()
        assert sending.wait(timeout=20) == 130
    assert sorted(shown(live)) == ["stdin urgent", "stdin waits"]
    *left, account = errors.splitlines()  # nothing is left where the machine was slow
    told = r"slack-logging send: (1 line is|2 lines are) still to be sent; Ctrl-C again ends at once"
    assert all(re.fullmatch(told, line) for line in left)
    assert account == "slack-logging send: 2 lines read: 2 shown"


def test_a_second_signal_ends_at_once(live: LocalSlack) -> None:
    """Though Slack does not answer; nothing follows the account."""
    live.fault("chat.postMessage", Fault.server_error(times=None))
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **live.environ}
    ) as sending:
        assert sending.stdin is not None
        assert sending.stderr is not None
        sending.stdin.write("one\ntwo\n")
        sending.stdin.close()
        live.wait_for(lambda: live.calls("chat.postMessage") != [])
        sending.send_signal(signal.SIGINT)
        written = iter(sending.stderr.readline, "")
        assert any("still to be sent; Ctrl-C again ends at once" in line for line in written)  # of one line, or of both
        sending.send_signal(signal.SIGINT)
        *_, account = written
        assert sending.wait(timeout=20) == 130
    assert re.fullmatch(r"slack-logging send: (1 line|2 lines) read: 0 shown, [12] not sent\n", account)


@pytest.mark.parametrize(
    ("number", "account"),
    [(signal.SIGTERM, "1 line read: 1 shown"), (signal.SIGINT, "1 line read: 0 shown, 1 not sent")],
)
def test_a_signal_that_comes_over_and_over_costs_no_account(
    clock: FakeClock,
    slack: LocalSlack,
    sent: Sent,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    account: str,
) -> None:
    """SIGTERM, which timeout(1) sends twice, ends reading and no more; a second Ctrl-C ends it, and a third nothing."""

    class Interrupted(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            if not line:
                signal.raise_signal(number)
            return line

    class Interrupting(io.StringIO):
        def write(self, text: str) -> int:
            signal.raise_signal(number)
            return super().write(text)

    errors = Interrupting()
    monkeypatch.setattr(sys, "stderr", errors)
    with contextlib.ExitStack() as after:
        for each in (signal.SIGINT, signal.SIGTERM):
            after.callback(signal.signal, each, signal.getsignal(each))
        assert sent(Interrupted(b"one\n")).status == 130
    assert errors.getvalue().endswith(f"slack-logging send: {account}\n")
    clock.run_until(lambda: shown(slack))  # its thread ends then


def test_the_account_is_the_last_line(live: LocalSlack) -> None:
    """Where Slack refuses all, too: what is lost is told once."""
    live.fault("chat.postMessage", Fault.error("channel_not_found", times=None))
    ended = subprocess.run(
        COMMAND,
        input="one\ntwo\n",
        env={**os.environ, **live.environ},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    first, account = ended.stderr.splitlines()
    assert (ended.returncode, account) == (1, "slack-logging send: 2 lines read: 0 shown, 2 not sent")
    assert first.startswith("slack_logging: nothing is posted to #ops-log, records are kept: ")


def test_a_terminal_sees_how_far_it_is(live: LocalSlack) -> None:
    """In one line, which is empty again when the account comes."""
    terminal, end = pty.openpty()
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stderr=end, env={**os.environ, **live.environ}) as sending:
        os.close(end)
        sending.communicate(b"one\ntwo\n", timeout=30)
    with open(terminal, "rb") as stream:
        written = b""
        with contextlib.suppress(OSError):  # what Linux says at the end of a terminal whose other side is closed
            while part := stream.read1():
                written += part
    *states, account, _ = re.split(r"\r\n|\r", written.decode())
    assert re.fullmatch(r"1 line read, 0 in Slack, [01] waiting", states[1])
    assert states[-1].strip() == ""
    assert account == "slack-logging send: 2 lines read: 2 shown"


def test_where_there_is_no_terminal_a_line_now_and_then_says_how_far_it_is(slack: LocalSlack, sent: Sent) -> None:
    """Every half a minute, for whoever reads a build's log meanwhile."""
    slack.fault("chat.postMessage", Fault.rate_limited(70))
    ended = sent(b"one\ntwo\n")
    state = "slack-logging send: 2 lines read, 0 in Slack, 2 waiting"
    assert [line for line in ended.err if line.startswith("slack-logging ")] == [
        state,
        state,
        "slack-logging send: 2 lines read: 2 shown",
    ]


def test_lines_that_are_not_what_they_should_be_are_named(slack: LocalSlack, sent: Sent) -> None:
    """A level that is none and a line that is no entry are shown nevertheless; a level that is left out is fine."""
    lines = [
        {"message": "a", "level": "LOUD"},
        {"message": "b", "level": "LOUDER"},
        {"message": "c"},
        {"level": "INFO"},
    ]
    ended = sent("\n".join(map(json.dumps, lines)).encode(), "--json")
    assert (ended.status, len(shown(slack))) == (0, 4)
    assert ended.err == [
        "slack-logging send: lines 1, 2: no level of that name, the default is shown",
        'slack-logging send: line 4: no JSON object with a "message", sent as text',
        "slack-logging send: 4 lines read: 4 shown",
    ]


def test_of_many_lines_the_first_are_named(slack: LocalSlack, sent: Sent) -> None:
    """By where they stand in the file, in which blank lines and very long ones are lines, too."""
    long = b"x" * 200_000
    ended = sent(b'\n{"message": "a"}\n' + long + b"\n\n" + b"7\n" * 1200, "--json")
    assert ended.status == 0
    assert ended.err[0] == (
        'slack-logging send: lines 3, 5, 6, 7, 8 and 1,196 more: no JSON object with a "message", sent as text'
    )


def test_a_file_that_is_missing_is_told_before_the_token(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a token that is missing by the variables that the command line knows."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "")
    monkeypatch.delenv("SLACK_BOT_TOKEN_FILE", raising=False)
    assert "nowhere.log: cannot be read" in run("send", "--channel", "#ops-log", "nowhere.log").err[0]
    [line] = run("send", "--channel", "#ops-log", __file__).err
    assert "no token: set SLACK_BOT_TOKEN to" in line
    assert "token=" not in line
