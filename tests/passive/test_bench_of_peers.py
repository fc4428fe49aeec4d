"""The bench on which other Slack handlers lose, double, leak or hang: one test a row, with what is expected of ours.

The rows that need an end of the program or a fork are in `processes`.
"""

from __future__ import annotations

import logging
import statistics
import time

from slack_logging import SlackHandler
from slack_logging.local import Fault, LocalSlack
from slack_logging.testing import FakeClock
from tests.passive.conftest import POST, shown

WORDS = "ant bee cat dog elk fox gnu hen ibis jay".split()

#: The most that one call may take, in seconds, as the median of many; others take Slack's two seconds.
AT_MOST = 0.0001


def test_who_logs_does_not_wait_for_a_slack_that_takes_two_seconds() -> None:
    """The median of a thousand errors, each of which would have to be posted."""
    with LocalSlack(rate_limit=0) as slack:
        slack.fault("*", Fault.latency(2, times=None))
        handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, close_timeout=0)
        logger = logging.Logger("shop")
        logger.addHandler(handler)
        took = []
        for number in range(1_000):
            begun = time.perf_counter()
            logger.error("record %d", number)
            took.append(time.perf_counter() - begun)
        assert handler.stats().pending == 1_000
        assert statistics.median(took) < AT_MOST
        handler.close()


def test_ten_different_errors_at_once_arrive_in_two_messages(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """Where Slack takes one a second: within the second, and without a 429."""
    for word in WORDS:
        logger.error(f"there is no {word}")
    clock.run_until(lambda: not handler.stats().pending, limit=2)
    assert [word for word in WORDS if f"there is no {word}" not in shown(slack)] == []
    assert len(slack.messages("#ops-log")) <= 2
    assert {call.status for call in slack.calls(POST)} == {200}
    assert handler.stats().delivered == 10


def test_ten_slowly_coming_errors_do_not_make_a_queue_of_posts(
    clock: FakeClock, slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """The first is posted at once; those that come while the next must wait share a message."""
    logger.error(f"there is no {WORDS[0]}")
    clock.run_until(lambda: not handler.stats().pending)
    for word in WORDS[1:]:
        logger.error(f"there is no {word}")
    clock.run_until(lambda: not handler.stats().pending, limit=2)
    assert len(slack.messages("#ops-log")) == 2
    assert handler.stats().delivered == 10


def test_nothing_grows_on_the_root_logger_at_debug_where_slack_answers_500(clock: FakeClock, slack: LocalSlack) -> None:
    """Ten seconds of it: as many requests as the backoff allows, and no more records."""
    slack.fault(POST, Fault.server_error(times=None))
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for number in range(20):
        root.error("record %d", number)
    clock.run_until(lambda: clock.monotonic() >= 10)
    assert 3 <= len(slack.calls()) <= 5
    assert handler.stats().emitted == 20
    slack.clear_faults()
    assert handler.flush(timeout=120)
    assert len(slack.messages("#ops-log")) <= 2
    root.removeHandler(handler)
    handler.close()


def test_markup_is_text_and_secrets_are_hidden(
    slack: LocalSlack, logger: logging.Logger, handler: SlackHandler
) -> None:
    """What users typed notifies nobody; what must not be read is not there, nor in what was sent."""
    logger.error("hello <!channel>, the token is xoxb-1234567890-abcdefghijkl and password=hunter2")
    assert handler.flush(timeout=30)
    assert "hello <!channel>, the token is " in shown(slack)
    [message] = slack.messages("#ops-log")
    assert "<!channel>" not in message["text"]
    assert [secret for secret in ("abcdefghijkl", "hunter2") if secret in repr(message)] == []
