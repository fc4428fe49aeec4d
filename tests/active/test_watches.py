"""When to look at an error's message for those who mute it: soon after news, then ever more rarely, then never."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from slack_logging.active.reading.watches import MUTED_PAUSE, SOON, WATCHED_FOR, Watch, Watches


@dataclass(frozen=True)
class Error:
    """An error in the channel of records."""

    fingerprint: str
    ts: str = "1.1"
    records: int = 1
    channel: str = "C1"
    last: float = 0.0
    muted_until: float | None = None

    @property
    def summary(self) -> str:
        """Return its fingerprint."""
        return f"{self.fingerprint} failed"


def looks(watches: Watches, *living: Error, until: float, since: float = 0.0) -> list[float]:
    """Return when each due message is looked at, with nothing new; time passes second by second."""
    times = []
    for second in range(int(since), int(until)):
        watches.take_in(living, float(second))
        for watch in watches.due(float(second)):
            times.append(float(second))
            watch.looked(float(second))
    return times


def only(watches: Watches, now: float) -> Watch:
    [watch] = watches.due(now)
    return watch


def test_without_news_looks_become_rare() -> None:
    """Each when twice the time has passed; after an hour there is none, and nothing is kept of what has ended."""
    watches = Watches()
    assert looks(watches, Error("a"), until=2 * WATCHED_FOR) == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120]
    ended = Watches()
    looks(ended, Error("a"), until=1)
    assert looks(ended, until=2 * WATCHED_FOR, since=1) == [10, 20, 40, 80, 160, 320, 640, 1280, 2560]
    assert len(ended) == 0


def test_news_makes_a_look_due_soon() -> None:
    """But no two looks follow each other faster than that."""
    watches = Watches()
    looks(watches, Error("a"), until=200)
    watches.take_in([Error("a", records=2)], 200.0)
    only(watches, 200.0).looked(200.0)
    watches.take_in([Error("a", records=3)], 201.0)
    assert watches.due(200.0 + SOON - 0.1) == []
    assert len(watches.due(200.0 + SOON)) == 1


def test_an_error_that_comes_back_in_another_message_is_news_for_the_first() -> None:
    """Somebody may have muted it there meanwhile."""
    watches = Watches()
    looks(watches, Error("a", records=5), until=100)
    assert looks(watches, until=1000, since=100) == [160, 320, 640]
    watches.take_in([Error("a", ts="2.2"), Error("b", ts="2.2")], 1000.0)
    assert [watch.ts for watch in watches.due(1000.0)] == ["1.1"]
    assert [watch.ts for watch in watches.due(1000.0 + SOON)] == ["1.1", "2.2"]


def test_a_muted_message_is_looked_at_once_a_minute() -> None:
    """Until its time is over: an emoji counts once. Unmuted before, it may be muted again."""
    watches = Watches()
    watches.take_in([Error("a")], 0.0)
    watch = only(watches, SOON)
    watch.mute("U1", 3600.0)
    watch.looked(SOON)
    assert looks(watches, Error("a"), since=SOON, until=4000) == [SOON + n * MUTED_PAUSE for n in range(1, 60)]
    assert (watch.by, watch.is_over) == ("", True)
    watches.take_in([Error("a", records=2)], 4000.0)
    assert watches.due(9999.0) == []


def test_a_message_that_is_unmuted_is_watched_on() -> None:
    """As if it had just come."""
    watches = Watches()
    watches.take_in([Error("a")], 0.0)
    watch = only(watches, SOON)
    watch.mute("U1", 3600.0)
    watch.looked(SOON)
    watch.unmute()
    watch.looked(70.0)
    assert looks(watches, Error("a"), since=70, until=200) == [80, 100, 140]


@pytest.mark.parametrize(
    ("names", "summary"), [("a", "a failed"), ("abc", "a failed (+2 more)"), ("b" * 3, "b failed")]
)
def test_what_a_message_shows_is_told_in_words(names: str, summary: str) -> None:
    """The first error, and how many more."""
    watches = Watches()
    watches.take_in([Error(name) for name in names], 0.0)
    assert only(watches, SOON).summary == summary
