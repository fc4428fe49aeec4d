"""`slack-logging local`, run as users run it."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys

import pytest
from slack_sdk import WebClient

from slack_logging.local import LocalSlack, serve

COMMAND = [sys.executable, "-m", "slack_logging", "local"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_what_to_export_and_ends_cleanly(number: signal.Signals) -> None:
    """What it prints is enough for a client; a signal ends it with status 0 and no word."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        exported: dict[str, str] = {}
        while len(exported) < 2:
            line = server.stdout.readline()
            assert line, server.stderr.read() if server.stderr else ""
            if match := re.fullmatch(r"\s*export (\w+)=(\S+)\s*", line):
                exported[match[1]] = match[2]
        client = WebClient(exported["SLACK_BOT_TOKEN"], base_url=exported["SLACK_API_URL"])
        assert "ops" == client.auth_test()["user"]
        server.send_signal(number)
        _, errors = server.communicate(timeout=20)
    assert (0, "") == (server.returncode, errors)


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
