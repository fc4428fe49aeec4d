"""Errors whose messages still change: listing, muting and unmuting them; and posting what waits."""

from __future__ import annotations

import logging
import re

import pytest

from slack_logging import SlackHandler
from slack_logging.local import Fault
from slack_logging.local.state.text import visible_text
from tests.active.builtins.conftest import LOG, Error, Side
from tests.active.conftest import DONE, ERRORED, EYES, PUZZLED, Ops

COUNT = "those that still count, which the command incidents lists, are"
MUTE_USAGE = "usage: !mute FINGERPRINT [--for TIME]"
DISK, REACH, LIKE_DISK = "3f2a11112222", "77b011112222", "3f2a19992222"


def fail(ops: Ops, logger: logging.Logger, text: str) -> str:
    """Log an error, and return its message's ts once it is there."""
    [handler] = logger.handlers
    assert isinstance(handler, SlackHandler)
    known = len(handler.incidents())
    logger.error(text)
    ops.clock.run_until(lambda: len(handler.incidents()) > known)
    return handler.incidents()[-1].ts


def shown(ops: Ops, ts: str) -> str:
    """Return what a message of the records' channel shows."""
    return next(visible_text(message) for message in ops.slack.messages(LOG) if message["ts"] == ts)


def listed(ops: Ops) -> dict[str, str]:
    """Return what incidents lists: the short name of each error by what it says."""
    [reply] = ops.type("!incidents")[1]
    return {line.rpartition(": ")[2]: line.split()[0] for line in reply.splitlines()}


def test_incidents_lists_count_age_and_what_an_error_says_newest_first(ops: Ops) -> None:
    """Each by the shortest beginning of its fingerprint that no other has; in however many messages it is."""
    old, new = (ops.clock.time() - age for age in (250, 12))
    side = Side(
        (
            Error(DISK, records=1000, last=old),
            Error(REACH, records=3, summary="no database", last=old - 1, muted_until=ops.clock.time() + 3600),
            Error(DISK, records=204, last=new),
        )
    )
    ops.source().start(side)
    assert ops.type("!incidents") == (
        {DONE},
        ["3f2a  x 1,204, last 12s ago: disk full\n77b0  x 3, last 4m11s ago, muted until 09:00 UTC: no database"],
    )


def test_incidents_shows_more_digits_where_two_begin_alike(ops: Ops) -> None:
    """What it shows names one error and no other."""
    ops.source().start(Side(tuple(map(Error, (DISK, LIKE_DISK)))))
    [reply] = ops.type("!incidents")[1]
    assert [line.split()[0] for line in reply.splitlines()] == ["3f2a11", "3f2a19"]


def test_incidents_says_that_there_are_none(ops: Ops, handler: SlackHandler) -> None:
    """An empty reply would be none."""
    assert handler.incidents() == ()
    assert ops.type("!incidents") == ({DONE}, ["no error has a message that still counts"])


def test_a_muted_error_is_left_out_until_it_is_unmuted(ops: Ops, handler: SlackHandler, logger: logging.Logger) -> None:
    """As by emoji: its message says until when and by whom; another error is not concerned."""
    ts = fail(ops, logger, "disk full")
    fail(ops, logger, "no database")
    name = listed(ops)["disk full"]
    assert ops.type(f"!mute {name} --for 2h") == ({DONE}, [f"muted {name} for 2h: disk full"])
    ops.clock.run_until(lambda: "muted until" in shown(ops, ts), limit=60)
    assert "muted until 10:00 UTC by ada" in shown(ops, ts)
    for text in ("disk full", "no database", "disk full"):
        logger.error(text)
    assert handler.flush(timeout=60)
    assert handler.stats().dropped == {"muted": 2}
    [reply] = ops.type("!incidents")[1]
    assert re.search(rf"^{name}  x 1, last \w+ ago, muted until 10:00 UTC: disk full$", reply, re.MULTILINE)
    assert ops.type(f"!unmute {name.upper()}") == ({DONE}, [f"unmuted {name}: disk full"])
    ops.clock.run_until(lambda: "muted until" not in shown(ops, ts), limit=60)
    assert ops.type(f"!unmute {name}") == ({DONE}, [f"{name} was not muted: disk full"])


def test_mute_is_for_an_hour_unless_somebody_says_more(ops: Ops, handler: SlackHandler, logger: logging.Logger) -> None:
    """As the emoji is."""
    fail(ops, logger, "disk full")
    name = listed(ops)["disk full"]
    assert ops.type(f"!mute {name}") == ({DONE}, [f"muted {name} for 1h: disk full"])
    [living] = handler.incidents()
    assert living.muted_until == pytest.approx(ops.clock.time() + 3600, abs=30)


def test_an_emoji_that_muted_does_not_mute_again_what_was_unmuted(
    ops: Ops, handler: SlackHandler, logger: logging.Logger
) -> None:
    """The last word counts, also while the emoji stays where it is."""
    ts = fail(ops, logger, "disk full")
    ops.slack.react(LOG, ts, "mute", user="ada")
    ops.clock.run_until(lambda: "muted until" in shown(ops, ts), limit=60)
    name = listed(ops)["disk full"]
    assert ops.type(f"!unmute {name}") == ({DONE}, [f"unmuted {name}: disk full"])
    end = ops.clock.monotonic() + 250
    ops.clock.run_until(lambda: ops.clock.monotonic() > end)
    assert [living.muted_until for living in handler.incidents()] == [None]


