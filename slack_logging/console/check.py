"""`slack-logging check`: looks at everything that a program needs, and says what is wrong in a line each."""

from __future__ import annotations

import argparse
import os
from collections.abc import Generator, Iterable, Iterator

from slack_logging import clock, options
from slack_logging.active.people.access import Access
from slack_logging.console import hook
from slack_logging.console.finding import Finding, note, wrong
from slack_logging.console.hook import HELP
from slack_logging.console.world import Wanted, examine
from slack_logging.errors import ConfigurationError

_EPILOG = """It looks at Slack as your program would: the token comes from SLACK_BOT_TOKEN or
SLACK_BOT_TOKEN_FILE, another Slack from SLACK_API_URL. Nothing is posted without --post, no command is
read, no logging is configured. A webhook is sent a message without content, which it refuses.
The modules that --config needs are imported, its routers' too, and their code runs: one that calls dictConfig
then does configure logging, and what it logs is posted.

Each line is "ok", "note" (worth knowing) or "WRONG" (and what to do). The exit status is 1 if anything is WRONG.

examples:
  slack-logging check --channel '#ops-log' --commands-channel '#ops-commands' --allow U024BE7LH
  slack-logging check --config myapp.settings:LOGGING
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("--channel", metavar="C", help="where records go: a name or an id")
    parser.add_argument("--webhook-url", metavar="URL", help=HELP)
    parser.add_argument("--commands-channel", metavar="C", help="where people type commands")
    parser.add_argument("--allow", metavar="ID[,ID]", help="the users and user groups who may")
    parser.add_argument(
        "--config",
        metavar="MODULE:NAME",
        help="your logging config, or FILE.json, .ini or, with PyYAML, .yaml: check its Slack handlers, which loggers "
        "reach them",
    )
    parser.add_argument("--post", action="store_true", help="post a message to each channel, and delete it again")


def run(args: argparse.Namespace) -> int:
    """Print what was found and return the exit status.

    Args:
        args: as `add_arguments` declared them.

    Raises:
        ConfigurationError: an option is wrong, or the config cannot be loaded.
    """
    failed = False
    for finding in _findings(args):
        print(finding, flush=True)
        failed = failed or finding.state == "WRONG"
    return 1 if failed else 0


def _findings(args: argparse.Namespace) -> Iterator[Finding]:
    try:
        if not options.switch("SLACK_LOGGING_COMMANDS", os.environ):
            yield note("SLACK_LOGGING_COMMANDS", "is off: programs with this environment read no commands")
    except ConfigurationError as error:
        yield wrong("environment", f"{error}: programs with this environment read no commands")
    wanted = [(yield from _wanted(args))]
    webhooks = [] if args.webhook_url is None else [hook.address(args.webhook_url)]
    if args.config:
        from slack_logging.console.config import is_file, load, slack_handlers  # here: only this runs others' code

        config, from_file = load(args.config), is_file(args.config)
        if from_file and config.get("disable_existing_loggers", True):
            yield note("disable_existing_loggers", _silencing(is_ini=args.config.endswith(".ini")))
        handlers = slack_handlers(config, from_file=from_file)
        yield from handlers.findings
        wanted = [*handlers.wanted, *wanted]
        webhooks += handlers.webhooks
    for webhook in dict.fromkeys(webhooks):
        yield from hook.examine(webhook, clock=clock.current())
    if args.commands_channel is not None and args.allow is None:
        yield note("--allow", "is not given: commands need `allow`, the ids of those who may; give them, to be checked")
    if webhooks or args.config:
        wanted = [one for one in wanted if one != Wanted()]
    elif not wanted[0].channels and not wanted[0].commands_channels:
        yield note("channels", "none is given, so none is looked at: add --channel and --commands-channel, or --config")
    for one in _merged(wanted):
        yield from examine(one, clock=clock.current(), post=args.post)


def _silencing(*, is_ini: bool) -> str:
    """Return what a file does to loggers of which it cannot be told whether the program has them by then."""
    name, remedy = "dictConfig", "set disable_existing_loggers to false in it"
    if is_ini:
        name, remedy = "fileConfig", "pass disable_existing_loggers=False to it, which a file cannot say"
    return f"{name} silences the loggers that exist before and are not in the file, which is supposed here: {remedy}"


def _wanted(args: argparse.Namespace) -> Generator[Finding, None, Wanted]:
    """Return what the options say; of ids that are none, all else is looked at."""
    given = {
        name: (options.channel(f"--{name.replace('_', '-')}", value),)
        for name in ("channel", "commands_channel")
        if (value := getattr(args, name)) is not None
    }
    allow: list[str] = []
    try:
        if args.allow is not None:
            allow = sorted(Access.configured(args.allow).allow)
    except ConfigurationError as error:
        yield wrong("--allow", str(error).removeprefix("allow: "))
    return Wanted(
        channels=given.get("channel", ()), commands_channels=given.get("commands_channel", ()), allow=tuple(allow)
    )


def _merged(wanted: list[Wanted]) -> Iterator[Wanted]:
    """Have each Slack looked at once, for all that is wanted of it."""
    slacks: dict[tuple[str | None, ...], list[Wanted]] = {}
    for one in wanted:
        slacks.setdefault((one.token, one.api_url, one.app_token), []).append(one)
    for (token, api_url, app_token), alike in slacks.items():
        yield Wanted(
            token,
            api_url,
            channels=_united(one.channels for one in alike),
            commands_channels=_united(one.commands_channels for one in alike),
            allow=_united(one.allow for one in alike),
            app_token=app_token,
        )


def _united(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for part in parts for item in part))
