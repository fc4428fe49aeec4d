"""What a transcript tells of the events in a Slack."""

from __future__ import annotations

import io
import re

from slack_logging.demo.summary import Summary
from slack_logging.demo.terminal import Terminal
from slack_logging.demo.transcript import Transcript
from slack_logging.local import LocalSlack
from slack_logging.passive.records.stats import Stats


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
        "#ops-log      ada  ↳ 🔴 it broke",
        "          why?",
        "#ops-log      ada  👀 on: 🔴 it broke",
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
    """Shown and merged records are counted in the channel, so a wrong counter does not add up."""
    slack = LocalSlack()
    for text in (
        ":red_circle: 12:00:00 UTC orders it broke x3\nTraceback (most recent call last):\nValueError: x2",
        ":large_blue_circle: 12:00:01 UTC orders.db fine\n:white_circle: 12:00:02 UTC orders.db fine too",
        "people talk at 12:00:03 UTC here x9",
    ):
        slack.say("#ops-log", text, user="ops", raw=True)
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