def test_an_error_without_a_message_is_named_by_its_whole_fingerprint(
    ops: Ops, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Its entry as JSON has that; its next message would come while it is muted."""
    fail(ops, logger, "disk full")
    [fingerprint] = {living.fingerprint for living in handler.incidents()}
    ops.clock.run_until(lambda: not handler.incidents())
    assert ops.type(f"!mute {fingerprint}") == ({DONE}, [f"muted {fingerprint} for 1h"])
    logger.error("disk full")
    assert handler.flush(timeout=60)
    assert handler.stats().dropped == {"muted": 1}
    assert ops.type(f"!unmute {fingerprint}") == ({DONE}, [f"unmuted {fingerprint}"])


@pytest.mark.parametrize("name", ["mute", "unmute"])
@pytest.mark.parametrize(
    ("typed", "reply"),
    [
        ("3f2a", "2 errors begin with '3f2a': 3f2a11, 3f2a19"),
        ("9999", f"no error '9999': {COUNT} 3f2a11, 3f2a19"),
        ("''", f"no error '': {COUNT} 3f2a11, 3f2a19"),
        ("*", f"no error '*': {COUNT} 3f2a11, 3f2a19"),
    ],
)
def test_what_names_no_error_or_two_is_not_understood(ops: Ops, name: str, typed: str, reply: str) -> None:
    """Nobody mutes what they did not mean."""
    ops.source().start(Side(tuple(map(Error, (DISK, LIKE_DISK)))))
    usage = MUTE_USAGE if name == "mute" else "usage: !unmute FINGERPRINT"
    assert ops.type(f"!{name} {typed}") == ({PUZZLED}, [f"{reply}\n{usage}"])


def test_where_no_error_counts_that_is_said(ops: Ops) -> None:
    """As nothing can be muted by a short name."""
    ops.source().start(Side(()))
    assert ops.type("!mute all") == ({PUZZLED}, [f"no error 'all': {COUNT} none\n{MUTE_USAGE}"])


def test_mute_refuses_no_time_at_all(ops: Ops) -> None:
    """It would be an unmute that says it mutes."""
    ops.source().start(Side((Error(DISK),)))
    assert ops.type("!mute 3f2a --for 0s") == (
        {PUZZLED},
        [f"--for must be more than nothing, such as 1h\n{MUTE_USAGE}"],
    )


def test_flush_posts_what_waits_and_counts_it(ops: Ops, handler: SlackHandler, logger: logging.Logger) -> None:
    """What is below ERROR waits for company, ten seconds long; not when somebody asks for it."""
    ops.type("!ping")
    for number in range(3):
        logger.warning("slow %d", number)
    assert ops.slack.messages(LOG) == []
    began = ops.clock.monotonic()
    assert ops.type("!flush") == ({DONE}, ["posted 3 records"])
    assert ops.clock.monotonic() - began < 10
    assert handler.stats().delivered == 3
    assert ops.type("!flush") == ({DONE}, ["nothing waited"])


def test_flush_gives_up_and_says_what_still_waits(ops: Ops, handler: SlackHandler, logger: logging.Logger) -> None:
    """Slack throttles for longer than that; the rest goes out when it may."""
    ops.type("!ping")
    ops.slack.fault("chat.postMessage", Fault.rate_limited(30))
    logger.warning("slow")
    marks, replies = ops.type("!flush")
    reply = "posted nothing; 1 record still waiting: Slack is slow, or refuses them (see stderr)"
    assert (marks, replies) == ({EYES, ERRORED}, [reply])
    assert handler.flush(timeout=60)
    assert handler.stats().delivered == 1


def test_flush_does_not_wait_where_slack_refuses_everything(
    ops: Ops, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Somebody has to do something first, and stderr says what."""
    ops.type("!ping")
    ops.slack.archive(LOG)
    logger.warning("slow")
    began = ops.clock.monotonic()
    reply = "posted nothing; 1 record still waiting: Slack is slow, or refuses them (see stderr)"
    assert ops.type("!flush") == ({ERRORED}, [reply])
    assert ops.clock.monotonic() - began < 10
    assert handler.stats().pending == 1
    handler.give_up()


def test_several_flushes_at_once_all_end(ops: Ops, handler: SlackHandler, logger: logging.Logger) -> None:
    """Also while others log, and with the audit going to the same handler: nobody waits for whom they hold up."""
    audit = logging.getLogger("slack_logging.audit")
    audit.addHandler(handler)
    audit.setLevel("INFO")
    try:
        stamps = [ops.say("!flush") for _ in range(4)]
        logger.warning("slow")
        for ts in stamps:
            assert ops.settled(ts)[0] - {EYES} == {DONE}
    finally:
        audit.removeHandler(handler)
        audit.setLevel(logging.NOTSET)
    assert handler.flush(timeout=60)
