"""`slack-logging demo`, as it is typed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from slack_logging.cli import main
from slack_logging.demo.orders import COLUMNS
from slack_logging.local import LocalSlack

#: What must make no difference to a demo on the local Slack.
MISLEADING = {
    "SLACK_BOT_TOKEN": "xoxb-somebody-elses",
    "SLACK_API_URL": "http://127.0.0.1:9/api/",
    "SLACK_LOGGING_COMMANDS": "off",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
}


@pytest.fixture(autouse=True)
def same_signals() -> Iterator[None]:
    """Put back what the command, run in this process, made of the signals that end it."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    former = {name: signal.getsignal(signal.Signals[name]) for name in names}
    yield
    for name, handler in former.items():
        signal.signal(signal.Signals[name], handler)


@contextlib.contextmanager
def demo(folder: Path, *arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command in an empty folder; it is ended in any case."""
    command = [sys.executable, "-m", "slack_logging", "demo", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1", "COLUMNS": "140"}
    with subprocess.Popen(
        command, cwd=folder, env={**environment, **environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def output(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def read_until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Read lines, shown where the test fails, until one matches; the test's own timeout ends it if none does."""
    for line in output(process):
        print(line, end="")
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"no line has {pattern!r}")


def type_at(page: str, text: str) -> None:
    """Type a line in #ops-commands as ada, as the page does."""
    with urllib.request.urlopen(f"{page}/page/state") as answer:  # noqa: S310 - our own page
        state = json.load(answer)
    channel = next(found["id"] for found in state["channels"] if found["name"] == "ops-commands")
    user = next(found["id"] for found in state["users"] if found["name"] == "ada")
    body = json.dumps({"channel": channel, "user": user, "text": text}).encode()
    request = urllib.request.Request(f"{page}/page/say", body, {"Content-Type": "application/json"})  # noqa: S310
    urllib.request.urlopen(request).close()  # noqa: S310


