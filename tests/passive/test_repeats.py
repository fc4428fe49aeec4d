"""Further posts where nothing can be edited: when they are due, what they tell, and that no count is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.local.state.text import visible_text
from slack_logging.passive.messages.repeats import STORM_INTERVAL, Repeats, has_last_word, next_due
from slack_logging.passive.messages.view import Line
from slack_logging.passive.sending.incident import Board, Mute
from slack_logging.passive.sending.incidents import SINGLES, Incidents

WINDOW = 300.0


def line(summary: str = "failed") -> Line:
    created = 1_800_000_000.0
    return Line(40, "shop", created, "12:00:00 UTC", summary, "a traceback", fingerprint=summary, instance="web-1/1")


def take(incidents: Incidents, name: str, times: int = 1, now: float = 0.0) -> Board:
    for _ in range(times):
        assert incidents.take(line(name), now)
    [board] = [board for board in incidents if any(incident.fingerprint == name for incident in board.incidents)]
    return board


def land(incidents: Incidents, board: Board, now: float = 0.0) -> tuple[int, int]:
    """Take in that a message tells all that there is."""
    news, merged = incidents.landed(board, {each.fingerprint: each.count for each in board.incidents}, "", now)
    return len(news), merged


def text_of(repeats: Repeats) -> str:
    return visible_text(repeats.arguments())


@pytest.mark.parametrize(
    ("told", "more", "is_due"),
    [(1, 8, False), (1, 9, True), (9, 1, True), (10, 89, False), (10, 90, True), (500, 499, False), (500, 500, True)],
)
def test_it_is_due_when_the_count_has_come_to_a_power_of_ten(told: int, more: int, is_due: bool) -> None:
    """Whatever the last post told."""
    incidents = Incidents(WINDOW)
    board = take(incidents, "a", told)
    land(incidents, board)
    take(incidents, "a", more)
    assert (next_due(incidents, 0.0, at_once=False) == (board, 0.0)) is is_due


def test_else_it_waits_for_the_quiet_or_for_somebody_who_waits() -> None:
    """A window after the last record."""
    incidents = Incidents(WINDOW)
    assert next_due(incidents, 0.0, at_once=True) == (None, None)
    board = take(incidents, "a")
    assert next_due(incidents, 0.0, at_once=True) == (None, None)  # it is not posted at all yet
    land(incidents, board)
    assert next_due(incidents, 0.0, at_once=True) == (None, WINDOW)
    take(incidents, "a", now=100.0)
    assert next_due(incidents, 150.0, at_once=False) == (None, 250.0)
    assert next_due(incidents, 150.0, at_once=True) == (board, 0.0)
    assert next_due(incidents, 400.0, at_once=False) == (board, 0.0)


def test_what_is_new_in_a_storm_is_told_soon() -> None:
    """But not oftener than incidents come singly; what repeats in it waits as ever."""
    incidents = Incidents(WINDOW)
    for number in range(SINGLES + 1):
        land(incidents, take(incidents, f"kind {number}"))
    storm = take(incidents, f"kind {SINGLES}")
    assert next_due(incidents, 1.0, at_once=False) == (None, WINDOW - 1.0)
    take(incidents, "late", now=1.0)
    assert next_due(incidents, 1.0, at_once=False) == (None, STORM_INTERVAL - 1.0)
    assert next_due(incidents, STORM_INTERVAL, at_once=False) == (storm, 0.0)
    repeats = Repeats(storm, incidents, "shop", None)
    assert text_of(repeats).splitlines()[:3] == [
        "2 kinds of errors began or went on",
        f":red_circle: shop kind {SINGLES} x2",
        ":red_circle: shop late",
    ]
    landing = repeats.landed("", 10.0)
    assert (landing.delivered, landing.merged, storm.unsaid) == (1, 1, 0)
    quiet = Repeats(storm, incidents, "shop", storm.active_at)
    assert "quiet; 3 in all, of 2 kinds" in text_of(quiet)


def test_a_post_tells_the_whole_count_and_no_traceback() -> None:
    """Which kind it is, how often it came, when and where last."""
    incidents = Incidents(WINDOW)
    board = take(incidents, "a")
    land(incidents, board)
    take(incidents, "a", 9)
    repeats = Repeats(board, incidents, "shop · web-1/1", None)
    told = text_of(repeats)
    assert told.startswith(":red_circle: shop a\nx 10, last ")
    assert ", web-1/1\n" in told
    assert "a traceback" not in told
    take(incidents, "a", 1)  # while the answer is on its way
    landing = repeats.landed("", 1.0)
    assert (landing.delivered, landing.merged, board.unsaid) == (0, 9, 1)


def test_the_quiet_is_told_once_and_the_next_is_news() -> None:
    """Unless a record comes before it is told."""
    incidents = Incidents(WINDOW)
    board = take(incidents, "a")
    land(incidents, board)
    take(incidents, "a", 2)
    repeats = Repeats(board, incidents, "shop", board.active_at)
    assert "\nquiet; 3 in all, last " in text_of(repeats)
    take(incidents, "a", now=400.0)
    assert "\nx 4, last " in text_of(repeats)
    repeats.landed("", 400.0)
    assert list(incidents) == [board]
    last = Repeats(board, incidents, "shop", board.active_at)
    assert "quiet; 4 in all" in text_of(last)
    last.landed("", 700.0)
    assert list(incidents) == []


@pytest.mark.parametrize("left_out", [0, 7])
def test_after_a_mute_the_quiet_is_told_or_how_many_came(left_out: int) -> None:
    """Never both: what came and was left out is no quiet."""
    incidents = Incidents(WINDOW)
    board = take(incidents, "a", 3)
    land(incidents, board)
    incidents.mute("a", Mute(600.0), 0.0)
    for _ in range(left_out):
        assert incidents.leave_out(line("a"), 1.0)
    assert next_due(incidents, 600.0, at_once=False) == (board, 0.0)
    text = text_of(Repeats(board, incidents, "shop", board.active_at))
    assert (has_last_word(board), "quiet; 3 in all" in text, "; 7 more came" in text) == (
        True,
        not left_out,
        left_out > 0,
    )


def test_a_post_that_is_refused_for_good_gives_its_count_up() -> None:
    """It cannot be told in halves."""
    incidents = Incidents(WINDOW)
    board = take(incidents, "a")
    land(incidents, board)
    take(incidents, "a", 5)
    repeats = Repeats(board, incidents, "shop", None)
    assert (repeats.divided(), repeats.given_up()) == ([], 5)


@given(st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.integers(1, 40), st.booleans(), st.integers(0, 200))))
def test_each_record_is_told_once(steps: list[tuple[str, int, bool, int]]) -> None:
    """Whatever comes, whatever fails: what was told and what is not told yet are all there is."""
    incidents, now, taken, told = Incidents(WINDOW), 0.0, 0, 0
    for name, times, fails, pause in steps:
        now += pause
        take(incidents, name, times, now)
        taken += times
        while board := incidents.to_post():
            told += sum(land(incidents, board, now))
        board, _ = next_due(incidents, now, at_once=False)
        if board is not None:
            repeats = Repeats(board, incidents, "shop", board.active_at)
            repeats.arguments()
            if not fails:
                landing = repeats.landed("", now)
                told += landing.delivered + landing.merged
        assert told + incidents.unsaid == taken
