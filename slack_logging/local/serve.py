"""`slack-logging local`: a Slack in the terminal, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import math
import signal
import socket
import sys
from collections.abc import Callable, Iterator

from slack_logging.local import Fault, LocalSlack
from slack_logging.local.api.ratelimits import FACTORS, is_factor
from slack_logging.local.events.selection import known_scopes
from slack_logging.local.faults.fault import KINDS
from slack_logging.local.faults.plan import OTHER_TARGETS, parse_fault
from slack_logging.local.state.apps import is_on_this_machine

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
    parser.add_argument(
        "--rate-limit",
        type=_factor,
        default=1.0,
        metavar="FACTOR",
        help="multiplies Slack's rate limits (default %(default)s; 0: no limits)",
    )
    parser.add_argument(
        "--scopes",
        type=_scopes,
        metavar="SCOPE[,SCOPE]",
        help="of the bot token (default: all that anything here asks for)",
    )
    parser.add_argument(
        "--request-url",
        metavar="URL",
        type=_request_url,
        help="push events, commands and clicks to this address on this machine, instead of over Socket Mode, "
        "to which programs connect with the app token that is printed at the start",
    )
    parser.add_argument(
        "--fault", action="append", default=[], metavar="SPEC", help="plan a fault, see below; can be repeated"
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _about_faults()


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def _scopes(text: str) -> list[str]:
    scopes = text.replace(",", " ").split()
    if not scopes:
        raise argparse.ArgumentTypeError(f"{text!r} names no scope: give some, such as chat:write,channels:read")
    try:
        known_scopes(scopes)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return scopes


def _request_url(text: str) -> str:
    if not is_on_this_machine(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no address on this machine: give one such as http://127.0.0.1:3000/events"
        )
    return text


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not is_factor(factor):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no factor: give a number such as 0.5, from {FACTORS[0]:g} to {FACTORS[1]:,.0f}, "
            "or 0 for no limits"
        )
    return factor


def _about_faults() -> str:
    kinds = {f"{kind}:{row.value}" if row.value else kind: row.happens for kind, row in KINDS.items()}
    kinds = {kind.replace(":[", "[:"): happens for kind, happens in kinds.items()}
    width = max(map(len, kinds))
    table = "\n".join(f"  {kind:{width}}  {happens}" for kind, happens in kinds.items())
    return f"""faults: METHOD=KIND[:VALUE][,times=N|forever][,probability=P]

  METHOD is one of the Web API, or {", ".join(OTHER_TARGETS[:-1])}; * is all but socket and push.
  A fault hits the next call, or the next N; with a probability (0 to 1) it spares some, which do not count.

{table}

examples:
  --fault chat.postMessage=rate_limited:30,times=3
  --fault '*=server_error:503,times=forever,probability=0.1'
  --fault reactions.add=error:internal_error:after"""


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM, and return the exit status. Call it from the main thread.

    Args:
        args: as `add_arguments` declared them.
    """
    faults: list[tuple[str, Fault]] = []
    try:
        for spec in args.fault:
            faults.append(parse_fault(spec))
    except ValueError as error:
        print(f"slack-logging local: --fault {spec!r}: {error}", file=sys.stderr)
        return 2
    slack = LocalSlack(port=args.port, rate_limit=args.rate_limit, scopes=args.scopes)
    slack.app.request_url = args.request_url
    for method, fault in faults:
        slack.fault(method, fault)
    with _ending_signals() as wait:
        try:
            slack.start()
        except OSError as error:
            print(f"slack-logging local: {error}; try --port 0", file=sys.stderr)
            return 1
        try:
            print(_welcome(slack), flush=True)
            wait()
        finally:
            slack.close()
    return 0


@contextlib.contextmanager
def _ending_signals() -> Iterator[Callable[[], object]]:
    """Have SIGINT and SIGTERM do nothing but end a wait, also one that begins after them.

    A lock is not woken by what comes in just before it waits, and on Windows by nothing: a socket is.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        try:
            yield lambda: reader.recv(1)
        finally:
            signal.set_wakeup_fd(-1)


def _welcome(slack: LocalSlack) -> str:
    channels = ", ".join(f"#{channel.name} {channel.id}" for channel in slack.workspace.channels.values())
    exports = "\n".join(f"  export {name}={value}" for name, value in slack.environ.items())
    push = "" if slack.app.request_url else f"  export SLACK_LOGGING_APP_TOKEN={slack.app_token}  # for Socket Mode\n"
    faults = "".join(f"  fault    {method}={fault}\n" for method, fault in slack.faults())
    return f"""A Slack on your machine, in memory; Ctrl-C ends it and forgets everything.

  page     {slack.url}/
  people   ada {slack.user_id("ada")}, ben {slack.user_id("ben")}
  channels {channels}
  webhook  {slack.webhook_url("#ops-log")}  (posts to #ops-log)
  tokens   {slack.bot_token}, and for Socket Mode {slack.app_token}
  secret   {slack.app.signing_secret}  (signs what is pushed by --request-url)
{faults}
To point a program at it:

{exports}
{push}"""
