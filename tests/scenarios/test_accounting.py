"""Every record is accounted for: what the handler counts is what the channel shows, whatever goes wrong."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from slack_logging import SlackHandler
from slack_logging.local import Fault, LocalSlack
from slack_logging.local.state.text import visible_text
from slack_logging.testing import FakeClock

_ROW = re.compile(r":\w+: (?:\d\d:\d\d:\d\d UTC )?shop .*?(?: x([\d,]+))?")
_COUNT = re.compile(r"(?:x|quiet;) ([\d,]+)(?: in all)?, last .*")

#: What one thread logs: level, which of a few texts, how often in a row, and how long the text is.
WORK = st.lists(
    st.tuples(
        st.sampled_from([logging.INFO, logging.INFO, logging.WARNING, logging.ERROR]),
        st.sampled_from("apple bread cheese date egg fig grape honey".split()),
        st.integers(1, 40),
        st.sampled_from([0, 10, 2_000]),
    ),
    max_size=8,
)
FAULTS = st.lists(
    st.tuples(
        st.sampled_from(["chat.postMessage", "chat.update", "files.completeUploadExternal", "*"]),
        st.sampled_from(
            [
                Fault.rate_limited(7),
                Fault.server_error(times=2),
                Fault.cut_before(),
                Fault.cut_after(),
                Fault.error("internal_error"),
                Fault.truncated(),
            ]
        ),
    ),
    max_size=6,
)


def number(text: str | None) -> int:
    return int(text.replace(",", "")) if text else 1


def shown(slack: LocalSlack) -> Counter[str]:
    """Count what people can read: rows of their own, what is only counted, and what is said to be missing."""
    counts: Counter[str] = Counter()
    for message in slack.messages("#ops-log"):
        text = visible_text(message)
        if lost := re.match(r":warning: ([\d,]+) records? (?:is|are) not shown here", text):
            counts["lost"] += number(lost[1])
        elif " so far: " not in text and "too many to show one by one" not in text:
            for line in text.splitlines():
                row, count = _ROW.fullmatch(line), _COUNT.fullmatch(line)
                counts["delivered"] += bool(row)
                counts["merged"] += number((row or count or {1: "1"})[1]) - 1
    for file in slack.files("#ops-log"):
        if file.name.endswith(".jsonl"):
            counts["delivered"] += len([json.loads(line) for line in file.content.decode("utf-8").splitlines()])
    return counts


def work(logger: logging.Logger, steps: list[tuple[int, str, int, int]]) -> None:
    for level, word, times, length in steps:
        for _ in range(times):
            logger.log(level, f"{word} is missing {'.' * length}")


@settings(max_examples=30)
@given(st.lists(WORK, min_size=1, max_size=4), FAULTS, st.sampled_from([64 * 1024, 32 * 2**20]))
def test_what_is_counted_is_what_the_channel_shows(
    plans: list[list[Any]], faults: list[tuple[str, Fault]], max_bytes: int
) -> None:
    """Threads log while Slack fails, throttles and loses answers, and while there may be no room."""
    with FakeClock() as clock, LocalSlack(clock=clock) as slack:
        handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, max_bytes=max_bytes)
        logger = logging.Logger("shop")
        logger.addHandler(handler)
        for method, fault in faults:
            slack.fault(method, fault)
        threads = [threading.Thread(target=work, args=(logger, plan)) for plan in plans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert handler.stats().adds_up
        clock.run_until(lambda: handler.stats().adds_up and handler._delivery.sender.idle)
        stats = handler.stats()
        assert stats.emitted == sum(times for plan in plans for _, _, times, _ in plan)
        assert stats.adds_up
        assert stats.pending == 0
        told = Counter(delivered=stats.delivered, merged=stats.merged, lost=sum(stats.dropped.values()))
        slack.wait_for(lambda: shown(slack) == told)  # files are shared a little after they are taken
        handler.close()
