"""A process that is measured: it listens by Socket Mode, and says in a line when each command's function was called.

`commands` starts it, as ``python -m tests.benchmarks.listener NAME API_URL BOT_TOKEN APP_TOKEN USER``.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.program import memory

#: Where commands are typed.
CHANNEL = "#ops-commands"


def called(number: str) -> None:
    """Say which command was called, when, and how much memory there is in use."""
    now = time.monotonic_ns()
    os.write(1, f"{number} {now} {memory('VmRSS')}\n".encode())


def ours(api_url: str, bot_token: str, app_token: str, user: str) -> None:
    """Listen as the README has it."""
    from slack_logging import CommandRouter, SlackCommandSource

    router = CommandRouter()

    @router.command
    def ping(number: str) -> None:
        called(number)

    source = SlackCommandSource(CHANNEL, allow=[user], token=bot_token, app_token=app_token, api_url=api_url)
    router.serve(source)


def bolt(api_url: str, bot_token: str, app_token: str, user: str) -> None:
    """Listen as Bolt's own pages have it."""
    import re

    from slack_bolt import App
    from slack_bolt.adapter.socket_mode import SocketModeHandler
    from slack_sdk import WebClient

    app = App(client=WebClient(bot_token, base_url=api_url))

    @app.message(re.compile(r"^!ping (\d+)$"))
    def ping(context: dict[str, tuple[str, ...]]) -> None:
        called(context["matches"][0])

    handler: Any = SocketModeHandler(app, app_token)
    handler.connect()  # start() would print
    threading.Event().wait()


LISTENERS: dict[str, Callable[[str, str, str, str], None]] = {"slack_logging": ours, "slack_bolt": bolt}

if __name__ == "__main__":
    LISTENERS[sys.argv[1]](*sys.argv[2:])
