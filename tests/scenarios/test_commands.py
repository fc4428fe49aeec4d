"""Each command runs once, whatever people and the network do, and its marks say what became of it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from slack_logging import CommandError, CommandRouter, SlackCommandSource
from slack_logging.active import source as sources
from slack_logging.local import Fault, LocalSlack
from slack_logging.testing import FakeClock

CHANNEL = "#ops-commands"
DONE, ERRORED, PUZZLED = "white_check_mark", "x", "grey_question"
REPEAT, CANCEL = "repeat", "octagonal_sign"
FINAL = {DONE, ERRORED, PUZZLED, "zzz", "no_entry", "warning"}

#: Each ends by itself, so that a quiet time always comes.
FAULTS = [
    Fault.rate_limited(7),
    Fault.server_error(times=2),
    Fault.cut_before(),
    Fault.cut_after(times=2),
    Fault.error("internal_error"),
    Fault.truncated(),
]
METHODS = ["conversations.history", "reactions.add", "reactions.remove", "chat.postMessage", "users.info", "*"]


class People(RuleBasedStateMachine):
    """People who type commands, change their minds and add emoji, while Slack fails and the service starts anew."""

    commands = Bundle("commands")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.clock.__enter__()
        self.slack = LocalSlack(clock=self.clock)
        self.slack.__enter__()
        self.ran: Counter[str] = Counter()
        self.due: Counter[str] = Counter()
        self.marks: dict[str, str] = {}
        self.words: dict[str, str] = {}
        #: What was edited at all; and since it ran, as far as the service can tell.
        self.edited: set[str] = set()
        self.changed: set[str] = set()
        self.count = 0
        self.router = CommandRouter()
        self.router.command("note")(self.note)
        self.router.command("fail")(self.fail)
        self.source = self.started()

    def note(self, word: str) -> str:
        """Run."""
        self.ran[word] += 1
        return f"noted {word}"

    def fail(self, word: str) -> None:
        """Run, and fail."""
        self.ran[word] += 1
        raise CommandError(f"cannot {word}")

    def started(self) -> SlackCommandSource:
        """Return a source that reads."""
        source = SlackCommandSource(
            CHANNEL,
            allow=[self.slack.user_id("ada")],
            router=self.router,
            token=self.slack.bot_token,
            api_url=self.slack.api_url,
            max_age="1d",
        )
        source.start()
        return source

    def settle(self) -> None:
        """Let all that was typed be settled and marked."""
        self.clock.run_until(
            lambda: all(set(self.slack.reactions(CHANNEL, ts)) & FINAL for ts in self.marks), limit=7200
        )
        self.clock.run_until(lambda: not self.owed() and self.is_all_said(), limit=7200)

    def is_all_said(self) -> bool:
        """Tell whether no reply is owed."""
        return self.source._reader is None or self.source._reader.desk.answers.is_idle

    def owed(self) -> list[str]:
        """Return the messages that do not show yet what became of them."""
        return [ts for ts, mark in self.marks.items() if mark not in self.slack.reactions(CHANNEL, ts)]

    @rule(target=commands, kind=st.sampled_from(["note", "fail", "nte"]))
    def type(self, kind: str) -> str:
        """Type a command, one of three that is not understood."""
        return self.typed(kind)

    def typed(self, kind: str) -> str:
        """Type a command, and note what is to become of it."""
        self.count += 1
        word = f"w{self.count}"
        ts = self.slack.say(CHANNEL, f"!{kind} {word}", user="ada")
        self.words[ts] = word
        self.marks[ts] = {"note": DONE, "fail": ERRORED, "nte": PUZZLED}[kind]
        self.due[word] = int(kind != "nte")
        return ts

    @rule(method=st.sampled_from(METHODS), fault=st.sampled_from(FAULTS))
    def fail_at(self, method: str, fault: Fault) -> None:
        """Have Slack fail."""
        self.slack.fault(method, fault)

    @rule(seconds=st.sampled_from([1, 5, 30, 120]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        end = self.clock.monotonic() + seconds
        self.clock.run_until(lambda: self.clock.monotonic() >= end)

    @rule(ts=commands)
    def correct(self, ts: str) -> None:
        """Edit what was not understood; of what was understood nothing is read again."""
        self.settle()
        self.slack.edit(CHANNEL, ts, f"!note {self.words[ts]}")
        if self.marks[ts] == PUZZLED:
            self.due[self.words[ts]] += 1
            self.marks[ts] = DONE
        else:
            self.changed.add(ts)
        self.edited.add(ts)
        self.settle()

    @rule(ts=commands)
    def repeat(self, ts: str) -> None:
        """Have something run again, but for what is perhaps not what ran."""
        self.settle()
        self.due[self.words[ts]] += int(self.marks[ts] != PUZZLED and ts not in self.changed)
        before = len(self.slack.messages(CHANNEL, thread_ts=ts))
        self.slack.react(CHANNEL, ts, REPEAT, user="ada")
        self.clock.run_until(lambda: len(self.slack.messages(CHANNEL, thread_ts=ts)) > before, limit=7200)
        self.settle()
        self.slack.unreact(CHANNEL, ts, REPEAT, user="ada")
        self.wait(60)

    @rule(kind=st.sampled_from(["note", "nte"]))
    def think_better_of_it(self, kind: str) -> None:
        """Type a command and cancel it, while nobody looks."""
        self.settle()
        self.source.close()
        ts = self.typed(kind)
        self.due[self.words[ts]], self.marks[ts] = 0, ERRORED
        self.slack.react(CHANNEL, ts, CANCEL, user="ada")
        self.source = self.started()
        self.settle()

    @rule(ts=consumes(commands))
    def delete(self, ts: str) -> None:
        """Delete a message: what was typed has run, or never will."""
        self.settle()
        self.slack.delete(CHANNEL, ts)
        del self.marks[ts]

    @rule(is_killed=st.booleans())
    def restart(self, is_killed: bool) -> None:
        """Start the service anew; killed, all it knew is gone, and what it had not marked yet would run again."""
        if is_killed:
            self.slack.clear_faults()
            self.settle()
        self.source.close()
        if is_killed:
            sources._ledgers.clear()
            self.changed |= self.edited
        self.source = self.started()
        if is_killed:
            self.wait(30)  # an emoji from before its first look would not count

    @invariant()
    def nothing_runs_more_often_than_it_should(self) -> None:
        """At no time."""
        assert all(self.ran[word] <= self.due[word] for word in self.ran)

    @precondition(lambda self: self.count)
    @rule()
    def look(self) -> None:
        """Once all is quiet, everything ran as often as it should, and each message shows what became of it."""
        self.slack.clear_faults()
        self.settle()
        self.wait(30)
        assert self.ran == +self.due
        for ts, mark in self.marks.items():
            shown = {name for name, users in self.slack.reactions(CHANNEL, ts).items() if name in FINAL}
            assert shown - {PUZZLED} == {mark} - {PUZZLED}
            assert mark in shown

    def teardown(self) -> None:
        """Look once more, and close."""
        if self.count:
            self.look()
        self.source.close()
        self.slack.__exit__(None, None, None)
        self.clock.__exit__(None, None, None)


#: Without shortening what fails: each try would wait until the clock's patience is over.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


def test_each_command_runs_once_whatever_happens() -> None:
    """The same few stories each time."""
    few = settings(max_examples=15, stateful_step_count=20, derandomize=True, phases=PHASES)
    run_state_machine_as_test(People, settings=few)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_command_runs_once_whatever_else_happens() -> None:
    """Many stories, new ones each time."""
    run_state_machine_as_test(People, settings=settings(max_examples=150, stateful_step_count=25, phases=PHASES))
