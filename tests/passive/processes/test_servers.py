"""A prefork server of the kind that people run: gunicorn, with and without preloading."""

from __future__ import annotations

import http.client
import importlib.util
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from slack_logging.local import LocalSlack
from tests.passive.processes.conftest import CONFIGURE, PROLOGUE, lines

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("gunicorn") is None or not hasattr(os, "fork"), reason="gunicorn is not installed"
)

APPLICATION = """
log.info('loaded')

def application(environ, start_response):
    log.info('asked for %s', environ['PATH_INFO'])
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [str(os.getpid()).encode()]
"""


def ask(port: int, path: str) -> str:
    """Return the answer of the server, once it gives one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    connection.request("GET", path)
    answer = connection.getresponse().read().decode()
    connection.close()
    return answer


@pytest.mark.parametrize("preload", [["--preload"], []], ids=["preload", "plain"])
@pytest.mark.parametrize("kind", ["sync", "gevent"])
def test_every_worker_delivers(slack: LocalSlack, tmp_path: Path, preload: list[str], kind: str) -> None:
    """What master and workers log arrives once each, also where the master logged before it forked.

    With preloading, gevent replaces threads and locks in the worker, when logging is long configured.
    """
    if importlib.util.find_spec(kind) is None and kind != "sync":
        pytest.skip(f"{kind} is not installed on this Python")
    (tmp_path / "shop.py").write_text(PROLOGUE + CONFIGURE + APPLICATION, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        port = server.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", *preload, "--worker-class", kind]
        # An idle worker of gevent's kind does not end by itself, with or without us.
        command += ["--workers", "2" if kind == "sync" else "1"]
        command += ["--bind", f"fd://{server.fileno()}", "--worker-tmp-dir", str(tmp_path), "shop:application"]
        running = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, **slack.environ, "HOME": str(tmp_path)},
            pass_fds=[server.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            workers = {ask(port, "/0")}
            slack.wait_for(lambda: "asked for /0" in lines(slack), timeout=40)
            workers |= {ask(port, f"/{number}") for number in range(1, 6)}
            running.send_signal(signal.SIGTERM)
            err = running.communicate(timeout=50)[1]
        finally:
            running.kill()
    assert str(running.pid) not in workers
    assert running.returncode == 0, err
    assert "slack_logging" not in err, err
    loaded = lines(slack).count("loaded")
    assert loaded == 1 if preload else loaded >= 1
    assert sorted(line for line in lines(slack) if line != "loaded") == [f"asked for /{number}" for number in range(6)]
