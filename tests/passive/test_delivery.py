"""Delivery: everything arrives or is counted, whatever Slack and the network do."""

from __future__ import annotations

import json
import logging
import queue
import threading
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging import CommandRouter, SlackHandler, Stats
from slack_logging.local import Fault, LocalSlack
from slack_logging.local.state.text import visible_text
from slack_logging.passive.sending import delivery
from slack_logging.slack.literal import visible
from slack_logging.testing import FakeClock
from tests.passive.conftest import POST, posts, shown, wait_for_posts
from tests.ports import lasting_port


def test_an_error_is_posted_at_once(clock: FakeClock, slack: LocalSlack, logger: logging.Logger) -> None:
    """No second of the clock passes."""
    logger.error("disk full")
    slack.wait_for(lambda: slack.messages("#ops-log"))
    assert "disk full" in shown(slack)
    assert clock.monotonic() == 0


def test_lower_levels_wait_for_company(clock: FakeClock, slack: LocalSlack, logger: logging.Logger) -> None:
    """They go ten seconds after the first of them, as one message."""
    for number in range(5):
        logger.info("step %d", number)
        clock.advance(1)
    wait_for_posts(clock, slack, 1)
    assert posts(slack) == [(10.0, 200)]
    assert [f"step {number}" in shown(slack) for number in range(5)] == [True] * 5


def test_a_full_message_does_not_wait(clock: FakeClock, slack: LocalSlack, logger: logging.Logger) -> None:
    """What fills a message goes before the interval is over."""
    for number in range(400):
        logger.info("step %d %s", number, "x" * 100)
    wait_for_posts(clock, slack, 1)
    assert posts(slack)[0][0] < 10


def test_errors_go_before_what_waited_longer(slack: LocalSlack, logger: logging.Logger, handler: SlackHandler) -> None:
    """Between two posts the urgent lane is first."""
    for number in range(300):
        logger.info("step %d %s", number, "x" * 100)
    logger.error("disk full")
    assert handler.flush(timeout=60)
    order = [visible_text(message) for message in slack.messages("#ops-log")]
    assert [("disk full" in text) for text in order[:2]].count(True) == 1


def test_what_slack_shows_is_what_was_logged(slack: LocalSlack, logger: logging.Logger, handler: SlackHandler) -> None:
    """Mentions, links and markup are text, in the message and in the notification."""
    hostile = "<!channel> <@U024BE7LH> *bold* `code` <https://evil.example|bank> &amp; \u202e :tada:"
    logger.error(hostile)
    assert handler.flush(timeout=30)
    [message] = slack.messages("#ops-log")
    assert "<!channel> <@U024BE7LH> *bold* `code` <https://evil.example|bank> &amp; ⟦U+202E⟧ :tada:" in visible_text(
        message
    )
    assert [mark in message["text"] for mark in ("<!", "<@", "|bank>")] == [False] * 3
    assert "!channel" not in json.dumps([block for block in message["blocks"] if block["type"] != "rich_text"])
    call = slack.calls(POST)[0]
    assert not call.args["unfurl_links"]
    assert not call.args["unfurl_media"]


def test_any_text_is_read_as_it_was_logged(clock: FakeClock, slack: LocalSlack) -> None:
    """Through the whole way, whatever the characters: what people read is `visible(text)` and nothing else."""
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, redact=False)
    logger = logging.Logger("shop")
    logger.addHandler(handler)

    @given(st.text(st.characters(exclude_categories=()), max_size=300))
    def check(text: str) -> None:
        logger.info("[%s]", text)
        assert handler.flush(timeout=600)
        latest = visible_text(slack.messages("#ops-log")[-1])
        assert latest.partition("shop ")[2].startswith(visible(f"[{text}]"))

    check()
    handler.close()


