"""The command line: what is wrong is one plain line and an exit status that is not 0."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slack_logging.cli import main
from slack_logging.local import LocalSlack, visible_text


def ran(*typed: str, stdout: int) -> tuple[int, str]:
    """Return the status of a program whose output goes somewhere, through a buffer, and what it said on stderr."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "slack_logging", *typed]
    done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environ, timeout=50)
    return done.returncode, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("typed", [(), ("--version",), ("local", "--help"), ("manifest",), ("check",)])
def test_what_cannot_be_written_is_told(typed: tuple[str, ...]) -> None:
    """In one line that says where to, also where it is written only at the very end."""
    with open("/dev/full", "wb") as full:
        status, said = ran(*typed, stdout=full.fileno())
    name = " ".join(["slack-logging", *typed[:1]]) if typed[:1] != ("--version",) else "slack-logging"
    assert (status, said) == (1, f"{name}: [Errno 28] No space left on device: 'standard output'\n")


@pytest.mark.parametrize("typed", ["--help", "manifest"])
def test_who_stops_reading_needs_no_word(typed: str) -> None:
    """As with `head`; only the status tells."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert ran(typed, stdout=writer) == (1, "")
    finally:
        os.close(writer)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["locl"], "slack-logging: there is no command 'locl': did you mean local?; slack-logging --help says more"),
        (["zzz"], "slack-logging: there is no command 'zzz': check, demo, local, manifest, send; slack-logging --help"),
        (["local", "--port", "x"], "slack-logging local: argument --port: 'x' is no port: give a number from 0 to"),
        (
            ["local", "--prot", "1"],
            "slack-logging local: unrecognized arguments: --prot (did you mean --port?); slack-logging local --help",
        ),
        (
            ["send", "--levl", "INFO", "l.txt", "--channel", "#x"],
            "slack-logging send: unrecognized arguments: --levl (did you mean --level?); slack-logging send --help",
        ),
        (
            ["check", "--chanel", "#ops-log"],
            "slack-logging check: unrecognized arguments: --chanel (did you mean --channel?); slack-logging check",
        ),
        *(
            (
                [command, option],
                f"slack-logging {command}: argument {option}: expected one argument (in a shell, write '#name' in ",
            )
            for command, option in [("send", "--channel"), ("check", "--channel"), ("demo", "--commands-channel")]
        ),
        (["check", "--allow"], "slack-logging check: argument --allow: expected one argument; slack-logging"),
        (
            ["demo", "--onec"],
            "slack-logging demo: unrecognized arguments: --onec (did you mean --once?); slack-logging",
        ),
        (
            ["send", "--chanel", "#x"],
            "slack-logging send: unrecognized arguments: --chanel (did you mean --channel?); ",
        ),
        (
            ["send", "--webhook=u"],
            "slack-logging send: unrecognized arguments: --webhook=u (did you mean --webhook-url?)",
        ),
        (
            ["send", "x.log"],
            "slack-logging send: one of the arguments --channel --webhook-url is required; slack-logging",
        ),
        (["check", "#a"], "slack-logging check: unrecognized arguments: #a; slack-logging check --help says more"),
        (["manifest", "--bogus"], "slack-logging manifest: unrecognized arguments: --bogus; slack-logging manifest"),
        (["manifest", "--zzz=1"], "slack-logging manifest: unrecognized arguments: --zzz=1; slack-logging manifest"),
        (
            ["local", "--scopes", ",,"],
            "slack-logging local: argument --scopes: ',,' names no scope: give some, such as chat:write,",
        ),
        (["demo", "--port", "99999"], "slack-logging demo: argument --port: '99999' is no port"),
        (["--colour"], "slack-logging: "),
        *(
            (
                [command, *given, *given],
                f"slack-logging {command}: argument {option}: given twice; slack-logging {command}",
            )
            for command, option, given in [
                ("send", "--channel", ["--channel", "#a"]),
                ("send", "--level", ["--level=INFO"]),
                ("check", "--config", ["--config", "a.json"]),
                ("demo", "--allow", ["--allow", "U0ADA0000"]),
                ("local", "--port", ["--port=0"]),
                ("manifest", "--name", ["--name", "ops"]),
            ]
        ),
    ],
)
def test_a_wrong_word_is_told_in_one_line(typed: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With where to read more, and without a page of usage."""
    with pytest.raises(SystemExit) as caught:
        main(typed)
    [line] = capsys.readouterr().err.splitlines()
    assert (caught.value.code, line[: len(says)]) == (2, says)


