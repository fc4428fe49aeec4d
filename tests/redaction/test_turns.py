"""Redaction lets other threads run, and no more often than they need."""

from __future__ import annotations

import logging
import time

import pytest

from slack_logging import SlackHandler
from slack_logging.clock import taking_turns
from slack_logging.local import LocalSlack
from slack_logging.redaction.redactor import WINDOW, Redactor
from tests.benchmarks.redaction import HOSTILE


def test_others_get_their_turn_once_a_millisecond_however_often_it_is_offered() -> None:
    """The time that they take counts for none of ours."""
    moments = iter([0.0, 0.0, 0.0004, 0.0011, 0.5, 0.5004, 0.5009, 0.502, 0.6])
    pause = taking_turns(lambda: next(moments))
    assert [pause() for _ in range(6)] == [False, False, True, False, False, True]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_worked_on_in_pieces(name: str) -> None:
    """Whatever it repeats, between its pieces a turn is offered."""
    offered: list[None] = []
    Redactor(pause=lambda: offered.append(None)).redact((HOSTILE[name] * WINDOW * 9)[: WINDOW * 9])
    assert len(offered) >= 8


@pytest.mark.parametrize("name", ["hidden token", "hidden tokens", "hidden, of headers", "each look"])
def test_a_handler_gives_no_more_turns_than_it_has_milliseconds(
    slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A turn takes up to a tenth of one: thousands of them would be most of the work."""
    turns: list[int] = []
    sleep = time.sleep

    def counted(seconds: float) -> None:
        if seconds:
            sleep(seconds)
        else:
            turns.append(1)

    monkeypatch.setattr(time, "sleep", counted)
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    begin = time.perf_counter()
    logger.info((HOSTILE[name] * 250_000)[:250_000])
    assert handler.flush(timeout=30)
    most = (time.perf_counter() - begin) * 1000
    handler.close()
    assert len(turns) <= most