def test_an_extra_value_cannot_look_like_a_record(
    slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """Line breaks in it, and in a logger's name, are shown as signs; the notification stays one line."""
    logger.name = "shop\n:red_circle: 12:00:00 UTC payments"
    logger.error("paid", extra={"user": "eve\n:red_circle: 12:00:00 UTC payments all money gone"})
    assert handler.flush(timeout=30)
    [message] = slack.messages("#ops-log")
    assert "\n" not in message["text"]
    assert [line for line in shown(slack).splitlines() if line.startswith(":red_circle: 12:00")] == []


def test_a_traceback_is_shown_whole(slack: LocalSlack, logger: logging.Logger, handler: SlackHandler) -> None:
    """The exception's text stands below its line."""
    try:
        int("1O")
    except ValueError:
        logger.exception("row %d", 1042)
    assert handler.flush(timeout=30)
    text = shown(slack)
    assert "row 1042" in text
    assert "Traceback (most recent call last):" in text
    assert "ValueError: invalid literal for int() with base 10: '1O'" in text


def test_a_record_too_long_for_a_message_comes_with_a_file(
    slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """The message has its ends, the thread the whole."""
    text = "\n".join(f"line {number}" for number in range(5_000))
    logger.error(text)
    assert handler.flush(timeout=30)
    [message] = slack.messages("#ops-log")
    slack.wait_for(lambda: slack.files("#ops-log"))
    [file] = slack.files("#ops-log")
    assert file.thread_ts == message["ts"]
    assert file.content.decode().endswith(text + "\n")
    assert visible_text(message).count("line 4999") == 1


def test_without_files_write_the_excerpt_stays(clock: FakeClock, slack: LocalSlack, capfd: Any) -> None:
    """A missing scope costs the file, not the record; stderr says which scope."""
    handler = SlackHandler("#ops-log", token=slack.token("chat:write"), api_url=slack.api_url)
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "x " * 20_000, None, None))
    assert handler.flush(timeout=30)
    handler.close()
    assert handler.stats() == Stats(emitted=1, delivered=1)
    assert "files.getUploadURLExternal: missing_scope (add the scope to the app and install it again: files:write;" in (
        capfd.readouterr().err
    )


