"""What became of every command is known, and only once."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.active.emoji import Mark
from slack_logging.active.ledger import Key, MemoryLedger, Owed, State, just_before, order
from slack_logging.errors import AlreadySettled


def key(number: int) -> Key:
    """Return the key of the n-th message."""
    return Key("T1", "C1", f"1800000000.{number:06d}")


@pytest.fixture
def ledger() -> MemoryLedger:
    """Return an empty ledger."""
    return MemoryLedger(threading.Lock())


def test_a_claim_is_a_lock(ledger: MemoryLedger) -> None:
    """Of all who ask, one gets it, until it is released."""
    ledger.note(key(1))
    assert [ledger.claim(key(1), 0.0, "7.0"), ledger.claim(key(1), 0.0, "8.0")] == [1, 0]
    assert [ledger.taken(key(1)), ledger.taken(key(2))] == ["7.0", ""]
    ledger.release(key(1))
    assert ledger.claim(key(1), 0.0) == 2
    ledger.settle(key(1), Mark.DONE)
    assert ledger.claim(key(1), 0.0) == 0


def test_states_follow_one_another(ledger: MemoryLedger) -> None:
    """New, waiting, claimed, settled; noting what is known changes nothing."""
    seen = [ledger.state(key(1))]
    ledger.note(key(1))
    seen.append(ledger.state(key(1)))
    ledger.claim(key(1), 0.0)
    ledger.note(key(1))
    seen.append(ledger.state(key(1)))
    ledger.settle(key(1), Mark.DONE)
    ledger.note(key(1))
    seen.append(ledger.state(key(1)))
    assert seen == [State.NEW, State.WAITING, State.CLAIMED, State.SETTLED]


def test_what_waits_may_be_dropped(ledger: MemoryLedger) -> None:
    """Then it is new; what was claimed stays."""
    for number in (1, 2):
        ledger.note(key(number))
    ledger.claim(key(1), 0.0)
    for number in (1, 2, 3):
        ledger.drop(key(number))
    assert [ledger.state(key(number)) for number in (1, 2)] == [State.CLAIMED, State.NEW]
    assert ledger.unsettled() == [key(1)]


def test_an_edit_that_was_claimed_is_no_new_one(ledger: MemoryLedger) -> None:
    """Where what it said was not understood, a later one is."""
    ledger.note(key(1))
    ledger.claim(key(1), 0.0, "7.0")
    ledger.settle(key(1), Mark.NOT_UNDERSTOOD)
    assert [ledger.reopens(key(1), edited) for edited in ("", "7.0", "8.0")] == [False, False, True]


def test_only_what_is_claimed_can_be_settled(ledger: MemoryLedger) -> None:
    """Settling twice, or after a release, is an error."""
    ledger.claim(key(1), 0.0)
    ledger.settle(key(1), Mark.DONE)
    ledger.claim(key(2), 0.0)
    ledger.release(key(2))
    for number in (1, 2, 3):
        with pytest.raises(AlreadySettled, match="settled or released before"):
            ledger.settle(key(number), Mark.ERRORED)
        with pytest.raises(AlreadySettled, match="settled or released before"):
            ledger.release(key(number))


def test_marks_are_owed_until_they_are_placed(ledger: MemoryLedger) -> None:
    """Final ones come first; a running one is due after two seconds of work, and no more once it is settled."""
    for number in (1, 2, 3):
        ledger.claim(key(number), float(number))
    ledger.settle(key(3), Mark.DONE)
    assert ledger.owed() == [
        Owed(key(3), Mark.DONE, 0.0),
        Owed(key(1), Mark.RUNNING, 3.0),
        Owed(key(2), Mark.RUNNING, 4.0),
    ]
    ledger.placed(key(1), Mark.RUNNING)
    ledger.settle(key(2), Mark.ERRORED)
    ledger.placed(key(3), Mark.DONE)
    assert ledger.owed() == [Owed(key(2), Mark.ERRORED, 0.0)]
    assert ledger.unsettled() == [key(1)]


def test_the_cursor_moves_forward_only(ledger: MemoryLedger) -> None:
    """Past what waits and what runs, too: that is known by itself."""
    assert ledger.cursor() is None
    ledger.note(key(4))
    ledger.claim(key(5), 0.0)
    ledger.read(key(9).ts)
    ledger.read(key(8).ts)
    assert (ledger.cursor(), ledger.unsettled()) == (key(9).ts, [key(4), key(5)])


def test_what_is_pending_is_held(ledger: MemoryLedger) -> None:
    """Nobody else can claim it, it owes its mark at once, and its attempt has not begun."""
    ledger.claim(key(1), 0.0)
    ledger.park(key(1))
    assert (ledger.state(key(1)), ledger.claim(key(1), 1.0)) == (State.PENDING, 0)
    assert ledger.owed() == [Owed(key(1), Mark.PENDING, 0.0)]
    assert (ledger.unsettled(), ledger.repeat(key(1))) == ([key(1)], False)
    ledger.placed(key(1), Mark.PENDING)
    ledger.release(key(1))
    assert (ledger.state(key(1)), ledger.claim(key(1), 5.0)) == (State.WAITING, 1)
    assert ledger.owed() == [Owed(key(1), Mark.RUNNING, 7.0)]


def test_what_is_pending_can_be_settled(ledger: MemoryLedger) -> None:
    """Once; only what is claimed can be made to wait."""
    ledger.claim(key(1), 0.0)
    ledger.park(key(1))
    with pytest.raises(AlreadySettled):
        ledger.park(key(1))
    ledger.settle(key(1), Mark.ERRORED)
    assert ledger.owed() == [Owed(key(1), Mark.ERRORED, 0.0)]
    with pytest.raises(AlreadySettled):
        ledger.release(key(1))
    assert ledger.recall(key(2), {Mark.PENDING}, "") is Mark.INTERRUPTED


def test_only_what_is_settled_marked_and_old_is_forgotten(ledger: MemoryLedger) -> None:
    """What is still owed a mark, unsettled or new enough to be read again stays known."""
    for number in (1, 2, 3, 5):
        ledger.claim(key(number), 0.0)
    for number in (1, 2, 5):
        ledger.settle(key(number), Mark.DONE)
    for number in (1, 5):
        ledger.placed(key(number), Mark.DONE)
    ledger.forget(up_to=key(4).ts)
    assert [ledger.state(key(number)) for number in (1, 2, 3, 5)] == [
        State.NEW,
        State.SETTLED,
        State.CLAIMED,
        State.SETTLED,
    ]


@given(st.tuples(st.integers(0, 2**40), st.integers(0, 999_999)).filter(any))
def test_just_before_is_the_next_smaller(parts: tuple[int, int]) -> None:
    """Nothing fits between a `ts` and what is just before it."""
    before = order(just_before(f"{parts[0]}.{parts[1]:06d}"))
    assert (parts[0] * 1_000_000 + parts[1]) - (before[0] * 1_000_000 + before[1]) == 1


def test_ts_compare_as_numbers() -> None:
    """Never as text or float: the fraction's trailing zeros count."""
    ts = ["999999999.999999", "1800000000.000100", "1800000000.000010"]
    assert sorted(ts, key=order) == ["999999999.999999", "1800000000.000010", "1800000000.000100"]