def test_somebody_at_the_page_steers_the_import(tmp_path: Path) -> None:
    """What is typed on the page takes effect, the terminal shows it, and Ctrl-C ends the demo cleanly, also twice."""
    (tmp_path / "temporary").mkdir()
    with demo(tmp_path, **MISLEADING, TMPDIR=str(tmp_path / "temporary")) as process:
        page = read_until(process, r"^(http://127\.0\.0\.1:\d+)/ is a Slack of your own")[1]
        read_until(process, "Ctrl-C")
        type_at(page, "!pause")
        read_until(process, "#ops-commands ada  !pause")
        for _ in range(2):  # mark and reply come in either order
            read_until(process, "paused: [0-9,]+ of 3,000 lines read|#ops-commands ops  ✅ on: !pause")
        process.send_signal(signal.SIGINT)
        read_until(process, "^Ending")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        rest = output(process).read()

        assert process.wait() == 0
    assert "it adds up" in rest
    assert "not delivered" not in rest
    assert "Traceback (most recent call last):\n  File" not in rest
    assert list(tmp_path.iterdir()) == [tmp_path / "temporary"]
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_address_comes_first_whatever_the_file_holds(tmp_path: Path) -> None:
    """A price of a million digits is one bad line: nothing waits for it, and Ctrl-C ends the demo at once."""
    file = tmp_path / "mine.csv"
    bad = "1001,2026-09-01T06:10:26,C1001,Ida,ida@example.org,TEA-0101,1,1e999990,EUR"
    file.write_text("\n".join([",".join(COLUMNS), *[bad] * 20]), encoding="utf-8")
    with demo(tmp_path, str(file)) as process:
        assert re.match(r"http://127\.0\.0\.1:\d+/ is a Slack of your own", output(process).readline())
        read_until(process, "OverflowError: unit_price '1e999990' is too large")
        process.send_signal(signal.SIGINT)
        rest = output(process).read()

        assert process.wait() == 0
    assert "it adds up" in rest


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_script_checks_every_command_and_the_counters(tmp_path: Path) -> None:
    """`--once` types every command, sees its effect, accounts for every record and exits 0."""
    with demo(tmp_path, "--once", **MISLEADING) as process:
        text, _ = process.communicate()

        assert process.returncode == 0, text
    table = dict(re.findall(r"^  ([a-zA-Z ]+?) +([\d,]+)$", text, re.MULTILINE))
    assert int(table["records logged"]) == int(table["shown"]) + int(table["merged"])
    assert (table["dropped"], table["commands run"]) == ("0", "7")
    assert re.search(r"^  ok  ada  !retry 1042 .* the order is imported$", text, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_script_runs_with_any_file_of_that_shape(tmp_path: Path) -> None:
    """One line, and that one bad, is enough to play on; the order that is retried is not there, and that is said."""
    file = tmp_path / "mine.csv"
    file.write_text(",".join(COLUMNS) + "\nbad\n", encoding="utf-8")
    with demo(tmp_path, "--once", str(file)) as process:
        text, _ = process.communicate()

        assert process.returncode == 0, text
    assert re.search(r"^  ok  ada  !retry 1042 .*, no such order had failed$", text, re.MULTILINE)


#: What a program without room for files writes of its own would be cut, and break the next one.
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit for the size of files")
def test_a_disk_without_room_is_what_the_script_names(tmp_path: Path) -> None:
    """Not the command that happened to be next, nor after a minute in which nothing can happen any more."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, before[1]))  # the database outgrows it; the child inherits it
    try:
        with demo(tmp_path, "--once", **NO_BYTECODE) as process:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            text, _ = process.communicate()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert process.returncode == 1
    assert re.search("^FAILED: the import's database, in the temporary directory: .*disk", text, re.MULTILINE)


def test_on_a_real_workspace_the_token_and_the_channels_are_yours(tmp_path: Path) -> None:
    """`--real` logs to the Slack that the environment and the options name, until its terminal is closed."""
    with LocalSlack() as slack:
        real = ["--real", "--channel", "#ops-log", "--commands-channel", "#ops-commands"]
        with demo(tmp_path, *real, "--allow", slack.user_id("ada"), **slack.environ) as process:
            read_until(process, "In #ops-commands type:")
            slack.wait_for(lambda: slack.messages("#ops-log"))
            process.send_signal(getattr(signal, "SIGHUP", signal.SIGTERM))
            rest = output(process).read()
            assert process.wait() == 0
    table = dict(re.findall(r"^  ([a-zA-Z ]+?) +([\d,]+)$", rest, re.MULTILINE))
    assert list(table) == ["records logged", "shown", "merged", "dropped", "pending"]
    assert re.search(r"^  \d+ logged = \d+ shown .*: it adds up$", rest, re.MULTILINE)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "empty; expected a header and orders: order_id,"),
        (b"id,name\n1,x\n", "its header is 'id,name'; expected order_id,"),
        (b"\xff\xfe\x00", "not UTF-8: byte 0xff at offset 0"),
        (b"\x00", "holds NUL characters"),
    ],
)
def test_an_unusable_file_is_one_line_and_nothing_else(
    content: bytes | None, error: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file that is no list of orders ends the demo before it begins."""
    file = tmp_path / "mine.csv"
    if content is not None:
        file.write_bytes(content)

    assert main(["demo", str(file), "--once"]) == 1

    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(f"slack-logging demo: {file}: {error}")
    assert err.count("\n") == 1


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    """It names the file that there is no room for."""
    limited = (
        "import resource, sys; from slack_logging.cli import main; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)); sys.exit(main(['demo']))"
    )
    environ = {**os.environ, **NO_BYTECODE, "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", limited], env=environ, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 1, done.stderr
    said = done.stderr.splitlines()[-1]  # one more may tell that commands are read
    assert re.fullmatch(rf"slack-logging demo: {tmp_path}/.*/orders.db: the database cannot be made: .*", said)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no such device")
def test_a_full_standard_output_is_one_line(tmp_path: Path) -> None:
    """It says where there is no space left: nobody thinks of the transcript."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "slack_logging", "demo"],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == "slack-logging demo: [Errno 28] No space left on device: 'standard output'\n"


def test_a_folder_is_no_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A directory is refused like any other unreadable file."""
    assert main(["demo", str(tmp_path)]) == 1
    assert capfd.readouterr().err == f"slack-logging demo: {tmp_path}: cannot be read: Is a directory\n"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--real"], "--real needs --channel and --commands-channel and --allow too"),
        (["--real", "--channel", "c", "--allow", "U1"], "--real needs --commands-channel too"),
        (["--allow", "U1"], "--allow is for --real: add that, or leave --allow out"),
        (
            ["--real", "--once", "--channel", "c", "--commands-channel", "d", "--allow", "U1"],
            "--once plays its script on the local Slack only: leave --real out",
        ),
    ],
)
def test_options_that_do_not_go_together_are_one_line(
    options: list[str], error: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody ends up on a real workspace, or on the local one, by leaving something out."""
    assert main(["demo", *options]) == 1
    assert capfd.readouterr() == ("", f"slack-logging demo: {error}\n")


@pytest.mark.parametrize(
    ("allow", "environ", "error"),
    [
        ("U024BE7LH", {"SLACK_BOT_TOKEN": ""}, "token: no token: set SLACK_BOT_TOKEN"),
        ("@ada", {"SLACK_BOT_TOKEN": "xoxb-test-bot"}, "'@ada' is no id of a user"),
        (
            "U024BE7LH",
            {"SLACK_BOT_TOKEN": "xoxb-1-2", "SLACK_API_URL": "http://127.0.0.1:9/api/"},
            "no answer from http://127.0.0.1:9/api/",
        ),
        (
            "U024BE7LH",
            {"SLACK_BOT_TOKEN": "xoxb-1-2", "SLACK_LOGGING_COMMANDS": "OFF "},
            "SLACK_LOGGING_COMMANDS=off: nobody would read what you type",
        ),
    ],
)
def test_a_wrong_token_or_id_for_a_real_workspace_is_one_line(
    allow: str,
    environ: dict[str, str],
    error: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What cannot work on the workspace is said before anything is done there."""
    monkeypatch.delenv("SLACK_BOT_TOKEN_FILE", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert main(["demo", "--real", "--channel", "#a", "--commands-channel", "#b", "--allow", allow]) == 1

    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert error in err


@pytest.mark.parametrize(
    ("options", "environ", "error"),
    [
        ({"--channel": "#nope"}, {}, "#nope: the bot sees no channel of that name"),
        ({"--commands-channel": "#nope"}, {}, "#nope: the bot sees no channel of that name"),
        ({"--commands-channel": "C0OPSLOG0"}, {}, "is the channel of records and of commands: use two"),
        ({"--allow": "U024BE7LH"}, {}, "U024BE7LH: Slack knows nobody of that id"),
        ({}, {"SLACK_BOT_TOKEN": "xoxb-nope"}, "Slack does not know the token from SLACK_BOT_TOKEN"),
    ],
)
def test_what_a_real_workspace_would_refuse_is_one_line_before_anything_begins(
    options: dict[str, str],
    environ: dict[str, str],
    error: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A missing channel, one channel by name and id, a token that is nobody's: no import begins."""
    with LocalSlack() as slack:
        for name, value in {**slack.environ, **environ}.items():
            monkeypatch.setenv(name, value)
        given = {"--channel": "#ops-log", "--commands-channel": "#ops-commands", "--allow": slack.user_id("ada")}
        words = [word for pair in {**given, **options}.items() for word in pair]

        assert main(["demo", "--real", *words]) == 1

        out, err = capfd.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith("slack-logging demo: ")
        assert error in err
        assert slack.messages("#ops-log") == []


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    """A port that somebody else listens on ends the demo with the port's number and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo(tmp_path, "--port", str(port)) as process:
            text, _ = process.communicate()

            assert process.returncode == 1
    assert text.startswith(f"slack-logging demo: cannot listen on 127.0.0.1:{port} (")
    assert text.count("\n") == 1


def test_without_aiohttp_the_error_names_the_extra(tmp_path: Path) -> None:
    """The local Slack is an extra; whoever has not installed it is told how."""
    (tmp_path / "aiohttp.py").write_text("raise ModuleNotFoundError('no aiohttp', name='aiohttp')", encoding="utf-8")
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from slack_logging.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script, "demo"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr == 'slack-logging demo: slack_logging.local needs aiohttp: pip install "slack-logging-ops[local]"\n'
    )