def test_retry_after_is_obeyed(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """Nobody calls inside the window, and the message is not lost."""
    slack.fault(POST, Fault.rate_limited(30))
    logger.error("disk full")
    wait_for_posts(clock, slack, 2)
    [(first, status), (second, again)] = posts(slack)
    assert (first, status, again) == (0.0, 429, 200)
    assert second >= 30
    assert handler.flush(timeout=60)
    assert handler.stats() == Stats(emitted=1, delivered=1)


@pytest.mark.parametrize(
    "fault",
    [Fault.server_error(500, times=3), Fault.server_error(503, times=3), Fault.cut_before(times=3)],
    ids=["500", "503", "cut"],
)
def test_transient_faults_are_survived(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler, fault: Fault
) -> None:
    """The same message is tried again, each time after two looks for it in vain, until Slack has it once."""
    slack.fault(POST, fault)
    logger.error("disk full")
    wait_for_posts(clock, slack, 4)
    assert handler.flush(timeout=60)
    moments = [moment for moment, _ in posts(slack)]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert [10 <= gap <= 11 for gap in gaps] == [True] * 3
    assert len(slack.calls("conversations.history")) == 6
    assert len({call.args["metadata"]["event_payload"]["id"] for call in slack.calls(POST)}) == 1
    assert handler.stats() == Stats(emitted=1, delivered=1)
    assert len(slack.messages("#ops-log")) == 1


def test_a_lost_answer_doubles_nothing(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """Two seconds later the channel shows whether Slack took it."""
    slack.fault(POST, Fault.cut_after())
    logger.error("disk full")
    clock.run_until(lambda: not handler.stats().pending, limit=3)
    assert clock.monotonic() == pytest.approx(2)
    assert handler.stats() == Stats(emitted=1, delivered=1)
    logger.error("disk full")
    assert handler.flush(timeout=60)
    [text] = [visible_text(message) for message in slack.messages("#ops-log")]
    assert "x 2, last " in text


def test_a_message_that_shows_late_is_not_doubled(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """What the first look does not find, the second does; lower levels too, whose lines are counted once."""
    slack.fault(POST, Fault.cut_after())
    slack.fault("conversations.history", Fault.stale(5))
    logger.info("step 1")
    clock.run_until(lambda: slack.messages("#ops-log") and not handler.stats().pending)
    assert handler.flush(timeout=60)
    assert handler.stats() == Stats(emitted=1, delivered=1)
    assert len(slack.messages("#ops-log")) == 1
    assert [len(slack.calls(POST)), len(slack.calls("conversations.history"))] == [1, 2]


def test_whoever_flushes_waits_for_one_look(slack: LocalSlack, logger: logging.Logger, handler: SlackHandler) -> None:
    """A program that ends has no ten seconds."""
    slack.fault(POST, Fault.cut_after())
    slack.fault(POST, Fault.cut_before())
    logger.error("disk full")
    logger.info("step 1")
    assert handler.flush(timeout=5)
    assert handler.stats() == Stats(emitted=2, delivered=2)
    assert len(slack.messages("#ops-log")) == 2
    assert len(slack.calls("conversations.history")) == 2


@pytest.mark.parametrize(
    "blindness", [Fault.error("missing_scope"), Fault.rate_limited(120)], ids=["scope", "throttled"]
)
def test_where_nobody_can_look_the_repeat_says_that_it_is_one(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler, blindness: Fault
) -> None:
    """At least once: nothing is lost."""
    slack.fault(POST, Fault.cut_after())
    slack.fault("conversations.history", blindness)
    logger.error("disk full")
    wait_for_posts(clock, slack, 2, limit=10)
    assert handler.flush(timeout=60)
    assert handler.stats() == Stats(emitted=1, delivered=1)
    first, again = [visible_text(message) for message in slack.messages("#ops-log")]
    note = "Sent again: nothing told whether it was taken the first time, so this may be above already."
    assert [note in first, note in again] == [False, True]
    slack.clear_faults()
    logger.error("disk full")
    clock.run_until(lambda: "x 2, last" in visible_text(slack.messages("#ops-log")[1]))
    assert note in visible_text(slack.messages("#ops-log")[1])  # the other is still there, and counts no more


def test_what_nobody_took_is_sent_again_without_a_look(clock: FakeClock) -> None:
    """A refused connection leaves no doubt."""
    port = lasting_port()
    slack = LocalSlack(port=port)
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=f"http://127.0.0.1:{port}/api/")
    handler.handle(logging.makeLogRecord({"name": "shop", "msg": "disk full", "levelno": logging.ERROR}))
    clock.run_until(lambda: clock.monotonic() > 1)
    with slack:
        clock.run_until(lambda: slack.messages("#ops-log"), limit=8)
        assert slack.calls("conversations.history") == []
        handler.close()


def test_a_refused_message_is_divided_until_the_refused_record_is_alone(
    clock: FakeClock,
    slack: LocalSlack,
    logger: logging.Logger,
    handler: SlackHandler,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What Slack will never take costs the record that it will not take, counted and said, and no other."""
    for number in range(4):
        logger.warning("record %d", number)
    for answer in ("msg_blocks_too_long", "invalid_blocks", "invalid_blocks"):  # all four, the first two, the first
        slack.fault(POST, Fault.error(answer))
    assert handler.flush(timeout=60)
    assert handler.stats() == Stats(emitted=4, delivered=3, dropped={"rejected": 1})
    assert ":warning: 1 record is not shown here: 1 refused by Slack" in shown(slack)
    assert [number for number in range(4) if f"record {number}" in shown(slack)] == [1, 2, 3]
    assert capfd.readouterr().err == (
        "slack_logging: Slack refuses a record of ours, it is dropped: chat.postMessage: invalid_blocks\n"
    )


def test_a_full_buffer_keeps_errors_and_counts_the_rest(clock: FakeClock, slack: LocalSlack) -> None:
    """Lower levels are dropped at the door or evicted; every ERROR arrives; the books balance."""
    slack.fault(POST, Fault.server_error(times=None))
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, max_bytes=64 * 1024)
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    logger.error("the first")
    slack.wait_for(lambda: slack.calls(POST))  # from now on nothing is taken out, as time stands still
    for number in range(500):
        logger.info("step %d %s", number, "x" * 300)
    for number in range(20):
        logger.error("failure %d %s", number, "x" * 300)
    stats = handler.stats()
    assert stats.emitted == 521
    assert set(stats.dropped) == {"full", "evicted"}
    slack.clear_faults()
    assert handler.flush(timeout=600)
    stats = handler.stats()
    assert stats.emitted == stats.delivered + stats.merged + sum(stats.dropped.values())
    assert "failure 0 " in shown(slack)
    assert "x 20, last " in shown(slack)
    assert shown(slack).count("step ") == 500 - sum(stats.dropped.values())
    [told] = [line for line in shown(slack).splitlines() if "not shown here" in line]
    lost = sum(stats.dropped.values())
    assert told == (
        f":warning: {lost} records are not shown here: {stats.dropped['full']} while the buffer was full; "
        f"{stats.dropped['evicted']} to make room for errors"
    )
    handler.close()


def test_the_books_balance_with_many_threads(slack: LocalSlack, logger: logging.Logger, handler: SlackHandler) -> None:
    """Eight threads log at once; each record is shown or part of a count, none twice."""

    def work(name: int) -> None:
        for number in range(100):
            logger.info("from %d: %d", name, number)
            if number % 25 == 0:
                logger.error("failure %d of %d", number, name)
            logger.info("the same")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert handler.flush(timeout=600)
    stats = handler.stats()
    assert (stats.emitted, stats.pending, stats.dropped) == (1_632, 0, {})
    assert stats.delivered + stats.merged == 1_632
    assert "x 32, last " in shown(slack)
    lines = shown(slack).splitlines()
    distinct = sorted(line.split(" shop ")[1] for line in lines if "from " in line)
    assert distinct == sorted(f"from {name}: {number}" for name in range(8) for number in range(100))


def test_a_snapshot_adds_up_while_others_log(logger: logging.Logger, handler: SlackHandler) -> None:
    """Whatever the sender and the callers are doing at the moment, each record is in exactly one place."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            logger.info("x")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    snapshots = [handler.stats() for _ in range(200)]
    stop.set()
    for thread in threads:
        thread.join()
    assert [each for each in snapshots if not each.adds_up] == []


def test_all_that_waits_at_the_programs_end_shares_one_deadline(clock: FakeClock, slack: LocalSlack) -> None:
    """A command that runs on and a Slack that is down cost `close_timeout` once, not once each.

    The tenth of a second beyond it is the command's: records came first and have used up all.
    """
    runs, go_on = threading.Event(), queue.SimpleQueue[None]()
    router = CommandRouter()

    @router.command
    def hang() -> None:
        runs.set()
        clock.wait(go_on, None)

    commands = {"channel": "#ops-commands", "allow": slack.user_id("ada"), "router": router, "start_delay": 0}
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, commands=commands, close_timeout=2)
    slack.say("#ops-commands", "!hang", user="ada")
    clock.run_until(runs.is_set)
    slack.fault("*", Fault.server_error(times=None))
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "lost", None, None))
    began = clock.monotonic()
    delivery._exit()
    handler.flush()
    handler.close()
    assert clock.monotonic() - began == pytest.approx(2.1, abs=0.01)
    go_on.put(None)


