"""Incidents: what is new, what repeats, what is a storm, and when all is quiet; and that no count is ever lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.passive.messages.shipments import NewBoard
from slack_logging.passive.messages.view import Line
from slack_logging.passive.sending.incident import Board, Mute
from slack_logging.passive.sending.incidents import CALM, EDIT_INTERVAL, MOST, SINGLES, WAITING, Incidents

WINDOW = 300.0


def line(summary: str = "failed", fingerprint: str = "", instance: str = "web-1/1") -> Line:
    return Line(
        40,
        "shop",
        1_800_000_000.0,
        "12:00:00 UTC",
        summary,
        "",
        fingerprint=fingerprint or summary,
        instance=instance,
    )


def land(incidents: Incidents, board: Board, now: float) -> tuple[int, int]:
    """Take in that a message tells all that there is."""
    told = {incident.fingerprint: incident.count for incident in board.incidents}
    news, counted = incidents.landed(board, told, "1.1", now)
    return len(news), counted


def take(incidents: Incidents, name: str, now: float = 0.0, instance: str = "web-1/1") -> None:
    assert incidents.take(line(name, instance=instance), now)


def test_the_first_is_a_message_and_repeats_change_its_count() -> None:
    """At a bounded rate; what repeated before it landed is told by the post itself."""
    incidents = Incidents(WINDOW)
    for _ in range(3):
        take(incidents, "a")
    board = incidents.to_post()
    assert board is not None
    assert land(incidents, board, 0.0) == (1, 2)
    take(incidents, "a", 1.0)
    assert incidents.to_edit(1.0, at_once=False) == (None, EDIT_INTERVAL - 1.0)
    assert incidents.to_edit(1.0, at_once=True) == (board, 0.0)
    assert incidents.to_edit(EDIT_INTERVAL, at_once=False) == (board, 0.0)
    assert land(incidents, board, 6.0) == (0, 1)
    assert incidents.unsaid == 0


def test_a_failed_post_opens_no_window_and_loses_no_count() -> None:
    """Until it has landed it is still to be posted, with all that came meanwhile."""
    incidents = Incidents(WINDOW)
    take(incidents, "a", 0.0)
    for now in (1_000.0, 2_000.0):
        take(incidents, "a", now)
    board = incidents.to_post()
    assert board is not None
    assert (board.unsaid, incidents.to_edit(9_999.0, at_once=True)) == (3, (None, None))


def test_after_a_window_without_a_repeat_all_is_quiet() -> None:
    """Then the next one is a message of its own."""
    incidents = Incidents(WINDOW)
    take(incidents, "a", 0.0)
    board = incidents.to_post()
    assert board is not None
    land(incidents, board, 0.0)
    take(incidents, "a", 100.0)
    land(incidents, board, 100.0)
    assert incidents.to_edit(200.0, at_once=False) == (None, 200.0)
    assert not incidents.is_over(board, 399.0)
    assert incidents.to_edit(400.0, at_once=False) == (board, 0.0)
    assert incidents.is_over(board, 400.0)
    assert incidents.forget(board) == 0
    take(incidents, "a", 401.0)
    assert incidents.to_post() is not board


def test_too_many_kinds_in_a_minute_are_lines_of_one_message() -> None:
    """Six come singly, the others together until a quiet minute; it mentions once."""
    incidents = Incidents(WINDOW)
    for number in range(SINGLES + 20):
        take(incidents, f"kind {number}", now=number)
        if number < SINGLES:
            land(incidents, next(board for board in incidents if board.ts is None), now=number)
    singles, [storm] = (
        [board for board in incidents if not board.is_storm],
        [board for board in incidents if board.is_storm],
    )
    assert (len(singles), len(storm.incidents)) == (SINGLES, 20)
    assert [board.mentions for board in incidents] == [True] * (SINGLES + 1)
    later = SINGLES + 20 + CALM
    take(incidents, "after the storm", now=later)
    assert [board.is_storm for board in incidents][-1] is False


def test_kinds_that_wait_for_each_other_are_lines_of_one_message() -> None:
    """Three may wait for their turn; with the fourth they share a message, but for the one that is on its way."""
    incidents = Incidents(WINDOW)
    take(incidents, "on its way")
    [first] = incidents
    NewBoard(first, incidents, "shop", "")
    for number in range(WAITING):
        take(incidents, f"kind {number}")
        take(incidents, f"kind {number}")
    assert [board.is_storm for board in incidents] == [False] * (1 + WAITING)
    take(incidents, "one more")
    single, storm = incidents
    assert single is first
    assert [(each.fingerprint, each.count) for each in storm.incidents] == [
        *[(f"kind {number}", 2) for number in range(WAITING)],
        ("one more", 1),
    ]
    assert (storm.is_storm, storm.mentions) == (True, True)
    take(incidents, "kind 0")
    assert incidents.unsaid == 1 + 3 + 2 + 2 + 1


def test_those_that_share_a_message_are_not_quiet_before_their_time() -> None:
    """Where a program ends, it says no more than what there is."""
    incidents = Incidents(WINDOW)
    take(incidents, "one", 5_000.0)
    take(incidents, "two", 5_000.0)
    incidents.gather(5_000.0)
    [storm] = incidents
    land(incidents, storm, 5_001.0)
    assert [incidents.is_over(storm, now) for now in (5_001.0, 4_999.0 + WINDOW, 5_000.0 + WINDOW)] == [
        False,
        False,
        True,
    ]


def test_a_storm_that_fills_its_message_goes_on_in_another() -> None:
    """Which mentions nobody again."""
    incidents = Incidents(WINDOW)
    for number in range(200):
        take(incidents, f"kind {number} " + "x" * 200)
    storms = [board for board in incidents if board.is_storm]
    assert len(storms) > 1
    assert [board.mentions for board in storms] == [True] + [False] * (len(storms) - 1)
    assert sum(len(board.incidents) for board in storms) == 200


def test_who_logged_it_is_told_by_the_busiest() -> None:
    """Two names, and how many more."""
    incidents = Incidents(WINDOW)
    for name, times in (("web-1/1", 1), ("web-2/7", 3), ("web-3/9", 2), ("web-4/4", 1)):
        for _ in range(times):
            take(incidents, "a", instance=name)
    [board] = incidents
    assert board.incidents[0].where == "web-2/7 web-3/9 +2"


def test_it_is_announced_again_at_ten_a_hundred_a_thousand() -> None:
    """Once each, however fast the count runs."""
    incidents = Incidents(WINDOW)
    announced = []
    board: Board | None = None
    for number in range(1, 2_001):
        take(incidents, "a")
        board = board or incidents.to_post()
        assert board is not None
        land(incidents, board, 0.0)
        if (incident := incidents.announcement(board)) is not None:
            announced.append(number)
            incidents.announced(incident)
    assert announced == [10, 100, 1_000]


def test_a_muted_incident_is_muted_for_as_long_as_was_said() -> None:
    """And can be heard again before."""
    incidents = Incidents(WINDOW)
    incidents.mute("a", Mute(100.0), 0.0)
    incidents.mute("b", Mute(100.0), 0.0)
    assert incidents.unmute("b", 50.0)
    assert not incidents.unmute("b", 50.0)
    assert [incidents.leave_out(line(name), 99.0) for name in "ab"] == [True, False]
    assert not incidents.leave_out(line("a"), 100.0)
    assert not incidents.unmute("a", 100.0)


def opened(names: str) -> tuple[Incidents, Board]:
    """Return incidents whose messages are in Slack, and the last of these: of many names, the storm's."""
    incidents = Incidents(WINDOW)
    for name in names:
        take(incidents, name)
        if (board := incidents.to_post()) is not None:
            land(incidents, board, 0.0)
            last = board
    land(incidents, last, 0.0)
    return incidents, last


