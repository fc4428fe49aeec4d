"""`slack-logging local`, run as users run it."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from slack_logging.local import LocalSlack, serve
from slack_logging.local.faults.fault import KINDS
from slack_logging.local.state import apps
from slack_logging.local.state.apps import DEFAULT_SCOPES

COMMAND = [sys.executable, "-m", "slack_logging", "local"]


@contextlib.contextmanager
def serving(*arguments: str, end: signal.Signals = signal.SIGTERM) -> Iterator[tuple[WebClient, str]]:
    """Run the command; give a client made of what it exports, and all that it printed. It has to end cleanly."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        printed = ""
        exported: dict[str, str] = {}
        try:
            while len(exported) < 3:
                line = server.stdout.readline()
                assert line, server.stderr.read() if server.stderr else ""
                printed += line
                if match := re.fullmatch(r"\s*export (\w+)=(\S+)( +#.*)?\s*", line):
                    exported[match[1]] = match[2]
            token, url = exported["SLACK_BOT_TOKEN"], exported["SLACK_API_URL"]
            yield WebClient(token, base_url=url, retry_handlers=[]), printed
        finally:
            server.send_signal(end)
            _, errors = server.communicate(timeout=20)
    assert (0, "") == (server.returncode, errors)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_what_to_export_and_ends_cleanly(number: signal.Signals) -> None:
    """What it prints is enough for a client; a signal ends it with status 0 and no word."""
    with serving(end=number) as (client, printed):
        assert "ops" == client.auth_test()["user"]
        [app_token] = re.findall(r"export SLACK_LOGGING_APP_TOKEN=(\S+)", printed)
        assert client.apps_connections_open(app_token=app_token)["url"].startswith("ws://")
    assert "fault" not in printed


def test_signals_that_come_close_together_end_it_too() -> None:
    """`timeout`, for one, sends two at once: a handler that another interrupts must not wait for itself."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        while "for Socket Mode\n" not in (line := server.stdout.readline()):
            assert line
        for _ in range(50):
            server.send_signal(signal.SIGTERM)
            server.send_signal(signal.SIGINT)
        try:
            _, errors = server.communicate(timeout=20)
        finally:
            server.kill()
    assert "" == errors
    assert server.returncode in (0, -signal.SIGINT, -signal.SIGTERM)  # by a signal after Python's own end


def test_it_prints_who_and_what_is_there() -> None:
    """The people and the channels with their ids."""
    with serving() as (_, printed):
        pass
    assert "  people   ada U0ADA0000, ben U0BEN0000\n" in printed
    assert "  channels #general C0GENERAL, #ops-log C0OPSLOG0, #ops-commands C0OPSCOMMAN\n" in printed


def test_the_bot_may_do_whatever_any_app_may() -> None:
    """Unless --scopes narrows it: what anything in the package speaks of is granted, and shows."""
    spoken_of = {
        scope
        for path in Path(serve.__file__).parent.rglob("*.py")
        if path not in (Path(serve.__file__), Path(apps.__file__))
        for scope in re.findall(
            r"(?<=[\"\s`])[a-z][a-z_.]*:(?:read|write|history|join|manage)[a-z.]*", path.read_text("utf-8")
        )
    }
    assert spoken_of - {"connections:write"} == DEFAULT_SCOPES  # which is an app-level token's
    with serving("--rate-limit", "0") as (client, _):
        assert "ada@" in client.users_info(user="U0ADA0000")["user"]["profile"]["email"]
        answer = client.chat_postMessage(channel="#general", text="x", username="deployer")
        assert DEFAULT_SCOPES == set(answer.headers["x-oauth-scopes"].split(","))


def test_scopes_can_be_narrowed_to_those_of_a_manifest() -> None:
    """Slack's other scopes do no harm."""
    with serving("--scopes", "chat:write,commands,dnd:read") as (client, _):
        assert "chat:write,commands,dnd:read" == client.auth_test().headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("scopes", "says"),
    [
        ("chat:wrte", "there is no scope 'chat:wrte' (did you mean 'chat:write'?): expected those of a bot token"),
        ("chat:write,connections:write", "there is no scope 'connections:write'"),
        (",", "',' names no scope"),
    ],
)
def test_what_is_no_scope_is_told(capsys: pytest.CaptureFixture[str], scopes: str, says: str) -> None:
    """A misspelt one with the scope that was meant."""
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args([f"--scopes={scopes}"])
    assert says in capsys.readouterr().err


