"""More than the pace can carry: a message that counts, and a file in its thread that holds every record."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from slack_logging import SlackHandler, Stats
from slack_logging.local import Fault, LocalSlack
from slack_logging.local.state.text import visible_text
from slack_logging.passive.messages.digest import MAX_FILE, Digest
from slack_logging.passive.messages.packing import ROOM
from slack_logging.passive.records.capture import Captured, capture_plain
from slack_logging.passive.records.formatter import SlackFormatter
from slack_logging.passive.records.outbox import MemoryOutbox
from slack_logging.testing import FakeClock
from tests.passive.conftest import POST, shown

UPLOAD = "files.completeUploadExternal"

#: Enough lines of 200 characters to fill more messages than may wait.
MANY = 2_000


def log_many(logger: logging.Logger, number: int = MANY) -> None:
    for order in range(number):
        logger.info("order %d has been imported and %s", order, "x" * 160)


def entries(slack: LocalSlack) -> list[dict[str, Any]]:
    """Return the canonical entries in the channel's files."""
    shared = [call for call in slack.calls(UPLOAD) if call.status == 200]
    slack.wait_for(lambda: len(slack.files("#ops-log")) == len(shared))
    files = [file.content.decode("utf-8") for file in slack.files("#ops-log")]
    return [json.loads(line) for content in files for line in content.splitlines()]


def captured(text: str, level: int) -> Captured:
    found = capture_plain(logging.LogRecord("shop", level, __file__, 1, text, None, None))
    assert found is not None
    return found


def settle(clock: FakeClock, handler: SlackHandler) -> None:
    clock.run_until(lambda: handler._delivery.sender.idle)


