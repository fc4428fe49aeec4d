"""`slack-logging demo`: its options, and what is wrong with them."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from importlib import resources
from pathlib import Path

from slack_logging import ConfigurationError
from slack_logging.demo.orders import MAX_BYTES, UnusableFile, order_lines
from slack_logging.demo.terminal import Terminal

#: What `--real` cannot do without: the attribute and the option.
_NEEDED = {"channel": "--channel", "commands_channel": "--commands-channel", "allow": "--allow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("file", nargs="?", metavar="FILE.csv", help="orders to import instead of the demo's own")
    parser.add_argument("--once", action="store_true", help="have a script type the commands, check them, and end")
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="of the page (default: any free one)")
    real = parser.add_argument_group("on a Slack workspace of yours, with SLACK_BOT_TOKEN")
    real.add_argument("--real", action="store_true", help="use it; needs all three of:")
    real.add_argument("--channel", metavar="C", help="where the records go: a name or an id")
    real.add_argument("--commands-channel", metavar="C", help="where you type")
    real.add_argument("--allow", metavar="ID[,ID]", help="the ids of those who may")


def run(args: argparse.Namespace) -> int:
    """Run the demo and return the exit status. Call it from the main thread.

    Args:
        args: as `add_arguments` declared them.

    Raises:
        ConfigurationError: options that do not go together.
        ImportError: aiohttp is missing.
        OSError: the port is in use.
    """
    _check(args)
    try:
        lines = _orders(args.file)
    except UnusableFile as error:
        print(f"slack-logging demo: {error}", file=sys.stderr)
        return 1
    _end_by_signals()
    terminal = Terminal(sys.stdout)
    if args.real:
        from slack_logging.demo import real

        real.run(lines, terminal, channel=args.channel, commands_channel=args.commands_channel, allow=args.allow)
        return 0
    from slack_logging.demo import show  # here, because only this needs aiohttp

    _forget_environment()
    if args.once:
        return 0 if show.play(lines, terminal, port=args.port, bundled=args.file is None) else 1
    show.watch(lines, terminal, port=args.port)
    return 0


def _end_by_signals() -> None:
    """Have the signals that end a program raise KeyboardInterrupt, so that nothing is left behind.

    Only the first does: ending takes some seconds, for what is logged already, and a second must not cut that short.
    """
    ending = False

    def end(*_: object) -> None:
        nonlocal ending
        if not ending:
            ending = True
            raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # ignored by nohup, say
            signal.signal(number, end)


def _forget_environment() -> None:
    """Leave out of this process what would keep it from its own Slack: commands off, or a proxy before 127.0.0.1."""
    for name in list(os.environ):
        if name == "SLACK_LOGGING_COMMANDS" or name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
            del os.environ[name]


def _check(args: argparse.Namespace) -> None:
    if args.file == "":
        raise ConfigurationError("FILE.csv is empty: name a file, or leave it out for the demo's own orders")
    missing = [option for attribute, option in _NEEDED.items() if not getattr(args, attribute)]
    if args.real and missing:
        raise ConfigurationError(f"--real needs {' and '.join(missing)} too")
    if args.real and args.once:
        raise ConfigurationError("--once plays its script on the local Slack only: leave --real out")
    given = next((option for attribute, option in _NEEDED.items() if getattr(args, attribute) is not None), "")
    if given and not args.real:
        raise ConfigurationError(f"{given} is for --real: add that, or leave {given} out")


def _orders(file: str | None) -> list[str]:
    if file is None:
        return order_lines(resources.files(__package__).joinpath("orders.csv").read_bytes(), "orders.csv")
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnusableFile(f"{file}: cannot be read: {error.strerror}") from None
    return order_lines(content, file)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)