def test_what_has_marks_from_before_is_settled_by_them(ledger: MemoryLedger) -> None:
    """Without a final one it was interrupted; the mark of a first misunderstanding gives way to any other."""
    assert ledger.recall(key(1), {Mark.RUNNING}, "") is Mark.INTERRUPTED
    assert ledger.recall(key(2), {Mark.NOT_UNDERSTOOD, Mark.DONE, Mark.RUNNING}, "1.5") is Mark.DONE
    assert ledger.recall(key(3), {Mark.NOT_UNDERSTOOD}, "1.5") is Mark.NOT_UNDERSTOOD
    assert ledger.recall(key(4), {Mark.NOT_UNDERSTOOD, Mark.RUNNING}, "") is Mark.NOT_UNDERSTOOD  # it took long to say
    assert ledger.recall(key(5), {Mark.NOT_UNDERSTOOD, Mark.RUNNING}, "5.5") is Mark.INTERRUPTED
    assert ledger.recall(key(6), {Mark.NOT_UNDERSTOOD, Mark.PENDING}, "6.5") is Mark.INTERRUPTED
    assert ledger.recall(key(7), {Mark.NOT_UNDERSTOOD, Mark.INTERRUPTED}, "7.5") is Mark.INTERRUPTED
    assert ledger.owed() == [Owed(key(number), Mark.INTERRUPTED, 0.0) for number in (1, 5, 6)]
    assert [ledger.reopen(key(number), edited) for number in (2, 3) for edited in ("1.5", "2.5")] == [
        *(False, False),
        *(False, True),
    ]


