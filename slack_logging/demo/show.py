"""The show: a local Slack, the import, and both channels in the terminal.

It is steered by whoever is at the Slack's page, or by a script.
"""

from __future__ import annotations

import threading
from contextlib import closing

from slack_logging import SlackHandler
from slack_logging.demo.logging_config import Place, configured, logging_config
from slack_logging.demo.ops import commands_to_try
from slack_logging.demo.orders import numbered, order_to_retry
from slack_logging.demo.pace import WATCHED, Pace
from slack_logging.demo.person import PATIENCE, CheckFailed, Person
from slack_logging.demo.summary import Summary
from slack_logging.demo.terminal import Terminal
from slack_logging.demo.transcript import Transcript
from slack_logging.demo.work import running_import
from slack_logging.local import LocalSlack

CHANNEL = "#ops-log"
COMMANDS_CHANNEL = "#ops-commands"

#: Seconds that an import takes under the script, which holds it in between.
_SCRIPTED_DURATION = 8.0


#: What the script retries where no order will fail.
_NO_ORDER = 1042


def watch(lines: list[str], terminal: Terminal, *, port: int) -> None:
    """Run until Ctrl-C. Call it from the main thread.

    Args:
        lines: the orders.
        terminal: where to show what happens.
        port: of the local Slack; 0 for any free one.

    Raises:
        OSError: the port is in use.
    """
    with closing(_started(port)) as slack:
        terminal.say(f"{slack.url}/ is a Slack of your own: open it beside this terminal.\n")
        transcript = Transcript(slack, terminal)
        with (
            configured(logging_config(_place(slack), poll_interval=2.0)) as handler,
            running_import(lines, Pace(WATCHED)),
        ):
            try:
                terminal.say(_welcome(lines))  # now all that it says is so
                transcript.show()
            except KeyboardInterrupt:
                terminal.say("\nEnding: what is logged already is still posted.")
        terminal.say(f"\n{_summary(slack, handler)}")


def play(lines: list[str], terminal: Terminal, *, port: int, bundled: bool) -> bool:
    """Run the script and return whether all of it held and every record is accounted for.

    Args:
        lines: the orders.
        terminal: where to show what happens, and the summary.
        port: of the local Slack; 0 for any free one.
        bundled: whether the orders are the demo's own.

    Raises:
        OSError: the port is in use.
    """
    count = len(numbered(lines))
    pace = Pace(count / _SCRIPTED_DURATION, allowed=count * 2 // 3)
    with closing(_started(port)) as slack:
        terminal.say(f"{slack.url}/ is the page of the local Slack; a script types there.\n")
        transcript = Transcript(slack, terminal)
        with (
            configured(logging_config(_place(slack), poll_interval=1.0)) as handler,
            running_import(lines, pace) as importer,
        ):
            person = Person(
                slack,
                commands_channel=COMMANDS_CHANNEL,
                channel=CHANNEL,
                importer=importer,
                pace=pace,
                order=order_to_retry(lines) or _NO_ORDER,
                bundled=bundled,
            )
            failure = _show_played(person, handler, transcript)
        summary = _summary(slack, handler)
    terminal.say(f"\nWhat was typed, and what came of it:\n\n{person.report()}\nWhere the records went:\n\n{summary}")
    if failure:
        terminal.say(f"\nFAILED: {failure}")
    return summary.adds_up and not failure


def _show_played(person: Person, handler: SlackHandler, transcript: Transcript) -> str:
    """Have the script played in another thread while this one shows it; return what failed."""
    failures = ["the script broke off"]

    def play() -> None:
        try:
            person.play()
            failures[:] = [] if handler.flush(PATIENCE) else ["not all records were posted in time"]
        except (CheckFailed, TimeoutError) as error:
            failures[:] = [str(error)]
        finally:
            transcript.end()

    threading.Thread(target=play, name="person", daemon=True).start()
    transcript.show()
    return "".join(failures)


def _started(port: int) -> LocalSlack:
    slack = LocalSlack(port=port)
    try:
        return slack.start()
    except OSError as error:
        raise OSError(f"{error}; try another --port") from None


def _place(slack: LocalSlack) -> Place:
    return Place(
        channel=CHANNEL,
        commands_channel=COMMANDS_CHANNEL,
        allow=[slack.user_id("ada")],
        token=slack.bot_token,
        api_url=slack.api_url,
    )


def _summary(slack: LocalSlack, handler: SlackHandler) -> Summary:
    return Summary.of(slack, handler.stats(), channel=CHANNEL, commands_channel=COMMANDS_CHANNEL)


def _welcome(lines: list[str]) -> str:
    return f"""An import of orders has begun.
It logs to {CHANNEL}; in {COMMANDS_CHANNEL} you can steer it. Type there, as ada:

{commands_to_try(lines)}

The Slack stays after the import, until Ctrl-C.
"""
