"""Posting works and sending files does not, as behind a firewall that lets Slack's API through, but not its files."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from slack_logging import SlackHandler, Stats
from slack_logging.local import Fault, LocalSlack, visible_text
from slack_logging.passive.messages import digest
from slack_logging.passive.sending import delivery
from slack_logging.testing import FakeClock
from tests.passive.conftest import POST, shown
from tests.passive.test_overflow import MANY, UPLOAD, entries, log_many, settle

BEGIN, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"

#: More than a message has room for.
LONG = "y z " * 9_000

#: Too many for messages, and few enough for half of 1 MiB.
BURST = 1_100


def post_all(clock: FakeClock, handler: SlackHandler) -> None:
    """Let time pass until nothing waits but files."""
    sender = handler._delivery.sender
    clock.run_until(lambda: sender.stats().pending == sender._uploads.records and not sender._loader.losses())


@pytest.mark.parametrize(
    ("method", "fault"), [("upload", Fault.cut_before(times=None)), (BEGIN, Fault.rate_limited(60, times=None))]
)
def test_files_that_wait_count_against_max_bytes(
    method: str, fault: Fault, clock: FakeClock, slack: LocalSlack
) -> None:
    """What finds no room is counted in a digest without a file and told as lost; what waits is shared at last."""
    slack.fault(method, fault)
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, max_bytes="1 MiB")
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    for _ in range(6):
        log_many(logger, BURST)
        post_all(clock, handler)
    stats = handler.stats()
    assert 0 < stats.pending <= 2 * BURST
    assert list(stats.dropped) == ["overflow"]
    assert f"{BURST:,} records are not shown here: {BURST:,} too many, and no file could be shared" in shown(slack)
    logger.error("boom")
    before = clock.monotonic()
    clock.run_until(lambda: " shop boom" in shown(slack))
    assert clock.monotonic() - before <= 1.0
    slack.clear_faults()
    settle(clock, handler)
    assert len(entries(slack)) == stats.pending
    log_many(logger, BURST)
    settle(clock, handler)
    emitted = 7 * BURST + 1
    assert handler.stats() == Stats(
        emitted=emitted, delivered=emitted - stats.dropped["overflow"], dropped=stats.dropped
    )
    handler.close()


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        (COMPLETE, Fault.server_error(times=2)),
        (COMPLETE, Fault.cut_before(times=2)),
        (BEGIN, Fault.cut_before(times=6)),
        (BEGIN, Fault.rate_limited(30)),
    ],
)
def test_a_fault_that_passes_costs_no_record_its_place_in_a_file(
    method: str, fault: Fault, clock: FakeClock, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A burst that `max_bytes` has room for needs more files than half of that: they are not made meanwhile."""
    monkeypatch.setattr(digest, "MAX_FILE", 64 * 1024)
    slack.fault(method, fault)
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, max_bytes="1 MiB")
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    for number in range(1_800):
        logger.info("step %d: %s", number, "all is well " * 25)
    settle(clock, handler)
    assert handler.stats() == Stats(emitted=1_800, delivered=1_800)