def test_what_is_repeated_waits_again_and_its_marks_go_once_it_is_taken(ledger: MemoryLedger) -> None:
    """Also one whose placing is not known to have succeeded. Once it is settled anew, first that mark is placed."""
    for number in (1, 2):
        assert not ledger.repeat(key(number))
        ledger.claim(key(number), 0.0)
        assert not ledger.repeat(key(number))
        ledger.settle(key(number), Mark.ERRORED)
    ledger.placed(key(1), Mark.ERRORED)
    assert ledger.repeat(key(1))
    assert ledger.repeat(key(2))
    assert ledger.owed() == []
    assert [ledger.claim(key(number), 0.0) for number in (1, 2)] == [2, 2]
    assert [each.goes for each in ledger.owed()] == [True, True]
    ledger.removed(key(2), Mark.ERRORED)
    assert [(each.key, each.goes) for each in ledger.owed()] == [(key(1), True), (key(2), False)]
    for number in (1, 2):
        ledger.settle(key(number), Mark.DONE)
    assert ledger.owed() == [Owed(key(2), Mark.DONE, 0.0), Owed(key(1), Mark.DONE, 0.0)]
    for number in (1, 2):
        ledger.placed(key(number), Mark.DONE)
    assert ledger.owed() == [Owed(key(1), Mark.ERRORED, 0.0, goes=True)]
    ledger.removed(key(1), Mark.ERRORED)
    assert ledger.owed() == []


def test_a_mark_that_was_to_go_is_placed_anew(ledger: MemoryLedger) -> None:
    """If the command comes to it again, as it may be gone by then."""
    ledger.claim(key(1), 0.0)
    ledger.settle(key(1), Mark.DONE)
    ledger.placed(key(1), Mark.DONE)
    ledger.repeat(key(1))
    ledger.claim(key(1), 0.0)
    ledger.settle(key(1), Mark.DONE)
    assert ledger.owed() == [Owed(key(1), Mark.DONE, 0.0)]
    ledger.placed(key(1), Mark.DONE)
    assert ledger.owed() == []


def test_what_keeps_a_command_from_running_again_is_marked_first(ledger: MemoryLedger) -> None:
    """Then other outcomes, then what is to be taken away, then what runs."""
    outcomes = {1: Mark.REFUSED, 2: Mark.NOT_UNDERSTOOD, 3: Mark.TOO_OLD, 4: Mark.DONE, 5: Mark.ERRORED, 6: Mark.DONE}
    for number in range(1, 9):
        ledger.claim(key(number), 0.0)
    ledger.placed(key(6), Mark.RUNNING)
    ledger.settle(key(8), Mark.DONE)
    ledger.placed(key(8), Mark.DONE)
    ledger.repeat(key(8))
    ledger.claim(key(8), 0.0)
    for number, outcome in outcomes.items():
        ledger.settle(key(number), outcome)
    assert [int(owed.key.ts[-1]) for owed in ledger.owed()] == [4, 5, 1, 2, 3, 6, 8, 7]
    assert ledger.unmarked() == [key(4), key(5)]
