"""What was measured, as tables: on the terminal and in Markdown. Each figure is the median of its rounds (min-max)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks.peers import FLOOR, OURS, PEERS, YARDSTICK
from tests.benchmarks.program import KINDS, LAST_WORDS
from tests.benchmarks.rows import CALLERS, LAST_PATIENCE, Figures, cost_key
from tests.benchmarks.world import SLOWNESS, STATES

_NONE = "-"

#: What a call costs more than the floor's, by what the yardstick's does.
RATIO = "over NullHandler, times QueueHandler's"


@dataclass(slots=True)
class Results:
    """Figures by row and peer, and in each by round.

    Attributes:
        peers: the names of those who were measured, in the order of the tables.
    """

    peers: Sequence[str]
    _figures: dict[tuple[str, str], dict[int, Figures]] = field(default_factory=dict)

    def add(self, key: str, peer: str, number: int, figures: Figures) -> None:
        """Take in what a round brought."""
        self._figures.setdefault((key, peer), {})[number] = figures

    def of(self, key: str, peer: str) -> Mapping[int, Figures]:
        """Return the figures of a row and a peer by round."""
        return self._figures.get((key, peer), {})

    def values(self, key: str, peer: str, name: str) -> list[float]:
        """Return one figure of all rounds, without those that did not happen."""
        found = (figures.get(name, math.nan) for figures in self.of(key, peer).values())
        return [value for value in found if not math.isnan(value)]

    def middle(self, key: str, peer: str, name: str) -> float:
        """Return the median of a figure; NaN if there is none."""
        values = self.values(key, peer, name)
        return median(values) if values else math.nan

    def ratios(self, state: str, callers: int, peer: str, name: str) -> list[float]:
        """Return by round what a peer's call costs more than the floor's, divided by what the yardstick's does."""
        floor, yardstick = (self.of(cost_key("healthy", callers), name) for name in (FLOOR, YARDSTICK))
        ratios = []
        for number, figures in self.of(cost_key(state, callers), peer).items():
            if number in floor and number in yardstick:
                least = floor[number][name]
                more = yardstick[number][name] - least
                ratios.append((figures[name] - least) / more if more > 0 else math.nan)
        return ratios


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def plain(self) -> str:
        """Return it for a terminal."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if not place else cell.rjust(width) for place, (cell, width) in enumerate(pairs)
            )
            for pairs in (list(zip(row, widths, strict=True)) for row in (self.head, *self.rows))
        ]
        return "\n".join([self.title, *lines, ""])

    def markdown(self) -> str:
        """Return it for a page."""
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        rows = "\n".join(f"| {' | '.join(row)} |" for row in (self.head, rule, *self.rows))
        return f"{self.title}\n\n{rows}\n"


def shown(value: float, unit: str = "") -> str:
    """Return a figure with as many digits as say something."""
    if math.isnan(value):
        return _NONE
    if math.isinf(value):
        return f"> {LAST_PATIENCE:.0f}{unit}"
    digits = 2 if abs(value) < 1 else 1 if abs(value) < 20 else 0
    text = f"{value:,.{digits}f}"
    return f"{text.removesuffix('.0').removesuffix('.00')}{unit}"


def spread(values: Sequence[float], unit: str = "") -> str:
    """Return the median and, of several, the least and the most."""
    if not values:
        return _NONE
    middle = shown(median(values), unit)
    return middle if len(values) == 1 else f"{middle} ({shown(min(values))}-{shown(max(values))})"


def costs(results: Results, callers: int) -> Table:
    """Return what a call costs."""
    names = ("p50", "p99", "p99.9", "max", "gc", "mean")
    rows = [
        [
            state,
            PEERS[peer].title,
            *(spread(results.values(cost_key(state, callers), peer, name)) for name in names),
            spread(_known(results.ratios(state, callers, peer, "p50"))),
        ]
        for state in STATES
        for peer in results.peers
        if results.of(cost_key(state, callers), peer)
    ]
    head = ["Slack is", "handler", "p50", "p99", "p99.9", "max", "longest collection", "mean"]
    title = f"A call of `logger.info` with two arguments, {callers} caller{'s' * (callers > 1)}, µs:"
    return Table(title, [*head, RATIO], rows)


def bursts(results: Results) -> Table:
    """Return what 100,000 records do."""
    names = {
        "µs a record": "cost",
        "of them logged": "count",
        "memory, MiB": "memory",
        "429s earned": "refused",
        f"of {KINDS} kinds of error shown": "kinds",
        "dropped and counted": "dropped",
        "unaccounted for": "unaccounted",
    }
    return _by_peer(results, "100,000 records without a pause, 1 % of them errors:", "burst", names)


def arrivals(results: Results) -> Table:
    """Return what Slack shows under load."""
    names = {
        "records that arrive": "arrived",
        "a message": "records",
        "of 12,000 units": "full",
        "429s earned": "refused",
    }
    return _by_peer(results, "2,000 records of 120 characters a second, for some seconds:", "load", names)


def edges(results: Results) -> Table:
    """Return what happens first and last."""
    columns: dict[str, Callable[[str], str]] = {
        "first error, cold, ms": lambda peer: spread(results.values("first error", peer, "cold")),
        "warm, ms": lambda peer: spread(results.values("first error", peer, "warm")),
        f"of {LAST_WORDS} records at exit": lambda peer: spread(results.values("leave", peer, "arrived")),
        "exit takes, s": lambda peer: spread(results.values("leave", peer, "seconds")),
        "import, ms": lambda peer: spread(results.values("imports", peer, "took")),
    }
    rows = [[PEERS[peer].title, *(show(peer) for show in columns.values())] for peer in results.peers]
    title = "The first error (`-`: it came later, or never), the end of a program, the import:"
    return Table(title, ["handler", *columns], rows)


def _by_peer(results: Results, title: str, key: str, names: Mapping[str, str]) -> Table:
    rows = [
        [PEERS[peer].title, *(spread(results.values(key, peer, name)) for name in names.values())]
        for peer in results.peers
        if results.of(key, peer)
    ]
    return Table(title, ["handler", *names], rows)


def compact(results: Results) -> Table:
    """Return the one table that says most in the least space."""

    def row(peer: str) -> list[str]:
        def middle(key: str, name: str) -> str:
            return shown(results.middle(key, peer, name))

        ratio = _known(results.ratios("healthy", 1, peer, "p50"))
        return [
            PEERS[peer].title,
            middle(cost_key("healthy", 1), "p50"),
            shown(median(ratio)) if ratio else _NONE,
            shown(results.middle(cost_key("slow" if PEERS[peer].delivers else "healthy", 1), peer, "max") / 1e3),
            middle("burst", "memory"),
            middle("load", "records"),
            middle("first error", "warm"),
            middle("leave", "arrived"),
            middle("imports", "took"),
        ]

    head = [
        "handler",
        "a call, µs",
        RATIO,
        f"slowest call while Slack takes {SLOWNESS:.0f} s, ms",
        "memory of a burst, MiB",
        "records a message",
        "first error, warm, ms",
        f"of {LAST_WORDS} records at exit",
        "import, ms",
    ]
    return Table("", head, [row(peer) for peer in results.peers])


def bars(results: Results) -> Table:
    """Return what we set out to reach, and what was measured."""
    rows = []
    for callers in CALLERS:
        ratio = spread(_known(results.ratios("healthy", callers, OURS, "p50")))
        rows.append([f"a call {RATIO}, callers: {callers}", "<= 0.6", ratio])
    for state in STATES[1:]:
        for callers in CALLERS:
            most = results.middle(cost_key("healthy", callers), YARDSTICK, "p99.9") + 200
            ours = spread(results.values(cost_key(state, callers), OURS, "p99.9"))
            rows.append(
                [f"p99.9, Slack {state}, callers: {callers}, µs", f"<= {shown(most)} (QueueHandler's + 200)", ours]
            )
    for name, bar, key, figure in (
        ("burst: memory, MiB", "<= 64", "burst", "memory"),
        ("burst: records unaccounted for", "0", "burst", "unaccounted"),
        (f"burst: kinds of error shown, of {KINDS}", f"{KINDS}", "burst", "kinds"),
        ("1 MB of hostile text, the worst, ms", "< 200", "redact", "took"),
        ("another thread held up meanwhile, ms", "< 5", "redact", "held up"),
        ("fullness of a message under load", ">= 0.9", "load", "full"),
        ("first error, warm, ms", "<= 50", "first error", "warm"),
        ("first error, cold, ms", "<= 300", "first error", "cold"),
        (f"of {LAST_WORDS} records at exit", f"{LAST_WORDS}", "leave", "arrived"),
        ("exit, s", "<= 5", "leave", "seconds"),
        ("import over bare Python, ms", "<= 60", "imports", "took"),
        ("slack_sdk loaded by the import", "0", "imports", "slack_sdk"),
    ):
        rows.append([name, bar, spread(results.values(key, OURS, figure))])
    return Table("slack_logging, and what it set out to reach:", ["what", "bar", "measured"], rows)


def everything(results: Results) -> list[Table]:
    """Return all tables but the compact one."""
    return [
        *(costs(results, callers) for callers in CALLERS),
        bursts(results),
        arrivals(results),
        edges(results),
        bars(results),
    ]


def _known(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]