def test_who_flushes_waits_for_no_file_to_see_what_can_be_posted(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """What waits behind a file that cannot be sent is told at once: the program may end without another word."""
    slack.fault("upload", Fault.cut_before(times=None))
    log_many(logger)
    clock.run_until(lambda: slack.calls("upload"))
    log_many(logger)
    logger.warning("last words: disk is full")
    before = clock.monotonic()
    assert not handler.flush(timeout=5)
    assert clock.monotonic() - before <= 5
    assert "last words: disk is full" in shown(slack)
    slack.clear_faults()


def test_errors_do_not_wait_for_files(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """They are posted at once, however often a file could not be sent."""
    slack.fault("upload", Fault.cut_before(times=None))
    logger.warning(LONG)
    clock.run_until(lambda: len(slack.calls("upload")) >= 8)
    before = clock.monotonic()
    logger.error("boom")
    clock.run_until(lambda: " shop boom" in shown(slack))
    assert clock.monotonic() - before <= 1.0


def test_at_exit_messages_go_before_files_that_could_not_be_sent(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """There may be no time for both; the file is tried once more after them, without waiting for its backoff."""
    slack.fault("upload", Fault.cut_before(times=5))
    logger.warning(LONG)
    clock.run_until(lambda: len(slack.calls("upload")) == 5)
    slack.reset_calls()
    logger.error("boom")
    logger.info("done")
    handler._delivery.begin_exit()
    settle(clock, handler)
    assert [call.method for call in slack.calls()] == [POST, POST, BEGIN, "upload", UPLOAD]


@pytest.mark.parametrize(
    ("posts_fail", "said"),
    [
        (False, "the full text of 1 record for #ops-log not delivered before exit"),
        (True, "2 records and the full text of 1 record for #ops-log not delivered before exit"),
    ],
)
def test_a_record_that_lacks_its_file_at_exit_is_told_as_that(
    posts_fail: bool,
    said: str,
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It is in the channel, and in `stats`, as delivered; what is in neither is counted apart, in the same line."""
    slack.fault("upload", Fault.cut_before(times=None))
    logger.warning(LONG)
    clock.run_until(lambda: handler.stats().delivered == 1)
    if posts_fail:
        slack.fault(POST, Fault.server_error(times=None))
        logger.error("boom")
        logger.error("bang")
    delivery._exit()
    lines = capfd.readouterr().err.splitlines()
    assert [line for line in lines if "not delivered" in line] == [f"slack_logging: {said}"]


def test_stderr_says_once_from_where_there_is_no_answer(
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Of the host alone, for who knows the whole address may write there; and once that it works again."""
    slack.fault("upload", Fault.cut_before(times=6))
    logger.warning(LONG)
    clock.run_until(lambda: len(slack.calls("upload")) == 3)
    logger.error("boom")
    settle(clock, handler)
    [failed, again] = capfd.readouterr().err.splitlines()
    where = slack.api_url.removesuffix("api/")
    assert failed.startswith(
        f"slack_logging: files cannot be uploaded to #ops-log, and wait: file upload: no answer from {where} ("
    )
    assert again == "slack_logging: files are uploaded to #ops-log again"


def test_nobody_looks_for_a_file_that_cannot_be_there(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Before its last step nothing is shared, whatever answers were lost."""
    slack.fault(BEGIN, Fault.cut_after())
    slack.fault("upload", Fault.cut_after())
    logger.warning(LONG)
    settle(clock, handler)
    assert slack.calls("conversations.replies") == []
    assert len(slack.calls(UPLOAD)) == 1


def test_a_file_that_was_promised_is_shared_though_another_was_refused_meanwhile(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger
) -> None:
    """Its records are nowhere else."""
    slack.fault(UPLOAD, Fault.rate_limited(10))
    slack.fault(UPLOAD, Fault.error("missing_scope"))
    log_many(logger)
    clock.run_until(lambda: slack.calls(UPLOAD))
    lost = handler.stats().pending
    log_many(logger)
    settle(clock, handler)
    assert handler.stats() == Stats(emitted=2 * MANY, delivered=2 * MANY - lost, dropped={"overflow": lost})
    slack.wait_for(lambda: len(slack.files("#ops-log")) == 1)


@pytest.mark.parametrize(
    ("act", "what"),
    [(lambda logger: logger.error(LONG), "a record's full text"), (log_many, "a file of ")],
    ids=["text", "records"],
)
def test_a_promise_that_cannot_be_kept_is_taken_back_in_the_thread(
    clock: FakeClock,
    slack: LocalSlack,
    handler: SlackHandler,
    logger: logging.Logger,
    act: Callable[[logging.Logger], None],
    what: str,
) -> None:
    """What happened to the file stands where it is looked for, with why; nothing is settled before."""
    slack.fault(BEGIN, Fault.error("missing_scope"))
    act(logger)
    clock.run_until(lambda: slack.calls(BEGIN))
    slack.fault(POST, Fault.server_error())
    settle(clock, handler)
    threads = [slack.messages("#ops-log", thread_ts=each["ts"])[1:] for each in slack.messages("#ops-log")]
    [told] = [reply for replies in threads for reply in replies]
    assert visible_text(told).startswith(f":warning: {what}")
    assert "could not be attached: files.getUploadURLExternal: missing_scope" in visible_text(told)


@pytest.mark.parametrize(("code", "is_for_all"), [("file_not_found", False), ("file_uploads_disabled", True)])
def test_one_file_that_is_refused_for_itself_stops_no_other(
    clock: FakeClock, slack: LocalSlack, handler: SlackHandler, logger: logging.Logger, code: str, is_for_all: bool
) -> None:
    """What no file can be shared for stops all, for a while."""
    slack.fault(UPLOAD, Fault.error(code))
    for what in ("disk", "mail"):
        logger.error(f"{what} failed: {LONG}")
        settle(clock, handler)
    assert len(slack.calls(UPLOAD)) == (1 if is_for_all else 2)
    assert ("the rest is not shown here" in shown(slack)) is is_for_all