def test_a_muted_error_is_said_to_be_so_and_is_not_quiet_before_its_time() -> None:
    """One edit says it, soon; what was left out is worth a last one, and what comes after that is new."""
    incidents, board = opened("a")
    incidents.mute("a", Mute(3600.0), 1.0)
    assert incidents.to_edit(1.0, at_once=False) == (None, EDIT_INTERVAL - 1.0)
    assert incidents.to_edit(EDIT_INTERVAL, at_once=False) == (board, 0.0)
    board.changes_told = board.changes
    assert incidents.to_edit(WINDOW, at_once=True) == (None, 3600.0 - WINDOW)
    assert not incidents.has_last_word(board)
    assert incidents.leave_out(line("a"), 3599.0)
    assert (incidents.has_last_word(board), incidents.is_over(board, 3599.0)) == (True, False)
    assert (incidents.leave_out(line("a"), 3600.0), incidents.is_over(board, 3600.0)) == (False, True)
    take(incidents, "a", 3600.0)
    assert (board.unsaid, len(list(incidents))) == (0, 2)
    incidents.forget(board)
    take(incidents, "a", 3601.0)
    assert [each.unsaid for each in incidents] == [2]


def test_an_error_that_is_unmuted_goes_on_where_it_was() -> None:
    """In the message that it had, for a window from then on."""
    incidents, board = opened("a")
    incidents.mute("a", Mute(3600.0), 0.0)
    assert incidents.leave_out(line("a"), 10.0)
    assert incidents.unmute("a", 1000.0)
    assert not incidents.is_over(board, 1000.0 + WINDOW - 1.0)
    take(incidents, "a", 1001.0)
    assert (board.incidents[0].count, board.incidents[0].left_out) == (2, 1)
    assert not incidents.is_over(board, 1001.0 + WINDOW - 1.0)


