"""A burst of 100,000 records: every one accounted for, every one readable in Slack, no limit overrun."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.local.state.text import visible_text
from slack_logging.testing import FakeClock

RECORDS = 100_000
WORDS = "apple bread cheese date egg fig grape honey ice jam kale lemon mint nut oat pea quince rice salt tea".split()


def test_a_burst_of_a_hundred_thousand(clock: FakeClock, slack: LocalSlack) -> None:
    """With defaults: one record in a hundred is an error, of twenty kinds; each kind's count is right."""
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    for number in range(RECORDS):
        if number % 100 == 99:
            logger.error(f"{WORDS[number // 100 % 20]} is out, order %d", number)
        else:
            logger.info("order %d of customer %s", number, "ada")
    clock.run_until(lambda: handler._delivery.sender.idle, patience=120)
    stats = handler.stats()
    assert (stats.emitted, stats.delivered + stats.merged, stats.dropped) == (RECORDS, RECORDS, {})
    assert [call for call in slack.calls() if call.status == 429] == []
    texts = [visible_text(message) for message in slack.messages("#ops-log")]
    files = [file.content.decode("utf-8") for file in slack.files("#ops-log")]
    lines = [json.loads(line)["message"] for content in files for line in content.splitlines()]
    orders = Counter(int(order) for text in [*texts, *lines] for order in re.findall(r"order (\d+) of", text))
    assert orders == Counter(number for number in range(RECORDS) if number % 100 != 99)
    counted = {
        word: count
        for text in texts
        if "so far" not in text
        for word, count in re.findall(r"(\w+) is out, order \d+\s+x ?(\d+)", text)
    }
    assert counted == dict.fromkeys(WORDS, "50")
    handler.close()
