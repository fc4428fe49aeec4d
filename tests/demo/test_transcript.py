"""What a transcript tells of the events in a Slack."""

from __future__ import annotations

import io
import logging
import re
from dataclasses import replace

from slack_logging import SlackHandler
from slack_logging.demo.summary import Summary
from slack_logging.demo.terminal import Terminal
from slack_logging.demo.transcript import Transcript
from slack_logging.local import LocalSlack
from slack_logging.passive.messages import view
from slack_logging.passive.messages.view import Line
from slack_logging.passive.records.stats import Stats
from slack_logging.testing import FakeClock


class Told:
    """A Slack that needs no server, and what is told of it."""

    def __init__(self) -> None:
        self.slack = LocalSlack()
        self._stream = io.StringIO()
        self._transcript = Transcript(self.slack, Terminal(self._stream, width=100))

    def lines(self) -> list[str]:
        """Return what was told, without the times."""
        self._transcript.end()
        self._transcript.show()
        return [re.sub(r"^\d\d:\d\d:\d\d  ", "", line) for line in self._stream.getvalue().splitlines()]


def test_messages_replies_and_marks_are_told_in_their_order() -> None:
    """A reply and a reaction say what they belong to."""
    told = Told()
    ts = told.slack.say("#ops-commands", "!help", user="ada")
    told.slack.say("#ops-commands", "you can do nothing", user="ops", thread_ts=ts)
    told.slack.react("#ops-commands", ts, "white_check_mark", user="ops")
    told.slack.unreact("#ops-commands", ts, "white_check_mark", user="ops")

    assert told.lines() == [
        "#ops-commands ada  !help",
        "#ops-commands ops  ↳ !help",
        "          you can do nothing",
        "#ops-commands ops  ✅ on: !help",
        "#ops-commands ops  no longer ✅ on: !help",
    ]


def test_edits_and_deletions_are_told() -> None:
    """An edit shows the new text, a deletion what is gone."""
    told = Told()
    ts = told.slack.say("#ops-log", "teh end", user="ben")
    told.slack.edit("#ops-log", ts, "the end")
    told.slack.delete("#ops-log", ts)

    assert told.lines() == [
        "#ops-log      ben  teh end",
        "#ops-log      ben  (edited) the end",
        "#ops-log      ben  (deleted) the end",
    ]


def test_an_edit_that_is_not_told_whole_says_so() -> None:
    """Of a long list only what is new is told, under its first line, which a reply then repeats."""
    told = Told()
    ts = told.slack.say("#ops-log", "2 kinds of errors\none\ntwo", user="ops")
    told.slack.edit("#ops-log", ts, "3 kinds of errors\none\ntwo\nthree")
    told.slack.say("#ops-log", "all of them", user="ops", thread_ts=ts)

    assert told.lines()[3:] == [
        "#ops-log      ops  (edited, new lines only) 3 kinds of errors",
        "          three",
        "#ops-log      ops  ↳ 3 kinds of errors",
        "          all of them",
    ]


def test_an_emoji_is_a_picture_wherever_a_message_is_repeated() -> None:
    """In a message, its edit, what a reply or a reaction belongs to, and when it is gone."""
    told = Told()
    ts = told.slack.say("#ops-log", ":red_circle: it broke", user="ops", raw=True)
    told.slack.edit("#ops-log", ts, ":red_circle: it broke x2")
    told.slack.say("#ops-log", "why?", user="ada", thread_ts=ts)
    told.slack.react("#ops-log", ts, "eyes", user="ada")
    told.slack.delete("#ops-log", ts)

    assert told.lines() == [
        "#ops-log      ops  🔴 it broke",
        "#ops-log      ops  (edited) 🔴 it broke x2",
        "#ops-log      ada  ↳ 🔴 it broke x2",
        "          why?",
        "#ops-log      ada  👀 on: 🔴 it broke x2",
        "#ops-log      ops  (deleted) 🔴 it broke x2",
    ]


def test_people_are_named() -> None:
    """A mention shows a name, not an id; somebody unknown keeps the id."""
    told = Told()
    told.slack.say("#ops-log", f"<@{told.slack.user_id('ben')}> and <@U404>", user="ada", raw=True)

    assert told.lines() == ["#ops-log      ada  @ben and @U404"]


def test_joining_and_leaving_is_not_told() -> None:
    """What Slack itself writes about members is left out."""
    told = Told()
    told.slack.kick("#ops-log", "ben")
    told.slack.invite("#ops-log", "ben")

    assert told.lines() == []


def test_the_small_print_is_not_told() -> None:
    """A message's context block repeats who speaks; the terminal says that already."""
    told = Told()
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "a record"}},
        {"type": "context", "elements": [{"type": "plain_text", "text": "web-1/4711"}]},
    ]
    told.slack.say("#ops-log", "", user="ops", blocks=blocks)

    assert told.lines() == ["#ops-log      ops  a record"]


def test_a_summary_counts_what_the_channel_shows() -> None:
    """Shown and merged records are counted in the channel, so a wrong counter does not add up.

    What a record says, also a count, or a line as another record would have it, counts nothing.
    """
    slack = LocalSlack()
    told = Line(logging.INFO, "orders", 0.0, "12:00:00 UTC", "the name holds markup: *Bob* x99", "")
    lines = replace(told, detail="Traceback:\n:red_circle: 12:00:00 UTC orders it broke x3"), told
    for blocks in (view.blocks([(lines[0], 1), (lines[1], 3)], "order-import"), view.blocks([(told, 1)], "x 9, last ")):
        slack.say("#ops-log", "", user="ops", blocks=blocks)
    slack.say("#ops-log", ":red_circle: 12:00:03 UTC orders people talk x9", user="ada", raw=True)
    done, refused = (slack.say("#ops-commands", "!x", user="ada") for _ in range(2))
    slack.react("#ops-commands", done, "white_check_mark", user="ops")
    slack.react("#ops-commands", refused, "no_entry", user="ops")
    stats = Stats(emitted=7, delivered=3, merged=2, dropped={"full": 1}, pending=1)

    summary = Summary.of(slack, stats, channel="#ops-log", commands_channel="#ops-commands")

    assert summary == Summary(stats, shown=3, merged=2, posted=0, calls=0, commands=1)
    assert summary.adds_up
    assert "7 logged = 3 shown + 2 merged + 1 dropped + 1 pending: it adds up" in str(summary)
    lost = Summary.of(slack, Stats(emitted=8), channel="#ops-log", commands_channel="#ops-commands")
    assert not lost.adds_up
    assert "IT DOES NOT ADD UP" in str(lost)


def test_a_summary_adds_up_whatever_is_logged() -> None:
    """Lines that repeat, errors that come again, and more records than messages can show, which are in a file."""
    with FakeClock() as clock, LocalSlack(clock=clock, share_delay=0.0) as slack:
        handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
        logger = logging.Logger("orders")
        logger.addHandler(handler)
        for _ in range(3):
            logger.info("the name holds markup: *Bob* x99")
            logger.error("cannot import x7, last ")
        for number in range(3_000):
            logger.info("%d %s", number, "x" * 200)
        clock.run_until(lambda: handler.stats().pending == 0)
        slack.wait_for(lambda: slack.files("#ops-log"))
        stats = handler.stats()
        summary = Summary.of(slack, stats, channel="#ops-log", commands_channel="#ops-commands")
        handler.close()

    assert stats.emitted == 3_006
    assert summary.adds_up, str(summary)