def test_muting_again_counts_from_then() -> None:
    """Longer or shorter; a mute that is over by then ends first."""
    incidents, board = opened("ab")
    for until in (100.0, 1000.0, 50.0):
        incidents.mute("b", Mute(until), 0.0)
    assert [incidents.leave_out(line("b"), now) for now in (49.0, 50.0)] == [True, False]
    incidents.mute("a", Mute(100.0), 60.0)
    incidents.mute("b", Mute(400.0), 100.0)
    assert not incidents.leave_out(line("a"), 101.0)
    take(incidents, "a", 101.0)
    assert board.unsaid == 0
    assert len(list(incidents)) == 3


def test_what_begins_after_a_storm_was_muted_is_no_part_of_it() -> None:
    """It has a message of its own, that nobody muted; one kind muted alone leaves the others as they are."""
    names = "abcdefghijk"
    incidents, storm = opened(names)
    assert [incident.fingerprint for incident in storm.incidents] == list("ghijk")
    incidents.mute("g", Mute(3600.0), 1.0)
    take(incidents, "h", 2.0)
    take(incidents, "new", 2.0)
    assert storm.unsaid == 1
    assert len(storm.incidents) == 5
    land(incidents, storm, 5.0)
    assert incidents.is_over(storm, 2.0 + WINDOW)


def test_an_error_is_muted_wherever_it_is_shown() -> None:
    """In the channel and in threads; each message says what it left out."""
    incidents = Incidents(WINDOW)
    places = [line("a"), replace(line("a"), thread="5.5")]
    for place in places:
        assert incidents.take(place, 0.0)
    incidents.mute("a", Mute(3600.0), 0.0)
    for place in [*places, places[0], replace(line("a"), thread="6.6")]:
        assert incidents.leave_out(place, 1.0)
    assert [(board.is_stale, board.incidents[0].left_out) for board in incidents] == [(True, 2), (True, 1)]
    assert incidents.unmute("a", 2.0)
    assert [board.incidents[0].mute for board in incidents] == [None, None]


def test_an_error_that_is_muted_is_not_announced_again() -> None:
    """However many there were before."""
    incidents, board = opened("a" * 10)
    assert incidents.announcement(board) is not None
    incidents.mute("a", Mute(3600.0), 1.0)
    assert incidents.announcement(board) is None


def test_more_kinds_than_are_known_at_once_are_turned_away() -> None:
    """The table is bounded; what it knows goes on counting."""
    incidents = Incidents(WINDOW)
    for number in range(MOST):
        take(incidents, str(number))
    assert not incidents.take(line("one more"), 0.0)
    assert incidents.take(line("0"), 0.0)
    assert incidents.unsaid == MOST + 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdefghij"),
            st.floats(0, 200),
            st.sampled_from(["ok", "fails", "not yet"]),
            st.sampled_from(["", "", "mute", "unmute"]),
        ),
        max_size=80,
    )
)
def test_every_record_is_told_once(story: list[tuple[str, float, str, str]]) -> None:
    """Whatever lands, fails, waits or is muted: what was told, left out and is still to be said adds up."""
    incidents = Incidents(WINDOW)
    now, lines, counted, lost, left_out = 0.0, 0, 0, 0, 0
    for name, passed, answer, order in story:
        now += passed
        if order == "mute":
            incidents.mute(name, Mute(now + 500.0), now)
        elif order == "unmute":
            incidents.unmute(name, now)
        if incidents.leave_out(line(name), now):
            left_out += 1
        else:
            take(incidents, name, now)
        board = incidents.to_post() or incidents.to_edit(now, at_once=True)[0]
        if board is not None and answer == "ok":
            more = land(incidents, board, now)
            lines, counted = lines + more[0], counted + more[1]
            if incidents.is_over(board, now):
                lost += incidents.forget(board)
    assert lines + counted + lost + incidents.unsaid + left_out == len(story)
    assert lost == 0


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_refused_for_ever_is_lost_with_its_count(count: int) -> None:
    """Whoever forgets a message is told how many records it had not spoken of."""
    incidents = Incidents(WINDOW)
    for _ in range(count):
        take(incidents, "a")
    board = incidents.to_post()
    assert board is not None
    assert incidents.forget(board) == count
    assert incidents.unsaid == 0


def test_an_error_that_goes_on_for_a_day_is_announced_again() -> None:
    """Each day, though its count comes to no further ten, hundred or thousand."""
    incidents = Incidents(WINDOW)
    take(incidents, "a", 0.0)
    board = incidents.to_post()
    assert board is not None
    announced = []
    for now in range(0, 60 * 3600, 200):
        take(incidents, "a", float(now))
        land(incidents, board, float(now))
        if incident := incidents.announcement(board):
            incidents.announced(incident)
            announced.append(now // 3600)
    assert [hour for hour in announced if hour] == [5, 29, 53, 55]
