"""Prometheus' Alertmanager, Debian's package: an alert shows in a channel, by webhook and by chat.postMessage."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from slack_logging.local import LocalSlack
from tests.foreign.program import PATIENCE, running, tell
from tests.ports import lasting_port

PROGRAM = "prometheus-alertmanager"

#: Both ways to Slack, and no waiting for more alerts.
CONFIG = {
    "route": {"receiver": "slack", "group_by": ["alertname"], "group_wait": "0s"},
    "receivers": [
        {
            "name": "slack",
            "slack_configs": [
                {"api_url": "WEBHOOK", "title": "By webhook: {{ .CommonLabels.alertname }}"},
                {
                    "api_url": "POST",
                    "channel": "#ops-commands",
                    "title": "By token: {{ .CommonLabels.alertname }}",
                    "http_config": {"authorization": {"credentials": "TOKEN"}},
                },
            ],
        }
    ],
}


def install() -> str:
    """Return the path of the program, installed if need be and we may."""
    if shutil.which(PROGRAM) is None:
        if os.geteuid() != 0:
            raise LookupError(f"{PROGRAM} is not here, and only root can install it: apt-get install {PROGRAM}")
        environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", PROGRAM]):
            apt = [shutil.which("apt-get") or "apt-get", "-q", *command]
            subprocess.run(apt, check=True, timeout=200, capture_output=True, env=environ)
    return str(shutil.which(PROGRAM))


def fire(url: str) -> bool:
    """Send an alert; False while nobody listens yet."""
    alert = [{"labels": {"alertname": "DiskFull", "severity": "critical"}, "annotations": {"summary": "no space"}}]
    request = urllib.request.Request(  # noqa: S310 - our own machine
        f"{url}/api/v2/alerts", json.dumps(alert).encode(), {"Content-Type": "application/json"}
    )
    with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=5):  # noqa: S310
        return True
    return False


def check() -> str:
    """Start Alertmanager, fire an alert, and find it in two channels."""
    program = install()
    with tempfile.TemporaryDirectory() as name, LocalSlack() as slack:
        folder = Path(name)
        config = json.dumps(CONFIG).replace("WEBHOOK", slack.webhook_url("#ops-log"))
        config = config.replace("POST", f"{slack.api_url}chat.postMessage").replace("TOKEN", slack.bot_token)
        (folder / "config.yml").write_text(config)  # JSON is YAML
        address = f"127.0.0.1:{lasting_port()}"
        listen = [f"--web.listen-address={address}", "--cluster.listen-address=", "--storage.path=data"]
        with running([program, "--config.file=config.yml", *listen], folder, os.environ):
            slack.wait_for(lambda: fire(f"http://{address}"), timeout=PATIENCE)
            for channel, title in (("#ops-log", "By webhook: DiskFull"), ("#ops-commands", "By token: DiskFull")):
                slack.wait_for(lambda channel=channel: slack.messages(channel), timeout=PATIENCE)  # type: ignore[misc] # of this round
                [message] = slack.messages(channel)
                [attachment] = message["attachments"]
                if attachment["title"] != title:
                    raise LookupError(f"{channel} shows {attachment['title']!r} and not {title!r}")
    return "an alert came by webhook and by chat.postMessage"


if __name__ == "__main__":
    sys.exit(tell("alertmanager", check))
