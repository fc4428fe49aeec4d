"""Errbot with its Slack backend, in an environment of its own: it answers what ada types."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from slack_logging.local import LocalSlack
from slack_logging.local.state.apps import DEFAULT_SCOPES
from tests.foreign.program import PATIENCE, running, tell

#: What its backend asks for beyond the usual.
SCOPES = DEFAULT_SCOPES | {"app_mentions:read", "im:history", "im:read", "im:write", "team:read"}

#: Errbot's configuration. The backend has no setting for another Slack than slack.com, so slack_sdk's default is set.
CONFIG = """
import logging

from slack_sdk.web.base_client import BaseClient

BaseClient.__init__.__defaults__ = tuple(
    {api_url!r} if value == BaseClient.BASE_URL else value for value in BaseClient.__init__.__defaults__
)
BACKEND = "SlackV3"
BOT_IDENTITY = {{"token": {bot_token!r}, "app_token": {app_token!r}}}
BOT_ADMINS = ({admin!r},)
BOT_DATA_DIR, BOT_EXTRA_PLUGIN_DIR = {data!r}, None
BOT_LOG_FILE, BOT_LOG_LEVEL = None, logging.INFO
CORE_PLUGINS = ("Help", "Health", "ACLs")
"""


def check() -> str:
    """Install Errbot, start it, type two commands and read its answers."""
    with tempfile.TemporaryDirectory() as name, LocalSlack(scopes=SCOPES) as slack:
        folder, data = Path(name), Path(name, "data")
        data.mkdir()
        venv.create(folder / "venv", with_pip=True)
        install = [str(folder / "venv/bin/pip"), "install", "-qq", "errbot", "errbot-backend-slackv3"]
        subprocess.run(install, check=True, timeout=300, stdout=subprocess.DEVNULL)
        config = CONFIG.format(
            api_url=slack.api_url,
            bot_token=slack.bot_token,
            app_token=slack.app_token,
            admin=f"@{slack.user_id('ada')}",
            data=str(data),
        )
        (folder / "config.py").write_text(config)
        command = [str(folder / "venv/bin/errbot"), "-c", str(folder / "config.py")]
        with running(command, folder, os.environ):
            slack.wait_for(slack.sockets, timeout=PATIENCE)
            for typed, answer in (("!status", "Yes I am alive"), ("!help", "All commands")):
                slack.say("#ops-commands", typed, user="ada")
                slack.wait_for(lambda answer=answer: answer in str(slack.messages("#ops-commands")), timeout=PATIENCE)  # type: ignore[misc] # of this round
    return "answered !status and !help"


if __name__ == "__main__":
    sys.exit(tell("errbot", check))