def test_what_is_logged_after_the_last_wait_is_not_waited_for(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str]
) -> None:
    """A daemon thread may log on while `logging.shutdown` flushes once more: the end took `close_timeout` already."""
    slack.fault("*", Fault.server_error(times=None))
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, close_timeout=2)
    handler.emit(info("lost"))
    delivery._exit()
    handler.emit(info("late"))
    handler.flush()
    handler.close()
    assert clock.monotonic() == pytest.approx(2, abs=0.01)
    assert [line for line in capfd.readouterr().err.splitlines() if "cannot post" not in line] == [
        "slack_logging: 1 record for #ops-log not delivered before exit",
        "slack_logging: a record for #ops-log came after the program's end: it may be lost",
    ]


def test_a_record_of_a_late_exit_function_has_its_own_time(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where all was delivered before, and others' exit functions took long; what is lost then is said, too."""
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, close_timeout=2)
    handler.emit(info("in time"))
    delivery._exit()
    clock.advance(60)
    handler.emit(info("last words"))
    assert handler.flush()
    assert "last words" in shown(slack)
    slack.fault("*", Fault.server_error(times=None))
    handler.emit(info("lost"))
    handler.flush()
    handler.close()
    assert "1 record for #ops-log not delivered before exit\n" in capfd.readouterr().err


