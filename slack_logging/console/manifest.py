"""`slack-logging manifest`: the manifest of a Slack app, to paste."""

from __future__ import annotations

import argparse
import json

from slack_logging.slack.manifest import MAX_NAME, Feature, manifest, needed, to_yaml

_EPILOG = """what to do with it:
  https://api.slack.com/apps > Create New App > From a manifest: choose the workspace and paste it. Install the app
  there, put its Bot User OAuth Token (xoxb-...) into SLACK_BOT_TOKEN, and /invite the bot to your channels. After a
  change of scopes the app has to be installed again. Then slack-logging check says what is still amiss.

  With --socket-mode: in the app's settings > Basic Information > App-Level Tokens, generate one with the scope
  connections:write, and put it (xapp-...) into SLACK_LOGGING_APP_TOKEN. No manifest can ask for it. The app must be
  this program's alone: Slack gives each event to one of the programs that are connected.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Print the manifest of a Slack app with the scopes that records and commands need, in public and\n"
        "in private channels, and no others."
    )
    parser.add_argument(
        "--log-only", action="store_true", help="without commands; a private channel must then be given by its id"
    )
    parser.add_argument("--groups", action="store_true", help="let user groups run commands, too: usergroups:read")
    parser.add_argument(
        "--socket-mode",
        action="store_true",
        help="switch Socket Mode on, with its events: Slack then pushes commands instead of being asked for them",
    )
    parser.add_argument("--name", default="slack-logging", help=f"of the app, up to {MAX_NAME} characters")
    parser.add_argument("--json", action="store_true", help="instead of YAML")
    parser.epilog = _EPILOG
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    """Print it and return the exit status.

    Args:
        args: as `add_arguments` declared them.

    Raises:
        ConfigurationError: no app can have that name.
        SystemExit: the options do not go together.
    """
    given = {"--groups": args.groups, "--socket-mode": args.socket_mode}
    about_commands = [option for option, is_given in given.items() if is_given]
    if args.log_only and about_commands:
        verb = "is" if len(about_commands) == 1 else "are"
        args.refuse(f"{' and '.join(about_commands)} {verb} about commands: leave --log-only out")
    features: list[Feature] = ["log"] if args.log_only else ["log", "commands"]
    if args.groups:
        features.append("groups")
    document = manifest(needed(*features), name=args.name, socket_mode=args.socket_mode)
    print(json.dumps(document, ensure_ascii=False, indent=2) if args.json else to_yaml(document).rstrip())
    return 0
