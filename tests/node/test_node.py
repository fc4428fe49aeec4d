"""Slack's own clients for Node, unmodified: @slack/web-api, @slack/socket-mode and @slack/bolt from the registry.

They are installed once a session into a temporary folder; what is missing for that skips these tests with the reason,
or fails them where ``CI_ALL`` is 1.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn

import pytest

from slack_logging.local import App, Fault, LocalSlack
from slack_logging.local.state.apps import DEFAULT_SCOPES
from slack_logging.testing import FakeClock
from tests.local.conftest import converse

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: Runs one of the scripts here, given what it needs in its environment, for as long as the context lasts.
Run = Callable[..., AbstractContextManager["subprocess.Popen[str]"]]

HERE = Path(__file__).parent


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the packages beside a copy of the scripts."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            _missing(f"there is no {program} here")
    folder = tmp_path_factory.mktemp("node")
    for file in (*HERE.glob("*.js"), HERE / "package.json"):
        shutil.copy(file, folder)
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    if done.returncode:
        _missing(f"npm install: {done.stderr.strip()[-300:]}")
    return folder


@pytest.fixture
def slack(clock: FakeClock) -> Iterator[LocalSlack]:
    """Run a Slack without rate limits."""
    with LocalSlack(clock=clock, rate_limit=0) as local:
        yield local


@pytest.fixture
def run(installed: Path, slack: LocalSlack) -> Run:
    @contextlib.contextmanager
    def run(script: str, app: App, **environ: str) -> Iterator[subprocess.Popen[str]]:
        tokens = {"SLACK_BOT_TOKEN": app.bot_token, "SLACK_APP_TOKEN": app.app_token, "SLACK_API_URL": slack.api_url}
        process = subprocess.Popen(
            [shutil.which("node") or "", script],
            cwd=installed,
            env=os.environ | tokens | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield process
                process.communicate(timeout=30)  # ends its input, and so the process
            finally:
                process.kill()
        assert process.returncode == 0

    return run


def test_web_api(slack: LocalSlack, run: Run) -> None:
    """Posts, edits, reacts, uploads, pages through a history; obeys a 429 and sends again; knows a refusal."""
    slack.fault("chat.postMessage", Fault.rate_limited(1))
    log = slack.channel_id("ops-log")
    with run("web-api.js", slack.app, CHANNEL=log) as process:
        told = json.loads(process.stdout.readline()) if process.stdout else {}
    assert told["seen"] == [["a file", "two"]]
    assert told["refusal"] == "channel_not_found"
    assert slack.reactions("#ops-log", told["ts"]) == {"eyes": [slack.bot_user_id]}
    assert [(file.name, file.content) for file in slack.files("#ops-log")] == [("a.txt", b"hello")]
    posts = [(call.status, call.args["channel"]) for call in slack.calls("chat.postMessage")]
    assert posts == [(429, log), (200, log), (200, "C0NOWHERE")]


def test_socket_mode(slack: LocalSlack, clock: FakeClock, run: Run) -> None:
    """Hears events and acknowledges them, answers a command, comes back after a refresh, and misses nothing."""
    with run("socket-mode.js", slack.app) as process:
        [former] = slack.wait_for(slack.sockets, timeout=30)
        slack.say("#ops-log", "before", user="ada")
        slack.wait_for(lambda: not slack.deliveries())
        slack.command("#ops-log", "/deploy api", user="ada")
        slack.wait_for(lambda: slack.ephemerals("#ops-log"))
        former.disconnect("refresh_requested")
        slack.wait_for(lambda: former not in slack.sockets())
        slack.say("#ops-log", "meanwhile", user="ada")
        slack.wait_for(slack.sockets)
        clock.advance(60)
        slack.wait_for(lambda: not slack.deliveries())
        lines = [json.loads(process.stdout.readline()) for _ in range(2)] if process.stdout else []
    assert lines[0] == ["before", 0]
    assert lines[1] in (["meanwhile", 0], ["meanwhile", 2])  # as quickly as it came back
    assert [each["text"] for each in slack.ephemerals("#ops-log")] == ["You typed /deploy api"]


@pytest.mark.parametrize("transport", ["socket", "http"])
def test_bolt(slack: LocalSlack, run: Run, transport: str) -> None:
    """Answers a message, a mention, a click and a slash command, over Socket Mode and over HTTP."""
    scopes = DEFAULT_SCOPES | {"app_mentions:read"}
    app = slack.add_app("bolt", channels=["#general"], scopes=scopes, commands=["/deploy"])
    with run("bolt.js", app, TRANSPORT=transport, SIGNING_SECRET=app.signing_secret) as process:
        if transport == "http":
            port = process.stdout.readline().strip() if process.stdout else ""
            app.request_url = f"http://127.0.0.1:{port}/slack/events"
        else:
            slack.wait_for(lambda: slack.sockets(app), timeout=30)
        converse(slack)
