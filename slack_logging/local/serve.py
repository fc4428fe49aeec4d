"""`slack-logging local`: a Slack in the terminal, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from slack_logging.local import LocalSlack

#: The port unless another is asked for: always the same, so that what was exported yesterday still works.
DEFAULT_PORT = 8765


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="where to listen on 127.0.0.1 (default %(default)s; 0: any free one)",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM, and return the exit status. Call it from the main thread.

    Args:
        args: as `add_arguments` declared them.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    slack = LocalSlack(port=args.port)
    try:
        slack.start()
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        print(f"slack-logging local: cannot listen on 127.0.0.1:{args.port} ({reason}); try --port 0", file=sys.stderr)
        return 1
    try:
        print(_welcome(slack), flush=True)
        stop.wait()
    finally:
        slack.close()
    return 0


def _welcome(slack: LocalSlack) -> str:
    exports = "\n".join(f"  export {name}={value}" for name, value in slack.environ.items())
    return f"""A Slack on your machine, in memory; Ctrl-C ends it and forgets everything.

  page     {slack.url}/
  people   ada {slack.user_id("ada")}, ben {slack.user_id("ben")}
  webhook  {slack.webhook_url("#ops-log")}  (posts to #ops-log)

To point a program at it:

{exports}
"""