def test_a_burst_is_one_message_and_a_file(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """The message counts; the file, in its thread, holds every record in order."""
    log_many(logger)
    settle(clock, handler)
    *first, digest = slack.messages("#ops-log")
    before = re.findall(r" shop order (\d+)", " ".join(map(visible_text, first)))
    filed = [entry["message"].split()[1] for entry in entries(slack)]
    assert before + filed == [str(order) for order in range(MANY)]
    assert len(first) <= 2  # what had begun when the burst came
    assert f"{len(filed):,} records were too many to show one by one: {len(filed):,} INFO" in visible_text(digest)
    [answer] = slack.messages("#ops-log", thread_ts=digest["ts"])[1:]
    assert answer["files"][0]["title"] == f"{len(filed):,} records, each a line of JSON"
    stats = handler.stats()
    assert (stats.delivered, stats.pending, stats.dropped) == (MANY, 0, {})


def test_records_in_a_file_are_pending_until_it_is_shared(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """However long that takes: a file of records is never given up for want of an answer."""
    slack.fault(UPLOAD, Fault.server_error(times=8))
    log_many(logger)
    clock.run_until(lambda: slack.calls(UPLOAD))
    before = handler.stats()
    assert before.pending > MANY / 2
    settle(clock, handler)
    assert handler.stats().delivered == MANY
    assert len(entries(slack)) == before.pending


@pytest.mark.parametrize(("scopes", "files"), [((), 1), (("chat:write", "files:write"), 2)])
def test_a_file_whose_answer_was_lost_is_looked_for(
    scopes: tuple[str, ...], files: int, clock: FakeClock, slack: LocalSlack
) -> None:
    """In the thread, by its name, before it is sent again; where nobody may look, it comes twice rather than never."""
    token = slack.token(*scopes) if scopes else slack.bot_token
    handler = SlackHandler("#ops-log", token=token, api_url=slack.api_url)
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    slack.fault(UPLOAD, Fault.cut_after())
    logger.error("x" * 20_000)
    settle(clock, handler)
    slack.wait_for(lambda: len(slack.files("#ops-log")) == files)
    assert len(slack.calls(UPLOAD)) == files


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", UPLOAD])
def test_a_token_that_went_bad_loses_no_file(
    method: str, clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """It is asked for again, as before a post."""
    slack.fault(method, Fault.error("token_expired"))
    log_many(logger)
    settle(clock, handler)
    stats = handler.stats()
    assert (stats.delivered, stats.dropped) == (MANY, {})


def test_without_files_write_the_losses_are_counted_and_told(
    clock: FakeClock, slack: LocalSlack, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing else shows them."""
    token = slack.token("chat:write")
    handler = SlackHandler("#ops-log", token=token, api_url=slack.api_url)
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    log_many(logger)
    settle(clock, handler)
    lost = handler.stats().dropped["overflow"]
    assert handler.stats().delivered == MANY - lost
    told = f":warning: {lost:,} records are not shown here: {lost:,} too many, and no file could be shared"
    assert told in shown(slack)
    assert f"a file of {lost:,} records could not be attached" in capfd.readouterr().err


def test_what_the_pace_can_carry_is_shown_line_by_line(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """A thousand short records are a dozen messages, and no file."""
    log_many(logger, 700)
    settle(clock, handler)
    assert slack.files("#ops-log") == []
    assert len(slack.messages("#ops-log")) <= 20


def test_at_exit_there_is_no_time_for_many_messages(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """More than a few seconds' worth is a digest then."""
    log_many(logger, 700)
    handler._delivery.begin_exit()
    settle(clock, handler)
    assert clock.monotonic() < 5.0
    assert len(entries(slack)) + len(shown(slack).splitlines()) >= 700


@pytest.mark.parametrize(("is_last", "messages"), [(True, 2), (False, 3)])
def test_at_exit_errors_that_wait_share_a_message(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger, is_last: bool, messages: int
) -> None:
    """Their tracebacks are in its thread. A channel takes a message a second, and others may end just then."""
    for word in ("one", "two", "three"):
        try:
            raise ValueError(f"boom {word}")
        except ValueError:
            logger.exception(f"broken {word}")
        clock.run_until(lambda: slack.messages("#ops-log"))
    if is_last:
        handler._delivery.begin_exit()
    settle(clock, handler)
    assert len(slack.messages("#ops-log")) == messages
    told = str([slack.messages("#ops-log"), [file.content for file in slack.files("#ops-log")]])
    assert [word for word in ("one", "two", "three") if f"ValueError: boom {word}" not in told] == []
    assert handler.stats().delivered == 3


def test_an_error_does_not_wait_for_the_whole_backlog(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """It is the next message after the one in hand."""
    slack.fault(POST, Fault.server_error(times=3))
    log_many(logger, 20_000)
    clock.run_until(lambda: len(slack.calls(POST)) >= 2)
    logger.error("boom")
    settle(clock, handler)
    texts = [visible_text(message) for message in slack.messages("#ops-log")]
    assert [index for index, text in enumerate(texts) if "boom" in text] in ([0], [1])
    assert handler.stats().delivered == 20_001


def test_what_piled_up_while_slack_was_down_comes_as_a_digest(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Ten minutes of records are not told one by one."""
    slack.fault("*", Fault.cut_before(times=None))
    for _ in range(10):
        log_many(logger, 400)
        clock.advance(60.0)
    slack.clear_faults()
    settle(clock, handler)
    assert len(slack.messages("#ops-log")) <= 3
    assert handler.stats().delivered == 4_000


@pytest.mark.parametrize(("number", "ends"), [(1, False), (3, False), (1, True), (3, True)])
def test_long_records_are_cut_and_no_overflow(number: int, ends: bool, clock: FakeClock, slack: LocalSlack) -> None:
    """However long, each is one message, by webhook too, and when the program ends: few records are never too many."""
    handler = SlackHandler(webhook_url=slack.webhook_url("#ops-log"))
    if ends:
        handler._delivery.begin_exit()
    for order in range(number):
        record = ("shop", logging.INFO, __file__, 1, f"begin {order} {'x' * 250_000} end {order}", None, None)
        handler.emit(logging.LogRecord(*record))
    settle(clock, handler)
    texts = [visible_text(message) for message in slack.messages("#ops-log")]
    assert [(f" shop begin {order} " in text, f" end {order}" in text) for order, text in enumerate(texts)] == [
        (True, True)
    ] * number
    assert ["the rest is not shown here" in text for text in texts] == [True] * number
    assert handler.stats() == Stats(emitted=number, delivered=number)
    handler.close()


def test_a_long_record_has_its_file_also_when_the_program_ends(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """It is shown, and not counted as one that was too many."""
    handler._delivery.begin_exit()
    logger.info("begin %s end", "x" * 250_000)
    settle(clock, handler)
    [message] = slack.messages("#ops-log")
    assert " shop begin xxx" in visible_text(message)
    slack.wait_for(lambda: [file.title for file in slack.files("#ops-log")] == ["Full text"])


def throttled(slack: LocalSlack, clock: FakeClock) -> tuple[SlackHandler, logging.Logger]:
    """Return a handler with a webhook that throttles its first message, an error, and its logger."""
    handler = SlackHandler(webhook_url=slack.webhook_url("#ops-log"))
    slack.fault("webhook", Fault.rate_limited(30))
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    logger.error("boom")
    clock.run_until(lambda: slack.calls("webhook"))
    return handler, logger


def test_a_long_record_makes_no_overflow_of_short_ones(clock: FakeClock, slack: LocalSlack) -> None:
    """It takes one message of those that may wait, whatever its length."""
    handler, logger = throttled(slack, clock)
    for order in range(100):
        logger.info("order %d %s", order, "x" * 250_000 if order == 50 else "")
    settle(clock, handler)
    assert len(slack.messages("#ops-log")) == 4  # the error, what came before the long one, that one, the rest
    assert handler.stats() == Stats(emitted=101, delivered=101)
    handler.close()


def test_a_storm_of_long_records_is_still_counted(clock: FakeClock, slack: LocalSlack) -> None:
    """More of them than messages may wait are one that counts them, and the channel is told that they are lost."""
    handler, logger = throttled(slack, clock)
    for order in range(21):
        logger.info("order %d %s", order, "x" * 20_000)
    settle(clock, handler)
    texts = shown(slack)
    assert "21 records were too many to show one by one: 21 INFO" in texts
    assert "21 records are not shown here: 21 too many" in texts
    assert handler.stats() == Stats(emitted=22, delivered=1, dropped={"overflow": 21})
    handler.close()


@pytest.mark.parametrize(
    ("number", "size", "is_more"),
    [(3, 200_000, False), (4, 200_000, True), (6, 5_000, False), (8, 5_000, True), (500, 5, False), (600, 5, True)],
)
def test_a_record_counts_as_one_message_at_most(number: int, size: int, is_more: bool) -> None:
    """Else by what it takes of one, with what stands beside its text."""
    outbox = MemoryOutbox(32 * 2**20)
    outbox.put(captured("y" * 200_000, logging.ERROR), urgent=True)  # which counts for nothing here
    for _ in range(number):
        outbox.put(captured("x" * size, logging.INFO), urgent=False)
    assert outbox.fills_more_than(3, ROOM) is is_more


def test_files_stay_small_enough_to_be_held() -> None:
    """A digest is full at some megabytes."""
    digest = Digest("shop", has_file=True)
    formatter = SlackFormatter("shop")
    record = logging.LogRecord("shop", logging.INFO, "shop.py", 1, "x" * 100_000, None, None)
    while not digest.is_full:
        digest.add(formatter.format(record))
    landing = digest.landed("1.1", 0.0)
    assert landing.file is not None
    assert MAX_FILE <= len(landing.file.content) < MAX_FILE + 101_000


def test_the_busiest_kinds_are_shown() -> None:
    """Five of them, with what varies left out, and the counts of all levels."""
    digest = Digest("shop", has_file=True)
    formatter = SlackFormatter("shop")
    levels = ([logging.INFO] * 7 + [logging.WARNING] * 2 + [logging.DEBUG]) * 10
    for number, level in enumerate(levels):
        what = f"step {number} of '{number}'" if level == logging.INFO else f"kind {'abcdefghij'[number // 10]}"
        digest.add(formatter.format(logging.LogRecord("shop", level, "shop.py", 1, what, None, None)))
    lines = visible_text(digest.arguments()).splitlines()
    assert lines[0] == ":warning: 100 records were too many to show one by one: 20 WARNING, 70 INFO, 10 DEBUG"
    assert lines[2] == ":large_blue_circle: x70 shop step # of #"
    assert lines[-2] == "and 22 of other kinds"
    assert len(lines) == 2 + 5 + 1 + 1


def test_one_record_is_counted_as_one() -> None:
    """An error may come when a digest has just begun."""
    digest = Digest("shop", has_file=True)
    digest.add(SlackFormatter().format(logging.LogRecord("shop", logging.INFO, "shop.py", 1, "x", None, None)))
    assert visible_text(digest.arguments()).startswith(
        ":large_blue_circle: 1 record was too many to show one by one: 1 INFO"
    )
    landing = digest.landed("1.1", 0.0)
    assert landing.file is not None
    assert landing.file.title == "1 record, each a line of JSON"


def test_without_a_file_it_counts_and_says_nothing_of_one() -> None:
    """Where there is no thread to share one in."""
    digest = Digest("shop", has_file=False)
    digest.add(SlackFormatter().format(logging.LogRecord("shop", logging.INFO, "shop.py", 1, "x", None, None)))
    assert "thread" not in visible_text(digest.arguments())
    assert digest.landed("", 0.0).lost == 1
