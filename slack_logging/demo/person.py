"""The person that `slack-logging demo --once` plays: types a script, and checks what each line of it did."""

from __future__ import annotations

import logging
from collections.abc import Callable

from slack_logging.demo.counting import counted
from slack_logging.demo.importer import Importer
from slack_logging.demo.pace import Pace
from slack_logging.local import LocalSlack, visible_text

#: Seconds to wait for any one thing: only so that a run that hangs ends, not because anything takes that long.
PATIENCE = 60.0

#: Lines that are read while the DEBUG records are on.
_DEBUG_LINES = 60

DONE, ERRORED, REFUSED, NOT_UNDERSTOOD = "white_check_mark", "x", "no_entry", "grey_question"


class CheckFailed(Exception):
    """A command did not do what it should; the message says which, and what was seen instead."""


class Person:
    """Plays the script once.

    Args:
        slack: where to type.
        commands_channel: and in which channel.
        channel: where the records are.
        importer: what the commands act on.
        pace: holds the import while the script needs it running.
        order: the one to retry.
        bundled: whether it imports the file that comes with the demo, where that works in the end.
    """

    def __init__(
        self,
        slack: LocalSlack,
        *,
        commands_channel: str,
        channel: str,
        importer: Importer,
        pace: Pace,
        order: int,
        bundled: bool,
    ) -> None:
        self._slack = slack
        self._commands_channel = commands_channel
        self._channel = channel
        self._importer = importer
        self._pace = pace
        self._order = order
        self._bundled = bundled
        self._held: dict[str, list[str]] = {}

    def play(self) -> None:
        """Type all lines, each when the one before it has had its effect. Blocks.

        Raises:
            CheckFailed: a command had another effect.
            TimeoutError: something did not happen at all.
        """
        self._look_around()
        self._pause_and_look_closer()
        self._finish_and_retry()

    def report(self) -> str:
        """Return a line for each command typed, with what was checked and held."""
        lines = []
        for ts, checks in self._held.items():
            message = self._slack.messages(self._commands_channel, thread_ts=ts)[0]
            who = self._slack.workspace.user(message["user"]).name
            lines.append(f"  ok  {who}  {visible_text(message):32}{', '.join(checks)}\n")
        return "".join(lines)

    def _look_around(self) -> None:
        """Four at once: two questions, a slip, and somebody who may not."""
        help_, status, slip = (self._type(text) for text in ("!help", "!status", f"!rety {self._order}"))
        forbidden = self._type("!pause", user="ben")
        self._expect(help_, DONE, "!retry", "lists the commands")
        self._expect(status, DONE, "order-import", "tells who listens and what was logged")
        self._expect(slip, NOT_UNDERSTOOD, "!retry", "not understood: the reply names the nearest command")
        self._expect(forbidden, REFUSED, self._slack.user_id("ben"), "refused: not on the allow list")
        self._check(forbidden, self._importer.progress().state != "paused", "pauses nothing")

    def _pause_and_look_closer(self) -> None:
        pause = self._type("!pause")
        self._expect(pause, DONE, "paused: ", "done")
        before = self._importer.progress()
        self._check(pause, before.state == "paused", "the import stands still")
        self._pace.allow(before.read + _DEBUG_LINES)

        debug = self._type("!level orders DEBUG --for 10m")
        self._expect(debug, DONE, "INFO -> DEBUG", "done")
        self._check(debug, logging.getLogger("orders").level == logging.DEBUG, "the logger is at DEBUG")
        self._check(pause, self._importer.progress() == before, "no line is read")

        resume = self._type("!resume")
        self._expect(resume, DONE, "running: ", "done")
        self._wait_for(lambda: self._importer.progress().read > before.read)
        self._check(resume, True, "the import reads on")
        self._wait_for(lambda: self._logged(f"reading on after {counted(before.read, 'line')}"))
        self._check(debug, True, "DEBUG records are in the channel")

    def _finish_and_retry(self) -> None:
        info = self._type("!level orders INFO")
        self._expect(info, DONE, "DEBUG -> INFO", "done")
        self._check(info, logging.getLogger("orders").level == logging.INFO, "the logger is at INFO")
        self._pace.allow()
        self._wait_for(lambda: self._importer.progress().state == "done")

        before = self._importer.progress()
        retry = self._type(f"!retry {self._order}")
        self._wait_for(lambda: self._mark(retry) and self._replies(retry))
        mark = self._mark(retry)
        worked = self._importer.progress().imported == before.imported + 1
        self._check(retry, mark == (DONE if worked else ERRORED), "its mark is true")
        still = "the order still fails" if "fails again" in self._replies(retry) else "no such order had failed"
        self._check(retry, worked or not self._bundled, "the order is imported" if worked else still)

    def _type(self, text: str, *, user: str = "ada") -> str:
        """Type a line and return its `ts`."""
        return self._slack.say(self._commands_channel, text, user=user)

    def _expect(self, ts: str, mark: str, reply: str, what: str) -> None:
        """Wait for a line's mark and reply, in whatever order, and check that both are as they should be."""
        self._wait_for(lambda: self._mark(ts) and self._replies(ts))
        seen = self._mark(ts)
        text = self._replies(ts)
        self._check(ts, seen == mark and reply in text, what, f"marked :{seen}:, replied {text!r}")

    def _mark(self, ts: str) -> str:
        """Return the bot's final mark on a line, if it is there yet."""
        reactions = self._slack.reactions(self._commands_channel, ts)
        own = [name for name, users in reactions.items() if self._slack.bot_user_id in users and name != "eyes"]
        return own[0] if own else ""

    def _replies(self, ts: str) -> str:
        return "\n".join(
            visible_text(reply) for reply in self._slack.messages(self._commands_channel, thread_ts=ts)[1:]
        )

    def _logged(self, text: str) -> bool:
        return any(text in visible_text(message) for message in self._slack.messages(self._channel))

    def _check(self, ts: str, holds: bool, what: str, seen: str = "") -> None:
        if not holds:
            line = visible_text(self._slack.messages(self._commands_channel, thread_ts=ts)[0])
            raise CheckFailed(f"{line} should have been so: {what}; but: {seen or self._importer.progress()}")
        self._held.setdefault(ts, []).append(what)

    def _wait_for(self, happened: Callable[[], object]) -> None:
        self._slack.wait_for(lambda: self._importer.trouble or happened(), timeout=PATIENCE)
        if self._importer.trouble:  # no command is to blame, and nothing more would happen
            raise CheckFailed(self._importer.trouble)