def test_the_end_waits_also_for_what_was_flushed_in_vain(clock: FakeClock, slack: LocalSlack) -> None:
    """A short `flush` that fails takes nothing from `close_timeout`."""
    slack.fault(POST, Fault.rate_limited(3))
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
    handler.emit(info("slow"))
    assert not handler.flush(timeout=1)
    delivery._exit()
    assert "slow" in shown(slack)


def test_what_is_lost_is_said_once_a_channel_with_its_whole_count(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str]
) -> None:
    """However many handlers it has; records count that were dropped while Slack was down, as nobody told of them."""
    slack.fault("*", Fault.server_error(times=None))
    options: dict[str, Any] = {"token": slack.bot_token, "api_url": slack.api_url}
    handlers = [SlackHandler("#ops-log", **options) for _ in range(2)]
    handlers += [SlackHandler("#ops-commands", **options, max_bytes=64 * 1024)]
    for handler in handlers:
        handler.emit(info("lost"))
    handlers[-1].emit(info("x" * 64 * 1024))
    assert handlers[-1].stats().dropped == {"full": 1}
    delivery._exit()
    assert sorted(line for line in capfd.readouterr().err.splitlines() if "before exit" in line) == [
        "slack_logging: 2 records for #ops-commands not delivered before exit",
        "slack_logging: 2 records for #ops-log not delivered before exit",
    ]


def test_closing_says_what_it_leaves_each_time(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str]
) -> None:
    """`os._exit` may follow, in a forked child after `logging.shutdown`, and lose it without a word."""
    slack.fault(POST, Fault.rate_limited(60, times=2))
    handlers = [SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url) for _ in range(2)]
    for handler in handlers:
        handler.emit(info("throttled"))
        handler.flush()
        handler.close()
    said = "slack_logging: 1 record for #ops-log not delivered yet: sent while the process lasts\n"
    assert capfd.readouterr().err == 2 * said
    clock.run_until(lambda: shown(slack).count("throttled") == 2)


def info(message: str) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "shop", "levelno": logging.INFO, "msg": message})


def test_a_closed_handler_opens_again(slack: LocalSlack, handler: SlackHandler, logger: logging.Logger) -> None:
    """Frameworks close handlers that still get records."""
    logger.error("before")
    handler.close()
    logger.error("after")
    assert handler.flush(timeout=30)
    assert [text in shown(slack) for text in ("before", "after")] == [True, True]


@pytest.mark.parametrize(
    ("template", "message", "text", "kind"),
    [
        ("%(nothing)s", "order %d", "order 7", "ValueError"),
        ("%(message)s", "order %d of %d", "order %d of %d [its arguments do not fit: (7,): TypeError]", "TypeError"),
    ],
)
def test_where_a_formatter_fails_the_record_is_shown_without_it(
    template: str,
    message: str,
    text: str,
    kind: str,
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """For want of a field, or because arguments do not fit; stderr says so without the content."""
    handler.setFormatter(logging.Formatter(template))
    logger.error(message, 7)
    clock.run_until(lambda: slack.messages("#ops-log"))
    assert text in shown(slack)
    said = "a record is shown without the handler's formatter, which cannot format it"
    assert capfd.readouterr().err == f"slack_logging: {said}: Formatter: {kind}\n"


def test_a_record_that_cannot_be_taken_in_is_counted(
    handler: SlackHandler, logger: logging.Logger, capfd: pytest.CaptureFixture[str]
) -> None:
    """The application goes on, and stderr says so without the content."""
    record = logging.makeLogRecord({"msg": "password=hunter2", "exc_info": 7})
    handler.emit(record)
    assert handler.stats() == Stats(emitted=1, dropped={"broken": 1})
    assert capfd.readouterr().err == "slack_logging: a record of logger None could not be taken in: TypeError\n"