@pytest.mark.parametrize(
    "typed", [[], ["--help"], *([name, "--help"] for name in ("check", "demo", "local", "manifest", "send"))]
)
def test_help_is_to_be_had(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Of the whole and of each command; without a command, of the whole."""
    with pytest.raises(SystemExit) as caught:
        main(typed)
    out = capsys.readouterr().out
    assert (caught.value.code, out.startswith("usage: slack-logging")) == (0, True)
    assert "(--channel C | --webhook-url URL)" in out or typed != ["send", "--help"]  # one of them is required


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["demo", ""], "slack-logging demo: FILE.csv is empty: name a file, or leave it out"),
        (["demo", "--channel", ""], "slack-logging demo: --channel is for --real: add that, or leave --channel out"),
        (
            ["send", "--webhook-url", "http://127.0.0.1:9/services/x"],
            "slack-logging send: --webhook-url: an incoming webhook of Slack's has three parts behind",
        ),
        (["send", "--webhook-url", " "], "slack-logging send: --webhook-url: expected text, got ' '"),
        (["demo", "--real"], "slack-logging demo: --real needs --channel and --commands-channel and --allow too"),
        (["send", "--channel", "#c", "nowhere.log"], "slack-logging send: nowhere.log: cannot be read: No such file"),
        (["check", "--channel", "two words"], "slack-logging check: --channel='two words': expected a channel's name"),
        (["check", "--config", "nowhere.json"], "slack-logging check: --config nowhere.json: cannot be read: No such"),
    ],
)
def test_what_a_command_cannot_do_is_told_in_its_name(
    typed: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, which begins like those about wrong words."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-test-ops")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")
    assert main(typed) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line[: len(says)] == says


def test_without_standard_output_nothing_is_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that was started with it closed."""
    monkeypatch.setattr("sys.stdout", None)
    assert main(["demo", "--once"]) == 1
    said = "slack-logging demo: standard output is closed: there is nowhere to write to\n"
    assert capsys.readouterr().err == said


def test_without_standard_input_there_is_nothing_to_send() -> None:
    """It is told before anything else that may be wrong; a file can be sent all the same."""
    status, said = ran_without(0, "send", "--channel", "#ops-log")
    told = "slack-logging send: standard input is closed: there is nothing to read; name a FILE\n"
    assert (status, said) == (1, told)
    assert "standard input" not in ran_without(0, "send", "--channel", "#ops-log", "nowhere.log")[1]


@pytest.mark.parametrize("typed", [("send", "--channel", "two words", __file__), ("nothing",), ("demo", "--port", "x")])
def test_without_standard_error_nothing_is_said_elsewhere(typed: tuple[str, ...]) -> None:
    """The exit status tells; standard output is for what was asked for."""
    status, said = ran_without(2, *typed)
    assert (status > 0, said) == (True, "")


def test_without_standard_error_what_can_be_done_is(slack: LocalSlack) -> None:
    """As where it is thrown away."""
    assert ran_without(2, "send", "--channel", "#ops-log", __file__, **slack.environ) == (0, "")
    assert "what can be done is" in "".join(map(visible_text, slack.messages("#ops-log")))


def ran_without(descriptor: int, *typed: str, **environ: str) -> tuple[int, str]:
    """Return the status of a program one of whose standard streams is closed, and what it said on the others."""
    command = ["sh", "-c", f'exec "$@" {descriptor}>&-', "sh", sys.executable, "-m", "slack_logging", *typed]
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command, **said, text=True, env={**os.environ, **environ}, timeout=50)  # type: ignore[call-overload]
    return done.returncode, done.stdout
