"""The command line: `slack-logging` and `python -m slack_logging`. Every error is one plain line, never a traceback."""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

from slack_logging.errors import SlackLoggingError

#: Subcommand -> (the module that has `add_arguments(parser)` and `run(args) -> exit status`, what it does).
_COMMANDS = {
    "check": ("slack_logging.console.check", "say what is wrong with token, scopes, channels and logging config"),
    "demo": ("slack_logging.demo.command", "watch and steer a running import, on a Slack of your own"),
    "local": ("slack_logging.local.serve", "run a Slack on this machine: Web API, webhooks and a page"),
    "manifest": ("slack_logging.console.manifest", "print the manifest of a Slack app with just the scopes it needs"),
    "send": ("slack_logging.console.send", "send the lines of a file or of standard input to a channel"),
}


#: What to add where a channel was not got, which often begins with a #.
_IN_A_SHELL = " (in a shell, write '#name' in quotes: # begins a comment)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand and return the exit status: 0 done, 1 could not, 2 wrong usage, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    asked = next((word for word in arguments if not word.startswith("-")), "")
    name = f"slack-logging {asked}".rstrip()
    if sys.stderr is None:  # what is said there is not to go to standard output, as `print` has it then
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the program runs
    if sys.stdout is None:
        print(f"{name}: standard output is closed: there is nowhere to write to", file=sys.stderr)
        return 1
    try:
        try:
            return _run(arguments, asked)
        finally:
            _flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has gone
        return 1
    except (SlackLoggingError, ImportError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1


def _run(arguments: list[str], asked: str) -> int:
    parser = _parser(asked)
    if asked not in _COMMANDS and arguments[:1] == [asked]:
        near = difflib.get_close_matches(asked, _COMMANDS, n=1)
        parser.error(f"there is no command {asked!r}: {f'did you mean {near[0]}?' if near else ', '.join(_COMMANDS)}")
    args = parser.parse_args(arguments or ["--help"])
    return int(importlib.import_module(_COMMANDS[args.command][0]).run(args))


def _flush() -> None:
    """Write what was printed, while it can be told that it cannot; Python would complain about it at its end."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        error.filename = "standard output"
        raise


class _Once(argparse.Action):
    """Stores a value, where argparse's own lets the last of several win in silence."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        if option_string and self.dest in parser.given:
            raise argparse.ArgumentError(self, "given twice")
        parser.given.add(self.dest)
        setattr(namespace, self.dest, values)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and each subcommand for itself.

    Attributes:
        given: what has a value by now.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register("action", None, _Once)
        self.given: set[str] = set()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what is not known here: argparse hands a subcommand's rest up, and its parent would be blamed.

        That goes before what is missing, which it may be a slip of; but the help is to show what is required.
        """
        self.given.clear()
        asks_for_help = not {"-h", "--help"}.isdisjoint(args)
        required = [group for group in self._mutually_exclusive_groups if group.required and not asks_for_help]
        for group in required:
            group.required = False
        known, rest = super().parse_known_args(args, namespace)
        if rest:
            wrong = [word for word in rest if word.startswith("-")] or rest  # what stands behind one may be its value
            known = {option.lstrip("-"): option for option in self._option_string_actions}  # dashes are always alike
            near = difflib.get_close_matches(wrong[0].partition("=")[0].lstrip("-"), known, n=1)
            meant = f" (did you mean {known[near[0]]}?)" if near else ""
            self.error(f"unrecognized arguments: {' '.join(wrong)}{meant}")
        for group in required:
            group.required = True
        if required:
            self.given.clear()  # as all is read once more
        return super().parse_known_args(args, namespace) if required else (known, rest)

    def error(self, message: str) -> NoReturn:
        hint = _IN_A_SHELL if message.endswith("channel: expected one argument") else ""
        self.exit(2, f"{self.prog}: {message}{hint}; {self.prog} --help says more\n")


def _parser(asked: str) -> argparse.ArgumentParser:
    """Return the parser; only the subcommand that is asked for is imported."""
    parser = _Parser(prog="slack-logging", description="Two-way Slack ops for Python services.")
    parser.add_argument("--version", action="version", version=f"slack-logging {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for name, (home, summary) in _COMMANDS.items():
        description = f"{summary[0].upper()}{summary[1:]}."
        command = commands.add_parser(name, help=summary, description=description, allow_abbrev=False)
        if name == asked:
            importlib.import_module(home).add_arguments(command)
    return parser


def _version() -> str:
    try:
        return version("slack-logging-ops")
    except PackageNotFoundError:
        return "(not installed)"