def test_it_plans_the_faults_that_are_asked_for() -> None:
    """Every --fault is said and happens, in order; --rate-limit 0 lifts the limits."""
    faults = ["auth.test=server_error:503,times=2", "auth.test=error:fatal_error"]
    with serving("--fault", faults[0], "--fault", faults[1], "--rate-limit", "0") as (client, printed):
        assert faults == re.findall(r"^  fault    (\S+)$", printed, re.MULTILINE)
        for status in (503, 503, 200):
            with pytest.raises(SlackApiError) as caught:
                client.auth_test()
            assert status == caught.value.response.status_code
        assert client.auth_test()["ok"]
        for _ in range(20):
            client.chat_postMessage(channel="#ops-log", text="x")


def test_it_plans_every_kind_of_fault() -> None:
    """As the help writes them."""
    values = {
        "SECONDS": ":2",
        "CODE[:after]": ":fatal_error:after",
        "[RETRY_AFTER]": ":none",
        "[STATUS]": ":503",
        "": "",
    }
    faults = [f"{(*row.only, 'api.test')[0]}={kind}{values[row.value]},times=2" for kind, row in KINDS.items()]
    with serving(*(f"--fault={fault}" for fault in faults)) as (_, printed):
        assert faults == re.findall(r"^  fault    (\S+)$", printed, re.MULTILINE)


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        (
            "auth.tset=cut_before",
            r"no method 'auth\.tset' \(did you mean 'auth\.test'\?\): expected a Web API method, .*",
        ),
        ("*=cut_befor", r"no kind of fault 'cut_befor' \(did you mean 'cut_before'\?\): expected latency, .*"),
        ("*=cut_before\n", r"no kind of fault 'cut_before\\n' .*"),
    ],
)
def test_wrong_fault_is_one_clear_line(spec: str, error: str) -> None:
    """What cannot be planned is told in one line on stderr, with status 2, before anything listens."""
    done = subprocess.run([*COMMAND, "--fault", spec], capture_output=True, text=True, check=False, timeout=30)
    assert (2, "") == (done.returncode, done.stdout)
    said = rf"slack-logging local: --fault {re.escape(repr(spec))}: there is {error}\n"
    assert re.fullmatch(said, done.stderr)


@pytest.mark.parametrize("url", ["https://slack.example.com/events", "http://127.0.0.1:99999/", "http://127.0.0.1:0/"])
def test_events_are_pushed_to_this_machine_only(capsys: pytest.CaptureFixture[str], url: str) -> None:
    """Another address, or a port that cannot be, is one clear line."""
    parser = argparse.ArgumentParser(prog="local")
    serve.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--request-url", url])
    assert f"{url!r} is no address on this machine: give one such as" in capsys.readouterr().err


def test_help_lists_every_fault() -> None:
    """Each kind has a line with its value and what it does, and none is wider than 100 columns."""
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True, timeout=30)
    table = [line for line in done.stdout.splitlines() if re.match(r"  [a-z_]+[\[:]?\S*  +\w", line)]
    assert list(KINDS) == [re.split(r"\W+", line.strip())[0] for line in table][-len(KINDS) :]
    assert 100 >= max(map(len, table))
    assert "Socket Mode, to which programs connect with the app token" in " ".join(done.stdout.split())


def test_port_in_use_is_one_clear_line() -> None:
    """A port that is taken is one line on stderr and status 1."""
    with LocalSlack() as slack:
        port = slack.url.rpartition(":")[2]
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False, timeout=30)
    assert (1, "") == (done.returncode, done.stdout)
    expected = rf"slack-logging local: cannot listen on 127\.0\.0\.1:{port} \(.*in use.*\); try --port 0\n"
    assert re.fullmatch(expected, done.stderr)


@pytest.mark.parametrize("port", ["-1", "65536", "http", "\N{SUPERSCRIPT TWO}"])
def test_what_is_no_port_is_told(capsys: pytest.CaptureFixture[str], port: str) -> None:
    """A wrong port is a usage error that says what is expected."""
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args([f"--port={port}"])
    assert "give a number from 0 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("factor", ["-1", "nan", "inf", "fast", "1e-320", "1e300"])
def test_what_is_no_factor_is_told(capsys: pytest.CaptureFixture[str], factor: str) -> None:
    """A wrong factor is a usage error that says what is expected."""
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args([f"--rate-limit={factor}"])
    assert "give a number such as 0.5, from 1e-06 to 1,000,000, or 0 for no limits" in capsys.readouterr().err
