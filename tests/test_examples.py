"""The examples do what they say, against a Slack that the environment names."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from slack_logging.local import LocalSlack, visible_text

EXAMPLES = Path(__file__).parents[1] / "examples"


def started(example: str, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent), **environ}
    return subprocess.Popen(
        [sys.executable, str(EXAMPLES / example), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_quickstart_posts_a_record_and_an_exception() -> None:
    """With a token, the records go to the channel of that Slack."""
    with LocalSlack() as slack, started("quickstart.py", **slack.environ) as process:
        out, _ = process.communicate()
        shown = "\n".join(visible_text(message) for message in slack.messages("#ops-log"))

    assert (process.returncode, out) == (0, "")
    assert "root hello, Slack" in shown
    assert "root this is what an error looks like\nZeroDivisionError: division by zero\nquickstart.py:" in shown
    assert "ZeroDivisionError: division by zero" in shown


def test_the_quickstart_needs_no_account() -> None:
    """Without a token, it prints what a Slack on this machine shows."""
    with started("quickstart.py", SLACK_BOT_TOKEN="", SLACK_API_URL="") as process:
        out, _ = process.communicate()

    assert process.returncode == 0
    assert "root hello, Slack" in out
    assert "ZeroDivisionError: division by zero" in out


#: Runs the quickstart where the extra `local` is not installed.
BARE = f"import runpy, sys; sys.modules['aiohttp'] = None; runpy.run_path({str(EXAMPLES / 'quickstart.py')!r})"


def ran_bare(**environ: str) -> tuple[int, str, str]:
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent), **environ}
    ran = subprocess.run([sys.executable, "-c", BARE], env=environment, capture_output=True, text=True, timeout=50)
    return ran.returncode, ran.stdout, ran.stderr


def test_the_quickstart_needs_no_extra_with_a_token() -> None:
    """The Slack on this machine does."""
    with LocalSlack() as slack:
        assert ran_bare(**slack.environ) == (0, "", "")
        assert len(slack.messages("#ops-log")) > 0


def test_the_quickstart_says_what_it_needs() -> None:
    """Without a token and without the extra it is one line."""
    status, out, said = ran_bare(SLACK_BOT_TOKEN="", SLACK_API_URL="")
    assert (status, out) == (1, "")
    needed = 'slack_logging.local needs aiohttp: pip install "slack-logging-ops[local]"'
    assert said == f"quickstart.py: {needed}, or set SLACK_BOT_TOKEN\n"


def test_the_quickstart_keeps_the_loggers_that_there_are() -> None:
    """Whoever copies it has imported modules whose loggers exist by then."""
    code = "import logging, runpy; shop = logging.getLogger('shop'); "
    code += f"runpy.run_path({str(EXAMPLES / 'quickstart.py')!r}); print('disabled:', shop.disabled)"
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent), "SLACK_BOT_TOKEN": "", "SLACK_API_URL": ""}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=50)
    assert (ran.stdout.splitlines()[-1:], ran.stderr) == (["disabled: False"], "")


def test_the_service_says_what_it_needs() -> None:
    """Without its arguments it is one line and status 2."""
    with started("service.py") as process:
        out, _ = process.communicate()

    assert (process.returncode, out) == (
        2,
        (
            "service.py needs a channel for records, one for commands, and the id of who may; write '#name' in quotes: "
            "# begins a comment in a shell\n"
        ),
    )


def test_the_service_says_what_is_wrong_with_them() -> None:
    """Of a wrong configuration the one line that matters, without a traceback, and status 1."""
    with started("service.py", "#ops-log", "#ops-commands", "ada", SLACK_BOT_TOKEN="xoxb-1-2") as process:
        out, _ = process.communicate()

    assert (process.returncode, out.count("\n")) == (1, 1)
    assert out.startswith("service.py: commands: allow: 'ada' is no id of a user (U..., W...)")


def test_the_service_obeys_its_own_commands() -> None:
    """A router's own commands run in the service, their answers and marks appear, and Ctrl-C ends it."""
    with LocalSlack() as slack:
        channels = ("#ops-log", "#ops-commands", slack.user_id("ada"))
        with started("service.py", *channels, **slack.environ) as process:
            ts = slack.say("#ops-commands", '!drain "a new till"', user="ada")
            slack.wait_for(lambda: "white_check_mark" in slack.reactions("#ops-commands", ts), timeout=30)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate()

        replies = [visible_text(message) for message in slack.messages("#ops-commands", thread_ts=ts)[1:]]
        shown = "\n".join(visible_text(message) for message in slack.messages("#ops-log"))
    assert (process.returncode, replies) == (0, ["no order is taken from now on; !serve goes on"])
    assert "shop draining: a new till" in shown
    assert "shop the shop is closed" in shown
    assert out.count("\n") == 1, out  # that it reads commands
